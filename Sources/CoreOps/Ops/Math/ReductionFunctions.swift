extension SharedAPI {
  /// The sum over `axis`. Follows `tf.reduce_sum`.
  ///
  /// - Parameters:
  ///   - input: numbers of any shape; integers wrap.
  ///   - axis: one axis or a list, negative ones counted from the end; nil for all.
  ///   - keepdims: whether reduced dimensions stay, with size 1.
  /// - Throws: `INVALID_ARGUMENT` when an axis is out of range or is named twice.
  public static func reduceSum(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.sum, input, axis, keepdims, name)
  }

  /// The mean over `axis`; of integers, truncated. Follows `tf.reduce_mean`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  public static func reduceMean(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.mean, input, axis, keepdims, name)
  }

  /// The product over `axis`. Follows `tf.reduce_prod`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  public static func reduceProd(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.prod, input, axis, keepdims, name)
  }

  /// The greatest element over `axis`; a NaN where there is one. Follows `tf.reduce_max`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  public static func reduceMax(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.max, input, axis, keepdims, name)
  }

  /// The least element over `axis`; a NaN where there is one. Follows `tf.reduce_min`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  public static func reduceMin(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.min, input, axis, keepdims, name)
  }

  /// Whether all elements over `axis` are true. Follows `tf.reduce_all`.
  ///
  /// - Parameters and errors: as `reduceSum`, of booleans.
  public static func reduceAll(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.all, input, axis, keepdims, name)
  }

  /// Whether any element over `axis` is true. Follows `tf.reduce_any`.
  ///
  /// - Parameters and errors: as `reduceSum`, of booleans.
  public static func reduceAny(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.any, input, axis, keepdims, name)
  }

  /// The logarithm of the sum of exponentials over `axis`, without overflow. Follows
  /// `tf.reduce_logsumexp`.
  ///
  /// - Parameters and errors: as `reduceSum`, of floating point numbers.
  public static func reduceLogsumexp(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let x = try input.asTensor()
    let greatest = try reduceMax(x, axis: axis, keepdims: true)
    // An infinite maximum is not subtracted: it would give NaN.
    let finite = try UnaryOps.family.isFinite(greatest)
    let shift = try BasicOps.family.stopGradient([
      SelectOps.where(finite, greatest, BasicOps.zerosLike(greatest))
    ])
    let sums = try reduceSum(UnaryOps.family.exp(x - shift), axis: axis, keepdims: keepdims)
    let logarithm = try UnaryOps.family.log(sums)
    guard keepdims else {
      let flat = try ShapeOps.family.reshape([shift, ShapeOps.shapeTensor(of: logarithm)])
      return try BinaryOps.family.add(logarithm, flat, name: name)
    }
    return try BinaryOps.family.add(logarithm, shift, name: name)
  }

  /// The mean squared distance from the mean over `axis`. Follows `tf.math.reduce_variance`.
  ///
  /// - Parameters and errors: as `reduceSum`, of floating point numbers.
  public static func reduceVariance(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let x = try input.asTensor()
    guard x.dtype.isFloating else {
      throw TFError.invalidArgument("Input must be either real or complex, got \(x.dtype)")
    }
    let distance = try x - reduceMean(x, axis: axis, keepdims: true)
    return try reduceMean(distance * distance, axis: axis, keepdims: keepdims, name: name)
  }

  /// The square root of the variance over `axis`. Follows `tf.math.reduce_std`.
  ///
  /// - Parameters and errors: as `reduceVariance`.
  public static func reduceStd(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let variance = try reduceVariance(input, axis: axis, keepdims: keepdims)
    return try UnaryOps.family.sqrt(variance)
  }

  /// The root of the sum of squares over `axis`. Follows `tf.math.reduce_euclidean_norm`.
  ///
  /// - Parameters and errors: as `reduceSum`.
  public static func reduceEuclideanNorm(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try Reducing.apply(ReductionOps.family.euclideanNorm, input, axis, keepdims, name)
  }

  /// The position of the greatest element along `axis`, the first of equal ones. Follows
  /// `tf.argmax`.
  ///
  /// - Parameters:
  ///   - input: ordered numbers of at least one dimension.
  ///   - axis: negative ones count from the end.
  ///   - outputType: int16, uint16, int32 or int64.
  /// - Throws: `INVALID_ARGUMENT` when the axis is out of range or has no elements.
  public static func argmax(
    _ input: some TensorConvertible, axis: any TensorConvertible = 0, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try ReductionOps.family.argMax(
      [input.asTensor(), axis.asTensor()],
      Attrs().with("output_type", .type(outputType), unless: outputType == .int64), name: name)
  }

  /// The position of the least element along `axis`, the first of equal ones. Follows `tf.argmin`.
  ///
  /// - Parameters and errors: as `argmax`, with int32 or int64 positions.
  public static func argmin(
    _ input: some TensorConvertible, axis: any TensorConvertible = 0, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try ReductionOps.family.argMin(
      [input.asTensor(), axis.asTensor()],
      Attrs().with("output_type", .type(outputType), unless: outputType == .int64), name: name)
  }

  /// Running sums along `axis`. Follows `tf.cumsum`.
  ///
  /// - Parameters:
  ///   - x: numbers of at least one dimension.
  ///   - axis: negative ones count from the end.
  ///   - exclusive: whether a sum leaves out the element at its own position.
  ///   - reverse: whether sums run from the end.
  /// - Throws: `INVALID_ARGUMENT` when the axis is out of range.
  public static func cumsum(
    _ x: some TensorConvertible, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try Reducing.scan(ScanOps.family.cumsum, x, axis, exclusive, reverse, name)
  }

  /// Running products along `axis`. Follows `tf.math.cumprod`.
  ///
  /// - Parameters and errors: as `cumsum`.
  public static func cumprod(
    _ x: some TensorConvertible, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try Reducing.scan(ScanOps.family.cumprod, x, axis, exclusive, reverse, name)
  }

  /// Running logarithms of sums of exponentials along `axis`. Follows
  /// `tf.math.cumulative_logsumexp`.
  ///
  /// - Parameters and errors: as `cumsum`, of floating point numbers.
  public static func cumulativeLogsumexp(
    _ x: some TensorConvertible, axis: any TensorConvertible = 0, exclusive: Bool = false,
    reverse: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try Reducing.scan(ScanOps.family.cumulativeLogsumexp, x, axis, exclusive, reverse, name)
  }

  /// Sums of the rows of `data` that share an id. Follows `tf.math.segment_sum`.
  ///
  /// - Parameter segmentIds: one id per row, sorted.
  /// - Throws: `INVALID_ARGUMENT` when ids are negative or get smaller.
  public static func segmentSum(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.sum([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// Means of the rows of `data` that share an id. Follows `tf.math.segment_mean`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentMean(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.mean([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// Products of the rows of `data` that share an id. Follows `tf.math.segment_prod`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentProd(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.prod([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// The greatest of the rows of `data` that share an id. Follows `tf.math.segment_max`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentMax(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.max([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// The least of the rows of `data` that share an id. Follows `tf.math.segment_min`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentMin(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.min([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// Sums of the elements of `data` that share an id, in any order. Follows
  /// `tf.math.unsorted_segment_sum`.
  ///
  /// - Parameters:
  ///   - segmentIds: their shape is a prefix of that of `data`; what has a negative id is left out.
  ///   - numSegments: the number of rows of the result.
  /// - Throws: `INVALID_ARGUMENT` when an id is not below `numSegments`.
  public static func unsortedSegmentSum(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.unsortedSum(
      [data.asTensor(), segmentIds.asTensor(), numSegments.asTensor()], name: name)
  }

  /// The greatest of the elements of `data` that share an id. Follows
  /// `tf.math.unsorted_segment_max`.
  ///
  /// - Parameters and errors: as `unsortedSegmentSum`.
  public static func unsortedSegmentMax(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.unsortedMax(
      [data.asTensor(), segmentIds.asTensor(), numSegments.asTensor()], name: name)
  }

  /// The least of the elements of `data` that share an id. Follows `tf.math.unsorted_segment_min`.
  ///
  /// - Parameters and errors: as `unsortedSegmentSum`.
  public static func unsortedSegmentMin(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.unsortedMin(
      [data.asTensor(), segmentIds.asTensor(), numSegments.asTensor()], name: name)
  }
}

extension MathAPI {
  /// The `k` greatest elements along the last dimension, and where they are. Follows
  /// `tf.math.top_k`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the last dimension has fewer than `k` elements.
  public static func topK(
    _ input: some TensorConvertible, k: any TensorConvertible = 1, sorted: Bool = true,
    name: String? = nil
  ) throws -> (values: Tensor, indices: Tensor) {
    let outputs = try apply(
      ScanOps.family.topKV2, [input.asTensor(), k.asTensor()],
      Attrs().with("sorted", .bool(sorted), unless: sorted), name: name)
    return (outputs[0], outputs[1])
  }

  /// Whether each target is among the `k` highest predictions of its row. Follows
  /// `tf.math.in_top_k`.
  ///
  /// - Parameters:
  ///   - targets: a class number per row.
  ///   - predictions: float32, rows of classes.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit.
  public static func inTopK(
    targets: some TensorConvertible, predictions: some TensorConvertible, k: any TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    let targets = try targets.asTensor()
    return try ScanOps.family.inTopKV2(
      [predictions.asTensor(), targets, k.asTensor(preferring: targets.dtype)], name: name)
  }
}

extension SharedAPI {
  /// Counts of values in bins of equal width. Follows `tf.histogram_fixed_width`.
  ///
  /// - Parameters:
  ///   - valueRange: the low end of the first bin and the high end of the last; values outside
  ///     count in those.
  ///   - nbins: at least 1.
  ///   - dtype: int32 or int64.
  /// - Throws: `INVALID_ARGUMENT` when the range is not ascending or a value is NaN.
  public static func histogramFixedWidth(
    _ values: some TensorConvertible, valueRange: some TensorConvertible,
    nbins: any TensorConvertible = 100, dtype: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    let values = try values.asTensor()
    return try CountOps.family.histogram(
      [values, valueRange.asTensor(preferring: values.dtype), nbins.asTensor()],
      Attrs().with("dtype", .type(dtype), unless: dtype == .int32), name: name)
  }
}

/// What the functions above share.
private enum Reducing {
  static func apply(
    _ op: OpDef, _ input: some TensorConvertible, _ axis: (any TensorConvertible)?,
    _ keepdims: Bool, _ name: String?
  ) throws -> Tensor {
    let x = try input.asTensor()
    return try op(
      [x, axes(axis, of: x)], Attrs().with("keep_dims", .bool(keepdims), unless: !keepdims),
      name: name)
  }

  /// The axes; all of `x` when none are given.
  private static func axes(_ axis: (any TensorConvertible)?, of x: Tensor) throws -> Tensor {
    if let axis { return try axis.asTensor() }
    if let rank = x.rank { return try ShapeOps.vector(Array(0..<rank)) }
    return try SearchOps.family.range([0.asTensor(), ShapeOps.rankTensor(of: x), 1.asTensor()])
  }

  static func scan(
    _ op: OpDef, _ x: some TensorConvertible, _ axis: any TensorConvertible, _ exclusive: Bool,
    _ reverse: Bool, _ name: String?
  ) throws -> Tensor {
    let attrs = Attrs().with("exclusive", .bool(exclusive), unless: !exclusive)
      .with("reverse", .bool(reverse), unless: !reverse)
    return try op([x.asTensor(), axis.asTensor()], attrs, name: name)
  }
}
