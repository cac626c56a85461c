public import CoreGraph
public import CoreOps
import OpsNN
import V1Graph

/// What a decoder gives in a step. Follows `tf.contrib.seq2seq.BasicDecoderOutput`.
public struct BasicDecoderOutput: TensorStructure {
  public var rnnOutput: Tensor
  public var sampleId: Tensor

  public var tensors: [Tensor] { [rnnOutput, sampleId] }
  public func replacing(_ tensors: inout ArraySlice<Tensor>) -> BasicDecoderOutput {
    BasicDecoderOutput(rnnOutput: tensors.removeFirst(), sampleId: tensors.removeFirst())
  }
}

/// A cell whose inputs a helper chooses. Follows `tf.contrib.seq2seq.BasicDecoder`.
public struct BasicDecoder {
  let cell: RNNCell
  let helper: any DecodingHelper
  let initialState: RNNState
  let outputLayer: ((Tensor) throws -> Tensor)?
  let outputSize: Int?

  /// - Parameters:
  ///   - initialState: of the cell.
  ///   - outputLayer: of the cell's outputs, such as a dense layer.
  ///   - outputSize: what `outputLayer` gives, where outputs behind the ends of sequences are to be
  ///     zero.
  public init(
    _ cell: RNNCell, _ helper: any DecodingHelper, _ initialState: some RNNStateConvertible,
    outputLayer: ((Tensor) throws -> Tensor)? = nil, outputSize: Int? = nil
  ) {
    self.cell = cell
    self.helper = helper
    self.initialState = initialState.rnnState
    self.outputLayer = outputLayer
    self.outputSize = outputLayer == nil ? cell.outputSize : outputSize
  }
  public init(
    cell: RNNCell, helper: any DecodingHelper, initialState: some RNNStateConvertible,
    outputLayer: ((Tensor) throws -> Tensor)? = nil, outputSize: Int? = nil
  ) {
    self.init(cell, helper, initialState, outputLayer: outputLayer, outputSize: outputSize)
  }

  func step(_ time: Tensor, _ inputs: Tensor, _ state: RNNState) throws -> (
    outputs: BasicDecoderOutput, state: RNNState, inputs: Tensor, finished: Tensor
  ) {
    try CoreOps.inScope(nil, "BasicDecoderStep") { _ in
      var (output, next) = try cell(inputs, state)
      if let outputLayer { output = try outputLayer(output) }
      let ids = try helper.sample(time, output)
      let (finished, following) = try helper.nextInputs(time, output, ids)
      return (BasicDecoderOutput(rnnOutput: output, sampleId: ids), next, following, finished)
    }
  }
}

/// Runs a decoder until all sequences are at their end.
struct DynamicDecoding {
  let decoder: BasicDecoder
  let imputesFinished: Bool
  let maximumIterations: Tensor?
  let parallelIterations: Int
  let swapMemory: Bool

  /// What goes from step to step.
  private struct State: TensorStructure {
    var time: Tensor
    var outputs: [TensorArray]
    var state: RNNState
    var inputs: Tensor
    var finished: Tensor
    var lengths: Tensor

    var tensors: [Tensor] {
      [time] + outputs.tensors + state.tensors + [inputs, finished, lengths]
    }
    func replacing(_ tensors: inout ArraySlice<Tensor>) -> State {
      State(
        time: tensors.removeFirst(), outputs: outputs.replacing(&tensors),
        state: state.replacing(&tensors), inputs: tensors.removeFirst(),
        finished: tensors.removeFirst(), lengths: tensors.removeFirst())
    }
  }

  func run() throws -> (outputs: BasicDecoderOutput, state: RNNState, lengths: Tensor) {
    let most = try maximumIterations.map {
      try CastOps.cast($0, .int32).asConstant(named: "maximum_iterations")
    }
    var (finished, inputs) = try decoder.helper.initialize()
    if let most {
      finished = try V1Scopes.logicalOr(finished, V1Scopes.greaterEqual(0, most))
    }
    let dtype = decoder.initialState.tensors.first { $0.dtype.isFloating }?.dtype ?? .float32
    let batch = finished.shape.dims?.first ?? nil
    let zeros = try zeroOutputs(dtype)
    let size = decoder.outputSize.map { PartialShape([batch, Dimension($0)]) }
    let start = State(
      time: try Tensor(scalar: Int32(0)).asConstant(),
      outputs: [
        try TensorArray(dtype, size: 0, dynamicSize: true, elementShape: size),
        try TensorArray(.int32, size: 0, dynamicSize: true, elementShape: PartialShape([batch])),
      ], state: decoder.initialState, inputs: inputs, finished: finished,
      lengths: try V1Scopes.zerosLike(finished, dtype: .int32))
    let end = try V1Scopes.whileLoop(
      { try V1Scopes.logicalNot(V1Scopes.reduceAll($0.finished)) }, { try next($0, zeros) }, start,
      parallelIterations: parallelIterations, swapMemory: swapMemory, maximumIterations: most)
    return (
      BasicDecoderOutput(
        rnnOutput: try end.outputs[0].stack(), sampleId: try end.outputs[1].stack()), end.state,
      end.lengths
    )
  }

  /// What stands behind the ends of sequences; nil where outputs stay as they are.
  private func zeroOutputs(_ dtype: DType) throws -> [Tensor]? {
    guard imputesFinished else { return nil }
    guard let size = decoder.outputSize else {
      throw TFError.invalidArgument(
        "impute_finished needs the decoder's outputSize, as it has an outputLayer")
    }
    let batchSize = decoder.helper.batchSize
    return [
      try ZeroTensors.zeros(ZeroTensors.shape(batchSize, size), dtype),
      try ZeroTensors.zeros(V1Scopes.stack([batchSize]), .int32),
    ]
  }

  private func next(_ state: State, _ zeros: [Tensor]?) throws -> State {
    let step = try decoder.step(state.time, state.inputs, state.state)
    try RNNSteps.check(state.state, step.state)
    let finished = try V1Scopes.logicalOr(step.finished, state.finished)
    let lengths = try V1Scopes.where(
      V1Scopes.logicalNot(state.finished),
      V1Scopes.fill(V1Scopes.shape(state.lengths), state.time + 1), state.lengths)
    var (emitted, kept) = (step.outputs.tensors, step.state)
    if let zeros {
      emitted = try zip(zeros, emitted).map { try choose(state.finished, $0, $1) }
      var tensors = try zip(state.state.tensors, kept.tensors).map {
        try choose(state.finished, $0, $1)
      }[...]
      kept = kept.replacing(&tensors)
    }
    return State(
      time: try state.time + 1,
      outputs: try zip(state.outputs, emitted).map { try $0.write(state.time, $1) }, state: kept,
      inputs: step.inputs, finished: finished, lengths: lengths)
  }

  private func choose(_ finished: Tensor, _ old: Tensor, _ new: Tensor) throws -> Tensor {
    if new.shape.rank == 0 { return new }
    return try OpDef.registered("Select")([finished, old, new]).refined(to: old.shape)
  }
}
