// Floats that behave as if they were quantised.
#include "loops.h"

// A product and a sum are rounded one after the other, as the steps are defined; fused, ties would
// fall otherwise.
#pragma STDC FP_CONTRACT OFF

typedef struct {
  const float *grads, *in;
  float *out;
  size_t channels, inner;
  const jk_fake_quant *ranges;
} fake_job;

JK_PART(apply_part) {
  fake_job *j = context;
  for (size_t i = begin; i < end;) {
    size_t r = i / j->inner, stop = (r + 1) * j->inner < end ? (r + 1) * j->inner : end;
    jk_fake_quant q = j->ranges[r % j->channels];
    const float *a = j->in;
    float *o = j->out;
    if (q.empty) {
      for (; i < stop; i++) o[i] = 0;
      continue;
    }
    float inverse = 1 / q.scale, zero = floorf(-q.min * inverse + 0.5f);
    for (; i < stop; i++) {
      // To the upper end first: where the ends are the wrong way round, the lower one counts.
      float x = a[i] > q.max ? q.max : a[i];
      x = x < q.min ? q.min : x;
      o[i] = floorf((x - q.min) * inverse - zero + 0.5f) * q.scale;
    }
  }
}

// Channel r % channels has the runs of `inner` elements numbered r.
void jk_fake_quant_apply(const float *in, float *out, size_t outer, size_t channels, size_t inner,
                         const jk_fake_quant *ranges) {
  fake_job j = {0, in, out, channels, inner, ranges};
  jk_parallel_for(outer * channels * inner, 32768, apply_part, &j);
}

JK_PUBLIC_CLONES(void, jk_fake_quant_grad, (const float *grads, const float *in, float *out,
                                            float *min_grad, float *max_grad, size_t outer,
                                            size_t channels, size_t inner,
                                            const jk_fake_quant *ranges),
                 (grads, in, out, min_grad, max_grad, outer, channels, inner, ranges)) {
  for (size_t c = 0; c < channels; c++) {
    jk_fake_quant q = ranges[c];
    double below = 0, above = 0;
    for (size_t r = 0; r < outer; r++) {
      size_t start = (r * channels + c) * inner;
      for (size_t i = start; i < start + inner; i++) {
        bool inside = q.empty || (in[i] >= q.min && in[i] <= q.max);
        out[i] = inside ? grads[i] : 0;
        if (q.empty) continue;
        below += in[i] < q.min ? grads[i] : 0;
        above += in[i] > q.max ? grads[i] : 0;
      }
    }
    if (min_grad) min_grad[c] = (float)below;
    if (max_grad) max_grad[c] = (float)above;
  }
}

typedef struct {
  int dtype, rounding;
  const void *in;
  void *out;
  const jk_slices *s;
  const jk_grid *grids;
} grid_job;

JK_PART(grid_part) {
  grid_job *j = context;
  size_t inner = (size_t)j->s->inner;
#define SNAP(tag, T, RINT, FLOOR)                                                         \
  case tag:                                                                               \
    for (size_t i = begin; i < end;) {                                                    \
      size_t r = i / inner, stop = (r + 1) * inner < end ? (r + 1) * inner : end;         \
      jk_grid g = j->grids[r % (size_t)j->s->slices];                                     \
      const T *a = (const T *)j->in;                                                      \
      T *o = (T *)j->out, low = (T)g.low, high = (T)g.high;                               \
      T scale = (T)g.scale, inverse = (T)g.inverse;                                       \
      for (; i < stop; i++) {                                                             \
        T x = a[i] < low ? low : a[i] > high ? high : a[i];                               \
        x *= scale;                                                                       \
        x = j->rounding == JK_ROUND_EVEN ? RINT(x) : FLOOR(x + (T)0.5);                   \
        o[i] = x * inverse;                                                               \
      }                                                                                   \
    }                                                                                     \
    break;
  switch (j->dtype) {
    SNAP(JK_F32, f32, rintf, floorf)
    SNAP(JK_F64, f64, rint, floor)
  }
}

void jk_snap_to_grid(int dtype, const void *in, void *out, const jk_slices *s, const jk_grid *grids,
                     int rounding) {
  grid_job j = {dtype, rounding, in, out, s, grids};
  jk_parallel_for((size_t)(s->outer * s->slices * s->inner), 32768, grid_part, &j);
}

JK_PUBLIC_CLONES(void, jk_slice_ranges, (int dtype, const void *in, const jk_slices *s, double *low,
                                         double *high),
                 (dtype, in, s, low, high)) {
  size_t inner = (size_t)s->inner, slices = (size_t)s->slices;
#define RANGES(tag, T)                                                   \
  case tag:                                                              \
    for (size_t c = 0; c < slices; c++) {                                \
      T a = (T)INFINITY, b = (T)-INFINITY;                               \
      for (size_t r = 0; r < (size_t)s->outer; r++) {                    \
        const T *x = (const T *)in + (r * slices + c) * inner;           \
        for (size_t i = 0; i < inner; i++) {                             \
          a = x[i] < a ? x[i] : a;                                       \
          b = x[i] > b ? x[i] : b;                                       \
        }                                                                \
      }                                                                  \
      low[c] = a, high[c] = b;                                           \
    }                                                                    \
    break;
  switch (dtype) {
    RANGES(JK_F32, f32)
    RANGES(JK_F64, f64)
  }
}

void jk_snap_grad(int dtype, const void *grads, const void *in, void *out, const jk_slices *s,
                  const void *low, const void *high) {
  size_t inner = (size_t)s->inner, slices = (size_t)s->slices, runs = (size_t)s->outer * slices;
#define SNAP_GRAD(tag, T)                                                         \
  case tag:                                                                       \
    for (size_t r = 0; r < runs; r++) {                                           \
      T a = ((const T *)low)[r % slices], b = ((const T *)high)[r % slices];      \
      for (size_t k = r * inner; k < (r + 1) * inner; k++) {                      \
        T x = ((const T *)in)[k];                                                 \
        ((T *)out)[k] = x >= a && x <= b ? ((const T *)grads)[k] : 0;             \
      }                                                                           \
    }                                                                             \
    break;
  switch (dtype) {
    SNAP_GRAD(JK_F32, f32)
    SNAP_GRAD(JK_F64, f64)
  }
}
