import CoreOps
import Ops
import TestSupport

private func long(_ values: [[Int]]) -> Tensor { t(.int64, values) }
private func long(_ values: [Int]) -> Tensor { t(.int64, values) }

private let float: Attrs = ["type": .type(.float32)]

/// The sparse matrix of three inputs.
private func csr(_ inputs: [Tensor]) throws -> Tensor {
  try applyOp("SparseTensorToCSRSparseMatrix", Array(inputs.prefix(3)))[0]
}

private func dense(_ matrix: Tensor, _ dtype: DType = .float32) throws -> Tensor {
  try applyOp("CSRSparseMatrixToDense", [matrix], ["type": .type(dtype)])[0]
}

/// [[0, 1, 0], [2, 0, 3]].
private let a: [Tensor] = [
  long([[0, 1], [1, 0], [1, 2]]), t(.float32, [1.0, 2.0, 3.0]), long([2, 3]),
]
/// [[0, 1], [0, 0], [2, 0]].
private let b: [Tensor] = [long([[0, 1], [2, 0]]), t(.float32, [1.0, 2.0]), long([3, 2])]
/// Three matrices, the second of which has no elements.
private let batch: [Tensor] = [
  long([[0, 0, 1], [0, 1, 0], [2, 0, 0], [2, 1, 2]]), t(.float32, [1.0, 2.0, 3.0, 4.0]),
  long([3, 2, 3]),
]
/// [[0, 1 + 2i], [3i, 0]].
private let complexes: [Tensor] = [
  long([[0, 1], [1, 0]]),
  try! Tensor([Complex64(1, 2), Complex64(0, 3)], dims: [2]), long([2, 2]),
]
private let symmetric: [[Float]] = [[4, 1, 0, 0], [1, 5, 2, 0], [0, 2, 6, 0], [0, 0, 0, 3]]
private let places = long([
  [0, 0], [0, 1], [1, 0], [1, 1], [1, 2], [2, 1], [2, 2], [3, 3],
])

/// The factor of a matrix at `places`, by an order.
private func factor(_ matrix: [[Float]], _ order: [Int]) throws -> Tensor {
  let matrix = try applyOp("DenseToCSRSparseMatrix", [matrix.asTensor(), places])[0]
  return try dense(
    applyOp("SparseMatrixSparseCholesky", [matrix, t(.int32, order)], float)[0])
}

/// Sparse matrices in compressed rows.
let sparseMatrixCases: [OpCase] = [
  OpCase(
    "SparseTensorToCSRSparseMatrix", a, expect: [[[0.0, 1.0, 0.0], [2.0, 0.0, 3.0]]], gradient: true
  ) {
    [try dense(csr($0))]
  },
  OpCase(
    "SparseTensorToCSRSparseMatrix of a batch", batch,
    expect: [
      [
        [[0.0, 1.0, 0.0], [2.0, 0.0, 0.0]], [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
        [[3.0, 0.0, 0.0], [0.0, 0.0, 4.0]],
      ]
    ], gradient: true
  ) { [try dense(csr($0))] },
  OpCase(
    "SparseTensorToCSRSparseMatrix out of range",
    [long([[0, 5]]), t(.float32, [1.0]), long([2, 3])], error: .invalidArgument),
  OpCase(
    "SparseTensorToCSRSparseMatrix of another rank",
    [long([[0, 1]]), t(.float32, [1.0]), long([2])], error: .invalidArgument),
  OpCase(
    "SparseTensorToCSRSparseMatrix of too many rows",
    [
      try! Tensor.zeros(.int64, [0, 2]), try! Tensor.zeros(.float32, [0]),
      long([1_099_511_627_776, 3]),
    ], error: .invalidArgument),
  OpCase(
    "DenseToCSRSparseMatrix", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], long([[0, 1], [1, 2]])],
    expect: [[[0.0, 2.0, 0.0], [0.0, 0.0, 6.0]]], gradient: true
  ) { [try dense(applyOp("DenseToCSRSparseMatrix", $0)[0])] },
  OpCase(
    "DenseToCSRSparseMatrix out of range", [[[1.0, 2.0]], long([[0, 2]])],
    error: .invalidArgument),
  OpCase(
    "DenseToCSRSparseMatrix of three coordinates", [[[1.0, 2.0]], long([[0, 0, 1]])],
    error: .invalidArgument),
  OpCase("CSRSparseMatrixToDense of another dtype", a, error: .invalidArgument) {
    [try dense(csr($0), .float64)]
  },
  OpCase(
    "CSRSparseMatrixToSparseTensor", batch, expect: batch.map { $0 as any TensorConvertible },
    gradient: true
  ) { try applyOp("CSRSparseMatrixToSparseTensor", [csr($0)], float) },
  OpCase(
    "CSRSparseMatrixToSparseTensor of no matrix", [1.0], error: .invalidArgument
  ) { _ in
    let list = try applyOp(
      "TensorListReserve", [(-1).asTensor(), 0.asTensor()], ["element_dtype": .type(.float32)])
    return try applyOp("CSRSparseMatrixToSparseTensor", list, float)
  },
  OpCase(
    "CSRSparseMatrixComponents", batch,
    expect: [t(.int32, [0, 1, 2]), t(.int32, [0, 2]), t(.float32, [3.0, 4.0])]
  ) { try applyOp("CSRSparseMatrixComponents", [csr($0), 2.asTensor()], float) },
  OpCase("CSRSparseMatrixComponents out of range", batch, error: .invalidArgument) {
    try applyOp("CSRSparseMatrixComponents", [csr($0), 3.asTensor()], float)
  },
  OpCase("SparseMatrixNNZ", batch, expect: [t(.int32, [2, 0, 2])]) {
    try applyOp("SparseMatrixNNZ", [csr($0)])
  },
  OpCase("SparseMatrixNNZ of one matrix", a, expect: [t(.int32, 3)]) {
    try applyOp("SparseMatrixNNZ", [csr($0)])
  },
  OpCase(
    "SparseMatrixTranspose", a, expect: [[[0.0, 2.0], [1.0, 0.0], [0.0, 3.0]]], gradient: true
  ) { [try dense(applyOp("SparseMatrixTranspose", [csr($0)], float)[0])] },
  OpCase(
    "SparseMatrixTranspose, conjugated", complexes,
    expect: [
      try! Tensor(
        [Complex64(0, 0), Complex64(0, -3), Complex64(1, -2), Complex64(0, 0)], dims: [2, 2])
    ]
  ) { inputs in
    let attrs: Attrs = ["type": .type(.complex64), "conjugate": .bool(true)]
    return [try dense(applyOp("SparseMatrixTranspose", [csr(inputs)], attrs)[0], .complex64)]
  },
  OpCase(
    "SparseMatrixMatMul", a + [t(.float32, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])],
    expect: [[[3.0, 4.0], [17.0, 22.0]]], gradient: true
  ) { try applyOp("SparseMatrixMatMul", [csr($0), $0[3]]) },
  OpCase(
    "SparseMatrixMatMul, turned", a + [t(.float32, [[1.0, 2.0], [3.0, 4.0]])],
    expect: [[[4.0, 1.0, 6.0], [8.0, 3.0, 12.0]]], gradient: true
  ) { inputs in
    try applyOp(
      "SparseMatrixMatMul", [csr(inputs), inputs[3]],
      ["adjoint_a": .bool(true), "transpose_b": .bool(true), "transpose_output": .bool(true)])
  },
  OpCase(
    "SparseMatrixMatMul of a batch",
    batch + [
      t(.float32, [[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]], [[7.0], [8.0], [9.0]]])
    ],
    expect: [[[[2.0], [2.0]], [[0.0], [0.0]], [[21.0], [36.0]]]], gradient: true
  ) { try applyOp("SparseMatrixMatMul", [csr($0), $0[3]]) },
  OpCase(
    "SparseMatrixMatMul of other sizes", a + [t(.float32, [[1.0, 2.0], [3.0, 4.0]])],
    error: .invalidArgument
  ) { try applyOp("SparseMatrixMatMul", [csr($0), $0[3]]) },
  OpCase(
    "SparseMatrixMatMul of other ranks", batch + [t(.float32, [[1.0], [2.0], [3.0]])],
    error: .invalidArgument
  ) { try applyOp("SparseMatrixMatMul", [csr($0), $0[3]]) },
  OpCase(
    "SparseMatrixMatMul transposed and adjoint", a + [t(.float32, [[1.0, 2.0], [3.0, 4.0]])],
    error: .invalidArgument
  ) {
    try applyOp(
      "SparseMatrixMatMul", [csr($0), $0[3]],
      ["adjoint_a": .bool(true), "transpose_a": .bool(true)])
  },
  OpCase("SparseMatrixSparseMatMul", a + b, expect: [[[0.0, 0.0], [6.0, 2.0]]], gradient: true) {
    inputs in
    let matrices = [try csr(inputs), try csr(Array(inputs[3...]))]
    return [try dense(applyOp("SparseMatrixSparseMatMul", matrices, float)[0])]
  },
  OpCase(
    "SparseMatrixSparseMatMul, turned", a + a,
    expect: [[[4.0, 0.0, 6.0], [0.0, 1.0, 0.0], [6.0, 0.0, 9.0]]], gradient: true
  ) { inputs in
    let matrices = [try csr(inputs), try csr(Array(inputs[3...]))]
    let attrs = float.with("transpose_a", .bool(true))
    return [try dense(applyOp("SparseMatrixSparseMatMul", matrices, attrs)[0])]
  },
  OpCase("SparseMatrixSparseMatMul of other sizes", a + a, error: .invalidArgument) { inputs in
    let matrices = [try csr(inputs), try csr(Array(inputs[3...]))]
    return [try dense(applyOp("SparseMatrixSparseMatMul", matrices, float)[0])]
  },
  OpCase(
    "SparseMatrixSparseCholesky",
    expect: [
      [
        [2.0, 0.0, 0.0, 0.0], [0.5, 2.17944956, 0.0, 0.0],
        [0.0, 0.917662919, 2.27109981, 0.0], [0.0, 0.0, 0.0, 1.73205078],
      ]
    ]
  ) { _ in [try factor(symmetric, [0, 1, 2, 3])] },
  OpCase(
    "SparseMatrixSparseCholesky in another order",
    expect: [
      [
        [2.0, 0.0, 0.0, 0.0], [0.0, 2.44948983, 0.0, 0.0], [0.0, 0.0, 1.73205078, 0.0],
        [0.5, 0.816496551, 0.0, 2.02072597],
      ]
    ]
  ) { _ in [try factor(symmetric, [0, 2, 3, 1])] },
  OpCase("SparseMatrixSparseCholesky by no permutation", error: .invalidArgument) { _ in
    [try factor(symmetric, [0, 1, 2, 2])]
  },
  OpCase("SparseMatrixSparseCholesky of a matrix that has none", error: .invalidArgument) { _ in
    [try factor(symmetric.map { $0.map { -$0 } }, [0, 1, 2, 3])]
  },
]
