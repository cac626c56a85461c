import CoreOps

/// Gradients of the ops on matrices, in terms of public ops.
enum LinearAlgebraGradients {
  static func product(_ a: Tensor, _ b: Tensor, adjA: Bool = false, adjB: Bool = false) throws
    -> Tensor
  {
    try MatMulOps.family.batchMatMulV2([a, b], MatMulRules.attrs("adj_x", adjA, "adj_y", adjB))
  }

  static func adjoint(_ x: Tensor) throws -> Tensor {
    guard let rank = x.rank, rank >= 2 else {
      throw TFError.unimplemented("the adjoint of matrices of unknown rank")
    }
    var order = (0..<rank).map { Int32($0) }
    order.swapAt(rank - 1, rank - 2)
    return try RearrangeOps.family.transpose([try conjugate(x), try Tensor(order, dims: [rank])])
  }

  /// The triangle or band of `below` and `above` diagonals; -1 keeps all.
  static func band(_ x: Tensor, _ below: Int, _ above: Int) throws -> Tensor {
    try DiagonalOps.family.matrixBandPart([x, try Tensor(scalar: below), try Tensor(scalar: above)])
  }

  static func expanded(_ x: Tensor, _ axis: Int32) throws -> Tensor {
    try ShapeOps.family.expandDims([x, try Tensor(scalar: axis)])
  }

  /// One number per matrix as matrices of one element.
  static func spread(_ x: Tensor) throws -> Tensor { try expanded(try expanded(x, -1), -1) }

  static func triangularSolve(_ a: Tensor, _ b: Tensor, lower: Bool = true, adjoint: Bool = false)
    throws -> Tensor
  {
    try SolverOps.family.triangularSolve(
      [a, b],
      Attrs().with("lower", .bool(lower), unless: lower).with(
        "adjoint", .bool(adjoint), unless: !adjoint))
  }

  private static func half(_ x: Tensor) throws -> Tensor {
    try x * (0.5).asTensor(preferring: x.dtype)
  }

  /// A lower triangle with its diagonal halved.
  private static func halvedLower(_ x: Tensor) throws -> Tensor {
    try band(x, -1, 0) - half(try band(x, 0, 0))
  }

  static func cholesky(_ context: GradientContext) throws -> Tensor {
    let l = context.outputs[0]
    let middle = try halvedLower(try product(l, try context.gradient(), adjA: true))
    let left = try triangularSolve(l, middle, adjoint: true)
    let both = try adjoint(try triangularSolve(l, try adjoint(left), adjoint: true))
    return try half(try both + adjoint(both))
  }

  static func qr(_ context: GradientContext) throws -> Tensor {
    let (q, r) = (context.outputs[0], context.outputs[1])
    let (dq, dr) = (try context.gradient(0), try context.gradient(1))
    let shape = context.inputs[0].shape
    guard let dims = shape.dims, let m = dims[dims.count - 2], let n = dims[dims.count - 1] else {
      throw TFError.unimplemented("QrGrad not implemented with dynamic shapes.")
    }
    let full = try context.bool("full_matrices")
    if m < n || (m > n && full) {
      throw TFError.unimplemented(
        "QrGrad not implemented when ncols > nrows or full_matrices is true and ncols != nrows.")
    }
    // x · r⁻ᴴ
    func over(_ x: Tensor) throws -> Tensor {
      try adjoint(try triangularSolve(r, try adjoint(x), lower: false))
    }
    let qdq = try product(q, dq, adjA: true)
    let rdr = try product(r, dr, adjB: true)
    let difference = try (qdq - adjoint(qdq)) + (rdr - adjoint(rdr))
    let correction = try over(try band(difference, -1, 0))
    let first = try product(q, try dr + correction)
    let second = try over(try dq - product(q, qdq))
    guard context.inputs[0].dtype.isComplex else { return try first + second }
    // The diagonal of R is real.
    let own = try DiagonalOps.family.matrixDiagPart([try rdr - adjoint(qdq)])
    let real = try ComplexOps.family.real([own], ["Tout": .type(own.dtype.realDType)])
    let phases = try DiagonalOps.family.matrixDiag([own - CastOps.cast(real, own.dtype)])
    return try first + second + over(try product(q, try adjoint(phases)))
  }

  static func selfAdjointEigen(_ context: GradientContext) throws -> Tensor {
    let de = try context.gradient(0)
    func diagonal(_ x: Tensor) throws -> Tensor { try DiagonalOps.family.matrixDiag([x]) }
    var result: Tensor
    if try context.bool("compute_v") {
      let (e, v) = (context.outputs[0], context.outputs[1])
      let gaps = try expanded(e, -2) - (try expanded(e, -1))
      // 1/x, and 0 for the diagonal and for equal eigenvalues.
      let inverse = try gaps / (gaps * gaps + (1e-20).asTensor(preferring: gaps.dtype))
      let inner = try diagonal(de) + inverse * product(v, try context.gradient(1), adjA: true)
      result = try product(v, try product(inner, v, adjB: true))
    } else {
      let v = try apply(LinearAlgebraOps.family.selfAdjointEigV2, [context.inputs[0]])[1]
      result = try product(v, try product(try diagonal(de), v, adjB: true))
    }
    return try halvedLower(try result + adjoint(result))
  }

  /// The gradient of a solution x of a · x = b.
  static func solve(
    _ context: GradientContext, lower: Bool?, _ solve: (Tensor, Tensor, Bool) throws -> Tensor
  ) throws
    -> [Tensor?]
  {
    let (a, b, x) = (context.inputs[0], context.inputs[1], context.outputs[0])
    let adjoint = try context.bool("adjoint")
    let db = try solve(a, try context.gradient(), !adjoint)
    var da = try -(adjoint ? product(x, db, adjB: true) : product(db, x, adjB: true))
    if let lower { da = lower ? try band(da, -1, 0) : try band(da, 0, -1) }
    if let p = a.shape.dims, let q = b.shape.dims, p.count == q.count,
      zip(p.dropLast(2), q.dropLast(2)).allSatisfy({ $0 != nil && $0 == $1 })
    {
      return [da, db]
    }
    return [try reduceToShape(da, of: a, other: da), try reduceToShape(db, of: b, other: db)]
  }
}
