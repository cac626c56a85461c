// Functions of one input.
#include "elementwise.h"

#define SQRT(v) __builtin_elementwise_sqrt(v)

UNARY_FLOATS(neg, -x, -x)
UNARY_SIGNED(neg, 0 - U(x))
UNARY_COMPLEXES(neg, -x, -x)
JK_TABLE(neg, FLOAT_CASES(neg) SIGNED_CASES(neg) COMPLEX_CASES(neg))

UNARY_FLOATS(abs, fast_absf(x), __builtin_elementwise_abs(x))
UNARY_SIGNED(abs, x < 0 ? 0 - U(x) : U(x))
JK_TABLE(abs, FLOAT_CASES(abs) SIGNED_CASES(abs))

UNARY_FLOATS(sign, x != x ? x : (float)((x > 0) - (x < 0)),
             x != x ? x : (double)((x > 0) - (x < 0)))
UNARY_SIGNED(sign, (x > 0) - (x < 0))
UNARY_COMPLEXES(sign, x == 0 ? 0 : x / cabsf(x), x == 0 ? 0 : x / cabs(x))
JK_TABLE(sign, FLOAT_CASES(sign) SIGNED_CASES(sign) COMPLEX_CASES(sign))

UNARY_FLOATS(square, x * x, x * x)
UNARY_SIGNED(square, U(x) * U(x))
UNARY_UNSIGNED(square, U(x) * U(x))
UNARY_COMPLEXES(square, product_c64(x, x), product_c128(x, x))
JK_TABLE(square, REAL_CASES(square) COMPLEX_CASES(square))

UNARY_COMPLEX_OP(sqrt, SQRT(x), SQRT(x), csqrtf(x), csqrt(x))
UNARY_COMPLEX_OP(rsqrt, 1 / SQRT(x), 1 / SQRT(x), 1 / csqrtf(x), 1 / csqrt(x))
UNARY_COMPLEX_OP(reciprocal, 1 / x, 1 / x, quotient_c64(1, x), quotient_c128(1, x))
UNARY_COMPLEX_OP(exp, fast_expf(x), exp(x), cexpf(x), cexp(x))
static double _Complex expm1_complex(double _Complex x) {
  double a = creal(x), b = cimag(x), s = sin(0.5 * b), e = expm1(a);
  // e^a cos b - 1 without cancellation.
  return e - 2 * s * s * (e + 1) + I * ((e + 1) * sin(b));
}
UNARY_COMPLEX_OP(expm1, fast_expm1f(x), expm1(x), (c64)expm1_complex(x), expm1_complex(x))
UNARY_COMPLEX_OP(log, fast_logf(x), log(flushed(x)), clogf(x), clog(x))
static double _Complex log1p_complex(double _Complex x) {
  double a = creal(x), b = cimag(x);
  return 0.5 * log1p(a * (2 + a) + b * b) + I * atan2(b, 1 + a);
}
UNARY_COMPLEX_OP(log1p, fast_log1pf(x), log1p(flushed(x)), (c64)log1p_complex(x), log1p_complex(x))
UNARY_COMPLEX_OP(sinh, fast_sinhf(x), sinh(x), csinhf(x), csinh(x))
UNARY_COMPLEX_OP(cosh, fast_coshf(x), cosh(x), ccoshf(x), ccosh(x))
UNARY_COMPLEX_OP(tanh, fast_tanhf(x), tanh(x), ctanhf(x), ctanh(x))
UNARY_COMPLEX_OP(asin, fast_asinf(x), asin(x), casinf(x), casin(x))
UNARY_COMPLEX_OP(acos, fast_acosf(x), acos(x), cacosf(x), cacos(x))
UNARY_COMPLEX_OP(atan, fast_atanf(x), atan(flushed(x)), catanf(x), catan(x))
UNARY_COMPLEX_OP(asinh, fast_asinhf(x), asinh(x), casinhf(x), casinh(x))
UNARY_COMPLEX_OP(acosh, fast_acoshf(x), acosh(x), cacoshf(x), cacosh(x))
UNARY_COMPLEX_OP(atanh, fast_atanhf(x), atanh(flushed(x)), catanhf(x), catanh(x))
JK_INLINE double sigmoid(double x) {
  double e = exp(-fabs(x));
  return (x >= 0 ? 1 : e) / (1 + e);
}
UNARY_COMPLEX_OP(sigmoid, fast_sigmoidf(x), sigmoid(x), 1 / (1 + cexpf(-x)), 1 / (1 + cexp(-x)))
UNARY_OP(erf, fast_erff(x), erf(x))
UNARY_OP(erfc, fast_erfcf(x), erfc(x))

// The fast reduction holds for arguments that are not huge: blocks with a huge one take the
// library's function.
#define TRIG_LOOP(fn, T, GET, SET, fast, slow)                                                     \
  JK_LOOP(T, fn) {                                                                                 \
    const T *a = in[0];                                                                            \
    T *o = out;                                                                                    \
    (void)scalar, (void)params;                                                                    \
    enum { BLOCK = 512 };                                                                          \
    for (size_t at = 0; at < n; at += BLOCK) {                                                     \
      size_t end = n - at < BLOCK ? n : at + BLOCK;                                                \
      int huge = 0;                                                                                \
      for (size_t i = at; i < end; i++) huge |= fast_absf(GET(a[i])) > FAST_TRIG_LIMIT;            \
      if (huge) {                                                                                  \
        for (size_t i = at; i < end; i++) o[i] = SET(slow(GET(a[i])));                             \
      } else {                                                                                     \
        JK_VECTOR for (size_t i = at; i < end; i++) o[i] = SET(fast(GET(a[i])));                   \
      }                                                                                            \
    }                                                                                              \
    return 0;                                                                                      \
  }
#define TRIG(name, fast, slow32, slow64, slowc64, slowc128)                \
  TRIG_LOOP(name##_f32, f32, GET_id, SET_id, fast, slow32)                 \
  TRIG_LOOP(name##_f16, f16, GET_f16, SET_f16, fast, slow32)               \
  TRIG_LOOP(name##_bf16, bf16, GET_bf16, SET_bf16, fast, slow32)           \
  JK_UNARY_LOOP(name##_f64, f64, f64, GET_id, SET_id, slow64(x))           \
  UNARY_COMPLEXES(name, slowc64(x), slowc128(x))                           \
  JK_TABLE(name, FLOAT_CASES(name) COMPLEX_CASES(name))
TRIG(sin, fast_sinf, sinf, sin, csinf, csin)
TRIG(cos, fast_cosf, cosf, cos, ccosf, ccos)
TRIG(tan, fast_tanf, tanf, tan, ctanf, ctan)

UNARY_OP(floor, __builtin_elementwise_floor(x), __builtin_elementwise_floor(x))
UNARY_OP(ceil, __builtin_elementwise_ceil(x), __builtin_elementwise_ceil(x))
// Halves go to the even neighbour. Of integers TensorFlow's kernel gives zeros; its public
// functions never call it for them.
UNARY_FLOATS(round, __builtin_elementwise_rint(x), __builtin_elementwise_rint(x))
UNARY_SIGNED(round, x * 0)
UNARY_COMPLEXES(round, __builtin_complex(rintf(crealf(x)), rintf(cimagf(x))),
                __builtin_complex(rint(creal(x)), rint(cimag(x))))
JK_TABLE(round, FLOAT_CASES(round) SIGNED_CASES(round) COMPLEX_CASES(round))

#define PREDICATE(name, expr)                                                   \
  JK_UNARY_LOOP(name##_f32, f32, bool, GET_id, SET_id, expr)                    \
  JK_UNARY_LOOP(name##_f64, f64, bool, GET_id, SET_id, expr)                    \
  JK_UNARY_LOOP(name##_f16, f16, bool, GET_f16, SET_id, expr)                   \
  JK_UNARY_LOOP(name##_bf16, bf16, bool, GET_bf16, SET_id, expr)                \
  JK_TABLE(name, FLOAT_CASES(name))
PREDICATE(is_nan, x != x)
PREDICATE(is_inf, x == INFINITY || x == -INFINITY)
PREDICATE(is_finite, x - x == 0)

UNARY_SIGNED(invert, ~x)
UNARY_UNSIGNED(invert, ~x)
JK_TABLE(invert, INT_CASES(invert))
#define POPULATION(T, V) \
  JK_UNARY_LOOP(population_##T, T, u8, GET_id, SET_id, (u8)__builtin_popcountll((u64)(V)x))
POPULATION(i8, u8) POPULATION(i16, u16) POPULATION(i32, u32) POPULATION(i64, u64)
POPULATION(u8, u8) POPULATION(u16, u16) POPULATION(u32, u32) POPULATION(u64, u64)
JK_TABLE(population_count, INT_CASES(population))

JK_UNARY_LOOP(logical_not_bool, u8, u8, GET_id, SET_id, !x)
JK_TABLE(logical_not, case JK_BOOL: return logical_not_bool;)

UNARY_COMPLEXES(conj, conjf(x), conj(x))
JK_TABLE(conj, COMPLEX_CASES(conj))
#define PART(name, e32, e64)                                  \
  JK_UNARY_LOOP(name##_c64, c64, f32, GET_id, SET_id, e32)    \
  JK_UNARY_LOOP(name##_c128, c128, f64, GET_id, SET_id, e64)  \
  JK_TABLE(name, COMPLEX_CASES(name))
PART(real, crealf(x), creal(x))
PART(imag, cimagf(x), cimag(x))
PART(angle, cargf(x), carg(x))
PART(complex_abs, cabsf(x), cabs(x))
