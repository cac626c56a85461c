package import CoreOps

/// What is known of a node's outputs before any run.
package final class OutputFacts: Sendable {
  package let shapes: [PartialShape]
  /// What is behind the outputs that are resources or variants; empty where nothing is known.
  package let handles: [HandleData?]
  /// What the shape rule, or the signature, refuses. All shapes are unknown then.
  package let error: TFError?

  init(_ shapes: [PartialShape], handles: [HandleData?] = [], error: TFError? = nil) {
    self.shapes = shapes
    self.handles = handles
    self.error = error
  }

  private static let none = OutputFacts([])
  private static let one = OutputFacts([.unknown])

  static func unknown(_ count: Int, _ error: TFError? = nil) -> OutputFacts {
    if error == nil, count < 2 { return count == 0 ? none : one }
    return OutputFacts([PartialShape](repeating: .unknown, count: count), error: error)
  }

  func handle(_ index: Int) -> HandleData? { index < handles.count ? handles[index] : nil }
}

extension Graph {
  /// What is known of the outputs of a node: inferred when it is first asked for, by the rules of
  /// the node and of all that it depends on.
  package func facts(_ id: Int) -> OutputFacts { withState { $0.facts(id) } }

  /// The static shape of an output. Follows `tf.Tensor.shape` in a graph.
  package func shape(of endpoint: Endpoint) -> PartialShape {
    let shapes = facts(endpoint.node).shapes
    return endpoint.index < shapes.count ? shapes[endpoint.index] : .unknown
  }

  /// What is behind an output that is a resource or variant, where it is known.
  package func handle(of endpoint: Endpoint) -> HandleData? {
    facts(endpoint.node).handle(endpoint.index)
  }

  /// Adds what a program says of the shape of an output. Follows `tf.Tensor.set_shape`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it contradicts what is known.
  package func setShape(of endpoint: Endpoint, _ shape: PartialShape) throws {
    try withState { state in
      let known = state.facts(endpoint.node)
      guard known.shapes.indices.contains(endpoint.index) else { return }
      var shapes = known.shapes
      shapes[endpoint.index] = try shapes[endpoint.index].merged(with: shape)
      let before = state.statedShapes[endpoint] ?? .unknown
      state.statedShapes[endpoint] = try before.merged(with: shape)
      state.facts[endpoint.node] = OutputFacts(
        shapes, handles: known.handles, error: known.error)
    }
  }

  /// Says what is behind an output of a placeholder, as what it stands for has it.
  func stateHandle(of endpoint: Endpoint, _ handle: HandleData) {
    withState { state in
      let known = state.facts(endpoint.node)
      var handles = known.handles
      while handles.count <= endpoint.index { handles.append(nil) }
      handles[endpoint.index] = handle
      state.facts[endpoint.node] = OutputFacts(
        known.shapes, handles: handles, error: known.error)
    }
  }

  /// Infers all shapes.
  ///
  /// - Throws: what is wrong with the first node whose inputs do not fit its op, as TensorFlow
  ///   refuses such a graph when it is imported.
  package func checkShapes() throws {
    for id in 0..<nodeCount {
      if let error = facts(id).error {
        let node = node(id)
        throw error.at(node: node.name, op: node.opName)
      }
    }
  }
}

extension Graph.State {
  mutating func facts(_ id: Int) -> OutputFacts {
    if let known = facts[id] { return known }
    // Inputs first; a stack of our own, as graphs are deeper than threads' stacks.
    var stack = [id]
    while let top = stack.last {
      var isReady = true
      if facts[top] == nil {
        for input in nodes[top].inputs where isEarlier(input, than: top) {
          if facts[input.node] == nil {
            stack.append(input.node)
            isReady = false
          }
        }
      }
      guard isReady else { continue }
      stack.removeLast()
      if facts[top] == nil { facts[top] = leniently(nodes[top]) }
    }
    return facts[id] ?? .unknown(0)
  }

  /// A node stands after its inputs, but for the back edges of loops.
  private func isEarlier(_ input: Endpoint, than id: Int) -> Bool {
    input.node >= 0 && input.node < id
  }

  private mutating func leniently(_ node: Node) -> OutputFacts {
    do { return try inferred(node) } catch let error as TFError {
      return .unknown(node.outputTypes.count, error)
    } catch {
      return .unknown(node.outputTypes.count)
    }
  }

  /// What the op's shape rule infers for a node, which need not be part of the graph yet.
  ///
  /// - Throws: what the signature or the shape rule refuses.
  mutating func inferred(_ node: Node) throws -> OutputFacts {
    guard let op = node.op, node.fault == nil else {
      return try stated(of: node, .unknown(node.outputTypes.count))
    }
    let inputTypes = try checkedTypes(node, op)
    var shapes: [PartialShape] = []
    shapes.reserveCapacity(node.inputs.count)
    var handles: [HandleData?] = []
    var values: [Tensor?] = []
    values.reserveCapacity(node.inputs.count)
    for (index, input) in node.inputs.enumerated() {
      guard isEarlier(input, than: node.id) else {
        // As TensorFlow infers shapes before it adds the back edges of loops.
        shapes.append(.unknown)
        values.append(nil)
        continue
      }
      let facts = facts(input.node)
      shapes.append(input.index < facts.shapes.count ? facts.shapes[input.index] : .unknown)
      values.append(constantNode(input))
      if let handle = facts.handle(input.index) {
        if handles.isEmpty { handles = .init(repeating: nil, count: node.inputs.count) }
        handles[index] = handle
      }
    }
    let holdsHandles =
      !handles.isEmpty || node.outputTypes.contains { $0 == .resource || $0 == .variant }
    var partialShapes: [PartialShape?] = []
    while true {
      let known = KnownValues(values, partialShapes: partialShapes)
      let flow = holdsHandles ? HandleFlow(handles) : nil
      let result = try op.inferShapes(
        ShapeContext(
          op: op, attrs: node.attrs, inputTypes: inputTypes, shapes: shapes, values: known,
          handles: flow, producer: versions.producer))
      guard result.count == node.outputTypes.count else {
        throw TFError.internal(
          "the shape rule gives \(result.count) shapes for \(node.outputTypes.count) outputs")
      }
      // The rule is asked again with the values that it looked for and that can be had.
      if partialShapes.isEmpty, known.used != 0,
        let found = find(known, node, values: &values, shapes)
      {
        partialShapes = found
        continue
      }
      let inferred = facts(result, flow, shapes)
      if inferred.handles.isEmpty, let branches = handlesOfBranches(node, handles) {
        return try stated(of: node, OutputFacts(result, handles: branches))
      }
      return try stated(of: node, inferred)
    }
  }

  private func facts(_ result: [PartialShape], _ flow: HandleFlow?, _ inputs: [PartialShape])
    -> OutputFacts
  {
    guard let outputs = flow?.outputs, !outputs.isEmpty else {
      return result == [.unknown] ? .unknown(1) : OutputFacts(result)
    }
    return OutputFacts(result, handles: result.indices.map { outputs[$0] })
  }

  /// The facts with what the attributes `_output_shapes` and `_handle_shapes` say, and a program.
  private func stated(of node: Node, _ facts: OutputFacts) throws -> OutputFacts {
    let attrs = node.attrs
    var shapes = facts.shapes
    var handles = facts.handles
    if !statedShapes.isEmpty {
      for index in shapes.indices {
        guard let shape = statedShapes[Endpoint(node.id, index)] else { continue }
        shapes[index] = try shapes[index].merged(with: shape)
      }
    }
    if case .list(let stated)? = attrs["_output_shapes"], stated.count == shapes.count {
      for (index, value) in stated.enumerated() {
        guard case .shape(let shape) = value else { continue }
        guard shapes[index].isCompatible(with: shape) else {
          throw TFError.invalidArgument(
            """
            Node has an _output_shapes attribute inconsistent with the GraphDef for output \
            #\(index): \(shape) is not compatible with \(shapes[index])
            """
          )
        }
        shapes[index] = try shapes[index].merged(with: shape)
      }
    }
    if handles.isEmpty, shapes.count == 1, let stated = HandleData(attrs) { handles = [stated] }
    return shapes == facts.shapes && handles.count == facts.handles.count
      ? facts : OutputFacts(shapes, handles: handles)
  }

  /// The inputs' dtypes.
  ///
  /// - Throws: `INVALID_ARGUMENT` when attributes or inputs do not fit the signature, so that no
  ///   rule sees such a node.
  private func checkedTypes(_ node: Node, _ op: OpDef) throws -> [DType] {
    let signature = op.signature
    try signature.check(node.attrs)
    let expected = try signature.inputTypes(node.attrs)
    guard expected.count == node.inputs.count else {
      throw TFError.invalidArgument(
        "NodeDef expected \(expected.count) inputs, got \(node.inputs.count)")
    }
    for (index, input) in node.inputs.enumerated() where input.node >= 0 {
      let source = nodes[input.node]
      guard input.index < source.outputTypes.count else { continue }
      try Verifier.checkType(of: index, expected[index], source, input.index, node.name)
    }
    return expected
  }

  /// The value of an output of a constant node.
  private func constantNode(_ endpoint: Endpoint) -> Tensor? {
    let node = nodes[endpoint.node]
    guard node.isConstant, case .tensor(let value)? = node.attrs["value"] else { return nil }
    return value
  }

  /// Looks for the values, whole or in part, that a rule asked for.
  ///
  /// - Returns: the shapes that inputs describe; nil when nothing was found.
  private mutating func find(
    _ known: KnownValues, _ node: Node, values: inout [Tensor?], _ shapes: [PartialShape]
  ) -> [PartialShape?]? {
    var partialShapes = [PartialShape?](repeating: nil, count: values.count)
    var found = false
    for (index, input) in node.inputs.enumerated()
    where known.isUsed(index) && values[index] == nil && isEarlier(input, than: node.id) {
      if let value = constant(input) {
        values[index] = value
        found = true
      } else if shapes[index].rank ?? 1 == 1, let partial = partialShape(input) {
        partialShapes[index] = partial
        found = true
      }
    }
    return found ? partialShapes : nil
  }
}
