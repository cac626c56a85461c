import CoreOps

extension Environment {
  /// Whether calls add to the body of a loop, however deep inside.
  package var isInsideLoop: Bool {
    if let flow = flow.map(ControlFlowContext.of), flow.containingLoop != nil { return true }
    return graph?.isInsideLoopBody ?? false
  }
}

/// A loop in whichever form the environment of the call asks for.
struct Loop {
  var options = LoopOptions()
  /// What the shapes of the variables' tensors are in all iterations; nil for those they begin
  /// with.
  var shapes: [PartialShape]?
  var maximumIterations: Tensor?
  var name: String?

  /// - Parameters:
  ///   - condition: whether there is another iteration.
  ///   - variables: what the first iteration takes.
  /// - Throws: `INVALID_ARGUMENT` for variables of another form, shape or dtype after an iteration,
  ///   and what the functions throw.
  func apply<State: TensorStructure>(
    _ variables: State, _ condition: (State) throws -> Tensor, _ body: (State) throws -> State
  ) throws -> State {
    try require(options.parallelIterations > 0, "'parallel_iterations' must be a positive integer.")
    if let maximumIterations {
      try require(
        maximumIterations.shape.rank ?? 0 == 0,
        "'maximum_iterations' must be a scalar. Received shape: \(maximumIterations.shape)")
    }
    let environment = Environment.current
    if environment.isExecutingEagerly { return try run(variables, condition, body) }
    // Functions take the structure of their tensors, so that loops know nothing of it.
    var latest = variables
    let test = { (tensors: [Tensor]) throws -> Tensor in
      var rest = tensors[...]
      return try condition(variables.replacing(&rest))
    }
    let step = { (tensors: [Tensor]) throws -> [Tensor] in
      var rest = tensors[...]
      let result = try body(variables.replacing(&rest))
      try StructureCheck.loop(variables, result)
      latest = result
      return result.tensors
    }
    let results: [Tensor]
    if makesFunctionalFlow(environment) {
      let tensors = try constants(variables)
      results = try FunctionalLoop.add(
        tensors, invariants(tensors), maximumIterations: maximumIterations, options, name: name,
        condition: test, body: step)
    } else {
      results = try frame(variables, test, step)
    }
    var rest = results[...]
    return latest.replacing(&rest)
  }

  private func constants(_ variables: some TensorStructure) throws -> [Tensor] {
    let tensors = try variables.tensors.map { try $0.asConstant() }
    try require(!tensors.isEmpty, "'loop_vars' must be provided.")
    return tensors
  }

  private func invariants(_ tensors: [Tensor]) throws -> [PartialShape] {
    guard let shapes else { return tensors.map(\.shape) }
    try require(
      shapes.count == tensors.count,
      """
      The two structures don't have the same number of elements: loop_vars have \
      \(tensors.count) tensors, shape_invariants are \(shapes.count)
      """)
    return shapes
  }

  /// Runs the loop at once.
  private func run<State: TensorStructure>(
    _ variables: State, _ condition: (State) throws -> Tensor, _ body: (State) throws -> State
  ) throws -> State {
    var state = variables
    var left = try maximumIterations.map { try $0.integers()[0] }
    while left ?? 1 > 0, try FunctionCalls.truth(condition(state)) {
      let next = try body(state)
      try StructureCheck.loop(state, next)
      state = next
      left = left.map { $0 - 1 }
    }
    return state
  }

  /// Adds the loop in TF-1's form; one that counts its iterations has the counter as its first
  /// variable.
  private func frame(
    _ variables: some TensorStructure, _ condition: ([Tensor]) throws -> Tensor,
    _ body: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    try inScope(name, "while") { _ in
      let environment = Environment.current
      let graph = try FunctionalConditional.currentGraph()
      let most = try maximumIterations?.asConstant(named: "maximum_iterations")
      let counter = try most.map {
        try Tensor.zeros($0.dtype, []).asConstant(named: "iteration_counter")
      }
      let tensors = try constants(variables)
      let shapes = try invariants(tensors)
      let loop = try FramedLoop(graph, environment, options, maximumIterations: most)
      guard let most, let counter else {
        return try loop.add(tensors, shapes, condition: condition, body: body)
      }
      let results = try loop.add(
        [counter] + tensors, [.scalar] + shapes,
        condition: { state in
          let isLeft = try ComparisonOps.family.less(state[0], most)
          return try ComparisonOps.family.logicalAnd(isLeft, condition(Array(state.dropFirst())))
        },
        body: { state in
          let next = try state[0] + 1
          return try [next] + body(Array(state.dropFirst()))
        })
      return Array(results.dropFirst())
    }
  }
}
