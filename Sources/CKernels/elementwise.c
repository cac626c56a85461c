// Arithmetic.
#include "elementwise.h"

#define ARITHMETIC(name, op)                                     \
  BINARY_FLOATS(name, x op y, x op y)                            \
  BINARY_INTS(name, U(x) op U(y))                                \
  BINARY_COMPLEXES(name, x op y, x op y)                         \
  JK_TABLE(name, REAL_CASES(name) COMPLEX_CASES(name))

ARITHMETIC(add, +)
ARITHMETIC(sub, -)
BINARY_FLOATS(mul, x *y, x *y)
BINARY_INTS(mul, U(x) * U(y))
BINARY_COMPLEXES(mul, product_c64(x, y), product_c128(x, y))
JK_TABLE(mul, REAL_CASES(mul) COMPLEX_CASES(mul))

BINARY_FLOATS(squared_difference, JK_ROUNDED(x - y) * JK_ROUNDED(x - y), (x - y) * (x - y))
JK_BINARY_LOOP(squared_difference_i32, i32, i32, GET_id, SET_id, (U(x) - U(y)) * (U(x) - U(y)))
JK_BINARY_LOOP(squared_difference_i64, i64, i64, GET_id, SET_id, (U(x) - U(y)) * (U(x) - U(y)))
BINARY_COMPLEXES(squared_difference, product_c64(conjf(x - y), x - y),
                 product_c128(conj(x - y), x - y))
JK_TABLE(squared_difference, FLOAT_CASES(squared_difference) COMPLEX_CASES(squared_difference)
         case JK_I32: return squared_difference_i32; case JK_I64: return squared_difference_i64;)

BINARY_FLOATS(maximum, flushedf(x > y || x != x ? x : y), flushed(x > y || x != x ? x : y))
BINARY_INTS(maximum, x > y ? x : y)
JK_TABLE(maximum, REAL_CASES(maximum))
BINARY_FLOATS(minimum, flushedf(x < y || x != x ? x : y), flushed(x < y || x != x ? x : y))
BINARY_INTS(minimum, x < y ? x : y)
JK_TABLE(minimum, REAL_CASES(minimum))

// Division. The integer loops give 1 for a division by zero, and 0 as its result.
#define CHECKED_LOOP(fn, T, bad, expr)                                         \
  static int fn(const void *const *in, void *out, size_t n, const int *scalar, \
                const void *params) {                                          \
    const T *a = in[0], *b = in[1];                                            \
    T *o = out;                                                                \
    (void)params;                                                              \
    size_t s = !scalar[0], t = !scalar[1];                                     \
    int status = 0;                                                            \
    for (size_t i = 0; i < n; i++) {                                           \
      T x = a[i * s], y = b[i * t];                                            \
      if (bad) {                                                               \
        status = 1;                                                            \
        o[i] = 0;                                                              \
      } else {                                                                 \
        o[i] = (T)(expr);                                                      \
      }                                                                        \
    }                                                                          \
    return status;                                                             \
  }
#define CHECKED_SIGNED(name, bad, expr)     \
  CHECKED_LOOP(name##_i8, i8, bad, expr)    \
  CHECKED_LOOP(name##_i16, i16, bad, expr)  \
  CHECKED_LOOP(name##_i32, i32, bad, expr)  \
  CHECKED_LOOP(name##_i64, i64, bad, expr)
#define CHECKED_UNSIGNED(name, bad, expr)   \
  CHECKED_LOOP(name##_u8, u8, bad, expr)    \
  CHECKED_LOOP(name##_u16, u16, bad, expr)  \
  CHECKED_LOOP(name##_u32, u32, bad, expr)  \
  CHECKED_LOOP(name##_u64, u64, bad, expr)

// y = -1 is kept apart because the least number has no opposite.
#define NEGATED(x) (0 - U(x))
CHECKED_SIGNED(div, y == 0, y == -1 ? NEGATED(x) : U(x / y))
CHECKED_UNSIGNED(div, y == 0, x / y)
BINARY_FLOATS(div, x / y, x / y)
BINARY_COMPLEXES(div, quotient_c64(x, y), quotient_c128(x, y))
JK_TABLE(div, REAL_CASES(div) COMPLEX_CASES(div))

CHECKED_SIGNED(floor_div, y == 0,
               y == -1 ? NEGATED(x) : U(x / y - (x % y != 0 && (x < 0) != (y < 0))))
BINARY_FLOATS(floor_div, __builtin_elementwise_floor(JK_ROUNDED(x / y)),
              __builtin_elementwise_floor(x / y))
JK_TABLE(floor_div, FLOAT_CASES(floor_div) SIGNED_CASES(floor_div) UNSIGNED_CASES(div))

BINARY_FLOATS(truncate_div, __builtin_elementwise_trunc(JK_ROUNDED(x / y)),
              __builtin_elementwise_trunc(x / y))
JK_TABLE(truncate_div, FLOAT_CASES(truncate_div) INT_CASES(div))

JK_INLINE double floor_mod(double x, double y) {
  double r = fmod(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
JK_INLINE float floor_modf(float x, float y) {
  float r = fmodf(x, y);
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
CHECKED_SIGNED(floor_mod, y == 0, y == -1 ? 0 : x % y + (x % y != 0 && (x < 0) != (y < 0) ? y : 0))
CHECKED_UNSIGNED(floor_mod, y == 0, x % y)
BINARY_FLOATS(floor_mod, floor_modf(x, y), floor_mod(x, y))
JK_TABLE(floor_mod, REAL_CASES(floor_mod))

CHECKED_SIGNED(truncate_mod, y == 0, y == -1 ? 0 : x % y)
BINARY_FLOATS(truncate_mod, fmodf(x, y), fmod(x, y))
JK_TABLE(truncate_mod, FLOAT_CASES(truncate_mod) SIGNED_CASES(truncate_mod))

// x^y, or 1 as the status where y is negative: only ±1 would have an integer result.
#define INT_POWER(T)                             \
  JK_INLINE T power_##T(T x, T y) {              \
    u64 base = U(x), result = 1, n = U(y);       \
    for (; n; n >>= 1, base *= base)             \
      if (n & 1) result *= base;                 \
    return (T)result;                            \
  }                                              \
  CHECKED_LOOP(pow_##T, T, y < 0, power_##T(x, y))
INT_POWER(i8)
INT_POWER(i16)
INT_POWER(i32)
INT_POWER(i64)
BINARY_FLOATS(pow, fast_powf(x, y), pow(flushed(x), flushed(y)))
BINARY_COMPLEXES(pow, cpowf(x, y), cpow(x, y))
JK_TABLE(pow, FLOAT_CASES(pow) SIGNED_CASES(pow) COMPLEX_CASES(pow))

BINARY_COMPLEX_OP(div_no_nan, y == 0 ? 0 : x / y, y == 0 ? 0 : x / y,
                  y == 0 ? 0 : quotient_c64(x, y), y == 0 ? 0 : quotient_c128(x, y))
BINARY_COMPLEX_OP(mul_no_nan, y == 0 ? 0 : x * y, y == 0 ? 0 : x * y,
                  y == 0 ? 0 : product_c64(x, y), y == 0 ? 0 : product_c128(x, y))
BINARY_COMPLEX_OP(xdivy, x == 0 ? 0 : x / y, x == 0 ? 0 : x / y,
                  x == 0 ? 0 : quotient_c64(x, y), x == 0 ? 0 : quotient_c128(x, y))
BINARY_COMPLEX_OP(xlogy, x == 0 ? 0 : x * JK_ROUNDED(fast_logf(y)),
                  x == 0 ? 0 : x * log(flushed(y)),
                  x == 0 ? 0 : product_c64(x, clogf(y)), x == 0 ? 0 : product_c128(x, clog(y)))
static double _Complex log1p_complex(double _Complex x) {
  double a = creal(x), b = cimag(x);
  // |1 + x|^2 - 1 without cancellation.
  return 0.5 * log1p(a * (2 + a) + b * b) + I * atan2(b, 1 + a);
}
BINARY_COMPLEX_OP(xlog1py, x == 0 ? 0 : x * JK_ROUNDED(fast_log1pf(y)), x == 0 ? 0 : x * log1p(y),
                  x == 0 ? 0 : product_c64(x, (c64)log1p_complex(y)),
                  x == 0 ? 0 : product_c128(x, log1p_complex(y)))

// As fast_atan2f where both are denormal or 0.
static double atan2_double(double y, double x) {
  union { double f; u64 i; } a = {y}, b = {x};
  if (x == 0 && y == 0 && (a.i | b.i) << 1 != 0)
    return copysign(signbit(x) ? 2.356194490192345 : 0.7853981633974483, y);
  return atan2(flushed(y), flushed(x));
}
BINARY_OP(atan2, fast_atan2f(x, y), atan2_double(x, y))
JK_BINARY_LOOP(next_after_f32, f32, f32, GET_id, SET_id, nextafterf(x, y))
JK_BINARY_LOOP(next_after_f64, f64, f64, GET_id, SET_id, nextafter(x, y))
JK_TABLE(next_after, case JK_F32: return next_after_f32; case JK_F64: return next_after_f64;)

#define BITWISE(name, expr) BINARY_INTS(name, expr) JK_TABLE(name, INT_CASES(name))
BITWISE(bitwise_and, x & y)
BITWISE(bitwise_or, x | y)
BITWISE(bitwise_xor, x ^ y)

// The distance is held between 0 and the width less one, as in TensorFlow.
#define SHIFT_BY(y, T) ((y) < 0 ? 0 : (U(y) >= 8 * sizeof(T) ? 8 * sizeof(T) - 1 : U(y)))
#define SHIFT(T, V)                                                                           \
  JK_BINARY_LOOP(left_shift_##T, T, T, GET_id, SET_id, (T)(U(x) << SHIFT_BY(y, T)))           \
  JK_BINARY_LOOP(right_shift_##T, T, T, GET_id, SET_id, (T)((V)x >> SHIFT_BY(y, T)))
SHIFT(i8, i64) SHIFT(i16, i64) SHIFT(i32, i64) SHIFT(i64, i64)
SHIFT(u8, u64) SHIFT(u16, u64) SHIFT(u32, u64) SHIFT(u64, u64)
JK_TABLE(left_shift, INT_CASES(left_shift))
JK_TABLE(right_shift, INT_CASES(right_shift))

JK_BINARY_LOOP(complex_f32, f32, c64, GET_id, SET_id, __builtin_complex(x, y))
JK_BINARY_LOOP(complex_f64, f64, c128, GET_id, SET_id, __builtin_complex(x, y))
JK_TABLE(complex, case JK_F32: return complex_f32; case JK_F64: return complex_f64;)

typedef struct {
  jk_loop add;
  void *const *pointers;
  int inputs;
  size_t size;
} sum_job;

static void sum_part(void *context, size_t begin, size_t end) {
  sum_job *j = context;
  enum { BLOCK = 2048 };
  const int scalar[2] = {0, 0};
  for (size_t at = begin; at < end; at += BLOCK) {
    size_t n = end - at < BLOCK ? end - at : BLOCK;
    char *o = (char *)j->pointers[j->inputs] + at * j->size;
    const char *first = (const char *)j->pointers[0] + at * j->size;
    if (j->inputs == 1) memmove(o, first, n * j->size);
    for (int k = 1; k < j->inputs; k++) {
      const void *in[2] = {k == 1 ? first : o, (const char *)j->pointers[k] + at * j->size};
      j->add(in, o, n, scalar, 0);
    }
  }
}

void jk_add_n(int dtype, int inputs, int64_t count, int64_t size, void *const *pointers) {
  sum_job j = {jk_add(dtype), pointers, inputs, (size_t)size};
  jk_parallel_for((size_t)count, 65536 / (size_t)(inputs > 0 ? inputs : 1) + 1, sum_part, &j);
}
