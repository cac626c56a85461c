// Reductions of rows into the rows that ids name.
#include "loops.h"

#include <float.h>

JK_INLINE i64 id_at(jk_ids ids, size_t i) {
  switch (ids.size) {
    case 2: return ((const i16 *)ids.values)[i];
    case 4: return ((const i32 *)ids.values)[i];
    default: return ((const i64 *)ids.values)[i];
  }
}

int64_t jk_first_outside(jk_ids ids, size_t n, int64_t low, int64_t high) {
  for (size_t i = 0; i < n; i++) {
    i64 id = id_at(ids, i);
    if (id < low || id >= high) return (int64_t)i;
  }
  return -1;
}

int64_t jk_first_descent(jk_ids ids, size_t n) {
  for (size_t i = 1; i < n; i++)
    if (id_at(ids, i) < id_at(ids, i - 1)) return (int64_t)i;
  return -1;
}

void jk_count_ids(jk_ids ids, size_t n, double *counts, size_t count, bool root) {
  memset(counts, 0, count * sizeof(double));
  for (size_t i = 0; i < n; i++) counts[id_at(ids, i)]++;
  if (root)
    for (size_t i = 0; i < count; i++) counts[i] = sqrt(counts[i]);
}

#define ADD(a, b) ((a) + (b))
#define MUL(a, b) ((a) * (b))
// Denormals are flushed, as sums and products are.
#define MORE(a, b) FLUSHED((a) < (b) ? (b) : (a))
#define LESS(a, b) FLUSHED((b) < (a) ? (b) : (a))

// One operation on rows over the columns begin..<end. T is stored, A added up in, D what a quotient
// is taken in.
#define FOLD_ROWS(name, T, A, D, GET, NEUTRAL, FOLD)                                            \
  JK_CLONES_BY(T, void, name, (const jk_segments *job, A *sums, size_t begin, size_t end),      \
            (job, sums, begin, end)) {                                                          \
    size_t inner = job->inner;                                                                  \
    for (size_t r = 0; r < job->out_rows; r++)                                                  \
      for (size_t k = begin; k < end; k++) sums[r * inner + k] = NEUTRAL;                       \
    for (size_t i = 0; i < job->count; i++) {                                                   \
      i64 to = id_at(job->to, i), from = job->from.values ? id_at(job->from, i) : (i64)i;       \
      if (to < 0) continue;                                                                     \
      const T *x = (const T *)job->in + (size_t)from * inner;                                   \
      A *o = sums + (size_t)to * inner;                                                         \
      if (job->in_divisors) {                                                                   \
        D divisor = (D)job->in_divisors[from];                                                  \
        for (size_t k = begin; k < end; k++) o[k] = FOLD(o[k], (A)((D)(A)GET(x[k]) / divisor)); \
      } else {                                                                                  \
        for (size_t k = begin; k < end; k++) o[k] = FOLD(o[k], (A)GET(x[k]));                   \
      }                                                                                         \
    }                                                                                           \
  }

// The last step: quotients, rows that nothing came to, and conversion to what is stored.
#define STORE_ROWS(name, T, A, D, SET, VALUE)                                                   \
  JK_CLONES_BY(T, void, name, (const jk_segments *job, const A *sums, size_t begin, size_t end), \
            (job, sums, begin, end)) {                                                          \
    size_t inner = job->inner;                                                                  \
    for (size_t r = 0; r < job->out_rows; r++) {                                                \
      D divisor = job->out_divisors && job->out_divisors[r] != 0 ? (D)job->out_divisors[r] : 1; \
      for (size_t k = begin; k < end; k++) {                                                    \
        A a = sums[r * inner + k];                                                              \
        ((T *)job->out)[r * inner + k] = SET(VALUE);                                            \
      }                                                                                         \
    }                                                                                           \
  }

// For sorted ids the rows that nothing comes to lie between the ids.
static void zero_gaps(const jk_segments *job, size_t begin, size_t end, size_t size) {
  size_t next = 0, bytes = (end - begin) * size;
  for (size_t i = 0; i <= job->count; i++) {
    size_t id = i < job->count ? (size_t)id_at(job->to, i) : job->out_rows;
    for (; next < id; next++)
      memset((char *)job->out + (next * job->inner + begin) * size, 0, bytes);
    if (next == id) next++;
  }
}

#define SEGMENTS(s, T, A, D, GET, SET, VALUE, body)                                    \
  STORE_ROWS(store_##s, T, A, D, SET, VALUE)                                           \
  static void segments_##s(void *context, size_t begin, size_t end) {                  \
    const jk_segments *job = context;                                                  \
    A *sums = sizeof(T) == sizeof(A) ? job->out : job->work;                           \
    switch (job->operation) { body }                                                   \
    if (sizeof(T) != sizeof(A) || job->out_divisors) store_##s(job, sums, begin, end); \
    if (job->gaps_are_zero) zero_gaps(job, begin, end, sizeof(T));                     \
  }
#define STEP(OP, name) case OP: name(job, sums, begin, end); break;

#define REAL_SEGMENTS(s, T, A, D, GET, SET, VALUE, least, greatest)        \
  FOLD_ROWS(sum_##s, T, A, D, GET, 0, ADD)                                 \
  FOLD_ROWS(prod_##s, T, A, D, GET, 1, MUL)                                \
  FOLD_ROWS(max_##s, T, A, D, GET, least, MORE)                            \
  FOLD_ROWS(min_##s, T, A, D, GET, greatest, LESS)                         \
  SEGMENTS(s, T, A, D, GET, SET, VALUE,                                    \
           STEP(JK_SEGMENT_SUM, sum_##s) STEP(JK_SEGMENT_PROD, prod_##s)   \
           STEP(JK_SEGMENT_MAX, max_##s) STEP(JK_SEGMENT_MIN, min_##s))

REAL_SEGMENTS(f32, f32, f32, f32, GET_id, SET_id, a / divisor, -FLT_MAX, FLT_MAX)
REAL_SEGMENTS(f64, f64, f64, f64, GET_id, SET_id, a / divisor, -DBL_MAX, DBL_MAX)
REAL_SEGMENTS(f16, f16, f32, f32, GET_f16, SET_f16, a / divisor, -65504.0f, 65504.0f)
REAL_SEGMENTS(bf16, bf16, f32, f32, GET_bf16, SET_bf16, a / divisor, -3.38953139e38f,
              3.38953139e38f)

// Sums and products are unsigned, as they may wrap; extremes and quotients are not.
#define INT_SEGMENTS(s, T, U, D, least, greatest)                          \
  FOLD_ROWS(sum_##s, U, U, D, GET_id, 0, ADD)                              \
  FOLD_ROWS(prod_##s, U, U, D, (u64)GET_id, 1, MUL)                        \
  FOLD_ROWS(signed_max_##s, T, T, D, GET_id, least, MORE)                  \
  FOLD_ROWS(signed_min_##s, T, T, D, GET_id, greatest, LESS)               \
  SEGMENTS(s, T, U, D, GET_id, SET_id, (T)((D)(T)a / divisor),             \
           STEP(JK_SEGMENT_SUM, sum_##s) STEP(JK_SEGMENT_PROD, prod_##s)   \
           case JK_SEGMENT_MAX: signed_max_##s(job, (T *)sums, begin, end); break; \
           case JK_SEGMENT_MIN: signed_min_##s(job, (T *)sums, begin, end); break;)

INT_SEGMENTS(i8, i8, u8, i64, INT8_MIN, INT8_MAX)
INT_SEGMENTS(i16, i16, u16, i64, INT16_MIN, INT16_MAX)
INT_SEGMENTS(i32, i32, u32, i64, INT32_MIN, INT32_MAX)
INT_SEGMENTS(i64, i64, u64, i64, INT64_MIN, INT64_MAX)
INT_SEGMENTS(u8, u8, u8, u64, 0, UINT8_MAX)
INT_SEGMENTS(u16, u16, u16, u64, 0, UINT16_MAX)
INT_SEGMENTS(u32, u32, u32, u64, 0, UINT32_MAX)
INT_SEGMENTS(u64, u64, u64, u64, 0, UINT64_MAX)

#define COMPLEX_SEGMENTS(s, T, D)                                          \
  JK_INLINE T product_##s(T a, T b) {                                      \
    D ar = __real__ a, ai = __imag__ a, br = __real__ b, bi = __imag__ b;  \
    return __builtin_complex(ar * br - ai * bi, ar * bi + ai * br);        \
  }                                                                        \
  FOLD_ROWS(sum_##s, T, T, T, GET_id, 0, ADD)                              \
  FOLD_ROWS(prod_##s, T, T, T, GET_id, 1, product_##s)                     \
  SEGMENTS(s, T, T, D, GET_id, SET_id, a / divisor,                        \
           STEP(JK_SEGMENT_SUM, sum_##s) STEP(JK_SEGMENT_PROD, prod_##s))
COMPLEX_SEGMENTS(c64, c64, f32)
COMPLEX_SEGMENTS(c128, c128, f64)

void jk_fold_segments(const jk_segments *job) {
  void (*run)(void *, size_t, size_t);
  switch (job->dtype) {
    case JK_F32: run = segments_f32; break;
    case JK_F64: run = segments_f64; break;
    case JK_F16: run = segments_f16; break;
    case JK_BF16: run = segments_bf16; break;
    case JK_I8: run = segments_i8; break;
    case JK_I16: run = segments_i16; break;
    case JK_I32: run = segments_i32; break;
    case JK_I64: run = segments_i64; break;
    case JK_U8: run = segments_u8; break;
    case JK_U16: run = segments_u16; break;
    case JK_U32: run = segments_u32; break;
    case JK_U64: run = segments_u64; break;
    case JK_C64: run = segments_c64; break;
    case JK_C128: run = segments_c128; break;
    default: return;
  }
  // Threads take columns, so that none writes where another does.
  size_t grain = 1 + 65536 / (job->count + job->out_rows + 1);
  jk_parallel_for(job->inner, grain < 16 ? 16 : grain, run, (void *)job);
}
