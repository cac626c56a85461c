/// How an op's outputs depend on its inputs, for reverse-mode differentiation.
package enum Gradient: Sendable {
  /// Gives one gradient per input, nil where the output does not depend on it. Calls public ops
  /// only.
  case rule(needs: GradientNeeds = .all, @Sendable (GradientContext) throws -> [Tensor?])
  /// The same where a gradient may be slices.
  case slices(needs: GradientNeeds = .all, @Sendable (GradientContext) throws -> [GradientValue?])
  /// The outputs do not depend on the inputs in a differentiable way (comparisons, shapes,
  /// rounding).
  case zero
  /// Not differentiable, and asking for it is an error.
  case none(String)

  /// Whose values the rule looks at; of the others it gets dtypes and shapes only.
  package var needs: GradientNeeds {
    switch self {
    case .rule(let needs, _), .slices(let needs, _): needs
    case .zero, .none: .nothing
    }
  }
}

/// The inputs and outputs of a call whose values a gradient rule looks at, so that memory of the
/// others can go.
package struct GradientNeeds: Sendable, Equatable {
  private let inputMask: UInt64
  private let outputMask: UInt64

  private init(inputMask: UInt64, outputMask: UInt64) {
    self.inputMask = inputMask
    self.outputMask = outputMask
  }

  package static let all = GradientNeeds(inputMask: .max, outputMask: .max)
  /// Dtypes and shapes alone.
  package static let nothing = GradientNeeds(inputMask: 0, outputMask: 0)
  package static let inputs = GradientNeeds(inputMask: .max, outputMask: 0)
  package static let outputs = GradientNeeds(inputMask: 0, outputMask: .max)

  /// The last input alone, which says how the others were joined.
  package static let last = GradientNeeds(inputMask: lastBit, outputMask: 0)
  private static let lastBit: UInt64 = 1 << 63

  /// The inputs at those positions, and no output.
  package static func inputs(_ positions: Int...) -> GradientNeeds {
    GradientNeeds(inputMask: mask(positions), outputMask: 0)
  }

  /// The inputs and outputs at those positions.
  package init(inputs: [Int], outputs: [Int]) {
    self.init(inputMask: Self.mask(inputs), outputMask: Self.mask(outputs))
  }

  private static func mask(_ positions: [Int]) -> UInt64 {
    positions.reduce(0) { $0 | 1 << UInt64($1) }
  }

  package func input(_ index: Int, of count: Int) -> Bool {
    inputMask == Self.lastBit ? index == count - 1 : Self.has(inputMask, index)
  }
  package func output(_ index: Int) -> Bool { Self.has(outputMask, index) }

  /// Positions past the mask's are as its last.
  private static func has(_ mask: UInt64, _ index: Int) -> Bool {
    mask >> UInt64(min(index, 63)) & 1 != 0
  }
}

/// What a gradient rule may look at: the call's inputs and outputs, and the gradients of the
/// outputs.
package struct GradientContext: AttrAccess {
  package let op: OpDef
  /// As the call gave them, or complete.
  private let given: Attrs
  package let inputs: [Tensor]
  package let outputs: [Tensor]
  /// One per output; nil where nothing depends on that output.
  package var outputGradients: [Tensor?]
  /// The gradients that are slices, for rules that take those.
  package var outputSlices: [IndexedSlices?] = []
  private let wanted: [Bool]

  /// - Parameter wanted: the inputs whose gradients are of use; nil for all.
  package init(
    op: OpDef, attrs: Attrs, inputs: [Tensor], outputs: [Tensor], outputGradients: [Tensor?],
    wanted: [Bool]? = nil
  ) {
    self.op = op
    given = attrs
    self.inputs = inputs
    self.outputs = outputs
    self.outputGradients = outputGradients
    self.wanted = wanted ?? [Bool](repeating: true, count: inputs.count)
  }

  /// Whether the gradient of input `index` is of use: a rule may give nil where it is not.
  package func wants(_ index: Int) -> Bool { wanted[index] }

  package var signature: Signature { op.signature }

  /// The attributes, complete.
  package var attrs: Attrs {
    (try? signature.resolve(inputTypes: inputs.map(\.dtype), given)) ?? given
  }

  package func attr(_ name: String) throws -> AttrValue {
    if let value = given[name] { return value }
    let signature = signature
    if let value = signature.isInferred(name) ? attrs[name] : signature.attr(name)?.defaultValue {
      return value
    }
    throw TFError.invalidArgument("NodeDef missing attr '\(name)' from Op<name=\(op.name)>")
  }

  /// The gradient of output `index`; zeros where nothing depends on it.
  package func gradient(_ index: Int = 0) throws -> Tensor {
    if let gradient = outputGradients[index] { return gradient }
    if outputSlices.indices.contains(index), let slices = outputSlices[index] {
      return try slices.dense()
    }
    return try BasicOps.zerosLike(outputs[index])
  }

  /// The gradient of output `index` as it came.
  package func value(_ index: Int = 0) throws -> GradientValue {
    if outputSlices.indices.contains(index), let slices = outputSlices[index] {
      return .slices(slices)
    }
    return .dense(try gradient(index))
  }
}

/// A value of which only the dtype and the shape are left.
private final class ReleasedTensor: SymbolicTensor {
  let knownShape: Shape?
  let identity: TensorIdentity

  init(_ tensor: Tensor) {
    knownShape = tensor.dims
    identity = tensor.identity
  }

  var shape: PartialShape { knownShape.map { PartialShape($0) } ?? .unknown }

  var name: String { "a value that the gradient's rule said it does not need" }

  /// Its shape is known fully where it had a value.
  func refine(_ shape: PartialShape) throws { _ = try self.shape.merged(with: shape) }
}

extension Tensor {
  /// The same without its elements. What asks for them is refused.
  package var withoutValue: Tensor {
    isSymbolic ? self : Tensor(symbolic: ReleasedTensor(self), dtype: dtype)
  }

  /// Whether only dtype and shape are left of it.
  package var hasLostItsValue: Bool {
    guard case .symbolic(let reference) = payload else { return false }
    return reference is ReleasedTensor
  }
}
