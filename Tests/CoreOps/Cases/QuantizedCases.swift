import CoreOps
import Ops
import TestSupport

let quantizedCases: [OpCase] = [
  OpCase(
    "QuantizeV2 MIN_COMBINED", [[[-0.9, 0.3], [1.2, 2.6]], -1.0, 3.0],
    ["T": .type(.qint8), "mode": .string("MIN_COMBINED")],
    expect: [t(.qint8, [[-122, -45], [12, 102]]), -1.0, 3.0], gradient: false),
  OpCase(
    "Dequantize MIN_COMBINED", [t(.quint8, [[3, 250], [17, 128]]), -1.0, 3.0],
    ["mode": .string("MIN_COMBINED")],
    expect: [[[-0.9529412, 2.921569], [-0.7333333, 1.007843]]], gradient: false),
  OpCase(
    "QuantizeV2 MIN_FIRST", [[[-0.9, 0.3], [1.2, 2.6]], -1.0, 3.0],
    ["T": .type(.qint8), "mode": .string("MIN_FIRST")],
    expect: [t(.qint8, [[-121, -45], [13, 102]]), -1.0, 3.0], gradient: false),
  OpCase(
    "Dequantize MIN_FIRST", [t(.quint8, [[3, 250], [17, 128]]), -1.0, 3.0],
    ["mode": .string("MIN_FIRST")],
    expect: [[[-0.9568628, 2.917647], [-0.737255, 1.003922]]], gradient: false),
  OpCase(
    "QuantizeV2 SCALED", [[[-0.9, 0.3], [1.2, 2.6]], -1.0, 3.0],
    ["T": .type(.qint8), "mode": .string("SCALED")],
    expect: [t(.qint8, [[-38, 13], [51, 110]]), -3.023622, 3.0], gradient: false),
  OpCase(
    "Dequantize SCALED", [t(.qint8, [[3, -100], [17, 127]]), -1.0, 3.0],
    ["mode": .string("SCALED")],
    expect: [[[0.07086614, -2.362205], [0.4015748, 3.0]]], gradient: false),
  OpCase(
    "QuantizeV2 per channel", [[[-0.9, 0.3], [1.2, 2.6]], [-1.0, -1.0], [3.0, 1.0]],
    ["T": .type(.qint8), "mode": .string("SCALED"), "axis": .int(1)],
    expect: [t(.qint8, [[-38, 38], [51, 127]]), [-3.023622, -1.007874], [3.0, 1.0]], gradient: false
  ),
  OpCase(
    "QuantizedMatMul",
    [
      t(.quint8, [[3, 250, 7], [17, 128, 0]]), t(.quint8, [[1, 2], [30, 4], [200, 90]]), -1.0, 2.0,
      0.0, 3.0,
    ],
    expect: [t(.qint32, [[-10732, -6524], [-15778, -7614]]), -297229.6, 297229.6], gradient: false),
  OpCase(
    "QuantizedMatMul transposed",
    [
      t(.quint8, [[3, 250, 7], [17, 128, 0]]), t(.quint8, [[1, 2], [30, 4]]), -1.0, 2.0, 0.0, 3.0,
    ], ["transpose_a": .bool(true), "transpose_b": .bool(true)],
    expect: [t(.qint32, [[-218, -2732], [251, 5122], [-248, -2680]]), -297229.6, 297229.6],
    gradient: false),
  OpCase(
    "QuantizedBiasAdd",
    [t(.quint8, [[3, 250, 7], [17, 128, 0]]), t(.quint8, [9, 99, 199]), -1.0, 2.0, 0.0, 3.0],
    ["out_type": .type(.qint32)],
    expect: [t(.qint32, [[-4691, 16962, 7774], [-3791, 9124, 7325]]), -393216.0, 393216.0],
    gradient: false),
  OpCase(
    "QuantizedAdd",
    [t(.quint8, [[3, 250, 7], [17, 128, 0]]), t(.quint8, [9, 99, 199]), -1.0, 2.0, 0.0, 3.0],
    expect: [t(.qint32, [[-37523, 135695, 62193], [-30327, 72987, 58595]]), -49152.0, 49152.0],
    tolerance: 0.0001, gradient: false),
  OpCase(
    "QuantizedMul",
    [t(.quint8, [[3, 250, 7], [17, 128, 0]]), t(.quint8, [9, 99, 199]), -1.0, 2.0, 0.0, 3.0],
    expect: [t(.qint32, [[-738, 16335, -15522], [-612, 4257, -16915]]), -297229.6, 297229.6],
    tolerance: 0.0001, gradient: false),
  OpCase(
    "QuantizedRelu", [t(.quint8, [[3, 250, 7], [17, 128, 0]]), -1.0, 9.0],
    expect: [t(.quint8, [[26, 250, 26], [26, 128, 26]]), -1.0, 9.0], gradient: false),
  OpCase(
    "QuantizedRelu6", [t(.quint8, [[3, 250, 7], [17, 128, 0]]), -1.0, 9.0],
    expect: [t(.quint8, [[26, 179, 26], [26, 128, 26]]), -1.0, 9.0], gradient: false),
  OpCase(
    "QuantizeDownAndShrinkRange",
    [t(.qint32, [[-1_000_000_000, 5_000_000], [1_200_000_000, 0]]), -100.0, 300.0],
    ["out_type": .type(.quint8)],
    expect: [t(.quint8, [[8, 121], [255, 120]]), 0.0, 211.7587], gradient: false),
  OpCase(
    "RequantizationRange",
    [t(.qint32, [[-1_000_000_000, 5_000_000], [1_200_000_000, 0]]), -100.0, 300.0],
    expect: [0.0, 211.7587], gradient: false),
  OpCase(
    "Requantize",
    [
      t(.qint32, [[-1_000_000_000, 5_000_000], [1_200_000_000, 0]]), -100.0, 300.0, -50.0, 150.0,
    ], ["out_type": .type(.quint8)],
    expect: [t(.quint8, [[73, 192], [255, 191]]), -50.0, 150.0], gradient: false),
  OpCase(
    "QuantizedReshape", [t(.quint8, [[3, 250, 7], [17, 128, 0]]), [3, -1], -1.0, 2.0],
    expect: [t(.quint8, [[3, 250], [7, 17], [128, 0]]), -1.0, 2.0], gradient: false),
  OpCase(
    "QuantizedConv2D",
    [
      t(.quint8, [[[[1], [2], [4]], [[255], [7], [8]], [[9], [3], [200]]]]),
      t(.quint8, [[[[3]], [[90]]], [[[200]], [[7]]]]), -1.0, 2.0, 0.0, 3.0,
    ], ["strides": .ints([1, 1, 1, 1]), "padding": .string("SAME")],
    expect: [
      t(
        .qint32,
        [
          [
            [[25732], [-23678], [-15643]], [[-22284], [-22759], [22769]],
            [[-7608], [10104], [345]],
          ]
        ]), -297229.6, 297229.6,
    ], gradient: false),
  OpCase(
    "QuantizedMaxPool",
    [t(.quint8, [[[[1], [2], [4]], [[255], [7], [8]], [[9], [3], [200]]]]), 0.0, 1.0],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("SAME")],
    expect: [
      t(.quint8, [[[[255], [8], [8]], [[255], [200], [200]], [[9], [200], [200]]]]), 0.0, 1.0,
    ], gradient: false),
  OpCase(
    "QuantizedAvgPool",
    [t(.quint8, [[[[1], [2], [4]], [[255], [7], [8]], [[9], [3], [200]]]]), 0.0, 1.0],
    ["ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("SAME")],
    expect: [
      t(.quint8, [[[[66], [5], [6]], [[68], [54], [104]], [[6], [101], [200]]]]), 0.0, 1.0,
    ], gradient: false),
  OpCase(
    "QuantizedConcat",
    [
      0, t(.quint8, [[3, 250, 7], [17, 128, 0]]), t(.quint8, [[3, 250, 7], [17, 128, 0]]), -1.0,
      0.0, 2.0, 3.0,
    ],
    expect: [t(.quint8, [[2, 188, 5], [13, 96, 0], [66, 252, 69], [77, 160, 64]]), -1.0, 3.0],
    gradient: false),
  OpCase(
    "QuantizedResizeBilinear",
    [[[[[0.25], [0.79], [0.55]], [[-0.55], [-0.4], [0.75]]]], [3, 2], 0.0, 1.0],
    expect: [[[[[0.25], [0.67]], [[-0.2833334], [0.34]], [[-0.55], [0.175]]]], 0.0, 1.0],
    gradient: false),
  OpCase(
    "FakeQuantWithMinMaxArgs", [[-7.3, -0.4, 0.3, 2.2, 8.1]],
    expect: [[-6.02353, -0.3764706, 0.282353, 2.211765, 5.97647]], gradient: false),
  OpCase(
    "FakeQuantWithMinMaxArgsGradient",
    [[-0.46, 0.9, -0.11, 0.96, 0.03], [-7.3, -0.4, 0.3, 2.2, 8.1]],
    expect: [[-0.0, 0.9, -0.11, 0.96, 0.0]], gradient: false),
  OpCase(
    "FakeQuantWithMinMaxVars", [[-7.3, -0.4, 0.3, 2.2, 8.1], -3.0, 4.0], ["num_bits": .int(4)],
    expect: [[-2.8, -0.4666667, 0.4666667, 2.333333, 4.2]], gradient: false),
  OpCase(
    "FakeQuantWithMinMaxVarsGradient",
    [[0.04, 0.79, 0.49, 0.16, -0.15], [-7.3, -0.4, 0.3, 2.2, 8.1], -3.0, 4.0],
    expect: [[0.0, 0.79, 0.49, 0.16, -0.0], 0.04, -0.15], gradient: false),
  OpCase(
    "FakeQuantWithMinMaxVarsPerChannel",
    [[[3.78, -0.88, 4.23], [-4.31, -0.7, 0.2]], [-1.0, -2.0, -3.0], [1.0, 0.5, 4.0]],
    ["narrow_range": .bool(true)],
    expect: [[[1.0, -0.8759843, 3.996063], [-1.0, -0.6988189, 0.1929134]]], gradient: false),
  OpCase(
    "FakeQuantWithMinMaxVarsPerChannelGradient",
    [
      [[0.9, -0.5, 0.61], [0.35, 0.43, 0.26]], [[3.78, -0.88, 4.23], [-4.31, -0.7, 0.2]],
      [-1.0, -2.0, -3.0], [1.0, 0.5, 4.0],
    ],
    expect: [[[0.0, -0.5, 0.0], [0.0, 0.43, 0.26]], [0.35, 0.0, 0.0], [0.9, 0.0, 0.61]],
    gradient: false),
  OpCase(
    "QuantizeAndDequantizeV2", [[[-0.9, 0.3], [1.2, 2.6]], -1.0, 2.0], ["range_given": .bool(true)],
    expect: [[[-0.8976378, 0.2992126], [1.19685, 2.0]]], gradient: false),
  OpCase(
    "QuantizeAndDequantizeV2 of the data", [[[-0.9, 0.3], [1.2, 2.6]], -1.0, 2.0],
    ["round_mode": .string("HALF_UP"), "narrow_range": .bool(true)],
    expect: [[[-0.9007874, 0.3070866], [1.207874, 2.6]]], gradient: false),
  OpCase(
    "QuantizeAndDequantizeV3", [[[-0.9, 0.3], [1.2, 2.6]], -1.0, 2.0, 8],
    expect: [[[-0.8976378, 0.2992126], [1.19685, 2.0]]], gradient: false),
  OpCase(
    "QuantizeAndDequantizeV4", [[[-0.9, 0.3], [1.2, 2.6]], -1.0, 2.0], ["range_given": .bool(true)],
    expect: [[[-0.8976378, 0.2992126], [1.19685, 2.0]]], gradient: false),
  OpCase(
    "QuantizeAndDequantizeV4Grad",
    [[[0.94, -0.33], [-0.2, -0.59]], [[-0.9, 0.3], [1.2, 2.6]], -1.0, 2.0],
    expect: [[[0.94, -0.33], [-0.2, -0.0]], 0.0, 0.0], gradient: false),
  OpCase("QuantizeAndDequantize", [[1.0, -0.5]], expect: [[1.0, -0.503937]], gradient: false),
  OpCase(
    "QuantizedReluX", [t(.quint8, [0, 100, 255]), 4.0, -1.0, 9.0],
    expect: [t(.quint8, [26, 100, 128]), -1.0, 9.0]),
  OpCase(
    "UniformQuantize", [[-1.26, 0.125, 0.375, 100.0], 0.25, 3],
    ["Tout": .type(.qint8), "quantization_min_val": .int(-128), "quantization_max_val": .int(127)],
    expect: [t(.qint8, [-2, 4, 5, 127])], gradient: false),
  OpCase(
    "UniformDequantize", [t(.qint8, [-2, 4, 5, 127]), 0.25, 3],
    [
      "Tout": .type(.float32), "quantization_min_val": .int(-128),
      "quantization_max_val": .int(127),
    ],
    expect: [[-1.25, 0.25, 0.5, 31.0]]),
  OpCase(
    "QuantizeV2 of an empty range", [[1.0], 3.0, 1.0], ["T": .type(.quint8)],
    error: .invalidArgument),
]
