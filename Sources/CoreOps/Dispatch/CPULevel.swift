import CKernels
import COneDNN
import COpenBLAS

/// Which of the processor's instructions kernels use: its own level, or a lower one that
/// the variable `JANUS_CPU` names when the process begins.
package enum CPULevel: String, CaseIterable, Sendable {
  case baseline, avx2, avx512

  /// The level of this process.
  package static let current: CPULevel =
    switch Int(jk_cpu_level()) {
    case JK_CPU_AVX512: .avx512
    case JK_CPU_AVX2: .avx2
    default: .baseline
    }

  /// A line for the level and one for each library that has kernels.
  package static var summary: String {
    let version = jk_dnnl_version()
    return """
      cpu \(current.rawValue)
      oneDNN \(version / 100).\(version % 100)
      \(String(cString: openblas_get_config()))
      """
  }

  /// - Throws: `INVALID_ARGUMENT` when `JANUS_CPU` names no level, `FAILED_PRECONDITION` when a
  ///   library cannot be limited to it.
  package static func check() throws {
    if let fault { throw fault }
  }

  private static let fault: TFError? = {
    if let unknown = jk_cpu_unknown() {
      return .invalidArgument(
        "JANUS_CPU is '\(String(cString: unknown))'; avx512, avx2 or baseline was expected")
    }
    let status = jk_dnnl_limit()
    guard status != 0 else { return nil }
    return .failedPrecondition(
      """
      JANUS_CPU=\(current.rawValue) cannot limit oneDNN (status \(status)): the program has used \
      it already, or it was built without limits
      """)
  }()
}
