import CProtos
import CoreOps

/// The binary encoding → text. The bytes have been checked against the schema.
struct TextPrinter {
  private(set) var text: [UInt8] = []

  mutating func message(
    _ bytes: UnsafeRawBufferPointer, _ schema: TextFormat.Schema, depth: Int
  ) throws {
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      guard let field = protobuf_c_message_descriptor_get_field(schema, UInt32(tag.number)) else {
        try unknown(tag.number, tag.wireType, &reader, depth: depth)
        continue
      }
      let form = WireForm(field.pointee.type)
      if form == .message {
        indent(depth)
        append(cString: field.pointee.name)
        append(" {\n")
        try message(
          reader.block(),
          field.pointee.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self),
          depth: depth + 1)
        indent(depth)
        append("}\n")
      } else if tag.wireType == 2, form != .bytes {
        let block = try reader.block()
        var elements = WireReader(block)
        while elements.position < block.count { try line(field, form, &elements, depth: depth) }
      } else {
        try line(field, form, &reader, depth: depth)
      }
    }
  }

  private mutating func line(
    _ field: TextFormat.Field, _ form: WireForm, _ reader: inout WireReader, depth: Int
  ) throws {
    indent(depth)
    append(cString: field.pointee.name)
    append(": ")
    let type = field.pointee.type
    switch form {
    case .bytes: quote(try reader.block())
    case .fixed32:
      let bits = try reader.fixed32()
      switch type {
      case PROTOBUF_C_TYPE_FLOAT: number(Float(bitPattern: bits))
      case PROTOBUF_C_TYPE_SFIXED32: append(String(Int32(bitPattern: bits)))
      default: append(String(bits))
      }
    case .fixed64:
      let bits = try reader.fixed64()
      switch type {
      case PROTOBUF_C_TYPE_DOUBLE: number(Double(bitPattern: bits))
      case PROTOBUF_C_TYPE_SFIXED64: append(String(Int64(bitPattern: bits)))
      default: append(String(bits))
      }
    case .zigzag:
      let bits = try reader.varint()
      append(String(Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1)))
    case .varint: varint(field, try reader.varint())
    case .message: break
    }
    append("\n")
  }

  private mutating func varint(_ field: TextFormat.Field, _ bits: UInt64) {
    switch field.pointee.type {
    case PROTOBUF_C_TYPE_BOOL: append(bits == 0 ? "false" : "true")
    case PROTOBUF_C_TYPE_ENUM:
      let value = Int32(truncatingIfNeeded: bits)
      let schema = field.pointee.descriptor.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
      if let known = protobuf_c_enum_descriptor_get_value(schema, value) {
        append(cString: known.pointee.name)
      } else {
        append(String(value))
      }
    case PROTOBUF_C_TYPE_INT32: append(String(Int32(truncatingIfNeeded: bits)))
    case PROTOBUF_C_TYPE_INT64: append(String(Int64(bitPattern: bits)))
    case PROTOBUF_C_TYPE_UINT32: append(String(UInt32(truncatingIfNeeded: bits)))
    default: append(String(bits))
    }
  }

  private mutating func unknown(
    _ number: Int, _ wireType: Int, _ reader: inout WireReader, depth: Int
  ) throws {
    indent(depth)
    append("\(number): ")
    switch wireType {
    case 0: append(String(try reader.varint()))
    case 1: append(hex(try reader.fixed64(), digits: 16))
    case 2: quote(try reader.block())
    default: append(hex(UInt64(try reader.fixed32()), digits: 8))
    }
    append("\n")
  }

  private func hex(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return "0x" + String(repeating: "0", count: digits - text.count) + text
  }

  /// The shortest digits that give the same value back, without a fraction of zero.
  private mutating func number<F: BinaryFloatingPoint & LosslessStringConvertible>(_ value: F) {
    if value.isNaN {
      append("nan")
    } else if value.isInfinite {
      append(value < 0 ? "-inf" : "inf")
    } else {
      let digits = value.description
      append(digits.hasSuffix(".0") ? String(digits.dropLast(2)) : digits)
    }
  }

  private mutating func quote(_ bytes: UnsafeRawBufferPointer) {
    text.append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case 10: append("\\n")
      case 13: append("\\r")
      case 9: append("\\t")
      case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"):
        text.append(UInt8(ascii: "\\"))
        text.append(byte)
      case 32..<127: text.append(byte)
      default:
        text.append(UInt8(ascii: "\\"))
        text.append(UInt8(ascii: "0") + byte >> 6)
        text.append(UInt8(ascii: "0") + byte >> 3 & 7)
        text.append(UInt8(ascii: "0") + byte & 7)
      }
    }
    text.append(UInt8(ascii: "\""))
  }

  private mutating func indent(_ depth: Int) {
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
  }

  private mutating func append(_ string: String) { text.append(contentsOf: string.utf8) }

  private mutating func append(cString: UnsafePointer<CChar>) { append(String(cString: cString)) }
}
