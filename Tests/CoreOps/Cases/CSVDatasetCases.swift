import CoreOps
import Ops
import TestSupport

/// Elements of a dataset of the records of one file.
///
/// - Parameters:
///   - count: how many are asked for.
///   - skips: whether those that are refused are passed over.
private func records(
  _ text: String, _ types: [DType], _ defaults: [Tensor], _ count: Int, select: [Int] = [],
  exclude: [Int] = [], header: Bool = false, delimiter: String = ",", quotes: Bool = true,
  notAvailable: String = "", op: String = "CSVDatasetV2"
) throws -> [Tensor] {
  let attrs: Attrs = [
    "output_types": .types(types),
    "output_shapes": .shapes([PartialShape](repeating: .scalar, count: types.count)),
  ]
  func scalar(_ text: String) throws -> Tensor { try Tensor(strings: [text], dims: Shape()) }
  func columns(_ values: [Int]) throws -> Tensor {
    try Tensor(values.map { Int64($0) }, dims: [values.count])
  }
  var inputs = [
    try scalar(TestFiles.write("csv", text)), try scalar(""), t(.int64, 7),
    try Tensor(scalar: header), try scalar(delimiter), try Tensor(scalar: quotes),
    try scalar(notAvailable), try columns(select),
  ]
  inputs += defaults
  if op == "CSVDatasetV2" { inputs.append(try columns(exclude)) }
  let iterator = try applyOp("AnonymousIteratorV3", [], attrs)
  _ = try applyOp("MakeIterator", applyOp(op, inputs, attrs) + iterator)
  return try (0..<count).flatMap { _ in try applyOp("IteratorGetNext", iterator, attrs) }
}

private func none(_ dtype: DType) -> Tensor {
  try! Tensor.zeros(dtype, [0])
}

let csvDatasetCases: [OpCase] = [
  OpCase(
    "CSVDatasetV2",
    expect: [
      1, t(.float32, 2.5), "a \"b\", c", 7, t(.float32, 8.5), "x", 3, t(.float32, 4), "two\nlines",
    ]
  ) { _ in
    try records(
      "1,2.5,\"a \"\"b\"\", c\"\r\n,NA,x\n3, 4 ,\"two\nlines\"", [.int32, .float32, .string],
      [t(.int32, [7]), t(.float32, [8.5]), none(.string)], 3, notAvailable: "NA")
  },
  OpCase(
    "CSVDataset of some columns",
    expect: [t(.int64, 1), t(.float64, 3), t(.int64, 4), t(.float64, 6)]
  ) { _ in
    try records(
      "h1,\"h\n2\",h3\r1,2,3\r\n4,5,6\n", [.int64, .float64], [none(.int64), none(.float64)], 2,
      select: [0, 2], header: true, op: "CSVDataset")
  },
  OpCase("CSVDatasetV2 without a column", expect: [t(.int64, 4), t(.float64, 6)]) { _ in
    Array(
      try records(
        "1,2,3\n4,5,6\n", [.int64, .float64], [none(.int64), none(.float64)], 2, exclude: [1]
      ).suffix(2))
  },
  OpCase("CSVDatasetV2 without quotes", expect: ["a\"b", "\"c\""]) { _ in
    try records(
      "a\"b;\"c\"\n", [.string, .string], [none(.string), none(.string)], 1, delimiter: ";",
      quotes: false)
  },
  OpCase("ExperimentalCSVDataset of empty fields", expect: [1, 5, 2]) { _ in
    try records("1\n\n2", [.int32], [t(.int32, [5])], 3, op: "ExperimentalCSVDataset")
  },
  OpCase("CSVDatasetV2 at the end", error: .outOfRange) { _ in
    try records("1,a", [.int32, .string], [t(.int32, [5]), none(.string)], 2)
  },
  OpCase("CSVDatasetV2 with a missing field", error: .invalidArgument) { _ in
    try records("1,", [.int32, .string], [t(.int32, [5]), none(.string)], 1)
  },
  OpCase("CSVDatasetV2 with too few fields", error: .invalidArgument) { _ in
    try records("1\n", [.int32, .int32], [none(.int32), none(.int32)], 1)
  },
  OpCase("CSVDatasetV2 with too many fields", error: .invalidArgument) { _ in
    try records("1,2\n", [.int32], [none(.int32)], 1)
  },
  OpCase("CSVDatasetV2 with a field that is no number", error: .invalidArgument) { _ in
    try records("x\n", [.int32], [none(.int32)], 1)
  },
  OpCase("CSVDatasetV2 with a quote that does not end", error: .invalidArgument) { _ in
    try records("1,\"2\n3,4", [.int32, .int32], [none(.int32), none(.int32)], 1)
  },
  OpCase("CSVDatasetV2 with a quote inside", error: .invalidArgument) { _ in
    try records("a\"b", [.string], [none(.string)], 1)
  },
  OpCase("CSVDatasetV2 with a header that is not there", error: .invalidArgument) { _ in
    try records("", [.int32], [none(.int32)], 1, header: true)
  },
  OpCase("CSVDatasetV2 with columns that do not ascend", error: .invalidArgument) { _ in
    try records("", [.int32, .int32], [none(.int32), none(.int32)], 1, select: [1, 1])
  },
  OpCase("CSVDatasetV2 with columns chosen twice over", error: .invalidArgument) { _ in
    try records("", [.int32], [none(.int32)], 1, select: [1], exclude: [0])
  },
]
