import CoreGraph
import CoreOps
import Models
import Serialization
import V1Graph

/// A model that is ready to run, and what its signature's names mean.
struct ModelRun {
  let session: Session
  let meta: MetaGraph
  private let signature: SignatureDef?

  /// - Parameters:
  ///   - tags: of the SavedModel's graph; nil for the only one, or the one for serving.
  ///   - signature: nil for the one for serving, where there is one.
  ///   - restore: a checkpoint.
  init(
    path: String, tags: [String]?, signature: String?, restore: String?, stepwise: Bool = false,
    _ cancellation: Cancellation
  ) throws {
    let progress = ReadingProgress("reading \(path)")
    defer { progress.end() }
    let model = try Model(contentsOf: path)
    let meta = try model.metaGraph(tags: tags)
    self.meta = meta
    do {
      self.signature =
        try signature.map { try meta.signature($0) } ?? meta.signatures["serving_default"]
      session = try Session(
        model: model, tags: tags, restoring: restore, stepwise: stepwise, cancellation)
    } catch let error as TFError {
      guard !error.message.hasPrefix(path) else { throw error }
      throw TFError(error.code, "\(path): \(error.message)", node: error.node, op: error.op)
    }
  }

  /// The tensor that a name to feed stands for.
  func input(_ name: String) -> String { signature?.inputs[name]?.name ?? name }

  /// The tensor that a name to fetch stands for: an output of the signature, by its name or as
  /// `output_K`, or a tensor.
  func output(_ name: String) -> String {
    guard let signature else { return name }
    if let tensor = signature.outputs[name]?.name { return tensor }
    if name.hasPrefix("output_"), let index = Int(name.dropFirst(7)),
      session.graph.node(named: name) == nil
    {
      let keys = signature.outputs.keys.sorted()
      if keys.indices.contains(index), let tensor = signature.outputs[keys[index]]?.name {
        return tensor
      }
    }
    return name
  }

  /// The names of all outputs of the signature.
  var outputs: [String] { signature?.outputs.keys.sorted() ?? [] }

  func feeds<V>(_ feeds: [String: V]) throws -> [String: V] {
    var named: [String: V] = [:]
    for (name, value) in feeds {
      guard named.updateValue(value, forKey: input(name)) == nil else {
        throw TFError.invalidArgument("\(input(name)) is fed twice, once as \(name)")
      }
    }
    return named
  }
}
