public import CoreOps
import Functions
import OpsLinalg
public import V1Graph
import Variables

/// A long short-term memory whose gates are normalised. Follows
/// `tf.contrib.rnn.LayerNormBasicLSTMCell`.
public final class LayerNormBasicLSTMCell: RNNCell {
  private let numUnits: Int
  private let forgetBias: Double
  private let activation: RNNActivation
  private let normalizes: Bool
  private let normGain: Double
  private let normShift: Double
  private let keep: Double
  private let seed: Int?

  /// - Parameters:
  ///   - numUnits: the size of the output.
  ///   - forgetBias: what is added at the forget gate.
  ///   - activation: `tf.tanh` by default.
  ///   - layerNorm: whether gates and state are normalised; if not, the gates have a bias.
  ///   - normGain, normShift: what the scale and the shift of a normalisation begin as.
  ///   - dropoutKeepProb: the probability that an element of what is added to the state is kept.
  ///   - dropoutProbSeed: with the graph's seed it says which are.
  ///   - reuse: whether variables are those that are there.
  public init(
    _ numUnits: Int, forgetBias: Double = 1.0, activation: RNNActivation? = nil,
    layerNorm: Bool = true, normGain: Double = 1.0, normShift: Double = 0.0,
    dropoutKeepProb: Double = 1.0, dropoutProbSeed: Int? = nil, reuse: Reuse? = nil
  ) throws {
    self.numUnits = numUnits
    self.forgetBias = forgetBias
    self.activation = activation ?? CellMath.tanh
    normalizes = layerNorm
    self.normGain = normGain
    self.normShift = normShift
    keep = dropoutKeepProb
    seed = dropoutProbSeed
    try super.init(reuse: reuse)
  }

  public override var stateSize: RNNStateSize { .lstm(c: numUnits, h: numUnits) }
  public override var outputSize: Int { numUnits }

  /// Each row less its mean, divided by its deviation, scaled and shifted.
  private func normalized(_ x: Tensor, _ name: String) throws -> Tensor {
    let (gamma, beta) = try V1Scopes.variableScope(name) {
      (
        try V1Scopes.getVariable(
          "gamma", [numUnits], dtype: x.dtype,
          initializer: V1Scopes.constantInitializer(normGain, dtype: x.dtype)),
        try V1Scopes.getVariable(
          "beta", [numUnits], dtype: x.dtype,
          initializer: V1Scopes.constantInitializer(normShift, dtype: x.dtype))
      )
    }
    return try CoreOps.inScope(nil, name) { _ in
      let mean = try V1Scopes.reduceMean(x, axis: [-1], keepdims: true)
      let deviation = try x - mean
      let variance = try V1Scopes.reduceMean(deviation * deviation, axis: [-1], keepdims: true)
      return try deviation * (V1Scopes.rsqrt(variance + 1e-12) * gamma) + beta
    }
  }

  public override func call(_ inputs: Tensor, _ state: RNNState) throws -> (
    output: Tensor, state: RNNState
  ) {
    let before = try state.lstm
    let joined = try V1Scopes.concat([inputs, before.h], axis: 1)
    let kernel = try V1Scopes.getVariable(
      "kernel", [depth(joined.shape), 4 * numUnits], dtype: joined.dtype)
    var gates = try V1Scopes.matmul(joined, kernel)
    if !normalizes {
      let bias = try V1Scopes.getVariable("bias", [4 * numUnits], dtype: joined.dtype)
      gates = try CellMath.biasAdd(gates, bias)
    }
    var parts = try V1Scopes.split(gates, 4, axis: 1)
    if normalizes {
      parts = try zip(parts, ["input", "transform", "forget", "output"]).map(normalized)
    }
    var added = try activation(parts[1])
    if keep < 1 { added = try Dropout.apply(added, 1 - keep, nil, seed, nil) }
    let kept = try before.c * V1Scopes.sigmoid(parts[2] + forgetBias)
    var c = try kept + V1Scopes.sigmoid(parts[0]) * added
    if normalizes { c = try normalized(c, "state") }
    let h = try activation(c) * V1Scopes.sigmoid(parts[3])
    return (h, .lstm(LSTMStateTuple(c, h)))
  }
}

/// `tf.contrib.rnn`.
public enum ContribRNN {
  public typealias RNNCell = V1Recurrent.RNNCell
  public typealias BasicRNNCell = V1Recurrent.BasicRNNCell
  public typealias GRUCell = V1Recurrent.GRUCell
  public typealias BasicLSTMCell = V1Recurrent.BasicLSTMCell
  public typealias LSTMCell = V1Recurrent.LSTMCell
  public typealias LSTMStateTuple = V1Recurrent.LSTMStateTuple
  public typealias MultiRNNCell = V1Recurrent.MultiRNNCell
  public typealias DropoutWrapper = V1Recurrent.DropoutWrapper
  public typealias ResidualWrapper = V1Recurrent.ResidualWrapper
  public typealias DeviceWrapper = V1Recurrent.DeviceWrapper
  public typealias LayerNormBasicLSTMCell = V1Recurrent.LayerNormBasicLSTMCell
  private enum Nets: RecurrentAPI {}

  /// Follows `tf.contrib.rnn.static_rnn`.
  public static func staticRnn(
    _ cell: RNNCell, _ inputs: [Tensor], initialState: (any RNNStateConvertible)? = nil,
    dtype: DType? = nil, sequenceLength: (any TensorConvertible)? = nil, scope: String? = nil
  ) throws -> (outputs: [Tensor], state: RNNState) {
    try Nets.staticRnn(
      cell, inputs, initialState: initialState, dtype: dtype, sequenceLength: sequenceLength,
      scope: scope)
  }

  /// Follows `tf.contrib.rnn.static_bidirectional_rnn`.
  public static func staticBidirectionalRnn(
    _ cellFw: RNNCell, _ cellBw: RNNCell, _ inputs: [Tensor],
    initialStateFw: (any RNNStateConvertible)? = nil,
    initialStateBw: (any RNNStateConvertible)? = nil, dtype: DType? = nil,
    sequenceLength: (any TensorConvertible)? = nil, scope: String? = nil
  ) throws -> (outputs: [Tensor], stateFw: RNNState, stateBw: RNNState) {
    try Nets.staticBidirectionalRnn(
      cellFw, cellBw, inputs, initialStateFw: initialStateFw, initialStateBw: initialStateBw,
      dtype: dtype, sequenceLength: sequenceLength, scope: scope)
  }

  /// Nets in both directions one on the other: each takes both outputs of the one below, side by
  /// side. Follows `tf.contrib.rnn.stack_bidirectional_dynamic_rnn`.
  ///
  /// - Parameters:
  ///   - cellsFw, cellsBw: from the input on; as many in both.
  ///   - others: as of `bidirectionalDynamicRnn`.
  /// - Returns: the outputs of the last, and the states of all.
  /// - Throws: `INVALID_ARGUMENT` for no cells, or not as many in both directions.
  public static func stackBidirectionalDynamicRnn(
    _ cellsFw: [RNNCell], _ cellsBw: [RNNCell], _ inputs: some TensorConvertible,
    dtype: DType? = nil, sequenceLength: (any TensorConvertible)? = nil, scope: String? = nil
  ) throws -> (outputs: Tensor, statesFw: [RNNState], statesBw: [RNNState]) {
    try require(
      !cellsFw.isEmpty && cellsFw.count == cellsBw.count,
      "Forward and Backward cells must have the same depth.")
    return try V1Scopes.variableScope(scope ?? "stack_bidirectional_rnn") {
      var (layer, forward, backward) = (try inputs.asTensor(), [RNNState](), [RNNState]())
      for (index, cells) in zip(cellsFw, cellsBw).enumerated() {
        try V1Scopes.variableScope("cell_\(index)") {
          let (outputs, states) = try Nets.bidirectionalDynamicRnn(
            cells.0, cells.1, layer, sequenceLength: sequenceLength, dtype: dtype)
          layer = try V1Scopes.concat([outputs.fw, outputs.bw], axis: 2)
          forward.append(states.fw)
          backward.append(states.bw)
        }
      }
      return (layer, forward, backward)
    }
  }
}
