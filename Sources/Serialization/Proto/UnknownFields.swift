import CProtos
package import CoreOps

/// What is left of a message once the fields that Janus models are cleared: fields outside the
/// schema, and ones that it only carries along.
package func remainder<M>(_ message: UnsafeMutablePointer<M>) throws -> [UnknownField] {
  let base = UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
  if protobuf_c_message_get_packed_size(base) == 0 { return [] }
  return try splitFields(packed(message))
}

/// The fields of a well-formed message.
package func splitFields(_ bytes: [UInt8]) throws -> [UnknownField] {
  var fields: [UnknownField] = []
  try bytes.withUnsafeBytes { bytes in
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      let start = reader.position
      try reader.skip(tag.wireType)
      fields.append(
        UnknownField(
          number: tag.number, wireType: tag.wireType,
          bytes: Array(bytes[start..<reader.position])))
    }
  }
  return fields
}

extension ProtoArena {
  /// Adds fields after those of the schema.
  package func attach<M>(_ fields: [UnknownField], to message: UnsafeMutablePointer<M>) throws {
    guard !fields.isEmpty else { return }
    let base = UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
    let list: UnsafeMutablePointer<ProtobufCMessageUnknownField> = try room(fields.count)
    for (index, field) in fields.enumerated() {
      guard field.number > 0, field.number < 1 << 29, field.wireType >= 0,
        let wire = UInt32(exactly: field.wireType)
      else { throw TFError.invalidArgument("an unknown field has number \(field.number)") }
      list[index].tag = UInt32(field.number)
      list[index].wire_type = ProtobufCWireType(rawValue: wire)
      list[index].len = field.bytes.count
      list[index].data = try self.list(field.bytes)
    }
    base.pointee.n_unknown_fields = UInt32(fields.count)
    base.pointee.unknown_fields = list
  }
}
