public import CoreOps

extension SharedAPI {
  public typealias random = RandomAPI
}

/// `tf.random`.
public enum RandomAPI {
  /// Sets the seed that random ops follow: the graph's inside one, otherwise that of eager ops,
  /// whose numbers then begin anew.
  ///
  /// Follows `tf.random.set_seed`.
  public static func setSeed(_ seed: Int?) { Environment.current.setSeed(seed) }

  package static func seeds(_ seed: Int?) -> Attrs {
    let environment = Environment.current
    let seeds = environment.seeds(seed)
    return Attrs().with("seed", .int(seeds.first), unless: seeds.first == 0).with(
      "seed2", .int(seeds.second), unless: seeds.second == 0
    ).with(
      RandomSeeds.drawnAttr, .bool(true),
      unless: !seeds.isDrawn || !environment.isExecutingEagerly)
  }

  private static func shape(_ shape: some TensorConvertible) throws -> Tensor {
    let tensor = try shape.asTensor()
    // An empty Swift array is the shape of a scalar.
    return tensor.dtype == .int32 || tensor.dtype == .int64
      ? tensor : try [Int]().asTensor(preferring: .int32)
  }

  /// Numbers evenly spread over `minval..<maxval`.
  ///
  /// Follows `tf.random.uniform`.
  ///
  /// - Parameters:
  ///   - shape: the result's shape.
  ///   - minval, maxval: the bounds; integers need a `maxval`.
  ///   - dtype: a floating dtype, int32 or int64.
  ///   - seed: with the global seed it fixes the numbers.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a bad shape or an empty range.
  public static func uniform(
    _ shape: some TensorConvertible, minval: (any TensorConvertible)? = nil,
    maxval: (any TensorConvertible)? = nil, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    let dims = try self.shape(shape)
    if dtype.isInteger, maxval == nil {
      throw TFError.invalidArgument("Must specify maxval for integer dtype \(dtype)")
    }
    return try inScope(name, "random_uniform") { scope in
      let dims = try dims.asConstant(named: "shape")
      if let maxval, dtype.isInteger {
        let low = try (minval ?? 0).asTensor(preferring: dtype).asConstant(named: "min")
        let high = try maxval.asTensor(preferring: dtype).asConstant(named: "max")
        return try RandomOps.family.uniformInt([dims, low, high], seeds(seed), name: scope)
      }
      // With the upper bound TensorFlow's function makes a tensor of the lower one too.
      let lowest = maxval == nil ? minval : minval ?? 0
      let low = try lowest?.asTensor(preferring: dtype).asConstant(named: "min")
      let high = try maxval?.asTensor(preferring: dtype).asConstant(named: "max")
      let unit = try RandomOps.family.uniform([dims], seeds(seed).with("dtype", .type(dtype)))
      guard minval != nil, let low else {
        return try high.map { try BinaryOps.family.multiply(unit, $0) } ?? unit
      }
      let width = try (high ?? 1.asTensor(preferring: dtype).asConstant(named: "max")) - low
      return try BinaryOps.family.add(unit * width, low, name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func uniform(
    _ shape: some TensorConvertible, _ minval: any TensorConvertible,
    _ maxval: any TensorConvertible, dtype: DType = .float32, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try uniform(shape, minval: minval, maxval: maxval, dtype: dtype, seed: seed, name: name)
  }

  /// The same with its arguments by label.
  public static func uniform(
    shape: some TensorConvertible, minval: (any TensorConvertible)? = nil,
    maxval: (any TensorConvertible)? = nil, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try uniform(shape, minval: minval, maxval: maxval, dtype: dtype, seed: seed, name: name)
  }

  /// Normal numbers.
  ///
  /// Follows `tf.random.normal`.
  ///
  /// - Parameters:
  ///   - shape: the result's shape.
  ///   - mean, stddev: of the distribution.
  ///   - dtype: a floating dtype.
  ///   - seed: with the global seed it fixes the numbers.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a bad shape.
  public static func normal(
    _ shape: some TensorConvertible, mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0,
    dtype: DType = .float32, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try scaled(
      RandomOps.family.standardNormal, "random_normal", shape, mean, stddev, dtype, seed, name)
  }

  /// Numbers of `op`'s distribution with another mean and deviation.
  private static func scaled(
    _ op: OpDef, _ scope: String, _ shape: some TensorConvertible, _ mean: some TensorConvertible,
    _ stddev: some TensorConvertible, _ dtype: DType, _ seed: Int?, _ name: String?
  ) throws -> Tensor {
    let dims = try self.shape(shape)
    return try inScope(name, scope) { scope in
      let dims = try dims.asConstant(named: "shape")
      let mean = try mean.asTensor(preferring: dtype).asConstant(named: "mean")
      let stddev = try stddev.asTensor(preferring: dtype).asConstant(named: "stddev")
      let numbers = try op([dims], seeds(seed).with("dtype", .type(dtype)))
      return try BinaryOps.family.add(numbers * stddev, mean, name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func normal(
    _ shape: some TensorConvertible, _ mean: some TensorConvertible,
    _ stddev: some TensorConvertible, dtype: DType = .float32, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try normal(shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// The same with its arguments by label.
  public static func normal(
    shape: some TensorConvertible, mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try normal(shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// Normal numbers within two standard deviations.
  ///
  /// Follows `tf.random.truncated_normal`; parameters and errors as `normal`.
  public static func truncatedNormal(
    _ shape: some TensorConvertible, mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0,
    dtype: DType = .float32, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try scaled(
      RandomOps.family.truncatedNormal, "truncated_normal", shape, mean, stddev, dtype, seed, name)
  }

  /// The same with its arguments by position.
  public static func truncatedNormal(
    _ shape: some TensorConvertible, _ mean: some TensorConvertible,
    _ stddev: some TensorConvertible, dtype: DType = .float32, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try truncatedNormal(shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// The same with its arguments by label.
  public static func truncatedNormal(
    shape: some TensorConvertible, mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try truncatedNormal(shape, mean: mean, stddev: stddev, dtype: dtype, seed: seed, name: name)
  }

  /// The rows of `value` in random order. Follows `tf.random.shuffle`.
  public static func shuffle(_ value: some TensorConvertible, seed: Int? = nil, name: String? = nil)
    throws -> Tensor
  {
    try RandomOps.family.shuffle([value.asTensor()], seeds(seed), name: name)
  }

  /// Classes drawn by logits, one row per distribution.
  ///
  /// Follows `tf.random.categorical`.
  ///
  /// - Parameters:
  ///   - logits: a matrix of unnormalised log-probabilities.
  ///   - numSamples: how many are drawn per row.
  ///   - dtype: int32 or int64.
  ///   - seed: with the global seed it fixes the numbers.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for other than a matrix, or a negative number.
  public static func categorical(
    _ logits: some TensorConvertible, _ numSamples: some TensorConvertible, dtype: DType = .int64,
    seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomOps.family.multinomial(
      [logits.asTensor(), numSamples.asTensor(preferring: .int32)],
      seeds(seed).with("output_dtype", .type(dtype), unless: dtype == .int64), name: name)
  }

  /// The same with its arguments by label.
  public static func categorical(
    _ logits: some TensorConvertible, numSamples: some TensorConvertible, dtype: DType = .int64,
    seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try categorical(logits, numSamples, dtype: dtype, seed: seed, name: name)
  }

  /// The same with its arguments by label.
  public static func categorical(
    logits: some TensorConvertible, numSamples: some TensorConvertible, dtype: DType = .int64,
    seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try categorical(logits, numSamples, dtype: dtype, seed: seed, name: name)
  }

  /// Numbers of gamma distributions: `shape` samples for each `alpha`, divided by `beta`.
  ///
  /// Follows `tf.random.gamma`.
  public static func gamma(
    _ shape: some TensorConvertible, alpha: some TensorConvertible,
    beta: (any TensorConvertible)? = nil,
    dtype: DType = .float32, seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    let a = try alpha.asTensor(preferring: dtype)
    guard let beta else {
      return try RandomOps.family.gamma([try self.shape(shape), a], seeds(seed), name: name)
    }
    let b = try beta.asTensor(preferring: dtype)
    // Each pair of parameters has its own samples.
    let both = try a + BasicOps.zerosLike(b)
    return try RandomOps.family.gamma([try self.shape(shape), both], seeds(seed), name: name) / b
  }

  /// The same with its arguments by position.
  public static func gamma(
    _ shape: some TensorConvertible, _ alpha: some TensorConvertible,
    beta: (any TensorConvertible)? = nil, dtype: DType = .float32, seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try gamma(shape, alpha: alpha, beta: beta, dtype: dtype, seed: seed, name: name)
  }

  /// Numbers of Poisson distributions: `shape` samples for each rate. Follows `tf.random.poisson`.
  public static func poisson(
    _ shape: some TensorConvertible, lam: some TensorConvertible, dtype: DType = .float32,
    seed: Int? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try RandomOps.family.poissonV2(
      [try self.shape(shape), try lam.asTensor()], seeds(seed).with("dtype", .type(dtype)),
      name: name)
  }

  /// The same with its arguments by position.
  public static func poisson(
    _ shape: some TensorConvertible, _ lam: some TensorConvertible, dtype: DType = .float32,
    seed: Int? = nil, name: String? = nil
  ) throws -> Tensor {
    try poisson(shape, lam: lam, dtype: dtype, seed: seed, name: name)
  }

  private static func stateless(
    _ op: OpDef, _ shape: Tensor, _ seed: Tensor, _ dtype: DType, name: String?
  ) throws
    -> Tensor
  {
    let parts = try apply(StatelessRandomOps.family.getKeyCounter, [seed])
    let algorithm = try Int32(1).asTensor()
    return try op([shape, parts[0], parts[1], algorithm], ["dtype": .type(dtype)], name: name)
  }

  /// As `uniform`, from a seed of two integers alone.
  ///
  /// Follows `tf.random.stateless_uniform`.
  public static func statelessUniform(
    _ shape: some TensorConvertible, seed: some TensorConvertible,
    minval: (any TensorConvertible)? = nil,
    maxval: (any TensorConvertible)? = nil, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    let (dims, seed) = (try self.shape(shape), try seed.asTensor(preferring: .int32))
    let family = StatelessRandomOps.family
    if dtype.isInteger {
      guard let maxval else {
        return try stateless(family.uniformFullIntV2, dims, seed, dtype, name: name)
      }
      let parts = try apply(family.getKeyCounter, [seed])
      return try family.uniformIntV2(
        [
          dims, parts[0], parts[1], try Int32(1).asTensor(),
          try (minval ?? 0).asTensor(preferring: dtype),
          try maxval.asTensor(preferring: dtype),
        ], name: name)
    }
    let unit = try stateless(family.uniformV2, dims, seed, dtype, name: nil)
    if minval == nil && maxval == nil { return unit }
    let low = try (minval ?? 0).asTensor(preferring: dtype)
    let high = try (maxval ?? 1).asTensor(preferring: dtype)
    return try BinaryOps.family.add(try unit * (high - low), low, name: name)
  }

  /// The same with its arguments by position.
  public static func statelessUniform(
    _ shape: some TensorConvertible, _ seed: some TensorConvertible,
    minval: (any TensorConvertible)? = nil, maxval: (any TensorConvertible)? = nil,
    dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try statelessUniform(
      shape, seed: seed, minval: minval, maxval: maxval, dtype: dtype, name: name)
  }

  /// The same with its arguments by label.
  public static func statelessUniform(
    shape: some TensorConvertible, seed: some TensorConvertible,
    minval: (any TensorConvertible)? = nil, maxval: (any TensorConvertible)? = nil,
    dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try statelessUniform(
      shape, seed: seed, minval: minval, maxval: maxval, dtype: dtype, name: name)
  }

  /// As `normal`, from a seed of two integers alone. Follows `tf.random.stateless_normal`.
  public static func statelessNormal(
    _ shape: some TensorConvertible, seed: some TensorConvertible,
    mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    let numbers = try stateless(
      StatelessRandomOps.family.normalV2, try self.shape(shape),
      try seed.asTensor(preferring: .int32), dtype, name: nil)
    return try BinaryOps.family.add(
      try numbers * stddev.asTensor(preferring: dtype), mean.asTensor(preferring: dtype), name: name
    )
  }

  /// The same with its arguments by position.
  public static func statelessNormal(
    _ shape: some TensorConvertible, _ seed: some TensorConvertible,
    mean: some TensorConvertible = 0.0, stddev: some TensorConvertible = 1.0,
    dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try statelessNormal(shape, seed: seed, mean: mean, stddev: stddev, dtype: dtype, name: name)
  }

  /// The same with its arguments by label.
  public static func statelessNormal(
    shape: some TensorConvertible, seed: some TensorConvertible, mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try statelessNormal(shape, seed: seed, mean: mean, stddev: stddev, dtype: dtype, name: name)
  }

  /// As `truncatedNormal`, from a seed of two integers alone. Follows
  /// `tf.random.stateless_truncated_normal`.
  public static func statelessTruncatedNormal(
    _ shape: some TensorConvertible, seed: some TensorConvertible,
    mean: some TensorConvertible = 0.0,
    stddev: some TensorConvertible = 1.0, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    let numbers = try stateless(
      StatelessRandomOps.family.truncatedNormalV2, try self.shape(shape),
      try seed.asTensor(preferring: .int32), dtype,
      name: nil)
    return try BinaryOps.family.add(
      try numbers * stddev.asTensor(preferring: dtype), mean.asTensor(preferring: dtype), name: name
    )
  }

  /// The same with its arguments by position.
  public static func statelessTruncatedNormal(
    _ shape: some TensorConvertible, _ seed: some TensorConvertible,
    mean: some TensorConvertible = 0.0, stddev: some TensorConvertible = 1.0,
    dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try statelessTruncatedNormal(
      shape, seed: seed, mean: mean, stddev: stddev, dtype: dtype, name: name)
  }
}
