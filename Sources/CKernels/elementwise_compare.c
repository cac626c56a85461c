// Comparisons, logic and choices.
#include "elementwise.h"

#define COMPARE_REALS(name, expr)                                  \
  JK_BINARY_LOOP(name##_f32, f32, bool, GET_id, SET_id, expr)      \
  JK_BINARY_LOOP(name##_f64, f64, bool, GET_id, SET_id, expr)      \
  JK_BINARY_LOOP(name##_f16, f16, bool, GET_f16, SET_id, expr)     \
  JK_BINARY_LOOP(name##_bf16, bf16, bool, GET_bf16, SET_id, expr)  \
  JK_BINARY_LOOP(name##_i8, i8, bool, GET_id, SET_id, expr)        \
  JK_BINARY_LOOP(name##_i16, i16, bool, GET_id, SET_id, expr)      \
  JK_BINARY_LOOP(name##_i32, i32, bool, GET_id, SET_id, expr)      \
  JK_BINARY_LOOP(name##_i64, i64, bool, GET_id, SET_id, expr)      \
  JK_BINARY_LOOP(name##_u8, u8, bool, GET_id, SET_id, expr)        \
  JK_BINARY_LOOP(name##_u16, u16, bool, GET_id, SET_id, expr)      \
  JK_BINARY_LOOP(name##_u32, u32, bool, GET_id, SET_id, expr)      \
  JK_BINARY_LOOP(name##_u64, u64, bool, GET_id, SET_id, expr)
#define QUANTIZED_CASES(name)       \
  case JK_QI8: return name##_i8;    \
  case JK_QU8: return name##_u8;    \
  case JK_QI16: return name##_i16;  \
  case JK_QU16: return name##_u16;  \
  case JK_QI32: return name##_i32;

#define COMPARE_ALL(name, op)                                     \
  COMPARE_REALS(name, x op y)                                     \
  JK_BINARY_LOOP(name##_c64, c64, bool, GET_id, SET_id, x op y)   \
  JK_BINARY_LOOP(name##_c128, c128, bool, GET_id, SET_id, x op y) \
  JK_TABLE(name, REAL_CASES(name) COMPLEX_CASES(name)             \
                     QUANTIZED_CASES(name) case JK_BOOL : return name##_u8;)
COMPARE_ALL(equal, ==)
COMPARE_ALL(not_equal, !=)

#define COMPARE(name, op) COMPARE_REALS(name, x op y) JK_TABLE(name, REAL_CASES(name))
COMPARE(less, <)
COMPARE(less_equal, <=)
COMPARE(greater, >)
COMPARE(greater_equal, >=)

JK_BINARY_LOOP_WITH(approximate_equal_f32, f32, bool, GET_id, SET_id,
                    const float t = *(const float *)params;
                    , fast_absf(x - y) < t)
JK_BINARY_LOOP_WITH(approximate_equal_f64, f64, bool, GET_id, SET_id,
                    const double t = *(const float *)params;
                    , __builtin_elementwise_abs(x - y) < t)
JK_TABLE(approximate_equal, case JK_F32 : return approximate_equal_f32;
         case JK_F64 : return approximate_equal_f64;)

JK_BINARY_LOOP(logical_and_bool, u8, u8, GET_id, SET_id, x & y)
JK_TABLE(logical_and, case JK_BOOL: return logical_and_bool;)
JK_BINARY_LOOP(logical_or_bool, u8, u8, GET_id, SET_id, x | y)
JK_TABLE(logical_or, case JK_BOOL: return logical_or_bool;)

// Chooses between elements of a size, which is all that matters of the dtype.
typedef struct { u64 low, high; } b16;
#define SELECT_LOOP(fn, T)                                                              \
  JK_LOOP(u8, fn) {                                                                     \
    const u8 *c = in[0];                                                                \
    const T *a = in[1], *b = in[2];                                                     \
    T *o = out;                                                                         \
    (void)params;                                                                       \
    if (scalar[0]) {                                                                    \
      const T *from = c[0] ? a : b;                                                     \
      if (scalar[c[0] ? 1 : 2]) {                                                       \
        T one = from[0];                                                                \
        for (size_t i = 0; i < n; i++) o[i] = one;                                      \
      } else if (from != o) {                                                           \
        memmove(o, from, n * sizeof(T));                                                \
      }                                                                                 \
    } else if (!scalar[1] && !scalar[2]) {                                              \
      JK_VECTOR for (size_t i = 0; i < n; i++) {                                        \
        T x = a[i], y = b[i];                                                           \
        o[i] = c[i] ? x : y;                                                            \
      }                                                                                 \
    } else {                                                                            \
      size_t s = !scalar[1], t = !scalar[2];                                            \
      T one_a = a[0], one_b = b[0];                                                     \
      for (size_t i = 0; i < n; i++) {                                                  \
        T x = s ? a[i] : one_a, y = t ? b[i] : one_b;                                   \
        o[i] = c[i] ? x : y;                                                            \
      }                                                                                 \
    }                                                                                   \
    return 0;                                                                           \
  }
SELECT_LOOP(select_1, u8)
SELECT_LOOP(select_2, u16)
SELECT_LOOP(select_4, u32)
SELECT_LOOP(select_8, u64)
SELECT_LOOP(select_16, b16)
jk_loop jk_select(int size) {
  switch (size) {
    case 1: return select_1;
    case 2: return select_2;
    case 4: return select_4;
    case 8: return select_8;
    case 16: return select_16;
  }
  return 0;
}

// The middle one of the value and the bounds, a NaN staying; the lower bound wins where they cross.
#define CLIP_LOOP(fn, T, GET, SET)                                \
  JK_LOOP(T, fn) {                                                \
    const T *a = in[0], *b = in[1], *c = in[2];                   \
    T *o = out;                                                   \
    (void)params;                                                 \
    size_t r = !scalar[0], s = !scalar[1], t = !scalar[2];        \
    if (r && s && t) {                                            \
      JK_VECTOR for (size_t i = 0; i < n; i++) {                  \
        __auto_type x = GET(a[i]);                                \
        __auto_type low = GET(b[i]);                              \
        __auto_type high = GET(c[i]);                             \
        x = high < x ? high : x;                                  \
        x = x < low ? low : x;                                    \
        o[i] = SET(FLUSHED(x));                                   \
      }                                                           \
      return 0;                                                   \
    }                                                             \
    __auto_type low = GET(b[0]);                                  \
    __auto_type high = GET(c[0]);                                 \
    if (r && !s && !t) JK_VECTOR for (size_t i = 0; i < n; i++) { \
        __auto_type x = GET(a[i]);                                \
        x = high < x ? high : x;                                  \
        x = x < low ? low : x;                                    \
        o[i] = SET(FLUSHED(x));                                   \
      }                                                           \
    else                                                          \
      for (size_t i = 0; i < n; i++) {                            \
        __auto_type x = GET(a[i * r]);                            \
        low = GET(b[i * s]);                                      \
        high = GET(c[i * t]);                                     \
        x = high < x ? high : x;                                  \
        x = x < low ? low : x;                                    \
        o[i] = SET(FLUSHED(x));                                   \
      }                                                           \
    return 0;                                                     \
  }
CLIP_LOOP(clip_f32, f32, GET_id, SET_id)
CLIP_LOOP(clip_f64, f64, GET_id, SET_id)
CLIP_LOOP(clip_f16, f16, GET_f16, SET_f16)
CLIP_LOOP(clip_bf16, bf16, GET_bf16, SET_bf16)
CLIP_LOOP(clip_i8, i8, GET_id, SET_id)
CLIP_LOOP(clip_i16, i16, GET_id, SET_id)
CLIP_LOOP(clip_i32, i32, GET_id, SET_id)
CLIP_LOOP(clip_i64, i64, GET_id, SET_id)
CLIP_LOOP(clip_u8, u8, GET_id, SET_id)
CLIP_LOOP(clip_u16, u16, GET_id, SET_id)
CLIP_LOOP(clip_u32, u32, GET_id, SET_id)
CLIP_LOOP(clip_u64, u64, GET_id, SET_id)
// Of complex numbers each part is held between the parts of the bounds.
#define MIDDLE(x, low, high) \
  ((high) < (x) ? ((high) < (low) ? (low) : (high)) : ((x) < (low) ? (low) : (x)))
#define CLIP_COMPLEX(fn, T, V)                                                  \
  JK_LOOP(T, fn) {                                                              \
    const T *a = in[0], *b = in[1], *c = in[2];                                 \
    T *o = out;                                                                 \
    (void)params;                                                               \
    size_t r = !scalar[0], s = !scalar[1], t = !scalar[2];                      \
    for (size_t i = 0; i < n; i++) {                                            \
      const V *x = (const V *)(a + i * r), *low = (const V *)(b + i * s),       \
              *high = (const V *)(c + i * t);                                   \
      V re = MIDDLE(x[0], low[0], high[0]), im = MIDDLE(x[1], low[1], high[1]); \
      o[i] = __builtin_complex(re, im);                                         \
    }                                                                           \
    return 0;                                                                   \
  }
CLIP_COMPLEX(clip_c64, c64, f32)
CLIP_COMPLEX(clip_c128, c128, f64)
JK_TABLE(clip, REAL_CASES(clip) COMPLEX_CASES(clip))
