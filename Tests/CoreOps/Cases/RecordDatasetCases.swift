import CoreOps
import Ops
import TestSupport

private let scalars: Attrs = [
  "output_types": .types([.string]), "output_shapes": .shapes([.scalar]),
]

private func int(_ value: Int) -> Tensor { t(.int64, value) }

private func text(_ value: String) throws -> Tensor { try Tensor(strings: [value], dims: Shape()) }

/// The first records that a dataset op gives.
private func first(_ count: Int, _ op: String, _ inputs: [Tensor]) throws -> [Tensor] {
  let iterator = try applyOp("AnonymousIteratorV3", [], scalars)
  _ = try applyOp("MakeIterator", applyOp(op, inputs) + iterator)
  return try (0..<count).flatMap { _ in try applyOp("IteratorGetNext", iterator, scalars) }
}

/// The inputs after the files of a dataset of records of one length.
private func lengths(_ header: Int, _ record: Int, _ footer: Int) -> [Tensor] {
  [header, record, footer, 0].map(int)
}

/// A TFRecord file of the records `a` and `bb`, as TensorFlow writes it.
private let records: [UInt8] = [
  1, 0, 0, 0, 0, 0, 0, 0, 1, 117, 222, 65, 97, 120, 110, 228, 40, 2, 0, 0, 0, 0, 0, 0, 0, 120, 39,
  11, 52, 98, 98, 99, 151, 226, 165,
]

private func file(_ bytes: [UInt8]) throws -> Tensor {
  let path = try text(TestFiles.path("records"))
  _ = try EagerInterpreter.apply(
    OpDef.registered("WriteFile"), [path, Tensor(strings: [bytes], dims: Shape())], [:], .plain)
  return path
}

let recordDatasetCases: [OpCase] = [
  OpCase("TextLineDataset", expect: ["one", "two", "", "three", "x"]) { _ in
    let files = try ["one\r\ntwo\n\nthree", "x\n"].map { try TestFiles.write("lines", $0) }
    let paths = try Tensor(strings: files, dims: [2])
    return try first(5, "TextLineDataset", [paths, text(""), int(0)])
  },
  OpCase("TextLineDataset of a missing file", error: .notFound) { _ in
    try first(1, "TextLineDataset", [text(TestFiles.path("missing")), text(""), int(0)])
  },
  OpCase("TextLineDataset that is not packed", error: .dataLoss) { _ in
    let path = try TestFiles.write("lines", "one\ntwo\n")
    return try first(1, "TextLineDataset", [text(path), text("GZIP"), int(0)])
  },
  OpCase("TextLineDataset of a strange format", error: .invalidArgument) { _ in
    try first(1, "TextLineDataset", [text("x"), text("x"), int(0)])
  },
  OpCase("TextLineDataset without a buffer", error: .invalidArgument) { _ in
    try first(1, "TextLineDataset", [text("x"), text(""), int(-1)])
  },
  OpCase("FixedLengthRecordDataset", expect: ["abc", "def"]) { _ in
    let path = try text(TestFiles.write("fixed", "HHabcdefFF"))
    return try first(2, "FixedLengthRecordDataset", [path] + lengths(2, 3, 2))
  },
  OpCase("FixedLengthRecordDatasetV2", expect: ["abc", "def"]) { _ in
    let path = try text(TestFiles.write("fixed", "HHabcdefFF"))
    return try first(2, "FixedLengthRecordDatasetV2", [path] + lengths(2, 3, 2) + [text("")])
  },
  OpCase("FixedLengthRecordDataset at the end", error: .outOfRange) { _ in
    let path = try text(TestFiles.write("fixed", "HHabcFF"))
    return try first(2, "FixedLengthRecordDataset", [path] + lengths(2, 3, 2))
  },
  OpCase("FixedLengthRecordDataset with a part of a record", error: .invalidArgument) { _ in
    let path = try text(TestFiles.write("fixed", "HHabcdeFF"))
    return try first(1, "FixedLengthRecordDataset", [path] + lengths(2, 3, 2))
  },
  OpCase("FixedLengthRecordDataset shorter than its header", error: .invalidArgument) { _ in
    let path = try text(TestFiles.write("fixed", "H"))
    return try first(1, "FixedLengthRecordDataset", [path] + lengths(.max, .max, .max))
  },
  OpCase("FixedLengthRecordDataset of no bytes", error: .invalidArgument) { _ in
    try first(1, "FixedLengthRecordDataset", [text("x")] + lengths(0, 0, 0))
  },
  OpCase("TFRecordDataset", expect: ["a", "bb"]) { _ in
    try first(2, "TFRecordDataset", [file(records), text(""), int(0)])
  },
  OpCase("TFRecordDataset that is cut off", error: .dataLoss) { _ in
    try first(2, "TFRecordDataset", [file(records.dropLast(3)), text(""), int(0)])
  },
  OpCase("TFRecordDatasetV2 from a place on", expect: ["bb"]) { _ in
    let offsets = t(.int64, [17])
    return try first(1, "TFRecordDatasetV2", [file(records), text(""), int(0), offsets])
  },
  OpCase("TFRecordDatasetV2 from no record on", error: .dataLoss) { _ in
    let offsets = t(.int64, [5])
    return try first(1, "TFRecordDatasetV2", [file(records), text(""), int(0), offsets])
  },
  OpCase("MatchingFilesDataset", expect: [true]) { _ in
    let path = try TestFiles.write("matching", "x")
    // A class of one character, so that it matches this file alone.
    let pattern = "\(path.dropLast())[\(path.suffix(1))]"
    let found = try first(1, "MatchingFilesDataset", [text(pattern)])
    return [try ComparisonOps.family.equal(found[0], text(path))]
  },
  OpCase("ExperimentalMatchingFilesDataset of none", error: .outOfRange) { _ in
    try first(1, "ExperimentalMatchingFilesDataset", [text(TestFiles.path("missing") + "*")])
  },
]
