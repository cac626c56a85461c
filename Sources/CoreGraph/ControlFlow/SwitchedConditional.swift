import CoreOps

/// A conditional in TF-1's form: `Switch` leads values into the branch that runs, `Merge` takes the
/// results out of it. Follows `tf.cond` where `control_flow_v2` is off.
enum SwitchedConditional {
  /// Adds the conditional to the graph of the call.
  ///
  /// - Parameters:
  ///   - yes, no: the branches, which are given what stands for an operation of theirs; they give
  ///     results of the same structure.
  /// - Throws: `INVALID_ARGUMENT` where the results of the branches differ in number or dtype, and
  ///   what a branch throws.
  static func add<R: TensorStructure>(
    _ predicate: Tensor, name: String?, _ yes: (Tensor) throws -> R,
    _ no: (Tensor) throws -> R
  ) throws -> R {
    try inScope(name, "cond") { _ in
      let environment = Environment.current
      guard let graph = environment.graph else {
        throw TFError.internal("a conditional is added where there is no graph")
      }
      let switched = try CoreOps.apply(ControlFlowOps.family.switch, [predicate, predicate])
      let whenTrue = try BasicOps.family.identity([switched[1]], name: "switch_t")
      let whenFalse = try BasicOps.family.identity([switched[0]], name: "switch_f")
      let predicate = try BasicOps.family.identity([predicate], name: "pred_id")
      for tensor in [switched[0], whenTrue, whenFalse, predicate] {
        graph.preventFetching(try graph.endpoint(of: tensor).node)
      }
      let branches = Branches(predicate: try graph.endpoint(of: predicate), graph, environment)
      let (first, yesContext) = try branches.build(1, try graph.endpoint(of: whenTrue), yes)
      let (second, noContext) = try branches.build(0, try graph.endpoint(of: whenFalse), no)
      try StructureCheck.branches(first.structure, second.structure)
      try require(
        !first.results.isEmpty, "'true_fn' and 'false_fn' must return at least one result.")
      for (x, y) in zip(first.results, second.results) {
        try require(
          x.dtype == y.dtype,
          """
          Outputs of 'true_fn' and 'false_fn' must have the same type(s). Received \
          \(x.dtype.name) from 'true_fn' and \(y.dtype.name) from 'false_fn'.
          """)
      }
      let merged = try zip(second.results, first.results).map { pair in
        let isReference = try [pair.0, pair.1].allSatisfy {
          graph.isReference(try graph.endpoint(of: $0))
        }
        return try CoreOps.apply(
          isReference ? ControlFlowOps.family.refMerge : ControlFlowOps.family.merge,
          [pair.0, pair.1])[0]
      }
      if environment.flow == nil {
        graph.addToCollection(FlowCollections.conditionals, yesContext)
        graph.addToCollection(FlowCollections.conditionals, noContext)
      }
      var rest = merged[...]
      return first.structure.replacing(&rest)
    }
  }

  private struct Branches {
    let predicate: Endpoint
    let graph: Graph
    let environment: Environment

    init(predicate: Endpoint, _ graph: Graph, _ environment: Environment) {
      self.predicate = predicate
      self.graph = graph
      self.environment = environment
    }

    func build<R: TensorStructure>(
      _ number: Int, _ pivot: Endpoint, _ body: (Tensor) throws -> R
    ) throws -> ((structure: R, results: [Tensor]), ControlFlowContext) {
      let context = ControlFlowContext(
        graph.uniqueName(environment.nameScope + "cond_text"),
        .branch(predicate: predicate, pivot: pivot, branch: number),
        inside: environment.flow.map(ControlFlowContext.of))
      graph.setFlow(of: pivot.node, context)
      let built = try environment.inside(context).run {
        let structure = try body(graph.tensor(pivot))
        return (
          structure: structure,
          results: try structure.tensors.map { try output($0.asConstant(), of: context, number) }
        )
      }
      context.exitResult(try built.results.map { try graph.endpoint(of: $0) })
      return (built, context)
    }

    /// A result as it leaves the branch: a value of outside comes in first.
    private func output(_ tensor: Tensor, of context: ControlFlowContext, _ number: Int) throws
      -> Tensor
    {
      let endpoint = try graph.endpoint(of: tensor)
      let isKnown = context.change { !$0.values.insert(endpoint).inserted }
      if isKnown { return graph.tensor(context.external[endpoint] ?? endpoint) }
      var source = endpoint
      if let outer = context.outer {
        source = try outer.value(
          endpoint, GraphBuilder(graph, nameScope: environment.nameScope))
        context.change {
          $0.values.insert(source)
          $0.external[source] = source
        }
      }
      let data = graph.tensor(source)
      let switched = try Environment.current.colocated(with: data, ignoringExisting: true).run {
        try CoreOps.apply(
          graph.isReference(source)
            ? ControlFlowOps.family.refSwitch : ControlFlowOps.family.switch,
          [data, graph.tensor(predicate)])[number]
      }
      let result = try graph.endpoint(of: switched)
      context.change { $0.external[endpoint] = result }
      return switched
    }
  }
}

/// The collections that keep the conditionals and loops of a graph.
package enum FlowCollections {
  package static let conditionals = "cond_context"
  package static let loops = "while_context"
}
