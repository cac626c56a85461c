import CoreOps
import Ops
import TestSupport

/// Rows that only compare gradients: of ops whose other rows tell nothing of them.
let gradientOnlyCases: [OpCase] = [
  complexGradientCases, matrixGradientCases, listGradientCases, layerGradientCases,
  imageGradientCases, otherGradientCases,
].flatMap { $0 }

/// Complex numbers of which neither part is zero.
private func complex(_ real: [Double], _ dims: [Int]) -> Tensor {
  let values = real.enumerated().map { Complex128($1, 0.3 + 0.2 * Double($0 % 3)) }
  return t(.complex128, values).reshaped(Shape(dims))
}

/// The dtype of a tensor's real part, or of the complex number that has it as one.
private func counterpart(_ tensor: Tensor) -> DType {
  switch tensor.dtype {
  case .float32: .complex64
  case .float64: .complex128
  case .complex64: .float32
  default: .float64
  }
}

private let complexGradientCases: [OpCase] = [
  OpCase(gradientOf: ["Real", "Imag"], [complex([1, -2, 0.5], [3])]) { inputs in
    let type: Attrs = ["Tout": .type(counterpart(inputs[0]))]
    return try applyOp("Real", inputs, type) + applyOp("Imag", inputs, type)
  },
  OpCase(gradientOf: ["Angle", "ComplexAbs"], [complex([1, -2, 0.5], [3])]) { inputs in
    let type: Attrs = ["Tout": .type(counterpart(inputs[0]))]
    return try applyOp("Angle", inputs, type) + applyOp("ComplexAbs", inputs, type)
  },
  OpCase(gradientOf: ["Conj"], [complex([1, -2, 0.5], [3])]) { try applyOp("Conj", $0) },
  OpCase(gradientOf: ["Complex"], [[1.0, -2.0], [0.5, 3.0]]) { inputs in
    try applyOp("Complex", inputs, ["Tout": .type(counterpart(inputs[0]))])
  },
  OpCase(gradientOf: ["FFT", "IFFT"], [complex([1, -2, 0.5, 3, 2], [5])]) { inputs in
    try applyOp("FFT", inputs) + applyOp("IFFT", inputs)
  },
  OpCase(gradientOf: ["FFT2D", "IFFT2D"], [complex([1, -2, 0.5, 3, 2, 7], [2, 3])]) {
    try applyOp("FFT2D", $0) + applyOp("IFFT2D", $0)
  },
  OpCase(gradientOf: ["FFT3D", "IFFT3D"], [complex([1, -2, 0.5, 3, 2, 7], [1, 2, 3])]) {
    try applyOp("FFT3D", $0) + applyOp("IFFT3D", $0)
  },
  OpCase(gradientOf: ["RFFT"], [[1.0, -2.0, 0.5, 3.0]]) { inputs in
    try [4, 2].flatMap {
      try applyOp(
        "RFFT", [inputs[0], t(.int32, [$0])], ["Tcomplex": .type(counterpart(inputs[0]))])
    }
  },
  OpCase(gradientOf: ["RFFT2D"], [[[1.0, -2.0, 0.5, 3.0], [2.0, 1.0, 5.0, -1.0]]]) { inputs in
    try applyOp(
      "RFFT2D", [inputs[0], t(.int32, [2, 4])], ["Tcomplex": .type(counterpart(inputs[0]))])
  },
  OpCase(gradientOf: ["IRFFT"], [complex([1, -2, 0.5], [3])]) { inputs in
    try [4, 5].flatMap {
      try applyOp("IRFFT", [inputs[0], t(.int32, [$0])], ["Treal": .type(counterpart(inputs[0]))])
    }
  },
  OpCase(gradientOf: ["IRFFT2D"], [complex([1, -2, 0.5, 3, 2, 7], [2, 3])]) { inputs in
    try applyOp(
      "IRFFT2D", [inputs[0], t(.int32, [2, 4])], ["Treal": .type(counterpart(inputs[0]))])
  },
]

private let matrixGradientCases: [OpCase] = [
  OpCase(gradientOf: ["BatchMatMulV3"], [[[[1.0, 2.0], [3, -1]]], [[[0.5, 2], [1, 4]]]]) { inputs in
    try applyOp("BatchMatMulV3", inputs, ["Tout": .type(inputs[0].dtype), "adj_x": .bool(true)])
  },
  OpCase(gradientOf: ["BatchMatrixBandPart"], [[[1.0, 2.0], [3, -1]]]) {
    try applyOp("BatchMatrixBandPart", [$0[0], t(.int64, 0), t(.int64, 1)])
  },
  OpCase(gradientOf: ["BatchMatrixDiag"], [[1.0, 2.0]]) { try applyOp("BatchMatrixDiag", $0) },
  OpCase(gradientOf: ["BatchMatrixDiagPart"], [[[1.0, 2.0], [3, -1]]]) {
    try applyOp("BatchMatrixDiagPart", $0)
  },
  OpCase(gradientOf: ["BatchMatrixSetDiag"], [[[1.0, 2.0], [3, -1]], [5.0, 6]]) {
    try applyOp("BatchMatrixSetDiag", $0)
  },
  // A · Aᴴ + 2, as the rule takes the matrix to be self-adjoint.
  OpCase(gradientOf: ["Cholesky"], [[[1.0, 2.0], [3, -1]]]) { inputs in
    try applyOp("Cholesky", [selfAdjoint(inputs[0])])
  },
  OpCase(gradientOf: ["SelfAdjointEigV2"], [[[1.0, 2.0], [0.5, -1]]]) { inputs in
    let matrix = try selfAdjoint(inputs[0])
    let parts = try applyOp("SelfAdjointEigV2", [matrix])
    let alone = try applyOp("SelfAdjointEigV2", [matrix], ["compute_v": .bool(false)])[0]
    // Eigenvectors may have either sign, which does not show in V · e³ · Vᴴ.
    let scaled = try parts[1] * (parts[0] * parts[0] * parts[0])
    let together = try applyOp("BatchMatMulV2", [scaled, parts[1]], ["adj_y": .bool(true)])
    return matrix.dtype.isComplex ? together : together + [alone]
  },
]

private func selfAdjoint(_ matrix: Tensor) throws -> Tensor {
  let square = try applyOp("BatchMatMulV2", [matrix, matrix], ["adj_y": .bool(true)])[0]
  return try applyOp("MatrixSetDiag", [square, applyOp("MatrixDiagPart", [square])[0] + 2])[0]
}

private let imageGradientCases: [OpCase] = {
  let image: [[[[Float]]]] = [
    [
      [[-0.49], [-0.11], [0.01], [0.11]], [[0.99], [0.59], [0.24], [0.98]],
      [[-0.57], [-0.68], [0.23], [-0.91]], [[-0.93], [0.03], [-0.07], [0.83]],
    ]
  ]
  // The rule turns the transform round, which is the gradient of one that moves by whole pixels.
  let transform = t(.float32, [[1.0, 0.0, 1.0, 0.0, 1.0, 2.0, 0.0, 0.0]])
  return [
    OpCase(
      gradientOf: ["CropAndResize"], [image, [[0.1, 0.2, 0.8, 0.9], [0.05, 0.1, 0.6, 0.7]]]
    ) {
      try applyOp("CropAndResize", [$0[0], $0[1], t(.int32, [0, 0]), t(.int32, [2, 3])])
    },
    OpCase(gradientOf: ["ResizeBilinear"], [image]) { inputs in
      try [false, true].flatMap {
        try applyOp(
          "ResizeBilinear", [inputs[0], t(.int32, [3, 5])], ["half_pixel_centers": .bool($0)])
      }
    },
    OpCase(gradientOf: ["ResizeBicubic"], [image]) { inputs in
      try [false, true].flatMap {
        try applyOp(
          "ResizeBicubic", [inputs[0], t(.int32, [3, 5])], ["half_pixel_centers": .bool($0)])
      }
    },
    OpCase(gradientOf: ["ScaleAndTranslate"], [image]) {
      try applyOp(
        "ScaleAndTranslate",
        [$0[0], t(.int32, [3, 2]), t(.float32, [1.3, 0.7]), t(.float32, [0.2, -0.3])],
        ["kernel_type": .string("triangle")])
    },
    OpCase(gradientOf: ["ImageProjectiveTransformV2"], [image]) {
      try applyOp(
        "ImageProjectiveTransformV2", [$0[0], transform, t(.int32, [4, 4])],
        ["interpolation": .string("NEAREST")])
    },
    OpCase(gradientOf: ["ImageProjectiveTransformV3"], [image]) {
      try applyOp(
        "ImageProjectiveTransformV3", [$0[0], transform, t(.int32, [4, 4]), t(.float32, 0)],
        ["interpolation": .string("NEAREST")])
    },
  ]
}()

private let otherGradientCases: [OpCase] = [
  OpCase(gradientOf: ["DivNoNan"], [[1.0, -4.0], [2.0, 0.5]]) { try applyOp("DivNoNan", $0) },
  OpCase(gradientOf: ["MulNoNan"], [[1.0, -4.0], [2.0, 0.5]]) { try applyOp("MulNoNan", $0) },
  OpCase(gradientOf: ["NextAfter"], [[1.0, -4.0], [2.0, 0.5]]) { try applyOp("NextAfter", $0) },
  OpCase(gradientOf: ["Sign"], [[1.0, -4.0]]) { try applyOp("Sign", $0) },
  OpCase(gradientOf: ["Print"], [[1.0, -4.0]]) {
    try applyOp("Print", [$0[0], $0[0]], ["first_n": .int(0)])
  },
  // The orders have no gradients.
  OpCase(gradientOf: ["Betainc"], [[0.3, 0.6]]) {
    try applyOp("Betainc", [t($0[0].dtype, [0.5, 2]), t($0[0].dtype, [1, 3]), $0[0]])
  },
  OpCase(gradientOf: ["Polygamma"], [[1.5, 2.5]]) {
    try applyOp("Polygamma", [t($0[0].dtype, [1, 2]), $0[0]])
  },
  OpCase(gradientOf: ["Zeta"], [[1.5, 2.5]]) {
    try applyOp("Zeta", [t($0[0].dtype, [2, 3.5]), $0[0]])
  },
]
