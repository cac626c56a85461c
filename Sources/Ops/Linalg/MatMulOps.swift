import CKernels
public import CoreOps

/// Matrix products.
package struct MatMulOps: OpFamily {
  package static let family: Self = define(Self())

  package let matMul: OpDef = OpDef(
    "MatMul",
    """
    a: T, b: T -> product: T
    transpose_a: bool = false
    transpose_b: bool = false
    T: {bfloat16, half, float, double, int32, int64, uint8, uint16, uint32, uint64, complex64, \
      complex128}
    grad_a: bool = false
    grad_b: bool = false
    """,
    shape: MatMulRules.matrices,
    kernel: .raw(["T": MatMulRules.kernelTypes]) { context in
      let dtype = try context.type("T")
      let a = MatrixForm(transpose: try context.bool("transpose_a"))
      let b = MatrixForm(transpose: try context.bool("transpose_b"))
      let layouts = PackedMatrix()
      return { try MatMulRules.specialised(dtype, $0, a, b, layouts) }
    },
    gradient: .rule { context in
      let gradient = try context.gradient()
      let (a, b) = (try conjugate(context.inputs[0]), try conjugate(context.inputs[1]))
      func product(_ x: Tensor, _ y: Tensor, _ tx: Bool, _ ty: Bool) throws -> Tensor {
        try MatMulOps.family.matMul(
          [x, y], MatMulRules.attrs("transpose_a", tx, "transpose_b", ty))
      }
      switch (try context.bool("transpose_a"), try context.bool("transpose_b")) {
      case (false, false):
        return [try product(gradient, b, false, true), try product(a, gradient, true, false)]
      case (false, true):
        return [try product(gradient, b, false, false), try product(gradient, a, true, false)]
      case (true, false):
        return [try product(b, gradient, false, true), try product(a, gradient, false, false)]
      case (true, true):
        return [try product(b, gradient, true, true), try product(gradient, a, true, true)]
      }
    })

  package let batchMatMul: OpDef = OpDef(
    "BatchMatMul",
    """
    x: T, y: T -> output: T
    T: {bfloat16, half, float, double, int32, int64, complex64, complex128}
    adj_x: bool = false
    adj_y: bool = false
    grad_x: bool = false
    grad_y: bool = false
    """,
    shape: { [try MatMulRules.batched($0, broadcasts: false)] },
    kernel: .raw(["T": MatMulRules.kernelTypes]) { try MatMulRules.batchKernel($0) },
    gradient: .rule { try MatMulRules.batchGradient($0) { MatMulOps.family.batchMatMul } })

  package let batchMatMulV2: OpDef = OpDef(
    "BatchMatMulV2",
    """
    x: T, y: T -> output: T
    T: {bfloat16, half, float, double, int16, int32, int64, uint8, uint16, uint32, uint64, \
      complex64, complex128}
    adj_x: bool = false
    adj_y: bool = false
    grad_x: bool = false
    grad_y: bool = false
    """,
    shape: { [try MatMulRules.batched($0, broadcasts: true)] },
    kernel: .raw(["T": MatMulRules.kernelTypes]) { try MatMulRules.batchKernel($0) },
    gradient: .rule { try MatMulRules.batchGradient($0) { MatMulOps.family.batchMatMulV2 } })

  package let batchMatMulV3: OpDef = OpDef(
    "BatchMatMulV3",
    """
    x: Ta, y: Tb -> output: Tout
    Ta: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128}
    Tb: {bfloat16, half, float, double, uint8, int8, int16, int32, int64, complex64, complex128}
    Tout: {bfloat16, half, float, double, int16, int32, int64, complex64, complex128}
    adj_x: bool = false
    adj_y: bool = false
    grad_x: bool = false
    grad_y: bool = false
    """,
    shape: { [try MatMulRules.batched($0, broadcasts: true)] },
    kernel: .raw { context in
      let dtype = try context.type("Tout")
      let types = [try context.type("Ta"), try context.type("Tb")]
      let x = MatrixForm(adjoint: try context.bool("adj_x"), dtype)
      let y = MatrixForm(adjoint: try context.bool("adj_y"), dtype)
      if types[0] == dtype && types[1] == dtype {
        let layouts = PackedMatrix()
        return { try MatMulRules.specialised(dtype, $0, x, y, layouts) }
      }
      return { context in
        let plan = try MatMulPlan(
          dtype, context.inputs[0], context.inputs[1], context.outputs[0], x, y)
        let counts = context.inputs.map(\.elementCount)
        let sizes = counts.map { ($0 * dtype.byteSize + 63) & ~63 }
        return .run(scratch: sizes[0] + sizes[1] + plan.scratchBytes) { pointers in
          let scratch = pointers[3]
          jk_convert_numbers(
            Int32(types[0].rawValue), Int32(dtype.rawValue), pointers[0], scratch, Int64(counts[0]))
          jk_convert_numbers(
            Int32(types[1].rawValue), Int32(dtype.rawValue), pointers[1], scratch + sizes[0],
            Int64(counts[1]))
          try plan.run(scratch, scratch + sizes[0], pointers[2], scratch + sizes[0] + sizes[1])
        }
      }
    },
    gradient: .rule { try MatMulRules.batchGradient($0) { MatMulOps.family.batchMatMulV2 } })
}

/// Shape rules, kernels and gradients that the matrix products share.
enum MatMulRules {
  static let kernelTypes: DTypeSet = [.floats, .complexes, .int32, .int64, DTypeSet(.int16)]

  static func attrs(_ first: String, _ a: Bool, _ second: String, _ b: Bool) -> Attrs {
    Attrs().with(first, .bool(a), unless: !a).with(second, .bool(b), unless: !b)
  }

  static let matrices: ShapeRule = { context in
    [
      try product(
        try context.shape(0, rank: 2), try context.shape(1, rank: 2),
        try context.bool("transpose_a"),
        try context.bool("transpose_b"))
    ]
  }

  static func product(_ a: PartialShape, _ b: PartialShape, _ ta: Bool, _ tb: Bool) throws
    -> PartialShape
  {
    let (rows, inner) = ta ? (a[1], a[0]) : (a[0], a[1])
    let (other, columns) = tb ? (b[1], b[0]) : (b[0], b[1])
    if let inner, let other, inner != other {
      throw TFError.invalidArgument("Matrix size-incompatible: In[0]: \(a), In[1]: \(b)")
    }
    return .of(rows, columns)
  }

  static func batched(_ context: ShapeContext, broadcasts: Bool) throws -> PartialShape {
    let (x, y) = (context.shapes[0], context.shapes[1])
    for (index, shape) in [x, y].enumerated() {
      if let rank = shape.rank, rank < 2 {
        throw TFError.invalidArgument("In[\(index)] ndims must be >= 2: \(rank)")
      }
    }
    guard let a = x.dims, let b = y.dims else { return .unknown }
    if !broadcasts, a.count != b.count {
      throw TFError.invalidArgument("In[0] and In[1] has different ndims: \(x) vs. \(y)")
    }
    let matrix = try product(
      PartialShape(Array(a.suffix(2))), PartialShape(Array(b.suffix(2))), try context.bool("adj_x"),
      try context.bool("adj_y"))
    let (batchA, batchB) = (PartialShape(Array(a.dropLast(2))), PartialShape(Array(b.dropLast(2))))
    let batch =
      broadcasts
      ? try ShapeRules.broadcast(batchA, batchB)
      : try batchA.merged(with: batchB)
    return batch.concatenated(with: matrix)
  }

  static func batchKernel(_ context: KernelContext) throws -> Specialise {
    let dtype = try context.type("T")
    let x = MatrixForm(adjoint: try context.bool("adj_x"), dtype)
    let y = MatrixForm(adjoint: try context.bool("adj_y"), dtype)
    let layouts = PackedMatrix()
    return { try specialised(dtype, $0, x, y, layouts) }
  }

  static func specialised(
    _ dtype: DType, _ context: SpecialiseContext, _ x: MatrixForm, _ y: MatrixForm,
    _ layouts: PackedMatrix
  ) throws -> Specialised {
    let plan = try MatMulPlan(
      dtype, context.inputs[0], context.inputs[1], context.outputs[0], x, y,
      constant: context.constant(1), layouts: layouts, isBrief: context.isBrief)
    if plan.scratchBytes == 0 {
      return .run(RunSpec(run: { try plan.run($0[0], $0[1], $0[2], nil) }, rows: plan.rows))
    }
    return .run(scratch: plan.scratchBytes) { try plan.run($0[0], $0[1], $0[2], $0[3]) }
  }

  static func batchGradient(_ context: GradientContext, _ op: () -> OpDef) throws -> [Tensor?] {
    let op = op()
    let gradient = try context.gradient()
    let (x, y) = (context.inputs[0], context.inputs[1])
    func product(_ a: Tensor, _ b: Tensor, _ adjA: Bool, _ adjB: Bool) throws -> Tensor {
      try op([a, b], attrs("adj_x", adjA, "adj_y", adjB))
    }
    let dx: Tensor
    let dy: Tensor
    switch (try context.bool("adj_x"), try context.bool("adj_y")) {
    case (false, false):
      (dx, dy) = (try product(gradient, y, false, true), try product(x, gradient, true, false))
    case (false, true):
      (dx, dy) = (try product(gradient, y, false, false), try product(gradient, x, true, false))
    case (true, false):
      (dx, dy) = (try product(y, gradient, false, true), try product(x, gradient, false, false))
    case (true, true):
      (dx, dy) = (try product(y, gradient, true, true), try product(gradient, x, true, true))
    }
    return [try summed(dx, to: x, y), try summed(dy, to: y, x)]
  }

  /// Sums over the batch dimensions along which `x` was broadcast against `other`.
  private static func summed(_ gradient: Tensor, to x: Tensor, _ other: Tensor) throws -> Tensor {
    if let a = x.shape.dims, let b = other.shape.dims, a.count == b.count,
      zip(a.dropLast(2), b.dropLast(2)).allSatisfy({ $0 != nil && $0 == $1 })
    {
      return gradient
    }
    return try reduceToShape(gradient, of: x, other: gradient)
  }
}

extension SharedAPI {
  /// a · b for matrices, or for stacks of matrices whose outer dimensions broadcast.
  ///
  /// Follows `tf.linalg.matmul`.
  ///
  /// - Parameters:
  ///   - a, b: rank 2 at least, of one dtype.
  ///   - transposeA, transposeB: whether the matrices are transposed first.
  ///   - adjointA, adjointB: whether they are transposed and conjugated first.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the inner dimensions differ, or both forms of one matrix are
  ///   asked for.
  public static func matmul(
    _ a: some TensorConvertible, _ b: some TensorConvertible, transposeA: Bool = false,
    transposeB: Bool = false, adjointA: Bool = false, adjointB: Bool = false, name: String? = nil
  ) throws -> Tensor {
    let dtype = a.definiteDType ?? b.definiteDType
    return try MatMulOps.matmul(
      a.asTensor(preferring: dtype), b.asTensor(preferring: dtype), transposeA: transposeA,
      transposeB: transposeB, adjointA: adjointA, adjointB: adjointB, name: name)
  }
}

extension MatMulOps {
  package static func matmul(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false,
    adjointA: Bool = false, adjointB: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try require(
      !(transposeA && adjointA) && !(transposeB && adjointB),
      "Only one of `transpose_a` and `adjoint_a` can be True.")
    let ranks = (a.rank, b.rank)
    let canBeMatMul = a.dtype != .int16 && a.dtype != .int8
    if ranks.0 == 2, ranks.1 == 2, canBeMatMul {
      let x = adjointA ? try conjugate(a) : a
      let y = adjointB ? try conjugate(b) : b
      return try family.matMul(
        [x, y],
        MatMulRules.attrs(
          "transpose_a", transposeA || adjointA, "transpose_b", transposeB || adjointB),
        name: name)
    }
    // The batched op has adjoints only: a transpose is the adjoint of the conjugate.
    let x = transposeA ? try conjugate(a) : a
    let y = transposeB ? try conjugate(b) : b
    return try family.batchMatMulV2(
      [x, y], MatMulRules.attrs("adj_x", transposeA || adjointA, "adj_y", transposeB || adjointB),
      name: name ?? "MatMul")
  }
}
