import CoreOps
import Ops
import TestSupport

extension Tensor {
  /// No statistics.
  fileprivate static var empty: Tensor { t(.float32, [Float]()) }
}

private let statistics = [t(.float32, [2.0, 3.0]), t(.float32, [4.0, 0.5])]
private func attrs(_ training: Bool) -> Attrs {
  ["epsilon": .float(0.01), "is_training": .bool(training)]
}

/// y alone, which is differentiable in x, scale and offset.
private func normalise(training: Bool) -> @Sendable ([Tensor]) throws -> [Tensor] {
  { inputs in
    let given = training ? [Tensor.empty, Tensor.empty] : statistics
    return [try apply(OpCase.definition("FusedBatchNormV3"), inputs + given, attrs(training))[0]]
  }
}

/// The gradients for g, x and scale, with the statistics that the normalisation hands over.
private func backpropagate(training: Bool) -> @Sendable ([Tensor]) throws -> [Tensor] {
  { inputs in
    let offset = t(.float32, [0.0, 0.0])
    let given = training ? [Tensor.empty, Tensor.empty] : statistics
    let forward = try apply(
      OpCase.definition("FusedBatchNormV3"), [inputs[1], inputs[2], offset] + given, attrs(training)
    )
    return Array(
      try apply(
        OpCase.definition("FusedBatchNormGradV3"), inputs + forward[3...5], attrs(training))[..<3])
  }
}

let normalizationCases: [OpCase] = [
  OpCase(
    "BiasAdd", [[[1.0, 2.0], [3.0, 4.0]] as [[Float]], [10.0, 20.0] as [Float]],
    [:],
    expect: [[[11.0, 22.0], [13.0, 24.0]] as [[Float]]]),
  OpCase(
    "BiasAdd with channels first",
    [
      [[[1.0, 5.0], [3.0, 9.0]], [[2.0, 8.0], [4.0, 7.0]]] as [[[Float]]], [10.0, 20.0] as [Float],
    ],
    ["data_format": .string("NCHW")],
    expect: [[[[11.0, 15.0], [23.0, 29.0]], [[12.0, 18.0], [24.0, 27.0]]] as [[[Float]]]]),
  OpCase(
    "BiasAdd of another length", [[[1.0, 2.0]] as [[Float]], [1.0] as [Float]],
    error: .invalidArgument),
  OpCase(
    "BiasAddV1", [[[1.0, 2.0], [3.0, 4.0]] as [[Float]], [10.0, 20.0] as [Float]],
    [:],
    expect: [[[11.0, 22.0], [13.0, 24.0]] as [[Float]]]),
  OpCase(
    "BiasAddGrad", [[[1.0, 2.0], [3.0, 4.0]] as [[Float]]],
    [:],
    expect: [[4.0, 6.0] as [Float]]),
  OpCase(
    "BiasAddGrad with channels first",
    [[[[1.0, 5.0], [3.0, 9.0]], [[2.0, 8.0], [4.0, 7.0]]] as [[[Float]]]],
    ["data_format": .string("NCHW")],
    expect: [[16.0, 23.0] as [Float]]),
  OpCase(
    "FusedBatchNorm in training",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], Tensor.empty, Tensor.empty,
    ],
    ["epsilon": .float(0.01)],
    expect: [
      [
        [[[-1.754459, -1.758906]], [[0.9181531, -0.4097397]]],
        [[[-0.4181531, -0.7470313]], [[2.254459, -1.084323]]],
      ] as [[[[Float]]]], [2.5, 7.25] as [Float], [1.666667, 2.916667] as [Float],
      [2.5, 7.25] as [Float], [1.25, 2.1875] as [Float],
    ], gradient: false),
  OpCase(
    "FusedBatchNorm with a running average",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    [
      "epsilon": .float(0.01), "exponential_avg_factor": .float(0.5),
      "data_format": .string("NCHW"),
    ],
    expect: [
      [
        [[[-1.392073, 0.7973578]], [[-1.57605, -0.3192132]]],
        [[[-0.8447156, 2.439431]], [[-1.366578, -0.7381589]]],
      ] as [[[[Float]]]], [3.0, 4.375] as [Float], [7.0, 4.041667] as [Float],
      [4.0, 5.75] as [Float], [7.5, 5.6875] as [Float],
    ], gradient: false),
  OpCase(
    "FusedBatchNorm with given statistics",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    ["epsilon": .float(0.01), "is_training": .bool(false)],
    expect: [
      [
        [[[-0.4990643, 0.40028]], [[0.9990643, 3.20084]]],
        [[[0.25, 2.5007]], [[1.748129, 1.80056]]],
      ] as [[[[Float]]]], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float], [2.0, 3.0] as [Float],
      [4.0, 0.5] as [Float],
    ], gradient: false),
  OpCase(
    "FusedBatchNormGrad in training",
    [
      [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    ["epsilon": .float(0.01)],
    expect: [
      [
        [[[-0.06565987, -9.218165]], [[-0.009246546, -27.05938]]],
        [[[-0.03745321, -22.59907]], [[0.01896011, -18.13877]]],
      ] as [[[[Float]]]], [0.4993762, 18.4837] as [Float], [1.0, 2.9] as [Float], Tensor.empty,
      Tensor.empty,
    ], gradient: false),
  OpCase(
    "FusedBatchNormGrad with given statistics",
    [
      [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    ["epsilon": .float(0.01), "is_training": .bool(false)],
    expect: [
      [
        [[[0.07490643, 0.35007]], [[0.2247193, 0.630126]]],
        [[[0.1498129, 0.560112]], [[0.2996257, 0.490098]]],
      ] as [[[[Float]]]], [0.4993762, 18.4837] as [Float], [1.0, 2.9] as [Float], Tensor.empty,
      Tensor.empty,
    ], gradient: false),
  OpCase(
    "FusedBatchNormV2 in training",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], Tensor.empty, Tensor.empty,
    ],
    ["epsilon": .float(0.01)],
    expect: [
      [
        [[[-1.754459, -1.758906]], [[0.9181531, -0.4097397]]],
        [[[-0.4181531, -0.7470313]], [[2.254459, -1.084323]]],
      ] as [[[[Float]]]], [2.5, 7.25] as [Float], [1.666667, 2.916667] as [Float],
      [2.5, 7.25] as [Float], [1.25, 2.1875] as [Float],
    ], gradient: false),
  OpCase(
    "FusedBatchNormV2 with a running average",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    [
      "epsilon": .float(0.01), "exponential_avg_factor": .float(0.5),
      "data_format": .string("NCHW"),
    ],
    expect: [
      [
        [[[-1.392073, 0.7973578]], [[-1.57605, -0.3192132]]],
        [[[-0.8447156, 2.439431]], [[-1.366578, -0.7381589]]],
      ] as [[[[Float]]]], [3.0, 4.375] as [Float], [7.0, 4.041667] as [Float],
      [4.0, 5.75] as [Float], [7.5, 5.6875] as [Float],
    ], gradient: false),
  OpCase(
    "FusedBatchNormV2 with given statistics",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    ["epsilon": .float(0.01), "is_training": .bool(false)],
    expect: [
      [
        [[[-0.4990643, 0.40028]], [[0.9990643, 3.20084]]],
        [[[0.25, 2.5007]], [[1.748129, 1.80056]]],
      ] as [[[[Float]]]], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float], [2.0, 3.0] as [Float],
      [4.0, 0.5] as [Float],
    ], gradient: false),
  OpCase(
    "FusedBatchNormGradV2 in training",
    [
      [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    ["epsilon": .float(0.01)],
    expect: [
      [
        [[[-0.06565987, -9.218165]], [[-0.009246546, -27.05938]]],
        [[[-0.03745321, -22.59907]], [[0.01896011, -18.13877]]],
      ] as [[[[Float]]]], [0.4993762, 18.4837] as [Float], [1.0, 2.9] as [Float], Tensor.empty,
      Tensor.empty,
    ], gradient: false),
  OpCase(
    "FusedBatchNormGradV2 with given statistics",
    [
      [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    ["epsilon": .float(0.01), "is_training": .bool(false)],
    expect: [
      [
        [[[0.07490643, 0.35007]], [[0.2247193, 0.630126]]],
        [[[0.1498129, 0.560112]], [[0.2996257, 0.490098]]],
      ] as [[[[Float]]]], [0.4993762, 18.4837] as [Float], [1.0, 2.9] as [Float], Tensor.empty,
      Tensor.empty,
    ], gradient: false),
  OpCase(
    "FusedBatchNormV3 in training",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], Tensor.empty, Tensor.empty,
    ],
    ["epsilon": .float(0.01)],
    expect: [
      [
        [[[-1.754459, -1.758906]], [[0.9181531, -0.4097397]]],
        [[[-0.4181531, -0.7470313]], [[2.254459, -1.084323]]],
      ] as [[[[Float]]]], [2.5, 7.25] as [Float], [1.666667, 2.916667] as [Float],
      [2.5, 7.25] as [Float], [1.25, 2.1875] as [Float], 0.0 as Float,
    ], gradient: false),
  OpCase(
    "FusedBatchNormV3 with a running average",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    [
      "epsilon": .float(0.01), "exponential_avg_factor": .float(0.5),
      "data_format": .string("NCHW"),
    ],
    expect: [
      [
        [[[-1.392073, 0.7973578]], [[-1.57605, -0.3192132]]],
        [[[-0.8447156, 2.439431]], [[-1.366578, -0.7381589]]],
      ] as [[[[Float]]]], [3.0, 4.375] as [Float], [7.0, 4.041667] as [Float],
      [4.0, 5.75] as [Float], [7.5, 5.6875] as [Float], 0.0 as Float,
    ], gradient: false),
  OpCase(
    "FusedBatchNormV3 with given statistics",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float],
    ],
    ["epsilon": .float(0.01), "is_training": .bool(false)],
    expect: [
      [
        [[[-0.4990643, 0.40028]], [[0.9990643, 3.20084]]],
        [[[0.25, 2.5007]], [[1.748129, 1.80056]]],
      ] as [[[[Float]]]], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float], [2.0, 3.0] as [Float],
      [4.0, 0.5] as [Float], 0.0 as Float,
    ], gradient: false),
  OpCase(
    "FusedBatchNormGradV3 in training",
    [
      [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float], [0.0, 0.0] as [Float],
    ],
    ["epsilon": .float(0.01)],
    expect: [
      [
        [[[-0.06565987, -9.218165]], [[-0.009246546, -27.05938]]],
        [[[-0.03745321, -22.59907]], [[0.01896011, -18.13877]]],
      ] as [[[[Float]]]], [0.4993762, 18.4837] as [Float], [1.0, 2.9] as [Float], Tensor.empty,
      Tensor.empty,
    ], gradient: false),
  OpCase(
    "FusedBatchNormGradV3 with given statistics",
    [
      [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [2.0, 3.0] as [Float], [4.0, 0.5] as [Float], [0.0, 0.0] as [Float],
    ],
    ["epsilon": .float(0.01), "is_training": .bool(false)],
    expect: [
      [
        [[[0.07490643, 0.35007]], [[0.2247193, 0.630126]]],
        [[[0.1498129, 0.560112]], [[0.2996257, 0.490098]]],
      ] as [[[[Float]]]], [0.4993762, 18.4837] as [Float], [1.0, 2.9] as [Float], Tensor.empty,
      Tensor.empty,
    ], gradient: false),
  OpCase(
    "BatchNormWithGlobalNormalization",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [2.0, 3.0] as [Float], [4.0, 0.5] as [Float], [0.25, -1.0] as [Float], [1.5, 0.5] as [Float],
    ],
    ["variance_epsilon": .float(0.01), "scale_after_normalization": .bool(true)],
    expect: [
      [
        [[[-0.4990643, 0.4002801]], [[0.9990643, 3.20084]]],
        [[[0.25, 2.5007]], [[1.748129, 1.80056]]],
      ] as [[[[Float]]]]
    ]),
  OpCase(
    "BatchNormWithGlobalNormalizationGrad",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [2.0, 3.0] as [Float], [4.0, 0.5] as [Float], [1.5, 0.5] as [Float],
      [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]] as [[[[Float]]]],
    ],
    ["variance_epsilon": .float(0.01), "scale_after_normalization": .bool(true)],
    expect: [
      [
        [[[0.07490642, 0.35007]], [[0.2247193, 0.6301261]]],
        [[[0.1498128, 0.5601121]], [[0.2996257, 0.490098]]],
      ] as [[[[Float]]]], [-0.7490643, -2.030406] as [Float], [-0.09339953, -9.060636] as [Float],
      [1.0, 2.9] as [Float], [0.4993762, 18.4837] as [Float],
    ], gradient: false),
  OpCase(
    "FusedBatchNormV3 and its statistics",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float],
    ],
    expect: [
      [
        [[[-1.754459, -1.758906]], [[0.9181531, -0.4097397]]],
        [[[-0.4181531, -0.7470313]], [[2.254459, -1.084323]]],
      ] as [[[[Float]]]]
    ], tolerance: 1e-4, gradient: true, body: normalise(training: true)),
  OpCase(
    "FusedBatchNormV3 and statistics of others",
    [
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float], [0.25, -1.0] as [Float],
    ],
    expect: [
      [
        [[[-0.4990643, 0.40028]], [[0.9990643, 3.20084]]],
        [[[0.25, 2.5007]], [[1.748129, 1.80056]]],
      ] as [[[[Float]]]]
    ], tolerance: 1e-4, gradient: true, body: normalise(training: false)),
  OpCase(
    "FusedBatchNormGradV3 and the statistics of x",
    [
      [[[[0.3, -0.2]], [[0.5, 0.1]]], [[[-0.4, 0.7]], [[0.2, 0.6]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float],
    ],
    expect: [
      [
        [[[0.319759, -0.08230837]], [[0.4279361, -0.1346097]]],
        [[[-0.6951974, 0.1061375]], [[-0.05249775, 0.1107805]]],
      ] as [[[[Float]]]], [0.2672612, 0.6745833] as [Float], [0.6, 1.2] as [Float],
    ], tolerance: 1e-4, gradient: true, body: backpropagate(training: true)),
  OpCase(
    "FusedBatchNormGradV3 and statistics of others",
    [
      [[[[0.3, -0.2]], [[0.5, 0.1]]], [[[-0.4, 0.7]], [[0.2, 0.6]]]] as [[[[Float]]]],
      [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]] as [[[[Float]]]],
      [1.5, 0.5] as [Float],
    ],
    expect: [
      [
        [[[0.2247193, -0.140028]], [[0.3745321, 0.070014]]],
        [[[-0.2996257, 0.490098]], [[0.1498129, 0.420084]]],
      ] as [[[[Float]]]], [0.2996257, 8.541709] as [Float], [0.6, 1.2] as [Float],
    ], tolerance: 1e-4, gradient: true, body: backpropagate(training: false)),
  OpCase(
    "_FusedBatchNormEx with a side input",
    [
      [[[[3.0], [1.0]]]] as [[[[Float]]]], [2.0] as [Float], [1.0] as [Float], [1.0] as [Float],
      [4.0] as [Float], [[[[1.0], [-2.0]]]] as [[[[Float]]]],
    ],
    [
      "epsilon": .float(0), "is_training": .bool(false), "num_side_inputs": .int(1),
      "activation_mode": .string("Relu"),
    ],
    expect: [
      [[[[4.0], [0.0]]]] as [[[[Float]]]], [1.0] as [Float], [4.0] as [Float], [1.0] as [Float],
      [4.0] as [Float], 0.0 as Float,
    ],
    gradient: false),
]
