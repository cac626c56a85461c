public import CoreOps
public import OpsSparse

/// What is wanted of a feature of examples: `tf.io.FixedLenFeature` and its kin.
public protocol ExampleFeature: Sendable {
  var dtype: DType { get }
}

/// A feature of so many values. Follows `tf.io.FixedLenFeature`.
public struct FixedLenFeature: ExampleFeature {
  public let shape: [Int]
  public let dtype: DType
  fileprivate let defaultValue: Tensor?

  /// - Parameters:
  ///   - shape: of the values.
  ///   - dtype: float32, int64 or string.
  ///   - defaultValue: what stands for a feature that is missing; nil where it must be there.
  public init(_ shape: [Int], _ dtype: DType, defaultValue: (any TensorConvertible)? = nil) throws {
    self.shape = shape
    self.dtype = dtype
    self.defaultValue = try defaultValue?.asTensor(preferring: dtype)
  }

  /// The same with all labels.
  public init(shape: [Int], dtype: DType, defaultValue: (any TensorConvertible)? = nil) throws {
    try self.init(shape, dtype, defaultValue: defaultValue)
  }
}

/// A feature of any number of values, as a sparse tensor. Follows `tf.io.VarLenFeature`.
public struct VarLenFeature: ExampleFeature {
  public let dtype: DType

  /// - Parameter dtype: float32, int64 or string.
  public init(_ dtype: DType) { self.dtype = dtype }
  public init(dtype: DType) { self.dtype = dtype }
}

/// A feature of any number of blocks of values, padded to the longest; of an example with
/// sequences, a list of blocks. Follows `tf.io.FixedLenSequenceFeature`.
public struct FixedLenSequenceFeature: ExampleFeature {
  public let shape: [Int]
  public let dtype: DType
  public let allowMissing: Bool
  fileprivate let defaultValue: Tensor?

  /// - Parameters:
  ///   - shape: of a block.
  ///   - dtype: float32, int64 or string.
  ///   - allowMissing: whether the feature may be missing, and has no blocks then.
  ///   - defaultValue: what pads; nil for zeros and empty strings.
  public init(
    _ shape: [Int], _ dtype: DType, allowMissing: Bool = false,
    defaultValue: (any TensorConvertible)? = nil
  ) throws {
    self.shape = shape
    self.dtype = dtype
    self.allowMissing = allowMissing
    self.defaultValue = try defaultValue?.asTensor(preferring: dtype)
  }

  /// The same with all labels.
  public init(
    shape: [Int], dtype: DType, allowMissing: Bool = false,
    defaultValue: (any TensorConvertible)? = nil
  ) throws {
    try self.init(shape, dtype, allowMissing: allowMissing, defaultValue: defaultValue)
  }
}

/// A feature of any number of values, as values and splits. Follows `tf.io.RaggedFeature` without
/// partitions.
public struct RaggedFeature: ExampleFeature {
  public let dtype: DType
  public let valueKey: String?
  public let rowSplitsDtype: DType

  /// - Parameters:
  ///   - dtype: float32, int64 or string.
  ///   - valueKey: the feature's key; nil for the name that it is given.
  ///   - rowSplitsDtype: int32 or int64.
  public init(_ dtype: DType, valueKey: String? = nil, rowSplitsDtype: DType = .int32) {
    self.dtype = dtype
    self.valueKey = valueKey
    self.rowSplitsDtype = rowSplitsDtype
  }
}

/// What a feature gave.
public enum ParsedFeature: Sendable {
  case dense(Tensor)
  case sparse(SparseTensor)
  /// The values of all rows, and where the rows begin, from the outside in: of lists, the rows of
  /// each example first. One example has no splits of its own.
  case ragged(values: Tensor, rowSplits: [Tensor])

  /// The values of a dense feature.
  ///
  /// - Throws: `INVALID_ARGUMENT` for another one.
  public var tensor: Tensor {
    get throws {
      guard case .dense(let tensor) = self else {
        throw TFError.invalidArgument("the feature is not dense")
      }
      return tensor
    }
  }

  /// The values of a sparse feature.
  ///
  /// - Throws: `INVALID_ARGUMENT` for another one.
  public var sparseTensor: SparseTensor {
    get throws {
      guard case .sparse(let tensor) = self else {
        throw TFError.invalidArgument("the feature is not sparse")
      }
      return tensor
    }
  }
}

extension IOAPI {
  public typealias FixedLenFeature = OpsRecords.FixedLenFeature
  public typealias VarLenFeature = OpsRecords.VarLenFeature
  public typealias FixedLenSequenceFeature = OpsRecords.FixedLenSequenceFeature
  public typealias RaggedFeature = OpsRecords.RaggedFeature

  /// The features of a batch of serialized `tf.train.Example`s. Follows `tf.io.parse_example`.
  ///
  /// - Parameters:
  ///   - serialized: a vector, or a scalar for outputs without the dimension of the batch.
  ///   - features: what is wanted, by key.
  ///   - exampleNames: what messages call the examples.
  ///   - name: the scope's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when an example cannot be parsed, lacks a feature that must be
  ///   there or has other values.
  public static func parseExample(
    _ serialized: some TensorConvertible, features: [String: any ExampleFeature],
    exampleNames: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> [String: ParsedFeature] {
    try require(!features.isEmpty, "Argument `features` cannot be None or falsy. Got {}")
    return try inScope(name, "ParseExample") { _ in
      let wanted = try WantedFeatures(features, isSequence: false)
      let names = try exampleNames?.asTensor(preferring: .string) ?? Tensor.texts([])
      let outputs = try apply(
        ExampleOps.family.parseV2,
        [serialized.asTensor(preferring: .string), names] + wanted.keys + wanted.defaults,
        [
          "num_sparse": .int(wanted.sparse.count), "sparse_types": .types(wanted.types(\.sparse)),
          "Tdense": .types(wanted.types(\.dense)), "dense_shapes": .shapes(wanted.shapes),
          "ragged_value_types": .types(wanted.types(\.ragged)),
          "ragged_split_types": .types(wanted.splitTypes),
        ], name: name)
      var rest = outputs[...]
      return try wanted.take(&rest)
    }
  }

  /// The same with the features by position.
  public static func parseExample(
    _ serialized: some TensorConvertible, _ features: [String: any ExampleFeature],
    exampleNames: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> [String: ParsedFeature] {
    try parseExample(serialized, features: features, exampleNames: exampleNames, name: name)
  }

  /// The features of one serialized `tf.train.Example`. Follows `tf.io.parse_single_example`.
  ///
  /// - Parameters:
  ///   - serialized: a string scalar.
  ///   - features: what is wanted, by key.
  ///   - exampleNames: what messages call the example, a scalar.
  ///   - name: the scope's name in a graph.
  /// - Throws: as `parseExample`.
  public static func parseSingleExample(
    _ serialized: some TensorConvertible, features: [String: any ExampleFeature],
    exampleNames: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> [String: ParsedFeature] {
    try inScope(name, "ParseSingleExample") { _ in
      let serialized = try serialized.asTensor(preferring: .string)
      try require(
        serialized.shape.rank ?? 0 == 0,
        "serialized must be a scalar, got shape \(serialized.shape)")
      return try parseExample(serialized, features: features, exampleNames: exampleNames)
    }
  }

  /// The same with the features by position.
  public static func parseSingleExample(
    _ serialized: some TensorConvertible, _ features: [String: any ExampleFeature],
    exampleNames: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> [String: ParsedFeature] {
    try parseSingleExample(serialized, features: features, exampleNames: exampleNames, name: name)
  }

  /// The features of a batch of serialized `tf.train.SequenceExample`s. Follows
  /// `tf.io.parse_sequence_example`.
  ///
  /// - Parameters:
  ///   - serialized: a vector.
  ///   - contextFeatures: what is wanted of the examples as a whole, by key.
  ///   - sequenceFeatures: what is wanted of their lists, by key.
  ///   - exampleNames: what messages call the examples.
  ///   - name: the scope's name in a graph.
  /// - Returns: the features, the lists, and how long each list is that is dense.
  /// - Throws: as `parseExample`.
  public static func parseSequenceExample(
    _ serialized: some TensorConvertible, contextFeatures: [String: any ExampleFeature] = [:],
    sequenceFeatures: [String: any ExampleFeature] = [:],
    exampleNames: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> (
    context: [String: ParsedFeature], sequences: [String: ParsedFeature],
    lengths: [String: Tensor]
  ) {
    try inScope(name, "ParseSequenceExample") { _ in
      try parseSequences(serialized, contextFeatures, sequenceFeatures, exampleNames)
    }
  }

  /// The features of one serialized `tf.train.SequenceExample`. Follows
  /// `tf.io.parse_single_sequence_example`.
  ///
  /// - Parameters:
  ///   - serialized: a string scalar.
  ///   - contextFeatures: what is wanted of the example as a whole, by key.
  ///   - sequenceFeatures: what is wanted of its lists, by key.
  ///   - exampleName: what messages call the example.
  ///   - name: the scope's name in a graph.
  /// - Throws: as `parseExample`.
  public static func parseSingleSequenceExample(
    _ serialized: some TensorConvertible, contextFeatures: [String: any ExampleFeature] = [:],
    sequenceFeatures: [String: any ExampleFeature] = [:],
    exampleName: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> (context: [String: ParsedFeature], sequences: [String: ParsedFeature]) {
    try inScope(name, "ParseSingleSequenceExample") { _ in
      let serialized = try serialized.asTensor(preferring: .string)
      try require(
        serialized.shape.rank ?? 0 == 0,
        "serialized must be a scalar, got shape \(serialized.shape)")
      let parsed = try parseSequences(serialized, contextFeatures, sequenceFeatures, exampleName)
      return (parsed.context, parsed.sequences)
    }
  }

  private static func parseSequences(
    _ serialized: some TensorConvertible, _ context: [String: any ExampleFeature],
    _ sequences: [String: any ExampleFeature], _ names: (any TensorConvertible)?
  ) throws -> (
    context: [String: ParsedFeature], sequences: [String: ParsedFeature],
    lengths: [String: Tensor]
  ) {
    try require(
      !context.isEmpty || !sequences.isEmpty,
      "Both `context_features` and `sequence_features` are empty: one of them has to be given")
    return try inScope(nil, "ParseSequenceExample") { _ in
      let own = try WantedFeatures(context, isSequence: false)
      let lists = try WantedFeatures(sequences, isSequence: true)
      let debugNames = try names?.asTensor(preferring: .string) ?? Tensor.texts([])
      let missing = try Tensor(lists.mayBeMissing, dims: [lists.mayBeMissing.count])
      let outputs = try apply(
        SequenceExampleOps.family.parseV2,
        [serialized.asTensor(preferring: .string), debugNames] + own.keys + lists.keys
          + [missing] + own.defaults,
        [
          "Ncontext_sparse": .int(own.sparse.count), "Tcontext_dense": .types(own.types(\.dense)),
          "context_sparse_types": .types(own.types(\.sparse)),
          "context_ragged_value_types": .types(own.types(\.ragged)),
          "context_ragged_split_types": .types(own.splitTypes),
          "context_dense_shapes": .shapes(own.shapes),
          "Nfeature_list_sparse": .int(lists.sparse.count),
          "Nfeature_list_dense": .int(lists.dense.count),
          "feature_list_dense_types": .types(lists.types(\.dense)),
          "feature_list_sparse_types": .types(lists.types(\.sparse)),
          "feature_list_ragged_value_types": .types(lists.types(\.ragged)),
          "feature_list_ragged_split_types": .types(lists.splitTypes),
          "feature_list_dense_shapes": .shapes(lists.shapes),
        ])
      var rest = outputs[...]
      let parsed = try own.take(&rest)
      var lengths: [Tensor] = []
      let parsedLists = try lists.take(&rest, lengths: &lengths)
      let byKey = zip(lists.dense.map(\.key), lengths)
      return (parsed, parsedLists, Dictionary(uniqueKeysWithValues: byKey))
    }
  }
}

/// The features that are wanted, by kind and each kind by its keys.
private struct WantedFeatures {
  typealias Entry = (key: String, dtype: DType)

  var sparse: [Entry] = []
  var dense: [Entry] = []
  var ragged: [Entry] = []
  /// What the results of ragged features are called.
  private var raggedNames: [String] = []
  var splitTypes: [DType] = []
  var shapes: [PartialShape] = []
  var defaults: [Tensor] = []
  var mayBeMissing: [Bool] = []
  private let isSequence: Bool

  init(_ features: [String: any ExampleFeature], isSequence: Bool) throws {
    self.isSequence = isSequence
    for (key, feature) in features.sorted(by: { $0.key < $1.key }) {
      try require(
        [.float32, .int64, .string].contains(feature.dtype),
        "the feature \(key) has dtype \(feature.dtype): float32, int64 or string are possible")
      switch feature {
      case let feature as FixedLenFeature:
        try require(
          !isSequence, "the list \(key) takes a FixedLenSequenceFeature, not a FixedLenFeature")
        let shape = PartialShape(feature.shape.map { $0 as Int? })
        guard shape.known?.checkedElementCount != nil else {
          throw TFError.invalidArgument("the feature \(key) has shape \(feature.shape)")
        }
        dense.append((key, feature.dtype))
        shapes.append(shape)
        defaults.append(try Self.fallback(key, feature))
      case let feature as VarLenFeature: sparse.append((key, feature.dtype))
      case let feature as FixedLenSequenceFeature:
        dense.append((key, feature.dtype))
        mayBeMissing.append(feature.allowMissing)
        let shape = PartialShape(feature.shape.map { $0 as Int? })
        if isSequence {
          shapes.append(shape)
          continue
        }
        try require(
          feature.allowMissing,
          "Unsupported: FixedLenSequenceFeature requires allow_missing to be True.")
        shapes.append(PartialShape([nil] as [Dimension?]).concatenated(with: shape))
        defaults.append(try Self.padding(key, feature))
      case let feature as RaggedFeature:
        ragged.append((feature.valueKey ?? key, feature.dtype))
        raggedNames.append(key)
        splitTypes.append(feature.rowSplitsDtype)
      default:
        throw TFError.invalidArgument("the feature \(key) is of a kind that is not known")
      }
    }
  }

  private static func fallback(_ key: String, _ feature: FixedLenFeature) throws -> Tensor {
    guard let value = feature.defaultValue else {
      return try Tensor.zeros(feature.dtype, [0]).asConstant()
    }
    let shape = try ShapeOps.vector(feature.shape)
    // Characters that a node's name cannot have are left out of it.
    let name = String(
      key.map { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-/".contains($0)) ? $0 : "_" })
    return try ShapeOps.family.reshape([value.asConstant(named: "key_\(name)"), shape])
  }

  private static func padding(_ key: String, _ feature: FixedLenSequenceFeature) throws -> Tensor {
    if let value = feature.defaultValue {
      return try ShapeOps.family.reshape([value, ShapeOps.vector([])])
    }
    return try Tensor.zeros(feature.dtype, []).asConstant()
  }

  func types(_ kind: KeyPath<WantedFeatures, [Entry]>) -> [DType] {
    self[keyPath: kind].map(\.dtype)
  }

  /// The inputs with keys: of sparse, dense and ragged features.
  var keys: [Tensor] {
    get throws { try [sparse, dense, ragged].map { try Tensor.texts($0.map(\.key)) } }
  }

  /// The features among the outputs of the op, in the order of the op's outputs.
  func take(_ outputs: inout ArraySlice<Tensor>) throws -> [String: ParsedFeature] {
    var none: [Tensor] = []
    return try take(&outputs, lengths: &none)
  }

  func take(_ outputs: inout ArraySlice<Tensor>, lengths: inout [Tensor]) throws
    -> [String: ParsedFeature]
  {
    func next(_ count: Int) -> [Tensor] {
      defer { outputs = outputs.dropFirst(count) }
      return Array(outputs.prefix(count))
    }
    var parsed: [String: ParsedFeature] = [:]
    let (indices, values, shapes) = (next(sparse.count), next(sparse.count), next(sparse.count))
    for (index, feature) in sparse.enumerated() {
      parsed[feature.key] = .sparse(
        try SparseTensor(
          indices: indices[index], values: values[index], denseShape: shapes[index]))
    }
    for (feature, tensor) in zip(dense, next(dense.count)) { parsed[feature.key] = .dense(tensor) }
    if isSequence { lengths = next(dense.count) }
    let rows = next(ragged.count)
    let splits = (0..<(isSequence ? 2 : 1)).map { _ in next(ragged.count) }
    for (index, name) in raggedNames.enumerated() {
      parsed[name] = .ragged(values: rows[index], rowSplits: splits.map { $0[index] })
    }
    return parsed
  }
}

extension Tensor {
  fileprivate static func texts(_ values: [String]) throws -> Tensor {
    try Tensor(strings: values, dims: [values.count])
  }
}
