package import CoreOps

extension Graph {
  /// The calls that outputs need, in an order in which each comes after those that it needs.
  ///
  /// An op that Janus does not have is one whose gradient fails, in case one passes through.
  func recordedCalls(for targets: [Endpoint]) throws -> (calls: [RecordedCall], slots: SlotTable) {
    try raiseControlFlow(for: targets.map(\.node))
    let nodes = self.nodes
    let slots = SlotTable(nodes)
    let calls = Self.ordered(nodes, targets.map(\.node)).map { id in
      let node = nodes[id]
      let numbers =
        node.inputs.map { Int32(slots[$0]) } + slots.outputs(of: id).map { Int32($0) }
      let outputs = node.outputTypes.indices.map { tensor(Endpoint(node.id, $0)) }
      let unknown =
        node.op == nil
        ? node : node.inputs.lazy.map { nodes[$0.node] }.first { $0.op == nil && $0.hasNoOutputs }
      if let unknown, library[unknown.opName] == nil {
        return RecordedCall(
          .call(name: node.opName) { _, _ in throw unknown.isNotRegistered }, inputs: [],
          outputs: outputs, slots: numbers, inputCount: node.inputs.count, node: node.name)
      }
      return RecordedCall(
        action(of: node),
        inputs: node.inputs.map { Self.smallConstant(nodes[$0.node]) ?? tensor($0) },
        outputs: outputs, slots: numbers, inputCount: node.inputs.count, node: node.name)
    }
    return (calls, slots)
  }

  /// What gives the gradient of a node.
  private func action(of node: Node) -> RecordedCall.Action {
    guard let op = node.op else {
      return .call(name: node.opName) { _, _ in
        throw TFError.unimplemented(
          "No gradient defined for operation '\(node.name)': it calls a function in the old form")
      }
    }
    guard FunctionCalls.hasFunctionGradient(op), CustomGradients.name(node.attrs) == nil else {
      return .op(op, node.attrs)
    }
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
    /// The first of each node, and after them the number of all.
    private var first: [Int]
    var count: Int { first[first.count - 1] }

    init(_ nodes: [Node]) {
      // How many outputs an unknown op has, only those that read them tell.
      var counts = nodes.map(\.outputTypes.count)
      for node in nodes {
        for input in node.inputs where nodes[input.node].hasNoOutputs {
          counts[input.node] = max(counts[input.node], min(input.index, Self.mostUnknown) + 1)
        }
      }
      first = [0]
      first.reserveCapacity(nodes.count + 1)
      for (id, count) in counts.enumerated() { first.append(first[id] + count) }
    }

    /// A file may name any output of an unknown op: those after so many are one.
    private static let mostUnknown = 64

    subscript(endpoint: Endpoint) -> Int {
      min(first[endpoint.node] + endpoint.index, first[endpoint.node + 1] - 1)
    }

    func outputs(of node: Int) -> Range<Int> { first[node]..<first[node + 1] }
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
  /// Adds nodes for the gradients of the sum of `ys` with respect to `xs`. Follows `tf.gradients`.
  ///
  /// - Parameters:
  ///   - ys, xs: symbolic tensors of this graph.
  /// - Returns: nil where no `ys` depends on the `xs`.
  /// - Throws: `INVALID_ARGUMENT` where a gradient of `ys` does not fit; `UNIMPLEMENTED` that names
  ///   the node on the way that has no gradient.
  package func gradients(
    _ ys: [Tensor], _ xs: [Tensor], _ options: GradientOptions = GradientOptions()
  ) throws -> [GradientValue?] {
    guard options.gradYs == nil || options.gradYs?.count == ys.count else {
      throw TFError.invalidArgument(
        "there are \(ys.count) ys, but \(options.gradYs?.count ?? 0) grad_ys")
    }
    let targets = try ys.map { try endpoint(of: $0) }
    let sources = try xs.map { try endpoint(of: $0) }
    let stops = try options.stopGradients.map { try endpoint(of: $0) }
    return try asDefault {
      var environment = Environment.current
      if let name = options.name { environment = try environment.scoped(name) }
      return try environment.run {
        var (calls, slots) = try recordedCalls(for: targets)
        let wanted = try ys.indices.map { index in
          GradientTarget(
            ys[index], slot: slots[targets[index]],
            gradient: try start(ys[index], options.gradYs?[index], index))
        }
        let gradients = try ReverseMode.gradients(
          &calls, slotCount: slots.count, targets: wanted, sources: sources.map { slots[$0] },
          stops: Set(stops.map { slots[$0] }), options)
        guard options.unconnectedGradients == .zero else { return gradients }
        return try zip(xs, gradients).map { try $1 ?? .dense(BasicOps.zerosLike($0)) }
      }
    }
  }

  /// The gradient of a target itself, by TensorFlow's names.
  ///
  /// - Throws: `INVALID_ARGUMENT` where the given one has another dtype or shape, or where an
  ///   integer has one.
  private func start(_ y: Tensor, _ given: GradientValue?, _ index: Int) throws -> GradientValue? {
    guard let given else {
      guard y.dtype.isFloating || y.dtype.isComplex else { return nil }
      if y.dtype.isComplex {
        throw TFError.invalidArgument(
          "Gradients of complex tensors (y.dtype = \(y.dtype)) must set grad_ys.")
      }
      let shape = try ShapeOps.shapeTensor(of: y).asConstant(named: "Shape")
      let one = try BasicOps.family.const(
        [], ["value": .tensor(Tensor.one(y.dtype)), "dtype": .type(y.dtype)],
        name: "grad_ys_\(index)/Const")
      return .dense(
        try ShapeOps.family.fill(
          [shape, one], name: "grad_ys_\(index)"))
    }
    guard given.dtype == y.dtype else {
      throw TFError.invalidArgument(
        "the gradient given for y number \(index) is \(given.dtype), y is \(y.dtype)")
    }
    guard case .dense(let tensor) = given else { return given }
    guard tensor.shape.isCompatible(with: y.shape) else {
      throw TFError.invalidArgument(
        "the gradient given for y number \(index) has shape \(tensor.shape), y has \(y.shape)")
    }
    return .dense(try BasicOps.family.identity([tensor], name: "grad_ys_\(index)"))
  }
}
