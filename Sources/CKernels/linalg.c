#include "loops.h"

#include <complex.h>

// Products of small matrices, and of any size for dtypes that no library multiplies.
//
// Row by row, 64 columns of the result at a time in a local array that the compiler keeps in
// registers.

enum { BLOCK = 64 };

// b is [k,n]: whole rows of b are added up.
#define ROWS_LOOP(fn, T, A, GET, SET)                                                \
  JK_CLONES(void, fn, (int64_t m, int64_t n, int64_t k, const T *a, int64_t row,     \
                       int64_t column, const T *b, T *c),                            \
            (m, n, k, a, row, column, b, c)) {                                       \
    for (int64_t i = 0; i < m; i++) {                                                \
      for (int64_t j = 0; j < n; j += BLOCK) {                                       \
        int64_t w = n - j < BLOCK ? n - j : BLOCK;                                   \
        A acc[BLOCK] = {0};                                                          \
        const T *bj = b + j;                                                         \
        if (w == BLOCK) {                                                            \
          for (int64_t p = 0; p < k; p++) {                                          \
            A x = (A)GET(a[i * row + p * column]);                                   \
            for (int q = 0; q < BLOCK; q++) acc[q] += x * (A)GET(bj[p * n + q]);     \
          }                                                                          \
        } else {                                                                     \
          for (int64_t p = 0; p < k; p++) {                                          \
            A x = (A)GET(a[i * row + p * column]);                                   \
            for (int64_t q = 0; q < w; q++) acc[q] += x * (A)GET(bj[p * n + q]);     \
          }                                                                          \
        }                                                                            \
        for (int64_t q = 0; q < w; q++) c[i * n + j + q] = (T)SET(acc[q]);           \
      }                                                                              \
    }                                                                                \
  }

// b is [n,k]: rows of a times rows of b.
#define DOTS_LOOP(fn, T, A, GET, SET)                                                           \
  JK_CLONES(void, fn, (int64_t m, int64_t n, int64_t k, const T *a, int64_t row,                \
                       int64_t column, const T *b, T *c),                                       \
            (m, n, k, a, row, column, b, c)) {                                                  \
    for (int64_t i = 0; i < m; i++) {                                                           \
      for (int64_t j = 0; j < n; j++) {                                                         \
        A sum = 0;                                                                              \
        if (column == 1) {                                                                      \
          for (int64_t p = 0; p < k; p++) sum += (A)GET(a[i * row + p]) * (A)GET(b[j * k + p]); \
        } else {                                                                                \
          for (int64_t p = 0; p < k; p++)                                                       \
            sum += (A)GET(a[i * row + p * column]) * (A)GET(b[j * k + p]);                      \
        }                                                                                       \
        c[i * n + j] = (T)SET(sum);                                                             \
      }                                                                                         \
    }                                                                                           \
  }

// Integers are computed in the unsigned type of at least 32 bits, so that they wrap.
#define REAL_LOOPS(name, T, A, GET, SET)                                              \
  ROWS_LOOP(rows_##name, T, A, GET, SET)                                              \
  DOTS_LOOP(dots_##name, T, A, GET, SET)                                              \
  static void small_##name(const jk_matmul *s, int64_t m, const void *a, int64_t row, \
                           int64_t column, const void *b, void *c) {                  \
    if (s->tb)                                                                        \
      dots_##name(m, s->n, s->k, a, row, column, b, c);                               \
    else                                                                              \
      rows_##name(m, s->n, s->k, a, row, column, b, c);                               \
  }
REAL_LOOPS(f64, f64, f64, GET_id, SET_id)
REAL_LOOPS(f16, f16, f32, GET_f16, SET_f16)
REAL_LOOPS(bf16, bf16, f32, GET_bf16, SET_bf16)
REAL_LOOPS(i8, i8, u32, GET_id, SET_id)
REAL_LOOPS(u8, u8, u32, GET_id, SET_id)
REAL_LOOPS(i16, i16, u32, GET_id, SET_id)
REAL_LOOPS(u16, u16, u32, GET_id, SET_id)
REAL_LOOPS(i32, i32, u32, GET_id, SET_id)
REAL_LOOPS(u32, u32, u32, GET_id, SET_id)
REAL_LOOPS(i64, i64, u64, GET_id, SET_id)
REAL_LOOPS(u64, u64, u64, GET_id, SET_id)
ROWS_LOOP(rows_f32, f32, f32, GET_id, SET_id)

// Small matrices of floats: b is turned round first, because sums of floats are not reordered and
// so a dot product has no vectors.
JK_CLONES(void, dots_wide_f32, (int64_t m, int64_t n, int64_t k, const f32 *a, int64_t row,
                                int64_t column, const f32 *b, f32 *c),
          (m, n, k, a, row, column, b, c)) {
  for (int64_t i = 0; i < m; i++) {
    for (int64_t j = 0; j < n; j++) {
      f32 part[16] = {0};
      f32 sum = 0;
      int64_t p = 0;
      if (column == 1) {
        for (; p + 16 <= k; p += 16)
          for (int q = 0; q < 16; q++) part[q] += a[i * row + p + q] * b[j * k + p + q];
      }
      for (; p < k; p++) sum += a[i * row + p * column] * b[j * k + p];
      for (int w = 8; w > 0; w /= 2)
        for (int q = 0; q < w; q++) part[q] += part[q + w];
      c[i * n + j] = sum + part[0];
    }
  }
}

static void small_f32(const jk_matmul *s, int64_t m, const void *a, int64_t row, int64_t column,
                      const void *b, void *c) {
  int64_t n = s->n, k = s->k;
  if (!s->tb) {
    rows_f32(m, n, k, a, row, column, b, c);
  } else if (n * k <= 1024 && m > 1) {
    f32 turned[1024];
    const f32 *from = b;
    for (int64_t j = 0; j < n; j++)
      for (int64_t p = 0; p < k; p++) turned[p * n + j] = from[j * k + p];
    rows_f32(m, n, k, a, row, column, turned, c);
  } else {
    dots_wide_f32(m, n, k, a, row, column, b, c);
  }
}

// Complex numbers multiply by the formula, without the C library's care for infinities.
#define COMPLEX_LOOPS(name, R)                                                                   \
  JK_CLONES(void, small_##name, (const jk_matmul *s, int64_t m, const void *av, int64_t row,     \
                                 int64_t column, const void *bv, void *cv),                      \
            (s, m, av, row, column, bv, cv)) {                                                   \
    const R *a = av, *b = bv;                                                                    \
    R *c = cv;                                                                                   \
    int64_t n = s->n, k = s->k, brow = s->tb ? 1 : n, bcolumn = s->tb ? k : 1;                   \
    R sign_a = s->ta == 2 ? -1 : 1, sign_b = s->tb == 2 ? -1 : 1;                                \
    for (int64_t i = 0; i < m; i++) {                                                            \
      for (int64_t j = 0; j < n; j++) {                                                          \
        R re = 0, im = 0;                                                                        \
        for (int64_t p = 0; p < k; p++) {                                                        \
          const R *x = a + 2 * (i * row + p * column), *y = b + 2 * (p * brow + j * bcolumn);    \
          R xi = sign_a * x[1], yi = sign_b * y[1];                                              \
          re += x[0] * y[0] - xi * yi;                                                           \
          im += x[0] * yi + xi * y[0];                                                           \
        }                                                                                        \
        c[2 * (i * n + j)] = re;                                                                 \
        c[2 * (i * n + j) + 1] = im;                                                             \
      }                                                                                          \
    }                                                                                            \
  }
COMPLEX_LOOPS(c64, f32)
COMPLEX_LOOPS(c128, f64)

typedef void (*small_fn)(const jk_matmul *, int64_t, const void *, int64_t, int64_t, const void *,
                         void *);

static small_fn find_small(int dtype) {
  switch (dtype) {
    case JK_F32: return small_f32;
    case JK_F64: return small_f64;
    case JK_F16: return small_f16;
    case JK_BF16: return small_bf16;
    case JK_I8: return small_i8;
    case JK_U8: return small_u8;
    case JK_I16: return small_i16;
    case JK_U16: return small_u16;
    case JK_I32: return small_i32;
    case JK_U32: return small_u32;
    case JK_I64: return small_i64;
    case JK_U64: return small_u64;
    case JK_C64: return small_c64;
    case JK_C128: return small_c128;
  }
  return 0;
}

static int64_t element_size(int dtype) {
  switch (dtype) {
    case JK_I8: case JK_U8: return 1;
    case JK_F16: case JK_BF16: case JK_I16: case JK_U16: return 2;
    case JK_F32: case JK_I32: case JK_U32: return 4;
    case JK_C128: return 16;
  }
  return 8;
}

// --- one row or one column ---

typedef f32 v16 __attribute__((vector_size(64), aligned(4)));

// c[j] = Σ x[p]·b[p][j] for columns begin..<end of b, whose rows are n long; x has a step.
JK_CLONES(void, sum_rows_f32, (const f32 *x, int64_t step, const f32 *b, int64_t n, int64_t k,
                               f32 *c, int64_t begin, int64_t end),
          (x, step, b, n, k, c, begin, end)) {
  int64_t j = begin;
  for (; j + 64 <= end; j += 64) {
    v16 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    for (int64_t p = 0; p < k; p++) {
      const f32 *q = b + p * n + j;
      f32 y = x[p * step];
      s0 += y * *(const v16 *)q;
      s1 += y * *(const v16 *)(q + 16);
      s2 += y * *(const v16 *)(q + 32);
      s3 += y * *(const v16 *)(q + 48);
    }
    *(v16 *)(c + j) = s0;
    *(v16 *)(c + j + 16) = s1;
    *(v16 *)(c + j + 32) = s2;
    *(v16 *)(c + j + 48) = s3;
  }
  for (; j + 16 <= end; j += 16) {
    v16 s = {0};
    for (int64_t p = 0; p < k; p++) s += x[p * step] * *(const v16 *)(b + p * n + j);
    *(v16 *)(c + j) = s;
  }
  if (j < end) {
    int64_t w = end - j;
    f32 s[16] = {0};
    for (int64_t p = 0; p < k; p++) {
      f32 y = x[p * step];
      for (int64_t q = 0; q < w; q++) s[q] += y * b[p * n + j + q];
    }
    for (int64_t q = 0; q < w; q++) c[j + q] = s[q];
  }
}

JK_INLINE f32 total(const v16 *s) {
  f32 part[16];
  memcpy(part, s, sizeof part);
  for (int w = 8; w > 0; w /= 2)
    for (int q = 0; q < w; q++) part[q] += part[q + w];
  return part[0];
}

// c[j] = Σ b[j][p]·x[p] for rows begin..<end of b, which are k long.
JK_CLONES(void, dot_rows_f32, (const f32 *x, const f32 *b, int64_t k, f32 *c, int64_t begin,
                               int64_t end),
          (x, b, k, c, begin, end)) {
  int64_t j = begin;
  for (; j + 4 <= end; j += 4) {
    const f32 *b0 = b + j * k, *b1 = b0 + k, *b2 = b1 + k, *b3 = b2 + k;
    v16 s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
    int64_t p = 0;
    for (; p + 16 <= k; p += 16) {
      v16 y = *(const v16 *)(x + p);
      s0 += y * *(const v16 *)(b0 + p);
      s1 += y * *(const v16 *)(b1 + p);
      s2 += y * *(const v16 *)(b2 + p);
      s3 += y * *(const v16 *)(b3 + p);
    }
    f32 t0 = total(&s0), t1 = total(&s1), t2 = total(&s2), t3 = total(&s3);
    for (; p < k; p++) {
      t0 += x[p] * b0[p];
      t1 += x[p] * b1[p];
      t2 += x[p] * b2[p];
      t3 += x[p] * b3[p];
    }
    c[j] = t0, c[j + 1] = t1, c[j + 2] = t2, c[j + 3] = t3;
  }
  for (; j < end; j++) {
    const f32 *bj = b + j * k;
    v16 s = {0};
    int64_t p = 0;
    for (; p + 16 <= k; p += 16) s += *(const v16 *)(x + p) * *(const v16 *)(bj + p);
    f32 t = total(&s);
    for (; p < k; p++) t += x[p] * bj[p];
    c[j] = t;
  }
}

typedef struct {
  const f32 *x, *b;
  f32 *c;
  int64_t n, k, width, unit;
  int dots;
} vector_job;

static void vector_part(void *context, size_t begin, size_t end) {
  vector_job *j = context;
  int64_t first = (int64_t)begin * j->unit, last = (int64_t)end * j->unit;
  if (last > j->width) last = j->width;
  if (j->dots) dot_rows_f32(j->x, j->b, j->k, j->c, first, last);
  else sum_rows_f32(j->x, 1, j->b, j->n, j->k, j->c, first, last);
}

// A row times a matrix, or a matrix times a column: bound by reading the matrix once.
static void vector_product(const f32 *x, const f32 *matrix, int64_t width, int64_t k, int dots,
                           f32 *c, int parallel) {
  vector_job j = {x, matrix, c, width, k, width, dots ? 4 : 64, dots};
  size_t units = (size_t)((width + j.unit - 1) / j.unit);
  int64_t work = j.unit * k;
  size_t grain = parallel ? (size_t)((65536 + work - 1) / work) : units;
  if (grain >= units) vector_part(&j, 0, units);
  else jk_parallel_for(units, grain, vector_part, &j);
}

// --- all sizes ---

static int is_tiny(const jk_matmul *s) {
  // Products of less work than a library call's own.
  return s->m * s->n * s->k <= 4096 || (s->n * s->k <= 1024 && s->m * s->k <= 1024);
}

static int is_vector(const jk_matmul *s) { return s->dtype == JK_F32 && (s->m == 1 || s->n == 1); }

static int goes_through_floats(const jk_matmul *s) {
  return s->gemm && (s->dtype == JK_F16 || s->dtype == JK_BF16) && !is_tiny(s);
}

size_t jk_matmul_scratch(const jk_matmul *s) {
  if (!goes_through_floats(s)) return 0;
  return (size_t)(s->a_count * s->m * s->k + s->b_count * s->k * s->n + s->batch * s->m * s->n) *
         sizeof(f32);
}

typedef struct {
  const jk_matmul *s;
  const char *a, *b;
  char *c;
  int64_t size;
  small_fn small;
} product_job;

// Product `index`, rows begin..<end of the result.
static void one_product(const product_job *j, int64_t index, int64_t begin, int64_t end,
                        int parallel) {
  const jk_matmul *s = j->s;
  int64_t size = j->size, m = end - begin;
  const char *a = j->a + (s->a_index ? s->a_index[index] : index) * s->m * s->k * size;
  const char *b = j->b + (s->b_index ? s->b_index[index] : index) * s->k * s->n * size;
  char *c = j->c + (index * s->m + begin) * s->n * size;
  int64_t row = s->ta ? 1 : s->k, column = s->ta ? s->m : 1;
  a += begin * row * size;
  if (is_tiny(s) || (!s->gemm && !is_vector(s))) {
    j->small(s, m, a, row, column, b, c);
  } else if (is_vector(s) && s->m == 1) {
    vector_product((const f32 *)a, (const f32 *)b, s->n, s->k, s->tb != 0, (f32 *)c, parallel);
  } else if (is_vector(s)) {
    // A column of the result: a's rows times the column b; as b has one column, its layout is the
    // same either way.
    if (s->ta && m == s->m)
      vector_product((const f32 *)b, (const f32 *)a, m, s->k, 0, (f32 *)c, parallel);
    else if (!s->ta) vector_product((const f32 *)b, (const f32 *)a, m, s->k, 1, (f32 *)c, parallel);
    else j->small(s, m, a, row, column, b, c);
  } else {
    s->gemm(s->ta, s->tb, m, s->n, s->k, a, s->ta ? s->m : s->k, b, s->tb ? s->k : s->n, c, s->n);
  }
}

static void whole_products(void *context, size_t begin, size_t end) {
  const product_job *j = context;
  int64_t work = j->s->m * j->s->n * j->s->k, left = JK_PACE;
  for (size_t i = begin; i < end; i++) {
    if (jk_stopped_after(work, &left)) return;
    one_product(j, (int64_t)i, 0, j->s->m, 0);
  }
}

static void rows_of_products(void *context, size_t begin, size_t end) {
  const product_job *j = context;
  int64_t m = j->s->m, at = (int64_t)begin, left = JK_PACE;
  // Loops of one's own go through some rows at a time as well as through all; libraries do not.
  int64_t most = j->s->gemm ? m : 16;
  while (at < (int64_t)end) {
    int64_t index = at / m, first = at - index * m, last = first + ((int64_t)end - at);
    if (last > m) last = m;
    if (last - first > most) last = first + most;
    if (jk_stopped_after((last - first) * j->s->n * j->s->k, &left)) return;
    one_product(j, index, first, last, 0);
    at = index * m + last;
  }
}

JK_CLONES(void, widen_f16, (const f16 *from, f32 *to, int64_t n), (from, to, n)) {
  for (int64_t i = 0; i < n; i++) to[i] = (f32)from[i];
}
JK_CLONES(void, widen_bf16, (const bf16 *from, f32 *to, int64_t n), (from, to, n)) {
  for (int64_t i = 0; i < n; i++) to[i] = bf16_get(from[i]);
}
JK_CLONES(void, narrow_f16, (const f32 *from, f16 *to, int64_t n), (from, to, n)) {
  for (int64_t i = 0; i < n; i++) to[i] = (f16)from[i];
}
JK_CLONES(void, narrow_bf16, (const f32 *from, bf16 *to, int64_t n), (from, to, n)) {
  for (int64_t i = 0; i < n; i++) to[i] = bf16_set(from[i]);
}
static void widen(int dtype, const void *from, f32 *to, int64_t n) {
  if (dtype == JK_F16) widen_f16(from, to, n);
  else widen_bf16(from, to, n);
}

void jk_run_matmul(const jk_matmul *s, const void *a, const void *b, void *c, void *scratch) {
  if (s->batch == 0 || s->m == 0 || s->n == 0) return;
  if (s->k == 0) {
    memset(c, 0, (size_t)(s->batch * s->m * s->n * element_size(s->dtype)));
    return;
  }
  if (goes_through_floats(s)) {
    int64_t na = s->a_count * s->m * s->k, nb = s->b_count * s->k * s->n,
            nc = s->batch * s->m * s->n;
    f32 *fa = scratch, *fb = fa + na, *fc = fb + nb;
    widen(s->dtype, a, fa, na);
    widen(s->dtype, b, fb, nb);
    jk_matmul floats = *s;
    floats.dtype = JK_F32;
    jk_run_matmul(&floats, fa, fb, fc, 0);
    if (s->dtype == JK_F16) narrow_f16(fc, c, nc);
    else narrow_bf16(fc, c, nc);
    return;
  }
  product_job j = {s, a, b, c, element_size(s->dtype), find_small(s->dtype)};
  int64_t work = s->m * s->n * s->k;
  if (s->batch == 1 && (is_tiny(s) || is_vector(s) || (s->gemm && s->gemm_is_parallel))) {
    one_product(&j, 0, 0, s->m, 1);
  } else if (s->batch >= 2 * jk_threads() || work <= 65536 || is_vector(s)) {
    jk_parallel_for((size_t)s->batch, (size_t)(1 + 65536 / work), whole_products, &j);
  } else if (s->gemm && s->gemm_is_parallel) {
    whole_products(&j, 0, (size_t)s->batch);
  } else {
    int64_t row = s->n * s->k;
    jk_parallel_for((size_t)(s->batch * s->m), (size_t)(1 + 65536 / row), rows_of_products, &j);
  }
}

// --- mixed dtypes ---

static int is_integer(int dtype) {
  switch (dtype) {
    case JK_I8:
    case JK_U8:
    case JK_I16:
    case JK_U16:
    case JK_I32:
    case JK_U32:
    case JK_I64:
    case JK_U64:
      return 1;
  }
  return 0;
}

static i64 get_integer(int dtype, const void *p, int64_t i) {
  switch (dtype) {
    case JK_I8: return ((const i8 *)p)[i];
    case JK_U8: return ((const u8 *)p)[i];
    case JK_I16: return ((const i16 *)p)[i];
    case JK_U16: return ((const u16 *)p)[i];
    case JK_I32: return ((const i32 *)p)[i];
    case JK_U32: return ((const u32 *)p)[i];
  }
  return ((const i64 *)p)[i];
}

static void set_integer(int dtype, void *p, int64_t i, i64 x) {
  switch (dtype) {
    case JK_I8: case JK_U8: ((u8 *)p)[i] = (u8)x; break;
    case JK_I16: case JK_U16: ((u16 *)p)[i] = (u16)x; break;
    case JK_I32: case JK_U32: ((u32 *)p)[i] = (u32)x; break;
    default: ((i64 *)p)[i] = x;
  }
}

static c128 get_number(int dtype, const void *p, int64_t i) {
  switch (dtype) {
    case JK_F32: return ((const f32 *)p)[i];
    case JK_F64: return ((const f64 *)p)[i];
    case JK_F16: return (f64)((const f16 *)p)[i];
    case JK_BF16: return bf16_get(((const bf16 *)p)[i]);
    case JK_C64: return ((const c64 *)p)[i];
    case JK_C128: return ((const c128 *)p)[i];
  }
  return (f64)get_integer(dtype, p, i);
}

static void set_number(int dtype, void *p, int64_t i, c128 x) {
  f64 re = creal(x);
  switch (dtype) {
    case JK_F32: ((f32 *)p)[i] = (f32)re; break;
    case JK_F64: ((f64 *)p)[i] = re; break;
    case JK_F16: ((f16 *)p)[i] = (f16)re; break;
    case JK_BF16: ((bf16 *)p)[i] = bf16_set((f32)re); break;
    case JK_C64: ((c64 *)p)[i] = (c64)x; break;
    case JK_C128: ((c128 *)p)[i] = x; break;
    default: set_integer(dtype, p, i, re >= -0x1p63 && re < 0x1p63 ? (i64)re : INT64_MIN);
  }
}

void jk_convert_numbers(int from, int to, const void *in, void *out, int64_t count) {
  if (is_integer(from) && is_integer(to)) {
    for (int64_t i = 0; i < count; i++) set_integer(to, out, i, get_integer(from, in, i));
  } else {
    for (int64_t i = 0; i < count; i++) set_number(to, out, i, get_number(from, in, i));
  }
}

double jk_exp_f64(double x) { return exp(x); }
double jk_log_f64(double x) { return log(x); }

void jk_fill_ones(int dtype, void *out, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    if (is_integer(dtype)) set_integer(dtype, out, i, 1);
    else set_number(dtype, out, i, 1);
  }
}
