package import CoreOps

/// Plans for the functions of a library, made when first called.
package final class FunctionTable: FunctionRunner {
  let library: FunctionLibrary
  private let plans = Lock<[Key: ExecutionPlan]>([:])
  private let gradientPlans = Lock<[Key: ExecutionPlan]>([:])

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
  ///
  /// It is good for as long as this table is.
  package func plan(_ name: String, _ attrs: Attrs, _ cancellation: Cancellation) throws
    -> ExecutionPlan
  {
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

  /// Calls the gradient of a function, which takes its arguments and the gradients of its results,
  /// and gives those of the arguments.
  ///
  /// - Throws: `INVALID_ARGUMENT` when inputs do not fit the function; `UNIMPLEMENTED` that names a
  ///   node without a gradient; what the function throws.
  package func callGradient(
    of function: String, _ attrs: Attrs, _ inputs: [Tensor], _ execution: ExecutionContext
  ) throws -> [Tensor] {
    let inner = execution.functions === self ? execution : execution.with(functions: self)
    let name = "the gradient of \(function)"
    return try observing(execution.observer, .call, name) {
      let plan = try gradientPlan(of: function, attrs, execution.cancellation)
      try require(
        inputs.count == plan.feeds.count,
        "\(name) takes \(plan.feeds.count) arguments and gradients, got \(inputs.count)")
      return try plan.run(inputs, inner)
    }
  }

  private func gradientPlan(of name: String, _ attrs: Attrs, _ cancellation: Cancellation) throws
    -> ExecutionPlan
  {
    let key = Key(name: name, attrs: attrs)
    if let plan = gradientPlans.withLock({ $0[key] }) { return plan }
    let body = try library.instantiate(name, attrs)
    let graph = body.graph
    let (feeds, fetches) = try graph.building {
      let arguments = body.arguments.map { Endpoint($0) }
      let results = body.results.map { graph.tensor($0) }
      let given = try results.enumerated().map { index, result in
        try BasicOps.family.placeholder(
          [], ["dtype": .type(result.dtype), "shape": .shape(result.shape)], name: "grad_\(index)")
      }
      var options = GradientOptions()
      options.gradYs = given.map { $0.dtype.isDifferentiable ? .dense($0) : nil }
      options.unconnectedGradients = .zero
      let gradients = try graph.gradients(results, arguments.map { graph.tensor($0) }, options)
      return (
        arguments + (try given.map { try graph.endpoint(of: $0) }),
        try gradients.map { gradient -> Endpoint in
          guard let tensor = try gradient?.tensor() else {
            throw TFError.internal("an argument of \(name) has no gradient")
          }
          return try graph.endpoint(of: tensor)
        }
      )
    }
    var subgraph = Subgraph(graph: graph, feeds: feeds, fetches: fetches, targets: [])
    subgraph.cancellation = cancellation
    let plan = try makePlan(subgraph.pruned(), isOwn: true)
    gradientPlans.withLock { $0[key] = plan }
    return plan
  }
}
