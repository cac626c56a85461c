public import CoreOps
import Functions
import Ops
public import V1Graph

/// Functions of arrays and numbers that TF-1 has under other names than `tf` in TF-2 style, or that
/// make other nodes.
extension V1API {
  /// `x` where `condition`, `y` elsewhere; the condition is a scalar, has a value per row, or the
  /// shape of both. Follows `tf.compat.v1.where` with three arguments.
  ///
  /// - Throws: `INVALID_ARGUMENT` for shapes or dtypes that differ.
  public static func `where`(
    _ condition: some TensorConvertible, _ x: some TensorConvertible, _ y: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    let dtype = x.definiteDType ?? y.definiteDType
    return try SelectOps.family.selectV1(
      [condition.asTensor(), x.asTensor(preferring: dtype), y.asTensor(preferring: dtype)],
      name: name)
  }

  /// Ones of another tensor's shape. Follows `tf.compat.v1.ones_like`.
  ///
  /// - Parameter dtype: nil for that of `tensor`.
  public static func onesLike(
    _ tensor: some TensorConvertible, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor { try Likes.ones(tensor.asTensor(), dtype: dtype, name: name) }

  /// x / y; of integers rounded down. Follows `tf.compat.v1.div`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for dtypes that differ.
  public static func div(
    _ x: some TensorConvertible, _ y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "div") { scope in
      let dtype = x.definiteDType ?? y.definiteDType
      let x = try x.asTensor(preferring: dtype).asConstant(named: "x")
      let y = try y.asTensor(preferring: x.dtype).asConstant(named: "y")
      let isInteger = !x.dtype.isFloating && !x.dtype.isComplex
      return try isInteger
        ? BinaryOps.family.floordiv(x, y, name: scope) : BinaryOps.family.realdiv(x, y, name: scope)
    }
  }

  /// The remainder with the sign of `y`. Follows `tf.compat.v1.mod`.
  public static var mod: BinaryOp { BinaryOps.family.floormod }
  /// x - y. Follows `tf.sub` of releases before 1.0.
  public static var sub: BinaryOp { BinaryOps.family.subtract }
  /// x · y. Follows `tf.mul` of releases before 1.0.
  public static var mul: BinaryOp { BinaryOps.family.multiply }
  /// -x. Follows `tf.neg` of releases before 1.0.
  public static var neg: UnaryOp { UnaryOps.family.negative }

  /// A tensor with given values on its diagonal. Follows `tf.compat.v1.diag`.
  public static func diag(_ diagonal: some TensorConvertible, name: String? = nil) throws -> Tensor
  { try LinalgAPI.tensorDiag(diagonal, name: name ?? "Diag") }

  /// The diagonal of a tensor. Follows `tf.compat.v1.diag_part`.
  public static func diagPart(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor
  { try LinalgAPI.tensorDiagPart(input, name: name ?? "DiagPart") }

  /// Matrices without what is outside a band. Follows `tf.compat.v1.matrix_band_part`.
  public static func matrixBandPart(
    _ input: some TensorConvertible, _ numLower: Int, _ numUpper: Int, name: String? = nil
  ) throws -> Tensor { try LinalgAPI.bandPart(input, numLower, numUpper, name: name) }

  /// Matrices with given diagonals. Follows `tf.compat.v1.matrix_diag`.
  public static func matrixDiag(_ diagonal: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try LinalgAPI.diag(diagonal, name: name) }

  /// The diagonals of matrices. Follows `tf.compat.v1.matrix_diag_part`.
  public static func matrixDiagPart(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try LinalgAPI.diagPart(input, name: name) }

  /// Matrices with other diagonals. Follows `tf.compat.v1.matrix_set_diag`.
  public static func matrixSetDiag(
    _ input: some TensorConvertible, _ diagonal: some TensorConvertible, name: String? = nil
  ) throws -> Tensor { try LinalgAPI.setDiag(input, diagonal, name: name) }

  /// The inverses of matrices. Follows `tf.compat.v1.matrix_inverse`.
  ///
  /// - Parameter adjoint: whether those of their conjugate transposes.
  /// - Throws: `INVALID_ARGUMENT` for a singular one.
  public static func matrixInverse(
    _ input: some TensorConvertible, adjoint: Bool = false, name: String? = nil
  ) throws -> Tensor { try LinalgAPI.inv(input, adjoint: adjoint, name: name) }

  /// The determinants of matrices. Follows `tf.compat.v1.matrix_determinant`.
  public static func matrixDeterminant(_ input: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  { try LinalgAPI.det(input, name: name) }

  /// The solutions x of matrix · x = rhs. Follows `tf.compat.v1.matrix_solve`.
  public static func matrixSolve(
    _ matrix: some TensorConvertible, _ rhs: some TensorConvertible, adjoint: Bool = false,
    name: String? = nil
  ) throws -> Tensor { try LinalgAPI.solve(matrix, rhs, adjoint: adjoint, name: name) }

  /// A tensor that has a value of its own where none is fed. Follows
  /// `tf.compat.v1.placeholder_with_default`.
  ///
  /// - Parameters:
  ///   - input: the value.
  ///   - shape: what each fed value must fit; nil for dimensions of any size.
  ///   - name: the node's name.
  /// - Throws: `INVALID_ARGUMENT` for a shape that the value does not fit.
  public static func placeholderWithDefault(
    _ input: some TensorConvertible, _ shape: [Int?], name: String? = nil
  ) throws -> Tensor {
    try placeholderWithDefault(input, PartialShape(shape), name: name)
  }

  /// The same with labels.
  public static func placeholderWithDefault(
    _ input: some TensorConvertible, shape: [Int?], name: String? = nil
  ) throws -> Tensor { try placeholderWithDefault(input, PartialShape(shape), name: name) }

  /// The same for a shape that may be unknown as a whole.
  public static func placeholderWithDefault(
    _ input: some TensorConvertible, _ shape: PartialShape, name: String? = nil
  ) throws -> Tensor {
    try BasicOps.family.placeholderWithDefault(
      [input.asTensor()], ["shape": .shape(shape)], name: name)
  }

  /// How many insertions, deletions and replacements lead from each sequence to another. Follows
  /// `tf.edit_distance`.
  ///
  /// - Parameters:
  ///   - hypothesis, truth: sequences along the last dimension.
  ///   - normalize: whether they are counted per element of `truth`.
  ///   - name: the node's name.
  public static func editDistance(
    _ hypothesis: SparseTensor, _ truth: SparseTensor, normalize: Bool = true,
    name: String? = "edit_distance"
  ) throws -> Tensor {
    try MatchingOps.family.editDistance(
      [
        hypothesis.indices, hypothesis.values, hypothesis.denseShape, truth.indices, truth.values,
        truth.denseShape,
      ], Attrs().with("normalize", .bool(normalize), unless: normalize), name: name)
  }

  /// A sparse matrix times a dense one. Follows `tf.compat.v1.sparse_tensor_dense_matmul`.
  public static func sparseTensorDenseMatmul(
    _ spA: SparseTensor, _ b: some TensorConvertible, adjointA: Bool = false,
    adjointB: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try SparseAPI.sparseDenseMatmul(spA, b, adjointA: adjointA, adjointB: adjointB, name: name)
  }

  /// `tensor` itself, once it is known to have no NaN or infinity. Follows
  /// `tf.compat.v1.check_numerics`.
  public static func checkNumerics(
    _ tensor: some TensorConvertible, _ message: String, name: String? = nil
  ) throws -> Tensor {
    try DebugOps.family.checkNumerics(
      [tensor.asTensor()], ["message": .string(message)], name: name)
  }

  /// An operation that checks all floating point outputs of the graph for NaN and infinity, in
  /// order. Follows `tf.compat.v1.add_check_numerics_ops`.
  ///
  /// - Throws: `FAILED_PRECONDITION` where calls run at once, `INVALID_ARGUMENT` for a graph with
  ///   control flow.
  @discardableResult
  public static func addCheckNumericsOps() throws -> Operation? {
    let environment = Environment.current
    guard !environment.isExecutingEagerly, let graph = environment.graph else {
      throw TFError.failedPrecondition(
        """
        add_check_numerics_ops() is not compatible with eager execution. To check for Inf's and \
        NaN's under eager execution, call tf.debugging.enable_check_numerics() once before \
        executing the checked operations.
        """)
    }
    var last: [Tensor] = []
    for operation in graph.getOperations() {
      for output in operation.outputs where [.half, .float32, .float64].contains(output.dtype) {
        last = [
          try controlDependencies(last) { try checkNumerics(output, output.name) }
        ]
      }
    }
    return try group(last)
  }

  /// `input` itself; prints `data` when it runs. Follows `tf.compat.v1.Print`.
  ///
  /// - Parameters:
  ///   - message: what is printed before.
  ///   - firstN: how many times at most; nil for always.
  ///   - summarize: how many elements of each; nil for 3.
  ///   - name: the node's name.
  public static func Print(
    _ input: some TensorConvertible, _ data: [any TensorConvertible], message: String? = nil,
    firstN: Int? = nil, summarize: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    let attrs = Attrs().with("message", .string(message ?? ""), unless: message ?? "" == "")
      .with("first_n", .int(firstN ?? -1), unless: firstN ?? -1 == -1)
      .with("summarize", .int(summarize ?? 3), unless: summarize ?? 3 == 3)
    return try DebugOps.family.print(
      [input.asTensor()] + data.map { try $0.asTensor() }, attrs, name: name)
  }
}

extension V1API {
  /// A regulariser that gives no loss, also where the scope has one. Follows
  /// `tf.compat.v1.no_regularizer`.
  public static var noRegularizer: Regularizer { { _ in nil } }
}
