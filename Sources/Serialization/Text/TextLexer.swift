import CoreOps

/// Splits protocol buffer text format into tokens.
struct TextLexer {
  enum Token: Equatable {
    case word(String)
    /// A number's letters.
    case number(String)
    case bytes([UInt8])
    case symbol(UInt8)
    case end
  }

  private let text: [UInt8]
  private var position = 0
  private(set) var token = Token.end
  private var tokenStart = 0
  private var pace = Pace()

  init(_ text: String) throws {
    self.text = Array(text.utf8)
    if starts(with: [0xef, 0xbb, 0xbf]) {
      throw error("the text begins with a byte order mark, which protocol buffer text has not")
    }
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

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  /// How many bytes of the text at `position` are one blank, of ASCII or of Unicode.
  private var blank: Int {
    switch text[position] {
    case UInt8(ascii: " "), 9...13, 28...31: return 1
    case 0xc2 where starts(with: [0xc2, 0x85]) || starts(with: [0xc2, 0xa0]): return 2
    case 0xe1 where starts(with: [0xe1, 0x9a, 0x80]): return 3
    case 0xe2 where position + 2 < text.count:
      let last = text[position + 2]
      switch text[position + 1] {
      case 0x80 where (0x80...0x8a).contains(last) || [0xa8, 0xa9, 0xaf].contains(last): return 3
      case 0x81 where last == 0x9f: return 3
      default: return 0
      }
    case 0xe3 where starts(with: [0xe3, 0x80, 0x80]): return 3
    default: return 0
    }
  }

  private func starts(with bytes: [UInt8]) -> Bool { text[position...].starts(with: bytes) }

  private mutating func skipBlanks() {
    while position < text.count {
      let blank = blank
      if blank > 0 {
        position += blank
      } else if text[position] == UInt8(ascii: "#") {
        while position < text.count, text[position] != 10 { position += 1 }
      } else {
        return
      }
    }
  }

  /// Words go on with signs, and numbers with words, as in the tokens of protobuf's Python parser:
  /// what is no value is refused as a whole.
  mutating func advance() throws {
    try pace.step(64)
    skipBlanks()
    tokenStart = position
    guard position < text.count else {
      token = .end
      return
    }
    let byte = text[position]
    if Self.isDigit(byte) || Self.isSign(byte)
      || (byte == UInt8(ascii: ".") && position + 1 < text.count
        && Self.isDigit(text[position + 1]))
    {
      token = .number(run { Self.isWord($0) || Self.isSign($0) || $0 == UInt8(ascii: ".") })
    } else if Self.isWord(byte) {
      token = .word(run { Self.isWord($0) || Self.isSign($0) })
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

  private static func isSign(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
  }

  private mutating func run(_ accept: (UInt8) -> Bool) -> String {
    let start = position
    while position < text.count, accept(text[position]) { position += 1 }
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

  /// An escape as Python's protobuf has them: one that it does not know stands for itself.
  private mutating func escape(into bytes: inout [UInt8]) throws {
    guard position < text.count, text[position] != 10 else { throw error("a string has no end") }
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
    case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): bytes.append(byte)
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      position -= 1
      guard let value = UInt8(exactly: try digits(radix: 8, 1...3)) else {
        throw error("a string has an octal escape for more than a byte")
      }
      bytes.append(value)
    case UInt8(ascii: "x"):
      bytes.append(UInt8(truncatingIfNeeded: try digits(radix: 16, 1...2)))
    case UInt8(ascii: "u"), UInt8(ascii: "U"):
      let count = byte == UInt8(ascii: "u") ? 4 : 8
      guard let scalar = Unicode.Scalar(UInt32(try digits(radix: 16, count...count))) else {
        throw error("a string has an escape for no character")
      }
      bytes.append(contentsOf: Array(String(Character(scalar)).utf8))
    default: bytes += [UInt8(ascii: "\\"), byte]
    }
  }

  private mutating func digits(radix: Int, _ range: ClosedRange<Int>) throws -> Int {
    var value = 0
    var count = 0
    while count < range.upperBound, position < text.count,
      let digit = Character(Unicode.Scalar(text[position])).hexDigitValue, digit < radix
    {
      value = value * radix + digit
      position += 1
      count += 1
    }
    guard count >= range.lowerBound else {
      throw error("a string has an escape with too few digits")
    }
    return value
  }
}
