public import CoreOps
public import OpsNN

extension SharedNN {
  /// The cross-entropy of `labels` and the logistic function of `logits`, element by element.
  /// Follows `tf.nn.sigmoid_cross_entropy_with_logits`.
  ///
  /// - Parameters:
  ///   - labels: probabilities.
  ///   - logits: of the same shape and dtype.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for shapes that differ.
  public static func sigmoidCrossEntropyWithLogits(
    labels: some TensorConvertible, logits: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "logistic_loss") { scope in
      let (labels, logits) = try CrossEntropies.operands(labels, logits)
      let zeros = try MathAPI.zerosLike(logits)
      let isPositive = try ComparisonOps.family.greaterEqual(logits, zeros)
      let positive = try SelectOps.family.selectV1([isPositive, logits, zeros])
      let negative = try SelectOps.family.selectV1([isPositive, -logits, logits])
      return try BinaryOps.family.add(
        positive - logits * labels, MathAPI.log1p(MathAPI.exp(negative)), name: scope)
    }
  }

  /// As `sigmoidCrossEntropyWithLogits`, where positive examples count by a weight. Follows
  /// `tf.nn.weighted_cross_entropy_with_logits`.
  ///
  /// - Parameters:
  ///   - labels: probabilities.
  ///   - logits: of the same shape and dtype.
  ///   - posWeight: of positive examples.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for shapes that differ.
  public static func weightedCrossEntropyWithLogits(
    labels: some TensorConvertible, logits: some TensorConvertible,
    posWeight: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "logistic_loss") { scope in
      let (labels, logits) = try CrossEntropies.operands(labels, logits)
      let weight =
        try posWeight.plainNumber.map { try 1 + ($0 - 1) * labels }
        ?? (1 + (posWeight.asTensor(preferring: labels.dtype) - 1) * labels)
      let rest = try (1 - labels) * logits
      let softplus = try MathAPI.log1p(MathAPI.exp(-MathAPI.abs(logits))) + relu(-logits)
      return try BinaryOps.family.add(rest, weight * softplus, name: scope)
    }
  }

  /// The loss of `targets` that are Poisson distributed with the exponential of `logInput` as their
  /// mean. Follows `tf.nn.log_poisson_loss`.
  ///
  /// - Parameters:
  ///   - targets: counts.
  ///   - logInput: of the same shape and dtype.
  ///   - computeFullLoss: whether Stirling's approximation of the constant part is added.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for shapes that differ.
  public static func logPoissonLoss(
    _ targets: some TensorConvertible, _ logInput: some TensorConvertible,
    computeFullLoss: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "log_poisson_loss") { _ in
      let logInput = try logInput.converted("log_input", preferring: targets.definiteDType)
      let targets = try targets.converted("targets", preferring: logInput.dtype)
      guard targets.shape.isCompatible(with: logInput.shape) else {
        throw TFError.invalidArgument(
          """
          `log_input` and `targets` must have the same shape, received (\(logInput.shape) vs \
          \(targets.shape)).
          """)
      }
      let loss = try MathAPI.exp(logInput) - logInput * targets
      guard computeFullLoss else { return loss }
      let half = try 0.5.asTensor(preferring: targets.dtype).asConstant()
      let twoPi = try (2 * Double.pi).asTensor(preferring: targets.dtype).asConstant()
      let stirling =
        try targets * MathAPI.log(targets) - targets + half * MathAPI.log(twoPi * targets)
      let (zeros, ones) = (try MathAPI.zerosLike(targets), try Likes.ones(targets))
      let isSmall = try ComparisonOps.family.logicalAnd(
        ComparisonOps.family.greaterEqual(targets, zeros),
        ComparisonOps.family.lessEqual(targets, ones))
      return try loss + SelectOps.family.selectV1([isSmall, zeros, stirling])
    }
  }
}

extension V1NN {
  /// As `tf.nn.softmaxCrossEntropyWithLogits`, where nothing flows back into `labels`. Follows
  /// `tf.compat.v1.nn.softmax_cross_entropy_with_logits`.
  ///
  /// - Parameters:
  ///   - labels: probabilities of classes along `dim`.
  ///   - logits: of the same shape.
  ///   - dim: the dimension of the classes; the last.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not broadcast.
  public static func softmaxCrossEntropyWithLogits(
    labels: some TensorConvertible, logits: some TensorConvertible, dim: Int = -1,
    name: String? = nil
  ) throws -> Tensor {
    let (labels, scope) = try inScope(name, "softmax_cross_entropy_with_logits_sg") { scope in
      (
        try BasicOps.family.stopGradient(
          [labels.asTensor(preferring: logits.definiteDType)], name: "labels_stop_gradient"), scope
      )
    }
    return try softmaxCrossEntropyWithLogitsV2(
      labels: labels, logits: logits, axis: dim, name: scope)
  }

  /// The cross-entropy of `labels` and the softmax of `logits`. Follows
  /// `tf.compat.v1.nn.softmax_cross_entropy_with_logits_v2`.
  ///
  /// - Parameters:
  ///   - labels: probabilities of classes along `axis`.
  ///   - logits: of the same shape.
  ///   - axis: the dimension of the classes.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not broadcast.
  public static func softmaxCrossEntropyWithLogitsV2(
    labels: some TensorConvertible, logits: some TensorConvertible, axis: Int = -1,
    name: String? = nil
  ) throws -> Tensor {
    guard axis != -1 else {
      return try V2NN.softmaxCrossEntropyWithLogits(labels: labels, logits: logits, name: name)
    }
    let logits = try logits.asTensor()
    guard let rank = logits.shape.rank else {
      throw TFError.invalidArgument("the rank must be known for softmax along axis \(axis)")
    }
    let axis = try ShapeRules.axis(axis, rank: rank)
    let order = (0..<rank).filter { $0 != axis } + [axis]
    return try V2NN.softmaxCrossEntropyWithLogits(
      labels: MathAPI.transpose(labels.asTensor(preferring: logits.dtype), perm: order),
      logits: MathAPI.transpose(logits, perm: order), name: name)
  }
}

enum CrossEntropies {
  static func operands(_ labels: some TensorConvertible, _ logits: some TensorConvertible) throws
    -> (labels: Tensor, logits: Tensor)
  {
    let logits = try logits.converted("logits", preferring: labels.definiteDType)
    let labels = try labels.converted("labels", preferring: logits.dtype)
    guard labels.shape.isCompatible(with: logits.shape) else {
      throw TFError.invalidArgument(
        """
        `logits` and `labels` must have the same shape, received (\(logits.shape) vs \
        \(labels.shape)).
        """)
    }
    return (labels, logits)
  }
}
