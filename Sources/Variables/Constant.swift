public import CoreOps

/// One value in all places, or a list of values. Follows `tf.compat.v1.constant_initializer`.
public struct Constant: Initializer {
  public let value: Tensor
  public var dtype: DType
  public var verifyShape: Bool

  /// - Parameters:
  ///   - value: a scalar, or at most as many values as the variable has elements: the last one
  ///     fills what is left.
  ///   - dtype: that of the variable where that does not say.
  ///   - verifyShape: whether the shape of `value` must be the variable's.
  public init(
    _ value: some TensorConvertible = 0, dtype: DType = .float32, verifyShape: Bool = false
  ) throws {
    self.value = try value.asTensor(preferring: nil)
    self.dtype = dtype
    self.verifyShape = verifyShape
  }

  public func callAsFunction(_ shape: [Int], dtype: DType?, partition _: PartitionInfo?) throws
    -> Tensor
  {
    let dtype = dtype ?? self.dtype
    guard let count = Shape(shape).checkedElementCount else {
      throw TFError.invalidArgument("Shape \(shape) has a negative dimension or is too large")
    }
    if verifyShape, value.dims != Shape(shape) {
      throw TFError.invalidArgument(
        "Expected Tensor's shape: \(Shape(shape)), got \(value.dims).")
    }
    let given = value.dims.elementCount
    guard given <= count else {
      throw TFError.invalidArgument(
        "Too many elements provided. Needed at most \(count), but received \(given)")
    }
    // What is constant is computed now, also where calls add to a graph.
    func run(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs = Attrs()) throws -> Tensor {
      try EagerInterpreter.apply(op, inputs, attrs, .plain)[0]
    }
    var filled =
      try value.dtype == dtype
      ? value
      : run(CastOps.family.castOp, [value], ["SrcT": .type(value.dtype), "DstT": .type(dtype)])
    if given > 1, given < count {
      let flat = filled.reshaped(Shape([given]))
      let last = flat.rows(given - 1, given, dims: Shape())
      let rest = try run(ShapeOps.family.fill, [Tensor([count - given], dims: [1]), last])
      filled = try run(JoinOps.family.concatV2, [flat, rest, Tensor(scalar: Int32(0))])
    }
    return try API.constant(filled, shape: shape)
  }
}
