public import CoreOps
public import Variables

/// `tf.initializers` in TF-1 style.
public enum V1Initializers {
  public typealias Zeros = Variables.Zeros
  public typealias Ones = Variables.Ones
  public typealias Constant = Variables.Constant
  public typealias RandomUniform = Variables.RandomUniform
  public typealias RandomNormal = Variables.RandomNormal
  public typealias TruncatedNormal = Variables.TruncatedNormal
  public typealias VarianceScaling = Variables.VarianceScaling
}

extension V1Initializers {
  /// Follows `tf.compat.v1.initializers.zeros`.
  public static func zeros(dtype: DType = .float32) -> Zeros { Zeros(dtype: dtype) }
  /// Follows `tf.compat.v1.initializers.ones`.
  public static func ones(dtype: DType = .float32) -> Ones { Ones(dtype: dtype) }
  /// Follows `tf.compat.v1.initializers.he_normal`.
  public static func heNormal(seed: Int? = nil) -> VarianceScaling { .heNormal(seed: seed) }
  /// Follows `tf.compat.v1.initializers.he_uniform`.
  public static func heUniform(seed: Int? = nil) -> VarianceScaling { .heUniform(seed: seed) }
  /// Follows `tf.compat.v1.initializers.lecun_normal`.
  public static func lecunNormal(seed: Int? = nil) -> VarianceScaling { .lecunNormal(seed: seed) }
  /// Follows `tf.compat.v1.initializers.lecun_uniform`.
  public static func lecunUniform(seed: Int? = nil) -> VarianceScaling {
    .lecunUniform(seed: seed)
  }
  /// Follows `tf.compat.v1.initializers.glorot_uniform`.
  public static func glorotUniform(seed: Int? = nil, dtype: DType = .float32) -> VarianceScaling {
    .glorotUniform(seed: seed, dtype: dtype)
  }
  /// Follows `tf.compat.v1.initializers.glorot_normal`.
  public static func glorotNormal(seed: Int? = nil, dtype: DType = .float32) -> VarianceScaling {
    .glorotNormal(seed: seed, dtype: dtype)
  }
}

extension V1API {
  public typealias initializers = V1Initializers
  public typealias Initializer = Variables.Initializer

  /// Follows `tf.compat.v1.zeros_initializer`.
  public static func zerosInitializer(dtype: DType = .float32) -> Zeros { Zeros(dtype: dtype) }
  /// Follows `tf.compat.v1.ones_initializer`.
  public static func onesInitializer(dtype: DType = .float32) -> Ones { Ones(dtype: dtype) }
  /// Follows `tf.compat.v1.constant_initializer`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for what is no tensor.
  public static func constantInitializer(
    _ value: some TensorConvertible = 0, dtype: DType = .float32, verifyShape: Bool = false
  ) throws -> Constant {
    try Constant(value, dtype: dtype, verifyShape: verifyShape)
  }
  /// Follows `tf.compat.v1.random_uniform_initializer`.
  public static func randomUniformInitializer(
    minval: Double = 0, maxval: Double? = nil, seed: Int? = nil, dtype: DType = .float32
  ) -> RandomUniform {
    RandomUniform(minval: minval, maxval: maxval, seed: seed, dtype: dtype)
  }
  /// The same with its bounds by position.
  public static func randomUniformInitializer(
    _ minval: Double, _ maxval: Double, seed: Int? = nil, dtype: DType = .float32
  ) -> RandomUniform {
    RandomUniform(minval: minval, maxval: maxval, seed: seed, dtype: dtype)
  }
  /// Follows `tf.compat.v1.random_normal_initializer`.
  public static func randomNormalInitializer(
    mean: Double = 0, stddev: Double = 1, seed: Int? = nil, dtype: DType = .float32
  ) -> RandomNormal {
    RandomNormal(mean: mean, stddev: stddev, seed: seed, dtype: dtype)
  }
  /// The same with mean and deviation by position.
  public static func randomNormalInitializer(
    _ mean: Double, _ stddev: Double, seed: Int? = nil, dtype: DType = .float32
  ) -> RandomNormal {
    RandomNormal(mean: mean, stddev: stddev, seed: seed, dtype: dtype)
  }
  /// Follows `tf.compat.v1.truncated_normal_initializer`.
  public static func truncatedNormalInitializer(
    mean: Double = 0, stddev: Double = 1, seed: Int? = nil, dtype: DType = .float32
  ) -> TruncatedNormal {
    TruncatedNormal(mean: mean, stddev: stddev, seed: seed, dtype: dtype)
  }
  /// The same with mean and deviation by position.
  public static func truncatedNormalInitializer(
    _ mean: Double, _ stddev: Double, seed: Int? = nil, dtype: DType = .float32
  ) -> TruncatedNormal {
    TruncatedNormal(mean: mean, stddev: stddev, seed: seed, dtype: dtype)
  }
  /// Follows `tf.compat.v1.variance_scaling_initializer`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a scale that is not positive.
  public static func varianceScalingInitializer(
    scale: Double = 1, mode: VarianceScaling.Mode = .fanIn,
    distribution: VarianceScaling.Distribution = .truncatedNormal, seed: Int? = nil,
    dtype: DType = .float32
  ) throws -> VarianceScaling {
    try VarianceScaling(
      scale: scale, mode: mode, distribution: distribution, seed: seed, dtype: dtype)
  }
  /// Follows `tf.compat.v1.glorot_uniform_initializer`.
  public static func glorotUniformInitializer(seed: Int? = nil, dtype: DType = .float32)
    -> VarianceScaling
  { .glorotUniform(seed: seed, dtype: dtype) }
  /// Follows `tf.compat.v1.glorot_normal_initializer`.
  public static func glorotNormalInitializer(seed: Int? = nil, dtype: DType = .float32)
    -> VarianceScaling
  { .glorotNormal(seed: seed, dtype: dtype) }
}
