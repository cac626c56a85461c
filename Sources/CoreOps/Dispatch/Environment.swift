/// What a public call depends on beside its arguments: whether it runs at once or adds to a graph
/// and to which, the switches, seeds, resources, and who records it.
///
/// There is one for the process. A task may have another, which holds for what it starts too; it is
/// set for the time of a closure.
package final class Environment: Sendable {
  /// What calls change: seeds, eager resources, the default graph; and the switches.
  package let state: EnvironmentState
  /// The interpreter of the graph, function or scope that is open; nil where none is.
  private let opened: (any Interpreter)?
  /// Who is told of calls, from the outermost to the innermost.
  package let recorders: [any CallRecorder]
  /// The default session, where one is set.
  package let session: (any DefaultSession)?
  /// The environment in which the graph or function was opened; nil where none is.
  private let enclosing: Environment?

  private init(
    _ state: EnvironmentState, opened: (any Interpreter)? = nil,
    recorders: [any CallRecorder] = [], session: (any DefaultSession)? = nil,
    enclosing: Environment? = nil
  ) {
    self.state = state
    self.opened = opened
    self.recorders = recorders
    self.session = session
    self.enclosing = enclosing
  }

  /// That of calls in tasks that have none of their own.
  package static let process = Environment(EnvironmentState(.v2))

  @TaskLocal private static var override: Environment?

  /// That of this call.
  package static var current: Environment { override ?? process }

  /// Runs `body` in this environment.
  package func run<R>(_ body: () throws -> R) rethrows -> R {
    try Environment.$override.withValue(self, operation: body)
  }

  /// Runs `body` in this environment.
  package func run<R>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> R
  ) async rethrows -> R {
    try await Environment.$override.withValue(self, operation: body)
  }
}

extension Environment {
  package var behavior: Behavior { state.behavior }
  /// Resources of eager calls, and what else they run with.
  package var execution: ExecutionContext { state.execution }

  private var interpreter: any Interpreter { opened ?? state.interpreter }

  /// Whether calls run at once. Follows `tf.executing_eagerly`.
  package var isExecutingEagerly: Bool {
    opened.map { $0.programGraph == nil } ?? state.isExecutingEagerly
  }
  /// Whether calls add to the graph of a function.
  package var isBuildingFunction: Bool { opened?.isBuildingFunction ?? false }
  /// The graph that calls add to, opened or by default; nil where they run at once.
  package var programGraph: (any ProgramGraph)? { interpreter.programGraph }
  /// Whether a graph or function was opened, so that calls do not go to the default graph.
  package var isInsideGraph: Bool { opened?.programGraph != nil && enclosing != nil }
  /// What names begin with, `a/b/`; empty at the top.
  package var nameScope: String { interpreter.nameScope }

  package func seeds(_ seed: Int?) -> RandomSeeds { interpreter.seeds(seed, state) }

  /// Sets the seed that random ops follow: the graph's, or that of eager ops.
  package func setSeed(_ seed: Int?) {
    if let graph = programGraph { graph.seed = seed } else { state.seeds.global = seed }
  }

  /// Gives `op` its meaning here, and tells those who record.
  package func apply(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?) throws
    -> [Tensor]
  {
    // Most calls are made where nothing was opened.
    var outputs =
      try opened == nil && state.isExecutingEagerly
      ? EagerInterpreter.apply(op, inputs, attrs, state.execution)
      : interpreter.apply(op, inputs, attrs, name: name, state)
    if recorders.isEmpty { return outputs }
    outputs = Tensor.distinct(outputs, from: inputs)
    for recorder in recorders { outputs = recorder.note(op, attrs, inputs, outputs) }
    return outputs
  }

  /// Applies an op without outputs, of which nobody who records needs to know.
  ///
  /// - Returns: the node that was added; nil where it ran at once.
  package func perform(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?) throws
    -> Int?
  {
    try interpreter.perform(op, inputs, attrs, name: name, state)
  }

  fileprivate static func apply(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?
  ) throws -> [Tensor] {
    if let override { return try override.apply(op, inputs, attrs, name: name) }
    let state = process.state
    guard state.isExecutingEagerly else {
      return try process.apply(op, inputs, attrs, name: name)
    }
    return try EagerInterpreter.apply(op, inputs, attrs, state.execution)
  }
}

extension Environment {
  private func with(_ interpreter: any Interpreter) -> Environment {
    Environment(
      state, opened: interpreter, recorders: recorders, session: session, enclosing: enclosing)
  }

  /// The same inside `graph`: with the scope, device and nodes to wait for that are in force there
  /// if this is inside the graph already, and with nothing of other graphs.
  ///
  /// - Parameter make: the interpreter at the graph's top.
  package func opening(_ graph: any ProgramGraph, _ make: () -> any Interpreter) -> Environment {
    if programGraph === graph { return self }
    var outer = enclosing
    while let environment = outer {
      if let interpreter = environment.opened, interpreter.programGraph === graph {
        return entering(interpreter)
      }
      outer = environment.enclosing
    }
    return entering(make())
  }

  /// The same with calls of a graph, which may be inside another.
  package func entering(_ interpreter: any Interpreter) -> Environment {
    Environment(
      state, opened: interpreter, recorders: recorders, session: session, enclosing: self)
  }

  /// That of the trace of a function: what records calls here is told of the call, not of what the
  /// function is made of.
  package func tracing(_ interpreter: any Interpreter) -> Environment {
    Environment(state, opened: interpreter, session: session, enclosing: self)
  }

  /// The same outside all functions, with nothing to wait for and nobody recording. Follows
  /// `tf.init_scope`.
  package func outsideFunctions() throws -> Environment {
    var outer = self
    while outer.isBuildingFunction, let enclosing = outer.enclosing { outer = enclosing }
    return Environment(
      outer.state, opened: try outer.interpreter.scoped(nameScope).waiting(for: nil, nodes: []),
      session: session, enclosing: outer.enclosing)
  }

  package func scoped(_ name: String?) throws -> Environment {
    with(try interpreter.scoped(name))
  }
  package func waiting(for tensors: [Tensor]?, nodes: [Int] = []) throws -> Environment {
    with(try interpreter.waiting(for: tensors, nodes: nodes))
  }
  package func onDevice(_ device: String?) throws -> Environment {
    with(try interpreter.onDevice(device))
  }
  /// The same, in which new operations of some types have other gradients.
  package func overridingGradients(_ map: [String: String]) -> Environment {
    with(interpreter.overridingGradients(map))
  }
  /// The conditional or loop that new nodes belong to.
  package var flow: (any FlowContext)? { interpreter.flow }
  /// The same, in which new nodes belong to a conditional or loop; nil for none.
  package func inside(_ flow: (any FlowContext)?) -> Environment {
    with(interpreter.inside(flow))
  }
  /// The same, in which new nodes are in a group of nodes that are placed together, such as
  /// `loc:@v`, which names a node that may not be there yet.
  package func inGroup(_ group: String) -> Environment { with(interpreter.inGroup(group)) }
  package func colocated(
    with tensor: Tensor?, node: Int? = nil, ignoringExisting: Bool = false
  ) throws -> Environment {
    with(try interpreter.colocated(with: tensor, node: node, ignoringExisting: ignoringExisting))
  }

  /// The same with `recorder` told of calls as the last.
  package func recorded(by recorder: any CallRecorder) -> Environment {
    with(recorders: recorders + [recorder])
  }

  /// The same with exactly those told of calls.
  package func with(recorders: [any CallRecorder]) -> Environment {
    Environment(
      state, opened: opened, recorders: recorders, session: session, enclosing: enclosing)
  }

  package func with(session: (any DefaultSession)?) -> Environment {
    Environment(
      state, opened: opened, recorders: recorders, session: session, enclosing: enclosing)
  }

  /// The same with a state of its own, so that what calls change there does not show here.
  package func with(state: EnvironmentState) -> Environment {
    Environment(
      state, opened: opened, recorders: recorders, session: session, enclosing: enclosing)
  }
}

/// Applies `op` in the environment of the call.
package func apply(
  _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs = Attrs(), name: String? = nil
) throws -> [Tensor] {
  try Environment.apply(op, inputs, attrs, name: name)
}

extension OpDef {
  /// Applies an op that has one output in the environment of the call.
  package func callAsFunction(
    _ inputs: [Tensor], _ attrs: Attrs = Attrs(), name: String? = nil
  ) throws -> Tensor {
    try apply(self, inputs, attrs, name: name)[0]
  }
}
