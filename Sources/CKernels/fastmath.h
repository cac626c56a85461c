// Single precision functions as straight-line code that compilers turn into vector code. Errors are
// one or two units in the last place, for erfc five; infinities, NaN, overflow and denormal numbers
// come out right. The coefficients are least-maximum-error fits made for these intervals.
#pragma once
#include "loops.h"

JK_INLINE u32 fast_bits(float x) {
  union { float f; u32 i; } u = {x};
  return u.i;
}
JK_INLINE float fast_float(u32 x) {
  union { u32 i; float f; } u = {x};
  return u.f;
}
JK_INLINE u64 fast_bits64(double x) {
  union { double f; u64 i; } u = {x};
  return u.i;
}
JK_INLINE double fast_double(u64 x) {
  union { u64 i; double f; } u = {x};
  return u.f;
}
JK_INLINE float fast_absf(float x) { return fast_float(fast_bits(x) & 0x7fffffff); }
// The magnitude of the first with the sign of the second.
JK_INLINE float fast_signf(float magnitude, float sign) {
  return fast_float((fast_bits(magnitude) & 0x7fffffff) | (fast_bits(sign) & 0x80000000));
}
#define fast_sqrtf(x) __builtin_elementwise_sqrt((float)(x))

// Adding it rounds a float of less than 2^22 to an integer, which then stands in the low bits.
#define FAST_ROUND 12582912.0f
#define FAST_ROUND64 6755399441055744.0

// x = k ln 2 + r with |r| <= ln 2 / 2.
JK_INLINE float fast_exp_reduce(float x, i32 *k) {
  float shifted = x * 1.44269504f + FAST_ROUND;
  float n = shifted - FAST_ROUND;
  *k = (i32)fast_bits(shifted) - (i32)fast_bits(FAST_ROUND);
  return (x - n * 0.693359375f) - n * -2.12194440e-4f;
}
JK_INLINE float fast_exp_tail(float r) {
  return 0.5f +
         r * (0.16666667f + r * (0.0416663419f + r * (0.00833327172f +
                                                      r * (0.00139420599f + r * 0.000199150312f))));
}
JK_INLINE float fast_pow2(i32 k) { return fast_float((u32)(k + 127) << 23); }

// 2^shift e^x; two factors, so that neither overflows nor vanishes before the product does.
JK_INLINE float fast_exp_scaled(float x, i32 shift) {
  x = x > 90.0f ? 90.0f : x;
  x = x < -105.0f ? -105.0f : x;
  i32 k;
  float r = fast_exp_reduce(x, &k);
  float p = 1.0f + (r + r * r * fast_exp_tail(r));
  k += shift;
  i32 half = k >> 1;
  return p * fast_pow2(half) * fast_pow2(k - half);
}
JK_INLINE float fast_expf(float x) { return fast_exp_scaled(x, 0); }

// e^x for x that is not above 0; 0 where the result would be a denormal.
JK_INLINE float fast_exp_downf(float x) {
  // From here on the power of two is that of no number: 0.
  float c = x < -88.03f ? -88.03f : x;
  float shifted = c * 1.44269504f + FAST_ROUND;
  float n = shifted - FAST_ROUND;
  float r = (c - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.0f + (r + r * r * fast_exp_tail(r));
  return p * fast_float((fast_bits(shifted) + 127) << 23);
}

JK_INLINE float fast_expm1f(float x) {
  float c = x > 89.0f ? 89.0f : x;
  c = c < -30.0f ? -30.0f : c;
  i32 k;
  float r = fast_exp_reduce(c, &k);
  float p = r + r * r * fast_exp_tail(r);
  // Half of the scale, so that k = 128 does not overflow too early.
  float half = fast_pow2(k - 1);
  float y = (half * p + (half - 0.5f)) * 2.0f;
  y = k == 0 ? p : y;
  // A denormal, or a signed zero, is its own result.
  return fast_absf(x) < 1e-20f ? x : y;
}

// m 2^e = x with m in [sqrt(1/2), sqrt(2)), for positive finite x.
JK_INLINE float fast_split(float x, float *e) {
  float small = x < 1.17549435e-38f ? 1.0f : 0.0f;
  float y = small != 0.0f ? x * 8388608.0f : x;
  i32 i = (i32)fast_bits(y);
  i32 k = (i - 0x3f3504f3) >> 23;
  *e = (float)k - small * 23.0f;
  return fast_float((u32)(i - (i32)((u32)k << 23)));
}
JK_INLINE float fast_log_core(float f, float e, float correction) {
  float q = -0.117896954f + f * 0.0691514654f;
  q = 0.118730163f + f * q;
  q = -0.123843703f + f * q;
  q = 0.142186554f + f * q;
  q = -0.166692495f + f * q;
  q = 0.200022267f + f * q;
  q = -0.249999866f + f * q;
  q = 0.333333104f + f * q;
  float tail = f * f * (f * q - 0.5f);
  return e * 0.693359375f + (f + (tail + (e * -2.12194440e-4f + correction)));
}
JK_INLINE float fast_logf(float x) {
  float e;
  float m = fast_split(x, &e);
  float y = fast_log_core(m - 1.0f, e, 0.0f);
  y = x < INFINITY ? y : x;
  y = x > 0.0f ? y : (x == 0.0f ? -INFINITY : NAN);
  return y;
}
JK_INLINE float fast_log1pf(float x) {
  float u = 1.0f + x, e;
  float m = fast_split(u, &e);
  // What the sum above lost, relative to it.
  float c = (x > 1.0f ? 1.0f - (u - x) : x - (u - 1.0f)) / u;
  float y = fast_log_core(m - 1.0f, e, c);
  y = x < INFINITY ? y : x;
  y = x > -1.0f ? y : (x == -1.0f ? -INFINITY : NAN);
  return fast_absf(x) < 1e-10f ? flushedf(x) : y;
}
JK_INLINE float fast_log2f(float x) { return fast_logf(x) * 1.44269504f; }

JK_INLINE float fast_sigmoidf(float x) {
  float e = fast_exp_downf(-fast_absf(x));
  return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}
JK_INLINE float fast_tanhf(float x) {
  float a = fast_absf(x);
  float t = fast_expm1f(2.0f * (a > 10.0f ? 10.0f : a));
  return fast_signf(t / (t + 2.0f), x);
}
JK_INLINE float fast_sinhf(float x) {
  float a = fast_absf(x);
  float t = fast_expm1f(a > 20.0f ? 20.0f : a);
  float small = 0.5f * (t + t / (t + 1.0f));
  float large = fast_exp_scaled(a, -1);
  return fast_signf(a > 10.0f ? large : (a == a ? small : a), x);
}
JK_INLINE float fast_coshf(float x) {
  float a = fast_absf(x);
  return fast_exp_scaled(a, -1) + fast_exp_scaled(-a, -1);
}
JK_INLINE float fast_asinhf(float x) {
  float a = fast_absf(x);
  float s = a * a;
  float small = fast_log1pf(a + s / (1.0f + fast_sqrtf(s + 1.0f)));
  float large = fast_logf(a) + 0.693147181f;
  return fast_signf(a > 1e9f ? large : small, x);
}
JK_INLINE float fast_acoshf(float x) {
  float t = x - 1.0f;
  float small = fast_log1pf(t + fast_sqrtf(2.0f * t + t * t));
  float large = fast_logf(x) + 0.693147181f;
  return x >= 1.0f ? (x > 1e9f ? large : small) : NAN;
}
JK_INLINE float fast_atanhf(float x) {
  float a = fast_absf(x);
  float y = 0.5f * fast_log1pf(2.0f * a / (1.0f - a));
  y = a == 1.0f ? INFINITY : y;
  return a <= 1.0f ? fast_signf(y, x) : NAN;
}

JK_INLINE float fast_erff(float x) {
  float a = fast_absf(x), z = a * a;
  float p = 0.00518953534f + z * (-0.000802084128f + z * 7.88911953e-05f);
  p = 1.12837917f + z * (-0.376126271f + z * (0.112836002f + z * (-0.0268544446f + z * p)));
  float c = a > 4.1f ? 4.1f : a;
  float q = 0.00303945093f + c * (-8.88396327e-05f + c * (-3.7931648e-05f + c * 4.31435953e-06f));
  q = 1.12857113f + c * (0.635536436f + c * (0.105433478f + c * (-0.0228525313f + c * q)));
  float large = fast_signf(1.0f - fast_expf(-c * q), x);
  return a > 1.0f ? large : x * p;
}

// e^x in double to nine digits, for |x| < 700.
JK_INLINE double fast_exp2_double(double t) {
  double shifted = t + FAST_ROUND64, r = t - (shifted - FAST_ROUND64);
  u64 scale = (fast_bits64(shifted) + 1023) << 52;
  double p = 0.00015469997246085821 + r * 1.5316713098028015e-05;
  p = 0.0096180247725144857 + r * (0.0013333421575303756 + r * p);
  p = 0.24022651219834035 + r * (0.055504109774091863 + r * p);
  p = 0.99999999995889732 + r * (0.69314718053463242 + r * p);
  return p * fast_double(scale);
}
// e^(-x^2) p(t) / (1 + 2 |x|) with t = (|x| - 2) / (|x| + 2); the square is taken in two parts, of
// which one is exact.
JK_INLINE float fast_erfcf(float x) {
  float a = fast_absf(x);
  a = a > 10.06f ? 10.06f : a;
  float high = fast_float(fast_bits(a) & 0xfffff000), square = high * high,
        rest = (a - high) * (a + high);
  float shifted = (square + rest) * -1.44269504f + FAST_ROUND, n = shifted - FAST_ROUND;
  float r = ((-square - n * 0.693359375f) - n * -2.12194440e-4f) - rest;
  float e = 1.0f + (r + r * r * fast_exp_tail(r));
  i32 k = (i32)fast_bits(shifted) - (i32)fast_bits(FAST_ROUND), half = k >> 1;
  float sum = a + 2.0f, twice = 1.0f + 2.0f * a, inverse = 1.0f / (sum * twice);
  float t = (a - 2.0f) * twice * inverse;
  float p = 0.00864189398f + t * (0.00132058188f + t * (-0.00124033576f + t * -0.000408934022f));
  p = -0.0542074889f + t * (-0.0080619175f + t * p);
  p = -0.166031107f + t * (0.164055616f + t * p);
  p = (1.27697837f + t * (-0.0927639976f + t * p)) * (sum * inverse);
  float y = p * e * fast_pow2(half) * fast_pow2(k - half);
  return x < 0.0f ? 2.0f - y : y;
}

// x = q pi/2 + r with |r| <= pi/4, for |x| up to FAST_TRIG_LIMIT; q's low bits count quarters.
#define FAST_TRIG_LIMIT 1.0e6f
JK_INLINE double fast_trig_reduce(float x, u32 *quarter) {
  double d = x;
  double shifted = d * 0.63661977236758134 + FAST_ROUND64, n = shifted - FAST_ROUND64;
  *quarter = (u32)fast_bits64(shifted);
  return ((d - n * 1.5707963267341256) - n * 6.0771005063039e-11) - n * 5.8988e-21;
}
JK_INLINE float fast_sin_poly(float r, float z) {
  return r + r * z * (-0.166666542f + z * (0.00833213172f + z * -0.000195108703f));
}
JK_INLINE float fast_cos_poly(float z) {
  return 1.0f - 0.5f * z + z * z * (0.0416666457f + z * (-0.00138873063f + z * 2.44312392e-05f));
}
JK_INLINE float fast_trig(float r, u32 quarter) {
  float z = r * r;
  float y = (quarter & 1) ? fast_cos_poly(z) : fast_sin_poly(r, z);
  return fast_float(fast_bits(y) ^ ((quarter & 2) << 30));
}
JK_INLINE float fast_sinf(float x) {
  u32 quarter;
  float y = fast_trig((float)fast_trig_reduce(x, &quarter), quarter);
  return x == 0.0f ? flushedf(x) : y;
}
JK_INLINE float fast_cosf(float x) {
  u32 quarter;
  float r = (float)fast_trig_reduce(x, &quarter);
  return fast_trig(r, quarter + 1);
}
JK_INLINE float fast_tanf(float x) {
  u32 quarter;
  double r = fast_trig_reduce(x, &quarter), z = r * r;
  double s = 0.008333333324613848 + z * (-0.00019841263458282425 +
                                         z * (2.7555279299989086e-06 + z * -2.47559052924802e-08));
  s = r + r * z * (-0.16666666666627974 + z * s);
  double c =
      -0.0013888888876163869 +
      z * (2.4801580112023287e-05 + z * (-2.7555420609108856e-07 + z * 2.0638806698039516e-09));
  c = 1.0 - 0.5 * z + z * z * (0.041666666666584293 + z * c);
  double y = (quarter & 1) ? -c / s : s / c;
  return x == 0.0f ? x : (float)y;
}

// atan of t in [0, 1].
JK_INLINE float fast_atan_core(float t) {
  float z = t * t;
  float p = -0.031455469f + z * (0.011064315f + z * -0.00182718464f);
  p = 0.109575719f + z * (-0.0841944596f + z * (0.05823432f + z * p));
  p = -0.333333019f + z * (0.199986386f + z * (-0.142652446f + z * p));
  return t + t * z * p;
}
JK_INLINE float fast_atanf(float x) {
  float a = fast_absf(x);
  float y = fast_atan_core(a > 1.0f ? 1.0f / a : a);
  return fast_signf(a > 1.0f ? 1.57079633f - y : y, x);
}
// Whether one of two numbers has a bit set beside its sign: denormals have one, although they
// compare as 0.
JK_INLINE bool fast_any_bit(float x, float y) { return ((fast_bits(x) | fast_bits(y)) << 1) != 0; }
// Denormals count as equal and not as 0, as in TensorFlow's loop.
JK_INLINE float fast_atan2f(float y, float x) {
  float a = fast_absf(x), b = fast_absf(y);
  float large = a > b ? a : b, small = a > b ? b : a;
  float t = large == 0.0f || small == INFINITY ? (fast_any_bit(x, y) ? 1.0f : 0.0f) : small / large;
  float r = fast_atan_core(t);
  r = b > a ? 1.57079633f - r : r;
  r = (fast_bits(x) >> 31) ? 3.14159265f - r : r;
  return x != x || y != y ? NAN : fast_signf(r, y);
}
JK_INLINE float fast_asin_core(float t, float z) {
  float p = 0.0318176093f + z * (0.0144026149f + z * 0.0375651885f);
  p = 0.166666599f + z * (0.0750051092f + z * (0.0445157205f + z * p));
  return t + t * z * p;
}
JK_INLINE float fast_asinf(float x) {
  float a = fast_absf(x);
  float half = 0.5f * (1.0f - a);
  float t = a > 0.5f ? fast_sqrtf(half) : a;
  float r = fast_asin_core(t, a > 0.5f ? half : a * a);
  return fast_signf(a > 0.5f ? 1.57079633f - 2.0f * r : r, x);
}
JK_INLINE float fast_acosf(float x) {
  float a = fast_absf(x);
  float half = 0.5f * (1.0f - a);
  float t = a > 0.5f ? fast_sqrtf(half) : x;
  float r = fast_asin_core(t, a > 0.5f ? half : a * a);
  float large = x > 0.0f ? 2.0f * r : 3.14159265f - 2.0f * r;
  return a > 0.5f ? large : 1.57079633f - r;
}

// x^y through log2 and exp2 in double, by the rules of C's pow.
JK_INLINE float fast_powf(float x, float y) {
  float a = fast_absf(x), e;
  float m = fast_split(a, &e);
  double s = ((double)m - 1.0) / ((double)m + 1.0), z = s * s;
  double p = 0.41220450512800649 + z * (0.32009776634273024 + z * 0.28024615801582703);
  p = 2.885390081777734 + z * (0.96179669400700207 + z * (0.5770779870059598 + z * p));
  double l = (double)e + s * p;
  l = a < INFINITY ? l : (double)a;
  l = a == 0.0f ? -INFINITY : l;
  double t = (double)y * l;
  t = t > 200.0 ? 200.0 : t;
  t = t < -200.0 ? -200.0 : t;
  float r = (float)fast_exp2_double(t);
  r = t == t ? r : NAN;
  float whole = __builtin_elementwise_trunc(y), half = y * 0.5f;
  int odd = whole == y && __builtin_elementwise_trunc(half) != half && fast_absf(y) < INFINITY;
  r = odd ? fast_signf(r, x) : r;
  r = x < 0.0f && x > -INFINITY && whole != y ? NAN : r;
  r = a == 1.0f && (x > 0.0f || fast_absf(y) == INFINITY) ? 1.0f : r;
  return y == 0.0f ? 1.0f : r;
}
