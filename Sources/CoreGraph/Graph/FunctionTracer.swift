package import CoreOps

/// The interpreter that traces a function: op calls become nodes, and what the function takes from
/// outside becomes an argument of the graph.
package final class FunctionTracer: Interpreter {
  package let graph = Graph()
  private let builder: GraphBuilder

  private struct State {
    var captures: [(tensor: Tensor, placeholder: Tensor)] = []
    /// The last node with effects: the next waits for it, so that effects happen in the order
    /// written.
    var lastEffect: Int?
    var effects: [Int] = []
  }
  private let state = Lock(State())

  package init() { builder = GraphBuilder(graph) }

  /// Resources and other things that live outside, in the order of their placeholders.
  package var captures: [(tensor: Tensor, placeholder: Tensor)] { state.withLock { $0.captures } }
  package var effects: [Int] { state.withLock { $0.effects } }

  /// An argument of the function.
  package func argument(_ dtype: DType, _ shape: PartialShape, name: String) throws -> Tensor {
    try builder.apply(
      BasicOps.family.placeholder, [], ["dtype": .type(dtype), "shape": .shape(shape)], name: name)[
        0]
  }

  package func apply(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?) throws
    -> [Tensor]
  {
    let own = try inputs.map(captured)
    // Reading a variable is ordered too: after the writes before it.
    let hasEffect = op.isStateful || own.contains { $0.dtype == .resource || isReference($0) }
    guard hasEffect else { return try builder.apply(op, own, attrs, name: name) }
    let previous = state.withLock { $0.lastEffect }
    let id = try (previous.map { builder.waiting(for: [$0]) } ?? builder).add(
      op, own, attrs, name: name)
    state.withLock {
      $0.lastEffect = id
      $0.effects.append(id)
    }
    return graph.node(id).outputTypes.indices.map { graph.tensor(Endpoint(id, $0)) }
  }

  package func seeds(_ seed: Int?) -> (Int, Int) {
    RandomSeeds.inGraph(seed, global: RandomSeeds.global, nodes: graph.nodeCount)
  }

  private func isReference(_ tensor: Tensor) -> Bool {
    guard let endpoint = try? graph.endpoint(of: tensor) else { return false }
    return graph.node(endpoint.node).op?.signature.outputs.contains { $0.isRef } ?? false
  }

  /// The tensor as this graph sees it.
  package func captured(_ tensor: Tensor) throws -> Tensor {
    if tensor.isSymbolic { return tensor }
    if tensor.dtype.isNumeric || tensor.dtype == .string { return tensor }
    if let known = state.withLock({ $0.captures.first { $0.tensor == tensor }?.placeholder }) {
      return known
    }
    let placeholder = try argument(tensor.dtype, PartialShape(tensor.dims), name: "captured")
    state.withLock { $0.captures.append((tensor, placeholder)) }
    return placeholder
  }
}

/// A traced function: a plan from its arguments and captures to its results.
package final class ConcreteFunction: Sendable {
  package let graph: Graph
  private let plan: ExecutionPlan
  private let captures: [Tensor]
  private let resultCount: Int

  /// Traces `body` for arguments of those dtypes and shapes.
  ///
  /// - Throws: what the body throws; `INVALID_ARGUMENT` when it returns a tensor of another graph.
  package init(_ arguments: [(DType, PartialShape)], _ body: ([Tensor]) throws -> [Tensor]) throws {
    let tracer = FunctionTracer()
    let placeholders = try arguments.enumerated().map {
      try tracer.argument($1.0, $1.1, name: "args_\($0)")
    }
    let results = try Dispatch.with(tracer) {
      // A result that is a plain value becomes part of the graph.
      try body(placeholders).map { $0.isSymbolic ? $0 : try BasicOps.family.identity([$0]) }
    }
    graph = tracer.graph
    let captured = tracer.captures
    let subgraph = try Subgraph.pruned(
      graph,
      feeds: try (placeholders + captured.map(\.placeholder)).map {
        try tracer.graph.endpoint(of: $0)
      },
      fetches: try results.map { try tracer.graph.endpoint(of: $0) }, targets: tracer.effects)
    plan = try FunctionTable(tracer.graph.library).plan(of: subgraph)
    captures = captured.map(\.tensor)
    resultCount = results.count
  }

  package func call(_ arguments: [Tensor]) throws -> [Tensor] {
    try plan.run(captures.isEmpty ? arguments : arguments + captures, .eager)
  }
}
