import CProtos
package import CoreOps

/// Writes a checkpoint of the older format, one table, as the ops `Save` and `SaveSlices` do.
package struct SliceTableWriter {
  private let path: String
  private var entries: [(name: String, dtype: DType, dims: Shape, slices: [TensorSlice])] = []
  private var values: [[UInt8]: [UInt8]] = [:]

  package init(_ path: String) { self.path = path }

  /// Adds a tensor, or a part of one.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the part does not fit; `UNIMPLEMENTED` for resources and
  ///   variants.
  package mutating func add(
    _ name: String, _ tensor: Tensor, _ part: (shape: Shape, slice: TensorSlice)? = nil
  ) throws {
    // TensorFlow's readers of this format do not know them either.
    guard ![.bfloat16, .qint16, .quint16, .uint32, .uint64].contains(tensor.dtype) else {
      throw TFError.unimplemented(
        "Saving data type \(tensor.dtype.signatureName) not yet supported")
    }
    let shape = part?.shape ?? tensor.dims
    let slice = part?.slice ?? TensorSlice(fullOfRank: shape.rank)
    if let index = entries.firstIndex(where: { $0.name == name }) {
      guard entries[index].dtype == tensor.dtype, entries[index].dims == shape else {
        throw TFError.invalidArgument(
          "tensor '\(name)' is saved in parts of different dtypes or shapes")
      }
      entries[index].slices.append(slice)
    } else {
      entries.append((name, tensor.dtype, shape, [slice]))
    }
    let arena = try ProtoArena()
    // What a reference variable shows may change before it is written.
    let tensor = try tensor.settled()
    let bytes = try withExtendedLifetime((arena, tensor)) {
      let data = try arena.make(Tensorflow__SavedSlice.self, jk_schema_saved_slice())
      data.pointee.name = try arena.bytes(name)
      data.pointee.slice = try Self.message(slice, arena)
      data.pointee.data = try TensorProtoEncoder(arena: arena).values(tensor)
      let message = try arena.make(
        Tensorflow__SavedTensorSlices.self, jk_schema_saved_tensor_slices())
      message.pointee.data = data
      return try packed(message)
    }
    values[slice.key(of: Array(name.utf8))] = bytes
  }

  /// Writes the table and puts it in its place.
  ///
  /// - Throws: as the system says.
  package func finish() throws {
    let stream = try FileStream(path)
    var table = TableWriter { try stream.write($0) }
    try table.add([], meta())
    for (key, value) in values.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      try table.add(key, value)
    }
    try table.finish()
    try stream.finish()
    syncFolder(of: path)
  }

  private func meta() throws -> [UInt8] {
    let arena = try ProtoArena()
    return try withExtendedLifetime(arena) {
      let meta = try arena.make(
        Tensorflow__SavedTensorSliceMeta.self, jk_schema_saved_tensor_slice_meta())
      (meta.pointee.n_tensor, meta.pointee.tensor) = try arena.messages(
        entries.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
      ) { entry in
        let tensor = try arena.make(Tensorflow__SavedSliceMeta.self, jk_schema_saved_slice_meta())
        tensor.pointee.name = try arena.bytes(entry.name)
        tensor.pointee.shape = try TensorProtoEncoder(arena: arena).shape(PartialShape(entry.dims))
        tensor.pointee.type = Tensorflow__DataType(rawValue: UInt32(entry.dtype.rawValue))
        (tensor.pointee.n_slice, tensor.pointee.slice) = try arena.messages(entry.slices) {
          try Self.message($0, arena)
        }
        return tensor
      }
      let versions = try arena.make(Tensorflow__VersionDef.self, jk_schema_version_def())
      versions.pointee.producer = 1
      meta.pointee.versions = versions
      let message = try arena.make(
        Tensorflow__SavedTensorSlices.self, jk_schema_saved_tensor_slices())
      message.pointee.meta = meta
      return try packed(message)
    }
  }

  private static func message(_ slice: TensorSlice, _ arena: ProtoArena) throws
    -> UnsafeMutablePointer<Tensorflow__TensorSliceProto>
  {
    let message = try arena.make(Tensorflow__TensorSliceProto.self, jk_schema_tensor_slice_proto())
    (message.pointee.n_extent, message.pointee.extent) = try arena.messages(slice.extents) {
      let extent = try arena.make(
        Tensorflow__TensorSliceProto__Extent.self, jk_schema_tensor_slice_proto__extent())
      extent.pointee.start = Int64($0.start)
      if let length = $0.length {
        extent.pointee.has_length_case =
          TENSORFLOW__TENSOR_SLICE_PROTO__EXTENT__HAS_LENGTH_LENGTH
        extent.pointee.length = Int64(length)
      }
      return extent
    }
    return message
  }
}
