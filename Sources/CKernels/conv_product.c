#include "loops.h"

#include <stdlib.h>

// Convolutions in single precision as products: the windows of a tile of pixels are laid out as
// rows, which stay in the cache until they are multiplied with the filter. Nothing is made ahead
// for an image's size.

typedef struct {
  const jk_product *p;
  const jk_window *s;
  const float *x, *b, *bias;
  float *y;
  int64_t tile;
  int out_of_memory;
} conv_product_job;

// The numbers of a tile: a quarter of a small processor's second cache.
enum { TILE = 16384, TALLEST = 8 };

JK_INLINE void copy(float *to, const float *from, int64_t n) {
  typedef float eight __attribute__((vector_size(32), aligned(4)));
  typedef float four __attribute__((vector_size(16), aligned(4)));
  if (n >= 8) {
    for (int64_t i = 0; i + 8 <= n; i += 8) *(eight *)(to + i) = *(const eight *)(from + i);
    *(eight *)(to + n - 8) = *(const eight *)(from + n - 8);
  } else if (n >= 4) {
    *(four *)to = *(const four *)from;
    *(four *)(to + n - 4) = *(const four *)(from + n - 4);
  } else {
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
  }
}

JK_INLINE float *zeros(float *to, int64_t n) {
  memset(to, 0, (size_t)n * sizeof *to);
  return to + n;
}

// The window of an output pixel, in the order of the filter's rows.
static void window_row(const jk_window *s, const float *image, int64_t pixel, float *to) {
  int64_t c = s->in_channels, o2 = pixel % s->out[2], o1 = pixel / s->out[2] % s->out[1],
          o0 = pixel / s->out[2] / s->out[1];
  int64_t start = o2 * s->stride[2] - s->pad_before[2], line = s->kernel[2] * c;
  for (int64_t k0 = 0; k0 < s->kernel[0]; k0++) {
    int64_t i0 = o0 * s->stride[0] - s->pad_before[0] + k0 * s->dilation[0];
    if (i0 < 0 || i0 >= s->in[0]) {
      to = zeros(to, s->kernel[1] * line);
      continue;
    }
    for (int64_t k1 = 0; k1 < s->kernel[1]; k1++) {
      int64_t i1 = o1 * s->stride[1] - s->pad_before[1] + k1 * s->dilation[1];
      if (i1 < 0 || i1 >= s->in[1]) {
        to = zeros(to, line);
        continue;
      }
      const float *row = image + (i0 * s->in[1] + i1) * s->in[2] * c;
      if (s->dilation[2] == 1) {
        int64_t before = start < 0 ? (-start < s->kernel[2] ? -start : s->kernel[2]) : 0,
                end = s->in[2] - start;
        end = end < s->kernel[2] ? (end < before ? before : end) : s->kernel[2];
        if (before) to = zeros(to, before * c);
        copy(to, row + (start + before) * c, (end - before) * c);
        to += (end - before) * c;
        if (end < s->kernel[2]) to = zeros(to, (s->kernel[2] - end) * c);
        continue;
      }
      for (int64_t k2 = 0; k2 < s->kernel[2]; k2++, to += c) {
        int64_t i2 = start + k2 * s->dilation[2];
        if (i2 < 0 || i2 >= s->in[2])
          zeros(to, c);
        else
          copy(to, row + i2 * c, c);
      }
    }
  }
}

static void tiles(void *context, size_t begin, size_t end) {
  conv_product_job *job = context;
  const jk_window *s = job->s;
  int64_t k = job->p->k, in_image = s->in[0] * s->in[1] * s->in[2] * s->in_channels,
          out_image = s->out[0] * s->out[1] * s->out[2];
  float *rows = aligned_alloc(64, ((size_t)(job->tile * k) * sizeof *rows + 63) & ~(size_t)63);
  if (!rows) {
    __atomic_store_n(&job->out_of_memory, 1, __ATOMIC_RELAXED);
    return;
  }
  int64_t last = (int64_t)end * TALLEST < job->p->m ? (int64_t)end * TALLEST : job->p->m;
  for (int64_t at = (int64_t)begin * TALLEST; at < last; at += job->tile) {
    int64_t count = last - at < job->tile ? last - at : job->tile;
    for (int64_t i = 0; i < count; i++)
      window_row(s, job->x + (at + i) / out_image * in_image, (at + i) % out_image, rows + i * k);
    jk_product_part(job->p, rows, job->b, job->bias, job->y + at * job->p->n, 0, count, 0,
                    jk_product_panels(job->p));
  }
  free(rows);
}

int jk_conv_product(const jk_product *p, const jk_window *s, const float *x, const float *b,
                    const float *bias, float *y) {
  int64_t tile = TILE / p->k / TALLEST * TALLEST;
  conv_product_job job = {p, s, x, b, bias, y, tile < TALLEST ? TALLEST : tile, 0};
  // Measured: splitting fewer multiplications than this costs more than it saves.
  int64_t work = TALLEST * p->k * p->n;
  jk_parallel_for((size_t)((p->m + TALLEST - 1) / TALLEST), (size_t)(150000 / work + 1), tiles,
                  &job);
  return job.out_of_memory;
}
