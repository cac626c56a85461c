import CoreOps
import Ops
import TestSupport

let sliceCases: [OpCase] = [
  OpCase(
    "Pack", [[0.5, -1.0, 2.0], [1.0, -2.0, 4.0]],
    expect: [[[0.5, -1.0, 2.0], [1.0, -2.0, 4.0]]]),
  OpCase(
    "Pack at the end", [[0.5, -1.0, 2.0], [1.0, -2.0, 4.0]], ["axis": .int(-1)],
    expect: [[[0.5, 1.0], [-1.0, -2.0], [2.0, 4.0]]]),
  OpCase("Pack of strings", [["a"], ["b"]], expect: [[["a"], ["b"]]]),
  OpCase("Pack of shapes that differ", [[0.5, -1.0, 2.0], [0.5, -1.0]], error: .invalidArgument),
  OpCase(
    "Unpack", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], ["num": .int(2)],
    expect: [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
  OpCase(
    "Unpack along columns", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    ["num": .int(3), "axis": .int(1)],
    expect: [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]),
  OpCase(
    "ConcatV2", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0]], 0],
    expect: [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [1.0, 2.0, 3.0]]]),
  OpCase(
    "ConcatV2 of columns", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0], [4.0]], -1],
    expect: [[[1.0, 2.0, 3.0, 1.0], [4.0, 5.0, 6.0, 4.0]]]),
  OpCase("ConcatV2 of strings", [["a"], ["b", "c"], 0], expect: [["a", "b", "c"]]),
  OpCase(
    "ConcatV2 of shapes that differ",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0]], 1],
    error: .invalidArgument),
  OpCase(
    "Concat", [1, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, 2.0], [4.0, 5.0]]],
    expect: [[[1.0, 2.0, 3.0, 1.0, 2.0], [4.0, 5.0, 6.0, 4.0, 5.0]]]),
  OpCase("ConcatOffset", [1, [2, 3], [2, 5], [2, 1]], expect: [[0, 0], [0, 3], [0, 8]]),
  OpCase(
    "ParallelConcat", [[[1.0, 2.0]], [[3.0, 4.0]]], ["shape": .shape([2, 2])],
    expect: [[[1.0, 2.0], [3.0, 4.0]]]),
  OpCase(
    "Split", [1, [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]], ["num_split": .int(2)],
    expect: [[[0.0, 1.0], [4.0, 5.0]], [[2.0, 3.0], [6.0, 7.0]]]),
  OpCase(
    "Split that does not come out even", [1, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    ["num_split": .int(2)],
    error: .invalidArgument),
  OpCase(
    "SplitV", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], t(.int64, [1, -1]), 1], ["num_split": .int(2)],
    expect: [[[1.0], [4.0]], [[2.0, 3.0], [5.0, 6.0]]]),
  OpCase(
    "SplitV that leaves some", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], t(.int64, [1, 1]), 1],
    ["num_split": .int(2)],
    error: .invalidArgument),
  OpCase(
    "Slice", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, 1], [-1, 2]],
    expect: [[[2.0, 3.0], [5.0, 6.0]]]),
  OpCase(
    "Slice of strings", [[["a", "b"], ["c", "d"]], [1, 0], [1, 2]], expect: [[["c", "d"]]]),
  OpCase(
    "Slice out of range", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, 1], [2, 3]],
    error: .invalidArgument),
  OpCase(
    "StridedSlice", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, 2], [2, 0], [1, -1]],
    expect: [[[3.0, 2.0], [6.0, 5.0]]]),
  OpCase(
    "StridedSlice with masks",
    [
      [
        [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]],
        [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]],
      ], [0, 1, 0, 1], [0, 0, 0, 3], [1, 1, 1, 1],
    ], ["ellipsis_mask": .int(1), "new_axis_mask": .int(4), "shrink_axis_mask": .int(2)],
    expect: [[[[5.0, 6.0]], [[17.0, 18.0]]]]),
  OpCase("StridedSlice of strings", [["a", "b", "c"], [-1], [-4], [-2]], expect: [["c", "a"]]),
  OpCase(
    "StridedSlice out of range", [[0.5, -1.0, 2.0], [5], [6], [1]], ["shrink_axis_mask": .int(1)],
    error: .invalidArgument),
  OpCase(
    "StridedSlice without a step", [[0.5, -1.0, 2.0], [0], [2], [0]], error: .invalidArgument),
  OpCase(
    "StridedSliceGrad", [[2, 3], [0, 0], [2, 3], [1, 2], [[1.0, 2.0], [3.0, 4.0]]],
    expect: [[[1.0, 0.0, 2.0], [3.0, 0.0, 4.0]]]),
  OpCase(
    "TensorStridedSliceUpdate",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, 0], [2, 3], [1, 2], [[9.0], [8.0]]],
    expect: [[[9.0, 2.0, 9.0], [8.0, 5.0, 8.0]]]),
  OpCase(
    "Pad", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1, 0], [0, 2]]],
    expect: [[[0.0, 0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 0.0, 0.0], [4.0, 5.0, 6.0, 0.0, 0.0]]]),
  OpCase("Pad of strings", [["a"], [[1, 1]]], expect: [["", "a", ""]]),
  OpCase("Pad by less than nothing", [[0.5, -1.0, 2.0], [[-1, 0]]], error: .invalidArgument),
  OpCase(
    "PadV2", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1, 0], [0, 2]], 7.0],
    expect: [[[7.0, 7.0, 7.0, 7.0, 7.0], [1.0, 2.0, 3.0, 7.0, 7.0], [4.0, 5.0, 6.0, 7.0, 7.0]]]),
  OpCase(
    "MirrorPad", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1, 1], [2, 1]]],
    ["mode": .string("REFLECT")],
    expect: [
      [
        [6.0, 5.0, 4.0, 5.0, 6.0, 5.0], [3.0, 2.0, 1.0, 2.0, 3.0, 2.0],
        [6.0, 5.0, 4.0, 5.0, 6.0, 5.0], [3.0, 2.0, 1.0, 2.0, 3.0, 2.0],
      ]
    ]),
  OpCase(
    "MirrorPad with its edge", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1, 2], [3, 1]]],
    ["mode": .string("SYMMETRIC")],
    expect: [
      [
        [3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0], [3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0],
        [6.0, 5.0, 4.0, 4.0, 5.0, 6.0, 6.0], [6.0, 5.0, 4.0, 4.0, 5.0, 6.0, 6.0],
        [3.0, 2.0, 1.0, 1.0, 2.0, 3.0, 3.0],
      ]
    ]),
  OpCase(
    "MirrorPad by too much", [[0.5, -1.0, 2.0], [[3, 0]]], ["mode": .string("REFLECT")],
    error: .invalidArgument),
  OpCase(
    "MirrorPadGrad",
    [[[1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0]], [[0, 0], [1, 1]]],
    ["mode": .string("REFLECT")],
    expect: [[[2.0, 9.0, 4.0], [7.0, 24.0, 9.0]]]),
  OpCase(
    "Tile", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [2, 1]],
    expect: [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]),
  OpCase(
    "Tile of single columns", [[[1.0], [2.0]], [1, 3]],
    expect: [[[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]]),
  OpCase("Tile of strings", [["a", "b"], [2]], expect: [["a", "b", "a", "b"]]),
  OpCase("Tile less than never", [[0.5, -1.0, 2.0], [-1]], error: .invalidArgument),
  OpCase(
    "Reverse", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [false, true]],
    expect: [[[3.0, 2.0, 1.0], [6.0, 5.0, 4.0]]]),
  OpCase(
    "ReverseV2", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, -1]],
    expect: [[[6.0, 5.0, 4.0], [3.0, 2.0, 1.0]]]),
  OpCase("ReverseV2 twice", [[0.5, -1.0, 2.0], [0, 0]], error: .invalidArgument),
  OpCase(
    "ReverseSequence", [[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]], t(.int64, [2, 3])],
    ["seq_dim": .int(1)],
    expect: [[[1.0, 0.0, 2.0, 3.0], [6.0, 5.0, 4.0, 7.0]]]),
  OpCase(
    "ReverseSequence longer than the input",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], t(.int64, [2, 4])], ["seq_dim": .int(1)],
    error: .invalidArgument),
  OpCase(
    "Roll", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [1, -1], [0, 1]],
    expect: [[[5.0, 6.0, 4.0], [2.0, 3.0, 1.0]]]),
  OpCase("Roll of strings", [["a", "b", "c"], 1, 0], expect: [["c", "a", "b"]]),
]
