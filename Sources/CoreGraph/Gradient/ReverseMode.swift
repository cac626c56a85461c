package import CoreOps

/// An op as it was applied: what reverse-mode differentiation walks back over.
package struct AppliedOp: Sendable {
  package let op: OpDef
  package let attrs: Attrs
  package let inputs: [Tensor]
  package let outputs: [Tensor]

  package init(op: OpDef, attrs: Attrs, inputs: [Tensor], outputs: [Tensor]) {
    self.op = op
    self.attrs = attrs
    self.inputs = inputs
    self.outputs = outputs
  }
}

/// Reverse-mode differentiation from the ops' rules, the same for graphs and tapes.
package enum ReverseMode {
  /// The gradients of `targets` with respect to `sources`, summed over the targets.
  ///
  /// Rules apply public ops, so what they do goes where the current interpreter sends it.
  ///
  /// - Parameters:
  ///   - applied: in the order in which they were applied.
  ///   - targetGradients: one per target; nil stands for ones.
  /// - Returns: nil where no target depends on the source.
  /// - Throws: `UNIMPLEMENTED` that names the op when a path leads through one without a gradient.
  package static func gradients(
    _ applied: [AppliedOp], targets: [Tensor], targetGradients: [Tensor?], sources: [Tensor]
  ) throws -> [Tensor?] {
    // What depends on the sources: the rest of the program is not walked.
    var dependent = Set(sources)
    for record in applied where record.inputs.contains(where: dependent.contains) {
      dependent.formUnion(record.outputs)
    }
    var sums: [Tensor: Tensor] = [:]
    func add(_ gradient: Tensor, to tensor: Tensor) throws {
      if let sum = sums[tensor] {
        sums[tensor] = try SelectOps.family.addNOp([sum, gradient])
      } else {
        sums[tensor] = gradient
      }
    }
    for (target, gradient) in zip(targets, targetGradients) {
      guard target.dtype.isFloating || target.dtype.isComplex else { continue }
      try add(gradient ?? BasicOps.family.onesLike([target]), to: target)
    }
    for record in applied.reversed() where record.inputs.contains(where: dependent.contains) {
      let gradients = record.outputs.map { sums[$0] }
      guard gradients.contains(where: { $0 != nil }) else { continue }
      switch record.op.gradient {
      case .zero: continue
      case .none(let reason):
        throw TFError.unimplemented(
          "No gradient defined for operation '\(record.op.name)': \(reason)"
        )
        .at(node: nil, op: record.op.name)
      case .rule(let rule):
        let context = GradientContext(
          op: record.op, attrs: record.attrs, inputs: record.inputs, outputs: record.outputs,
          outputGradients: gradients)
        let inputGradients: [Tensor?]
        do {
          inputGradients = try rule(context)
        } catch let error as TFError {
          throw TFError(error.code, "the gradient failed: \(error)", op: record.op.name)
        }
        guard inputGradients.count == record.inputs.count else {
          throw TFError.internal(
            """
            the gradient rule gives \(inputGradients.count) gradients for \(record.inputs.count) \
            inputs
            """
          ).at(node: nil, op: record.op.name)
        }
        for (input, gradient) in zip(record.inputs, inputGradients) where dependent.contains(input)
        {
          if let gradient { try add(gradient, to: input) }
        }
      }
    }
    return sources.map { sums[$0] }
  }
}

extension Graph {
  /// Adds nodes for the gradients of `ys` with respect to `xs`. Follows `tf.gradients`.
  ///
  /// - Parameters:
  ///   - ys, xs: symbolic tensors of this graph.
  ///   - gradYs: one per `ys`; nil stands for ones.
  /// - Returns: nil where no `ys` depends on the `xs`.
  package func gradients(_ ys: [Tensor], _ xs: [Tensor], gradYs: [Tensor?]? = nil) throws
    -> [Tensor?]
  {
    let targets = try ys.map { try endpoint(of: $0) }
    let sources = try xs.map { try endpoint(of: $0) }
    let nodes = self.nodes
    var needed = [Bool](repeating: false, count: nodes.count)
    var stack = targets.map(\.node)
    while let id = stack.popLast() {
      if needed[id] { continue }
      needed[id] = true
      stack.append(contentsOf: nodes[id].inputs.map(\.node))
    }
    // One object per output, so that equal tensors are equal keys.
    var tensors: [Endpoint: Tensor] = [:]
    func tensor(_ endpoint: Endpoint) -> Tensor {
      if let known = tensors[endpoint] { return known }
      let made = self.tensor(endpoint)
      tensors[endpoint] = made
      return made
    }
    let applied = try nodes.filter { needed[$0.id] }.map { node in
      guard let op = node.op else {
        throw TFError.notFound("Op type not registered '\(node.opName)'").at(
          node: node.name, op: node.opName)
      }
      return AppliedOp(
        op: op, attrs: node.attrs, inputs: node.inputs.map(tensor),
        outputs: node.outputTypes.indices.map { tensor(Endpoint(node.id, $0)) })
    }
    return try asDefault {
      try ReverseMode.gradients(
        applied, targets: targets.map(tensor),
        targetGradients: gradYs ?? [Tensor?](repeating: nil, count: ys.count),
        sources: sources.map(tensor))
    }
  }
}
