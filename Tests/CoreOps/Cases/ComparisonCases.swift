import CoreOps
import Ops
import TestSupport

let comparisonCases: [OpCase] = [
  OpCase("Equal", [[1.0, 2.0], [1.0, 3.0]], expect: [[true, false]], gradient: false),
  OpCase("Equal of strings", [["a", "b"], "b"], expect: [[false, true]]),
  OpCase(
    "Equal of shapes that differ", [[1, 2], [1, 2, 3]], ["incompatible_shape_error": .bool(false)],
    expect: [false]),
  OpCase("Equal refuses shapes that differ", [[1, 2], [1, 2, 3]], error: .invalidArgument),
  OpCase("NotEqual", [[1, 2], [1, 3]], expect: [[false, true]]),
  OpCase(
    "NotEqual of shapes that differ", [[1, 2], [1, 2, 3]],
    ["incompatible_shape_error": .bool(false)], expect: [true]),
  OpCase("Less", [[1, 2, 3], 2], expect: [[true, false, false]]),
  OpCase("LessEqual", [[1, 2, 3], 2], expect: [[true, true, false]]),
  OpCase("Greater", [[1, 2, 3], 2], expect: [[false, false, true]]),
  OpCase("GreaterEqual", [[1, 2, 3], 2], expect: [[false, true, true]]),
  OpCase(
    "ApproximateEqual", [[1.0, 1.0], [1.0, 1.1]], ["tolerance": .float(0.01)],
    expect: [[true, false]], gradient: false),
  OpCase("LogicalAnd", [[true, false], true], expect: [[true, false]]),
  OpCase("LogicalOr", [[true, false], false], expect: [[true, false]]),
  OpCase(
    "Cast", [[1.7, -1.7]], ["DstT": .type(.int32)], expect: [t(.int32, [1, -1])], gradient: false),
  OpCase(
    "Cast to half", [[1.5]], ["DstT": .type(.half)], expect: [t(.half, [1.5])], gradient: false),
  OpCase("Cast to double", [[1.5]], ["DstT": .type(.float64)], expect: [t(.float64, [1.5])]),
  OpCase(
    "Cast to quantised", [[1.5]], ["DstT": .type(.qint8)], expect: [t(.qint8, [1])], gradient: false
  ),
  OpCase("Cast to bool", [[0, 2]], ["DstT": .type(.bool)], expect: [[false, true]]),
  OpCase(
    "Cast truncating", [[1.0078125]], ["DstT": .type(.bfloat16), "Truncate": .bool(true)],
    expect: [t(.bfloat16, [1.0078125])], gradient: false),
  OpCase(
    "Cast from a string", [["a"]], ["DstT": .type(.int32)], error: .unimplemented),
  OpCase(
    "Bitcast", [[1.0]], ["type": .type(.int32)], expect: [t(.int32, [0x3f80_0000])], gradient: false
  ),
  OpCase(
    "Bitcast to narrower", [[1, 2]], ["type": .type(.int16)],
    expect: [t(.int16, [[1, 0], [2, 0]])]),
  OpCase(
    "Bitcast that does not fit", [[1, 2, 3]], ["type": .type(.int64)], error: .invalidArgument),
  OpCase("Select", [[true, false], [1.0, 2.0], [3.0, 4.0]], expect: [[1.0, 4.0]]),
  OpCase(
    "Select by rows", [[true, false], [[1, 2], [3, 4]], [[5, 6], [7, 8]]],
    expect: [[[1, 2], [7, 8]]]),
  OpCase("Select of strings", [[true, false], ["a", "b"], ["c", "d"]], expect: [["a", "d"]]),
  OpCase(
    "Select refuses shapes that differ", [true, [1, 2, 3], [1, 2]], error: .invalidArgument),
  OpCase(
    "SelectV2", [[[true], [false]], [1.0, 2.0], 0.0], expect: [[[1.0, 2.0], [0.0, 0.0]]]),
  OpCase("SelectV2 refuses", [[true, false], [1, 2, 3], [1, 2, 3]], error: .invalidArgument),
  OpCase("ClipByValue", [[-1.0, 0.5, 9.0], 0.0, 2.0], expect: [[0.0, 0.5, 2.0]]),
  OpCase("ClipByValue refuses", [[1.0, 2.0, 3.0], [1.0, 2.0], 2.0], error: .invalidArgument),
  OpCase("AddN", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], expect: [[9.0, 12.0]]),
  OpCase("AddN refuses shapes that differ", [[1.0, 2.0], [3.0]], error: .invalidArgument),
  OpCase(
    "AccumulateNV2", [[1.0, 2.0], [3.0, 4.0]], ["shape": .shape([2])], expect: [[4.0, 6.0]]),
]
