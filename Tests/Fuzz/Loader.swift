import CoreGraph
import CoreOps
import Serialization

/// What reads a kind of file, by the extension of its name.
enum Loader: String, CaseIterable {
  case pb, pbtxt, meta, savedmodel, npy, npz, json

  /// Reads a file as far as Janus does before it runs anything.
  ///
  /// - Throws: `TFError` when the file is damaged.
  func load(_ bytes: [UInt8]) throws {
    switch self {
    case .pb: try link(GraphDef(serialized: bytes))
    case .pbtxt: try link(GraphDef(text: String(decoding: bytes, as: UTF8.self)))
    case .meta:
      _ = ModelKind.isMetaGraph(bytes)
      try link(MetaGraphSummary.metaGraph(bytes).graph)
    case .savedmodel:
      for summary in try MetaGraphSummary.savedModel(bytes) { try link(summary.graph) }
    case .npy: try keep(["array": NumPyFiles.readArray(memory: bytes)])
    case .npz: try keep(NpzReader(memory: bytes).readAll())
    case .json:
      let json = try JSON(bytes)
      keeping("JSON") { try JSON(Array(json.text().utf8)) == json }
      if let text = json.string { _ = try Base64.decode(text) }
    }
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
  private func keeping(_ what: String, _ isSame: () throws -> Bool) {
    do {
      guard try !isSame() else { return }
      fatalError("\(what) was read back as something else")
    } catch {
      fatalError("\(what) was written and cannot be read back: \(error)")
    }
  }
}
