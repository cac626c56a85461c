package import CoreOps

/// The part of a graph that one kind of run is about: what passes transform and a plan is made of.
///
/// Nodes stand after their inputs, but for the back edges from a NextIteration to a Merge.
package struct Subgraph: Sendable {
  package var graph: Graph
  /// Placeholders that take the fed values, in the order of the feeds.
  package var feeds: [Endpoint]
  package var fetches: [Endpoint]
  /// Nodes that are run for their effects.
  package var targets: [Int]
  /// Of the run for which it is made ready: passes are part of its time.
  package var cancellation = Cancellation.never

  package init(graph: Graph, feeds: [Endpoint], fetches: [Endpoint], targets: [Int] = []) {
    self.graph = graph
    self.feeds = feeds
    self.fetches = fetches
    self.targets = targets
  }
}

/// Copies a subgraph node by node into a new graph, so that a pass says only what it changes.
struct Rewriter {
  let nodes: [Node]
  let target = Graph()
  /// The copy of each old node, or -1.
  private var copies: [Int]
  /// Outputs that are not those of the node's copy.
  private var moved: [Endpoint: Endpoint] = [:]
  /// What stands for nodes where others wait for them, where that is not the node's copy.
  private var controls: [Int: [Int]] = [:]
  private var backEdges: [(node: Int, input: Int, source: Endpoint)] = []
  private let cancellation: Cancellation

  init(_ graph: Graph, _ cancellation: Cancellation) {
    self.cancellation = cancellation
    nodes = graph.nodes
    target.library = graph.library
    target.versions = graph.versions
    copies = [Int](repeating: -1, count: nodes.count)
  }

  /// Where an output of the old graph is now.
  func mapped(_ endpoint: Endpoint) -> Endpoint? {
    if !moved.isEmpty, let moved = moved[endpoint] { return moved }
    let copy = copies[endpoint.node]
    return copy >= 0 && nodes[endpoint.node].outputTypes.indices.contains(endpoint.index)
      ? Endpoint(copy, endpoint.index) : nil
  }

  /// Says that `old` is now `new`.
  mutating func map(_ old: Endpoint, to new: Endpoint) { moved[old] = new }

  /// Says which new nodes stand for an old one where others wait for it.
  mutating func mapControl(_ old: Int, to new: [Int]) { controls[old] = new }

  /// The new nodes that stand for an old one where others wait for it.
  func standIns(for old: Int) -> [Int] {
    if !controls.isEmpty, let standIns = controls[old] { return standIns }
    return copies[old] >= 0 ? [copies[old]] : []
  }

  /// Adds a node that the old graph does not have.
  mutating func add(
    _ name: String, _ op: OpDef, _ inputs: [Endpoint], controls: [Int] = [], attrs: Attrs,
    device: String = ""
  ) throws -> Int {
    try target.append(
      name: target.freeName(name), op: op, inputs: inputs, controlInputs: controls, attrs: attrs,
      device: device)
  }

  /// Copies a node, its inputs mapped.
  @discardableResult
  mutating func copy(_ node: Node) throws -> Int {
    try cancellation.check()
    if let fault = node.fault { throw fault.error.at(node: node.name, op: node.opName) }
    var inputs: [Endpoint] = []
    inputs.reserveCapacity(node.inputs.count)
    for (index, input) in node.inputs.enumerated() {
      if let mapped = mapped(input) {
        inputs.append(mapped)
      } else {
        backEdges.append((target.nodeCount, index, input))
        inputs.append(Endpoint(-1))
      }
    }
    let id = try target.append(
      copyOf: node, name: target.freeName(node.name), inputs: inputs,
      controlInputs: mapControls(node), device: node.device)
    copies[node.id] = id
    if !moved.isEmpty {
      for index in node.outputTypes.indices { moved[Endpoint(node.id, index)] = nil }
    }
    if !controls.isEmpty { controls[node.id] = nil }
    return id
  }

  /// The control inputs of an old node in the new graph.
  func mapControls(_ node: Node) -> [Int] {
    if node.controlInputs.isEmpty { return [] }
    var result: [Int] = []
    var seen: Set<Int> = []
    for control in node.controlInputs {
      for id in standIns(for: control) where seen.insert(id).inserted { result.append(id) }
    }
    return result
  }

  /// The new subgraph, once all is copied.
  ///
  /// - Throws: `NOT_FOUND` when an input is the output of an op that Janus does not have;
  ///   `INTERNAL` when it was not copied.
  mutating func finish(_ old: Subgraph) throws -> Subgraph {
    for edge in backEdges {
      guard let source = mapped(edge.source) else {
        try checkRegistered(nodes[edge.source.node])
        throw TFError.internal(
          "a pass lost the input \(edge.input) of \(target.node(edge.node).name)")
      }
      target.update(edge.node) { $0.inputs[edge.input] = source }
    }
    func moved(_ endpoint: Endpoint) throws -> Endpoint {
      guard let new = mapped(endpoint) else {
        try checkRegistered(nodes[endpoint.node])
        throw TFError.internal("a pass lost an output of \(nodes[endpoint.node].name)")
      }
      return new
    }
    var result = Subgraph(
      graph: target, feeds: try old.feeds.map(moved), fetches: try old.fetches.map(moved),
      targets: old.targets.flatMap(standIns))
    result.cancellation = cancellation
    return result
  }

  private func checkRegistered(_ node: Node) throws {
    guard node.op == nil else { return }
    throw node.isNotRegistered
  }
}
