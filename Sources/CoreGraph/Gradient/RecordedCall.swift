package import CoreOps

/// A call as it was made: what reverse-mode differentiation walks back over.
package struct RecordedCall: Sendable {
  /// Gives the gradients for inputs from those of the outputs.
  ///
  /// - Parameter wanted: for which inputs a gradient is of use.
  package typealias Backward =
    @Sendable (_ gradients: [GradientValue?], _ wanted: [Bool]) throws -> [GradientValue?]

  package enum Action: Sendable {
    /// An op, whose rule gives its gradient.
    case op(OpDef, Attrs)
    /// The call of a function, a branch, a loop, or what has a gradient of its own; `name` is what
    /// errors call it.
    case call(name: String, Backward)
  }

  package let action: Action
  package let inputs: [Tensor]
  package let outputs: [Tensor]
  /// Numbers of the inputs and outputs among all tensors of the recording; -1 for those that
  /// nothing that is asked for depends on.
  let inputSlots: [Int32]
  let outputSlots: [Int32]
  /// The node, in a graph.
  let node: String?

  init(
    _ action: Action, inputs: [Tensor], outputs: [Tensor], inputSlots: [Int32],
    outputSlots: [Int32], node: String? = nil
  ) {
    self.action = action
    self.inputs = inputs
    self.outputs = outputs
    self.inputSlots = inputSlots
    self.outputSlots = outputSlots
    self.node = node
  }

  var opName: String {
    switch action {
    case .op(let op, _): op.name
    case .call(let name, _): name
    }
  }

  /// Whether outputs depend on inputs in a differentiable way.
  var isDifferentiable: Bool {
    if case .op(let op, _) = action, case .zero = op.gradient { return false }
    return true
  }
}

/// Calls in the order in which they were made, with the tensors that they took and gave numbered.
package struct Recording: Sendable {
  package var calls: [RecordedCall] = []
  private var slots: [TensorIdentity: Int32] = [:]
  private var count: Int32 = 0

  /// How many tensors are numbered.
  package var slotCount: Int { Int(count) }

  package init() {}

  /// The number of a tensor that is watched or depends on one that is; nil for others.
  package func slot(_ tensor: Tensor) -> Int? { slots[tensor.identity].map(Int.init) }

  package mutating func watch(_ tensor: Tensor) {
    if slots[tensor.identity] == nil { _ = number(tensor) }
  }

  private mutating func number(_ tensor: Tensor) -> Int32 {
    let slot = count
    slots[tensor.identity] = slot
    count += 1
    return slot
  }

  /// Whether the recording is about any of the tensors.
  package func concerns(_ tensors: [Tensor]) -> Bool {
    tensors.contains { slots[$0.identity] != nil }
  }

  /// Notes a call where it depends on what is watched.
  ///
  /// - Parameter outputs: none of them is an input.
  package mutating func note(
    _ action: RecordedCall.Action, _ inputs: [Tensor], _ outputs: [Tensor]
  ) {
    var inputSlots = [Int32](repeating: -1, count: inputs.count)
    var concerns = false
    for index in inputs.indices {
      if let slot = slots[inputs[index].identity] {
        inputSlots[index] = slot
        concerns = true
      }
    }
    guard concerns else { return }
    // A call keeps what it needs itself.
    var needs = GradientNeeds.nothing
    if case .op(let op, _) = action {
      if case .zero = op.gradient { return }
      needs = op.gradient.needs
    }
    var outputSlots = [Int32](repeating: -1, count: outputs.count)
    for index in outputs.indices where outputs[index].dtype.isDifferentiable {
      outputSlots[index] = number(outputs[index])
    }
    var keptInputs = inputs
    var keptOutputs = outputs
    if needs != .all {
      for index in inputs.indices where !needs.input(index, of: inputs.count) {
        keptInputs[index] = inputs[index].withoutValue
      }
      for index in outputs.indices where !needs.output(index) {
        keptOutputs[index] = outputs[index].withoutValue
      }
    }
    calls.append(
      RecordedCall(
        action, inputs: keptInputs, outputs: keptOutputs, inputSlots: inputSlots,
        outputSlots: outputSlots))
  }
}

extension DType {
  /// Whether a tensor of this dtype can have a gradient, its own or that of what it refers to.
  package var isDifferentiable: Bool {
    isFloating || isComplex || self == .resource || self == .variant
  }
}

/// Who is told of the calls of functions, as a gradient tape is.
package protocol FunctionRecorder: CallRecorder {
  /// Whether what is computed from any of the tensors is recorded.
  func concerns(_ tensors: [Tensor]) -> Bool
  func note(_ action: RecordedCall.Action, _ inputs: [Tensor], _ outputs: [Tensor])
}
