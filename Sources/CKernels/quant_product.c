// Products, convolutions and pooling of 8-bit values.
#include "loops.h"

#include <stdlib.h>

// Elements at (row, column) of a [rows, columns] matrix given with its strides, as 16-bit values.
static void widen(int dtype, const void *in, i16 *out, size_t rows, size_t columns, size_t row_step,
                  size_t column_step, size_t out_step, size_t out_column_step) {
  for (size_t r = 0; r < rows; r++)
    for (size_t c = 0; c < columns; c++) {
      size_t from = r * row_step + c * column_step;
      out[r * out_step + c * out_column_step] =
          dtype == JK_QI8 ? ((const i8 *)in)[from] : ((const u8 *)in)[from];
    }
}

typedef struct {
  const i16 *a, *b;
  const i32 *column_terms;
  i32 *c;
  size_t m, n, k, pairs;
  i32 b_zero;
} product_job;

// One row of the product; b holds pairs of rows side by side, so that two products are added at
// once.
JK_CLONES(void, product_row, (const product_job *j, size_t row), (j, row)) {
  const i16 *restrict a = j->a + row * 2 * j->pairs;
  i32 *restrict c = j->c + row * j->n;
  size_t n = j->n;
  u32 sum = 0;
  for (size_t p = 0; p < 2 * j->pairs; p++) sum += (u32)a[p];
  u32 row_term = sum * (u32)j->b_zero;
  for (size_t i = 0; i < n; i++) c[i] = (i32)((u32)j->column_terms[i] - row_term);
  for (size_t p = 0; p < j->pairs; p++) {
    i32 x = a[2 * p], y = a[2 * p + 1];
    if (x == 0 && y == 0) continue;
    const i16 *restrict b = j->b + p * 2 * n;
    for (size_t i = 0; i < n; i++) c[i] = (i32)((u32)c[i] + (u32)(x * b[2 * i] + y * b[2 * i + 1]));
  }
}

static void product_part(void *context, size_t begin, size_t end) {
  const product_job *j = context;
  int64_t left = JK_PACE, work = (int64_t)(j->n * j->k);
  for (size_t row = begin; row < end; row++) {
    if (jk_stopped_after(work, &left)) return;
    product_row(context, row);
  }
}

int jk_quantized_matmul(int a_type, int b_type, const void *a, const void *b, int32_t *c, size_t m,
                        size_t n, size_t k, bool transpose_a, bool transpose_b, int32_t a_zero,
                        int32_t b_zero) {
  size_t pairs = (k + 1) / 2;
  i16 *pa = calloc(m * 2 * pairs + 1, sizeof(i16)), *pb = calloc(n * 2 * pairs + 1, sizeof(i16));
  i32 *terms = calloc(n + 1, sizeof(i32));
  if (!pa || !pb || !terms) {
    free(pa), free(pb), free(terms);
    return 1;
  }
  widen(a_type, a, pa, m, k, transpose_a ? 1 : k, transpose_a ? m : 1, 2 * pairs, 1);
  for (size_t p = 0; p < k; p++) {
    size_t step = transpose_b ? k : 1, first = transpose_b ? p : p * n;
    for (size_t i = 0; i < n; i++) {
      i16 x =
          b_type == JK_QI8 ? ((const i8 *)b)[first + i * step] : ((const u8 *)b)[first + i * step];
      pb[(p / 2) * 2 * n + 2 * i + (p & 1)] = x;
      terms[i] = (i32)((u32)terms[i] + (u32)x);
    }
  }
  // (a - za)(b - zb) = ab - za Σb - zb Σa + k za zb
  u32 corner = (u32)k * (u32)a_zero * (u32)b_zero;
  for (size_t i = 0; i < n; i++) terms[i] = (i32)(corner - (u32)terms[i] * (u32)a_zero);
  product_job j = {pa, pb, terms, c, m, n, k, pairs, b_zero};
  jk_parallel_for(m, 65536 / (n * k + 1) + 1, product_part, &j);
  free(pa), free(pb), free(terms);
  return 0;
}

typedef struct {
  int in_type;
  const jk_quantized_window *w;
  const void *in;
  const i16 *filter;
  i32 *out;
  i32 in_zero, filter_zero;
  void *pooled;
  bool average;
} window_job;

JK_INLINE i32 element(int dtype, const void *in, size_t i) {
  return dtype == JK_QI8 ? ((const i8 *)in)[i] : ((const u8 *)in)[i];
}

JK_PART(conv_part) {
  window_job *j = context;
  const jk_quantized_window *w = j->w;
  size_t channels = (size_t)w->out_c;
  int64_t left = JK_PACE, work = w->filter_h * w->filter_w * w->in_c * w->out_c;
  for (size_t r = begin; r < end; r++) {
    if (jk_stopped_after(work, &left)) return;
    int64_t b = (int64_t)r / (w->out_h * w->out_w), y = (int64_t)r / w->out_w % w->out_h,
            x = (int64_t)r % w->out_w;
    i32 *restrict out = j->out + r * channels;
    memset(out, 0, channels * sizeof(i32));
    for (int64_t fy = 0; fy < w->filter_h; fy++) {
      int64_t iy = y * w->stride_h - w->pad_top + fy * w->dilation_h;
      if (iy < 0 || iy >= w->in_h) continue;
      for (int64_t fx = 0; fx < w->filter_w; fx++) {
        int64_t ix = x * w->stride_w - w->pad_left + fx * w->dilation_w;
        if (ix < 0 || ix >= w->in_w) continue;
        size_t pixel = (size_t)(((b * w->in_h + iy) * w->in_w + ix) * w->in_c);
        const i16 *restrict f = j->filter + (size_t)((fy * w->filter_w + fx) * w->in_c) * channels;
        for (int64_t c = 0; c < w->in_c; c++, f += channels) {
          u32 value = (u32)element(j->in_type, j->in, pixel + (size_t)c) - (u32)j->in_zero;
          for (size_t o = 0; o < channels; o++)
            out[o] = (i32)((u32)out[o] + value * ((u32)f[o] - (u32)j->filter_zero));
        }
      }
    }
  }
}

int jk_quantized_conv(int in_type, int filter_type, const jk_quantized_window *w, const void *in,
                      const void *filter, int32_t *out, int32_t in_zero, int32_t filter_zero) {
  size_t count = (size_t)(w->filter_h * w->filter_w * w->in_c * w->out_c);
  i16 *wide = malloc((count + 1) * sizeof(i16));
  if (!wide) return 1;
  widen(filter_type, filter, wide, 1, count, 0, 1, 0, 1);
  window_job j = {in_type, w, in, wide, out, in_zero, filter_zero, 0, false};
  jk_parallel_for((size_t)(w->batch * w->out_h * w->out_w), 65536 / (count + 1) + 1, conv_part, &j);
  free(wide);
  return 0;
}

static void pool_part(void *context, size_t begin, size_t end) {
  window_job *j = context;
  const jk_quantized_window *w = j->w;
  int64_t left = JK_PACE;
  for (size_t r = begin; r < end; r++) {
    int64_t b = (int64_t)r / (w->out_h * w->out_w), y = (int64_t)r / w->out_w % w->out_h,
            x = (int64_t)r % w->out_w;
    // The part of the window that lies in the image.
    int64_t top = y * w->stride_h - w->pad_top, bottom = top + w->filter_h;
    int64_t first = x * w->stride_w - w->pad_left, last = first + w->filter_w;
    if (top < 0) top = 0;
    if (bottom > w->in_h) bottom = w->in_h;
    if (first < 0) first = 0;
    if (last > w->in_w) last = w->in_w;
    if (bottom > top && last > first &&
        jk_stopped_after((bottom - top) * (last - first) * w->in_c, &left))
      return;
    for (int64_t c = 0; c < w->in_c; c++) {
      int64_t sum = 0, count = 0;
      i32 best = j->in_type == JK_QI8 ? -128 : 0;
      for (int64_t iy = top; iy < bottom; iy++) {
        for (int64_t ix = first; ix < last; ix++) {
          i32 v = element(j->in_type, j->in,
                          (size_t)(((b * w->in_h + iy) * w->in_w + ix) * w->in_c + c));
          sum += v;
          count++;
          if (v > best) best = v;
        }
      }
      if (j->average) best = count ? (i32)(sum / count) : 0;
      ((u8 *)j->pooled)[r * (size_t)w->in_c + (size_t)c] = (u8)best;
    }
  }
}

void jk_quantized_pool(int dtype, const jk_quantized_window *w, const void *in, void *out,
                       bool average) {
  window_job j = {dtype, w, in, 0, 0, 0, 0, out, average};
  int64_t high = w->filter_h < w->in_h ? w->filter_h : w->in_h,
          wide = w->filter_w < w->in_w ? w->filter_w : w->in_w;
  size_t work = (size_t)(w->in_c * high * wide) + 1;
  jk_parallel_for((size_t)(w->batch * w->out_h * w->out_w), 16384 / work + 1, pool_part, &j);
}
