import CKernels
public import CoreOps

/// Products of tensors by equations, and others that are made of matrix products.
package struct EinsumOps: OpFamily {
  package static let family: Self = define(Self())

  package let einsum: OpDef = OpDef(
    "Einsum",
    """
    inputs: N * T -> output: T
    equation: string
    N: int >= 1
    T: type
    """,
    shape: { context in
      let equation = try EinsumEquation(try context.string("equation"))
      guard equation.operands.count == context.inputCount else {
        throw TFError.invalidArgument(
          "Expected \(equation.operands.count) inputs but got: \(context.inputCount)")
      }
      guard context.shapes.allSatisfy({ $0.rank != nil }) else { return [.unknown] }
      let operands = try context.shapes.enumerated().map {
        try equation.labels($0, rank: $1.rank ?? 0)
      }
      let sizes = try EinsumEquation.sizes(operands, context.shapes.map { $0.dims ?? [] })
      return [PartialShape(try equation.outputLabels(operands).map { sizes[$0] ?? nil })]
    },
    kernel: .raw(["T": [.floats, .complexes, .int32, .int64]]) { prepared in
      let equation = try EinsumEquation(try prepared.string("equation"))
      let dtype = try prepared.type("T")
      return { try EinsumPlan(equation, dtype, $0.inputs, $0.outputs[0]).specialised }
    }, gradient: .rule { try EinsumOps.gradient($0) })

  package let sparseMatMul: OpDef = OpDef(
    "SparseMatMul",
    """
    a: Ta, b: Tb -> product: float
    transpose_a: bool = false
    transpose_b: bool = false
    a_is_sparse: bool = false
    b_is_sparse: bool = false
    Ta: {float, bfloat16} = float
    Tb: {float, bfloat16} = float
    """,
    shape: MatMulRules.matrices,
    kernel: .raw { prepared in
      let types = prepared.inputTypes
      let a = MatrixForm(transpose: try prepared.bool("transpose_a"))
      let b = MatrixForm(transpose: try prepared.bool("transpose_b"))
      return { context in
        let plan = try MatMulPlan(
          .float32, context.inputs[0], context.inputs[1], context.outputs[0], a, b)
        let counts = context.inputs.map(\.elementCount)
        let sizes = counts.map { ($0 * 4 + 63) & ~63 }
        return .run(scratch: sizes[0] + sizes[1] + plan.scratchBytes + 64) { pointers in
          var operands = [pointers[0], pointers[1]]
          var room = pointers[3]
          for index in 0..<2 where types[index] == .bfloat16 {
            jk_convert_numbers(
              Int32(DType.bfloat16.rawValue), Int32(DType.float32.rawValue), operands[index], room,
              Int64(counts[index]))
            operands[index] = room
            room += sizes[index]
          }
          try plan.run(operands[0], operands[1], pointers[2], room)
        }
      }
    },
    gradient: .rule { context in
      let gradient = try context.gradient()
      let (ta, tb) = (try context.bool("transpose_a"), try context.bool("transpose_b"))
      func product(_ x: Tensor, _ y: Tensor, _ tx: Bool, _ ty: Bool, like input: Tensor) throws
        -> Tensor
      {
        let attrs = MatMulRules.attrs("transpose_a", tx, "transpose_b", ty)
          .with("Ta", .type(x.dtype)).with("Tb", .type(y.dtype))
        let result = try EinsumOps.family.sparseMatMul([x, y], attrs)
        if input.dtype == .float32 { return result }
        return try CastOps.cast(result, input.dtype)
      }
      let (a, b) = (context.inputs[0], context.inputs[1])
      switch (ta, tb) {
      case (false, false):
        return [
          try product(gradient, b, false, true, like: a),
          try product(a, gradient, true, false, like: b),
        ]
      case (false, true):
        return [
          try product(gradient, b, false, false, like: a),
          try product(gradient, a, true, false, like: b),
        ]
      case (true, false):
        return [
          try product(b, gradient, false, true, like: a),
          try product(a, gradient, false, false, like: b),
        ]
      case (true, true):
        return [
          try product(b, gradient, true, true, like: a),
          try product(gradient, a, true, true, like: b),
        ]
      }
    })

  package let fusedMatMul: OpDef = OpDef(
    "_FusedMatMul",
    """
    a: T, b: T, args: num_args * T -> product: T
    transpose_a: bool = false
    transpose_b: bool = false
    T: {bfloat16, half, float}
    num_args: int >= 0
    fused_ops: list(string) = []
    epsilon: float = 0.0001
    leakyrelu_alpha: float = 0.2
    """,
    shape: { context in
      let output = try MatMulRules.matrices(context)
      if context.inputCount > 2 {
        let bias = context.shapes[2]
        try require(bias.rank ?? 1 == 1, "bias must be 1-dimensional: \(bias)")
        if let own = bias[0], let columns = output[0][1] {
          try require(
            own == columns, "bias size \(own) does not match the product's \(columns) columns")
        }
      }
      return output
    },
    kernel: .raw { prepared in
      let dtype = try prepared.type("T")
      let fused = try prepared.strings("fused_ops")
      guard fused.first == "BiasAdd", fused.count <= 2, prepared.inputTypes.count == 3 else {
        throw TFError.unimplemented("Fusion is not implemented: [\(fused.joined(separator: ","))]")
      }
      let slope = try prepared.float("leakyrelu_alpha")
      let chosen: FusedActivation
      switch fused.count == 2 ? fused[1] : "" {
      case "": chosen = .none
      case "Relu": chosen = .relu
      case "Relu6": chosen = .relu6
      case "Elu": chosen = .elu
      case "LeakyRelu": chosen = .leakyRelu(slope: slope)
      case "Tanh": chosen = .tanh
      case "Sigmoid": chosen = .sigmoid
      case "GeluExact": chosen = .gelu(approximate: false)
      case "GeluApproximate": chosen = .gelu(approximate: true)
      default:
        throw TFError.unimplemented("Fusion is not implemented: [\(fused.joined(separator: ","))]")
      }
      let a = MatrixForm(transpose: try prepared.bool("transpose_a"))
      let b = MatrixForm(transpose: try prepared.bool("transpose_b"))
      let layouts = PackedMatrix()
      return { context in
        let plan = try MatMulPlan(
          dtype, context.inputs[0], context.inputs[1], context.outputs[0], a, b,
          constant: context.constant(1),
          epilogue: Epilogue(bias: true, activation: chosen), layouts: layouts,
          isBrief: context.isBrief)
        let hasScratch = plan.scratchBytes > 0
        return .run(
          RunSpec(
            run: { pointers in
              try plan.run(
                pointers[0], pointers[1], pointers[3], bias: pointers[2],
                hasScratch ? pointers[4] : nil)
            }, scratchBytes: plan.scratchBytes, rows: plan.rows))
      }
    }, gradient: .none("made by optimisation only"))
}

extension EinsumOps {
  /// Each operand's gradient is the sum of products of the output's gradient and the other operand.
  fileprivate static func gradient(_ context: GradientContext) throws -> [Tensor?] {
    let equation = try EinsumEquation(try context.string("equation"))
    let gradient = try context.gradient()
    let operands = try context.inputs.enumerated().map { index, input -> [Int] in
      guard let rank = input.rank else {
        throw TFError.unimplemented("the gradient of Einsum for operands of unknown rank")
      }
      return try equation.labels(index, rank: rank)
    }
    let output = try equation.outputLabels(operands)
    // Names for the labels of an ellipsis that the equation does not use.
    let taken = Set((operands.flatMap { $0 } + output).filter { $0 >= 0 })
    let spare = Array((97...122).map { $0 } + (65...90).map { $0 }).filter { !taken.contains($0) }
    func text(_ labels: [Int]) throws -> String {
      String(
        String.UnicodeScalarView(
          try labels.map { label in
            guard label >= 0 || -label <= spare.count else {
              throw TFError.unimplemented("the gradient of Einsum for so many dimensions")
            }
            return Unicode.Scalar(UInt32(label >= 0 ? label : spare[-label - 1])) ?? "a"
          }))
    }
    func einsum(_ inputs: [Tensor], _ labels: [[Int]], _ result: [Int]) throws -> Tensor {
      let equation = try labels.map(text).joined(separator: ",") + "->" + text(result)
      return try EinsumOps.family.einsum(inputs, ["equation": .string(equation)])
    }
    func unique(_ labels: [Int]) -> [Int] {
      labels.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
    return try context.inputs.indices.map { index in
      let x = context.inputs[index]
      let own = operands[index]
      let distinct = unique(own)
      var inputs = [gradient]
      var labels = [output]
      if context.inputs.count == 2 {
        inputs.append(try conjugate(context.inputs[1 - index]))
        labels.append(operands[1 - index])
      }
      let reachable = Set(labels.flatMap { $0 })
      let present = distinct.filter { reachable.contains($0) }
      var result = try einsum(inputs, labels, present)
      if present.count < distinct.count {
        // The gradient is constant along labels that the equation sums away.
        for (axis, label) in distinct.enumerated() where !present.contains(label) {
          result = try LinearAlgebraGradients.expanded(result, Int32(axis))
        }
        let ones = try BasicOps.family.onesLike([x])
        result = try result * (distinct.count == own.count ? ones : einsum([ones], [own], distinct))
      }
      if distinct.count < own.count { result = try einsum([result], [distinct], own) }
      if own.contains(where: { $0 < 0 }) {
        result = try reduceToShape(result, of: x, other: result)
      }
      return result
    }
  }

  /// The contraction of the last `axes` dimensions of `a` with the first of `b`.
  package static func tensordot(
    _ a: Tensor, _ b: Tensor, _ axesA: [Int], _ axesB: [Int], name: String?
  ) throws -> Tensor {
    guard let rankA = a.rank, let rankB = b.shape.rank else {
      throw TFError.unimplemented("tensordot of tensors of unknown rank")
    }
    try require(
      axesA.count == axesB.count,
      "Different number of contraction axes a and b, \(axesA.count) != \(axesB.count).")
    let first = try axesA.map { try ShapeRules.axis($0, rank: rankA) }
    let second = try axesB.map { try ShapeRules.axis($0, rank: rankB) }
    let letters = (97...122).map { $0 } + (65...90).map { $0 }
    try require(
      rankA + rankB <= letters.count, "tensordot takes \(letters.count) dimensions at most")
    let labelsA = Array(letters[0..<rankA])
    var labelsB = Array(letters[rankA..<rankA + rankB])
    for (p, q) in zip(first, second) { labelsB[q] = labelsA[p] }
    let output =
      labelsA.indices.filter { !first.contains($0) }.map { labelsA[$0] }
      + labelsB.indices.filter { !second.contains($0) }.map { labelsB[$0] }
    func text(_ labels: [Int]) -> String {
      String(String.UnicodeScalarView(labels.compactMap { Unicode.Scalar($0) }))
    }
    return try family.einsum(
      [a, b], ["equation": .string("\(text(labelsA)),\(text(labelsB))->\(text(output))")],
      name: name)
  }
}

extension SharedAPI {
  /// The product of one or two tensors by an equation such as `ij,jk->ik`.
  ///
  /// Follows `tf.einsum`.
  ///
  /// - Parameters:
  ///   - equation: the labels of each operand, and of the result after `->`; `...` stands for more
  ///     dimensions.
  ///   - inputs: the operands, multiplied from left to right.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for an equation that is malformed or does not fit the shapes.
  public static func einsum(
    _ equation: String, _ inputs: any TensorConvertible..., name: String? = nil
  ) throws -> Tensor {
    let dtype = inputs.lazy.compactMap(\.definiteDType).first
    var tensors = try inputs.map { try $0.asTensor(preferring: dtype) }
    let compact = String(equation.filter { $0 != " " })
    let sides = compact.components(by: "->")
    var terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    try require(
      terms.count == tensors.count,
      "Got \(tensors.count) arguments for equation \"\(equation)\", expecting \(terms.count)")
    let output: String
    if sides.count > 1 {
      output = sides[1]
    } else {
      // By NumPy's rule the labels that stand once, in alphabetical order.
      let letters = compact.filter { $0 != "," && $0 != "." }
      let once = Set(letters).filter { label in letters.filter { $0 == label }.count == 1 }
      output = (compact.contains("...") ? "..." : "") + String(once.sorted())
    }
    return try inScope(name, "einsum") { _ in
      while tensors.count > 2 {
        // Keep what later operands or the result still need.
        let rest = terms.dropFirst(2).joined() + output
        let both = (terms[0] + terms[1]).filter { $0 != "." }
        var kept = ""
        for label in both where rest.contains(label) && !kept.contains(label) { kept.append(label) }
        if terms[0].contains("...") || terms[1].contains("...") { kept = "..." + kept }
        tensors[0] = try EinsumOps.family.einsum(
          [tensors[0], tensors[1]], ["equation": .string("\(terms[0]),\(terms[1])->\(kept)")])
        tensors.remove(at: 1)
        terms.replaceSubrange(0..<2, with: [kept])
      }
      return try EinsumOps.family.einsum(
        tensors, ["equation": .string("\(terms.joined(separator: ","))->\(output)")])
    }
  }

  /// The contraction of the last `axes` dimensions of `a` with the first of `b`.
  ///
  /// Follows `tf.tensordot`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when their sizes differ, `UNIMPLEMENTED` when a rank is not
  ///   known.
  public static func tensordot(
    _ a: some TensorConvertible, _ b: some TensorConvertible, axes: Int, name: String? = nil
  ) throws -> Tensor {
    let dtype = a.definiteDType ?? b.definiteDType
    let (x, y) = (try a.asTensor(preferring: dtype), try b.asTensor(preferring: dtype))
    let rank = x.rank ?? 0
    try require(axes >= 0 && axes <= rank, "axes must be in 0...\(rank), got \(axes)")
    return try EinsumOps.tensordot(x, y, Array(rank - axes..<rank), Array(0..<axes), name: name)
  }

  /// The contraction of dimensions `axesA` of `a` with dimensions `axesB` of `b`.
  ///
  /// Follows `tf.tensordot`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when their sizes or numbers differ, `UNIMPLEMENTED` when a rank
  ///   is not known.
  public static func tensordot(
    _ a: some TensorConvertible, _ b: some TensorConvertible, axes: ([Int], [Int]),
    name: String? = nil
  ) throws -> Tensor {
    let dtype = a.definiteDType ?? b.definiteDType
    return try EinsumOps.tensordot(
      a.asTensor(preferring: dtype), b.asTensor(preferring: dtype), axes.0, axes.1, name: name)
  }
}

extension String {
  fileprivate func components(by separator: String) -> [String] {
    var parts: [String] = [""]
    var rest = self[...]
    while !rest.isEmpty {
      if rest.hasPrefix(separator) {
        parts.append("")
        rest = rest.dropFirst(separator.count)
      } else {
        parts[parts.count - 1].append(rest.removeFirst())
      }
    }
    return parts
  }
}
