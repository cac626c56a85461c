import COpenBLAS
package import CoreOps

/// Systems of linear equations.
package struct SolverOps: OpFamily {
  package static let family: Self = define(Self())

  package let solve: OpDef = OpDef(
    "MatrixSolve",
    """
    matrix: T, rhs: T -> output: T
    adjoint: bool = false
    T: {double, float, half, complex64, complex128}
    """,
    shape: { context in
      let a = try LinearAlgebraRules.square(context.shapes[0])
      return [try SolverOps.shape(a, context.shapes[1], broadcasts: false)]
    },
    kernel: .raw(["T": LinearAlgebraRules.types]) { prepared in
      let adjoint = try prepared.bool("adjoint")
      return LinearAlgebraRules.specialise(prepared) { context in
        for i in 0..<context.count {
          try Cancellation.checkCurrent()
          guard let x = context.matrix(0, i).form(adjoint: adjoint).solve(context.matrix(1, i))
          else {
            throw LinearAlgebraRules.singular
          }
          context.store(x, i)
        }
      }
    },
    gradient: .rule { context in
      try LinearAlgebraGradients.solve(context, lower: nil) { a, b, adjoint in
        try SolverOps.family.solve(
          [a, b], Attrs().with("adjoint", .bool(adjoint), unless: !adjoint))
      }
    })

  package let triangularSolve: OpDef = SolverOps.triangular(
    "MatrixTriangularSolve", "bfloat16, double, float, half, complex64, complex128",
    gradient: .rule { context in
      let lower = try context.bool("lower")
      return try LinearAlgebraGradients.solve(context, lower: lower) { a, b, adjoint in
        try LinearAlgebraGradients.triangularSolve(a, b, lower: lower, adjoint: adjoint)
      }
    })

  package let batchTriangularSolve: OpDef = SolverOps.triangular(
    "BatchMatrixTriangularSolve", "double, float", gradient: .none("an op of TensorFlow before 1.0")
  )

  package let solveLs: OpDef = OpDef(
    "MatrixSolveLs",
    """
    matrix: T, rhs: T, l2_regularizer: double -> output: T
    T: {double, float, half, complex64, complex128}
    fast: bool = true
    """,
    shape: { context in
      let (batch, m, n) = try LinearAlgebraRules.matrix(context.shapes[0])
      let (other, rows, k) = try LinearAlgebraRules.matrix(context.shapes[1])
      try require(
        context.shapes[2].rank ?? 0 == 0,
        "l2_regularizer must be scalar, got shape \(context.shapes[2])")
      if let m, let rows, m != rows {
        throw TFError.invalidArgument(
          "Input matrix and rhs are incompatible: \(context.shapes[0]) and \(context.shapes[1])")
      }
      return [try batch.merged(with: other).concatenated(with: .of(n, k))]
    },
    kernel: .raw(["T": LinearAlgebraRules.types]) { prepared in
      let fast = try prepared.bool("fast")
      return LinearAlgebraRules.specialise(prepared) { context in
        let weight = context.pointers[2].load(as: Double.self)
        try require(weight >= 0, "l2_regularizer must be >= 0.")
        let stack = Shape(Array(context.inputs[0].dims.dropLast(2))).elementCount
        for i in 0..<stack {
          try Cancellation.checkCurrent()
          let (a, b) = (context.matrix(0, i), context.matrix(1, i))
          context.store(
            try fast ? SolverOps.normalEquations(a, b, weight) : SolverOps.leastNorm(a, b), i)
        }
      }
    }, gradient: .rule { try MatrixGradients.leastSquares($0) })

  package let bandedTriangularSolve: OpDef = OpDef(
    "BandedTriangularSolve",
    """
    matrix: T, rhs: T -> output: T
    lower: bool = true
    adjoint: bool = false
    T: {double, float, half, complex64, complex128}
    """,
    shape: { context in
      let (batch, bands, n) = try LinearAlgebraRules.matrix(context.shapes[0])
      let (other, rows, columns) = try LinearAlgebraRules.matrix(context.shapes[1])
      if let bands, let n {
        try require(bands > 0, "bands must be positive, got \(bands)")
        try require(
          bands <= n, "The number of bands must be at most the number of rows: \(bands) vs. \(n)")
      }
      if let n, let rows, n != rows {
        throw TFError.invalidArgument(
          "In[0] mismatch In[1] shape: \(context.shapes[0]) \(context.shapes[1])")
      }
      return [try ShapeRules.broadcast(batch, other).concatenated(with: .of(rows ?? n, columns))]
    },
    kernel: .raw(["T": LinearAlgebraRules.types]) { prepared in
      let (lower, adjoint) = (try prepared.bool("lower"), try prepared.bool("adjoint"))
      return LinearAlgebraRules.specialise(prepared) { context in
        let places = try SolverOps.places(context)
        for (i, place) in places.enumerated() {
          try Cancellation.checkCurrent()
          let bands = context.matrix(0, place.0)
          let n = bands.columns
          try MemoryLimit.requireRoom([n, n], .complex128)
          var a = DenseMatrix(isComplex: bands.isComplex, rows: n, columns: n)
          // Lower: row 0 is the diagonal; upper: the last row is.
          for band in 0..<bands.rows {
            let distance = lower ? band : bands.rows - 1 - band
            if lower {
              for r in distance..<n { a[r, r - distance] = bands[band, r] }
            } else {
              for r in 0..<n - distance { a[r, r + distance] = bands[band, r] }
            }
          }
          if a.hasZeroPivot { throw LinearAlgebraRules.singular }
          context.store(SolverOps.substituted(a, context.matrix(1, place.1), lower, adjoint), i)
        }
      }
    }, gradient: .rule { try MatrixGradients.banded($0) })

  package let tridiagonalSolve: OpDef = OpDef(
    "TridiagonalSolve",
    """
    diagonals: T, rhs: T -> output: T
    partial_pivoting: bool = true
    perturb_singular: bool = false
    T: {double, float, complex64, complex128}
    """,
    shape: { context in
      let (batch, three, n) = try LinearAlgebraRules.matrix(context.shapes[0])
      let (other, rows, columns) = try LinearAlgebraRules.matrix(context.shapes[1])
      try require(three ?? 3 == 3, "Expected 3 diagonals got \(three ?? 0).")
      if let n, let rows, n != rows {
        throw TFError.invalidArgument(
          "The length of diagonals and the rows of rhs differ: \(n) and \(rows)")
      }
      return [try batch.merged(with: other).concatenated(with: .of(rows ?? n, columns))]
    },
    kernel: .raw { prepared in
      let pivoting = try prepared.bool("partial_pivoting")
      let perturbs = try prepared.bool("perturb_singular")
      if perturbs, !pivoting {
        throw TFError.invalidArgument("Setting perturb_singular requires pivoting.")
      }
      if perturbs {
        throw TFError.unimplemented("perturb_singular is not supported on CPU.")
      }
      return LinearAlgebraRules.specialise(prepared) { context in
        for i in 0..<context.count {
          try Cancellation.checkCurrent()
          context.store(
            try SolverOps.tridiagonal(context.matrix(0, i), context.matrix(1, i), pivoting), i)
        }
      }
    }, gradient: .rule { try MatrixGradients.tridiagonalSolve($0) })

  package let tridiagonalMatMul: OpDef = OpDef(
    "TridiagonalMatMul",
    """
    superdiag: T, maindiag: T, subdiag: T, rhs: T -> output: T
    T: {double, float, complex64, complex128}
    """,
    shape: { context in
      let (batch, m, n) = try LinearAlgebraRules.matrix(context.shapes[3])
      var result = batch
      for index in 0..<3 {
        let (own, one, length) = try LinearAlgebraRules.matrix(context.shapes[index])
        if one ?? 1 != 1 || (length != nil && m != nil && length != m) {
          throw TFError.invalidArgument(
            """
            Input \(index) must have shape [..., 1, \(m?.description ?? "?")], got \
            \(context.shapes[index])
            """
          )
        }
        result = try result.merged(with: own)
      }
      return [result.concatenated(with: .of(m, n))]
    },
    kernel: LinearAlgebraRules.kernel { context in
      for i in 0..<context.count {
        try Cancellation.checkCurrent()
        let (above, main, below) = (
          context.matrix(0, i), context.matrix(1, i), context.matrix(2, i)
        )
        let x = context.matrix(3, i)
        var result = x
        for r in 0..<x.rows {
          for c in 0..<x.columns {
            var sum = MatrixFunctions.multiply(main[0, r], x[r, c])
            func add(_ a: MatrixFunctions.Complex, _ b: MatrixFunctions.Complex) {
              let product = MatrixFunctions.multiply(a, b)
              sum = (sum.re + product.re, sum.im + product.im)
            }
            if r + 1 < x.rows { add(above[0, r], x[r + 1, c]) }
            if r > 0 { add(below[0, r], x[r - 1, c]) }
            result[r, c] = sum
          }
        }
        context.store(result, i)
      }
    }, gradient: .rule { try MatrixGradients.tridiagonalProduct($0) })
}

extension SolverOps {
  fileprivate static func shape(_ a: PartialShape, _ b: PartialShape, broadcasts: Bool) throws
    -> PartialShape
  {
    let (left, n, _) = try LinearAlgebraRules.matrix(a)
    let (right, rows, columns) = try LinearAlgebraRules.matrix(b)
    if let n, let rows, n != rows {
      throw TFError.invalidArgument("Input matrix and rhs are incompatible: In[0] \(a), In[1] \(b)")
    }
    let batch = broadcasts ? try ShapeRules.broadcast(left, right) : try left.merged(with: right)
    return batch.concatenated(with: .of(rows ?? n, columns))
  }

  /// Which matrices of the first two inputs each matrix of the output is made from.
  fileprivate static func places(_ context: StackContext) throws -> [(Int, Int)] {
    let output = Shape(Array(context.outputs[0].dims.dropLast(2)))
    func indices(_ shape: Shape) throws -> [Int] {
      try broadcastIndices(Shape(Array(shape.dims.dropLast(2))), to: output)
    }
    return Array(try zip(indices(context.inputs[0]), indices(context.inputs[1])))
  }

  /// X with A · X = B, or Aᴴ · X = B, for a triangle A.
  fileprivate static func substituted(
    _ a: DenseMatrix, _ b: DenseMatrix, _ lower: Bool, _ adjoint: Bool
  )
    -> DenseMatrix
  {
    // A zero on the diagonal gives infinities and NaN, as in TensorFlow.
    if b.rows == 0 || b.columns == 0 { return b }
    var x = b
    let (m, n) = (Int32(b.rows), Int32(b.columns))
    let (uplo, transpose) = (
      lower ? CblasLower : CblasUpper, adjoint ? CblasConjTrans : CblasNoTrans
    )
    if a.isComplex {
      cblas_ztrsm(
        CblasColMajor, CblasLeft, uplo, transpose, CblasNonUnit, m, n, [1.0, 0.0], a.values, m,
        &x.values, m)
    } else {
      cblas_dtrsm(
        CblasColMajor, CblasLeft, uplo, transpose, CblasNonUnit, m, n, 1, a.values, m, &x.values, m)
    }
    return x
  }

  fileprivate static func triangular(_ name: String, _ types: String, gradient: Gradient) -> OpDef {
    OpDef(
      name,
      """
      matrix: T, rhs: T -> output: T
      lower: bool = true
      adjoint: bool = false
      T: {\(types)}
      """,
      shape: { context in
        [
          try shape(
            try LinearAlgebraRules.square(context.shapes[0]), context.shapes[1], broadcasts: true)
        ]
      },
      kernel: .raw(["T": LinearAlgebraRules.types]) { prepared in
        let (lower, adjoint) = (try prepared.bool("lower"), try prepared.bool("adjoint"))
        return LinearAlgebraRules.specialise(prepared) { context in
          for (i, place) in try places(context).enumerated() {
            try Cancellation.checkCurrent()
            context.store(
              substituted(context.matrix(0, place.0), context.matrix(1, place.1), lower, adjoint), i
            )
          }
        }
      }, gradient: gradient)
  }

  /// Least squares by the Cholesky factor of AᴴA + w, or of AAᴴ + w where there are fewer rows than
  /// columns.
  fileprivate static func normalEquations(_ a: DenseMatrix, _ b: DenseMatrix, _ weight: Double)
    throws -> DenseMatrix
  {
    let turned = a.adjoint
    let tall = a.rows >= a.columns
    let gram = tall ? turned.times(a) : a.times(turned)
    let sum = gram.adding(.identity(isComplex: a.isComplex, gram.rows), weight)
    guard let factor = sum.cholesky() else {
      throw TFError.invalidArgument(
        """
        Input matrix was rank deficient or ill-conditioned. Try setting fast=False or provide a \
        larger l2_regularizer > 0.
        """
      )
    }
    return tall ? factor.choleskySolve(turned.times(b)) : turned.times(factor.choleskySolve(b))
  }

  /// The least squares solution of least norm; a matrix that is not finite counts as of rank 0.
  fileprivate static func leastNorm(_ a: DenseMatrix, _ b: DenseMatrix) -> DenseMatrix {
    guard a.isFinite else {
      return DenseMatrix(isComplex: a.isComplex, rows: a.columns, columns: b.columns)
    }
    let (s, u, v) = a.svd(vectors: true, full: false)
    var projected = u.adjoint.times(b)
    let limit = (s.first ?? 0) * Double(max(a.rows, a.columns)) * Double.ulpOfOne
    for r in 0..<projected.rows {
      let scale = s[r] > limit ? 1 / s[r] : 0
      for c in 0..<projected.columns {
        let x = projected[r, c]
        projected[r, c] = (x.re * scale, x.im * scale)
      }
    }
    return v.times(projected)
  }

  /// Gaussian elimination on three diagonals: above, main, below.
  fileprivate static func tridiagonal(_ d: DenseMatrix, _ b: DenseMatrix, _ pivoting: Bool) throws
    -> DenseMatrix
  {
    typealias Complex = MatrixFunctions.Complex
    let n = d.columns
    var x = b
    if n == 0 || b.columns == 0 { return x }
    func minus(_ a: Complex, _ b: Complex) -> Complex { (a.re - b.re, a.im - b.im) }
    func isZero(_ a: Complex) -> Bool { a.re == 0 && a.im == 0 }
    func size(_ a: Complex) -> Double { a.re * a.re + a.im * a.im }
    func multiply(_ a: Complex, _ b: Complex) -> Complex {
      d.isComplex ? MatrixFunctions.multiply(a, b) : (a.re * b.re, 0)
    }
    func divide(_ a: Complex, _ b: Complex, _ quotient: (Complex, Complex) -> Complex) -> Complex {
      d.isComplex ? quotient(a, b) : (a.re / b.re, 0)
    }
    // Without a solution nothing is a number, or complex numbers are 0 as in TensorFlow, and other
    // systems of the batch go on.
    func unsolved() -> DenseMatrix {
      x.fill(d.isComplex ? 0 : .nan)
      return x
    }
    // Row r of what is left: its diagonal and the two elements to the right.
    var rows = (0..<n).map { r -> (Complex, Complex, Complex) in
      (d[1, r], r + 1 < n ? d[0, r] : (0, 0), (0, 0))
    }
    for r in 0..<n - 1 {
      var below = d[2, r + 1]
      if pivoting, size(below) > size(rows[r].0) {
        let upper = rows[r]
        rows[r] = (below, rows[r + 1].0, rows[r + 1].1)
        below = upper.0
        rows[r + 1] = (upper.1, upper.2, (0, 0))
        for c in 0..<b.columns { (x[r, c], x[r + 1, c]) = (x[r + 1, c], x[r, c]) }
      }
      if isZero(rows[r].0) { return unsolved() }
      let factor = divide(below, rows[r].0, MatrixFunctions.quotient)
      rows[r + 1].0 = minus(rows[r + 1].0, multiply(factor, rows[r].1))
      rows[r + 1].1 = minus(rows[r + 1].1, multiply(factor, rows[r].2))
      for c in 0..<b.columns {
        x[r + 1, c] = minus(x[r + 1, c], multiply(factor, x[r, c]))
      }
    }
    if isZero(rows[n - 1].0) { return unsolved() }
    for c in 0..<b.columns {
      for r in (0..<n).reversed() {
        var sum = x[r, c]
        if r + 1 < n { sum = minus(sum, multiply(rows[r].1, x[r + 1, c])) }
        if r + 2 < n { sum = minus(sum, multiply(rows[r].2, x[r + 2, c])) }
        x[r, c] = divide(sum, rows[r].0, MatrixFunctions.quotientOfFinite)
      }
    }
    return x
  }
}
