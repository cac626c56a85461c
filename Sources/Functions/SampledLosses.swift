public import CoreOps
public import OpsLinalg
public import OpsNN
import OpsSparse

extension V1NN {
  /// The loss of telling the true classes from sampled ones, by noise-contrastive estimation.
  /// Follows `tf.compat.v1.nn.nce_loss`.
  ///
  /// - Parameters:
  ///   - weights: [classes, size], or a list of tensors that rows are spread over.
  ///   - biases: [classes].
  ///   - labels: integers [batch, numTrue].
  ///   - inputs: [batch, size].
  ///   - numSampled: how many classes are sampled for the batch.
  ///   - numClasses: how many there are.
  ///   - numTrue: how many true classes an example has.
  ///   - sampledValues: of a candidate sampler; nil for a log-uniform one.
  ///   - removeAccidentalHits: whether sampled classes that are true do not count.
  ///   - partitionStrategy: how rows are spread.
  ///   - name: of the scope.
  /// - Returns: a loss per example.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func nceLoss(
    weights: any PartitionedTensors, biases: any PartitionedTensors,
    labels: some TensorConvertible, inputs: some TensorConvertible, numSampled: Int,
    numClasses: Int, numTrue: Int = 1, sampledValues: CandidateSample? = nil,
    removeAccidentalHits: Bool = false, partitionStrategy: PartitionStrategy = .mod,
    name: String? = "nce_loss"
  ) throws -> Tensor {
    let (logits, labels) = try SampledLogits(
      weights: weights.rowParts, biases: biases.rowParts, numSampled: numSampled,
      numClasses: numClasses, numTrue: numTrue, sampled: sampledValues,
      removesHits: removeAccidentalHits, strategy: partitionStrategy, seed: nil
    ).logits(labels.asTensor(), inputs.asTensor(), name)
    let losses = try sigmoidCrossEntropyWithLogits(
      labels: labels, logits: logits, name: "sampled_losses")
    return try SampledLogits.sumRows(losses)
  }

  /// The same with its arguments by position.
  public static func nceLoss(
    _ weights: any PartitionedTensors, _ biases: any PartitionedTensors,
    _ labels: some TensorConvertible, _ inputs: some TensorConvertible, _ numSampled: Int,
    _ numClasses: Int, numTrue: Int = 1, sampledValues: CandidateSample? = nil,
    removeAccidentalHits: Bool = false, partitionStrategy: PartitionStrategy = .mod,
    name: String? = "nce_loss"
  ) throws -> Tensor {
    try nceLoss(
      weights: weights, biases: biases, labels: labels, inputs: inputs, numSampled: numSampled,
      numClasses: numClasses, numTrue: numTrue, sampledValues: sampledValues,
      removeAccidentalHits: removeAccidentalHits, partitionStrategy: partitionStrategy, name: name)
  }

  /// The cross-entropy of the softmax over the true and sampled classes, for training. Follows
  /// `tf.compat.v1.nn.sampled_softmax_loss`.
  ///
  /// - Parameters: as `nceLoss`; `seed` is the sampler's.
  /// - Returns: a loss per example.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func sampledSoftmaxLoss(
    weights: any PartitionedTensors, biases: any PartitionedTensors,
    labels: some TensorConvertible, inputs: some TensorConvertible, numSampled: Int,
    numClasses: Int, numTrue: Int = 1, sampledValues: CandidateSample? = nil,
    removeAccidentalHits: Bool = true, partitionStrategy: PartitionStrategy = .mod,
    name: String? = "sampled_softmax_loss", seed: Int? = nil
  ) throws -> Tensor {
    let (logits, labels) = try SampledLogits(
      weights: weights.rowParts, biases: biases.rowParts, numSampled: numSampled,
      numClasses: numClasses, numTrue: numTrue, sampled: sampledValues,
      removesHits: removeAccidentalHits, strategy: partitionStrategy, seed: seed
    ).logits(labels.asTensor(), inputs.asTensor(), name)
    let fixed = try BasicOps.family.stopGradient([labels], name: "labels_stop_gradient")
    return try softmaxCrossEntropyWithLogitsV2(labels: fixed, logits: logits)
  }

  /// The same with its arguments by position.
  public static func sampledSoftmaxLoss(
    _ weights: any PartitionedTensors, _ biases: any PartitionedTensors,
    _ labels: some TensorConvertible, _ inputs: some TensorConvertible, _ numSampled: Int,
    _ numClasses: Int, numTrue: Int = 1, sampledValues: CandidateSample? = nil,
    removeAccidentalHits: Bool = true, partitionStrategy: PartitionStrategy = .mod,
    name: String? = "sampled_softmax_loss", seed: Int? = nil
  ) throws -> Tensor {
    try sampledSoftmaxLoss(
      weights: weights, biases: biases, labels: labels, inputs: inputs, numSampled: numSampled,
      numClasses: numClasses, numTrue: numTrue, sampledValues: sampledValues,
      removeAccidentalHits: removeAccidentalHits, partitionStrategy: partitionStrategy, name: name,
      seed: seed)
  }
}

/// The logits of true and sampled classes.
private struct SampledLogits {
  let weights: [any TensorConvertible]
  let biases: [any TensorConvertible]
  let numSampled: Int
  let numClasses: Int
  let numTrue: Int
  let sampled: CandidateSample?
  let removesHits: Bool
  let strategy: PartitionStrategy
  let seed: Int?

  static func sumRows(_ x: Tensor) throws -> Tensor {
    let columns = try MathAPI.shape(x)[1]
    let ones = try MathAPI.ones(MathAPI.stack([columns, 1]), dtype: x.dtype)
    return try MathAPI.reshape(MathAPI.matmul(x, ones), [-1])
  }

  func logits(_ given: Tensor, _ inputs: Tensor, _ name: String?) throws -> (
    logits: Tensor, labels: Tensor
  ) {
    try inScope(name, "compute_sampled_logits") { _ in
      let labels = try CastOps.cast(given, .int64)
      let flat = try MathAPI.reshape(labels, [-1])
      let drawn =
        try sampled
        ?? RandomAPI.logUniformCandidateSampler(
          labels, numTrue: numTrue, numSampled: numSampled, unique: true, rangeMax: numClasses,
          seed: seed)
      var candidates = try MathAPI.stopGradient(drawn.sampledCandidates)
      let trueCount = try MathAPI.stopGradient(drawn.trueExpectedCount)
      let sampledCount = try MathAPI.stopGradient(drawn.sampledExpectedCount)
      candidates = try CastOps.cast(candidates, .int64)
      let ids = try MathAPI.concat([flat, candidates], axis: 0)

      let rows = try CastOps.cast(
        Embeddings.lookup(weights, ids, strategy, nil, nil), inputs.dtype)
      let trueRows = try MathAPI.slice(
        rows, [0, 0], MathAPI.stack([MathAPI.shape(flat)[0], -1]))
      let sampledRows = try MathAPI.slice(
        rows, MathAPI.stack([MathAPI.shape(flat)[0], 0]), [-1, -1])
      var sampledLogits = try MathAPI.matmul(inputs, sampledRows, transposeB: true)

      let offsets = try CastOps.cast(
        Embeddings.lookup(biases, ids, strategy, nil, nil), inputs.dtype)
      var trueOffsets = try MathAPI.slice(offsets, [0], MathAPI.shape(flat))
      let sampledOffsets = try MathAPI.slice(offsets, MathAPI.shape(flat), [-1])

      let size = try MathAPI.shape(trueRows)[1..<2]
      let perTrue = try MathAPI.concat([[-1, numTrue].asTensor(), size], axis: 0)
      let products = try BinaryOps.family.multiply(
        MathAPI.expandDims(inputs, 1), MathAPI.reshape(trueRows, perTrue))
      let matrix = try MathAPI.reshape(
        products, MathAPI.concat([[-1].asTensor(), size], axis: 0))
      var trueLogits = try MathAPI.reshape(Self.sumRows(matrix), [-1, numTrue])
      trueOffsets = try MathAPI.reshape(trueOffsets, [-1, numTrue])
      trueLogits = try trueLogits + trueOffsets
      sampledLogits = try sampledLogits + sampledOffsets

      if removesHits { sampledLogits = try withoutHits(sampledLogits, labels, candidates) }
      trueLogits = try trueLogits - MathAPI.log(trueCount)
      sampledLogits = try sampledLogits - MathAPI.log(sampledCount)

      let all = try MathAPI.concat([trueLogits, sampledLogits], axis: 1)
      let truths = try MathAPI.concat(
        [Likes.ones(trueLogits) / numTrue, MathAPI.zerosLike(sampledLogits)], axis: 1)
      return (all, truths)
    }
  }

  /// The logits, where those of classes that are true are out of the running.
  private func withoutHits(_ logits: Tensor, _ labels: Tensor, _ candidates: Tensor) throws
    -> Tensor
  {
    let hits = try apply(
      MatchingOps.family.accidentalHits, [labels, candidates],
      RandomAPI.seeds(nil).with("num_true", .int(numTrue)))
    let rows = try MathAPI.reshape(hits[0], [-1, 1])
    let columns = try MathAPI.reshape(CastOps.cast(hits[1], .int32), [-1, 1])
    let indices = try MathAPI.concat([rows, columns], axis: 1, name: "sparse_indices")
    let shape = try MathAPI.concat(
      [
        MathAPI.shape(labels)[..<1],
        MathAPI.expandDims(numSampled, 0),
      ], axis: 0)
    return try logits
      + SparseOps.family.toDense(
        [
          indices, shape, CastOps.cast(hits[2], logits.dtype), 0.asTensor(preferring: logits.dtype),
        ],
        ["validate_indices": .bool(false)])
  }
}
