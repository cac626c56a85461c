public import CoreOps
import OpsLinalg

/// Numbers evenly spread over `minval..<maxval`. Follows `tf.compat.v1.random_uniform_initializer`.
public struct RandomUniform: Initializer {
  public var minval: Double
  /// nil for 1 with floating point dtypes.
  public var maxval: Double?
  public var seed: Int?
  public var dtype: DType

  public init(
    minval: Double = 0, maxval: Double? = nil, seed: Int? = nil, dtype: DType = .float32
  ) {
    self.minval = minval
    self.maxval = maxval
    self.seed = seed
    self.dtype = dtype
  }

  /// The same with its bounds by position.
  public init(_ minval: Double, _ maxval: Double, seed: Int? = nil, dtype: DType = .float32) {
    self.init(minval: minval, maxval: maxval, seed: seed, dtype: dtype)
  }

  public func callAsFunction(_ shape: [Int], dtype: DType?, partition _: PartitionInfo?) throws
    -> Tensor
  {
    let dtype = dtype ?? self.dtype
    if dtype.isInteger {
      return try API.random.uniform(
        shape, minval: Int(minval), maxval: maxval.map { Int($0) }, dtype: dtype, seed: seed)
    }
    return try API.random.uniform(
      shape, minval: minval, maxval: maxval ?? 1, dtype: dtype, seed: seed)
  }
}

/// Numbers of a normal distribution. Follows `tf.compat.v1.random_normal_initializer`.
public struct RandomNormal: Initializer {
  public var mean: Double
  public var stddev: Double
  public var seed: Int?
  public var dtype: DType

  public init(
    mean: Double = 0, stddev: Double = 1, seed: Int? = nil, dtype: DType = .float32
  ) {
    self.mean = mean
    self.stddev = stddev
    self.seed = seed
    self.dtype = dtype
  }

  /// The same with mean and deviation by position.
  public init(_ mean: Double, _ stddev: Double, seed: Int? = nil, dtype: DType = .float32) {
    self.init(mean: mean, stddev: stddev, seed: seed, dtype: dtype)
  }

  public func callAsFunction(_ shape: [Int], dtype: DType?, partition _: PartitionInfo?) throws
    -> Tensor
  {
    try API.random.normal(
      shape, mean: mean, stddev: stddev, dtype: dtype ?? self.dtype, seed: seed)
  }
}

/// Numbers of a normal distribution that are within two deviations. Follows
/// `tf.compat.v1.truncated_normal_initializer`.
public struct TruncatedNormal: Initializer {
  public var mean: Double
  public var stddev: Double
  public var seed: Int?
  public var dtype: DType

  public init(
    mean: Double = 0, stddev: Double = 1, seed: Int? = nil, dtype: DType = .float32
  ) {
    self.mean = mean
    self.stddev = stddev
    self.seed = seed
    self.dtype = dtype
  }

  /// The same with mean and deviation by position.
  public init(_ mean: Double, _ stddev: Double, seed: Int? = nil, dtype: DType = .float32) {
    self.init(mean: mean, stddev: stddev, seed: seed, dtype: dtype)
  }

  public func callAsFunction(_ shape: [Int], dtype: DType?, partition _: PartitionInfo?) throws
    -> Tensor
  {
    try API.random.truncatedNormal(
      shape, mean: mean, stddev: stddev, dtype: dtype ?? self.dtype, seed: seed)
  }
}

/// Numbers whose variance is fitted to the number of inputs or outputs of a layer. Follows
/// `tf.compat.v1.variance_scaling_initializer`.
public struct VarianceScaling: Initializer {
  public enum Mode: String, Sendable {
    case fanIn = "fan_in"
    case fanOut = "fan_out"
    case fanAvg = "fan_avg"
  }
  public enum Distribution: String, Sendable {
    /// The same as `truncatedNormal`.
    case normal
    case truncatedNormal = "truncated_normal"
    case untruncatedNormal = "untruncated_normal"
    case uniform
  }

  public var scale: Double
  public var mode: Mode
  public var distribution: Distribution
  public var seed: Int?
  public var dtype: DType

  /// - Throws: `INVALID_ARGUMENT` for a scale that is not positive.
  public init(
    scale: Double = 1, mode: Mode = .fanIn, distribution: Distribution = .truncatedNormal,
    seed: Int? = nil, dtype: DType = .float32
  ) throws {
    guard scale > 0 else {
      throw TFError.invalidArgument("Argument `scale` must be a positive float. Received: \(scale)")
    }
    self.init(scale, mode, distribution, seed, dtype)
  }

  private init(
    _ scale: Double, _ mode: Mode, _ distribution: Distribution, _ seed: Int?, _ dtype: DType
  ) {
    self.scale = scale
    self.mode = mode
    self.distribution = distribution
    self.seed = seed
    self.dtype = dtype
  }

  /// Follows `tf.compat.v1.glorot_uniform_initializer`.
  public static func glorotUniform(seed: Int? = nil, dtype: DType = .float32) -> VarianceScaling {
    VarianceScaling(1, .fanAvg, .uniform, seed, dtype)
  }
  /// Follows `tf.compat.v1.glorot_normal_initializer`.
  public static func glorotNormal(seed: Int? = nil, dtype: DType = .float32) -> VarianceScaling {
    VarianceScaling(1, .fanAvg, .truncatedNormal, seed, dtype)
  }
  /// Follows `tf.compat.v1.initializers.lecun_normal`.
  public static func lecunNormal(seed: Int? = nil) -> VarianceScaling {
    VarianceScaling(1, .fanIn, .truncatedNormal, seed, .float32)
  }
  /// Follows `tf.compat.v1.initializers.lecun_uniform`.
  public static func lecunUniform(seed: Int? = nil) -> VarianceScaling {
    VarianceScaling(1, .fanIn, .uniform, seed, .float32)
  }
  /// Follows `tf.compat.v1.initializers.he_normal`.
  public static func heNormal(seed: Int? = nil) -> VarianceScaling {
    VarianceScaling(2, .fanIn, .truncatedNormal, seed, .float32)
  }
  /// Follows `tf.compat.v1.initializers.he_uniform`.
  public static func heUniform(seed: Int? = nil) -> VarianceScaling {
    VarianceScaling(2, .fanIn, .uniform, seed, .float32)
  }

  /// The numbers of inputs and outputs of a layer with weights of that shape.
  public static func fans(_ shape: [Int]) -> (in: Double, out: Double) {
    switch shape.count {
    case 0: return (1, 1)
    case 1: return (Double(shape[0]), Double(shape[0]))
    default:
      let field = shape.dropLast(2).reduce(1.0) { $0 * Double($1) }
      return (field * Double(shape[shape.count - 2]), field * Double(shape[shape.count - 1]))
    }
  }

  /// The deviation of a normal distribution that is cut off at two deviations.
  private static let truncatedDeviation = 0.87962566103423978

  public func callAsFunction(_ shape: [Int], dtype: DType?, partition: PartitionInfo?) throws
    -> Tensor
  {
    let dtype = dtype ?? self.dtype
    let fans = Self.fans(partition?.fullShape ?? shape)
    let fan =
      switch mode {
      case .fanIn: fans.in
      case .fanOut: fans.out
      case .fanAvg: (fans.in + fans.out) / 2
      }
    let scale = self.scale / max(1, fan)
    switch distribution {
    case .normal, .truncatedNormal:
      return try API.random.truncatedNormal(
        shape, mean: 0, stddev: scale.squareRoot() / Self.truncatedDeviation, dtype: dtype,
        seed: seed)
    case .untruncatedNormal:
      return try API.random.normal(
        shape, mean: 0, stddev: scale.squareRoot(), dtype: dtype, seed: seed)
    case .uniform:
      let limit = (3 * scale).squareRoot()
      return try API.random.uniform(
        shape, minval: -limit, maxval: limit, dtype: dtype, seed: seed)
    }
  }
}
