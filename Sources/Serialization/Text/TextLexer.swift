import CoreOps

/// Splits protocol buffer text format into tokens.
struct TextLexer {
  enum Token: Equatable {
    case word(String)
    /// A number's letters, sign not included.
    case number(String)
    case bytes([UInt8])
    case symbol(UInt8)
    case end
  }

  private let text: [UInt8]
  private var position = 0
  private(set) var token = Token.end
  private var tokenStart = 0

  init(_ text: String) throws {
    self.text = Array(text.utf8)
    try advance()
  }

  func error(_ message: String) -> TFError {
    var line = 1
    var column = 1
    for byte in text[..<tokenStart] {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    return .invalidArgument("line \(line), column \(column): \(message)")
  }

  /// Whether the token is that symbol, which is then passed.
  mutating func take(_ symbol: Character) throws -> Bool {
    guard token == .symbol(symbol.asciiValue ?? 0) else { return false }
    try advance()
    return true
  }

  private func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private mutating func skipBlanks() {
    while position < text.count {
      switch text[position] {
      case UInt8(ascii: " "), 9, 10, 11, 12, 13: position += 1
      case UInt8(ascii: "#"):
        while position < text.count, text[position] != 10 { position += 1 }
      default: return
      }
    }
  }

  mutating func advance() throws {
    skipBlanks()
    tokenStart = position
    guard position < text.count else {
      token = .end
      return
    }
    let byte = text[position]
    if isDigit(byte)
      || (byte == UInt8(ascii: ".") && position + 1 < text.count && isDigit(text[position + 1]))
    {
      token = .number(number())
    } else if isWord(byte) {
      token = .word(run(isWord))
    } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      var bytes: [UInt8] = []
      while position < text.count,
        text[position] == UInt8(ascii: "\"") || text[position] == UInt8(ascii: "'")
      {
        try string(into: &bytes)
        skipBlanks()
      }
      token = .bytes(bytes)
    } else {
      position += 1
      token = .symbol(byte)
    }
  }

  private mutating func run(_ accept: (UInt8) -> Bool) -> String {
    let start = position
    while position < text.count, accept(text[position]) { position += 1 }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func number() -> String {
    let start = position
    while position < text.count {
      let byte = text[position]
      let isExponentSign =
        (byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")) && position > start
        && (text[position - 1] | 32) == UInt8(ascii: "e")
        && !(position > start + 1 && (text[start + 1] | 32) == UInt8(ascii: "x"))
      guard isWord(byte) || byte == UInt8(ascii: ".") || isExponentSign else { break }
      position += 1
    }
    return String(decoding: text[start..<position], as: UTF8.self)
  }

  private mutating func string(into bytes: inout [UInt8]) throws {
    let quote = text[position]
    position += 1
    while true {
      guard position < text.count, text[position] != 10 else { throw error("a string has no end") }
      let byte = text[position]
      position += 1
      if byte == quote { return }
      if byte == UInt8(ascii: "\\") {
        try escape(into: &bytes)
      } else {
        bytes.append(byte)
      }
    }
  }

  private mutating func escape(into bytes: inout [UInt8]) throws {
    guard position < text.count else { throw error("a string has no end") }
    let byte = text[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): bytes.append(10)
    case UInt8(ascii: "r"): bytes.append(13)
    case UInt8(ascii: "t"): bytes.append(9)
    case UInt8(ascii: "a"): bytes.append(7)
    case UInt8(ascii: "b"): bytes.append(8)
    case UInt8(ascii: "f"): bytes.append(12)
    case UInt8(ascii: "v"): bytes.append(11)
    case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "?"):
      bytes.append(byte)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      position -= 1
      bytes.append(UInt8(truncatingIfNeeded: try digits(radix: 8, most: 3)))
    case UInt8(ascii: "x"), UInt8(ascii: "X"):
      bytes.append(UInt8(truncatingIfNeeded: try digits(radix: 16, most: 2)))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      guard
        let scalar = Unicode.Scalar(
          UInt32(try digits(radix: 16, most: byte == UInt8(ascii: "u") ? 4 : 8)))
      else { throw error("a string has an escape for no character") }
      bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: throw error("a string has the unknown escape \\\(Character(Unicode.Scalar(byte)))")
    }
  }

  private mutating func digits(radix: Int, most: Int) throws -> Int {
    var value = 0
    var count = 0
    while count < most, position < text.count,
      let digit = Character(Unicode.Scalar(text[position])).hexDigitValue, digit < radix
    {
      value = value * radix + digit
      position += 1
      count += 1
    }
    guard count > 0 else { throw error("a string has an escape without digits") }
    return value
  }
}
