package import CoreOps

/// The interpreter that traces a function: op calls become nodes, and what the function takes from
/// outside becomes an argument of the graph.
package final class FunctionTracer: Interpreter {
  /// What the interpreters of one trace share.
  private final class Trace: Sendable {
    let graph: Graph
    let surroundings: Surroundings
    let state = Lock(State())

    init(in surroundings: Surroundings) {
      self.surroundings = surroundings
      if case .branch(let outer, let isLoop) = surroundings {
        graph = Graph(inside: outer, ordersEffects: outer.ordersEffects, isLoop: isLoop)
      } else {
        graph = Graph(ordersEffects: true)
      }
    }
  }

  /// Where a function is traced.
  private enum Surroundings: Sendable {
    /// Anywhere: it takes resources from outside.
    case none
    /// Beside a graph whose tensors it takes as arguments where it uses them.
    case beside(Graph)
    /// Inside a graph, as a branch or a loop's body: it takes tensors of all graphs around it,
    /// under the names that TensorFlow gives them. Effects are ordered where those of the graph
    /// around are.
    case branch(of: Graph, isLoop: Bool)
  }

  private struct State {
    var captures: [(tensor: Tensor, placeholder: Tensor)] = []
    /// The last node with effects: the next waits for it, so that effects happen in the order
    /// written.
    var lastEffect: Int?
    var effects: [Int] = []
    var waitedFor: [Tensor] = []
  }

  private let trace: Trace
  private let builder: GraphBuilder

  /// - Parameter outer: a graph whose tensors the function takes as arguments where it uses them.
  package convenience init(inside outer: Graph? = nil) {
    let trace = Trace(in: outer.map { .beside($0) } ?? .none)
    self.init(trace, GraphBuilder(trace.graph, sharingConstants: true))
  }

  /// For a branch of a conditional or the body of a loop of `outer`.
  convenience init(branchOf outer: Graph, isLoop: Bool) {
    let trace = Trace(in: .branch(of: outer, isLoop: isLoop))
    self.init(trace, GraphBuilder(trace.graph))
    trace.graph.seed = outer.seed
  }

  private init(_ trace: Trace, _ builder: GraphBuilder) {
    self.trace = trace
    self.builder = builder
  }

  package var graph: Graph { trace.graph }
  package var programGraph: (any ProgramGraph)? { trace.graph }
  package var isBuildingFunction: Bool { true }
  package var nameScope: String { builder.nameScope }

  package func scoped(_ name: String?) throws -> any Interpreter {
    FunctionTracer(trace, try builder.inScope(name))
  }
  package func waiting(for tensors: [Tensor]?, nodes: [Int]) throws -> any Interpreter {
    guard let tensors, case .branch = trace.surroundings else {
      return FunctionTracer(trace, try builder.after(tensors?.map(captured), nodes))
    }
    // What is waited for outside is waited for by the node that calls the branch.
    let own = tensors.filter { trace.graph.owns($0) }
    let outer = tensors.filter { $0.isSymbolic && !trace.graph.owns($0) }
    trace.state.withLock { $0.waitedFor += outer }
    return FunctionTracer(trace, try builder.after(own, nodes))
  }
  package func onDevice(_ device: String?) throws -> any Interpreter {
    FunctionTracer(trace, try builder.on(device))
  }
  package func colocated(with tensor: Tensor?, node: Int?, ignoringExisting: Bool) throws
    -> any Interpreter
  {
    FunctionTracer(
      trace, try builder.near(tensor.map(captured), node, ignoringExisting: ignoringExisting))
  }

  package func overridingGradients(_ map: [String: String]) -> any Interpreter {
    FunctionTracer(trace, builder.overriding(map))
  }

  package var flow: (any FlowContext)? { builder.flow }
  package func inside(_ flow: (any FlowContext)?) -> any Interpreter {
    FunctionTracer(trace, builder.within(flow))
  }

  package func inGroup(_ group: String) -> any Interpreter {
    FunctionTracer(trace, builder.grouped(group))
  }

  /// Resources and other things that live outside, in the order of their placeholders.
  package var captures: [(tensor: Tensor, placeholder: Tensor)] {
    trace.state.withLock { $0.captures }
  }
  /// What a branch has its nodes wait for outside.
  var waitedFor: [Tensor] { trace.state.withLock { $0.waitedFor } }
  package var effects: [Int] { trace.state.withLock { $0.effects } }

  /// An argument of the function.
  package func argument(_ dtype: DType, _ shape: PartialShape, name: String) throws -> Tensor {
    let id = try builder.add(
      BasicOps.family.placeholder, [], ["dtype": .type(dtype), "shape": .shape(shape)], name: name)
    return trace.graph.tensor(Endpoint(id))
  }

  package func apply(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?, _ state: EnvironmentState
  ) throws -> [Tensor] {
    let id = try add(op, inputs, attrs, name: name)
    return trace.graph.node(id).outputTypes.indices.map { trace.graph.tensor(Endpoint(id, $0)) }
  }

  package func perform(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?, _: EnvironmentState
  ) throws -> Int? {
    try add(op, inputs, attrs, name: name)
  }

  private func add(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?) throws -> Int {
    if case .branch = trace.surroundings {
      return try addToBranch(op, inputs, attrs, name: name)
    }
    let own = try inputs.map(captured)
    // Reading a variable is ordered too: after the writes before it.
    let hasEffect = op.isStateful || own.contains { $0.dtype == .resource || isReference($0) }
    guard hasEffect else { return try builder.add(op, own, attrs, name: name) }
    let previous = trace.state.withLock { $0.lastEffect }
    let id = try builder.add(op, own, attrs, name: name, after: previous)
    trace.state.withLock {
      $0.lastEffect = id
      $0.effects.append(id)
    }
    return id
  }

  /// A node of a branch.
  private func addToBranch(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?
  ) throws -> Int {
    let hasEffect =
      trace.graph.ordersEffects
      && (op.isStateful || inputs.contains { $0.dtype == .resource })
    let previous = hasEffect ? trace.state.withLock { $0.lastEffect } : nil
    let id = try builder.add(op, inputs, attrs, name: name, after: previous) { input, builder in
      try self.captured(input, builder)
    }
    if hasEffect {
      trace.state.withLock {
        $0.lastEffect = id
        $0.effects.append(id)
      }
    }
    return id
  }

  package func seeds(_ seed: Int?, _ state: EnvironmentState) -> RandomSeeds {
    builder.seeds(seed, state)
  }

  private func isReference(_ tensor: Tensor) -> Bool {
    guard let endpoint = try? trace.graph.endpoint(of: tensor) else { return false }
    return trace.graph.node(endpoint.node).op?.signature.outputs.contains { $0.isRef } ?? false
  }

  /// The tensor as this graph sees it.
  package func captured(_ tensor: Tensor) throws -> Tensor { try captured(tensor, builder) }

  private func captured(_ tensor: Tensor, _ builder: GraphBuilder) throws -> Tensor {
    if case .symbolic(let reference) = tensor.payload {
      // What is made by its first use is made in this graph.
      if let deferred = reference as? DeferredTensor, deferred.isPending { return tensor }
      if case .branch = trace.surroundings {
        guard let around = try? tensor.graph, trace.graph.isInside(around) else { return tensor }
        return try argument(for: tensor, tensor.shape, builder, name: tensor.op.name)
      }
      guard case .beside(let outer) = trace.surroundings,
        let endpoint = try? outer.endpoint(of: tensor)
      else { return tensor }
      if case .tensor(let value)? = outer.node(endpoint.node).constantValue { return value }
      return try argument(for: tensor, tensor.shape, builder)
    }
    if tensor.dtype.isNumeric || tensor.dtype == .string { return tensor }
    return try argument(for: tensor, PartialShape(tensor.dims), builder)
  }

  private func argument(
    for tensor: Tensor, _ shape: PartialShape, _ builder: GraphBuilder, name: String = "captured"
  ) throws -> Tensor {
    let known = trace.state.withLock { state in
      state.captures.first { $0.tensor.identity == tensor.identity }?.placeholder
    }
    if let known { return known }
    let id = try builder.detached.add(
      BasicOps.family.placeholder, [], ["dtype": .type(tensor.dtype), "shape": .shape(shape)],
      name: name)
    if tensor.isSymbolic, let around = try? tensor.graph,
      let handle = try around.handle(of: around.endpoint(of: tensor))
    {
      trace.graph.stateHandle(of: Endpoint(id), handle)
    }
    let placeholder = trace.graph.tensor(Endpoint(id))
    trace.state.withLock { $0.captures.append((tensor, placeholder)) }
    return placeholder
  }
}

/// A traced function: a plan from its arguments and captures to its results.
package final class ConcreteFunction: Sendable {
  package let graph: Graph
  private let function: DifferentiableFunction
  private let captures: [Tensor]
  private let execution: ExecutionContext

  /// Traces `body` for arguments of those dtypes and shapes.
  ///
  /// - Throws: what the body throws; `INVALID_ARGUMENT` when it returns a tensor of another graph.
  package init(_ arguments: [(DType, PartialShape)], _ body: ([Tensor]) throws -> [Tensor]) throws {
    let environment = Environment.current
    let tracer = FunctionTracer()
    // As the function is part of the program, its random ops follow the program's seed.
    tracer.graph.seed = environment.graph.map(\.seed) ?? environment.state.seeds.global
    let placeholders = try arguments.enumerated().map {
      try tracer.argument($1.0, $1.1, name: "args_\($0)")
    }
    let results = try environment.tracing(tracer).run {
      // A result that is a plain value becomes part of the graph.
      try body(placeholders).map { $0.isSymbolic ? $0 : try BasicOps.family.identity([$0]) }
    }
    graph = tracer.graph
    let captured = tracer.captures
    let feeds = try (placeholders + captured.map(\.placeholder)).map {
      try tracer.graph.endpoint(of: $0)
    }
    let fetches = try results.map { try tracer.graph.endpoint(of: $0) }
    let plan = try FunctionTable(tracer.graph.library).plan(
      of: Subgraph.pruned(graph, feeds: feeds, fetches: fetches, targets: tracer.effects))
    function = DifferentiableFunction(
      graph, arguments: feeds, results: fetches, effects: tracer.effects, plan: plan)
    captures = captured.map(\.tensor)
    execution = environment.execution.with(
      generators: RandomGenerators(seeds: environment.state.seeds))
  }

  package func call(_ arguments: [Tensor]) throws -> [Tensor] {
    try function.call(captures.isEmpty ? arguments : arguments + captures, execution)
  }
}
