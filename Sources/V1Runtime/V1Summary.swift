import CoreGraph
public import CoreOps
import Ops
public import V1Graph

/// `tf.summary` in TF-1 style: ops that give messages for TensorBoard, which a `FileWriter` writes.
public enum V1Summary {
  public typealias FileWriter = SummaryFileWriter

  /// The collection that summaries are in.
  private static let summaries = "summaries"

  /// A name with what no node's name has replaced.
  private static func clean(_ name: String) -> String {
    let allowed = name.utf8.map { byte in
      (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        || "-_./\\>".utf8.contains(byte) ? byte : UInt8(ascii: "_")
    }
    return String(decoding: allowed.drop { $0 == UInt8(ascii: "/") }, as: UTF8.self)
  }

  /// Makes a summary in a scope of its own: its tag, and the name of its node, are unique.
  private static func summary(
    _ name: String, _ family: String?, _ collections: [String]?,
    _ make: (_ tag: Tensor, _ scope: String?) throws -> Tensor
  ) throws -> Tensor {
    let (name, family) = (clean(name), family.map(clean))
    let base = family.map { "\($0)/\(name)" } ?? name
    return try inScope(base, base) { scope in
      let path = scope.map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 } ?? base
      let result = try make((family.map { "\($0)/\(path)" } ?? path).asTensor(), scope)
      collect(result, collections ?? [summaries])
      return result
    }
  }

  private static func collect(_ summary: Tensor, _ collections: [String]) {
    guard let graph = Environment.current.graph else { return }
    for collection in collections { graph.addToCollection(collection, summary) }
  }

  /// A number. Follows `tf.compat.v1.summary.scalar`.
  ///
  /// - Parameters:
  ///   - name: the node's, which is its tag too.
  ///   - tensor: a real scalar.
  ///   - collections: those of the graph that the summary goes into; that of `mergeAll` by
  ///     default.
  ///   - family: what the tag begins with, so that TensorBoard shows summaries together.
  /// - Returns: a string scalar with the serialized message.
  public static func scalar(
    _ name: String, tensor: some TensorConvertible, collections: [String]? = nil,
    family: String? = nil
  ) throws -> Tensor {
    let tensor = try tensor.asTensor()
    return try summary(name, family, collections) { tag, scope in
      try SummaryOps.family.scalar([tag, tensor], name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func scalar(
    _ name: String, _ tensor: some TensorConvertible, collections: [String]? = nil,
    family: String? = nil
  ) throws -> Tensor {
    try scalar(name, tensor: tensor, collections: collections, family: family)
  }

  /// How numbers are distributed. Follows `tf.compat.v1.summary.histogram`.
  ///
  /// - Parameters:
  ///   - values: real, of any shape.
  ///   - name, collections, family: as for `scalar`.
  /// - Throws: `INVALID_ARGUMENT` where one is not finite.
  public static func histogram(
    _ name: String, values: some TensorConvertible, collections: [String]? = nil,
    family: String? = nil
  ) throws -> Tensor {
    let values = try values.asTensor()
    return try summary(name, family, collections) { tag, scope in
      try SummaryOps.family.histogram([tag, values], name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func histogram(
    _ name: String, _ values: some TensorConvertible, collections: [String]? = nil,
    family: String? = nil
  ) throws -> Tensor {
    try histogram(name, values: values, collections: collections, family: family)
  }

  /// Images. Follows `tf.compat.v1.summary.image`.
  ///
  /// - Parameters:
  ///   - tensor: `[batch, height, width, channels]` with 1, 3 or 4 channels; what is not uint8 is
  ///     scaled.
  ///   - maxOutputs: how many are taken.
  ///   - name, collections, family: as for `scalar`.
  /// - Throws: `INVALID_ARGUMENT` for other shapes.
  public static func image(
    _ name: String, tensor: some TensorConvertible, maxOutputs: Int = 3,
    collections: [String]? = nil, family: String? = nil
  ) throws -> Tensor {
    let tensor = try tensor.asTensor()
    return try summary(name, family, collections) { tag, scope in
      try SummaryOps.family.image(
        [tag, tensor], Attrs().with("max_images", .int(maxOutputs), unless: maxOutputs == 3),
        name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func image(
    _ name: String, _ tensor: some TensorConvertible, maxOutputs: Int = 3,
    collections: [String]? = nil, family: String? = nil
  ) throws -> Tensor {
    try image(
      name, tensor: tensor, maxOutputs: maxOutputs, collections: collections, family: family)
  }

  /// Sounds. Follows `tf.compat.v1.summary.audio`.
  ///
  /// - Parameters:
  ///   - tensor: `[batch, frames]` or `[batch, frames, channels]`, in -1...1.
  ///   - sampleRate: in hertz.
  ///   - maxOutputs: how many are taken.
  ///   - name, collections, family: as for `scalar`.
  /// - Throws: `INVALID_ARGUMENT` for other shapes.
  public static func audio(
    _ name: String, tensor: some TensorConvertible, sampleRate: some TensorConvertible,
    maxOutputs: Int = 3, collections: [String]? = nil, family: String? = nil
  ) throws -> Tensor {
    let tensor = try tensor.asTensor()
    return try summary(name, family, collections) { tag, scope in
      let rate = try CastOps.cast(sampleRate.asTensor(), .float32).asConstant(named: "sample_rate")
      return try SummaryOps.family.audioV2(
        [tag, tensor, rate],
        Attrs().with("max_outputs", .int(maxOutputs), unless: maxOutputs == 3), name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func audio(
    _ name: String, _ tensor: some TensorConvertible, _ sampleRate: some TensorConvertible,
    maxOutputs: Int = 3, collections: [String]? = nil, family: String? = nil
  ) throws -> Tensor {
    try audio(
      name, tensor: tensor, sampleRate: sampleRate, maxOutputs: maxOutputs,
      collections: collections, family: family)
  }

  /// Text. Follows `tf.compat.v1.summary.text`.
  ///
  /// - Parameters:
  ///   - tensor: strings of any shape.
  ///   - name, collections: as for `scalar`.
  /// - Throws: `INVALID_ARGUMENT` for other dtypes.
  public static func text(
    _ name: String, tensor: some TensorConvertible, collections: [String]? = nil
  ) throws -> Tensor {
    let tensor = try tensor.asTensor()
    try require(
      tensor.dtype == .string, "Expected tensor \(name) to have dtype string, got \(tensor.dtype)")
    return try summary(name, nil, collections) { tag, scope in
      // A SummaryMetadata that names the plugin for text.
      let metadata = try Tensor(strings: [[10, 6, 10, 4] + Array("text".utf8)], dims: [])
      return try SummaryOps.family.tensorV2([tag, tensor, metadata], name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func text(
    _ name: String, _ tensor: some TensorConvertible, collections: [String]? = nil
  ) throws -> Tensor { try text(name, tensor: tensor, collections: collections) }

  /// The values of several summaries in one message. Follows `tf.compat.v1.summary.merge`.
  ///
  /// - Throws: `INVALID_ARGUMENT` where two have one tag; `FAILED_PRECONDITION` where calls run at
  ///   once.
  public static func merge(
    _ inputs: [Tensor], collections: [String]? = nil, name: String? = nil
  ) throws -> Tensor {
    guard !Environment.current.isExecutingEagerly else {
      throw TFError.failedPrecondition(
        "Merging tf.summary.* ops is not compatible with eager execution.")
    }
    return try inScope(name.map(clean), "Merge") { _ in
      let result = try SummaryOps.family.merge(inputs)
      collect(result, collections ?? [])
      return result
    }
  }

  /// All summaries of a collection of the default graph in one message. Follows
  /// `tf.compat.v1.summary.merge_all`.
  ///
  /// - Returns: nil where there is none.
  public static func mergeAll(key: String = "summaries", name: String? = nil) throws -> Tensor? {
    guard let graph = Environment.current.graph else {
      throw TFError.failedPrecondition(
        "Merging tf.summary.* ops is not compatible with eager execution.")
    }
    let all = graph.collection(key).compactMap { $0 as? Tensor }
    return all.isEmpty ? nil : try merge(all, name: name)
  }
}

extension V1API { public typealias summary = V1Summary }
