public import CoreOps

extension SharedNN {
  /// e^x over the sum of e^x along `axis`. Follows `tf.nn.softmax`.
  ///
  /// - Parameters:
  ///   - logits: floating point, of at least one dimension.
  ///   - axis: negative ones count from the end.
  /// - Throws: `INVALID_ARGUMENT` when the axis is out of range or the rank is unknown and the axis
  ///   is not the last.
  @_disfavoredOverload
  public static func softmax(
    _ logits: some TensorConvertible, axis: Int = -1, name: String? = nil
  ) throws -> Tensor {
    try LossShapes.along(axis, logits.asTensor(), name) {
      try LossOps.family.softmax([$0], name: $1)
    }
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func softmax(_ logits: some TensorConvertible, _ axis: Int, name: String? = nil)
    throws -> Tensor
  {
    try softmax(logits, axis: axis, name: name)
  }

  /// The same of a literal.
  public static func softmax(_ logits: TensorLiteral, _ axis: Int, name: String? = nil)
    throws -> Tensor
  {
    try softmax(logits.asTensor(), axis: axis, name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func softmax(logits: some TensorConvertible, axis: Int = -1, name: String? = nil)
    throws -> Tensor
  {
    try softmax(logits, axis: axis, name: name)
  }

  /// The same of a literal.
  public static func softmax(logits: TensorLiteral, axis: Int = -1, name: String? = nil)
    throws -> Tensor
  {
    try softmax(logits.asTensor(), axis: axis, name: name)
  }

  /// The same of a literal.
  public static func softmax(_ logits: TensorLiteral, axis: Int = -1, name: String? = nil) throws
    -> Tensor
  {
    try softmax(logits.asTensor(), axis: axis, name: name)
  }

  /// The logarithm of softmax along `axis`. Follows `tf.nn.log_softmax`.
  ///
  /// - Parameters and errors: as `softmax`.
  @_disfavoredOverload
  public static func logSoftmax(
    _ logits: some TensorConvertible, axis: Int = -1, name: String? = nil
  ) throws -> Tensor {
    try LossShapes.along(axis, logits.asTensor(), name) {
      try LossOps.family.logSoftmax([$0], name: $1)
    }
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func logSoftmax(_ logits: some TensorConvertible, _ axis: Int, name: String? = nil)
    throws -> Tensor
  {
    try logSoftmax(logits, axis: axis, name: name)
  }

  /// The same of a literal.
  public static func logSoftmax(_ logits: TensorLiteral, _ axis: Int, name: String? = nil)
    throws -> Tensor
  {
    try logSoftmax(logits.asTensor(), axis: axis, name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func logSoftmax(logits: some TensorConvertible, axis: Int = -1, name: String? = nil)
    throws -> Tensor
  {
    try logSoftmax(logits, axis: axis, name: name)
  }

  /// The same of a literal.
  public static func logSoftmax(logits: TensorLiteral, axis: Int = -1, name: String? = nil)
    throws -> Tensor
  {
    try logSoftmax(logits.asTensor(), axis: axis, name: name)
  }

  /// The same of a literal.
  public static func logSoftmax(_ logits: TensorLiteral, axis: Int = -1, name: String? = nil) throws
    -> Tensor
  {
    try logSoftmax(logits.asTensor(), axis: axis, name: name)
  }

  /// Half the sum of squares. Follows `tf.nn.l2_loss`.
  @_disfavoredOverload
  public static func l2Loss(_ t: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try ReductionOps.family.l2Loss([t.asTensor()], name: name)
  }

  /// The same of a literal.
  public static func l2Loss(_ t: TensorLiteral, name: String? = nil) throws -> Tensor {
    try l2Loss(t.asTensor(), name: name)
  }

  /// The cross-entropy of `labels` and the softmax of `logits`. Follows
  /// `tf.nn.softmax_cross_entropy_with_logits`.
  ///
  /// - Parameters:
  ///   - labels: probabilities of classes along the last dimension.
  ///   - logits: of the same shape.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not broadcast.
  public static func softmaxCrossEntropyWithLogits(
    labels: some TensorConvertible, logits: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let logits = try logits.asTensor()
    let labels = try labels.asTensor(preferring: logits.dtype)
    if Environment.current.isExecutingEagerly, logits.rank == 2 {
      return try apply(LossOps.family.crossEntropy, [logits, labels])[0]
    }
    return try inScope(name, "softmax_cross_entropy_with_logits") { scope in
      let (rank, shape) = (try MathAPI.rank(logits), try MathAPI.shape(logits))
      let rows = try (LossShapes.rows(logits), LossShapes.rows(labels))
      let loss = try apply(LossOps.family.crossEntropy, [rows.0, rows.1], name: scope)[0]
      let leading = try LossShapes.slice(shape, size: BinaryOps.family.subtract(rank, 1))
        .refined(to: PartialShape([logits.rank.map { Dimension($0 - 1) }]))
      return try ShapeOps.family.reshape([loss, leading]).refined(to: logits.shape.dropLast())
    }
  }

  /// The same with its arguments by position.
  public static func softmaxCrossEntropyWithLogits(
    _ labels: some TensorConvertible, _ logits: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try softmaxCrossEntropyWithLogits(labels: labels, logits: logits, name: name)
  }

  /// The cross-entropy of class numbers and the softmax of `logits`. Follows
  /// `tf.nn.sparse_softmax_cross_entropy_with_logits`.
  ///
  /// - Parameters:
  ///   - labels: int32 or int64, with one dimension less than `logits`.
  ///   - logits: classes along the last dimension.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit or a label names no class.
  public static func sparseSoftmaxCrossEntropyWithLogits(
    labels: some TensorConvertible, logits: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let (logits, labels) = (try logits.asTensor(), try labels.asTensor())
    if logits.rank == 2 || logits.shape.rank == nil {
      return try inScope(name, "SparseSoftmaxCrossEntropyWithLogits") { scope in
        // TensorFlow's function asks for it, whether or not anything reads it.
        if scope != nil { _ = try MathAPI.shape(labels) }
        return try apply(LossOps.family.sparseCrossEntropy, [logits, labels])[0]
      }
    }
    if let rank = logits.rank, let labelRank = labels.shape.rank, labelRank != rank - 1 {
      throw TFError.invalidArgument(
        """
        Rank mismatch: Rank of labels (received \(labelRank)) should equal rank of logits minus 1 \
        (received \(rank)).
        """
      )
    }
    let flat = try ShapeOps.flat(labels)
    let loss = try apply(
      LossOps.family.sparseCrossEntropy, [LossShapes.rows(logits), flat], name: name)[0]
    return try LossShapes.unflatten(loss, like: logits)
  }

  /// The same with its arguments by position.
  public static func sparseSoftmaxCrossEntropyWithLogits(
    _ labels: some TensorConvertible, _ logits: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try sparseSoftmaxCrossEntropyWithLogits(labels: labels, logits: logits, name: name)
  }

  /// Whether each target is among the `k` highest predictions of its row. Follows `tf.nn.in_top_k`.
  ///
  /// - Parameters and errors: as `tf.math.inTopK`.
  public static func inTopK(
    targets: some TensorConvertible, predictions: some TensorConvertible, k: any TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    try MathAPI.inTopK(targets: targets, predictions: predictions, k: k, name: name)
  }

  /// The same with its arguments by position.
  public static func inTopK(
    _ targets: some TensorConvertible, _ predictions: some TensorConvertible,
    _ k: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inTopK(targets: targets, predictions: predictions, k: k, name: name)
  }

  /// The `k` greatest elements along the last dimension, and where they are. Follows `tf.nn.top_k`.
  ///
  /// - Parameters and errors: as `tf.math.topK`.
  @_disfavoredOverload
  public static func topK(
    _ input: some TensorConvertible, k: any TensorConvertible = 1, sorted: Bool = true,
    name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    try MathAPI.topK(input, k: k, sorted: sorted, name: name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func topK(
    _ input: some TensorConvertible, _ k: any TensorConvertible, sorted: Bool = true,
    name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    try topK(input, k: k, sorted: sorted, name: name)
  }

  /// The same of a literal.
  public static func topK(
    _ input: TensorLiteral, _ k: any TensorConvertible, sorted: Bool = true,
    name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    try topK(input.asTensor(), k: k, sorted: sorted, name: name)
  }

  /// The same of a literal.
  public static func topK(
    _ input: TensorLiteral, k: any TensorConvertible = 1, sorted: Bool = true, name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    try topK(input.asTensor(), k: k, sorted: sorted, name: name)
  }
}

/// How losses and activations along an axis are turned into ops of the last dimension.
private enum LossShapes {
  /// Applies an op of the last dimension to `axis`.
  static func along(
    _ axis: Int, _ x: Tensor, _ name: String?, _ op: (Tensor, String?) throws -> Tensor
  ) throws -> Tensor {
    guard axis != -1, axis + 1 != x.rank else { return try op(x, name) }
    guard let rank = x.rank else {
      throw TFError.invalidArgument("the rank must be known for softmax along axis \(axis)")
    }
    let index = try ShapeRules.axis(axis, rank: rank)
    var order = Array(0..<rank)
    order.swapAt(index, rank - 1)
    let permutation = try ShapeOps.vector(order)
    let turned = try RearrangeOps.family.transpose([x, permutation])
    return try RearrangeOps.family.transpose([op(turned, nil), permutation], name: name)
  }

  /// All but the last dimension as one.
  static func rows(_ x: Tensor) throws -> Tensor {
    let rank = try MathAPI.rank(x)
    let last = try slice(MathAPI.shape(x), begin: BinaryOps.family.subtract(rank, 1))
    let shape = try JoinOps.family.concatV2(
      [[-1].asTensor(), last, 0.asTensor()], name: "concat")
    let flat = try ShapeOps.family.reshape([x, shape])
    guard let dims = x.shape.dims, let size = dims.last else { return flat }
    let outer = dims.dropLast().compactMap { $0 }
    guard outer.count == dims.count - 1 else { return flat }
    return try flat.refined(to: PartialShape([outer.reduce(Dimension(1), *), size]))
  }

  /// A part of a vector: one element at `begin`, or the first `size`.
  static func slice(_ vector: Tensor, begin: Tensor? = nil, size: Tensor? = nil) throws -> Tensor {
    try inScope(nil, "Slice") { scope in
      let from =
        try begin.map { try JoinOps.family.pack([$0], name: "begin") }
        ?? ShapeOps.vector([0]).asConstant(named: "begin")
      let count = try size.map { try JoinOps.family.pack([$0], name: "size") }
      return try SliceOps.family.slice(
        [vector, from, count ?? ShapeOps.vector([1])], name: scope)
    }
  }

  /// A value per row in the shape that the rows come from.
  static func unflatten(_ loss: Tensor, like logits: Tensor) throws -> Tensor {
    let shape = try ShapeOps.shapeTensor(of: logits)
    let leading = try ShapeOps.part(shape, from: 0, to: -1)
    return try ShapeOps.family.reshape([loss, leading])
  }
}
