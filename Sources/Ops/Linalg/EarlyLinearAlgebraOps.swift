package import CoreOps

/// Ops on batches of matrices under the names that they had before TensorFlow 1.0: what graphs of
/// that time hold.
package struct EarlyLinearAlgebraOps: OpFamily {
  package static let family: Self = define(Self())

  package let choleskyGrad: OpDef = early(
    "BatchCholeskyGrad",
    """
    l: T, grad: T -> output: T
    T: {float, double}
    """, as: LinearAlgebraOps.family.choleskyGrad)

  package let solve: OpDef = early(
    "BatchMatrixSolve",
    """
    matrix: T, rhs: T -> output: T
    adjoint: bool = false
    T: {double, float}
    """, as: SolverOps.family.solve)

  package let solveLs: OpDef = early(
    "BatchMatrixSolveLs",
    """
    matrix: T, rhs: T, l2_regularizer: double -> output: T
    T: {double, float}
    fast: bool = true
    """, as: SolverOps.family.solveLs)

  package let selfAdjointEigV2: OpDef = early(
    "BatchSelfAdjointEigV2",
    """
    input: T -> e: T, v: T
    compute_v: bool = true
    T: {double, float}
    """, as: LinearAlgebraOps.family.selfAdjointEigV2)

  package let svd: OpDef = early(
    "BatchSvd",
    """
    input: T -> s: T, u: T, v: T
    compute_uv: bool = true
    full_matrices: bool = false
    T: {double, float, complex64, complex128}
    """, as: LinearAlgebraOps.family.svd)

  /// An op with the rules of the one that replaced it.
  private static func early(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String, as op: OpDef
  ) -> OpDef {
    OpDef(
      name, signature(), shape: { try op.inferShapes($0) }, kernel: op.kernel,
      gradient: .none("an op of TensorFlow before 1.0"))
  }
}
