import CoreOps

/// What a graph knows of its conditionals and loops in TF-1's form while it is built.
struct FlowMembers: Sendable {
  /// The innermost branch or loop of a node.
  var contexts: [Int: ControlFlowContext] = [:]
  var unfetchable: Set<Int> = []
  var unfeedable: Set<Endpoint> = []
}

extension Graph {
  /// The innermost branch or loop that a node belongs to.
  func flow(of node: Int) -> ControlFlowContext? { withState { $0.flow.contexts[node] } }

  func setFlow(of node: Int, _ context: ControlFlowContext) {
    withState { $0.flow.contexts[node] = context }
  }

  /// Has a node by which values leave a loop belong to what is around the loop.
  func leaveFlow(_ node: Int) {
    let around = outputFlow(of: node)
    withState { $0.flow.contexts[node] = around }
  }

  /// The branch or loop in which a node's outputs can be used: that around a loop for what leaves
  /// it.
  func outputFlow(of id: Int) -> ControlFlowContext? {
    guard let context = flow(of: id) else { return nil }
    if case .exit? = node(id).primitive { return context.outer }
    return context
  }

  /// Has runs refuse to fetch a node. Follows `tf.Graph.prevent_fetching`.
  package func preventFetching(_ node: Int) {
    withState { _ = $0.flow.unfetchable.insert(node) }
  }

  /// Has runs refuse to feed an output. Follows `tf.Graph.prevent_feeding`.
  package func preventFeeding(_ endpoint: Endpoint) {
    withState { _ = $0.flow.unfeedable.insert(endpoint) }
  }

  /// Whether a node can be fetched. Follows `tf.Graph.is_fetchable`.
  package func isFetchable(_ node: Int) -> Bool {
    withState { !$0.flow.unfetchable.contains(node) }
  }

  /// Whether an output can be fed. Follows `tf.Graph.is_feedable`.
  package func isFeedable(_ endpoint: Endpoint) -> Bool {
    withState { !$0.flow.unfeedable.contains(endpoint) }
  }

  /// - Throws: `INVALID_ARGUMENT` in the words of TensorFlow's `InaccessibleTensorError` for a node
  ///   that belongs to a branch or loop.
  package func checkFetchable(_ id: Int) throws {
    guard !isFetchable(id) else { return }
    throw TFError.invalidArgument(
      """
      Operation \(node(id).name) has been marked as not fetchable. Typically this happens when \
      it is defined in another function or code block. Use return values, explicit Python locals \
      or TensorFlow collections to access it.
      """)
  }

  /// - Throws: `INVALID_ARGUMENT` for an output of a loop's nodes.
  package func checkFeedable(_ endpoint: Endpoint) throws {
    try require(
      isFeedable(endpoint), "Tensor \(node(endpoint.node).name):\(endpoint.index) may not be fed.")
  }

  /// Marks nodes that a program has others wait for, as TensorFlow does.
  func noteWaitedFor(_ ids: [Int]) {
    if ids.isEmpty { return }
    withState { state in
      for id in ids { state.nodes[id].attrs["_has_manual_control_dependencies"] = .bool(true) }
    }
  }

  /// Whether this graph is the body of a branch or loop somewhere inside `other`.
  func isInside(_ other: Graph) -> Bool {
    var around = outer
    while let graph = around {
      if graph === other { return true }
      around = graph.outer
    }
    return false
  }
}
