import CoreOps

/// A JSON value. Objects keep their order.
package indirect enum JSON: Sendable, Equatable {
  case null
  case bool(Bool)
  case number(Double)
  case integer(Int)
  case string(String)
  case array([JSON])
  case object([(key: String, value: JSON)])

  package static func == (a: JSON, b: JSON) -> Bool { a.text() == b.text() }

  /// Reads JSON text.
  ///
  /// - Throws: `INVALID_ARGUMENT` with the place.
  package init(_ bytes: [UInt8]) throws {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  /// The value of the member `key`; nil when there is none, or this is no object.
  package subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
  package var object: [(key: String, value: JSON)]? {
    if case .object(let value) = self { value } else { nil }
  }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var int: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }
  package var double: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  package static func strings(_ values: some Sequence<String>) -> JSON {
    .array(values.map { .string($0) })
  }

  /// The text on one line.
  package func text() -> String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .number(let value):
      text +=
        value.isFinite
        ? (value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)") : "null"
    case .string(let value): Self.quote(value, to: &text)
    case .array(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += ", " }
        value.write(to: &text)
      }
      text += "]"
    case .object(let members):
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += ", " }
        Self.quote(member.key, to: &text)
        text += ": "
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func quote(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\0"..<" ":
        let hex = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  func error(_ what: String) -> TFError {
    .invalidArgument("not valid JSON: \(what) at byte \(position)")
  }

  mutating func peek() -> UInt8 {
    while position < bytes.count, [9, 10, 13, 32].contains(bytes[position]) { position += 1 }
    return position < bytes.count ? bytes[position] : 0
  }

  mutating func take(_ symbol: UInt8) -> Bool {
    guard peek() == symbol else { return false }
    position += 1
    return true
  }

  mutating func document() throws -> JSON {
    let value = try value(depth: 0)
    guard peek() == 0, position == bytes.count else { throw error("more text after the value") }
    return value
  }

  mutating func value(depth: Int) throws -> JSON {
    guard depth < 200 else { throw error("nested too deep") }
    switch peek() {
    case UInt8(ascii: "{"):
      position += 1
      var members: [(key: String, value: JSON)] = []
      if take(UInt8(ascii: "}")) { return .object(members) }
      repeat {
        guard peek() == UInt8(ascii: "\"") else { throw error("expected a member's name") }
        let key = try string()
        guard take(UInt8(ascii: ":")) else { throw error("expected ':'") }
        members.append((key, try value(depth: depth + 1)))
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "}")) else { throw error("expected '}'") }
      return .object(members)
    case UInt8(ascii: "["):
      position += 1
      var values: [JSON] = []
      if take(UInt8(ascii: "]")) { return .array(values) }
      repeat { values.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "]")) else { throw error("expected ']'") }
      return .array(values)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "N"): return try word("NaN", .number(.nan))
    case UInt8(ascii: "I"): return try word("Infinity", .number(.infinity))
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSON) throws -> JSON {
    guard bytes[position...].starts(with: word.utf8) else { throw error("an unknown word") }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws -> JSON {
    if bytes[position...].starts(with: "-Infinity".utf8) {
      return try word("-Infinity", .number(-.infinity))
    }
    let digits = bytes[position...].prefix {
      switch $0 {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
        UInt8(ascii: "."),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    let text = String(decoding: digits, as: UTF8.self)
    let value: JSON
    if let integer = Int(text) {
      value = .integer(integer)
    } else if let double = Double(text) {
      value = .number(double)
    } else {
      throw error("expected a value")
    }
    position += digits.count
    return value
  }

  private mutating func string() throws -> String {
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "\""),
        bytes[position] != UInt8(ascii: "\\")
      {
        position += 1
      }
      text += bytes[start..<position]
      guard position < bytes.count else { break }
      position += 1
      if bytes[position - 1] == UInt8(ascii: "\"") {
        guard let text = String(validating: text, as: UTF8.self) else {
          throw error("a string that is not UTF-8")
        }
        return text
      }
      try escape(into: &text)
    }
    throw error("a string without end")
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    guard position < bytes.count else { throw error("a string without end") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): text.append(10)
    case UInt8(ascii: "t"): text.append(9)
    case UInt8(ascii: "r"): text.append(13)
    case UInt8(ascii: "b"): text.append(8)
    case UInt8(ascii: "f"): text.append(12)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "u"):
      var unit = try hex()
      if (0xd800..<0xdc00).contains(unit), bytes[position...].starts(with: [0x5c, 0x75]) {
        let start = position
        position += 2
        let low = try hex()
        if (0xdc00..<0xe000).contains(low) {
          unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
        } else {
          position = start
        }
      }
      // Half a pair alone stands for no character: Python writes so bytes that are not UTF-8.
      text += Array(String(Character(Unicode.Scalar(unit) ?? "\u{fffd}")).utf8)
    default: throw error("an unknown escape")
    }
  }

  private mutating func hex() throws -> UInt32 {
    guard bytes.count - position >= 4,
      let value = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw error("a broken escape") }
    position += 4
    return value
  }
}
