package import CoreOps

/// Factorisations, inverses, determinants and functions of square matrices.
package struct LinearAlgebraOps: OpFamily {
  package static let family: Self = define(Self())

  package let cholesky: OpDef = LinearAlgebraOps.square(
    "Cholesky", gradient: .rule { [try LinearAlgebraGradients.cholesky($0)] }
  ) { a, _ in LinearAlgebraOps.choleskyFactor(a) }

  package let choleskyGrad: OpDef = OpDef(
    "CholeskyGrad", "l: T, grad: T -> output: T\nT: {half, float, double}",
    shape: { context in
      let l = try LinearAlgebraRules.square(context.shapes[0])
      return [try l.merged(with: try LinearAlgebraRules.square(context.shapes[1]))]
    },
    kernel: LinearAlgebraRules.kernel(["T": [.float32, .float64]]) { context in
      let n = context.rows(0)
      for i in 0..<context.count {
        try Cancellation.checkCurrent()
        let gradient = context.matrix(1, i)
        var l = context.matrix(0, i)
        for c in 0..<n { for r in 0..<c { l[r, c] = (0, 0) } }
        guard l.isFinite, gradient.isFinite, !l.hasZeroPivot else {
          context.store(l.plainCholeskyGradient(gradient), i)
          continue
        }
        let product = l.transposed().times(gradient)
        // The lower triangle of Lᵀ·G with its diagonal halved, between L⁻ᵀ and L⁻¹.
        var middle = DenseMatrix(isComplex: false, rows: n, columns: n)
        for c in 0..<n {
          for r in c..<n {
            let x = product[r, c].re * (r == c ? 0.5 : 1)
            middle[r, c] = (x, 0)
          }
        }
        guard let left = l.transposed().solve(middle),
          let turned = l.transposed().solve(left.transposed())
        else {
          throw TFError.invalidArgument("Input matrix is not invertible.")
        }
        context.store(turned.adding(turned.transposed()).scaled(0.5), i)
      }
    }, gradient: .none("TensorFlow has no gradient of it"))

  package let inverse: OpDef = LinearAlgebraOps.square(
    "MatrixInverse", adjoint: true, types: [.half, .float32, .float64, .complexes],
    gradient: .rule(needs: .outputs) { context in
      let inverse = context.outputs[0]
      let adjoint = try context.bool("adjoint")
      let gradient = try context.gradient()
      let product = try LinearAlgebraGradients.product(
        inverse, try LinearAlgebraGradients.product(gradient, inverse, adjB: true), adjA: true)
      return [try -(adjoint ? LinearAlgebraGradients.adjoint(product) : product)]
    }
  ) { a, _ in
    guard let inverse = a.inverse() else { throw LinearAlgebraRules.singular }
    return inverse
  }

  package let exponential: OpDef = LinearAlgebraOps.square(
    "MatrixExponential", gradient: .none("TensorFlow has no gradient of it")
  ) { a, _ in MatrixFunctions.exponential(a) }

  package let squareRoot: OpDef = LinearAlgebraOps.square(
    "MatrixSquareRoot", computesComplex: true,
    gradient: .rule { [try MatrixGradients.squareRoot($0)] }
  ) { a, dtype in MatrixFunctions.squareRoot(a, isReal: !dtype.isComplex) }

  package let logarithm: OpDef = OpDef(
    "MatrixLogarithm", "input: T -> output: T\nT: {complex64, complex128}",
    shape: { [try LinearAlgebraRules.square($0.shapes[0])] },
    kernel: LinearAlgebraRules.kernel { context in
      for i in 0..<context.count {
        try Cancellation.checkCurrent()
        context.store(MatrixFunctions.logarithm(context.matrix(0, i)), i)
      }
    }, gradient: .none("TensorFlow has no gradient of it"))

  package let determinant: OpDef = OpDef(
    "MatrixDeterminant", "input: T -> output: T\nT: {half, float, double, complex64, complex128}",
    shape: { [LinearAlgebraRules.batch(try LinearAlgebraRules.square($0.shapes[0]))] },
    kernel: LinearAlgebraRules.kernel(["T": LinearAlgebraRules.types]) {
      try LinearAlgebraOps.determinants($0)
    },
    gradient: .rule(needs: .init(inputs: [0], outputs: [0])) { context in
      let (a, value) = (context.inputs[0], context.outputs[0])
      let inverse = try LinearAlgebraOps.family.inverse([a], ["adjoint": .bool(true)])
      let scale = try context.gradient() * conjugate(value)
      return [try LinearAlgebraGradients.spread(scale) * inverse]
    })

  package let logDeterminant: OpDef = OpDef(
    "LogMatrixDeterminant",
    "input: T -> sign: T, log_abs_determinant: T\nT: {half, float, double, complex64, complex128}",
    shape: { context in
      let batch = LinearAlgebraRules.batch(try LinearAlgebraRules.square(context.shapes[0]))
      return [batch, batch]
    },
    kernel: LinearAlgebraRules.kernel(["T": LinearAlgebraRules.types]) { context in
      for i in 0..<context.count {
        try Cancellation.checkCurrent()
        let (sign, log) = LinearAlgebraRules.logDeterminant(context.matrix(0, i))
        var value = DenseMatrix(isComplex: context.dtype.isComplex, rows: 1, columns: 1)
        value[0, 0] = sign
        context.store(value, i)
        value[0, 0] = (log, 0)
        context.store(value, i, output: 1)
      }
    },
    gradient: .rule(needs: .inputs(0)) { context in
      let inverse = try LinearAlgebraOps.family.inverse(
        [context.inputs[0]], ["adjoint": .bool(true)])
      return [try LinearAlgebraGradients.spread(try context.gradient(1)) * inverse]
    })

  /// The same under the name it had before TensorFlow 1.0.
  package let batchInverse: OpDef = LinearAlgebraOps.square(
    "BatchMatrixInverse", adjoint: true, signatureTypes: "double, float",
    gradient: .none("an op of TensorFlow before 1.0")
  ) { a, _ in
    guard let inverse = a.inverse() else { throw LinearAlgebraRules.singular }
    return inverse
  }

  package let batchCholesky: OpDef = LinearAlgebraOps.square(
    "BatchCholesky", signatureTypes: "double, float",
    gradient: .none("an op of TensorFlow before 1.0")
  ) { a, _ in LinearAlgebraOps.choleskyFactor(a) }

  package let batchDeterminant: OpDef = OpDef(
    "BatchMatrixDeterminant", "input: T -> output: T\nT: {float, double, complex64, complex128}",
    shape: { [LinearAlgebraRules.batch(try LinearAlgebraRules.square($0.shapes[0]))] },
    kernel: LinearAlgebraRules.kernel(["T": LinearAlgebraRules.types]) {
      try LinearAlgebraOps.determinants($0)
    },
    gradient: .none("an op of TensorFlow before 1.0"))

  package let lu: OpDef = OpDef(
    "Lu",
    """
    input: T -> lu: T, p: output_idx_type
    T: {double, float, half, complex64, complex128}
    output_idx_type: {int32, int64} = int32
    """,
    shape: { context in
      let a = try LinearAlgebraRules.square(context.shapes[0])
      return [a, a.dims.map { PartialShape(Array($0.dropLast())) } ?? .unknown]
    },
    kernel: LinearAlgebraRules.kernel(["T": LinearAlgebraRules.types]) { context in
      let n = context.rows(0)
      for i in 0..<context.count {
        try Cancellation.checkCurrent()
        let a = context.matrix(0, i)
        // LAPACK measures complex pivots by the sum of their parts, TensorFlow by their modulus.
        let (factors, pivots) =
          a.isComplex
          ? a.plainLU(dividing: MatrixFunctions.quotientOfFinite)
          : { ($0.factors, $0.pivots) }(a.lu())
        if factors.hasZeroPivot { throw LinearAlgebraRules.singular }
        context.store(factors, i)
        var order = Array(0..<n)
        for row in 0..<n { order.swapAt(row, Int(pivots[row]) - 1) }
        for (row, source) in order.enumerated() {
          if context.outputTypes[1] == .int32 {
            context.output(1).storeBytes(
              of: Int32(source), toByteOffset: (i * n + row) * 4, as: Int32.self)
          } else {
            context.output(1).storeBytes(of: source, toByteOffset: (i * n + row) * 8, as: Int.self)
          }
        }
      }
    }, gradient: .none("TensorFlow has no gradient of it"))

  package let qr: OpDef = OpDef(
    "Qr",
    """
    input: T -> q: T, r: T
    full_matrices: bool = false
    T: {double, float, half, complex64, complex128}
    """,
    shape: { context in
      let (batch, m, n) = try LinearAlgebraRules.matrix(context.shapes[0])
      let full = try context.bool("full_matrices")
      let k = LinearAlgebraRules.smaller(m, n)
      return [
        batch.concatenated(with: .of(m, full ? m : k)),
        batch.concatenated(with: .of(full ? m : k, n)),
      ]
    },
    kernel: .raw(["T": [.half, .float32, .float64, .complexes]]) { prepared in
      let full = try prepared.bool("full_matrices")
      return LinearAlgebraRules.specialise(prepared) { context in
        for i in 0..<context.count {
          try Cancellation.checkCurrent()
          let (q, r) = context.matrix(0, i).qr(full: full)
          context.store(q, i)
          context.store(r, i, output: 1)
        }
      }
    }, gradient: .rule { [try LinearAlgebraGradients.qr($0)] })

  package let svd: OpDef = OpDef(
    "Svd",
    """
    input: T -> s: T, u: T, v: T
    compute_uv: bool = true
    full_matrices: bool = false
    T: {double, float, half, complex64, complex128}
    """,
    shape: { context in
      let (batch, m, n) = try LinearAlgebraRules.matrix(context.shapes[0])
      let k = LinearAlgebraRules.smaller(m, n)
      let s = batch.concatenated(with: .of(k))
      guard try context.bool("compute_uv") else { return [s, [], []] }
      let full = try context.bool("full_matrices")
      return [
        s, batch.concatenated(with: .of(m, full ? m : k)),
        batch.concatenated(with: .of(n, full ? n : k)),
      ]
    },
    kernel: .raw(["T": LinearAlgebraRules.types]) { prepared in
      let (vectors, full) = (try prepared.bool("compute_uv"), try prepared.bool("full_matrices"))
      return LinearAlgebraRules.specialise(prepared) { context in
        for i in 0..<context.count {
          try Cancellation.checkCurrent()
          let (s, u, v) = context.matrix(0, i).svd(vectors: vectors, full: full)
          context.store(LinearAlgebraRules.column(s, context.dtype), i)
          if vectors {
            context.store(u, i, output: 1)
            context.store(v, i, output: 2)
          }
        }
        if !vectors {
          context.storeZero(output: 1)
          context.storeZero(output: 2)
        }
      }
    }, gradient: .rule { [try MatrixGradients.svd($0)] })

  package let selfAdjointEigV2: OpDef = OpDef(
    "SelfAdjointEigV2",
    """
    input: T -> e: T, v: T
    compute_v: bool = true
    T: {double, float, half, complex64, complex128}
    """,
    shape: { context in
      let a = try LinearAlgebraRules.square(context.shapes[0])
      let e = a.dims.map { PartialShape(Array($0.dropLast())) } ?? .unknown
      return [e, try context.bool("compute_v") ? a : []]
    },
    kernel: .raw(["T": LinearAlgebraRules.types]) { prepared in
      let vectors = try prepared.bool("compute_v")
      return LinearAlgebraRules.specialise(prepared) { context in
        for i in 0..<context.count {
          try Cancellation.checkCurrent()
          let (e, v) = try context.matrix(0, i).selfAdjointEigen(vectors: vectors)
          context.store(LinearAlgebraRules.column(e, context.dtype), i)
          if vectors { context.store(v, i, output: 1) }
        }
        if !vectors { context.storeZero(output: 1) }
      }
    }, gradient: .rule { [try LinearAlgebraGradients.selfAdjointEigen($0)] })

  /// The first form: the eigenvalues in the first row, the eigenvectors below.
  package let selfAdjointEig: OpDef = LinearAlgebraOps.stacked(
    "SelfAdjointEig", "double, float, half")
  package let batchSelfAdjointEig: OpDef = LinearAlgebraOps.stacked(
    "BatchSelfAdjointEig", "double, float")

  package let eig: OpDef = OpDef(
    "Eig",
    """
    input: T -> e: Tout, v: Tout
    compute_v: bool = true
    T: {float, double, complex64, complex128}
    Tout: {complex64, complex128}
    """,
    shape: { context in
      let a = try LinearAlgebraRules.square(context.shapes[0])
      let e = a.dims.map { PartialShape(Array($0.dropLast())) } ?? .unknown
      return [e, try context.bool("compute_v") ? a : []]
    },
    kernel: .raw { prepared in
      let vectors = try prepared.bool("compute_v")
      return LinearAlgebraRules.specialise(prepared) { context in
        for i in 0..<context.count {
          try Cancellation.checkCurrent()
          let (e, v) = try context.matrix(0, i).eigen(vectors: vectors)
          context.store(e, i)
          if vectors { context.store(v, i, output: 1) }
        }
        if !vectors { context.storeZero(output: 1) }
      }
    }, gradient: .rule { [try MatrixGradients.eigen($0)] })
}

extension LinearAlgebraOps {
  /// The lower triangle of a matrix that is not positive definite is filled with the scalar that
  /// TensorFlow's dtype has for not-a-number, which is 0 where it is complex.
  fileprivate static func choleskyFactor(_ a: DenseMatrix) -> DenseMatrix {
    if let factor = a.cholesky() { return factor }
    var filled = DenseMatrix(isComplex: a.isComplex, rows: a.rows, columns: a.columns)
    if a.isComplex { return filled }
    for c in 0..<a.columns { for r in c..<a.rows { filled[r, c] = (.nan, 0) } }
    return filled
  }

  fileprivate static func determinants(_ context: StackContext) throws {
    for i in 0..<context.count {
      try Cancellation.checkCurrent()
      let (sign, log) = LinearAlgebraRules.logDeterminant(context.matrix(0, i))
      var value = DenseMatrix(isComplex: context.dtype.isComplex, rows: 1, columns: 1)
      let size = Double.exp(log)
      value[0, 0] = size == 0 ? (0, 0) : (sign.re * size, sign.im * size)
      context.store(value, i)
    }
  }

  fileprivate static func stacked(_ name: String, _ types: String) -> OpDef {
    OpDef(
      name, "input: T -> output: T\nT: {\(types)}",
      shape: { context in
        let a = try LinearAlgebraRules.square(context.shapes[0])
        guard let dims = a.dims else { return [.unknown] }
        let n = dims[dims.count - 1]
        return [PartialShape(Array(dims.dropLast(2)) + [n.map { $0 + 1 }, n])]
      },
      kernel: LinearAlgebraRules.kernel(["T": [.float32, .float64]]) { context in
        let n = context.rows(0)
        for i in 0..<context.count {
          try Cancellation.checkCurrent()
          let (e, v) = try context.matrix(0, i).selfAdjointEigen(vectors: true)
          var both = DenseMatrix(isComplex: false, rows: n + 1, columns: n)
          for c in 0..<n {
            both[0, c] = (e[c], 0)
            for r in 0..<n { both[r + 1, c] = v[r, c] }
          }
          context.store(both, i)
        }
      }, gradient: .none("an op of TensorFlow before 1.0"))
  }

  /// An op that makes of a square matrix another one.
  fileprivate static func square(
    _ name: String, adjoint: Bool = false, computesComplex: Bool = false,
    types: DTypeSet = LinearAlgebraRules.types,
    signatureTypes: String = "double, float, half, complex64, complex128", gradient: Gradient,
    _ body: @escaping @Sendable (DenseMatrix, DType) throws -> DenseMatrix
  ) -> OpDef {
    OpDef(
      name,
      "input: T -> output: T\n\(adjoint ? "adjoint: bool = false\n" : "")T: {\(signatureTypes)}",
      shape: { [try LinearAlgebraRules.square($0.shapes[0])] },
      kernel: .raw(["T": types]) { prepared in
        let turned = try adjoint && prepared.bool("adjoint")
        return LinearAlgebraRules.specialise(prepared) { context in
          for i in 0..<context.count {
            try Cancellation.checkCurrent()
            let a = context.matrix(0, i, isComplex: computesComplex ? true : nil)
            context.store(try body(a.form(adjoint: turned), context.dtype), i)
          }
        }
      }, gradient: gradient)
  }
}
