import CoreOps

/// The encoding of keys in which the order of bytes is the order of what they stand for: how
/// checkpoints name slices of tensors.
struct OrderedCode {
  private(set) var bytes: [UInt8] = []

  /// An unsigned number: how many bytes it takes, and they, the highest first.
  mutating func number(_ value: UInt64) {
    let count = (UInt64.bitWidth - value.leadingZeroBitCount + 7) / 8
    bytes.append(UInt8(count))
    for index in (0..<count).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))))
    }
  }

  /// A string, with an end that none of its own bytes looks like.
  mutating func string(_ value: some Sequence<UInt8>) {
    for byte in value {
      bytes.append(byte)
      if byte == 0 { bytes.append(0xff) }
      if byte == 0xff { bytes.append(0) }
    }
    bytes += [0, 1]
  }

  /// A signed number: its length as leading ones, then the number; all inverted when negative.
  mutating func signed(_ value: Int) {
    let magnitude = UInt64(bitPattern: Int64(value < 0 ? ~value : value))
    let bits = UInt64.bitWidth - magnitude.leadingZeroBitCount
    let count = bits / 7 + 1
    var code = [UInt8](repeating: value < 0 ? 0xff : 0, count: 10)
    for index in 0..<8 { code[9 - index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
    code.removeFirst(10 - count)
    // The header has as many ones as there are bytes, for ten of them over two bytes.
    let header = UInt16(truncatingIfNeeded: 0xffff << (16 - count))
    code[0] ^= UInt8(header >> 8)
    if count > 8 { code[1] ^= UInt8(truncatingIfNeeded: header) }
    bytes += code
  }
}
