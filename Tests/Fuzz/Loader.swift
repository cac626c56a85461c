import CoreGraph
import CoreOps
import Models
import Serialization

/// What reads a kind of file, by the extension of its name.
enum Loader: String, CaseIterable {
  case pb, pbtxt, meta, savedmodel, checkpoint, entry, objects, npy, npz, json
  case records, example, jsonexample, csv, proto
  case png, jpeg, gif, bmp, webp, summary

  /// Reads a file as far as Janus does before it runs anything.
  ///
  /// - Throws: `TFError` when the file is damaged.
  func load(_ bytes: [UInt8]) throws {
    switch self {
    case .pb: try link(GraphDef(serialized: bytes))
    case .pbtxt: try link(GraphDef(text: String(decoding: bytes, as: UTF8.self)))
    case .meta:
      let meta = try MetaGraph(binaryOrText: bytes)
      let written = try meta.serialized()
      keeping("a MetaGraph") { try MetaGraph(binaryOrText: written).serialized() == written }
      try link(meta.graph)
    case .savedmodel:
      let model = try SavedModelDef(binaryOrText: bytes)
      let written = try model.serialized()
      keeping("a SavedModel") { try SavedModelDef(binaryOrText: written).serialized() == written }
      for meta in model.metaGraphs { try link(meta.graph) }
    case .checkpoint: try readCheckpoint(bytes)
    case .entry: try readEntry(bytes)
    case .objects:
      let objects = try ObjectGraph(serialized: bytes)
      keeping("an object graph") {
        try ObjectGraph(serialized: objects.serialized()) == objects
      }
    case .npy: try keep(["array": NumPyFiles.readArray(memory: bytes)])
    case .npz: try keep(NpzReader(memory: bytes).readAll())
    case .json:
      let json = try JSON(bytes)
      keeping("JSON") { try JSON(Array(json.text().utf8)) == json }
      if let text = json.string { _ = try Base64.decode(text) }
    case .records: try readRecords(bytes)
    case .example: try parseExamples(bytes)
    case .jsonexample:
      let example = try bytes.withUnsafeBytes { try ExampleJSON.serialized($0) }
      keeping("an example in JSON") {
        let read = try TrainExample.fromString(example)
        let written = read.serializeToString()
        return try TrainExample.fromString(written).serializeToString() == written
      }
    case .csv: try decodeCSV(bytes)
    case .proto: try decodeProtos(bytes)
    case .png: try decodePNG(bytes)
    case .jpeg: try decodeJPEG(bytes)
    case .gif: try decode(bytes, "DecodeGif", beginning: Array("GIF89a".utf8))
    case .bmp: try decode(bytes, "DecodeBmp", beginning: Array("BM".utf8))
    case .webp: try decode(bytes, "DecodeWebP", beginning: Array("RIFF".utf8))
    case .summary:
      _ = try apply("MergeSummary", [Tensor(strings: [bytes], dims: [])])
    }
  }

  private func apply(_ op: String, _ inputs: [Tensor], _ attrs: Attrs = [:]) throws -> Tensor {
    guard let definition = OpRegistry.standard[op] else { fatalError("there is no op \(op)") }
    return try CoreOps.apply(definition, inputs, attrs)[0]
  }

  /// Decodes by an op, and by the one for all kinds of images; also where bytes at the front tell
  /// another kind.
  private func decode(_ bytes: [UInt8], _ op: String, beginning: [UInt8]) throws {
    let own = beginning + bytes.dropFirst(beginning.count)
    let contents = try Tensor(strings: [own], dims: [])
    for (op, attrs) in [
      (op, Attrs()), ("DecodeImage", ["expand_animations": .bool(false)]),
      ("DecodeImage", ["dtype": .type(.float32)]),
    ] as [(String, Attrs)] {
      do { _ = try apply(op, [contents], attrs) } catch is TFError {}
    }
  }

  /// Decodes with all kinds of channels; what is decoded can be encoded, and is then the same.
  private func decodePNG(_ bytes: [UInt8]) throws {
    let contents = try Tensor(strings: [bytes], dims: [])
    for channels in [0, 1, 3, 4] {
      for dtype in [DType.uint8, .uint16] {
        do {
          let attrs: Attrs = ["channels": .int(channels), "dtype": .type(dtype)]
          let image = try apply("DecodePng", [contents], attrs)
          // What takes long is left to the sizes that libFuzzer favours.
          if image.bytes.count > 1 << 16 { continue }
          keeping("an image") {
            let file = try apply("EncodePng", [image], ["compression": .int(1)])
            return try apply("DecodePng", [file], ["dtype": .type(dtype)]).hasSameElements(
              as: image)
          }
        } catch is TFError {}
      }
    }
  }

  /// Decodes in all ways, also a part of the image, and as a truncated file.
  private func decodeJPEG(_ bytes: [UInt8]) throws {
    let contents = try Tensor(strings: [bytes], dims: [])
    let ways: [Attrs] = [
      [:], ["ratio": .int(8), "channels": .int(3)],
      ["try_recover_truncated": .bool(true), "acceptable_fraction": .float(0)],
      ["dct_method": .string("INTEGER_ACCURATE"), "fancy_upscaling": .bool(false)],
    ]
    for attrs in ways {
      do {
        let image = try apply("DecodeJpeg", [contents], attrs)
        if image.dims.rank == 3, image.bytes.count < 1 << 16 {
          _ = try apply("EncodeJpeg", [image])
        }
      } catch is TFError {}
    }
    for window in [[0, 0, 1, 1], [1, 3, 2, 5]] as [[Int32]] {
      do {
        _ = try apply(
          "DecodeAndCropJpeg", [contents, Tensor(window, dims: [4])],
          ["try_recover_truncated": .bool(true)])
      } catch is TFError {}
    }
    _ = try apply("ExtractJpegShape", [contents])
  }

  /// Links the nodes of a graph and of its functions, once it is seen to survive being written.
  private func link(_ definition: GraphDef) throws {
    let written = try definition.serialized()
    let text = try definition.text()
    keeping("a binary graph") { try GraphDef(serialized: written).serialized() == written }
    keeping("a graph in text") { try GraphDef(text: text).text() == text }
    let graph = try Graph(importing: definition)
    for function in definition.library {
      do { _ = try graph.library.instantiate(function.name, function.attrs) } catch is TFError {}
    }
    _ = try graph.graphDef.serialized()
  }

  /// Reads a checkpoint of the older format, and the same bytes as an index of the newer one with
  /// themselves for its data.
  private func readCheckpoint(_ bytes: [UInt8]) throws {
    do { try readAll(CheckpointReader(sliceTable: bytes)) } catch is TFError {}
    try readAll(CheckpointReader(index: bytes, data: bytes))
  }

  /// Reads the bytes as what an index says of a tensor and of a part of it, and as the same in the
  /// older format: under checksums that are right, which no change of a whole file gives.
  private func readEntry(_ bytes: [UInt8]) throws {
    let half = bytes.count / 2
    let part = TensorSlice([.init(start: 0, length: 2)]).key(of: [119])
    let values = [Array(bytes[..<half]), Array(bytes[half...])]
    let header: [UInt8] = [8, 1, 26, 2, 8, 1]
    do {
      let table = try SortedTable.bytes([([], values[0]), (part, values[1])])
      try readAll(CheckpointReader(sliceTable: table))
    } catch is TFError {}
    let table = try SortedTable.bytes([([], header), (part, values[1]), ([119], values[0])])
    try readAll(CheckpointReader(index: table, data: [UInt8](repeating: 1, count: 64)))
  }

  private func readAll(_ reader: CheckpointReader) throws {
    _ = try reader.objectGraph()
    for entry in try reader.entries() {
      do { _ = try reader.tensor(entry.name) } catch is TFError {}
    }
  }

  /// Writes arrays and reads them again.
  private func keep(_ arrays: [String: Tensor]) throws {
    let written = try NumPyFiles.archive(
      arrays.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) })
    keeping("arrays") {
      let again = try NpzReader(memory: written)
      return try arrays.allSatisfy { name, tensor in
        let copy = try again.read(name)
        guard copy.dtype == tensor.dtype, copy.dims == tensor.dims else { return false }
        return try tensor.dtype == .string
          ? copy.byteStrings() == tensor.byteStrings() : copy.bytes.elementsEqual(tensor.bytes)
      }
    }
  }

  /// Ends the process, as libFuzzer wants it for a bug, unless what was read from a file is what
  /// was written to it.
  func keeping(_ what: String, _ isSame: () throws -> Bool) {
    do {
      guard try !isSame() else { return }
      fatalError("\(what) was read back as something else")
    } catch {
      fatalError("\(what) was written and cannot be read back: \(error)")
    }
  }
}
