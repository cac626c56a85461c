import CoreOps

extension Subgraph {
  /// The same with bias, batch normalisation and activation as part of the convolution or product
  /// before them.
  ///
  /// Normalisation with constants is folded into the weights, so results may differ in the last
  /// bits.
  package func fusingEpilogues() throws -> Subgraph {
    let fuser = EpilogueFuser(self)
    let chains = fuser.chains()
    return chains.isEmpty ? self : try fuser.fuse(chains)
  }
}

/// Finds a convolution or product and the ops that only its output goes through.
private struct EpilogueFuser {
  /// What the nodes of a chain do together.
  struct Chain {
    let head: Int
    /// All nodes but the head, in order; the last gives the chain's output.
    var nodes: [Int] = []
    /// Factors for the weights, by output channel.
    var scale: [Double]?
    var bias: Bias?
    var activation: String?
    var slope: Float = 0.2
    var last: Int { nodes.last ?? head }
  }

  enum Bias {
    case endpoint(Endpoint)
    case values([Double])
  }

  private let subgraph: Subgraph
  private let nodes: [Node]
  private let consumers: [[(node: Int, output: Int)]]
  private let waiters: [Int]
  private let kept: Set<Int>

  init(_ subgraph: Subgraph) {
    self.subgraph = subgraph
    nodes = subgraph.graph.nodes
    var consumers = [[(node: Int, output: Int)]](repeating: [], count: nodes.count)
    var waiters = [Int](repeating: 0, count: nodes.count)
    for node in nodes {
      for input in node.inputs { consumers[input.node].append((node.id, input.index)) }
      for control in node.controlInputs { waiters[control] += 1 }
    }
    self.consumers = consumers
    self.waiters = waiters
    kept = Set(subgraph.fetches.map(\.node) + subgraph.targets)
  }

  func chains() -> [Chain] {
    var taken: Set<Int> = []
    return nodes.compactMap { node in
      guard Self.fusedOps[node.opName] != nil, node.attrs["T"] == .type(.float32),
        !taken.contains(node.id)
      else { return nil }
      var chain = Chain(head: node.id)
      while chain.activation == nil, extend(&chain) {}
      guard !chain.nodes.isEmpty else { return nil }
      taken.formUnion(chain.nodes)
      return chain
    }
  }

  private static let fusedOps = [
    "Conv2D": "_FusedConv2D", "DepthwiseConv2dNative": "_FusedDepthwiseConv2dNative",
    "MatMul": "_FusedMatMul",
  ]

  /// The only node that sees the chain's output so far.
  private func follower(_ chain: Chain) -> Node? {
    let last = chain.last
    guard !kept.contains(last), waiters[last] == 0, consumers[last].count == 1,
      consumers[last][0].output == 0
    else { return nil }
    return nodes[consumers[last][0].node]
  }

  private func extend(_ chain: inout Chain) -> Bool {
    if swish(&chain) { return true }
    guard let next = follower(chain) else { return false }
    let value = Endpoint(chain.last)
    switch next.opName {
    case "BiasAdd":
      guard next.inputs[0] == value, chain.bias == nil, chain.scale == nil,
        layout(next) == layout(nodes[chain.head])
      else { return false }
      chain.bias =
        channels(chain).flatMap { vector(next.inputs[1], count: $0).map { .values($0) } }
        ?? .endpoint(next.inputs[1])
    case "Add", "AddV2", "Sub":
      // Where channels are not the last dimension, a vector is not added to them.
      guard layout(nodes[chain.head]) == "NHWC", let count = channels(chain),
        let other = operand(next, beside: value), next.opName != "Sub" || next.inputs[0] == value,
        let values = vector(other, count: count), let bias = constantBias(chain, count)
      else { return false }
      chain.bias = .values(zip(bias, values).map { next.opName == "Sub" ? $0 - $1 : $0 + $1 })
    case "Mul":
      guard layout(nodes[chain.head]) == "NHWC", let count = channels(chain),
        let other = operand(next, beside: value), let factors = vector(other, count: count)
      else { return false }
      guard rescale(&chain, factors, count) else { return false }
    case "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3":
      guard next.attrs["is_training"] == .bool(false), next.inputs[0] == value,
        layout(next) == layout(nodes[chain.head]), let count = channels(chain),
        consumers[next.id].allSatisfy({ $0.output == 0 }),
        let scale = vector(next.inputs[1], count: count),
        let offset = vector(next.inputs[2], count: count),
        let mean = vector(next.inputs[3], count: count),
        let variance = vector(next.inputs[4], count: count)
      else { return false }
      var epsilon: Float = 0.0001
      if case .float(let given)? = next.attrs["epsilon"] { epsilon = given }
      let factors = zip(scale, variance).map { $0 / ($1 + Double(epsilon)).squareRoot() }
      guard rescale(&chain, factors, count), let bias = constantBias(chain, count) else {
        return false
      }
      chain.bias = .values((0..<count).map { bias[$0] - mean[$0] * factors[$0] + offset[$0] })
    case "Relu", "Relu6", "Elu", "LeakyRelu", "Tanh", "Sigmoid":
      // An activation alone is as fast by itself.
      guard chain.bias != nil else { return false }
      chain.activation = next.opName
      if case .float(let alpha)? = next.attrs["alpha"] { chain.slope = alpha }
    default: return false
    }
    chain.nodes.append(next.id)
    return true
  }

  /// x · sigmoid(x) or x · sigmoid(1 · x), where both come from the chain.
  private func swish(_ chain: inout Chain) -> Bool {
    let last = chain.last
    guard chain.bias != nil, nodes[chain.head].opName != "MatMul", !kept.contains(last),
      waiters[last] == 0,
      consumers[last].count == 2, consumers[last].allSatisfy({ $0.output == 0 })
    else { return false }
    for (first, second) in [(0, 1), (1, 0)] {
      let product = nodes[consumers[last][second].node]
      var inner = [consumers[last][first].node]
      if nodes[inner[0]].opName == "Mul",
        let factor = operand(nodes[inner[0]], beside: Endpoint(last)),
        isOne(factor), let next = onlyFollower(inner[0])
      {
        inner.append(next)
      }
      let gate = inner[inner.count - 1]
      guard nodes[gate].opName == "Sigmoid", product.opName == "Mul",
        onlyFollower(gate) == product.id,
        Set(product.inputs) == [Endpoint(last), Endpoint(gate)]
      else { continue }
      chain.nodes += inner + [product.id]
      chain.activation = "_FusedSwish"
      return true
    }
    return false
  }

  /// The only node that reads or waits for a node that nobody fetches.
  private func onlyFollower(_ node: Int) -> Int? {
    guard consumers[node].count == 1, waiters[node] == 0, !kept.contains(node) else { return nil }
    return consumers[node][0].node
  }

  private func isOne(_ endpoint: Endpoint) -> Bool {
    guard let value = constant(endpoint), value.dtype == .float32, value.dims.rank == 0 else {
      return false
    }
    return value.elements(Float.self)[0] == 1
  }

  private func operand(_ node: Node, beside value: Endpoint) -> Endpoint? {
    if node.inputs[0] == value { return node.inputs[1] == value ? nil : node.inputs[1] }
    return node.inputs[1] == value ? node.inputs[0] : nil
  }

  private func layout(_ node: Node) -> String {
    guard case .bytes(let bytes)? = node.attrs["data_format"] else { return "NHWC" }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The output channels, if the weights are constant.
  private func channels(_ chain: Chain) -> Int? {
    let head = nodes[chain.head]
    guard let weights = constant(head.inputs[1]), weights.dtype == .float32 else { return nil }
    switch head.opName {
    case "Conv2D": return weights.dims.rank == 4 ? weights.dims[3] : nil
    case "DepthwiseConv2dNative":
      return weights.dims.rank == 4 ? weights.dims[2] * weights.dims[3] : nil
    default:
      guard weights.dims.rank == 2 else { return nil }
      return head.attrs["transpose_b"] == .bool(true) ? nil : weights.dims[1]
    }
  }

  private func constantBias(_ chain: Chain, _ count: Int) -> [Double]? {
    switch chain.bias {
    case nil: [Double](repeating: 0, count: count)
    case .values(let values): values
    case .endpoint: nil
    }
  }

  private func rescale(_ chain: inout Chain, _ factors: [Double], _ count: Int) -> Bool {
    guard let bias = constantBias(chain, count) else { return false }
    if chain.bias != nil { chain.bias = .values(zip(bias, factors).map { $0 * $1 }) }
    chain.scale = chain.scale.map { zip($0, factors).map { $0 * $1 } } ?? factors
    if chain.bias == nil { chain.bias = .values([Double](repeating: 0, count: count)) }
    return true
  }

  /// The value of an output that is a constant, passed on or not.
  private func constant(_ endpoint: Endpoint) -> Tensor? {
    var node = nodes[endpoint.node]
    for _ in 0..<8 where node.opName == "Identity" { node = nodes[node.inputs[0].node] }
    guard node.isConstant, case .tensor(let value)? = node.attrs["value"] else { return nil }
    return value
  }

  /// A constant with one value per channel in its last dimension, or one for all.
  private func vector(_ endpoint: Endpoint, count: Int) -> [Double]? {
    guard let tensor = constant(endpoint), tensor.dtype == .float32 else { return nil }
    let dims = tensor.dims
    if dims.elementCount == 1, dims.rank <= 4 {
      return [Double](repeating: Double(tensor.elements(Float.self)[0]), count: count)
    }
    guard dims.elementCount == count, dims.rank >= 1, dims.rank <= 4, dims[dims.rank - 1] == count
    else {
      return nil
    }
    return tensor.elements(Float.self).map { Double($0) }
  }

  // MARK: - Replacing

  func fuse(_ chains: [Chain]) throws -> Subgraph {
    let byLast = Dictionary(uniqueKeysWithValues: chains.map { ($0.last, $0) })
    let inner = Set(chains.flatMap { [$0.head] + $0.nodes })
    var rewriter = Rewriter(subgraph.graph, subgraph.cancellation)
    for node in nodes {
      if let chain = byLast[node.id] {
        try replace(chain, &rewriter)
      } else if !inner.contains(node.id) {
        try rewriter.copy(node)
      }
    }
    return try rewriter.finish(subgraph).pruned()
  }

  private func replace(_ chain: Chain, _ rewriter: inout Rewriter) throws {
    let head = nodes[chain.head]
    guard let name = Self.fusedOps[head.opName], let op = OpRegistry.standard[name] else {
      throw TFError.internal("\(head.opName) has no fused form")
    }
    func mapped(_ endpoint: Endpoint) throws -> Endpoint {
      guard let mapped = rewriter.mapped(endpoint) else {
        throw TFError.internal("the input of \(head.name) was lost")
      }
      return mapped
    }
    func constant(_ name: String, _ value: Tensor) throws -> Endpoint {
      Endpoint(
        try rewriter.add(
          name, BasicOps.family.const, [],
          attrs: ["value": .tensor(value), "dtype": .type(value.dtype)],
          types: [value.dtype]))
    }
    var weights = try mapped(head.inputs[1])
    if let scale = chain.scale, let own = self.constant(head.inputs[1]) {
      let elements = own.elements(Float.self)
      weights = try constant(
        head.name + "/folded",
        Tensor(
          elements.indices.map { Float(Double(elements[$0]) * scale[$0 % scale.count]) },
          dims: own.dims))
    }
    let bias: Endpoint
    switch chain.bias {
    case .endpoint(let endpoint)?: bias = try mapped(endpoint)
    case .values(let values)?:
      bias = try constant(
        head.name + "/bias", Tensor(values.map { Float($0) }, dims: [values.count]))
    case nil: throw TFError.internal("the chain of \(head.name) has no bias")
    }
    var attrs = head.attrs
    // Attributes that the fused op does not have.
    for key in attrs.map(\.name) where op.signature.attr(key) == nil && !key.hasPrefix("_") {
      attrs[key] = nil
    }
    attrs["fused_ops"] = .strings(["BiasAdd"] + (chain.activation.map { [$0] } ?? []))
    attrs["num_args"] = .int(1)
    attrs[StepOrigin.mergedNodes] = .strings(([chain.head] + chain.nodes).map { nodes[$0].name })
    attrs["leakyrelu_alpha"] = .float(chain.slope)
    if op.signature.attr("TArgs") != nil { attrs["TArgs"] = .types([.float32]) }
    var controls: [Int] = []
    for id in [chain.head] + chain.nodes {
      for control in rewriter.mapControls(nodes[id]) where !controls.contains(control) {
        controls.append(control)
      }
    }
    let id = try rewriter.add(
      nodes[chain.last].name, op, [try mapped(head.inputs[0]), weights, bias], controls: controls,
      attrs: attrs, types: [.float32], device: head.device)
    rewriter.map(Endpoint(chain.last), to: Endpoint(id))
    rewriter.mapControl(chain.last, to: [id])
  }
}
