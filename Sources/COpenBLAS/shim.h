#pragma once
#include <cblas.h>
#include <stdint.h>

// OpenBLAS begins with a thread for each processor, which spin for up to 100 ms beside whatever
// runs then. Janus splits its work itself: they are ended. Builds of OpenBLAS without threads lack
// the function.
int blas_thread_shutdown_(void) __attribute__((weak));
static inline void jk_blas_end_threads(void) {
  openblas_set_num_threads(1);
  if (blas_thread_shutdown_) blas_thread_shutdown_();
}

// Matrix products in row-major order with one signature for all dtypes: t is 0 for as is, 1 for
// transposed, 2 for conjugated and transposed.
static inline enum CBLAS_TRANSPOSE jk_blas_transpose(int t) {
  return t == 0 ? CblasNoTrans : t == 1 ? CblasTrans : CblasConjTrans;
}

static inline void jk_blas_gemm_f64(int ta, int tb, int64_t m, int64_t n, int64_t k,
                                    const void *_Nonnull a, int64_t lda, const void *_Nonnull b,
                                    int64_t ldb, void *_Nonnull c, int64_t ldc) {
  cblas_dgemm(CblasRowMajor, jk_blas_transpose(ta), jk_blas_transpose(tb), (blasint)m, (blasint)n,
              (blasint)k, 1.0, (const double *)a, (blasint)lda, (const double *)b, (blasint)ldb,
              0.0, (double *)c, (blasint)ldc);
}

static inline void jk_blas_gemm_c64(int ta, int tb, int64_t m, int64_t n, int64_t k,
                                    const void *_Nonnull a, int64_t lda, const void *_Nonnull b,
                                    int64_t ldb, void *_Nonnull c, int64_t ldc) {
  const float one[2] = {1, 0}, zero[2] = {0, 0};
  cblas_cgemm(CblasRowMajor, jk_blas_transpose(ta), jk_blas_transpose(tb), (blasint)m, (blasint)n,
              (blasint)k, one, a, (blasint)lda, b, (blasint)ldb, zero, c, (blasint)ldc);
}

static inline void jk_blas_gemm_c128(int ta, int tb, int64_t m, int64_t n, int64_t k,
                                     const void *_Nonnull a, int64_t lda, const void *_Nonnull b,
                                     int64_t ldb, void *_Nonnull c, int64_t ldc) {
  const double one[2] = {1, 0}, zero[2] = {0, 0};
  cblas_zgemm(CblasRowMajor, jk_blas_transpose(ta), jk_blas_transpose(tb), (blasint)m, (blasint)n,
              (blasint)k, one, a, (blasint)lda, b, (blasint)ldb, zero, c, (blasint)ldc);
}

// LAPACK, for double and complex double alike: `z` says which, and numbers are passed as void.

#define JK_LAPACK(name, ...) void d##name##_(__VA_ARGS__); void z##name##_(__VA_ARGS__)
JK_LAPACK(getrf, const int *m, const int *n, void *a, const int *lda, int *pivots, int *info);
JK_LAPACK(getri, const int *n, void *a, const int *lda, const int *pivots, void *work,
          const int *lwork, int *info);
JK_LAPACK(getrs, const char *trans, const int *n, const int *nrhs, const void *a, const int *lda,
          const int *pivots, void *b, const int *ldb, int *info);
JK_LAPACK(potrf, const char *uplo, const int *n, void *a, const int *lda, int *info);
JK_LAPACK(potrs, const char *uplo, const int *n, const int *nrhs, const void *a, const int *lda,
          void *b, const int *ldb, int *info);
JK_LAPACK(geqrf, const int *m, const int *n, void *a, const int *lda, void *tau, void *work,
          const int *lwork, int *info);
void dorgqr_(const int *m, const int *n, const int *k, void *a, const int *lda, const void *tau,
             void *work, const int *lwork, int *info);
void zungqr_(const int *m, const int *n, const int *k, void *a, const int *lda, const void *tau,
             void *work, const int *lwork, int *info);
void dgesdd_(const char *job, const int *m, const int *n, void *a, const int *lda, double *s,
             void *u, const int *ldu, void *vt, const int *ldvt, void *work, const int *lwork,
             int *iwork, int *info);
void zgesdd_(const char *job, const int *m, const int *n, void *a, const int *lda, double *s,
             void *u, const int *ldu, void *vt, const int *ldvt, void *work, const int *lwork,
             double *rwork, int *iwork, int *info);
void dsyev_(const char *job, const char *uplo, const int *n, void *a, const int *lda, double *w,
            void *work, const int *lwork, int *info);
void zheev_(const char *job, const char *uplo, const int *n, void *a, const int *lda, double *w,
            void *work, const int *lwork, double *rwork, int *info);
void zgeev_(const char *jobvl, const char *jobvr, const int *n, void *a, const int *lda, void *w,
            void *vl, const int *ldvl, void *vr, const int *ldvr, void *work, const int *lwork,
            double *rwork, int *info);
void zgees_(const char *jobvs, const char *sort, void *select, const int *n, void *a,
            const int *lda, int *sdim, void *w, void *vs, const int *ldvs, void *work,
            const int *lwork, double *rwork, int *bwork, int *info);

static inline int jk_getrf(int z, int m, int n, void *_Nonnull a, int *_Nonnull pivots) {
  int info;
  (z ? zgetrf_ : dgetrf_)(&m, &n, a, &m, pivots, &info);
  return info;
}
static inline int jk_getri(int z, int n, void *_Nonnull a, const int *_Nonnull pivots,
                           void *_Nonnull work, int lwork) {
  int info;
  (z ? zgetri_ : dgetri_)(&n, a, &n, pivots, work, &lwork, &info);
  return info;
}
static inline int jk_getrs(int z, int transposed, int n, int nrhs, const void *_Nonnull a,
                           const int *_Nonnull pivots, void *_Nonnull b) {
  int info;
  (z ? zgetrs_ : dgetrs_)(transposed ? "T" : "N", &n, &nrhs, a, &n, pivots, b, &n, &info);
  return info;
}
static inline int jk_potrf(int z, int upper, int n, void *_Nonnull a) {
  int info;
  (z ? zpotrf_ : dpotrf_)(upper ? "U" : "L", &n, a, &n, &info);
  return info;
}
static inline int jk_potrs(int z, int upper, int n, int nrhs, const void *_Nonnull a,
                           void *_Nonnull b) {
  int info;
  (z ? zpotrs_ : dpotrs_)(upper ? "U" : "L", &n, &nrhs, a, &n, b, &n, &info);
  return info;
}
static inline int jk_geqrf(int z, int m, int n, void *_Nonnull a, void *_Nonnull tau,
                           void *_Nonnull work, int lwork) {
  int info;
  (z ? zgeqrf_ : dgeqrf_)(&m, &n, a, &m, tau, work, &lwork, &info);
  return info;
}
static inline int jk_orgqr(int z, int m, int n, int k, void *_Nonnull a, const void *_Nonnull tau,
                           void *_Nonnull work, int lwork) {
  int info;
  (z ? zungqr_ : dorgqr_)(&m, &n, &k, a, &m, tau, work, &lwork, &info);
  return info;
}
// vectors: 0 for none, 1 for as many as there are values, 2 for all.
static inline int jk_gesdd(int z, int vectors, int m, int n, void *_Nonnull a, double *_Nonnull s,
                           void *_Nonnull u, void *_Nonnull vt, void *_Nonnull work, int lwork,
                           double *_Nonnull rwork, int *_Nonnull iwork) {
  int info, k = m < n ? m : n, ldvt = vectors == 1 ? k : n;
  const char *job = vectors == 0 ? "N" : vectors == 1 ? "S" : "A";
  if (z) zgesdd_(job, &m, &n, a, &m, s, u, &m, vt, &ldvt, work, &lwork, rwork, iwork, &info);
  else dgesdd_(job, &m, &n, a, &m, s, u, &m, vt, &ldvt, work, &lwork, iwork, &info);
  return info;
}
static inline int jk_heev(int z, int vectors, int upper, int n, void *_Nonnull a,
                          double *_Nonnull w, void *_Nonnull work, int lwork,
                          double *_Nonnull rwork) {
  int info;
  if (z) zheev_(vectors ? "V" : "N", upper ? "U" : "L", &n, a, &n, w, work, &lwork, rwork, &info);
  else dsyev_(vectors ? "V" : "N", upper ? "U" : "L", &n, a, &n, w, work, &lwork, &info);
  return info;
}
static inline int jk_geev(int vectors, int n, void *_Nonnull a, void *_Nonnull w, void *_Nonnull v,
                          void *_Nonnull work, int lwork, double *_Nonnull rwork) {
  int info;
  zgeev_("N", vectors ? "V" : "N", &n, a, &n, w, v, &n, v, &n, work, &lwork, rwork, &info);
  return info;
}
// Of a real matrix, which is not balanced first: the order of the eigenvalues depends on it.
void dgeevx_(const char *balance, const char *left, const char *right, const char *sense,
             const int *n, void *a, const int *lda, double *wr, double *wi, void *vl,
             const int *ldvl, void *vr, const int *ldvr, int *low, int *high, double *scale,
             double *norm, double *rconde, double *rcondv, void *work, const int *lwork, int *iwork,
             int *info);
static inline int jk_real_geev(int vectors, int n, void *_Nonnull a, double *_Nonnull wr,
                               double *_Nonnull wi, void *_Nonnull v, double *_Nonnull scale,
                               void *_Nonnull work, int lwork) {
  int info, low, high, ignored;
  double norm, conde, condv;
  dgeevx_("N", "N", vectors ? "V" : "N", "N", &n, a, &n, wr, wi, v, &n, v, &n, &low, &high, scale,
          &norm, &conde, &condv, work, &lwork, &ignored, &info);
  return info;
}
// A · P = Q · R: column j of A · P is column pivots[j] - 1 of A.
void dgeqp3_(const int *m, const int *n, void *a, const int *lda, int *pivots, void *tau,
             void *work, const int *lwork, int *info);
static inline int jk_geqp3(int m, int n, void *_Nonnull a, int *_Nonnull pivots, void *_Nonnull tau,
                           void *_Nonnull work, int lwork) {
  int info;
  dgeqp3_(&m, &n, a, &m, pivots, tau, work, &lwork, &info);
  return info;
}
static inline int jk_gees(int n, void *_Nonnull a, void *_Nonnull w, void *_Nonnull v,
                          void *_Nonnull work, int lwork, double *_Nonnull rwork) {
  int info, found, ignored;
  zgees_("V", "N", 0, &n, a, &n, &found, w, v, &n, work, &lwork, rwork, &ignored, &info);
  return info;
}
