extension SharedAPI {
  /// Tensors of one shape as the slices of one of a higher rank. Follows `tf.stack`.
  ///
  /// - Parameters:
  ///   - values: at least one tensor; all have the same dtype and shape.
  ///   - axis: the new dimension; negative counts from the end.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when dtypes or shapes differ or the axis is out of range.
  public static func stack(_ values: [any TensorConvertible], axis: Int = 0, name: String? = nil)
    throws -> Tensor
  {
    let operands = try JoinOps.operands(values, "tf.stack")
    let attrs = Attrs().with("axis", .int(axis), unless: axis == 0)
    guard axis == 0, !Environment.current.isExecutingEagerly,
      operands.contains(where: { !$0.isSymbolic })
    else { return try JoinOps.family.pack(operands, attrs, name: name ?? "stack") }
    // TensorFlow makes a tensor of the list before it looks for an op.
    if !operands.contains(where: \.isSymbolic) {
      return try EagerInterpreter.apply(JoinOps.family.pack, operands, attrs, .plain)[0]
        .asConstant(named: name ?? "stack")
    }
    return try inScope(name, "stack") { scope in
      let parts = try operands.enumerated().map { try $1.asConstant(named: "\($0)") }
      return try JoinOps.family.pack(parts, name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func stack(_ values: [any TensorConvertible], _ axis: Int, name: String? = nil)
    throws -> Tensor
  {
    try stack(values, axis: axis, name: name)
  }

  /// The slices along one dimension. Follows `tf.unstack`.
  ///
  /// - Parameters:
  ///   - value: of any dtype and of rank 1 or more.
  ///   - num: how many slices there are; needed when the shape does not tell.
  ///   - axis: the dimension; negative counts from the end.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when `num` is unknown or does not fit.
  public static func unstack(
    _ value: some TensorConvertible, num: Int? = nil, axis: Int = 0, name: String? = nil
  ) throws -> [Tensor] {
    let value = try value.asTensor()
    var count = num
    if count == nil, let rank = value.rank {
      count = value.shape[try ShapeRules.axis(axis, rank: rank)]?.value
    }
    guard let count else {
      throw TFError.invalidArgument("Cannot infer argument `num` from shape \(value.shape)")
    }
    return try apply(
      JoinOps.family.unpack, [value],
      Attrs().with("num", .int(count)).with("axis", .int(axis), unless: axis == 0),
      name: name ?? "unstack")
  }

  /// Tensors one behind the other along one dimension. Follows `tf.concat`.
  ///
  /// - Parameters:
  ///   - values: tensors of one dtype whose shapes differ in `axis` only.
  ///   - axis: the dimension; negative counts from the end.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when shapes or dtypes do not fit or the axis is out of range.
  public static func concat(
    _ values: [any TensorConvertible], axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let operands = try JoinOps.operands(values, "tf.concat")
    let axis = try axis.asTensor()
    if operands.count == 1 { return try identity(operands[0], name: name ?? "concat") }
    return try JoinOps.family.concatV2(operands + [axis], name: name ?? "concat")
  }

  /// The same with its arguments by position.
  public static func concat(
    _ values: [any TensorConvertible], _ axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try concat(values, axis: axis, name: name)
  }

  /// The same with its arguments by label.
  public static func concat(
    values: [any TensorConvertible], axis: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try concat(values, axis: axis, name: name)
  }

  /// Equal pieces along one dimension. Follows `tf.split` with an integer.
  ///
  /// - Parameters:
  ///   - value: of any dtype.
  ///   - count: how many pieces.
  ///   - axis: the dimension, whose size `count` must divide.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the size is not divisible.
  public static func split(
    _ value: some TensorConvertible, _ count: Int, axis: some TensorConvertible = 0,
    name: String? = nil
  ) throws -> [Tensor] {
    try apply(
      JoinOps.family.split, [axis.asTensor(), value.asTensor()], ["num_split": .int(count)],
      name: name ?? "split")
  }

  /// The same with its arguments by position.
  public static func split(
    _ value: some TensorConvertible, _ count: Int, _ axis: some TensorConvertible,
    name: String? = nil
  ) throws -> [Tensor] {
    try split(value, count, axis: axis, name: name)
  }

  /// The same with its arguments by label.
  public static func split(
    _ value: some TensorConvertible, numOrSizeSplits count: Int, axis: some TensorConvertible = 0,
    name: String? = nil
  ) throws -> [Tensor] {
    try split(value, count, axis: axis, name: name)
  }

  /// Pieces of given sizes along one dimension. Follows `tf.split` with a list.
  ///
  /// - Parameters:
  ///   - value: of any dtype.
  ///   - sizes: the pieces' sizes, of which one may be -1: it is what the others leave.
  ///   - axis: the dimension.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the sizes do not fit.
  public static func split(
    _ value: some TensorConvertible, _ sizes: [Int], axis: some TensorConvertible = 0,
    name: String? = nil
  ) throws -> [Tensor] {
    try apply(
      JoinOps.family.splitV,
      [value.asTensor(), ShapeOps.vector(sizes).asConstant(), axis.asTensor()],
      ["num_split": .int(sizes.count)], name: name ?? "split")
  }

  /// The same with its arguments by position.
  public static func split(
    _ value: some TensorConvertible, _ sizes: [Int], _ axis: some TensorConvertible,
    name: String? = nil
  ) throws -> [Tensor] {
    try split(value, sizes, axis: axis, name: name)
  }

  /// The same with its arguments by label.
  public static func split(
    _ value: some TensorConvertible, numOrSizeSplits sizes: [Int], axis: some TensorConvertible = 0,
    name: String? = nil
  ) throws -> [Tensor] {
    try split(value, sizes, axis: axis, name: name)
  }
}
