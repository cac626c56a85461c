import CoreOps

extension Subgraph {
  /// The same with bias, batch normalisation and activation as part of the convolution or product
  /// before them, by the rows of `EpiloguePattern.table`.
  ///
  /// Normalisation with constants is folded into the weights, so results may differ in the last
  /// bits.
  package func fusingEpilogues() throws -> Subgraph {
    guard graph.nodes.contains(where: { EpilogueProducer.row(for: $0) != nil }) else { return self }
    let fuser = EpilogueFuser(self)
    let chains = fuser.chains()
    return chains.isEmpty ? self : try fuser.fuse(chains)
  }
}

/// Finds convolutions and products with the ops that only their outputs go through, and puts one
/// node in place of each such chain.
private struct EpilogueFuser {
  private let subgraph: Subgraph
  private let graph: EpilogueGraph

  init(_ subgraph: Subgraph) {
    self.subgraph = subgraph
    graph = EpilogueGraph(subgraph)
  }

  func chains() -> [EpilogueChain] {
    graph.nodes.compactMap { node in
      guard let producer = EpilogueProducer.row(for: node) else { return nil }
      var chain = EpilogueChain(producer: producer, head: node)
      while let longer = EpiloguePattern.extended(chain, graph) { chain = longer }
      return chain.nodes.isEmpty ? nil : chain
    }
  }

  func fuse(_ chains: [EpilogueChain]) throws -> Subgraph {
    let byLast = Dictionary(uniqueKeysWithValues: chains.map { ($0.last, $0) })
    let inner = Set(chains.flatMap { [$0.head.id] + $0.nodes })
    var rewriter = Rewriter(subgraph.graph, subgraph.cancellation)
    for node in graph.nodes {
      if let chain = byLast[node.id] {
        try replace(chain, &rewriter)
      } else if !inner.contains(node.id) {
        try rewriter.copy(node)
      }
    }
    return try rewriter.finish(subgraph).pruned()
  }

  private func replace(_ chain: EpilogueChain, _ rewriter: inout Rewriter) throws {
    let head = chain.head
    guard let op = OpRegistry.standard[chain.producer.fused] else {
      throw TFError.internal("\(chain.producer.fused) is not registered")
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
          attrs: ["value": .tensor(value), "dtype": .type(value.dtype)]))
    }
    var weights = try mapped(head.inputs[1])
    if let scale = chain.scale, let own = graph.constant(head.inputs[1]) {
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
    case nil:
      guard let count = chain.scale?.count else {
        throw TFError.internal("the chain of \(head.name) has nothing to fuse")
      }
      bias = try constant(
        head.name + "/bias", Tensor([Float](repeating: 0, count: count), dims: [count]))
    }
    var attrs = head.attrs
    // Attributes that the fused op does not have.
    for key in attrs.map(\.name) where op.signature.attr(key) == nil && !key.hasPrefix("_") {
      attrs[key] = nil
    }
    let members = [head.id] + chain.nodes
    attrs["fused_ops"] = .strings(["BiasAdd"] + (chain.activation.map { [$0] } ?? []))
    attrs["num_args"] = .int(1)
    attrs[StepOrigin.mergedNodes] = .strings(members.map { graph.nodes[$0].name })
    attrs["leakyrelu_alpha"] = .float(chain.slope)
    if op.signature.attr("TArgs") != nil { attrs["TArgs"] = .types([.float32]) }
    // What the members wait for, and what the constants wait for that are part of the node now.
    var controls: [Int] = []
    for id in members + chain.absorbed.flatMap({ graph.path(to: $0) }) {
      for control in rewriter.mapControls(graph.nodes[id]) where !controls.contains(control) {
        controls.append(control)
      }
    }
    let id = try rewriter.add(
      graph.nodes[chain.last].name, op, [try mapped(head.inputs[0]), weights, bias],
      controls: controls, attrs: attrs, device: head.device)
    rewriter.map(Endpoint(chain.last), to: Endpoint(id))
    rewriter.mapControl(chain.last, to: [id])
  }
}
