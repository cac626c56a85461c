// Changes of dtype.
#include "elementwise.h"

// Floating point to integers: what does not fit becomes the least integer of the register that the
// conversion goes through, 32 bits where the target is no wider than that and signed, and 64 bits
// else.
JK_INLINE i32 to_i32(double x) {
  return x > -2147483649.0 && x < 2147483648.0 ? (i32)x : INT32_MIN;
}
JK_INLINE i64 to_i64(double x) { return x >= -0x1p63 && x < 0x1p63 ? (i64)x : INT64_MIN; }
JK_INLINE u64 to_u64(double x) {
  return x >= 0x1p63 && x < 0x1p64 ? (u64)(i64)(x - 0x1p63) ^ 0x8000000000000000 : (u64)to_i64(x);
}
#define TO_i8(x) (i8)to_i32(x)
#define TO_i16(x) (i16)to_i32(x)
#define TO_i32(x) to_i32(x)
#define TO_i64(x) to_i64(x)
#define TO_u8(x) (u8)to_i32(x)
#define TO_u16(x) (u16)to_i32(x)
#define TO_u32(x) (u32)to_i64(x)
#define TO_u64(x) to_u64(x)

#define FROM_FLOAT(S, GET)                                                          \
  JK_UNARY_LOOP(S##_to_bool, S, bool, GET, SET_id, x != 0)                          \
  JK_UNARY_LOOP(S##_to_f16, S, f16, GET, SET_id, (f16)(float)x)                     \
  JK_UNARY_LOOP(S##_to_bf16, S, bf16, GET, SET_bf16, (float)x)                      \
  JK_UNARY_LOOP(S##_to_f32, S, f32, GET, SET_id, (float)x)                          \
  JK_UNARY_LOOP(S##_to_f64, S, f64, GET, SET_id, (double)x)                         \
  JK_UNARY_LOOP(S##_to_c64, S, c64, GET, SET_id, (c64)(float)x)                     \
  JK_UNARY_LOOP(S##_to_c128, S, c128, GET, SET_id, (c128)(double)x)                 \
  TO_INTEGERS(S, GET, TO_)
#define TO_INTEGERS(S, GET, TO)                                                     \
  JK_UNARY_LOOP(S##_to_i8, S, i8, GET, SET_id, TO##i8(x))                           \
  JK_UNARY_LOOP(S##_to_i16, S, i16, GET, SET_id, TO##i16(x))                        \
  JK_UNARY_LOOP(S##_to_u8, S, u8, GET, SET_id, TO##u8(x))                           \
  JK_UNARY_LOOP(S##_to_u16, S, u16, GET, SET_id, TO##u16(x))                        \
  JK_UNARY_LOOP(S##_to_i32, S, i32, GET, SET_id, TO##i32(x))                        \
  JK_UNARY_LOOP(S##_to_i64, S, i64, GET, SET_id, TO##i64(x))                        \
  JK_UNARY_LOOP(S##_to_u32, S, u32, GET, SET_id, TO##u32(x))                        \
  JK_UNARY_LOOP(S##_to_u64, S, u64, GET, SET_id, TO##u64(x))
#define CUT_i8(x) (i8)x
#define CUT_i16(x) (i16)x
#define CUT_i32(x) (i32)x
#define CUT_i64(x) (i64)x
#define CUT_u8(x) (u8)x
#define CUT_u16(x) (u16)x
#define CUT_u32(x) (u32)x
#define CUT_u64(x) (u64)x
#define FROM_INTEGER(S)                                                             \
  JK_UNARY_LOOP(S##_to_bool, S, bool, GET_id, SET_id, x != 0)                       \
  JK_UNARY_LOOP(S##_to_f16, S, f16, GET_id, SET_id, (f16)(float)x)                  \
  JK_UNARY_LOOP(S##_to_bf16, S, bf16, GET_id, SET_bf16, (float)x)                   \
  JK_UNARY_LOOP(S##_to_f32, S, f32, GET_id, SET_id, (float)x)                       \
  JK_UNARY_LOOP(S##_to_f64, S, f64, GET_id, SET_id, (double)x)                      \
  JK_UNARY_LOOP(S##_to_c64, S, c64, GET_id, SET_id, (c64)(float)x)                  \
  JK_UNARY_LOOP(S##_to_c128, S, c128, GET_id, SET_id, (c128)(double)x)              \
  TO_INTEGERS(S, GET_id, CUT_)

FROM_FLOAT(f16, GET_f16)
FROM_FLOAT(bf16, GET_bf16)
FROM_FLOAT(f32, GET_id)
FROM_FLOAT(f64, GET_id)
FROM_INTEGER(i8)
FROM_INTEGER(i16)
FROM_INTEGER(i32)
FROM_INTEGER(i64)
FROM_INTEGER(u8)
FROM_INTEGER(u16)
FROM_INTEGER(u32)
FROM_INTEGER(u64)

// Of a complex number, other dtypes get the real part.
#define GET_c64(x) crealf(x)
#define GET_c128(x) creal(x)
#define FROM_COMPLEX(S)                                                             \
  JK_UNARY_LOOP(S##_to_bool, S, bool, GET_id, SET_id, x != 0)                       \
  JK_UNARY_LOOP(S##_to_f16, S, f16, GET_##S, SET_id, (f16)(float)x)                 \
  JK_UNARY_LOOP(S##_to_bf16, S, bf16, GET_##S, SET_bf16, (float)x)                  \
  JK_UNARY_LOOP(S##_to_f32, S, f32, GET_##S, SET_id, (float)x)                      \
  JK_UNARY_LOOP(S##_to_f64, S, f64, GET_##S, SET_id, (double)x)                     \
  JK_UNARY_LOOP(S##_to_c64, S, c64, GET_id, SET_id, (c64)x)                         \
  JK_UNARY_LOOP(S##_to_c128, S, c128, GET_id, SET_id, (c128)x)                      \
  TO_INTEGERS(S, GET_##S, TO_)
FROM_COMPLEX(c64)
FROM_COMPLEX(c128)

#define TARGETS(S)                      \
  switch (to) {                         \
    case JK_BOOL: return S##_to_bool;   \
    case JK_F16: return S##_to_f16;     \
    case JK_BF16: return S##_to_bf16;   \
    case JK_F32: return S##_to_f32;     \
    case JK_F64: return S##_to_f64;     \
    case JK_C64: return S##_to_c64;     \
    case JK_C128: return S##_to_c128;   \
    case JK_I8: return S##_to_i8;       \
    case JK_I16: return S##_to_i16;     \
    case JK_I32: return S##_to_i32;     \
    case JK_I64: return S##_to_i64;     \
    case JK_U8: return S##_to_u8;       \
    case JK_U16: return S##_to_u16;     \
    case JK_U32: return S##_to_u32;     \
    case JK_U64: return S##_to_u64;     \
  }                                     \
  return 0;

// A quantised number is cast as the integer that stands for it.
static int stored(int dtype) {
  switch (dtype) {
    case JK_QI8: return JK_I8;
    case JK_QU8: return JK_U8;
    case JK_QI16: return JK_I16;
    case JK_QU16: return JK_U16;
    case JK_QI32: return JK_I32;
  }
  return dtype;
}

jk_loop jk_cast(int from, int to) {
  from = stored(from);
  to = stored(to);
  switch (from) {
    case JK_F16: TARGETS(f16)
    case JK_BF16: TARGETS(bf16)
    case JK_F32: TARGETS(f32)
    case JK_F64: TARGETS(f64)
    case JK_C64: TARGETS(c64)
    case JK_C128: TARGETS(c128)
    case JK_I8: TARGETS(i8)
    case JK_I16: TARGETS(i16)
    case JK_I32: TARGETS(i32)
    case JK_I64: TARGETS(i64)
    case JK_BOOL:
    case JK_U8: TARGETS(u8)
    case JK_U16: TARGETS(u16)
    case JK_U32: TARGETS(u32)
    case JK_U64: TARGETS(u64)
  }
  return 0;
}

// To 8 or 16 bits, with what does not fit held at the ends of the dtype.
#define HELD(v, low, high) ((v) < (low) ? (low) : (v) > (high) ? (high) : (v))
#define HELD_LOOPS(S, GET, u8_value)                                                        \
  JK_UNARY_LOOP(S##_held_i8, S, i8, GET, (i8), HELD(to_i32(x), -128, 127))                  \
  JK_UNARY_LOOP(S##_held_u8, S, u8, GET, (u8), u8_value(to_i32(x)))                         \
  JK_UNARY_LOOP(S##_held_i16, S, i16, GET, (i16), HELD(to_i32(x), -32768, 32767))           \
  JK_UNARY_LOOP(S##_held_u16, S, u16, GET, (u16), HELD(to_i32(x), 0, 65535))
#define HELD_ONCE(v) HELD(v, 0, 255)
// From double precision by way of 16 bits, in which what passes 32767 is negative.
#define HELD_TWICE(v) ((v) > 32767 ? 0 : HELD(v, 0, 255))
HELD_LOOPS(f16, GET_f16, HELD_ONCE)
HELD_LOOPS(bf16, GET_bf16, HELD_ONCE)
HELD_LOOPS(f32, GET_id, HELD_ONCE)
HELD_LOOPS(f64, GET_id, HELD_TWICE)
HELD_LOOPS(c128, GET_c128, HELD_TWICE)
#define HELD_TARGETS(S)              \
  switch (to) {                      \
    case JK_I8: return S##_held_i8;   \
    case JK_U8: return S##_held_u8;   \
    case JK_I16: return S##_held_i16; \
    case JK_U16: return S##_held_u16; \
  }                                  \
  return 0;
jk_loop jk_cast_held(int from, int to) {
  from = stored(from);
  to = stored(to);
  switch (from) {
    case JK_F16: HELD_TARGETS(f16)
    case JK_BF16: HELD_TARGETS(bf16)
    case JK_F32: HELD_TARGETS(f32)
    case JK_F64: HELD_TARGETS(f64)
    case JK_C128: HELD_TARGETS(c128)
  }
  return 0;
}

// With the low bits of the mantissa cleared the conversion has nothing to round.
JK_INLINE float cut_f32(float x, int bits) {
  return x - x == 0 ? fast_float(fast_bits(x) & ~((1u << bits) - 1)) : x;
}
JK_INLINE double cut_f64(double x, int bits) {
  return x - x == 0 ? fast_double(fast_bits64(x) & ~((1ull << bits) - 1)) : x;
}
JK_UNARY_LOOP(cut_f64_f32, f64, f32, GET_id, SET_id, (float)cut_f64(x, 29))
JK_UNARY_LOOP(cut_f64_f16, f64, f16, GET_id, SET_id, (f16)(float)cut_f64(x, 42))
JK_UNARY_LOOP(cut_f64_bf16, f64, bf16, GET_id, SET_bf16, (float)cut_f64(x, 45))
JK_UNARY_LOOP(cut_f32_f16, f32, f16, GET_id, SET_id, (f16)cut_f32(x, 13))
JK_UNARY_LOOP(cut_f32_bf16, f32, bf16, GET_id, SET_bf16, cut_f32(x, 16))
JK_UNARY_LOOP(cut_c128_f32, c128, f32, GET_c128, SET_id, (float)cut_f64(x, 29))
JK_UNARY_LOOP(cut_c128_f16, c128, f16, GET_c128, SET_id, (f16)(float)cut_f64(x, 42))
JK_UNARY_LOOP(cut_c128_bf16, c128, bf16, GET_c128, SET_bf16, (float)cut_f64(x, 45))
JK_UNARY_LOOP(cut_c128_c64, c128, c64, GET_id, SET_id,
              __builtin_complex((float)cut_f64(creal(x), 29), (float)cut_f64(cimag(x), 29)))
JK_UNARY_LOOP(cut_c64_f16, c64, f16, GET_c64, SET_id, (f16)cut_f32(x, 13))
JK_UNARY_LOOP(cut_c64_bf16, c64, bf16, GET_c64, SET_bf16, cut_f32(x, 16))
jk_loop jk_cast_truncating(int from, int to) {
  if (from == JK_F64 && to == JK_F32) return cut_f64_f32;
  if (from == JK_F64 && to == JK_F16) return cut_f64_f16;
  if (from == JK_F64 && to == JK_BF16) return cut_f64_bf16;
  if (from == JK_F32 && to == JK_F16) return cut_f32_f16;
  if (from == JK_F32 && to == JK_BF16) return cut_f32_bf16;
  if (from == JK_C128 && to == JK_F32) return cut_c128_f32;
  if (from == JK_C128 && to == JK_F16) return cut_c128_f16;
  if (from == JK_C128 && to == JK_BF16) return cut_c128_bf16;
  if (from == JK_C128 && to == JK_C64) return cut_c128_c64;
  if (from == JK_C64 && to == JK_F16) return cut_c64_f16;
  if (from == JK_C64 && to == JK_BF16) return cut_c64_bf16;
  return jk_cast(from, to);
}
