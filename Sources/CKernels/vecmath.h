// Functions of a float without branches or tables, so that loops over them become vectors.
#pragma once
#include "loops.h"

// eˣ to 2 units in the last place: 2ⁿ · p(r) with x = n·ln 2 + r, |r| ≤ ln 2 / 2, p of degree 6.
// Overflows to infinity above 88.72; below -87.3 results fall to 0 through the denormals.
JK_INLINE float jk_expf(float x) {
  float clamped = x > 89.0f ? 89.0f : x;
  clamped = clamped < -104.0f ? -104.0f : clamped;
  // Adding 1.5·2²³ rounds to the nearest integer, which is then in the low bits.
  float shifted = clamped * 1.44269504f + 12582912.0f;
  float n = shifted - 12582912.0f;
  // ln 2 in two parts: the first has few enough bits for n·hi to be exact.
  float r = clamped - n * 0.693359375f;
  r = r + n * 2.12194440e-4f;
  float p = 1.3814598e-3f;
  p = p * r + 8.3687169e-3f;
  p = p * r + 4.1668388e-2f;
  p = p * r + 1.6666521e-1f;
  p = p * r + 4.9999993e-1f;
  p = p * r * r + r + 1.0f;
  // 2ⁿ as a product of two powers, as n may be beyond the exponents of normal numbers.
  union { float f; i32 i; } bits = {shifted}, a, b;
  i32 e = bits.i - 0x4b400000;
  i32 half = e >> 1;
  a.i = (half + 127) << 23;
  b.i = (e - half + 127) << 23;
  float y = p * a.f * b.f;
  return x != x ? x : y;
}
