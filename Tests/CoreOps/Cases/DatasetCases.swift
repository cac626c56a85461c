import CoreOps
import Ops
import TestSupport

private let missing = AttrValue.function("no_such_function", [:])

/// The attributes of a dataset of scalars.
private func scalars(_ dtype: DType = .int64, _ more: Attrs = [:]) -> Attrs {
  components([(dtype, .scalar)], more)
}

private func components(_ all: [(DType, PartialShape)], _ more: Attrs = [:]) -> Attrs {
  var attrs: Attrs = [
    "output_types": .types(all.map(\.0)), "output_shapes": .shapes(all.map(\.1)),
  ]
  for entry in more { attrs[entry.name] = entry.value }
  return attrs
}

private func int(_ value: Int) -> Tensor { t(.int64, value) }

private func range(_ count: Int) throws -> Tensor {
  try applyOp("RangeDataset", [int(0), int(count), int(1)], scalars())[0]
}

private func slices(_ value: Tensor) throws -> Tensor {
  try applyOp(
    "TensorSliceDataset", [value],
    ["output_shapes": .shapes([PartialShape(value.shape.dims.map { Array($0.dropFirst()) })])])[0]
}

/// The first elements of a dataset of one component.
private func first(
  _ count: Int, _ dataset: Tensor, _ attrs: Attrs = scalars(), next: String = "IteratorGetNext"
) throws -> [Tensor] {
  let iterator = try applyOp("AnonymousIteratorV3", [], attrs)
  _ = try applyOp("MakeIterator", [dataset] + iterator)
  return try (0..<count).flatMap { _ in try applyOp(next, iterator, attrs) }
}

private func dataset(_ op: String, _ inputs: [Tensor], _ attrs: Attrs = scalars()) throws -> Tensor
{
  try applyOp(op, inputs, attrs)[0]
}

/// A row of the first elements of a dataset made of `0..<count`.
private func row(
  _ title: String, _ count: Int, _ arguments: [any TensorConvertible], _ attrs: Attrs = scalars(),
  expect: [any TensorConvertible], of elements: Attrs? = nil
) -> OpCase {
  let count = (count, expect.count)
  return OpCase(title, arguments, expect: expect) { inputs in
    try first(
      count.1, dataset(String(title.prefix { $0 != " " }), [range(count.0)] + inputs, attrs),
      elements ?? attrs)
  }
}

/// A row of a dataset of `0..<4` that is refused.
private func refused(
  _ title: String, _ arguments: [any TensorConvertible], _ attrs: Attrs = scalars(),
  error: TFError.Code = .invalidArgument
) -> OpCase {
  OpCase(title, arguments, error: error) { inputs in
    try first(1, dataset(String(title.prefix { $0 != " " }), [range(4)] + inputs, attrs))
  }
}

/// A row of a dataset whose function is missing.
private func unnamed(
  _ op: String, _ attrs: Attrs, _ arguments: [any TensorConvertible] = []
) -> OpCase {
  OpCase("\(op) of a missing function", arguments, error: .notFound) { inputs in
    try first(1, dataset(op, [range(4)] + inputs, scalars(.int64, attrs)))
  }
}

private let batches = components([(.int64, [nil])])
private let one = int(1)
private let two = int(2)

let datasetCases: [OpCase] = [
  OpCase("TensorDataset", [[1.0, 2.0]], expect: [[1.0, 2.0]]) { inputs in
    try first(
      1, dataset("TensorDataset", inputs, ["output_shapes": .shapes([[2]])]),
      components([(.float32, [2])]))
  },
  OpCase("TensorDataset ends", [[1.0, 2.0]], error: .outOfRange) { inputs in
    try first(
      2, dataset("TensorDataset", inputs, ["output_shapes": .shapes([[2]])]),
      components([(.float32, [2])]))
  },
  OpCase("TensorSliceDataset", [[[1, 2], [3, 4]]], expect: [[1, 2], [3, 4]]) { inputs in
    try first(2, slices(inputs[0]), components([(.int32, [2])]))
  },
  OpCase("TensorSliceDataset of strings", [["a", "b"]], expect: ["a", "b"]) { inputs in
    try first(2, slices(inputs[0]), scalars(.string))
  },
  OpCase("TensorSliceDataset of a scalar", [1.0], error: .invalidArgument) { inputs in
    let sliced = try applyOp("TensorSliceDataset", inputs, ["output_shapes": .shapes([.scalar])])
    return try applyOp("DatasetCardinality", sliced)
  },
  OpCase("TensorSliceDataset of unequal sizes", [[1.0], [1.0, 2.0]], error: .invalidArgument) {
    inputs in
    let sliced = try applyOp(
      "TensorSliceDataset", inputs, ["output_shapes": .shapes([.scalar, .scalar])])
    return try applyOp("DatasetCardinality", sliced)
  },
  OpCase("RangeDataset", expect: [t(.int64, 5), t(.int64, 3)]) { _ in
    try first(2, dataset("RangeDataset", [int(5), int(0), int(-2)]))
  },
  OpCase("RangeDataset of int32", expect: [0, 1]) { _ in
    try first(
      2, dataset("RangeDataset", [int(0), int(2), int(1)], scalars(.int32)), scalars(.int32))
  },
  OpCase("RangeDataset without a step", error: .invalidArgument) { _ in
    [try dataset("RangeDataset", [int(0), int(2), int(0)])]
  },
  OpCase("RangeDataset of all integers", expect: [int(.min), int(.min + 1)]) { _ in
    try first(2, dataset("RangeDataset", [int(.min), int(.max), int(1)]))
  },
  OpCase("ListDataset", [1.0, 2.0], expect: [1.0, 2.0]) { inputs in
    try first(2, dataset("ListDataset", inputs, scalars(.float32)), scalars(.float32))
  },
  OpCase("ListDataset of other dtypes", [1.0], error: .invalidArgument) { inputs in
    [try dataset("ListDataset", inputs, scalars(.int32))]
  },
  OpCase("GeneratorDataset of missing functions", error: .notFound) { _ in
    try first(
      1,
      dataset(
        "GeneratorDataset", [],
        scalars(
          .int64, ["init_func": missing, "next_func": missing, "finalize_func": missing])))
  },
  OpCase(
    "SparseTensorSliceDataset", [t(.int64, [[0, 1], [2, 0]]), [1.0, 2.0], t(.int64, [3, 2])],
    expect: [
      t(.int64, [[1]]), [1.0], t(.int64, [2]),
      try! Tensor([Int](), dims: [0, 1]), try! Tensor([Float](), dims: [0]), t(.int64, [2]),
    ]
  ) { inputs in
    try first(
      2, applyOp("SparseTensorSliceDataset", inputs)[0],
      components([(.int64, [nil, 1]), (.float32, [nil]), (.int64, [1])]))
  },
  OpCase(
    "SparseTensorSliceDataset out of order",
    [t(.int64, [[2, 1], [0, 0]]), [1.0, 2.0], t(.int64, [3, 2])], error: .unimplemented
  ) { inputs in try applyOp("SparseTensorSliceDataset", inputs) },

  unnamed("MapDataset", ["f": missing]),
  unnamed("ParallelMapDataset", ["f": missing], [2]),
  unnamed("ParallelMapDatasetV2", ["f": missing], [two]),
  unnamed("FilterDataset", ["predicate": missing]),
  unnamed("ParallelFilterDataset", ["predicate": missing], [two]),
  unnamed("TakeWhileDataset", ["predicate": missing]),
  unnamed("ExperimentalTakeWhileDataset", ["predicate": missing]),
  unnamed("ScanDataset", ["f": missing, "Tstate": .types([.int64])], [one]),
  unnamed("ExperimentalScanDataset", ["f": missing, "Tstate": .types([.int64])], [one]),
  unnamed("FlatMapDataset", ["f": missing]),
  unnamed("InterleaveDataset", ["f": missing], [two, one]),
  unnamed("ParallelInterleaveDatasetV2", ["f": missing], [two, one, one]),
  unnamed("ParallelInterleaveDatasetV3", ["f": missing], [two, one, one]),
  unnamed("ParallelInterleaveDatasetV4", ["f": missing], [two, one, one, one, one]),
  unnamed("ParallelInterleaveDataset", ["f": missing], [two, one, false, one, one]),
  unnamed("ExperimentalParallelInterleaveDataset", ["f": missing], [two, one, false, one, one]),
  unnamed("LegacyParallelInterleaveDatasetV2", ["f": missing], [two, one, one, one]),
  unnamed("MapAndBatchDataset", ["f": missing], [two, one, false]),
  unnamed("ExperimentalMapAndBatchDataset", ["f": missing], [two, one, false]),
  unnamed(
    "GroupByWindowDataset",
    ["key_func": missing, "reduce_func": missing, "window_size_func": missing]),
  unnamed(
    "ExperimentalGroupByWindowDataset",
    ["key_func": missing, "reduce_func": missing, "window_size_func": missing]),
  unnamed(
    "GroupByReducerDataset",
    [
      "key_func": missing, "init_func": missing, "reduce_func": missing, "finalize_func": missing,
    ]),
  unnamed(
    "ExperimentalGroupByReducerDataset",
    [
      "key_func": missing, "init_func": missing, "reduce_func": missing, "finalize_func": missing,
    ]),

  row("BatchDataset", 3, [two], batches, expect: [t(.int64, [0, 1]), t(.int64, [2])]),
  row("BatchDatasetV2", 3, [two, false], batches, expect: [t(.int64, [0, 1]), t(.int64, [2])]),
  row(
    "BatchDatasetV2 of all there are", 3, [int(.max), false], batches,
    expect: [t(.int64, [0, 1, 2])]),
  refused("BatchDatasetV2 of none", [int(0), false]),
  OpCase("BatchDatasetV2 without the rest", error: .outOfRange) { _ in
    try first(2, dataset("BatchDatasetV2", [range(3), two, t(.bool, true)], batches), batches)
  },
  row("ParallelBatchDataset", 3, [two, two, false], batches, expect: [t(.int64, [0, 1])]),
  row(
    "PaddedBatchDataset", 3, [two, t(.int64, [] as [Int]), int(0)],
    ["output_shapes": .shapes([[nil]])], expect: [t(.int64, [0, 1]), t(.int64, [2])], of: batches),
  OpCase(
    "PaddedBatchDatasetV2", [[[1, 2, 3], [4, 5, 6]]], expect: [[[[1, 2, 3, 9]], [[4, 5, 6, 9]]]]
  ) { inputs in
    let rows = try dataset(
      "BatchDatasetV2", [slices(inputs[0]), one, t(.bool, false)], components([(.int32, [nil, 3])]))
    let padded = try dataset(
      "PaddedBatchDatasetV2", [rows, two, t(.int64, [-1, 4]), t(.int32, 9), t(.bool, false)],
      ["output_shapes": .shapes([[nil, nil, 4]])])
    return try first(1, padded, components([(.int32, [nil, nil, 4])]))
  },
  OpCase("PaddedBatchDatasetV2 of strings", [["a", "b"]], expect: [[["a", "x"]], [["b", "x"]]]) {
    inputs in
    let rows = try dataset(
      "BatchDatasetV2", [slices(inputs[0]), one, t(.bool, false)], components([(.string, [nil])]))
    let padded = try dataset(
      "PaddedBatchDatasetV2", [rows, one, t(.int64, [2]), t(.string, "x"), t(.bool, true)],
      ["output_shapes": .shapes([[nil, 2]])])
    return try first(2, padded, components([(.string, [nil, 2])]))
  },
  OpCase("PaddedBatchDatasetV2 to a smaller size", [[[1, 2]]], error: .dataLoss) { inputs in
    let padded = try dataset(
      "PaddedBatchDatasetV2",
      [slices(inputs[0]), two, t(.int64, [1]), t(.int32, 9), t(.bool, false)],
      ["output_shapes": .shapes([[nil, 1]])])
    return try first(1, padded, components([(.int32, [nil, 1])]))
  },
  OpCase("UnbatchDataset", [[[1, 2], [3, 4]]], expect: [1, 2, 3]) { inputs in
    try first(3, dataset("UnbatchDataset", [slices(inputs[0])], scalars(.int32)), scalars(.int32))
  },
  OpCase("ExperimentalUnbatchDataset", [[[1, 2], [3, 4]]], expect: [1, 2, 3]) { inputs in
    try first(
      3, dataset("ExperimentalUnbatchDataset", [slices(inputs[0])], scalars(.int32)),
      scalars(.int32))
  },
  refused("UnbatchDataset of scalars", []),
  OpCase("RebatchDataset", [[[1, 2, 3]]], expect: [[1, 2], [3]]) { inputs in
    let attrs = components([(.int32, [nil])])
    return try first(2, dataset("RebatchDataset", [slices(inputs[0]), two], attrs), attrs)
  },
  OpCase("ExperimentalRebatchDataset", [[[1, 2, 3]]], expect: [[1, 2], [3]]) { inputs in
    let attrs = components([(.int32, [nil])])
    return try first(
      2, dataset("ExperimentalRebatchDataset", [slices(inputs[0]), two], attrs), attrs)
  },
  OpCase("RebatchDatasetV2", [[[1, 2, 3], [4, 5, 6]]], expect: [[1, 2], [3], [4, 5], [6]]) {
    inputs in
    let attrs = components([(.int32, [nil])])
    let rebatched = try dataset(
      "RebatchDatasetV2", [slices(inputs[0]), t(.int64, [2, 1]), t(.bool, false)], attrs)
    return try first(4, rebatched, attrs)
  },
  OpCase("WindowDataset", expect: [int(1), int(2)]) { _ in
    let windows = try dataset(
      "WindowDataset", [range(3), two, one, one, t(.bool, true)], scalars(.variant))
    return try first(2, first(2, windows, scalars(.variant))[1])
  },
  refused("WindowDataset of none", [int(0), one, one, false], scalars(.variant)),
  OpCase("WindowOp", [1.0, 2.0], expect: [1.0, 2.0]) { inputs in
    try first(2, dataset("WindowOp", inputs, scalars(.float32)), scalars(.float32))
  },
  row(
    "SlidingWindowDataset", 4, [two, one, two], batches,
    expect: [t(.int64, [0, 2]), t(.int64, [1, 3])]),
  row(
    "ExperimentalSlidingWindowDataset", 4, [two, one, two], batches, expect: [t(.int64, [0, 2])]),
  row("RepeatDataset", 2, [two], expect: [int(0), int(1), int(0), int(1)]),
  row("RepeatDataset for ever", 1, [int(-1)], expect: [int(0), int(0), int(0)]),
  refused("RepeatDataset never", [int(0)], error: .outOfRange),
  OpCase("RepeatDataset of nothing for ever", error: .outOfRange) { _ in
    try first(1, dataset("RepeatDataset", [range(0), int(-1)]))
  },
  row("TakeDataset", 4, [two], expect: [int(0), int(1)]),
  refused("TakeDataset of none", [int(0)], error: .outOfRange),
  row("SkipDataset", 4, [two], expect: [int(2), int(3)]),
  refused("SkipDataset of more than there are", [int(.max)], error: .outOfRange),
  row("ShardDataset", 4, [two, one], expect: [int(1), int(3)]),
  refused("ShardDataset with a wrong index", [two, two]),
  refused("ShardDataset of an empty shard", [int(9), int(8)], error: .outOfRange),
  refused(
    "ShardDataset that must not be empty", [int(9), int(8)],
    scalars(.int64, ["require_non_empty": .bool(true)])),
  OpCase("ConcatenateDataset", expect: [int(0), int(0), int(1)]) { _ in
    try first(3, dataset("ConcatenateDataset", [range(1), range(2)]))
  },
  OpCase("ConcatenateDataset of other dtypes", [[1.0]], error: .invalidArgument) { inputs in
    [try dataset("ConcatenateDataset", [range(1), slices(inputs[0])])]
  },
  OpCase("ZipDataset", [["a", "b"]], expect: [int(0), "a", int(1), "b"]) { inputs in
    let attrs = components([(.int64, .scalar), (.string, .scalar)])
    return try first(2, dataset("ZipDataset", [range(5), slices(inputs[0])], attrs), attrs)
  },
  OpCase("DirectedInterleaveDataset", [t(.int64, [1, 0, 1])], expect: [int(0), int(0), int(1)]) {
    inputs in
    try first(3, dataset("DirectedInterleaveDataset", [slices(inputs[0]), range(1), range(2)]))
  },
  OpCase("DirectedInterleaveDataset of another", [t(.int64, [2])], error: .invalidArgument) {
    inputs in
    try first(1, dataset("DirectedInterleaveDataset", [slices(inputs[0]), range(1), range(2)]))
  },
  OpCase("ExperimentalDirectedInterleaveDataset", [t(.int64, [1, 0])], expect: [int(0)]) {
    inputs in
    try first(
      1, dataset("ExperimentalDirectedInterleaveDataset", [slices(inputs[0]), range(1), range(2)]))
  },
  OpCase("UniqueDataset", [[3, 1, 3, 2]], expect: [3, 1, 2]) { inputs in
    try first(3, dataset("UniqueDataset", [slices(inputs[0])], scalars(.int32)), scalars(.int32))
  },
  OpCase("UniqueDataset of floats", [[3.0]], error: .invalidArgument) { inputs in
    [try dataset("UniqueDataset", [slices(inputs[0])], scalars(.float32))]
  },
  OpCase("ExperimentalUniqueDataset", [["b", "a", "b"]], expect: ["b", "a"]) { inputs in
    try first(
      2, dataset("ExperimentalUniqueDataset", [slices(inputs[0])], scalars(.string)),
      scalars(.string))
  },
  row("IgnoreErrorsDataset", 2, [], expect: [int(0), int(1)]),
  row("ExperimentalIgnoreErrorsDataset", 2, [], expect: [int(0), int(1)]),

  row(
    "ShuffleDataset", 6, [int(3), int(1), int(2)], expect: [1, 3, 2, 4, 5].map { int($0) }),
  row(
    "ShuffleDataset in one order", 4, [int(3), int(1), int(2)],
    scalars(.int64, ["reshuffle_each_iteration": .bool(false)]),
    expect: [int(2), int(3), int(0), int(1)]),
  row(
    "ShuffleDataset with room for any number", 6, [int(.max), int(1), int(2)],
    expect: [int(4), int(5), int(2), int(0), int(1), int(3)]),
  refused("ShuffleDataset without room", [int(0), int(1), int(2)]),
  OpCase("ShuffleDatasetV2", expect: [int(1), int(3), int(2), int(0)]) { _ in
    let generator = try applyOp("AnonymousSeedGenerator", [one, two, t(.bool, true)])[0]
    return try first(4, dataset("ShuffleDatasetV2", [range(4), int(3), generator]))
  },
  OpCase("ShuffleDatasetV3", expect: [int(1), int(3), int(2), int(0)]) { _ in
    let generator = try applyOp("DummySeedGenerator", [])[0]
    return try first(4, dataset("ShuffleDatasetV3", [range(4), int(3), one, two, generator]))
  },
  row(
    "ShuffleAndRepeatDataset", 4, [int(2), int(1), int(2), two],
    expect: [0, 2, 1, 3, 1, 0, 2, 3].map { int($0) }),
  refused("ShuffleAndRepeatDataset never", [int(2), int(1), int(2), int(0)]),
  OpCase("ShuffleAndRepeatDatasetV2", expect: [0, 2, 1, 3, 1, 0].map { int($0) }) { _ in
    let generator = try applyOp("DummySeedGenerator", [])[0]
    return try first(
      6, dataset("ShuffleAndRepeatDatasetV2", [range(4), two, one, two, int(4), generator]))
  },
  OpCase(
    "AnonymousSeedGenerator for two runs", expect: [0, 2, 1, 3, 1, 0, 2, 3].map { int($0) }
  ) { _ in
    let generator = try applyOp("AnonymousSeedGenerator", [one, two, t(.bool, true)])[0]
    let shuffled = try dataset("ShuffleDatasetV2", [range(4), two, generator])
    return try first(8, dataset("RepeatDataset", [shuffled, two]))
  },
  OpCase("AnonymousRandomSeedGenerator", error: .invalidArgument) { _ in
    try applyOp("AnonymousRandomSeedGenerator", [one, two])
  },
  OpCase("DummySeedGenerator", expect: []) { _ in
    _ = try applyOp("DummySeedGenerator", [])
    return []
  },
  OpCase("DummyIterationCounter", expect: []) { _ in
    _ = try applyOp("DummyIterationCounter", [])
    return []
  },
  OpCase("DeleteSeedGenerator", expect: []) { _ in
    try applyOp(
      "DeleteSeedGenerator", applyOp("AnonymousSeedGenerator", [one, two, t(.bool, true)]))
  },
  OpCase("DeleteRandomSeedGenerator", expect: []) { _ in
    try applyOp(
      "DeleteRandomSeedGenerator", applyOp("AnonymousSeedGenerator", [one, two, t(.bool, true)]))
  },
  OpCase("RandomDataset", expect: [int(3_878_945_999)]) { _ in
    try first(1, dataset("RandomDataset", [one, two]))
  },
  OpCase("ExperimentalRandomDataset", expect: [int(3_878_945_999)]) { _ in
    try first(1, dataset("ExperimentalRandomDataset", [one, two]))
  },
  OpCase("RandomDatasetV2", expect: [int(3_878_945_999)]) { _ in
    try first(
      1, dataset("RandomDatasetV2", [one, two] + applyOp("DummySeedGenerator", [])))
  },
  row(
    "SamplingDataset", 10, [0.5, int(1), int(2)], expect: [0, 2, 3, 4, 5, 7, 9].map { int($0) }),

  row("CacheDataset", 2, [""], expect: [int(0), int(1)]),
  OpCase("CacheDatasetV2", expect: [0, 1, 0, 1].map { int($0) }) { _ in
    let cache = try applyOp("AnonymousMemoryCache", [])[0]
    let cached = try dataset("CacheDatasetV2", [range(2), t(.string, ""), cache])
    return try first(4, dataset("RepeatDataset", [cached, two]))
  },
  OpCase("AnonymousMemoryCache", expect: [int(0)]) { _ in
    let cache = try applyOp("AnonymousMemoryCache", [])[0]
    return try first(1, dataset("CacheDatasetV2", [range(2), t(.string, ""), cache]))
  },
  OpCase("DummyMemoryCache", expect: [int(0)]) { _ in
    let cache = try applyOp("DummyMemoryCache", [])[0]
    return try first(1, dataset("CacheDatasetV2", [range(2), t(.string, ""), cache]))
  },
  OpCase("DeleteMemoryCache", expect: []) { _ in
    try applyOp("DeleteMemoryCache", applyOp("AnonymousMemoryCache", []))
  },

  row("PrefetchDataset", 2, [two], expect: [int(0), int(1)]),
  refused("PrefetchDataset of less than none", [int(-2)]),
  row(
    "OptionsDataset", 1, [], scalars(.int64, ["serialized_options": .string("")]),
    expect: [int(0)]),
  OpCase("GetOptions", expect: [try! Tensor(strings: [[8, 1] as [UInt8]], dims: Shape())]) { _ in
    let options = scalars(.int64, ["serialized_options": .bytes([8, 1])])
    return try applyOp("GetOptions", [dataset("OptionsDataset", [range(1)], options)])
  },
  row("OptimizeDataset", 1, [["map_fusion"]], expect: [int(0)]),
  row("OptimizeDatasetV2", 1, [["a"], ["b"], ["c"]], expect: [int(0)]),
  row("RewriteDataset", 1, ["replicate_on_split"], expect: [int(0)]),
  row("ModelDataset", 1, [], expect: [int(0)]),
  row("FinalizeDataset", 1, [], expect: [int(0)]),
  row("MaxIntraOpParallelismDataset", 1, [one], expect: [int(0)]),
  refused("MaxIntraOpParallelismDataset of less than none", [int(-1)]),
  row("ExperimentalMaxIntraOpParallelismDataset", 1, [one], expect: [int(0)]),
  row("PrivateThreadPoolDataset", 1, [one], expect: [int(0)]),
  refused("PrivateThreadPoolDataset of less than none", [int(-1)]),
  row("ExperimentalPrivateThreadPoolDataset", 1, [one], expect: [int(0)]),
  OpCase("ThreadPoolDataset", expect: [int(0)]) { _ in
    let pool = try applyOp(
      "ThreadPoolHandle", [], ["num_threads": .int(1), "display_name": .string("pool")])
    return try first(1, dataset("ThreadPoolDataset", [range(1)] + pool))
  },
  OpCase("ExperimentalThreadPoolDataset", expect: [int(0)]) { _ in
    let pool = try applyOp(
      "ExperimentalThreadPoolHandle", [], ["num_threads": .int(1), "display_name": .string("pool")])
    return try first(1, dataset("ExperimentalThreadPoolDataset", [range(1)] + pool))
  },
  OpCase("ThreadPoolHandle", expect: []) { _ in
    _ = try applyOp(
      "ThreadPoolHandle", [], ["num_threads": .int(1), "display_name": .string("pool")])
    return []
  },
  OpCase("ExperimentalThreadPoolHandle of no threads", error: .invalidArgument) { _ in
    try applyOp(
      "ExperimentalThreadPoolHandle", [], ["num_threads": .int(0), "display_name": .string("pool")])
  },
  row("NonSerializableDataset", 1, [], expect: [int(0)]),
  row("ExperimentalNonSerializableDataset", 1, [], expect: [int(0)]),
  row("BytesProducedStatsDataset", 1, ["tag"], expect: [int(0)]),
  row("ExperimentalBytesProducedStatsDataset", 1, ["tag"], expect: [int(0)]),
  row("LatencyStatsDataset", 1, ["tag"], expect: [int(0)]),
  row("ExperimentalLatencyStatsDataset", 1, ["tag"], expect: [int(0)]),
  OpCase("SetStatsAggregatorDataset", expect: [int(0)]) { _ in
    let handle = try applyOp("DummyMemoryCache", [])
    return try first(
      1,
      dataset(
        "SetStatsAggregatorDataset", [range(1)] + handle + [t(.string, "tag"), t(.string, "")]))
  },
  OpCase("ExperimentalSetStatsAggregatorDataset", expect: [int(0)]) { _ in
    let handle = try applyOp("DummyMemoryCache", [])
    return try first(
      1,
      dataset(
        "ExperimentalSetStatsAggregatorDataset",
        [range(1)] + handle + [t(.string, "tag"), t(.string, "")]))
  },
  OpCase("ChooseFastestDataset", expect: [int(0)]) { _ in
    try first(
      1,
      dataset(
        "ChooseFastestDataset", [range(1), range(1)], scalars(.int64, ["num_experiments": .int(2)]))
    )
  },
  OpCase("ExperimentalChooseFastestDataset of different ones", error: .invalidArgument) { _ in
    try first(
      1,
      dataset(
        "ExperimentalChooseFastestDataset", [range(1), range(2)],
        scalars(.int64, ["num_experiments": .int(2)])))
  },
  row("SleepDataset", 1, [one], expect: [int(0)]),
  row("ExperimentalSleepDataset", 1, [one], expect: [int(0)]),
  row("AssertCardinalityDataset", 2, [two], expect: [int(0), int(1)]),
  refused("AssertCardinalityDataset of more", [int(0)], error: .failedPrecondition),
  OpCase("AssertCardinalityDataset of fewer", error: .failedPrecondition) { _ in
    try first(2, dataset("AssertCardinalityDataset", [range(1), two]))
  },
  OpCase("AssertNextDataset", expect: [int(0)]) { _ in
    let asserted = try dataset("AssertNextDataset", [range(1), t(.string, ["FiniteTake"])])
    return try first(1, dataset("TakeDataset", [asserted, one]))
  },
  OpCase("AssertNextDataset of another", error: .invalidArgument) { _ in
    let asserted = try dataset("AssertNextDataset", [range(1), t(.string, ["Map"])])
    return try first(1, dataset("TakeDataset", [asserted, one]))
  },
  OpCase("ExperimentalAssertNextDataset of more", error: .invalidArgument) { _ in
    let asserted = try dataset(
      "ExperimentalAssertNextDataset", [range(1), t(.string, ["FiniteTake", "FiniteSkip"])])
    return try first(1, dataset("TakeDataset", [asserted, one]))
  },
]
