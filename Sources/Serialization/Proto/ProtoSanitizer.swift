import CoreOps

/// Writes messages anew as the protocol buffer library would: fields by their numbers, of several
/// values of one the last, parts of one message put together, what the schema does not have at the
/// end.
package struct ProtoSanitizer {
  private let schemas: ProtoSchemas

  package init(_ schemas: ProtoSchemas) { self.schemas = schemas }

  /// The message anew.
  ///
  /// - Throws: `DATA_LOSS` where the bytes are no such message.
  package func sanitized(_ bytes: UnsafeRawBufferPointer, as message: String) throws -> [UInt8] {
    try parsed(bytes, message, depth: 0)
  }

  private func parsed(_ bytes: UnsafeRawBufferPointer, _ name: String, depth: Int) throws
    -> [UInt8]
  {
    guard depth < 100 else { throw TFError(.dataLoss, "messages are nested too deep") }
    var fields: [Int: ProtoField] = [:]
    for field in schemas.messages[name]?.fields ?? [] { fields[field.number] = field }
    // The encoded values of each field, and of messages their contents.
    var values: [Int: [[UInt8]]] = [:]
    var unknown: [UInt8] = []
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      let start = reader.position
      guard let field = fields[tag.number] else {
        try skip(&reader, tag, depth: depth)
        unknown += encoded(tag, bytes[start..<reader.position])
        continue
      }
      let isPacked = tag.wireType == 2 && field.type.wireType != 2 && field.type != .group
      guard isPacked || tag.wireType == field.type.wireType else {
        try skip(&reader, tag, depth: depth)
        unknown += encoded(tag, bytes[start..<reader.position])
        continue
      }
      if isPacked {
        let block = try reader.block()
        var numbers = WireReader(block)
        while numbers.position < block.count {
          let start = numbers.position
          try numbers.skip(field.type.wireType)
          values[tag.number, default: []].append(Array(block[start..<numbers.position]))
        }
      } else if tag.wireType == 2 {
        values[tag.number, default: []].append(Array(try reader.block()))
      } else {
        try skip(&reader, tag, depth: depth)
        values[tag.number, default: []].append(Array(bytes[start..<reader.position]))
      }
    }
    var writer = WireWriter()
    for (number, all) in values.sorted(by: { $0.key < $1.key }) {
      guard let field = fields[number] else { continue }
      try write(field, all, &writer, depth: depth)
    }
    writer.raw(unknown)
    return writer.bytes
  }

  private func write(
    _ field: ProtoField, _ all: [[UInt8]], _ writer: inout WireWriter, depth: Int
  ) throws {
    var all = all
    if field.type == .message {
      if !field.isRepeated { all = [Array(all.joined())] }
      all = try all.map { part in
        try part.withUnsafeBytes { try parsed($0, field.typeName, depth: depth + 1) }
      }
    } else if !field.isRepeated {
      all = Array(all.suffix(1))
    }
    let isBlock = field.type.wireType == 2
    if field.isPacked, field.isRepeated, !isBlock {
      writer.tag(field.number, 2)
      writer.block(Array(all.joined()))
      return
    }
    for value in all {
      writer.tag(field.number, field.type.wireType)
      if isBlock { writer.block(value) } else { writer.raw(value) }
    }
  }

  private func encoded(
    _ tag: (number: Int, wireType: Int), _ content: Slice<UnsafeRawBufferPointer>
  )
    -> [UInt8]
  {
    var writer = WireWriter()
    writer.tag(tag.number, tag.wireType)
    writer.raw(content)
    return writer.bytes
  }

  /// Goes past a field, of a group past its end.
  private func skip(
    _ reader: inout WireReader, _ tag: (number: Int, wireType: Int), depth: Int
  ) throws {
    guard tag.wireType == 3 else { return try reader.skip(tag.wireType) }
    guard depth < 100 else { throw TFError(.dataLoss, "groups are nested too deep") }
    while let inner = try reader.tag() {
      if inner.wireType == 4, inner.number == tag.number { return }
      try skip(&reader, inner, depth: depth + 1)
    }
    throw TFError(.dataLoss, "a group has no end")
  }
}
