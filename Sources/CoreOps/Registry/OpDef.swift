/// One op: TensorFlow's signature, the shape rule, the kernel and the gradient.
public final class OpDef: Sendable {
  /// TensorFlow's name of the op type.
  public let name: String
  /// What a node without a name is called: as TensorFlow's Python function calls it.
  package let nodeName: String
  /// Whether two calls with equal inputs may differ, or a call has effects.
  public let isStateful: Bool
  /// Whether an input may be a variable that has no value yet.
  package let allowsUninitialized: Bool
  /// Whether it may wait for another op to change a resource: its kernel throws `WouldWait` then.
  package let mayWait: Bool
  private let shapeRule: ShapeRule
  package let kernel: Kernel
  package let gradient: Gradient
  /// What it does with a list of tensors, if it does.
  package let list: ListRole?

  private let signatureText: @Sendable () -> String
  private let parsed = Lock<Signature?>(nil)

  package init(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String,
    stateful: Bool = false, allowsUninitialized: Bool = false, mayWait: Bool = false,
    shape: @escaping ShapeRule,
    kernel: Kernel, gradient: Gradient, list: ListRole? = nil, node: String? = nil
  ) {
    self.name = name
    nodeName = node ?? name
    signatureText = signature
    isStateful = stateful
    self.allowsUninitialized = allowsUninitialized
    self.mayWait = mayWait
    shapeRule = shape
    self.kernel = kernel
    self.gradient = gradient
    self.list = list
    OpDefinitions.note(self)
  }

  /// The signature, parsed when first asked for.
  package var signature: Signature {
    parsed.withLock {
      if let signature = $0 { return signature }
      let signature = SignatureParser(name: name, text: signatureText()).parse()
      $0 = signature
      return signature
    }
  }

  /// The shapes of the outputs, as far as the shape rule infers them.
  ///
  /// - Throws: the rule's own errors; `INVALID_ARGUMENT` when a shape overflows or is not one that
  ///   a tensor may have.
  package func inferShapes(_ context: ShapeContext) throws -> [PartialShape] {
    let shapes = try shapeRule(context)
    for shape in shapes { try shape.check() }
    return shapes
  }

  /// The dtypes the kernel runs with, by type attribute; empty when it takes all that the signature
  /// allows.
  public var kernelDTypes: [String: [DType]] {
    Dictionary(uniqueKeysWithValues: kernel.types.map { ($0.key, $0.value.dtypes) })
  }

  /// Whether there is a rule for the gradient.
  public var hasGradient: Bool {
    switch gradient {
    case .rule, .slices: true
    case .zero, .none: false
    }
  }
}

extension OpDef: Hashable {
  public static func == (a: OpDef, b: OpDef) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// Infers the output shapes from what is known of the inputs.
package typealias ShapeRule = @Sendable (ShapeContext) throws -> [PartialShape]

/// What a shape rule may look at.
package struct ShapeContext: AttrAccess {
  package let op: OpDef
  package let attrs: Attrs
  package let inputTypes: [DType]
  package let shapes: [PartialShape]
  /// The inputs' values where they are known.
  package let values: KnownValues
  /// What is behind resources and variants; nil where no one asks.
  package let handles: HandleFlow?
  /// The version of the code that wrote the graph.
  package let producer: Int

  package init(
    op: OpDef, attrs: Attrs, inputTypes: [DType], shapes: [PartialShape], values: KnownValues,
    handles: HandleFlow? = nil, producer: Int = .max
  ) {
    self.op = op
    self.attrs = attrs
    self.inputTypes = inputTypes
    self.shapes = shapes
    self.values = values
    self.handles = handles
    self.producer = producer
  }

  package var signature: Signature { op.signature }
  package var inputCount: Int { shapes.count }
  package var outputCount: Int { get throws { try signature.outputTypes(attrs).count } }
  package func range(_ input: String) throws -> Range<Int> {
    try signature.inputRange(input, attrs)
  }

  /// The integers in input `index`, when its value is known or it has no elements.
  package func integers(_ index: Int) throws -> [Int]? {
    if let value = values[index] { return try value.integers() }
    return shapes[index].elementCount == 0 ? [] : nil
  }

  /// The same as sizes to compute with.
  package func sizes(_ index: Int) throws -> [Dimension]? {
    try integers(index)?.map { Dimension($0) }
  }

  /// The only number in input `index`, as a size to compute with.
  package func size(_ index: Int) throws -> Dimension? { try sizes(index)?.first }

  /// The shape of input `index`, which must have rank `rank` if its rank is known.
  package func shape(_ index: Int, rank: Int, _ name: String = "input") throws -> PartialShape {
    let shape = shapes[index]
    guard let known = shape.rank else { return .unknown(rank: rank) }
    guard known == rank else {
      throw TFError.invalidArgument(
        "Shape must be rank \(rank) but is rank \(known) for \(name) with shape \(shape)")
    }
    return shape
  }
}
