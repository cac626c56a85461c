// The image family; see jk.h, which includes this.
#pragma once

// Elements of `dtype` as floats, and floats rounded to `dtype`.
void jk_to_float(int dtype, const void *in, float *out, size_t n);
void jk_from_float(int dtype, const float *in, void *out, size_t n);

// Images of shape [batch, in_h, in_w, channels] and [batch, out_h, out_w, channels].
typedef struct {
  int64_t batch, in_h, in_w, out_h, out_w, channels;
} jk_resize;

// Along one axis, output i is the sum of weight[k] * input[index[k]] for first[i] <= k < first[i +
// 1].
typedef struct {
  const int64_t *first;
  const int32_t *index;
  const float *weight;
} jk_taps;

// Resamples rows and columns. Returns 0, or 1 when there is no memory.
int jk_resample(const jk_resize *shape, const jk_taps *rows, const jk_taps *columns,
                const float *in, float *out);

// out[b][y][x] = in[b][rows[y]][columns[x]], for pixels of `size` bytes.
void jk_pick_pixels(const jk_resize *shape, const int32_t *rows, const int32_t *columns,
                    size_t size, const void *in, void *out);
// out[b][y][x] = the sum over the taps, in the element type itself; weights are not looked at.
void jk_sum_pixels(int dtype, const jk_resize *shape, const jk_taps *rows, const jk_taps *columns,
                   const void *in, void *out);

// Boxes [count, 4] of images [batch, in_h, in_w, channels]; outputs or their gradients are [count,
// out_h, out_w, channels].
typedef struct {
  int64_t count, in_h, in_w, out_h, out_w, channels;
  bool nearest;
  float extrapolation;
} jk_crop;
void jk_crop_and_resize(const jk_crop *shape, const float *image, const float *boxes,
                        const int32_t *index, float *out);
void jk_crop_and_resize_grad_image(const jk_crop *shape, const float *grads, const float *boxes,
                                   const int32_t *index, float *image);
void jk_crop_and_resize_grad_boxes(const jk_crop *shape, const float *grads, const float *image,
                                   const float *boxes, const int32_t *index, float *out);

// Colours; `n` is the number of pixels of 3 channels.
void jk_adjust_hue(const float *in, float *out, size_t n, float delta);
void jk_adjust_saturation(const float *in, float *out, size_t n, float scale);
void jk_rgb_to_hsv(int dtype, const void *in, void *out, size_t n);
void jk_hsv_to_rgb(int dtype, const void *in, void *out, size_t n);
// Moves each channel of each image of `pixels` pixels away from its mean.
void jk_adjust_contrast(const float *in, float *out, size_t images, size_t pixels, size_t channels,
                        float factor, float low, float high);

enum { JK_FILL_CONSTANT, JK_FILL_REFLECT, JK_FILL_WRAP, JK_FILL_NEAREST };
// transforms: 8 floats for all images, or for each when `each` is set.
void jk_projective_transform(int dtype, const jk_resize *shape, const void *in,
                             const float *transforms, bool each, bool bilinear, int fill_mode,
                             float fill, void *out);
