import CoreOps

extension Graph {
  /// Puts functional nodes in place of the TF-1 loops and conditionals that `targets` depend on, as
  /// far as they have the usual form: those have gradients, and these again. The nodes by which
  /// their results leave hand on the functional nodes' results from then on, so that a run of both
  /// the results and the gradients runs a loop once.
  ///
  /// Nodes that a graph's passes could not copy, as their op is not known, leave all as it is.
  func raiseControlFlow(for targets: [Int]) throws {
    let exits = outermostExits(targets)
    if exits.isEmpty { return }
    let results = exits.flatMap { id in
      node(id).outputTypes.indices.map { Endpoint(id, $0) }
    }
    let subgraph: Subgraph
    do {
      subgraph = try Subgraph.pruned(self, feeds: [], fetches: results, targets: [])
        .raisingLoops().raisingConditionals()
    } catch let error as TFError where error.code == .notFound { return }
    let copies = try adopt(
      subgraph.graph, in: exits.lazy.compactMap { self.outputFlow(of: $0) }.first)
    let raised = Dictionary(uniqueKeysWithValues: zip(results, subgraph.fetches))
    for exit in exits {
      let found = try node(exit).outputTypes.indices.map { index -> Endpoint in
        guard let result = raised[Endpoint(exit, index)], let node = copies[result.node] else {
          throw TFError.internal("a pass lost an output of \(node(exit).name)")
        }
        return Endpoint(node, result.index)
      }
      if found[0].node != exit { replace(exit, by: found) }
    }
  }

  /// The nodes by which results leave the loops and conditionals that are in no other: those that
  /// `targets` depend on, and the others of the same loops and conditionals, which are not to run
  /// a second time for them.
  private func outermostExits(_ targets: [Int]) -> [Int] {
    let nodes = self.nodes
    guard nodes.contains(where: { $0.primitive != nil }) else { return [] }
    var readers = [[Int]](repeating: [], count: nodes.count)
    for node in nodes { for input in node.inputs { readers[input.node].append(node.id) } }
    var exits: [Int] = []
    var isSeen = [Bool](repeating: false, count: nodes.count)
    // The depth of a node is that of its outputs.
    var stack = targets.map { (id: $0, depth: 0) }
    while let (id, depth) = stack.popLast() {
      guard !isSeen[id] else { continue }
      isSeen[id] = true
      let step = depthStep(nodes[id], nodes)
      if step == -1, depth == 0 { exits.append(id) }
      stack += nodes[id].inputs.map { ($0.node, depth - step) }
      guard depth > 0 else { continue }
      for reader in readers[id] {
        let inner = depth + depthStep(nodes[reader], nodes)
        if inner > 0 || inner == 0 && depthStep(nodes[reader], nodes) == -1 {
          stack.append((reader, inner))
        }
      }
    }
    return exits.sorted()
  }

  /// How much deeper a node's outputs are in loops and conditionals than its inputs.
  private func depthStep(_ node: Node, _ nodes: [Node]) -> Int {
    switch node.primitive {
    case .exit?: -1
    case .enter?: 1
    case .merge? where !node.inputs.contains(where: { isBackEdge(nodes[$0.node]) }): -1
    case .switch? where !isLoopCondition(nodes[node.inputs[1].node]): 1
    default: 0
    }
  }

  private func isBackEdge(_ node: Node) -> Bool {
    if case .nextIteration? = node.primitive { true } else { false }
  }

  private func isLoopCondition(_ node: Node) -> Bool {
    if case .loopCond? = node.primitive { true } else { false }
  }

  /// Adds the nodes of `other`, a copy of part of this graph, that are not here.
  ///
  /// - Parameter flow: the branch or loop that they belong to.
  /// - Returns: for each node of `other` the one here.
  private func adopt(_ other: Graph, in flow: ControlFlowContext?) throws -> [Int: Int] {
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
      let copy = try append(
        copyOf: node, name: uniqueName(node.name),
        inputs: node.inputs.map { Endpoint(try mapped($0.node), $0.index) },
        controlInputs: node.controlInputs.map(mapped), device: node.device)
      if let flow, let op = node.op { flow.took(copy, op, node.attrs, self) }
      here[node.id] = copy
    }
    return here
  }

  /// Has a node hand on `results` in place of what it did.
  private func replace(_ id: Int, by results: [Endpoint]) {
    leaveFlow(id)
    update(id) { node in
      if results.count == 1 {
        node.become(
          BasicOps.family.identity, inputs: results, attrs: ["T": .type(node.outputTypes[0])])
      } else {
        node.become(
          BasicOps.family.identityN, inputs: results, attrs: ["T": .types(node.outputTypes)])
      }
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
