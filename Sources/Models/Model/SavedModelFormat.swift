import CoreGraph
import CoreOps
import Glibc
import Serialization

/// A folder with `saved_model.pb`, or `saved_model.pbtxt`, and beside it `variables` and `assets`.
enum SavedModelFormat: ModelFormat {
  static let kind = Model.Kind.savedModel
  private static let names = ["saved_model.pb", "saved_model.pbtxt"]

  /// The file that the model is in: people name the folder, or the file itself.
  private static func file(_ source: ModelSource) -> (folder: String, file: String)? {
    if source.isFolder {
      return names.map { "\(source.path)/\($0)" }.first { fileExists($0) }.map { (source.path, $0) }
    }
    let (folder, name) = CheckpointFiles.split(source.path)
    guard names.contains(name) else { return nil }
    return (folder.isEmpty ? "." : String(folder.dropLast()), source.path)
  }

  static func recognizes(_ source: ModelSource) -> Bool { file(source) != nil }

  static func read(_ source: ModelSource) throws -> Model {
    guard let (folder, file) = file(source) else {
      throw TFError.invalidArgument("not a SavedModel")
    }
    let definition = try SavedModelDef(
      binaryOrText: source.isFolder ? readFile(file) : source.bytes)
    var model = Model(path: folder, kind: kind, metaGraphs: definition.metaGraphs)
    model.savedModel = definition
    model.savedModel.metaGraphs = []
    return model
  }

  /// Writes the folder: the graphs, and copies of what lies beside them.
  static func write(_ model: Model, to path: String, tags: [String]?, asText: Bool) throws {
    var definition = model.savedModel
    definition.metaGraphs =
      tags == nil ? model.metaGraphs : [try model.metaGraph(tags: tags)]
    try makeFolder(for: "\(path)/saved_model.pb")
    if model.kind == .savedModel {
      for folder in ["variables", "assets", "assets.extra"] {
        try copyFolder("\(model.path)/\(folder)", to: "\(path)/\(folder)")
      }
    }
    // What names the rest comes last.
    try writeFile(
      "\(path)/\(names[asText ? 1 : 0])",
      asText ? Array(definition.text().utf8) : definition.serialized())
  }

  private static func copyFolder(_ from: String, to path: String) throws {
    guard isFolder(from), from != path else { return }
    try makeFolder(for: "\(path)/file")
    for name in CheckpointFiles.entries(of: from) where !name.hasPrefix(".") {
      let (source, target) = ("\(from)/\(name)", "\(path)/\(name)")
      if isFolder(source) {
        try copyFolder(source, to: target)
        continue
      }
      let file = try RandomAccessFile(source)
      let stream = try FileStream(target)
      for offset in stride(from: 0, to: file.size, by: 1 << 22) {
        try stream.write(file.bytes(at: offset, count: min(1 << 22, file.size - offset)))
      }
      try stream.finish()
    }
  }
}
