import CoreOps
import Ops
import TestSupport

private func long(_ values: [[Int]]) -> Tensor { t(.int64, values) }
private func long(_ values: [Int]) -> Tensor { t(.int64, values) }

/// [[0, 1, 0], [2, 0, 0]] and [[0, 3, 0], [0, 0, 4]].
private let a: [Tensor] = [long([[0, 1], [1, 0]]), t(.float32, [1.0, 2.0]), long([2, 3])]
private let b: [Tensor] = [long([[0, 1], [1, 2]]), t(.float32, [3.0, 4.0]), long([2, 3])]

let sparseCases: [OpCase] = [
  OpCase(
    "SparseToDense", [[[0, 1], [1, 0]], [2, 3], [1.0, 2.0], 9.0],
    expect: [[[9.0, 1.0, 9.0], [2.0, 9.0, 9.0]]]),
  OpCase(
    """
    SparseToDense by a vector of indices
    """, [[1, 3], [4], 5.0, 0.5], expect: [[0.5, 5.0, 0.5, 5.0]]),
  OpCase("SparseToDense of strings", [[1], [2], ["a"], "-"], expect: [["-", "a"]]),
  OpCase("SparseToDense out of range", [[1, 4], [4], 5.0, 0.0], error: .invalidArgument),
  OpCase("SparseToDense out of order", [[2, 1], [4], [5.0, 6.0], 0.0], error: .invalidArgument),
  OpCase(
    "SparseToDense out of order, unchecked", [[2, 1], [3], [5.0, 6.0], 0.0],
    ["validate_indices": .bool(false)],
    expect: [[0.0, 6.0, 5.0]]),
  OpCase(
    "SparseReorder", [long([[1, 0], [0, 1]]), [1.0, 2.0], long([2, 3])],
    expect: [[[0, 1], [1, 0]], [2.0, 1.0]]),
  OpCase(
    "SparseReorder of too few values", [long([[1, 0], [0, 1]]), [1.0], long([2, 3])],
    error: .invalidArgument),
  OpCase(
    "SparseReshape", [long([[0, 1], [1, 2]]), long([2, 3]), long([3, -1])],
    expect: [[[0, 1], [2, 1]], [3, 2]]),
  OpCase(
    "SparseReshape to another size", [long([[0, 1]]), long([2, 3]), long([4])],
    error: .invalidArgument),
  OpCase(
    "SparseSlice", a + [long([0, 1]), long([2, 5])], expect: [[[0, 0]], [1.0], [2, 2]]),
  OpCase(
    "SparseSlice of a negative size", a + [long([0, 1]), long([2, -5])], error: .invalidArgument),
  OpCase(
    "SparseSliceGrad", [[7.0], long([[0, 1], [1, 0]]), long([1, 0]), long([[0, 0]])],
    expect: [[0.0, 7.0]]),
  OpCase(
    "SparseSliceGrad of values that have no place",
    [[7.0], long([[0, 1]]), long([1, 0]), long([[0, 0]])],
    error: .internal),
  OpCase(
    "SparseConcat", [a[0], b[0], a[1], b[1], a[2], b[2]], ["concat_dim": .int(-1), "N": .int(2)],
    expect: [[[0, 1], [0, 4], [1, 0], [1, 5]], [1.0, 3.0, 2.0, 4.0], [2, 6]]),
  OpCase(
    "SparseConcat of other shapes", [a[0], b[0], a[1], b[1], a[2], long([3, 3])],
    ["concat_dim": .int(1), "N": .int(2)], error: .invalidArgument),
  OpCase(
    "SparseSplit", [t(.int64, 1)] + a, ["num_split": .int(2)],
    expect: [
      [[0, 1], [1, 0]], t(.int64, [Int]()).reshaped2, [1.0, 2.0], [Double](), [2, 2], [2, 1],
    ]),
  OpCase(
    "SparseSplit in too many", [t(.int64, 1)] + a, ["num_split": .int(4)], error: .invalidArgument),
  OpCase(
    "SparseFillEmptyRows", [long([[2, 1], [0, 1]]), [1.0, 2.0], long([3, 2]), 9.0],
    expect: [[[0, 1], [1, 0], [2, 1]], [2.0, 9.0, 1.0], [false, true, false], [2, 0]]),
  OpCase(
    "SparseFillEmptyRows out of range", [long([[3, 1]]), [1.0], long([3, 2]), 9.0],
    error: .invalidArgument),
  OpCase(
    "SparseFillEmptyRowsGrad", [long([2, 0]), [1.0, 2.0, 4.0]], expect: [[4.0, 1.0], 2.0]),
  OpCase(
    "SparseFillEmptyRowsGrad out of range", [long([3]), [1.0, 2.0, 4.0]], error: .invalidArgument),
  OpCase(
    "RaggedFillEmptyRows", [long([3, 1]), [1.0, 2.0], t(.int64, 4), 9.0],
    expect: [[0, 1, 2, 3], [9.0, 2.0, 9.0, 1.0], [true, false, true, false], [3, 1]]),
  OpCase("RaggedFillEmptyRowsGrad", [long([1]), [1.0, 2.0, 4.0]], expect: [[2.0], 5.0]),
  OpCase(
    "SparseTensorDenseMatMul", a + [t(.float32, [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])],
    expect: [[[3.0, 4.0], [2.0, 4.0]]]),
  OpCase(
    "SparseTensorDenseMatMul of adjoints", a + [t(.float32, [[1.0, 3.0], [2.0, 4.0]])],
    ["adjoint_a": .bool(true), "adjoint_b": .bool(true)],
    expect: [[[6.0, 8.0], [1.0, 2.0], [0.0, 0.0]]]),
  OpCase(
    "SparseTensorDenseMatMul of half",
    [a[0], t(.half, [1.0, 2.0]), a[2], t(.half, [[1.0], [2.0], [3.0]])],
    expect: [[[2.0], [2.0]]], gradient: false),
  OpCase(
    "SparseTensorDenseMatMul of shapes that do not fit", a + [t(.float32, [[1.0, 2.0]])],
    error: .invalidArgument),
  OpCase(
    "SparseTensorDenseMatMul out of range",
    [long([[0, 3]]), [1.0], long([2, 3]), [[1.0], [2.0], [3.0]]],
    error: .invalidArgument),
  OpCase(
    "SparseTensorDenseAdd", a + [t(.float32, [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]])],
    expect: [[[1.0, 2.0, 1.0], [3.0, 1.0, 1.0]]]),
  OpCase(
    "SparseTensorDenseAdd of another shape", a + [t(.float32, [[1.0, 1.0, 1.0]])],
    error: .invalidArgument),
  OpCase("SparseDenseCwiseAdd", a + [t(.float32, [10.0, 20.0, 30.0])], expect: [[21.0, 12.0]]),
  OpCase("SparseDenseCwiseMul", a + [t(.float32, [[10.0], [20.0]])], expect: [[10.0, 40.0]]),
  OpCase(
    "SparseDenseCwiseMul of an operand that does not broadcast", a + [t(.float32, [10.0, 20.0])],
    error: .invalidArgument),
  OpCase(
    "SparseDenseCwiseDiv", a + [t(.float32, [[2.0, 4.0, 5.0], [8.0, 1.0, 1.0]])],
    expect: [[0.25, 0.25]]),
  OpCase(
    "SparseDenseCwiseDiv by zero", a + [t(.float32, [2.0, 0.0, 5.0])], error: .invalidArgument),
  OpCase(
    "SparseAdd", a + b + [t(.float32, 0.0)],
    expect: [[[0, 1], [1, 0], [1, 2]], [4.0, 2.0, 4.0], [2, 3]]),
  OpCase(
    "SparseAdd with a threshold", a + b + [t(.float32, 5.0)],
    expect: [[[1, 0], [1, 2]], [2.0, 4.0], [2, 3]]),
  OpCase(
    "SparseAdd of other shapes", a + [b[0], b[1], long([2, 4]), t(.float32, 0.0)],
    error: .invalidArgument),
  OpCase(
    "SparseAddGrad", [[1.0, 2.0, 4.0], a[0], b[0], long([[0, 1], [1, 0], [1, 2]])],
    expect: [[1.0, 2.0], [1.0, 4.0]]),
  OpCase("SparseSparseMaximum", a + b, expect: [[[0, 1], [1, 0], [1, 2]], [3.0, 2.0, 4.0]]),
  OpCase("SparseSparseMinimum", a + b, expect: [[[0, 1], [1, 0], [1, 2]], [1.0, 0.0, 0.0]]),
  OpCase(
    "SparseSparseMinimum out of range", [long([[0, 9]]), t(.float32, [1.0]), a[2]] + b,
    error: .invalidArgument),
  OpCase("SparseReduceSum", a + [t(.int32, [0])], expect: [[2.0, 1.0, 0.0]]),
  OpCase(
    "SparseReduceSum keeping dimensions", a + [t(.int32, -1)], ["keep_dims": .bool(true)],
    expect: [[[1.0], [2.0]]]),
  OpCase(
    "SparseReduceSum along an axis that is not there", a + [t(.int32, [2])], error: .invalidArgument
  ),
  OpCase("SparseReduceSumSparse", a + [t(.int32, [0])], expect: [[[0], [1]], [2.0, 1.0], [3]]),
  OpCase("SparseReduceMax", [a[0], [-1.0, -2.0], a[2], [0]], expect: [[-2.0, -1.0, 0.0]]),
  OpCase(
    "SparseReduceMaxSparse", a + [t(.int32, [0, 1])], ["keep_dims": .bool(true)],
    expect: [[[0, 0]], [2.0], [1, 1]]),
  OpCase(
    "SparseSoftmax", [long([[0, 0], [0, 2], [1, 1]]), [0.0, 1.0986123, 5.0], long([2, 3])],
    expect: [[0.25, 0.75, 1.0]]),
  OpCase("SparseSoftmax of a vector", [long([[0]]), [1.0], long([3])], error: .invalidArgument),
  OpCase(
    "DenseToDenseSetOperation", [[[3, 1], [2, 2]], [[1, 5], [2, 4]]],
    ["set_operation": .string("union")],
    expect: [[[0, 0], [0, 1], [0, 2], [1, 0], [1, 1]], [1, 3, 5, 2, 4], [2, 3]]),
  OpCase(
    "DenseToDenseSetOperation of strings", [[["b", "a"]], [["c", "a"]]],
    ["set_operation": .string("A-B")],
    expect: [[[0, 0]], ["b"], [1, 1]]),
  OpCase(
    "DenseToDenseSetOperation of an unknown name", [[[1]], [[1]]],
    ["set_operation": .string("sum")],
    error: .invalidArgument),
  OpCase(
    "DenseToDenseSetOperation of other shapes", [[[1]], [[1], [2]]],
    ["set_operation": .string("union")],
    error: .invalidArgument),
  OpCase(
    "DenseToSparseSetOperation",
    [[[3, 1], [2, 2]], long([[0, 0], [1, 1]]), [1, 5], long([2, 2])],
    ["set_operation": .string("intersection")], expect: [[[0, 0]], [1], [2, 1]]),
  OpCase(
    "SparseToSparseSetOperation",
    [
      long([[0, 0], [0, 1]]), [1, 5], long([2, 2]), long([[0, 0], [1, 1]]), [1, 7], long([2, 2]),
    ],
    ["set_operation": .string("b-a")], expect: [[[1, 0]], [7], [2, 1]]),
  OpCase(
    "SetSize", [long([[0, 0], [0, 1], [1, 0]]), [1, 1, 2], long([3, 2])], expect: [[1, 1, 0]]),
  OpCase(
    """
    SetSize out of order
    """, [long([[0, 1], [0, 0]]), [1, 1], long([3, 2])], error: .invalidArgument),
  OpCase(
    "DenseCountSparseOutput", [[[1, 1, 5], [2, 0, 2]], [Double]()], ["binary_output": .bool(false)],
    expect: [[[0, 1], [0, 5], [1, 0], [1, 2]], [2.0, 1.0, 1.0, 2.0], [2, 6]]),
  OpCase(
    "DenseCountSparseOutput with weights", [[1, 1, 5], [1.0, 2.0, 3.0]],
    ["binary_output": .bool(false), "maxlength": .int(3)], expect: [[[1]], [3.0], [3]]),
  OpCase(
    "DenseCountSparseOutput of a negative value", [[-1], [Double]()],
    ["binary_output": .bool(false)],
    error: .invalidArgument),
  OpCase(
    "SparseCountSparseOutput",
    [long([[0, 1], [2, 0]]), [1, 3], long([3, 2]), t(.int64, [Int]())],
    ["binary_output": .bool(true), "minlength": .int(6)],
    expect: [[[0, 1], [2, 3]], [1, 1], [3, 6]]),
  OpCase(
    "RaggedCountSparseOutput", [long([0, 2, 2, 3]), [1, 1, 5], [Double]()],
    ["binary_output": .bool(false)],
    expect: [[[0, 1], [2, 5]], [2.0, 1.0], [3, 6]]),
  OpCase(
    "RaggedCountSparseOutput of too few splits", [long([0]), [1], [Double]()],
    ["binary_output": .bool(false)],
    error: .invalidArgument),
  OpCase(
    "BoostedTreesBucketize", [[0.0, 1.0, 2.0, 9.0], [1.0, 2.5]], ["num_features": .int(1)],
    expect: [[0, 0, 1, 1]]),
]

extension Tensor {
  /// No elements as a matrix of two columns.
  fileprivate var reshaped2: Tensor {
    (try? Tensor([Int64](), shape: [0, 2])) ?? self
  }
}

let raggedCases: [OpCase] = [
  OpCase("RaggedRange", [[0, 5], [3, 2], [1, -1]], expect: [[0, 3, 6], [0, 1, 2, 5, 4, 3]]),
  OpCase("RaggedRange of scalars", [0.0, 1.0, 0.25], expect: [[0, 4], [0.0, 0.25, 0.5, 0.75]]),
  OpCase("RaggedRange by no step", [[0], [3], [0]], error: .invalidArgument),
  OpCase("RaggedRange of other lengths", [[0, 1], [3], [1]], error: .invalidArgument),
  OpCase(
    "RaggedGather", [long([0, 1, 4]), [1.0, 2.0, 3.0, 4.0], [1, 0, 1]],
    ["PARAMS_RAGGED_RANK": .int(1), "OUTPUT_RAGGED_RANK": .int(1)],
    expect: [[0, 3, 4, 7], [2.0, 3.0, 4.0, 1.0, 2.0, 3.0, 4.0]]),
  OpCase(
    "RaggedGather of a row", [long([0, 1, 4]), [1.0, 2.0, 3.0, 4.0], 1],
    ["PARAMS_RAGGED_RANK": .int(1), "OUTPUT_RAGGED_RANK": .int(0)], expect: [[2.0, 3.0, 4.0]]),
  OpCase(
    "RaggedGather out of range", [long([0, 1, 4]), [1.0, 2.0, 3.0, 4.0], [2]],
    ["PARAMS_RAGGED_RANK": .int(1), "OUTPUT_RAGGED_RANK": .int(1)], error: .invalidArgument),
  OpCase(
    "RaggedGather past the values", [long([0, 9]), [1.0], [0]],
    ["PARAMS_RAGGED_RANK": .int(1), "OUTPUT_RAGGED_RANK": .int(1)], error: .invalidArgument),
  OpCase(
    "RaggedTensorToSparse", [long([0, 1, 3]), long([0, 1, 1, 2]), [[1.0, 2.0], [3.0, 4.0]]],
    ["RAGGED_RANK": .int(2)],
    expect: [
      [[0, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0], [1, 1, 0, 1]], [1.0, 2.0, 3.0, 4.0], [2, 2, 1, 2],
    ]),
  OpCase(
    "RaggedTensorToSparse of splits that get smaller",
    [long([0, 3, 2, 4]), [1.0, 2.0, 3.0, 4.0]],
    ["RAGGED_RANK": .int(1)], error: .invalidArgument),
  OpCase(
    "RaggedTensorToTensor", [long([-1, -1]), [1.0, 2.0, 3.0, 4.0], 9.0, long([0, 1, 4])],
    ["row_partition_types": .strings(["ROW_SPLITS"])],
    expect: [[[1.0, 9.0, 9.0], [2.0, 3.0, 4.0]]]),
  OpCase(
    "RaggedTensorToTensor cut",
    [long([1, 2, 2]), [[1.0, 2.0], [3.0, 4.0]], [7.0, 8.0], long([0, 1, 2])],
    ["row_partition_types": .strings(["ROW_SPLITS"])], expect: [[[[1.0, 2.0], [7.0, 8.0]]]]),
  OpCase(
    "RaggedTensorToTensor by rows' numbers",
    [t(.int64, -1), [1.0, 2.0, 3.0, 4.0], 0.0, t(.int64, 3), long([0, 0, 2, 2])],
    ["row_partition_types": .strings(["FIRST_DIM_SIZE", "VALUE_ROWIDS"])],
    expect: [[[1.0, 2.0], [0.0, 0.0], [3.0, 4.0]]]),
  OpCase(
    "RaggedTensorToTensor past the values", [long([-1, -1]), [1.0], 0.0, long([0, 1, 6])],
    ["row_partition_types": .strings(["ROW_SPLITS"])], error: .invalidArgument),
  OpCase(
    "RaggedTensorToTensor by lengths", [long([-1, -1]), [1.0], 0.0, long([1])],
    ["row_partition_types": .strings(["ROW_LENGTHS"])], error: .invalidArgument),
]

private enum Names: SharedAPI {}

let sparseFunctionCases: [OpCase] = [
  OpCase(
    "SparseToDense of what is made dense, and back", [[[0.0, 1.5], [2.5, 0.0]]],
    expect: [[[0.0, 1.5], [2.5, 0.0]]]
  ) {
    [try Names.sparse.toDense(Names.sparse.fromDense($0[0]))]
  },
  OpCase("SparseReduceSum over all axes", [[[0.0, 1.5], [2.5, 0.0]]], expect: [4.0]) {
    [try Names.sparse.reduceSum(Names.sparse.fromDense($0[0]))]
  },
  OpCase(
    "SparseAdd of both with a dense sum", [[[0.0, 1.5], [2.5, 0.0]]],
    expect: [[[0.0, 3.0], [5.0, 0.0]], [[0.0, 3.0], [5.0, 0.0]]]
  ) {
    let x = try Names.sparse.fromDense($0[0])
    return [try Names.sparse.toDense(Names.sparse.add(x, x)), try Names.sparse.add(x, $0[0])]
  },
  OpCase(
    "DenseToDenseSetOperation by name", [[[1, 2]], [[2, 3]]], expect: [[1, 2, 3], [2], [1]]
  ) {
    [
      try Names.sets.union($0[0], $0[1]).values, try Names.sets.intersection($0[0], $0[1]).values,
      try Names.sets.difference($0[0], $0[1]).values,
    ]
  },
]

let matchingCases: [OpCase] = [
  OpCase(
    "EditDistance",
    [
      long([[0, 0], [0, 1], [1, 0]]), [1, 2, 3], long([2, 2]), long([[0, 0], [1, 0], [1, 1]]),
      [1, 3, 4], long([2, 2]),
    ],
    expect: [[1.0, 0.5]]),
  OpCase(
    "EditDistance to nothing",
    [
      long([[0, 0], [0, 1]]), ["a", "b"], long([1, 2]), t(.int64, [Int]()).reshaped2, [String](),
      long([2, 2]),
    ],
    ["normalize": .bool(false)], expect: [[2.0, 0.0]]),
  OpCase(
    "EditDistance of vectors", [long([[0]]), [1], long([1]), long([[0]]), [1], long([1])],
    error: .invalidArgument),
  OpCase(
    "NearestNeighbors",
    [[[0.0, 0.0], [3.0, 4.0]], [[0.0, 1.0], [3.0, 3.0], [9.0, 9.0]], t(.int64, 2)],
    expect: [[[0, 1], [1, 0]], [[1.0, 18.0], [1.0, 18.0]]]),
  OpCase(
    "NearestNeighbors of another width", [[[0.0, 0.0]], [[0.0]], t(.int64, 1)],
    error: .invalidArgument),
  OpCase(
    "ComputeAccidentalHits", [long([[1, 2], [3, 4]]), long([2, 4, 2, 9])], ["num_true": .int(2)],
    expect: [[0, 1], [2, 1], [-3.4028234663852886e38, -3.4028234663852886e38]]),
  OpCase(
    "ComputeAccidentalHits of another width", [long([[1, 2]]), long([2])], ["num_true": .int(1)],
    error: .invalidArgument),
  OpCase(
    "IsotonicRegression", [[[3.0, 1.0, 2.0, 0.0, 5.0]]],
    expect: [[[3.0, 2.0, 2.0, 2.0, 2.0]], [[0, 1, 1, 1, 1]]], gradient: true
  ) {
    try CoreOps.apply(
      OpCase.definition("IsotonicRegression"), $0, ["output_dtype": .type($0[0].dtype)])
  },
]
