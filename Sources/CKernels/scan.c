// Scans along a dimension, the greatest elements of rows, and counts.
#include "loops.h"

enum { SCAN_BLOCK = 256 };

typedef struct {
  const char *in;
  char *out;
  size_t n, inner;
  bool exclusive, reverse;
} scan_job;

#define ADD(a, b) ((a) + (b))
#define MUL(a, b) ((a) * (b))
JK_INLINE double logsumexp(double a, double b) {
  double less = b < a ? b : a, more = a < b ? b : a;
  return more == -INFINITY ? more : log1p(exp(less - more)) + more;
}

// Each partial result is rounded to the element type T, as it is an output.
#define SCAN(name, T, B, GET, SET, ZERO, FOLD)                                \
  JK_PART(name) {                                                             \
    const scan_job *job = context;                                            \
    size_t n = job->n, inner = job->inner;                                    \
    while (begin < end) {                                                     \
      size_t column = begin % inner, columns = inner - column,                \
             base = begin / inner * n * inner + column;                       \
      if (columns > end - begin) columns = end - begin;                       \
      if (columns > SCAN_BLOCK) columns = SCAN_BLOCK;                         \
      T total[SCAN_BLOCK];                                                    \
      for (size_t k = 0; k < columns; k++) total[k] = SET((B)ZERO);           \
      for (size_t i = 0; i < n; i++) {                                        \
        size_t at = base + (job->reverse ? n - 1 - i : i) * inner;            \
        const T *x = (const T *)job->in + at;                                 \
        T *o = (T *)job->out + at;                                            \
        if (job->exclusive)                                                   \
          for (size_t k = 0; k < columns; k++) {                              \
            T before = total[k];                                              \
            total[k] = SET((B)(FOLD((B)GET(before), (B)GET(x[k]))));          \
            o[k] = before;                                                    \
          }                                                                   \
        else                                                                  \
          for (size_t k = 0; k < columns; k++)                                \
            o[k] = total[k] = SET((B)(FOLD((B)GET(total[k]), (B)GET(x[k])))); \
      }                                                                       \
      begin += columns;                                                       \
    }                                                                         \
  }

JK_INLINE c128 complex_product(c128 a, c128 b) {
  double ar = __real__ a, ai = __imag__ a, br = __real__ b, bi = __imag__ b;
  return __builtin_complex(ar * br - ai * bi, ar * bi + ai * br);
}

#define SCANS(s, T, B, GET, SET)                \
  SCAN(sum_##s, T, B, GET, SET, 0, ADD)         \
  SCAN(prod_##s, T, B, GET, SET, 1, MUL)
SCANS(f32, f32, f32, GET_id, SET_id)
SCANS(f64, f64, f64, GET_id, SET_id)
SCANS(f16, f16, f32, GET_f16, SET_f16)
SCANS(bf16, bf16, f32, GET_bf16, SET_bf16)
// Unsigned, as results may wrap.
SCANS(8, u8, u32, GET_id, SET_id)
SCANS(16, u16, u32, GET_id, SET_id)
SCANS(32, u32, u32, GET_id, SET_id)
SCANS(64, u64, u64, GET_id, SET_id)
SCAN(sum_c64, c64, c64, GET_id, SET_id, 0, ADD)
SCAN(sum_c128, c128, c128, GET_id, SET_id, 0, ADD)
SCAN(prod_c64, c64, c128, GET_id, SET_id, 1, complex_product)
SCAN(prod_c128, c128, c128, GET_id, SET_id, 1, complex_product)
SCAN(lse_f32, f32, f64, GET_id, SET_id, -INFINITY, logsumexp)
SCAN(lse_f64, f64, f64, GET_id, SET_id, -INFINITY, logsumexp)
SCAN(lse_f16, f16, f64, GET_f16, SET_f16, -INFINITY, logsumexp)
SCAN(lse_bf16, bf16, f64, GET_bf16, SET_bf16, -INFINITY, logsumexp)

#define SCAN_FLOATS(name)                 \
  case JK_F32: run = name##_f32; break;   \
  case JK_F64: run = name##_f64; break;   \
  case JK_F16: run = name##_f16; break;   \
  case JK_BF16: run = name##_bf16; break;
#define SCAN_NUMBERS(name)                          \
  SCAN_FLOATS(name)                                 \
  case JK_I8: case JK_U8: run = name##_8; break;    \
  case JK_I16: case JK_U16: run = name##_16; break; \
  case JK_I32: case JK_U32: run = name##_32; break; \
  case JK_I64: case JK_U64: run = name##_64; break; \
  case JK_C64: run = name##_c64; break;             \
  case JK_C128: run = name##_c128; break;

void jk_scan(int operation, int dtype, const void *in, void *out, size_t outer, size_t n,
             size_t inner, bool exclusive, bool reverse) {
  void (*run)(void *, size_t, size_t) = 0;
  switch (operation) {
    case JK_SCAN_SUM: switch (dtype) { SCAN_NUMBERS(sum) } break;
    case JK_SCAN_PROD: switch (dtype) { SCAN_NUMBERS(prod) } break;
    case JK_SCAN_LOGSUMEXP: switch (dtype) { SCAN_FLOATS(lse) } break;
  }
  if (!run) return;
  scan_job job = {in, out, n, inner, exclusive, reverse};
  jk_parallel_for(outer * inner, 65536 / (n ? n : 1), run, &job);
}

// --- orders ---

typedef struct {
  const char *in;
  char *values, *indices, *work;
  size_t index_size, n, k;
  bool descending, sorted;
} order_job;

static void store_index(char *out, size_t size, size_t position, int32_t value) {
  switch (size) {
    case 2: ((i16 *)out)[position] = (i16)value; break;
    case 4: ((i32 *)out)[position] = value; break;
    default: ((i64 *)out)[position] = value; break;
  }
}

#define ORDER(s, T, B, GET)                                                                        \
  /* Whether element a comes before element b. */                                                  \
  JK_INLINE bool before_##s(const T *x, i32 a, i32 b) {                                            \
    B p = GET(x[a]), q = GET(x[b]);                                                                \
    return q < p ? true : q > p ? false : a < b;                                                   \
  }                                                                                                \
  /* The heap's root is the element that comes last. A hole sinks to a leaf, then what fills it    \
   * climbs. */                                                                                    \
  static void settle_##s(const T *x, i32 *heap, size_t size, size_t hole, i32 moved) {             \
    size_t top = hole;                                                                             \
    for (size_t child; (child = 2 * hole + 2) <= size; hole = child) {                             \
      if (child == size || before_##s(x, heap[child], heap[child - 1])) child--;                   \
      heap[hole] = heap[child];                                                                    \
    }                                                                                              \
    for (; hole > top; hole = (hole - 1) / 2) {                                                    \
      if (!before_##s(x, heap[(hole - 1) / 2], moved)) break;                                      \
      heap[hole] = heap[(hole - 1) / 2];                                                           \
    }                                                                                              \
    heap[hole] = moved;                                                                            \
  }                                                                                                \
  static void remove_last_##s(const T *x, i32 *heap, size_t size) {                                \
    i32 last = heap[0];                                                                            \
    settle_##s(x, heap, size - 1, 0, heap[size - 1]);                                              \
    heap[size - 1] = last;                                                                         \
  }                                                                                                \
  static void top_k_##s(void *context, size_t begin, size_t end) {                                 \
    const order_job *job = context;                                                                \
    size_t n = job->n, k = job->k;                                                                 \
    for (size_t r = begin; r < end; r++) {                                                         \
      const T *x = (const T *)job->in + r * n;                                                     \
      T *values = (T *)job->values + r * k;                                                        \
      i32 *heap = (i32 *)job->work + r * (k + 1);                                                  \
      if (k == 1) {                                                                                \
        /* What is not a number gives way to what comes after it; if it stays, the first wins. */  \
        size_t most = 0, best = 0;                                                                 \
        for (size_t i = 1; i < n; i++) most = GET(x[i]) < GET(x[most]) ? most : i;                 \
        while (best < n && GET(x[best]) != GET(x[most])) best++;                                   \
        if (best == n) best = 0;                                                                   \
        heap[0] = (i32)best;                                                                       \
      } else {                                                                                     \
        /* One element more than wanted, then without the one that comes last: the order           \
         * TensorFlow leaves them in. */                                                           \
        size_t first = k < n ? k + 1 : k;                                                          \
        for (size_t i = 0; i < first; i++) heap[i] = (i32)i;                                       \
        for (size_t i = first / 2; i-- > 0;) settle_##s(x, heap, first, i, heap[i]);               \
        if (first > k) remove_last_##s(x, heap, first);                                            \
        for (size_t i = first; i < n; i++)                                                         \
          if (before_##s(x, (i32)i, heap[0])) {                                                    \
            remove_last_##s(x, heap, k);                                                           \
            size_t hole = k - 1;                                                                   \
            for (; hole > 0 && before_##s(x, heap[(hole - 1) / 2], (i32)i); hole = (hole - 1) / 2) \
              heap[hole] = heap[(hole - 1) / 2];                                                   \
            heap[hole] = (i32)i;                                                                   \
          }                                                                                        \
        if (job->sorted || k == n)                                                                 \
          for (size_t size = k; size > 1; size--) remove_last_##s(x, heap, size);                  \
      }                                                                                            \
      for (size_t i = 0; i < k; i++) {                                                             \
        values[i] = x[heap[i]];                                                                    \
        store_index(job->indices, job->index_size, r * k + i, heap[i]);                            \
      }                                                                                            \
    }                                                                                              \
  }                                                                                                \
  static void nth_##s(void *context, size_t begin, size_t end) {                                   \
    const order_job *job = context;                                                                \
    size_t n = job->n, k = job->descending ? job->n - 1 - job->k : job->k;                         \
    for (size_t r = begin; r < end; r++) {                                                         \
      T *x = (T *)job->work + r * n;                                                               \
      memcpy(x, (const T *)job->in + r * n, n * sizeof(T));                                        \
      size_t low = 0, high = n;                                                                    \
      while (high - low > 1) {                                                                     \
        /* Three parts: below the pivot, like it, above. What is like it ends the search. */       \
        T pivot = x[low + (high - low) / 2];                                                       \
        size_t less = low, at = low, more = high;                                                  \
        while (at < more) {                                                                        \
          T here = x[at];                                                                          \
          if (GET(here) < GET(pivot)) {                                                            \
            x[at++] = x[less];                                                                     \
            x[less++] = here;                                                                      \
          } else if (GET(here) > GET(pivot)) {                                                     \
            x[at] = x[--more];                                                                     \
            x[more] = here;                                                                        \
          } else {                                                                                 \
            at++;                                                                                  \
          }                                                                                        \
        }                                                                                          \
        if (k < less)                                                                              \
          high = less;                                                                             \
        else if (k >= more)                                                                        \
          low = more;                                                                              \
        else                                                                                       \
          break;                                                                                   \
      }                                                                                            \
      ((T *)job->values)[r] = x[k];                                                                \
    }                                                                                              \
  }

ORDER(f32, f32, f32, GET_id)
ORDER(f64, f64, f64, GET_id)
ORDER(f16, f16, f32, GET_f16)
ORDER(bf16, bf16, f32, GET_bf16)
ORDER(i8, i8, i8, GET_id)
ORDER(i16, i16, i16, GET_id)
ORDER(i32, i32, i32, GET_id)
ORDER(i64, i64, i64, GET_id)
ORDER(u8, u8, u8, GET_id)
ORDER(u16, u16, u16, GET_id)
ORDER(u32, u32, u32, GET_id)
ORDER(u64, u64, u64, GET_id)

#define ORDER_CASES(name)                 \
  switch (dtype) {                        \
    SCAN_FLOATS(name)                     \
    case JK_I8: run = name##_i8; break;   \
    case JK_I16: run = name##_i16; break; \
    case JK_I32: run = name##_i32; break; \
    case JK_I64: run = name##_i64; break; \
    case JK_U8: run = name##_u8; break;   \
    case JK_U16: run = name##_u16; break; \
    case JK_U32: run = name##_u32; break; \
    case JK_U64: run = name##_u64; break; \
    default: return;                      \
  }

void jk_top_k(int dtype, const void *in, void *values, void *indices, size_t index_size, void *work,
              size_t rows, size_t n, size_t k, bool sorted) {
  void (*run)(void *, size_t, size_t);
  ORDER_CASES(top_k)
  order_job job = {in, values, indices, work, index_size, n, k, false, sorted};
  jk_parallel_for(rows, 1 + 16384 / (n ? n : 1), run, &job);
}

void jk_nth_element(int dtype, const void *in, void *out, void *work, size_t rows, size_t n,
                    size_t k, bool descending) {
  void (*run)(void *, size_t, size_t);
  ORDER_CASES(nth)
  order_job job = {in, out, 0, work, 0, n, k, descending, false};
  jk_parallel_for(rows, 1 + 16384 / (n ? n : 1), run, &job);
}

void jk_in_top_k(const float *predictions, const void *targets, bool targets_are_64, bool *out,
                 size_t rows, size_t n, int64_t k) {
  for (size_t r = 0; r < rows; r++) {
    const float *x = predictions + r * n;
    int64_t target = targets_are_64 ? ((const i64 *)targets)[r] : ((const i32 *)targets)[r],
            above = 0;
    bool valid = target >= 0 && target < (int64_t)n && isfinite(x[target]);
    for (size_t i = 0; valid && i < n; i++) {
      valid = isfinite(x[i]);
      above += x[i] > x[target];
    }
    out[r] = valid && above < k;
  }
}

// --- counts ---

#define BINCOUNT(s, T, A)                                                                  \
  static void bincount_##s(bool is_64, const void *values, size_t count, const T *weights, \
                           const int64_t *rows, size_t per_row, int64_t bins, bool binary, \
                           T *out) {                                                       \
    for (size_t i = 0; i < count; i++) {                                                   \
      int64_t bin = is_64 ? ((const i64 *)values)[i] : ((const i32 *)values)[i];           \
      if (bin < 0 || bin >= bins) continue;                                                \
      T *o = out + (rows ? rows[i] : (int64_t)(i / per_row)) * bins + bin;                 \
      *o = binary ? 1 : (T)((A) * o + (weights ? (A)weights[i] : 1));                      \
    }                                                                                      \
  }
BINCOUNT(i32, i32, u32)
BINCOUNT(i64, i64, u64)
BINCOUNT(f32, f32, f32)
BINCOUNT(f64, f64, f64)

void jk_bincount(int dtype, bool values_are_64, const void *values, size_t count,
                 const void *weights, const int64_t *rows, size_t per_row, int64_t bins,
                 bool binary, void *out) {
  switch (dtype) {
    case JK_I32:
      bincount_i32(values_are_64, values, count, weights, rows, per_row, bins, binary, out);
      break;
    case JK_I64:
      bincount_i64(values_are_64, values, count, weights, rows, per_row, bins, binary, out);
      break;
    case JK_F32:
      bincount_f32(values_are_64, values, count, weights, rows, per_row, bins, binary, out);
      break;
    case JK_F64:
      bincount_f64(values_are_64, values, count, weights, rows, per_row, bins, binary, out);
      break;
  }
}

#define HISTOGRAM(s, T, A)                                                               \
  static bool histogram_##s(const T *values, size_t count, const T *range, int64_t bins, \
                            bool is_64, void *out) {                                     \
    double step = (double)(T)((A)range[1] - (A)range[0]) / (double)bins;                 \
    for (size_t i = 0; i < count; i++) {                                                 \
      T x = values[i];                                                                   \
      if (x != x) return false;                                                          \
      double at = x > range[0] ? (double)(T)((A)x - (A)range[0]) / step : 0;             \
      int64_t bin = at >= (double)(bins - 1) ? bins - 1 : at > 0 ? (int64_t)at : 0;      \
      if (is_64)                                                                         \
        ((u64 *)out)[bin]++;                                                             \
      else                                                                               \
        ((u32 *)out)[bin]++;                                                             \
    }                                                                                    \
    return true;                                                                         \
  }
HISTOGRAM(i32, i32, u32)
HISTOGRAM(i64, i64, u64)
HISTOGRAM(f32, f32, f32)
HISTOGRAM(f64, f64, f64)

bool jk_histogram(int dtype, const void *values, size_t count, const void *range, int64_t bins,
                  bool out_is_64, void *out) {
  switch (dtype) {
    case JK_I32: return histogram_i32(values, count, range, bins, out_is_64, out);
    case JK_I64: return histogram_i64(values, count, range, bins, out_is_64, out);
    case JK_F32: return histogram_f32(values, count, range, bins, out_is_64, out);
    default: return histogram_f64(values, count, range, bins, out_is_64, out);
  }
}
