import CoreOps
import Ops
import TestSupport

private let missing = AttrValue.function("no_such_function", [:])

private func int(_ value: Int) -> Tensor { t(.int64, value) }

private let scalars: Attrs = [
  "output_types": .types([.int64]), "output_shapes": .shapes([.scalar]),
]

private func named(_ name: String) -> Attrs {
  var attrs = scalars
  attrs["shared_name"] = .string(name)
  attrs["container"] = .string("")
  return attrs
}

private func range(_ count: Int) throws -> Tensor {
  try applyOp("RangeDataset", [int(0), int(count), int(1)], scalars)[0]
}

/// An iterator of `0..<count`.
private func iterator(
  _ count: Int, _ op: String = "AnonymousIteratorV3", _ attrs: Attrs = scalars
) throws -> Tensor {
  let handle = try applyOp(op, [], attrs)[0]
  _ = try applyOp("MakeIterator", [range(count), handle])
  return handle
}

private func next(_ iterator: Tensor, _ op: String = "IteratorGetNext") throws -> Tensor {
  try applyOp(op, [iterator], scalars)[0]
}

let iteratorCases: [OpCase] = [
  OpCase("Iterator", expect: [int(0), int(1)]) { _ in
    let handle = try iterator(2, "Iterator", named("iterator_row"))
    return [try next(handle), try next(handle)]
  },
  OpCase("IteratorV2", expect: [int(0), int(0)]) { _ in
    let handle = try iterator(2, "IteratorV2", named("iterator_v2_row"))
    let element = try next(handle)
    _ = try applyOp("MakeIterator", [range(1), handle])
    return [element, try next(handle)]
  },
  OpCase("IteratorV2 of another dtype", error: .invalidArgument) { _ in
    _ = try applyOp("IteratorV2", [], named("iterator_v2_twice"))
    var attrs = named("iterator_v2_twice")
    attrs["output_types"] = .types([.float32])
    return try applyOp("IteratorV2", [], attrs)
  },
  OpCase("AnonymousIterator", expect: [int(0)]) { _ in
    [try next(iterator(1, "AnonymousIterator"))]
  },
  OpCase("AnonymousIteratorV2", expect: [int(0)]) { _ in
    [try next(iterator(1, "AnonymousIteratorV2"))]
  },
  OpCase("AnonymousIteratorV3", expect: [int(0)]) { _ in [try next(iterator(1))] },
  OpCase("MakeIterator of other elements", [[1.0]], error: .invalidArgument) { inputs in
    let dataset = try applyOp(
      "TensorSliceDataset", inputs, ["output_shapes": .shapes([.scalar])])
    let handle = try applyOp("AnonymousIteratorV3", [], scalars)
    _ = try applyOp("MakeIterator", dataset + handle)
    return [try next(handle[0])]
  },
  OpCase("MakeIterator of no dataset", error: .invalidArgument) { _ in
    let handle = try applyOp("AnonymousIteratorV3", [], scalars)
    _ = try applyOp("MakeIterator", applyOp("OptionalNone", []) + handle)
    return [try next(handle[0])]
  },
  OpCase("IteratorGetNext at the end", error: .outOfRange) { _ in
    let handle = try iterator(1)
    _ = try next(handle)
    return [try next(handle)]
  },
  OpCase("IteratorGetNext before the start", error: .failedPrecondition) { _ in
    [try next(applyOp("AnonymousIteratorV3", [], scalars)[0])]
  },
  OpCase("IteratorGetNext of other elements", error: .invalidArgument) { _ in
    var attrs = scalars
    attrs["output_types"] = .types([.float32])
    return try applyOp("IteratorGetNext", [iterator(1)], attrs)
  },
  OpCase("IteratorGetNextSync", expect: [int(0)]) { _ in
    [try next(iterator(1), "IteratorGetNextSync")]
  },
  OpCase("IteratorGetNextAsOptional", expect: [int(0), false]) { _ in
    let handle = try iterator(1)
    let element = try next(handle, "IteratorGetNextAsOptional")
    let end = try next(handle, "IteratorGetNextAsOptional")
    return try applyOp("OptionalGetValue", [element], scalars) + applyOp("OptionalHasValue", [end])
  },
  OpCase("OneShotIterator of a missing function", error: .notFound) { _ in
    var attrs = scalars
    attrs["dataset_factory"] = missing
    return [try next(applyOp("OneShotIterator", [], attrs)[0])]
  },
  OpCase("DeleteIterator", expect: []) { _ in
    try applyOp("DeleteIterator", applyOp("AnonymousIteratorV2", [], scalars))
  },
  OpCase("IteratorToStringHandle", expect: [int(1)]) { _ in
    let handle = try iterator(2, "IteratorV2", named("iterator_handle_row"))
    _ = try next(handle)
    let text = try applyOp("IteratorToStringHandle", [handle])
    return [try next(applyOp("IteratorFromStringHandleV2", text, scalars)[0])]
  },
  OpCase("IteratorFromStringHandle", expect: [int(0)]) { _ in
    let text = try applyOp("IteratorToStringHandle", [iterator(1)])
    return [try next(applyOp("IteratorFromStringHandle", text)[0])]
  },
  OpCase("IteratorFromStringHandle of other elements", error: .invalidArgument) { _ in
    let text = try applyOp("IteratorToStringHandle", [iterator(1)])
    var attrs = scalars
    attrs["output_types"] = .types([.float32])
    return try applyOp("IteratorFromStringHandle", text, attrs)
  },
  OpCase("IteratorFromStringHandleV2 of no handle", ["?"], error: .invalidArgument) { inputs in
    try applyOp("IteratorFromStringHandleV2", inputs)
  },
  OpCase(
    "IteratorFromStringHandleV2 of a missing iterator",
    [try! Tensor(strings: [[26, 1, 120] as [UInt8]], dims: Shape())], error: .notFound
  ) { inputs in try applyOp("IteratorFromStringHandleV2", inputs) },
  OpCase(
    "IteratorGetDevice", expect: ["/job:localhost/replica:0/task:0/device:CPU:0"]
  ) { _ in try applyOp("IteratorGetDevice", [iterator(1)]) },
  OpCase(
    "ExperimentalIteratorGetDevice", expect: ["/job:localhost/replica:0/task:0/device:CPU:0"]
  ) { _ in try applyOp("ExperimentalIteratorGetDevice", [iterator(1)]) },
  OpCase("SerializeIterator", expect: [int(1), int(1)]) { _ in
    let handle = try iterator(3)
    _ = try next(handle)
    let state = try applyOp("SerializeIterator", [handle])
    let element = try next(handle)
    _ = try applyOp("DeserializeIterator", [handle] + state)
    return [element, try next(handle)]
  },
  OpCase("SerializeIterator of a shuffled dataset", expect: [true]) { _ in
    let shuffled = try applyOp("ShuffleDataset", [range(50), int(50), int(0), int(0)], scalars)
    let handle = try applyOp("AnonymousIteratorV3", [], scalars)
    _ = try applyOp("MakeIterator", shuffled + handle)
    _ = try next(handle[0])
    let state = try applyOp("SerializeIterator", handle)
    let element = try next(handle[0])
    _ = try applyOp("DeserializeIterator", handle + state)
    return [try ComparisonOps.family.equal(element, next(handle[0]))]
  },
  OpCase("DeserializeIterator of something else", error: .invalidArgument) { _ in
    let handle = try iterator(3)
    _ = try applyOp("DeserializeIterator", [handle] + applyOp("OptionalNone", []))
    return [try next(handle)]
  },

  OpCase("DatasetCardinality", expect: [int(3)]) { _ in
    try applyOp("DatasetCardinality", [range(3)])
  },
  OpCase("DatasetCardinality of an endless dataset", expect: [int(-1)]) { _ in
    try applyOp("DatasetCardinality", applyOp("RepeatDataset", [range(3), int(-1)], scalars))
  },
  OpCase("ExperimentalDatasetCardinality", expect: [int(-2)]) { _ in
    try applyOp(
      "ExperimentalDatasetCardinality", applyOp("IgnoreErrorsDataset", [range(3)], scalars))
  },
  OpCase("DatasetToSingleElement", expect: [int(0)]) { _ in
    try applyOp("DatasetToSingleElement", [range(1)], scalars)
  },
  OpCase("DatasetToSingleElement of none", error: .invalidArgument) { _ in
    try applyOp("DatasetToSingleElement", [range(0)], scalars)
  },
  OpCase("DatasetToSingleElement of two", error: .invalidArgument) { _ in
    try applyOp("DatasetToSingleElement", [range(2)], scalars)
  },
  OpCase("ReduceDataset of a missing function", error: .notFound) { _ in
    var attrs = scalars
    attrs["f"] = missing
    attrs["Tstate"] = .types([.int64])
    return try applyOp("ReduceDataset", [range(2), int(1)], attrs)
  },
  OpCase("GetElementAtIndex", expect: [int(1)]) { _ in
    try applyOp("GetElementAtIndex", [range(2), int(1)], scalars)
  },
  OpCase("GetElementAtIndex past the end", error: .outOfRange) { _ in
    try applyOp("GetElementAtIndex", [range(2), int(2)], scalars)
  },
  OpCase("GetElementAtIndex where elements have no number", error: .unimplemented) { _ in
    let shuffled = try applyOp("ShuffleDataset", [range(2), int(2), int(1), int(1)], scalars)
    return try applyOp("GetElementAtIndex", shuffled + [int(0)], scalars)
  },
  OpCase("GetElementAtIndex of an unknown number", error: .failedPrecondition) { _ in
    let sampled = try applyOp(
      "SamplingDataset", [range(2), t(.float32, 0.5), int(1), int(1)], scalars)
    return try applyOp("GetElementAtIndex", sampled + [int(0)], scalars)
  },
  OpCase("WrapDatasetVariant", expect: [int(2)]) { _ in
    let wrapped = try applyOp("WrapDatasetVariant", [range(2)])
    return try applyOp("DatasetCardinality", applyOp("UnwrapDatasetVariant", wrapped))
  },
  OpCase("UnwrapDatasetVariant of a dataset", error: .invalidArgument) { _ in
    try applyOp("UnwrapDatasetVariant", [range(2)])
  },
  OpCase("CompressElement", [1.0, ["a"]], expect: [1.0, ["a"]]) { inputs in
    let compressed = try applyOp("CompressElement", inputs)
    return try applyOp(
      "UncompressElement", compressed,
      ["output_types": .types([.float32, .string]), "output_shapes": .shapes([.scalar, [1]])])
  },
  OpCase("UncompressElement of something else", error: .invalidArgument) { _ in
    try applyOp("UncompressElement", [range(2)], scalars)
  },

  OpCase("MultiDeviceIterator", expect: [1, 3, 0, 2].map { int($0) }) { _ in
    var attrs = named("multi_device_row")
    attrs["devices"] = .strings(["/cpu:0", "/cpu:0"])
    return try dealt(applyOp("MultiDeviceIterator", [], attrs)[0], to: [1, 1, 0, 0])
  },
  OpCase("AnonymousMultiDeviceIterator", expect: [int(0), int(1)]) { _ in
    try dealt(applyOp("AnonymousMultiDeviceIterator", [], devices)[0], to: [0, 1])
  },
  OpCase("AnonymousMultiDeviceIteratorV3", expect: [int(0), int(1)]) { _ in
    try dealt(applyOp("AnonymousMultiDeviceIteratorV3", [], devices)[0], to: [0, 1])
  },
  OpCase("MultiDeviceIteratorInit counts the runs", expect: [int(1), int(2)]) { _ in
    let handle = try applyOp("AnonymousMultiDeviceIteratorV3", [], devices)[0]
    return try (0..<2).flatMap { _ in
      try applyOp("MultiDeviceIteratorInit", [range(2), handle, int(1)])
    }
  },
  OpCase("MultiDeviceIteratorGetNextFromShard at the end", error: .outOfRange) { _ in
    try dealt(applyOp("AnonymousMultiDeviceIteratorV3", [], devices)[0], to: [0, 0, 0])
  },
  OpCase("MultiDeviceIteratorGetNextFromShard of no shard", error: .invalidArgument) { _ in
    try dealt(applyOp("AnonymousMultiDeviceIteratorV3", [], devices)[0], to: [2])
  },
  OpCase("MultiDeviceIteratorToStringHandle", expect: [int(0)]) { _ in
    let handle = try applyOp("AnonymousMultiDeviceIteratorV3", [], devices)
    let text = try applyOp("MultiDeviceIteratorToStringHandle", handle)
    return try dealt(applyOp("MultiDeviceIteratorFromStringHandle", text)[0], to: [0])
  },
  OpCase("MultiDeviceIteratorFromStringHandle of no handle", ["?"], error: .invalidArgument) {
    try applyOp("MultiDeviceIteratorFromStringHandle", $0)
  },
  OpCase("DeleteMultiDeviceIterator", expect: []) { _ in
    try applyOp(
      "DeleteMultiDeviceIterator", applyOp("AnonymousMultiDeviceIterator", [], devices),
      ["N": .int(0)])
  },
]

private let devices: Attrs = [
  "devices": .strings(["/cpu:0", "/cpu:0"]), "output_types": .types([.int64]),
  "output_shapes": .shapes([.scalar]),
]

/// The next elements of `0..<4` for those shards.
private func dealt(_ iterator: Tensor, to shards: [Int]) throws -> [Tensor] {
  let run = try applyOp("MultiDeviceIteratorInit", [range(4), iterator, int(1)])[0]
  return try shards.flatMap { shard in
    try applyOp(
      "MultiDeviceIteratorGetNextFromShard", [iterator, Tensor(scalar: Int32(shard)), run],
      scalars)
  }
}
