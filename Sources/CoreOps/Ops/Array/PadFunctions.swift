extension SharedAPI {
  /// The tensor repeated along each dimension. Follows `tf.tile`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - multiples: how often along each dimension.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for negative multiples or the wrong number of them.
  @_disfavoredOverload
  public static func tile(
    _ input: some TensorConvertible, _ multiples: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try PadOps.family.tile([input.asTensor(), multiples.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func tile(
    _ input: some TensorConvertible, multiples: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tile(input, multiples, name: name)
  }

  /// The same of a literal.
  public static func tile(
    _ input: TensorLiteral, multiples: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tile(input.asTensor(), multiples, name: name)
  }

  /// The same of a literal.
  public static func tile(
    _ input: TensorLiteral, _ multiples: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tile(input.asTensor(), multiples, name: name)
  }

  /// The tensor with a border. Follows `tf.pad`.
  ///
  /// - Parameters:
  ///   - tensor: of any dtype.
  ///   - paddings: `[rank, 2]`, how much before and behind each dimension.
  ///   - mode: `CONSTANT`, `REFLECT` (the edge is not repeated) or `SYMMETRIC` (it is).
  ///   - constantValues: what fills the border in the first mode.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for an unknown mode or paddings that do not fit.
  public static func pad(
    _ tensor: some TensorConvertible, _ paddings: some TensorConvertible, mode: String = "CONSTANT",
    constantValues: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> Tensor {
    let tensor = try tensor.asTensor()
    let paddings = try paddings.asTensor()
    switch mode.uppercased() {
    case "CONSTANT":
      guard let constantValues else {
        return try PadOps.family.pad([tensor, paddings], name: name)
      }
      return try PadOps.family.padV2(
        [tensor, paddings, constantValues.asTensor(preferring: tensor.dtype)], name: name)
    case "REFLECT", "SYMMETRIC":
      return try PadOps.family.mirrorPad(
        [tensor, paddings], ["mode": .string(mode.uppercased())], name: name)
    default:
      throw TFError.invalidArgument(
        """
        Value of argument `mode` expected to be one of CONSTANT, REFLECT, SYMMETRIC. Received \
        `mode` = \(mode)
        """
      )
    }
  }

  /// The same with its arguments by position.
  public static func pad(
    _ tensor: some TensorConvertible, _ paddings: some TensorConvertible, _ mode: String,
    constantValues: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> Tensor {
    try pad(tensor, paddings, mode: mode, constantValues: constantValues, name: name)
  }

  /// The same with its arguments by label.
  public static func pad(
    _ tensor: some TensorConvertible, paddings: some TensorConvertible, mode: String = "CONSTANT",
    constantValues: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> Tensor {
    try pad(tensor, paddings, mode: mode, constantValues: constantValues, name: name)
  }

  /// Dimensions backwards. Follows `tf.reverse`.
  ///
  /// - Parameters:
  ///   - tensor: of any dtype.
  ///   - axis: the dimensions, each at most once.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a dimension out of range or named twice.
  @_disfavoredOverload
  public static func reverse(
    _ tensor: some TensorConvertible, axis: some TensorAxes, name: String? = nil
  ) throws -> Tensor {
    try PadOps.family.reverseV2([tensor.asTensor(), ShapeOps.vector(axis.axes)], name: name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reverse(
    _ tensor: some TensorConvertible, _ axis: some TensorAxes, name: String? = nil
  ) throws -> Tensor {
    try reverse(tensor, axis: axis, name: name)
  }

  /// The same of a literal.
  public static func reverse(
    _ tensor: TensorLiteral, _ axis: some TensorAxes, name: String? = nil
  ) throws -> Tensor {
    try reverse(tensor.asTensor(), axis: axis, name: name)
  }

  /// The same of a literal.
  public static func reverse(_ tensor: TensorLiteral, axis: some TensorAxes, name: String? = nil)
    throws -> Tensor
  {
    try reverse(tensor.asTensor(), axis: axis, name: name)
  }

  /// The elements shifted, those that fall off coming back at the other end. Follows `tf.roll`.
  ///
  /// - Parameters:
  ///   - input: of rank 1 or more.
  ///   - shift: how far, for each of the axes.
  ///   - axis: the dimensions.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a dimension out of range.
  public static func roll(
    _ input: some TensorConvertible, shift: some TensorConvertible, axis: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    try PadOps.family.roll([input.asTensor(), shift.asTensor(), axis.asTensor()], name: name)
  }

  /// The same with its arguments by position.
  public static func roll(
    _ input: some TensorConvertible, _ shift: some TensorConvertible,
    _ axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try roll(input, shift: shift, axis: axis, name: name)
  }
}
