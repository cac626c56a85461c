import CoreOps

// What happens to a node that is added to a branch or loop, and to what it uses.

extension ControlFlowContext {
  /// Has a new node use what is known inside, and wait for the branch or iteration to begin.
  ///
  /// - Parameter builder: for nodes that are made on behalf of the new one.
  /// - Throws: `INVALID_ARGUMENT` for an input that is inside a loop around which this is not.
  func admit(
    _ op: OpDef, _ attrs: Attrs, named name: String, _ inputs: inout [Endpoint],
    _ controls: inout [Int], _ builder: GraphBuilder
  ) throws {
    let graph = builder.graph
    if isOwnEnter(op, attrs) {
      try enter(attrs, inputs[0], &controls, graph)
      return
    }
    for input in inputs {
      if let source = graph.outputFlow(of: input.node), source !== self {
        try Self.checkUse(of: input.node, source, by: name, in: self, op, graph)
      }
    }
    let callsFunction = op.name == "PartitionedCall" || op.name == "StatefulPartitionedCall"
    for index in inputs.indices { inputs[index] = try value(inputs[index], builder) }
    let external = removeExternal(&controls, graph)
    guard let pivot = controlPivot?.node else { return }
    func wait() { if !controls.contains(pivot) { controls.append(pivot) } }
    switch kind {
    case .branch:
      if inputs.isEmpty, !controls.contains(where: { contains(graph.flow(of: $0)) }) { wait() }
    case .loop:
      if callsFunction { wait() }
      let isFree = inputs.allSatisfy { graph.node($0.node).isConstantEnter }
      if isFree, controls.isEmpty { wait() }
      // What is waited for outside comes in as data.
      let inner = builder.detached.within(self)
      for id in external where !graph.node(id).hasNoOutputs {
        controls.append(
          try inner.add(BasicOps.family.identity, [graph.tensor(Endpoint(id))], [:], name: nil))
      }
    }
  }

  /// Makes the outputs of a new node known.
  func took(_ id: Int, _ op: OpDef, _ attrs: Attrs, _ graph: Graph) {
    graph.setFlow(of: id, self)
    let outputs = graph.node(id).outputTypes.indices.map { Endpoint(id, $0) }
    if isOwnEnter(op, attrs) {
      for output in outputs { graph.preventFeeding(output) }
      return
    }
    var context: ControlFlowContext? = self
    while let current = context {
      current.change { $0.values.formUnion(outputs) }
      context = isLoop ? nil : current.outer
    }
    var isExit = false
    if case .executor(.exit) = op.kernel.form { isExit = true }
    guard outer != nil || !isExit else { return }
    graph.preventFetching(id)
    if isLoop { for output in outputs { graph.preventFeeding(output) } }
  }

  /// What stands inside for an output: itself if it is known.
  func value(_ endpoint: Endpoint, _ builder: GraphBuilder) throws -> Endpoint {
    let graph = builder.graph
    let isKnown = change { $0.values.contains(endpoint) }
    if isKnown || isLoop && graph.flow(of: endpoint.node) === self {
      return change { $0.external[endpoint] } ?? endpoint
    }
    change { _ = $0.values.insert(endpoint) }
    var result = endpoint
    switch kind {
    case .branch(let predicate, _, let branch):
      if let outer {
        result = try outer.value(endpoint, builder)
        change {
          $0.values.insert(result)
          $0.external[result] = result
        }
      }
      result = try switched(result, predicate, branch, builder.detached)
      graph.preventFetching(result.node)
      graph.setFlow(of: result.node, self)
      var context: ControlFlowContext? = self
      while let current = context {
        current.change { _ = $0.values.insert(result) }
        context = current.outer
      }
    case .loop(let options):
      if let outer { result = try outer.value(endpoint, builder) }
      let source = graph.tensor(result)
      let enter = Endpoint(
        try builder.within(self).add(
          graph.isReference(result)
            ? ControlFlowOps.family.refEnter : ControlFlowOps.family.enter, [source],
          [
            "frame_name": .string(name), "is_constant": .bool(true),
            "parallel_iterations": .int(options.parallelIterations),
          ], name: nil))
      try graph.setShape(of: enter, source.shape)
      change { _ = $0.values.insert(enter) }
      result = enter
    }
    change { $0.external[endpoint] = result }
    return result
  }

  private func switched(
    _ data: Endpoint, _ predicate: Endpoint, _ branch: Int, _ builder: GraphBuilder
  ) throws -> Endpoint {
    let graph = builder.graph
    let id = try builder.near(node: data.node, true).add(
      graph.isReference(data) ? ControlFlowOps.family.refSwitch : ControlFlowOps.family.switch,
      [graph.tensor(data), graph.tensor(predicate)], [:], name: "Switch")
    return Endpoint(id, branch)
  }

  /// Whether a node brings a value into this loop.
  private func isOwnEnter(_ op: OpDef, _ attrs: Attrs) -> Bool {
    guard isLoop, case .executor(.enter) = op.kernel.form else { return false }
    return attrs["frame_name"] == .string(name)
  }

  /// Has an `Enter` of this loop wait for what is waited for around it, as far as that is in a
  /// branch around the loop and in no other loop.
  private func enter(
    _ attrs: Attrs, _ input: Endpoint, _ controls: inout [Int], _ graph: Graph
  ) throws {
    let loop = outer?.containingLoop
    controls = controls.filter { id in
      let own = graph.outputFlow(of: id)
      var context = outer
      while context !== own {
        guard let current = context, current !== loop else { return false }
        context = current.outer
      }
      return true
    }
    guard attrs["is_constant"] != .bool(true), graph.node(input.node).isConstantEnter else {
      return
    }
    var around = outer
    while let context = around {
      if let pivot = context.controlPivot {
        if !controls.contains(pivot.node) { controls.append(pivot.node) }
        return
      }
      around = context.outer
    }
  }

  /// Takes out the nodes that are in another loop than this, or in none.
  private func removeExternal(_ controls: inout [Int], _ graph: Graph) -> [Int] {
    guard let loop = containingLoop else { return [] }
    var external: [Int] = []
    controls.removeAll { id in
      if graph.outputFlow(of: id)?.containingLoop === loop { return false }
      external.append(id)
      return true
    }
    return external
  }

  /// - Throws: `INVALID_ARGUMENT` for a node of a loop that is used outside of it.
  static func checkUse(
    of id: Int, _ source: ControlFlowContext, by name: String, in context: ControlFlowContext?,
    _ op: OpDef, _ graph: Graph
  ) throws {
    guard let sourceLoop = source.containingLoop else { return }
    guard let loop = context?.containingLoop else {
      if case .executor(.switch) = op.kernel.form { return }
      if case .executor(.enter) = op.kernel.form { return }
      throw TFError.invalidArgument(
        """
        Cannot use '\(graph.node(id).name)' as input to '\(name)' because \
        '\(graph.node(id).name)' is in a while loop. See info log for more details.
        """)
    }
    try require(
      sourceLoop.contains(loop),
      """
      Cannot use '\(graph.node(id).name)' as input to '\(name)' because they are in different \
      while loops. See info log for more details.
      """)
  }
}

extension Graph {
  /// - Throws: `INVALID_ARGUMENT` where a node outside of all branches and loops uses what is in a
  ///   loop.
  func checkUse(of inputs: [Endpoint], by name: String, _ op: OpDef) throws {
    guard withState({ !$0.flow.contexts.isEmpty }) else { return }
    for input in inputs {
      if let source = outputFlow(of: input.node) {
        try ControlFlowContext.checkUse(of: input.node, source, by: name, in: nil, op, self)
      }
    }
  }

  /// Whether an output is the memory of a variable.
  func isReference(_ endpoint: Endpoint) -> Bool {
    let node = node(endpoint.node)
    guard let outputs = node.op?.signature.outputs, outputs.count == node.outputTypes.count else {
      return false
    }
    return outputs[endpoint.index].isRef
  }
}

extension Node {
  /// Whether it brings a value into a loop that stays the same there.
  var isConstantEnter: Bool {
    if case .enter? = primitive { attrs["is_constant"] == .bool(true) } else { false }
  }
}
