import CoreOps
import Ops
import TestSupport

let lossCases: [OpCase] = [
  OpCase(
    "Softmax", [[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]],
    expect: [[[0.09003057, 0.24472848, 0.66524094], [1.0 / 3, 1.0 / 3, 1.0 / 3]]]),
  OpCase(
    "Softmax of large logits", [[1000.0, 1001.0]], expect: [[0.26894143, 0.7310586]],
    gradient: false),
  OpCase("Softmax of a scalar", [1.0], error: .invalidArgument),
  OpCase("LogSoftmax", [[[1.0, 2.0, 3.0]]], expect: [[[-2.407606, -1.4076059, -0.4076059]]]),
  OpCase(
    "SoftmaxCrossEntropyWithLogits", [[[1.0, 2.0], [2.0, 3.0]], [[0.25, 0.75], [1.0, 0.0]]],
    expect: [[0.56326169, 1.3132616], [[0.01894143, -0.01894143], [-0.7310586, 0.7310586]]]),
  OpCase(
    "SoftmaxCrossEntropyWithLogits broadcasts", [[[1.0, 2.0], [2.0, 3.0]], [[1.0, 0.0]]],
    expect: [[1.3132616, 1.3132616], [[-0.7310586, 0.7310586], [-0.7310586, 0.7310586]]]),
  OpCase(
    "SoftmaxCrossEntropyWithLogits of vectors", [[1.0, 2.0], [1.0, 2.0]], error: .invalidArgument),
  OpCase(
    "SparseSoftmaxCrossEntropyWithLogits", [[[1.0, 2.0], [2.0, 3.0]], [0, 1]],
    expect: [[1.3132616, 0.31326166], [[-0.7310586, 0.7310586], [0.26894143, -0.26894143]]]),
  OpCase(
    "SparseSoftmaxCrossEntropyWithLogits of a wrong label", [[[1.0, 2.0]], [2]],
    error: .invalidArgument),
  OpCase(
    "LRN", [[[[[1.0, 2.0, 3.0]]]]], ["depth_radius": .int(1)],
    expect: [[[[[0.40824829, 0.51639778, 0.80178373]]]]]),
  OpCase(
    "LRNGrad",
    [[[[[1.0, 1.0, 1.0]]]], [[[[1.0, 2.0, 3.0]]]], [[[[0.40824829, 0.51639778, 0.80178373]]]]],
    ["depth_radius": .int(1)], expect: [[[[[0.3057804, -0.06127743, -0.00782911]]]]]),
]

private let logits = t(
  .float32,
  [
    [
      [1.7640524, 0.4001572, 0.978738, 2.2408931], [1.867558, -0.9772779, 0.95008844, -0.1513572],
    ],
    [
      [-0.10321885, 0.41059852, 0.14404356, 1.4542735],
      [0.76103771, 0.121675014, 0.44386324, 0.33367434],
    ],
    [
      [1.4940791, -0.20515826, 0.3130677, -0.85409576],
      [-2.5529898, 0.6536186, 0.8644362, -0.742165],
    ],
    [
      [2.2697546, -1.4543657, 0.045758516, -0.18718386],
      [1.5327792, 1.4693588, 0.15494743, 0.37816253],
    ],
    [
      [-0.88778573, -1.9807965, -0.34791216, 0.15634897],
      [1.2302907, 1.2023798, -0.3873268, -0.30230275],
    ],
  ])
private let places = t(.int64, [[0, 0], [0, 1], [1, 0]])
private let labels = t(.int32, [1, 1, 2])

let ctcCases: [OpCase] = [
  OpCase(
    "CTCLoss", [1.0],
    expect: [[7.560427, 4.321776]]
  ) { _ in
    [try apply(OpCase.definition("CTCLoss"), [logits, places, labels, t(.int32, [5, 4])])[0]]
  },
  OpCase(
    "CTCLoss without merging", [1.0],
    expect: [[6.8114886, 6.0785785]]
  ) { _ in
    [
      try apply(
        OpCase.definition("CTCLoss"), [logits, places, labels, t(.int32, [5, 4])],
        ["ctc_merge_repeated": .bool(false)])[0]
    ]
  },
  OpCase(
    "CTCLoss of doubles",
    [
      t(.float64, [[[0.5, -1, 2]], [[1, 0.25, -0.5]]]), t(.int64, [[0, 0]]), t(.int32, [1]),
      t(.int32, [2]),
    ],
    expect: [
      t(.float64, [1.4485445302533155]),
      t(
        .float64,
        [
          [[0.1752903921400367, -0.02918565481435359, -0.14610474477626367]],
          [[0.5897976636568125, -0.6994877493146218, 0.10969012477335724]],
        ]),
    ], tolerance: 1e-12, gradient: false),
  OpCase(
    "CTCLoss of a sequence that is too short", [logits, places, labels, [1, 4]],
    error: .invalidArgument),
  OpCase(
    "CTCGreedyDecoder", [logits, [5, 4]], ["merge_repeated": .bool(true)],
    expect: [
      t(.int64, [[0, 0], [1, 0], [1, 1], [1, 2]]), t(.int64, [0, 0, 2, 0]), t(.int64, [2, 3]),
      [[-7.615349769592285], [-5.025811195373535]],
    ], gradient: false),
  OpCase("CTCGreedyDecoder beyond the end", [logits, [6, 4]], error: .failedPrecondition),
  OpCase(
    "CTCBeamSearchDecoder", [logits, [5, 4]], ["beam_width": .int(3), "top_paths": .int(2)],
    expect: [
      t(.int64, [[0, 0], [1, 0], [1, 1], [1, 2]]), t(.int64, [[0, 0], [1, 0], [1, 1], [1, 2]]),
      t(.int64, [0, 0, 2, 1]), t(.int64, [0, 0, 2, 0]), t(.int64, [2, 3]), t(.int64, [2, 3]),
      [[-2.056243896484375, -2.658865451812744], [-1.990582823753357, -2.186647891998291]],
    ], gradient: false),
]
