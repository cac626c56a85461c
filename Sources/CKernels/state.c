#include "loops.h"

#define UPDATE(fn, T, GET, SET, expr)                                                \
  JK_CLONES_BY(T, int, fn, (void *dst, const void *src, size_t n, int one),         \
            (dst, src, n, one)) {                                                   \
    T *a = dst;                                                                     \
    const T *b = src;                                                               \
    if (one) {                                                                      \
      T value = b[0];                                                               \
      for (size_t i = 0; i < n; i++) {                                              \
        __auto_type x = GET(a[i]);                                                  \
        __auto_type y = GET(value);                                                 \
        a[i] = SET(expr);                                                           \
      }                                                                             \
    } else {                                                                        \
      for (size_t i = 0; i < n; i++) {                                              \
        __auto_type x = GET(a[i]);                                                  \
        __auto_type y = GET(b[i]);                                                  \
        a[i] = SET(expr);                                                           \
      }                                                                             \
    }                                                                               \
    return 0;                                                                       \
  }

// Integer division rounds towards zero; the smallest number by -1 wraps; by zero is reported.
#define DIVIDE(fn, T, U, negative)                                                  \
  static int fn(void *dst, const void *src, size_t n, int one) {                    \
    T *a = dst;                                                                     \
    const T *b = src;                                                               \
    int status = 0;                                                                 \
    for (size_t i = 0; i < n; i++) {                                                \
      T y = one ? b[0] : b[i];                                                      \
      if (y == 0) {                                                                 \
        status = 1;                                                                 \
      } else if (negative) {                                                        \
        a[i] = (T)(0 - (U)a[i]);                                                    \
      } else {                                                                      \
        a[i] = (T)(a[i] / y);                                                       \
      }                                                                             \
    }                                                                               \
    return status;                                                                  \
  }

#define ARITHMETIC(s, T, GET, SET)        \
  UPDATE(add_##s, T, GET, SET, x + y)     \
  UPDATE(sub_##s, T, GET, SET, x - y)     \
  UPDATE(mul_##s, T, GET, SET, x *y)
#define ORDER(s, T, GET, SET)                       \
  UPDATE(min_##s, T, GET, SET, y < x ? y : x)       \
  UPDATE(max_##s, T, GET, SET, y > x ? y : x)
#define FLOATS(s, T, GET, SET)            \
  ARITHMETIC(s, T, GET, SET)              \
  UPDATE(div_##s, T, GET, SET, x / y)     \
  ORDER(s, T, GET, SET)
#define INTS(s, T, U, W, negative)                             \
  UPDATE(add_##s, T, GET_id, SET_id, (T)((W)x + (W)y))         \
  UPDATE(sub_##s, T, GET_id, SET_id, (T)((W)x - (W)y))         \
  UPDATE(mul_##s, T, GET_id, SET_id, (T)((W)x * (W)y))         \
  DIVIDE(div_##s, T, U, negative)                              \
  ORDER(s, T, GET_id, SET_id)
#define COMPLEXES(s, T)                       \
  ARITHMETIC(s, T, GET_id, SET_id)            \
  UPDATE(div_##s, T, GET_id, SET_id, x / y)

FLOATS(f32, f32, GET_id, SET_id)
FLOATS(f64, f64, GET_id, SET_id)
FLOATS(f16, f16, GET_f16, SET_f16)
FLOATS(bf16, bf16, GET_bf16, SET_bf16)
INTS(i8, i8, u8, u32, y == -1)
INTS(i16, i16, u16, u32, y == -1)
INTS(i32, i32, u32, u32, y == -1)
INTS(i64, i64, u64, u64, y == -1)
INTS(u8, u8, u8, u32, 0)
INTS(u16, u16, u16, u32, 0)
INTS(u32, u32, u32, u32, 0)
INTS(u64, u64, u64, u64, 0)
COMPLEXES(c64, c64)
COMPLEXES(c128, c128)
UPDATE(add_bool, u8, GET_id, SET_id, x | y)

#define ROW(s) {0, add_##s, sub_##s, mul_##s, div_##s, min_##s, max_##s}
#define COMPLEX_ROW(s) {0, add_##s, sub_##s, mul_##s, div_##s, 0, 0}
static const jk_update updates[24][7] = {
    [JK_F32] = ROW(f32),         [JK_F64] = ROW(f64),
    [JK_F16] = ROW(f16),         [JK_BF16] = ROW(bf16),
    [JK_I8] = ROW(i8),           [JK_I16] = ROW(i16),
    [JK_I32] = ROW(i32),         [JK_I64] = ROW(i64),
    [JK_U8] = ROW(u8),           [JK_U16] = ROW(u16),
    [JK_U32] = ROW(u32),         [JK_U64] = ROW(u64),
    [JK_C64] = COMPLEX_ROW(c64), [JK_C128] = COMPLEX_ROW(c128),
    [JK_BOOL] = {0, add_bool},
};

jk_update jk_find_update(int dtype, int operation) {
  if (dtype < 0 || dtype >= 24 || operation < 0 || operation > JK_MAX) return 0;
  return updates[dtype][operation];
}

typedef struct {
  jk_update update;
  char *dst;
  const char *src;
  size_t size;
  int status;
} all;

static void update_part(void *context, size_t begin, size_t end) {
  all *a = context;
  int status = a->update(a->dst + begin * a->size, a->src + begin * a->size, end - begin, 0);
  if (status) __atomic_store_n(&a->status, status, __ATOMIC_RELAXED);
}

int jk_update_all(jk_update update, void *dst, const void *src, size_t n, size_t size) {
  all a = {update, dst, src, size, 0};
  jk_parallel_all(n, 65536, update_part, &a);
  return a.status;
}

int jk_scatter_rows(jk_update update, void *dst, const void *src, const int64_t *rows, size_t n,
                    size_t inner, size_t size, int one) {
  size_t bytes = inner * size;
  int status = 0;
  for (size_t k = 0; k < n; k++) {
    if (rows[k] < 0) continue;
    char *to = (char *)dst + (size_t)rows[k] * bytes;
    const char *from = one ? src : (const char *)src + k * bytes;
    if (update) {
      status |= update(to, from, inner, one);
    } else if (one) {
      for (size_t i = 0; i < inner; i++) memcpy(to + i * size, from, size);
    } else {
      memcpy(to, from, bytes);
    }
  }
  return status;
}

typedef struct {
  char *dst;
  const char *src;
  const int64_t *rows;
  size_t bytes;
} gather;

static void gather_part(void *context, size_t begin, size_t end) {
  gather *g = context;
  for (size_t k = begin; k < end; k++)
    memcpy(g->dst + k * g->bytes, g->src + (size_t)g->rows[k] * g->bytes, g->bytes);
}

void jk_gather_rows(void *dst, const void *src, const int64_t *rows, size_t n, size_t row_bytes) {
  if (row_bytes == 0) return;
  gather g = {dst, src, rows, row_bytes};
  jk_parallel_for(n, 1 + 262144 / row_bytes, gather_part, &g);
}
