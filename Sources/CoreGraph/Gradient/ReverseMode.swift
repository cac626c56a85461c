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
    var walk = Walk(slotCount, sources, stops, options)
    walk.markDependents(calls)
    for target in targets {
      guard
        target.tensor.dtype.isFloating || target.tensor.dtype.isComplex || target.gradient != nil
      else { continue }
      try walk.add(
        target.gradient ?? .dense(BasicOps.family.onesLike([target.tensor])), to: target.slot)
    }
    walk.order(&calls, targets)
    while let call = calls.popLast() { try walk.pass(call) }
    return try sources.map { try walk.total($0) }
  }
}

/// What a walk back over a recording knows of each tensor.
private struct Walk {
  private struct Slot {
    var sum = GradientSum()
    /// Whether it depends on a source, so that a gradient leads somewhere.
    var isDependent = false
    /// Whether its gradient is asked for.
    var isSource = false
    var isStop = false
  }

  private var slots: [Slot]
  private let options: GradientOptions

  init(_ count: Int, _ sources: [Int], _ stops: Set<Int>, _ options: GradientOptions) {
    slots = [Slot](repeating: Slot(), count: count)
    self.options = options
    for source in sources {
      slots[source].isSource = true
      slots[source].isDependent = true
    }
    for stop in stops { slots[stop].isStop = true }
  }

  /// Finds what depends on the sources: the rest of the program is not walked.
  mutating func markDependents(_ calls: [RecordedCall]) {
    for index in calls.indices where calls[index].isDifferentiable {
      guard dependsOnASource(calls[index]) else { continue }
      for slot in calls[index].outputSlots where slot >= 0 && !slots[Int(slot)].isStop {
        slots[Int(slot)].isDependent = true
      }
    }
  }

  private func dependsOnASource(_ call: RecordedCall) -> Bool {
    for slot in call.inputSlots where slot >= 0 && slots[Int(slot)].isDependent { return true }
    return false
  }

  /// Puts the calls of a graph into the order in which TensorFlow goes through them, the first
  /// last: a call comes when all that took its outputs have, and is behind those that came before
  /// it. So nodes are made, and gradients of one tensor summed, in the same order.
  func order(_ calls: inout [RecordedCall], _ targets: [GradientTarget]) {
    guard calls.last?.node != nil else { return }
    // What only a control edge needs leads to no target.
    var isNeeded = [Bool](repeating: false, count: slots.count)
    for target in targets where target.slot >= 0 { isNeeded[target.slot] = true }
    for call in calls.reversed()
    where call.outputSlots.contains(where: { $0 >= 0 && isNeeded[Int($0)] }) {
      for slot in call.inputSlots where slot >= 0 { isNeeded[Int(slot)] = true }
    }
    var producers = [Int32](repeating: -1, count: slots.count)
    var isOnTheWay = [Bool](repeating: false, count: calls.count)
    var consumers = [Int32](repeating: 0, count: calls.count)
    for (index, call) in calls.enumerated() {
      for slot in call.outputSlots where slot >= 0 { producers[Int(slot)] = Int32(index) }
      guard call.isDifferentiable, dependsOnASource(call),
        call.outputSlots.contains(where: { $0 >= 0 && isNeeded[Int($0)] })
      else { continue }
      isOnTheWay[index] = true
      for slot in call.inputSlots where slot >= 0 && producers[Int(slot)] >= 0 {
        consumers[Int(producers[Int(slot)])] += 1
      }
    }
    var queue: [Int] = []
    func offer(_ slot: Int) {
      let producer = Int(producers[slot])
      if producer >= 0, consumers[producer] == 0, isOnTheWay[producer] {
        isOnTheWay[producer] = false
        queue.append(producer)
      }
    }
    for target in targets where target.slot >= 0 { offer(target.slot) }
    var next = 0
    while next < queue.count {
      let call = calls[queue[next]]
      next += 1
      for slot in call.inputSlots where slot >= 0 && producers[Int(slot)] >= 0 {
        consumers[Int(producers[Int(slot)])] -= 1
        offer(Int(slot))
      }
    }
    // What is left leads to no source.
    calls = queue.reversed().map { calls[$0] }
  }

  mutating func add(_ gradient: GradientValue, to slot: Int) throws {
    try slots[slot].sum.add(gradient)
  }

  mutating func total(_ slot: Int) throws -> GradientValue? {
    try slots[slot].sum.total(options.aggregationMethod)
  }

  /// Hands the gradients of a call's outputs on to its inputs.
  mutating func pass(_ call: RecordedCall) throws {
    guard call.isDifferentiable, dependsOnASource(call) else { return }
    var gradients = [GradientValue?](repeating: nil, count: call.outputCount)
    var hasGradient = false
    for index in 0..<call.outputCount {
      let slot = call.outputSlot(index)
      guard slot >= 0, slots[slot].isDependent, !slots[slot].sum.isEmpty, !slots[slot].isStop
      else { continue }
      gradients[index] = try total(slot)
      hasGradient = true
      if !slots[slot].isSource { slots[slot].sum = GradientSum() }
    }
    guard hasGradient else { return }
    var wanted = [Bool](repeating: false, count: call.inputCount)
    for index in wanted.indices {
      let slot = call.inputSlot(index)
      wanted[index] = slot >= 0 && slots[slot].isDependent
    }
    let results: [GradientValue?]
    if let environment = try environment(of: call) {
      results = try environment.run { try call.inputGradients(gradients, wanted) }
    } else {
      results = try call.inputGradients(gradients, wanted)
    }
    for index in wanted.indices where wanted[index] {
      if let result = results[index] { try slots[call.inputSlot(index)].sum.add(result) }
    }
  }

  /// The environment of a node's gradient in a graph: a scope of its name, and its place.
  private func environment(of call: RecordedCall) throws -> Environment? {
    guard let node = call.node else { return nil }
    var environment = try Environment.current.scoped("\(node)_grad")
    if options.colocateGradientsWithOps, let output = call.outputs.first {
      environment = try environment.colocated(with: output)
    }
    return environment
  }
}

extension RecordedCall {
  /// The gradients for the inputs, by the rule of the op or what stands in its place.
  ///
  /// - Throws: `UNIMPLEMENTED` that names the node where there is no gradient; what the rule
  ///   throws.
  fileprivate func inputGradients(_ gradients: [GradientValue?], _ wanted: [Bool]) throws
    -> [GradientValue?]
  {
    let results: [GradientValue?]
    do {
      switch action {
      case .call(_, let backward): results = try backward(gradients, wanted)
      case .op(let op, let attrs):
        results = try ruled(op, attrs, gradients, wanted)
      }
    } catch let error as TFError {
      if error.code == .unimplemented, error.message.hasPrefix("No gradient defined") {
        throw error
      }
      throw TFError(error.code, "the gradient failed: \(error)", node: node, op: opName)
    }
    guard results.count == wanted.count else {
      throw TFError.internal(
        "the gradient rule gives \(results.count) gradients for \(wanted.count) inputs"
      ).at(node: node, op: opName)
    }
    return results
  }

  private func ruled(
    _ op: OpDef, _ attrs: Attrs, _ gradients: [GradientValue?], _ wanted: [Bool]
  ) throws -> [GradientValue?] {
    if let name = CustomGradients.name(attrs) {
      if let found = try CustomGradients.gradients(name, of: self, gradients, wanted) {
        return found
      }
      // The name of another op: that op's rule.
      guard let other = OpRegistry.standard[name], other.gradient.isThere else {
        throw TFError.notFound("gradient registry has no entry for: \(name)")
      }
      return try other.gradient.gradients(context(op, attrs, wanted), gradients)
    }
    if case .none(let reason) = op.gradient {
      if let found = try CustomGradients.gradients(op.name, of: self, gradients, wanted) {
        return found
      }
      let name = node.map { "'\($0)' (op type: \(op.name))" } ?? "'\(op.name)'"
      throw TFError.unimplemented("No gradient defined for operation \(name): \(reason)").at(
        node: node, op: op.name)
    }
    return try op.gradient.gradients(context(op, attrs, wanted), gradients)
  }

  private func context(_ op: OpDef, _ attrs: Attrs, _ wanted: [Bool]) -> GradientContext {
    GradientContext(
      op: op, attrs: attrs, inputs: inputs, outputs: outputs, outputGradients: [], wanted: wanted)
  }
}

extension Gradient {
  fileprivate var isThere: Bool {
    if case .none = self { false } else { true }
  }

  /// What the rule gives for the inputs; nothing where there is none.
  fileprivate func gradients(_ context: GradientContext, _ gradients: [GradientValue?]) throws
    -> [GradientValue?]
  {
    var context = context
    switch self {
    case .zero, .none: return [GradientValue?](repeating: nil, count: context.inputs.count)
    case .rule(_, let rule):
      context.outputGradients = try gradients.map { try $0?.tensor() }
      return try rule(context).map { $0.map { .dense($0) } }
    case .slices(_, let rule):
      context.outputGradients = gradients.map(\.?.whole)
      context.outputSlices = gradients.map(\.?.parts)
      return try rule(context)
    }
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
