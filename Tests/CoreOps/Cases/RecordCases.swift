import CoreOps
import Ops
import Serialization
import TestSupport

private func texts(_ values: String...) -> Tensor {
  try! Tensor(strings: values, dims: [values.count])
}
private func bytes(_ value: [UInt8]) -> Tensor { try! Tensor(strings: [value], dims: []) }

/// A TFRecord file.
private func records(_ values: [String], _ compressionType: String = "") throws -> String {
  let path = try TestFiles.path("records")
  let writer = try TFRecordWriter(path, options: TFRecordOptions(compressionType: compressionType))
  for value in values { try writer.write(Array(value.utf8)) }
  try writer.close()
  return path
}

/// A reader of that name, and a queue of paths for it that is closed.
private func opened(
  _ op: String, _ name: String, _ paths: [String], _ attrs: Attrs = [:]
) throws -> (reader: Tensor, queue: Tensor) {
  let shared = AttrValue.string("readers/" + name)
  let reader = try applyOp(op, [], attrs.with("shared_name", shared))[0]
  let queue = try applyOp(
    "FIFOQueueV2", [], ["component_types": .types([.string]), "shared_name": shared])[0]
  _ = try applyOp("ReaderResetV2", [reader])
  for path in paths { _ = try applyOp("QueueEnqueueV2", [queue, path.asTensor()]) }
  return (reader, queue)
}

/// The value of the next record, read after what `before` does.
private func next(_ open: (reader: Tensor, queue: Tensor)) throws -> Tensor {
  try applyOp("ReaderReadV2", [open.reader, open.queue])[1]
}

private func upTo(_ count: Int64, _ open: (reader: Tensor, queue: Tensor)) throws -> Tensor {
  try applyOp("ReaderReadUpToV2", [open.reader, open.queue, Tensor(scalar: count)])[1]
}

private let hello: [UInt8] = [
  120, 156, 203, 72, 205, 201, 201, 7, 0, 6, 44, 2, 21,
]

let recordCases: [OpCase] =
  [
    OpCase("IdentityReaderV2", expect: ["a"]) { _ in
      [try next(opened("IdentityReaderV2", "identity", ["a"]))]
    },
    OpCase("WholeFileReaderV2", expect: ["a\nb"]) { _ in
      [try next(opened("WholeFileReaderV2", "whole", [TestFiles.write("whole", "a\nb")]))]
    },
    OpCase("TextLineReaderV2", expect: [["b", "", "c"]]) { _ in
      [
        try upTo(
          9,
          opened(
            "TextLineReaderV2", "lines", [TestFiles.write("lines", "a\nb\r\n\nc")],
            ["skip_header_lines": .int(1)]))
      ]
    },
    OpCase("TextLineReaderV2 that skips less than no lines", error: .invalidArgument) { _ in
      [try next(opened("TextLineReaderV2", "none", [], ["skip_header_lines": .int(-1)]))]
    },
    OpCase("FixedLengthRecordReaderV2", expect: [["abc", "cde", "efg"]]) { _ in
      [
        try upTo(
          9,
          opened(
            "FixedLengthRecordReaderV2", "fixed", [TestFiles.write("fixed", "HHabcdefghF")],
            [
              "header_bytes": .int(2), "record_bytes": .int(3), "footer_bytes": .int(1),
              "hop_bytes": .int(2),
            ]))
      ]
    },
    OpCase("FixedLengthRecordReaderV2 of a file that ends in the header", error: .outOfRange) { _ in
      [
        try next(
          opened(
            "FixedLengthRecordReaderV2", "short", [TestFiles.write("short", "H")],
            ["header_bytes": .int(2), "record_bytes": .int(3)]))
      ]
    },
    OpCase("TFRecordReaderV2", expect: [["a", "", "bc"]]) { _ in
      [try upTo(9, opened("TFRecordReaderV2", "records", [records(["a", "", "bc"])]))]
    },
    OpCase("TFRecordReaderV2 of a compressed file", expect: [["a", "bc"]]) { _ in
      [
        try upTo(
          9,
          opened(
            "TFRecordReaderV2", "gzip", [records(["a", "bc"], "GZIP")],
            ["compression_type": .string("GZIP")]))
      ]
    },
    OpCase("TFRecordReaderV2 of a text", error: .dataLoss) { _ in
      [try next(opened("TFRecordReaderV2", "text", [TestFiles.write("text", "0123456789abcdef")]))]
    },
    OpCase("ReaderReadV2 goes on with the next file", expect: ["c"]) { _ in
      let open = try opened("TFRecordReaderV2", "files", [records(["a"]), records(["c"])])
      _ = try next(open)
      return [try next(open)]
    },
    OpCase("ReaderReadV2 of a file that is not there", error: .notFound) { _ in
      [try next(opened("TextLineReaderV2", "missing", [TestFiles.path("missing")]))]
    },
    OpCase("ReaderReadUpToV2 of none", expect: [texts()]) { _ in
      [try upTo(0, opened("IdentityReaderV2", "few", []))]
    },
    OpCase("ReaderNumRecordsProducedV2", expect: [[3] as [Int64]]) { _ in
      let open = try opened("TFRecordReaderV2", "counted", [records(["a", "b", "c"])])
      _ = try upTo(9, open)
      let count = try applyOp("ReaderNumRecordsProducedV2", [open.reader])[0]
      return try applyOp("Reshape", [count, [1].asTensor()])
    },
    OpCase("ReaderNumWorkUnitsCompletedV2", expect: [[1] as [Int64]]) { _ in
      let open = try opened("IdentityReaderV2", "completed", ["a"])
      _ = try next(open)
      let count = try applyOp("ReaderNumWorkUnitsCompletedV2", [open.reader])[0]
      return try applyOp("Reshape", [count, [1].asTensor()])
    },
    OpCase("ReaderSerializeStateV2", expect: [bytes([8, 1, 16, 1, 24, 1, 34, 1, 97])]) { _ in
      let open = try opened("IdentityReaderV2", "saved", ["a"])
      _ = try next(open)
      return try applyOp("ReaderSerializeStateV2", [open.reader])
    },
    OpCase("ReaderSerializeStateV2 of a reader without", error: .unimplemented) { _ in
      try applyOp("ReaderSerializeStateV2", [opened("TextLineReaderV2", "unsaved", []).reader])
    },
    OpCase("ReaderRestoreStateV2", expect: [[5] as [Int64]]) { _ in
      let reader = try opened("WholeFileReaderV2", "restored", []).reader
      _ = try applyOp("ReaderRestoreStateV2", [reader, bytes([8, 1, 16, 3, 24, 5])])
      let count = try applyOp("ReaderNumRecordsProducedV2", [reader])[0]
      return try applyOp("Reshape", [count, [1].asTensor()])
    },
    OpCase("ReaderRestoreStateV2 of work that is not finished", error: .invalidArgument) { _ in
      let reader = try opened("IdentityReaderV2", "unfinished", []).reader
      _ = try applyOp("ReaderRestoreStateV2", [reader, bytes([8, 3, 16, 1])])
      return try applyOp("ReaderNumRecordsProducedV2", [reader])
    },
    OpCase("ReaderResetV2", expect: [[0] as [Int64]]) { _ in
      let open = try opened("IdentityReaderV2", "reset", ["a"])
      _ = try next(open)
      _ = try applyOp("ReaderResetV2", [open.reader])
      let count = try applyOp("ReaderNumRecordsProducedV2", [open.reader])[0]
      return try applyOp("Reshape", [count, [1].asTensor()])
    },
    OpCase("RecordInput", expect: [["4", "2", "1", "0", "3"]]) { _ in
      let path = AttrValue.string(try records(["0", "1", "2", "3", "4"]))
      return try applyOp("RecordInput", [], ["file_pattern": path, "batch_size": .int(5)])
    },
    OpCase("RecordInput over several epochs", expect: [["4", "3", "1", "0", "2", "4", "2", "3"]]) {
      _ in
      let path = AttrValue.string(try records(["0", "1", "2", "3", "4"]))
      return try applyOp(
        "RecordInput", [],
        ["file_pattern": path, "batch_size": .int(8), "file_random_seed": .int(7)])
    },
    OpCase(
      "RecordInput of no files", [], ["file_pattern": .string("/nothing/is/here/*")],
      error: .notFound),
    OpCase("RecordInput of empty files", error: .outOfRange) { _ in
      try applyOp(
        "RecordInput", [], ["file_pattern": .string(TestFiles.write("empty", ""))])
    },
  ] + referenceCases

/// Readers by a reference to their name.
private let referenceCases: [OpCase] =
  [
    ("IdentityReader", [:] as Attrs), ("WholeFileReader", [:]), ("TextLineReader", [:]),
    ("FixedLengthRecordReader", ["record_bytes": .int(1)]), ("TFRecordReader", [:]),
  ].map { op, attrs in
    OpCase("\(op) has read nothing", expect: [[0] as [Int64]]) { _ in
      let reader = try reference(op, "new", attrs)
      let count = try applyOp("ReaderNumRecordsProduced", [reader])[0]
      return try applyOp("Reshape", [count, [1].asTensor()])
    }
  } + [
    OpCase("ReaderRead from what is no queue", error: .notFound) { _ in
      let reader = try reference("IdentityReader", "reading")
      return try applyOp("ReaderRead", [reader, reader])
    },
    OpCase("ReaderReadUpTo of none", expect: [texts(), texts()]) { _ in
      let reader = try reference("IdentityReader", "reading")
      return try applyOp("ReaderReadUpTo", [reader, reader, Tensor(scalar: Int64(0))])
    },
    OpCase("ReaderNumRecordsProduced", expect: [[5] as [Int64]]) { _ in
      try restored("produced", "ReaderNumRecordsProduced")
    },
    OpCase("ReaderNumWorkUnitsCompleted", expect: [[3] as [Int64]]) { _ in
      try restored("completed", "ReaderNumWorkUnitsCompleted")
    },
    OpCase("ReaderSerializeState", expect: [bytes([8, 1, 16, 3, 24, 5])]) { _ in
      let reader = try reference("IdentityReader", "saved")
      _ = try applyOp("ReaderRestoreState", [reader, bytes([8, 1, 16, 3, 24, 5])])
      return try applyOp("ReaderSerializeState", [reader])
    },
    OpCase("ReaderRestoreState of a reader without", error: .unimplemented) { _ in
      let reader = try reference("TextLineReader", "unsaved")
      _ = try applyOp("ReaderRestoreState", [reader, bytes([8, 1, 16, 3, 24, 5])])
      return try applyOp("ReaderSerializeState", [reader])
    },
    OpCase("ReaderReset", expect: [bytes([])]) { _ in
      let reader = try reference("IdentityReader", "reset")
      _ = try applyOp("ReaderRestoreState", [reader, bytes([8, 1, 16, 3, 24, 5])])
      _ = try applyOp("ReaderReset", [reader])
      return try applyOp("ReaderSerializeState", [reader])
    },
  ]

private func reference(_ op: String, _ name: String, _ attrs: Attrs = [:]) throws -> Tensor {
  try applyOp(op, [], attrs.with("shared_name", .string("readers/\(op)/\(name)")))[0]
}

/// What an op says of a reader by reference whose state was restored.
private func restored(_ name: String, _ op: String) throws -> [Tensor] {
  let reader = try reference("IdentityReader", name)
  _ = try applyOp("ReaderRestoreState", [reader, bytes([8, 1, 16, 3, 24, 5])])
  return try applyOp("Reshape", [applyOp(op, [reader])[0], [1].asTensor()])
}

let fileCases: [OpCase] = [
  OpCase("ReadFile", expect: ["a\nb"]) { _ in
    try applyOp("ReadFile", [TestFiles.write("read", "a\nb").asTensor()])
  },
  OpCase("ReadFile that is not there", error: .notFound) { _ in
    try applyOp("ReadFile", [TestFiles.path("nothing").asTensor()])
  },
  OpCase("ReadFile of several", [["a", "b"]], error: .invalidArgument),
  OpCase("WriteFile", expect: ["new"]) { _ in
    let path = try TestFiles.path("folder") + "/deep/file"
    _ = try applyOp("WriteFile", [path.asTensor(), "new".asTensor()])
    return [try next(opened("WholeFileReaderV2", "written", [path]))]
  },
  OpCase("WriteFile over a folder", error: .failedPrecondition) { _ in
    try after(applyOp("WriteFile", ["/tmp".asTensor(), "new".asTensor()]))
  },
  OpCase("MatchingFiles", expect: [[true]]) { _ in
    let path = try TestFiles.write("matched", "")
    let pattern = path.replacing("matched-", with: "m*[d]?")
    let found = try applyOp("MatchingFiles", [pattern.asTensor()])[0]
    return try applyOp("Equal", [found, [path].asTensor()])
  },
  OpCase("MatchingFiles of none", ["/nothing/is/here/*"], expect: [texts()]),
  OpCase("MatchingFiles of a matrix", [[["a"]]], error: .invalidArgument),
  OpCase("ImmutableConst", expect: [t(.uint8, [97, 98])]) { _ in
    let path = AttrValue.string(try TestFiles.write("constant", "abc"))
    return try applyOp(
      "ImmutableConst", [],
      ["dtype": .type(.uint8), "shape": .shape([2]), "memory_region_name": path])
  },
  OpCase("ImmutableConst of a file that is too short", error: .internal) { _ in
    let path = AttrValue.string(try TestFiles.write("constant", "abc"))
    return try applyOp(
      "ImmutableConst", [],
      ["dtype": .type(.float32), "shape": .shape([2]), "memory_region_name": path])
  },
  OpCase(
    "ImmutableConst of strings", [],
    ["dtype": .type(.string), "shape": .shape([2]), "memory_region_name": .string("x")],
    error: .unimplemented),
]

let messageCases: [OpCase] = [
  OpCase(
    "SerializeTensor", [[1, 2]],
    expect: [bytes([8, 3, 18, 4, 18, 2, 8, 2, 34, 8, 1, 0, 0, 0, 2, 0, 0, 0])]),
  OpCase(
    "SerializeTensor of strings", [["a", ""]],
    expect: [bytes([8, 7, 18, 4, 18, 2, 8, 2, 66, 1, 97, 66, 0])]),
  OpCase(
    "ParseTensor", [bytes([8, 1, 18, 4, 18, 2, 8, 2, 42, 4, 0, 0, 128, 63])],
    ["out_type": .type(.float32)], expect: [[1.0, 1.0]]),
  OpCase(
    "ParseTensor of another dtype", [bytes([8, 1, 18, 0, 34, 4, 0, 0, 128, 63])],
    ["out_type": .type(.int32)], error: .invalidArgument),
  OpCase(
    "ParseTensor of bytes that are no message", [bytes([255, 255])],
    ["out_type": .type(.int32)], error: .invalidArgument),
  OpCase("ParseTensor of nothing", [""], ["out_type": .type(.int32)], error: .invalidArgument),
  OpCase("ParseTensor of several", [[""]], ["out_type": .type(.int32)], error: .invalidArgument),
  OpCase("DecodeCompressed", [["abc"]], expect: [["abc"]]),
  OpCase(
    "DecodeCompressed of zlib's format", [bytes(hello)], ["compression_type": .string("ZLIB")],
    expect: ["hello"]),
  OpCase(
    "DecodeCompressed of a stream that is cut short", [bytes(Array(hello.dropLast(7)))],
    ["compression_type": .string("ZLIB")], expect: ["hel"]),
  OpCase(
    "DecodeCompressed of what is not compressed", ["abc"], ["compression_type": .string("GZIP")],
    error: .dataLoss),
  OpCase(
    "DecodeCompressed of another format", ["abc"], ["compression_type": .string("LZ4")],
    error: .invalidArgument),
  OpCase(
    "DecodeJSONExample",
    [
      """
      {'features': {feature: {"a": {"int64List": {"value": [1, "-2", 1e1,]}},
        "b": {"bytes_list": {"value": "aGk"}}, "c": {"floatList": {"value": ["NaN", 0.5]}}}}}
      """
    ],
    expect: [
      bytes([
        10, 56, 10, 22, 10, 1, 97, 18, 17, 26, 15, 8, 1, 8, 254, 255, 255, 255, 255, 255, 255, 255,
        255, 1, 8, 10, 10, 11, 10, 1, 98, 18, 6, 10, 4, 10, 2, 104, 105, 10, 17, 10, 1, 99, 18, 12,
        18, 10, 13, 0, 0, 192, 127, 13, 0, 0, 0, 63,
      ])
    ]),
  OpCase("DecodeJSONExample of nothing", [["{}", "null"]], error: .invalidArgument),
  OpCase("DecodeJSONExample of an empty one", [["{}"]], expect: [[""]]),
  OpCase(
    "DecodeJSONExample with another field", ["{\"feature\": {}}"], error: .invalidArgument),
]
