// The loss of connectionist temporal classification, by the forward-backward recursions of Graves
// (2012), chapter 7.
#include "loops.h"

// The labels with a blank before, between and after them.
JK_INLINE i32 symbol(const int32_t *labels, size_t classes, size_t u) {
  return u & 1 ? labels[u / 2] : (i32)classes - 1;
}

// A path stays in its state, moves on by one, or skips a blank between two labels that differ.
// Where repeated labels are not merged, a path may not stay in a label, and may skip a blank
// between equal ones.
JK_INLINE bool may_stay(size_t u, bool merge_repeated) {
  return merge_repeated || !(u & 1);
}
JK_INLINE bool may_skip(const int32_t *labels, size_t u, bool merge_repeated) {
  return u > 1 && (u & 1) && !(merge_repeated && labels[u / 2] == labels[u / 2 - 1]);
}

// All in the type of the logits, but for the correction of a sum of logarithms and the probability
// in the gradient, which are floats for doubles too: so TensorFlow does, and it shows.
#define CTC(s, T, EXP, LOG)                                                                     \
  JK_INLINE T add_logs_##s(T a, T b) {                                                          \
    T less = a < b ? a : b, more = a < b ? b : a;                                               \
    return less == -(T)INFINITY ? more : more + (T)log1pf(expf((float)(less - more)));          \
  }                                                                                             \
  static void ctc_##s(const T *logits, size_t steps, size_t classes, size_t stride,             \
                      const int32_t *labels, size_t count, bool merge, T *loss, T *gradient,    \
                      T *work) {                                                                \
    size_t states = 2 * count + 1;                                                              \
    T *y = work, *alpha = y + steps * classes, *beta = alpha + steps * states,                  \
      *share = beta + steps * states;                                                           \
    for (size_t t = 0; t < steps; t++) {                                                        \
      T most = -(T)INFINITY, sum = 0;                                                           \
      for (size_t c = 0; c < classes; c++)                                                      \
        most = logits[t * stride + c] > most ? logits[t * stride + c] : most;                   \
      for (size_t c = 0; c < classes; c++)                                                      \
        sum += y[t * classes + c] = EXP(logits[t * stride + c] - most);                         \
      for (size_t c = 0; c < classes; c++) y[t * classes + c] /= sum;                           \
    }                                                                                           \
    /* alpha: of reaching state u at step t, with what is seen there. */                        \
    for (size_t t = 0; t < steps; t++)                                                          \
      for (size_t u = 0; u < states; u++) {                                                     \
        T sum = t == 0 && u < 2 ? 0 : -(T)INFINITY;                                             \
        if (t > 0) {                                                                            \
          const T *before = alpha + (t - 1) * states;                                           \
          if (may_stay(u, merge)) sum = before[u];                                              \
          if (u > 0) sum = add_logs_##s(sum, before[u - 1]);                                    \
          if (may_skip(labels, u, merge)) sum = add_logs_##s(sum, before[u - 2]);               \
        }                                                                                       \
        alpha[t * states + u] = LOG(y[t * classes + (size_t)symbol(labels, classes, u)]) + sum; \
      }                                                                                         \
    /* beta: of getting from state u at step t to the end, without what is seen there. */       \
    for (size_t t = steps; t-- > 0;)                                                            \
      for (size_t u = 0; u < states; u++) {                                                     \
        T sum = t == steps - 1 && u + 2 >= states ? 0 : -(T)INFINITY;                           \
        if (t < steps - 1) {                                                                    \
          const T *after = beta + (t + 1) * states, *seen = y + (t + 1) * classes;              \
          if (may_stay(u, merge)) sum = after[u] + LOG(seen[symbol(labels, classes, u)]);       \
          if (u + 1 < states)                                                                   \
            sum = add_logs_##s(sum, after[u + 1] + LOG(seen[symbol(labels, classes, u + 1)]));  \
          if (u + 2 < states && may_skip(labels, u + 2, merge))                                 \
            sum = add_logs_##s(sum, after[u + 2] + LOG(seen[symbol(labels, classes, u + 2)]));  \
        }                                                                                       \
        beta[t * states + u] = sum;                                                             \
      }                                                                                         \
    T total = -(T)INFINITY;                                                                     \
    for (size_t u = 0; u < states; u++) total = add_logs_##s(total, alpha[u] + beta[u]);        \
    *loss = -total;                                                                             \
    for (size_t t = 0; t < steps; t++) {                                                        \
      for (size_t c = 0; c < classes; c++) share[c] = -(T)INFINITY;                             \
      for (size_t u = 0; u < states; u++) {                                                     \
        T *share_of = share + symbol(labels, classes, u);                                       \
        *share_of = add_logs_##s(*share_of, alpha[t * states + u] + beta[t * states + u]);      \
      }                                                                                         \
      for (size_t c = 0; c < classes; c++) {                                                    \
        /* No path at all: nothing but the probabilities. */                                    \
        T expected = total == -(T)INFINITY ? 0 : (T)expf((float)(share[c] - total));            \
        gradient[t * stride + c] = y[t * classes + c] - expected;                               \
      }                                                                                         \
    }                                                                                           \
  }
CTC(f32, float, expf, logf)
CTC(f64, double, exp, log)

void jk_ctc_loss(bool is_double, const void *logits, size_t steps, size_t classes, size_t stride,
                 const int32_t *labels, size_t count, bool merge_repeated, void *loss,
                 void *gradient, double *work) {
  if (is_double) {
    ctc_f64(logits, steps, classes, stride, labels, count, merge_repeated, loss, gradient, work);
  } else {
    ctc_f32(logits, steps, classes, stride, labels, count, merge_repeated, loss, gradient,
            (float *)work);
  }
}
