#include "include/jk_gemm.h"

#include <oneapi/dnnl/dnnl.h>

#include "jk.h"

void omp_set_num_threads(int);

void jk_dnnl_gemm_f32(int ta, int tb, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda,
                      const void *b, int64_t ldb, void *c, int64_t ldc) {
  // Small products are not worth splitting.
  int granted = (double)m * (double)n * (double)k >= 300000 ? jk_pool_enter() : 1;
  omp_set_num_threads(granted);
  // The arguments are checked before; the only error left is one of them.
  (void)dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1.0f, a, lda, b, ldb, 0.0f, c, ldc);
  jk_pool_leave(granted);
}
