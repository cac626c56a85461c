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

  /// What is fed, by tensor: the given values, and the arrays of the archive that are inputs. What
  /// else is in the archive (answers, labels) is said on standard error.
  ///
  /// - Throws: `INVALID_ARGUMENT` when a tensor is fed twice, or the archive has no input.
  func feeds(_ given: GivenFeeds) throws -> [String: any TensorConvertible] {
    var all = given.values
    if let (path, arrays) = given.archive {
      let others = arrays.keys.filter { !isInput($0) }.sorted()
      guard others.isEmpty || others.count < arrays.count else {
        throw TFError.invalidArgument(
          """
          \(path): none of its arrays (\(others.joined(separator: ", "))) is an input of the model \
          (\(inputs.joined(separator: ", ")))
          """
        )
      }
      if !others.isEmpty {
        let note = "\(path): not fed, since the model has no such inputs: "
        writeError("janus: note: \((note + others.joined(separator: ", ")).oneLine)\n")
      }
      for (name, value) in arrays where isInput(name) && all[name] == nil { all[name] = value }
    }
    var named: [String: any TensorConvertible] = [:]
    for (name, value) in all {
      guard named.updateValue(value, forKey: input(name)) == nil else {
        throw TFError.invalidArgument("\(input(name)) is fed twice, once as \(name)")
      }
    }
    return named
  }

  /// Whether an array of that name is to be fed. A name with an output (`scores:0`) is always one:
  /// a model may be fed in the middle, but not by an array that holds the answer beside its inputs.
  private func isInput(_ name: String) -> Bool {
    name.contains(":") || signature?.inputs[name] != nil
      || session.graph.node(named: name)?.opName.hasPrefix("Placeholder") == true
  }

  private var inputs: [String] {
    signature?.inputs.keys.sorted()
      ?? session.graph.nodes.filter { $0.opName.hasPrefix("Placeholder") }.map(\.name)
  }
}
