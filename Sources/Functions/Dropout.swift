public import CoreOps
import OpsLinalg
public import OpsNN

extension V1NN {
  /// Elements of `x` that are each kept with a probability, and scaled so that the expected sum
  /// stays; the others are zero. Follows `tf.compat.v1.nn.dropout`.
  ///
  /// - Parameters:
  ///   - x: floating point.
  ///   - keepProb: the probability that an element is kept; 1 - `rate`.
  ///   - noiseShape: the shape of what is drawn, which broadcasts to that of `x`; nil for the same.
  ///   - seed: with the global seed it fixes what is kept.
  ///   - name: of the scope.
  ///   - rate: the probability that an element is dropped.
  /// - Throws: `INVALID_ARGUMENT` where neither or both are given, for a rate outside [0, 1), and
  ///   for a dtype that is not floating point.
  public static func dropout(
    _ x: some TensorConvertible, keepProb: (any TensorConvertible)? = nil,
    noiseShape: (any TensorConvertible)? = nil, seed: Int? = nil, name: String? = nil,
    rate: (any TensorConvertible)? = nil
  ) throws -> Tensor {
    guard let keepProb else {
      guard let rate else {
        throw TFError.invalidArgument("`rate` must be provided. Received: rate=None")
      }
      return try Dropout.apply(x, rate, noiseShape, seed, name)
    }
    guard rate == nil else {
      throw TFError.invalidArgument("Cannot specify both 'rate' and 'keep_prob'.")
    }
    if let keep = keepProb.plainNumber {
      return try Dropout.apply(x, 1 - keep, noiseShape, seed, name)
    }
    return try Dropout.apply(x, 1.0 - keepProb.asTensor(), noiseShape, seed, name)
  }

  /// The same with its arguments by position.
  public static func dropout(
    _ x: some TensorConvertible, _ keepProb: any TensorConvertible,
    noiseShape: (any TensorConvertible)? = nil, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try dropout(x, keepProb: keepProb, noiseShape: noiseShape, seed: seed, name: name)
  }
}

extension V2NN {
  /// Elements of `x` that are each zero with a probability; the others are scaled so that the
  /// expected sum stays. Follows `tf.nn.dropout`.
  ///
  /// - Parameters:
  ///   - x: floating point.
  ///   - rate: the probability that an element is dropped.
  ///   - noiseShape: the shape of what is drawn, which broadcasts to that of `x`; nil for the same.
  ///   - seed: with the global seed it fixes what is dropped.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for a rate outside [0, 1), and for a dtype that is not floating
  ///   point.
  public static func dropout(
    _ x: some TensorConvertible, rate: any TensorConvertible,
    noiseShape: (any TensorConvertible)? = nil, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor { try Dropout.apply(x, rate, noiseShape, seed, name) }

  /// The same with its arguments by position.
  public static func dropout(
    _ x: some TensorConvertible, _ rate: any TensorConvertible,
    noiseShape: (any TensorConvertible)? = nil, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor { try Dropout.apply(x, rate, noiseShape, seed, name) }
}

/// Dropout by its rate, as both styles have it.
package enum Dropout {
  package static func apply(
    _ x: some TensorConvertible, _ rate: any TensorConvertible,
    _ noiseShape: (any TensorConvertible)?, _ seed: Int?, _ name: String?
  ) throws -> Tensor {
    try inScope(name, "dropout") { _ in
      let number = rate.plainNumber
      if let number, !(number >= 0 && number < 1) {
        throw TFError.invalidArgument(
          """
          `rate` must be a scalar tensor or a float in the range [0, 1). Received: rate=\(number)
          """)
      }
      let x = try x.asTensor()
      guard x.dtype.isFloating else {
        throw TFError.invalidArgument(
          """
          `x.dtype` must be a floating point tensor as `x` will be scaled. Received: \
          x_dtype=\(x.dtype)
          """)
      }
      if number == 0 {
        // The seed is used up, so that later ops have the same with dropout and without.
        _ = Environment.current.seeds(seed)
        return x
      }
      var bound: Tensor?
      let kept: Tensor
      if let number {
        let scale = try (1 / (1 - number)).asTensor(preferring: x.dtype).asConstant()
        kept = try BinaryOps.family.multiply(x, scale, name: "Mul")
      } else {
        var rate = try rate.asTensor(preferring: x.dtype)
        guard rate.shape.rank ?? 0 == 0 else {
          throw TFError.invalidArgument("Shape \(rate.shape) must have rank 0")
        }
        if rate.dtype != x.dtype {
          throw TFError.invalidArgument(
            """
            `x.dtype` must be compatible with `rate.dtype`. Received: x.dtype=\(x.dtype) and \
            rate.dtype=\(rate.dtype)
            """)
        }
        rate = try rate.asConstant()
        let one = try 1.asTensor(preferring: x.dtype).asConstant()
        kept = try BinaryOps.family.realdiv(
          x, BinaryOps.family.subtract(one, rate, name: "Sub"), name: "RealDiv")
        bound = rate
      }
      let shape = try noiseShape?.asTensor() ?? MathAPI.shape(x)
      let drawn = try RandomAPI.uniform(shape, dtype: x.dtype, seed: seed)
      let mask =
        try bound.map { try ComparisonOps.family.greaterEqual(drawn, $0) }
        ?? ComparisonOps.family.greaterEqual(drawn, number ?? 0)
      let zero = try 0.asTensor(preferring: x.dtype).asConstant()
      return try SelectOps.where(mask, kept, zero).withShape(x.shape)
    }
  }
}
