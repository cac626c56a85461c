// Conversions of half precision on processors without instructions for them, under the names by
// which compiled code calls them. The compiler's own library takes half denormals as zero in the
// state in which kernels run; the processor's instructions, and TensorFlow's code, keep them.
#include "loops.h"

#if defined(__x86_64__)
#define JK_RUNTIME __attribute__((visibility("hidden")))

JK_RUNTIME float __extendhfsf2(f16 half);
JK_RUNTIME f16 __truncsfhf2(float x);
JK_RUNTIME f16 __truncdfhf2(double x);

static f16 half_of(u32 bits) {
  u16 cut = (u16)bits;
  f16 half;
  memcpy(&half, &cut, sizeof half);
  return half;
}

// bits / 2^shift, rounded to nearest, ties to even.
static u32 shifted(u64 bits, int shift) {
  u64 result = bits >> shift;
  u64 rest = bits & (((u64)1 << shift) - 1);
  u64 tie = (u64)1 << (shift - 1);
  return (u32)(result + (rest > tie || (rest == tie && (result & 1))));
}

// exponent is that of a half, biased by 15; mantissa has its leading one at bit `width`.
static u32 rounded(int exponent, u64 mantissa, int width) {
  int cut = width - 10;
  if (exponent > 30) return 0x7c00;
  if (exponent > 0) {
    // A carry out of the mantissa is one more in the exponent, up to infinity.
    return ((u32)(exponent - 1) << 10) + shifted(mantissa, cut);
  }
  cut += 1 - exponent;
  return cut > width + 1 ? 0 : shifted(mantissa, cut);
}

float __extendhfsf2(f16 half) {
  u16 bits;
  memcpy(&bits, &half, sizeof bits);
  u32 sign = (u32)(bits & 0x8000) << 16;
  u32 exponent = bits >> 10 & 31;
  u32 mantissa = bits & 0x3ff;
  u32 result;
  if (exponent == 31) {
    result = 0x7f800000 | mantissa << 13 | (mantissa ? 0x400000 : 0);
  } else if (exponent) {
    result = (exponent + 112) << 23 | mantissa << 13;
  } else if (mantissa) {
    int lead = 31 - __builtin_clz(mantissa);
    result = (u32)(lead + 103) << 23 | (mantissa << (23 - lead) & 0x7fffff);
  } else {
    result = 0;
  }
  result |= sign;
  float x;
  memcpy(&x, &result, sizeof x);
  return x;
}

f16 __truncsfhf2(float x) {
  u32 bits;
  memcpy(&bits, &x, sizeof bits);
  u32 sign = bits >> 16 & 0x8000;
  int exponent = (int)(bits >> 23 & 255);
  u32 mantissa = bits & 0x7fffff;
  if (exponent == 255) {
    return half_of(sign | 0x7c00 | (mantissa ? 0x200 | mantissa >> 13 : 0));
  }
  if (exponent == 0) return half_of(sign);
  return half_of(sign | rounded(exponent - 112, mantissa | 0x800000, 23));
}

f16 __truncdfhf2(double x) {
  u64 bits;
  memcpy(&bits, &x, sizeof bits);
  u32 sign = (u32)(bits >> 48) & 0x8000;
  int exponent = (int)(bits >> 52 & 2047);
  u64 mantissa = bits & 0xfffffffffffff;
  if (exponent == 2047) {
    return half_of(sign | 0x7c00 | (mantissa ? 0x200 | (u32)(mantissa >> 42) : 0));
  }
  if (exponent == 0) return half_of(sign);
  return half_of(sign | rounded(exponent - 1008, mantissa | (u64)1 << 52, 52));
}
#endif
