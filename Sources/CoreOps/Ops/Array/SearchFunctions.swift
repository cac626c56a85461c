extension SharedAPI {
  /// A sequence of numbers. Follows `tf.range`.
  ///
  /// - Parameters:
  ///   - start: the first number.
  ///   - limit: where the sequence ends, itself not included.
  ///   - delta: the step.
  ///   - dtype: by default the operands' own.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a step of 0 or of the wrong sign.
  public static func range(
    _ start: some TensorConvertible, _ limit: some TensorConvertible,
    delta: some TensorConvertible = 1, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    let plain = try [start.asTensor(), limit.asTensor(), delta.asTensor()]
    let dtype =
      dtype
      ?? plain.map(\.dtype).max { rangeRank($0) < rangeRank($1) } ?? .int32
    return try SearchOps.family.range(
      [
        cast(start, dtype), cast(limit, dtype), cast(delta, dtype),
      ], name: name ?? "range")
  }

  /// A sequence of numbers from 0. Follows `tf.range`.
  public static func range(
    _ limit: some TensorConvertible, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    try range(0, limit, dtype: dtype, name: name)
  }

  private static func rangeRank(_ dtype: DType) -> Int {
    [.int32, .int64, .float32, .float64].firstIndex(of: dtype) ?? -1
  }

  private static func cast(_ x: some TensorConvertible, _ dtype: DType) throws -> Tensor {
    try CastOps.cast(x.asTensor(preferring: dtype), dtype)
  }

  /// Evenly spaced numbers. Follows `tf.linspace`.
  ///
  /// - Parameters:
  ///   - start, stop: floating scalars, the first and last number.
  ///   - num: how many numbers.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when `num` is not positive.
  public static func linspace(
    _ start: some TensorConvertible, _ stop: some TensorConvertible, _ num: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    let dtype = start.definiteDType ?? stop.definiteDType ?? .float32
    return try SearchOps.family.linSpace(
      [start.asTensor(preferring: dtype), stop.asTensor(preferring: dtype), num.asTensor()],
      name: name ?? "linspace")
  }

  /// The same with its arguments by label.
  public static func linspace(
    _ start: some TensorConvertible, stop: some TensorConvertible, num: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    try linspace(start, stop, num, name: name)
  }

  /// The coordinates of the elements that are not zero or false. Follows `tf.where` with one
  /// argument.
  ///
  /// - Parameters:
  ///   - condition: of a numeric dtype or bool.
  ///   - name: the node's name in a graph.
  /// - Returns: an int64 tensor `[count, rank]`.
  public static func `where`(_ condition: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try SearchOps.family.where([condition.asTensor()], name: name)
  }

  /// The different elements of a vector in order of appearance, and for each element which one it
  /// is. Follows `tf.unique`.
  ///
  /// - Parameters:
  ///   - x: a vector.
  ///   - outIdx: int32 or int64, the dtype of the numbers.
  ///   - name: the node's name in a graph.
  public static func unique(
    _ x: some TensorConvertible, outIdx: DType = .int32, name: String? = nil
  ) throws -> (y: Tensor, idx: Tensor) {
    let outputs = try apply(
      SearchOps.family.unique, [x.asTensor()],
      Attrs().with("out_idx", .type(outIdx), unless: outIdx == .int32), name: name)
    return (outputs[0], outputs[1])
  }

  /// As `unique`, and how often each element is there. Follows `tf.unique_with_counts`.
  ///
  /// - Parameters:
  ///   - x: a vector.
  ///   - outIdx: int32 or int64, the dtype of the numbers.
  ///   - name: the node's name in a graph.
  public static func uniqueWithCounts(
    _ x: some TensorConvertible, outIdx: DType = .int32, name: String? = nil
  ) throws -> (y: Tensor, idx: Tensor, count: Tensor) {
    let outputs = try apply(
      SearchOps.family.uniqueWithCounts, [x.asTensor()],
      Attrs().with("out_idx", .type(outIdx), unless: outIdx == .int32), name: name)
    return (outputs[0], outputs[1], outputs[2])
  }

  /// Where values would go into sorted sequences. Follows `tf.searchsorted`.
  ///
  /// - Parameters:
  ///   - sortedSequence: `[…, n]`, sorted along the last dimension.
  ///   - values: `[…, m]` with the same leading dimensions.
  ///   - side: before (`left`) or behind (`right`) equal elements.
  ///   - outType: int32 or int64.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for another side, or shapes that do not fit.
  public static func searchsorted(
    _ sortedSequence: some TensorConvertible, _ values: some TensorConvertible,
    side: String = "left",
    outType: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    let sequence = try sortedSequence.asTensor()
    let values = try values.asTensor(preferring: sequence.dtype)
    guard side == "left" || side == "right" else {
      throw TFError.invalidArgument("side must be either 'right' or 'left'.  Saw: \(side)")
    }
    func rows(_ x: Tensor) throws -> Tensor {
      guard let size = x.shape.dims?.last, let size else {
        let last = try ShapeOps.lastDimension(of: x)
        return try ShapeOps.family.reshape([
          x, JoinOps.family.concatV2([ShapeOps.vector([-1]), last, ShapeOps.scalar(0)]),
        ])
      }
      if size == 0, let count = x.shape.dims?.dropLast().reduce(1, { $0 * ($1 ?? 0) }) {
        return try reshape(x, [count.value, 0])
      }
      return try reshape(x, [-1, size.value])
    }
    let op = side == "left" ? SearchOps.family.lowerBound : SearchOps.family.upperBound
    let found = try op(
      [rows(sequence), rows(values)],
      Attrs().with("out_type", .type(outType), unless: outType == .int32),
      name: name)
    return try ShapeOps.family.reshape([found, ShapeOps.shapeTensor(of: values)])
  }

  /// The same with its arguments by label.
  public static func searchsorted(
    _ sortedSequence: some TensorConvertible, values: some TensorConvertible, side: String = "left",
    outType: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    try searchsorted(sortedSequence, values, side: side, outType: outType, name: name)
  }
}
