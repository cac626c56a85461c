// Colour spaces, contrast and projective transforms of images.
#include "loops.h"

typedef struct {
  int dtype;
  const void *in;
  void *out;
  float factor, low, high;
  size_t pixels, channels;
} color_job;

// Hue of a pixel on a circle of six, with its largest and smallest component.
JK_INLINE float hue_of(float r, float g, float b, float *high, float *low) {
  float v = fmaxf(r, fmaxf(g, b)), u = fminf(r, fminf(g, b)), range = v - u;
  *high = v;
  *low = u;
  if (!(range > 0)) return 0;
  float h;
  if (r == v) h = (g - b) / range;
  else if (g == v) h = (b - r) / range + 2;
  else h = (r - g) / range + 4;
  return h < 0 ? h + 6 : h;
}

static void hue_part(void *context, size_t begin, size_t end) {
  color_job *j = context;
  const float *in = (const float *)j->in + 3 * begin;
  float *out = (float *)j->out + 3 * begin;
  for (size_t i = begin; i < end; i++, in += 3, out += 3) {
    float high, low, h = hue_of(in[0], in[1], in[2], &high, &low) + j->factor;
    h -= 6 * floorf(h / 6);
    int sector = h >= 0 && h < 6 ? (int)h : 0;
    float ratio = h - (float)sector;
    if (sector & 1) ratio = 1 - ratio;
    float mid = low + ratio * (high - low);
    switch (sector) {
      case 0: out[0] = high, out[1] = mid, out[2] = low; break;
      case 1: out[0] = mid, out[1] = high, out[2] = low; break;
      case 2: out[0] = low, out[1] = high, out[2] = mid; break;
      case 3: out[0] = low, out[1] = mid, out[2] = high; break;
      case 4: out[0] = mid, out[1] = low, out[2] = high; break;
      default: out[0] = high, out[1] = low, out[2] = mid; break;
    }
  }
}

void jk_adjust_hue(const float *in, float *out, size_t n, float delta) {
  color_job j = {.in = in, .out = out, .factor = fmodf(delta, 1) * 6};
  jk_parallel_for(n, 4096, hue_part, &j);
}

#define HSV(suffix, T, MAX, MIN, ABS)                                                              \
  JK_INLINE void to_hsv_##suffix(T r, T g, T b, T *h, T *s, T *v) {                                \
    T high = MAX(r, MAX(g, b)), range = high - MIN(r, MIN(g, b));                                  \
    *v = high;                                                                                     \
    *s = high > 0 ? range / high : 0;                                                              \
    T norm = (T)1 / ((T)6 * range), hue;                                                           \
    if (r == high) hue = norm * (g - b);                                                           \
    else if (g == high) hue = norm * (b - r) + (T)2 / 6;                                           \
    else hue = norm * (r - g) + (T)4 / 6;                                                          \
    if (!(range > 0)) hue = 0;                                                                     \
    *h = hue < 0 ? hue + 1 : hue;                                                                  \
  }                                                                                                \
  JK_INLINE T clamp_##suffix(T x) { return x < 0 ? 0 : x > 1 ? 1 : x; }                            \
  JK_INLINE void to_rgb_##suffix(T h, T s, T v, T *r, T *g, T *b) {                                \
    T d = h * 6, rest = 1 - s;                                                                     \
    *r = (rest + s * clamp_##suffix(ABS(d - 3) - 1)) * v;                                          \
    *g = (rest + s * clamp_##suffix(2 - ABS(d - 2))) * v;                                          \
    *b = (rest + s * clamp_##suffix(2 - ABS(d - 4))) * v;                                          \
  }
HSV(f, float, fmaxf, fminf, fabsf)
HSV(d, double, fmax, fmin, fabs)

static void saturation_part(void *context, size_t begin, size_t end) {
  color_job *j = context;
  const float *in = (const float *)j->in + 3 * begin;
  float *out = (float *)j->out + 3 * begin;
  for (size_t i = begin; i < end; i++, in += 3, out += 3) {
    float h, s, v;
    to_hsv_f(in[0], in[1], in[2], &h, &s, &v);
    to_rgb_f(h, clamp_f(s * j->factor), v, out, out + 1, out + 2);
  }
}

void jk_adjust_saturation(const float *in, float *out, size_t n, float scale) {
  color_job j = {.in = in, .out = out, .factor = scale};
  jk_parallel_for(n, 4096, saturation_part, &j);
}

#define SPACE(name, to)                                                                      \
  JK_PART(name##_part) {                                                                     \
    color_job *j = context;                                                                  \
    switch (j->dtype) {                                                                      \
      SPACE_CASE(JK_F32, f32, float, GET_id, SET_id, to##_f)                                 \
      SPACE_CASE(JK_F64, f64, double, GET_id, SET_id, to##_d)                                \
      SPACE_CASE(JK_F16, f16, float, GET_f16, SET_f16, to##_f)                               \
      SPACE_CASE(JK_BF16, bf16, float, GET_bf16, SET_bf16, to##_f)                           \
    }                                                                                        \
  }                                                                                          \
  void jk_##name(int dtype, const void *in, void *out, size_t n) {                           \
    color_job j = {.dtype = dtype, .in = in, .out = out};                                    \
    jk_parallel_for(n, 4096, name##_part, &j);                                               \
  }
#define SPACE_CASE(tag, T, A, GET, SET, to)                                                  \
  case tag:                                                                                  \
    for (size_t i = begin; i < end; i++) {                                                   \
      const T *p = (const T *)j->in + 3 * i;                                                 \
      T *q = (T *)j->out + 3 * i;                                                            \
      A x, y, z;                                                                             \
      to(GET(p[0]), GET(p[1]), GET(p[2]), &x, &y, &z);                                       \
      q[0] = SET(x), q[1] = SET(y), q[2] = SET(z);                                           \
    }                                                                                        \
    break;
SPACE(rgb_to_hsv, to_hsv)
SPACE(hsv_to_rgb, to_rgb)

static void contrast_part(void *context, size_t begin, size_t end) {
  color_job *j = context;
  for (size_t k = begin; k < end; k++) {
    size_t image = k / j->channels, channel = k % j->channels;
    const float *in = (const float *)j->in + image * j->pixels * j->channels + channel;
    float *out = (float *)j->out + image * j->pixels * j->channels + channel;
    double total = 0;
    for (size_t i = 0; i < j->pixels; i++) total += in[i * j->channels];
    float mean = (float)(total / (double)j->pixels);
    for (size_t i = 0; i < j->pixels; i++) {
      float y = (in[i * j->channels] - mean) * j->factor + mean;
      out[i * j->channels] = y < j->low ? j->low : y > j->high ? j->high : y;
    }
  }
}

void jk_adjust_contrast(const float *in, float *out, size_t images, size_t pixels, size_t channels,
                        float factor, float low, float high) {
  color_job j = {.in = in,
                 .out = out,
                 .factor = factor,
                 .low = low,
                 .high = high,
                 .pixels = pixels,
                 .channels = channels};
  jk_parallel_for(images * channels, 16384 / (pixels + 1) + 1, contrast_part, &j);
}

// --- projective transforms ---

typedef struct {
  int dtype;
  const jk_resize *s;
  const void *in;
  const float *transforms;
  bool each, bilinear;
  int mode;
  float fill;
  void *out;
} projective_job;

// Brings a coordinate into the image as the fill mode says; only constant fill leaves it outside.
static float map_coordinate(float x, int64_t size, int mode) {
  float length = (float)size;
  switch (mode) {
    case JK_FILL_REFLECT:
      if (x < 0) {
        if (size <= 1) return 0;
        float period = 2 * length;
        if (x < period) x = period * truncf(-x / period) + x;
        x = x < -length ? x + period : -x - 1;
      } else if (x > length - 1) {
        if (size <= 1) return 0;
        float period = 2 * length;
        x -= period * truncf(x / period);
        if (x >= length) x = period - x - 1;
      }
      break;
    case JK_FILL_WRAP:
      if (x < 0) {
        if (size <= 1) return 0;
        x += length * (truncf(-x / (length - 1)) + 1);
      } else if (x > length - 1) {
        if (size <= 1) return 0;
        x -= length * truncf(x / (length - 1));
      }
      break;
    case JK_FILL_NEAREST: break;
    default: return x;
  }
  return x < 0 ? 0 : x > length - 1 ? length - 1 : x;
}

#define PROJECT(tag, T, A, GET, SET)                                                            \
  static A read_##tag(const T *image, const jk_resize *s, float y, float x, size_t c, A fill) { \
    if (!(y >= 0 && y < (float)s->in_h && x >= 0 && x < (float)s->in_w)) return fill;           \
    return (A)GET(image[((size_t)y * (size_t)s->in_w + (size_t)x) * (size_t)s->channels + c]);  \
  }                                                                                             \
  static void project_##tag(void *context, size_t begin, size_t end) {                          \
    projective_job *j = context;                                                                \
    const jk_resize *s = j->s;                                                                  \
    size_t height = (size_t)s->out_h, channels = (size_t)s->channels;                           \
    A fill = (A)j->fill;                                                                        \
    for (size_t r = begin; r < end; r++) {                                                      \
      size_t b = r / height, y = r % height;                                                    \
      const float *t = j->transforms + (j->each ? 8 * b : 0);                                   \
      const T *image = (const T *)j->in + b * (size_t)(s->in_h * s->in_w) * channels;           \
      for (size_t x = 0; x < (size_t)s->out_w; x++) {                                           \
        T *out = (T *)j->out + (r * (size_t)s->out_w + x) * channels;                           \
        float px = (float)x, py = (float)y, w = t[6] * px + t[7] * py + 1;                      \
        if (w == 0) {                                                                           \
          for (size_t c = 0; c < channels; c++) out[c] = SET((T)0, fill);                       \
          continue;                                                                             \
        }                                                                                       \
        float ix = map_coordinate((t[0] * px + t[1] * py + t[2]) / w, s->in_w, j->mode);        \
        float iy = map_coordinate((t[3] * px + t[4] * py + t[5]) / w, s->in_h, j->mode);        \
        for (size_t c = 0; c < channels; c++) {                                                 \
          A v;                                                                                  \
          if (!j->bilinear) {                                                                   \
            v = read_##tag(image, s, roundf(iy), roundf(ix), c, fill);                          \
          } else {                                                                              \
            float y0 = floorf(iy), x0 = floorf(ix), y1 = y0 + 1, x1 = x0 + 1;                   \
            A upper = (A)(x1 - ix) * read_##tag(image, s, y0, x0, c, fill) +                    \
                      (A)(ix - x0) * read_##tag(image, s, y0, x1, c, fill);                     \
            A lower = (A)(x1 - ix) * read_##tag(image, s, y1, x0, c, fill) +                    \
                      (A)(ix - x0) * read_##tag(image, s, y1, x1, c, fill);                     \
            v = (A)(y1 - iy) * upper + (A)(iy - y0) * lower;                                    \
          }                                                                                     \
          out[c] = SET((T)0, v);                                                                \
        }                                                                                       \
      }                                                                                         \
    }                                                                                           \
  }
#define PLAIN(zero, x) ((__typeof__(zero))(x))
PROJECT(f32, f32, float, GET_id, PLAIN)
PROJECT(f64, f64, double, GET_id, PLAIN)
PROJECT(f16, f16, float, GET_f16, PLAIN)
PROJECT(i32, i32, double, GET_id, PLAIN)
PROJECT(u8, u8, float, GET_id, PLAIN)
#undef PLAIN
#define PLAIN(zero, x) ((i64)(x))
PROJECT(i64, i64, long double, GET_id, PLAIN)
#undef PLAIN
#define PLAIN(zero, x) bf16_set(x)
PROJECT(bf16, bf16, float, GET_bf16, PLAIN)

void jk_projective_transform(int dtype, const jk_resize *s, const void *in, const float *transforms,
                             bool each, bool bilinear, int mode, float fill, void *out) {
  projective_job j = {dtype, s, in, transforms, each, bilinear, mode, fill, out};
  void (*body)(void *, size_t, size_t);
  switch (dtype) {
    case JK_F32: body = project_f32; break;
    case JK_F64: body = project_f64; break;
    case JK_F16: body = project_f16; break;
    case JK_BF16: body = project_bf16; break;
    case JK_I32: body = project_i32; break;
    case JK_I64: body = project_i64; break;
    case JK_U8: body = project_u8; break;
    default: return;
  }
  size_t work = (size_t)(s->out_w * s->channels) * 16 + 1;
  jk_parallel_for((size_t)(s->batch * s->out_h), 65536 / work + 1, body, &j);
}
