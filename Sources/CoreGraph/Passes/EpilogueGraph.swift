import CoreOps

/// What the patterns ask of the graph around a chain.
struct EpilogueGraph: Sendable {
  let nodes: [Node]
  /// Who reads each node, and which of its outputs.
  let consumers: [[(node: Int, output: Int)]]
  private let waiters: [Int]
  private let fetches: Set<Endpoint>
  /// Nodes that are fetched or run for their effects.
  private let kept: Set<Int>

  init(_ subgraph: Subgraph) {
    nodes = subgraph.graph.nodes
    var consumers = [[(node: Int, output: Int)]](repeating: [], count: nodes.count)
    var waiters = [Int](repeating: 0, count: nodes.count)
    for node in nodes {
      for input in node.inputs { consumers[input.node].append((node.id, input.index)) }
      for control in node.controlInputs { waiters[control] += 1 }
    }
    self.consumers = consumers
    self.waiters = waiters
    fetches = Set(subgraph.fetches)
    kept = Set(subgraph.fetches.map(\.node) + subgraph.targets)
  }

  /// Whether something other than a reader wants the node: a fetch, a target, a control edge.
  func isSeen(_ node: Int) -> Bool { kept.contains(node) || waiters[node] > 0 }

  /// The only node that sees what a node gives, if it reads its first output.
  func follower(of node: Int) -> Node? {
    guard !isSeen(node), consumers[node].count == 1, consumers[node][0].output == 0 else {
      return nil
    }
    return nodes[consumers[node][0].node]
  }

  func isOnlyFirstOutputUsed(_ node: Int) -> Bool {
    consumers[node].allSatisfy { $0.output == 0 }
      && nodes[node].outputTypes.indices.dropFirst().allSatisfy {
        !fetches.contains(Endpoint(node, $0))
      }
  }

  /// The other input of a node with two, one of which is `value`.
  func operand(_ node: Node, beside value: Endpoint) -> Endpoint? {
    if node.inputs[0] == value { return node.inputs[1] == value ? nil : node.inputs[1] }
    return node.inputs[1] == value ? node.inputs[0] : nil
  }

  func layout(_ node: Node) -> String {
    guard case .bytes(let bytes)? = node.attrs["data_format"] else { return "NHWC" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The chain's output channels, if the weights are constant.
  func channels(_ chain: EpilogueChain) -> Int? {
    guard let weights = constant(chain.head.inputs[1]), weights.dtype == .float32 else {
      return nil
    }
    return chain.producer.channels(chain.head, weights.dims)
  }

  func isOne(_ endpoint: Endpoint) -> Bool {
    guard let value = constant(endpoint), value.dtype == .float32, value.dims.rank == 0 else {
      return false
    }
    return value.elements(Float.self)[0] == 1
  }

  /// The value of an output that is a constant, passed on or not.
  func constant(_ endpoint: Endpoint) -> Tensor? {
    guard let node = path(to: endpoint).last.map({ nodes[$0] }), node.isConstant,
      case .tensor(let value)? = node.attrs["value"]
    else { return nil }
    return value
  }

  /// The nodes that pass a constant on, and the constant itself.
  func path(to endpoint: Endpoint) -> [Int] {
    var path = [endpoint.node]
    while path.count <= 8, nodes[path[path.count - 1]].opName == "Identity" {
      path.append(nodes[path[path.count - 1]].inputs[0].node)
    }
    return path
  }

  /// A constant as one number per channel: along its last dimension, or one for all.
  ///
  /// - Parameter rank: the most dimensions that it may have without giving the result more.
  func vector(_ endpoint: Endpoint, _ count: Int, rank: Int) -> [Double]? {
    guard let tensor = constant(endpoint), tensor.dtype == .float32, tensor.dims.rank <= rank else {
      return nil
    }
    let dims = tensor.dims
    if rank > 1, dims.elementCount == 1 {
      return [Double](repeating: Double(tensor.elements(Float.self)[0]), count: count)
    }
    guard dims.elementCount == count, dims.rank >= 1, dims[dims.rank - 1] == count else {
      return nil
    }
    return tensor.elements(Float.self).map { Double($0) }
  }
}
