import CoreOps

extension Graph {
  /// Puts functional nodes in place of the TF-1 loops and conditionals that `targets` depend on, as
  /// far as they have the usual form: those have gradients, and these again. The nodes by which
  /// their results leave hand on the functional nodes' results from then on, so that a run of both
  /// the results and the gradients runs a loop once.
  func raiseControlFlow(for targets: [Int]) throws {
    let exits = outermostExits(targets)
    if exits.isEmpty { return }
    let subgraph = try Subgraph.pruned(
      self, feeds: [], fetches: exits.map { Endpoint($0) }, targets: []
    ).raisingLoops()
    let copies = try adopt(subgraph.graph)
    for (exit, result) in zip(exits, subgraph.fetches) {
      guard let node = copies[result.node], node != exit else { continue }
      try replace(exit, by: Endpoint(node, result.index))
    }
  }

  /// The nodes by which results leave the loops and conditionals that are in no other.
  private func outermostExits(_ targets: [Int]) -> [Int] {
    let nodes = self.nodes
    guard nodes.contains(where: { $0.primitive != nil }) else { return [] }
    var exits: [Int] = []
    var isSeen = [Bool](repeating: false, count: nodes.count)
    var stack = targets.map { (id: $0, depth: 0) }
    while let (id, depth) = stack.popLast() {
      guard !isSeen[id] else { continue }
      isSeen[id] = true
      var inner = depth
      switch nodes[id].primitive {
      case .exit?:
        if depth == 0 { exits.append(id) }
        inner += 1
      case .enter?: inner -= 1
      case .merge? where !nodes[id].inputs.contains(where: { isBackEdge(nodes[$0.node]) }):
        if depth == 0 { exits.append(id) }
        inner += 1
      case .switch? where !isLoopCondition(nodes[nodes[id].inputs[1].node]): inner -= 1
      default: break
      }
      stack += nodes[id].inputs.map { ($0.node, inner) }
    }
    return exits.sorted()
  }

  private func isBackEdge(_ node: Node) -> Bool {
    if case .nextIteration? = node.primitive { true } else { false }
  }

  private func isLoopCondition(_ node: Node) -> Bool {
    if case .loopCond? = node.primitive { true } else { false }
  }

  /// Adds the nodes of `other`, a copy of part of this graph, that are not here.
  ///
  /// - Returns: for each node of `other` the one here.
  private func adopt(_ other: Graph) throws -> [Int: Int] {
    var library = self.library
    try library.merge(other.library)
    self.library = library
    var here: [Int: Int] = [:]
    for node in other.nodes {
      if let same = self.node(named: node.name), same.opName == node.opName {
        here[node.id] = same.id
        continue
      }
      func mapped(_ id: Int) throws -> Int {
        guard let mapped = here[id] else {
          throw TFError.internal("\(other.node(id).name) stands after \(node.name), which needs it")
        }
        return mapped
      }
      here[node.id] = try append(
        copyOf: node, name: uniqueName(node.name),
        inputs: node.inputs.map { Endpoint(try mapped($0.node), $0.index) },
        controlInputs: node.controlInputs.map(mapped), device: node.device)
    }
    return here
  }

  /// Has a node hand on `result` in place of what it did.
  private func replace(_ id: Int, by result: Endpoint) throws {
    let node = self.node(id)
    if node.outputTypes.count == 1 {
      update(id) {
        $0.become(BasicOps.family.identity, inputs: [result], attrs: ["T": $0.attrs["T"]!])
      }
      return
    }
    // A Merge also says which of its inputs it took: that is the next result.
    update(id) {
      $0.become(
        BasicOps.family.identityN, inputs: [result, Endpoint(result.node, result.index + 1)],
        attrs: ["T": .types($0.outputTypes)])
    }
  }
}

extension Node {
  /// Turns the node into another of the same name and outputs.
  fileprivate mutating func become(_ op: OpDef, inputs: [Endpoint], attrs: Attrs) {
    opName = op.name
    self.op = op
    self.inputs = inputs
    controlInputs = []
    self.attrs = attrs
  }
}
