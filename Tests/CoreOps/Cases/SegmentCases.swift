import CoreOps
import Ops
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
  OpCase(
    "UnsortedSegmentSum", [rows, [1, -1, 1], 3], expect: [[[0.0, 0.0], [6.0, 8.0], [0.0, 0.0]]]),
  OpCase(
    "UnsortedSegmentSum of half", [t(.half, [1.0, 2.0, 3.0]), [1, 0, 1], 2], expect: [[2.0, 4.0]],
    gradient: false),
  OpCase(
    "UnsortedSegmentSum by a matrix of ids", [[[1.0, 2.0], [3.0, 4.0]], [[0, 1], [1, 0]], 2],
    expect: [[5.0, 5.0]]),
  OpCase("UnsortedSegmentSum out of range", [rows, [0, 3, 0], 3], error: .invalidArgument),
  OpCase("UnsortedSegmentProd", [[2.0, 3.0, 4.0], [0, -1, 0], 2], expect: [[8.0, 1.0]]),
  OpCase("UnsortedSegmentMax", [[2.0, 3.0, 4.0], [0, -1, 0], 1], expect: [[4.0]]),
  OpCase(
    "UnsortedSegmentMax of no bytes", [t(.int8, [1, 2, 3]), [0, -1, 0], 2], expect: [[3, -128]]),
  OpCase("UnsortedSegmentMin", [[2.0, 3.0, 4.0], [0, -1, 0], 1], expect: [[2.0]]),
  OpCase("SegmentSumV2", [[1.0, 2.0, 3.0], [0, 2, 2], 4], expect: [[1.0, 0.0, 5.0, 0.0]]),
  OpCase("SegmentProdV2", [[1.0, 2.0, 3.0], [0, 2, 2], 4], expect: [[1.0, 1.0, 6.0, 1.0]]),
  OpCase("SegmentMaxV2", [[1, 2, 3], [0, 1, 1], 2], expect: [[1, 3]]),
  OpCase("SegmentMinV2", [[1, 2, 3], [0, 1, 1], 2], expect: [[1, 2]]),
]

let countCases: [OpCase] = [
  OpCase("Bincount", [[1, 5, 1], 3, [1.0, 2.0, 3.0]], expect: [[0.0, 4.0, 0.0]]),
  OpCase("Bincount without weights", [[1, 2, 1], 3, t(.int64, [Int]())], expect: [[0, 2, 1]]),
  OpCase("Bincount of a negative value", [[1, -5], 3, [1.0, 2.0]], error: .invalidArgument),
  OpCase("Bincount into a negative size", [[1], -3, [1.0]], error: .invalidArgument),
  OpCase(
    "DenseBincount", [[[1, 5, 1], [0, 0, 2]], 3, [[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]],
    expect: [[[0.0, 4.0, 0.0], [2.0, 0.0, 1.0]]]),
  OpCase(
    "DenseBincount binary", [[[1, 5, 1], [0, 0, 2]], 3, t(.float32, [Double]())],
    ["binary_output": .bool(true)], expect: [[[0.0, 1.0, 0.0], [1.0, 0.0, 1.0]]]),
  OpCase(
    "SparseBincount",
    [t(.int64, [[0, 1], [1, 2], [1, 3]]), [1, 5, 1], t(.int64, [2, 4]), 3, [1.0, 2.0, 3.0]],
    expect: [[[0.0, 1.0, 0.0], [0.0, 3.0, 0.0]]]),
  OpCase(
    "SparseBincount out of bounds",
    [t(.int64, [[0, 1], [2, 2]]), [1, 1], t(.int64, [2, 4]), 3, [1.0, 2.0]], error: .invalidArgument
  ),
  OpCase(
    "RaggedBincount", [t(.int64, [0, 2, 2, 3]), [1, 5, 1], 3, [1.0, 2.0, 3.0]],
    expect: [[[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 3.0, 0.0]]]),
  OpCase(
    "RaggedBincount of short splits", [t(.int64, [0]), [1], 3, [1.0]], error: .invalidArgument),
  OpCase(
    "HistogramFixedWidth", [[-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], [0.0, 5.0], 5],
    expect: [[2, 1, 1, 0, 2]], gradient: false),
  OpCase("HistogramFixedWidth of no range", [[1.0], [5.0, 5.0], 5], error: .invalidArgument),
  OpCase("HistogramFixedWidth of a NaN", [[Double.nan], [0.0, 5.0], 5], error: .invalidArgument),
]

private let picked = [t(.float32, rows), t(.int32, [0, 2, 1]), t(.int32, [0, 0, 3])]
private let counted = picked + [t(.int32, 5)]
private let back = [
  t(.float32, [[1.0, 2.0], [3.0, 4.0]]), t(.int32, [0, 2, 0]), t(.int32, [0, 0, 1]), t(.int32, 4),
]

let sparseSegmentCases: [OpCase] = [
  OpCase(
    "SparseSegmentSum", picked, expect: [[[6.0, 8.0], [0.0, 0.0], [0.0, 0.0], [3.0, 4.0]]]),
  OpCase("SparseSegmentSum of a wrong index", [rows, [0, 3], [0, 0]], error: .invalidArgument),
  OpCase(
    "SparseSegmentSum of ids that get smaller", [rows, [0, 1], [1, 0]], error: .invalidArgument),
  OpCase(
    "SparseSegmentMean", picked, expect: [[[3.0, 4.0], [0.0, 0.0], [0.0, 0.0], [3.0, 4.0]]]),
  OpCase(
    "SparseSegmentSqrtN", picked,
    expect: [[[4.2426405, 5.656854], [0.0, 0.0], [0.0, 0.0], [3.0, 4.0]]]),
  OpCase(
    "SparseSegmentSumWithNumSegments", counted,
    expect: [[[6.0, 8.0], [0.0, 0.0], [0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]]),
  OpCase(
    "SparseSegmentMeanWithNumSegments", counted,
    expect: [[[3.0, 4.0], [0.0, 0.0], [0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]]),
  OpCase(
    "SparseSegmentSqrtNWithNumSegments", counted,
    expect: [[[4.2426405, 5.656854], [0.0, 0.0], [0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]]),
  OpCase(
    "SparseSegmentSumWithNumSegments of too few", picked + [t(.int32, 3)], error: .invalidArgument),
  OpCase(
    "SparseSegmentSumGrad", back, expect: [[[4.0, 6.0], [0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]]),
  OpCase(
    "SparseSegmentMeanGrad", back, expect: [[[3.5, 5.0], [0.0, 0.0], [0.5, 1.0], [0.0, 0.0]]]),
  OpCase(
    "SparseSegmentSqrtNGrad", back,
    expect: [[[3.7071068, 5.4142137], [0.0, 0.0], [0.70710677, 1.4142135], [0.0, 0.0]]]),
  OpCase(
    "SparseSegmentSumGrad of a wrong segment", [[[1.0], [2.0]], [0, 1], [0, 2], 4],
    error: .invalidArgument),
  OpCase("SparseSegmentSumGradV2", back, expect: [[[4.0, 6.0], [1.0, 2.0]], [0, 2]]),
  OpCase("SparseSegmentMeanGradV2", back, expect: [[[3.5, 5.0], [0.5, 1.0]], [0, 2]]),
  OpCase(
    "SparseSegmentSqrtNGradV2", back,
    expect: [[[3.7071068, 5.4142137], [0.70710677, 1.4142135]], [0, 2]]),
]
