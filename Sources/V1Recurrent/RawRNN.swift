import CoreGraph
import CoreOps
import OpsNN
import V1Graph

/// A recurrent net whose inputs a function gives step by step.
struct RawRNN<L: TensorStructure> {
  typealias Step = (
    elementsFinished: Tensor, nextInput: Tensor, nextState: RNNState?, emitOutput: Tensor?,
    nextLoopState: L?
  )

  let cell: RNNCell
  let parallelIterations: Int
  let swapMemory: Bool
  let loopFn:
    (_ time: Tensor, _ output: Tensor?, _ state: RNNState?, _ loopState: L?) throws -> Step

  /// - Parameter none: stands for the loop's state where the function has none.
  func run(_ none: () throws -> L) throws -> (emitted: TensorArray, state: RNNState, loopState: L) {
    let time = try Tensor(scalar: Int32(0)).asConstant()
    let first = try loopFn(time, nil, nil, nil)
    let loopState = try first.nextLoopState ?? none()
    guard let initial = first.nextState else {
      throw TFError.invalidArgument("loop_fn gives no state at time 0")
    }
    let batch = first.nextInput.shape.dims?.first ?? nil
    let batchSize =
      try batch.map { try ShapeOps.scalar($0.value) } ?? V1Scopes.shape(first.nextInput)[0]
    try require(
      initial.tensors.count == cell.stateSize.sizes.count,
      "loop_fn gives a state of another structure than the cell's")
    var constants = try initial.tensors.map { try $0.asConstant() }[...]
    let state = initial.replacing(&constants)
    let dtype = first.emitOutput?.dtype ?? state.tensors[0].dtype
    let size = first.emitOutput?.shape ?? [cell.outputSize]
    let emitted = try TensorArray(
      dtype, size: 0, dynamicSize: true,
      elementShape: PartialShape([batch]).concatenated(with: size),
      name: "rnn_output_0")
    guard let known = size.known else {
      throw TFError.invalidArgument(
        "the shape of what loop_fn emits must be known, but is \(size)")
    }
    let zero = try ZeroTensors.zeros(
      V1Scopes.concat(
        [
          batchSize.isSymbolic
            ? V1Scopes.expandDims(batchSize, axis: 0)
            : ShapeOps.vector(batchSize.integers()).asConstant(),
          ShapeOps.vector(known.dims).asConstant(),
        ], axis: 0), dtype)
    let last = try V1Scopes.whileLoop(
      { (_: Tensor, finished: Tensor, _: Tensor, _: TensorArray, _: RNNState, _: L) in
        try V1Scopes.logicalNot(V1Scopes.reduceAll(finished))
      },
      {
        (
          time: Tensor, finished: Tensor, input: Tensor, emitted: TensorArray, state: RNNState,
          loopState: L
        ) in
        let (output, after) = try cell(input, state)
        try RNNSteps.check(state, after)
        let next = try time + 1
        let step = try loopFn(next, output, after, loopState)
        let (emit, kept) = try RNNSteps.choose(
          finished, (zero, state), (step.emitOutput ?? output, step.nextState ?? after))
        return (
          next, try V1Scopes.logicalOr(finished, step.elementsFinished), step.nextInput,
          try emitted.write(time, emit), kept, step.nextLoopState ?? loopState
        )
      }, (time, first.elementsFinished, first.nextInput, emitted, state, loopState),
      parallelIterations: parallelIterations, swapMemory: swapMemory)
    return (last.3, last.4, last.5)
  }
}
