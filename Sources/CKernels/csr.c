#include "include/jk_csr.h"

#include "loops.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>

#define CONJ_id(x) (x)
#define CONJ_c64(x) conjf(x)
#define CONJ_c128(x) conj(x)
#define REAL_id(x) (x)
#define REAL_c64(x) crealf(x)
#define REAL_c128(x) creal(x)

typedef float complex cf32;
typedef double complex cf64;

#define BY_DTYPE(dtype, CALL)                     \
  switch (dtype) {                                \
    case JK_F32: CALL(f32, f32, id); break;       \
    case JK_F64: CALL(f64, f64, id); break;       \
    case JK_C64: CALL(cf32, f32, c64); break;     \
    default: CALL(cf64, f64, c128); break;        \
  }

void jk_dense_turned(int dtype, const void *in, i64 rows, i64 columns, int transposed,
                     int conjugated, void *out) {
#define TURN(T, R, K)                                                           \
  {                                                                             \
    const T *a = in;                                                            \
    T *o = out;                                                                 \
    for (i64 i = 0; i < rows; i++)                                              \
      for (i64 j = 0; j < columns; j++) {                                       \
        T x = a[i * columns + j];                                               \
        o[transposed ? j * rows + i : i * columns + j] = conjugated ? CONJ_##K(x) : x; \
      }                                                                         \
  }
  BY_DTYPE(dtype, TURN)
}

void jk_csr_transpose(int dtype, const jk_csr *a, int conjugated, i32 *starts, i32 *column_of,
                      void *values) {
  i64 count = a->row_starts[a->rows];
  for (i64 j = 0; j <= a->columns; j++) starts[j] = 0;
  for (i64 e = 0; e < count; e++) starts[a->column_of[e] + 1]++;
  for (i64 j = 0; j < a->columns; j++) starts[j + 1] += starts[j];
#define SPREAD(T, R, K)                                      \
  {                                                          \
    const T *from = a->values;                               \
    T *to = values;                                          \
    for (i64 i = 0; i < a->rows; i++)                        \
      for (i32 e = a->row_starts[i]; e < a->row_starts[i + 1]; e++) { \
        i32 place = starts[a->column_of[e]]++;               \
        column_of[place] = (i32)i;                           \
        to[place] = conjugated ? CONJ_##K(from[e]) : from[e]; \
      }                                                      \
  }
  BY_DTYPE(dtype, SPREAD)
  for (i64 j = a->columns; j > 0; j--) starts[j] = starts[j - 1];
  starts[0] = 0;
}

int64_t jk_csr_product_sizes(const jk_csr *a, const jk_csr *b, int64_t *counts, int64_t *seen) {
  i64 total = 0, left = 0;
  for (i64 j = 0; j < b->columns; j++) seen[j] = -1;
  for (i64 i = 0; i < a->rows; i++) {
    counts[i] = 0;
    for (i32 e = a->row_starts[i]; e < a->row_starts[i + 1]; e++) {
      i32 k = a->column_of[e];
      if (jk_stopped_after(b->row_starts[k + 1] - b->row_starts[k] + 1, &left)) return -1;
      for (i32 f = b->row_starts[k]; f < b->row_starts[k + 1]; f++)
        if (seen[b->column_of[f]] != i) {
          seen[b->column_of[f]] = i;
          counts[i]++;
        }
    }
    total += counts[i];
  }
  return total;
}

static int by_value(const void *a, const void *b) {
  i32 x = *(const i32 *)a, y = *(const i32 *)b;
  return (x > y) - (x < y);
}

int jk_csr_product(int dtype, const jk_csr *a, const jk_csr *b, const int32_t *starts,
                   int64_t *seen, void *sums, int32_t *column_of, void *values) {
  i64 left = 0;
  for (i64 j = 0; j < b->columns; j++) seen[j] = -1;
#define MULTIPLY(T, R, K)                                                               \
  {                                                                                     \
    const T *x = a->values, *y = b->values;                                             \
    T *sum = sums, *out = values;                                                       \
    for (i64 i = 0; i < a->rows; i++) {                                                 \
      i32 end = starts[i];                                                              \
      for (i32 e = a->row_starts[i]; e < a->row_starts[i + 1]; e++) {                   \
        i32 k = a->column_of[e];                                                        \
        if (jk_stopped_after(b->row_starts[k + 1] - b->row_starts[k] + 1, &left)) return 0; \
        for (i32 f = b->row_starts[k]; f < b->row_starts[k + 1]; f++) {                 \
          i32 j = b->column_of[f];                                                      \
          if (seen[j] != i) {                                                           \
            seen[j] = i;                                                                \
            column_of[end++] = j;                                                       \
            sum[j] = 0;                                                                 \
          }                                                                             \
          sum[j] += x[e] * y[f];                                                        \
        }                                                                               \
      }                                                                                 \
      qsort(column_of + starts[i], end - starts[i], sizeof(i32), by_value);             \
      for (i32 e = starts[i]; e < end; e++) out[e] = sum[column_of[e]];                 \
    }                                                                                   \
  }
  BY_DTYPE(dtype, MULTIPLY)
  return 1;
}

int64_t jk_csr_cholesky_sizes(const jk_csr *a, const int32_t *order, const int32_t *inverse,
                              int64_t *parents, int64_t *seen, int64_t *counts) {
  i64 total = 0, left = 0;
  for (i64 i = 0; i < a->rows; i++) {
    parents[i] = -1;
    seen[i] = i;
    counts[i] = 1;
    i32 row = order[i];
    for (i32 e = a->row_starts[row]; e < a->row_starts[row + 1]; e++) {
      // Row i of the factor has the columns on the paths from those of the matrix up the tree.
      for (i64 k = inverse[a->column_of[e]]; k < i && seen[k] != i; k = parents[k]) {
        if (jk_stopped_after(1, &left)) return -1;
        if (parents[k] < 0) parents[k] = i;
        seen[k] = i;
        counts[i]++;
      }
    }
    total += counts[i];
  }
  return total;
}

int jk_csr_cholesky(int dtype, const jk_csr *a, const int32_t *order, const int32_t *inverse,
                    const int64_t *parents, int64_t *seen, const int32_t *starts,
                    void *sums, int32_t *column_of, void *values) {
  i64 left = 0;
  for (i64 i = 0; i < a->rows; i++) seen[i] = -1;
  // x is row i of the matrix, less what the columns before contribute; row k of the factor divides
  // it at k, and is taken from what is left.
#define FACTOR(T, R, K)                                                               \
  {                                                                                   \
    const T *from = a->values;                                                        \
    T *x = sums, *l = values;                                                         \
    for (i64 i = 0; i < a->rows; i++) x[i] = 0;                                       \
    for (i64 i = 0; i < a->rows; i++) {                                               \
      i32 row = order[i];                                                             \
      i32 end = starts[i];                                                            \
      seen[i] = i;                                                                    \
      for (i32 e = a->row_starts[row]; e < a->row_starts[row + 1]; e++) {             \
        i64 k = inverse[a->column_of[e]];                                             \
        if (k > i) continue;                                                          \
        x[k] += from[e];                                                              \
        for (; k < i && seen[k] != i; k = parents[k]) {                               \
          seen[k] = i;                                                                \
          column_of[end++] = (i32)k;                                                  \
        }                                                                             \
      }                                                                               \
      qsort(column_of + starts[i], end - starts[i], sizeof(i32), by_value);           \
      R diagonal = REAL_##K(x[i]);                                                    \
      x[i] = 0;                                                                       \
      for (i32 e = starts[i]; e < end; e++) {                                         \
        i32 k = column_of[e];                                                         \
        if (jk_stopped_after(starts[k + 1] - starts[k] + 1, &left)) return 0;         \
        /* x[k] less the products of row i and row k so far, both in order. */        \
        T value = x[k];                                                               \
        x[k] = 0;                                                                     \
        i32 p = starts[i], q = starts[k];                                             \
        while (p < e && q < starts[k + 1] - 1) {                                      \
          if (column_of[p] < column_of[q]) p++;                                       \
          else if (column_of[p] > column_of[q]) q++;                                  \
          else value -= l[p++] * CONJ_##K(l[q++]);                                    \
        }                                                                             \
        value /= REAL_##K(l[starts[k + 1] - 1]);                                      \
        l[e] = value;                                                                 \
        diagonal -= REAL_##K(value * CONJ_##K(value));                                \
      }                                                                               \
      if (!(diagonal > 0)) return -1;                                                 \
      column_of[end] = (i32)i;                                                        \
      l[end] = (R)sqrt(diagonal);                                                     \
    }                                                                                 \
  }
  BY_DTYPE(dtype, FACTOR)
  return 1;
}
