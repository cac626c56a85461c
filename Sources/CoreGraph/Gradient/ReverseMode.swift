package import CoreOps

/// What is differentiated: a tensor of a recording, and the gradient of something with respect to
/// it; nil stands for ones.
package struct GradientTarget {
  let tensor: Tensor
  let slot: Int
  let gradient: GradientValue?

  package init(_ tensor: Tensor, slot: Int, gradient: GradientValue?) {
    self.tensor = tensor
    self.slot = slot
    self.gradient = gradient
  }
}

/// Reverse-mode differentiation from the ops' rules, the same for graphs and tapes.
package enum ReverseMode {
  /// The gradients of `targets` with respect to `sources`, summed over the targets.
  ///
  /// Rules apply public ops, so what they do goes where the current interpreter sends it.
  ///
  /// - Parameters:
  ///   - calls: in the order in which they were made. They are dropped as the walk passes them, so
  ///     that what they hold goes as soon as it can.
  ///   - slotCount: how many tensors they number.
  ///   - sources: numbers of tensors.
  ///   - stops: numbers of tensors that are taken as constants.
  /// - Returns: nil where no target depends on the source.
  /// - Throws: `UNIMPLEMENTED` that names the node and op when a path leads through one without a
  ///   gradient.
  package static func gradients(
    _ calls: inout [RecordedCall], slotCount: Int, targets: [GradientTarget],
    sources: [Int], stops: Set<Int> = [], _ options: GradientOptions = GradientOptions()
  ) throws -> [GradientValue?] {
    // What depends on the sources: the rest of the program is not walked.
    var dependent = [Bool](repeating: false, count: slotCount)
    for source in sources { dependent[source] = true }
    for call in calls where call.isDifferentiable {
      guard call.inputSlots.contains(where: { $0 >= 0 && dependent[Int($0)] }) else { continue }
      for slot in call.outputSlots where slot >= 0 && !stops.contains(Int(slot)) {
        dependent[Int(slot)] = true
      }
    }
    var sums = [GradientSum](repeating: GradientSum(), count: slotCount)
    var isSource = [Bool](repeating: false, count: slotCount)
    for source in sources { isSource[source] = true }
    for target in targets {
      guard
        target.tensor.dtype.isFloating || target.tensor.dtype.isComplex || target.gradient != nil
      else { continue }
      try sums[target.slot].add(
        target.gradient ?? .dense(BasicOps.family.onesLike([target.tensor])))
    }
    while let call = calls.popLast() {
      guard call.isDifferentiable, call.outputSlots.contains(where: { $0 >= 0 }) else { continue }
      var gradients = [GradientValue?](repeating: nil, count: call.outputs.count)
      var hasGradient = false
      for (index, slot) in call.outputSlots.enumerated() where slot >= 0 {
        let slot = Int(slot)
        guard dependent[slot], !sums[slot].isEmpty, !stops.contains(slot) else { continue }
        gradients[index] = try sums[slot].total(options.aggregationMethod)
        hasGradient = true
        if !isSource[slot] { sums[slot] = GradientSum() }
      }
      guard hasGradient else { continue }
      let wanted = call.inputSlots.map { $0 >= 0 && dependent[Int($0)] }
      guard wanted.contains(true) else { continue }
      let results =
        try environment(of: call, options).map { environment in
          try environment.run { try inputGradients(of: call, gradients, wanted) }
        } ?? inputGradients(of: call, gradients, wanted)
      for (index, slot) in call.inputSlots.enumerated() where wanted[index] {
        if let result = results[index] { try sums[Int(slot)].add(result) }
      }
    }
    return try sources.map { try sums[$0].total(options.aggregationMethod) }
  }

  /// The environment of a node's gradient in a graph: a scope of its name, and its place.
  private static func environment(of call: RecordedCall, _ options: GradientOptions) throws
    -> Environment?
  {
    guard let node = call.node else { return nil }
    var environment = try Environment.current.scoped("\(node)_grad")
    if options.colocateGradientsWithOps, let output = call.outputs.first {
      environment = try environment.colocated(with: output)
    }
    return environment
  }

  private static func inputGradients(
    of call: RecordedCall, _ gradients: [GradientValue?], _ wanted: [Bool]
  ) throws -> [GradientValue?] {
    let results: [GradientValue?]
    do {
      switch call.action {
      case .call(_, let backward): results = try backward(gradients, wanted)
      case .op(let op, let attrs):
        switch op.gradient {
        case .zero: return [GradientValue?](repeating: nil, count: wanted.count)
        case .none(let reason):
          let name = call.node.map { "'\($0)' (op type: \(op.name))" } ?? "'\(op.name)'"
          throw TFError.unimplemented("No gradient defined for operation \(name): \(reason)").at(
            node: call.node, op: op.name)
        case .rule(_, let rule):
          results = try rule(context(call, op, attrs, gradients.map { try $0?.tensor() }, wanted))
            .map { $0.map { .dense($0) } }
        case .slices(_, let rule):
          var context = context(call, op, attrs, gradients.map(\.?.whole), wanted)
          context.outputSlices = gradients.map(\.?.parts)
          results = try rule(context)
        }
      }
    } catch let error as TFError {
      if error.code == .unimplemented, error.message.hasPrefix("No gradient defined") {
        throw error
      }
      throw TFError(
        error.code, "the gradient failed: \(error)", node: call.node, op: call.opName)
    }
    guard results.count == wanted.count else {
      throw TFError.internal(
        "the gradient rule gives \(results.count) gradients for \(wanted.count) inputs"
      ).at(node: call.node, op: call.opName)
    }
    return results
  }

  private static func context(
    _ call: RecordedCall, _ op: OpDef, _ attrs: Attrs, _ gradients: [Tensor?], _ wanted: [Bool]
  ) -> GradientContext {
    GradientContext(
      op: op, attrs: attrs, inputs: call.inputs, outputs: call.outputs,
      outputGradients: gradients, wanted: wanted)
  }
}

extension GradientValue {
  fileprivate var whole: Tensor? {
    if case .dense(let tensor) = self { tensor } else { nil }
  }
  fileprivate var parts: IndexedSlices? {
    if case .slices(let slices) = self { slices } else { nil }
  }
}
