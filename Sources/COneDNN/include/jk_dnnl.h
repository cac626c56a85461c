// Float32 convolutions and matrix products by oneDNN, of which this shim hides the version (2.x
// or 3.x).
//
// A plan is made once for fixed shapes and may run on several threads at once. It takes its threads
// from the pool of jk.h: one run at a time is split over the pool, runs beside it use their own
// thread only.
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef struct jk_dnnl_plan jk_dnnl_plan;

// What is done to the result before it is written, after the bias and the residual are added.
// Plans refuse those of which oneDNN's form gives a number for what is none: only the activations
// that multiply by x are done by it.
enum {
  JK_ACT_NONE = 0,
  JK_ACT_RELU,        // max(x, 0)
  JK_ACT_RELU6,       // min(max(x, 0), 6)
  JK_ACT_ELU,         // alpha * (exp(x) - 1) for x < 0
  JK_ACT_SIGMOID,
  JK_ACT_TANH,
  JK_ACT_SWISH,       // x * sigmoid(alpha * x)
  JK_ACT_GELU_TANH,
  JK_ACT_GELU_ERF,
  JK_ACT_SOFTPLUS,
  JK_ACT_HARD_SWISH,  // x * min(max(x + 3, 0), 6) / 6
  JK_ACT_LEAKY_RELU   // x for x > 0, else alpha * x
};

typedef struct {
  int bias;           // a vector with one value per output channel or column
  int residual;       // a tensor of the output's shape and layout is added
  int activation;
  float alpha;
} jk_dnnl_epilogue;

enum { JK_CONV_FORWARD, JK_CONV_INPUT_GRADIENT, JK_CONV_FILTER_GRADIENT };

// A convolution over 1 to 3 spatial dimensions. The filter is laid out [kernel..., in_channels /
// groups, out_channels]; a depthwise one, [kernel..., channels, multiplier], is that with as many
// groups as channels.
typedef struct {
  int kind, spatial, channels_first;
  int64_t batch, in_channels, out_channels, groups;
  int64_t in[3], out[3], kernel[3], stride[3], dilation[3], pad_before[3], pad_after[3];
} jk_dnnl_conv;

// `filter` is the value that the filter has at every run, or NULL when it may differ.
// NULL when oneDNN has no implementation or no memory is left.
jk_dnnl_plan *_Nullable jk_dnnl_conv_create(const jk_dnnl_conv *_Nonnull conv,
                                            const jk_dnnl_epilogue *_Nonnull epilogue,
                                            const float *_Nullable filter);

// c[batch..., m, n] = a[batch..., m, k] * b[batch..., k, n], by strides in elements; 0 where a
// batch dimension broadcasts. One of the two strides of the matrix dimensions of a and b is 1. c is
// dense; batch_rank is at most 6.
typedef struct {
  int batch_rank;
  int64_t batch[6];
  int64_t m, n, k;
  int64_t a_batch_stride[6], b_batch_stride[6];
  int64_t a_stride[2], b_stride[2];
} jk_dnnl_matmul;

// `b` is the value that b has at every run, or NULL when it may differ.
jk_dnnl_plan *_Nullable jk_dnnl_matmul_create(const jk_dnnl_matmul *_Nonnull matmul,
                                              const jk_dnnl_epilogue *_Nonnull epilogue,
                                              const float *_Nullable b);

// Bytes of scratch memory, aligned to 64, that each run takes.
size_t jk_dnnl_scratch_bytes(const jk_dnnl_plan *_Nonnull plan);

// Runs a plan. Forward: x is the input, w the filter (not read when it is constant), y the output.
// Input gradient: x is what is written, w the filter, y the output's gradient. Filter gradient: w
// is written. Matrix product: x is a, w is b, y is c. `residual` may be y itself. Returns 0, or a
// oneDNN status.
int jk_dnnl_run(jk_dnnl_plan *_Nonnull plan, void *_Nullable x, void *_Nullable w,
                const void *_Nullable bias, void *_Nullable y, const void *_Nullable residual,
                void *_Nullable scratch);

void jk_dnnl_destroy(jk_dnnl_plan *_Nullable plan);

// Limits oneDNN to the instructions of the process's level (jk_cpu.h), where that is lower than the
// processor's; to be called before anything else of oneDNN. A lower limit that oneDNN's own
// variable sets stays. Returns 0, or a oneDNN status where it cannot be limited any more.
int jk_dnnl_limit(void);

// The version of oneDNN this was built with: 206 for 2.6.
int jk_dnnl_version(void);
