import CoreOps
import Ops
import TestSupport

/// Arithmetic of quantised tensors, with what TensorFlow gives.
let uniformCases: [OpCase] = [
  OpCase(
    "UniformRequantize",
    [
      t(.qint8, [[1, 2, -100], [7, -8, 127]]), t(.float32, 0.51), t(.int32, 3), t(.float32, 0.27),
      t(.int32, -1),
    ],
    [
      "Tout": .type(.qint8), "input_quantization_min_val": .int(-128),
      "input_quantization_max_val": .int(127), "output_quantization_min_val": .int(-128),
      "output_quantization_max_val": .int(127),
    ], expect: [t(.qint8, [[-5, -3, -128], [7, -22, 127]])], gradient: false),
  OpCase(
    "UniformRequantize of each column",
    [
      t(.qint32, [[1000, 2, -100], [7, -8, 127]]), t(.float32, [0.01, 0.02, 0.3]),
      t(.int32, [1, 2, 3]), t(.float32, 0.27), t(.int32, -1),
    ],
    [
      "Tout": .type(.qint8), "input_quantization_axis": .int(1),
      "input_quantization_min_val": .int(-2_147_483_648),
      "input_quantization_max_val": .int(2_147_483_647), "output_quantization_min_val": .int(-128),
      "output_quantization_max_val": .int(127),
    ], expect: [t(.qint8, [[36, -1, -115], [-1, -2, 127]])], gradient: false),
  OpCase(
    "UniformRequantize by a scale that is not positive",
    [t(.qint8, [1, 2]), t(.float32, 0.0), t(.int32, 3), t(.float32, 0.27), t(.int32, -1)],
    [
      "Tout": .type(.qint8), "input_quantization_min_val": .int(-128),
      "input_quantization_max_val": .int(127), "output_quantization_min_val": .int(-128),
      "output_quantization_max_val": .int(127),
    ], error: .invalidArgument),
  OpCase(
    "UniformQuantizedAdd",
    [
      t(.qint32, [[1, 2, 30], [4, 5, 6]]), t(.qint32, [3, 4, 5]), t(.float32, 0.5), t(.int32, 0),
      t(.float32, 0.3), t(.int32, 1), t(.float32, 0.13), t(.int32, 2),
    ],
    [
      "lhs_quantization_min_val": .int(-2_147_483_648),
      "lhs_quantization_max_val": .int(2_147_483_647),
      "rhs_quantization_min_val": .int(-2_147_483_648),
      "rhs_quantization_max_val": .int(2_147_483_647),
      "output_quantization_min_val": .int(-2_147_483_648),
      "output_quantization_max_val": .int(2_147_483_647),
    ], expect: [t(.qint32, [[11, 17, 126], [22, 28, 34]])], gradient: false),
  OpCase(
    "UniformQuantizedAdd of other shapes",
    [
      t(.qint32, [1, 2]), t(.qint32, [3, 4, 5]), t(.float32, 0.5), t(.int32, 0), t(.float32, 0.3),
      t(.int32, 1), t(.float32, 0.13), t(.int32, 2),
    ],
    [
      "lhs_quantization_min_val": .int(-2_147_483_648),
      "lhs_quantization_max_val": .int(2_147_483_647),
      "rhs_quantization_min_val": .int(-2_147_483_648),
      "rhs_quantization_max_val": .int(2_147_483_647),
      "output_quantization_min_val": .int(-2_147_483_648),
      "output_quantization_max_val": .int(2_147_483_647),
    ], error: .invalidArgument),
  OpCase(
    "UniformQuantizedClipByValue",
    [
      t(.qint32, [[1, -20], [30, 4]]), t(.qint32, [-5, -6]), t(.qint32, [8, 9]),
      t(.float32, [0.5, 0.6]), t(.int32, [0, 1]),
    ],
    [
      "quantization_axis": .int(1), "quantization_min_val": .int(-2_147_483_648),
      "quantization_max_val": .int(2_147_483_647),
    ], expect: [t(.qint32, [[1, -6], [8, 4]])], gradient: false),
  OpCase(
    "UniformQuantizedClipByValue by bounds of another shape",
    [
      t(.qint32, [[1, -20], [30, 4]]), t(.qint32, [-5, -6, 1]), t(.qint32, [8, 9, 1]),
      t(.float32, [0.5, 0.6]), t(.int32, [0, 1]),
    ],
    [
      "quantization_axis": .int(1), "quantization_min_val": .int(-2_147_483_648),
      "quantization_max_val": .int(2_147_483_647),
    ], error: .invalidArgument),
  OpCase(
    "UniformQuantizedDot",
    [
      t(.qint8, [[1, 2], [-3, 4]]), t(.qint8, [[5, 6, 7], [-8, 9, 10]]), t(.float32, 0.5),
      t(.int32, 1), t(.float32, 0.3), t(.int32, 2), t(.float32, 0.07), t(.int32, -3),
    ],
    [
      "Tout": .type(.qint32), "lhs_quantization_min_val": .int(-128),
      "lhs_quantization_max_val": .int(127), "rhs_quantization_min_val": .int(-128),
      "rhs_quantization_max_val": .int(127), "output_quantization_min_val": .int(-2_147_483_648),
      "output_quantization_max_val": .int(2_147_483_647),
    ], expect: [t(.qint32, [[-24, 12, 14], [-93, 8, 6]])], gradient: false),
  OpCase(
    "UniformQuantizedDot of columns with scales of their own",
    [
      t(.qint8, [[1, 2], [-3, 4]]), t(.qint8, [[5, 6, 7], [-8, 9, 10]]), t(.float32, 0.5),
      t(.int32, 1), t(.float32, [0.1, 0.2, 0.3]), t(.int32, [0, 1, 2]), t(.float32, 0.07),
      t(.int32, -3),
    ],
    [
      "Tout": .type(.qint32), "lhs_quantization_min_val": .int(-128),
      "lhs_quantization_max_val": .int(127), "rhs_quantization_min_val": .int(-128),
      "rhs_quantization_max_val": .int(127), "output_quantization_min_val": .int(-2_147_483_648),
      "output_quantization_max_val": .int(2_147_483_647), "rhs_quantization_axis": .int(1),
    ], expect: [t(.qint32, [[-9, 8, 14], [-34, 3, 6]])], gradient: false),
  OpCase(
    "UniformQuantizedDot of other sizes",
    [
      t(.qint8, [[1, 2, 3]]), t(.qint8, [[5, 6, 7], [-8, 9, 10]]), t(.float32, 0.5), t(.int32, 1),
      t(.float32, 0.3), t(.int32, 2), t(.float32, 0.07), t(.int32, -3),
    ],
    [
      "Tout": .type(.qint32), "lhs_quantization_min_val": .int(-128),
      "lhs_quantization_max_val": .int(127), "rhs_quantization_min_val": .int(-128),
      "rhs_quantization_max_val": .int(127), "output_quantization_min_val": .int(-2_147_483_648),
      "output_quantization_max_val": .int(2_147_483_647),
    ], error: .invalidArgument),
  OpCase(
    "UniformQuantizedDotHybrid",
    [
      t(.float32, [[0.1, -2.5, 3.0], [0.0, 0.0, 0.0]]), t(.qint8, [[5, 6], [-8, 9], [1, 2]]),
      t(.float32, 0.3), t(.int32, 2),
    ],
    [
      "Tout": .type(.float32), "rhs_quantization_min_val": .int(-128),
      "rhs_quantization_max_val": .int(127),
    ], expect: [t(.float32, [[6.70353, -5.1247063], [0.0, 0.0]])], gradient: false),
  OpCase(
    "UniformQuantizedDotHybrid of columns with scales of their own",
    [
      t(.float32, [[0.1, -2.5, 3.0], [0.0, 0.0, 0.0]]), t(.qint8, [[5, 6], [-8, 9], [1, 2]]),
      t(.float32, [0.3, 0.1]), t(.int32, [2, 1]),
    ],
    [
      "Tout": .type(.float32), "rhs_quantization_axis": .int(1),
      "rhs_quantization_min_val": .int(-128), "rhs_quantization_max_val": .int(127),
    ], expect: [t(.float32, [[6.70353, -1.6478432], [0.0, 0.0]])], gradient: false),
  OpCase(
    "UniformQuantizedDotHybrid of a vector",
    [
      t(.float32, [1.0, 2.0, 3.0]), t(.qint8, [[5, 6], [-8, 9], [1, 2]]), t(.float32, 0.3),
      t(.int32, 2),
    ],
    [
      "Tout": .type(.float32), "rhs_quantization_min_val": .int(-128),
      "rhs_quantization_max_val": .int(127),
    ], error: .invalidArgument),
  OpCase(
    "RequantizationRangePerChannel",
    [
      t(.qint32, [[[[1_000_000, -2_000_000, 300_000_000], [7000, -80_000_000, 12_700_000]]]]),
      t(.float32, [-100.0, -2.0, -30.0]), t(.float32, [90.0, 2.5, 10.0]),
    ], ["clip_value_max": .float(60.0)], expect: [t(.float32, -4.1909513), t(.float32, 4.1909513)],
    gradient: false),
  OpCase(
    "RequantizationRangePerChannel of values that are not negative",
    [t(.qint32, [[[[100_000_000, 2]]]]), t(.float32, [-100.0, -2.0]), t(.float32, [90.0, 2.5])],
    ["clip_value_max": .float(1.0)], expect: [t(.float32, 0.0), t(.float32, 1.0)], gradient: false),
  OpCase(
    "RequantizationRangePerChannel of too few ranges",
    [
      t(.qint32, [[[[1_000_000, -2_000_000, 300_000_000], [7000, -80_000_000, 12_700_000]]]]),
      t(.float32, [-100.0, -2.0]), t(.float32, [90.0, 2.5]),
    ], ["clip_value_max": .float(1.0)], error: .invalidArgument),
  OpCase(
    "RequantizePerChannel",
    [
      t(.qint32, [[[[1_000_000, -2_000_000, 300_000_000], [7000, -80_000_000, 12_700_000]]]]),
      t(.float32, [-100.0, -2.0, -30.0]), t(.float32, [90.0, 2.5, 10.0]), t(.float32, 0.0),
      t(.float32, 6.0),
    ], ["out_type": .type(.quint8)],
    expect: [t(.quint8, [[[[2, 0, 178], [0, 0, 8]]]]), t(.float32, 0.0), t(.float32, 6.0)],
    gradient: false),
  OpCase(
    "RequantizePerChannel with a sign",
    [
      t(.qint32, [[[[1_000_000, -2_000_000, 300_000_000], [7000, -80_000_000, 12_700_000]]]]),
      t(.float32, [-100.0, -2.0, -30.0]), t(.float32, [90.0, 2.5, 10.0]), t(.float32, -5.0),
      t(.float32, 4.0),
    ], ["out_type": .type(.qint8)],
    expect: [t(.qint8, [[[[1, 0, 106], [0, -2, 5]]]]), t(.float32, -5.0), t(.float32, 4.0)],
    gradient: false),
  OpCase(
    "RequantizePerChannel of too few ranges",
    [
      t(.qint32, [[[[1_000_000, -2_000_000, 300_000_000], [7000, -80_000_000, 12_700_000]]]]),
      t(.float32, [-100.0, -2.0]), t(.float32, [90.0, 2.5]), t(.float32, 0.0), t(.float32, 6.0),
    ], ["out_type": .type(.quint8)], error: .invalidArgument),
  OpCase(
    "QuantizedInstanceNorm",
    [
      t(
        .quint8,
        [[[[106, 152], [249, 131], [184, 200]], [[0, 21], [253, 147], [202, 107]]]]),
      t(.float32, -1.0), t(.float32, 3.0),
    ],
    expect: [
      t(
        .quint8, [[[[98, 187], [223, 157], [166, 255]], [[4, 0], [227, 179], [182, 122]]]]),
      t(.float32, -1.9229236), t(.float32, 1.3448294),
    ], gradient: false),
  OpCase(
    "QuantizedInstanceNorm in a given range",
    [
      t(
        .quint8,
        [[[[106, 152], [249, 131], [184, 200]], [[0, 21], [253, 147], [202, 107]]]]),
      t(.float32, 0.0), t(.float32, 10.0),
    ],
    ["output_range_given": .bool(true), "given_y_min": .float(-1.5), "given_y_max": .float(2.0)],
    expect: [
      t(.quint8, [[[[60, 143], [177, 115], [124, 207]], [[0, 0], [181, 136], [139, 83]]]]),
      t(.float32, -1.5), t(.float32, 2.0),
    ], gradient: false),
  OpCase(
    "QuantizedInstanceNorm of a pixel",
    [t(.quint8, [[[[3, 9]]]]), t(.float32, 0.0), t(.float32, 10.0)],
    expect: [t(.quint8, [[[[0, 0]]]]), t(.float32, 0.0), t(.float32, 0.001)], gradient: false),
  OpCase(
    "QuantizedInstanceNorm of an empty range",
    [
      t(
        .quint8,
        [[[[106, 152], [249, 131], [184, 200]], [[0, 21], [253, 147], [202, 107]]]]),
      t(.float32, 3.0), t(.float32, 3.0),
    ], error: .invalidArgument),
  OpCase(
    "QuantizedBatchNormWithGlobalNormalization",
    [
      t(
        .quint8,
        [[[[106, 152], [249, 131], [184, 200]], [[0, 21], [253, 147], [202, 107]]]]),
      t(.float32, -2.0), t(.float32, 10.0), t(.quint8, [10, 200]), t(.float32, 0.0),
      t(.float32, 7.0), t(.quint8, [100, 200]), t(.float32, 0.0), t(.float32, 10.0),
      t(.quint8, [1, 250]), t(.float32, -1.0), t(.float32, 1.0), t(.quint8, [90, 20]),
      t(.float32, 0.0), t(.float32, 3.0),
    ],
    [
      "variance_epsilon": .float(0.001), "scale_after_normalization": .bool(true),
      "out_type": .type(.qint32),
    ],
    expect: [
      t(
        .qint32,
        [
          [
            [[922, 1913], [8291, 1743], [4941, 2301]],
            [[-4539, 853], [8497, 1872], [5869, 1549]],
          ]
        ]), t(.float32, -1048576.0), t(.float32, 1048576.0),
    ], gradient: false),
  OpCase(
    "QuantizedBatchNormWithGlobalNormalization without a factor",
    [
      t(
        .quint8,
        [[[[106, 152], [249, 131], [184, 200]], [[0, 21], [253, 147], [202, 107]]]]),
      t(.float32, -2.0), t(.float32, 10.0), t(.quint8, [10, 200]), t(.float32, 0.0),
      t(.float32, 7.0), t(.quint8, [100, 200]), t(.float32, 0.0), t(.float32, 10.0),
      t(.quint8, [1, 250]), t(.float32, -1.0), t(.float32, 1.0), t(.quint8, [90, 20]),
      t(.float32, 0.0), t(.float32, 3.0),
    ],
    [
      "variance_epsilon": .float(0.001), "scale_after_normalization": .bool(false),
      "out_type": .type(.qint32),
    ],
    expect: [
      t(
        .qint32,
        [
          [
            [[757, 1710], [7715, 988], [4552, 3361]],
            [[-4400, -2795], [7910, 1538], [5428, 162]],
          ]
        ]), t(.float32, -1048576.0), t(.float32, 1048576.0),
    ], gradient: false),
  OpCase(
    "QuantizedBatchNormWithGlobalNormalization of other channels",
    [
      t(
        .quint8,
        [[[[106, 152], [249, 131], [184, 200]], [[0, 21], [253, 147], [202, 107]]]]),
      t(.float32, -2.0), t(.float32, 10.0), t(.quint8, [1, 2, 3]), t(.float32, 0.0),
      t(.float32, 7.0), t(.quint8, [100, 200]), t(.float32, 0.0), t(.float32, 10.0),
      t(.quint8, [1, 250]), t(.float32, -1.0), t(.float32, 1.0), t(.quint8, [90, 20]),
      t(.float32, 0.0), t(.float32, 3.0),
    ],
    [
      "variance_epsilon": .float(0.001), "scale_after_normalization": .bool(true),
      "out_type": .type(.qint32),
    ], error: .invalidArgument),
]
