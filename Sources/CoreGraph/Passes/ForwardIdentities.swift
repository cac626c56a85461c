import CoreOps

extension Subgraph {
  /// The same without nodes that hand on several values as they are, as gradients of one's own
  /// making leave them behind.
  ///
  /// One that waits, or that others wait for, stays: in a branch it may say which way was taken.
  package func forwardingIdentities() throws -> Subgraph {
    let nodes = graph.nodes
    let waitedFor = Set(nodes.flatMap(\.controlInputs) + targets)
    let fed = Set(feeds.map(\.node))
    func isForwarded(_ node: Node) -> Bool {
      node.opName == "IdentityN" && node.controlInputs.isEmpty && !waitedFor.contains(node.id)
        && !fed.contains(node.id) && node.inputs.allSatisfy { $0.node < node.id }
    }
    guard nodes.contains(where: isForwarded) else { return self }
    var rewriter = Rewriter(graph, cancellation)
    for node in nodes {
      if isForwarded(node), node.inputs.allSatisfy({ rewriter.mapped($0) != nil }) {
        for (index, input) in node.inputs.enumerated() {
          if let value = rewriter.mapped(input) {
            rewriter.map(Endpoint(node.id, index), to: value)
          }
        }
      } else {
        try rewriter.copy(node)
      }
    }
    return try rewriter.finish(self).pruned()
  }
}
