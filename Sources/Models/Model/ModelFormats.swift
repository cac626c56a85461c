import CoreGraph
import CoreOps
import Serialization

/// A kind of file or folder that holds a model: how it is told from others, read and written.
///
/// A new kind is a type of its own, which is named in `ModelFormats.all`.
package protocol ModelFormat: Sendable {
  static var kind: Model.Kind { get }
  static func recognizes(_ source: ModelSource) -> Bool
  /// - Throws: `DATA_LOSS` or `INVALID_ARGUMENT` when it is damaged.
  static func read(_ source: ModelSource) throws -> Model
  /// Writes a model as this kind.
  ///
  /// - Parameters:
  ///   - tags: which of several MetaGraphs, where the kind has room for one.
  ///   - asText: in protocol buffer text format.
  static func write(_ model: Model, to path: String, tags: [String]?, asText: Bool) throws
}

package enum ModelFormats {
  /// Every kind. The first that recognises a file reads it: a graph alone comes last, because it
  /// can only be told from damage by reading it.
  package static let all: [any ModelFormat.Type] = [
    SavedModelFormat.self, MetaGraphFormat.self, GraphDefFormat.self,
  ]

  package static func format(_ kind: Model.Kind) -> any ModelFormat.Type {
    all.first { $0.kind == kind }!
  }
}

/// A file or folder that may hold a model.
package struct ModelSource: Sendable {
  package let path: String
  package let isFolder: Bool
  /// Of a file what it holds; of a folder nothing.
  package let bytes: [UInt8]

  /// - Throws: as the system says.
  package init(_ path: String) throws {
    isFolder = Serialization.isFolder(path)
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    bytes = isFolder ? [] : try readFile(path)
  }

  /// Bytes in memory; for tests.
  package init(memory bytes: [UInt8]) {
    path = "memory"
    isFolder = false
    self.bytes = bytes
  }
}

enum GraphDefFormat: ModelFormat {
  static let kind = Model.Kind.graphDef

  static func recognizes(_ source: ModelSource) -> Bool { !source.isFolder }

  static func read(_ source: ModelSource) throws -> Model {
    Model(
      path: source.path, kind: kind,
      metaGraphs: [MetaGraph(graph: try GraphDef(binaryOrText: source.bytes))])
  }

  static func write(_ model: Model, to path: String, tags: [String]?, asText: Bool) throws {
    let graph = try model.metaGraph(tags: tags).graph
    try writeFile(path, asText ? Array(graph.text().utf8) : graph.serialized())
  }
}
