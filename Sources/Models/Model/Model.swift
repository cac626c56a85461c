import CoreGraph
import CoreOps
import Serialization

/// A model in a file or folder, of whatever kind.
public struct Model: Sendable {
  /// The kinds of models, with the names by which they are called.
  public enum Kind: String, Sendable, CaseIterable {
    /// One graph, often with its weights as constants: `.pb`, `.pbtxt`.
    case graphDef = "GraphDef"
    /// A graph with what a program needs to use it: `.meta`.
    case metaGraph = "MetaGraph"
    /// A folder of graphs with variables and asset files.
    case savedModel = "SavedModel"
  }

  public var path: String
  public var kind: Kind
  /// The graphs with what is known of them; one for a graph alone and for a MetaGraph.
  public var metaGraphs: [MetaGraph]
  /// Of a SavedModel: its version, and what of it Janus does not know.
  var savedModel = SavedModelDef()

  init(path: String, kind: Kind, metaGraphs: [MetaGraph]) {
    self.path = path
    self.kind = kind
    self.metaGraphs = metaGraphs
  }

  /// Opens a model: its kind is told by its content.
  ///
  /// - Throws: `NOT_FOUND`; `DATA_LOSS` or `INVALID_ARGUMENT` when it is damaged or of no kind that
  ///   Janus knows; with its path.
  public init(contentsOf path: String) throws {
    let source = try ModelSource(path)
    do {
      guard let format = ModelFormats.all.first(where: { $0.recognizes(source) }) else {
        throw TFError.invalidArgument(
          source.isFolder
            ? "a folder without saved_model.pb: not a SavedModel"
            : "not a model of a kind that Janus knows")
      }
      self = try format.read(source)
    } catch let error as TFError {
      throw TFError(error.code, "\(path): \(error.message)", node: error.node, op: error.op)
    }
  }

  /// The MetaGraph with those tags, whatever their order.
  ///
  /// - Parameter tags: nil for the only one, or else the one for serving.
  /// - Throws: `NOT_FOUND` with the tags that there are.
  public func metaGraph(tags: [String]? = nil) throws -> MetaGraph {
    if tags == nil, metaGraphs.count == 1 { return metaGraphs[0] }
    let wanted = Set(tags ?? ["serve"])
    if let found = metaGraphs.first(where: { Set($0.tags) == wanted }) { return found }
    if kind != .savedModel, wanted.isEmpty, let only = metaGraphs.first { return only }
    let known = metaGraphs.map { "{ \($0.tags.joined(separator: ", ")) }" }
    throw TFError.notFound(
      """
      \(path): Could not find meta graph def matching supplied tags: \
      { \(wanted.sorted().joined(separator: ", ")) }. It has: \(known.joined(separator: ", "))
      """
    )
  }

  /// The checkpoint in a SavedModel's folder; nil where there is none.
  public var variables: String? {
    guard kind == .savedModel else { return nil }
    let prefix = "\(path)/variables/variables"
    return TrainFiles.checkpointExists(prefix) ? prefix : nil
  }

  /// The file of an asset.
  func assetPath(_ filename: String) -> String { "\(path)/assets/\(filename)" }

  /// What is fed to a MetaGraph's graph so that it finds its asset files: tensor → path.
  ///
  /// - Throws: `DATA_LOSS` when a collection's message is damaged.
  package func assetPaths(of meta: MetaGraph) throws -> [String: String] {
    guard kind == .savedModel else { return [:] }
    var assets = meta.assets
    if case .messages(let messages)? = meta.collections["saved_model_assets"] {
      assets += try messages.map { try AssetFileDef(serialized: $0.bytes) }
    }
    var paths: [String: String] = [:]
    for asset in assets {
      guard let tensor = asset.tensor?.name else { continue }
      paths[tensor] = assetPath(asset.filename)
    }
    return paths
  }
}

/// `tf.train`'s functions on files, for this module.
enum TrainFiles: TrainAPI {}

extension MetaGraph {
  /// The names of the nodes that make a SavedModel ready to run, once its variables are restored.
  ///
  /// Models of the second generation name theirs by a signature, those of the first by a
  /// collection; of models without one, tables are filled all the same.
  package var initializers: [String] {
    let key = "__saved_model_init_op"
    if let name = signatures[key]?.outputs[key]?.name { return [name] }
    for collection in ["saved_model_main_op", "legacy_init_op", "table_initializer"] {
      if case .nodes(let names)? = collections[collection], !names.isEmpty { return names }
    }
    return []
  }

  /// The signature of that key.
  ///
  /// - Throws: `NOT_FOUND` with the keys that there are.
  public func signature(_ key: String) throws -> SignatureDef {
    if let signature = signatures[key] { return signature }
    let known = signatures.keys.sorted().joined(separator: ", ")
    throw TFError.notFound(
      "there is no signature '\(key)'; there \(known.isEmpty ? "is none at all" : "are \(known)")")
  }
}
