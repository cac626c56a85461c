import CoreOps
import Foundation
import Ops
import TestSupport

/// A scalar string of those bytes, in Base64.
private func message(_ text: String) -> Tensor {
  guard let data = Data(base64Encoded: text) else { preconditionFailure("no Base64: \(text)") }
  return try! Tensor(strings: [Array(data)], dims: [])
}

/// A float32 tensor of that shape, without elements.
private func elements(_ dims: [Int]) -> Tensor { try! Tensor.uninitialized(.float32, Shape(dims)) }

/// The pixels of the only PNG file in a message, which is its end.
private func pixels(of summary: Tensor, from start: Int = 23) throws -> [Tensor] {
  let file = try applyOp("Substr", [summary, Int32(start).asTensor(), Int32(-1).asTensor()])
  return try applyOp("DecodePng", file)
}

/// A writer of a file in a folder of its own.
private func writer(_ name: String, creates: Bool = true) throws -> Tensor {
  let folder = try TestFiles.path(name)
  let writer = try applyOp("SummaryWriter", [], ["shared_name": .string(folder)])[0]
  guard creates else { return writer }
  _ = try applyOp(
    "CreateSummaryFileWriter",
    [
      writer, (folder + "/inner").asTensor(), Int32(10).asTensor(), Int32(60_000).asTensor(),
      ".suffix".asTensor(),
    ])
  return writer
}

/// Something that a graph can give once all calls before are done.
private func done() throws -> [Tensor] {
  let table = try applyOp(
    "HashTableV2", [],
    [
      "shared_name": .string(TestFiles.path("done")), "key_dtype": .type(.int64),
      "value_dtype": .type(.int64),
    ])
  return try applyOp("LookupTableSizeV2", table)
}

/// Writes, and says that it is done.
private func write(
  _ op: String, _ inputs: [any TensorConvertible], _ attrs: Attrs = [:], creates: Bool = true
) throws -> [Tensor] {
  let writer = try writer(op, creates: creates)
  _ = try applyOp(op, [writer] + inputs.map { try $0.asTensor() }, attrs)
  _ = try applyOp("FlushSummaryWriter", [writer])
  _ = try applyOp("CloseSummaryWriter", [writer])
  return try done()
}

private let isDone = t(.int64, 0)

private let step = t(.int64, 3)

/// Messages for TensorBoard, with what TensorFlow 2.21 gives.
let summaryCases: [OpCase] = [
  OpCase(
    "ScalarSummary", [["a", "b"], [1.5, 2.0]],
    expect: [message("CggKAWEVAADAPwoICgFiFQAAAEA=")]),
  OpCase(
    "ScalarSummary of an integer", ["count", t(.int64, 7)],
    expect: [message("CgwKBWNvdW50FQAA4EA=")]),
  OpCase(
    "ScalarSummary without a tag", ["", 0.0],
    expect: [message("CgUVAAAAAA==")]),
  OpCase(
    "ScalarSummary of other shapes", [["a"], 0.0],
    error: .invalidArgument),
  OpCase(
    "ScalarSummary past the largest float", ["a", t(.float64, 1e300)],
    expect: [message("CggKAWEVAACAfw==")]),
  OpCase(
    "HistogramSummary", ["h", [1.0, 2.0, -3.0, 0.0]],
    expect: [
      message(
        """
        Cr4BCgFoKrgBCQAAAAAAAAjAEQAAAAAAAABAGQAAAAAAABBAKQAAAAAAACxAMkgNnMWgKVUJwGi8EDWaBwfA\
        AAAAAAAAAAAR6i2BmZdxPQiZaRkVWu0/KxT6zb4k8D/clM0ujXX/P+AR8Qx0TQFA////////7386SAAAAAAA\
        AAAAAAAAAAAA8D8AAAAAAAAAAAAAAAAAAPA/AAAAAAAAAAAAAAAAAADwPwAAAAAAAAAAAAAAAAAA8D8AAAAA\
        AAAAAA==
        """)
    ]),
  OpCase(
    "HistogramSummary of integers", ["h", t(.uint8, [[0, 255], [7, 7]])],
    expect: [
      message(
        """
        Cp4BCgFoKpgBEQAAAAAA4G9AGQAAAAAAABBAIQAAAAAA0HBAKQAAAABgzO9AMjgAAAAAAAAAABHqLYGZl3E9\
        KYjq0MImG0BhLzVM1t0dQKR8mDalvG9AjkQ6EY50cUD////////vfzo4AAAAAAAAAAAAAAAAAADwPwAAAAAA\
        AAAAAAAAAAAAAEAAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAAA=
        """)
    ]),
  OpCase(
    "HistogramSummary of nothing", ["h", elements([0])],
    expect: [message("CisKAWgqJgn////////vfxH////////v/zII////////7386CAAAAAAAAAAA")]),
  OpCase(
    "HistogramSummary of tiny and large numbers", ["h", [1e-13, -1e25, 3e38]],
    expect: [
      message(
        """
        CpcBCgFoKpEBCQAAACAqiyDFEQAAAMA8NuxHGQAAAAAAAAhAIff+/788NuxHKYBUez1G3+hPMjD////////v\
        /0xUnwIjgxXEAAAAAAAAAAAR6i2BmZdxPUxUnwIjgxVE////////7386MAAAAAAAAAAAAAAAAAAA8D8AAAAA\
        AAAAAAAAAAAAAPA/AAAAAAAAAAAAAAAAAADwPw==
        """)
    ]),
  OpCase(
    "HistogramSummary with NaN", ["h", [Float.nan]],
    error: .invalidArgument),
  OpCase(
    "HistogramSummary with infinity", ["h", [Float.infinity]],
    error: .invalidArgument),
  OpCase(
    "HistogramSummary with several tags", [["h"], [1.0]],
    error: .invalidArgument),
  OpCase(
    "AudioSummaryV2", ["a", [[0.5, -0.5], [1.0, 2.0]], 8000.0],
    expect: [
      message(
        """
        ClMKCWEvYXVkaW8vMDJGDQAA+kUQARgCIjBSSUZGKAAAAFdBVkVmbXQgEAAAAAEAAQBAHwAAgD4AAAIAEABk\
        YXRhBAAAAABAAMAqCWF1ZGlvL3dhdgpTCglhL2F1ZGlvLzEyRg0AAPpFEAEYAiIwUklGRigAAABXQVZFZm10\
        IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQQAAAD/f/9/KglhdWRpby93YXY=
        """)
    ]),
  OpCase(
    "AudioSummaryV2 of one of two", ["a", [[[0.5, -0.5]], [[1.0, 2.0]]], 0.3],
    ["max_outputs": .int(1)],
    expect: [
      message(
        """
        ClEKB2EvYXVkaW8yRg2amZk+EAIYASIwUklGRigAAABXQVZFZm10IBAAAAABAAIAAQAAAAQAAAAEABAAZGF0\
        YQQAAAAAQADAKglhdWRpby93YXY=
        """)
    ]),
  OpCase(
    "AudioSummaryV2 of a vector", ["a", [0.5], 8000.0],
    error: .invalidArgument),
  OpCase(
    "AudioSummaryV2 without a rate", ["a", [[0.5]], 0.0],
    error: .invalidArgument),
  OpCase(
    "AudioSummary", ["a", [[0.5, -0.5]]], ["sample_rate": .float(16000)],
    expect: [
      message(
        """
        ClMKCWEvYXVkaW8vMDJGDQAAekYQARgCIjBSSUZGKAAAAFdBVkVmbXQgEAAAAAEAAQCAPgAAAH0AAAIAEABk\
        YXRhBAAAAABAAMAqCWF1ZGlvL3dhdg==
        """)
    ]),
  OpCase(
    "TensorSummaryV2", ["t", [1.0, 2.0], message("CggKBHRleHQSAA==")],
    expect: [message("CiEKAXRCEggBEgQSAggCIggAAIA/AAAAQEoICgYKBHRleHQ=")]),
  OpCase(
    "TensorSummaryV2 of strings", ["t", [["a"], ["bc"]], ""],
    expect: [message("ChoKAXRCEwgHEggSAggCEgIIAUIBYUICYmNKAA==")]),
  OpCase(
    "TensorSummaryV2 of no elements", ["t", elements([0, 3]), ""],
    expect: [message("ChEKAXRCCggBEgYSABICCANKAA==")]),
  OpCase(
    "TensorSummaryV2 of several tags", [["t"], 1.0, ""],
    error: .invalidArgument),
  OpCase(
    "MergeSummary", [message("CggKAWEVAADAPwoICgFiFQAAAEA="), message("CggKAWMVAABAQA==")],
    expect: [message("CggKAWEVAADAPwoICgFiFQAAAEAKCAoBYxUAAEBA")]),
  OpCase(
    "MergeSummary with fields that are not known",
    [message("EgF4CggKAWEVAADAPwoICgFiFQAAAEA="), message("CgaSAwNhYmM=")],
    expect: [message("CggKAWEVAADAPwoICgFiFQAAAEAKBpIDA2FiYw==")]),
  OpCase(
    "MergeSummary orders fields", [message("CggVAACAPwoBeg==")],
    expect: [message("CggKAXoVAACAPw==")]),
  OpCase(
    "MergeSummary of a tag twice",
    [message("CggKAWEVAADAPwoICgFiFQAAAEA="), message("CggKAWEVAADAPwoICgFiFQAAAEA=")],
    error: .invalidArgument),
  OpCase(
    "MergeSummary of no message", [message("/w==")],
    error: .invalidArgument),
  // The pixels alone: the bytes of a PNG file depend on the version of zlib.
  OpCase(
    "ImageSummary", ["i", t(.float32, [[[[0.5], [-1.0]], [[Float.nan], [0.25]]]])],
    expect: [t(.uint8, [[[191], [1]], [[255], [159]]])]
  ) { try pixels(of: applyOp("ImageSummary", $0)[0]) },
  OpCase(
    "ImageSummary of positive doubles", ["i", t(.float64, [[[[0.5], [1.0]], [[0.0], [0.25]]]])],
    expect: [t(.uint8, [[[127], [255]], [[0], [63]]])]
  ) { try pixels(of: applyOp("ImageSummary", $0)[0]) },
  OpCase(
    "ImageSummary of bytes", ["i", t(.uint8, [[[[1, 2, 3]]], [[[4, 5, 6]]]])],
    expect: [t(.uint8, [[[1, 2, 3]]])]
  ) { try pixels(of: applyOp("ImageSummary", $0, ["max_images": .int(1)])[0], from: 21) },
  OpCase(
    "ImageSummary in half precision", ["i", t(.half, [[[[0.1], [-0.3]], [[0.7], [0.25]]]])],
    expect: [t(.uint8, [[[146], [73]], [[255], [173]]])]
  ) { try pixels(of: applyOp("ImageSummary", $0)[0]) },
  OpCase(
    "ImageSummary of no rows", ["i", elements([1, 0, 2, 1])], error: .invalidArgument),
  OpCase("ImageSummary of no images", ["i", elements([0, 2, 2, 1])], expect: [""]),
  OpCase(
    "ImageSummary of two channels", ["i", t(.uint8, [[[[1, 2]]]])],
    error: .invalidArgument),
  OpCase(
    "ImageSummary of several tags", [["i"], t(.uint8, [[[[1]]]])],
    error: .invalidArgument),
  OpCase(
    "ImageSummary with too few bad colours", ["i", [[[[1.0, 2.0, 3.0]]]]],
    ["bad_color": .tensor(t(.uint8, [1, 2]))],
    error: .invalidArgument),
  OpCase("TensorSummary", [[1.0, 2.0]], ["T": .type(.float32)], shapes: [(.string, [])]),
  OpCase("TensorSummary of a resource", error: .invalidArgument) { _ in
    try applyOp("TensorSummary", [writer("resource")])
  },
]

/// Files of events, of which `EventFileTests` has what is in them.
let summaryWriterCases: [OpCase] = [
  OpCase("SummaryWriter", [], shapes: [(.resource, [])]),
  OpCase("CreateSummaryFileWriter", expect: [isDone]) { _ in
    let writer = try writer("create")
    // A writer keeps the file that it has.
    _ = try applyOp(
      "CreateSummaryFileWriter",
      [
        writer, "/proc/none".asTensor(), Int32(1).asTensor(), Int32(1).asTensor(), "".asTensor(),
      ])
    return try done()
  },
  OpCase("CreateSummaryFileWriter where nothing can be made", error: .notFound) { _ in
    let writer = try writer("create", creates: false)
    _ = try applyOp(
      "CreateSummaryFileWriter",
      [
        writer, "/proc/none/x".asTensor(), Int32(1).asTensor(), Int32(1).asTensor(), "".asTensor(),
      ])
    return try done()
  },
  OpCase("CreateSummaryFileWriter with sizes in a vector", error: .invalidArgument) { _ in
    let writer = try writer("create", creates: false)
    _ = try applyOp(
      "CreateSummaryFileWriter",
      [writer, "x".asTensor(), [Int32(1)].asTensor(), Int32(1).asTensor(), "".asTensor()])
    return try done()
  },
  OpCase("FlushSummaryWriter without a file", error: .notFound) { _ in
    _ = try applyOp("FlushSummaryWriter", [writer("flush", creates: false)])
    return try done()
  },
  OpCase("CloseSummaryWriter twice", error: .notFound) { _ in
    let writer = try writer("close")
    _ = try applyOp("CloseSummaryWriter", [writer])
    _ = try applyOp("CloseSummaryWriter", [writer])
    return try done()
  },
  OpCase("WriteSummary", expect: [isDone]) { _ in
    try write("WriteSummary", [step, [1.0, 2.0], "t", ""])
  },
  OpCase("WriteSummary without a file", error: .notFound) { _ in
    try write("WriteSummary", [step, 1.0, "t", ""], creates: false)
  },
  OpCase("WriteScalarSummary", expect: [isDone]) { _ in
    try write("WriteScalarSummary", [step, "t", 2.5])
  },
  OpCase("WriteScalarSummary at several steps", error: .invalidArgument) { _ in
    try write("WriteScalarSummary", [t(.int64, [1]), "t", 2.5])
  },
  OpCase("WriteHistogramSummary", expect: [isDone]) { _ in
    try write("WriteHistogramSummary", [step, "t", [true, false]])
  },
  OpCase("WriteHistogramSummary with NaN", error: .invalidArgument) { _ in
    try write("WriteHistogramSummary", [step, "t", [Float.nan]])
  },
  OpCase("WriteImageSummary", expect: [isDone]) { _ in
    try write("WriteImageSummary", [step, "t", t(.float32, [[[[1.0]]]]), t(.uint8, [1])])
  },
  OpCase("WriteImageSummary with a colour that is no vector", error: .invalidArgument) { _ in
    try write("WriteImageSummary", [step, "t", t(.float32, [[[[1.0]]]]), t(.uint8, 1)])
  },
  OpCase("WriteAudioSummary", expect: [isDone]) { _ in
    try write("WriteAudioSummary", [step, "t", t(.float32, [[0.5, 0.25]]), Float(8000)])
  },
  OpCase("WriteAudioSummary of a vector", error: .invalidArgument) { _ in
    try write("WriteAudioSummary", [step, "t", t(.float32, [0.5]), Float(8000)])
  },
  OpCase("WriteRawProtoSummary", expect: [isDone]) { _ in
    try write("WriteRawProtoSummary", [step, message("CggKAWEVAADAPw==")])
  },
  OpCase("WriteRawProtoSummary of no message", error: .dataLoss) { _ in
    try write("WriteRawProtoSummary", [step, "\u{7f}"])
  },
  OpCase("WriteGraphSummary", expect: [isDone]) { _ in
    try write("WriteGraphSummary", [step, message("IgMIqBM=")])
  },
  OpCase("WriteGraphSummary of no message", error: .dataLoss) { _ in
    try write("WriteGraphSummary", [step, "\u{7f}"])
  },
  OpCase("ImportEvent", expect: [isDone]) { _ in
    try write("ImportEvent", [message("CQAAAAAAABRAEAkaAXg=")])
  },
  OpCase("ImportEvent of no message", error: .dataLoss) { _ in
    try write("ImportEvent", ["\u{7f}"])
  },
]
