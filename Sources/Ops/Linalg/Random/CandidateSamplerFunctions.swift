public import CoreOps

/// Classes that were drawn, and how often they and the true ones are expected among them.
public struct CandidateSample: Sendable {
  /// [numSampled] int64.
  public let sampledCandidates: Tensor
  /// [batch, numTrue] float32.
  public let trueExpectedCount: Tensor
  /// [numSampled] float32.
  public let sampledExpectedCount: Tensor

  fileprivate init(_ outputs: [Tensor]) {
    sampledCandidates = outputs[0]
    trueExpectedCount = outputs[1]
    sampledExpectedCount = outputs[2]
  }
}

extension RandomAPI {
  /// Classes drawn from `0..<rangeMax`, all alike.
  ///
  /// Follows `tf.random.uniform_candidate_sampler`.
  ///
  /// - Parameters:
  ///   - trueClasses: [batch, numTrue] int64.
  ///   - numTrue: how many true classes an example has.
  ///   - numSampled: how many classes are drawn.
  ///   - unique: whether each is drawn once.
  ///   - rangeMax: how many classes there are.
  ///   - seed: with the global seed it fixes the classes.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for true classes out of range, or fewer classes than are drawn.
  public static func uniformCandidateSampler(
    _ trueClasses: some TensorConvertible, numTrue: Int, numSampled: Int, unique: Bool,
    rangeMax: Int, seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try sampled(
      CandidateSamplerOps.family.uniform, trueClasses, numTrue, numSampled, unique, rangeMax, seed,
      name)
  }

  /// The same with its arguments by position.
  public static func uniformCandidateSampler(
    _ trueClasses: some TensorConvertible, _ numTrue: Int, _ numSampled: Int, _ unique: Bool,
    _ rangeMax: Int, seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try uniformCandidateSampler(
      trueClasses, numTrue: numTrue, numSampled: numSampled, unique: unique, rangeMax: rangeMax,
      seed: seed, name: name)
  }

  /// Classes drawn from `0..<rangeMax` as words are that are numbered by how often they come.
  ///
  /// Follows `tf.random.log_uniform_candidate_sampler`.
  ///
  /// - Parameters:
  ///   - trueClasses: [batch, numTrue] int64.
  ///   - numTrue: how many true classes an example has.
  ///   - numSampled: how many classes are drawn.
  ///   - unique: whether each is drawn once.
  ///   - rangeMax: how many classes there are.
  ///   - seed: with the global seed it fixes the classes.
  ///   - name: the node's name in a graph.
  /// - Throws: as `uniformCandidateSampler`.
  public static func logUniformCandidateSampler(
    _ trueClasses: some TensorConvertible, numTrue: Int, numSampled: Int, unique: Bool,
    rangeMax: Int, seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try sampled(
      CandidateSamplerOps.family.logUniform, trueClasses, numTrue, numSampled, unique, rangeMax,
      seed, name)
  }

  /// The same with its arguments by position.
  public static func logUniformCandidateSampler(
    _ trueClasses: some TensorConvertible, _ numTrue: Int, _ numSampled: Int, _ unique: Bool,
    _ rangeMax: Int, seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try logUniformCandidateSampler(
      trueClasses, numTrue: numTrue, numSampled: numSampled, unique: unique, rangeMax: rangeMax,
      seed: seed, name: name)
  }

  /// Classes drawn from `0..<rangeMax` by how often they were true ones so far.
  ///
  /// Follows `tf.random.learned_unigram_candidate_sampler`.
  ///
  /// - Parameters:
  ///   - trueClasses: [batch, numTrue] int64.
  ///   - numTrue: how many true classes an example has.
  ///   - numSampled: how many classes are drawn.
  ///   - unique: whether each is drawn once.
  ///   - rangeMax: how many classes there are.
  ///   - seed: with the global seed it fixes the classes.
  ///   - name: the node's name in a graph.
  /// - Throws: as `uniformCandidateSampler`.
  public static func learnedUnigramCandidateSampler(
    _ trueClasses: some TensorConvertible, numTrue: Int, numSampled: Int, unique: Bool,
    rangeMax: Int, seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try sampled(
      CandidateSamplerOps.family.learnedUnigram, trueClasses, numTrue, numSampled, unique,
      rangeMax, seed, name)
  }

  /// The same with its arguments by position.
  public static func learnedUnigramCandidateSampler(
    _ trueClasses: some TensorConvertible, _ numTrue: Int, _ numSampled: Int, _ unique: Bool,
    _ rangeMax: Int, seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try learnedUnigramCandidateSampler(
      trueClasses, numTrue: numTrue, numSampled: numSampled, unique: unique, rangeMax: rangeMax,
      seed: seed, name: name)
  }

  /// Classes drawn from `0..<rangeMax` by weights, which a list or a file has.
  ///
  /// Follows `tf.random.fixed_unigram_candidate_sampler`.
  ///
  /// - Parameters:
  ///   - trueClasses: [batch, numTrue] int64.
  ///   - numTrue: how many true classes an example has.
  ///   - numSampled: how many classes are drawn.
  ///   - unique: whether each is drawn once.
  ///   - rangeMax: how many classes there are.
  ///   - vocabFile: a file with one class a line, its weight behind the last comma.
  ///   - distortion: the power of the weights that is drawn by.
  ///   - numReservedIds: how many classes come before those with weights, and are never drawn.
  ///   - numShards, shard: which part of the classes is drawn from.
  ///   - unigrams: the weights, where there is no file.
  ///   - seed: with the global seed it fixes the classes.
  ///   - name: the node's name in a graph.
  /// - Throws: as `uniformCandidateSampler`; `INVALID_ARGUMENT` when there are not `rangeMax`
  ///   weights; `NOT_FOUND` when there is no such file.
  public static func fixedUnigramCandidateSampler(
    _ trueClasses: some TensorConvertible, numTrue: Int, numSampled: Int, unique: Bool,
    rangeMax: Int, vocabFile: String = "", distortion: Float = 1, numReservedIds: Int = 0,
    numShards: Int = 1, shard: Int = 0, unigrams: [Float] = [], seed: Int? = nil,
    name: String? = nil
  ) throws -> CandidateSample {
    let weights = Attrs().with("vocab_file", .string(vocabFile), unless: vocabFile.isEmpty)
      .with("distortion", .float(distortion), unless: distortion == 1)
      .with("num_reserved_ids", .int(numReservedIds), unless: numReservedIds == 0)
      .with("num_shards", .int(numShards), unless: numShards == 1)
      .with("shard", .int(shard), unless: shard == 0)
      .with("unigrams", .list(unigrams.map { .float($0) }), unless: unigrams.isEmpty)
    return try sampled(
      CandidateSamplerOps.family.fixedUnigram, trueClasses, numTrue, numSampled, unique, rangeMax,
      seed, name, weights)
  }

  /// All classes of `0..<numSampled`.
  ///
  /// Follows `tf.random.all_candidate_sampler`.
  ///
  /// - Parameters:
  ///   - trueClasses: [batch, numTrue] int64.
  ///   - numTrue: how many true classes an example has.
  ///   - numSampled: how many classes there are.
  ///   - unique: of no effect.
  ///   - seed: of no effect.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for true classes out of range.
  public static func allCandidateSampler(
    _ trueClasses: some TensorConvertible, numTrue: Int, numSampled: Int, unique: Bool,
    seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try sampled(
      CandidateSamplerOps.family.all, trueClasses, numTrue, numSampled, unique, nil, seed, name)
  }

  /// The same with its arguments by position.
  public static func allCandidateSampler(
    _ trueClasses: some TensorConvertible, _ numTrue: Int, _ numSampled: Int, _ unique: Bool,
    seed: Int? = nil, name: String? = nil
  ) throws -> CandidateSample {
    try allCandidateSampler(
      trueClasses, numTrue: numTrue, numSampled: numSampled, unique: unique, seed: seed,
      name: name)
  }

  private static func sampled(
    _ op: OpDef, _ trueClasses: some TensorConvertible, _ numTrue: Int, _ numSampled: Int,
    _ unique: Bool, _ rangeMax: Int?, _ seed: Int?, _ name: String?, _ more: Attrs = Attrs()
  ) throws -> CandidateSample {
    var attrs = seeds(seed)
    for entry in more { attrs[entry.name] = entry.value }
    attrs["num_true"] = .int(numTrue)
    attrs["num_sampled"] = .int(numSampled)
    attrs["unique"] = .bool(unique)
    if let rangeMax { attrs["range_max"] = .int(rangeMax) }
    return CandidateSample(
      try apply(op, [trueClasses.asTensor(preferring: .int64)], attrs, name: name))
  }
}
