import CKernels
package import CoreOps

/// Products, transposes and factors of sparse matrices in compressed rows.
package struct SparseMatrixProductOps: OpFamily {
  package static let family: Self = define(Self())

  package let transpose: OpDef = OpDef(
    "SparseMatrixTranspose",
    """
    input: variant -> output: variant
    conjugate: bool = false
    type: {float, double, complex64, complex128}
    """, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let (dtype, conjugated) = (try context.type("type"), try context.bool("conjugate"))
      return { run in
        [Tensor(try run.inputs[0].csrMatrix(dtype).transposed(conjugated: conjugated))]
      }
    },
    gradient: .rule(needs: .nothing) { context in
      [try family.transpose([context.gradient()], context.attrs)]
    })

  package let matMul: OpDef = OpDef(
    "SparseMatrixMatMul",
    """
    a: variant, b: T -> output: T
    T: type
    transpose_a: bool = false
    transpose_b: bool = false
    adjoint_a: bool = false
    adjoint_b: bool = false
    transpose_output: bool = false
    conjugate_output: bool = false
    """,
    shape: { context in
      let b = context.shapes[1]
      try require(b.rank.map { $0 == 2 || $0 == 3 } ?? true, "b must have rank 2 or 3, got \(b)")
      return [try .unknown(rank: b.rank.map { Dimension($0) })]
    },
    kernel: .dynamic(["T": CSRMatrix.dtypes]) { context in
      let (a, b) = (try MatrixTurn(context, "a"), try MatrixTurn(context, "b"))
      let output = MatrixTurn(
        isTransposed: try context.bool("transpose_output"),
        isConjugated: try context.bool("conjugate_output"))
      return { run in [try SparseProduct.product(run.inputs[0], a, run.inputs[1], b, output)] }
    },
    gradient: .rule(needs: .inputs) { try SparseProductGradients.dense($0) })

  package let sparseMatMul: OpDef = OpDef(
    "SparseMatrixSparseMatMul",
    """
    a: variant, b: variant -> c: variant
    type: {float, double, complex64, complex128}
    transpose_a: bool = false
    transpose_b: bool = false
    adjoint_a: bool = false
    adjoint_b: bool = false
    """, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let dtype = try context.type("type")
      let (a, b) = (try MatrixTurn(context, "a"), try MatrixTurn(context, "b"))
      return { run in
        let (left, right) = (
          try run.inputs[0].csrMatrix(dtype), try run.inputs[1].csrMatrix(dtype)
        )
        let (x, y) = (try left.turned(a), try right.turned(b))
        try require(
          x.dims.count == y.dims.count && x.columns == y.rows,
          """
          Inner product dimensions of A and B do not agree.  Shapes are: \(Shape(left.dims)) vs. \
          \(Shape(right.dims))
          """
        )
        try require(
          x.parts.count == y.parts.count,
          """
          Batch sizes of A and B do not agree.  Batch sizes are: \(x.parts.count) vs. \
          \(y.parts.count)
          """
        )
        return [Tensor(try x.multiplied(by: y))]
      }
    },
    gradient: .rule(needs: .inputs) { try SparseProductGradients.sparse($0) })

  package let cholesky: OpDef = OpDef(
    "SparseMatrixSparseCholesky",
    """
    input: variant, permutation: int32 -> output: variant
    type: {float, double, complex64, complex128}
    """,
    shape: { context in
      let rank = context.shapes[1].rank
      try require(
        rank.map { $0 == 1 || $0 == 2 } ?? true,
        "permutation must have rank 1 or 2, got \(context.shapes[1])")
      return [.scalar]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("type")
      return { run in
        let matrix = try run.inputs[0].csrMatrix(dtype)
        try matrix.requireSquare()
        let order = run.inputs[1]
        try require(
          order.dims.rank + 1 == matrix.dims.count,
          """
          permutation must have rank \(matrix.dims.count - 1); but instead got rank: \
          \(order.dims.rank)
          """
        )
        let rows = order.dims[order.dims.rank - 1]
        try require(
          rows == matrix.rows,
          """
          permutation must have the same number of elements in each batch as the number of rows in \
          sparse matrix; got: \(rows) != \(matrix.rows)
          """
        )
        try require(
          order.dims.rank == 1 || order.dims[0] == matrix.parts.count,
          "permutation must have the same batch size as sparse matrix; got: \(order.dims[0])")
        return [Tensor(try SparseCholesky.factor(matrix, order))]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))
}

/// How a matrix is taken: as it is, transposed, conjugated or both.
struct MatrixTurn: Sendable {
  let isTransposed: Bool
  let isConjugated: Bool

  init(isTransposed: Bool, isConjugated: Bool) {
    self.isTransposed = isTransposed
    self.isConjugated = isConjugated
  }

  /// What the attributes `transpose_…` and `adjoint_…` of an operand say.
  ///
  /// - Throws: `INVALID_ARGUMENT` when they say both.
  init(_ context: some AttrAccess, _ operand: String) throws {
    let adjoint = try context.bool("adjoint_\(operand)")
    let transposed = try context.bool("transpose_\(operand)")
    try require(
      !(adjoint && transposed),
      "Only one of adjoint_\(operand) and transpose_\(operand) may be true.")
    self.init(isTransposed: adjoint || transposed, isConjugated: adjoint)
  }
}

extension CSRMatrix {
  func turned(_ turn: MatrixTurn) throws -> CSRMatrix {
    turn.isTransposed ? try transposed(conjugated: turn.isConjugated) : self
  }

  /// - Throws: `INVALID_ARGUMENT` when it has more rows than columns or fewer.
  func requireSquare() throws {
    try require(rows == columns, "sparse matrix must be square; got: \(rows) != \(columns)")
  }
}

/// Sparse times dense.
private enum SparseProduct {
  static func product(
    _ a: Tensor, _ aTurn: MatrixTurn, _ b: Tensor, _ bTurn: MatrixTurn, _ output: MatrixTurn
  ) throws -> Tensor {
    let given = try a.csrMatrix(b.dtype)
    try require(
      given.dims.count == b.dims.rank,
      "Ranks of a and b must match, saw: \(given.dims.count) vs. \(b.dims.rank).")
    let batch = given.parts.count
    try require(
      b.dims.rank == 2 || b.dims[0] == batch,
      "Batch sizes of a and b must match, saw: \(batch) vs. \(b.dims.rank == 2 ? 1 : b.dims[0]).")
    let matrix = try given.turned(aTurn)
    let (bRows, bColumns) = (b.dims[b.dims.rank - 2], b.dims[b.dims.rank - 1])
    let (inner, columns) = bTurn.isTransposed ? (bColumns, bRows) : (bRows, bColumns)
    try require(
      matrix.columns == inner,
      """
      Inner product dimensions of A and B do not agree. Shapes are: \(Shape(given.dims)) vs. \
      \(b.dims)
      """
    )
    let dtype = Int32(b.dtype.rawValue)
    let rows = matrix.rows
    let outer = Array(b.dims.dims.dropLast(2))
    let dims = try checked(outer + (output.isTransposed ? [columns, rows] : [rows, columns]))
    let result = try Tensor.uninitialized(b.dtype, dims)
    // Where something is turned, it is turned in memory of its own.
    let right =
      bTurn.isTransposed ? try Tensor.uninitialized(b.dtype, checked([inner, columns])) : nil
    let plain =
      output.isTransposed || output.isConjugated
      ? try Tensor.uninitialized(b.dtype, checked([rows, columns])) : nil
    let size = b.dtype.byteSize
    for (index, part) in matrix.parts.enumerated() {
      let from = UnsafeRawPointer(b.pointer + index * inner * columns * size)
      let to = result.pointer + index * rows * columns * size
      if let right {
        jk_dense_turned(
          dtype, from, Int64(bRows), Int64(bColumns), 1, bTurn.isConjugated ? 1 : 0, right.pointer)
      }
      let single = CSRMatrix(
        matrix.dtype, dims: [rows, matrix.columns], parts: [part])
      let indices = try single.coordinates(0)
      let operand = right.map { UnsafeRawPointer($0.pointer) } ?? from
      var job = jk_sparse_product(
        dtype: dtype, adjoint_a: 0, adjoint_b: 0, index_size: 8, count: Int64(part.count),
        rows: Int64(rows), inner: Int64(inner), columns: Int64(columns),
        indices: UnsafeRawPointer(indices.pointer), values: UnsafeRawPointer(part.values.pointer),
        b: operand, out: plain?.pointer ?? to)
      jk_sparse_multiply(&job, nil)
      try Cancellation.checkKernel()
      if let plain {
        jk_dense_turned(
          dtype, plain.pointer, Int64(rows), Int64(columns), output.isTransposed ? 1 : 0,
          output.isConjugated ? 1 : 0, to)
      }
      withExtendedLifetime((indices, part)) {}
    }
    return result
  }

  private static func checked(_ dims: [Int]) throws -> Shape {
    let shape = Shape(dims)
    try require(
      shape.checkedElementCount != nil, "a matrix of shape \(shape) has too many elements")
    return shape
  }
}

/// The factor L of P A Pᵀ = L Lᴴ.
private enum SparseCholesky {
  static func factor(_ matrix: CSRMatrix, _ permutations: Tensor) throws -> CSRMatrix {
    let rows = matrix.rows
    let (parents, seen, counts) = (
      try Tensor.uninitialized(.int64, [rows]), try Tensor.uninitialized(.int64, [rows]),
      try Tensor.uninitialized(.int64, [rows])
    )
    func long(_ tensor: Tensor) -> UnsafeMutablePointer<Int64> {
      tensor.pointer.assumingMemoryBound(to: Int64.self)
    }
    let sums = try Tensor.uninitialized(matrix.dtype, [rows])
    let all = permutations.elements(Int32.self)
    let parts = try matrix.parts.indices.map { index -> CSRMatrix.Part in
      let order = Array(all[index * rows..<(index + 1) * rows])
      let failure = TFError.invalidArgument(
        """
        Sparse Cholesky factorization failed for batch index \(index). The input might not be valid.
        """
      )
      var inverse = [Int32](repeating: -1, count: rows)
      for (place, row) in order.enumerated() {
        guard row >= 0, row < rows, inverse[Int(row)] < 0 else { throw failure }
        inverse[Int(row)] = Int32(place)
      }
      return try matrix.withCSR(index) { a in
        let total = jk_csr_cholesky_sizes(
          a, order, inverse, long(parents), long(seen), long(counts))
        try Cancellation.checkKernel()
        let starts = try CSRMatrix.starts(counts, total: Int(total))
        let columns = try Tensor.uninitialized(.int32, [Int(total)])
        let values = try Tensor.uninitialized(matrix.dtype, [Int(total)])
        let state = jk_csr_cholesky(
          Int32(matrix.dtype.rawValue), a, order, inverse, long(parents), long(seen),
          starts.elements(Int32.self).baseAddress!, sums.pointer,
          columns.pointer.assumingMemoryBound(to: Int32.self), values.pointer)
        try Cancellation.checkKernel()
        if state < 0 { throw failure }
        return CSRMatrix.Part(starts: starts, columns: columns, values: values)
      }
    }
    return CSRMatrix(matrix.dtype, dims: matrix.dims, parts: parts)
  }
}
