package import CProtos
package import CoreOps

/// `Tensor` → `TensorProto`.
package struct TensorProtoEncoder {
  private let arena: ProtoArena

  package init(arena: ProtoArena) { self.arena = arena }

  package func shape(_ shape: PartialShape) throws -> UnsafeMutablePointer<
    Tensorflow__TensorShapeProto
  > {
    let message = try arena.make(
      Tensorflow__TensorShapeProto.self, jk_schema_tensor_shape_proto())
    guard let dims = shape.dims else {
      message.pointee.unknown_rank = 1
      return message
    }
    let list = try arena.room(
      dims.count, UnsafeMutablePointer<Tensorflow__TensorShapeProto__Dim>?.self)
    for (axis, size) in dims.enumerated() {
      let dim = try arena.make(
        Tensorflow__TensorShapeProto__Dim.self, jk_schema_tensor_shape_proto__dim())
      dim.pointee.size = Int64(size?.value ?? -1)
      list[axis] = dim
    }
    message.pointee.n_dim = dims.count
    message.pointee.dim = list
    return message
  }

  /// One element, or a tail of equal ones, goes into the typed field; everything else is raw bytes.
  ///
  /// The message refers to the tensor's memory.
  package func tensor(_ tensor: Tensor) throws -> UnsafeMutablePointer<Tensorflow__TensorProto> {
    guard !tensor.isSymbolic else {
      throw TFError.failedPrecondition("a symbolic tensor has no value to write")
    }
    let message = try arena.make(Tensorflow__TensorProto.self, jk_schema_tensor_proto())
    message.pointee.dtype = Tensorflow__DataType(rawValue: UInt32(tensor.dtype.rawValue))
    message.pointee.tensor_shape = try shape(PartialShape(tensor.dims))
    let count = tensor.dims.elementCount
    if count == 0 { return message }
    if tensor.dtype == .string {
      let values = tensor.strings
      let list = try arena.room(values.count, ProtobufCBinaryData.self)
      for index in 0..<values.count {
        // The message refers to the tensor's memory here too.
        let bytes = values.bytes(index)
        list[index] = ProtobufCBinaryData(
          len: bytes.count,
          data: UnsafeMutablePointer(
            mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)))
      }
      message.pointee.n_string_val = values.count
      message.pointee.string_val = list
      return message
    }
    guard tensor.dtype.isNumeric else {
      throw TFError.unimplemented("a \(tensor.dtype) tensor cannot be written to a file")
    }
    let distinct = distinctCount(tensor)
    if count == 1 || (count >= 64 && distinct * 2 <= count) {
      try fill(&message.pointee, tensor, distinct)
    } else {
      let bytes = tensor.bytes
      message.pointee.tensor_content = ProtobufCBinaryData(
        len: bytes.count, data: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    }
    return message
  }

  /// The values of a tensor alone, each of them in the field for its dtype.
  package func values(_ tensor: Tensor) throws -> UnsafeMutablePointer<Tensorflow__TensorProto> {
    let message = try arena.make(Tensorflow__TensorProto.self, jk_schema_tensor_proto())
    if tensor.dtype == .string {
      let values = tensor.strings
      message.pointee.n_string_val = values.count
      message.pointee.string_val = try arena.list(values.map { try arena.bytes(Array($0)) })
      return message
    }
    guard tensor.dtype.isNumeric else {
      throw TFError.unimplemented("a \(tensor.dtype) tensor cannot be written to a file")
    }
    try fill(&message.pointee, tensor, tensor.dims.elementCount)
    return message
  }

  /// How many elements there are before the tail of elements equal to the last, that one included.
  private func distinctCount(_ tensor: Tensor) -> Int {
    let bytes = tensor.bytes
    let size = tensor.dtype.byteSize
    var position = bytes.count - 1
    while position >= size, bytes[position] == bytes[position - size] { position -= 1 }
    return position < size ? 1 : position / size + 1
  }

  private func fill(_ p: inout Tensorflow__TensorProto, _ tensor: Tensor, _ count: Int) throws {
    let bytes = tensor.bytes
    func values<Element: BitwiseCopyable, Value: BitwiseCopyable>(
      _: Element.Type, _ convert: (Element) -> Value, parts: Int = 1
    ) throws -> (Int, UnsafeMutablePointer<Value>?) {
      let elements = bytes.assumingMemoryBound(to: Element.self)
      return (count * parts, try arena.list((0..<count * parts).map { convert(elements[$0]) }))
    }
    switch tensor.dtype {
    case .float32: (p.n_float_val, p.float_val) = try values(Float.self, \.self)
    case .float64: (p.n_double_val, p.double_val) = try values(Double.self, \.self)
    case .half, .bfloat16:
      (p.n_half_val, p.half_val) = try values(UInt16.self) { Int32($0) }
    case .int32, .qint32: (p.n_int_val, p.int_val) = try values(Int32.self, \.self)
    case .int16, .qint16: (p.n_int_val, p.int_val) = try values(Int16.self) { Int32($0) }
    case .uint16, .quint16: (p.n_int_val, p.int_val) = try values(UInt16.self) { Int32($0) }
    case .int8, .qint8: (p.n_int_val, p.int_val) = try values(Int8.self) { Int32($0) }
    case .uint8, .quint8: (p.n_int_val, p.int_val) = try values(UInt8.self) { Int32($0) }
    case .bool:
      (p.n_bool_val, p.bool_val) = try values(UInt8.self) { protobuf_c_boolean($0) }
    case .int64: (p.n_int64_val, p.int64_val) = try values(Int64.self, \.self)
    case .uint32: (p.n_uint32_val, p.uint32_val) = try values(UInt32.self, \.self)
    case .uint64: (p.n_uint64_val, p.uint64_val) = try values(UInt64.self, \.self)
    case .complex64:
      (p.n_scomplex_val, p.scomplex_val) = try values(Float.self, \.self, parts: 2)
    case .complex128:
      (p.n_dcomplex_val, p.dcomplex_val) = try values(Double.self, \.self, parts: 2)
    case .string, .resource, .variant: break
    }
  }
}
