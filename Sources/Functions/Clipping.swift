public import CoreOps
import OpsLinalg

extension SharedAPI {
  /// `t` scaled down so that its Euclidean norm along `axes` is at most `clipNorm`. Follows
  /// `tf.clip_by_norm`.
  ///
  /// - Parameters:
  ///   - clipNorm: a scalar; below 0 it counts as 0.
  ///   - axes: of the norm; nil for all.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for an axis out of range.
  public static func clipByNorm(
    _ t: some TensorConvertible, _ clipNorm: any TensorConvertible,
    axes: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "clip_by_norm") { scope in
      let values = try t.asTensor()
      let limit: any TensorConvertible =
        if let number = clipNorm.plainNumber { max(number, 0) } else {
          try CastOps.cast(BinaryOps.family.maximum(clipNorm.asTensor(), 0), values.dtype)
        }
      let sum = try MathAPI.reduceSum(values * values, axis: axes, keepdims: true)
      let isPositive = try ComparisonOps.family.greater(sum, 0)
      let safe = try SelectOps.family.selectV1([isPositive, sum, Likes.ones(sum)])
      let norm = try SelectOps.family.selectV1([isPositive, MathAPI.sqrt(safe), sum])
      let scaled = try Clipping.multiply(values, limit)
      return try MathAPI.identity(
        scaled / Clipping.maximum(norm, limit), name: scope)
    }
  }

  /// The same with a label.
  public static func clipByNorm(
    _ t: some TensorConvertible, clipNorm: any TensorConvertible,
    axes: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> Tensor { try clipByNorm(t, clipNorm, axes: axes, name: name) }

  /// The root of the sum of all squares of several tensors. Follows `tf.linalg.global_norm`.
  ///
  /// - Parameters:
  ///   - tList: nil stands for nothing.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` where nothing is left.
  public static func globalNorm(_ tList: [Tensor?], name: String? = nil) throws -> Tensor {
    try inScope(name, "global_norm") { _ in
      let halves = try tList.compactMap { $0 }.map { value in
        try Environment.current.colocated(with: value).run {
          try ReductionOps.family.l2Loss([value])
        }
      }
      let half = try MathAPI.reduceSum(MathAPI.stack(halves))
      return try UnaryOps.family.sqrt(
        half * 2.asTensor(preferring: half.dtype).asConstant(), name: "global_norm")
    }
  }

  /// Several tensors scaled down so that the norm of all is at most `clipNorm`. Follows
  /// `tf.clip_by_global_norm`.
  ///
  /// - Parameters:
  ///   - tList: nil stands for nothing, and stays.
  ///   - clipNorm: a scalar above 0.
  ///   - useNorm: the norm of all where it is known already.
  ///   - name: of the scope.
  /// - Returns: the scaled tensors, and the norm that they had. Where it is infinite or no number,
  ///   the tensors have no numbers.
  /// - Throws: as `globalNorm`.
  public static func clipByGlobalNorm(
    _ tList: [Tensor?], _ clipNorm: any TensorConvertible, useNorm: Tensor? = nil,
    name: String? = nil
  ) throws -> ([Tensor?], Tensor) {
    let norm = try useNorm ?? globalNorm(tList, name: name)
    let clipped = try inScope(name, "clip_by_global_norm") { scope in
      let inverse = try 1.0 / norm
      let one = try 1.asTensor(preferring: norm.dtype).asConstant()
      let limit =
        try clipNorm.plainNumber == nil ? clipNorm.asTensor(preferring: norm.dtype) : nil
      let ratio = try limit.map { try one / $0 } ?? one / (clipNorm.plainNumber ?? 0)
      let least = try BinaryOps.family.minimum(inverse, ratio)
      let finite = try limit.map { try $0 * least } ?? (clipNorm.plainNumber ?? 0) * least
      let scale = try finite + (norm - norm)
      return try tList.enumerated().map { index, value -> Tensor? in
        guard let value else { return nil }
        return try Environment.current.colocated(with: value).run {
          try MathAPI.identity(
            value * CastOps.cast(scale, value.dtype),
            name: scope.map { "\($0)_\(index)" })
        }
      }
    }
    return (clipped, norm)
  }

  /// The same with a label.
  public static func clipByGlobalNorm(
    _ tList: [Tensor?], clipNorm: any TensorConvertible, useNorm: Tensor? = nil,
    name: String? = nil
  ) throws -> ([Tensor?], Tensor) {
    try clipByGlobalNorm(tList, clipNorm, useNorm: useNorm, name: name)
  }
}

enum Clipping {
  static func multiply(_ x: Tensor, _ y: any TensorConvertible) throws -> Tensor {
    try y.plainNumber.map { try x * $0 } ?? x * y.asTensor(preferring: x.dtype)
  }

  static func maximum(_ x: Tensor, _ y: any TensorConvertible) throws -> Tensor {
    try y.plainNumber.map { try BinaryOps.family.maximum(x, $0) }
      ?? BinaryOps.family.maximum(x, y.asTensor(preferring: x.dtype))
  }
}
