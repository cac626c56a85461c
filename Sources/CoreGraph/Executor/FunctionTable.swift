package import CoreOps

/// Plans for the functions of a library, made when first called.
package final class FunctionTable: FunctionRunner {
  let library: FunctionLibrary
  private let plans = Lock<[Key: ExecutionPlan]>([:])

  private struct Key: Hashable {
    let name: String
    let attrs: Attrs
  }

  private let stepwise: Bool

  /// - Parameter stepwise: whether plans run node by node, without passes.
  package init(_ library: FunctionLibrary, stepwise: Bool = false) {
    self.library = library
    self.stepwise = stepwise
  }

  /// The plan of a pruned subgraph whose functions are those of this table: the one place where
  /// passes are applied.
  ///
  /// - Throws: what the verifier, the passes and the preparation of kernels find wrong.
  package func plan(of pruned: consuming Subgraph) throws -> ExecutionPlan {
    try makePlan(pruned, isOwn: false)
  }

  /// - Parameter isOwn: whether this table keeps the plan, which then must not keep the table.
  private func makePlan(_ pruned: consuming Subgraph, isOwn: Bool) throws -> ExecutionPlan {
    let subgraph = try pruned.after(stepwise ? Passes.least : Passes.standard)
    // Passes may have added functions.
    let functions =
      subgraph.graph.library.order.count == library.order.count
      ? self : FunctionTable(subgraph.graph.library, stepwise: stepwise)
    return try ExecutionPlan(
      subgraph, functions: functions, keepsFunctions: !isOwn || functions !== self,
      stepwise: stepwise)
  }

  /// The plan of a function with `attrs` for its attributes.
  func plan(_ name: String, _ attrs: Attrs, _ cancellation: Cancellation) throws -> ExecutionPlan {
    let key = Key(name: name, attrs: attrs)
    if let plan = plans.withLock({ $0[key] }) { return plan }
    let body = try library.instantiate(name, attrs)
    var subgraph = Subgraph(
      graph: body.graph, feeds: body.arguments.map { Endpoint($0) }, fetches: body.results,
      targets: body.controlResults)
    subgraph.cancellation = cancellation
    let plan = try makePlan(subgraph.pruned(), isOwn: true)
    plans.withLock { $0[key] = plan }
    return plan
  }

  package func call(
    _ function: String, _ attrs: Attrs, _ inputs: [Tensor], _ execution: ExecutionContext
  ) throws -> [Tensor] {
    let inner = execution.functions === self ? execution : execution.with(functions: self)
    return try observing(execution.observer, .call, function) {
      try plan(function, attrs, execution.cancellation).run(inputs, inner)
    }
  }
}
