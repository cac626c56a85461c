import CProtos
import CoreGraph
import CoreOps
import Serialization

/// protobuf-c's messages → MetaGraphs. Fields that are read are cleared, and what is then left of a
/// message is kept as unknown fields.
struct MetaGraphDecoder {
  private var graphs = GraphDefDecoder()

  mutating func metaGraph(_ message: UnsafeMutablePointer<Tensorflow__MetaGraphDef>) throws
    -> MetaGraph
  {
    var meta = MetaGraph()
    if let info = message.pointee.meta_info_def {
      meta.tags = try texts(info.pointee.n_tags, info.pointee.tags, "tags")
      meta.tensorflowVersion = try info.pointee.tensorflow_version.text("tensorflow_version")
      info.pointee.n_tags = 0
      info.pointee.tensorflow_version.len = 0
      meta.infoUnknownFields = try remainder(info)
      message.pointee.meta_info_def = nil
    }
    if let graph = message.pointee.graph_def {
      meta.graph = try graphs.graph(graph)
      message.pointee.graph_def = nil
    }
    if let saver = message.pointee.saver_def {
      meta.saver = try Self.saver(saver)
      message.pointee.saver_def = nil
    }
    for entry in messages(message.pointee.n_collection_def, message.pointee.collection_def) {
      let key = try entry.pointee.key.text("key")
      meta.collections[key] = try entry.pointee.value.map(Self.collection) ?? CollectionDef.none
    }
    message.pointee.n_collection_def = 0
    for entry in messages(message.pointee.n_signature_def, message.pointee.signature_def) {
      let key = try entry.pointee.key.text("key")
      meta.signatures[key] = try entry.pointee.value.map(Self.signature) ?? SignatureDef()
    }
    message.pointee.n_signature_def = 0
    meta.assets = try messages(message.pointee.n_asset_file_def, message.pointee.asset_file_def)
      .map(Self.asset)
    message.pointee.n_asset_file_def = 0
    if let objects = message.pointee.object_graph_def {
      meta.objectGraph = try packed(objects)
      message.pointee.object_graph_def = nil
    }
    meta.unknownFields = try remainder(message)
    return meta
  }

  static func saver(_ message: UnsafeMutablePointer<Tensorflow__SaverDef>) throws -> SaverDef {
    let m = message.pointee
    var saver = SaverDef(
      filenameTensorName: try m.filename_tensor_name.text("filename_tensor_name"),
      saveTensorName: try m.save_tensor_name.text("save_tensor_name"),
      restoreOpName: try m.restore_op_name.text("restore_op_name"))
    saver.maxToKeep = Int(m.max_to_keep)
    saver.isSharded = m.sharded != 0
    saver.keepCheckpointEveryNHours = m.keep_checkpoint_every_n_hours
    saver.version = Int(m.version.rawValue)
    message.pointee.filename_tensor_name.len = 0
    message.pointee.save_tensor_name.len = 0
    message.pointee.restore_op_name.len = 0
    message.pointee.max_to_keep = 0
    message.pointee.sharded = 0
    message.pointee.keep_checkpoint_every_n_hours = 0
    message.pointee.version = TENSORFLOW__SAVER_DEF__CHECKPOINT_FORMAT_VERSION__LEGACY
    saver.unknownFields = try remainder(message)
    return saver
  }

  private static func collection(_ message: UnsafeMutablePointer<Tensorflow__CollectionDef>) throws
    -> CollectionDef
  {
    switch message.pointee.kind_case {
    case TENSORFLOW__COLLECTION_DEF__KIND_NODE_LIST:
      guard let list = message.pointee.node_list else { return .nodes([]) }
      return .nodes(try texts(list.pointee.n_value, list.pointee.value, "value"))
    case TENSORFLOW__COLLECTION_DEF__KIND_BYTES_LIST:
      guard let list = message.pointee.bytes_list else { return .bytes([]) }
      return .bytes(
        UnsafeBufferPointer(start: list.pointee.value, count: list.pointee.n_value).map(\.array))
    case TENSORFLOW__COLLECTION_DEF__KIND_INT64_LIST:
      guard let list = message.pointee.int64_list else { return .ints([]) }
      return .ints(
        UnsafeBufferPointer(start: list.pointee.value, count: list.pointee.n_value).map { Int($0) })
    case TENSORFLOW__COLLECTION_DEF__KIND_FLOAT_LIST:
      guard let list = message.pointee.float_list else { return .floats([]) }
      return .floats(
        Array(UnsafeBufferPointer(start: list.pointee.value, count: list.pointee.n_value)))
    case TENSORFLOW__COLLECTION_DEF__KIND_ANY_LIST:
      guard let list = message.pointee.any_list else { return .messages([]) }
      return .messages(
        try messages(list.pointee.n_value, list.pointee.value).map {
          CollectionDef.TypedMessage(
            typeURL: try $0.pointee.type_url.text("type_url"), bytes: $0.pointee.value.array)
        })
    default: return .none
    }
  }

  private static func signature(_ message: UnsafeMutablePointer<Tensorflow__SignatureDef>) throws
    -> SignatureDef
  {
    var signature = SignatureDef()
    signature.inputs = try infos(message.pointee.n_inputs, message.pointee.inputs)
    signature.outputs = try infos(message.pointee.n_outputs, message.pointee.outputs)
    signature.methodName = try message.pointee.method_name.text("method_name")
    message.pointee.n_inputs = 0
    message.pointee.n_outputs = 0
    message.pointee.method_name.len = 0
    signature.unknownFields = try remainder(message)
    return signature
  }

  private static func infos(
    _ count: Int,
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__SignatureDef__TensorInfoEntry>?>?
  ) throws -> [String: TensorInfo] {
    var infos: [String: TensorInfo] = [:]
    for entry in messages(count, list) {
      let key = try entry.pointee.key.text("key")
      infos[key] =
        try entry.pointee.value.map(info)
        ?? TensorInfo(encoding: .none, dtypeNumber: 0, shape: nil)
    }
    return infos
  }

  private static func info(_ message: UnsafeMutablePointer<Tensorflow__TensorInfo>) throws
    -> TensorInfo
  {
    let encoding: TensorInfo.Encoding
    switch message.pointee.encoding_case {
    case TENSORFLOW__TENSOR_INFO__ENCODING_NAME:
      encoding = .name(try message.pointee.name.text("name"))
    case TENSORFLOW__TENSOR_INFO__ENCODING_COO_SPARSE:
      guard let sparse = message.pointee.coo_sparse else { fallthrough }
      encoding = .sparse(
        values: try sparse.pointee.values_tensor_name.text("values_tensor_name"),
        indices: try sparse.pointee.indices_tensor_name.text("indices_tensor_name"),
        shape: try sparse.pointee.dense_shape_tensor_name.text("dense_shape_tensor_name"))
    case TENSORFLOW__TENSOR_INFO__ENCODING_COMPOSITE_TENSOR:
      guard let composite = message.pointee.composite_tensor else { fallthrough }
      encoding = .composite(
        typeSpec: try composite.pointee.type_spec.map { try packed($0) } ?? [],
        components: try messages(composite.pointee.n_components, composite.pointee.components)
          .map(info))
    default: encoding = .none
    }
    var info = TensorInfo(
      encoding: encoding, dtypeNumber: Int(message.pointee.dtype.rawValue),
      shape: try message.pointee.tensor_shape.map { try TensorProtoDecoder.shape($0) })
    message.pointee.encoding_case = TENSORFLOW__TENSOR_INFO__ENCODING__NOT_SET
    message.pointee.dtype = TENSORFLOW__DATA_TYPE__DT_INVALID
    message.pointee.tensor_shape = nil
    info.unknownFields = try remainder(message)
    return info
  }

  static func asset(_ message: UnsafeMutablePointer<Tensorflow__AssetFileDef>) throws
    -> AssetFileDef
  {
    var asset = AssetFileDef(
      tensor: try message.pointee.tensor_info.map(info),
      filename: try message.pointee.filename.text("filename"))
    message.pointee.tensor_info = nil
    message.pointee.filename.len = 0
    asset.unknownFields = try remainder(message)
    return asset
  }
}
