import CKernels
package import CoreOps

/// Sparse matrices in compressed rows, made of dense and sparse tensors and turned into them.
package struct SparseMatrixOps: OpFamily {
  package static let family: Self = define(Self())

  package let fromDense: OpDef = OpDef(
    "DenseToCSRSparseMatrix",
    """
    dense_input: T, indices: int64 -> sparse_output: variant
    T: {float, double, complex64, complex128}
    """,
    shape: { context in
      let rank = context.shapes[0].rank
      try require(
        rank.map { $0 == 2 || $0 == 3 } ?? true,
        "params must have rank == 2 or 3; but saw shape: \(context.shapes[0])")
      let indices = try context.shape(1, rank: 2, "indices")
      if let rank, let depth = indices[1] {
        try require(
          depth == rank,
          "indices.shape[1] must be equal to the rank of params, but saw: \(depth) vs. \(rank)")
      }
      return [.scalar]
    },
    kernel: .run { run in
      let (dense, indices) = (run.inputs[0], run.inputs[1])
      let (at, rank) = (indices.elements(Int.self), dense.dims.rank)
      let strides = dense.dims.strides
      var pace = Pace()
      let places = try (0..<indices.dims[0]).map { element -> Int in
        try pace.step(rank)
        var place = 0
        for axis in 0..<rank {
          let index = at[element &* rank &+ axis]
          if index < 0 || index >= dense.dims[axis] {
            throw TFError.invalidArgument(
              """
              indices[\(element)] = [\((0..<rank).map { String(at[element &* rank &+ $0]) }
                .joined(separator: ", "))] does not index into param shape \(dense.dims), node \
              name: \(run.node)
              """
            )
          }
          place += index * strides[axis]
        }
        return place
      }
      let flat = dense.reshaped([dense.dims.elementCount])
      let values = try SparseRows.take(places, of: flat)
      let cells = SparseCells(
        rank: rank, count: places.count, dims: dense.dims.dims, at: Array(at))
      return [Tensor(try CSRMatrix(cells, values))]
    },
    gradient: .rule(needs: .nothing) { context in
      let dtype = context.inputs[0].dtype
      return [try family.toDense([context.gradient()], ["type": .type(dtype)]), nil]
    })

  package let toDense: OpDef = OpDef(
    "CSRSparseMatrixToDense",
    """
    sparse_input: variant -> dense_output: type
    type: {float, double, complex64, complex128}
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let dtype = try context.type("type")
      return { run in
        let matrix = try run.inputs[0].csrMatrix()
        try require(
          matrix.dtype == dtype,
          """
          Asked for a CSRSparseMatrix of type \(dtype.signatureName) but saw dtype: \
          \(matrix.dtype.signatureName)
          """
        )
        let dims = Shape(matrix.dims)
        guard dims.checkedElementCount != nil else {
          throw TFError.invalidArgument("the dense matrix of shape \(dims) has too many elements")
        }
        let dense = try Tensor.zeros(dtype, dims)
        let (rows, columns, size) = (matrix.rows, matrix.columns, dtype.byteSize)
        var pace = Pace()
        for (index, part) in matrix.parts.enumerated() {
          let (starts, places) = (
            part.starts.elements(Int32.self), part.columns.elements(Int32.self)
          )
          for row in 0..<rows {
            try pace.step(1 + Int(starts[row + 1] - starts[row]))
            let target = dense.pointer + (index * rows + row) * columns * size
            for element in Int(starts[row])..<Int(starts[row + 1]) {
              (target + Int(places[element]) * size).copyMemory(
                from: part.values.pointer + element * size, byteCount: size)
            }
          }
        }
        return [dense]
      }
    },
    gradient: .rule(needs: .inputs(0)) { context in
      let gradient = try context.gradient()
      let indices = try family.coordinates(context.inputs[0], gradient.dtype)
      return [
        try family.fromSparse([
          indices, GatherOps.family.gatherNd([gradient, indices]),
          ShapeOps.shapeTensor(of: gradient, .int64),
        ])
      ]
    })

  package let fromSparse: OpDef = OpDef(
    "SparseTensorToCSRSparseMatrix",
    """
    indices: int64, values: T, dense_shape: int64 -> sparse_matrix: variant
    T: {float, double, complex64, complex128}
    """,
    shape: { context in
      try SparseCells.rank(context)
      return [.scalar]
    },
    kernel: .run { run in
      try require(
        run.inputs[0].dims.rank == 2,
        "Sparse indices must be rank 2 but is rank \(run.inputs[0].dims.rank)")
      let cells = try SparseCells(run.inputs[0], run.inputs[1], run.inputs[2])
      try require(
        cells.rank == 2 || cells.rank == 3,
        "SparseTensor must have rank 2 or 3; but indices has rank: \(cells.rank)")
      try cells.requireInsideAsTuples()
      for dim in cells.dims { try require(dim >= 0, "Dimension \(dim) must be >= 0") }
      return [Tensor(try CSRMatrix(cells, run.inputs[1]))]
    },
    gradient: .rule(needs: .nothing) { context in
      let dtype = context.inputs[1].dtype
      let parts = try apply(family.toSparse, [context.gradient()], ["type": .type(dtype)])
      return [nil, parts[1], nil]
    })

  package let toSparse: OpDef = OpDef(
    "CSRSparseMatrixToSparseTensor",
    """
    sparse_matrix: variant -> indices: int64, values: type, dense_shape: int64
    type: {float, double, complex64, complex128}
    """,
    shape: { _ in [[nil, nil], [nil], [nil]] },
    kernel: .dynamic { context in
      let dtype = try context.type("type")
      return { run in
        let matrix = try run.inputs[0].csrMatrix()
        try require(
          matrix.dtype == dtype,
          """
          Expected a CSRSparseMatrix of type \(dtype.signatureName) but saw type: \
          \(matrix.dtype.signatureName)
          """
        )
        let count = matrix.parts.reduce(0) { $0 + $1.count }
        return [
          try Stacking.joined(
            matrix.parts.indices.map { try matrix.coordinates($0) }, .int64,
            [count, matrix.dims.count]),
          try Stacking.joined(matrix.parts.map(\.values), dtype, [count]),
          try SparseRows.vector(matrix.dims),
        ]
      }
    },
    gradient: .rule(needs: .init(inputs: [], outputs: [0, 2])) { context in
      [
        try family.fromSparse([
          context.outputs[0], context.gradient(1), context.outputs[2],
        ])
      ]
    })

  package let components: OpDef = OpDef(
    "CSRSparseMatrixComponents",
    """
    csr_sparse_matrix: variant, index: int32 -> row_ptrs: int32, col_inds: int32, values: type
    type: {float, double, complex64, complex128}
    """,
    shape: { context in
      let index = context.shapes[1]
      try require(index.rank ?? 0 == 0, "Shape must be rank 0 but is rank \(index.rank ?? 0)")
      return [[nil], [nil], [nil]]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("type")
      return { run in
        let matrix = try run.inputs[0].csrMatrix(dtype)
        try require(
          run.inputs[1].dims.rank == 0,
          "index should be a scalar, but saw shape: \(run.inputs[1].dims)")
        let index = Int(run.inputs[1].elements(Int32.self)[0])
        try require(
          index >= 0 && index < matrix.parts.count,
          "index (\(index)) not in [0, \(matrix.parts.count))")
        let part = matrix.parts[index]
        return [part.starts, part.columns, part.values]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let nonZeros: OpDef = OpDef(
    "SparseMatrixNNZ",
    """
    sparse_matrix: variant -> nnz: int32
    """, shape: ShapeRules.unknown,
    kernel: .run { run in
      let matrix = try run.inputs[0].csrMatrix()
      let counts = matrix.parts.map { Int32($0.count) }
      return [try Tensor(counts, dims: matrix.isBatch ? [counts.count] : Shape())]
    }, gradient: .zero)

  /// The coordinates of a sparse matrix's elements.
  func coordinates(_ matrix: Tensor, _ dtype: DType) throws -> Tensor {
    try apply(toSparse, [matrix], ["type": .type(dtype)])[0]
  }
}

extension SparseCells {
  /// - Throws: `INVALID_ARGUMENT` when an element is outside of the shape.
  fileprivate func requireInsideAsTuples() throws {
    for element in 0..<count {
      for axis in 0..<rank where self[element, axis] < 0 || self[element, axis] >= dims[axis] {
        throw TFError.invalidArgument(
          """
          Sparse index tuple indices[\(element), :] = [\(coordinates(element).map(String.init)
            .joined(separator: ", "))] is out of bounds
          """
        )
      }
    }
  }
}
