import CProtos

/// Tells TensorFlow's model files apart by content.
package enum ModelKind {
  /// Whether a file is a `MetaGraphDef`, and not a `GraphDef`: a node's op name does not parse as
  /// the list of ops that a MetaGraph has in its place, nor a graph as a function library.
  package static func isMetaGraph(_ bytes: [UInt8]) -> Bool {
    if TextFormat.looksLikeText(bytes) {
      let words = ["meta_info_def", "graph_def", "saver_def", "collection_def", "signature_def"]
      let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
      return words.contains { word in text.split(separator: "\n").contains { $0.hasPrefix(word) } }
    }
    func isValid(_ schema: UnsafePointer<ProtobufCMessageDescriptor>) -> Bool {
      bytes.withUnsafeBytes { (try? ProtoArena.check(schema, $0)) != nil }
    }
    return !isValid(jk_schema_graph_def()) && isValid(jk_schema_meta_graph_def())
  }
}
