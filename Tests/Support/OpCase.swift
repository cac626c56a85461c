package import CoreOps

/// A row of the case table: ops applied to inputs, and what must come out in every mode.
package struct OpCase: Sendable, CustomStringConvertible {
  package enum Expectation: Sendable {
    /// The outputs' values, close to within the tolerance.
    case values([Tensor])
    /// The outputs' dtypes and shapes, where the values are random.
    case shapes([(DType, [Int])])
    /// The code of the error that is thrown.
    case error(TFError.Code)
    /// That outputs come in every mode; the row is about the gradient.
    case gradient
  }

  /// The op under test.
  package var op: String { ops[0] }
  /// All ops under test.
  package let ops: [String]
  /// The op's name, and after it what this row is about.
  package let title: String
  package let inputs: [Tensor]
  package let expectation: Expectation
  package let tolerance: Double
  /// Whether the gradient is compared with differences of the outputs; only where the op has a rule
  /// and an input is floating.
  package let checksGradient: Bool
  /// Applies the op, and whatever else it needs, to the inputs under the current interpreter.
  package let body: @Sendable ([Tensor]) throws -> [Tensor]

  package var description: String { title }

  /// A row that applies one op.
  ///
  /// - Parameters:
  ///   - op: the op's name; what follows it after a space says what the row is about.
  ///   - inputs: tensors or nested arrays; bare decimals are float32, bare integers int32.
  ///   - expect: as `inputs`, but a bare literal takes the output's dtype when compared.
  package init(
    _ op: String, _ inputs: [any TensorConvertible], _ attrs: Attrs = [:],
    expect: [any TensorConvertible], tolerance: Double = 1e-5, gradient: Bool = true
  ) {
    self.init(
      op, inputs, .values(expect.map(Self.tensor)), tolerance, gradient, Self.single(op, attrs))
  }

  /// A row that is refused.
  package init(
    _ op: String, _ inputs: [any TensorConvertible], _ attrs: Attrs = [:],
    error: TFError.Code
  ) {
    self.init(op, inputs, .error(error), 0, false, Self.single(op, attrs))
  }

  /// A row of which only dtypes and shapes are known.
  package init(
    _ op: String, _ inputs: [any TensorConvertible], _ attrs: Attrs = [:],
    shapes: [(DType, [Int])]
  ) {
    self.init(op, inputs, .shapes(shapes), 0, false, Self.single(op, attrs))
  }

  /// A row that takes several calls, such as one that makes, sets and reads a variable. In a graph
  /// each call depends on those before it.
  package init(
    _ op: String, _ inputs: [any TensorConvertible] = [],
    expect: [any TensorConvertible], tolerance: Double = 1e-5, gradient: Bool = false,
    body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) {
    self.init(op, inputs, .values(expect.map(Self.tensor)), tolerance, gradient, body)
  }

  /// A row that is refused, and takes several calls.
  package init(
    _ op: String, _ inputs: [any TensorConvertible] = [], error: TFError.Code,
    body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) {
    self.init(op, inputs, .error(error), 0, false, body)
  }

  /// A row about the gradients of some ops, all of which must be on the way to the outputs.
  package init(
    gradientOf ops: [String], _ inputs: [any TensorConvertible],
    body: @escaping @Sendable ([Tensor]) throws -> [Tensor]
  ) {
    self.init(
      "\(ops[0]) for its gradient", inputs, .gradient, 0, true, body, ops: ops)
  }

  private init(
    _ title: String, _ inputs: [any TensorConvertible], _ expectation: Expectation,
    _ tolerance: Double, _ gradient: Bool,
    _ body: @escaping @Sendable ([Tensor]) throws -> [Tensor], ops: [String]? = nil
  ) {
    self.title = title
    self.ops = ops ?? [String(title.prefix { $0 != " " })]
    self.inputs = inputs.map(Self.tensor)
    self.expectation = expectation
    self.tolerance = tolerance
    checksGradient = gradient
    self.body = body
  }

  private static func single(_ op: String, _ attrs: Attrs)
    -> @Sendable ([Tensor]) throws -> [Tensor]
  {
    { try CoreOps.apply(definition(String(op.prefix { $0 != " " })), $0, attrs) }
  }

  /// The registered op of that name.
  package static func definition(_ op: String) throws -> OpDef {
    guard let definition = OpRegistry.standard[op] else {
      throw TFError.notFound("Op type not registered '\(op)'")
    }
    return definition
  }

  /// A value of a row as a tensor.
  package static func tensor(_ value: any TensorConvertible) -> Tensor {
    do {
      // Rows are written as literals, and those of decimals are float32.
      let tensor = try value.asTensor()
      let isArray = value.definiteDType == nil && tensor.dtype == .float64
      return isArray ? try value.asTensor(preferring: .float32) : tensor
    } catch {
      preconditionFailure("a row of the case table: \(error)")
    }
  }
}

/// Applies the registered op of that name under the current interpreter.
///
/// - Throws: `NOT_FOUND` when there is no such op; the op's own errors.
package func applyOp(_ name: String, _ inputs: [Tensor], _ attrs: Attrs = Attrs()) throws
  -> [Tensor]
{
  try CoreOps.apply(OpCase.definition(name), inputs, attrs)
}

/// A literal as a tensor of that dtype.
package func t(_ dtype: DType, _ value: some TensorConvertible) -> Tensor {
  do { return try value.asTensor(preferring: dtype) } catch {
    preconditionFailure("a row of the case table: \(error)")
  }
}
