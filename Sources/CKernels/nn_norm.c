#include "loops.h"

#include <complex.h>

// Bias, activation after a bias, and batch normalisation, over [outer, channels, inner].

enum { BLOCK = 16 };
// As in jk_dnnl.h.
enum {
  NONE, RELU, RELU6, ELU, SIGMOID, TANH, SWISH, GELU_TANH, GELU_ERF, SOFTPLUS, HARD_SWISH,
  LEAKY_RELU
};

typedef struct {
  const void *a, *b;
  void *out;
  int64_t outer, channels, inner;
} norm_job;

#define PART JK_PART
#define T f32
#define A float
#define S double
#define GET GET_id
#define SET SET_id
#define F(name) name##_f32
#include "nn_norm_loops.h"
#define T f64
#define A double
#define S double
#define GET GET_id
#define SET SET_id
#define F(name) name##_f64
#include "nn_norm_loops.h"
#define T f16
#define A float
#define S double
#define GET GET_f16
#define SET SET_f16
#define F(name) name##_f16
#include "nn_norm_loops.h"
#define T bf16
#define A float
#define S double
#define GET GET_bf16
#define SET SET_bf16
#define F(name) name##_bf16
#include "nn_norm_loops.h"
// Signed and unsigned integers add alike.
#undef PART
#define PART(name) static void name(void *context, size_t begin, size_t end)
#define T u8
#define A u8
#define S u8
#define GET GET_id
#define SET(v) (u8)(v)
#define F(name) name##_i8
#include "nn_norm_loops.h"
#define T u16
#define A u16
#define S u32
#define GET GET_id
#define SET(v) (u16)(v)
#define F(name) name##_i16
#include "nn_norm_loops.h"
#define T u32
#define A u32
#define S u32
#define GET GET_id
#define SET SET_id
#define F(name) name##_i32
#include "nn_norm_loops.h"
#define T u64
#define A u64
#define S u64
#define GET GET_id
#define SET SET_id
#define F(name) name##_i64
#include "nn_norm_loops.h"
#define T c64
#define A c64
#define S c128
#define GET GET_id
#define SET SET_id
#define F(name) name##_c64
#include "nn_norm_loops.h"
#define T c128
#define A c128
#define S c128
#define GET GET_id
#define SET SET_id
#define F(name) name##_c128
#include "nn_norm_loops.h"

typedef void (*body)(void *, size_t, size_t);

#define PICK(name)                               \
  body f = 0;                                    \
  switch (dtype) {                               \
    case JK_F32: f = name##_f32; break;          \
    case JK_F64: f = name##_f64; break;          \
    case JK_F16: f = name##_f16; break;          \
    case JK_BF16: f = name##_bf16; break;        \
    case JK_I8: case JK_U8: f = name##_i8; break;    \
    case JK_I16: case JK_U16: f = name##_i16; break; \
    case JK_I32: case JK_U32: f = name##_i32; break; \
    case JK_I64: case JK_U64: f = name##_i64; break; \
    case JK_C64: f = name##_c64; break;          \
    case JK_C128: f = name##_c128; break;        \
  }

static size_t grain(int64_t cost) { return (size_t)(65536 / (cost + 1)) + 1; }

void jk_bias_add(int dtype, int64_t outer, int64_t channels, int64_t inner, const void *x,
                 const void *bias, void *y) {
  norm_job job = {x, bias, y, outer, channels, inner};
  PICK(bias)
  if (f) jk_parallel_for((size_t)outer, grain(channels * inner), f, &job);
}

void jk_bias_add_gradient(int dtype, int64_t outer, int64_t channels, int64_t inner, const void *dy,
                          void *dbias) {
  norm_job job = {dy, 0, dbias, outer, channels, inner};
  PICK(bias_gradient)
  if (f)
    jk_parallel_for((size_t)((channels + BLOCK - 1) / BLOCK), grain(outer * inner * BLOCK), f,
                    &job);
}

// Activations that have no loop of their own.
#define ACTIVATE(R, name, EXP, TANH_, ERF, LOG1P)                                          \
  static R name(R v, int activation, R alpha) {                                            \
    switch (activation) {                                                                  \
      case SWISH:                                                                          \
        return v / (1 + EXP(-alpha * v));                                                  \
      case GELU_TANH:                                                                      \
        return v / 2 * (1 + TANH_((R)0.7978845608028654 * (v + (R)0.044715 * v * v * v))); \
      case GELU_ERF:                                                                       \
        return v / 2 * (1 + ERF(v * (R)0.7071067811865476));                               \
      case SOFTPLUS:                                                                       \
        return v > 0 ? v + LOG1P(EXP(-v)) : LOG1P(EXP(v));                                 \
      case HARD_SWISH:                                                                     \
        return v * (v + 3 < 0 ? 0 : v + 3 > 6 ? 6 : v + 3) / 6;                            \
    }                                                                                      \
    return v;                                                                              \
  }
ACTIVATE(float, activate_f32, expf, tanhf, erff, log1pf)
ACTIVATE(double, activate_f64, exp, tanh, erf, log1p)

// The loop of the op that is the activation by itself, so that its results are the same.
static jk_loop activation_loop(int activation, int dtype) {
  switch (activation) {
    case RELU: return jk_relu(dtype);
    case RELU6: return jk_relu6(dtype);
    case ELU: return jk_elu(dtype);
    case SIGMOID: return jk_sigmoid(dtype);
    case TANH: return jk_tanh(dtype);
    case LEAKY_RELU: return jk_leaky_relu(dtype);
  }
  return NULL;
}

typedef struct {
  int dtype, activation, size;
  float alpha;
  jk_loop loop;
  int64_t channels, inner;
  void *y;
  const void *bias, *residual;
} activation_job;

#define ADD_LOOP(T, A, GET, SET)                                                              \
  for (size_t i = begin; i < end; i++) {                                                      \
    A v = GET(((T *)job->y)[i]);                                                              \
    if (job->bias)                                                                            \
      v = GET(SET(v + GET(((const T *)job->bias)[(int64_t)i / job->inner % job->channels]))); \
    if (job->residual) v = GET(SET(v + GET(((const T *)job->residual)[i])));                  \
    ((T *)job->y)[i] = SET(v);                                                                \
  }
#define ACTIVATION_LOOP(T, A, GET, SET, name) \
  for (size_t i = begin; i < end; i++)        \
    ((T *)job->y)[i] = SET(name(GET(((T *)job->y)[i]), job->activation, (A)job->alpha));

static void epilogue(void *context, size_t begin, size_t end) {
  const activation_job *job = context;
  if (job->bias || job->residual) switch (job->dtype) {
      case JK_F32: ADD_LOOP(f32, float, GET_id, SET_id) break;
      case JK_F64: ADD_LOOP(f64, double, GET_id, SET_id) break;
      case JK_F16: ADD_LOOP(f16, float, GET_f16, SET_f16) break;
      case JK_BF16: ADD_LOOP(bf16, float, GET_bf16, SET_bf16) break;
    }
  if (job->loop) {
    char *y = (char *)job->y + begin * (size_t)job->size;
    const void *in = y;
    int scalar = 0;
    job->loop(&in, y, end - begin, &scalar, &job->alpha);
    return;
  }
  if (job->activation != NONE) switch (job->dtype) {
      case JK_F32: ACTIVATION_LOOP(f32, float, GET_id, SET_id, activate_f32) break;
      case JK_F64: ACTIVATION_LOOP(f64, double, GET_id, SET_id, activate_f64) break;
      case JK_F16: ACTIVATION_LOOP(f16, float, GET_f16, SET_f16, activate_f32) break;
      case JK_BF16: ACTIVATION_LOOP(bf16, float, GET_bf16, SET_bf16, activate_f32) break;
    }
}

void jk_epilogue(int dtype, int64_t count, int64_t channels, int64_t inner, void *y,
                 const void *bias, const void *residual, int activation, float alpha) {
  int size = dtype == JK_F64 ? 8 : dtype == JK_F32 ? 4 : 2;
  activation_job job = {dtype,    activation, size, alpha, activation_loop(activation, dtype),
                        channels, inner,      y,    bias,  residual};
  jk_parallel_for((size_t)count, 16384, epilogue, &job);
}

typedef struct {
  int dtype, activation, training;
  int64_t outer, channels, inner;
  const void *x, *side, *dy;
  const float *scale, *offset, *mean, *variance;
  float epsilon;
  void *y;
  float *out_a, *out_b;
} batch_job;

// One row of consecutive elements that share a channel (step 0) or go through the channels (step
// 1).
#define NORM_ROW(T, GET, SET)                                                               \
  {                                                                                         \
    const T *x = (const T *)job->x + at, *side = job->side ? (const T *)job->side + at : 0; \
    T *y = (T *)job->y + at;                                                                \
    if (!side && job->activation == NONE) {                                                 \
      if (step)                                                                             \
        JK_VECTOR for (int64_t i = 0; i < n; i++) y[i] =                                    \
            SET((GET(x[i]) - mean[i]) * factor[i] + offset[i]);                             \
      else                                                                                  \
        JK_VECTOR for (int64_t i = 0; i < n; i++) y[i] =                                    \
            SET((GET(x[i]) - mean[0]) * factor[0] + offset[0]);                             \
    } else {                                                                                \
      for (int64_t i = 0; i < n; i++) {                                                     \
        float v = (GET(x[i]) - mean[i * step]) * factor[i * step] + offset[i * step];       \
        if (side) v += GET(side[i]);                                                        \
        y[i] = SET(job->activation == RELU && v <= 0 ? 0 : v);                            \
      }                                                                                     \
    }                                                                                       \
  }

JK_CLONES(void, norm_row, (const batch_job *job, int64_t at, int64_t n, int64_t step,
                           const float *mean, const float *factor, const float *offset),
          (job, at, n, step, mean, factor, offset)) {
  switch (job->dtype) {
    case JK_F32: NORM_ROW(f32, GET_id, SET_id) break;
    case JK_F16: NORM_ROW(f16, GET_f16, SET_f16) break;
    case JK_BF16: NORM_ROW(bf16, GET_bf16, SET_bf16) break;
  }
}

static void batch_norm(void *context, size_t begin, size_t end) {
  const batch_job *job = context;
  int64_t channels = job->channels, inner = job->inner;
  if (inner != 1) {
    for (size_t plane = begin; plane < end; plane++) {
      int64_t c = (int64_t)plane % channels;
      float factor = job->scale[c] / sqrtf(job->variance[c] + job->epsilon);
      norm_row(job, (int64_t)plane * inner, inner, 0, job->mean + c, &factor, job->offset + c);
    }
    return;
  }
  float factor[256];
  for (int64_t from = 0; from < channels; from += 256) {
    int64_t n = channels - from < 256 ? channels - from : 256;
    for (int64_t c = 0; c < n; c++)
      factor[c] = job->scale[from + c] / sqrtf(job->variance[from + c] + job->epsilon);
    for (size_t row = begin; row < end; row++)
      norm_row(job, (int64_t)row * channels + from, n, 1, job->mean + from, factor,
               job->offset + from);
  }
}

void jk_batch_norm(int dtype, int64_t outer, int64_t channels, int64_t inner, const void *x,
                   const float *scale, const float *offset, const float *mean,
                   const float *variance, float epsilon, const void *side, int activation,
                   void *y) {
  batch_job job = {.dtype = dtype,
                   .activation = activation,
                   .outer = outer,
                   .channels = channels,
                   .inner = inner,
                   .x = x,
                   .side = side,
                   .scale = scale,
                   .offset = offset,
                   .mean = mean,
                   .variance = variance,
                   .epsilon = epsilon,
                   .y = y};
  if (inner == 1)
    jk_parallel_for((size_t)outer, grain(channels), batch_norm, &job);
  else
    jk_parallel_for((size_t)(outer * channels), grain(inner), batch_norm, &job);
}

// Two passes, so that a mean far from zero costs no digits.
#define MOMENTS(T, GET)                                                                     \
  for (int pass = 0; pass < 2; pass++) {                                                    \
    for (int64_t c = 0; c < lanes; c++) sum[c] = 0;                                         \
    for (int64_t n = 0; n < job->outer; n++) {                                              \
      const T *row = (const T *)job->x + (n * channels + from) * inner;                     \
      if (inner == 1) {                                                                     \
        if (pass == 0)                                                                      \
          for (int64_t c = 0; c < lanes; c++) sum[c] += (double)GET(row[c]);                \
        else                                                                                \
          for (int64_t c = 0; c < lanes; c++) {                                             \
            double d = (double)GET(row[c]) - mean[c];                                       \
            sum[c] += d * d;                                                                \
          }                                                                                 \
      } else {                                                                              \
        for (int64_t c = 0; c < lanes; c++)                                                 \
          for (int64_t i = 0; i < inner; i++) {                                             \
            double d = (double)GET(row[c * inner + i]) - (pass ? mean[c] : 0);              \
            sum[c] += pass ? d * d : d;                                                     \
          }                                                                                 \
      }                                                                                     \
    }                                                                                       \
    for (int64_t c = 0; c < lanes; c++)                                                     \
      if (pass == 0) job->out_a[from + c] = (float)(mean[c] = sum[c] / count);              \
      else job->out_b[from + c] = (float)(sum[c] / count);                                  \
  }

JK_PART(moments) {
  const batch_job *job = context;
  int64_t channels = job->channels, inner = job->inner;
  int64_t to = (int64_t)end * BLOCK < channels ? (int64_t)end * BLOCK : channels;
  double count = (double)(job->outer * inner), sum[BLOCK], mean[BLOCK];
  for (int64_t from = (int64_t)begin * BLOCK; from < to; from += BLOCK) {
    int64_t lanes = to - from < BLOCK ? to - from : BLOCK;
    switch (job->dtype) {
      case JK_F32: MOMENTS(f32, GET_id) break;
      case JK_F16: MOMENTS(f16, GET_f16) break;
      case JK_BF16: MOMENTS(bf16, GET_bf16) break;
    }
  }
}

void jk_moments(int dtype, int64_t outer, int64_t channels, int64_t inner, const void *x,
                float *mean, float *variance) {
  batch_job job = {.dtype = dtype,
                   .outer = outer,
                   .channels = channels,
                   .inner = inner,
                   .x = x,
                   .out_a = mean,
                   .out_b = variance};
  jk_parallel_for((size_t)((channels + BLOCK - 1) / BLOCK), grain(outer * inner * BLOCK), moments,
                  &job);
}

// First the sums of dy and of dy times the normalised x, then the input's gradient, which those
// sums enter in training.
#define NORM_GRADIENT(T, GET, SET)                                                     \
  for (int64_t c = 0; c < lanes; c++) {                                                \
    rstd[c] = 1 / sqrt((double)job->variance[from + c] + job->epsilon);                \
    mean[c] = job->mean[from + c], ddy[c] = dxhat[c] = 0;                              \
  }                                                                                    \
  for (int64_t n = 0; n < job->outer; n++) {                                           \
    const T *x = (const T *)job->x + (n * channels + from) * inner;                    \
    const T *dy = (const T *)job->dy + (n * channels + from) * inner;                  \
    for (int64_t c = 0; c < lanes; c++)                                                \
      for (int64_t i = 0; i < inner; i++) {                                            \
        double g = (double)GET(dy[c * inner + i]);                                     \
        ddy[c] += g;                                                                   \
        dxhat[c] += g * ((double)GET(x[c * inner + i]) - mean[c]);                     \
      }                                                                                \
  }                                                                                    \
  for (int64_t c = 0; c < lanes; c++) {                                                \
    dxhat[c] *= rstd[c];                                                               \
    job->out_a[from + c] = (float)dxhat[c];                                            \
    job->out_b[from + c] = (float)ddy[c];                                              \
    factor[c] = (float)(job->scale[from + c] * rstd[c]);                               \
    shift[c] = job->training ? (float)(ddy[c] / count) : 0;                            \
    slope[c] = job->training ? (float)(dxhat[c] / count * rstd[c]) : 0;                \
  }                                                                                    \
  for (int64_t n = 0; n < job->outer; n++) {                                           \
    const T *x = (const T *)job->x + (n * channels + from) * inner;                    \
    const T *dy = (const T *)job->dy + (n * channels + from) * inner;                  \
    T *dx = (T *)job->y + (n * channels + from) * inner;                               \
    for (int64_t c = 0; c < lanes; c++)                                                \
      for (int64_t i = 0; i < inner; i++) {                                            \
        float centred = GET(x[c * inner + i]) - (float)mean[c];                        \
        dx[c * inner + i] =                                                            \
            SET((GET(dy[c * inner + i]) - shift[c] - centred * slope[c]) * factor[c]); \
      }                                                                                \
  }

JK_PART(norm_gradient) {
  const batch_job *job = context;
  int64_t channels = job->channels, inner = job->inner;
  int64_t to = (int64_t)end * BLOCK < channels ? (int64_t)end * BLOCK : channels;
  double count = (double)(job->outer * inner), mean[BLOCK], rstd[BLOCK], ddy[BLOCK], dxhat[BLOCK];
  float factor[BLOCK], shift[BLOCK], slope[BLOCK];
  for (int64_t from = (int64_t)begin * BLOCK; from < to; from += BLOCK) {
    int64_t lanes = to - from < BLOCK ? to - from : BLOCK;
    switch (job->dtype) {
      case JK_F32: NORM_GRADIENT(f32, GET_id, SET_id) break;
      case JK_F16: NORM_GRADIENT(f16, GET_f16, SET_f16) break;
      case JK_BF16: NORM_GRADIENT(bf16, GET_bf16, SET_bf16) break;
    }
  }
}

void jk_batch_norm_gradient(int dtype, int64_t outer, int64_t channels, int64_t inner, int training,
                            const void *dy, const void *x, const float *scale, const float *mean,
                            const float *variance, float epsilon, void *dx, float *dscale,
                            float *doffset) {
  batch_job job = {.dtype = dtype,
                   .training = training,
                   .outer = outer,
                   .channels = channels,
                   .inner = inner,
                   .x = x,
                   .dy = dy,
                   .scale = scale,
                   .mean = mean,
                   .variance = variance,
                   .epsilon = epsilon,
                   .y = dx,
                   .out_a = dscale,
                   .out_b = doffset};
  jk_parallel_for((size_t)((channels + BLOCK - 1) / BLOCK), grain(outer * inner * BLOCK),
                  norm_gradient, &job);
}

#define GLOBAL_NORM(T, GET, SET)                                                              \
  for (int64_t c = 0; c < channels; c++) {                                                    \
    double factor = 1 / sqrt((double)GET(((const T *)v)[c]) + epsilon);                       \
    if (scale_after) factor *= (double)GET(((const T *)gamma)[c]);                            \
    double mean = (double)GET(((const T *)m)[c]), offset = (double)GET(((const T *)beta)[c]); \
    for (int64_t r = 0; r < rows; r++)                                                        \
      ((T *)y)[r * channels + c] =                                                            \
          SET(((double)GET(((const T *)t)[r * channels + c]) - mean) * factor + offset);      \
  }

void jk_batch_norm_global(int dtype, int64_t rows, int64_t channels, int scale_after, float epsilon,
                          const void *t, const void *m, const void *v, const void *beta,
                          const void *gamma, void *y) {
  switch (dtype) {
    case JK_F32: GLOBAL_NORM(f32, GET_id, SET_id) break;
    case JK_F64: GLOBAL_NORM(f64, GET_id, SET_id) break;
    case JK_F16: GLOBAL_NORM(f16, GET_f16, SET_f16) break;
  }
}

#define GLOBAL_NORM_GRADIENT(T, GET, SET)                                                  \
  for (int64_t c = 0; c < channels; c++) {                                                 \
    double variance = (double)GET(((const T *)v)[c]) + epsilon, rstd = 1 / sqrt(variance); \
    double scale = scale_after ? (double)GET(((const T *)gamma)[c]) : 1;                   \
    double mean = (double)GET(((const T *)m)[c]), sum = 0, product = 0;                    \
    for (int64_t r = 0; r < rows; r++) {                                                   \
      double g = (double)GET(((const T *)dy)[r * channels + c]);                           \
      sum += g;                                                                            \
      product += g * ((double)GET(((const T *)t)[r * channels + c]) - mean);               \
      ((T *)dx)[r * channels + c] = SET(g * scale * rstd);                                 \
    }                                                                                      \
    ((T *)dm)[c] = SET(-sum * scale * rstd);                                               \
    ((T *)dv)[c] = SET(product * scale * -0.5 * rstd / variance);                          \
    ((T *)db)[c] = SET(sum);                                                               \
    ((T *)dg)[c] = SET(scale_after ? product * rstd : 0);                                  \
  }

void jk_batch_norm_global_gradient(int dtype, int64_t rows, int64_t channels, int scale_after,
                                   float epsilon, const void *t, const void *m, const void *v,
                                   const void *gamma, const void *dy, void *dx, void *dm, void *dv,
                                   void *db, void *dg) {
  switch (dtype) {
    case JK_F32: GLOBAL_NORM_GRADIENT(f32, GET_id, SET_id) break;
    case JK_F64: GLOBAL_NORM_GRADIENT(f64, GET_id, SET_id) break;
    case JK_F16: GLOBAL_NORM_GRADIENT(f16, GET_f16, SET_f16) break;
  }
}
