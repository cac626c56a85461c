// What the element-wise files share: the loops of an op for groups of dtypes, and the tables that
// find them.
#pragma once
#include "fastmath.h"

#include <complex.h>

#define JK_TABLE(name, ...)     \
  jk_loop jk_##name(int dtype) { \
    switch (dtype) { __VA_ARGS__ } \
    return 0;                   \
  }

#define FLOAT_CASES(name)         \
  case JK_F32: return name##_f32; \
  case JK_F64: return name##_f64; \
  case JK_F16: return name##_f16; \
  case JK_BF16: return name##_bf16;
#define COMPLEX_CASES(name)       \
  case JK_C64: return name##_c64; \
  case JK_C128: return name##_c128;
#define SIGNED_CASES(name)        \
  case JK_I8: return name##_i8;   \
  case JK_I16: return name##_i16; \
  case JK_I32: return name##_i32; \
  case JK_I64: return name##_i64;
#define UNSIGNED_CASES(name)      \
  case JK_U8: return name##_u8;   \
  case JK_U16: return name##_u16; \
  case JK_U32: return name##_u32; \
  case JK_U64: return name##_u64;
#define INT_CASES(name) SIGNED_CASES(name) UNSIGNED_CASES(name)
#define REAL_CASES(name) FLOAT_CASES(name) INT_CASES(name)

// Complex products and quotients by the formulas, without the C library's care for infinities: an
// operand that is infinite gives not-a-number parts, as does a divisor of 0.
#define COMPLEX_ARITHMETIC(C, R, RE, IM, ABS)                                   \
  JK_INLINE C product_##C(C x, C y) {                                           \
    return __builtin_complex(RE(x) * RE(y) - IM(x) * IM(y),                     \
                             RE(x) * IM(y) + IM(x) * RE(y));                    \
  }                                                                             \
  JK_INLINE C cube_##C(C x) { return product_##C(x, product_##C(x, x)); }       \
  /* The divisor is scaled by its larger part, so that squares do not overflow. */ \
  JK_INLINE C quotient_##C(C x, C y) {                                          \
    R a = ABS(RE(y)), b = ABS(IM(y)), size = a > b ? a : b;                     \
    R c = RE(y) / size, d = IM(y) / size, scale = c * c + d * d;                \
    return __builtin_complex((RE(x) * c + IM(x) * d) / scale / size,            \
                             (IM(x) * c - RE(x) * d) / scale / size);           \
  }
COMPLEX_ARITHMETIC(c64, f32, crealf, cimagf, fabsf)
COMPLEX_ARITHMETIC(c128, f64, creal, cimag, fabs)

// Half precision is computed in single precision and rounded.
#define UNARY_FLOATS_WITH(name, setup, e32, e64)                              \
  JK_UNARY_LOOP_WITH(name##_f32, f32, f32, GET_id, SET_id, setup, e32)        \
  JK_UNARY_LOOP_WITH(name##_f64, f64, f64, GET_id, SET_id, setup, e64)        \
  JK_UNARY_LOOP_WITH(name##_f16, f16, f16, GET_f16, SET_f16, setup, e32)      \
  JK_UNARY_LOOP_WITH(name##_bf16, bf16, bf16, GET_bf16, SET_bf16, setup, e32)
#define UNARY_FLOATS(name, e32, e64) UNARY_FLOATS_WITH(name, , e32, e64)
#define UNARY_COMPLEXES(name, e32, e64)                    \
  JK_UNARY_LOOP(name##_c64, c64, c64, GET_id, SET_id, e32) \
  JK_UNARY_LOOP(name##_c128, c128, c128, GET_id, SET_id, e64)
#define UNARY_SIGNED(name, expr)                           \
  JK_UNARY_LOOP(name##_i8, i8, i8, GET_id, SET_id, expr)    \
  JK_UNARY_LOOP(name##_i16, i16, i16, GET_id, SET_id, expr) \
  JK_UNARY_LOOP(name##_i32, i32, i32, GET_id, SET_id, expr) \
  JK_UNARY_LOOP(name##_i64, i64, i64, GET_id, SET_id, expr)
#define UNARY_UNSIGNED(name, expr)                         \
  JK_UNARY_LOOP(name##_u8, u8, u8, GET_id, SET_id, expr)    \
  JK_UNARY_LOOP(name##_u16, u16, u16, GET_id, SET_id, expr) \
  JK_UNARY_LOOP(name##_u32, u32, u32, GET_id, SET_id, expr) \
  JK_UNARY_LOOP(name##_u64, u64, u64, GET_id, SET_id, expr)

#define BINARY_FLOATS_WITH(name, setup, e32, e64)                              \
  JK_BINARY_LOOP_WITH(name##_f32, f32, f32, GET_id, SET_id, setup, e32)        \
  JK_BINARY_LOOP_WITH(name##_f64, f64, f64, GET_id, SET_id, setup, e64)        \
  JK_BINARY_LOOP_WITH(name##_f16, f16, f16, GET_f16, SET_f16, setup, e32)      \
  JK_BINARY_LOOP_WITH(name##_bf16, bf16, bf16, GET_bf16, SET_bf16, setup, e32)
#define BINARY_FLOATS(name, e32, e64) BINARY_FLOATS_WITH(name, , e32, e64)
#define BINARY_COMPLEXES(name, e32, e64)                    \
  JK_BINARY_LOOP(name##_c64, c64, c64, GET_id, SET_id, e32) \
  JK_BINARY_LOOP(name##_c128, c128, c128, GET_id, SET_id, e64)
#define BINARY_SIGNED(name, expr)                            \
  JK_BINARY_LOOP(name##_i8, i8, i8, GET_id, SET_id, expr)    \
  JK_BINARY_LOOP(name##_i16, i16, i16, GET_id, SET_id, expr) \
  JK_BINARY_LOOP(name##_i32, i32, i32, GET_id, SET_id, expr) \
  JK_BINARY_LOOP(name##_i64, i64, i64, GET_id, SET_id, expr)
#define BINARY_UNSIGNED(name, expr)                          \
  JK_BINARY_LOOP(name##_u8, u8, u8, GET_id, SET_id, expr)    \
  JK_BINARY_LOOP(name##_u16, u16, u16, GET_id, SET_id, expr) \
  JK_BINARY_LOOP(name##_u32, u32, u32, GET_id, SET_id, expr) \
  JK_BINARY_LOOP(name##_u64, u64, u64, GET_id, SET_id, expr)
#define BINARY_INTS(name, expr) BINARY_SIGNED(name, expr) BINARY_UNSIGNED(name, expr)

// Integers are widened to unsigned ones of 64 bits and cut again, so that they wrap.
#define U(v) ((u64)(v))

#define UNARY_OP(name, e32, e64) UNARY_FLOATS(name, e32, e64) JK_TABLE(name, FLOAT_CASES(name))
#define UNARY_COMPLEX_OP(name, e32, e64, c32, c64e)           \
  UNARY_FLOATS(name, e32, e64) UNARY_COMPLEXES(name, c32, c64e) \
  JK_TABLE(name, FLOAT_CASES(name) COMPLEX_CASES(name))
#define BINARY_OP(name, e32, e64) BINARY_FLOATS(name, e32, e64) JK_TABLE(name, FLOAT_CASES(name))
#define BINARY_COMPLEX_OP(name, e32, e64, c32, c64e)             \
  BINARY_FLOATS(name, e32, e64) BINARY_COMPLEXES(name, c32, c64e) \
  JK_TABLE(name, FLOAT_CASES(name) COMPLEX_CASES(name))
