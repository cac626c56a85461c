import CoreOps
import TestSupport

let lossCases: [OpCase] = [
  OpCase("Softmax", [[[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]]], expect: [[[0.09003057, 0.24472848, 0.66524094], [1.0 / 3, 1.0 / 3, 1.0 / 3]]]),
  OpCase("Softmax of large logits", [[1000.0, 1001.0]], expect: [[0.26894143, 0.7310586]], gradient: false),
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
    "LRNGrad", [[[[[1.0, 1.0, 1.0]]]], [[[[1.0, 2.0, 3.0]]]], [[[[0.40824829, 0.51639778, 0.80178373]]]]],
    ["depth_radius": .int(1)], expect: [[[[[0.3057804, -0.06127743, -0.00782911]]]]]),
]
