#pragma once
#include <cblas.h>
#include <stdint.h>

// Matrix products in row-major order with one signature for all dtypes: t is 0 for as is, 1 for transposed, 2 for
// conjugated and transposed.
static inline enum CBLAS_TRANSPOSE jk_blas_transpose(int t) {
  return t == 0 ? CblasNoTrans : t == 1 ? CblasTrans : CblasConjTrans;
}

static inline void jk_blas_gemm_f64(int ta, int tb, int64_t m, int64_t n, int64_t k, const void *_Nonnull a, int64_t lda,
                                    const void *_Nonnull b, int64_t ldb, void *_Nonnull c, int64_t ldc) {
  cblas_dgemm(CblasRowMajor, jk_blas_transpose(ta), jk_blas_transpose(tb), (blasint)m, (blasint)n, (blasint)k, 1.0,
              (const double *)a, (blasint)lda, (const double *)b, (blasint)ldb, 0.0, (double *)c, (blasint)ldc);
}

static inline void jk_blas_gemm_c64(int ta, int tb, int64_t m, int64_t n, int64_t k, const void *_Nonnull a, int64_t lda,
                                    const void *_Nonnull b, int64_t ldb, void *_Nonnull c, int64_t ldc) {
  const float one[2] = {1, 0}, zero[2] = {0, 0};
  cblas_cgemm(CblasRowMajor, jk_blas_transpose(ta), jk_blas_transpose(tb), (blasint)m, (blasint)n, (blasint)k, one, a,
              (blasint)lda, b, (blasint)ldb, zero, c, (blasint)ldc);
}

static inline void jk_blas_gemm_c128(int ta, int tb, int64_t m, int64_t n, int64_t k, const void *_Nonnull a, int64_t lda,
                                     const void *_Nonnull b, int64_t ldb, void *_Nonnull c, int64_t ldc) {
  const double one[2] = {1, 0}, zero[2] = {0, 0};
  cblas_zgemm(CblasRowMajor, jk_blas_transpose(ta), jk_blas_transpose(tb), (blasint)m, (blasint)n, (blasint)k, one, a,
              (blasint)lda, b, (blasint)ldb, zero, c, (blasint)ldc);
}
