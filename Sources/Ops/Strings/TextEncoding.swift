import CICU
import CoreOps

/// A character of text that was decoded, and where it began.
struct DecodedCharacter {
  /// nil where the bytes are no character.
  let scalar: UInt32?
  let start: Int
}

/// Decodes strings of one encoding, one after the other.
struct TextDecoder {
  fileprivate let encoding: TextEncoding
  fileprivate let converter: Converter?

  /// The characters, and what is none: each longest beginning of a character that is cut short, and
  /// each other byte or unit that begins none.
  func decode(_ text: UnsafeRawBufferPointer) throws -> [DecodedCharacter] {
    try encoding.decode(text, converter)
  }
}

/// How text is stored, by the names that ICU knows.
enum TextEncoding {
  case utf8
  case utf16(bigEndian: Bool, marked: Bool)
  case utf32(bigEndian: Bool, marked: Bool)
  /// One that ICU converts.
  case other(String)

  /// - Throws: `INVALID_ARGUMENT` when there is no such encoding.
  init(named name: String) throws {
    switch name.lowercased().filter({ $0 != "-" && $0 != "_" }) {
    case "utf8": self = .utf8
    case "utf16be": self = .utf16(bigEndian: true, marked: false)
    case "utf16le": self = .utf16(bigEndian: false, marked: false)
    case "utf16": self = .utf16(bigEndian: true, marked: true)
    case "utf32be": self = .utf32(bigEndian: true, marked: false)
    case "utf32le": self = .utf32(bigEndian: false, marked: false)
    case "utf32": self = .utf32(bigEndian: true, marked: true)
    default:
      self = .other(name)
      _ = try Converter(name)
    }
  }

  /// What decodes it, for one thread.
  func decoder() throws -> TextDecoder {
    guard case .other(let name) = self else { return TextDecoder(encoding: self, converter: nil) }
    return TextDecoder(encoding: self, converter: try Converter(name))
  }

  /// The characters by a converter, where it is an encoding that needs one.
  fileprivate func decode(_ text: UnsafeRawBufferPointer, _ converter: Converter?) throws
    -> [DecodedCharacter]
  {
    switch self {
    case .utf8: return Self.decodeUTF8(text)
    case .utf16(let bigEndian, let marked):
      let mark = marked ? Self.mark(text, 2) : nil
      return Self.decodeUTF16(text, mark ?? bigEndian, skipping: mark == nil ? 0 : 2)
    case .utf32(let bigEndian, let marked):
      let mark = marked ? Self.mark(text, 4) : nil
      return Self.decodeUTF32(text, mark ?? bigEndian, skipping: mark == nil ? 0 : 4)
    case .other:
      guard let converter else { throw TFError.internal("an encoding without its converter") }
      return try converter.decode(text)
    }
  }

  /// Whether the mark at the front says that the high bytes come first; nil where there is none.
  private static func mark(_ text: UnsafeRawBufferPointer, _ width: Int) -> Bool? {
    switch unit(text, 0, width, bigEndian: true) {
    case 0xfeff: true
    case width == 2 ? 0xfffe : 0xfffe_0000: false
    default: nil
    }
  }

  /// The number of `width` bytes at `position`; nil where there are fewer.
  private static func unit(
    _ text: UnsafeRawBufferPointer, _ position: Int, _ width: Int, bigEndian: Bool
  ) -> UInt32? {
    guard position + width <= text.count else { return nil }
    let bytes = text[position..<position + width]
    return bigEndian
      ? bytes.reduce(0) { $0 << 8 | UInt32($1) }
      : bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static func decodeUTF8(_ text: UnsafeRawBufferPointer) -> [DecodedCharacter] {
    var characters: [DecodedCharacter] = []
    characters.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      let start = position
      let lead = text[start]
      position += 1
      if lead < 0x80 {
        characters.append(DecodedCharacter(scalar: UInt32(lead), start: start))
        continue
      }
      // How many bytes follow, and what the first of them may be (Unicode, table 3-7).
      let (following, first): (Int, ClosedRange<UInt8>) =
        switch lead {
        case 0xc2...0xdf: (1, 0x80...0xbf)
        case 0xe0: (2, 0xa0...0xbf)
        case 0xed: (2, 0x80...0x9f)
        case 0xe1...0xef: (2, 0x80...0xbf)
        case 0xf0: (3, 0x90...0xbf)
        case 0xf1...0xf3: (3, 0x80...0xbf)
        case 0xf4: (3, 0x80...0x8f)
        default: (0, 0x80...0xbf)
        }
      var scalar = UInt32(lead) & (0x3f >> UInt32(following))
      var taken = 0
      while taken < following, position < text.count,
        (taken == 0 ? first : 0x80...0xbf).contains(text[position])
      {
        scalar = scalar << 6 | UInt32(text[position] & 0x3f)
        position += 1
        taken += 1
      }
      let isWhole = following > 0 && taken == following
      characters.append(DecodedCharacter(scalar: isWhole ? scalar : nil, start: start))
    }
    return characters
  }

  private static func decodeUTF16(
    _ text: UnsafeRawBufferPointer, _ bigEndian: Bool, skipping mark: Int
  ) -> [DecodedCharacter] {
    var characters: [DecodedCharacter] = []
    var (position, start) = (mark, 0)
    while position < text.count {
      let high = unit(text, position, 2, bigEndian: bigEndian)
      position = min(position + 2, text.count)
      var scalar = high
      if let high, (0xd800...0xdfff).contains(high) {
        scalar = nil
        if high < 0xdc00, let low = unit(text, position, 2, bigEndian: bigEndian),
          (0xdc00...0xdfff).contains(low)
        {
          scalar = 0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)
          position += 2
        }
      }
      characters.append(DecodedCharacter(scalar: scalar, start: start))
      start = position
    }
    return characters
  }

  private static func decodeUTF32(
    _ text: UnsafeRawBufferPointer, _ bigEndian: Bool, skipping mark: Int
  ) -> [DecodedCharacter] {
    var characters: [DecodedCharacter] = []
    var (position, start) = (mark, 0)
    while position < text.count {
      let scalar = unit(text, position, 4, bigEndian: bigEndian).flatMap { Unicode.Scalar($0) }
      characters.append(DecodedCharacter(scalar: scalar?.value, start: start))
      position = min(position + 4, text.count)
      start = position
    }
    return characters
  }
}

/// What Unicode text is written as.
enum UnicodeForm: String {
  case utf8 = "UTF-8"
  case utf16 = "UTF-16-BE"
  case utf32 = "UTF-32-BE"

  /// Adds a character, which must be one, to the element that is being written.
  func write(_ scalar: Unicode.Scalar, to builder: StringBuilder) throws {
    switch self {
    case .utf8: try builder.write(Array(UTF8.encode(scalar)!))
    case .utf16:
      try builder.write(UTF16.encode(scalar)!.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
    case .utf32: try builder.write([24, 16, 8, 0].map { UInt8(scalar.value >> $0 & 255) })
    }
  }
}

/// ICU's conversion of one encoding to Unicode.
fileprivate final class Converter {
  private let decoder: OpaquePointer

  /// - Throws: `INVALID_ARGUMENT` when there is no such encoding.
  init(_ name: String) throws {
    // No name stands for the encoding of the process.
    let isName = !name.isEmpty && !name.utf8.contains(0)
    guard isName, let decoder = jk_decoder_open(name) else {
      throw TFError.invalidArgument("Could not create converter for input encoding: \(name)")
    }
    self.decoder = decoder
  }

  deinit { jk_decoder_close(decoder) }

  func decode(_ text: UnsafeRawBufferPointer) throws -> [DecodedCharacter] {
    var characters: [DecodedCharacter] = []
    var pace = Pace()
    jk_decoder_start(decoder, text.baseAddress?.assumingMemoryBound(to: CChar.self), text.count)
    var (scalar, start, isBroken) = (Int32(), 0, false)
    while jk_decoder_next(decoder, &scalar, &start, &isBroken) {
      try pace.step(64)
      characters.append(
        DecodedCharacter(scalar: isBroken ? nil : UInt32(bitPattern: scalar), start: start))
    }
    return characters
  }
}
