extension SharedAPI {
  /// The sum over `axis`. Follows `tf.reduce_sum`.
  ///
  /// - Parameters:
  ///   - input: numbers of any shape; integers wrap.
  ///   - axis: one axis or a list, negative ones counted from the end; nil for all.
  ///   - keepdims: whether reduced dimensions stay, with size 1.
  /// - Throws: `INVALID_ARGUMENT` when an axis is out of range or is named twice.
  @_disfavoredOverload
  public static func reduceSum(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.sum, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceSum(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceSum(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceSum(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceSum(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceSum(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceSum(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The mean over `axis`; of integers, truncated. Follows `tf.reduce_mean`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  @_disfavoredOverload
  public static func reduceMean(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.mean, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceMean(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMean(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceMean(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMean(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceMean(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMean(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The product over `axis`. Follows `tf.reduce_prod`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  @_disfavoredOverload
  public static func reduceProd(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.prod, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceProd(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceProd(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceProd(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceProd(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceProd(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceProd(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The greatest element over `axis`; a NaN where there is one. Follows `tf.reduce_max`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  @_disfavoredOverload
  public static func reduceMax(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.max, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceMax(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMax(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceMax(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMax(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceMax(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMax(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The least element over `axis`; a NaN where there is one. Follows `tf.reduce_min`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  @_disfavoredOverload
  public static func reduceMin(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.min, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceMin(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMin(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceMin(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMin(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceMin(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceMin(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// Whether all elements over `axis` are true. Follows `tf.reduce_all`.
  ///
  /// - Parameters and errors: as `reduceSum`, of booleans.
  @_disfavoredOverload
  public static func reduceAll(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.all, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceAll(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceAll(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceAll(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceAll(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceAll(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceAll(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// Whether any element over `axis` is true. Follows `tf.reduce_any`.
  ///
  /// - Parameters and errors: as `reduceSum`, of booleans.
  @_disfavoredOverload
  public static func reduceAny(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.any, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceAny(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceAny(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceAny(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceAny(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceAny(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceAny(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The logarithm of the sum of exponentials over `axis`, without overflow. Follows
  /// `tf.reduce_logsumexp`.
  ///
  /// - Parameters and errors: as `reduceSum`, of floating point numbers.
  @_disfavoredOverload
  public static func reduceLogsumexp(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let x = try input.asTensor()
    return try inScope(name, "ReduceLogSumExp") { scope in
      let greatest = try reduceMax(x, axis: axis, keepdims: true)
      // An infinite maximum is not subtracted: it would give NaN.
      let finite = try UnaryOps.family.isFinite(greatest)
      let shift = try BasicOps.family.stopGradient([
        SelectOps.where(finite, greatest, Tensor.zeros(greatest.dtype, Shape()))
      ])
      let shifted = try UnaryOps.family.exp(BinaryOps.family.subtract(x, shift))
      let sums = try reduceSum(shifted, axis: axis, keepdims: keepdims)
      let logarithm = try UnaryOps.family.log(sums)
      let flat =
        keepdims
        ? shift : try ShapeOps.family.reshape([shift, ShapeOps.family.shape([logarithm])])
      return try BinaryOps.family.add(logarithm, flat, name: scope)
    }
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceLogsumexp(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceLogsumexp(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceLogsumexp(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceLogsumexp(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceLogsumexp(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceLogsumexp(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The mean squared distance from the mean over `axis`. Follows `tf.math.reduce_variance`.
  ///
  /// - Parameters and errors: as `reduceSum`, of floating point numbers.
  @_disfavoredOverload
  public static func reduceVariance(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let x = try input.asTensor()
    guard x.dtype.isFloating else {
      throw TFError.invalidArgument("Input must be either real or complex, got \(x.dtype)")
    }
    return try inScope(name, "reduce_variance") { _ in
      let distance = try x - reduceMean(x, axis: axis, keepdims: true)
      return try reduceMean(UnaryOps.family.square(distance), axis: axis, keepdims: keepdims)
    }
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceVariance(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceVariance(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceVariance(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceVariance(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceVariance(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceVariance(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The square root of the variance over `axis`. Follows `tf.math.reduce_std`.
  ///
  /// - Parameters and errors: as `reduceVariance`.
  @_disfavoredOverload
  public static func reduceStd(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "reduce_std") { _ in
      try UnaryOps.family.sqrt(reduceVariance(input, axis: axis, keepdims: keepdims))
    }
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceStd(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceStd(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceStd(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceStd(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceStd(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceStd(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The root of the sum of squares over `axis`. Follows `tf.math.reduce_euclidean_norm`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  @_disfavoredOverload
  public static func reduceEuclideanNorm(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.euclideanNorm, input, axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func reduceEuclideanNorm(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceEuclideanNorm(input, axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceEuclideanNorm(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceEuclideanNorm(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The same of a literal.
  public static func reduceEuclideanNorm(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try reduceEuclideanNorm(input.asTensor(), axis: axis, keepdims: keepdims, name: name)
  }

  /// The position of the greatest element along `axis`, the first of equal ones. Follows
  /// `tf.argmax`.
  ///
  /// - Parameters:
  ///   - input: ordered numbers of at least one dimension.
  ///   - axis: negative ones count from the end.
  ///   - outputType: int16, uint16, int32 or int64.
  /// - Throws: `INVALID_ARGUMENT` when the axis is out of range or has no elements.
  @_disfavoredOverload
  public static func argmax(
    _ input: some TensorConvertible, axis: any TensorConvertible = 0, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try ReductionOps.family.argMax(
      [input.asTensor(), axis.asTensor()],
      Attrs().with("output_type", .type(outputType), unless: outputType == .int64), name: name)
  }

  /// The same with its arguments by position.
  public static func argmax(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmax(input, axis: axis, outputType: outputType, name: name)
  }

  /// The same of a literal.
  public static func argmax(
    _ input: TensorLiteral, axis: any TensorConvertible = 0, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmax(input.asTensor(), axis: axis, outputType: outputType, name: name)
  }

  /// The position of the least element along `axis`, the first of equal ones. Follows `tf.argmin`.
  ///
  /// - Parameters and errors: as `argmax`, with int32 or int64 positions.
  @_disfavoredOverload
  public static func argmin(
    _ input: some TensorConvertible, axis: any TensorConvertible = 0, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try ReductionOps.family.argMin(
      [input.asTensor(), axis.asTensor()],
      Attrs().with("output_type", .type(outputType), unless: outputType == .int64), name: name)
  }

  /// The same with its arguments by position.
  public static func argmin(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmin(input, axis: axis, outputType: outputType, name: name)
  }

  /// The same of a literal.
  public static func argmin(
    _ input: TensorLiteral, axis: any TensorConvertible = 0, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmin(input.asTensor(), axis: axis, outputType: outputType, name: name)
  }
}

/// What the functions above share.
private enum Reducing {
  static func apply(
    _ op: OpDef, _ input: some TensorConvertible, _ axis: (any TensorConvertible)?,
    _ keepdims: Bool, _ name: String?
  ) throws -> Tensor {
    let x = try input.asTensor()
    let result = try op(
      [x, axes(axis, of: x)], Attrs().with("keep_dims", .bool(keepdims), unless: !keepdims),
      name: name)
    // What is left of all dimensions is a scalar, though the axes are known only at run time.
    return axis == nil && !keepdims && result.isSymbolic ? try result.refined(to: .scalar) : result
  }

  /// The axes; all of `x` when none are given.
  private static func axes(_ axis: (any TensorConvertible)?, of x: Tensor) throws -> Tensor {
    if let axis { return try axis.asTensor() }
    if let rank = x.rank { return try ShapeOps.allAxes(rank: rank).asConstant() }
    return try SearchOps.family.range(
      [0.asTensor(), ShapeOps.rankTensor(of: x), 1.asTensor()], name: "range")
  }
}
