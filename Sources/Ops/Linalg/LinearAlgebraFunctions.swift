public import CoreOps

extension LinalgAPI {
  private static func flag(_ name: String, _ value: Bool, _ standard: Bool = false) -> Attrs {
    Attrs().with(name, .bool(value), unless: value == standard)
  }

  /// a · b; see `tf.matmul`. Follows `tf.linalg.matmul`.
  public static func matmul(
    _ a: some TensorConvertible, _ b: some TensorConvertible, transposeA: Bool = false,
    transposeB: Bool = false,
    adjointA: Bool = false, adjointB: Bool = false, name: String? = nil
  ) throws -> Tensor {
    let dtype = a.definiteDType ?? b.definiteDType
    return try MatMulOps.matmul(
      a.asTensor(preferring: dtype), b.asTensor(preferring: dtype), transposeA: transposeA,
      transposeB: transposeB,
      adjointA: adjointA, adjointB: adjointB, name: name)
  }

  /// The same with its arguments by label.
  public static func matmul(
    _ a: some TensorConvertible, b: some TensorConvertible, transposeA: Bool = false,
    transposeB: Bool = false, adjointA: Bool = false, adjointB: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try matmul(
      a, b, transposeA: transposeA, transposeB: transposeB, adjointA: adjointA, adjointB: adjointB,
      name: name)
  }

  /// The same with its arguments by label.
  public static func matmul(
    a: some TensorConvertible, b: some TensorConvertible, transposeA: Bool = false,
    transposeB: Bool = false, adjointA: Bool = false, adjointB: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try matmul(
      a, b, transposeA: transposeA, transposeB: transposeB, adjointA: adjointA, adjointB: adjointB,
      name: name)
  }

  /// A matrix times a vector, or stacks of them. Follows `tf.linalg.matvec`.
  public static func matvec(
    _ a: some TensorConvertible, _ b: some TensorConvertible, transposeA: Bool = false,
    adjointA: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let dtype = a.definiteDType ?? b.definiteDType
    let column = try LinearAlgebraGradients.expanded(b.asTensor(preferring: dtype), -1)
    let product = try MatMulOps.matmul(
      a.asTensor(preferring: dtype), column, transposeA: transposeA, adjointA: adjointA)
    return try ShapeOps.family.squeeze([product], ["squeeze_dims": .ints([-1])])
  }

  /// The same with its arguments by label.
  public static func matvec(
    _ a: some TensorConvertible, b: some TensorConvertible, transposeA: Bool = false,
    adjointA: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try matvec(a, b, transposeA: transposeA, adjointA: adjointA, name: name)
  }

  /// The lower triangle L with L·Lᴴ equal to each matrix.
  ///
  /// Follows `tf.linalg.cholesky`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a matrix is not positive definite.
  @_disfavoredOverload
  public static func cholesky(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor
  {
    try LinearAlgebraOps.family.cholesky([input.asTensor()], name: name)
  }

  /// The same of a literal.
  public static func cholesky(_ input: TensorLiteral, name: String? = nil) throws -> Tensor {
    try cholesky(input.asTensor(), name: name)
  }

  /// The inverse of each matrix, or of its adjoint.
  ///
  /// Follows `tf.linalg.inv`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a matrix has none.
  @_disfavoredOverload
  public static func inv(
    _ input: some TensorConvertible, adjoint: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try LinearAlgebraOps.family.inverse([input.asTensor()], flag("adjoint", adjoint), name: name)
  }

  /// The same of a literal.
  public static func inv(_ input: TensorLiteral, adjoint: Bool = false, name: String? = nil) throws
    -> Tensor
  {
    try inv(input.asTensor(), adjoint: adjoint, name: name)
  }

  /// The determinant of each matrix. Follows `tf.linalg.det`.
  @_disfavoredOverload
  public static func det(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try LinearAlgebraOps.family.determinant([input.asTensor()], name: name)
  }

  /// The same of a literal.
  public static func det(_ input: TensorLiteral, name: String? = nil) throws -> Tensor {
    try det(input.asTensor(), name: name)
  }

  /// The sign of each matrix's determinant and the logarithm of its size. Follows
  /// `tf.linalg.slogdet`.
  public static func slogdet(_ input: some TensorConvertible, name: String? = nil) throws -> (
    sign: Tensor, logAbsDeterminant: Tensor
  ) {
    let outputs = try apply(LinearAlgebraOps.family.logDeterminant, [input.asTensor()], name: name)
    return (outputs[0], outputs[1])
  }

  /// Q and R with q · r equal to each matrix. Follows `tf.linalg.qr`.
  public static func qr(
    _ input: some TensorConvertible, fullMatrices: Bool = false, name: String? = nil
  ) throws -> (
    q: Tensor, r: Tensor
  ) {
    let outputs = try apply(
      LinearAlgebraOps.family.qr, [input.asTensor()], flag("full_matrices", fullMatrices),
      name: name)
    return (outputs[0], outputs[1])
  }

  /// The singular values s, and u and v with u · diag(s) · vᴴ equal to each matrix. Follows
  /// `tf.linalg.svd`.
  public static func svd(
    _ tensor: some TensorConvertible, fullMatrices: Bool = false, name: String? = nil
  ) throws -> (
    s: Tensor, u: Tensor, v: Tensor
  ) {
    let outputs = try apply(
      LinearAlgebraOps.family.svd, [tensor.asTensor()], flag("full_matrices", fullMatrices),
      name: name)
    return (outputs[0], outputs[1], outputs[2])
  }

  /// The eigenvalues and eigenvectors of self-adjoint matrices. Follows `tf.linalg.eigh`.
  public static func eigh(_ tensor: some TensorConvertible, name: String? = nil) throws -> (
    e: Tensor, v: Tensor
  ) {
    let outputs = try apply(
      LinearAlgebraOps.family.selfAdjointEigV2, [tensor.asTensor()], name: name)
    return (outputs[0], outputs[1])
  }

  /// The eigenvalues of self-adjoint matrices. Follows `tf.linalg.eigvalsh`.
  public static func eigvalsh(_ tensor: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try LinearAlgebraOps.family.selfAdjointEigV2(
      [tensor.asTensor()], flag("compute_v", false, true), name: name)
  }

  /// The eigenvalues and eigenvectors of matrices. Follows `tf.linalg.eig`.
  public static func eig(_ tensor: some TensorConvertible, name: String? = nil) throws -> (
    e: Tensor, v: Tensor
  ) {
    let x = try tensor.asTensor()
    let result: DType = x.dtype == .float64 || x.dtype == .complex128 ? .complex128 : .complex64
    let outputs = try apply(LinearAlgebraOps.family.eig, [x], ["Tout": .type(result)], name: name)
    return (outputs[0], outputs[1])
  }

  /// L and U in one matrix, and the order of the rows. Follows `tf.linalg.lu`.
  public static func lu(
    _ input: some TensorConvertible, outputIdxType: DType = .int32, name: String? = nil
  ) throws -> (
    lu: Tensor, p: Tensor
  ) {
    let outputs = try apply(
      LinearAlgebraOps.family.lu, [input.asTensor()],
      Attrs().with("output_idx_type", .type(outputIdxType), unless: outputIdxType == .int32),
      name: name)
    return (outputs[0], outputs[1])
  }

  /// X with matrix · X = rhs.
  ///
  /// Follows `tf.linalg.solve`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a matrix has no inverse.
  public static func solve(
    _ matrix: some TensorConvertible, _ rhs: some TensorConvertible, adjoint: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try SolverOps.family.solve(
      operands(matrix, rhs), flag("adjoint", adjoint), name: name)
  }

  /// The same with its arguments by label.
  public static func solve(
    _ matrix: some TensorConvertible, rhs: some TensorConvertible, adjoint: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try solve(matrix, rhs, adjoint: adjoint, name: name)
  }

  /// X with matrix · X = rhs for triangles.
  ///
  /// Follows `tf.linalg.triangular_solve`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a diagonal has a zero.
  public static func triangularSolve(
    _ matrix: some TensorConvertible, _ rhs: some TensorConvertible, lower: Bool = true,
    adjoint: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try SolverOps.family.triangularSolve(
      operands(matrix, rhs),
      flag("lower", lower, true).with("adjoint", .bool(adjoint), unless: !adjoint), name: name)
  }

  /// The same with its arguments by label.
  public static func triangularSolve(
    _ matrix: some TensorConvertible, rhs: some TensorConvertible, lower: Bool = true,
    adjoint: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try triangularSolve(matrix, rhs, lower: lower, adjoint: adjoint, name: name)
  }

  /// Least squares solutions. Follows `tf.linalg.lstsq`.
  public static func lstsq(
    _ matrix: some TensorConvertible, _ rhs: some TensorConvertible, l2Regularizer: Double = 0,
    fast: Bool = true,
    name: String? = nil
  ) throws -> Tensor {
    let dtype = matrix.definiteDType ?? rhs.definiteDType
    return try SolverOps.family.solveLs(
      [
        matrix.asTensor(preferring: dtype), rhs.asTensor(preferring: dtype),
        l2Regularizer.asTensor(preferring: .float64),
      ], flag("fast", fast, true), name: name)
  }

  /// The same with its arguments by label.
  public static func lstsq(
    _ matrix: some TensorConvertible, rhs: some TensorConvertible, l2Regularizer: Double = 0,
    fast: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try lstsq(matrix, rhs, l2Regularizer: l2Regularizer, fast: fast, name: name)
  }

  /// eᴬ for each matrix. Follows `tf.linalg.expm`.
  public static func expm(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try LinearAlgebraOps.family.exponential([input.asTensor()], name: name)
  }

  /// The logarithm of each complex matrix. Follows `tf.linalg.logm`.
  public static func logm(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try LinearAlgebraOps.family.logarithm([input.asTensor()], name: name)
  }

  /// The square root of each matrix. Follows `tf.linalg.sqrtm`.
  public static func sqrtm(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try LinearAlgebraOps.family.squareRoot([input.asTensor()], name: name)
  }

  /// The conjugate of each matrix turned round. Follows `tf.linalg.adjoint`.
  public static func adjoint(_ matrix: some TensorConvertible) throws -> Tensor {
    try LinearAlgebraGradients.adjoint(matrix.asTensor())
  }
}
