import CProtos
package import CoreOps

/// Tensors as the bytes of a `TensorProto`, as ops hand them to each other in string tensors.
package enum TensorBytes {
  /// Adds a tensor's bytes to the element that is being written: dtype, shape, and the elements as
  /// they lie in memory. Strings are their lengths and then their bytes.
  ///
  /// - Throws: `UNIMPLEMENTED` for resources and variants; `RESOURCE_EXHAUSTED`.
  package static func write(_ tensor: Tensor, to builder: StringBuilder) throws {
    guard tensor.dtype.isNumeric || tensor.dtype == .string else {
      throw TFError.unimplemented("a \(tensor.dtype) tensor cannot be written")
    }
    var head = WireWriter()
    head.tensorHead(tensor.dtype, tensor.dims)
    if tensor.dims.elementCount == 0 {
      return try head.bytes.withUnsafeBytes { try builder.write($0) }
    }
    head.tag(4, 2)
    guard tensor.dtype == .string else {
      let bytes = UnsafeRawBufferPointer(tensor.bytes)
      head.varint(UInt64(bytes.count))
      try head.bytes.withUnsafeBytes { try builder.write($0) }
      return try builder.write(bytes)
    }
    let strings = tensor.strings
    var lengths = WireWriter()
    for string in strings { lengths.varint(UInt64(string.count)) }
    head.varint(UInt64(lengths.bytes.count + strings.byteCount))
    try head.bytes.withUnsafeBytes { try builder.write($0) }
    try lengths.bytes.withUnsafeBytes { try builder.write($0) }
    for string in strings { try builder.write(string) }
  }

  /// The tensor that a `TensorProto` has, however its elements are written.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the bytes are none, or one of a dtype that Janus does not
  ///   have; `RESOURCE_EXHAUSTED` when a few bytes ask for a large tensor.
  package static func read(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    let arena = try ProtoArena()
    let message: UnsafeMutablePointer<Tensorflow__TensorProto>
    do {
      message = try arena.unpack(jk_schema_tensor_proto(), bytes)
    } catch let error as TFError where error.code == .dataLoss {
      throw TFError.invalidArgument("Could not parse serialized proto")
    }
    var decoder = TensorProtoDecoder()
    guard let tensor = try decoder.tensor(message) else {
      throw TFError.invalidArgument("Could not construct tensor from proto")
    }
    return tensor
  }
}
