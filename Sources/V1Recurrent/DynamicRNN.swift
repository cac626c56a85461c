import CoreGraph
import CoreOps
import OpsNN
import V1Graph

/// Recurrent nets over sequences whose length comes with a run, by a loop.
struct DynamicRNN {
  let cell: RNNCell
  let sequenceLength: Tensor?
  let dtype: DType?
  let parallelIterations: Int
  let swapMemory: Bool

  /// - Parameters:
  ///   - inputs: `[batch, time, …]`, or `[time, batch, …]` where `timeMajor` says so.
  func run(_ inputs: Tensor, _ initialState: RNNState?, timeMajor: Bool) throws -> (
    outputs: Tensor, state: RNNState
  ) {
    let inputs = timeMajor ? inputs : try Self.transposed(inputs.asConstant())
    let lengths = try sequenceLength.map { try named($0) }
    let batchSize = try Self.batchSize(inputs)
    let state = try initialState ?? zeroState(batchSize)
    let checked = try lengths.map { try check($0, batchSize) }
    let (outputs, last) = try loop(inputs, state, checked)
    return (timeMajor ? outputs : try Self.transposed(outputs), last)
  }

  private func zeroState(_ batchSize: Tensor) throws -> RNNState {
    guard let dtype else {
      throw TFError.invalidArgument(
        "If no initial_state is provided, argument `dtype` must be specified")
    }
    return try cell.zeros(batchSize, dtype)
  }

  private func named(_ lengths: Tensor) throws -> Tensor {
    let lengths = try CastOps.cast(lengths, .int32)
    try require(
      lengths.shape.rank ?? 1 == 1,
      """
      Argument sequence_length must be a vector of length batch_size. Received sequence_length of \
      shape: \(lengths.shape)
      """)
    return try V1Scopes.identity(lengths, name: "sequence_length")
  }

  /// The lengths, once they were found to be one for each sequence.
  private func check(_ lengths: Tensor, _ batchSize: Tensor) throws -> Tensor {
    if Environment.current.isExecutingEagerly { return lengths }
    let shape = try V1Scopes.shape(lengths)
    let packed =
      batchSize.isSymbolic
      ? try V1Scopes.stack([batchSize])
      : try ShapeOps.vector(batchSize.integers()).asConstant(named: "stack")
    let fits = try V1Scopes.reduceAll(ComparisonOps.family.equal(shape, packed))
    let asserted = try Assertion.add(
      fits,
      [
        "Expected shape for Tensor \(lengths.name) is ".asTensor(), packed,
        " but saw shape: ".asTensor(), shape,
      ], summarize: nil)
    return try Environment.current.waiting(for: asserted.map { [$0] } ?? []).run {
      try V1Scopes.identity(lengths, name: "CheckSeqLen")
    }
  }

  /// With the first two dimensions swapped.
  static func transposed(_ x: Tensor) throws -> Tensor {
    guard x.shape.rank ?? 2 >= 2 else { return x }
    if !x.isSymbolic, Environment.current.isExecutingEagerly {
      return try V1Scopes.transpose(x, [1, 0] + Array(2..<x.dims.rank))
    }
    let rank = try V1Scopes.rank(x)
    let rest = try OpDef.registered("Range")(
      [Tensor(scalar: Int32(2)), rank, Tensor(scalar: Int32(1))], name: "range")
    let order = try V1Scopes.concat([ShapeOps.vector([1, 0]), rest], axis: 0)
    let result = try V1Scopes.transpose(x, order)
    guard let dims = x.shape.dims else { return result }
    return try result.refined(to: PartialShape([dims[1], dims[0]] + dims.dropFirst(2)))
  }

  /// The number of sequences, of inputs by time: a value where it is known.
  static func batchSize(_ inputs: Tensor) throws -> Tensor {
    if let dims = inputs.shape.dims {
      try require(
        dims.count >= 2,
        "Input tensor should have rank >= 2. Received input of rank \(dims.count)")
      if let known = dims[1] { return try ShapeOps.scalar(known.value) }
    }
    return try V1Scopes.shape(inputs)[1]
  }

  private func loop(_ inputs: Tensor, _ initial: RNNState, _ lengths: Tensor?) throws -> (
    Tensor, RNNState
  ) {
    let steps = try V1Scopes.shape(inputs)[0]
    let batchSize = try Self.batchSize(inputs)
    guard let dims = inputs.shape.dims, dims.count >= 3 else {
      throw TFError.invalidArgument("Shape \(inputs.shape) must have rank at least 3")
    }
    try require(
      dims.dropFirst(2).allSatisfy { $0 != nil },
      """
      Input size (depth of inputs) must be accessible via shape inference, but saw value None for \
      inputs of shape \(inputs.shape).
      """)
    let outputType = dtype ?? initial.tensors.first?.dtype ?? inputs.dtype
    let zeroOutput = try ZeroTensors.zeros(
      ZeroTensors.shape(batchSize, cell.outputSize), outputType)
    var longest = steps
    if let lengths {
      // Nobody looks at the shortest, as all steps are taken in one way.
      _ = try V1Scopes.reduceMin(lengths)
      longest = try V1Scopes.reduceMax(lengths)
    }
    let time = try Tensor(scalar: Int32(0)).asConstant(named: "time")
    let base = try inScope(nil, "dynamic_rnn") { $0 ?? "" }
    let outputShape = PartialShape([dims[1], Dimension(cell.outputSize)])
    let results = try TensorArray(
      outputType, size: steps, tensorArrayName: base + "output_0", elementShape: outputShape)
    let elements = try TensorArray(
      inputs.dtype, size: steps, tensorArrayName: base + "input_0",
      elementShape: PartialShape(Array(dims.dropFirst()))
    ).unstack(inputs)
    let bound = try V1Scopes.minimum(steps, V1Scopes.maximum(1, longest))
    let (_, filled, last) = try V1Scopes.whileLoop(
      { (time: Tensor, _: TensorArray, _: RNNState) in try ComparisonOps.family.less(time, bound) },
      { (time: Tensor, results: TensorArray, state: RNNState) in
        let input = try elements.read(time)
        let (output, next) = try step(time, input, state, lengths, zeroOutput)
        let written = try results.write(time, output)
        return (try time + 1, written, next)
      }, (time, results, initial), parallelIterations: parallelIterations, swapMemory: swapMemory,
      maximumIterations: steps)
    let stacked = try filled.stack()
    if let steps = dims[0], let batch = dims[1], !Environment.current.isExecutingEagerly {
      _ = try ShapeOps.vector([steps.value, batch.value]).asConstant()
    }
    try ZeroTensors.askStatically(nil, cell.outputSize)
    let outputs = try stacked.refined(
      to: PartialShape([dims[0], dims[1], Dimension(cell.outputSize)]))
    return (outputs, last)
  }

  /// One step; sequences that have ended keep their state and give zeros.
  private func step(
    _ time: Tensor, _ input: Tensor, _ state: RNNState, _ lengths: Tensor?, _ zeroOutput: Tensor
  ) throws -> (Tensor, RNNState) {
    guard let lengths else { return try cell(input, state) }
    let hasEnded = try ComparisonOps.family.greaterEqual(time, lengths)
    let (output, next) = try cell(input, state)
    try RNNSteps.check(state, next)
    return try RNNSteps.choose(hasEnded, (zeroOutput, state), (output, next))
  }
}

/// What steps of loops and of unrolled nets have in common.
enum RNNSteps {
  /// - Throws: `INVALID_ARGUMENT` where a cell gives a state of another form.
  static func check(_ state: RNNState, _ next: RNNState) throws {
    var (before, after) = ([Int](), [Int]())
    state.describe(into: &before)
    next.describe(into: &after)
    try require(
      before == after, "The cell takes a state of one structure and gives one of another")
  }

  /// For each sequence what was there before where `hasEnded`, otherwise what is new.
  static func choose(
    _ hasEnded: Tensor, _ before: (output: Tensor, state: RNNState),
    _ new: (output: Tensor, state: RNNState)
  ) throws -> (Tensor, RNNState) {
    func choose(_ old: Tensor, _ new: Tensor) throws -> Tensor {
      if old.shape.rank == 0 { return new }
      return try Environment.current.colocated(with: new).run {
        try OpDef.registered("Select")([hasEnded, old, new])
      }.refined(to: old.shape)
    }
    let output = try choose(before.output, new.output)
    var tensors = try zip(before.state.tensors, new.state.tensors).map(choose)[...]
    return (output, new.state.replacing(&tensors))
  }
}
