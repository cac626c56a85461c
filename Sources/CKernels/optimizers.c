#include "loops.h"

#include <complex.h>

// Each optimizer is written once, for a storage type T that is computed in C. L(k) and S(k, x) load
// and store the element of slot k, g is the gradient's, H(k) a hyperparameter.
#define L(k) GET(((const T *)slots[k])[i])
#define S(k, x) (((T *)slots[k])[i] = SET(x))
#define STEP(name, setup, body)                                                        \
  PASTE2(JK_CLONES_BY, T)(void, NAME(name), (void *const *slots, const void *gradient, size_t n, \
                               const double *hyper, int flag),                         \
            (slots, gradient, n, hyper, flag)) {                                       \
    (void)flag;                                                                        \
    setup;                                                                             \
    JK_VECTOR for (size_t i = 0; i < n; i++) {                                         \
      C g = GET(((const T *)gradient)[i]);                                             \
      body;                                                                            \
    }                                                                                  \
  }
#define PASTE(a, b) a##_##b
#define PASTE2(a, b) PASTE(a, b)
#define NAME(name) PASTE2(name, SUFFIX)

#define REAL_H(k) ((C)hyper[2 * (k)])

#define T f32
#define C f32
#define SUFFIX f32
#define GET GET_id
#define SET SET_id
#define H REAL_H
#define SQRT __builtin_elementwise_sqrt
#define REAL 1
#define ABS fabsf
#define POW powf
#define EXP expf
#include "optimizers.h"

#undef T
#undef SUFFIX
#undef GET
#undef SET
#define T f16
#define SUFFIX f16
#define GET GET_f16
#define SET SET_f16
#include "optimizers.h"

#undef T
#undef SUFFIX
#undef GET
#undef SET
#define T bf16
#define SUFFIX bf16
#define GET GET_bf16
#define SET SET_bf16
#include "optimizers.h"

#undef T
#undef C
#undef SUFFIX
#undef GET
#undef SET
#undef SQRT
#undef ABS
#undef POW
#undef EXP
#define T f64
#define C f64
#define SUFFIX f64
#define GET GET_id
#define SET SET_id
#define SQRT __builtin_elementwise_sqrt
#define ABS fabs
#define POW pow
#define EXP exp
#include "optimizers.h"

#undef T
#undef C
#undef SUFFIX
#undef SQRT
#undef H
#undef REAL
#define T c64
#define C c64
#define SUFFIX c64
#define SQRT csqrtf
#define H(k) ((c64)(hyper[2 * (k)] + I * hyper[2 * (k) + 1]))
#define REAL 0
#include "optimizers.h"

#undef T
#undef C
#undef SUFFIX
#undef SQRT
#undef H
#define T c128
#define C c128
#define SUFFIX c128
#define SQRT csqrt
#define H(k) (hyper[2 * (k)] + I * hyper[2 * (k) + 1])
#include "optimizers.h"

#define REAL_ROW(s)                              \
  {[JK_SGD] = sgd_##s,                           \
   [JK_ADADELTA] = adadelta_##s,                 \
   [JK_PROXIMAL_SGD] = proximal_sgd_##s,         \
   [JK_ADAGRAD] = adagrad_##s,                   \
   [JK_ADAGRAD_V2] = adagrad_v2_##s,             \
   [JK_ADAGRAD_DA] = adagrad_da_##s,             \
   [JK_FTRL] = ftrl_##s,                         \
   [JK_FTRL_V2] = ftrl_v2_##s,                   \
   [JK_MOMENTUM] = momentum_##s,                 \
   [JK_ADAM] = adam_##s,                         \
   [JK_ADAMAX] = adamax_##s,                     \
   [JK_RMSPROP] = rmsprop_##s,                   \
   [JK_ADD_SIGN] = add_sign_##s,                 \
   [JK_POWER_SIGN] = power_sign_##s,             \
   [JK_KERAS_MOMENTUM] = keras_momentum_##s,     \
   [JK_ADAM_AMSGRAD] = adam_amsgrad_##s,         \
   [JK_CENTERED_RMSPROP] = centered_rmsprop_##s, \
   [JK_PROXIMAL_ADAGRAD] = proximal_adagrad_##s}
#define COMPLEX_ROW(s)                       \
  {[JK_SGD] = sgd_##s,                       \
   [JK_ADADELTA] = adadelta_##s,             \
   [JK_ADAGRAD] = adagrad_##s,               \
   [JK_ADAGRAD_V2] = adagrad_v2_##s,         \
   [JK_MOMENTUM] = momentum_##s,             \
   [JK_KERAS_MOMENTUM] = keras_momentum_##s, \
   [JK_ADAM] = adam_##s,                     \
   [JK_RMSPROP] = rmsprop_##s,               \
   [JK_CENTERED_RMSPROP] = centered_rmsprop_##s}

static const jk_optimizer table[24][JK_OPTIMIZERS] = {
    [JK_F32] = REAL_ROW(f32),   [JK_F64] = REAL_ROW(f64),    [JK_F16] = REAL_ROW(f16),
    [JK_BF16] = REAL_ROW(bf16), [JK_C64] = COMPLEX_ROW(c64), [JK_C128] = COMPLEX_ROW(c128),
};

jk_optimizer jk_find_optimizer(int dtype, int optimizer) {
  if (dtype < 0 || dtype >= 24 || optimizer < 0 || optimizer >= JK_OPTIMIZERS) return 0;
  return table[dtype][optimizer];
}

typedef struct {
  jk_optimizer step;
  void *const *slots;
  const char *gradient;
  const double *hyper;
  size_t size;
  int slot_count, flag;
} job;

static void part(void *context, size_t begin, size_t end) {
  job *j = context;
  void *slots[4];
  for (int k = 0; k < j->slot_count; k++) slots[k] = (char *)j->slots[k] + begin * j->size;
  j->step(slots, j->gradient + begin * j->size, end - begin, j->hyper, j->flag);
}

void jk_optimize(jk_optimizer step, void *const *slots, int slot_count, const void *gradient,
                 size_t n, size_t size, const double *hyper, int flag) {
  job j = {step, slots, gradient, hyper, size, slot_count, flag};
  jk_parallel_all(n, 16384, part, &j);
}

void jk_optimize_rows(jk_optimizer step, void *const *slots, int slot_count, const void *gradient,
                      const int64_t *rows, size_t n, size_t inner, size_t size, const double *hyper,
                      int flag) {
  void *row[4];
  size_t bytes = inner * size;
  for (size_t k = 0; k < n; k++) {
    for (int s = 0; s < slot_count; s++) row[s] = (char *)slots[s] + (size_t)rows[k] * bytes;
    step(row, (const char *)gradient + k * bytes, inner, hyper, flag);
  }
}
