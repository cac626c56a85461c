import CoreOps
import Ops
import TestSupport

let shapeCases: [OpCase] = [
  OpCase("Shape", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], expect: [[2, 3]]),
  OpCase(
    "Shape in 64 bits", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], ["out_type": .type(.int64)],
    expect: [[2, 3]]),
  OpCase(
    "ShapeN", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0], [4.0]]], expect: [[2, 3], [2, 1]]),
  OpCase("Size", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], expect: [6]),
  OpCase("Rank", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], expect: [2]),
  OpCase(
    "Reshape", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [3, 2]],
    expect: [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]]),
  OpCase(
    "Reshape with a size left open", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [-1]],
    expect: [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]),
  OpCase("Reshape of strings", [[["a"], ["b"]], [2]], expect: [["a", "b"]]),
  OpCase("Reshape to a scalar", [[1.0, 2.0], [Int]()], error: .invalidArgument),
  OpCase(
    "Reshape of another size", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [4]],
    error: .invalidArgument),
  OpCase(
    "Reshape with two sizes open", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [-1, -1]],
    error: .invalidArgument),
  OpCase(
    "Squeeze", [[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]],
    expect: [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]),
  OpCase(
    "Squeeze of one dimension", [[[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]]],
    ["squeeze_dims": .ints([2])],
    expect: [[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]),
  OpCase(
    "Squeeze of a dimension that is not 1", [[[1.0, 2.0]]], ["squeeze_dims": .ints([1])],
    error: .invalidArgument),
  OpCase(
    "ExpandDims", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 1],
    expect: [[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]]),
  OpCase(
    "ExpandDims from the end", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], -1],
    expect: [[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]]),
  OpCase(
    "ExpandDims out of range", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], 4],
    error: .invalidArgument),
  OpCase("Fill", [[2, 2], 3.5], expect: [[[3.5, 3.5], [3.5, 3.5]]]),
  OpCase("Fill of strings", [[2], "x"], expect: [["x", "x"]]),
  OpCase("Fill of a negative size", [[-2], 1.0], error: .invalidArgument),
  OpCase(
    "BroadcastTo", [[[1.0], [2.0]], [2, 2, 3]],
    expect: [[[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]], [[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]]]),
  OpCase("BroadcastTo that does not fit", [[0.5, -1.0, 2.0], [2, 4]], error: .invalidArgument),
  OpCase("BroadcastArgs", [[2, 1], [3, 1, 4]], expect: [[3, 2, 4]]),
  OpCase("InvertPermutation", [[2, 0, 1]], expect: [[1, 2, 0]]),
  OpCase("InvertPermutation of a repeated index", [[0, 0, 1]], error: .invalidArgument),
  OpCase("Range", [1, 9, 3], expect: [[1, 4, 7]]),
  OpCase("Range downwards", [1.0, 0.0, -0.25], expect: [[1.0, 0.75, 0.5, 0.25]]),
  OpCase(
    "Range rounds each step of the arithmetic", [t(.half, 0.0), t(.half, 1.5), t(.half, 0.3008)],
    expect: [t(.half, [0.0, 0.30078125, 0.6015625, 0.90234375, 1.203125])], tolerance: 0),
  OpCase("Range without a step", [1, 9, 0], error: .invalidArgument),
  OpCase("LinSpace", [1.0, 3.0, 5], expect: [[1.0, 1.5, 2.0, 2.5, 3.0]]),
]
