import CProtos
import CoreOps

/// Text → the binary encoding.
struct TextParser {
  private var lexer: TextLexer

  init(_ text: String) throws { lexer = try TextLexer(text) }

  mutating func message(
    _ schema: TextFormat.Schema?, until end: TextLexer.Token, depth: Int
  ) throws -> [UInt8] {
    guard depth < TextFormat.deepest else {
      throw lexer.error("messages are nested more than \(TextFormat.deepest) levels deep")
    }
    var writer = WireWriter()
    var seen: Set<String> = []
    // The member of each oneof that was set, by the place where which one it is is kept.
    var chosen: [UInt32: String] = [:]
    while lexer.token != end {
      switch lexer.token {
      case .word(let name):
        guard let schema, let field = protobuf_c_message_descriptor_get_field_by_name(schema, name)
        else {
          let owner = schema.map { String(cString: $0.pointee.name) } ?? "an unknown message"
          throw lexer.error("\(owner) has no field named \(name)")
        }
        if field.pointee.label != PROTOBUF_C_LABEL_REPEATED, !seen.insert(name).inserted {
          throw lexer.error("the field \(name) comes twice")
        }
        if field.pointee.flags & PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue != 0,
          let other = chosen.updateValue(name, forKey: field.pointee.quantifier_offset)
        {
          throw lexer.error("the field \(name) comes beside \(other), and only one of them may")
        }
        try lexer.advance()
        try values(of: field, into: &writer, depth: depth)
      case .number(let digits):
        // Known fields have to come by name.
        guard digits.allSatisfy(\.isNumber), let number = UInt32(digits), number > 0,
          number < 1 << 29,
          schema.map({ protobuf_c_message_descriptor_get_field($0, number) == nil })
            ?? true
        else { throw lexer.error("\(digits) is not the number of an unknown field") }
        try lexer.advance()
        try unknown(Int(number), into: &writer, depth: depth)
      case .end: throw lexer.error("the text ends inside a message")
      default: throw lexer.error("expected a field's name")
      }
      if try !lexer.take(",") { _ = try lexer.take(";") }
    }
    return writer.bytes
  }

  private mutating func values(
    of field: TextFormat.Field, into writer: inout WireWriter, depth: Int
  ) throws {
    let name = String(cString: field.pointee.name)
    let form = WireForm(field.pointee.type)
    let hasColon = try lexer.take(":")
    guard hasColon || form == .message else { throw lexer.error("expected ':' after \(name)") }
    if lexer.token == .symbol(UInt8(ascii: "[")) {
      guard field.pointee.label == PROTOBUF_C_LABEL_REPEATED else {
        throw lexer.error("\(name) takes one value, not a list")
      }
      try lexer.advance()
      if try lexer.take("]") { return }
      repeat { try value(of: field, form, into: &writer, depth: depth) } while try lexer.take(",")
      guard try lexer.take("]") else { throw lexer.error("expected ',' or ']'") }
      return
    }
    try value(of: field, form, into: &writer, depth: depth)
  }

  private mutating func value(
    of field: TextFormat.Field, _ form: WireForm, into writer: inout WireWriter, depth: Int
  ) throws {
    let number = Int(field.pointee.id)
    let type = field.pointee.type
    writer.tag(number, form.wireType)
    switch form {
    case .message:
      let schema = field.pointee.descriptor.assumingMemoryBound(to: ProtobufCMessageDescriptor.self)
      writer.block(try block(schema, depth: depth))
    case .bytes:
      guard case .bytes(let bytes) = lexer.token else {
        throw lexer.error("\(String(cString: field.pointee.name)) takes a string")
      }
      try lexer.advance()
      writer.block(bytes)
    case .fixed32:
      if type == PROTOBUF_C_TYPE_FLOAT {
        writer.fixed32(Float(try double()).bitPattern)
      } else {
        writer.fixed32(
          UInt32(
            truncatingIfNeeded: try integer(bits: 32, signed: type == PROTOBUF_C_TYPE_SFIXED32)))
      }
    case .fixed64:
      if type == PROTOBUF_C_TYPE_DOUBLE {
        writer.fixed64(try double().bitPattern)
      } else {
        writer.fixed64(try integer(bits: 64, signed: type == PROTOBUF_C_TYPE_SFIXED64))
      }
    case .zigzag:
      let value = Int64(
        bitPattern: try integer(bits: type == PROTOBUF_C_TYPE_SINT32 ? 32 : 64, signed: true))
      writer.varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    case .varint: writer.varint(try varint(of: field))
    }
  }

  private mutating func varint(of field: TextFormat.Field) throws -> UInt64 {
    switch field.pointee.type {
    case PROTOBUF_C_TYPE_BOOL:
      let token = lexer.token
      try lexer.advance()
      switch token {
      case .word("true"), .word("True"), .word("t"), .number("1"): return 1
      case .word("false"), .word("False"), .word("f"), .number("0"): return 0
      default: throw lexer.error("\(String(cString: field.pointee.name)) takes true or false")
      }
    case PROTOBUF_C_TYPE_ENUM:
      guard case .word(let name) = lexer.token else {
        return try integer(bits: 32, signed: true, octal: false)
      }
      let schema = field.pointee.descriptor.assumingMemoryBound(to: ProtobufCEnumDescriptor.self)
      guard let value = protobuf_c_enum_descriptor_get_value_by_name(schema, name) else {
        throw lexer.error("\(String(cString: schema.pointee.name)) has no value named \(name)")
      }
      try lexer.advance()
      return UInt64(bitPattern: Int64(value.pointee.value))
    case PROTOBUF_C_TYPE_INT32: return try integer(bits: 32, signed: true)
    case PROTOBUF_C_TYPE_INT64: return try integer(bits: 64, signed: true)
    case PROTOBUF_C_TYPE_UINT32: return try integer(bits: 32, signed: false)
    default: return try integer(bits: 64, signed: false)
    }
  }

  /// `{ … }` or `< … >`.
  private mutating func block(_ schema: TextFormat.Schema?, depth: Int) throws -> [UInt8] {
    let closing: Character
    if try lexer.take("{") {
      closing = "}"
    } else if try lexer.take("<") {
      closing = ">"
    } else {
      throw lexer.error("expected '{'")
    }
    let content = try message(schema, until: .symbol(closing.asciiValue!), depth: depth + 1)
    try lexer.advance()
    return content
  }

  /// A whole number as Python writes it, and with a leading zero as C does.
  private mutating func magnitude(octal: Bool = true) throws -> (value: UInt64, negative: Bool) {
    guard case .number(let text) = lexer.token else { throw lexer.error("expected a whole number") }
    var digits = text.lowercased()[...]
    let negative = digits.hasPrefix("-")
    let isSigned = negative || digits.hasPrefix("+")
    if isSigned { digits = digits.dropFirst() }
    var radix = 10
    for (prefix, value) in [("0x", 16), ("0o", 8), ("0b", 2)] where digits.hasPrefix(prefix) {
      radix = value
      digits = digits.dropFirst(2)
      // There may be one between the prefix and the digits.
      if digits.hasPrefix("_") { digits = digits.dropFirst() }
    }
    if radix == 10, digits.hasPrefix("0"), digits.contains(where: { $0 != "0" && $0 != "_" }) {
      guard octal, !text.hasPrefix("+"), !digits.contains("_") else {
        throw lexer.error("\(text) is not a whole number")
      }
      radix = 8
    }
    guard let plain = Self.withoutSeparators(digits), !plain.hasPrefix("-"), !plain.hasPrefix("+"),
      let value = UInt64(plain, radix: radix)
    else { throw lexer.error("\(text) is not a whole number of 64 bits") }
    try lexer.advance()
    return (value, negative)
  }

  /// The digits without underscores, each of which must stand between two digits.
  private static func withoutSeparators(_ text: Substring) -> String? {
    guard text.contains("_") else { return String(text) }
    let letters = Array(text)
    for index in letters.indices where letters[index] == "_" {
      guard index > 0, index + 1 < letters.count, letters[index - 1].isHexDigit,
        letters[index + 1].isHexDigit
      else { return nil }
    }
    return String(letters.filter { $0 != "_" })
  }

  /// An integer of that width as the 64 bits that are encoded: signed ones are sign-extended.
  private mutating func integer(bits: Int, signed: Bool, octal: Bool = true) throws -> UInt64 {
    let (value, negative) = try magnitude(octal: octal)
    let most =
      signed
      ? (UInt64(1) << UInt64(bits - 1)) - (negative ? 0 : 1) : UInt64.max >> UInt64(64 - bits)
    guard value <= most, signed || !negative || value == 0 else {
      throw lexer.error("\(negative ? "-" : "")\(value) does not fit into \(bits) bits")
    }
    return negative ? 0 &- value : value
  }

  /// A floating point number in decimal, as Python writes it, or with C's suffix.
  private mutating func double() throws -> Double {
    let text: String
    switch lexer.token {
    case .word(let word): text = word
    case .number(let digits): text = digits
    default: throw lexer.error("expected a number")
    }
    guard let value = Self.double(text) else { throw lexer.error("\(text) is not a number") }
    try lexer.advance()
    return value
  }

  private static func double(_ text: String) -> Double? {
    var rest = text.lowercased()[...]
    let negative = rest.hasPrefix("-")
    if negative || rest.hasPrefix("+") { rest = rest.dropFirst() }
    func signed(_ value: Double) -> Double { negative ? -value : value }
    switch rest {
    case "inf", "infinity", "inff", "infinityf": return signed(.infinity)
    case "nan", "nanf": return signed(.nan)
    default: break
    }
    // Octal numbers are refused: `017` in some eyes is 15, in others 17.
    let first = rest.first, second = rest.dropFirst().first
    if first == "0", let second, second.isNumber, !text.hasPrefix("+") { return nil }
    while rest.hasSuffix("f") { rest = rest.dropLast() }
    guard let plain = withoutSeparators(rest),
      plain.allSatisfy({ $0.isASCII && ($0.isNumber || ".e+-".contains($0)) }),
      let start = plain.first, start.isNumber || start == ".",
      let value = Double(plain.hasSuffix(".") ? plain + "0" : plain)
    else { return nil }
    return signed(value)
  }

  /// The value of a field that is known by its number only.
  private mutating func unknown(_ number: Int, into writer: inout WireWriter, depth: Int) throws {
    let hasColon = try lexer.take(":")
    switch lexer.token {
    case .bytes(let bytes) where hasColon:
      try lexer.advance()
      writer.tag(number, 2)
      writer.block(bytes)
    case .number(let digits) where hasColon && digits.hasPrefix("0x") && digits.count == 10:
      writer.tag(number, 5)
      writer.fixed32(UInt32(truncatingIfNeeded: try magnitude().value))
    case .number(let digits) where hasColon && digits.hasPrefix("0x") && digits.count == 18:
      writer.tag(number, 1)
      writer.fixed64(try magnitude().value)
    case .number where hasColon:
      writer.tag(number, 0)
      writer.varint(try magnitude().value)
    case .symbol:
      writer.tag(number, 2)
      writer.block(try block(nil, depth: depth))
    default: throw lexer.error("expected the value of field \(number)")
    }
  }
}
