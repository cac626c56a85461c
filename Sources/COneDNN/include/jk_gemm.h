// Single-precision matrix products of oneDNN.
#pragma once
#include <stdint.h>

// c = a·b in row-major order: a is [m,k], or [k,m] when ta is not 0; b is [k,n], or [n,k] when tb
// is not 0.
void jk_dnnl_gemm_f32(int ta, int tb, int64_t m, int64_t n, int64_t k, const void *_Nonnull a,
                      int64_t lda, const void *_Nonnull b, int64_t ldb, void *_Nonnull c,
                      int64_t ldc);
