public import CoreGraph
public import CoreOps
import OpsNN
import V1Graph

/// `tf.nn.rnn_cell`.
public enum RNNCells {
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
}

/// What keeps the state of sequences that come in several parts.
public protocol RNNStateSaver {
  /// The state of that name.
  func state(_ name: String) throws -> Tensor
  /// Keeps `value` as the state of that name.
  ///
  /// - Returns: the operation that does.
  func saveState(_ name: String, _ value: Tensor) throws -> (any GraphElement)?
}

/// The recurrent nets of `tf.nn` in TF-1 style.
public protocol RecurrentAPI {}

extension RecurrentAPI {
  public typealias rnnCell = RNNCells

  /// A recurrent net over sequences whose length comes with a run. Follows
  /// `tf.compat.v1.nn.dynamic_rnn`.
  ///
  /// - Parameters:
  ///   - cell: one step.
  ///   - inputs: `[batch, time, …]`, or `[time, batch, …]` where `timeMajor` says so.
  ///   - sequenceLength: an int vector; behind their ends sequences give zeros and keep their
  ///     state.
  ///   - initialState: nil for zeros, of `dtype`.
  ///   - dtype: of state and outputs; needed where there is no initial state.
  ///   - parallelIterations: how many steps may run side by side, 32 by default.
  ///   - swapMemory: kept in the loop's record; memory is not swapped.
  ///   - timeMajor: whether the first dimension of inputs and outputs is time.
  ///   - scope: of the variables and names, `rnn` by default.
  /// - Returns: the outputs of all steps, and the last state.
  /// - Throws: `INVALID_ARGUMENT` for inputs whose size is not known, and a dtype that is missing.
  public static func dynamicRnn(
    _ cell: RNNCell, _ inputs: some TensorConvertible,
    sequenceLength: (any TensorConvertible)? = nil,
    initialState: (any RNNStateConvertible)? = nil, dtype: DType? = nil,
    parallelIterations: Int? = nil, swapMemory: Bool = false, timeMajor: Bool = false,
    scope: String? = nil
  ) throws -> (outputs: Tensor, state: RNNState) {
    try V1Scopes.variableScope(scope ?? "rnn") { scope in
      try dynamic(
        DynamicRNN(
          cell: cell, sequenceLength: sequenceLength?.asTensor(), dtype: dtype,
          parallelIterations: parallelIterations ?? 32, swapMemory: swapMemory),
        inputs.asTensor(), initialState?.rnnState, timeMajor, in: scope)
    }
  }

  /// The same by labels. Follows `tf.compat.v1.nn.dynamic_rnn`.
  public static func dynamicRnn(
    cell: RNNCell, inputs: some TensorConvertible, sequenceLength: (any TensorConvertible)? = nil,
    initialState: (any RNNStateConvertible)? = nil, dtype: DType? = nil,
    parallelIterations: Int? = nil, swapMemory: Bool = false, timeMajor: Bool = false,
    scope: String? = nil
  ) throws -> (outputs: Tensor, state: RNNState) {
    try dynamicRnn(
      cell, inputs, sequenceLength: sequenceLength, initialState: initialState, dtype: dtype,
      parallelIterations: parallelIterations, swapMemory: swapMemory, timeMajor: timeMajor,
      scope: scope)
  }

  private static func dynamic(
    _ net: DynamicRNN, _ inputs: Tensor, _ state: RNNState?, _ timeMajor: Bool,
    in scope: VariableScope
  ) throws -> (outputs: Tensor, state: RNNState) {
    scope.cacheVariables()
    return try net.run(inputs, state, timeMajor: timeMajor)
  }

  /// Two recurrent nets over the same sequences, one of them from their ends. Follows
  /// `tf.compat.v1.nn.bidirectional_dynamic_rnn`.
  ///
  /// - Parameters:
  ///   - cellFw, cellBw: the steps from the beginning, and from the end.
  ///   - initialStateFw, initialStateBw: nil for zeros.
  ///   - scope: `bidirectional_rnn` by default.
  ///   - others: as of `dynamicRnn`.
  /// - Returns: the outputs and the last states of both.
  /// - Throws: as `dynamicRnn`.
  public static func bidirectionalDynamicRnn(
    _ cellFw: RNNCell, _ cellBw: RNNCell, _ inputs: some TensorConvertible,
    sequenceLength: (any TensorConvertible)? = nil,
    initialStateFw: (any RNNStateConvertible)? = nil,
    initialStateBw: (any RNNStateConvertible)? = nil, dtype: DType? = nil,
    parallelIterations: Int? = nil, swapMemory: Bool = false, timeMajor: Bool = false,
    scope: String? = nil
  ) throws -> (outputs: (fw: Tensor, bw: Tensor), states: (fw: RNNState, bw: RNNState)) {
    let inputs = try inputs.asTensor()
    let lengths = try sequenceLength?.asTensor()
    let timeAxis = timeMajor ? 0 : 1
    func net(_ cell: RNNCell) -> DynamicRNN {
      DynamicRNN(
        cell: cell, sequenceLength: lengths, dtype: dtype,
        parallelIterations: parallelIterations ?? 32, swapMemory: swapMemory)
    }
    func reversed(_ x: Tensor) throws -> Tensor {
      guard let lengths else { return try V1Scopes.reverse(x, axis: [timeAxis]) }
      return try V1Scopes.reverseSequence(
        x, lengths, seqAxis: timeAxis, batchAxis: 1 - timeAxis)
    }
    let (forward, backward) = try V1Scopes.variableScope(scope ?? "bidirectional_rnn") {
      let forward = try V1Scopes.variableScope("fw") { scope in
        try V1Scopes.variableScope(scope) { scope in
          try dynamic(net(cellFw), inputs, initialStateFw?.rnnState, timeMajor, in: scope)
        }
      }
      let backward = try V1Scopes.variableScope("bw") { outer in
        let reversed = try reversed(inputs)
        return try V1Scopes.variableScope(outer) { scope in
          try dynamic(net(cellBw), reversed, initialStateBw?.rnnState, timeMajor, in: scope)
        }
      }
      return (forward, backward)
    }
    return (
      (forward.outputs, try reversed(backward.outputs)), (forward.state, backward.state)
    )
  }

  /// The same by labels. Follows `tf.compat.v1.nn.bidirectional_dynamic_rnn`.
  public static func bidirectionalDynamicRnn(
    cellFw: RNNCell, cellBw: RNNCell, inputs: some TensorConvertible,
    sequenceLength: (any TensorConvertible)? = nil,
    initialStateFw: (any RNNStateConvertible)? = nil,
    initialStateBw: (any RNNStateConvertible)? = nil, dtype: DType? = nil,
    parallelIterations: Int? = nil, swapMemory: Bool = false, timeMajor: Bool = false,
    scope: String? = nil
  ) throws -> (outputs: (fw: Tensor, bw: Tensor), states: (fw: RNNState, bw: RNNState)) {
    try bidirectionalDynamicRnn(
      cellFw, cellBw, inputs, sequenceLength: sequenceLength, initialStateFw: initialStateFw,
      initialStateBw: initialStateBw, dtype: dtype, parallelIterations: parallelIterations,
      swapMemory: swapMemory, timeMajor: timeMajor, scope: scope)
  }

  /// A recurrent net over sequences of known length, step by step. Follows
  /// `tf.compat.v1.nn.static_rnn`.
  ///
  /// - Parameters:
  ///   - cell: one step.
  ///   - inputs: one tensor `[batch, …]` for each step.
  ///   - initialState: nil for zeros, of `dtype`.
  ///   - dtype: of state and outputs; needed where there is no initial state.
  ///   - sequenceLength: an int vector; behind their ends sequences give zeros and keep their
  ///     state.
  ///   - scope: of the variables and names, `rnn` by default.
  /// - Returns: the output of each step, and the last state.
  /// - Throws: as `dynamicRnn`.
  public static func staticRnn(
    _ cell: RNNCell, _ inputs: [Tensor], initialState: (any RNNStateConvertible)? = nil,
    dtype: DType? = nil, sequenceLength: (any TensorConvertible)? = nil, scope: String? = nil
  ) throws -> (outputs: [Tensor], state: RNNState) {
    try V1Scopes.variableScope(scope ?? "rnn") { scope in
      scope.cacheVariables()
      return try StaticRNN(
        cell: cell, dtype: dtype, sequenceLength: sequenceLength?.asTensor()
      ).run(inputs, initialState?.rnnState, in: scope)
    }
  }

  /// The same by labels. Follows `tf.compat.v1.nn.static_rnn`.
  public static func staticRnn(
    cell: RNNCell, inputs: [Tensor], initialState: (any RNNStateConvertible)? = nil,
    dtype: DType? = nil, sequenceLength: (any TensorConvertible)? = nil, scope: String? = nil
  ) throws -> (outputs: [Tensor], state: RNNState) {
    try staticRnn(
      cell, inputs, initialState: initialState, dtype: dtype, sequenceLength: sequenceLength,
      scope: scope)
  }

  /// A recurrent net whose state is kept from one part of a sequence to the next. Follows
  /// `tf.compat.v1.nn.static_state_saving_rnn`.
  ///
  /// - Parameters:
  ///   - stateSaver: gives and keeps the state.
  ///   - stateName: a name for each tensor of the state.
  ///   - others: as of `staticRnn`.
  /// - Throws: `INVALID_ARGUMENT` where there are not as many names as tensors.
  public static func staticStateSavingRnn(
    _ cell: RNNCell, _ inputs: [Tensor], stateSaver: any RNNStateSaver, stateName: [String],
    sequenceLength: (any TensorConvertible)? = nil, scope: String? = nil
  ) throws -> (outputs: [Tensor], state: RNNState) {
    let count = cell.stateSize.sizes.count
    try require(
      stateName.count == count,
      """
      Number of elements in argument `state_name` and `cell.state_size` are mismatched. Received \
      state_name=\(stateName) with \(stateName.count) elements and cell.state_size with \(count) \
      elements.
      """)
    var names = stateName[...]
    let initial = try cell.stateSize.state { _ in try stateSaver.state(names.removeFirst()) }
    var (outputs, state) = try staticRnn(
      cell, inputs, initialState: initial, sequenceLength: sequenceLength, scope: scope)
    let saved = try zip(stateName, state.tensors).compactMap {
      try stateSaver.saveState($0, $1)
    }
    try Environment.current.waiting(for: saved).run {
      if let last = outputs.popLast() { outputs.append(try V1Scopes.identity(last)) }
      var tensors = try state.tensors.map { try V1Scopes.identity($0) }[...]
      state = state.replacing(&tensors)
    }
    return (outputs, state)
  }

  /// Two recurrent nets over the same sequences of known length, one of them from their ends.
  /// Follows `tf.compat.v1.nn.static_bidirectional_rnn`.
  ///
  /// - Returns: both outputs of each step side by side, and the last states.
  /// - Throws: as `staticRnn`.
  public static func staticBidirectionalRnn(
    _ cellFw: RNNCell, _ cellBw: RNNCell, _ inputs: [Tensor],
    initialStateFw: (any RNNStateConvertible)? = nil,
    initialStateBw: (any RNNStateConvertible)? = nil, dtype: DType? = nil,
    sequenceLength: (any TensorConvertible)? = nil, scope: String? = nil
  ) throws -> (outputs: [Tensor], stateFw: RNNState, stateBw: RNNState) {
    let lengths = try sequenceLength?.asTensor()
    func reversed(_ tensors: [Tensor]) throws -> [Tensor] {
      guard let lengths else { return tensors.reversed() }
      let joined = try V1Scopes.stack(tensors)
      let turned = try V1Scopes.reverseSequence(joined, lengths, seqAxis: 0, batchAxis: 1)
      return try V1Scopes.unstack(turned)
    }
    let (forward, backward, stateFw, stateBw) = try V1Scopes.variableScope(
      scope ?? "bidirectional_rnn"
    ) {
      func net(_ name: String, _ cell: RNNCell, _ state: (any RNNStateConvertible)?) throws -> (
        [Tensor], RNNState
      ) {
        try V1Scopes.variableScope(name) { outer in
          let given = name == "bw" ? try reversed(inputs) : inputs
          return try V1Scopes.variableScope(outer) { scope in
            scope.cacheVariables()
            return try StaticRNN(cell: cell, dtype: dtype, sequenceLength: lengths).run(
              given, state?.rnnState, in: scope)
          }
        }
      }
      let (forward, stateFw) = try net("fw", cellFw, initialStateFw)
      let (backward, stateBw) = try net("bw", cellBw, initialStateBw)
      return (forward, backward, stateFw, stateBw)
    }
    let outputs = try zip(forward, reversed(backward)).map {
      try V1Scopes.concat([$0, $1], axis: 1)
    }
    return (outputs, stateFw, stateBw)
  }

  /// A recurrent net whose inputs a function gives step by step. Follows
  /// `tf.compat.v1.nn.raw_rnn`.
  ///
  /// - Parameters:
  ///   - cell: one step.
  ///   - loopFn: of the time and, but at time 0, the cell's output, its state and the loop's state.
  ///     It gives which sequences have ended, the next input, the next state (at time 0 the first;
  ///     later nil for the cell's), what is emitted (nil for the output; at time 0 a tensor of its
  ///     shape without the batch, nil for the cell's) and the loop's next state.
  ///   - parallelIterations: 32 by default.
  ///   - swapMemory: kept in the loop's record; memory is not swapped.
  ///   - scope: `rnn` by default.
  /// - Returns: what was emitted, and the last states of cell and loop.
  /// - Throws: `INVALID_ARGUMENT` for a state that does not fit, and what `loopFn` throws.
  public static func rawRnn<L: TensorStructure>(
    _ cell: RNNCell,
    _ loopFn: (Tensor, Tensor?, RNNState?, L?) throws -> (
      elementsFinished: Tensor, nextInput: Tensor, nextState: RNNState?, emitOutput: Tensor?,
      nextLoopState: L?
    ), parallelIterations: Int? = nil, swapMemory: Bool = false, scope: String? = nil
  ) throws -> (emitTa: TensorArray, state: RNNState, loopState: L) {
    try withoutActuallyEscaping(loopFn) { loopFn in
      try V1Scopes.variableScope(scope ?? "rnn") { scope in
        scope.cacheVariables()
        let (emitted, state, loopState) = try RawRNN<L>(
          cell: cell, parallelIterations: parallelIterations ?? 32, swapMemory: swapMemory,
          loopFn: loopFn
        ).run { throw TFError.invalidArgument("loop_fn gives no loop state at time 0") }
        return (emitted, state, loopState)
      }
    }
  }

  /// The same without a state of the loop. Follows `tf.compat.v1.nn.raw_rnn`.
  public static func rawRnn(
    _ cell: RNNCell,
    _ loopFn: (Tensor, Tensor?, RNNState?) throws -> (
      elementsFinished: Tensor, nextInput: Tensor, nextState: RNNState?, emitOutput: Tensor?
    ), parallelIterations: Int? = nil, swapMemory: Bool = false, scope: String? = nil
  ) throws -> (emitTa: TensorArray, state: RNNState) {
    let result = try withoutActuallyEscaping(loopFn) { loopFn in
      try V1Scopes.variableScope(scope ?? "rnn") { scope in
        scope.cacheVariables()
        return try RawRNN<Tensor>(
          cell: cell, parallelIterations: parallelIterations ?? 32, swapMemory: swapMemory,
          loopFn: { time, output, state, _ in
            let step = try loopFn(time, output, state)
            return (step.elementsFinished, step.nextInput, step.nextState, step.emitOutput, nil)
          }
        ).run { try Tensor(scalar: Int32(0)).asConstant() }
      }
    }
    return (result.emitted, result.state)
  }
}
