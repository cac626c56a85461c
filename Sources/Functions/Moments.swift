public import CoreOps
import OpsLinalg
public import OpsNN

extension SharedNN {
  /// The mean and variance of `x` along `axes`. Follows `tf.nn.moments`.
  ///
  /// - Parameters:
  ///   - axes: those that are summed over.
  ///   - shift: not used.
  ///   - keepdims: whether those stay as dimensions of size 1.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for an axis out of range.
  public static func moments(
    _ x: some TensorConvertible, axes: [Int], shift: (any TensorConvertible)? = nil,
    keepdims: Bool = false, name: String? = nil
  ) throws -> (mean: Tensor, variance: Tensor) {
    try inScope(name, "moments") { _ in
      let x = try x.asTensor()
      let y = try x.dtype == .half ? CastOps.cast(x, .float32) : x
      var mean = try MathAPI.reduceMean(y, axis: axes, keepdims: true, name: "mean")
      var variance = try MathAPI.reduceMean(
        BinaryOps.family.squaredDifference(y, MathAPI.stopGradient(mean)), axis: axes,
        keepdims: true, name: "variance")
      if !keepdims {
        mean = try MathAPI.squeeze(mean, axis: axes)
        variance = try MathAPI.squeeze(variance, axis: axes)
      }
      return (try CastOps.cast(mean, x.dtype), try CastOps.cast(variance, x.dtype))
    }
  }

  /// The same with its arguments by position.
  public static func moments(
    _ x: some TensorConvertible, _ axes: [Int], shift: (any TensorConvertible)? = nil,
    keepdims: Bool = false, name: String? = nil
  ) throws -> (mean: Tensor, variance: Tensor) {
    try moments(x, axes: axes, shift: shift, keepdims: keepdims, name: name)
  }

  /// The mean and variance of `x` along `axes`, where each element counts by a weight. Follows
  /// `tf.nn.weighted_moments`.
  ///
  /// - Parameters:
  ///   - axes: those that are summed over.
  ///   - frequencyWeights: broadcast to `x`.
  ///   - keepdims: whether those stay as dimensions of size 1.
  ///   - name: of the scope.
  public static func weightedMoments(
    _ x: some TensorConvertible, axes: [Int], frequencyWeights: some TensorConvertible,
    keepdims: Bool = false, name: String? = nil
  ) throws -> (mean: Tensor, variance: Tensor) {
    try inScope(name, "weighted_moments") { _ in
      let given = try x.asTensor()
      let x = try given.dtype == .half ? CastOps.cast(given, .float32) : given
      let weights = try CastOps.cast(
        frequencyWeights.converted("frequency_weights", preferring: given.dtype),
        x.dtype)
      let sum = try MathAPI.reduceSum(
        weights * x, axis: axes, keepdims: true, name: "weighted_input_sum")
      let broadcast = try weights + MathAPI.zerosLike(x)
      let total = try MathAPI.reduceSum(
        broadcast, axis: axes, keepdims: true, name: "sum_of_weights")
      var mean = try BinaryOps.family.divideNoNan(sum, total, name: "div_no_nan")
      let distances = try MathAPI.reduceSum(
        weights * BinaryOps.family.squaredDifference(x, mean), axis: axes, keepdims: true,
        name: "weighted_distsq")
      var variance = try BinaryOps.family.divideNoNan(distances, total, name: "div_no_nan")
      if !keepdims {
        mean = try MathAPI.squeeze(mean, axis: axes)
        variance = try MathAPI.squeeze(variance, axis: axes)
      }
      return (try CastOps.cast(mean, given.dtype), try CastOps.cast(variance, given.dtype))
    }
  }

  /// The count, sum and sum of squares along `axes`, of which moments are made. Follows
  /// `tf.nn.sufficient_statistics`.
  ///
  /// - Parameters:
  ///   - axes: those that are summed over.
  ///   - shift: near the mean, for precision; nil for none.
  ///   - keepdims: whether those stay as dimensions of size 1.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for an axis out of range.
  public static func sufficientStatistics(
    _ x: some TensorConvertible, axes: [Int], shift: (any TensorConvertible)? = nil,
    keepdims: Bool = false, name: String? = nil
  ) throws -> (counts: Tensor, meanSs: Tensor, varianceSs: Tensor, shift: Tensor?) {
    // As Python's set of small numbers is ordered.
    let axes = Set(axes).sorted { ($0 < 0 ? Int.max + $0 : $0) < ($1 < 0 ? Int.max + $1 : $1) }
    return try inScope(name, "sufficient_statistics") { _ in
      let x = try x.asTensor()
      let counts = try count(of: x, axes)
      let shift = try shift?.asTensor(preferring: x.dtype).asConstant(named: "shift")
      let (sum, squares) =
        try shift.map {
          (
            try BinaryOps.family.subtract(x, $0, name: "Sub"),
            try BinaryOps.family.squaredDifference(x, $0)
          )
        } ?? (x, MathAPI.square(x))
      return (
        counts,
        try MathAPI.reduceSum(sum, axis: axes, keepdims: keepdims, name: "mean_ss"),
        try MathAPI.reduceSum(squares, axis: axes, keepdims: keepdims, name: "var_ss"), shift
      )
    }
  }

  /// The same with its arguments by position.
  public static func sufficientStatistics(
    _ x: some TensorConvertible, _ axes: [Int], shift: (any TensorConvertible)? = nil,
    keepdims: Bool = false, name: String? = nil
  ) throws -> (counts: Tensor, meanSs: Tensor, varianceSs: Tensor, shift: Tensor?) {
    try sufficientStatistics(x, axes: axes, shift: shift, keepdims: keepdims, name: name)
  }

  /// How many elements are summed into one.
  private static func count(of x: Tensor, _ axes: [Int]) throws -> Tensor {
    if let dims = x.shape.dims {
      let sizes = try axes.map { dims[try ShapeRules.axis($0, rank: dims.count)] }
      if sizes.allSatisfy({ $0 != nil }) {
        let product = sizes.compactMap { $0 }.reduce(Dimension(1)) { $0 * $1 }
        return try product.value.asTensor(preferring: x.dtype).asConstant()
      }
    }
    let rank = try MathAPI.rank(x)
    let positive: [any TensorConvertible] = try axes.map { axis -> any TensorConvertible in
      axis < 0 ? try axis + rank : axis
    }
    let sizes = try MathAPI.gather(
      CastOps.cast(MathAPI.shape(x), x.dtype),
      axes.contains { $0 < 0 } ? MathAPI.stack(positive) : axes.asTensor(preferring: .int32))
    return try MathAPI.reduceProd(sizes, name: "count")
  }

  /// The mean and variance from what `sufficientStatistics` gives. Follows
  /// `tf.nn.normalize_moments`.
  public static func normalizeMoments(
    _ counts: some TensorConvertible, meanSs: some TensorConvertible,
    varianceSs: some TensorConvertible, shift: (any TensorConvertible)?, name: String? = nil
  ) throws -> (mean: Tensor, variance: Tensor) {
    try inScope(name, "normalize") { _ in
      let counts = try counts.asTensor()
      let divisor = try UnaryOps.family.reciprocal(counts, name: "divisor")
      let shifted = try BinaryOps.family.multiply(
        meanSs, divisor, name: shift == nil ? "mean" : "shifted_mean")
      let mean = try shift.map {
        try BinaryOps.family.add(shifted, $0.asTensor(preferring: shifted.dtype), name: "mean")
      }
      let variance = try BinaryOps.family.subtract(
        BinaryOps.family.multiply(varianceSs, divisor, name: "Mul"), MathAPI.square(shifted),
        name: "variance")
      return (mean ?? shifted, variance)
    }
  }

  /// The same with its arguments by position.
  public static func normalizeMoments(
    _ counts: some TensorConvertible, _ meanSs: some TensorConvertible,
    _ varianceSs: some TensorConvertible, _ shift: (any TensorConvertible)?, name: String? = nil
  ) throws -> (mean: Tensor, variance: Tensor) {
    try normalizeMoments(counts, meanSs: meanSs, varianceSs: varianceSs, shift: shift, name: name)
  }

  /// `x` less its mean over its deviation, scaled and moved. Follows `tf.nn.batch_normalization`.
  ///
  /// - Parameters:
  ///   - mean, variance: of `x`, broadcast to it.
  ///   - offset: what is added at last; nil for nothing.
  ///   - scale: by what the result is multiplied before; nil for nothing.
  ///   - varianceEpsilon: added to the variance.
  ///   - name: of the scope.
  public static func batchNormalization(
    _ x: some TensorConvertible, mean: some TensorConvertible, variance: some TensorConvertible,
    offset: (any TensorConvertible)?, scale: (any TensorConvertible)?,
    varianceEpsilon: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "batchnorm") { _ in
      let (x, mean, variance) = try (x.asTensor(), mean.asTensor(), variance.asTensor())
      var inverse = try MathAPI.rsqrt(variance + varianceEpsilon)
      if let scale { inverse = try inverse * scale.asTensor(preferring: inverse.dtype) }
      let scaled = try x * CastOps.cast(inverse, x.dtype)
      let moved =
        try offset.map { try $0.asTensor(preferring: mean.dtype) - mean * inverse }
        ?? -mean * inverse
      return try scaled + CastOps.cast(moved, x.dtype)
    }
  }

  /// The same with its arguments by position.
  public static func batchNormalization(
    _ x: some TensorConvertible, _ mean: some TensorConvertible, _ variance: some TensorConvertible,
    _ offset: (any TensorConvertible)?, _ scale: (any TensorConvertible)?,
    _ varianceEpsilon: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try batchNormalization(
      x, mean: mean, variance: variance, offset: offset, scale: scale,
      varianceEpsilon: varianceEpsilon, name: name)
  }

  /// `x` over its Euclidean norm along `axis`. Follows `tf.nn.l2_normalize`.
  ///
  /// - Parameters:
  ///   - axis: nil for all.
  ///   - epsilon: the least square of the norm that is divided by.
  ///   - name: of the scope.
  public static func l2Normalize(
    _ x: some TensorConvertible, axis: (any TensorConvertible)? = nil,
    epsilon: Double = 1e-12, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "l2_normalize") { scope in
      let x = try x.asTensor()
      if x.dtype.isComplex {
        let (real, imaginary) = (try MathAPI.real(x), try MathAPI.imag(x))
        let sum = try MathAPI.reduceSum(
          MathAPI.square(real) + MathAPI.square(imaginary), axis: axis, keepdims: true)
        let inverse = try MathAPI.rsqrt(BinaryOps.family.maximum(sum, epsilon))
        return try MathAPI.complex(
          BinaryOps.family.multiply(real, inverse), BinaryOps.family.multiply(imaginary, inverse),
          name: scope)
      }
      let sum = try MathAPI.reduceSum(MathAPI.square(x), axis: axis, keepdims: true)
      let inverse = try MathAPI.rsqrt(BinaryOps.family.maximum(sum, epsilon))
      return try BinaryOps.family.multiply(x, inverse, name: scope)
    }
  }

  /// `x` · `weights` + `biases`. Follows `tf.compat.v1.nn.xw_plus_b`.
  public static func xwPlusB(
    _ x: some TensorConvertible, _ weights: some TensorConvertible,
    _ biases: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "xw_plus_b") { scope in
      let (x, weights, biases) = try constants(x, weights, biases)
      return try biasAdd(MathAPI.matmul(x, weights), biases, name: scope)
    }
  }

  /// What is positive of `x` · `weights` + `biases`. Follows `tf.compat.v1.nn.relu_layer`.
  public static func reluLayer(
    _ x: some TensorConvertible, _ weights: some TensorConvertible,
    _ biases: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "relu_layer") { scope in
      let (x, weights, biases) = try constants(x, weights, biases)
      return try relu(biasAdd(MathAPI.matmul(x, weights), biases), name: scope)
    }
  }

  /// What TensorFlow's functions make tensors of before they use it.
  private static func constants(
    _ x: some TensorConvertible, _ weights: some TensorConvertible, _ biases: some TensorConvertible
  ) throws -> (Tensor, Tensor, Tensor) {
    let dtype = x.definiteDType ?? weights.definiteDType ?? biases.definiteDType
    return (
      try x.converted("x", preferring: dtype),
      try weights.converted("weights", preferring: dtype),
      try biases.converted("biases", preferring: dtype)
    )
  }
}
