import CProtos
import CoreGraph
import CoreOps
import Serialization

/// MetaGraphs → protobuf-c's messages, which refer to the tensors' memory.
struct MetaGraphEncoder {
  let arena: ProtoArena

  func metaGraph(_ meta: MetaGraph) throws -> UnsafeMutablePointer<Tensorflow__MetaGraphDef> {
    let message = try arena.make(Tensorflow__MetaGraphDef.self, jk_schema_meta_graph_def())
    if !meta.tags.isEmpty || !meta.tensorflowVersion.isEmpty || !meta.infoUnknownFields.isEmpty {
      let info = try arena.make(
        Tensorflow__MetaGraphDef__MetaInfoDef.self, jk_schema_meta_graph_def__meta_info_def())
      (info.pointee.n_tags, info.pointee.tags) = try arena.texts(meta.tags)
      info.pointee.tensorflow_version = try arena.bytes(meta.tensorflowVersion)
      try arena.attach(meta.infoUnknownFields, to: info)
      message.pointee.meta_info_def = info
    }
    message.pointee.graph_def = try GraphDefEncoder(arena: arena).graph(meta.graph)
    message.pointee.saver_def = try meta.saver.map(saver)
    (message.pointee.n_collection_def, message.pointee.collection_def) = try arena.messages(
      meta.collections.sorted { $0.key < $1.key }
    ) { key, value in
      let entry = try arena.make(
        Tensorflow__MetaGraphDef__CollectionDefEntry.self,
        jk_schema_meta_graph_def__collection_def_entry())
      entry.pointee.key = try arena.bytes(key)
      entry.pointee.value = try collection(value)
      return entry
    }
    (message.pointee.n_signature_def, message.pointee.signature_def) = try arena.messages(
      meta.signatures.sorted { $0.key < $1.key }
    ) { key, value in
      let entry = try arena.make(
        Tensorflow__MetaGraphDef__SignatureDefEntry.self,
        jk_schema_meta_graph_def__signature_def_entry())
      entry.pointee.key = try arena.bytes(key)
      entry.pointee.value = try signature(value)
      return entry
    }
    (message.pointee.n_asset_file_def, message.pointee.asset_file_def) = try arena.messages(
      meta.assets, asset)
    message.pointee.object_graph_def = try meta.objectGraph.map { bytes in
      try bytes.withUnsafeBytes { try arena.unpack(jk_schema_saved_object_graph(), $0) }
    }
    try arena.attach(meta.unknownFields, to: message)
    return message
  }

  func savedModel(_ model: SavedModelDef) throws -> UnsafeMutablePointer<Tensorflow__SavedModel> {
    let message = try arena.make(Tensorflow__SavedModel.self, jk_schema_saved_model())
    message.pointee.saved_model_schema_version = Int64(model.schemaVersion)
    (message.pointee.n_meta_graphs, message.pointee.meta_graphs) = try arena.messages(
      model.metaGraphs, metaGraph)
    try arena.attach(model.unknownFields, to: message)
    return message
  }

  private func saver(_ saver: SaverDef) throws -> UnsafeMutablePointer<Tensorflow__SaverDef> {
    let message = try arena.make(Tensorflow__SaverDef.self, jk_schema_saver_def())
    message.pointee.filename_tensor_name = try arena.bytes(saver.filenameTensorName)
    message.pointee.save_tensor_name = try arena.bytes(saver.saveTensorName)
    message.pointee.restore_op_name = try arena.bytes(saver.restoreOpName)
    message.pointee.max_to_keep = Int32(truncatingIfNeeded: saver.maxToKeep)
    message.pointee.sharded = saver.isSharded ? 1 : 0
    message.pointee.keep_checkpoint_every_n_hours = saver.keepCheckpointEveryNHours
    message.pointee.version = Tensorflow__SaverDef__CheckpointFormatVersion(
      rawValue: UInt32(truncatingIfNeeded: saver.version))
    try arena.attach(saver.unknownFields, to: message)
    return message
  }

  private func collection(_ collection: CollectionDef) throws
    -> UnsafeMutablePointer<Tensorflow__CollectionDef>
  {
    let message = try arena.make(Tensorflow__CollectionDef.self, jk_schema_collection_def())
    switch collection {
    case .nodes(let names):
      let list = try arena.make(
        Tensorflow__CollectionDef__NodeList.self, jk_schema_collection_def__node_list())
      (list.pointee.n_value, list.pointee.value) = try arena.texts(names)
      message.pointee.kind_case = TENSORFLOW__COLLECTION_DEF__KIND_NODE_LIST
      message.pointee.node_list = list
    case .bytes(let values):
      let list = try arena.make(
        Tensorflow__CollectionDef__BytesList.self, jk_schema_collection_def__bytes_list())
      list.pointee.n_value = values.count
      list.pointee.value = try arena.list(values.map { try arena.bytes($0) })
      message.pointee.kind_case = TENSORFLOW__COLLECTION_DEF__KIND_BYTES_LIST
      message.pointee.bytes_list = list
    case .ints(let values):
      let list = try arena.make(
        Tensorflow__CollectionDef__Int64List.self, jk_schema_collection_def__int64_list())
      list.pointee.n_value = values.count
      list.pointee.value = try arena.list(values.map { Int64($0) })
      message.pointee.kind_case = TENSORFLOW__COLLECTION_DEF__KIND_INT64_LIST
      message.pointee.int64_list = list
    case .floats(let values):
      let list = try arena.make(
        Tensorflow__CollectionDef__FloatList.self, jk_schema_collection_def__float_list())
      list.pointee.n_value = values.count
      list.pointee.value = try arena.list(values)
      message.pointee.kind_case = TENSORFLOW__COLLECTION_DEF__KIND_FLOAT_LIST
      message.pointee.float_list = list
    case .messages(let values):
      let list = try arena.make(
        Tensorflow__CollectionDef__AnyList.self, jk_schema_collection_def__any_list())
      (list.pointee.n_value, list.pointee.value) = try arena.messages(values) {
        let any = try arena.make(Tensorflow__AnyMessage.self, jk_schema_any_message())
        any.pointee.type_url = try arena.bytes($0.typeURL)
        any.pointee.value = try arena.bytes($0.bytes)
        return any
      }
      message.pointee.kind_case = TENSORFLOW__COLLECTION_DEF__KIND_ANY_LIST
      message.pointee.any_list = list
    case .none: break
    }
    return message
  }

  private func signature(_ signature: SignatureDef) throws
    -> UnsafeMutablePointer<Tensorflow__SignatureDef>
  {
    let message = try arena.make(Tensorflow__SignatureDef.self, jk_schema_signature_def())
    (message.pointee.n_inputs, message.pointee.inputs) = try infos(signature.inputs)
    (message.pointee.n_outputs, message.pointee.outputs) = try infos(signature.outputs)
    message.pointee.method_name = try arena.bytes(signature.methodName)
    try arena.attach(signature.unknownFields, to: message)
    return message
  }

  private func infos(_ infos: [String: TensorInfo]) throws -> (
    Int, UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__SignatureDef__TensorInfoEntry>?>?
  ) {
    try arena.messages(infos.sorted { $0.key < $1.key }) { key, value in
      let entry = try arena.make(
        Tensorflow__SignatureDef__TensorInfoEntry.self,
        jk_schema_signature_def__tensor_info_entry())
      entry.pointee.key = try arena.bytes(key)
      entry.pointee.value = try info(value)
      return entry
    }
  }

  private func info(_ info: TensorInfo) throws -> UnsafeMutablePointer<Tensorflow__TensorInfo> {
    let message = try arena.make(Tensorflow__TensorInfo.self, jk_schema_tensor_info())
    switch info.encoding {
    case .none: break
    case .name(let name):
      message.pointee.encoding_case = TENSORFLOW__TENSOR_INFO__ENCODING_NAME
      message.pointee.name = try arena.bytes(name)
    case .sparse(let values, let indices, let shape):
      let sparse = try arena.make(
        Tensorflow__TensorInfo__CooSparse.self, jk_schema_tensor_info__coo_sparse())
      sparse.pointee.values_tensor_name = try arena.bytes(values)
      sparse.pointee.indices_tensor_name = try arena.bytes(indices)
      sparse.pointee.dense_shape_tensor_name = try arena.bytes(shape)
      message.pointee.encoding_case = TENSORFLOW__TENSOR_INFO__ENCODING_COO_SPARSE
      message.pointee.coo_sparse = sparse
    case .composite(let typeSpec, let components):
      let composite = try arena.make(
        Tensorflow__TensorInfo__CompositeTensor.self, jk_schema_tensor_info__composite_tensor())
      composite.pointee.type_spec = try typeSpec.withUnsafeBytes {
        try arena.unpack(jk_schema_type_spec_proto(), $0)
      }
      (composite.pointee.n_components, composite.pointee.components) = try arena.messages(
        components, self.info)
      message.pointee.encoding_case = TENSORFLOW__TENSOR_INFO__ENCODING_COMPOSITE_TENSOR
      message.pointee.composite_tensor = composite
    }
    message.pointee.dtype = Tensorflow__DataType(
      rawValue: UInt32(truncatingIfNeeded: info.dtypeNumber))
    message.pointee.tensor_shape = try info.shape.map {
      try TensorProtoEncoder(arena: arena).shape($0)
    }
    try arena.attach(info.unknownFields, to: message)
    return message
  }

  private func asset(_ asset: AssetFileDef) throws
    -> UnsafeMutablePointer<Tensorflow__AssetFileDef>
  {
    let message = try arena.make(Tensorflow__AssetFileDef.self, jk_schema_asset_file_def())
    message.pointee.tensor_info = try asset.tensor.map(info)
    message.pointee.filename = try arena.bytes(asset.filename)
    try arena.attach(asset.unknownFields, to: message)
    return message
  }
}
