#include "include/jk_gemm.h"

#include <oneapi/dnnl/dnnl.h>

void jk_dnnl_gemm_f32(int ta, int tb, int64_t m, int64_t n, int64_t k, const void *a, int64_t lda, const void *b,
                      int64_t ldb, void *c, int64_t ldc) {
  // The arguments are checked before; the only error left is one of them.
  (void)dnnl_sgemm(ta ? 'T' : 'N', tb ? 'T' : 'N', m, n, k, 1.0f, a, lda, b, ldb, 0.0f, c, ldc);
}
