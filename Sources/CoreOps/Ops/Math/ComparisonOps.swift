import CKernels

/// Element-wise comparisons and logic.
package struct ComparisonOps: OpFamily {
  package static let family: Self = define(Self())

  package let equal = ComparisonOps.equality("Equal", jk_equal, incompatible: false)
  package let notEqual = ComparisonOps.equality("NotEqual", jk_not_equal, incompatible: true)

  package let less = ComparisonOps.order("Less", jk_less)
  package let lessEqual = ComparisonOps.order("LessEqual", jk_less_equal)
  package let greater = ComparisonOps.order("Greater", jk_greater)
  package let greaterEqual = ComparisonOps.order("GreaterEqual", jk_greater_equal)

  private static func order(_ name: String, _ loops: @escaping LoopTable) -> BinaryOp {
    BinaryOp(name, [.reals], loops, result: .bool, gradient: .zero)
  }

  private static func equality(
    _ name: String, _ loops: @escaping LoopTable, incompatible: Bool
  ) -> BinaryOp {
    BinaryOp(
      OpDef(
        name,
        """
        x: T, y: T -> z: bool
        T: type
        incompatible_shape_error: bool = true
        """,
        shape: { context in
          if try context.bool("incompatible_shape_error") {
            return try ShapeRules.broadcast(context)
          }
          let (x, y) = (context.shapes[0], context.shapes[1])
          do {
            let shape = try ShapeRules.broadcast(x, y)
            return [x.isFullyDefined && y.isFullyDefined ? shape : .unknown]
          } catch { return [.scalar] }
        },
        kernel: .raw(["T": [.plain, .string]], objects: .compare()) { context in
          let loop = try ElementwiseLoop(
            findLoop(loops, context.inputTypes[0], name), inputs: context.inputTypes, output: .bool)
          // Shapes that do not broadcast give one element, which says that the tensors differ.
          let mayDiffer = try !context.bool("incompatible_shape_error")
          return { shapes in
            let (x, y) = (PartialShape(shapes.inputs[0]), PartialShape(shapes.inputs[1]))
            if mayDiffer, (try? ShapeRules.broadcast(x, y)) == nil {
              return .constant([try Tensor(scalar: incompatible)])
            }
            return try loop.specialised(shapes.inputs, output: shapes.outputs[0])
          }
        }, gradient: .zero))
  }

  /// Whether |x - y| is less than a tolerance.
  package let approximateEqualOp = OpDef(
    "ApproximateEqual",
    """
    x: T, y: T -> z: bool
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    tolerance: float = 9.999999747378752e-06
    """,
    shape: ShapeRules.alike,
    kernel: .elementwise(
      [.float32, .float64], jk_approximate_equal,
      params: { context in LoopParams(try context.float("tolerance")) }), gradient: .zero)

  package let logicalAnd = ComparisonOps.logical("LogicalAnd", jk_logical_and)
  package let logicalOr = ComparisonOps.logical("LogicalOr", jk_logical_or)

  private static func logical(_ name: String, _ loops: @escaping LoopTable) -> BinaryOp {
    BinaryOp(
      OpDef(
        name, "x: bool, y: bool -> z: bool", shape: ShapeRules.broadcast,
        kernel: .elementwise([], loops), gradient: .zero))
  }
}

extension ComparisonOps {
  /// Exclusive or of booleans, of the three ops that TensorFlow makes it of.
  package static func exclusiveOr(_ x: Tensor, _ y: Tensor, name: String? = nil) throws -> Tensor {
    try family.logicalAnd(
      family.logicalOr(x, y), UnaryOps.family.logicalNot(family.logicalAnd(x, y)),
      name: name ?? "LogicalXor")
  }
}

extension SharedAPI {
  /// Whether `x` and `y`, of the same shape, differ by less than `tolerance`. Follows
  /// `tf.math.approximate_equal`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for shapes that differ or dtypes other than float32 and float64.
  public static func approximateEqual(
    _ x: some TensorConvertible, _ y: some TensorConvertible, tolerance: Float = 1e-5,
    name: String? = nil
  ) throws -> Tensor {
    try ComparisonOps.family.approximateEqualOp(
      operands(x, y), ["tolerance": .float(tolerance)], name: name)
  }

  /// The same with its arguments by label.
  public static func approximateEqual(
    _ x: some TensorConvertible, y: some TensorConvertible, tolerance: Float = 1e-5,
    name: String? = nil
  ) throws -> Tensor {
    try approximateEqual(x, y, tolerance: tolerance, name: name)
  }

  /// Exclusive or of booleans. Follows `tf.math.logical_xor`.
  public static func logicalXor(
    _ x: some TensorConvertible, _ y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try ComparisonOps.exclusiveOr(x.asTensor(), y.asTensor(), name: name)
  }

  /// The same with its arguments by label.
  public static func logicalXor(
    _ x: some TensorConvertible, y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try logicalXor(x, y, name: name)
  }
}

extension SharedAPI {
  /// x = y. Follows `tf.math.equal`.
  public static var equal: BinaryOp { ComparisonOps.family.equal }

  /// x ≠ y. Follows `tf.math.not_equal`.
  public static var notEqual: BinaryOp { ComparisonOps.family.notEqual }

  /// x < y. Follows `tf.math.less`.
  public static var less: BinaryOp { ComparisonOps.family.less }

  /// x ≤ y. Follows `tf.math.less_equal`.
  public static var lessEqual: BinaryOp { ComparisonOps.family.lessEqual }

  /// x > y. Follows `tf.math.greater`.
  public static var greater: BinaryOp { ComparisonOps.family.greater }

  /// x ≥ y. Follows `tf.math.greater_equal`.
  public static var greaterEqual: BinaryOp { ComparisonOps.family.greaterEqual }

  /// x and y. Follows `tf.math.logical_and`.
  public static var logicalAnd: BinaryOp { ComparisonOps.family.logicalAnd }

  /// x or y. Follows `tf.math.logical_or`.
  public static var logicalOr: BinaryOp { ComparisonOps.family.logicalOr }
}
