import CoreOps
import TestSupport

private let rows: [[Double]] = [[1, 2], [3, 4], [5, 6]]

let segmentCases: [OpCase] = [
  OpCase("SegmentSum", [rows, [0, 2, 2]], expect: [[[1.0, 2.0], [0.0, 0.0], [8.0, 10.0]]]),
  OpCase("SegmentSum of ids that get smaller", [rows, [0, 2, 1]], error: .invalidArgument),
  OpCase("SegmentSum of a negative id", [rows, [-1, 0, 1]], error: .invalidArgument),
  OpCase("SegmentSum of too few ids", [rows, [0, 1]], error: .invalidArgument),
  OpCase("SegmentMean", [rows, [0, 0, 2]], expect: [[[2.0, 3.0], [0.0, 0.0], [5.0, 6.0]]]),
  OpCase("SegmentMean of integers", [[-7, -2, -2], [0, 0, 1]], expect: [[-4, -2]]),
  OpCase("SegmentProd", [[1.0, 2.0, 3.0], [0, 2, 2]], expect: [[1.0, 1.0, 6.0]]),
  OpCase("SegmentProd with a zero", [[1.0, 0.0, 3.0], [0, 1, 1]], expect: [[1.0, 0.0]]),
  OpCase("SegmentMax", [[1.0, 2.0, 3.0], [0, 2, 2]], expect: [[1.0, 0.0, 3.0]]),
  OpCase("SegmentMin", [[1.0, 2.0, 3.0], [0, 2, 2]], expect: [[1.0, 0.0, 2.0]]),
  OpCase("UnsortedSegmentSum", [rows, [1, -1, 1], 3], expect: [[[0.0, 0.0], [6.0, 8.0], [0.0, 0.0]]]),
  OpCase("UnsortedSegmentSum of half", [t(.half, [1.0, 2.0, 3.0]), [1, 0, 1], 2], expect: [[2.0, 4.0]], gradient: false),
  OpCase("UnsortedSegmentSum by a matrix of ids", [[[1.0, 2.0], [3.0, 4.0]], [[0, 1], [1, 0]], 2], expect: [[5.0, 5.0]]),
  OpCase("UnsortedSegmentSum out of range", [rows, [0, 3, 0], 3], error: .invalidArgument),
  OpCase("UnsortedSegmentProd", [[2.0, 3.0, 4.0], [0, -1, 0], 2], expect: [[8.0, 1.0]]),
  OpCase("UnsortedSegmentMax", [[2.0, 3.0, 4.0], [0, -1, 0], 1], expect: [[4.0]]),
  OpCase("UnsortedSegmentMax of no bytes", [t(.int8, [1, 2, 3]), [0, -1, 0], 2], expect: [[3, -128]]),
  OpCase("UnsortedSegmentMin", [[2.0, 3.0, 4.0], [0, -1, 0], 1], expect: [[2.0]]),
  OpCase("SegmentSumV2", [[1.0, 2.0, 3.0], [0, 2, 2], 4], expect: [[1.0, 0.0, 5.0, 0.0]]),
  OpCase("SegmentProdV2", [[1.0, 2.0, 3.0], [0, 2, 2], 4], expect: [[1.0, 1.0, 6.0, 1.0]]),
  OpCase("SegmentMaxV2", [[1, 2, 3], [0, 1, 1], 2], expect: [[1, 3]]),
  OpCase("SegmentMinV2", [[1, 2, 3], [0, 1, 1], 2], expect: [[1, 2]]),
]
