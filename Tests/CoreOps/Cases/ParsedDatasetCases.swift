import CoreOps
import Ops
import TestSupport

/// Serialised examples with `f: [0.5], i: [1, 2]` and with `i: [3], r: [7, 8]`.
private let examples: [[UInt8]] = [
  [
    10, 28, 10, 13, 10, 1, 102, 18, 8, 18, 6, 10, 4, 0, 0, 0, 63, 10, 11, 10, 1, 105, 18, 6, 26, 4,
    10, 2, 1, 2,
  ],
  [
    10, 25, 10, 10, 10, 1, 105, 18, 5, 26, 3, 10, 1, 3, 10, 11, 10, 1, 114, 18, 6, 26, 4, 10, 2, 7,
    8,
  ],
]

private func slices(_ components: Tensor, _ shape: PartialShape) throws -> Tensor {
  try applyOp(
    "TensorSliceDataset", [components],
    ["Toutput_types": .types([components.dtype]), "output_shapes": .shapes([shape])])[0]
}

private func first(_ count: Int, _ dataset: Tensor, _ types: [DType], _ shapes: [PartialShape])
  throws -> [Tensor]
{
  let attrs: Attrs = ["output_types": .types(types), "output_shapes": .shapes(shapes)]
  let iterator = try applyOp("AnonymousIteratorV3", [], attrs)
  _ = try applyOp("MakeIterator", [dataset] + iterator)
  return try (0..<count).flatMap { _ in try applyOp("IteratorGetNext", iterator, attrs) }
}

private func sparse(_ serialized: Tensor, _ dtype: DType) throws -> [Tensor] {
  try applyOp(
    "DeserializeSparse", [serialized],
    ["dtype": .type(dtype), "Tserialized": .type(.variant)])
}

/// The feature `f` of the first batch of examples, as a dense one.
private func numbers(_ op: String, _ batches: Tensor, calls: Int64) throws -> [Tensor] {
  let attrs: Attrs = [
    "sparse_keys": .strings([]), "dense_keys": .strings(["f"]), "sparse_types": .types([]),
    "Tdense": .types([.float32]), "dense_shapes": .shapes([[1]]),
    "output_types": .types([.float32]), "output_shapes": .shapes([[nil, 1]]),
  ]
  let source = try slices(batches, [nil])
  let parsed = try applyOp(op, [source, Tensor(scalar: calls), t(.float32, [9])], attrs)[0]
  return try first(1, parsed, [.float32], [[nil, 1]])
}

/// The parts of the first sparse batch of rows of one row each.
private func sparseBatch(_ row: [Int64], _ op: String) throws -> [Tensor] {
  let rows = try slices(t(.int32, [[[1, 2]], [[3, 4]], [[5, 6]]]), [1, 2])
  let dataset = try applyOp(
    op, [rows, t(.int64, 2), Tensor(row, dims: [row.count])],
    ["output_types": .types([.int32]), "output_shapes": .shapes([.unknown])])[0]
  return try sparse(first(1, dataset, [.variant], [.unknown])[0], .int32)
}

let parsedDatasetCases: [OpCase] = [
  OpCase(
    "ParseExampleDatasetV2",
    expect: [
      t(.float32, [[0.5], [9]]), t(.int64, [[0, 0], [0, 1], [1, 0]]), t(.int64, [1, 2, 3]),
      t(.int64, [2, 2]), t(.int64, [0, 0, 2]), t(.int64, [7, 8]),
    ]
  ) { _ in
    let batches = try slices(Tensor(strings: examples, dims: [1, 2]), [2])
    let (types, shapes) = (
      [DType.float32, .variant, .variant], [[2, 1], .unknown, .unknown] as [PartialShape]
    )
    let parsed = try applyOp(
      "ParseExampleDatasetV2", [batches, t(.int64, 1), t(.float32, [9])],
      [
        "sparse_keys": .strings(["i"]), "dense_keys": .strings(["f"]),
        "ragged_keys": .strings(["r"]), "sparse_types": .types([.int64]),
        "Tdense": .types([.float32]), "dense_shapes": .shapes([[1]]),
        "ragged_value_types": .types([.int64]), "ragged_split_types": .types([.int64]),
        "output_types": .types(types), "output_shapes": .shapes(shapes),
      ])[0]
    let element = try first(1, parsed, types, shapes)
    let ragged = try applyOp(
      "RaggedTensorFromVariant", [element[2]],
      [
        "input_ragged_rank": .int(1), "output_ragged_rank": .int(1), "Tvalues": .type(.int64),
        "Tsplits": .type(.int64),
      ])
    return [element[0]] + (try sparse(element[1], .int64)) + ragged
  },
  OpCase("ParseExampleDataset", expect: [t(.float32, [[0.5], [9]])]) { _ in
    try numbers("ParseExampleDataset", Tensor(strings: examples, dims: [1, 2]), calls: 1)
  },
  OpCase("ParseExampleDataset of numbers", error: .invalidArgument) { _ in
    try numbers("ParseExampleDataset", t(.int64, [[1], [2]]), calls: 1)
  },
  OpCase("ExperimentalParseExampleDataset without calls", error: .invalidArgument) { _ in
    try numbers(
      "ExperimentalParseExampleDataset", Tensor(strings: examples, dims: [1, 2]), calls: 0)
  },
  OpCase(
    "DenseToSparseBatchDataset",
    expect: [
      t(.int64, [[0, 0, 0], [0, 0, 1], [1, 0, 0], [1, 0, 1]]), t(.int32, [1, 2, 3, 4]),
      t(.int64, [2, 1, 3]),
    ]
  ) { _ in try sparseBatch([-1, 3], "DenseToSparseBatchDataset") },
  OpCase("ExperimentalDenseToSparseBatchDataset of large rows", error: .dataLoss) { _ in
    try sparseBatch([1, 1], "ExperimentalDenseToSparseBatchDataset")
  },
  OpCase("DenseToSparseBatchDataset of another rank", error: .invalidArgument) { _ in
    try sparseBatch([2], "DenseToSparseBatchDataset")
  },
  OpCase("InitializeTableFromDataset", expect: [t(.int64, [6, -1])]) { _ in
    let table = try applyOp(
      "AnonymousHashTable", [], ["key_dtype": .type(.string), "value_dtype": .type(.int64)])[0]
    let entries = try applyOp(
      "TensorSliceDataset", [Tensor(strings: ["a", "b"], dims: [2]), t(.int64, [5, 6])],
      [
        "Toutput_types": .types([.string, .int64]),
        "output_shapes": .shapes([.scalar, .scalar]),
      ])[0]
    _ = try applyOp("InitializeTableFromDataset", [table, entries])
    return try applyOp(
      "LookupTableFindV2", [table, Tensor(strings: ["b", "x"], dims: [2]), t(.int64, -1)])
  },
  OpCase("InitializeTableFromDataset of keys alone", error: .invalidArgument) { _ in
    let table = try applyOp(
      "AnonymousHashTable", [], ["key_dtype": .type(.string), "value_dtype": .type(.int64)])[0]
    let keys = try slices(Tensor(strings: ["a"], dims: [1]), .scalar)
    _ = try applyOp("InitializeTableFromDataset", [table, keys])
    return try applyOp("LookupTableSizeV2", [table])
  },
  OpCase("DatasetToTFRecord", expect: ["x", "yy"]) { _ in
    let path = try Tensor(strings: [TestFiles.path("records")], dims: Shape())
    let none = try Tensor(strings: [""], dims: Shape())
    let dataset = try slices(Tensor(strings: ["x", "yy"], dims: [2]), .scalar)
    _ = try applyOp("DatasetToTFRecord", [dataset, path, none])
    let records = try applyOp("TFRecordDataset", [path, none, t(.int64, 0)])[0]
    return try first(2, records, [.string], [.scalar])
  },
  OpCase("ExperimentalDatasetToTFRecord of numbers", error: .invalidArgument) { _ in
    let path = try Tensor(strings: [TestFiles.path("records")], dims: Shape())
    _ = try applyOp(
      "ExperimentalDatasetToTFRecord",
      [slices(t(.int64, [1]), .scalar), path, Tensor(strings: [""], dims: Shape())])
    return try applyOp(
      "TFRecordDataset", [path, Tensor(strings: [""], dims: Shape()), t(.int64, 0)])
  },
]
