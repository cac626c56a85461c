public import CoreOps
import Ops
public import V1Graph

/// Random numbers by the names that TF-1 has at its top: those of `tf.random`.
extension V1API {
  /// Follows `tf.compat.v1.random_uniform`; see `tf.random.uniform`.
  public static func randomUniform(
    _ shape: some TensorConvertible, minval: (any TensorConvertible)? = nil,
    maxval: (any TensorConvertible)? = nil, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomAPI.uniform(
      shape, minval: minval, maxval: maxval, dtype: dtype, seed: seed, name: name)
  }

  /// The same with its arguments by position.
  public static func randomUniform(
    _ shape: some TensorConvertible, _ minval: any TensorConvertible,
    _ maxval: any TensorConvertible, _ dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomAPI.uniform(
      shape, minval: minval, maxval: maxval, dtype: dtype, seed: seed, name: name)
  }

  /// Follows `tf.compat.v1.random_normal`; see `tf.random.normal`.
  public static func randomNormal(
    _ shape: some TensorConvertible, mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomAPI.normal(shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// The same with its arguments by position.
  public static func randomNormal(
    _ shape: some TensorConvertible, _ mean: some TensorConvertible,
    _ stddev: some TensorConvertible = 1.0, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomAPI.normal(shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// Follows `tf.compat.v1.truncated_normal`; see `tf.random.truncatedNormal`.
  public static func truncatedNormal(
    _ shape: some TensorConvertible, mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomAPI.truncatedNormal(
      shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// The same with its arguments by position.
  public static func truncatedNormal(
    _ shape: some TensorConvertible, _ mean: some TensorConvertible,
    _ stddev: some TensorConvertible = 1.0, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomAPI.truncatedNormal(
      shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// Follows `tf.compat.v1.random_shuffle`; see `tf.random.shuffle`.
  public static func randomShuffle(
    _ value: some TensorConvertible, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor { try RandomAPI.shuffle(value, seed: seed, name: name) }

  /// Classes drawn by logits, one row per distribution. Follows `tf.compat.v1.multinomial`.
  ///
  /// - Parameters:
  ///   - logits: a matrix of unnormalised log-probabilities.
  ///   - numSamples: how many are drawn per row.
  ///   - seed: with the global seed it fixes the numbers.
  ///   - name: of the scope.
  ///   - outputDtype: int32, or int64 where nil.
  /// - Throws: `INVALID_ARGUMENT` for other than a matrix, or a negative number.
  public static func multinomial(
    _ logits: some TensorConvertible, _ numSamples: some TensorConvertible, seed: Int? = nil,
    name: String? = nil, outputDtype: DType? = nil
  ) throws -> Tensor {
    try inScope(name, "multinomial") { _ in
      try RandomAPI.categorical(
        logits.asTensor().asConstant(named: "logits"), numSamples, dtype: outputDtype ?? .int64,
        seed: seed, name: "Multinomial")
    }
  }

  /// Follows `tf.compat.v1.random_gamma`; see `tf.random.gamma`.
  public static func randomGamma(
    _ shape: some TensorConvertible, _ alpha: some TensorConvertible,
    beta: (any TensorConvertible)? = nil, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomAPI.gamma(
      shape, alpha: alpha, beta: beta, dtype: dtype, seed: seed, name: name)
  }
}
