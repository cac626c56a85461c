package import CoreOps

extension Subgraph {
  /// What has to run for `fetches` and `targets` when `feeds` are given: a new graph in which a
  /// placeholder stands for each fed output.
  ///
  /// - Throws: `INVALID_ARGUMENT` when an output is fed twice.
  package static func pruned(
    _ graph: Graph, feeds: [Endpoint], fetches: [Endpoint], targets: [Int],
    _ cancellation: Cancellation = .never
  ) throws -> Subgraph {
    let fed = Set(feeds)
    guard fed.count == feeds.count else {
      throw TFError.invalidArgument("a tensor is fed more than once")
    }
    let nodes = graph.nodes
    let needed = reachable(nodes, fetches, targets, fed)
    var rewriter = Rewriter(graph, cancellation)
    for feed in feeds {
      let node = nodes[feed.node]
      guard feed.index < node.outputTypes.count else {
        throw TFError.invalidArgument("output \(feed.index) of '\(node.name)' cannot be fed")
      }
      var attrs: Attrs = ["dtype": .type(node.outputTypes[feed.index]), "shape": .shape(.unknown)]
      for entry in graph.handle(of: feed)?.attrs ?? [:] { attrs[entry.name] = entry.value }
      let id = try rewriter.add(
        feed.index == 0 ? node.name : "\(node.name)_\(feed.index)", BasicOps.family.placeholder, [],
        attrs: attrs)
      rewriter.map(feed, to: Endpoint(id))
      rewriter.mapControl(feed.node, to: [id])
    }
    for id in NodeOrder.sorted(nodes, needed) {
      let node = nodes[id]
      // Who waits for a node of which all is fed has nothing to wait for.
      let isFed =
        !node.outputTypes.isEmpty
        && node.outputTypes.indices.allSatisfy { fed.contains(Endpoint(node.id, $0)) }
      if isFed { continue }
      let kept = node.outputTypes.indices.compactMap { index -> (Endpoint, Endpoint)? in
        let endpoint = Endpoint(node.id, index)
        return fed.contains(endpoint) ? (endpoint, rewriter.mapped(endpoint)!) : nil
      }
      try rewriter.copy(node)
      for (old, new) in kept { rewriter.map(old, to: new) }
    }
    return try rewriter.finish(
      Subgraph(graph: graph, feeds: feeds, fetches: fetches, targets: targets))
  }

  /// The same without the nodes that nothing needs any more.
  package func pruned() throws -> Subgraph {
    let nodes = graph.nodes
    let needed = Self.reachable(nodes, fetches, targets, Set(feeds))
    let feedNodes = Set(feeds.map(\.node))
    if nodes.allSatisfy({ needed[$0.id] || feedNodes.contains($0.id) }) { return self }
    var rewriter = Rewriter(graph, cancellation)
    for node in nodes where needed[node.id] || feedNodes.contains(node.id) {
      try rewriter.copy(node)
    }
    return try rewriter.finish(self)
  }

  private static func reachable(
    _ nodes: [Node], _ fetches: [Endpoint], _ targets: [Int], _ fed: Set<Endpoint>
  ) -> [Bool] {
    var needed = [Bool](repeating: false, count: nodes.count)
    var stack: [Int] = []
    func need(_ id: Int) {
      if !needed[id] {
        needed[id] = true
        stack.append(id)
      }
    }
    for fetch in fetches where !fed.contains(fetch) { need(fetch.node) }
    for target in targets { need(target) }
    while let id = stack.popLast() {
      for input in nodes[id].inputs where !fed.contains(input) { need(input.node) }
      for control in nodes[id].controlInputs { need(control) }
    }
    return needed
  }
}
