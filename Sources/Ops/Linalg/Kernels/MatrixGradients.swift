import CoreOps

/// Gradients of decompositions, roots and solvers of matrices, in terms of public ops.
enum MatrixGradients {
  private typealias Rules = LinearAlgebraGradients

  /// 1/x, and 0 for 0.
  private static func reciprocal(_ x: Tensor) throws -> Tensor {
    try x / (x * x + (1e-20).asTensor(preferring: x.dtype))
  }

  private static func diagonal(_ x: Tensor) throws -> Tensor {
    try DiagonalOps.family.matrixDiag([x])
  }

  /// The last two dimensions.
  private static func size(_ x: Tensor, _ op: String) throws -> (rows: Int, columns: Int) {
    guard let dims = x.shape.dims, dims.count >= 2, let m = dims[dims.count - 2],
      let n = dims[dims.count - 1]
    else {
      throw TFError.unimplemented("the gradient of \(op) needs to know the size of its matrices")
    }
    return (m.value, n.value)
  }

  /// Rows `start..<start + count` along the next to last axis, or columns along the last one.
  private static func part(_ x: Tensor, _ axis: Int, _ start: Int, _ count: Int) throws -> Tensor {
    let rank = x.shape.rank ?? 2
    var (begin, sizes) = ([Int](repeating: 0, count: rank), [Int](repeating: -1, count: rank))
    begin[rank + axis] = start
    sizes[rank + axis] = count
    return try SliceOps.family.slice([x, ShapeOps.vector(begin), ShapeOps.vector(sizes)])
  }

  private static func join(_ parts: [Tensor], _ axis: Int) throws -> Tensor {
    try JoinOps.family.concatV2(parts + [axis.asTensor()])
  }

  static func svd(_ context: GradientContext) throws -> Tensor {
    let a = context.inputs[0]
    let ds = try diagonal(try context.gradient(0))
    guard try context.bool("compute_uv") else {
      let parts = try apply(context.op, [a])
      return try Rules.product(parts[1], try Rules.product(ds, parts[2], adjB: true))
    }
    let full = try context.bool("full_matrices")
    let (rows, columns) = try size(a, "Svd")
    if full, abs(rows - columns) > 1 {
      throw TFError.unimplemented(
        "svd gradient is not implemented for abs(m - n) > 1 when full_matrices is True")
    }
    // The gradient of a tall matrix is computed as that of its adjoint.
    let turned = rows > columns
    let (m, n) = turned ? (columns, rows) : (rows, columns)
    let (first, second) = turned ? (2, 1) : (1, 2)
    let (s, u, v) = (context.outputs[0], context.outputs[first], context.outputs[second])
    let (du, dv) = (try context.gradient(first), try context.gradient(second))
    let squares = try s * s
    let gaps = try reciprocal(try Rules.expanded(squares, -2) - Rules.expanded(squares, -1))
    let factors = try DiagonalOps.family.matrixSetDiag([gaps, BasicOps.zerosLike(s)])
    let isComplex = a.dtype.isComplex
    let sizes =
      try isComplex ? CastOps.cast(diagonal(s), a.dtype) : diagonal(s)
    let inverse = try diagonal(try reciprocal(s))
    let wide = full && n > m
    let v1 = wide ? try part(v, -1, 0, m) : v
    let dv1 = wide ? try part(dv, -1, 0, m) : dv
    let vdv = try Rules.product(v1, dv1, adjA: true)
    let left = try factors * Rules.product(u, du, adjA: true)
    let right = try factors * vdv
    let middle =
      try ds + Rules.product(try left + Rules.adjoint(left), sizes)
      + Rules.product(sizes, try right + Rules.adjoint(right))
    var result = try Rules.product(u, try Rules.product(middle, v1, adjB: true))
    if m != n {
      let turnedGradient = try Rules.adjoint(dv1)
      var rest =
        try turnedGradient - Rules.product(try Rules.product(turnedGradient, v1), v1, adjB: true)
      if wide {
        let (v2, dv2) = (try part(v, -1, m, n - m), try part(dv, -1, m, n - m))
        rest = try rest - Rules.product(try Rules.product(v1, dv2, adjA: true), v2, adjB: true)
      }
      result = try result + Rules.product(try Rules.product(u, inverse), rest)
    }
    if isComplex {
      let own = try Rules.band(vdv, 0, 0)
      let phase = try Rules.product(inverse, try Rules.adjoint(own) - own)
      let half = try (0.5).asTensor(preferring: a.dtype)
      result = try result + half * Rules.product(u, try Rules.product(phase, v1, adjB: true))
    }
    return turned ? try Rules.adjoint(result) : result
  }

  static func eigen(_ context: GradientContext) throws -> Tensor {
    let a = context.inputs[0]
    let de = try diagonal(try context.gradient(0))
    var middle = de
    let v: Tensor
    if try context.bool("compute_v") {
      v = context.outputs[1]
      let e = context.outputs[0]
      let gaps = try reciprocal(try Rules.expanded(e, -2) - Rules.expanded(e, -1))
      let factors = try conjugate(DiagonalOps.family.matrixSetDiag([gaps, BasicOps.zerosLike(e)]))
      let vdv = try Rules.product(v, try context.gradient(1), adjA: true)
      // Eigenvectors have length 1, which removes the real part of the diagonal.
      let lengths = try CastOps.cast(
        ComplexOps.family.real(
          [DiagonalOps.family.matrixDiagPart([vdv])], ["Tout": .type(e.dtype.realDType)]), e.dtype)
      let along = try Rules.product(try Rules.product(v, v, adjA: true), try diagonal(lengths))
      middle = try de + factors * (vdv - along)
    } else {
      v = try apply(context.op, [a], ["Tout": .type(context.outputs[0].dtype)])[1]
    }
    let adjoint = try Rules.adjoint(v)
    let result = try SolverOps.family.solve([adjoint, Rules.product(middle, adjoint)])
    return try CastOps.cast(result, a.dtype)
  }

  /// Of the root s of a: x with sᴴ · x + x · sᴴ equal to the gradient, from the system of all
  /// elements.
  static func squareRoot(_ context: GradientContext) throws -> Tensor {
    let root = try Rules.adjoint(context.outputs[0])
    guard let shape = root.shape.known else {
      throw TFError.unimplemented(
        "the gradient of MatrixSquareRoot needs to know the shape of its input")
    }
    let n = shape[shape.rank - 1]
    let batch = Array(shape.dims.dropLast(2))
    func reshaped(_ x: Tensor, _ dims: [Int]) throws -> Tensor {
      try ShapeOps.family.reshape([x, ShapeOps.vector(dims)])
    }
    let ones = try ShapeOps.family.fill([
      ShapeOps.vector([n]), (1.0).asTensor(preferring: root.dtype),
    ])
    let identity = try reshaped(diagonal(ones), [n, n])
    func kronecker(_ x: Tensor, _ xDims: [Int], _ y: Tensor, _ yDims: [Int]) throws -> Tensor {
      try reshaped(x, xDims + [n, 1, n, 1]) * reshaped(y, yDims + [1, n, 1, n])
    }
    let transposed = try Rules.adjoint(conjugate(root))
    let system = try reshaped(
      kronecker(root, batch, identity, []) + kronecker(identity, [], transposed, batch),
      batch + [n * n, n * n])
    let right = try reshaped(context.gradient(), batch + [n * n, 1])
    return try reshaped(SolverOps.family.solve([system, right]), shape.dims)
  }

  static func leastSquares(_ context: GradientContext) throws -> [Tensor?] {
    guard try context.bool("fast") else {
      throw TFError.invalidArgument("Gradient not defined for fast=False")
    }
    let (a, b, x) = (context.inputs[0], context.inputs[1], context.outputs[0])
    let gradient = try context.gradient()
    let (m, n) = try size(a, "MatrixSolveLs")
    let isTall = m >= n
    let k = isTall ? n : m
    let weight = try CastOps.cast(context.inputs[2], a.dtype)
    let ones = try ShapeOps.family.fill([ShapeOps.vector([k]), weight])
    let gram = try Rules.product(a, a, adjA: isTall, adjB: !isTall) + diagonal(ones)
    func solve(_ right: Tensor) throws -> Tensor { try SolverOps.family.solve([gram, right]) }
    if isTall {
      let z = try solve(gradient)
      let xz = try Rules.product(x, z, adjB: true)
      let da = try Rules.product(b, z, adjB: true) - Rules.product(a, try xz + Rules.adjoint(xz))
      return [da, try Rules.product(a, z), nil]
    }
    let db = try solve(try Rules.product(a, gradient))
    let inner = try solve(b)
    let first = try Rules.product(db, try Rules.product(inner, a, adjA: true))
    let rest = try gradient - Rules.product(a, db, adjA: true)
    return [try Rules.product(inner, rest, adjB: true) - first, db, nil]
  }

  static func banded(_ context: GradientContext) throws -> [Tensor?] {
    let (a, b, x) = (context.inputs[0], context.inputs[1], context.outputs[0])
    let (lower, adjoint) = (try context.bool("lower"), try context.bool("adjoint"))
    let bands = try size(a, "BandedTriangularSolve").rows
    let db = try apply(
      context.op, [a, context.gradient()], ["lower": .bool(lower), "adjoint": .bool(!adjoint)])[0]
    let dense = try -(adjoint ? Rules.product(x, db, adjB: true) : Rules.product(db, x, adjB: true))
    let da = try DiagonalOps.family.matrixDiagPartV3(
      [
        dense, ShapeOps.vector(lower ? [1 - bands, 0] : [0, bands - 1]),
        (0.0).asTensor(preferring: a.dtype),
      ], ["align": .string("LEFT_RIGHT")])
    // MatrixDiagPartV3 gives a single band without the dimension of bands.
    let shaped = bands == 1 ? try Rules.expanded(da, -2) : da
    return [
      try reduceToShape(shaped, of: a, other: shaped), try reduceToShape(db, of: b, other: db),
    ]
  }

  /// Rows moved up or down by one, zeros coming in.
  private static func shifted(_ x: Tensor, up: Bool) throws -> Tensor {
    let n = try size(x, "tridiagonal ops").rows
    let zero = try BasicOps.zerosLike(part(x, -2, 0, 1))
    return up
      ? try join([part(x, -2, 1, n - 1), zero], -2) : try join([zero, part(x, -2, 0, n - 1)], -2)
  }

  private static func dot(_ x: Tensor, _ y: Tensor) throws -> Tensor {
    try ReductionOps.family.sum([x * y, (-1).asTensor()])
  }

  static func tridiagonalSolve(_ context: GradientContext) throws -> [Tensor?] {
    let (diagonals, x) = (context.inputs[0], context.outputs[0])
    let (above, main, below) = (
      try part(diagonals, -2, 0, 1), try part(diagonals, -2, 1, 1), try part(diagonals, -2, 2, 1)
    )
    // The transposed matrix: what is below a column is above the row before it.
    func moved(_ row: Tensor, left: Bool) throws -> Tensor {
      let n = try size(row, "TridiagonalSolve").columns
      let zero = try BasicOps.zerosLike(part(row, -1, 0, 1))
      return left
        ? try join([part(row, -1, 1, n - 1), zero], -1)
        : try join([zero, part(row, -1, 0, n - 1)], -1)
    }
    let transposed = try join([moved(below, left: true), main, moved(above, left: false)], -2)
    let right = try apply(context.op, [transposed, context.gradient()], context.attrs)[0]
    let parts = [
      try dot(right, shifted(x, up: true)), try dot(right, x),
      try dot(right, shifted(x, up: false)),
    ]
    return [try -join(parts.map { try Rules.expanded($0, -2) }, -2), right]
  }

  static func tridiagonalProduct(_ context: GradientContext) throws -> [Tensor?] {
    let columns = try context.inputs[..<3].map { try Rules.adjoint($0) }
    let x = try conjugate(context.inputs[3])
    let gradient = try context.gradient()
    let diagonals = [
      try dot(shifted(x, up: true), gradient), try dot(x, gradient),
      try dot(shifted(x, up: false), gradient),
    ]
    let right =
      try shifted(columns[0] * gradient, up: false) + columns[1] * gradient
      + shifted(columns[2] * gradient, up: true)
    return try diagonals.map { try Rules.expanded($0, -2) } + [right]
  }
}
