import CoreGraph
import CoreOps
import Serialization
import V1Graph

/// A model of a kind that cannot be run yet.
struct UnsupportedModel: Error, CustomStringConvertible {
  var reason: String
  var description: String { reason }
}

extension ModelFile {
  /// A session on the model.
  func session(tags: [String] = [], restore: String? = nil) throws -> Session {
    switch kind {
    case .graphDef:
      if let restore {
        throw UnsupportedModel(
          reason: "needs the checkpoint \(restore), which cannot be restored yet")
      }
      let share = try MemoryShare(bytes.count)
      return try withExtendedLifetime(share) {
        try naming { try Session(graph: Graph(importing: GraphDef(binaryOrText: bytes))) }
      }
    case .metaGraph:
      throw UnsupportedModel(reason: "needs the MetaGraph \(path), which cannot be run yet")
    case .savedModel:
      throw UnsupportedModel(reason: "needs the SavedModel \(path), which cannot be run yet")
    }
  }
}
