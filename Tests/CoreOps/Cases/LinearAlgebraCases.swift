import CoreOps
import Ops
import TestSupport

let linearAlgebraCases: [OpCase] = [
  OpCase(
    "Cholesky", [t(.float32, [[4.0, 1.0], [1.0, 3.0]])],
    expect: [t(.float32, [[2.0, 0.0], [0.5, 1.65831244]])], gradient: false),
  OpCase(
    "Cholesky of an indefinite matrix", [t(.float32, [[1.0, 2.0], [2.0, 1.0]])],
    expect: [[[Float.nan, 0.0], [Float.nan, Float.nan]]], gradient: false),
  OpCase(
    "BatchCholesky", [t(.float32, [[4.0, 1.0], [1.0, 3.0]])],
    expect: [t(.float32, [[2.0, 0.0], [0.5, 1.65831244]])], gradient: false),
  OpCase(
    "CholeskyGrad",
    [t(.float32, [[2.0, 0.0], [0.5, 1.65831244]]), t(.float32, [[1.0, 0.0], [0.5, -1.0]])],
    expect: [t(.float32, [[0.19990554, 0.20037784], [0.20037784, -0.30151135]])], gradient: false),
  OpCase(
    "MatrixInverse", [t(.float32, [[2.0, 1.0], [0.5, 3.0]])],
    expect: [t(.float32, [[0.54545456, -0.18181819], [-0.09090909, 0.36363637]])]),
  OpCase(
    "MatrixInverse of the adjoint", [t(.float32, [[2.0, 1.0], [0.5, 3.0]])],
    ["adjoint": .bool(true)],
    expect: [t(.float32, [[0.54545456, -0.09090909], [-0.18181819, 0.36363637]])]),
  OpCase(
    "MatrixInverse of a singular matrix", [t(.float32, [[1.0, 2.0], [2.0, 4.0]])],
    error: .invalidArgument),
  OpCase(
    "BatchMatrixInverse", [t(.float32, [[2.0, 1.0], [0.5, 3.0]])],
    expect: [t(.float32, [[0.54545456, -0.18181819], [-0.09090909, 0.36363637]])], gradient: false),
  OpCase(
    "MatrixExponential", [t(.float32, [[0.0, 1.0], [0.5, -1.0]])],
    expect: [t(.float32, [[1.19117606, 0.68524146], [0.34262067, 0.50593472]])], gradient: false),
  OpCase(
    "MatrixSquareRoot", [t(.float32, [[4.0, 1.0], [1.0, 3.0]])],
    expect: [t(.float32, [[1.98157799, 0.2708323], [0.27083224, 1.71074569]])]),
  OpCase(
    "MatrixLogarithm", [t(.complex64, [[4.0, 1.0], [1.0, 3.0]])],
    expect: [t(.complex64, [[1.34698486, 0.29607457], [0.29607475, 1.05091023]])],
    tolerance: 0.0001, gradient: false),
  OpCase(
    "MatrixDeterminant", [t(.float32, [[[2.0, 1.0], [0.5, 3.0]], [[4.0, 1.0], [1.0, 3.0]]])],
    expect: [t(.float32, [5.50000048, 11.00000095])]),
  OpCase(
    "BatchMatrixDeterminant", [t(.float32, [[2.0, 1.0], [0.5, 3.0]])],
    expect: [t(.float32, 5.5)], gradient: false),
  OpCase(
    "LogMatrixDeterminant", [t(.float32, [[-2.0, -1.0], [-0.5, -3.0]])],
    expect: [t(.float32, 1.0), t(.float32, 1.70474815)]),
  OpCase(
    "LogMatrixDeterminant of a negative determinant", [t(.float32, [[1.0, 2.0], [3.0, 4.0]])],
    expect: [t(.float32, -1.0), t(.float32, 0.69314718)]),
  OpCase(
    "Lu", [t(.float32, [[1.0, 2.0], [4.0, 3.0]])],
    expect: [t(.float32, [[4.0, 3.0], [0.25, 1.25]]), t(.int32, [1, 0])], gradient: false),
  OpCase(
    "Qr", [t(.float32, [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])],
    expect: [
      t(
        .float32,
        [[-0.16903079, 0.94868338], [-0.50709248, -0.31622732], [-0.84515423, -4.2e-07]]),
      t(.float32, [[-5.91608, -8.28251076], [0.0, 0.63245487]]),
    ], tolerance: 0.0001),
  OpCase(
    "Svd without vectors", [t(.float32, [[1.0, 2.0], [0.5, -1.0]])], ["compute_uv": .bool(false)],
    expect: [t(.float32, [2.35078096, 0.85078108]), 0.0, 0.0], tolerance: 0.0001),
  OpCase(
    "Svd", [t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    shapes: [(.float32, [2]), (.float32, [2, 2]), (.float32, [2, 2])]),
  OpCase(
    "SelfAdjointEigV2", [t(.float32, [[4.0, 1.0], [1.0, 3.0]])], ["compute_v": .bool(false)],
    expect: [t(.float32, [2.38196611, 4.61803389]), 0.0], gradient: false),
  OpCase(
    "SelfAdjointEigV2 with vectors", [t(.float32, [[4.0, 1.0], [1.0, 3.0]])],
    shapes: [(.float32, [2]), (.float32, [2, 2])]),
  OpCase(
    "SelfAdjointEig", [t(.float32, [[4.0, 1.0], [1.0, 3.0]])],
    shapes: [(.float32, [3, 2])]),
  OpCase(
    "BatchSelfAdjointEig", [t(.float32, [[4.0, 1.0], [1.0, 3.0]])],
    shapes: [(.float32, [3, 2])]),
  OpCase(
    "Eig", [t(.float32, [[2.0, 0.0], [0.0, 3.0]])], ["Tout": .type(.complex64)],
    expect: [t(.complex64, [2.0, 3.0]), t(.complex64, [[1.0, 0.0], [0.0, 1.0]])], gradient: false),
  OpCase(
    "MatrixSolve",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    expect: [t(.float32, [[0.45454544, 1.27272725], [0.09090909, -0.54545456]])]),
  OpCase(
    "MatrixSolve of the adjoint",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    ["adjoint": .bool(true)],
    expect: [t(.float32, [[0.5, 1.18181825], [0.0, -0.72727275]])]),
  OpCase(
    "MatrixSolve of a singular matrix",
    [t(.float32, [[0.0, 0.0], [0.0, 0.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    error: .invalidArgument),
  OpCase(
    "MatrixTriangularSolve",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    expect: [t(.float32, [[0.5, 1.0], [0.08333334, -0.5]])]),
  OpCase(
    "MatrixTriangularSolve of upper triangles turned round",
    [
      t(.float32, [[2.0, 1.0], [0.5, 3.0]]),
      t(.float32, [[[1.0, 2.0], [0.5, -1.0]], [[2.0, 1.0], [0.5, 3.0]]]),
    ], ["lower": .bool(false), "adjoint": .bool(true)],
    expect: [
      t(
        .float32, [[[0.5, 1.0], [0.0, -0.66666669]], [[1.0, 0.5], [-0.16666667, 0.83333337]]])
    ]),
  OpCase(
    "BatchMatrixTriangularSolve",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    expect: [t(.float32, [[0.5, 1.0], [0.08333334, -0.5]])], gradient: false),
  OpCase(
    "MatrixSolveLs",
    [
      t(.float32, [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), t(.float32, [[1.0], [2.0], [0.0]]),
      t(.float64, 0.1),
    ],
    expect: [t(.float32, [[-0.25809428], [0.32773691]])], tolerance: 0.001, gradient: false),
  OpCase(
    "MatrixSolveLs of tall matrices",
    [t(.float32, [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), t(.float32, [[1.0], [2.0], [0.0]])],
    expect: [t(.float32, [[-0.25809428], [0.32773691]])], tolerance: 0.001, gradient: true
  ) { try applyOp("MatrixSolveLs", $0 + [t(.float64, 0.1)]) },
  OpCase(
    "MatrixSolveLs of wide matrices",
    [t(.float32, [[1.0, 3.0, 5.0], [2.0, 4.0, 7.5]]), t(.float32, [[1.0], [2.0]])],
    expect: [t(.float32, [[0.38899946], [-0.18635788], [0.25330197]])], tolerance: 0.001,
    gradient: true
  ) { try applyOp("MatrixSolveLs", $0 + [t(.float64, 0.1)]) },
  OpCase(
    "Svd put together again with squares", [t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    expect: [t(.float32, [[1.95217202, 4.84138662], [0.03904344, -1.95217202]])], tolerance: 0.0001,
    gradient: true,
    body: squaredValues),
  OpCase(
    "Svd of a tall matrix put together again with squares",
    [t(.float32, [[1.0, 2.0], [0.5, -1.0], [2.0, 0.25]])],
    expect: [
      t(
        .float32,
        [[3.14538174, 4.85865966], [0.67411592, -1.98004235], [4.60593545, 1.44974647]])
    ],
    tolerance: 0.0001, gradient: true, body: squaredValues),
  OpCase(
    "Eig put together again with exponentials", [t(.float32, [[2.0, 1.0], [0.5, 3.0]])],
    expect: [t(.float32, [[10.16197019, 13.76344158], [6.88172079, 23.92541177]])],
    tolerance: 0.001, gradient: true
  ) { inputs in
    let dtype = inputs[0].dtype
    let parts = try CoreOps.apply(
      OpCase.definition("Eig"), inputs,
      ["Tout": .type(dtype == .float64 ? .complex128 : .complex64)])
    let scaled =
      try parts[1] * applyOp("ExpandDims", [applyOp("Exp", [parts[0]])[0], t(.int32, 0)])[0]
    let product = try applyOp("MatMul", [scaled, applyOp("MatrixInverse", [parts[1]])[0]])
    return try applyOp("Real", product, ["Tout": .type(dtype)])
  },
  OpCase(
    "MatrixSolveLs by decomposition",
    [
      t(.float32, [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), t(.float32, [[1.0], [2.0], [0.0]]),
      t(.float64, 0.0),
    ], ["fast": .bool(false)],
    expect: [t(.float32, [[-0.50000131], [0.50000101]])], tolerance: 0.001, gradient: false),
  OpCase(
    "BandedTriangularSolve",
    [t(.float32, [[2.0, 3.0, 4.0], [0.0, 1.0, 1.5]]), t(.float32, [[1.0], [2.0], [3.0]])],
    expect: [t(.float32, [[0.5], [0.5], [0.5625]])]),
  OpCase(
    "BandedTriangularSolve of upper bands",
    [t(.float32, [[1.0, 1.5, 0.0], [2.0, 3.0, 4.0]]), t(.float32, [[1.0], [2.0], [3.0]])],
    ["lower": .bool(false), "adjoint": .bool(true)],
    expect: [t(.float32, [[0.5], [0.5], [0.5625]])]),
  OpCase(
    "TridiagonalSolve",
    [
      t(.float32, [[1.0, 2.0, 0.0], [4.0, 5.0, 6.0], [0.0, 1.0, 2.0]]),
      t(.float32, [[1.0], [2.0], [3.0]]),
    ],
    expect: [t(.float32, [[0.20408162], [0.18367347], [0.43877551]])]),
  OpCase(
    "TridiagonalMatMul",
    [
      t(.float32, [[1.0, 2.0, 0.0]]), t(.float32, [[4.0, 5.0, 6.0]]),
      t(.float32, [[0.0, 1.0, 2.0]]), t(.float32, [[1.0], [2.0], [3.0]]),
    ],
    expect: [t(.float32, [[6.0], [17.0], [22.0]])]),
]

/// u · diag(s²) · vᵀ of a matrix's decomposition.
@Sendable private func squaredValues(_ inputs: [Tensor]) throws -> [Tensor] {
  let parts = try applyOp("Svd", inputs)
  let scaled = try parts[1] * applyOp("Square", [parts[0]])[0]
  return try applyOp("MatMul", [scaled, parts[2]], ["transpose_b": .bool(true)])
}
