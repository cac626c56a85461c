import CoreGraph
package import CoreOps
import V1Graph

/// The ways in which a row of the case table runs.
package enum Mode: String, Sendable, CaseIterable {
  case eager, session, function

  /// Runs the row's ops in this mode.
  package func run(_ row: OpCase) throws -> [Tensor] {
    switch self {
    case .eager: return try row.body(row.inputs)
    case .session:
      let tracer = FunctionTracer()
      let (placeholders, results) = try trace(row, tracer)
      let session = Session(graph: tracer.graph)
      let outputs = try session.run(
        results, feedDict: FeedDict(zip(placeholders, row.inputs)))
      return outputs
    case .function:
      return try ConcreteFunction(row.inputs.map { ($0.dtype, $0.shape) }, row.body).call(
        row.inputs)
    }
  }

  /// Runs the row's graph in both executors, where it has a graph of its own.
  package static func runInBothExecutors(_ row: OpCase) throws -> (
    linear: [Tensor], frames: [Tensor]
  ) {
    func plan() throws -> ExecutionPlan {
      let tracer = FunctionTracer()
      let (placeholders, results) = try trace(row, tracer)
      let graph = tracer.graph
      return try ExecutionPlan(
        Subgraph.pruned(
          graph, feeds: placeholders.map { try graph.endpoint(of: $0) },
          fetches: results.map { try graph.endpoint(of: $0) }, targets: tracer.effects),
        functions: FunctionTable(graph.library))
    }
    func context() -> ExecutionContext { ExecutionContext(resources: ResourceContainer()) }
    return (
      try plan().run(row.inputs, context()), try plan().runInFrames(row.inputs, context())
    )
  }

  private static func trace(_ row: OpCase, _ tracer: FunctionTracer) throws -> ([Tensor], [Tensor])
  {
    let placeholders = try row.inputs.enumerated().map {
      try tracer.argument($1.dtype, $1.shape, name: "input_\($0)")
    }
    let results = try Environment.current.tracing(tracer).run {
      try row.body(placeholders).map { $0.isSymbolic ? $0 : try BasicOps.family.identity([$0]) }
    }
    return (placeholders, results)
  }

  private func trace(_ row: OpCase, _ tracer: FunctionTracer) throws -> ([Tensor], [Tensor]) {
    try Self.trace(row, tracer)
  }
}

/// Whether two tensors are the same bit for bit.
package func haveEqualBits(_ a: Tensor, _ b: Tensor) -> Bool {
  guard a.dtype == b.dtype, a.dims == b.dims else { return false }
  if a.dtype == .string { return a.strings == b.strings }
  guard a.dtype.isNumeric else { return true }
  return a.bytes.elementsEqual(b.bytes)
}
