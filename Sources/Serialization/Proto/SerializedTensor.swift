import CProtos
package import CoreOps

extension Tensor {
  /// The tensor in a serialized `TensorProto`; nil where the message is none of a tensor with a
  /// value.
  ///
  /// - Throws: `DATA_LOSS` when the bytes are no such message; `RESOURCE_EXHAUSTED`.
  package init?(serializedProto bytes: UnsafeRawBufferPointer) throws {
    let arena = try ProtoArena()
    let message: UnsafeMutablePointer<Tensorflow__TensorProto> = try arena.unpack(
      jk_schema_tensor_proto(), bytes)
    var decoder = TensorProtoDecoder()
    do {
      guard let tensor = try decoder.tensor(message) else { return nil }
      self = tensor
    } catch let error as TFError where error.code == .invalidArgument {
      return nil
    }
  }

  /// The tensor as a serialized `TensorProto`: numbers as raw bytes, strings one by one.
  ///
  /// - Throws: `UNIMPLEMENTED` for resources and variants; `INVALID_ARGUMENT` for more than 2 GiB.
  package func serializedProto() throws -> [UInt8] {
    guard dtype.isNumeric || dtype == .string else {
      throw TFError.unimplemented("a \(dtype) tensor cannot be serialized")
    }
    let size = dtype == .string ? strings.byteCount : bytes.count
    guard size < 1 << 31 else {
      throw TFError.invalidArgument(
        "the message would take \(size) bytes: a protocol buffer has at most 2 GiB")
    }
    var writer = WireWriter()
    writer.tensorHead(dtype, dims)
    if dtype == .string {
      let strings = strings
      for index in strings.indices {
        let bytes = strings.bytes(index)
        writer.tag(8, 2)
        writer.varint(UInt64(bytes.count))
        writer.raw(bytes)
      }
    } else if size > 0 {
      writer.tag(4, 2)
      writer.varint(UInt64(size))
      writer.raw(bytes)
    }
    return writer.bytes
  }
}

extension WireWriter {
  /// The fields with which a `TensorProto` begins: the dtype and the shape.
  mutating func tensorHead(_ dtype: DType, _ dims: Shape) {
    var shape = WireWriter()
    for size in dims.dims {
      var dim = WireWriter()
      // A size of 0 is the field's default.
      if size != 0 {
        dim.tag(1, 0)
        dim.varint(UInt64(size))
      }
      shape.tag(2, 2)
      shape.block(dim.bytes)
    }
    tag(1, 0)
    varint(UInt64(dtype.rawValue))
    tag(2, 2)
    block(shape.bytes)
  }
}
