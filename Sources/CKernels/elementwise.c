#include "loops.h"

#include <complex.h>

// The loops of op `name` for all floating point dtypes, with `expr` in float or double.
#define BINARY_FLOATS(name, expr)                              \
  JK_BINARY_LOOP(name##_f32, f32, f32, GET_id, SET_id, expr)   \
  JK_BINARY_LOOP(name##_f64, f64, f64, GET_id, SET_id, expr)   \
  JK_BINARY_LOOP(name##_f16, f16, f16, GET_f16, SET_f16, expr) \
  JK_BINARY_LOOP(name##_bf16, bf16, bf16, GET_bf16, SET_bf16, expr)
#define FLOAT_CASES(name)          \
  case JK_F32: return name##_f32;  \
  case JK_F64: return name##_f64;  \
  case JK_F16: return name##_f16;  \
  case JK_BF16: return name##_bf16;

// Integer arithmetic wraps: it is done in the unsigned type of the same width.
#define BINARY_INTS(name, op)                                                      \
  JK_BINARY_LOOP(name##_i8, i8, i8, GET_id, SET_id, (i8)((u8)x op(u8) y))          \
  JK_BINARY_LOOP(name##_i16, i16, i16, GET_id, SET_id, (i16)((u32)x op(u32) y))    \
  JK_BINARY_LOOP(name##_i32, i32, i32, GET_id, SET_id, (i32)((u32)x op(u32) y))    \
  JK_BINARY_LOOP(name##_i64, i64, i64, GET_id, SET_id, (i64)((u64)x op(u64) y))    \
  JK_BINARY_LOOP(name##_u8, u8, u8, GET_id, SET_id, (u8)(x op y))                  \
  JK_BINARY_LOOP(name##_u16, u16, u16, GET_id, SET_id, (u16)((u32)x op(u32) y))    \
  JK_BINARY_LOOP(name##_u32, u32, u32, GET_id, SET_id, x op y)                     \
  JK_BINARY_LOOP(name##_u64, u64, u64, GET_id, SET_id, x op y)
#define INT_CASES(name)           \
  case JK_I8: return name##_i8;   \
  case JK_I16: return name##_i16; \
  case JK_I32: return name##_i32; \
  case JK_I64: return name##_i64; \
  case JK_U8: return name##_u8;   \
  case JK_U16: return name##_u16; \
  case JK_U32: return name##_u32; \
  case JK_U64: return name##_u64;

#define BINARY_COMPLEXES(name, expr)                            \
  JK_BINARY_LOOP(name##_c64, c64, c64, GET_id, SET_id, expr)    \
  JK_BINARY_LOOP(name##_c128, c128, c128, GET_id, SET_id, expr)
#define COMPLEX_CASES(name)       \
  case JK_C64: return name##_c64; \
  case JK_C128: return name##_c128;

#define ARITHMETIC(name, op)        \
  BINARY_FLOATS(name, x op y)       \
  BINARY_INTS(name, op)             \
  BINARY_COMPLEXES(name, x op y)    \
  jk_loop jk_##name(int dtype) {    \
    switch (dtype) {                \
      FLOAT_CASES(name)             \
      INT_CASES(name)               \
      COMPLEX_CASES(name)           \
    }                               \
    return 0;                       \
  }

ARITHMETIC(add, +)
ARITHMETIC(sub, -)
ARITHMETIC(mul, *)

BINARY_FLOATS(div, x / y)
BINARY_COMPLEXES(div, x / y)
jk_loop jk_div(int dtype) {
  switch (dtype) { FLOAT_CASES(div) COMPLEX_CASES(div) }
  return 0;
}

#define UNARY_FLOATS(name, expr32, expr64)                      \
  JK_UNARY_LOOP(name##_f32, f32, f32, GET_id, SET_id, expr32)   \
  JK_UNARY_LOOP(name##_f64, f64, f64, GET_id, SET_id, expr64)   \
  JK_UNARY_LOOP(name##_f16, f16, f16, GET_f16, SET_f16, expr32) \
  JK_UNARY_LOOP(name##_bf16, bf16, bf16, GET_bf16, SET_bf16, expr32)

UNARY_FLOATS(neg, -x, -x)
JK_UNARY_LOOP(neg_i8, i8, i8, GET_id, SET_id, (i8)-x)
JK_UNARY_LOOP(neg_i16, i16, i16, GET_id, SET_id, (i16)-x)
JK_UNARY_LOOP(neg_i32, i32, i32, GET_id, SET_id, (i32)(0 - (u32)x))
JK_UNARY_LOOP(neg_i64, i64, i64, GET_id, SET_id, (i64)(0 - (u64)x))
JK_UNARY_LOOP(neg_c64, c64, c64, GET_id, SET_id, -x)
JK_UNARY_LOOP(neg_c128, c128, c128, GET_id, SET_id, -x)
jk_loop jk_neg(int dtype) {
  switch (dtype) {
    FLOAT_CASES(neg)
    COMPLEX_CASES(neg)
    case JK_I8: return neg_i8;
    case JK_I16: return neg_i16;
    case JK_I32: return neg_i32;
    case JK_I64: return neg_i64;
  }
  return 0;
}

UNARY_FLOATS(exp, expf(x), exp(x))
JK_UNARY_LOOP(exp_c64, c64, c64, GET_id, SET_id, cexpf(x))
JK_UNARY_LOOP(exp_c128, c128, c128, GET_id, SET_id, cexp(x))
jk_loop jk_exp(int dtype) {
  switch (dtype) { FLOAT_CASES(exp) COMPLEX_CASES(exp) }
  return 0;
}
