import CKernels
package import CoreOps

/// A sparse matrix, or a batch of them, in compressed rows: what a variant tensor of the ops on CSR
/// matrices holds.
package final class CSRMatrix: TensorObject {
  package static let dtypes: DTypeSet = [.float32, .float64, .complexes]

  /// One matrix of the batch; positions count from its own first element.
  struct Part: Sendable {
    /// rows + 1 int32.
    let starts: Tensor
    /// int32.
    let columns: Tensor
    let values: Tensor

    var count: Int { columns.dims[0] }
  }

  package let dtype: DType
  /// [rows, columns], or [batch, rows, columns].
  let dims: [Int]
  let parts: [Part]

  init(_ dtype: DType, dims: [Int], parts: [Part]) {
    self.dtype = dtype
    self.dims = dims
    self.parts = parts
  }

  var rows: Int { dims[dims.count - 2] }
  var columns: Int { dims[dims.count - 1] }
  var isBatch: Bool { dims.count == 3 }

  /// Elements by their coordinates, which must be inside, and stay in their order within a row.
  ///
  /// - Throws: `INVALID_ARGUMENT` when 32 bits do not number the rows.
  init(_ cells: SparseCells, _ values: Tensor) throws {
    dtype = values.dtype
    dims = cells.dims
    let (rows, batch) = (dims[dims.count - 2], dims.count == 3 ? dims[0] : 1)
    let starts = (Dimension(rows) + 1) * Dimension(batch)
    try require(
      !starts.isOverflow && starts <= Int(Int32.max) && dims.allSatisfy { $0 <= Int(Int32.max) },
      """
      The csr row index size, computed based on the dense_shape, must be <= Int32Max, but is too \
      large. Current value is \(starts)
      """
    )
    // Matrices without elements take memory too.
    try MemoryLimit.room(for: (starts * 8 + Dimension(batch) * 512).saturated)
    var counts = [Int](repeating: 0, count: batch)
    var rowCounts = [[Int32]](repeating: [Int32](repeating: 0, count: rows + 1), count: batch)
    let (rowAxis, columnAxis) = (dims.count - 2, dims.count - 1)
    var pace = Pace()
    for element in 0..<cells.count {
      try pace.step(4)
      let part = dims.count == 3 ? cells[element, 0] : 0
      counts[part] += 1
      rowCounts[part][cells[element, rowAxis] + 1] += 1
    }
    // The elements are in the order of the batch.
    var next = 0
    parts = try (0..<batch).map { part in
      let (start, end) = (next, next + counts[part])
      next = end
      var sum: Int32 = 0
      let starts = rowCounts[part].map { count -> Int32 in
        sum += count
        return sum
      }
      let columns = (start..<end).map { Int32(cells[$0, columnAxis]) }
      return Part(
        starts: try Tensor(starts, dims: [rows + 1]),
        columns: try Tensor(columns, dims: [columns.count]),
        values: values.rows(start, end, dims: [end - start]))
    }
  }

  /// Calls `body` with a matrix of the batch as the C loops take it.
  func withCSR<R>(_ part: Int, _ body: (UnsafePointer<jk_csr>) throws -> R) rethrows -> R {
    let part = parts[part]
    var csr = jk_csr(
      rows: Int64(rows), columns: Int64(columns),
      row_starts: part.starts.elements(Int32.self).baseAddress!,
      column_of: UnsafePointer(part.columns.pointer.assumingMemoryBound(to: Int32.self)),
      values: UnsafeRawPointer(part.values.pointer))
    return try withExtendedLifetime(part) { try body(&csr) }
  }

  /// The transposed matrices.
  func transposed(conjugated: Bool) throws -> CSRMatrix {
    let turned = try parts.indices.map { index -> Part in
      let count = parts[index].count
      let starts = try Tensor.uninitialized(.int32, [columns + 1])
      let places = try Tensor.uninitialized(.int32, [count])
      let values = try Tensor.uninitialized(dtype, [count])
      withCSR(index) {
        jk_csr_transpose(
          Int32(dtype.rawValue), $0, conjugated ? 1 : 0,
          starts.elements(Int32.self).baseAddress!,
          places.pointer.assumingMemoryBound(to: Int32.self), values.pointer)
      }
      return Part(starts: starts, columns: places, values: values)
    }
    return CSRMatrix(dtype, dims: Array(dims.dropLast(2)) + [columns, rows], parts: turned)
  }

  /// The product of the matrices of two batches of one size.
  ///
  /// - Throws: `INVALID_ARGUMENT` when 32 bits do not number its elements; when the run is to end.
  func multiplied(by other: CSRMatrix) throws -> CSRMatrix {
    let seen = try Tensor.uninitialized(.int64, [other.columns])
    let counts = try Tensor.uninitialized(.int64, [rows])
    let sums = try Tensor.uninitialized(dtype, [other.columns])
    let scratch = seen.pointer.assumingMemoryBound(to: Int64.self)
    let products = try parts.indices.map { index -> Part in
      try withCSR(index) { a in
        try other.withCSR(index) { b in
          let total = jk_csr_product_sizes(
            a, b, counts.pointer.assumingMemoryBound(to: Int64.self), scratch)
          try Cancellation.checkKernel()
          let starts = try Self.starts(counts, total: Int(total))
          let columns = try Tensor.uninitialized(.int32, [Int(total)])
          let values = try Tensor.uninitialized(dtype, [Int(total)])
          _ = jk_csr_product(
            Int32(dtype.rawValue), a, b, starts.elements(Int32.self).baseAddress!, scratch,
            sums.pointer, columns.pointer.assumingMemoryBound(to: Int32.self), values.pointer)
          try Cancellation.checkKernel()
          return Part(starts: starts, columns: columns, values: values)
        }
      }
    }
    return CSRMatrix(
      dtype, dims: Array(dims.dropLast(2)) + [rows, other.columns], parts: products)
  }

  /// Where rows of those sizes begin.
  static func starts(_ counts: Tensor, total: Int) throws -> Tensor {
    try require(
      total <= Int(Int32.max), "a sparse matrix of \(total) elements is too large for 32 bits")
    var sum: Int32 = 0
    let ends = counts.elements(Int64.self).map { count -> Int32 in
      sum += Int32(count)
      return sum
    }
    return try Tensor([0] + ends, dims: [ends.count + 1])
  }

  /// The coordinates of a matrix's elements as int64.
  func coordinates(_ part: Int) throws -> Tensor {
    let rank = dims.count
    let part = (index: part, matrix: parts[part])
    let result = try Tensor.uninitialized(.int64, [part.matrix.count, rank])
    let (out, starts, columns) = (
      result.elements(Int.self), part.matrix.starts.elements(Int32.self),
      part.matrix.columns.elements(Int32.self)
    )
    for row in 0..<rows {
      for element in Int(starts[row])..<Int(starts[row + 1]) {
        if rank == 3 { out[element &* 3] = part.index }
        out[element &* rank &+ rank - 2] = row
        out[element &* rank &+ rank - 1] = Int(columns[element])
      }
    }
    return result
  }
}

extension CSRMatrix: AdditiveObject {
  /// The same elements, all 0.
  package func zeros() throws -> any TensorObject {
    CSRMatrix(
      dtype, dims: dims,
      parts: try parts.map {
        Part(
          starts: $0.starts, columns: $0.columns,
          values: try Tensor.zeros(dtype, $0.values.dims))
      })
  }

  /// The sum, which has the elements of both.
  package func sum(with other: any TensorObject) throws -> any TensorObject {
    guard let other = other as? CSRMatrix, other.dtype == dtype, other.dims == dims else {
      throw TFError.invalidArgument("only sparse matrices of one dtype and shape can be added")
    }
    let sums = try zip(parts, other.parts).map { a, b -> Part in
      let (aStarts, bStarts) = (a.starts.elements(Int32.self), b.starts.elements(Int32.self))
      let (aColumns, bColumns) = (a.columns.elements(Int32.self), b.columns.elements(Int32.self))
      var (starts, columns): ([Int32], [Int32]) = ([0], [])
      var (fromA, fromB): ([Int], [Int]) = ([], [])
      for row in 0..<rows {
        var (i, j) = (Int(aStarts[row]), Int(bStarts[row]))
        let (iEnd, jEnd) = (Int(aStarts[row + 1]), Int(bStarts[row + 1]))
        while i < iEnd || j < jEnd {
          let takesA = i < iEnd && (j == jEnd || aColumns[i] <= bColumns[j])
          let takesB = j < jEnd && (i == iEnd || bColumns[j] <= aColumns[i])
          columns.append(takesA ? aColumns[i] : bColumns[j])
          fromA.append(takesA ? i : -1)
          fromB.append(takesB ? j : -1)
          if takesA { i += 1 }
          if takesB { j += 1 }
        }
        starts.append(Int32(columns.count))
      }
      return Part(
        starts: try Tensor(starts, dims: [rows + 1]),
        columns: try Tensor(columns, dims: [columns.count]),
        values: try Tensor.sum(
          SparseRows.take(fromA, of: a.values), SparseRows.take(fromB, of: b.values)))
    }
    return CSRMatrix(dtype, dims: dims, parts: sums)
  }
}

extension Tensor {
  init(_ matrix: CSRMatrix) { self.init(.variant, objects: [matrix], dims: Shape()) }

  /// The sparse matrix that a variant scalar holds.
  ///
  /// - Parameter dtype: what it must be of; nil for any.
  /// - Throws: `INVALID_ARGUMENT` when it holds something else.
  func csrMatrix(_ dtype: DType? = nil) throws -> CSRMatrix {
    guard self.dtype == .variant, dims.rank == 0, let matrix = objects[0] as? CSRMatrix else {
      throw TFError.invalidArgument("Unable to retrieve CSRSparseMatrix from variant input")
    }
    if let dtype {
      try require(
        matrix.dtype == dtype,
        """
        dtype of input is not equal to 'type': \(matrix.dtype.signatureName) vs. \
        \(dtype.signatureName)
        """
      )
    }
    return matrix
  }
}
