import CProtos
package import CoreGraph
package import CoreOps

/// What a MetaGraph says about its graph.
package struct MetaGraphSummary: Sendable {
  package struct Endpoint: Sendable {
    package var key: String
    package var tensor: String
    package var dtype: DType?
    package var shape: PartialShape
  }

  package struct SignatureSummary: Sendable {
    package var key: String
    package var method: String
    package var inputs: [Endpoint]
    package var outputs: [Endpoint]
  }

  /// A graph alone.
  package init(graph: GraphDef) { self.graph = graph }

  package var tags: [String] = []
  package var tensorflowVersion = ""
  package var graph = GraphDef()
  package var signatures: [SignatureSummary] = []
  /// Collection name → its members; those of bytes by their number only.
  package var collections: [(name: String, members: [String])] = []

  /// Reads a `MetaGraphDef`, binary or text.
  ///
  /// - Throws: as `GraphDef.init(serialized:)`.
  package static func metaGraph(_ bytes: [UInt8]) throws -> MetaGraphSummary {
    let arena = try ProtoArena()
    let binary = try self.binary(bytes, jk_schema_meta_graph_def())
    return try binary.withUnsafeBytes { bytes in
      try MetaGraphSummary(arena.unpack(jk_schema_meta_graph_def(), bytes))
    }
  }

  /// Reads the MetaGraphs of a `SavedModel`, binary or text.
  ///
  /// - Throws: as `GraphDef.init(serialized:)`.
  package static func savedModel(_ bytes: [UInt8]) throws -> [MetaGraphSummary] {
    let arena = try ProtoArena()
    let binary = try self.binary(bytes, jk_schema_saved_model())
    return try binary.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__SavedModel> = try arena.unpack(
        jk_schema_saved_model(), bytes)
      return try messages(message.pointee.n_meta_graphs, message.pointee.meta_graphs).map {
        try MetaGraphSummary($0)
      }
    }
  }

  private static func binary(
    _ bytes: [UInt8], _ schema: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws -> [UInt8] {
    guard TextFormat.looksLikeText(bytes) else { return bytes }
    return try TextFormat.parse(String(decoding: bytes, as: UTF8.self), as: schema)
  }

  private init(_ message: UnsafeMutablePointer<Tensorflow__MetaGraphDef>) throws {
    if let info = message.pointee.meta_info_def {
      tags = try texts(info.pointee.n_tags, info.pointee.tags, "tags")
      tensorflowVersion = try info.pointee.tensorflow_version.text("tensorflow_version")
    }
    if let graph = message.pointee.graph_def {
      var decoder = GraphDefDecoder()
      self.graph = try decoder.graph(graph)
    }
    for entry in messages(message.pointee.n_signature_def, message.pointee.signature_def) {
      guard let value = entry.pointee.value else { continue }
      signatures.append(
        SignatureSummary(
          key: try entry.pointee.key.text("key"),
          method: try value.pointee.method_name.text("method_name"),
          inputs: try Self.endpoints(value.pointee.n_inputs, value.pointee.inputs),
          outputs: try Self.endpoints(value.pointee.n_outputs, value.pointee.outputs)))
    }
    signatures.sort { $0.key < $1.key }
    for entry in messages(message.pointee.n_collection_def, message.pointee.collection_def) {
      guard let value = entry.pointee.value else { continue }
      collections.append((try entry.pointee.key.text("key"), try Self.members(value)))
    }
    collections.sort { $0.name < $1.name }
  }

  private static func endpoints(
    _ count: Int,
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__SignatureDef__TensorInfoEntry>?>?
  ) throws -> [Endpoint] {
    try messages(count, list).compactMap { entry in
      guard let info = entry.pointee.value else { return nil }
      let tensor =
        switch info.pointee.encoding_case {
        case TENSORFLOW__TENSOR_INFO__ENCODING_NAME: try info.pointee.name.text("name")
        case TENSORFLOW__TENSOR_INFO__ENCODING_COO_SPARSE:
          try info.pointee.coo_sparse.pointee.values_tensor_name.text("values_tensor_name")
        default: ""
        }
      return Endpoint(
        key: try entry.pointee.key.text("key"), tensor: tensor,
        dtype: UInt8(exactly: info.pointee.dtype.rawValue).flatMap(DType.init),
        shape: try info.pointee.tensor_shape.map { try TensorProtoDecoder.shape($0) } ?? .unknown)
    }.sorted { $0.key < $1.key }
  }

  private static func members(_ value: UnsafeMutablePointer<Tensorflow__CollectionDef>) throws
    -> [String]
  {
    switch value.pointee.kind_case {
    case TENSORFLOW__COLLECTION_DEF__KIND_NODE_LIST:
      guard let list = value.pointee.node_list else { return [] }
      return try texts(list.pointee.n_value, list.pointee.value, "value")
    case TENSORFLOW__COLLECTION_DEF__KIND_BYTES_LIST:
      guard let list = value.pointee.bytes_list else { return [] }
      // Messages of several kinds; variables and contexts start with their name as field 1.
      return UnsafeBufferPointer(start: list.pointee.value, count: list.pointee.n_value).map {
        bytes in
        var reader = WireReader(UnsafeRawBufferPointer(start: bytes.data, count: bytes.len))
        guard let tag = try? reader.tag(), tag.number == 1, tag.wireType == 2,
          let name = try? reader.block()
        else { return "(\(bytes.len) bytes)" }
        return String(validating: name, as: UTF8.self) ?? "(\(bytes.len) bytes)"
      }
    case TENSORFLOW__COLLECTION_DEF__KIND_INT64_LIST:
      guard let list = value.pointee.int64_list else { return [] }
      return UnsafeBufferPointer(start: list.pointee.value, count: list.pointee.n_value).map {
        "\($0)"
      }
    case TENSORFLOW__COLLECTION_DEF__KIND_FLOAT_LIST:
      guard let list = value.pointee.float_list else { return [] }
      return UnsafeBufferPointer(start: list.pointee.value, count: list.pointee.n_value).map {
        "\($0)"
      }
    case TENSORFLOW__COLLECTION_DEF__KIND_ANY_LIST:
      guard let list = value.pointee.any_list else { return [] }
      return messages(list.pointee.n_value, list.pointee.value).map {
        "(\($0.pointee.value.len) bytes)"
      }
    default: return []
    }
  }
}
