import CoreGraph
public import CoreOps
import OpsNN
import V1Graph

/// `tf.contrib.seq2seq`.
public enum Seq2Seq {
  public typealias Helper = DecodingHelper
  public typealias TrainingHelper = V1Recurrent.TrainingHelper
  public typealias GreedyEmbeddingHelper = V1Recurrent.GreedyEmbeddingHelper
  public typealias BasicDecoder = V1Recurrent.BasicDecoder
  public typealias BasicDecoderOutput = V1Recurrent.BasicDecoderOutput
  public typealias AttentionMechanism = V1Recurrent.AttentionMechanism
  public typealias LuongAttention = V1Recurrent.LuongAttention
  public typealias BahdanauAttention = V1Recurrent.BahdanauAttention
  public typealias AttentionWrapper = V1Recurrent.AttentionWrapper

  private enum Losses: SharedNN {}

  /// The weighted cross entropy of sequences. Follows `tf.contrib.seq2seq.sequence_loss`.
  ///
  /// - Parameters:
  ///   - logits: `[batch, time, classes]`.
  ///   - targets: `[batch, time]`, classes.
  ///   - weights: `[batch, time]`.
  ///   - averageAcrossTimesteps: whether the loss is the mean over time.
  ///   - averageAcrossBatch: whether it is the mean over the sequences.
  ///   - softmaxLossFunction: of labels and logits; nil for the cross entropy.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for tensors of other ranks.
  public static func sequenceLoss(
    _ logits: some TensorConvertible, _ targets: some TensorConvertible,
    _ weights: some TensorConvertible, averageAcrossTimesteps: Bool = true,
    averageAcrossBatch: Bool = true,
    softmaxLossFunction: ((_ labels: Tensor, _ logits: Tensor) throws -> Tensor)? = nil,
    name: String? = nil
  ) throws -> Tensor {
    let (logits, targets) = (try logits.asTensor(), try targets.asTensor())
    let weights = try weights.asTensor(preferring: logits.dtype)
    try require(
      logits.shape.rank ?? 3 == 3,
      "Logits must be a [batch_size x sequence_length x logits] tensor")
    try require(
      targets.shape.rank ?? 2 == 2, "Targets must be a [batch_size x sequence_length] tensor")
    try require(
      weights.shape.rank ?? 2 == 2, "Weights must be a [batch_size x sequence_length] tensor")
    return try CoreOps.inScope(name, "sequence_loss") { _ in
      let classes = try V1Scopes.shape(logits)[2]
      let flat = try V1Scopes.reshape(logits, V1Scopes.stack([-1, classes]))
      let labels = try V1Scopes.reshape(targets, [-1])
      var loss =
        try softmaxLossFunction?(labels, flat)
        ?? Losses.sparseSoftmaxCrossEntropyWithLogits(labels: labels, logits: flat)
      loss = try loss * V1Scopes.reshape(weights, [-1])
      func mean(_ loss: Tensor, _ axis: [Int]?) throws -> Tensor {
        let sum =
          try axis.map { try V1Scopes.reduceSum(loss, axis: $0) } ?? V1Scopes.reduceSum(loss)
        let size =
          try axis.map { try V1Scopes.reduceSum(weights, axis: $0) } ?? V1Scopes.reduceSum(weights)
        return try BinaryOps.family.divideNoNan(sum, size)
      }
      if averageAcrossTimesteps, averageAcrossBatch { return try mean(loss, nil) }
      let shape = try V1Scopes.shape(logits)
      loss = try V1Scopes.reshape(loss, V1Scopes.stack([shape[0], shape[1]]))
      if averageAcrossTimesteps { return try mean(loss, [1]) }
      if averageAcrossBatch { return try mean(loss, [0]) }
      return loss
    }
  }

  /// Runs a decoder until all sequences are at their end. Follows
  /// `tf.contrib.seq2seq.dynamic_decode`.
  ///
  /// - Parameters:
  ///   - outputTimeMajor: whether the first dimension of the outputs is time.
  ///   - imputeFinished: whether outputs behind the ends are zero and states stay there.
  ///   - maximumIterations: after so many steps it ends.
  ///   - parallelIterations: how many steps may run side by side.
  ///   - swapMemory: kept in the loop's record; memory is not swapped.
  ///   - scope: `decoder` by default.
  /// - Returns: the outputs, the last state, and the lengths of the sequences.
  /// - Throws: what the decoder's parts throw.
  public static func dynamicDecode(
    _ decoder: BasicDecoder, outputTimeMajor: Bool = false, imputeFinished: Bool = false,
    maximumIterations: (any TensorConvertible)? = nil, parallelIterations: Int = 32,
    swapMemory: Bool = false, scope: String? = nil
  ) throws -> (outputs: BasicDecoderOutput, state: RNNState, sequenceLengths: Tensor) {
    try V1Scopes.variableScope(scope, defaultName: "decoder") { scope in
      scope.cacheVariables()
      var (outputs, state, lengths) = try DynamicDecoding(
        decoder: decoder, imputesFinished: imputeFinished,
        maximumIterations: maximumIterations?.asTensor(), parallelIterations: parallelIterations,
        swapMemory: swapMemory
      ).run()
      if !outputTimeMajor {
        outputs = BasicDecoderOutput(
          rnnOutput: try DynamicRNN.transposed(outputs.rnnOutput),
          sampleId: try DynamicRNN.transposed(outputs.sampleId))
      }
      return (outputs, state, lengths)
    }
  }
}

/// The recurrent parts of `tf.contrib`.
public protocol RecurrentContribAPI {}

extension RecurrentContribAPI {
  public typealias rnn = ContribRNN
  public typealias seq2seq = Seq2Seq
}
