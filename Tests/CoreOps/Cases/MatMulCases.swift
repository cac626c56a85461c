import CoreOps
import TestSupport

let matMulCases: [OpCase] = [
  OpCase("MatMul", [[[1.0, 2.0], [3.0, 4.0]], [[5.0], [6.0]]], expect: [[[17.0], [39.0]]]),
  OpCase(
    "MatMul of transposed", [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],
    ["transpose_a": .bool(true), "transpose_b": .bool(true)],
    expect: [[[23.0, 31.0], [34.0, 46.0]]]),
  OpCase(
    "MatMul of integers wraps", [t(.int32, [[1 << 30]]), t(.int32, [[4]])], expect: [[[0]]]),
  OpCase("MatMul of sizes that differ", [[[1.0, 2.0]], [[1.0, 2.0]]], error: .invalidArgument),
  OpCase(
    "BatchMatMul", [[[[1.0, 2.0]], [[3.0, 4.0]]], [[[1.0], [1.0]], [[2.0], [1.0]]]],
    expect: [[[[3.0]], [[10.0]]]]),
  OpCase(
    "BatchMatMulV2 broadcasts", [[[[1.0, 2.0]], [[3.0, 4.0]]], [[1.0], [1.0]]],
    expect: [[[[3.0]], [[7.0]]]]),
  OpCase(
    "BatchMatMulV2 of stacks that do not broadcast",
    [[[[1.0]], [[3.0]]], [[[1.0]], [[1.0]], [[1.0]]]], error: .invalidArgument),
  OpCase(
    "BatchMatMulV3 mixes dtypes", [t(.int8, [[100, 2]]), t(.uint8, [[200], [1]])],
    ["Tout": .type(.int32)], expect: [[[20002]]]),
]
