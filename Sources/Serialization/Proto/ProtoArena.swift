package import CProtos
import CoreOps

/// The memory of protobuf-c messages: what is made in an arena lives as long as the arena.
package final class ProtoArena {
  private let arena: OpaquePointer

  package init() throws {
    guard let arena = jk_arena_new() else { throw TFError.resourceExhausted("out of memory") }
    self.arena = arena
  }

  deinit { jk_arena_free(arena) }

  /// Checks and unpacks a message.
  ///
  /// - Throws: `DATA_LOSS` when `bytes` are not a message of that schema.
  package func unpack<M>(
    _ schema: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: UnsafeRawBufferPointer
  ) throws -> UnsafeMutablePointer<M> {
    try ProtoArena.check(schema, bytes)
    let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard let message = jk_proto_unpack(schema, data, bytes.count, arena) else {
      throw TFError(.dataLoss, "not a valid \(String(cString: schema.pointee.name)) message")
    }
    return message.assumingMemoryBound(to: M.self)
  }

  package static func check(
    _ schema: UnsafePointer<ProtobufCMessageDescriptor>, _ bytes: UnsafeRawBufferPointer
  ) throws {
    var text = [CChar](repeating: 0, count: 256)
    let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    if jk_proto_check(schema, data, bytes.count, MemoryLimit.bytes / 2, &text, text.count) != 0 {
      let reason = String(
        decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      throw TFError(.dataLoss, "not a valid \(String(cString: schema.pointee.name)): \(reason)")
    }
  }

  /// An empty message.
  package func make<M>(
    _: M.Type = M.self, _ schema: UnsafePointer<ProtobufCMessageDescriptor>
  ) throws -> UnsafeMutablePointer<M> {
    guard let message = jk_proto_new(schema, arena) else {
      throw TFError.resourceExhausted("out of memory")
    }
    return message.assumingMemoryBound(to: M.self)
  }

  /// Zeroed room for `count` values.
  package func room<T>(_ count: Int, _: T.Type = T.self) throws -> UnsafeMutablePointer<T> {
    guard let memory = jk_arena_alloc(arena, max(count, 1) &* MemoryLayout<T>.stride) else {
      throw TFError.resourceExhausted("out of memory")
    }
    return memory.assumingMemoryBound(to: T.self)
  }

  package func list<T: BitwiseCopyable>(_ values: [T]) throws -> UnsafeMutablePointer<T>? {
    if values.isEmpty { return nil }
    let memory: UnsafeMutablePointer<T> = try room(values.count)
    memory.initialize(from: values, count: values.count)
    return memory
  }

  /// The messages of a repeated field, and how many.
  package func messages<T, M>(
    _ values: [T], _ make: (T) throws -> UnsafeMutablePointer<M>
  ) throws -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<M>?>?) {
    if values.isEmpty { return (0, nil) }
    let list = try room(values.count, UnsafeMutablePointer<M>?.self)
    for (index, value) in values.enumerated() { list[index] = try make(value) }
    return (values.count, list)
  }

  package func texts(_ values: [String]) throws -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?)
  {
    (values.count, try list(values.map { try bytes($0) }))
  }

  package func bytes(_ values: [UInt8]) throws -> ProtobufCBinaryData {
    ProtobufCBinaryData(len: values.count, data: try list(values))
  }

  package func bytes(_ text: String) throws -> ProtobufCBinaryData {
    var text = text
    return try text.withUTF8 { utf8 in
      if utf8.isEmpty { return ProtobufCBinaryData(len: 0, data: nil) }
      let memory: UnsafeMutablePointer<UInt8> = try room(utf8.count)
      memory.initialize(from: utf8.baseAddress!, count: utf8.count)
      return ProtobufCBinaryData(len: utf8.count, data: memory)
    }
  }
}

/// The bytes of a message.
package func packed<M>(_ message: UnsafeMutablePointer<M>) throws -> [UInt8] {
  let base = UnsafeRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self)
  let size = protobuf_c_message_get_packed_size(base)
  guard size < 1 << 31 else {
    throw TFError.invalidArgument(
      "the message would take \(size) bytes: a protocol buffer has at most 2 GiB")
  }
  return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
    count = size == 0 ? 0 : protobuf_c_message_pack(base, buffer.baseAddress)
  }
}

extension ProtobufCBinaryData {
  package var array: [UInt8] { Array(UnsafeBufferPointer(start: data, count: len)) }

  /// The text of a field that must be UTF-8.
  package func text(_ field: StaticString) throws -> String {
    if len == 0 { return "" }
    guard let text = String(validating: UnsafeBufferPointer(start: data, count: len), as: UTF8.self)
    else { throw TFError(.dataLoss, "the field \(field) is not valid UTF-8") }
    return text
  }
}

/// The messages of a repeated field.
package func messages<M>(
  _ count: Int, _ list: UnsafeMutablePointer<UnsafeMutablePointer<M>?>?
) -> some Sequence<UnsafeMutablePointer<M>> {
  UnsafeBufferPointer(start: list, count: count).lazy.compactMap { $0 }
}

package func texts(
  _ count: Int, _ list: UnsafeMutablePointer<ProtobufCBinaryData>?, _ field: StaticString
) throws -> [String] {
  try UnsafeBufferPointer(start: list, count: count).map { try $0.text(field) }
}
