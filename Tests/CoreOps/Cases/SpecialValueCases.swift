import CoreOps
import Ops
import TestSupport

private let nan = Float.nan
private let infinity = Float.infinity

private func c64(_ real: Float, _ imaginary: Float) -> Tensor {
  do { return try Tensor([Complex64(real, imaginary)], shape: [1]) } catch {
    preconditionFailure("a row of the case table: \(error)")
  }
}

private func nothing(_ dims: [Int]) -> Tensor {
  do { return try Tensor.zeros(.float32, Shape(dims)) } catch {
    preconditionFailure("a row of the case table: \(error)")
  }
}

/// Zeros, infinities, what is not a number, ranges without extent: as TensorFlow computes them.
let specialValueCases: [OpCase] =
  gradientCases + castCases + searchCases + poolCases + boxCases + rangeCases + matrixCases

/// A gradient of 0 stays 0 whatever it is multiplied by.
private let gradientCases: [OpCase] = [
  OpCase(
    "SqrtGrad of a gradient of 0", [[0.0, infinity, nan, 2.0], [0.0, 0.0, 0.0, 3.0]],
    expect: [[0.0, 0.0, 0.0, 0.75]], gradient: false),
  OpCase(
    "RsqrtGrad of a gradient of 0", [[0.0, infinity, nan, 2.0], [0.0, 0.0, 0.0, 3.0]],
    expect: [[0.0, 0.0, 0.0, -12.0]], gradient: false),
  OpCase(
    "ReciprocalGrad of a gradient of 0", [[0.0, infinity, nan, 2.0], [0.0, 0.0, 0.0, 3.0]],
    expect: [[0.0, 0.0, 0.0, -12.0]], gradient: false),
  OpCase(
    "InvGrad of a gradient of 0 in half precision",
    [t(.half, [0.0, infinity, nan, 2.0]), t(.half, [0.0, 0.0, 0.0, 3.0])],
    expect: [t(.half, [0.0, 0.0, 0.0, -12.0])], gradient: false),
  OpCase("SqrtGrad of a complex 0", [c64(0, 0), c64(0, 0)], expect: [c64(0, 0)], gradient: false),
  OpCase("SqrtGrad of complex", [c64(1, 1), c64(2, 0)], expect: [c64(0.5, 0.5)], gradient: false),
  OpCase("RsqrtGrad of complex", [c64(1, 1), c64(2, 0)], expect: [c64(2, 2)], gradient: false),
  OpCase(
    "ReciprocalGrad of complex", [c64(1, 1), c64(2, 0)], expect: [c64(0, 4)], gradient: false),
  OpCase(
    "Select between a root and 0", [[4.0, 0.0, -1.0]], expect: [[0.25, 0.0, 0.0]]
  ) { inputs in
    // The gradient of where(x > 0, √x, 0).
    let x = inputs[0]
    let zero = try BasicOps.zerosLike(x)
    let isPositive = try ComparisonOps.family.greater(x, zero)
    let root = try UnaryOps.family.sqrt(x)
    let incoming = try SelectOps.where(isPositive, applyOp("OnesLike", [x])[0], zero)
    return [try applyOp("SqrtGrad", [root, incoming])[0]]
  },
  OpCase(
    "RealDiv of a complex by 0", [c64(1, 1), c64(0, 0)], expect: [c64(nan, nan)], gradient: false),
]

private let castCases: [OpCase] = [
  OpCase(
    "Cast truncating to half", [[65519.0, 65520.0, -70000.0, 0.3, 6e-8, 1e-7, 3.4e38, nan]],
    ["DstT": .type(.half), "Truncate": .bool(true)],
    expect: [
      t(.half, [65504.0, 65504.0, -infinity, 0.2998047, 5.9604645e-8, 1.1920929e-7, infinity, nan])
    ], tolerance: 1e-9, gradient: false),
  OpCase(
    "Cast truncating doubles to half", [t(.float64, [65519.0, -70000.0, 0.3])],
    ["DstT": .type(.half), "Truncate": .bool(true)],
    expect: [t(.half, [65504.0, -infinity, 0.2998047])], tolerance: 1e-9, gradient: false),
  OpCase(
    "Cast truncating complex numbers", [c64(0.3, 0.1)],
    ["DstT": .type(.half), "Truncate": .bool(true)],
    expect: [t(.half, [0.2998047])], tolerance: 1e-9, gradient: false),
  OpCase(
    "Cast of many numbers that do not fit",
    [[Float]((0..<32).map { [-1.0, 300.0, nan, 70000.0][$0 % 4] })], ["DstT": .type(.uint8)],
    expect: [t(.uint8, (0..<32).map { [0, 255, 0, 255][$0 % 4] })], gradient: false),
  OpCase(
    "Cast of few numbers that do not fit", [[-1.0, 300.0]], ["DstT": .type(.uint8)],
    expect: [t(.uint8, [255, 44])], gradient: false),
]

private let searchCases: [OpCase] = [
  OpCase(
    "TopKV2 of one that is not a number",
    [[[1.0, 2.0, nan], [nan, 1.0, 3.0], [1.0, nan, 0.5]], 1],
    expect: [[[1.0], [3.0], [0.5]], [[0], [2], [2]]], gradient: false),
  OpCase(
    "TopKV2 of one in ties", [[[1.0, 3.0, 3.0], [nan, nan, nan]], 1],
    expect: [[[3.0], [nan]], [[1], [0]]], gradient: false),
]

private let window: Attrs = [
  "ksize": .ints([1, 1, 1, 2, 1]), "strides": .ints([1, 1, 1, 2, 1]), "padding": .string("VALID"),
]

private let poolCases: [OpCase] = [
  OpCase(
    "MaxPool3D of what is not a number",
    [
      [
        [
          [
            [[5.0], [nan], [1.0]], [[2.0], [nan], [nan]], [[-infinity], [-infinity], [-infinity]],
          ]
        ]
      ]
        as [[[[[Float]]]]]
    ], window.with("ksize", .ints([1, 1, 1, 3, 1])).with("strides", .ints([1, 1, 1, 3, 1])),
    expect: [[[[[[1.0]], [[nan]], [[-infinity]]]]] as [[[[[Float]]]]]], gradient: false),
  OpCase(
    "MaxPool3D of what is not a number, padded",
    [[[[[[5.0], [nan], [-infinity]], [[2.0], [1.0], [nan]]]]] as [[[[[Float]]]]]],
    window.with("padding", .string("SAME")),
    expect: [
      [[[[[nan], [-Float.greatestFiniteMagnitude]], [[2.0], [-Float.greatestFiniteMagnitude]]]]]
        as [[[[[Float]]]]]
    ], gradient: false),
  OpCase(
    "MaxPool3DGrad of near ties",
    [
      [[[[[1.0], [1.000003], [1.00002], [0.5]]]]] as [[[[[Float]]]]],
      [[[[[1.000003], [1.00002]]]]] as [[[[[Float]]]]], [[[[[3.0], [7.0]]]]] as [[[[[Float]]]]],
    ], window, expect: [[[[[[3.0], [3.0], [7.0], [0.0]]]]] as [[[[[Float]]]]]], gradient: false),
  OpCase(
    "MaxPoolGradGrad of windows without their maximum",
    [
      [[[[1.0], [nan], [-infinity], [-infinity]]]] as [[[[Float]]]],
      [[[[1.0], [-Float.greatestFiniteMagnitude]]]] as [[[[Float]]]],
      [[[[1.0], [2.0], [3.0], [4.0]]]] as [[[[Float]]]],
    ],
    ["ksize": .ints([1, 1, 2, 1]), "strides": .ints([1, 1, 2, 1]), "padding": .string("VALID")],
    expect: [[[[[1.0], [0.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "AvgPool rounds each sum", [t(.bfloat16, [[[[256.0], [0.5], [0.5], [0.5]]]])],
    ["ksize": .ints([1, 1, 4, 1]), "strides": .ints([1, 1, 4, 1]), "padding": .string("VALID")],
    expect: [t(.bfloat16, [[[[64.0]]]])], gradient: false),
  OpCase(
    "FractionalMaxPool of what is not a number",
    [[[[[nan], [-infinity]], [[1.0], [nan]]]] as [[[[Float]]]]],
    ["pooling_ratio": .list([.float(1), .float(1), .float(1), .float(1)])],
    expect: [
      [
        [
          [[-Float.greatestFiniteMagnitude], [-Float.greatestFiniteMagnitude]],
          [[1.0], [-Float.greatestFiniteMagnitude]],
        ]
      ] as [[[[Float]]]], t(.int64, [0, 1, 2]), t(.int64, [0, 1, 2]),
    ], gradient: false),
  OpCase(
    "MaxPool of a window larger by less than a stride", [[[[[1.0], [2.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 1, 4, 1]), "strides": .ints([1, 1, 3, 1]), "padding": .string("VALID")],
    shapes: [(.float32, [1, 1, 0, 1])]),
  OpCase(
    "AvgPool of a window larger by less than a stride", [[[[[1.0], [2.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 1, 4, 1]), "strides": .ints([1, 1, 3, 1]), "padding": .string("VALID")],
    shapes: [(.float32, [1, 1, 0, 1])]),
  OpCase(
    "MaxPool of a window larger by more than two strides", [[[[[1.0], [2.0]]]] as [[[[Float]]]]],
    ["ksize": .ints([1, 1, 9, 1]), "strides": .ints([1, 1, 3, 1]), "padding": .string("VALID")],
    error: .invalidArgument),
  OpCase(
    "Conv2D of a filter larger by less than a stride",
    [
      [[[[1.0], [2.0]]]] as [[[[Float]]]], [[[[1.0]], [[1.0]], [[1.0]], [[1.0]]]] as [[[[Float]]]],
    ],
    ["strides": .ints([1, 1, 3, 1]), "padding": .string("VALID")],
    shapes: [(.float32, [1, 1, 0, 1])]),
  OpCase(
    "Conv2DBackpropFilter without a window",
    [
      [[[[1.0], [2.0]]]] as [[[[Float]]]], [1, 4, 1, 1] as [Int32],
      nothing([1, 1, 0, 1]),
    ], ["strides": .ints([1, 1, 3, 1]), "padding": .string("VALID")],
    expect: [[[[[0.0]], [[0.0]], [[0.0]], [[0.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "Conv2DBackpropInput without a window",
    [
      [1, 1, 2, 1] as [Int32], [[[[1.0]], [[1.0]], [[1.0]], [[1.0]]]] as [[[[Float]]]],
      nothing([1, 1, 0, 1]),
    ], ["strides": .ints([1, 1, 3, 1]), "padding": .string("VALID")],
    expect: [[[[[0.0], [0.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "ExtractImagePatches of a window larger by less than a stride",
    [[[[[1.0], [2.0]]]] as [[[[Float]]]]],
    [
      "ksizes": .ints([1, 1, 4, 1]), "strides": .ints([1, 1, 3, 1]), "rates": .ints([1, 1, 1, 1]),
      "padding": .string("VALID"),
    ], shapes: [(.float32, [1, 1, 0, 4])]),
  OpCase(
    "ResizeArea of one row with aligned corners", [[[[[1.0], [2.0]]]] as [[[[Float]]]], [2, 3]],
    ["align_corners": .bool(true)],
    expect: [[[[[1.0], [1.0], [2.0]], [[1.0], [1.0], [2.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "ResizeNearestNeighborGrad with corners and centers",
    [[[[[1.0], [2.0], [3.0]]]] as [[[[Float]]]], [1, 2]],
    ["align_corners": .bool(true), "half_pixel_centers": .bool(true)],
    expect: [[[[[1.0], [5.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "Reshape of nothing with a size to find", [nothing([0, 3, 4]), [0, -1]],
    shapes: [(.float32, [0, 12])]),
  OpCase(
    "Reshape of nothing with the 0 last", [nothing([2, 3, 0]), [-1, 3, 0]],
    shapes: [(.float32, [2, 3, 0])]),
  OpCase(
    "Reshape of nothing without a 0", [nothing([0, 3]), [5, -1]],
    shapes: [(.float32, [5, 0])]),
  OpCase(
    "Reshape of something to a 0 and a size to find", [[1.0, 2.0], [0, -1]], error: .invalidArgument
  ),
]

private let boxes: [[Float]] = [
  [0, 0, 1, 1], [0, 0, nan, 1], [nan, 0, 1, 1], [0, 0, 1, 0.9], [2, 2, 3, 3],
]

private let boxCases: [OpCase] = [
  OpCase(
    "NonMaxSuppressionV3 of boxes that are not numbers",
    [boxes, [0.9, 0.8, 0.7, 0.6, 0.5], 5, 0.5, -1.0], expect: [t(.int32, [0, 1, 4, 2])],
    gradient: false),
  OpCase(
    "NonMaxSuppressionV3 drops a score of 0",
    [boxes, [0.9, 0.8, 0.7, 0.6, 0.5], 5, 0.5, 0.1], expect: [t(.int32, [0, 1, 4])],
    gradient: false),
  OpCase(
    "NonMaxSuppressionV5 of boxes that are not numbers",
    [boxes, [0.9, 0.8, 0.7, 0.6, 0.5], 5, 0.5, -1.0, 0.0],
    expect: [t(.int32, [0, 1, 4, 2]), [0.9, 0.8, 0.5, 0.0], t(.int32, 4)], gradient: false),
  OpCase(
    "NonMaxSuppressionWithOverlaps that are not finite",
    [
      [[1.0, nan, -infinity], [nan, 1.0, 0.0], [-infinity, 0.0, 1.0]], [0.9, 0.8, 0.7], 3, 0.5,
      -0.5,
    ], expect: [t(.int32, [0, 1])], gradient: false),
  OpCase(
    "CombinedNonMaxSuppression of boxes that are not numbers",
    [
      [boxes.map { [$0] }], [[[0.9], [0.8], [0.7], [0.6], [0.5]]] as [[[Float]]], 5, 5, 0.5, -1.0,
    ], ["clip_boxes": .bool(false)],
    expect: [
      [[boxes[0], boxes[1], boxes[2], boxes[4], [0, 0, 0, 0]]], [[0.9, 0.8, 0.7, 0.5, 0.0]],
      [[0.0, 0.0, 0.0, 0.0, 0.0]], t(.int32, [4]),
    ], gradient: false),
  OpCase(
    "CropAndResize with a box that is not finite",
    [[[[[1.0]]]] as [[[[Float]]]], [[0.0, 0.0, infinity, 1.0]], t(.int32, [0]), [1, 1]],
    error: .invalidArgument),
  OpCase(
    "FakeQuantWithMinMaxVars with the ends the wrong way round",
    [[-2.0, 0.0, 0.3, 2.0], 1.0, -1.0],
    expect: [[0.9960785, 0.9960785, 0.9960785, 0.9960785]], gradient: false),
  OpCase(
    "FakeQuantWithMinMaxVarsGradient with the ends the wrong way round",
    [[1.0, 2.0, 3.0, 4.0], [-2.0, 0.0, 0.3, 2.0], 1.0, -1.0],
    expect: [[0.0, 0.0, 0.0, 0.0], 6.0, 9.0], gradient: false),
]

private let rangeCases: [OpCase] = [
  OpCase(
    "QuantizedBiasAdd in single precision",
    [t(.quint8, [[0, 128, 255]]), t(.quint8, [0, 7, 255]), 0.0, 255.0, -0.5, 0.5],
    ["out_type": .type(.qint32)],
    expect: [t(.qint32, [[-288, 7938, 16160]]), -33423360.0, 33423360.0], gradient: false),
  OpCase(
    "QuantizedBiasAdd of a range without extent",
    [t(.quint8, [[0, 128, 255]]), t(.quint8, [0, 7, 255]), 0.0, 0.0, -0.5, 0.5],
    ["out_type": .type(.qint32)],
    expect: [t(.qint32, [[-16320, -15420, 16448]]), -65536.0, 65536.0], gradient: false),
  OpCase(
    "QuantizedAdd counts in steps",
    [
      t(.quint8, [[0, 255, 17]]), t(.quint8, [0, 9, 255]), -0.1, 3.7, -0.5, 0.5,
    ],
    expect: [t(.qint32, [[-21340, 114551, 23081]]), -60620.8, 60620.8], tolerance: 1e-4,
    gradient: false),
  OpCase(
    "QuantizedAdd of a scalar", [t(.quint8, [[0, 255, 17]]), t(.quint8, 9), -0.1, 3.7, -0.5, 0.5],
    expect: [t(.qint32, [[-20090, 114550, -11114]]), -60620.8, 60620.8], tolerance: 1e-4,
    gradient: false),
  OpCase(
    "QuantizedAdd of a range without extent",
    [t(.quint8, [[0]]), t(.quint8, [0]), 1.0, 1.0, -0.5, 0.5], error: .invalidArgument),
  OpCase(
    "QuantizedConv2D of a range without extent",
    [t(.quint8, [[[[1], [2]]]]), t(.quint8, [[[[3]], [[4]]]]), 0.0, 0.0, 0.0, 1.0],
    ["strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [t(.qint32, [[[[11]]]]), 0.0, 0.0], gradient: false),
  OpCase(
    "QuantizeV2 of what is not a number", [[nan, -1.0, 0.5, 2.0], -1.0, 1.0],
    ["T": .type(.qint8), "mode": .string("MIN_COMBINED")],
    expect: [t(.qint8, [0, -128, 63, 127]), -1.0, 1.0], gradient: false),
  OpCase(
    "QuantizeV2 MIN_FIRST into 32 bits", [[nan, -1.0, 0.5, 2.0], -1.0, 1.0],
    ["T": .type(.qint32), "mode": .string("MIN_FIRST")],
    expect: [
      t(.qint32, [-2_147_483_648, -2_147_483_648, 1_073_741_824, 2_147_483_520]), -1.0, 1.0,
    ],
    gradient: false),
]

private let matrixCases: [OpCase] = [
  OpCase(
    "Cholesky of a batch of which not all have one",
    [
      [
        [[4.0, 0.0], [2.0, 5.0]], [[1.0, 0.0], [2.0, 1.0]], [[infinity, 0.0], [2.0, 4.0]],
        [[4.0, 0.0], [nan, 1.0]],
      ]
    ],
    expect: [
      [
        [[2.0, 0.0], [1.0, 2.0]], [[nan, 0.0], [nan, nan]], [[infinity, 0.0], [0.0, 2.0]],
        [[2.0, 0.0], [nan, nan]],
      ]
    ], gradient: false),
  OpCase("Cholesky of a negative complex number", expect: [[[0.0]]]) { _ in
    let a = try CastOps.cast([[-1.0] as [Float]].asTensor(), .complex64)
    return [try applyOp("Real", [applyOp("Cholesky", [a])[0]])[0]]
  },
  OpCase(
    "MatrixDeterminant with an infinity", [[[infinity, 1.0], [1.0, 2.0]]], expect: [infinity],
    gradient: false),
  OpCase(
    "LogMatrixDeterminant with an infinity", [[[-infinity, 1.0], [1.0, 2.0]]],
    expect: [-1.0, infinity], gradient: false),
  OpCase(
    "Lu with an infinity", [[[infinity, infinity], [infinity, infinity]]],
    expect: [[[infinity, infinity], [nan, nan]], t(.int32, [0, 1])], gradient: false),
  OpCase(
    "Lu of what starts with no number", [[[nan, 1.0], [1.0, 2.0]]], error: .invalidArgument),
  OpCase(
    "MatrixInverse with an infinity", [[[1.0, infinity], [0.0, 2.0]]],
    expect: [[[nan, nan], [nan, nan]]], gradient: false),
  OpCase(
    "MatrixInverse of an adjoint with an infinity", [[[1.0, 0.0], [infinity, 2.0]]],
    ["adjoint": .bool(true)], expect: [[[nan, nan], [nan, nan]]], gradient: false),
  OpCase(
    "MatrixDeterminant of an infinity and a pivot of 0", [[[1.0, 0.0], [infinity, 2.0]]],
    expect: [nan], gradient: false),
  OpCase(
    "LogMatrixDeterminant of an infinity and a pivot of 0", [[[1.0, 0.0], [infinity, 2.0]]],
    expect: [0.0, nan], gradient: false),
  OpCase(
    "CholeskyGrad of 0", [[[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [1.0, 1.0]]],
    expect: [[[nan, nan], [nan, nan]]], gradient: false),
  OpCase(
    "CholeskyGrad reads the lower triangle",
    [[[1.0, 5.0], [1.0, 1.0]], [[1.0, 0.0], [1.0, 1.0]]],
    expect: [[[0.5, 0.0], [0.0, 0.5]]], gradient: false),
  OpCase(
    "BandedTriangularSolve with a pivot of 0", [[[1.0, 0.0], [1.0, 1.0]], [[1.0], [2.0]]],
    error: .invalidArgument),
  OpCase(
    "Qr with an infinity first", [[[infinity, 1.0], [2.0, 3.0], [4.0, 5.0]]],
    expect: [[[nan, nan], [nan, nan], [nan, nan]], [[-infinity, nan], [0.0, nan]]],
    gradient: false),
  OpCase(
    "Qr with an infinity last", [[[1.0, infinity], [2.0, 3.0], [4.0, 6.0]]],
    ["full_matrices": .bool(true)],
    expect: [
      [[-0.2182179, nan, nan], [-0.4364358, nan, nan], [-0.8728716, nan, nan]],
      [[-4.582576, nan], [0.0, infinity], [0.0, 0.0]],
    ], gradient: false),
  OpCase("MatrixSolve of complex numbers with an infinity", expect: [[[0.0], [1.0]]]) { _ in
    let a = try CastOps.cast([[infinity, 1], [1, 2]].asTensor(), .complex64)
    let b = try CastOps.cast([[1], [2]].asTensor(preferring: .float32), .complex64)
    return [try applyOp("Real", [applyOp("MatrixSolve", [a, b])[0]])[0]]
  },
  OpCase(
    "TridiagonalSolve with an infinity",
    [[[1.0, 2.0, 0.0], [1.0, infinity, 3.0], [0.0, 1.0, 2.0]], [[1.0], [2.0], [3.0]]],
    expect: [[[1.0], [0.0], [1.0]]], gradient: false),
  OpCase("TridiagonalSolve of complex numbers without a solution", expect: [[[0.0], [0.0]]]) { _ in
    let diagonals = try CastOps.cast(Tensor.zeros(.float32, [3, 2]), .complex64)
    let b = try CastOps.cast([[1], [2]].asTensor(preferring: .float32), .complex64)
    return [try applyOp("Real", [applyOp("TridiagonalSolve", [diagonals, b])[0]])[0]]
  },
  OpCase(
    "SelfAdjointEigV2 reads the lower triangle", [[[1.0, nan], [0.0, 2.0]]],
    ["compute_v": .bool(false)], expect: [[1.0, 2.0], 0.0], gradient: false),
  OpCase(
    "SelfAdjointEigV2 of what is not a number", [[[1.0, 0.0], [nan, 2.0]]],
    error: .invalidArgument),
  OpCase("Eig of what is not a number", [[[1.0, 0.0], [nan, 2.0]]], error: .invalidArgument),
  OpCase(
    "MatrixSolveLs of an infinity",
    [[[infinity, 1.0], [1.0, 2.0]], [[1.0], [2.0]], t(.float64, 0.0)],
    ["fast": .bool(false)], expect: [[[0.0], [0.0]]], gradient: false),
  OpCase(
    "TridiagonalSolve of a batch of which not all are solved",
    [
      [[[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], [[0.0, 0.0], [2.0, 4.0], [0.0, 0.0]]],
      [[[1.0], [2.0]], [[1.0], [2.0]]],
    ], expect: [[[[nan], [nan]], [[0.5], [0.5]]]], gradient: false),
  OpCase(
    "MatrixSquareRoot without a real one", [[[1.0, 0.0], [0.0, -1.0]]],
    expect: [[[nan, nan], [nan, nan]]], gradient: false),
  OpCase(
    "MatrixSquareRoot of 0", [[[0.0, 0.0], [0.0, 0.0]]], expect: [[[nan, nan], [nan, nan]]],
    gradient: false),
]
