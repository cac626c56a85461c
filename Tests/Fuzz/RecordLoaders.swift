import CoreOps
import Ops
import Serialization

/// What reads records and messages: the ops' own kernels, on bytes that no one checked.
extension Loader {
  private func apply(_ op: String, _ inputs: [Tensor], _ attrs: Attrs) throws -> [Tensor] {
    guard let definition = OpRegistry.standard[op] else {
      fatalError("there is no op \(op)")
    }
    return try CoreOps.apply(definition, inputs, attrs)
  }

  private func scalar(_ bytes: [UInt8]) throws -> Tensor { try Tensor(strings: [bytes], dims: []) }

  private func texts(_ values: String...) throws -> Tensor {
    try Tensor(strings: values, dims: [values.count])
  }

  /// Reads a file of records, packed and not, and its lines.
  func readRecords(_ bytes: [UInt8]) throws {
    for compression in [Compression.none, .zlib, .gzip] {
      do {
        let reader = try RecordReader(InputStream(RandomAccessFile(memory: bytes), compression))
        while try reader.next() != nil {}
      } catch is TFError {}
      do {
        let input = try BufferedInput(InputStream(RandomAccessFile(memory: bytes), compression))
        while try input.line() != nil {}
      } catch is TFError {}
    }
    _ = try ReaderState(serialized: bytes)
  }

  /// Parses examples with features of every kind.
  func parseExamples(_ bytes: [UInt8]) throws {
    let keys = [try texts("s", "t"), try texts("i", "f", "w", "p"), try texts("r", "q")]
    let defaults = [
      try Tensor([0, 0] as [Int64], dims: [2]), try Tensor([] as [Float], dims: [0]),
      try Tensor(strings: ["d"], dims: [1]), try Tensor([0] as [Float], dims: [1]),
    ]
    let attrs: Attrs = [
      "num_sparse": .int(2), "sparse_types": .types([.string, .int64]),
      "dense_shapes": .shapes([[2], [1], [1], [nil, 2]]),
      "ragged_value_types": .types([.float32, .string]),
      "ragged_split_types": .types([.int32, .int64]),
    ]
    let half = bytes.count / 2
    for serialized in [
      try scalar(bytes),
      try Tensor(strings: [bytes, Array(bytes[..<half]), Array(bytes[half...])], dims: [3]),
    ] {
      do {
        _ = try apply("ParseExampleV2", [serialized, texts()] + keys + defaults, attrs)
      } catch is TFError {}
      do {
        _ = try apply(
          "ParseSequenceExampleV2",
          [
            serialized, texts(), texts("s"), texts("i"), texts("r"), texts("t"), texts("f"),
            texts("q"), Tensor([true], dims: [1]), defaults[0],
          ],
          [
            "Ncontext_sparse": .int(1), "context_sparse_types": .types([.string]),
            "context_ragged_value_types": .types([.float32]),
            "context_ragged_split_types": .types([.int32]),
            "context_dense_shapes": .shapes([[2]]), "Nfeature_list_sparse": .int(1),
            "Nfeature_list_dense": .int(1), "feature_list_dense_types": .types([.float32]),
            "feature_list_sparse_types": .types([.int64]),
            "feature_list_ragged_value_types": .types([.string]),
            "feature_list_ragged_split_types": .types([.int64]),
            "feature_list_dense_shapes": .shapes([[1]]),
          ])
      } catch is TFError {}
    }
    let example = try TrainSequenceExample.fromString(bytes)
    let written = example.serializeToString()
    keeping("an example") {
      try TrainSequenceExample.fromString(written).serializeToString() == written
    }
  }

  /// Reads lines of four columns.
  func decodeCSV(_ bytes: [UInt8]) throws {
    let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map { Array($0) }
    let records = try Tensor(strings: lines, dims: [lines.count])
    for quotes in [true, false] {
      do {
        _ = try apply(
          "DecodeCSV",
          [
            records, Tensor([1] as [Float], dims: [1]), Tensor([2] as [Int64], dims: [1]),
            Tensor(strings: [] as [String], dims: [0]), Tensor([3] as [Int32], dims: [1]),
          ], ["use_quote_delim": .bool(quotes), "na_value": .string("NA")])
      } catch is TFError {}
    }
  }

  /// Decodes messages, binary and in text, and takes the bytes for schemas.
  func decodeProtos(_ bytes: [UInt8]) throws {
    let fields = ["dtype", "tensor_shape", "float_val", "string_val", "int64_val", "bool_val"]
    let types: [DType] = [.int32, .string, .float64, .string, .int64, .bool]
    for (format, sanitizes) in [("binary", false), ("binary", true), ("text", false)] {
      do {
        _ = try apply(
          "DecodeProtoV2", [scalar(bytes)],
          [
            "message_type": .string("tensorflow.TensorProto"), "field_names": .strings(fields),
            "output_types": .types(types), "message_format": .string(format),
            "sanitize": .bool(sanitizes),
          ])
      } catch is TFError {}
    }
    if let tensor = bytes.withUnsafeBytes({ try? Tensor(serializedProto: $0) }) {
      let written = try tensor.serializedProto()
      keeping("a tensor") {
        try written.withUnsafeBytes { try Tensor(serializedProto: $0) }?.hasSameElements(
          as: tensor) == true
      }
    }
    let schemas = try ProtoSchemas(descriptors: bytes)
    for name in schemas.messages.keys.sorted().prefix(4) {
      do { _ = try ProtoText(schemas).parse("", as: name) } catch is TFError {}
      do {
        _ = try bytes.withUnsafeBytes {
          try ProtoSanitizer(schemas).sanitized($0, as: name)
        }
      } catch is TFError {}
    }
  }
}
