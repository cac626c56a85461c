// The loss of connectionist temporal classification, by the forward-backward recursions of Graves (2012), chapter 7.
#include "loops.h"

JK_INLINE double add_logs(double a, double b) {
  double less = a < b ? a : b, more = a < b ? b : a;
  return less == -INFINITY ? more : more + log1p(exp(less - more));
}

// The labels with a blank before, between and after them.
JK_INLINE i32 symbol(const int32_t *labels, size_t classes, size_t u) {
  return u & 1 ? labels[u / 2] : (i32)classes - 1;
}

JK_INLINE double get(bool is_double, const void *x, size_t i) {
  return is_double ? ((const double *)x)[i] : (double)((const float *)x)[i];
}

void jk_ctc_loss(bool is_double, const void *logits, size_t steps, size_t classes, size_t stride,
                 const int32_t *labels, size_t count, bool merge_repeated, void *loss, void *gradient, double *work) {
  size_t states = 2 * count + 1;
  i32 blank = (i32)classes - 1;
  double *y = work, *alpha = y + steps * classes, *beta = alpha + steps * states, *share = beta + steps * states;
  for (size_t t = 0; t < steps; t++) {
    double most = -INFINITY, sum = 0;
    for (size_t c = 0; c < classes; c++) most = fmax(most, get(is_double, logits, t * stride + c));
    for (size_t c = 0; c < classes; c++) sum += exp(get(is_double, logits, t * stride + c) - most);
    for (size_t c = 0; c < classes; c++) y[t * classes + c] = get(is_double, logits, t * stride + c) - most - log(sum);
  }
  // A path stays in its state, moves on by one, or skips a blank between two labels that differ. Where repeated labels
  // are not merged, a path may not stay in a label, and may skip a blank between equal ones.
#define MAY_STAY(u) (merge_repeated || symbol(labels, classes, u) == blank)
#define MAY_SKIP(u) \
  (((u) & 1) && !(merge_repeated && symbol(labels, classes, u) == symbol(labels, classes, (u) - 2)))
  // alpha: of reaching state u at step t, with what is seen there.
  for (size_t t = 0; t < steps; t++)
    for (size_t u = 0; u < states; u++) {
      double sum = -INFINITY;
      if (t == 0) {
        if (u < 2) sum = 0;
      } else {
        const double *before = alpha + (t - 1) * states;
        if (MAY_STAY(u)) sum = before[u];
        if (u > 0) sum = add_logs(sum, before[u - 1]);
        if (u > 1 && MAY_SKIP(u)) sum = add_logs(sum, before[u - 2]);
      }
      alpha[t * states + u] = sum + y[t * classes + (size_t)symbol(labels, classes, u)];
    }
  // beta: of getting from state u at step t to the end, without what is seen there.
  for (size_t t = steps; t-- > 0;)
    for (size_t u = 0; u < states; u++) {
      double sum = -INFINITY;
      if (t == steps - 1) {
        if (u + 2 >= states) sum = 0;
      } else {
        const double *after = beta + (t + 1) * states, *seen = y + (t + 1) * classes;
        if (MAY_STAY(u)) sum = after[u] + seen[symbol(labels, classes, u)];
        if (u + 1 < states) sum = add_logs(sum, after[u + 1] + seen[symbol(labels, classes, u + 1)]);
        if (u + 2 < states && MAY_SKIP(u + 2))
          sum = add_logs(sum, after[u + 2] + seen[symbol(labels, classes, u + 2)]);
      }
      beta[t * states + u] = sum;
    }
  double total = -INFINITY;
  if (steps > 0)
    for (size_t u = states < 2 ? 0 : states - 2; u < states; u++)
      total = add_logs(total, alpha[(steps - 1) * states + u]);
  if (is_double) *(double *)loss = -total;
  else *(float *)loss = (float)-total;
  for (size_t t = 0; t < steps; t++) {
    for (size_t c = 0; c < classes; c++) share[c] = -INFINITY;
    if (total != -INFINITY)
      for (size_t u = 0; u < states; u++) {
        double *s = share + symbol(labels, classes, u);
        *s = add_logs(*s, alpha[t * states + u] + beta[t * states + u]);
      }
    for (size_t c = 0; c < classes; c++) {
      double g = exp(y[t * classes + c]) - (total == -INFINITY ? 0 : exp(share[c] - total));
      if (is_double) ((double *)gradient)[t * stride + c] = g;
      else ((float *)gradient)[t * stride + c] = (float)g;
    }
  }
}
