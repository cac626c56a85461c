#include "loops.h"

#include <stdlib.h>

// --- conversions ---

typedef struct {
  int dtype;
  const void *in;
  void *out;
} convert_job;

JK_PART(to_float_part) {
  convert_job *j = context;
  float *o = j->out;
#define CASE(tag, type, expr)                                     \
  case tag: {                                                     \
    const type *a = j->in;                                        \
    for (size_t i = begin; i < end; i++) o[i] = (float)(expr);    \
    break;                                                        \
  }
  switch (j->dtype) {
    CASE(JK_F32, f32, a[i])
    CASE(JK_F64, f64, a[i])
    CASE(JK_F16, f16, a[i])
    CASE(JK_BF16, bf16, bf16_get(a[i]))
    CASE(JK_I8, i8, a[i])
    CASE(JK_I16, i16, a[i])
    CASE(JK_I32, i32, a[i])
    CASE(JK_I64, i64, a[i])
    CASE(JK_U8, u8, a[i])
    CASE(JK_U16, u16, a[i])
    CASE(JK_U32, u32, a[i])
    CASE(JK_U64, u64, a[i])
  }
#undef CASE
}

void jk_to_float(int dtype, const void *in, float *out, size_t n) {
  convert_job j = {dtype, in, out};
  jk_parallel_for(n, 65536, to_float_part, &j);
}

JK_PART(from_float_part) {
  convert_job *j = context;
  const float *a = j->in;
#define CASE(tag, type, expr)                                  \
  case tag: {                                                  \
    type *o = j->out;                                          \
    for (size_t i = begin; i < end; i++) o[i] = expr;          \
    break;                                                     \
  }
  switch (j->dtype) {
    CASE(JK_F32, f32, a[i])
    CASE(JK_F64, f64, a[i])
    CASE(JK_F16, f16, (f16)a[i])
    CASE(JK_BF16, bf16, bf16_set(a[i]))
  }
#undef CASE
}

void jk_from_float(int dtype, const float *in, void *out, size_t n) {
  convert_job j = {dtype, in, out};
  jk_parallel_for(n, 65536, from_float_part, &j);
}

// --- resampling ---

typedef struct {
  const jk_resize *s;
  const jk_taps *rows, *columns;
  const float *in;
  float *out;
  int failed;
} resample_job;

// One output row: the input rows are mixed into `line`, and that is mixed along the row.
JK_CLONES(void, resample_row, (const resample_job *j, size_t batch, size_t y, float *restrict line),
          (j, batch, y, line)) {
  const jk_resize *s = j->s;
  size_t width = (size_t)(s->in_w * s->channels), channels = (size_t)s->channels;
  const float *image = j->in + batch * (size_t)s->in_h * width;
  float *restrict out = j->out + (batch * (size_t)s->out_h + y) * (size_t)(s->out_w * s->channels);
  const float *source = line;
  int64_t first = j->rows->first[y], last = j->rows->first[y + 1];
  if (last - first == 1 && j->rows->weight[first] == 1) {
    source = image + (size_t)j->rows->index[first] * width;
  } else if (last - first == 2) {
    const float *restrict a = image + (size_t)j->rows->index[first] * width;
    const float *restrict b = image + (size_t)j->rows->index[first + 1] * width;
    float p = j->rows->weight[first], q = j->rows->weight[first + 1];
    for (size_t i = 0; i < width; i++) line[i] = a[i] * p + b[i] * q;
  } else {
    memset(line, 0, width * sizeof(float));
    for (int64_t k = first; k < last; k++) {
      const float *restrict a = image + (size_t)j->rows->index[k] * width;
      float p = j->rows->weight[k];
      for (size_t i = 0; i < width; i++) line[i] += a[i] * p;
    }
  }
  const jk_taps *c = j->columns;
  for (size_t x = 0; x < (size_t)s->out_w; x++, out += channels) {
    int64_t from = c->first[x], to = c->first[x + 1];
    if (to - from == 2) {
      const float *a = source + (size_t)c->index[from] * channels,
                  *b = source + (size_t)c->index[from + 1] * channels;
      float p = c->weight[from], q = c->weight[from + 1];
      for (size_t i = 0; i < channels; i++) out[i] = a[i] * p + b[i] * q;
      continue;
    }
    for (size_t i = 0; i < channels; i++) out[i] = 0;
    for (int64_t k = from; k < to; k++) {
      const float *a = source + (size_t)c->index[k] * channels;
      float p = c->weight[k];
      for (size_t i = 0; i < channels; i++) out[i] += a[i] * p;
    }
  }
}

static void resample_part(void *context, size_t begin, size_t end) {
  resample_job *j = context;
  float *line = malloc((size_t)(j->s->in_w * j->s->channels) * sizeof(float) + 64);
  if (!line) {
    __atomic_store_n(&j->failed, 1, __ATOMIC_RELAXED);
    return;
  }
  size_t height = (size_t)j->s->out_h;
  for (size_t r = begin; r < end; r++) resample_row(j, r / height, r % height, line);
  free(line);
}

static size_t row_grain(const jk_resize *s) {
  size_t work = (size_t)((s->in_w + 4 * s->out_w) * s->channels) + 1;
  return 65536 / work + 1;
}

int jk_resample(const jk_resize *s, const jk_taps *rows, const jk_taps *columns, const float *in,
                float *out) {
  resample_job j = {s, rows, columns, in, out, 0};
  jk_parallel_for((size_t)(s->batch * s->out_h), row_grain(s), resample_part, &j);
  return j.failed;
}

typedef struct {
  const jk_resize *s;
  const int32_t *rows, *columns;
  size_t size;
  const char *in;
  char *out;
} pick_job;

static void pick_part(void *context, size_t begin, size_t end) {
  pick_job *j = context;
  const jk_resize *s = j->s;
  size_t size = j->size, height = (size_t)s->out_h, width = (size_t)s->out_w;
  for (size_t r = begin; r < end; r++) {
    const char *row = j->in + ((r / height) * (size_t)s->in_h + (size_t)j->rows[r % height]) *
                                  (size_t)s->in_w * size;
    char *out = j->out + r * width * size;
    for (size_t x = 0; x < width; x++, out += size)
      memcpy(out, row + (size_t)j->columns[x] * size, size);
  }
}

void jk_pick_pixels(const jk_resize *s, const int32_t *rows, const int32_t *columns, size_t size,
                    const void *in, void *out) {
  pick_job j = {s, rows, columns, size, in, out};
  jk_parallel_for((size_t)(s->batch * s->out_h), row_grain(s), pick_part, &j);
}

typedef struct {
  int dtype;
  const jk_resize *s;
  const jk_taps *rows, *columns;
  const void *in;
  void *out;
} sum_job;

static void sum_part(void *context, size_t begin, size_t end) {
  sum_job *j = context;
  const jk_resize *s = j->s;
  size_t height = (size_t)s->out_h, width = (size_t)s->out_w, channels = (size_t)s->channels;
#define SUM(tag, type, acc, get, set)                                                       \
  case tag:                                                                                 \
    for (size_t r = begin; r < end; r++) {                                                  \
      size_t b = r / height, y = r % height;                                                \
      const type *image = (const type *)j->in + b * (size_t)(s->in_h * s->in_w) * channels; \
      type *out = (type *)j->out + r * width * channels;                                    \
      for (size_t x = 0; x < width; x++)                                                    \
        for (size_t c = 0; c < channels; c++) {                                             \
          acc total = 0;                                                                    \
          for (int64_t p = j->rows->first[y]; p < j->rows->first[y + 1]; p++)               \
            for (int64_t q = j->columns->first[x]; q < j->columns->first[x + 1]; q++)       \
              total += (acc)get(image[((size_t)j->rows->index[p] * (size_t)s->in_w +        \
                                       (size_t)j->columns->index[q]) *                      \
                                          channels +                                        \
                                      c]);                                                  \
          out[x * channels + c] = set(total);                                               \
        }                                                                                   \
    }                                                                                       \
    break;
#define SET_i8(x) ((i8)(u8)(x))
#define SET_u8(x) ((u8)(x))
#define SET_i32(x) ((i32)(x))
#define GET_u32(x) ((u32)(x))
  switch (j->dtype) {
    SUM(JK_F32, f32, float, GET_id, SET_id)
    SUM(JK_F64, f64, double, GET_id, SET_id)
    SUM(JK_F16, f16, float, GET_f16, SET_f16)
    SUM(JK_BF16, bf16, float, GET_bf16, SET_bf16)
    SUM(JK_I8, i8, u32, GET_u32, SET_i8)
    SUM(JK_U8, u8, u32, GET_u32, SET_u8)
    SUM(JK_I32, i32, u32, GET_u32, SET_i32)
  }
#undef SUM
}

void jk_sum_pixels(int dtype, const jk_resize *s, const jk_taps *rows, const jk_taps *columns,
                   const void *in, void *out) {
  sum_job j = {dtype, s, rows, columns, in, out};
  jk_parallel_for((size_t)(s->batch * s->out_h), row_grain(s), sum_part, &j);
}

// --- crops ---

typedef struct {
  const jk_crop *s;
  const float *first, *second, *boxes;
  const int32_t *index;
  float *out;
} crop_job;

// Where row or column i of a crop lies in the image, in pixels.
JK_INLINE float crop_position(float low, float high, int64_t size, int64_t crop, int64_t i) {
  if (crop > 1) {
    float scale = (high - low) * (float)(size - 1) / (float)(crop - 1);
    return low * (float)(size - 1) + (float)i * scale;
  }
  return 0.5f * (low + high) * (float)(size - 1);
}
JK_INLINE bool crop_inside(float position, int64_t size) {
  return position >= 0 && position <= (float)(size - 1);
}

static void crop_part(void *context, size_t begin, size_t end) {
  crop_job *j = context;
  const jk_crop *s = j->s;
  size_t channels = (size_t)s->channels;
  for (size_t r = begin; r < end; r++) {
    size_t b = r / (size_t)s->out_h;
    const float *box = j->boxes + 4 * b;
    const float *image = j->first + (size_t)j->index[b] * (size_t)(s->in_h * s->in_w) * channels;
    float *out = j->out + r * (size_t)s->out_w * channels;
    float in_y = crop_position(box[0], box[2], s->in_h, s->out_h, (int64_t)(r % (size_t)s->out_h));
    if (!crop_inside(in_y, s->in_h)) {
      for (size_t i = 0; i < (size_t)s->out_w * channels; i++) out[i] = s->extrapolation;
      continue;
    }
    for (int64_t x = 0; x < s->out_w; x++, out += channels) {
      float in_x = crop_position(box[1], box[3], s->in_w, s->out_w, x);
      if (!crop_inside(in_x, s->in_w)) {
        for (size_t c = 0; c < channels; c++) out[c] = s->extrapolation;
        continue;
      }
      if (s->nearest) {
        const float *p =
            image + ((size_t)roundf(in_y) * (size_t)s->in_w + (size_t)roundf(in_x)) * channels;
        memcpy(out, p, channels * sizeof(float));
        continue;
      }
      size_t top = (size_t)floorf(in_y), bottom = (size_t)ceilf(in_y);
      size_t left = (size_t)floorf(in_x), right = (size_t)ceilf(in_x), w = (size_t)s->in_w;
      float fy = in_y - (float)top, fx = in_x - (float)left;
      const float *tl = image + (top * w + left) * channels,
                  *tr = image + (top * w + right) * channels;
      const float *bl = image + (bottom * w + left) * channels,
                  *br = image + (bottom * w + right) * channels;
      for (size_t c = 0; c < channels; c++) {
        float upper = tl[c] + (tr[c] - tl[c]) * fx, lower = bl[c] + (br[c] - bl[c]) * fx;
        out[c] = upper + (lower - upper) * fy;
      }
    }
  }
}

void jk_crop_and_resize(const jk_crop *s, const float *image, const float *boxes,
                        const int32_t *index, float *out) {
  crop_job j = {s, image, 0, boxes, index, out};
  size_t work = (size_t)(s->out_w * s->channels) * 8 + 1;
  jk_parallel_for((size_t)(s->count * s->out_h), 65536 / work + 1, crop_part, &j);
}

void jk_crop_and_resize_grad_image(const jk_crop *s, const float *grads, const float *boxes,
                                   const int32_t *index, float *out) {
  size_t channels = (size_t)s->channels, w = (size_t)s->in_w;
  int64_t left = JK_PACE;
  for (int64_t b = 0; b < s->count; b++) {
    const float *box = boxes + 4 * b;
    float *image = out + (size_t)index[b] * (size_t)(s->in_h * s->in_w) * channels;
    for (int64_t y = 0; y < s->out_h; y++) {
      if (jk_stopped_after(s->out_w * s->channels, &left)) return;
      float in_y = crop_position(box[0], box[2], s->in_h, s->out_h, y);
      if (!crop_inside(in_y, s->in_h)) continue;
      for (int64_t x = 0; x < s->out_w; x++) {
        float in_x = crop_position(box[1], box[3], s->in_w, s->out_w, x);
        if (!crop_inside(in_x, s->in_w)) continue;
        const float *g = grads + (size_t)((b * s->out_h + y) * s->out_w + x) * channels;
        if (s->nearest) {
          float *p = image + ((size_t)roundf(in_y) * w + (size_t)roundf(in_x)) * channels;
          for (size_t c = 0; c < channels; c++) p[c] += g[c];
          continue;
        }
        size_t top = (size_t)floorf(in_y), bottom = (size_t)ceilf(in_y);
        size_t left = (size_t)floorf(in_x), right = (size_t)ceilf(in_x);
        float fy = in_y - (float)top, fx = in_x - (float)left;
        for (size_t c = 0; c < channels; c++) {
          float upper = (1 - fy) * g[c], lower = fy * g[c];
          image[(top * w + left) * channels + c] += (1 - fx) * upper;
          image[(top * w + right) * channels + c] += fx * upper;
          image[(bottom * w + left) * channels + c] += (1 - fx) * lower;
          image[(bottom * w + right) * channels + c] += fx * lower;
        }
      }
    }
  }
}

static void crop_boxes_part(void *context, size_t begin, size_t end) {
  crop_job *j = context;
  const jk_crop *s = j->s;
  size_t channels = (size_t)s->channels, w = (size_t)s->in_w;
  for (size_t b = begin; b < end; b++) {
    const float *box = j->boxes + 4 * b;
    const float *image = j->second + (size_t)j->index[b] * (size_t)(s->in_h * s->in_w) * channels;
    float *out = j->out + 4 * b;
    float ratio_y = s->out_h > 1 ? (float)(s->in_h - 1) / (float)(s->out_h - 1) : 0;
    float ratio_x = s->out_w > 1 ? (float)(s->in_w - 1) / (float)(s->out_w - 1) : 0;
    out[0] = out[1] = out[2] = out[3] = 0;
    for (int64_t y = 0; y < s->out_h; y++) {
      float in_y = crop_position(box[0], box[2], s->in_h, s->out_h, y);
      if (!crop_inside(in_y, s->in_h)) continue;
      size_t top = (size_t)floorf(in_y), bottom = (size_t)ceilf(in_y);
      float fy = in_y - (float)top;
      for (int64_t x = 0; x < s->out_w; x++) {
        float in_x = crop_position(box[1], box[3], s->in_w, s->out_w, x);
        if (!crop_inside(in_x, s->in_w)) continue;
        size_t left = (size_t)floorf(in_x), right = (size_t)ceilf(in_x);
        float fx = in_x - (float)left;
        const float *g = j->first + (((int64_t)b * s->out_h + y) * s->out_w + x) * s->channels;
        for (size_t c = 0; c < channels; c++) {
          float tl = image[(top * w + left) * channels + c],
                tr = image[(top * w + right) * channels + c];
          float bl = image[(bottom * w + left) * channels + c],
                br = image[(bottom * w + right) * channels + c];
          float dy = ((1 - fx) * (bl - tl) + fx * (br - tr)) * g[c];
          float dx = ((1 - fy) * (tr - tl) + fy * (br - bl)) * g[c];
          if (s->out_h > 1) {
            out[0] += dy * ((float)(s->in_h - 1) - (float)y * ratio_y);
            out[2] += dy * ((float)y * ratio_y);
          } else {
            out[0] += dy * 0.5f * (float)(s->in_h - 1);
            out[2] += dy * 0.5f * (float)(s->in_h - 1);
          }
          if (s->out_w > 1) {
            out[1] += dx * ((float)(s->in_w - 1) - (float)x * ratio_x);
            out[3] += dx * ((float)x * ratio_x);
          } else {
            out[1] += dx * 0.5f * (float)(s->in_w - 1);
            out[3] += dx * 0.5f * (float)(s->in_w - 1);
          }
        }
      }
    }
  }
}

void jk_crop_and_resize_grad_boxes(const jk_crop *s, const float *grads, const float *image,
                                   const float *boxes, const int32_t *index, float *out) {
  crop_job j = {s, grads, image, boxes, index, out};
  size_t work = (size_t)(s->out_h * s->out_w * s->channels) * 16 + 1;
  jk_parallel_for((size_t)s->count, 65536 / work + 1, crop_boxes_part, &j);
}
