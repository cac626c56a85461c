// The quantised family; see jk.h, which includes this. Dtypes are JK_QI8, JK_QU8, JK_QI16, JK_QU16
// and JK_QI32.
#pragma once

enum { JK_ROUND_AWAY, JK_ROUND_EVEN, JK_ROUND_UP };

// `slices` runs of `inner` elements for each of `outer` blocks share a slice's parameters.
typedef struct {
  int64_t outer, slices, inner;
} jk_slices;

// out = round((clamp(x, low, high) - shift) * scale + offset), kept within the dtype.
typedef struct {
  float low, high, shift, scale, offset;
} jk_quantize_step;
void jk_quantize(int dtype, const float *in, void *out, const jk_slices *slices,
                 const jk_quantize_step *steps, int rounding);

// out = round(x * scale) - round(min * scale) + lowest, kept within the dtype: TensorFlow's
// MIN_FIRST.
void jk_quantize_min_first(int dtype, const float *in, void *out, size_t n, float min, float max);
// The same into 32 bits in single precision.
void jk_quantize_single(const float *in, int32_t *out, size_t n, float min, float max);

// out = (q + offset) * scale + base.
typedef struct {
  float offset, scale, base;
} jk_dequantize_step;
void jk_dequantize(int dtype, const void *in, float *out, const jk_slices *slices,
                   const jk_dequantize_step *steps);
void jk_dequantize_min_first(int dtype, const void *in, float *out, size_t n, float min, float max);

// The MIN_FIRST value of one element.
float jk_quantized_to_float(int dtype, int64_t q, float min, float max);
int64_t jk_float_to_quantized(int dtype, float x, float min, float max);
// The same before it is kept within the dtype.
int64_t jk_float_to_quantized_unclamped(int dtype, float x, float min, float max);

// int32 values from one range brought to another as 8-bit values.
void jk_requantize(int in_type, int out_type, const void *in, void *out, size_t n, float in_min,
                   float in_max, float out_min, float out_max);
void jk_min_max_i32(const int32_t *in, size_t n, int32_t *low, int32_t *high);

// c[m, n] = (a - a_zero) (b - b_zero) with wrapping sums; a is [m, k] or, transposed, [k, m].
// Returns 0, or 1 when there is no memory.
int jk_quantized_matmul(int a_type, int b_type, const void *a, const void *b, int32_t *c, size_t m,
                        size_t n, size_t k, bool transpose_a, bool transpose_b, int32_t a_zero,
                        int32_t b_zero);

typedef struct {
  int64_t batch, in_h, in_w, in_c, out_h, out_w, out_c, filter_h, filter_w, stride_h, stride_w,
      dilation_h, dilation_w, pad_top, pad_left;
} jk_quantized_window;
// Convolution, NHWC by HWIO. Returns as the product does.
int jk_quantized_conv(int in_type, int filter_type, const jk_quantized_window *w, const void *in,
                      const void *filter, int32_t *out, int32_t in_zero, int32_t filter_zero);
// Largest values, or averages without their fraction, over windows.
void jk_quantized_pool(int dtype, const jk_quantized_window *w, const void *in, void *out,
                       bool average);

// Element-wise, with parameters that are known when they run.
typedef struct {
  int type_x, type_y;
  float min_x, max_x, min_y, max_y, min_z, max_z;
  int32_t zero_x, zero_y;
  const int32_t *table_x, *table_y;  // of sums: each 8-bit value in the output's range
} jk_quantized_binary;
jk_loop jk_quantized_add(void);
jk_loop jk_quantized_mul(void);
// out = clamp(x, low, high)
void jk_quantized_clamp(int dtype, const void *in, void *out, size_t n, int64_t low, int64_t high);

// --- fake quantisation ---

// Ranges nudged so that zero is one of the steps.
typedef struct {
  float min, max, scale;
  bool empty;  // both ends of the range are zero: outputs are zero
} jk_fake_quant;
void jk_fake_quant_apply(const float *in, float *out, size_t outer, size_t channels, size_t inner,
                         const jk_fake_quant *ranges);
// Gradients for the input and, where not NULL, for the ends of the ranges.
void jk_fake_quant_grad(const float *grads, const float *in, float *out, float *min_grad,
                        float *max_grad, size_t outer, size_t channels, size_t inner,
                        const jk_fake_quant *ranges);

// out = round(clamp(x, low, high) * scale) / scale
typedef struct {
  double low, high, scale, inverse;
} jk_grid;
void jk_snap_to_grid(int dtype, const void *in, void *out, const jk_slices *slices,
                     const jk_grid *grids, int rounding);
// The smallest and largest element of each slice.
void jk_slice_ranges(int dtype, const void *in, const jk_slices *slices, double *low, double *high);
// Gradient that passes where low <= x <= high.
void jk_snap_grad(int dtype, const void *grads, const void *in, void *out, const jk_slices *slices,
                  const void *low, const void *high);
