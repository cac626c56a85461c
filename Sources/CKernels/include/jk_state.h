// The state family (variables and optimizers); see jk.h, which includes this.
#pragma once

enum { JK_SET = 0, JK_ADD = 1, JK_SUB = 2, JK_MUL = 3, JK_DIV = 4, JK_MIN = 5, JK_MAX = 6 };

// dst[i] = dst[i] (op) src[i] for i < n, or with src[0] for all i where one is not 0. Returns 1
// after a division of an integer by zero.
typedef int (*jk_update)(void *dst, const void *src, size_t n, int one);

// The loop for a dtype and one of the operations above except JK_SET; NULL where there is none.
jk_update jk_find_update(int dtype, int operation);

// dst[i] = dst[i] (op) src[i], on several threads.
int jk_update_all(jk_update _Nonnull update, void *_Nonnull dst, const void *_Nonnull src, size_t n,
                  size_t size);

// For each k < n, in order: row rows[k] of dst (op) row k of src. A row has `inner` elements of
// `size` bytes; negative rows are left out. With update NULL the rows are copied. Where one is not
// 0, src is a single element.
int jk_scatter_rows(jk_update _Nullable update, void *_Nonnull dst, const void *_Nonnull src,
                    const int64_t *_Nonnull rows, size_t n, size_t inner, size_t size, int one);

// Row k of dst = row rows[k] of src, for k < n.
void jk_gather_rows(void *_Nonnull dst, const void *_Nonnull src, const int64_t *_Nonnull rows,
                    size_t n, size_t row_bytes);

enum {
  JK_SGD,
  JK_ADADELTA,
  JK_PROXIMAL_SGD,
  JK_ADAGRAD,
  JK_ADAGRAD_V2,
  JK_ADAGRAD_DA,
  JK_PROXIMAL_ADAGRAD,
  JK_FTRL,
  JK_FTRL_V2,
  JK_MOMENTUM,
  JK_KERAS_MOMENTUM,
  JK_ADAM,
  JK_ADAM_AMSGRAD,
  JK_ADAMAX,
  JK_RMSPROP,
  JK_CENTERED_RMSPROP,
  JK_ADD_SIGN,
  JK_POWER_SIGN,
  JK_OPTIMIZERS
};

// One step of an optimizer on n elements: slots are the variable and its state in the order of the
// op's inputs, hyper the hyperparameters in that order as (real, imaginary) pairs, flag the op's
// own boolean attribute.
typedef void (*jk_optimizer)(void *const *slots, const void *gradient, size_t n,
                             const double *hyper, int flag);

jk_optimizer jk_find_optimizer(int dtype, int optimizer);

void jk_optimize(jk_optimizer _Nonnull step, void *_Nonnull const *_Nonnull slots, int slot_count,
                 const void *_Nonnull gradient, size_t n, size_t size, const double *_Nonnull hyper,
                 int flag);

// The same for the rows that `rows` names, in order; row k of the gradient belongs to rows[k].
void jk_optimize_rows(jk_optimizer _Nonnull step, void *_Nonnull const *_Nonnull slots,
                      int slot_count, const void *_Nonnull gradient, const int64_t *_Nonnull rows,
                      size_t n, size_t inner, size_t size, const double *_Nonnull hyper, int flag);
