import CoreOps

/// A list of strings of bytes. Follows `tf.train.BytesList`.
public struct TrainBytesList: Sendable, Equatable {
  public var value: [[UInt8]]

  public init(value: [[UInt8]] = []) { self.value = value }
  public init(value: [String]) { self.value = value.map { Array($0.utf8) } }
}

/// A list of single-precision numbers. Follows `tf.train.FloatList`.
public struct TrainFloatList: Sendable, Equatable {
  public var value: [Float]

  public init(value: [Float] = []) { self.value = value }
}

/// A list of integers. Follows `tf.train.Int64List`.
public struct TrainInt64List: Sendable, Equatable {
  public var value: [Int64]

  public init(value: [Int64] = []) { self.value = value }
}

/// The values of one feature: a list of one of three kinds, or none. Follows `tf.train.Feature`.
public struct TrainFeature: Sendable, Equatable {
  /// The values by their kind.
  package enum Kind: Sendable, Equatable {
    case bytes([[UInt8]])
    case floats([Float])
    case int64s([Int64])
  }

  /// Nil where no list is set.
  package var kind: Kind?

  /// A feature without values.
  public init() {}
  public init(bytesList: TrainBytesList) { kind = .bytes(bytesList.value) }
  public init(floatList: TrainFloatList) { kind = .floats(floatList.value) }
  public init(int64List: TrainInt64List) { kind = .int64s(int64List.value) }

  /// The strings; empty where the feature has other values.
  public var bytesList: TrainBytesList {
    if case .bytes(let value)? = kind { TrainBytesList(value: value) } else { TrainBytesList() }
  }
  /// The numbers; empty where the feature has other values.
  public var floatList: TrainFloatList {
    if case .floats(let value)? = kind { TrainFloatList(value: value) } else { TrainFloatList() }
  }
  /// The integers; empty where the feature has other values.
  public var int64List: TrainInt64List {
    if case .int64s(let value)? = kind { TrainInt64List(value: value) } else { TrainInt64List() }
  }
}

/// Features by their keys. Follows `tf.train.Features`.
public struct TrainFeatures: Sendable, Equatable {
  public var feature: [String: TrainFeature]

  public init(feature: [String: TrainFeature] = [:]) { self.feature = feature }
}

/// A sequence of features. Follows `tf.train.FeatureList`.
public struct TrainFeatureList: Sendable, Equatable {
  public var feature: [TrainFeature]

  public init(feature: [TrainFeature] = []) { self.feature = feature }
}

/// Sequences by their keys. Follows `tf.train.FeatureLists`.
public struct TrainFeatureLists: Sendable, Equatable {
  public var featureList: [String: TrainFeatureList]

  public init(featureList: [String: TrainFeatureList] = [:]) { self.featureList = featureList }
}

/// What a program learns from: features by their keys. Follows `tf.train.Example`.
public struct TrainExample: Sendable, Equatable {
  public var features: TrainFeatures

  public init(features: TrainFeatures = TrainFeatures()) { self.features = features }

  /// Reads a serialized example. Follows `tf.train.Example.FromString`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such message.
  public static func fromString(_ serialized: [UInt8]) throws -> TrainExample {
    try serialized.withUnsafeBytes { bytes in
      try TrainExample(features: ExampleDecoder.example(bytes, context: 1).context)
    }
  }

  /// The message's bytes, the same for equal examples: keys stand in the order of their bytes.
  /// Follows `tf.train.Example.SerializeToString(deterministic=True)`.
  public func serializeToString() -> [UInt8] {
    ExampleEncoder.field(1, ExampleEncoder.bytes(features))
  }
}

/// An example with sequences. Follows `tf.train.SequenceExample`.
public struct TrainSequenceExample: Sendable, Equatable {
  public var context: TrainFeatures
  public var featureLists: TrainFeatureLists

  public init(
    context: TrainFeatures = TrainFeatures(), featureLists: TrainFeatureLists = TrainFeatureLists()
  ) {
    self.context = context
    self.featureLists = featureLists
  }

  /// Reads a serialized example. Follows `tf.train.SequenceExample.FromString`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such message.
  public static func fromString(_ serialized: [UInt8]) throws -> TrainSequenceExample {
    try serialized.withUnsafeBytes { try TrainSequenceExample(serialized: $0) }
  }

  package init(serialized: UnsafeRawBufferPointer) throws {
    (context, featureLists) = try ExampleDecoder.example(serialized, context: 1, lists: 2)
  }

  /// The message's bytes, the same for equal examples.
  public func serializeToString() -> [UInt8] {
    var bytes: [UInt8] = []
    if !context.feature.isEmpty { bytes += ExampleEncoder.field(1, ExampleEncoder.bytes(context)) }
    if !featureLists.featureList.isEmpty {
      bytes += ExampleEncoder.field(2, ExampleEncoder.bytes(featureLists))
    }
    return bytes
  }
}

extension TrainAPI {
  public typealias BytesList = TrainBytesList
  public typealias FloatList = TrainFloatList
  public typealias Int64List = TrainInt64List
  public typealias Feature = TrainFeature
  public typealias Features = TrainFeatures
  public typealias FeatureList = TrainFeatureList
  public typealias FeatureLists = TrainFeatureLists
  public typealias Example = TrainExample
  public typealias SequenceExample = TrainSequenceExample
}
