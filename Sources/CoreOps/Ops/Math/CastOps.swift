import CKernels

/// Changes of dtype.
package struct CastOps: OpFamily {
  package static let family: Self = define(Self())

  package let castOp: OpDef = .init(
    "Cast",
    """
    x: SrcT -> y: DstT
    SrcT: type
    DstT: type
    Truncate: bool = false
    """,
    shape: ShapeRules.same,
    kernel: .raw { context in
      let (from, to) = (try context.type("SrcT"), try context.type("DstT"))
      if from == to { return { _ in .alias(of: 0) } }
      let find = try context.bool("Truncate") ? jk_cast_truncating : jk_cast
      guard let found = find(Int32(from.rawValue), Int32(to.rawValue)) else {
        throw TFError.unimplemented(
          "Cast \(from.signatureName) to \(to.signatureName) is not supported")
      }
      let loop = ElementwiseLoop(found, inputs: [from], output: to)
      // TensorFlow converts whole vectors so that what does not fit 8 or 16 bits is held at the
      // dtype's ends, and fewer than 32 numbers one by one, where it is cut to the low bits.
      let held = jk_cast_held(Int32(from.rawValue), Int32(to.rawValue)).map {
        ElementwiseLoop($0, inputs: [from], output: to)
      }
      return { specialise in
        let (inputs, output) = (specialise.inputs, specialise.outputs[0])
        let chosen = output.elementCount < 32 ? loop : held ?? loop
        return try chosen.specialised(inputs, output: output)
      }
    },
    gradient: .rule(needs: .nothing) { context in
      let (from, to) = (context.inputs[0].dtype, context.outputs[0].dtype)
      guard from.isFloating || from.isComplex, to.isFloating || to.isComplex else { return [nil] }
      return [try CastOps.cast(context.gradient(), from)]
    })

  /// `x` as `dtype`; `x` itself if it is that already.
  package static func cast(_ x: Tensor, _ dtype: DType, name: String? = nil) throws -> Tensor {
    x.dtype == dtype ? x : try family.castOp([x], ["DstT": .type(dtype)], name: name)
  }

  package let bitcastOp = OpDef(
    "Bitcast",
    """
    input: T -> output: type
    T: {bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, int16, \
      complex64, complex128, qint8, quint8, qint16, quint16, qint32}
    type: {bfloat16, half, float, double, int64, int32, uint8, uint16, uint32, uint64, int8, \
      int16, complex64, complex128, qint8, quint8, qint16, quint16, qint32}
    """,
    shape: { context in
      let (from, to) = (try context.type("T"), try context.type("type"))
      guard let dims = context.shapes[0].dims else { return [.unknown] }
      if from.byteSize == to.byteSize { return [PartialShape(dims)] }
      if from.byteSize > to.byteSize {
        return [PartialShape(dims + [Dimension(from.byteSize / to.byteSize)])]
      }
      let ratio = Dimension(to.byteSize / from.byteSize)
      guard let last = dims.last, last == nil || last == ratio else {
        throw TFError.invalidArgument(
          """
          Cannot bitcast from \(from.signatureName) to \(to.signatureName): the last dimension of \
          \(context.shapes[0]) is not \(ratio)
          """
        )
      }
      return [PartialShape(Array(dims.dropLast()))]
    },
    kernel: .raw { _ in { _ in .alias(of: 0) } },
    gradient: .none("TensorFlow has no gradient for Bitcast"))
}

extension SharedAPI {
  /// The elements as `dtype`. Follows `tf.cast`.
  ///
  /// - Throws: `UNIMPLEMENTED` where one dtype is a string, resource or variant.
  @_disfavoredOverload
  public static func cast(
    _ x: some TensorConvertible, _ dtype: DType, name: String? = nil
  ) throws -> Tensor {
    try CastOps.cast(x.asTensor(), dtype, name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func cast(_ x: some TensorConvertible, dtype: DType, name: String? = nil) throws
    -> Tensor
  {
    try cast(x, dtype, name: name)
  }

  /// The same of a literal.
  public static func cast(_ x: TensorLiteral, dtype: DType, name: String? = nil) throws
    -> Tensor
  {
    try cast(x.asTensor(), dtype, name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func cast(x: some TensorConvertible, dtype: DType, name: String? = nil) throws
    -> Tensor
  {
    try cast(x, dtype, name: name)
  }

  /// The same of a literal.
  public static func cast(x: TensorLiteral, dtype: DType, name: String? = nil) throws
    -> Tensor
  {
    try cast(x.asTensor(), dtype, name: name)
  }

  /// The same of a literal.
  public static func cast(_ x: TensorLiteral, _ dtype: DType, name: String? = nil) throws -> Tensor
  {
    try cast(x.asTensor(), dtype, name: name)
  }

  /// The same bytes as elements of `type`. Follows `tf.bitcast`.
  ///
  /// - Parameter input: where `type` is wider, the last dimension has as many elements as make one
  ///   of `type`.
  /// - Throws: `INVALID_ARGUMENT` when the last dimension does not fit.
  public static func bitcast(
    _ input: some TensorConvertible, _ type: DType, name: String? = nil
  ) throws -> Tensor {
    try CastOps.family.bitcastOp([input.asTensor()], ["type": .type(type)], name: name)
  }

  /// The same with its arguments by label.
  public static func bitcast(_ input: some TensorConvertible, type: DType, name: String? = nil)
    throws -> Tensor
  {
    try bitcast(input, type, name: name)
  }

  /// Follows `tf.compat.v1.to_float`.
  public static func toFloat(
    _ x: some TensorConvertible, name: String? = "ToFloat"
  ) throws -> Tensor {
    try cast(x, .float32, name: name)
  }
  /// Follows `tf.compat.v1.to_double`.
  public static func toDouble(
    _ x: some TensorConvertible, name: String? = "ToDouble"
  ) throws -> Tensor {
    try cast(x, .float64, name: name)
  }
  /// Follows `tf.compat.v1.to_int32`.
  public static func toInt32(
    _ x: some TensorConvertible, name: String? = "ToInt32"
  ) throws -> Tensor {
    try cast(x, .int32, name: name)
  }
  /// Follows `tf.compat.v1.to_int64`.
  public static func toInt64(
    _ x: some TensorConvertible, name: String? = "ToInt64"
  ) throws -> Tensor {
    try cast(x, .int64, name: name)
  }
}
