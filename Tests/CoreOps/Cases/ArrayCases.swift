import CoreOps
import Ops
import TestSupport

let arrayCases: [OpCase] = [
  OpCase(
    "Transpose", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [1, 0]],
    expect: [[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]]),
  OpCase(
    "Transpose of three dimensions",
    [
      [
        [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0, 10.0, 11.0]],
        [[12.0, 13.0, 14.0, 15.0], [16.0, 17.0, 18.0, 19.0], [20.0, 21.0, 22.0, 23.0]],
      ], [2, 0, 1],
    ],
    expect: [
      [
        [[0.0, 4.0, 8.0], [12.0, 16.0, 20.0]], [[1.0, 5.0, 9.0], [13.0, 17.0, 21.0]],
        [[2.0, 6.0, 10.0], [14.0, 18.0, 22.0]], [[3.0, 7.0, 11.0], [15.0, 19.0, 23.0]],
      ]
    ]),
  OpCase("Transpose of strings", [[["a", "b"]], [1, 0]], expect: [[["a"], ["b"]]]),
  OpCase(
    "Transpose by no permutation", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [0, 0]],
    error: .invalidArgument),
  OpCase(
    "ConjugateTranspose", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [1, 0]],
    expect: [[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]]),
  OpCase(
    "SpaceToDepth",
    [
      [
        [
          [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]],
          [[8.0, 9.0], [10.0, 11.0], [12.0, 13.0], [14.0, 15.0]],
        ]
      ]
    ], ["block_size": .int(2)],
    expect: [
      [
        [
          [
            [0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 11.0],
            [4.0, 5.0, 6.0, 7.0, 12.0, 13.0, 14.0, 15.0],
          ]
        ]
      ]
    ]),
  OpCase(
    "DepthToSpace", [[[[[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]]]], ["block_size": .int(2)],
    expect: [[[[[0.0], [1.0], [4.0], [5.0]], [[2.0], [3.0], [6.0], [7.0]]]]]),
  OpCase(
    "SpaceToBatchND",
    [[[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]], [2, 2], [[0, 0], [1, 0]]],
    expect: [[[[[0.0], [2.0]]], [[[1.0], [3.0]]], [[[0.0], [5.0]]], [[[4.0], [6.0]]]]]),
  OpCase(
    "BatchToSpaceND",
    [
      [[[[1.0], [2.0]]], [[[3.0], [4.0]]], [[[5.0], [6.0]]], [[[7.0], [8.0]]]], [2, 2],
      [[0, 0], [1, 0]],
    ],
    expect: [[[[[3.0], [2.0], [4.0]], [[7.0], [6.0], [8.0]]]]]),
  OpCase(
    "SpaceToBatch", [[[[[1.0], [2.0], [3.0]], [[4.0], [5.0], [6.0]]]], [[0, 0], [1, 0]]],
    ["block_size": .int(2)],
    expect: [[[[[0.0], [2.0]]], [[[1.0], [3.0]]], [[[0.0], [5.0]]], [[[4.0], [6.0]]]]]),
  OpCase(
    "BatchToSpace",
    [
      [[[[1.0], [2.0]]], [[[3.0], [4.0]]], [[[5.0], [6.0]]], [[[7.0], [8.0]]]], [[0, 0], [1, 0]],
    ], ["block_size": .int(2)],
    expect: [[[[[3.0], [2.0], [4.0]], [[7.0], [6.0], [8.0]]]]]),
  OpCase(
    "SpaceToBatchND that does not come out even", [[[[1.0], [1.0], [1.0]]], [2], [[0, 0]]],
    error: .invalidArgument),
  OpCase(
    "Diag", [[0.5, -1.0, 2.0]],
    expect: [[[0.5, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 2.0]]]),
  OpCase(
    "DiagPart", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]],
    expect: [[1.0, 5.0, 9.0]]),
  OpCase(
    "MatrixDiag", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    expect: [
      [
        [[1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 3.0]],
        [[4.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 6.0]],
      ]
    ]),
  OpCase("MatrixDiagPart", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], expect: [[1.0, 5.0]]),
  OpCase(
    "MatrixSetDiag", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], [0.5, -1.0, 2.0]],
    expect: [[[0.5, 2.0, 3.0], [4.0, -1.0, 6.0], [7.0, 8.0, 2.0]]]),
  OpCase(
    "BatchMatrixDiag", [[0.5, -1.0, 2.0]],
    expect: [[[0.5, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 2.0]]], gradient: false),
  OpCase(
    "BatchMatrixDiagPart", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]],
    expect: [[1.0, 5.0, 9.0]], gradient: false),
  OpCase(
    "BatchMatrixSetDiag",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], [0.5, -1.0, 2.0]],
    expect: [[[0.5, 2.0, 3.0], [4.0, -1.0, 6.0], [7.0, 8.0, 2.0]]], gradient: false),
  OpCase(
    "BatchMatrixBandPart",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], t(.int64, 1), t(.int64, 0)],
    expect: [[[1.0, 0.0, 0.0], [4.0, 5.0, 0.0], [0.0, 8.0, 9.0]]], gradient: false),
  OpCase(
    "MatrixBandPart",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], t(.int64, 0), t(.int64, 1)],
    expect: [[[1.0, 2.0, 0.0], [0.0, 5.0, 6.0], [0.0, 0.0, 9.0]]]),
  OpCase(
    "MatrixDiagV2", [[[1.0, 2.0, 0.0], [3.0, 4.0, 5.0]], [-1, 0], 3, 3, 0.0],
    expect: [[[1.0, 0.0, 0.0], [3.0, 2.0, 0.0], [0.0, 4.0, 0.0]]], gradient: false),
  OpCase(
    "MatrixDiagPartV2", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], [-1, 1], 0.0],
    expect: [[[2.0, 6.0, 0.0], [1.0, 5.0, 9.0], [4.0, 8.0, 0.0]]], gradient: false),
  OpCase(
    "MatrixSetDiagV2",
    [
      [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
      [[10.0, 20.0, 0.0], [30.0, 40.0, 50.0]], [0, 1],
    ],
    expect: [[[30.0, 10.0, 3.0], [4.0, 40.0, 20.0], [7.0, 8.0, 50.0]]]),
  OpCase(
    "MatrixDiagV3", [[[1.0, 2.0, 0.0], [3.0, 4.0, 5.0]], [-1, 0], 3, 3, 0.0],
    ["align": .string("LEFT_RIGHT")],
    expect: [[[1.0, 0.0, 0.0], [4.0, 2.0, 0.0], [0.0, 5.0, 0.0]]], gradient: false),
  OpCase(
    "MatrixDiagPartV3", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], [-1, 1], 0.0],
    ["align": .string("LEFT_RIGHT")],
    expect: [[[2.0, 6.0, 0.0], [1.0, 5.0, 9.0], [0.0, 4.0, 8.0]]], gradient: false),
  OpCase(
    "MatrixSetDiagV3",
    [
      [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
      [[10.0, 20.0, 0.0], [30.0, 40.0, 50.0]], [0, 1],
    ], ["align": .string("LEFT_RIGHT")],
    expect: [[[30.0, 10.0, 3.0], [4.0, 40.0, 20.0], [7.0, 8.0, 50.0]]]),
  OpCase(
    "MatrixDiagPartV3 out of range",
    [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], [3], 0.0],
    error: .invalidArgument),
  OpCase("Where", [[[true, false], [true, true]]], expect: [[[0, 0], [1, 0], [1, 1]]]),
  OpCase("Where of numbers", [[0.0, 2.0]], expect: [[[1]]]),
  OpCase("Unique", [[3, 1, 3, 2, 1]], expect: [[3, 1, 2], [0, 1, 0, 2, 1]]),
  OpCase("Unique of strings", [["b", "a", "b"]], expect: [["b", "a"], [0, 1, 0]]),
  OpCase(
    "UniqueV2", [[[1, 2], [3, 4], [1, 2]], t(.int64, [0])],
    expect: [[[1, 2], [3, 4]], [0, 1, 0]]),
  OpCase(
    "UniqueWithCounts", [[3, 1, 3, 2, 1]], expect: [[3, 1, 2], [0, 1, 0, 2, 1], [2, 2, 1]]),
  OpCase(
    "UniqueWithCountsV2", [[[1, 1, 2], [3, 3, 4]], t(.int64, [1])],
    expect: [[[1, 2], [3, 4]], [0, 0, 1], [2, 1]]),
  OpCase("ListDiff", [[1, 2, 3, 4], [2, 4]], expect: [[1, 3], [0, 2]]),
  OpCase("ListDiff of strings", [["a", "b"], ["b"]], expect: [["a"], [0]]),
  OpCase("LowerBound", [[[1.0, 3.0, 3.0, 5.0]], [[3.0, 4.0]]], expect: [[[1, 3]]]),
  OpCase("UpperBound", [[[1.0, 3.0, 3.0, 5.0]], [[3.0, 4.0]]], expect: [[[3, 3]]]),
  OpCase(
    "Bucketize", [[-5.0, 1.0, 150.0]], ["boundaries": .list([.float(0), .float(1), .float(100)])],
    expect: [[0, 2, 3]]),
  OpCase("Cross", [[[1.0, 2.0, 3.0]], [[4.0, -5.0, 6.0]]], expect: [[[27.0, 6.0, -13.0]]]),
  OpCase("UnravelIndex", [[2, 5], [2, 3]], expect: [[[0, 1], [2, 2]]]),
  OpCase("UnravelIndex out of range", [[7], [2, 3]], error: .invalidArgument),
  OpCase("ToBool", [0.0], expect: [false]),
  OpCase("ToBool of a vector", [[0.5, -1.0, 2.0]], expect: [true]),
  OpCase("DataFormatDimMap", [[0, 1, 2, -1]], expect: [[0, 2, 3, 1]]),
  OpCase("DataFormatVecPermute", [[1, 2, 3, 4]], expect: [[1, 4, 2, 3]]),
  OpCase("MatrixDiagV2 of one element", [[2.0], 0, -1, -1, 0.0], expect: [[[2.0]]]),
  OpCase("MatrixDiagV3 of one element", [[2.0], 0, -1, -1, 0.0], expect: [[[2.0]]]),
  OpCase(
    "MatrixDiagPartV2 of one diagonal", [[[1.0, 2.0], [3.0, 4.0]], 1, 0.0], expect: [[2.0]]),
  OpCase(
    "MatrixDiagPartV3 of one diagonal", [[[1.0, 2.0], [3.0, 4.0]], -1, 0.0], expect: [[3.0]]),
]
