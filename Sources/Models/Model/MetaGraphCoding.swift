import CProtos
import CoreGraph
import CoreOps
import Serialization

/// A message whose binary and text forms files hold.
private func binary(_ bytes: [UInt8], _ schema: TextFormat.Schema) throws -> [UInt8] {
  guard TextFormat.looksLikeText(bytes) else { return bytes }
  guard let text = String(validating: bytes, as: UTF8.self) else {
    throw TFError.invalidArgument("the text is not valid UTF-8")
  }
  return try TextFormat.parse(text, as: schema)
}

extension MetaGraph {
  /// Reads a `MetaGraphDef` protocol buffer, binary or text.
  ///
  /// - Throws: as `GraphDef.init(serialized:)` and `GraphDef.init(text:)`.
  public init(binaryOrText bytes: [UInt8]) throws {
    let schema = jk_schema_meta_graph_def()!
    let bytes = try binary(bytes, schema)
    let arena = try ProtoArena()
    self = try bytes.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__MetaGraphDef> = try arena.unpack(schema, bytes)
      var decoder = MetaGraphDecoder()
      return try decoder.metaGraph(message)
    }
  }

  /// The MetaGraph as a `MetaGraphDef` protocol buffer: the same one always gives the same bytes.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it would pass 2 GiB; `UNIMPLEMENTED` when it holds a
  ///   resource or variant tensor.
  public func serialized() throws -> [UInt8] {
    let arena = try ProtoArena()
    return try withExtendedLifetime((arena, self)) {
      try packed(MetaGraphEncoder(arena: arena).metaGraph(self))
    }
  }

  /// The MetaGraph in protocol buffer text format.
  ///
  /// - Throws: as `serialized()`.
  public func text() throws -> String {
    try TextFormat.print(serialized(), as: jk_schema_meta_graph_def())
  }
}

extension SavedModelDef {
  /// Reads a `SavedModel` protocol buffer, binary or text.
  ///
  /// - Throws: as `GraphDef.init(serialized:)` and `GraphDef.init(text:)`.
  public init(binaryOrText bytes: [UInt8]) throws {
    let schema = jk_schema_saved_model()!
    let bytes = try binary(bytes, schema)
    let arena = try ProtoArena()
    self = try bytes.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__SavedModel> = try arena.unpack(schema, bytes)
      var model = SavedModelDef()
      model.schemaVersion = Int(message.pointee.saved_model_schema_version)
      model.metaGraphs = try messages(message.pointee.n_meta_graphs, message.pointee.meta_graphs)
        .map {
          var decoder = MetaGraphDecoder()
          return try decoder.metaGraph($0)
        }
      message.pointee.saved_model_schema_version = 0
      message.pointee.n_meta_graphs = 0
      model.unknownFields = try remainder(message)
      return model
    }
  }

  /// The model as a `SavedModel` protocol buffer.
  ///
  /// - Throws: as `MetaGraph.serialized()`.
  public func serialized() throws -> [UInt8] {
    let arena = try ProtoArena()
    return try withExtendedLifetime((arena, self)) {
      try packed(MetaGraphEncoder(arena: arena).savedModel(self))
    }
  }

  /// The model in protocol buffer text format.
  ///
  /// - Throws: as `MetaGraph.serialized()`.
  public func text() throws -> String {
    try TextFormat.print(serialized(), as: jk_schema_saved_model())
  }
}

extension AssetFileDef {
  /// Reads an `AssetFileDef` protocol buffer, as collections hold it.
  ///
  /// - Throws: `DATA_LOSS`.
  init(serialized bytes: [UInt8]) throws {
    let arena = try ProtoArena()
    self = try bytes.withUnsafeBytes { bytes in
      try MetaGraphDecoder.asset(arena.unpack(jk_schema_asset_file_def(), bytes))
    }
  }
}
