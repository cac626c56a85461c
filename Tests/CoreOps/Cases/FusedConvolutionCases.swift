import CoreOps
import Ops
import TestSupport

private let image: [[[[Float]]]] = [
  [[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]], [[7.0], [8.0], [9.0]]]
]
private let corner: [[[[Float]]]] = [[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]

private func fused(_ ops: String..., arguments: Int = 1, epsilon: Float = 1e-4) -> Attrs {
  [
    "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID"), "num_args": .int(arguments),
    "num_host_args": .int(0), "fused_ops": .strings(ops), "epsilon": .float(epsilon),
    "TArgs": .types([DType](repeating: .float32, count: arguments)),
  ]
}
private let depthwise: Attrs = [
  "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID"),
  "fused_ops": .strings(["BiasAdd", "LeakyRelu"]),
]

let fusedConvolutionCases: [OpCase] = [
  OpCase(
    "_FusedConv2D with a bias", [image, corner, [-40.0] as [Float]], fused("BiasAdd"),
    expect: [[[[[-3.0], [7.0]], [[27.0], [37.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "_FusedConv2D with bias and activation", [image, corner, [-40.0] as [Float]],
    fused("BiasAdd", "Relu"),
    expect: [[[[[0.0], [7.0]], [[27.0], [37.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "_FusedConv2D with bias, residual and activation",
    [image, corner, [-40.0] as [Float], [[[[-1.0], [-10.0]], [[1.0], [2.0]]]] as [[[[Float]]]]],
    fused("BiasAdd", "Add", "Relu", arguments: 2),
    expect: [[[[[0.0], [0.0]], [[28.0], [39.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "_FusedConv2D with batch normalisation",
    [image, corner, [2.0] as [Float], [1.0] as [Float], [47.0] as [Float], [4.0] as [Float]],
    fused("FusedBatchNorm", "Relu6", arguments: 4, epsilon: 0),
    expect: [[[[[0.0], [1.0]], [[6.0], [6.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "_FusedConv2D with an unknown sequence", [image, corner, [1.0] as [Float]],
    fused("Relu", "BiasAdd"),
    error: .unimplemented),
  OpCase(
    "_FusedDepthwiseConv2dNative", [image, corner, [-40.0] as [Float]], depthwise,
    expect: [[[[[-0.6], [7.0]], [[27.0], [37.0]]]] as [[[[Float]]]]], gradient: false),
  OpCase(
    "FusedPadConv2D",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [[0, 0], [1, 0], [0, 2], [0, 0]] as [[Int32]],
      [[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]] as [[[[Float]]]],
    ],
    ["mode": .string("REFLECT"), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID")],
    expect: [
      [
        [
          [[36.0], [45.0], [41.0], [39.0]], [[46.0], [49.0], [45.0], [49.0]],
          [[53.0], [63.0], [58.0], [57.0]],
        ]
      ] as [[[[Float]]]]
    ], gradient: false),
  OpCase(
    "FusedResizeAndPadConv2D",
    [
      [[[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]] as [[[[Float]]]],
      [4, 2] as [Int32], [[0, 0], [1, 1], [0, 0], [0, 0]] as [[Int32]],
      [[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]] as [[[[Float]]]],
    ],
    ["mode": .string("SYMMETRIC"), "strides": .ints([1, 2, 1, 1]), "padding": .string("SAME")],
    expect: [[[[[28.0], [16.0]], [[59.0], [22.0]], [[55.0], [26.0]]]] as [[[[Float]]]]],
    gradient: false),
]
