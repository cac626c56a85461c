// Fourier transforms; see jk.h, which includes this.
#pragma once

// Tables for transforms of one length.
typedef struct jk_fft jk_fft;

// NULL when there is no memory.
jk_fft *_Nullable jk_fft_create(int64_t length);
void jk_fft_destroy(jk_fft *_Nullable plan);

// Transforms complex double numbers in place: `outer` times `inner` lines of the plan's length,
// whose numbers lie `inner` apart. Inverse transforms are divided by the length. Returns 0, or 1
// when there is no memory.
int jk_fft_lines(const jk_fft *_Nonnull plan, int inverse, void *_Nonnull data, int64_t outer,
                 int64_t inner);

// Completes lines of length n, of which the first n/2 + 1 numbers are given, to the transform of
// real numbers.
void jk_fft_complete(void *_Nonnull data, int64_t lines, int64_t n);

// Copies a block of `rank` inner dimensions, cropped or filled up with zeros, between stacks of
// arrays of two dtypes.
void jk_fft_copy(int from, int to, int rank, const int64_t *_Nonnull from_dims,
                 const int64_t *_Nonnull to_dims, int64_t stack, const void *_Nonnull in,
                 void *_Nonnull out);
