import CoreOps

/// A loop in TF-1's form: `Enter` leads values into a frame, `NextIteration` to the next iteration,
/// `Exit` out again. Follows `tf.while_loop` where `control_flow_v2` is off.
struct FramedLoop {
  private let graph: Graph
  private let environment: Environment
  private let context: ControlFlowContext
  private let options: LoopOptions

  /// - Parameter environment: that of the loop's name scope.
  init(
    _ graph: Graph, _ environment: Environment, _ options: LoopOptions, maximumIterations: Tensor?
  ) throws {
    self.graph = graph
    self.environment = environment
    self.options = options
    context = ControlFlowContext(
      graph.uniqueName(environment.nameScope + "while_context"), .loop(options),
      inside: environment.flow.map(ControlFlowContext.of))
    let maximum = try maximumIterations.map { try graph.endpoint(of: $0) }
    context.change { $0.loop.maximumIterations = maximum }
    if context.outer == nil { graph.addToCollection(FlowCollections.loops, context) }
  }

  /// Adds the loop.
  ///
  /// - Parameters:
  ///   - shapes: what the variables' shapes are in all iterations.
  /// - Throws: `INVALID_ARGUMENT` where a shape does not stay, and what the functions throw.
  func add(
    _ variables: [Tensor], _ shapes: [PartialShape], condition: ([Tensor]) throws -> Tensor,
    body: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    try environment.inside(context).run {
      let entered = try enter(variables, shapes)
      let enters = try entered.map { try graph.endpoint(of: $0) }
      context.change {
        $0.values = Set(enters)
        $0.external = [:]
        $0.loop.enters = enters
      }
      let merged = try entered.map(merge)
      let first = try graph.endpoint(of: merged[0])
      context.change { $0.loop.pivotForCondition = first }
      for (variable, shape) in zip(merged, shapes) {
        try graph.setShape(of: graph.endpoint(of: variable), shape)
      }
      let goesOn = try ControlFlowOps.family.loopCond(
        [try condition(merged).asConstant()], name: "LoopCond")
      let pivot = try graph.endpoint(of: goesOn)
      context.change { $0.loop.pivot = pivot }
      let switched = try merged.map { variable in
        try Environment.current.colocated(with: variable, ignoringExisting: true).run {
          try CoreOps.apply(
            isReference(variable)
              ? ControlFlowOps.family.refSwitch : ControlFlowOps.family.switch,
            [variable, goesOn])
        }
      }
      let inside = try switched.map { try BasicOps.family.identity([$0[1]]) }
      let pivotForBody = try graph.endpoint(of: inside[0])
      context.change { $0.loop.pivotForBody = pivotForBody }
      let results = try body(inside).map { try $0.asConstant() }
      for (variable, (initial, result)) in zip(merged, zip(variables, results)) {
        try close(variable, initial, result)
      }
      let exits = try switched.map { outputs in
        try CoreOps.apply(
          isReference(outputs[0]) ? ControlFlowOps.family.refExit : ControlFlowOps.family.exit,
          [outputs[0]], name: nil)[0]
      }
      let left = try exits.map { try graph.endpoint(of: $0) }
      context.change { $0.loop.exits = left }
      context.exitResult(left)
      return exits
    }
  }

  private func isReference(_ tensor: Tensor) throws -> Bool {
    graph.isReference(try graph.endpoint(of: tensor))
  }

  private func merge(_ entered: Tensor) throws -> Tensor {
    try CoreOps.apply(
      isReference(entered) ? ControlFlowOps.family.refMerge : ControlFlowOps.family.merge,
      [entered, entered])[0]
  }

  /// The variables inside the frame.
  private func enter(_ variables: [Tensor], _ shapes: [PartialShape]) throws -> [Tensor] {
    let endpoints = try variables.map { try graph.endpoint(of: $0) }
    context.change { $0.values = Set(endpoints) }
    var sources = endpoints
    if let outer = context.outer {
      let builder = GraphBuilder(graph, nameScope: environment.nameScope)
      sources = try endpoints.map { try outer.value($0, builder) }
    }
    return try zip(sources, shapes).map { source, shape in
      let variable = graph.tensor(source)
      let name = try variable.name
      let entered = try CoreOps.apply(
        graph.isReference(source) ? ControlFlowOps.family.refEnter : ControlFlowOps.family.enter,
        [variable],
        [
          "frame_name": .string(context.name), "is_constant": .bool(false),
          "parallel_iterations": .int(options.parallelIterations),
        ])[0]
      try require(
        variable.shape.isAtMost(shape),
        """
        The shape invariant specified for \(name) is not compatible with the initial \
        shape of the loop variable. It enters the loop with shape \(variable.shape.tupleText), but \
        the specified shape invariant is \(shape.tupleText).
        """)
      try graph.setShape(of: graph.endpoint(of: entered), shape)
      return entered
    }
  }

  /// Leads the result of an iteration to the next.
  private func close(_ variable: Tensor, _ initial: Tensor, _ result: Tensor) throws {
    let merge = try graph.endpoint(of: variable).node
    let next = try CoreOps.apply(
      isReference(result)
        ? ControlFlowOps.family.refNextIteration : ControlFlowOps.family.nextIteration, [result])[0]
    let entered = graph.node(graph.node(merge).inputs[0].node)
    let source = graph.tensor(entered.inputs[0])
    let (sourceName, nextName) = (try source.name, try next.name)
    try require(
      next.shape.isAtMost(variable.shape),
      """
      Input tensor '\(sourceName)' enters the loop with shape \(source.shape.tupleText), but has \
      shape \(next.shape.tupleText) after one iteration. To allow the shape to vary across \
      iterations, use the `shape_invariants` argument of tf.while_loop to specify a less-specific \
      shape.
      """)
    try require(
      next.dtype == variable.dtype,
      """
      Input 1 of node \(graph.node(merge).name) was passed \(next.dtype.signatureName) from \
      \(nextName) incompatible with expected \(variable.dtype.signatureName).
      """)
    let back = try graph.endpoint(of: next)
    graph.update(merge) { $0.inputs[1] = back }
  }
}

extension PartialShape {
  /// Whether it says at least what `other` says.
  func isAtMost(_ other: PartialShape) -> Bool {
    guard let general = other.dims else { return true }
    guard let dims, dims.count == general.count else { return false }
    return zip(dims, general).allSatisfy { $1 == nil || $0 == $1 }
  }
}
