import CoreOps

extension Subgraph {
  /// The same without nodes whose values no one reads, though others wait for them: gradients that
  /// were asked for together with others leave them behind.
  ///
  /// Who waited for such a node waits for what it waited for. As in TensorFlow, an error that it
  /// would have found is not found; ops that are there to find errors stay, as do stateful ones and
  /// those of control flow.
  package func droppingUnread() throws -> Subgraph {
    let nodes = graph.nodes
    var readers = [Int](repeating: 0, count: nodes.count)
    for node in nodes { for input in node.inputs { readers[input.node] += 1 } }
    for fetch in fetches { readers[fetch.node] += 1 }
    for id in feeds.map(\.node) + targets { readers[id] += 1 }
    var dropped = [Bool](repeating: false, count: nodes.count)
    // Readers stand after what they read, but for the back edges of loops, whose targets stay.
    for node in nodes.reversed() where readers[node.id] == 0 && canDrop(node, nodes) {
      dropped[node.id] = true
      for input in node.inputs { readers[input.node] -= 1 }
    }
    guard dropped.contains(true) else { return self }
    var rewriter = Rewriter(graph, cancellation)
    for node in nodes {
      if dropped[node.id] {
        var waits = rewriter.mapControls(node)
        for input in node.inputs {
          for id in rewriter.standIns(for: input.node) where !waits.contains(id) {
            waits.append(id)
          }
        }
        rewriter.mapControl(node.id, to: waits)
      } else {
        try rewriter.copy(node)
      }
    }
    return try rewriter.finish(self).pruned()
  }

  private func canDrop(_ node: Node, _ nodes: [Node]) -> Bool {
    guard let op = node.op, !op.isStateful, !node.inputs.isEmpty, !node.outputTypes.isEmpty,
      !Self.checks.contains(op.name), !isControlFlow(node),
      // What takes a variable itself may change it.
      !(op.signature.inputs + op.signature.outputs).contains(where: \.isRef),
      !node.attrs.contains(where: { if case .function = $0.value { true } else { false } })
    else { return false }
    // An output of a Switch says which way was taken; waiting for the node does not.
    return node.inputs.allSatisfy { $0.node < node.id && !isControlFlow(nodes[$0.node]) }
  }

  private func isControlFlow(_ node: Node) -> Bool {
    guard case .executor(let primitive)? = node.op?.kernel.form else { return false }
    if case .noOp = primitive { return false }
    return true
  }

  private static let checks: Set<String> = ["CheckNumerics", "CheckNumericsV2", "EnsureShape"]
}
