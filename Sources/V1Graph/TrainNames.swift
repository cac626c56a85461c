import CoreOps
public import Models
public import Serialization

/// `tf.train` in TF-1 style.
public enum V1Train: TrainAPI {}

/// `tf.saved_model` in TF-1 style.
public enum V1SavedModel {
  /// A session on a SavedModel, and the MetaGraph that it runs. Follows
  /// `tf.compat.v1.saved_model.load`.
  ///
  /// - Parameters:
  ///   - exportDir: the model's folder.
  ///   - tags: those of the MetaGraph, such as `["serve"]`.
  /// - Throws: `NOT_FOUND` for a model or tags that are not there, `DATA_LOSS`.
  public static func load(_ exportDir: String, tags: [String]) throws
    -> (session: Session, metaGraph: MetaGraph)
  {
    let model = try Model(contentsOf: exportDir)
    guard model.kind == .savedModel else {
      throw TFError.invalidArgument("\(exportDir) is a \(model.kind.rawValue), not a SavedModel")
    }
    return (try Session(model: model, tags: tags), try model.metaGraph(tags: tags))
  }

  /// Whether a folder holds a SavedModel. Follows `tf.saved_model.contains_saved_model`.
  public static func containsSavedModel(_ exportDir: String) -> Bool {
    ["saved_model.pb", "saved_model.pbtxt"].contains {
      fileExists("\(exportDir)/\($0)")
    }
  }
}

extension V1API {
  public typealias train = V1Train
  public typealias savedModel = V1SavedModel
}
