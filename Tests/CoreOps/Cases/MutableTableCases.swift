import CoreOps
import Ops
import TestSupport

/// A table of its own.
private func table(
  _ op: String, _ inputs: [Tensor] = [], key: DType = .int64, value: DType = .int64,
  attrs: Attrs = [:]
) throws -> Tensor {
  var attrs = attrs
  attrs["value_dtype"] = .type(value)
  if inputs.isEmpty { attrs["key_dtype"] = .type(key) }
  if !op.hasPrefix("Anonymous"), attrs["shared_name"] == nil {
    attrs["shared_name"] = freshName("table")
  }
  return try applyOp(op, inputs, attrs)[0]
}

private func insert(_ table: Tensor, _ keys: Tensor, _ values: Tensor, suffix: String = "V2") throws
{
  _ = try applyOp("LookupTableInsert" + suffix, [table, keys, values])
}

private func find(_ table: Tensor, _ keys: Tensor, _ fallback: Tensor, suffix: String = "V2") throws
  -> [Tensor]
{
  try applyOp("LookupTableFind" + suffix, [table, keys, fallback])
}

private func remove(_ table: Tensor, _ keys: Tensor) throws {
  _ = try applyOp("LookupTableRemoveV2", [table, keys])
}

private func size(_ table: Tensor, suffix: String = "V2") throws -> [Tensor] {
  try applyOp("LookupTableSize" + suffix, [table])
}

private func export(
  _ table: Tensor, key: DType = .int64, value: DType = .int64, suffix: String = "V2"
) throws -> [Tensor] {
  try applyOp(
    "LookupTableExport" + suffix, [table], ["Tkeys": .type(key), "Tvalues": .type(value)])
}

/// A dense table of its own, of floats under numbers but -1 and -2.
private func dense(
  _ op: String = "MutableDenseHashTableV2", empty: Tensor = t(.int64, -1),
  deleted: Tensor = t(.int64, -2), buckets: Int = 8, _ attrs: Attrs = [:]
) throws -> Tensor {
  try table(
    op, op.hasSuffix("V2") || op.hasPrefix("Anonymous") ? [empty, deleted] : [empty],
    value: .float32, attrs: attrs.with("initial_num_buckets", .int(buckets)))
}

private func refusedDense(
  _ title: String, empty: Tensor = t(.int64, -1), deleted: Tensor = t(.int64, -2),
  buckets: Int = 8, _ attrs: Attrs = [:], code: TFError.Code = .invalidArgument
) -> OpCase {
  OpCase("MutableDenseHashTableV2 \(title)", error: code) { _ in
    try size(dense(empty: empty, deleted: deleted, buckets: buckets, attrs))
  }
}

let mutableTableCases: [OpCase] = [
  // TensorFlow's order: that of the C++ standard library.
  OpCase(
    "MutableHashTableV2 exports in TensorFlow's order",
    expect: [
      t(.int64, [7, 2, 35, 22, 9, 5]), t(.int64, [4, 3, 6, 5, 2, 1]),
      t(.int64, [40, 4, 7, 41, 2, 35, 22, 9]), t(.int64, [1, 1, 4, 2, 3, 6, 5, 2]),
    ]
  ) { _ in
    let table = try table("MutableHashTableV2")
    try insert(table, t(.int64, [5, 9, 2, 7, 22, 35]), t(.int64, [1, 2, 3, 4, 5, 6]))
    let first = try export(table)
    try insert(table, t(.int64, 4), t(.int64, 1))
    try insert(table, t(.int64, [[40, 41]]), t(.int64, [[1, 2]]))
    try remove(table, t(.int64, [5, 100]))
    return try first + export(table)
  },
  OpCase(
    "MutableHashTableV2 exports strings in TensorFlow's order",
    expect: [["g", "f", "h", "e", "d", "c", "b", "a"], t(.int64, [6, 5, 7, 4, 3, 2, 1, 0])]
  ) { _ in
    let table = try table("MutableHashTableV2", key: .string)
    try insert(
      table, ["a", "b", "c", "d", "e", "f", "g", "h"].asTensor(),
      t(.int64, [0, 1, 2, 3, 4, 5, 6, 7]))
    return try export(table, key: .string)
  },
  OpCase(
    "MutableHashTableV2 takes many keys and gives them up again",
    expect: [t(.int64, 500), t(.int64, [-1, 3, -1, 1999]), t(.int64, 500)]
  ) { _ in
    let table = try table("MutableHashTableV2")
    let keys = try (0..<1000).map { Int64($0 * 7919 % 2000) }.asTensor()
    try insert(table, keys, keys)
    try remove(table, (0..<1000).map { Int64($0 * 2) }.asTensor())
    let first = try size(table)
    try insert(
      table, (0..<500).map { Int64($0 * 2 + 1) }.asTensor(),
      (0..<500).map { Int64($0 * 2 + 1) }.asTensor())
    return try first + find(table, t(.int64, [2, 3, 1998, 1999]), t(.int64, -1)) + first
  },
  OpCase("MutableHashTableV2 of other dtypes under the name", error: .invalidArgument) { _ in
    let name: Attrs = ["shared_name": freshName("same")]
    return try size(table("MutableHashTableV2", attrs: name))
      + size(table("MutableHashTableV2", value: .float32, attrs: name))
  },
  OpCase("MutableHashTableV2 of keys that are no integers", error: .invalidArgument) { _ in
    try size(table("MutableHashTableV2", key: .float32))
  },
  OpCase("MutableHashTableV2 of variants", expect: [3]) { _ in
    let table = try table("MutableHashTableV2", value: .variant)
    let list = try applyOp(
      "TensorListReserve", [t(.int32, [Int]()), t(.int32, 3)], ["element_dtype": .type(.int32)])[0]
    try insert(table, t(.int64, 1), list)
    return try applyOp("TensorListLength", find(table, t(.int64, 1), list))
  },
  OpCase("MutableHashTable", expect: [t(.int64, [10, 0]), t(.int64, 2)]) { _ in
    let table = try table("MutableHashTable")
    try insert(table, t(.int64, [1, 2]), t(.int64, [10, 20]), suffix: "")
    return try find(table, t(.int64, [1, 3]), t(.int64, 0), suffix: "")
      + size(table, suffix: "")
  },
  OpCase("AnonymousMutableHashTable", expect: [t(.int64, [20, 0])]) { _ in
    let table = try table("AnonymousMutableHashTable", key: .int32)
    try insert(table, t(.int32, [1, 2]), t(.int64, [10, 20]))
    return try find(table, t(.int32, [2, 3]), t(.int64, 0))
  },
  OpCase("LookupTableFindV2 with a default for each key", expect: [t(.int64, [1, -2])]) { _ in
    let table = try table("MutableHashTableV2")
    try insert(table, t(.int64, 5), t(.int64, 1))
    return try find(table, t(.int64, [5, 1]), t(.int64, [-1, -2]))
  },
  OpCase("LookupTableFindV2 with too few defaults", error: .invalidArgument) { _ in
    try find(table("MutableHashTableV2"), t(.int64, [5, 1, 3]), t(.int64, [-1, -2]))
  },
  OpCase("LookupTableInsertV2 of strings", expect: [["b", "z"]]) { _ in
    let table = try table("MutableHashTableV2", value: .string)
    try insert(table, t(.int64, [1, 2]), ["a", "b"].asTensor())
    return try find(table, t(.int64, [2, 3]), "z".asTensor())
  },
  OpCase("LookupTableInsertV2 of fewer values than keys", error: .invalidArgument) { _ in
    let table = try table("MutableHashTableV2")
    try insert(table, t(.int64, [5, 9]), t(.int64, [1]))
    return try size(table)
  },
  OpCase("LookupTableInsertV2 of another dtype", error: .invalidArgument) { _ in
    let table = try table("MutableHashTableV2")
    try insert(table, t(.int64, [5]), t(.float32, [1]))
    return try size(table)
  },
  OpCase("LookupTableInsertV2 into a table that is filled once", error: .unimplemented) { _ in
    let table = try table("HashTableV2")
    try insert(table, t(.int64, [5]), t(.int64, [1]))
    return try size(table)
  },
  OpCase("LookupTableInsert", expect: [t(.int64, [1, 2])]) { _ in
    let table = try table("MutableHashTable", key: .int32)
    try insert(table, t(.int32, [1, 2]), t(.int64, [1, 2]), suffix: "")
    return try find(table, t(.int32, [1, 2]), t(.int64, 0), suffix: "")
  },
  OpCase("LookupTableRemoveV2", expect: [t(.int64, 1)]) { _ in
    let table = try table("MutableHashTableV2")
    try insert(table, t(.int64, [1, 2]), t(.int64, [1, 2]))
    try remove(table, t(.int64, [1, 3]))
    return try size(table)
  },
  OpCase("LookupTableRemoveV2 of another dtype", error: .invalidArgument) { _ in
    let table = try table("MutableHashTableV2")
    try remove(table, t(.int32, 1))
    return try size(table)
  },
  OpCase("LookupTableRemoveV2 from a table that is filled once", error: .unimplemented) { _ in
    let table = try table("HashTableV2")
    try remove(table, t(.int64, 1))
    return try size(table)
  },
  OpCase("LookupTableImportV2 replaces all", expect: [t(.int64, [2, 1]), t(.int64, [4, 3])]) { _ in
    let table = try table("MutableHashTableV2")
    try insert(table, t(.int64, [7]), t(.int64, [8]))
    _ = try applyOp("LookupTableImportV2", [table, t(.int64, [1, 2]), t(.int64, [3, 4])])
    return try export(table)
  },
  OpCase("InitializeTableV2 of a table that changes", error: .invalidArgument) { _ in
    let table = try table("MutableHashTableV2")
    _ = try applyOp("InitializeTableV2", [table, t(.int64, [1]), t(.int64, [1])])
    return try size(table)
  },
  OpCase("AnonymousHashTable", expect: [t(.int64, [1, 0])]) { _ in
    let table = try table("AnonymousHashTable")
    _ = try applyOp("InitializeTableV2", [table, t(.int64, [7]), t(.int64, [1])])
    return try find(table, t(.int64, [7, 8]), t(.int64, 0))
  },

  // MARK: - Vectors

  OpCase(
    "MutableHashTableOfTensorsV2",
    expect: [
      [[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [7.0, 8.0]], [[[1.0, 2.0], [3.0, 4.0]]],
      t(.int64, [2, 1]), [[3.0, 4.0], [1.0, 2.0]],
    ]
  ) { _ in
    let table = try table(
      "MutableHashTableOfTensorsV2", value: .float32, attrs: ["value_shape": .shape([2])])
    try insert(table, t(.int64, [1, 2]), t(.float32, [[1, 2], [3, 4]]))
    let first = try find(table, t(.int64, [1, 9]), t(.float32, [0, 0]))
    let second = try find(table, t(.int64, [1, 9]), t(.float32, [[5, 6], [7, 8]]))
    let third = try find(table, t(.int64, [[1, 2]]), t(.float32, [0, 0]))
    return try first + second + third + export(table, value: .float32)
  },
  OpCase("MutableHashTableOfTensorsV2 of numbers", error: .invalidArgument) { _ in
    try size(table("MutableHashTableOfTensorsV2"))
  },
  OpCase("MutableHashTableOfTensorsV2 of values of another length", error: .invalidArgument) { _ in
    let table = try table("MutableHashTableOfTensorsV2", attrs: ["value_shape": .shape([2])])
    try insert(table, t(.int64, [1]), t(.int64, [[1, 2, 3]]))
    return try size(table)
  },
  OpCase("MutableHashTableOfTensors", expect: [[["x", "y"]]]) { _ in
    let table = try table(
      "MutableHashTableOfTensors", value: .string, attrs: ["value_shape": .shape([2])])
    try insert(table, t(.int64, [1]), [["x", "y"]].asTensor(), suffix: "")
    return try find(table, t(.int64, [1]), ["", ""].asTensor(), suffix: "")
  },
  OpCase("AnonymousMutableHashTableOfTensors", expect: [t(.int64, [[1, 2]])]) { _ in
    let table = try table("AnonymousMutableHashTableOfTensors", attrs: ["value_shape": .shape([2])])
    try insert(table, t(.int64, [1]), t(.int64, [[1, 2]]))
    return try find(table, t(.int64, [1]), t(.int64, [0, 0]))
  },

  // MARK: - Dense tables: TensorFlow's buckets

  OpCase(
    "MutableDenseHashTableV2",
    expect: [
      t(.int64, [[-1], [1], [9], [3], [-1], [-1], [-1], [-1]]),
      [[0.0], [10.0], [90.0], [30.0], [0.0], [0.0], [0.0], [0.0]],
      [10.0, -5.0, 90.0],
      t(.int64, [[-1], [17], [9], [3], [-1], [-1], [-1], [-1]]),
      [[0.0], [170.0], [91.0], [30.0], [0.0], [0.0], [0.0], [0.0]], t(.int64, 3),
    ]
  ) { _ in
    let table = try dense()
    try insert(table, t(.int64, [1, 9, 3]), t(.float32, [10, 90, 30]))
    let first = try export(table, value: .float32)
    let found = try find(table, t(.int64, [1, 2, 9]), t(.float32, -5))
    // A new key takes the place of one that was removed.
    try remove(table, t(.int64, 1))
    try insert(table, t(.int64, [17]), t(.float32, [170]))
    try insert(table, t(.int64, [9]), t(.float32, [91]))
    return try first + found + export(table, value: .float32) + size(table)
  },
  OpCase(
    "MutableDenseHashTableV2 grows",
    expect: [
      t(
        .int64,
        [
          [-1], [17], [-1], [3], [20], [21], [22], [23], [24], [9], [25], [-1], [-1], [-1], [-1],
          [-1],
        ]), t(.int64, 9),
    ]
  ) { _ in
    let table = try dense()
    try insert(table, t(.int64, [17, 9, 3]), t(.float32, [1, 2, 3]))
    try insert(table, t(.int64, [20, 21, 22, 23, 24, 25]), t(.float32, [0, 1, 2, 3, 4, 5]))
    return [try export(table, value: .float32)[0]] + (try size(table))
  },
  OpCase(
    "MutableDenseHashTableV2 of vectors",
    expect: [
      t(
        .int64,
        [[-1, -1], [-1, -1], [-1, -1], [1, 2], [-1, -1], [-1, -1], [-1, -1], [3, 4]]),
      [[3.0, 4.0], [0.0, 0.0]],
    ]
  ) { _ in
    let table = try dense(
      empty: t(.int64, [-1, -1]), deleted: t(.int64, [-2, -2]), ["value_shape": .shape([2])])
    try insert(table, t(.int64, [[1, 2], [3, 4]]), t(.float32, [[1, 2], [3, 4]]))
    let keys = try export(table, value: .float32)[0]
    return [keys] + (try find(table, t(.int64, [[3, 4], [1, 1]]), t(.float32, [0, 0])))
  },
  OpCase(
    "MutableDenseHashTableV2 of strings",
    expect: [[[""], [""], ["b"], ["hello"], ["a"], [""], ["d"], [""]]]
  ) { _ in
    let table = try dense(empty: "".asTensor(), deleted: "x".asTensor())
    try insert(table, ["a", "b", "hello", "d"].asTensor(), t(.float32, [1, 2, 3, 4]))
    return [try export(table, key: .string, value: .float32)[0]]
  },
  OpCase(
    "LookupTableImportV2 of buckets",
    expect: [
      t(.int64, [[4], [1], [-2], [-1]]), t(.int64, 2), [2.0, 0.0, 1.0],
    ]
  ) { _ in
    let table = try dense()
    _ = try applyOp(
      "LookupTableImportV2",
      [table, t(.int64, [[4], [1], [-2], [-1]]), t(.float32, [[1], [2], [3], [4]])])
    let keys = try export(table, value: .float32)[0]
    return try [keys] + size(table) + find(table, t(.int64, [1, 8, 4]), t(.float32, 0))
  },
  OpCase("LookupTableImportV2 of buckets and vectors", error: .invalidArgument) { _ in
    let table = try dense()
    _ = try applyOp(
      "LookupTableImportV2", [table, t(.int64, [[1], [-1]]), t(.float32, [1, 2])])
    return try size(table)
  },
  OpCase("LookupTableFindV2 of the key of empty buckets", error: .invalidArgument) { _ in
    try find(dense(), t(.int64, [-1]), t(.float32, 0))
  },
  OpCase("LookupTableInsertV2 of the key of removed entries", error: .invalidArgument) { _ in
    let table = try dense()
    try insert(table, t(.int64, [-2]), t(.float32, [0]))
    return try size(table)
  },
  OpCase("LookupTableFindV2 of keys of another shape", error: .invalidArgument) { _ in
    try find(dense(), t(.int64, [[3, 4]]), t(.float32, 0))
  },
  OpCase("LookupTableFindV2 of keys of another length", error: .invalidArgument) { _ in
    try find(
      dense(empty: t(.int64, [-1, -1]), deleted: t(.int64, [-2, -2])), t(.int64, [[3, 4, 5]]),
      t(.float32, 0))
  },
  refusedDense("of one key for both", deleted: t(.int64, -1)),
  refusedDense("of keys of two shapes", deleted: t(.int64, [-2])),
  refusedDense("of matrices as keys", empty: t(.int64, [[-1]]), deleted: t(.int64, [[-2]])),
  refusedDense("of five buckets", buckets: 5),
  refusedDense("of too few buckets", buckets: 2),
  refusedDense("of less than no buckets", buckets: -8),
  refusedDense(
    "of larger buckets than memory", buckets: 1 << 30, ["value_shape": .shape([1 << 20])],
    code: .resourceExhausted),
  refusedDense("that may be quite full", ["max_load_factor": .float(1)]),
  refusedDense("that may not be used", ["max_load_factor": .float(0)]),
  refusedDense("of matrices", ["value_shape": .shape([1, 2])]),
  OpCase("MutableDenseHashTable", expect: [[1.0, 0.0]]) { _ in
    let table = try dense("MutableDenseHashTable")
    try insert(table, t(.int64, [7]), t(.float32, [1]), suffix: "")
    return try find(table, t(.int64, [7, 8]), t(.float32, 0), suffix: "")
  },
  OpCase("AnonymousMutableDenseHashTable", expect: [[1.0, 0.0]]) { _ in
    let table = try dense("AnonymousMutableDenseHashTable")
    try insert(table, t(.int64, [7]), t(.float32, [1]))
    return try find(table, t(.int64, [7, 8]), t(.float32, 0))
  },
]
