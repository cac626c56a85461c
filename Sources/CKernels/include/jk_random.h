// The random family; see jk.h, which includes this.
#pragma once

// The state of a Philox 4x32-10 generator: each step gives four 32-bit numbers.
typedef struct {
  uint32_t counter[4];
  uint32_t key[2];
} jk_philox;

// As TensorFlow makes it: from the two seeds of an op, from a key and a counter, from the seed of a
// stateless op.
jk_philox jk_philox_from_seeds(uint64_t seed, uint64_t seed2);
jk_philox jk_philox_from_key(uint64_t key, uint64_t counter0, uint64_t counter1);
jk_philox jk_philox_scrambled(uint64_t seed0, uint64_t seed1);

// Leaves out `steps` steps.
void jk_philox_skip(jk_philox *_Nonnull generator, uint64_t steps);
void jk_philox_next(jk_philox *_Nonnull generator, uint32_t *_Nonnull four);

enum { JK_UNIFORM, JK_NORMAL, JK_TRUNCATED_NORMAL, JK_FULL_INT, JK_RANGE };

// Fills out with n numbers of that kind; a range begins at `low` and has `width` numbers.
void jk_random_fill(int kind, int dtype, const jk_philox *_Nonnull generator, int64_t low,
                    uint64_t width, void *_Nonnull out, int64_t n);

// order becomes a random permutation of 0..<n.
void jk_random_permutation(const jk_philox *_Nonnull generator, int64_t n, int64_t *_Nonnull order);

// Samples of distributions with one set of parameters each: sample s of set p goes to out[s * sets
// + p], or to out[p * samples + s] where the samples come last.
void jk_random_gamma(int dtype, const jk_philox *_Nonnull generator, const double *_Nonnull alpha,
                     int64_t sets, int64_t samples, void *_Nonnull out);
void jk_random_poisson(int dtype, const jk_philox *_Nonnull generator, const double *_Nonnull rate,
                       int64_t sets, int64_t samples, void *_Nonnull out);
void jk_random_binomial(int dtype, const jk_philox *_Nonnull generator,
                        const double *_Nonnull count, const double *_Nonnull probability,
                        int64_t sets, int64_t samples, void *_Nonnull out);
void jk_random_truncated(int dtype, const jk_philox *_Nonnull generator,
                         const double *_Nonnull mean, const double *_Nonnull deviation,
                         const double *_Nonnull low, const double *_Nonnull high, int64_t sets,
                         int64_t samples, int samples_last, void *_Nonnull out);

// Draws `samples` classes per row of logits; sums is room for one row.
void jk_random_multinomial(const jk_philox *_Nonnull generator, const double *_Nonnull logits,
                           int64_t rows, int64_t classes, int64_t samples, double *_Nonnull sums,
                           int64_t *_Nonnull out);

// d sample / d alpha of Gamma(alpha, 1) at a sample.
double jk_gamma_sample_derivative(double alpha, double sample);

// Sobol's sequence: `dims` numbers for each of the 32 bits of a point's index, and points `first`
// (counted from 1) to `first + count - 1`. `point` is room for one. Gives 0 when the run is to end.
void jk_sobol_directions(int64_t dims, uint32_t *_Nonnull directions);
int jk_sobol(int is_double, const uint32_t *_Nonnull directions, int64_t dims, int64_t first,
             int64_t count, uint32_t *_Nonnull point, void *_Nonnull out);

enum { JK_SOBOL_DIMENSIONS = 21200 };
