package import CoreOps

extension Graph {
  /// The calls that outputs need, in an order in which each comes after those that it needs.
  ///
  /// - Throws: `NOT_FOUND` for an op that Janus does not have.
  func recordedCalls(for targets: [Endpoint]) throws -> (calls: [RecordedCall], slots: SlotTable) {
    let nodes = self.nodes
    let slots = SlotTable(nodes)
    let calls = try Self.ordered(nodes, targets.map(\.node)).map { id in
      let node = nodes[id]
      return RecordedCall(
        try action(of: node),
        inputs: node.inputs.map { Self.smallConstant(nodes[$0.node]) ?? tensor($0) },
        outputs: node.outputTypes.indices.map { tensor(Endpoint(node.id, $0)) },
        inputSlots: node.inputs.map { Int32(slots[$0]) },
        outputSlots: node.outputTypes.indices.map { Int32(slots[Endpoint(node.id, $0)]) },
        node: node.name)
    }
    return (calls, slots)
  }

  /// What gives the gradient of a node.
  private func action(of node: Node) throws -> RecordedCall.Action {
    if let (name, backward) = try CustomGradients.named(node.attrs) {
      return .call(name: name, backward)
    }
    if node.op == nil, library[node.opName] != nil {
      return .call(name: node.opName) { _, _ in
        throw TFError.unimplemented(
          "No gradient defined for operation '\(node.name)': it calls a function in the old form")
      }
    }
    guard let op = node.op else {
      throw TFError.notFound("Op type not registered '\(node.opName)'").at(
        node: node.name, op: node.opName)
    }
    guard FunctionCalls.hasFunctionGradient(op) else { return .op(op, node.attrs) }
    return .call(name: op.name) { [self] gradients, wanted in
      try BranchGradient(self, node.id)?.gradients(gradients, wanted)
        ?? LoopGradient(self, node.id)!.gradients(gradients, wanted)
    }
  }

  /// The value of a constant of few integers, such as axes, so that rules need not look for it when
  /// the graph runs.
  private static func smallConstant(_ node: Node) -> Tensor? {
    guard node.isConstant, case .tensor(let value)? = node.attrs["value"], value.dtype.isInteger,
      value.dims.elementCount <= 64
    else { return nil }
    return value
  }

  /// Numbers of a graph's outputs.
  struct SlotTable {
    private var first: [Int] = []
    private(set) var count = 0

    init(_ nodes: [Node]) {
      first.reserveCapacity(nodes.count)
      for node in nodes {
        first.append(count)
        count += node.outputTypes.count
      }
    }

    subscript(endpoint: Endpoint) -> Int { first[endpoint.node] + endpoint.index }
  }

  /// What `targets` need, each after its inputs, but for the back edges of loops.
  private static func ordered(_ nodes: [Node], _ targets: [Int]) -> [Int] {
    var needed = [Bool](repeating: false, count: nodes.count)
    var stack = targets
    while let id = stack.popLast() {
      guard !needed[id] else { continue }
      needed[id] = true
      stack += nodes[id].inputs.map(\.node)
    }
    return NodeOrder.sorted(nodes, needed)
  }
}

extension Graph {
  /// What `tf.gradients` takes beside what is differentiated.
  package struct GradientOptions {
    /// One per `ys`; nil stands for ones.
    package var gradYs: [GradientValue?]?
    /// Tensors that are taken as constants.
    package var stopGradients: [Tensor] = []
    /// Whether a source that no `ys` depends on has zeros for its gradient.
    package var zerosWhereUnconnected = false

    package init() {}
  }

  /// Adds nodes for the gradients of the sum of `ys` with respect to `xs`. Follows `tf.gradients`.
  ///
  /// - Parameters:
  ///   - ys, xs: symbolic tensors of this graph.
  /// - Returns: nil where no `ys` depends on the `xs`.
  package func gradients(
    _ ys: [Tensor], _ xs: [Tensor], _ options: GradientOptions = GradientOptions()
  ) throws -> [GradientValue?] {
    let targets = try ys.map { try endpoint(of: $0) }
    let sources = try xs.map { try endpoint(of: $0) }
    var (calls, slots) = try recordedCalls(for: targets)
    return try asDefault {
      let wanted = ys.indices.map {
        GradientTarget(ys[$0], slot: slots[targets[$0]], gradient: options.gradYs?[$0])
      }
      let gradients = try ReverseMode.gradients(
        &calls, slotCount: slots.count, targets: wanted, sources: sources.map { slots[$0] },
        stops: Set(options.stopGradients.map { slots[try endpoint(of: $0)] }))
      guard options.zerosWhereUnconnected else { return gradients }
      return try zip(xs, gradients).map { try $1 ?? .dense(BasicOps.zerosLike($0)) }
    }
  }
}
