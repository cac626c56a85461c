package import CoreGraph
package import CoreOps
public import Models
import Serialization

extension Session {
  /// A session on a model of any kind, ready to run.
  ///
  /// Of a SavedModel the variables are restored and the initialisers run, with the paths of its
  /// asset files. Variables of other models get values from a checkpoint, or by their own init op.
  /// Follows `tf.compat.v1.saved_model.load` and `tf.compat.v1.train.import_meta_graph`.
  ///
  /// - Parameters:
  ///   - tags: those of the SavedModel's MetaGraph; nil for the only one, or else the one for
  ///     serving.
  ///   - checkpoint: where variables are restored from, instead of a SavedModel's own.
  /// - Throws: `NOT_FOUND` for tags or variables that are not there, `DATA_LOSS`, and whatever an
  ///   op refuses.
  public convenience init(
    model: Model, tags: [String]? = nil, restoring checkpoint: String? = nil
  ) throws {
    try self.init(
      model: model, tags: tags, restoring: checkpoint, stepwise: false, Cancellation())
  }

  /// The same under a cancellation.
  ///
  /// - Parameter stepwise: as for `init(graph:stepwise:)`.
  package convenience init(
    model: Model, tags: [String]?, restoring checkpoint: String?, stepwise: Bool,
    _ cancellation: Cancellation
  ) throws {
    let meta = try model.metaGraph(tags: tags)
    self.init(graph: try Graph(importing: meta.graph), stepwise: stepwise)
    let assets = try model.assetPaths(of: meta)
    if let checkpoint = checkpoint ?? model.variables {
      try restore(from: checkpoint, meta, feeds: assets, cancellation)
    }
    guard model.kind == .savedModel, !meta.initializers.isEmpty else { return }
    _ = try run(
      fetches: [], feeds: assets, targets: meta.initializers.map(\.operationName), cancellation,
      nil)
  }

  /// Restores variables as the graph's own ops do, or by the variables' names where it has none.
  package func restore(
    from checkpoint: String, _ meta: MetaGraph, feeds: [String: String] = [:],
    _ cancellation: Cancellation
  ) throws {
    guard let saver = meta.saver, !saver.restoreOpName.isEmpty else {
      return try cancellation.whileCurrent {
        try GraphVariables(meta).restore(from: CheckpointReader(checkpoint), into: resources)
      }
    }
    var feeds: [String: any TensorConvertible] = feeds
    feeds[saver.filenameTensorName] = checkpoint
    _ = try run(
      fetches: [], feeds: feeds, targets: [saver.restoreOpName.operationName], cancellation, nil)
  }

  /// Saves variables as the graph's own ops do, or by the variables' names where it has none.
  package func save(to checkpoint: String, _ meta: MetaGraph, _ cancellation: Cancellation) throws {
    guard let saver = meta.saver, !saver.saveTensorName.isEmpty else {
      return try cancellation.whileCurrent {
        try GraphVariables(meta).save(to: checkpoint, from: resources)
      }
    }
    _ = try run(
      fetches: [], feeds: [saver.filenameTensorName: checkpoint],
      targets: [saver.saveTensorName.operationName], cancellation, nil)
  }
}

extension String {
  /// The node in a tensor's name, which MetaGraphs give for nodes too.
  fileprivate var operationName: String {
    guard let colon = lastIndex(of: ":"), Int(self[index(after: colon)...]) != nil else {
      return self
    }
    return String(self[..<colon])
  }
}

extension Session {
  /// What outputs need as one graph, with the variables' values of this session as constants.
  ///
  /// - Parameter outputs: names of nodes.
  /// - Throws: as `GraphRewrites.convertVariablesToConstants`.
  package func frozen(_ meta: MetaGraph, outputs: [String]) throws -> GraphDef {
    try GraphRewrites.convertVariablesToConstants(
      meta.graph, values: GraphVariables(meta).values(from: resources), outputNodeNames: outputs)
  }
}
