import CoreOps

/// A graph from arguments to results that runs as a plan, and whose gradient is another such: calls
/// of it are recorded as calls.
final class DifferentiableFunction: Sendable {
  private let graph: Graph
  private let arguments: [Endpoint]
  private let results: [Endpoint]
  private let effects: [Int]
  /// Held while something is derived from the graph, which adds nodes to it, or a plan is made of
  /// it. All functions of one graph have the same.
  private let derivation: Lock<Void>

  private struct State {
    var plan: ExecutionPlan?
    var derived: Derived?
    /// The same with some constants as further arguments.
    var promoted: [[Endpoint]: DifferentiableFunction] = [:]
    /// The constants that a tape may be about, found when a tape is there first.
    var constants: [(endpoint: Endpoint, value: Tensor)]?
  }
  private let state = Lock(State())

  init(
    _ graph: Graph, arguments: [Endpoint], results: [Endpoint], effects: [Int],
    plan: ExecutionPlan? = nil, derivation: Lock<Void> = Lock(())
  ) {
    self.graph = graph
    self.arguments = arguments
    self.results = results
    self.effects = effects
    self.derivation = derivation
    state.withLock { $0.plan = plan }
  }

  /// What is derived from the function for its gradient, once.
  private struct Derived {
    /// Gives what the backward function takes after the results.
    let forward: DifferentiableFunction
    let backward: DifferentiableFunction
    enum Source {
      case argument(Int)
      case output(Int)
    }
    /// What the backward function takes before the gradients.
    let sources: [Source]
    /// The results whose gradients it takes, and the arguments whose gradients it gives.
    let given: [Int]
    let found: [Int]
  }

  private func plan() throws -> ExecutionPlan {
    if let plan = state.withLock({ $0.plan }) { return plan }
    return try derivation.withLock { _ in
      if let plan = state.withLock({ $0.plan }) { return plan }
      let plan = try FunctionTable(graph.library).plan(
        of: Subgraph.pruned(graph, feeds: arguments, fetches: results, targets: effects))
      state.withLock { $0.plan = plan }
      return plan
    }
  }

  /// Calls the function, and tells those who record what its inputs are computed from.
  func call(_ inputs: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
    let recorders = Environment.current.recorders.compactMap { $0 as? any FunctionRecorder }
    if recorders.isEmpty { return try plan().run(inputs, execution) }
    // A tensor from outside that the trace took as a constant may be watched too.
    let constants = watchedConstants(recorders)
    let function = constants.isEmpty ? self : promoting(constants.map(\.endpoint))
    let inputs = inputs + constants.map(\.value)
    let concerned = recorders.filter { $0.concerns(inputs) }
    if concerned.isEmpty { return try plan().run(Array(inputs.prefix(arguments.count)), execution) }
    return try function.recordedCall(inputs, execution, concerned)
  }

  /// - Parameter recorders: from the outermost to the innermost.
  private func recordedCall(
    _ inputs: [Tensor], _ execution: ExecutionContext, _ recorders: [any FunctionRecorder]
  ) throws -> [Tensor] {
    // The innermost records this function; each around it records what the one inside it calls.
    var levels: [(function: DifferentiableFunction, derived: Derived)] = []
    var function = self
    for _ in recorders {
      let derived = try function.derived()
      levels.append((function, derived))
      function = derived.forward
    }
    let outputs = Tensor.distinct(try function.plan().run(inputs, execution), from: inputs)
    for (recorder, level) in zip(recorders, levels.reversed()) {
      let own = Array(outputs.prefix(level.function.results.count))
      let taken = level.derived.sources.map { source in
        switch source {
        case .argument(let index): inputs[index]
        case .output(let index): outputs[index]
        }
      }
      let shapes = own.map { $0.dtype == .variant ? $0 : $0.withoutValue }
      let derived = level.derived
      let count = inputs.count
      recorder.note(
        .call(name: "PartitionedCall") { gradients, _ in
          let passed = try derived.given.map { index in
            try gradients[index]?.tensor() ?? BasicOps.zerosLike(shapes[index])
          }
          var values = [GradientValue?](repeating: nil, count: count)
          let results = try derived.backward.call(taken + passed, execution)
          for (result, index) in zip(results, derived.found) { values[index] = .dense(result) }
          return values
        }, inputs, own)
    }
    return Array(outputs.prefix(results.count))
  }

  private func watchedConstants(_ recorders: [any FunctionRecorder]) -> [(
    endpoint: Endpoint, value: Tensor
  )] {
    let all = state.withLock { state in
      if let known = state.constants { return known }
      let found = graph.nodes.compactMap { node -> (endpoint: Endpoint, value: Tensor)? in
        guard case .tensor(let value)? = node.constantValue, value.dtype.isDifferentiable
        else { return nil }
        return (Endpoint(node.id), value)
      }
      state.constants = found
      return found
    }
    // Mostly none is watched.
    let values = all.map(\.value)
    guard !all.isEmpty, recorders.contains(where: { $0.concerns(values) }) else { return [] }
    return all.filter { constant in recorders.contains { $0.concerns([constant.value]) } }
  }

  private func promoting(_ constants: [Endpoint]) -> DifferentiableFunction {
    state.withLock { state in
      if let made = state.promoted[constants] { return made }
      let made = DifferentiableFunction(
        graph, arguments: arguments + constants, results: results, effects: effects,
        derivation: derivation)
      state.promoted[constants] = made
      return made
    }
  }

  private func derived() throws -> Derived {
    if let derived = state.withLock({ $0.derived }) { return derived }
    return try derivation.withLock { _ in
      if let derived = state.withLock({ $0.derived }) { return derived }
      let made = try makeDerived()
      state.withLock { $0.derived = made }
      return made
    }
  }

  private func makeDerived() throws -> Derived {
    func isDifferentiable(_ endpoint: Endpoint) -> Bool {
      graph.type(of: endpoint).isDifferentiable
    }
    let given = results.indices.filter {
      isDifferentiable(results[$0]) && graph.type(of: results[$0]) != .resource
    }
    let wanted = arguments.indices.filter { isDifferentiable(arguments[$0]) }
    let backward = try Backward(of: graph)
    let targets = try given.map { (results[$0], try backward.gradientArgument(results[$0])) }
    let gradients = try backward.differentiate(targets, wanted.map { arguments[$0] })
    let found = wanted.indices.filter { gradients[$0] != nil }
    var kept: [Endpoint] = []
    let captures = try backward.captures
    let sources = captures.map { capture -> Derived.Source in
      if let index = arguments.firstIndex(of: capture.source) { return .argument(index) }
      kept.append(capture.source)
      return .output(results.count + kept.count - 1)
    }
    let inner = backward.tracer.graph
    return Derived(
      forward: DifferentiableFunction(
        graph, arguments: arguments, results: results + kept, effects: effects,
        derivation: derivation),
      backward: DifferentiableFunction(
        inner,
        arguments: try (captures.map(\.argument) + backward.gradientArguments).map {
          try inner.endpoint(of: $0)
        }, results: try found.map { try inner.endpoint(of: gradients[$0]!) },
        effects: backward.tracer.effects),
      sources: sources, given: given, found: found.map { wanted[$0] })
  }
}
