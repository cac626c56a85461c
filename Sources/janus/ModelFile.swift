import CoreOps
import Glibc
import Serialization

/// A model on disk, told apart by content.
struct ModelFile {
  enum Kind: String {
    case graphDef = "GraphDef"
    case metaGraph = "MetaGraph"
    case savedModel = "SavedModel"
  }

  let path: String
  let kind: Kind
  /// What the model's file holds; of a SavedModel folder, its `saved_model.pb`.
  let bytes: [UInt8]

  init(_ path: String) throws {
    self.path = path
    var status = stat()
    guard stat(path, &status) == 0 else { throw systemError(path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      let files = ["/saved_model.pb", "/saved_model.pbtxt"].map { path + $0 }
      guard let file = files.first(where: { access($0, R_OK) == 0 }) else {
        throw TFError.invalidArgument(
          "\(path) is a folder without saved_model.pb: not a SavedModel")
      }
      kind = .savedModel
      bytes = try readFile(file)
    } else {
      bytes = try readFile(path)
      kind = ModelKind.isMetaGraph(bytes) ? .metaGraph : .graphDef
    }
  }

  /// Adds the model's path to errors.
  func naming<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as TFError {
      throw TFError(error.code, "\(path): \(error.message)", node: error.node, op: error.op)
    }
  }
}
