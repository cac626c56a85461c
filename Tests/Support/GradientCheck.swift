import CoreGraph
import CoreOps
import V2Eager

/// Compares a row's gradients by the ops' rules with differences of its outputs.
package struct GradientCheck {
  /// Who takes the gradients.
  package enum Mode: String, Sendable, CaseIterable {
    /// A tape around calls that run at once.
    case tape
    /// `tf.gradients` in a graph, run by a session.
    case graph
  }

  package enum Outcome: Sendable, Equatable {
    /// How many elements of gradients are as differences say.
    case compared(Int)
    case wrong(String)
  }

  private let row: OpCase
  private let inputs: [Tensor]
  private let step: Double
  private let tolerance: Double
  /// The inputs that have gradients.
  private let sources: [Int]
  /// What the row gives for its inputs.
  private let outputs: [Tensor]

  /// - Returns: what came out for the row's inputs as they are, or in double precision where its
  ///   ops take that; nil where no input or no output can have a gradient.
  package static func run(_ row: OpCase, _ mode: Mode) throws -> Outcome? {
    let precise = row.inputs.map { $0.dtype == .float32 ? widened($0) : $0 }
      .map { $0.dtype == .complex64 ? $0.cast(to: .complex128) : $0 }
    // Kernels that only take single precision are checked with coarser steps.
    if let check = try? GradientCheck(row, precise, step: 1e-5, tolerance: 1e-4) {
      return try check.compare(mode)
    }
    return try GradientCheck(row, row.inputs, step: 1e-2, tolerance: 3e-2).compare(mode)
  }

  /// - Returns: what came out for the row's floating inputs as complex numbers; nil where its ops
  ///   do not take those.
  package static func runComplex(_ row: OpCase, _ mode: Mode) throws -> Outcome? {
    guard row.inputs.contains(where: { $0.dtype == .float32 || $0.dtype == .float64 }),
      let check = try? GradientCheck(
        row, row.inputs.map(complex), step: 1e-5, tolerance: 1e-4)
    else { return nil }
    return try check.compare(mode)
  }

  private init(_ row: OpCase, _ inputs: [Tensor], step: Double, tolerance: Double) throws {
    self.row = row
    self.inputs = inputs
    self.step = step
    self.tolerance = tolerance
    sources = inputs.indices.filter { inputs[$0].dtype.isContinuous }
    outputs = try row.body(inputs)
    // Small steps do not show in single precision.
    let isCoarse = outputs.contains { $0.dtype == .float32 || $0.dtype == .complex64 }
    try require(!isCoarse || step > 1e-3, "an output has single precision only")
  }

  private static func widened(_ tensor: Tensor) -> Tensor { tensor.cast(to: .float64) }

  /// Real numbers with an imaginary part.
  private static func complex(_ tensor: Tensor) -> Tensor {
    guard tensor.dtype == .float32 || tensor.dtype == .float64 else { return tensor }
    let elements = asDoubles(tensor).enumerated().map { index, value in
      Complex128(value.0, 0.2 + 0.1 * Double(index % 5))
    }
    return t(.complex128, elements).reshaped(tensor.dims)
  }

  private func compare(_ mode: Mode) throws -> Outcome? {
    guard !sources.isEmpty, outputs.contains(where: \.dtype.isContinuous) else { return nil }
    let gradients =
      switch mode {
      case .tape: try byTape()
      case .graph: try byGraph()
      }
    var count = 0
    for (position, index) in sources.enumerated() {
      if let gradient = gradients[position], gradient.dims != inputs[index].dims {
        return .wrong(
          "the gradient of input \(index) has shape \(gradient.dims), not \(inputs[index].dims)")
      }
      for element in 0..<min(inputs[index].dims.elementCount, 12) {
        let got = gradients[position].map { asDoubles($0)[element] } ?? (0, 0)
        for isImaginary in inputs[index].dtype.isComplex ? [false, true] : [false] {
          let high = try value(index, element, step, isImaginary)
          let low = try value(index, element, -step, isImaginary)
          let expected = (high - low) / (2 * step)
          let found = isImaginary ? got.1 : got.0
          guard abs(found - expected) <= tolerance * (1 + abs(expected)) else {
            return .wrong(
              """
              the gradient of input \(index) at \(element)\(isImaginary ? " (imaginary)" : "") is \
              \(found), differences give \(expected)
              """)
          }
          count += 1
        }
      }
    }
    return .compared(count)
  }

  private func byTape() throws -> [Tensor?] {
    let tape = GradientTape()
    let watched = inputs.map { $0.dtype.isNumeric ? $0.withNewIdentity() : $0 }
    let loss = try tape.record {
      for index in sources { tape.watch(watched[index]) }
      return try weightedSum(row.body(watched))
    }
    return try tape.gradient(loss, sources.map { watched[$0] })
  }

  private func byGraph() throws -> [Tensor?] {
    let tracer = FunctionTracer()
    let placeholders = try inputs.enumerated().map {
      try tracer.argument($1.dtype, $1.shape, name: "input_\($0)")
    }
    let graph = tracer.graph
    let gradients = try Environment.current.tracing(tracer).run {
      let results = try row.body(placeholders).map {
        $0.isSymbolic ? $0 : try BasicOps.family.identity([$0])
      }
      let loss = try weightedSum(results)
      // In the function's own environment, as its ops have an order.
      return try graph.gradients([loss], sources.map { placeholders[$0] })
        .map { try $0?.tensor() }
    }
    let found = try gradients.compactMap { try $0.map { try graph.endpoint(of: $0) } }
    let subgraph = try Subgraph.pruned(
      graph, feeds: placeholders.map { try graph.endpoint(of: $0) }, fetches: found,
      targets: tracer.effects)
    let plan = try FunctionTable(graph.library).plan(of: subgraph)
    var values = try plan.run(inputs, ExecutionContext(resources: ResourceContainer()))[...]
    return gradients.map { $0 == nil ? nil : values.removeFirst() }
  }

  private func value(_ index: Int, _ element: Int, _ step: Double, _ isImaginary: Bool) throws
    -> Double
  {
    var moved = inputs
    var elements = asDoubles(inputs[index])
    if isImaginary { elements[element].1 += step } else { elements[element].0 += step }
    moved[index] =
      inputs[index].dtype.isComplex
      ? t(.complex128, elements.map { Complex128($0.0, $0.1) }).cast(to: inputs[index].dtype)
        .reshaped(inputs[index].dims)
      : t(.float64, elements.map(\.0)).cast(to: inputs[index].dtype)
        .reshaped(inputs[index].dims)
    return asDoubles(try weightedSum(row.body(moved)))[0].0
  }

  /// The outputs' elements times weights that are not alike, so that no error cancels.
  private func weightedSum(_ results: [Tensor]) throws -> Tensor {
    var total: Tensor?
    func add(_ part: Tensor, _ dims: Shape, _ offset: Double) throws {
      let weights = (0..<dims.elementCount).map { offset + Double($0 % 7) * 0.3 }
      let weight = t(part.dtype, weights).reshaped(dims)
      let axes = t(.int32, Array(0..<dims.rank))
      let sum = try applyOp("Sum", [part * weight, axes])[0]
      let term = try applyOp("Cast", [sum], ["DstT": .type(.float64)])[0]
      total = try total.map { try $0 + term } ?? term
    }
    for (result, output) in zip(results, outputs) where output.dtype.isContinuous {
      if output.dtype.isComplex {
        let part: Attrs = ["Tout": .type(output.dtype == .complex64 ? .float32 : .float64)]
        try add(applyOp("Real", [result], part)[0], output.dims, 0.5)
        try add(applyOp("Imag", [result], part)[0], output.dims, 0.8)
      } else {
        try add(result, output.dims, 0.5)
      }
    }
    guard let total else { throw TFError.internal("no output has a gradient") }
    return total
  }
}

extension DType {
  /// Whether differences tell a gradient.
  fileprivate var isContinuous: Bool {
    [.float32, .float64, .complex64, .complex128].contains(self)
  }
}

extension Tensor {
  fileprivate func cast(to dtype: DType) -> Tensor {
    if self.dtype == dtype { return self }
    do { return try applyOp("Cast", [self], ["DstT": .type(dtype)])[0] } catch {
      preconditionFailure("a row of the case table: \(error)")
    }
  }
}
