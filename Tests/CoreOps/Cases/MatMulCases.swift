import CoreOps
import Ops
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
  OpCase(
    "Einsum",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    ["equation": .string("ij,jk->ki")],
    expect: [t(.float32, [[2.5, 2.0], [3.0, -2.0]])]),
  OpCase(
    "Einsum of diagonals",
    [t(.float32, [[[2.0, 1.0], [0.5, 3.0]], [[1.0, 2.0], [0.5, -1.0]]])],
    ["equation": .string("bii->b")],
    expect: [t(.float32, [5.0, 0.0])]),
  OpCase(
    "Einsum with an ellipsis",
    [
      t(.float32, [[[2.0, 1.0], [0.5, 3.0]], [[1.0, 2.0], [0.5, -1.0]]]),
      t(.float32, [[1.0, 2.0], [0.5, -1.0]]),
    ], ["equation": .string("...ij,jk->...ik")],
    expect: [t(.float32, [[[2.5, 3.0], [2.0, -2.0]], [[2.0, 0.0], [0.0, 2.0]]])]),
  OpCase(
    "Einsum that sums",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    ["equation": .string("ij,kl->i")],
    expect: [t(.float32, [7.5, 8.75])]),
  OpCase(
    "Einsum with too few operands", [t(.float32, [[2.0, 1.0], [0.5, 3.0]])],
    ["equation": .string("ij,jk->ik")],
    error: .invalidArgument),
  OpCase(
    "SparseMatMul",
    [t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]])],
    ["a_is_sparse": .bool(true)],
    expect: [t(.float32, [[2.5, 3.0], [2.0, -2.0]])]),
  OpCase(
    "_FusedMatMul",
    [
      t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]]),
      t(.float32, [0.5, -1.0]),
    ], ["num_args": .int(1), "fused_ops": .strings(["BiasAdd", "Relu"])],
    expect: [t(.float32, [[3.0, 2.0], [2.5, 0.0]])], gradient: false),
  OpCase(
    "_FusedMatMul with tanh",
    [
      t(.float32, [[2.0, 1.0], [0.5, 3.0]]), t(.float32, [[1.0, 2.0], [0.5, -1.0]]),
      t(.float32, [0.5, -1.0]),
    ], ["num_args": .int(1), "fused_ops": .strings(["BiasAdd", "Tanh"])],
    expect: [t(.float32, [[0.99505478, 0.96402758], [0.98661429, -0.99505478]])], gradient: false),
]
