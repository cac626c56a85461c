import CoreOps

/// The words of a JSON text that a schema guides through.
struct JSONLexer {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  func error(_ what: String) -> TFError {
    let before = bytes[..<position]
    let line = before.lazy.filter { $0 == 10 }.count + 1
    let column = position - (before.lastIndex(of: 10).map { $0 + 1 } ?? 0) + 1
    return .invalidArgument(
      "Error while parsing JSON: near \(line):\(column) (offset \(position)): \(what)")
  }

  private mutating func skipSpace() {
    while position < bytes.count, [9, 10, 13, 32].contains(bytes[position]) { position += 1 }
  }

  private mutating func peek() throws -> UInt8 {
    skipSpace()
    guard position < bytes.count else {
      throw TFError.invalidArgument("Error while parsing JSON: unexpected EOF")
    }
    return bytes[position]
  }

  /// Goes past a sign, if it comes next.
  mutating func take(_ sign: Unicode.Scalar) throws -> Bool {
    guard try peek() == UInt8(ascii: sign) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ sign: Unicode.Scalar) throws {
    guard try take(sign) else { throw error("expected '\(sign)'") }
  }

  mutating func expectEnd() throws {
    skipSpace()
    guard position == bytes.count else {
      throw TFError.invalidArgument(
        "Error while parsing JSON: extraneous characters after end of JSON object")
    }
  }

  /// Goes past `null`, if it comes next.
  mutating func takeNull() -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: "null".utf8) else { return false }
    position += 4
    return true
  }

  /// A member's name, in quotes or without.
  mutating func name() throws -> String {
    let first = try peek()
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { return try string() }
    func isWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
        true
      default: false
      }
    }
    let word = bytes[position...].prefix(while: isWord)
    guard let start = word.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(start) else {
      throw error("expected a member's name")
    }
    position += word.count
    return String(decoding: word, as: UTF8.self)
  }

  private mutating func string() throws -> String {
    let quote = bytes[position]
    position += 1
    var text: [UInt8] = []
    while true {
      guard position < bytes.count else { throw error("a string without end") }
      let byte = bytes[position]
      position += 1
      switch byte {
      case quote:
        guard let text = String(validating: text, as: UTF8.self) else {
          throw error("a string that is not UTF-8")
        }
        return text
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<32: throw error("a control character in a string")
      default: text.append(byte)
      }
    }
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
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      text.append(byte)
    case UInt8(ascii: "u"):
      var unit = try hex()
      if (0xd800..<0xdc00).contains(unit), bytes[position...].starts(with: [0x5c, 0x75]) {
        position += 2
        let low = try hex()
        guard (0xdc00..<0xe000).contains(low) else { throw error("invalid low surrogate") }
        unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw error("half a surrogate pair") }
      text += Array(String(Character(scalar)).utf8)
    default: throw error("an unknown escape")
    }
  }

  private mutating func hex() throws -> UInt32 {
    guard bytes.count - position >= 4 else { throw error("a broken escape") }
    let digits = bytes[position..<position + 4]
    guard digits.allSatisfy({ $0 != UInt8(ascii: "+") }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("a broken escape") }
    position += 4
    return value
  }

  /// The text of a number, with quotes or without.
  private mutating func number() throws -> String {
    let first = try peek()
    if first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") { return try string() }
    let digits = bytes[position...].prefix {
      switch $0 {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"),
        UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
        true
      default: false
      }
    }
    let text = String(decoding: digits, as: UTF8.self)
    guard Self.isNumber(Array(text.utf8)) else { throw error("expected a number") }
    position += digits.count
    return text
  }

  /// Whether a text is a number as JSON has them: no zeros before it, digits about its point.
  private static func isNumber(_ text: [UInt8]) -> Bool {
    var rest = text[...]
    func digits() -> Int {
      let count = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }.count
      return count
    }
    if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
    let whole = digits()
    guard whole == 1 || (whole > 1 && rest.first != UInt8(ascii: "0")) else { return false }
    rest = rest.dropFirst(whole)
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      let fraction = digits()
      guard fraction > 0 else { return false }
      rest = rest.dropFirst(fraction)
    }
    if let sign = rest.first, sign == UInt8(ascii: "e") || sign == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
        rest = rest.dropFirst()
      }
      let exponent = digits()
      guard exponent > 0 else { return false }
      rest = rest.dropFirst(exponent)
    }
    return rest.isEmpty
  }

  mutating func integer() throws -> Int {
    let text = try number()
    guard Self.isNumber(Array(text.utf8)) else { throw error("'\(text)' is not an integer") }
    if let value = Int(text) { return value }
    guard let double = Double(text), let value = Int(exactly: double) else {
      throw error("'\(text)' is not an integer of 64 bits")
    }
    return value
  }

  mutating func float() throws -> Float {
    let text = try number()
    switch text {
    case "NaN": return .nan
    case "Infinity": return .infinity
    case "-Infinity": return -.infinity
    default: break
    }
    guard Self.isNumber(Array(text.utf8)), let double = Double(text) else {
      throw error("'\(text)' is not a number")
    }
    guard double.isFinite, Float(double).isFinite else {
      throw error("'\(text)' is out of range for a float")
    }
    return Float(double)
  }

  /// Bytes in base64, of either alphabet, padded or not.
  mutating func base64() throws -> [UInt8] {
    let quote = try peek()
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
      throw error("expected a string")
    }
    let text = try string()
    var bytes: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    var digits = 0
    var rest = Array(text.utf8)[...]
    while let last = rest.last, last == UInt8(ascii: "="), text.utf8.count - rest.count < 2 {
      rest = rest.dropLast()
    }
    for byte in rest {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = byte - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = byte - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"), UInt8(ascii: "-"): digit = 62
      case UInt8(ascii: "/"), UInt8(ascii: "_"): digit = 63
      default: throw error("'\(text)' is not base64")
      }
      bits = bits << 6 | UInt32(digit)
      count += 6
      digits += 1
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    guard digits % 4 != 1 else { throw error("'\(text)' is not base64") }
    return bytes
  }
}
