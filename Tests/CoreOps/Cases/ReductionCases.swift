import CoreOps
import Ops
import TestSupport

private let keep: Attrs = ["keep_dims": .bool(true)]
private let matrix: [[Double]] = [[1, -2, 3], [4, 5, -6]]
private let cube: [[[Double]]] = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]

let reductionCases: [OpCase] = [
  OpCase("Sum", [matrix, [1]], expect: [[2.0, 3.0]]),
  OpCase("Sum over the first axis", [matrix, [0]], expect: [[5.0, 3.0, -3.0]]),
  OpCase("Sum over all", [matrix, [0, 1]], expect: [5.0]),
  OpCase("Sum over no axis", [matrix, t(.int32, [Int]())], expect: [matrix]),
  OpCase("Sum keeps dimensions", [matrix, [-1]], keep, expect: [[[2.0], [3.0]]]),
  OpCase("Sum over outer and inner axes", [cube, [0, 2]], expect: [[14.0, 22.0]]),
  OpCase("Sum over the middle axis", [cube, [1]], expect: [[[4.0, 6.0], [12.0, 14.0]]]),
  OpCase("Sum of integers wraps", [t(.int8, [100, 100]), [0]], expect: [-56]),
  OpCase("Sum of nothing", [t(.float32, [[Double](), []]), [1]], expect: [[0.0, 0.0]]),
  OpCase("Sum over an axis twice", [matrix, [0, -2]], error: .invalidArgument),
  OpCase("Sum over an axis that is not there", [matrix, [2]], error: .invalidArgument),
  OpCase("Mean", [matrix, [0]], expect: [[2.5, 1.5, -1.5]]),
  OpCase("Mean over all", [matrix, [0, 1]], expect: [5.0 / 6]),
  OpCase("Mean of integers truncates", [[-7, -2], [0]], expect: [-4]),
  OpCase("Mean of nothing", [t(.float32, [Double]()), [0]], expect: [Double.nan], gradient: false),
  OpCase("Prod", [matrix, [1]], expect: [[-6.0, -120.0]]),
  OpCase("Prod with a zero", [[0.0, 2.0, 3.0], [0]], expect: [0.0]),
  OpCase("Prod over two axes", [cube, [0, 2]], keep, expect: [[[[60.0], [672.0]]]]),
  OpCase("Max", [matrix, [1]], expect: [[3.0, 5.0]]),
  OpCase(
    "Max of nothing", [t(.float32, [Double]()), [0]], expect: [-Double.infinity], gradient: false),
  OpCase("Max keeps a NaN", [[1.0, .nan, 2.0], [0]], expect: [Double.nan], gradient: false),
  OpCase("Min", [matrix, [0]], keep, expect: [[[1.0, -2.0, -6.0]]]),
  OpCase("Min of unsigned integers", [t(.uint8, [200, 100]), [0]], expect: [100]),
  OpCase("EuclideanNorm", [[[3.0, 4.0], [5.0, 12.0]], [1]], expect: [[5.0, 13.0]]),
  OpCase("EuclideanNorm of integers wraps", [t(.int8, [100, 100]), [0]], expect: [5]),
  OpCase("All", [[[true, false], [true, true]], [1]], expect: [[false, true]]),
  OpCase("Any", [[[true, false], [false, false]], [1]], expect: [[true, false]]),
  OpCase("Any of nothing", [t(.bool, [Bool]()), [0]], expect: [false]),
  OpCase("ArgMax", [matrix, 1], expect: [[2, 1]]),
  OpCase(
    "ArgMax along the first axis", [matrix, 0], ["output_type": .type(.int32)],
    expect: [[1, 1, 0]]),
  OpCase("ArgMax to int16", [[1.0, 3.0, 3.0], 0], ["output_type": .type(.int16)], expect: [1]),
  OpCase("ArgMax passes NaNs over", [[.nan, 1.0, 2.0], 0], expect: [2], gradient: false),
  OpCase("ArgMax of nothing", [t(.float32, [[Double]()]), 1], error: .invalidArgument),
  OpCase("ArgMin", [matrix, -1], expect: [[1, 2]]),
  OpCase("ArgMin of booleans", [[true, true, false], 0], expect: [2]),
  OpCase("L2Loss", [[1.0, 2.0, 3.0]], expect: [7.0]),

  OpCase("Cumsum", [matrix, 1], expect: [[[1.0, -1.0, 2.0], [4.0, 9.0, 3.0]]]),
  OpCase(
    "Cumsum exclusive, in reverse", [matrix, 1],
    ["exclusive": .bool(true), "reverse": .bool(true)],
    expect: [[[1.0, 3.0, 0.0], [-1.0, -6.0, 0.0]]]),
  OpCase(
    "Cumsum along the first axis", [matrix, 0], expect: [[[1.0, -2.0, 3.0], [5.0, 3.0, -3.0]]]),
  OpCase("Cumsum along an axis that is not there", [matrix, 2], error: .invalidArgument),
  OpCase("Cumprod", [matrix, -1], expect: [[[1.0, -2.0, -6.0], [4.0, 20.0, -120.0]]]),
  OpCase(
    "Cumprod exclusive", [matrix, -1], ["exclusive": .bool(true)],
    expect: [[[1.0, 1.0, -2.0], [1.0, 4.0, 20.0]]]),
  OpCase("CumulativeLogsumexp", [[1.0, 2.0, 3.0], 0], expect: [[1.0, 2.3132617, 3.4076059]]),
  OpCase(
    "CumulativeLogsumexp exclusive, in reverse", [[1.0, 2.0, 3.0], 0],
    ["exclusive": .bool(true), "reverse": .bool(true)],
    expect: [[3.3132617, 3.0, -Double.infinity]], gradient: false),

  OpCase(
    "TopK", [[[1.0, 4.0, 2.0], [9.0, 7.0, 8.0]]], ["k": .int(2)],
    expect: [[[4.0, 2.0], [9.0, 8.0]], [[1, 2], [0, 2]]]),
  OpCase(
    "TopKV2", [[[1, 3, 3, 0, 2], [5, 4, 3, 2, 1]], 3],
    expect: [[[3, 3, 2], [5, 4, 3]], [[1, 2, 4], [0, 1, 2]]]),
  OpCase("TopKV2 of floats", [[1.0, 4.0, 2.0], 2], expect: [[4.0, 2.0], [1, 2]]),
  OpCase(
    "TopKV2 unsorted", [[4, 1, 3, 2, 6, 5, 0], 4], ["sorted": .bool(false)],
    expect: [[3, 4, 6, 5], [2, 0, 4, 5]]),
  OpCase("TopKV2 of too many", [[1.0], 2], error: .invalidArgument),
  OpCase("NthElement", [[[5.0, 1.0, 3.0], [2.0, 2.5, 9.0]], 1], expect: [[3.0, 2.5]]),
  OpCase("NthElement in reverse", [[5.0, 1.0, 3.0], 0], ["reverse": .bool(true)], expect: [5.0]),
  OpCase("NthElement beyond the last", [[5.0, 1.0, 3.0], 3], error: .invalidArgument),
  OpCase(
    "InTopK", [[[1.0, 2.0, 2.0], [1.0, .infinity, 3.0], [1.0, 2.0, 3.0]], [1, 1, 7]],
    ["k": .int(1)], expect: [[true, false, false]], gradient: false),
  OpCase(
    "InTopKV2", [[[1.0, 2.0, 2.0], [3.0, 2.0, 1.0]], [1, 2], 2], expect: [[true, false]]),
]
