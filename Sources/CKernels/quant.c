// Values brought into quantised types and back.
#include "loops.h"

// A product and a sum are rounded one after the other, as the steps are defined; fused, ties would
// fall otherwise.
#pragma STDC FP_CONTRACT OFF

#include <stdlib.h>

typedef struct {
  int bits;
  int64_t lowest, highest;
} limits;

static limits limits_of(int dtype) {
  switch (dtype) {
    case JK_QI8: return (limits){8, -128, 127};
    case JK_QU8: return (limits){8, 0, 255};
    case JK_QI16: return (limits){16, -32768, 32767};
    case JK_QU16: return (limits){16, 0, 65535};
    default: return (limits){32, INT32_MIN, INT32_MAX};
  }
}

#define FOR_TYPE(dtype, CASE) \
  switch (dtype) {            \
    CASE(JK_QI8, i8)          \
    CASE(JK_QU8, u8)          \
    CASE(JK_QI16, i16)        \
    CASE(JK_QU16, u16)        \
    CASE(JK_QI32, i32)        \
  }

// --- one element ---

JK_INLINE double step_scale(limits l, float min, float max) {
  double steps = (double)(1ll << l.bits), adjust = steps / (steps - 1);
  return (max - min) * adjust / steps;
}

// Conversion that neither overflows nor minds NaN.
JK_INLINE int64_t to_i64(double x) {
  return x >= 9.2e18 ? INT64_MAX : x > -9.2e18 ? (int64_t)x : x <= -9.2e18 ? INT64_MIN : 0;
}

JK_INLINE int64_t unclamped(limits l, float x, float min, float max) {
  if (min == max) return l.lowest;
  double steps = (double)(1ll << l.bits), adjust = steps / (steps - 1),
         range = (max - min) * adjust;
  double scale = steps / range;
  return to_i64(round(x * scale) - round(min * scale) + (double)l.lowest);
}

JK_INLINE int64_t clamped(limits l, float x, float min, float max) {
  int64_t q = unclamped(l, x, min, max);
  return q < l.lowest ? l.lowest : q > l.highest ? l.highest : q;
}

JK_INLINE float dequantized(limits l, int64_t q, float min, float max) {
  if (min == max) return min;
  double scale = step_scale(l, min, max);
  double start = round(min / (float)scale) * (float)scale;
  return (float)(start + (double)(q - l.lowest) * scale);
}

float jk_quantized_to_float(int dtype, int64_t q, float min, float max) {
  return dequantized(limits_of(dtype), q, min, max);
}
int64_t jk_float_to_quantized(int dtype, float x, float min, float max) {
  return clamped(limits_of(dtype), x, min, max);
}
int64_t jk_float_to_quantized_unclamped(int dtype, float x, float min, float max) {
  return unclamped(limits_of(dtype), x, min, max);
}

// --- tensors ---

typedef struct {
  int dtype, rounding;
  const void *in;
  void *out;
  const jk_slices *s;
  const void *steps;
  float min, max;
} convert_job;

#define SATURATED(T, v, l) \
  ((v) >= (float)(l).highest ? (T)(l).highest : (v) > (float)(l).lowest ? (T)(v) : (T)(l).lowest)

// Walks elements begin..<end, a run of equal parameters at a time: `r` is the run, `i` goes up to
// `stop`.
#define RUNS(body)                                                              \
  for (size_t i = begin; i < end;) {                                            \
    size_t r = i / inner, stop = (r + 1) * inner < end ? (r + 1) * inner : end; \
    body                                                                        \
  }

// What is not a number becomes 0, and the upper end of 32 bits, which a float rounds up, wraps.
JK_PART(quantize_part) {
  convert_job *j = context;
  limits l = limits_of(j->dtype);
  size_t inner = (size_t)j->s->inner;
#define QUANTIZE(tag, T)                                                                     \
  case tag:                                                                                  \
    RUNS({                                                                                   \
      jk_quantize_step p = ((const jk_quantize_step *)j->steps)[r % (size_t)j->s->slices];   \
      const float *a = (const float *)j->in;                                                 \
      T *o = (T *)j->out;                                                                    \
      for (; i < stop; i++) {                                                                \
        float x = a[i] < p.low ? p.low : a[i] > p.high ? p.high : a[i];                      \
        float v = (x - p.shift) * p.scale + p.offset;                                        \
        v = j->rounding == JK_ROUND_EVEN ? rintf(v) : roundf(v);                             \
        o[i] = sizeof(T) == 4 ? (T)to_i64(v) : v == v ? SATURATED(T, v, l) : 0;              \
      }                                                                                      \
    })                                                                                       \
    break;
  FOR_TYPE(j->dtype, QUANTIZE)
}

void jk_quantize(int dtype, const float *in, void *out, const jk_slices *s,
                 const jk_quantize_step *steps, int rounding) {
  convert_job j = {dtype, rounding, in, out, s, steps, 0, 0};
  jk_parallel_for((size_t)(s->outer * s->slices * s->inner), 32768, quantize_part, &j);
}

JK_PART(min_first_part) {
  convert_job *j = context;
  limits l = limits_of(j->dtype);
  const float *a = j->in;
  if (j->dtype == JK_QI32) {
    for (size_t i = begin; i < end; i++) ((i32 *)j->out)[i] = (i32)clamped(l, a[i], j->min, j->max);
    return;
  }
  double steps = (double)(1ll << l.bits), adjust = steps / (steps - 1);
  double range = ((double)j->max - j->min) * adjust;
  float scale = range == 0 ? 0 : (float)(steps / range),
        shift = roundf(j->min * scale) - (float)l.lowest;
#define MIN_FIRST(tag, T)                                 \
  case tag:                                               \
    for (size_t i = begin; i < end; i++) {                \
      float v = roundf(a[i] * scale) - shift;             \
      ((T *)j->out)[i] = v == v ? SATURATED(T, v, l) : 0; \
    }                                                     \
    break;
  FOR_TYPE(j->dtype, MIN_FIRST)
}

void jk_quantize_min_first(int dtype, const float *in, void *out, size_t n, float min, float max) {
  convert_job j = {dtype, 0, in, out, 0, 0, min, max};
  jk_parallel_for(n, 32768, min_first_part, &j);
}

JK_PART(dequantize_part) {
  convert_job *j = context;
  size_t inner = (size_t)j->s->inner;
#define DEQUANTIZE(tag, T)                                                                       \
  case tag:                                                                                      \
    RUNS({                                                                                       \
      jk_dequantize_step p = ((const jk_dequantize_step *)j->steps)[r % (size_t)j->s->slices];   \
      const T *a = (const T *)j->in;                                                             \
      float *o = (float *)j->out;                                                                \
      for (; i < stop; i++) o[i] = ((float)a[i] + p.offset) * p.scale + p.base;                  \
    })                                                                                           \
    break;
  FOR_TYPE(j->dtype, DEQUANTIZE)
}

void jk_dequantize(int dtype, const void *in, float *out, const jk_slices *s,
                   const jk_dequantize_step *steps) {
  convert_job j = {dtype, 0, in, out, s, steps, 0, 0};
  jk_parallel_for((size_t)(s->outer * s->slices * s->inner), 65536, dequantize_part, &j);
}

JK_PART(dequantize_min_first_part) {
  convert_job *j = context;
  limits l = limits_of(j->dtype);
  float *o = j->out;
  if (j->dtype == JK_QI32) {
    for (size_t i = begin; i < end; i++)
      o[i] = dequantized(l, ((const i32 *)j->in)[i], j->min, j->max);
    return;
  }
  float scale = (float)step_scale(l, j->min, j->max);
  float start = j->min == j->max ? j->min : roundf(j->min / scale) * scale;
#define FROM_FIRST(tag, T)                                                     \
  case tag:                                                                    \
    for (size_t i = begin; i < end; i++)                                       \
      o[i] = start + ((float)((const T *)j->in)[i] - (float)l.lowest) * scale; \
    break;
  FOR_TYPE(j->dtype, FROM_FIRST)
}

void jk_dequantize_min_first(int dtype, const void *in, float *out, size_t n, float min,
                             float max) {
  convert_job j = {dtype, 0, in, out, 0, 0, min, max};
  jk_parallel_for(n, 32768, dequantize_min_first_part, &j);
}

// TensorFlow's steps in single precision, in which 32 bits have a grain of 256: zero need not be 0.
JK_PUBLIC_CLONES(void, jk_quantize_single, (const float *in, int32_t *out, size_t n, float min,
                                            float max),
                 (in, out, n, min, max)) {
  float scale = min == max ? 0 : (float)(4294967295.0 / (max - min));
  float shift = roundf(min * scale) + 2147483648.0f;
  for (size_t i = 0; i < n; i++) {
    float v = roundf(in[i] * scale) - shift;
    v = v > 2147483520.0f ? 2147483520.0f : v;
    out[i] = v > -2147483648.0f ? (i32)v : INT32_MIN;
  }
}

typedef struct {
  int in_type, out_type;
  const void *in;
  void *out;
  float in_min, in_max, out_min, out_max;
} requantize_job;

JK_PART(requantize_part) {
  requantize_job *j = context;
  limits from = limits_of(j->in_type), to = limits_of(j->out_type);
  if (j->in_type == JK_QI32 && j->out_type == JK_QU8) {
    // In fixed point with 16 bits of fraction, as TensorFlow does, so that ties fall alike.
    float in_range = j->in_max - j->in_min, out_range = j->out_max - j->out_min;
    float reciprocal = out_range == 0 ? 0 : 255.0f / out_range,
          middle = (j->in_max + j->in_min) / 2;
    int64_t scale = out_range == 0 ? 0 : to_i64(255.0f * 65536 * in_range / out_range);
    int64_t in_offset = to_i64(middle * reciprocal * 65536);
    int64_t out_offset =
        out_range == 0 ? 0 : to_i64(round(65536 * ((double)j->out_min * 255) / out_range));
    const i32 *a = j->in;
    u8 *o = j->out;
    for (size_t i = begin; i < end; i++) {
      int64_t v = (int64_t)(((__int128)a[i] * scale) >> 32) + in_offset;
      v = (v - out_offset + 32768) >> 16;
      o[i] = v < 0 ? 0 : v > 255 ? 255 : (u8)v;
    }
    return;
  }
#define READ(tag, T) case tag: q = ((const T *)j->in)[i]; break;
#define WRITE(tag, T) case tag: ((T *)j->out)[i] = (T)q; break;
  for (size_t i = begin; i < end; i++) {
    int64_t q = 0;
    FOR_TYPE(j->in_type, READ)
    q = clamped(to, dequantized(from, q, j->in_min, j->in_max), j->out_min, j->out_max);
    FOR_TYPE(j->out_type, WRITE)
  }
}

void jk_requantize(int in_type, int out_type, const void *in, void *out, size_t n, float in_min,
                   float in_max, float out_min, float out_max) {
  requantize_job j = {in_type, out_type, in, out, in_min, in_max, out_min, out_max};
  jk_parallel_for(n, 16384, requantize_part, &j);
}

JK_PUBLIC_CLONES(void, jk_min_max_i32, (const int32_t *in, size_t n, int32_t *low, int32_t *high),
                 (in, n, low, high)) {
  int32_t a = INT32_MAX, b = INT32_MIN;
  for (size_t i = 0; i < n; i++) {
    a = in[i] < a ? in[i] : a;
    b = in[i] > b ? in[i] : b;
  }
  *low = a;
  *high = b;
}

typedef struct {
  int dtype;
  const void *in;
  void *out;
  int64_t low, high;
} clamp_job;

JK_PART(clamp_part) {
  clamp_job *j = context;
#define CLAMP(tag, T)                                                  \
  case tag: {                                                          \
    const T *a = j->in;                                                \
    T *o = j->out, low = (T)j->low, high = (T)j->high;                 \
    for (size_t i = begin; i < end; i++) {                             \
      T x = a[i] > low ? a[i] : low;                                   \
      o[i] = x < high ? x : high;                                      \
    }                                                                  \
    break;                                                             \
  }
  FOR_TYPE(j->dtype, CLAMP)
}

void jk_quantized_clamp(int dtype, const void *in, void *out, size_t n, int64_t low, int64_t high) {
  clamp_job j = {dtype, in, out, low, high};
  jk_parallel_for(n, 65536, clamp_part, &j);
}

// Both operands are quint8, so a sum needs each operand's 256 values in the output's range.
JK_LOOP(u8, add_loop) {
  const jk_quantized_binary *p = params;
  const u8 *a = in[0], *b = in[1];
  size_t step_a = scalar[0] ? 0 : 1, step_b = scalar[1] ? 0 : 1;
  i32 *o = out;
  for (size_t i = 0; i < n; i++)
    o[i] = (i32)((u32)p->table_x[a[i * step_a]] + (u32)p->table_y[b[i * step_b]]);
  return 0;
}
jk_loop jk_quantized_add(void) { return add_loop; }

JK_LOOP(u8, mul_loop) {
  const jk_quantized_binary *p = params;
  const u8 *a = in[0], *b = in[1];
  size_t step_a = scalar[0] ? 0 : 1, step_b = scalar[1] ? 0 : 1;
  i32 *o = out;
  for (size_t i = 0; i < n; i++)
    o[i] = (i32)(((u32)a[i * step_a] - (u32)p->zero_x) * ((u32)b[i * step_b] - (u32)p->zero_y));
  return 0;
}
jk_loop jk_quantized_mul(void) { return mul_loop; }
