public import CoreGraph
public import CoreOps
import Serialization

/// A graph with what a program needs to use it: collections, signatures, how its variables are
/// saved and restored, and asset files. Follows TensorFlow's `MetaGraphDef`, the content of `.meta`
/// files and of SavedModels.
///
/// What Janus does not model is carried along and written back as it came.
public struct MetaGraph: Sendable, Hashable {
  public var graph = GraphDef()
  /// What a SavedModel tells its MetaGraphs apart by.
  public var tags: [String] = []
  public var tensorflowVersion = ""
  /// Signature key → what it takes and gives.
  public var signatures: [String: SignatureDef] = [:]
  public var collections: [String: CollectionDef] = [:]
  /// How the variables are saved and restored; nil where the graph has no such ops.
  public var saver: SaverDef?
  public var assets: [AssetFileDef] = []
  /// The objects of a SavedModel of the second generation, as a `SavedObjectGraph` protocol buffer.
  public var objectGraph: [UInt8]?
  /// Fields of `MetaInfoDef` beside the above, as they came.
  public var infoUnknownFields: [UnknownField] = []
  public var unknownFields: [UnknownField] = []

  public init() {}

  /// A graph alone.
  public init(graph: GraphDef) { self.graph = graph }
}

/// What a signature takes and gives. Follows TensorFlow's `SignatureDef`.
public struct SignatureDef: Sendable, Hashable {
  /// The signature's own name of an input → the tensor.
  public var inputs: [String: TensorInfo] = [:]
  public var outputs: [String: TensorInfo] = [:]
  /// As `tensorflow/serving/predict`.
  public var methodName = ""
  public var unknownFields: [UnknownField] = []

  public init() {}

  public init(
    inputs: [String: TensorInfo], outputs: [String: TensorInfo],
    methodName: String = "tensorflow/serving/predict"
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.methodName = methodName
  }
}

/// A tensor of a graph by name. Follows TensorFlow's `TensorInfo`.
public struct TensorInfo: Sendable, Hashable {
  public enum Encoding: Sendable, Hashable {
    case none
    case name(String)
    /// A sparse tensor's three parts.
    case sparse(values: String, indices: String, shape: String)
    /// A value of several tensors: its `TypeSpecProto`, and the parts.
    case composite(typeSpec: [UInt8], components: [TensorInfo])
  }

  public var encoding: Encoding
  /// TensorFlow's number of the dtype.
  public var dtypeNumber: Int
  /// Nil where the message has none.
  public var shape: PartialShape?
  public var unknownFields: [UnknownField] = []

  public init(_ name: String, dtype: DType, shape: PartialShape?) {
    encoding = .name(name)
    dtypeNumber = Int(dtype.rawValue)
    self.shape = shape
  }

  init(encoding: Encoding, dtypeNumber: Int, shape: PartialShape?) {
    self.encoding = encoding
    self.dtypeNumber = dtypeNumber
    self.shape = shape
  }

  public var dtype: DType? { UInt8(exactly: dtypeNumber).flatMap(DType.init) }

  /// The tensor's name, of a sparse one that of its values; nil where it has none.
  public var name: String? {
    switch encoding {
    case .name(let name): name
    case .sparse(let values, _, _): values
    case .none, .composite: nil
    }
  }
}

/// A collection of a graph. Follows TensorFlow's `CollectionDef`.
public enum CollectionDef: Sendable, Hashable {
  /// Names of nodes and tensors.
  case nodes([String])
  /// Messages: of variables, of control flow, of queue runners.
  case bytes([[UInt8]])
  case ints([Int])
  case floats([Float])
  case messages([TypedMessage])
  case none

  /// A message with the URL of its type. Follows `google.protobuf.Any`.
  public struct TypedMessage: Sendable, Hashable {
    public var typeURL: String
    public var bytes: [UInt8]

    public init(typeURL: String, bytes: [UInt8]) {
      self.typeURL = typeURL
      self.bytes = bytes
    }
  }

  /// The members as text: of messages the name, their first field, where they have one.
  public var members: [String] {
    switch self {
    case .nodes(let names): names
    case .bytes(let values): values.map { Self.name(of: $0) ?? "(\($0.count) bytes)" }
    case .ints(let values): values.map { "\($0)" }
    case .floats(let values): values.map { "\($0)" }
    case .messages(let values): values.map { "(\($0.bytes.count) bytes)" }
    case .none: []
    }
  }

  /// Messages of variables and contexts start with their name as field 1.
  private static func name(of message: [UInt8]) -> String? {
    message.withUnsafeBytes { bytes in
      var reader = WireReader(bytes)
      guard let tag = try? reader.tag(), tag.number == 1, tag.wireType == 2,
        let name = try? reader.block()
      else { return nil }
      return String(validating: name, as: UTF8.self)
    }
  }
}

/// How a graph's variables are saved and restored. Follows TensorFlow's `SaverDef`.
public struct SaverDef: Sendable, Hashable {
  /// The tensor that is fed the checkpoint's prefix.
  public var filenameTensorName: String
  /// What gives the saved checkpoint's prefix.
  public var saveTensorName: String
  /// The node that restores.
  public var restoreOpName: String
  public var maxToKeep = 0
  public var isSharded = false
  public var keepCheckpointEveryNHours: Float = 0
  /// 0 or 1 for the older format, 2 for tensor bundles.
  public var version = 2
  public var unknownFields: [UnknownField] = []

  public init(filenameTensorName: String, saveTensorName: String, restoreOpName: String) {
    self.filenameTensorName = filenameTensorName
    self.saveTensorName = saveTensorName
    self.restoreOpName = restoreOpName
  }
}

/// A file that belongs to a model, and the tensor that is fed its path. Follows TensorFlow's
/// `AssetFileDef`.
public struct AssetFileDef: Sendable, Hashable {
  public var tensor: TensorInfo?
  /// The name in the folder `assets`.
  public var filename: String
  public var unknownFields: [UnknownField] = []

  public init(tensor: TensorInfo?, filename: String) {
    self.tensor = tensor
    self.filename = filename
  }
}

/// MetaGraphs in one file. Follows TensorFlow's `SavedModel`, the content of `saved_model.pb`.
public struct SavedModelDef: Sendable, Hashable {
  public var schemaVersion = 1
  public var metaGraphs: [MetaGraph] = []
  public var unknownFields: [UnknownField] = []

  public init() {}
}
