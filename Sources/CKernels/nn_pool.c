#include "loops.h"

#include <float.h>
#include <stdatomic.h>

// Pooling, dilation and patches. Units of work are output pixels, images or channels.

enum { LANES = 64 };
enum { ARGMAX, SCATTER, TO_FILTER };

typedef struct {
  const jk_window *window;
  const void *a, *b, *c;
  void *out, *argmax;
  int use, wide, include_batch;
} pool_job;

typedef struct {
  const void *positions, *dy;
  void *dx;
  int64_t per_image, dx_per_image;
  int wide, include_batch;
  atomic_int outside;
} scatter_job;

typedef struct {
  const jk_fractional *f;
  const int64_t *rows, *cols;
  const void *x, *dy;
  void *out;
  int gradient, average;
} fractional_job;

typedef struct {
  const jk_window *window;
  const void *x, *filter, *dy;
  void *out;
  int use;
} dilation_job;

JK_INLINE void store_index(const pool_job *job, int64_t at, int64_t index) {
  if (job->wide)
    ((int64_t *)job->argmax)[at] = index;
  else
    ((int32_t *)job->argmax)[at] = (int32_t)index;
}

#define AVERAGES
#define PART JK_PART
#define T f32
#define A float
#define GET GET_id
#define SET SET_id
#define LOWEST -FLT_MAX
#define F(name) name##_f32
#include "nn_pool_loops.h"
#define T f64
#define A double
#define GET GET_id
#define SET SET_id
#define LOWEST -DBL_MAX
#define F(name) name##_f64
#include "nn_pool_loops.h"
#define T f16
#define A float
#define GET GET_f16
#define SET SET_f16
#define LOWEST -65504.0f
#define F(name) name##_f16
#include "nn_pool_loops.h"
#define T bf16
#define A float
#define GET GET_bf16
#define SET SET_bf16
#define LOWEST -3.38953139e38f
#define F(name) name##_bf16
#include "nn_pool_loops.h"
#undef AVERAGES
// Integers add as unsigned numbers do, and are compared as what they are.
#undef PART
#define PART(name) static void name(void *context, size_t begin, size_t end)
#define GET GET_id
#define T i8
#define A i64
#define SET(v) (i8)(v)
#define LOWEST INT8_MIN
#define F(name) name##_i8
#include "nn_pool_loops.h"
#define GET GET_id
#define T i16
#define A i64
#define SET(v) (i16)(v)
#define LOWEST INT16_MIN
#define F(name) name##_i16
#include "nn_pool_loops.h"
#define GET GET_id
#define T i32
#define A i64
#define SET(v) (i32)(v)
#define LOWEST INT32_MIN
#define F(name) name##_i32
#include "nn_pool_loops.h"
#define GET GET_id
#define T u8
#define A i64
#define SET(v) (u8)(v)
#define LOWEST 0
#define F(name) name##_u8
#include "nn_pool_loops.h"
#define GET GET_id
#define T u16
#define A i64
#define SET(v) (u16)(v)
#define LOWEST 0
#define F(name) name##_u16
#include "nn_pool_loops.h"
#define GET GET_id
#define T u32
#define A i64
#define SET(v) (u32)(v)
#define LOWEST 0
#define F(name) name##_u32
#include "nn_pool_loops.h"
#define GET GET_id
#define T i64
#define A __int128
#define SET(v) (i64)(v)
#define LOWEST INT64_MIN
#define F(name) name##_i64
#include "nn_pool_loops.h"
#define GET GET_id
#define T u64
#define A __int128
#define SET(v) (u64)(v)
#define LOWEST 0
#define F(name) name##_u64
#include "nn_pool_loops.h"

#define FLOATS(name)             \
  case JK_F32: f = name##_f32; break; \
  case JK_F64: f = name##_f64; break; \
  case JK_F16: f = name##_f16; break; \
  case JK_BF16: f = name##_bf16; break;
#define INTEGERS(name)           \
  case JK_I8: f = name##_i8; break;   \
  case JK_I16: f = name##_i16; break; \
  case JK_I32: f = name##_i32; break; \
  case JK_I64: f = name##_i64; break; \
  case JK_U8: f = name##_u8; break;   \
  case JK_U16: f = name##_u16; break; \
  case JK_U32: f = name##_u32; break; \
  case JK_U64: f = name##_u64; break;

typedef void (*body)(void *, size_t, size_t);

static int64_t out_pixels(const jk_window *s) { return s->out[0] * s->out[1] * s->out[2]; }
static int64_t in_pixels(const jk_window *s) { return s->in[0] * s->in[1] * s->in[2]; }
static size_t grain(const jk_window *s) {
  double cost = (double)(s->kernel[0] * s->kernel[1] * s->kernel[2]) * (double)s->in_channels;
  return (size_t)(131072 / (cost + 1)) + 1;
}

void jk_max_pool(int dtype, const jk_window *s, const void *x, void *y) {
  pool_job job = {.window = s, .a = x, .out = y};
  body f = 0;
  switch (dtype) { FLOATS(max_pool) INTEGERS(max_pool) }
  if (f) jk_parallel_for((size_t)(s->batch * out_pixels(s)), grain(s), f, &job);
}

static void arg_pool(int dtype, pool_job *job) {
  body f = 0;
  switch (dtype) { FLOATS(arg_pool) INTEGERS(arg_pool) }
  double cost = (double)(out_pixels(job->window) * job->window->in_channels);
  if (f) jk_parallel_for((size_t)job->window->batch, (size_t)(16384 / (cost + 1)) + 1, f, job);
}

void jk_max_pool_argmax(int dtype, const jk_window *s, const void *x, void *y, void *argmax,
                        int index_dtype, int include_batch) {
  pool_job job = {.window = s,
                  .a = x,
                  .out = y,
                  .argmax = argmax,
                  .use = ARGMAX,
                  .wide = index_dtype == JK_I64,
                  .include_batch = include_batch};
  arg_pool(dtype, &job);
}

void jk_max_pool_gradient(int dtype, const jk_window *s, const void *x, const void *dy, void *dx) {
  pool_job job = {.window = s, .a = x, .b = dy, .out = dx, .use = SCATTER};
  arg_pool(dtype, &job);
}

void jk_max_pool_gradient_of_ties(int dtype, const jk_window *s, const void *x, const void *y,
                                  const void *dy, void *dx) {
  pool_job job = {.window = s, .a = x, .b = dy, .c = y, .out = dx};
  body f = 0;
  switch (dtype) { FLOATS(ties_gradient) }
  double cost = (double)(out_pixels(s) * s->in_channels);
  if (f) jk_parallel_for((size_t)s->batch, (size_t)(16384 / (cost + 1)) + 1, f, &job);
}

void jk_max_pool_in_order(int dtype, const jk_window *s, const void *x, void *y) {
  pool_job job = {.window = s, .a = x, .out = y};
  body f = 0;
  switch (dtype) { FLOATS(max_pool_in_order) }
  if (f) jk_parallel_for((size_t)(s->batch * out_pixels(s)), grain(s), f, &job);
}

void jk_max_pool_gather(int dtype, const jk_window *s, const void *x, const void *y,
                        const void *grad, void *out) {
  pool_job job = {.window = s, .a = x, .b = grad, .c = y, .out = out};
  body f = 0;
  switch (dtype) { FLOATS(gather_at_max) INTEGERS(gather_at_max) }
  if (f) jk_parallel_for((size_t)(s->batch * out_pixels(s)), grain(s), f, &job);
}

void jk_avg_pool(int dtype, const jk_window *s, const void *x, void *y) {
  pool_job job = {.window = s, .a = x, .out = y};
  body f = 0;
  switch (dtype) { FLOATS(avg_pool) }
  if (f) jk_parallel_for((size_t)(s->batch * out_pixels(s)), grain(s), f, &job);
}

void jk_avg_pool_gradient(int dtype, const jk_window *s, const void *dy, void *dx) {
  pool_job job = {.window = s, .a = dy, .out = dx};
  body f = 0;
  switch (dtype) { FLOATS(avg_gradient) }
  if (f) jk_parallel_for((size_t)(s->batch * in_pixels(s)), grain(s), f, &job);
}

int jk_scatter_add(int dtype, int index_dtype, int64_t images, int64_t per_image,
                   int64_t dx_per_image, int include_batch, const void *positions, const void *dy,
                   void *dx) {
  scatter_job job = {.positions = positions,
                     .dy = dy,
                     .dx = dx,
                     .per_image = per_image,
                     .dx_per_image = dx_per_image,
                     .wide = index_dtype == JK_I64,
                     .include_batch = include_batch};
  body f = 0;
  switch (dtype) { FLOATS(scatter_add) INTEGERS(scatter_add) }
  if (f) jk_parallel_for((size_t)images, (size_t)(16384 / (per_image + 1)) + 1, f, &job);
  return atomic_load(&job.outside);
}

static void fractional(int dtype, fractional_job *job) {
  body f = 0;
  switch (dtype) { FLOATS(fractional) INTEGERS(fractional) }
  const jk_fractional *s = job->f;
  if (f)
    jk_parallel_for((size_t)(s->batch * s->channels),
                    (size_t)(32768 / (s->height * s->width + 1)) + 1, f, job);
}

void jk_fractional_pool(int dtype, int average, const jk_fractional *f, const int64_t *rows,
                        const int64_t *cols, const void *x, void *y) {
  fractional_job job = {.f = f, .rows = rows, .cols = cols, .x = x, .out = y, .average = average};
  fractional(dtype, &job);
}

void jk_fractional_pool_gradient(int dtype, int average, const jk_fractional *f,
                                 const int64_t *rows, const int64_t *cols, const void *x,
                                 const void *dy, void *dx) {
  fractional_job job = {.f = f,
                        .rows = rows,
                        .cols = cols,
                        .x = x,
                        .dy = dy,
                        .out = dx,
                        .gradient = 1,
                        .average = average};
  fractional(dtype, &job);
}

static void dilation(int dtype, dilation_job *job) {
  body f = 0;
  switch (dtype) { FLOATS(dilation) INTEGERS(dilation) }
  const jk_window *s = job->window;
  double cost = (double)(s->batch * out_pixels(s)) * (double)(s->kernel[1] * s->kernel[2]);
  if (f) jk_parallel_for((size_t)s->in_channels, (size_t)(32768 / (cost + 1)) + 1, f, job);
}

void jk_dilation(int dtype, const jk_window *s, const void *x, const void *filter, void *y) {
  dilation_job job = {.window = s, .x = x, .filter = filter, .out = y, .use = ARGMAX};
  dilation(dtype, &job);
}

void jk_dilation_gradient(int dtype, int to_filter, const jk_window *s, const void *x,
                          const void *filter, const void *dy, void *gradient) {
  dilation_job job = {.window = s, .x = x, .filter = filter, .dy = dy, .out = gradient,
                      .use = to_filter ? TO_FILTER : SCATTER};
  dilation(dtype, &job);
}

typedef struct {
  const jk_window *window;
  const char *x;
  char *y;
  size_t size;
} patches_job;

static void patches(void *context, size_t begin, size_t end) {
  const patches_job *job = context;
  const jk_window *s = job->window;
  size_t row = (size_t)s->in_channels * job->size;
  size_t taps = (size_t)(s->kernel[0] * s->kernel[1] * s->kernel[2]);
  char *out = job->y + begin * taps * row;
  for (size_t at = begin; at < end; at++) {
    int64_t rest = (int64_t)at, o2 = rest % s->out[2], o1 = (rest /= s->out[2]) % s->out[1];
    int64_t o0 = (rest /= s->out[1]) % s->out[0], n = rest / s->out[0];
    const char *image = job->x + (size_t)(n * s->in[0] * s->in[1] * s->in[2]) * row;
    for (int64_t k0 = 0; k0 < s->kernel[0]; k0++)
      for (int64_t k1 = 0; k1 < s->kernel[1]; k1++)
        for (int64_t k2 = 0; k2 < s->kernel[2]; k2++, out += row) {
          int64_t i0 = o0 * s->stride[0] - s->pad_before[0] + k0 * s->dilation[0];
          int64_t i1 = o1 * s->stride[1] - s->pad_before[1] + k1 * s->dilation[1];
          int64_t i2 = o2 * s->stride[2] - s->pad_before[2] + k2 * s->dilation[2];
          if (i0 < 0 || i0 >= s->in[0] || i1 < 0 || i1 >= s->in[1] || i2 < 0 || i2 >= s->in[2])
            memset(out, 0, row);
          else
            memcpy(out, image + (size_t)((i0 * s->in[1] + i1) * s->in[2] + i2) * row, row);
        }
  }
}

void jk_patches(int64_t size, const jk_window *s, const void *x, void *y) {
  patches_job job = {s, x, y, (size_t)size};
  jk_parallel_for((size_t)(s->batch * out_pixels(s)), grain(s), patches, &job);
}
