#include "loops.h"

#include <stdlib.h>

// Products in single precision with a matrix whose panels of columns fit the cache.

// The last columns are taken with some of those before them, so that no vector leaves the matrix.
JK_INLINE int64_t panel_start(const jk_product *p, int64_t panel) {
  int64_t start = panel * p->width;
  return start + p->width > p->n && p->n >= p->width ? p->n - p->width : start;
}

#define LANES 4
#define TALL 6
#define TARGET
#define F(name) name##_4
#include "product_loops.h"

#if defined(__x86_64__)
#define LANES 8
#define TALL 6
#define TARGET __attribute__((target("arch=x86-64-v3")))
#define F(name) name##_8
#include "product_loops.h"

#define LANES 16
#define TALL 8
// Without the second attribute vectors are taken apart into halves.
#define TARGET __attribute__((target("arch=x86-64-v4"), min_vector_width(512)))
#define F(name) name##_16
#include "product_loops.h"

int jk_product_width(void) {
  return jk_cpu == JK_CPU_AVX512 ? 32 : jk_cpu == JK_CPU_AVX2 ? 16 : 8;
}
#else
int jk_product_width(void) { return 8; }
#endif

int64_t jk_product_panels(const jk_product *p) { return (p->n + p->width - 1) / p->width; }

void jk_product_pack(jk_product *p, const float *b, int transposed, float *packed) {
  int64_t width = p->width, columns = p->n < width ? p->n : width;
  p->b_panel = p->k * width;
  p->b_row = width;
  for (int64_t panel = 0; panel < jk_product_panels(p); panel++) {
    int64_t start = panel_start(p, panel);
    for (int64_t q = 0; q < p->k; q++) {
      float *row = packed + panel * p->b_panel + q * width;
      if (transposed)
        for (int64_t j = 0; j < columns; j++) row[j] = b[(start + j) * p->k + q];
      else
        memcpy(row, b + q * p->n + start, (size_t)columns * sizeof *row);
      memset(row + columns, 0, (size_t)(width - columns) * sizeof *row);
    }
  }
}

void jk_product_part(const jk_product *p, const float *a, const float *b, const float *bias,
                     float *c, int64_t begin, int64_t end, int64_t first, int64_t last) {
#if defined(__x86_64__)
  if (p->width == 32) {
    product_16(p, a, b, bias, c, begin, end, first, last);
    return;
  }
  if (p->width == 16) {
    product_8(p, a, b, bias, c, begin, end, first, last);
    return;
  }
#endif
  product_4(p, a, b, bias, c, begin, end, first, last);
}

typedef struct {
  const jk_product *p;
  const float *a, *b, *bias;
  float *c;
} product_job;

// Rows that stay in the cache while the panels go by, and those of a block in registers.
enum { ROWS = 240, TALLEST = 8 };

static void rows(void *context, size_t begin, size_t end) {
  product_job *j = context;
  int64_t last = (int64_t)end * TALLEST < j->p->m ? (int64_t)end * TALLEST : j->p->m;
  for (int64_t row = (int64_t)begin * TALLEST; row < last; row += ROWS)
    jk_product_part(j->p, j->a, j->b, j->bias, j->c, row, last - row < ROWS ? last : row + ROWS, 0,
                    jk_product_panels(j->p));
}

static void panels(void *context, size_t begin, size_t end) {
  product_job *j = context;
  jk_product_part(j->p, j->a, j->b, j->bias, j->c, 0, j->p->m, (int64_t)begin, (int64_t)end);
}

void jk_run_product(const jk_product *p, const float *a, const float *b, const float *bias,
                    float *c) {
  product_job job = {p, a, b, bias, c};
  // Where there are enough rows each thread takes some of them, and so finds in its own cache what
  // it made of them before.
  int by_rows = p->m >= 64 * jk_threads();
  // Measured: splitting fewer multiplications than this costs more than it saves.
  int64_t work = by_rows ? TALLEST * p->k * p->n : p->m * p->k * p->width,
          grain = 150000 / (work > 0 ? work : 1) + 1;
  if (by_rows)
    jk_parallel_chunks((size_t)((p->m + TALLEST - 1) / TALLEST), (size_t)grain, ROWS / TALLEST,
                       rows, &job);
  else
    jk_parallel_for((size_t)jk_product_panels(p), (size_t)grain, panels, &job);
}
