package import CProtos
package import CoreOps

/// `TensorProto` → `Tensor`.
package struct TensorProtoDecoder {
  /// How many bytes tensors may still take beyond what the file holds: a few bytes can ask for a
  /// huge tensor of equal elements.
  package var expansion = min(MemoryLimit.bytes / 4, 2 << 30)

  package init() {}

  package static func shape(
    _ message: UnsafeMutablePointer<Tensorflow__TensorShapeProto>
  ) throws -> PartialShape {
    if message.pointee.unknown_rank != 0 {
      guard message.pointee.n_dim == 0 else {
        throw TFError.invalidArgument("An unknown shape must not have any dimensions set")
      }
      return .unknown
    }
    guard message.pointee.n_dim <= 254 else {
      throw TFError.invalidArgument(
        "Shape has \(message.pointee.n_dim) dimensions; the most is 254")
    }
    return PartialShape(
      try messages(message.pointee.n_dim, message.pointee.dim).map { dim in
        let size = Int(dim.pointee.size)
        if size < -1 {
          throw TFError.invalidArgument("Shape has dimension \(size), which must be -1 or more")
        }
        return size == -1 ? nil : size
      })
  }

  /// The tensor, or nil when its dtype is one that Janus does not have.
  ///
  /// - Throws: `INVALID_ARGUMENT`, `UNIMPLEMENTED`, `RESOURCE_EXHAUSTED`.
  package mutating func tensor(_ message: UnsafeMutablePointer<Tensorflow__TensorProto>) throws
    -> Tensor?
  {
    let proto = message.pointee
    guard proto.dtype.rawValue != 0 else {
      throw TFError.invalidArgument("a TensorProto has no dtype")
    }
    guard let dtype = UInt8(exactly: proto.dtype.rawValue).flatMap(DType.init) else { return nil }
    let shape = try proto.tensor_shape.map { try Self.shape($0) } ?? .scalar
    guard let dims = shape.known, let count = dims.checkedElementCount else {
      throw TFError.invalidArgument(
        "a \(dtype) tensor has the shape \(shape), which is not a value's")
    }
    guard count < 1 << 31 else {
      throw TFError.resourceExhausted(
        "a \(dtype) tensor of shape \(shape) has more than 2^31 elements")
    }
    if dtype == .string { return try strings(proto, dims, count) }
    guard dtype.isNumeric else {
      throw TFError.unimplemented("a \(dtype) tensor has no value outside the process that made it")
    }
    let byteCount = count * dtype.byteSize
    if proto.tensor_content.len > 0 {
      guard proto.tensor_content.len == byteCount else {
        throw TFError.invalidArgument(
          """
          a \(dtype) tensor of shape \(shape) takes \(byteCount) bytes, but tensor_content has \
          \(proto.tensor_content.len)
          """
        )
      }
      let tensor = try Tensor.uninitialized(dtype, dims)
      tensor.bytes.copyMemory(
        from: UnsafeRawBufferPointer(start: proto.tensor_content.data, count: byteCount))
      if dtype == .bool { normalize(tensor) }
      return tensor
    }
    try reserve(byteCount, dtype, shape)
    let tensor = try Tensor.uninitialized(dtype, dims)
    fill(tensor, proto)
    return tensor
  }

  private mutating func reserve(_ bytes: Int, _ dtype: DType, _ shape: PartialShape) throws {
    // Small ones are paid for by the message that asks for them.
    if bytes <= 64 { return }
    guard bytes <= expansion else {
      throw TFError.resourceExhausted(
        """
        a \(dtype) tensor of shape \(shape) would take \(bytes) bytes, which its few values do not \
        justify
        """
      )
    }
    expansion -= bytes
  }

  /// A bool is a byte that is 0 or 1, whatever the file says.
  private func normalize(_ tensor: Tensor) {
    let bytes = tensor.bytes
    for index in bytes.indices where bytes[index] > 1 { bytes[index] = 1 }
  }

  private func fill(_ tensor: Tensor, _ p: Tensorflow__TensorProto) {
    switch tensor.dtype {
    case .float32: fill(tensor, p.n_float_val, p.float_val) { (v: Float) in v }
    case .float64: fill(tensor, p.n_double_val, p.double_val) { (v: Double) in v }
    case .half, .bfloat16:
      fill(tensor, p.n_half_val, p.half_val) { UInt16(truncatingIfNeeded: $0 as Int32) }
    case .int32, .qint32: fill(tensor, p.n_int_val, p.int_val) { (v: Int32) in v }
    case .int16, .qint16, .uint16, .quint16:
      fill(tensor, p.n_int_val, p.int_val) { UInt16(truncatingIfNeeded: $0 as Int32) }
    case .int8, .qint8, .uint8, .quint8:
      fill(tensor, p.n_int_val, p.int_val) { UInt8(truncatingIfNeeded: $0 as Int32) }
    case .bool:
      fill(tensor, p.n_bool_val, p.bool_val) { UInt8($0 as protobuf_c_boolean != 0 ? 1 : 0) }
    case .int64: fill(tensor, p.n_int64_val, p.int64_val) { (v: Int64) in v }
    case .uint32: fill(tensor, p.n_uint32_val, p.uint32_val) { (v: UInt32) in v }
    case .uint64: fill(tensor, p.n_uint64_val, p.uint64_val) { (v: UInt64) in v }
    case .complex64: fillPairs(tensor, p.n_scomplex_val, p.scomplex_val)
    case .complex128: fillPairs(tensor, p.n_dcomplex_val, p.dcomplex_val)
    case .string, .resource, .variant: break
    }
  }

  /// Copies the values; the last one is repeated to the end, and there are zeros when there is
  /// none.
  private func fill<Value, Element: BitwiseCopyable>(
    _ tensor: Tensor, _ count: Int, _ values: UnsafeMutablePointer<Value>?,
    _ convert: (Value) -> Element
  ) {
    let elements = tensor.bytes.bindMemory(to: Element.self)
    guard count > 0, let values else {
      tensor.bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    let given = min(count, elements.count)
    for index in 0..<given { elements[index] = convert(values[index]) }
    let last = convert(values[count - 1])
    for index in given..<elements.count { elements[index] = last }
  }

  /// As `fill`, for complex elements, whose parts are values of their own.
  private func fillPairs<Part: BitwiseCopyable>(
    _ tensor: Tensor, _ count: Int, _ values: UnsafeMutablePointer<Part>?
  ) {
    let parts = tensor.bytes.bindMemory(to: Part.self)
    guard count > 1, let values else {
      tensor.bytes.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    let whole = count & ~1
    for index in parts.indices {
      parts[index] = index < whole ? values[index] : values[whole - 2 + index & 1]
    }
  }

  private mutating func strings(
    _ p: Tensorflow__TensorProto, _ dims: Shape, _ count: Int
  ) throws -> Tensor {
    let isPacked = p.tensor_content.len > 0
    let values = UnsafeBufferPointer(start: p.string_val, count: min(p.n_string_val, count))
    let last = values.last.map { UnsafeRawBufferPointer(start: $0.data, count: $0.len) }
    // What is missing equals the last.
    let missing = isPacked ? 0 : (count - values.count) * (last?.count ?? 0)
    // Beside its bytes, an element has a place of 8 bytes that the file does not have.
    try reserve(count * 8 + missing, .string, PartialShape(dims))
    if isPacked {
      return Tensor(strings: try packedStrings(p.tensor_content, count), dims: dims)
    }
    let builder = try StringBuilder(
      count: count, byteCount: values.reduce(missing) { $0 + $1.len })
    for value in values {
      try builder.append(UnsafeRawBufferPointer(start: value.data, count: value.len))
    }
    for _ in values.count..<count {
      try builder.append(last ?? UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// All the lengths as varints, and then all the bytes.
  private func packedStrings(_ content: ProtobufCBinaryData, _ count: Int) throws
    -> StringBuffer
  {
    let bytes = UnsafeRawBufferPointer(start: content.data, count: content.len)
    guard count <= bytes.count else {
      throw TFError.invalidArgument("tensor_content is too short for \(count) strings")
    }
    var reader = WireReader(bytes)
    let lengths = try (0..<count).map { _ in try reader.varint() }
    var position = reader.position
    let builder = try StringBuilder(count: count, byteCount: bytes.count - position)
    for length in lengths {
      guard length <= UInt64(bytes.count - position) else {
        throw TFError.invalidArgument("tensor_content is too short for its strings")
      }
      try builder.append(
        UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)]))
      position += Int(length)
    }
    guard position == bytes.count else {
      throw TFError.invalidArgument("tensor_content has \(bytes.count - position) bytes too many")
    }
    return try builder.finish()
  }
}
