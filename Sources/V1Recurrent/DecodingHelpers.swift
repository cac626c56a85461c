import CoreGraph
public import CoreOps
import OpsNN
import V1Graph

/// Chooses what a decoder takes next. Follows `tf.contrib.seq2seq.Helper`.
public protocol DecodingHelper {
  /// How many sequences there are, an int32 scalar.
  var batchSize: Tensor { get }
  /// Which sequences are at their end already, and the first inputs.
  func initialize() throws -> (finished: Tensor, nextInputs: Tensor)
  /// What the outputs of a step mean, an int32 vector.
  func sample(_ time: Tensor, _ outputs: Tensor) throws -> Tensor
  /// Which sequences are at their end, and the next inputs.
  func nextInputs(_ time: Tensor, _ outputs: Tensor, _ sampleIds: Tensor) throws -> (
    finished: Tensor, nextInputs: Tensor
  )
}

extension DecodingHelper {
  public func sample(_ time: Tensor, _ outputs: Tensor) throws -> Tensor {
    try CastOps.cast(V1Scopes.argmax(outputs, axis: -1), .int32)
  }
}

/// Gives a decoder the right inputs, as in training. Follows `tf.contrib.seq2seq.TrainingHelper`.
public struct TrainingHelper: DecodingHelper {
  public let batchSize: Tensor
  private let elements: TensorArray
  private let lengths: Tensor
  private let zeroInputs: Tensor

  /// - Parameters:
  ///   - inputs: `[batch, time, …]`, or `[time, batch, …]` where `timeMajor` says so.
  ///   - sequenceLength: an int vector.
  ///   - timeMajor: whether the first dimension is time.
  ///   - name: of the scope.
  public init(
    _ inputs: some TensorConvertible, _ sequenceLength: some TensorConvertible,
    timeMajor: Bool = false, name: String? = nil
  ) throws {
    var made: (Tensor, TensorArray, Tensor, Tensor)?
    try CoreOps.inScope(name, "TrainingHelper") { _ in
      var inputs = try inputs.asTensor().asConstant(named: "inputs")
      if !timeMajor { inputs = try DynamicRNN.transposed(inputs) }
      let elements = try TensorArray(
        inputs.dtype, size: V1Scopes.shape(inputs)[0],
        elementShape: PartialShape(inputs.shape.dims.map { Array($0.dropFirst()) })
      ).unstack(inputs)
      let lengths = try CastOps.cast(
        sequenceLength.asTensor().asConstant(named: "sequence_length"), .int32)
      try require(
        lengths.shape.rank ?? 1 == 1,
        "Expected sequence_length to be a vector, but received shape: \(lengths.shape)")
      let zeros = try V1Scopes.zerosLike(inputs[0])
      made = (try V1Scopes.size(lengths), elements, lengths, zeros)
    }
    guard let made else { throw TFError.internal("a scope did not run") }
    (batchSize, elements, lengths, zeroInputs) = made
  }

  public func initialize() throws -> (finished: Tensor, nextInputs: Tensor) {
    try CoreOps.inScope(nil, "TrainingHelperInitialize") { _ in
      let finished = try V1Scopes.equal(0, lengths)
      return (finished, try inputs(ShapeOps.scalar(0), finished))
    }
  }

  public func nextInputs(_ time: Tensor, _ outputs: Tensor, _ sampleIds: Tensor) throws -> (
    finished: Tensor, nextInputs: Tensor
  ) {
    try CoreOps.inScope(nil, "TrainingHelperNextInputs") { _ in
      let next = try time + 1
      let finished = try V1Scopes.greaterEqual(next, lengths)
      return (finished, try inputs(next, finished))
    }
  }

  private func inputs(_ time: Tensor, _ finished: Tensor) throws -> Tensor {
    try V1Scopes.cond(
      V1Scopes.reduceAll(finished), { zeroInputs }, { try elements.read(time) })
  }
}

/// Gives a decoder the embedding of what it said last. Follows
/// `tf.contrib.seq2seq.GreedyEmbeddingHelper`.
public struct GreedyEmbeddingHelper: DecodingHelper {
  public let batchSize: Tensor
  private let embedding: (Tensor) throws -> Tensor
  private let startTokens: Tensor
  private let endToken: Tensor
  private let startInputs: Tensor

  /// - Parameters:
  ///   - embedding: a function of ids to inputs.
  ///   - startTokens: an int vector, one id for each sequence.
  ///   - endToken: the id at which a sequence ends.
  public init(
    _ embedding: @escaping (Tensor) throws -> Tensor, _ startTokens: some TensorConvertible,
    _ endToken: some TensorConvertible
  ) throws {
    self.embedding = embedding
    self.startTokens = try startTokens.asTensor().asConstant(named: "start_tokens")
    self.endToken = try endToken.asTensor().asConstant(named: "end_token")
    try require(
      self.startTokens.shape.rank ?? 1 == 1, "start_tokens must be a vector")
    try require(self.endToken.shape.rank ?? 0 == 0, "end_token must be a scalar")
    batchSize = try V1Scopes.size(self.startTokens)
    startInputs = try embedding(self.startTokens)
  }

  /// - Parameter embedding: rows by ids.
  public init(
    _ embedding: some TensorOperand, _ startTokens: some TensorConvertible,
    _ endToken: some TensorConvertible
  ) throws {
    try self.init(
      { try V1Scopes.gather(embedding, $0) }, startTokens, endToken)
  }

  public func initialize() throws -> (finished: Tensor, nextInputs: Tensor) {
    (try V1Scopes.tile([false], V1Scopes.stack([batchSize])), startInputs)
  }

  public func nextInputs(_ time: Tensor, _ outputs: Tensor, _ sampleIds: Tensor) throws -> (
    finished: Tensor, nextInputs: Tensor
  ) {
    let finished = try V1Scopes.equal(sampleIds, endToken)
    let inputs = try V1Scopes.cond(
      V1Scopes.reduceAll(finished), { startInputs }, { try embedding(sampleIds) })
    return (finished, inputs)
  }
}
