#include "loops.h"

// An image resized and mirrored outwards, as what follows it reads it.

typedef struct {
  const jk_resize_pad *r;
  const void *x;
  void *y;
  int dtype;
} resize_job;

// The position inside `size` that position `at`, counted from the padded edge, mirrors.
static int64_t mirrored(int64_t at, int64_t before, int64_t size, int symmetric) {
  at -= before;
  if (at < 0) at = -at - (symmetric ? 1 : 0);
  if (at >= size) at = 2 * size - 2 - at + (symmetric ? 1 : 0);
  return at;
}

#define RESIZE(T, A, GET, SET)                                                      \
  for (int64_t j = 0; j < width; j++) {                                             \
    int64_t column = mirrored(j, r->pad[2][0], r->width, r->symmetric);             \
    float cx = (float)column * r->scale_x;                                          \
    int64_t x0 = (int64_t)cx, x1 = x0 + 1 < r->in_width ? x0 + 1 : r->in_width - 1; \
    A fx = (A)(cx - (float)x0);                                                     \
    const T *tl = (const T *)top + x0 * c, *tr = (const T *)top + x1 * c;           \
    const T *bl = (const T *)bottom + x0 * c, *br = (const T *)bottom + x1 * c;     \
    T *o = (T *)out + j * depth;                                                    \
    for (int64_t k = 0; k < depth; k++) {                                           \
      int64_t s = mirrored(k, r->pad[3][0], c, r->symmetric);                       \
      A a = GET(tl[s]) + (GET(tr[s]) - GET(tl[s])) * fx,                            \
        b = GET(bl[s]) + (GET(br[s]) - GET(bl[s])) * fx;                            \
      o[k] = SET(a + (b - a) * (A)fy);                                              \
    }                                                                               \
  }

static void resize(void *context, size_t begin, size_t end) {
  const resize_job *job = context;
  const jk_resize_pad *r = job->r;
  size_t size = job->dtype == JK_F64 ? 8 : job->dtype == JK_F32 ? 4 : 2;
  int64_t c = r->channels, height = r->height + r->pad[1][0] + r->pad[1][1];
  int64_t width = r->width + r->pad[2][0] + r->pad[2][1], depth = c + r->pad[3][0] + r->pad[3][1];
  for (size_t at = begin; at < end; at++) {
    int64_t n = mirrored((int64_t)at / height, r->pad[0][0], r->batch, r->symmetric);
    int64_t row = mirrored((int64_t)at % height, r->pad[1][0], r->height, r->symmetric);
    float cy = (float)row * r->scale_y;
    int64_t y0 = (int64_t)cy, y1 = y0 + 1 < r->in_height ? y0 + 1 : r->in_height - 1;
    float fy = cy - (float)y0;
    const char *image = (const char *)job->x + (size_t)(n * r->in_height * r->in_width * c) * size;
    const char *top = image + (size_t)(y0 * r->in_width * c) * size;
    const char *bottom = image + (size_t)(y1 * r->in_width * c) * size;
    char *out = (char *)job->y + at * (size_t)(width * depth) * size;
    switch (job->dtype) {
      case JK_F32: RESIZE(f32, float, GET_id, SET_id) break;
      case JK_F64: RESIZE(f64, double, GET_id, SET_id) break;
      case JK_F16: RESIZE(f16, float, GET_f16, SET_f16) break;
      case JK_BF16: RESIZE(bf16, float, GET_bf16, SET_bf16) break;
    }
  }
}

void jk_run_resize_pad(int dtype, const jk_resize_pad *r, const void *x, void *y) {
  resize_job job = {r, x, y, dtype};
  int64_t rows =
      (r->batch + r->pad[0][0] + r->pad[0][1]) * (r->height + r->pad[1][0] + r->pad[1][1]);
  int64_t row = (r->width + r->pad[2][0] + r->pad[2][1]) * r->channels;
  jk_parallel_for((size_t)rows, (size_t)(16384 / (row + 1)) + 1, resize, &job);
}
