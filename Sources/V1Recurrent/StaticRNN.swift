import CoreGraph
import CoreOps
import OpsNN
import V1Graph

/// Recurrent nets over sequences of a known length, step by step.
struct StaticRNN {
  let cell: RNNCell
  let dtype: DType?
  let sequenceLength: Tensor?

  func run(_ inputs: [Tensor], _ initialState: RNNState?, in scope: VariableScope) throws -> (
    outputs: [Tensor], state: RNNState
  ) {
    guard let first = inputs.first else {
      throw TFError.invalidArgument("Argument `inputs` must not be empty.")
    }
    let known = try checked(inputs)
    let batchSize =
      try known.map { try ShapeOps.scalar($0) } ?? V1Scopes.shape(first)[0]
    var state = try initialState ?? zeroState(batchSize)
    let lengths = try sequenceLength.map { try prepared($0, batchSize, state, known) }
    var outputs: [Tensor] = []
    for (time, input) in inputs.enumerated() {
      if time > 0 { scope.reuseVariables() }
      let (output, next) =
        try lengths.map { try step(time, input, state, $0) } ?? cell(input, state)
      outputs.append(output)
      state = next
    }
    return (outputs, state)
  }

  /// The number of sequences where it is known.
  ///
  /// - Throws: `INVALID_ARGUMENT` for inputs of which the size is not known, or that differ.
  private func checked(_ inputs: [Tensor]) throws -> Int? {
    var batch: Dimension?
    for input in inputs {
      guard let dims = input.shape.dims else { continue }
      try require(dims.count >= 2, "Shape \(input.shape) must have rank at least 2")
      if let own = dims[0] {
        try require(
          batch ?? own == own, "Dimensions \(batch ?? own) and \(own) are not compatible")
        batch = own
      }
      if let position = dims.dropFirst().firstIndex(of: nil) {
        throw TFError.invalidArgument(
          """
          Input size (dimension \(position - 1) of input \((try? input.name) ?? "")) must be \
          accessible via shape inference, but saw value None.
          """)
      }
    }
    return batch?.value
  }

  private func zeroState(_ batchSize: Tensor) throws -> RNNState {
    guard let dtype else {
      throw TFError.invalidArgument(
        "If no initial_state is provided, argument `dtype` must be specified")
    }
    return try cell.zeros(batchSize, dtype)
  }

  private struct Lengths {
    let all: Tensor
    let shortest: Tensor
    let longest: Tensor
    let zeroOutput: Tensor
  }

  private func prepared(
    _ lengths: Tensor, _ batchSize: Tensor, _ state: RNNState, _ known: Int?
  ) throws -> Lengths {
    let lengths = try lengths.asConstant(named: "sequence_length")
    try require(
      lengths.shape.rank ?? 1 == 1,
      "Argument `sequence_length` must be a vector, but has shape \(lengths.shape)")
    let type = dtype ?? state.tensors.first?.dtype ?? .float32
    let zeros = try ZeroTensors.zeros(ZeroTensors.shape(batchSize, cell.outputSize), type)
    try ZeroTensors.askStatically(known.map { try ShapeOps.scalar($0) }, cell.outputSize)
    let zeroOutput = try zeros.refined(to: [known, cell.outputSize])
    let cast = try CastOps.cast(lengths, .int32)
    return Lengths(
      all: cast, shortest: try V1Scopes.reduceMin(cast), longest: try V1Scopes.reduceMax(cast),
      zeroOutput: zeroOutput)
  }

  /// One step that is left out when all sequences have ended, and looks at their ends only when
  /// some have.
  private func step(_ time: Int, _ input: Tensor, _ state: RNNState, _ lengths: Lengths) throws -> (
    Tensor, RNNState
  ) {
    let time = try ShapeOps.scalar(time)
    // As Python compares its integers with tensors: the tensor stands first.
    let hasEnded = try ComparisonOps.family.lessEqual(lengths.all, time)
    let before = [lengths.zeroOutput] + state.tensors
    let results: [Tensor] = try V1Scopes.cond(
      ComparisonOps.family.lessEqual(lengths.longest, time), { before },
      {
        let (output, next) = try cell(input, state)
        try RNNSteps.check(state, next)
        return try V1Scopes.cond(
          ComparisonOps.family.greater(lengths.shortest, time), { [output] + next.tensors },
          {
            let (chosen, after) = try RNNSteps.choose(
              hasEnded, (lengths.zeroOutput, state), (output, next))
            return [chosen] + after.tensors
          })
      })
    let refined = try zip(results, before).map { try $0.refined(to: $1.shape) }
    var rest = refined.dropFirst()
    return (refined[0], state.replacing(&rest))
  }
}
