import CProtos
import CoreGraph
import CoreOps
import Serialization

enum MetaGraphFormat: ModelFormat {
  static let kind = Model.Kind.metaGraph

  /// A node's op name does not parse as the list of ops that a MetaGraph has in its place, nor a
  /// graph as a function library.
  static func recognizes(_ source: ModelSource) -> Bool {
    if source.isFolder { return false }
    let bytes = source.bytes
    if TextFormat.looksLikeText(bytes) {
      let words = ["meta_info_def", "graph_def", "saver_def", "collection_def", "signature_def"]
      let text = String(decoding: bytes.prefix(4096), as: UTF8.self)
      return words.contains { word in text.split(separator: "\n").contains { $0.hasPrefix(word) } }
    }
    func isValid(_ schema: TextFormat.Schema) -> Bool {
      bytes.withUnsafeBytes { (try? ProtoArena.check(schema, $0)) != nil }
    }
    return !isValid(jk_schema_graph_def()) && isValid(jk_schema_meta_graph_def())
  }

  static func read(_ source: ModelSource) throws -> Model {
    Model(
      path: source.path, kind: kind, metaGraphs: [try MetaGraph(binaryOrText: source.bytes)])
  }

  static func write(_ model: Model, to path: String, tags: [String]?, asText: Bool) throws {
    let meta = try model.metaGraph(tags: tags)
    try writeFile(path, asText ? Array(meta.text().utf8) : meta.serialized())
  }
}
