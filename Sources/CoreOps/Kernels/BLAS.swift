import COpenBLAS

/// OpenBLAS works on the caller's thread; the pool splits the work.
enum BLAS {
  private static let isSingle: Void = jk_blas_end_threads()
  /// To be called before any kernel runs.
  static func useOneThread() { _ = isSingle }
}
