// Softmax, cross-entropies and local response normalisation: a row stays in the cache while several
// passes go over it.
#include "fastmath.h"

// No argument is above 0 here.
#define EXP_f32(x) fast_exp_downf(x)
#define EXP_f64(x) exp(x)

// C is the type that is computed in. All rows of logits are `n` long with elements `step` apart, 0
// or 1.
#define SOFTMAX(s, T, C, GET, SET, EXP)                                                          \
  JK_INLINE C row_max_##s(const T *x, size_t n, size_t step) {                                   \
    /* Several vectors, as one would wait for itself. */                                         \
    C lane[64], m = -(C)INFINITY;                                                                \
    size_t i = 0;                                                                                \
    for (size_t l = 0; l < 64; l++) lane[l] = m;                                                 \
    for (; i + 64 <= n; i += 64)                                                                 \
      for (size_t l = 0; l < 64; l++) {                                                          \
        C v = GET(x[(i + l) * step]);                                                            \
        lane[l] = v > lane[l] ? v : lane[l];                                                     \
      }                                                                                          \
    for (; i + 16 <= n; i += 16)                                                                 \
      for (size_t l = 0; l < 16; l++) {                                                          \
        C v = GET(x[(i + l) * step]);                                                            \
        lane[l] = v > lane[l] ? v : lane[l];                                                     \
      }                                                                                          \
    for (size_t half = 32; half; half /= 2)                                                      \
      for (size_t l = 0; l < half; l++)                                                          \
        lane[l] = lane[l + half] > lane[l] ? lane[l + half] : lane[l];                           \
    m = lane[0];                                                                                 \
    for (; i < n; i++) {                                                                         \
      C v = GET(x[i * step]);                                                                    \
      m = v > m ? v : m;                                                                         \
    }                                                                                            \
    return m;                                                                                    \
  }                                                                                              \
  /* Σ e^(x - m); with `out`, also writes the terms, which only makes sense if T is C. */        \
  JK_INLINE C row_sum_##s(const T *x, size_t n, size_t step, C m, T *out) {                      \
    double total = 0;                                                                            \
    for (size_t start = 0; start < n; start += 2048) {                                           \
      size_t end = n - start < 2048 ? n : start + 2048;                                          \
      C sum = 0;                                                                                 \
      if (out) {                                                                                 \
        _Pragma("clang fp reassociate(on)") JK_VECTOR for (size_t i = start; i < end; i++) {     \
          C e = EXP((C)GET(x[i * step]) - m);                                                    \
          out[i] = SET(e);                                                                       \
          sum += e;                                                                              \
        }                                                                                        \
      } else {                                                                                   \
        _Pragma("clang fp reassociate(on)") for (size_t i = start; i < end; i++) sum +=          \
            EXP((C)GET(x[i * step]) - m);                                                        \
      }                                                                                          \
      total += (double)sum;                                                                      \
    }                                                                                            \
    return (C)total;                                                                             \
  }                                                                                              \
  JK_CLONES_BY(T, void, softmax_##s, (const void *in, void *out, size_t rows, size_t n),         \
            (in, out, rows, n)) {                                                                \
    for (size_t r = 0; r < rows; r++) {                                                          \
      const T *x = (const T *)in + r * n;                                                        \
      T *o = (T *)out + r * n;                                                                   \
      C m = row_max_##s(x, n, 1), sum = row_sum_##s(x, n, 1, m, sizeof(T) == sizeof(C) ? o : 0), \
        scale = 1 / sum;                                                                         \
      if (sizeof(T) == sizeof(C))                                                                \
        for (size_t i = 0; i < n; i++) o[i] = SET((C)GET(o[i]) * scale);                         \
      else                                                                                       \
        JK_VECTOR for (size_t i = 0; i < n; i++) o[i] = SET(EXP((C)GET(x[i]) - m) * scale);      \
    }                                                                                            \
  }                                                                                              \
  JK_CLONES_BY(T, void, log_softmax_##s, (const void *in, void *out, size_t rows, size_t n),     \
            (in, out, rows, n)) {                                                                \
    for (size_t r = 0; r < rows; r++) {                                                          \
      const T *x = (const T *)in + r * n;                                                        \
      T *o = (T *)out + r * n;                                                                   \
      C m = row_max_##s(x, n, 1), l = (C)log((double)row_sum_##s(x, n, 1, m, 0));                \
      JK_VECTOR for (size_t i = 0; i < n; i++) o[i] = SET((C)GET(x[i]) - m - l);                 \
    }                                                                                            \
  }                                                                                              \
  JK_INLINE void xent_row_##s(const T *x, const T *y, T *loss, T *g, size_t n, size_t xs,        \
                              size_t ys) {                                                       \
    C m = row_max_##s(x, n, xs), sum = row_sum_##s(x, n, xs, m, 0), l = (C)log((double)sum),     \
      scale = 1 / sum;                                                                           \
    double total = 0;                                                                            \
    for (size_t start = 0; start < n; start += 2048) {                                           \
      _Pragma("clang fp reassociate(on)") C part = 0;                                            \
      size_t end = n - start < 2048 ? n : start + 2048;                                          \
      for (size_t i = start; i < end; i++) {                                                     \
        C d = (C)GET(x[i * xs]) - m, p = GET(y[i * ys]);                                         \
        part += p * (l - d);                                                                     \
        g[i] = SET(EXP(d) * scale - p);                                                          \
      }                                                                                          \
      total += (double)part;                                                                     \
    }                                                                                            \
    *loss = SET((C)total);                                                                       \
  }                                                                                              \
  JK_CLONES_BY(T, void, xent_##s, (const xent_job *job, size_t begin, size_t end),               \
            (job, begin, end)) {                                                                 \
    size_t n = job->n;                                                                           \
    for (size_t r = begin; r < end; r++) {                                                       \
      const T *x = (const T *)job->logits + r * job->logits_row;                                 \
      const T *y = (const T *)job->labels + r * job->labels_row;                                 \
      T *loss = (T *)job->loss + r, *g = (T *)job->gradient + r * n;                             \
      if (job->logits_column == 1 && job->labels_column == 1)                                    \
        xent_row_##s(x, y, loss, g, n, 1, 1);                                                    \
      else                                                                                       \
        xent_row_##s(x, y, loss, g, n, job->logits_column, job->labels_column);                  \
    }                                                                                            \
  }                                                                                              \
  JK_CLONES_BY(T, void, sparse_xent_##s, (const xent_job *job, size_t begin, size_t end),        \
            (job, begin, end)) {                                                                 \
    size_t n = job->n;                                                                           \
    for (size_t r = begin; r < end; r++) {                                                       \
      const T *x = (const T *)job->logits + r * n;                                               \
      T *g = (T *)job->gradient + r * n;                                                         \
      size_t label = job->labels_are_64 ? (size_t)((const i64 *)job->labels)[r]                  \
                                        : (size_t)((const i32 *)job->labels)[r];                 \
      C m = row_max_##s(x, n, 1), sum = row_sum_##s(x, n, 1, m, sizeof(T) == sizeof(C) ? g : 0), \
        scale = 1 / sum;                                                                         \
      if (sizeof(T) == sizeof(C))                                                                \
        for (size_t i = 0; i < n; i++) g[i] = SET((C)GET(g[i]) * scale);                         \
      else                                                                                       \
        for (size_t i = 0; i < n; i++) g[i] = SET(EXP((C)GET(x[i]) - m) * scale);                \
      C d = (C)GET(x[label]) - m;                                                                \
      g[label] = SET(EXP(d) * scale - 1);                                                        \
      ((T *)job->loss)[r] = SET((C)(log((double)sum) - (double)d));                              \
    }                                                                                            \
  }

typedef struct {
  const void *logits, *labels;
  void *loss, *gradient;
  size_t n, logits_row, logits_column, labels_row, labels_column;
  bool labels_are_64;
  void (*run)(const void *job, size_t begin, size_t end);
} xent_job;

SOFTMAX(f32, f32, f32, GET_id, SET_id, EXP_f32)
SOFTMAX(f64, f64, f64, GET_id, SET_id, EXP_f64)
SOFTMAX(f16, f16, f32, GET_f16, SET_f16, EXP_f32)
SOFTMAX(bf16, bf16, f32, GET_bf16, SET_bf16, EXP_f32)

static size_t grain(size_t n) { return 1 + 8192 / (n ? n : 1); }

typedef struct {
  void (*run)(const void *in, void *out, size_t rows, size_t n);
  const char *in;
  char *out;
  size_t n, size;
} row_job;

static void row_part(void *context, size_t begin, size_t end) {
  row_job *job = context;
  size_t offset = begin * job->n * job->size;
  job->run(job->in + offset, job->out + offset, end - begin, job->n);
}

void jk_softmax(int dtype, bool logarithm, const void *in, void *out, size_t rows, size_t n) {
  row_job job = {0, in, out, n, 0};
  switch (dtype) {
    case JK_F32: job.run = logarithm ? log_softmax_f32 : softmax_f32, job.size = 4; break;
    case JK_F64: job.run = logarithm ? log_softmax_f64 : softmax_f64, job.size = 8; break;
    case JK_F16: job.run = logarithm ? log_softmax_f16 : softmax_f16, job.size = 2; break;
    case JK_BF16: job.run = logarithm ? log_softmax_bf16 : softmax_bf16, job.size = 2; break;
    default: return;
  }
  jk_parallel_for(rows, grain(n), row_part, &job);
}

typedef void (*xent_run)(const xent_job *job, size_t begin, size_t end);

static void xent_part(void *context, size_t begin, size_t end) {
  xent_job *job = context;
  ((xent_run)job->run)(job, begin, end);
}

#define PICK(name)                                                            \
  switch (dtype) {                                                            \
    case JK_F32: run = name##_f32; break;                                     \
    case JK_F64: run = name##_f64; break;                                     \
    case JK_F16: run = name##_f16; break;                                     \
    case JK_BF16: run = name##_bf16; break;                                   \
    default: return;                                                          \
  }

void jk_softmax_xent(int dtype, const void *logits, const void *labels, void *loss, void *gradient,
                     size_t rows, size_t n, size_t logits_row, size_t logits_column,
                     size_t labels_row, size_t labels_column) {
  xent_run run;
  PICK(xent)
  xent_job job = {logits,
                  labels,
                  loss,
                  gradient,
                  n,
                  logits_row,
                  logits_column,
                  labels_row,
                  labels_column,
                  false,
                  (void (*)(const void *, size_t, size_t))run};
  jk_parallel_for(rows, grain(n), xent_part, &job);
}

void jk_sparse_softmax_xent(int dtype, const void *logits, const void *labels, bool labels_are_64,
                            void *loss, void *gradient, size_t rows, size_t n) {
  xent_run run;
  PICK(sparse_xent)
  xent_job job = {logits, labels, loss, gradient, n, n, 1, 1, 1, labels_are_64,
                  (void (*)(const void *, size_t, size_t))run};
  jk_parallel_for(rows, grain(n), xent_part, &job);
}

// --- local response normalisation ---

typedef struct {
  const void *gradient, *in, *out;
  void *result;
  size_t depth;
  int64_t radius;
  float bias, alpha, beta;
  int dtype;
} lrn_job;

JK_INLINE float load(const void *a, int dtype, size_t i) {
  switch (dtype) {
    case JK_F16: return (float)((const f16 *)a)[i];
    case JK_BF16: return bf16_get(((const bf16 *)a)[i]);
    default: return ((const float *)a)[i];
  }
}
JK_INLINE void store(void *a, int dtype, size_t i, float x) {
  switch (dtype) {
    case JK_F16: ((f16 *)a)[i] = (f16)x; break;
    case JK_BF16: ((bf16 *)a)[i] = bf16_set(x); break;
    default: ((float *)a)[i] = x; break;
  }
}
JK_INLINE float power(float x, float beta) {
  return beta == 0.5f ? 1 / sqrtf(x) : beta == 1 ? 1 / x : powf(x, -beta);
}

// The channels within the radius of channel c: begin..<end.
JK_INLINE void window(const lrn_job *job, int64_t c, int64_t *begin, int64_t *end) {
  *begin = c - job->radius < 0 ? 0 : c - job->radius;
  *end = c + job->radius + 1 > (int64_t)job->depth ? (int64_t)job->depth : c + job->radius + 1;
}

// bias + alpha · the sum of squares around channel c of the row that starts at `row`.
JK_INLINE float norm_at(const lrn_job *job, size_t row, int64_t c) {
  int64_t begin, end;
  window(job, c, &begin, &end);
  float sum = 0;
  for (int64_t k = begin; k < end; k++) {
    float x = load(job->in, job->dtype, row + (size_t)k);
    sum += x * x;
  }
  return job->bias + job->alpha * sum;
}

static void lrn_part(void *context, size_t first, size_t last) {
  const lrn_job *job = context;
  for (size_t r = first; r < last; r++)
    for (int64_t c = 0; c < (int64_t)job->depth; c++) {
      size_t i = r * job->depth + (size_t)c;
      store(job->result, job->dtype, i,
            load(job->in, job->dtype, i) * power(norm_at(job, r * job->depth, c), job->beta));
    }
}

// The gradient at channel k is that of its own output, less what it adds to the norms of the
// outputs around it.
static void lrn_grad_part(void *context, size_t first, size_t last) {
  const lrn_job *job = context;
  for (size_t r = first; r < last; r++)
    for (int64_t k = 0; k < (int64_t)job->depth; k++) {
      size_t row = r * job->depth, i = row + (size_t)k;
      int64_t begin, end;
      window(job, k, &begin, &end);
      float sum = 0,
            own = load(job->gradient, job->dtype, i) * power(norm_at(job, row, k), job->beta);
      for (int64_t c = begin; c < end; c++)
        sum += load(job->gradient, job->dtype, row + (size_t)c) *
               load(job->out, job->dtype, row + (size_t)c) / norm_at(job, row, c);
      store(job->result, job->dtype, i,
            own - 2 * job->alpha * job->beta * load(job->in, job->dtype, i) * sum);
    }
}

void jk_lrn(int dtype, const void *in, void *out, size_t rows, size_t depth, int64_t radius,
            float bias, float alpha, float beta) {
  lrn_job job = {0, in, 0, out, depth, radius, bias, alpha, beta, dtype};
  jk_parallel_for(rows, 1 + 4096 / (depth ? depth : 1), lrn_part, &job);
}

void jk_lrn_grad(int dtype, const void *gradient, const void *in, const void *out, void *result,
                 size_t rows, size_t depth, int64_t radius, float bias, float alpha, float beta) {
  lrn_job job = {gradient, in, out, result, depth, radius, bias, alpha, beta, dtype};
  jk_parallel_for(rows, 1 + 1024 / (depth ? depth : 1), lrn_grad_part, &job);
}
