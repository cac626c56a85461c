#include "loops.h"

// Convolutions of the dtypes that oneDNN is not used for, and small ones. Units of work are pixels
// or filter rows.

typedef struct {
  const jk_window *window;
  const void *a, *b;
  void *out;
} conv_job;

enum { LANES = 128 };

#define PART JK_PART
#define T f32
#define A float
#define GET GET_id
#define SET SET_id
#define F(name) name##_f32
#include "nn_conv_loops.h"
#define T f64
#define A double
#define GET GET_id
#define SET SET_id
#define F(name) name##_f64
#include "nn_conv_loops.h"
#define T f16
#define A float
#define GET GET_f16
#define SET SET_f16
#define F(name) name##_f16
#include "nn_conv_loops.h"
#define T bf16
#define A float
#define GET GET_bf16
#define SET SET_bf16
#define F(name) name##_bf16
#include "nn_conv_loops.h"
#define T u32
#define A u32
#define GET GET_id
#define SET SET_id
#define F(name) name##_i32
#include "nn_conv_loops.h"

static size_t grain(double per_unit) {
  return per_unit >= 65536 ? 1 : (size_t)(65536 / (per_unit + 1)) + 1;
}

#define BY_DTYPE(name)                                                  \
  switch (dtype) {                                                      \
    case JK_F32: jk_parallel_for(units, step, name##_f32, &job); break; \
    case JK_F64: jk_parallel_for(units, step, name##_f64, &job); break; \
    case JK_F16: jk_parallel_for(units, step, name##_f16, &job); break; \
    case JK_BF16: jk_parallel_for(units, step, name##_bf16, &job); break; \
    case JK_I32: jk_parallel_for(units, step, name##_i32, &job); break; \
  }

static double taps(const jk_window *s) {
  return (double)(s->kernel[0] * s->kernel[1] * s->kernel[2]);
}

void jk_conv_forward(int dtype, const jk_window *s, const void *x, const void *filter, void *y) {
  conv_job job = {s, x, filter, y};
  size_t units = (size_t)(s->batch * s->out[0] * s->out[1] * s->out[2]);
  size_t step = grain(taps(s) * (double)(s->in_channels / s->groups * s->out_channels));
  BY_DTYPE(forward)
}

void jk_conv_input_gradient(int dtype, const jk_window *s, void *dx, const void *filter,
                            const void *dy) {
  conv_job job = {s, filter, dy, dx};
  size_t units = (size_t)(s->batch * s->in[0] * s->in[1] * s->in[2]);
  size_t step = grain(taps(s) * (double)(s->in_channels / s->groups * s->out_channels));
  BY_DTYPE(input_gradient)
}

void jk_conv_filter_gradient(int dtype, const jk_window *s, const void *x, void *dfilter,
                             const void *dy) {
  conv_job job = {s, x, dy, dfilter};
  size_t units = (size_t)(taps(s) * (double)s->in_channels);
  double pixels = (double)(s->batch * s->out[0] * s->out[1] * s->out[2]);
  size_t step = grain(pixels * (double)(s->out_channels / s->groups));
  BY_DTYPE(filter_gradient)
}
