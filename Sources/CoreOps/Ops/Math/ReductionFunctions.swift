/// A function that combines the elements along some dimensions; calling it applies it.
public struct Reduction: Sendable {
  package typealias Body =
    @Sendable (_ input: Tensor, _ axis: (any TensorConvertible)?, _ keepdims: Bool, String?) throws
    -> Tensor

  private enum Form {
    /// One op, whose second input are the axes.
    case op(OpDef)
    /// Several ops.
    case body(Body)
  }
  private let form: Form

  init(_ op: OpDef) { form = .op(op) }
  init(_ body: @escaping Body) { form = .body(body) }

  private func apply(
    _ x: Tensor, _ axis: (any TensorConvertible)?, _ keepdims: Bool, _ name: String?
  ) throws -> Tensor {
    switch form {
    case .body(let body): return try body(x, axis, keepdims, name)
    case .op(let op):
      let result = try op(
        [x, Self.axes(axis, of: x)], Attrs().with("keep_dims", .bool(keepdims), unless: !keepdims),
        name: name)
      // What is left of all dimensions is a scalar, though the axes are known only at run time.
      return axis == nil && !keepdims && result.isSymbolic
        ? try result.refined(to: .scalar) : result
    }
  }

  /// The axes; all of `x` when none are given.
  private static func axes(_ axis: (any TensorConvertible)?, of x: Tensor) throws -> Tensor {
    if let axis { return try axis.asTensor() }
    let isEager = Environment.current.isExecutingEagerly
    // TensorFlow's function counts the axes of a scalar in the graph, as those of an unknown rank.
    if let rank = x.rank, rank > 0 || isEager {
      return try ShapeOps.allAxes(rank: rank).asConstant()
    }
    return try SearchOps.family.range(
      [0.asTensor(), ShapeOps.rankTensor(of: x).asConstant(named: "Rank"), 1.asTensor()],
      name: "range")
  }

  /// - Parameters:
  ///   - input: of any shape.
  ///   - axis: one axis or a list, negative ones counted from the end; nil for all.
  ///   - keepdims: whether reduced dimensions stay, with size 1.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a dtype that the function does not take, and when an axis is
  ///   out of range or is named twice.
  @_disfavoredOverload
  public func callAsFunction(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try apply(input.asTensor(), axis, keepdims, name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public func callAsFunction(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try apply(input.asTensor(), axis, keepdims, name)
  }

  /// The same of a literal: of `[1.0, 2.0]` as float32.
  public func callAsFunction(
    _ input: TensorLiteral, axis: (any TensorConvertible)? = nil, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try apply(input.asTensor(), axis, keepdims, name)
  }

  /// The same of a literal by position.
  public func callAsFunction(
    _ input: TensorLiteral, _ axis: any TensorConvertible, keepdims: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try apply(input.asTensor(), axis, keepdims, name)
  }
}

/// Those of several ops.
private enum Reductions {
  static let logsumexp = Reduction { x, axis, keepdims, name in
    try inScope(name, "ReduceLogSumExp") { scope in
      let greatest = try MathAPI.reduceMax(x, axis: axis, keepdims: true)
      // An infinite maximum is not subtracted: it would give NaN.
      let finite = try UnaryOps.family.isFinite(greatest)
      let shift = try BasicOps.family.stopGradient([
        SelectOps.where(finite, greatest, Tensor.zeros(greatest.dtype, Shape()))
      ])
      let shifted = try UnaryOps.family.exp(BinaryOps.family.subtract(x, shift))
      let sums = try MathAPI.reduceSum(shifted, axis: axis, keepdims: keepdims)
      let logarithm = try UnaryOps.family.log(sums)
      let flat =
        keepdims
        ? shift : try ShapeOps.family.reshape([shift, ShapeOps.family.shape([logarithm])])
      return try BinaryOps.family.add(logarithm, flat, name: scope)
    }
  }

  static let variance = Reduction { x, axis, keepdims, name in
    guard x.dtype.isFloating else {
      throw TFError.invalidArgument("Input must be either real or complex, got \(x.dtype)")
    }
    return try inScope(name, "reduce_variance") { _ in
      let distance = try x - MathAPI.reduceMean(x, axis: axis, keepdims: true)
      return try MathAPI.reduceMean(
        UnaryOps.family.square(distance), axis: axis, keepdims: keepdims)
    }
  }

  static let std = Reduction { x, axis, keepdims, name in
    try inScope(name, "reduce_std") { _ in
      try UnaryOps.family.sqrt(MathAPI.reduceVariance(x, axis: axis, keepdims: keepdims))
    }
  }
}

extension SharedAPI {
  /// The sum over `axis`. Follows `tf.reduce_sum`.
  public static var reduceSum: Reduction { Reduction(ReductionOps.family.sum) }

  /// The mean over `axis`; of integers, truncated. Follows `tf.reduce_mean`.
  public static var reduceMean: Reduction { Reduction(ReductionOps.family.mean) }

  /// The product over `axis`. Follows `tf.reduce_prod`.
  public static var reduceProd: Reduction { Reduction(ReductionOps.family.prod) }

  /// The greatest element over `axis`; a NaN where there is one. Follows `tf.reduce_max`.
  public static var reduceMax: Reduction { Reduction(ReductionOps.family.max) }

  /// The least element over `axis`; a NaN where there is one. Follows `tf.reduce_min`.
  public static var reduceMin: Reduction { Reduction(ReductionOps.family.min) }

  /// Whether all elements over `axis` are true. Follows `tf.reduce_all`.
  public static var reduceAll: Reduction { Reduction(ReductionOps.family.all) }

  /// Whether any element over `axis` is true. Follows `tf.reduce_any`.
  public static var reduceAny: Reduction { Reduction(ReductionOps.family.any) }

  /// The logarithm of the sum of exponentials over `axis`, without overflow. Follows
  /// `tf.reduce_logsumexp`.
  public static var reduceLogsumexp: Reduction { Reductions.logsumexp }

  /// The mean squared distance from the mean over `axis`. Follows `tf.math.reduce_variance`.
  public static var reduceVariance: Reduction { Reductions.variance }

  /// The square root of the variance over `axis`. Follows `tf.math.reduce_std`.
  public static var reduceStd: Reduction { Reductions.std }

  /// The root of the sum of squares over `axis`. Follows `tf.math.reduce_euclidean_norm`.
  public static var reduceEuclideanNorm: Reduction { Reduction(ReductionOps.family.euclideanNorm) }

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
  @_disfavoredOverload
  public static func argmax(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmax(input, axis: axis, outputType: outputType, name: name)
  }

  /// The same of a literal.
  public static func argmax(
    _ input: TensorLiteral, _ axis: any TensorConvertible, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmax(input.asTensor(), axis: axis, outputType: outputType, name: name)
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
  @_disfavoredOverload
  public static func argmin(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmin(input, axis: axis, outputType: outputType, name: name)
  }

  /// The same of a literal.
  public static func argmin(
    _ input: TensorLiteral, _ axis: any TensorConvertible, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmin(input.asTensor(), axis: axis, outputType: outputType, name: name)
  }

  /// The same of a literal.
  public static func argmin(
    _ input: TensorLiteral, axis: any TensorConvertible = 0, outputType: DType = .int64,
    name: String? = nil
  ) throws -> Tensor {
    try argmin(input.asTensor(), axis: axis, outputType: outputType, name: name)
  }
}
