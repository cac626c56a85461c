import CoreOps
import Ops
import TestSupport

let gatherCases: [OpCase] = [
  OpCase(
    "Gather", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [1, 0, 1]],
    expect: [[[4.0, 5.0, 6.0], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]),
  OpCase(
    "GatherV2", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [2, 0, 2], 1],
    expect: [[[3.0, 1.0, 3.0], [6.0, 4.0, 6.0]]]),
  OpCase(
    "GatherV2 in batches", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0, 2], [1, 1]], 1],
    ["batch_dims": .int(1)],
    expect: [[[1.0, 3.0], [5.0, 5.0]]]),
  OpCase(
    "GatherV2 in batches along a later dimension",
    [
      [[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], [[6.0, 7.0, 8.0], [9.0, 10.0, 11.0]]],
      [[0, 2], [1, 1]], 2,
    ], ["batch_dims": .int(1)],
    expect: [[[[0.0, 2.0], [3.0, 5.0]], [[7.0, 7.0], [10.0, 10.0]]]]),
  OpCase("GatherV2 of strings", [["a", "b"], [1, 1], 0], expect: [["b", "b"]]),
  OpCase("GatherV2 out of range", [[0.5, -1.0, 2.0], [3], 0], error: .invalidArgument),
  OpCase(
    "GatherNd", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0, 1], [1, 2], [1, 2]]],
    expect: [[2.0, 6.0, 6.0]]),
  OpCase(
    "GatherNd of slices", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1]]],
    expect: [[[4.0, 5.0, 6.0]]]),
  OpCase(
    "GatherNd out of range", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0, 5]]],
    error: .invalidArgument),
  OpCase(
    "GatherNd that passes over bad indices",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[0, 5], [1, 1]]],
    ["bad_indices_policy": .string("IGNORE")],
    expect: [[0.0, 5.0]], gradient: false),
  OpCase(
    "ScatterNd", [[[0], [2], [0]], [0.5, -1.0, 2.0], [4]], expect: [[2.5, 0.0, -1.0, 0.0]]),
  OpCase("ScatterNd out of range", [[[5]], [0.5], [4]], error: .invalidArgument),
  OpCase(
    "ScatterNdNonAliasingAdd", [[0.5, -1.0, 2.0], [[0], [2], [0]], [1.0, -2.0, 4.0]],
    expect: [[5.5, -1.0, 0.0]]),
  OpCase(
    "TensorScatterUpdate", [[1.0, 2.0, 3.0, 4.0], [[1], [3]], [5.0, 0.5]],
    expect: [[1.0, 5.0, 3.0, 0.5]]),
  OpCase(
    "TensorScatterAdd", [[1.0, 2.0, 3.0, 4.0], [[1], [3]], [5.0, 0.5]],
    expect: [[1.0, 7.0, 3.0, 4.5]]),
  OpCase(
    "TensorScatterSub", [[1.0, 2.0, 3.0, 4.0], [[1], [3]], [5.0, 0.5]],
    expect: [[1.0, -3.0, 3.0, 3.5]]),
  OpCase(
    "TensorScatterMax", [[1.0, 2.0, 3.0, 4.0], [[1], [3]], [5.0, 0.5]],
    expect: [[1.0, 5.0, 3.0, 4.0]]),
  OpCase(
    "TensorScatterMin", [[1.0, 2.0, 3.0, 4.0], [[1], [3]], [5.0, 0.5]],
    expect: [[1.0, 2.0, 3.0, 0.5]]),
  OpCase("TensorScatterUpdate of strings", [["a", "b"], [[1]], ["c"]], expect: [["a", "c"]]),
  OpCase(
    "OneHot", [[0, 2, -1], 3, 5.0, 0.5],
    expect: [[[5.0, 0.5, 0.5], [0.5, 0.5, 5.0], [0.5, 0.5, 0.5]]]),
  OpCase(
    "OneHot in columns", [[0, 2], 3, 1, 0], ["axis": .int(0)],
    expect: [[[1, 0], [0, 0], [0, 1]]]),
  OpCase("OneHot of a negative depth", [[0], -1, 1.0, 0.0], error: .invalidArgument),
  OpCase(
    "DynamicPartition", [[1.0, 2.0, 3.0, 4.0], [0, 1, 1, 0]], ["num_partitions": .int(2)],
    expect: [[1.0, 4.0], [2.0, 3.0]]),
  OpCase(
    "DynamicPartition out of range", [[0.5, -1.0, 2.0], [0, 1, 2]], ["num_partitions": .int(2)],
    error: .invalidArgument),
  OpCase(
    "DynamicPartition of strings", [["a", "b", "c"], [1, 1, 0]], ["num_partitions": .int(2)],
    expect: [["c"], ["a", "b"]]),
  OpCase(
    "DynamicStitch", [[0, 2], [1, 3], [1.0, 3.0], [2.0, 4.0]], expect: [[1.0, 2.0, 3.0, 4.0]]),
  OpCase(
    "ParallelDynamicStitch", [[0, 2], [1, 3], [1.0, 3.0], [2.0, 4.0]],
    expect: [[1.0, 2.0, 3.0, 4.0]]),
  OpCase("DynamicStitch out of range", [[0, -1], [1.0, 3.0]], error: .invalidArgument),
  OpCase(
    "InplaceUpdate", [[1.0, 2.0, 3.0], [0, 2], [0.5, 4.0]],
    expect: [[0.5, 2.0, 4.0]], gradient: false),
  OpCase(
    "InplaceAdd", [[1.0, 2.0, 3.0], [0, 2], [0.5, 4.0]],
    expect: [[1.5, 2.0, 7.0]], gradient: false),
  OpCase(
    "InplaceSub", [[1.0, 2.0, 3.0], [0, 2], [0.5, 4.0]],
    expect: [[0.5, 2.0, -1.0]], gradient: false),
]
