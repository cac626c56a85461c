import CoreOps
import Ops
import TestSupport

private func table(
  _ name: String, _ op: String = "HashTableV2", key: DType = .string, value: DType = .int64
) throws -> Tensor {
  try applyOp(
    op, [], ["shared_name": .string(name), "key_dtype": .type(key), "value_dtype": .type(value)])[0]
}

/// A filled table.
private func filled(
  _ name: String, _ keys: any TensorConvertible, _ values: [Int64], key: DType = .string,
  suffix: String = "V2"
) throws -> Tensor {
  let table = try table(name, "HashTable" + suffix, key: key)
  _ = try applyOp(
    "InitializeTable" + suffix,
    [table, keys.asTensor(preferring: key), Tensor(values, shape: [values.count])])
  return table
}

private func int64(_ values: Int64...) -> Tensor { try! Tensor(values, shape: [values.count]) }

/// A file of lines, filled into a table.
private func vocabulary(_ name: String, _ lines: String, _ attrs: Attrs, value: DType = .int64)
  throws -> Tensor
{
  let path = try TestFiles.write(name, lines)
  let table = try table(name, value: value)
  _ = try applyOp("InitializeTableFromTextFileV2", [table, path.asTensor()], attrs)
  return table
}

private let wholeLines: Attrs = ["key_index": .int(-2), "value_index": .int(-1)]

let tableCases: [OpCase] = [
  OpCase("LookupTableSizeV2 before the table is filled", expect: [int64(0)]) { _ in
    try applyOp("LookupTableSizeV2", [table("table/unfilled")]).map {
      try applyOp("Reshape", [$0, [1].asTensor()])[0]
    }
  },
  OpCase("HashTableV2 is found again by name", expect: [int64(2)]) { _ in
    _ = try filled("table/named", ["a", "b"], [1, 2])
    return try applyOp("LookupTableSizeV2", [table("table/named")]).map {
      try applyOp("Reshape", [$0, [1].asTensor()])[0]
    }
  },
  OpCase("HashTableV2 of other dtypes under the name", error: .invalidArgument) { _ in
    _ = try filled("table/taken", ["a"], [1])
    return try applyOp("LookupTableSizeV2", [table("table/taken", value: .float32)])
  },
  OpCase("InitializeTableV2", [["a", "x", "b"]], expect: [int64(1, -1, 2)]) {
    try applyOp(
      "LookupTableFindV2",
      [filled("table/strings", ["a", "b"], [1, 2]), $0[0], Tensor(scalar: Int64(-1))])
  },
  OpCase("LookupTableFind of a name that no table has", error: .notFound) { _ in
    try applyOp(
      "LookupTableFind",
      [["localhost", "no/table"].asTensor(), ["a"].asTensor(), Tensor(scalar: Int64(0))])
  },
  OpCase("InitializeTable of another dtype", error: .invalidArgument) { _ in
    let table = try table("table/old/typed", "HashTable")
    _ = try applyOp("InitializeTable", [table, [1].asTensor(), int64(1)])
    return try applyOp("LookupTableSize", [table])
  },
  OpCase("LookupTableExport before the table is filled", error: .aborted) { _ in
    try applyOp(
      "LookupTableExport", [table("table/old/unfilled", "HashTable")],
      ["Tkeys": .type(.string), "Tvalues": .type(.int64)])
  },
  OpCase("LookupTableFindV2 keeps the shape of the keys", expect: [[[true], [false]]]) { _ in
    let table = try filled("table/integers", [5, 7], [1, 2], key: .int64)
    let found = try applyOp(
      "LookupTableFindV2",
      [table, Tensor([7, 8] as [Int64], shape: [2, 1]), Tensor(scalar: Int64(0))])[0]
    return try applyOp("Equal", [found, Tensor(scalar: Int64(2))])
  },
  OpCase("LookupTableFindV2 before the table is filled", error: .failedPrecondition) { _ in
    try applyOp(
      "LookupTableFindV2", [table("table/empty"), ["a"].asTensor(), Tensor(scalar: Int64(0))])
  },
  OpCase("LookupTableFindV2 of another dtype", error: .invalidArgument) { _ in
    try applyOp(
      "LookupTableFindV2",
      [filled("table/typed", ["a"], [1]), [1].asTensor(), Tensor(scalar: Int64(0))])
  },
  OpCase("InitializeTableV2 with two values of a key", error: .failedPrecondition) { _ in
    try applyOp("LookupTableSizeV2", [filled("table/twice", ["a", "a"], [1, 2])])
  },
  OpCase("InitializeTableV2 without keys", error: .invalidArgument) { _ in
    try applyOp(
      "LookupTableSizeV2",
      [filled("table/none", Tensor(.string, [String](), shape: [0]), [])])
  },
  OpCase("InitializeTableV2 again with as many", expect: [int64(1)]) { _ in
    _ = try filled("table/again", ["a"], [1])
    let again = try filled("table/again", ["z"], [9])
    return try applyOp("LookupTableFindV2", [again, ["a"].asTensor(), Tensor(scalar: Int64(0))])
  },
  OpCase("InitializeTableV2 again with more", error: .failedPrecondition) { _ in
    _ = try filled("table/more", ["a"], [1])
    return try applyOp("LookupTableSizeV2", [filled("table/more", ["a", "b"], [1, 2])])
  },
  OpCase("LookupTableImportV2", expect: [int64(3)]) { _ in
    let table = try table("table/imported")
    _ = try applyOp("LookupTableImportV2", [table, ["k"].asTensor(), int64(3)])
    return try applyOp("LookupTableFindV2", [table, ["k"].asTensor(), Tensor(scalar: Int64(0))])
  },
  OpCase("LookupTableExportV2", expect: [["b", "a"], int64(1, 2)]) { _ in
    try applyOp(
      "LookupTableExportV2", [filled("table/exported", ["b", "a"], [1, 2])],
      ["Tkeys": .type(.string), "Tvalues": .type(.int64)])
  },
  OpCase("HashTable", expect: [int64(7, 0)]) { _ in
    let table = try filled("table/reference", ["a", "b"], [7, 8], suffix: "")
    return try applyOp(
      "LookupTableFind", [table, ["a", "c"].asTensor(), Tensor(scalar: Int64(0))])
  },
  OpCase("LookupTableSize", expect: [int64(2)]) { _ in
    let size = try applyOp(
      "LookupTableSize", [filled("table/sized", ["a", "b"], [7, 8], suffix: "")])[0]
    return try applyOp("Reshape", [size, [1].asTensor()])
  },
  OpCase("LookupTableImport", expect: [["a"], int64(7)]) { _ in
    let table = try table("table/old/import", "HashTable")
    _ = try applyOp("LookupTableImport", [table, ["a"].asTensor(), int64(7)])
    return try applyOp(
      "LookupTableExport", [table], ["Tkeys": .type(.string), "Tvalues": .type(.int64)])
  },
  OpCase("InitializeTableFromTextFileV2", [["b", "c", "d"]], expect: [int64(1, 2, -1)]) {
    try applyOp(
      "LookupTableFindV2",
      [vocabulary("lines", "a\r\nb\nc", wholeLines), $0[0], Tensor(scalar: Int64(-1))])
  },
  OpCase("InitializeTableFromTextFileV2 by columns", expect: [["a", "b"], [3.5, 4.0]]) { _ in
    let table = try vocabulary(
      "columns", "a,3.5\nb,4\n",
      ["key_index": .int(0), "value_index": .int(1), "delimiter": .string(",")], value: .float32)
    return try applyOp(
      "LookupTableExportV2", [table], ["Tkeys": .type(.string), "Tvalues": .type(.float32)])
  },
  OpCase("InitializeTableFromTextFileV2 of the first lines", expect: [["a", "b"], int64(10, 11)]) {
    _ in
    let table = try vocabulary(
      "first", "a\nb\nc\n", wholeLines.with("vocab_size", .int(2)).with("offset", .int(10)))
    return try applyOp(
      "LookupTableExportV2", [table], ["Tkeys": .type(.string), "Tvalues": .type(.int64)])
  },
  OpCase("InitializeTableFromTextFileV2 of too few lines", error: .invalidArgument) { _ in
    let table = try vocabulary("few", "a\nb\n", wholeLines.with("vocab_size", .int(5)))
    return try applyOp("LookupTableSizeV2", [table])
  },
  OpCase("InitializeTableFromTextFileV2 with an empty line", error: .invalidArgument) { _ in
    try applyOp("LookupTableSizeV2", [vocabulary("gap", "a\n\nc\n", wholeLines)])
  },
  OpCase("InitializeTableFromTextFileV2 of a broken number", error: .invalidArgument) { _ in
    let table = try vocabulary(
      "number", "a\tx\n", ["key_index": .int(0), "value_index": .int(1)])
    return try applyOp("LookupTableSizeV2", [table])
  },
  OpCase("InitializeTableFromTextFileV2 of no file", error: .notFound) { _ in
    let table = try table("table/no/file")
    _ = try applyOp(
      "InitializeTableFromTextFileV2", [table, "/nonexistent/vocabulary".asTensor()], wholeLines)
    return try applyOp("LookupTableSizeV2", [table])
  },
  OpCase("InitializeTableFromTextFile", expect: [int64(1)]) { _ in
    let path = try TestFiles.write("old lines", "a\nb\n")
    let table = try table("table/old/lines", "HashTable")
    _ = try applyOp("InitializeTableFromTextFile", [table, path.asTensor()], wholeLines)
    return try applyOp("LookupTableFind", [table, ["b"].asTensor(), Tensor(scalar: Int64(-1))])
  },
]

extension Tensor {
  fileprivate init(_: DType, _ values: [String], shape: [Int]) {
    self = try! Tensor(values, shape: shape)
  }
}
