import CoreOps
import Ops
import TestSupport

/// Gradients of layers: pooling, normalisation, recurrent cells.
let layerGradientCases: [OpCase] = [
  poolingGradientCases, normalizationGradientCases, sequenceGradientCases,
].flatMap { $0 }

private let poolingGradientCases: [OpCase] = {
  let pixels: [[[[Float]]]] = [
    [[[1.0], [5.0], [3.0]], [[9.0], [2.0], [8.0]], [[4.0], [7.0], [6.0]]]
  ]
  let (input, pooled) = (t(.float32, pixels), t(.float32, [[[[9.0], [8.0]], [[9.0], [8.0]]]]))
  let gradient: [[[[Float]]]] = [[[[1.0], [2.0]], [[3.0], [4.0]]]]
  let window: Attrs = [
    "ksize": .ints([1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1]), "padding": .string("VALID"),
  ]
  let cube: Attrs = [
    "ksize": .ints([1, 1, 2, 2, 1]), "strides": .ints([1, 1, 1, 1, 1]), "padding": .string("VALID"),
  ]
  let sizes = [t(.int32, [1, 2, 2, 1]), t(.int32, [1, 1, 1, 1])]
  func deep(_ x: Tensor) -> Tensor { x.reshaped(Shape([1] + x.dims.dims)) }
  let (deepInput, deepPooled) = (deep(input), deep(pooled))
  let ratio: Attrs = [
    "pooling_ratio": .list([.float(1.0), .float(1.3333), .float(1.3333), .float(1.0)]),
    "deterministic": .bool(true), "seed": .int(3), "seed2": .int(4),
  ]
  return [
    OpCase(gradientOf: ["MaxPoolWithArgmax"], [pixels]) {
      [try applyOp("MaxPoolWithArgmax", $0, window)[0]]
    },
    // What was pooled has no gradient of the gradient.
    OpCase(gradientOf: ["MaxPoolGrad"], [gradient]) {
      try applyOp("MaxPoolGrad", [input, pooled, $0[0]], window)
    },
    OpCase(gradientOf: ["MaxPoolGradV2"], [gradient]) {
      try applyOp("MaxPoolGradV2", [input, pooled, $0[0]] + sizes, ["padding": .string("VALID")])
    },
    OpCase(gradientOf: ["MaxPoolGradGrad"], [pixels]) {
      try applyOp("MaxPoolGradGrad", [input, pooled, $0[0]], window)
    },
    OpCase(gradientOf: ["MaxPoolGradGradV2"], [pixels]) {
      try applyOp(
        "MaxPoolGradGradV2", [input, pooled, $0[0]] + sizes, ["padding": .string("VALID")])
    },
    OpCase(gradientOf: ["MaxPool3DGrad"], [[gradient]]) {
      try applyOp("MaxPool3DGrad", [deepInput, deepPooled, $0[0]], cube)
    },
    OpCase(gradientOf: ["MaxPool3DGradGrad"], [[pixels]]) {
      try applyOp("MaxPool3DGradGrad", [deepInput, deepPooled, $0[0]], cube)
    },
    OpCase(gradientOf: ["FractionalMaxPool"], [pixels]) {
      [try applyOp("FractionalMaxPool", $0, ratio)[0]]
    },
    OpCase(gradientOf: ["FractionalAvgPool"], [pixels]) {
      [try applyOp("FractionalAvgPool", $0, ratio)[0]]
    },
  ]
}()

private let normalizationGradientCases: [OpCase] = {
  let x: [[[[Float]]]] = [[[[1.0, 5.0]], [[3.0, 9.0]]], [[[2.0, 8.0]], [[4.0, 7.0]]]]
  let dy: [[[[Float]]]] = [[[[0.1, 0.5]], [[0.3, 0.9]]], [[[0.2, 0.8]], [[0.4, 0.7]]]]
  let (scale, offset): ([Float], [Float]) = ([1.5, 0.5], [0.25, -1.0])
  let statistics = [t(.float32, [2.0, 3.0]), t(.float32, [4.0, 0.5])]
  let nothing = [t(.float32, [] as [Float]), t(.float32, [] as [Float])]
  @Sendable func attrs(_ isTraining: Bool) -> Attrs {
    ["epsilon": .float(0.01), "is_training": .bool(isTraining)]
  }
  func normalized(_ op: String) -> OpCase {
    OpCase(gradientOf: [op], [x, scale, offset]) { inputs in
      [
        try applyOp(op, inputs + nothing, attrs(true))[0],
        try applyOp(op, inputs + statistics, attrs(false))[0],
      ]
    }
  }
  /// What the gradient takes of the statistics is that of the input.
  func gradient(_ op: String, _ forward: String) -> OpCase {
    OpCase(gradientOf: [op], [dy, x, scale]) { inputs in
      let outputs = try applyOp(
        forward, [inputs[1], inputs[2], t(.float32, offset)] + nothing, attrs(true))
      return Array(
        try applyOp(op, inputs + [outputs[3], outputs[4]], attrs(true)).prefix(3))
    }
  }
  return [
    normalized("FusedBatchNorm"), normalized("FusedBatchNormV2"),
    gradient("FusedBatchNormGrad", "FusedBatchNorm"),
    gradient("FusedBatchNormGradV2", "FusedBatchNormV2"),
  ]
}()

private let sequenceGradientCases: [OpCase] = {
  func lstm(_ op: String, _ attrs: Attrs) -> OpCase {
    OpCase(
      gradientOf: [op],
      [
        [[[-0.44], [-0.09]], [[-0.59], [-0.6]]] as [[[Float]]],
        [[-0.28, -0.55], [-0.19, -0.06]] as [[Float]],
        [[-0.46, -0.42], [-0.08, 0.72]] as [[Float]],
        [
          [0.1, 0.42, -0.42, 0.02, 0.79, 0.79, -0.75, -0.59],
          [-0.9, -0.12, -0.94, -0.09, 0.3, -0.44, 0.35, 0.18],
          [-0.95, 0.12, -0.48, -0.17, -0.43, 0.39, -0.12, -0.69],
        ] as [[Float]], [0.09, 0.56] as [Float], [-0.39, -0.56] as [Float],
        [-0.22, 0.87] as [Float], [0.95, 0.34, 0.81, 0.69, -0.24, -0.82, 0.31, 0.12] as [Float],
      ]
    ) { inputs in
      let outputs = try applyOp(op, [t(.int64, 2)] + inputs, attrs)
      // The states and the outputs are what has a gradient.
      return [outputs[1], outputs[6]]
    }
  }
  return [
    lstm("BlockLSTM", ["use_peephole": .bool(true), "cell_clip": .float(3.0)]),
    lstm("BlockLSTMV2", ["use_peephole": .bool(true)]),
  ]
}()
