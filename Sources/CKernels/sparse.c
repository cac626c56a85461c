#include "include/jk_sparse.h"

#include "loops.h"

#include <complex.h>

JK_INLINE i64 coordinate(const jk_sparse_product *job, i64 element, int axis) {
  i64 at = 2 * element + axis;
  return job->index_size == 8 ? ((const i64 *)job->indices)[at] : ((const i32 *)job->indices)[at];
}

int64_t jk_sparse_first_bad(const jk_sparse_product *job) {
  for (i64 e = 0; e < job->count; e++) {
    i64 row = coordinate(job, e, job->adjoint_a ? 1 : 0),
        k = coordinate(job, e, job->adjoint_a ? 0 : 1);
    if (row < 0 || row >= job->rows || k < 0 || k >= job->inner) return e;
  }
  return -1;
}

int jk_sparse_sum_size(int dtype) { return dtype == JK_F16 || dtype == JK_BF16 ? 4 : 0; }

typedef struct {
  const jk_sparse_product *job;
  void *sums;
} product_part;

#define CONJ_id(x) (x)
#define CONJ_c64(x) conjf(x)
#define CONJ_c128(x) conj(x)

// The columns begin..<end of the product; T are the elements, S the sums.
#define JK_SPARSE_PRODUCT(fn, T, S, GET, CONJ)                                         \
  JK_PART(fn) {                                                                        \
    const product_part *part = context;                                                \
    const jk_sparse_product *job = part->job;                                          \
    const T *values = job->values, *b = job->b;                                        \
    S *out = part->sums;                                                               \
    i64 columns = job->columns, inner = job->inner;                                    \
    for (i64 row = 0; row < job->rows; row++)                                          \
      memset(out + row * columns + begin, 0, (end - begin) * sizeof(S));               \
    for (i64 e = 0; e < job->count; e++) {                                             \
      i64 row = coordinate(job, e, job->adjoint_a ? 1 : 0),                            \
          k = coordinate(job, e, job->adjoint_a ? 0 : 1);                              \
      S a = GET(values[e]);                                                            \
      if (job->adjoint_a) a = CONJ(a);                                                 \
      S *o = out + row * columns;                                                      \
      if (job->adjoint_b) {                                                            \
        const T *x = b + k;                                                            \
        for (size_t j = begin; j < end; j++) o[j] += a * CONJ(GET(x[(i64)j * inner])); \
      } else {                                                                         \
        const T *x = b + k * columns;                                                  \
        JK_VECTOR for (size_t j = begin; j < end; j++) o[j] += a * GET(x[j]);          \
      }                                                                                \
    }                                                                                  \
  }

JK_SPARSE_PRODUCT(product_f32, f32, f32, GET_id, CONJ_id)
JK_SPARSE_PRODUCT(product_f64, f64, f64, GET_id, CONJ_id)
JK_SPARSE_PRODUCT(product_u32, u32, u32, GET_id, CONJ_id)
JK_SPARSE_PRODUCT(product_c64, c64, c64, GET_id, CONJ_c64)
JK_SPARSE_PRODUCT(product_c128, c128, c128, GET_id, CONJ_c128)
JK_SPARSE_PRODUCT(product_f16, f16, f32, GET_f16, CONJ_id)
JK_SPARSE_PRODUCT(product_bf16, bf16, f32, GET_bf16, CONJ_id)

void jk_sparse_multiply(const jk_sparse_product *job, void *sums) {
  void (*body)(void *, size_t, size_t) = product_f32;
  switch (job->dtype) {
    case JK_F64: body = product_f64; break;
    case JK_I32: body = product_u32; break;
    case JK_C64: body = product_c64; break;
    case JK_C128: body = product_c128; break;
    case JK_F16: body = product_f16; break;
    case JK_BF16: body = product_bf16; break;
    default: break;
  }
  int narrow = jk_sparse_sum_size(job->dtype) != 0;
  product_part part = {job, narrow ? sums : job->out};
  size_t work = (size_t)(job->count + job->rows);
  jk_parallel_for((size_t)job->columns, 65536 / (work + 1) + 16, body, &part);
  size_t n = (size_t)(job->rows * job->columns);
  const f32 *s = sums;
  if (job->dtype == JK_F16) {
    f16 *o = job->out;
    for (size_t i = 0; i < n; i++) o[i] = (f16)s[i];
  } else if (job->dtype == JK_BF16) {
    bf16 *o = job->out;
    for (size_t i = 0; i < n; i++) o[i] = bf16_set(s[i]);
  }
}
