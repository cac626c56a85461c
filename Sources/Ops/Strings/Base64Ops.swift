package import CoreOps

/// Base64 with the alphabet for web addresses (RFC 4648, section 5).
package struct Base64Ops: OpFamily {
  package static let family: Self = define(Self())

  package let encode = OpDef(
    "EncodeBase64",
    """
    input: string -> output: string
    pad: bool = false
    """, shape: ShapeRules.same,
    kernel: .dynamic { context in
      let pads = try context.bool("pad")
      return { run in [try run.inputs[0].mappingStrings { try $1.write(encoded($0, pads)) }] }
    }, gradient: .zero)

  package let decode = OpDef(
    "DecodeBase64", "input: string -> output: string", shape: ShapeRules.same,
    kernel: .run { run in
      [try run.inputs[0].mappingStrings { try $1.write(decoded($0)) }]
    }, gradient: .zero)

  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  /// The value of each byte; 255 where it is no digit.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
    return values
  }()

  private static func encoded(_ bytes: UnsafeRawBufferPointer, _ pads: Bool) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count / 3 + 1) * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let count = min(3, bytes.count - start)
      var group = 0
      for offset in 0..<3 { group = group << 8 | (offset < count ? Int(bytes[start + offset]) : 0) }
      for digit in 0...count { text.append(alphabet[group >> (18 - 6 * digit) & 63]) }
      if pads { text += [UInt8](repeating: UInt8(ascii: "="), count: 3 - count) }
    }
    return text
  }

  /// - Throws: `INVALID_ARGUMENT` for another alphabet, or a length that no bytes have.
  private static func decoded(_ text: UnsafeRawBufferPointer) throws -> [UInt8] {
    try require(text.count % 4 != 1, "Base64 string length cannot be 1 modulo 4.")
    var digits = text[...]
    // Padding may fill up the last group of four, and only that.
    if text.count % 4 == 0 {
      for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits = digits.dropLast() }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3 + 2)
    var (group, width) = (0, 0)
    for digit in digits {
      let value = values[Int(digit)]
      try require(value != 255, "Invalid character found in base64.")
      group = group << 6 | Int(value)
      width += 6
      if width >= 8 {
        width -= 8
        bytes.append(UInt8(truncatingIfNeeded: group >> width))
        group &= 1 << width - 1
      }
    }
    return bytes
  }
}
