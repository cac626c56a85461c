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
  /// Numbers of the inputs, and after them of the outputs, among all tensors of the recording; -1
  /// for those that nothing that is asked for depends on.
  private let slots: [Int32]
  let inputCount: Int
  /// The node, in a graph.
  let node: String?

  /// - Parameters:
  ///   - inputs, outputs: none where the action does not look at them.
  ///   - slots: numbers of the inputs, and after them of the outputs.
  init(
    _ action: Action, inputs: [Tensor], outputs: [Tensor], slots: [Int32], inputCount: Int,
    node: String? = nil
  ) {
    self.action = action
    self.inputs = inputs
    self.outputs = outputs
    self.slots = slots
    self.inputCount = inputCount
    self.node = node
  }

  var inputSlots: ArraySlice<Int32> { slots[..<inputCount] }
  var outputSlots: ArraySlice<Int32> { slots[inputCount...] }
  var outputCount: Int { slots.count - inputCount }
  func inputSlot(_ index: Int) -> Int { Int(slots[index]) }
  func outputSlot(_ index: Int) -> Int { Int(slots[inputCount + index]) }

  var opName: String {
    switch action {
    case .op(let op, _): op.name
    case .call(let name, _): name
    }
  }

  /// Whether outputs depend on inputs in a differentiable way.
  var isDifferentiable: Bool {
    guard case .op(let op, let attrs) = action, case .zero = op.gradient else { return true }
    return CustomGradients.name(attrs) != nil
  }
}

/// The numbers of tensors, in the order in which they came.
private struct TensorNumbers: Sendable {
  /// The tensor of each number.
  private var identities: [TensorIdentity] = []
  /// The same from tensors to numbers, where there are more than a search takes no time for.
  private var table: [TensorIdentity: Int32] = [:]
  private static let mostSearched = 12

  var count: Int { identities.count }

  subscript(identity: TensorIdentity) -> Int32? {
    if identities.count > Self.mostSearched { return table[identity] }
    // What was made last is looked for most.
    for index in identities.indices.reversed() where identities[index] == identity {
      return Int32(index)
    }
    return nil
  }

  mutating func add(_ identity: TensorIdentity) -> Int32 {
    let number = Int32(identities.count)
    if identities.isEmpty { identities.reserveCapacity(Self.mostSearched) }
    identities.append(identity)
    if identities.count > Self.mostSearched + 1 {
      table[identity] = number
    } else if identities.count == Self.mostSearched + 1 {
      // The later number counts, as a search from the end finds it.
      for (index, identity) in identities.enumerated() { table[identity] = Int32(index) }
    }
    return number
  }
}

/// Calls in the order in which they were made, with the tensors that they took and gave numbered.
package struct Recording: Sendable {
  package var calls: [RecordedCall] = []
  private var numbers = TensorNumbers()

  /// Most recordings are of some calls.
  private static let commonCount = 8

  /// How many tensors are numbered.
  package var slotCount: Int { numbers.count }

  package init() {}

  /// The number of a tensor that is watched or depends on one that is; nil for others.
  package func slot(_ tensor: Tensor) -> Int? { numbers[tensor.identity].map(Int.init) }

  package mutating func watch(_ tensor: Tensor) {
    let identity = tensor.identity
    if numbers[identity] == nil { _ = numbers.add(identity) }
  }

  /// Whether the recording is about any of the tensors.
  package func concerns(_ tensors: [Tensor]) -> Bool {
    for index in tensors.indices where numbers[tensors[index].identity] != nil { return true }
    return false
  }

  /// Notes a call where it depends on what is watched.
  ///
  /// - Parameter outputs: none of them is an input.
  package mutating func note(
    _ action: RecordedCall.Action, _ inputs: [Tensor], _ outputs: [Tensor]
  ) {
    var slots: [Int32] = []
    for index in inputs.indices {
      guard let slot = numbers[inputs[index].identity] else { continue }
      if slots.isEmpty { slots = [Int32](repeating: -1, count: inputs.count + outputs.count) }
      slots[index] = slot
    }
    if slots.isEmpty { return }
    if calls.isEmpty { calls.reserveCapacity(Self.commonCount) }
    // A call keeps what it needs itself.
    var needs = GradientNeeds.nothing
    if case .op(let op, let attrs) = action {
      needs = op.gradient.needs
      if !attrs.isEmpty, CustomGradients.name(attrs) != nil {
        needs = .all
      } else if case .zero = op.gradient {
        return
      }
    }
    for index in outputs.indices where outputs[index].dtype.isDifferentiable {
      slots[inputs.count + index] = numbers.add(outputs[index].identity)
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
        action, inputs: keptInputs, outputs: keptOutputs, slots: slots, inputCount: inputs.count))
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
