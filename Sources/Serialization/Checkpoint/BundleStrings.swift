import CKernels
import CoreOps

/// How a checkpoint holds string tensors: the lengths as varints, a checksum of the lengths, then
/// the bytes of all.
enum BundleStrings {
  /// The checksum of what a length stands for, which is not that of the bytes that it takes.
  private static func extend(_ crc: UInt32, length: Int) -> UInt32 {
    if let short = UInt32(exactly: length) {
      return withUnsafeBytes(of: short.littleEndian) { jk_crc32c(crc, $0.baseAddress, $0.count) }
    }
    return withUnsafeBytes(of: UInt64(length).littleEndian) {
      jk_crc32c(crc, $0.baseAddress, $0.count)
    }
  }

  /// The bytes, and their masked checksum.
  static func encode(_ strings: StringBuffer) -> (bytes: [UInt8], crc: UInt32) {
    var writer = WireWriter()
    var crc: UInt32 = 0
    for string in strings {
      writer.varint(UInt64(string.count))
      crc = extend(crc, length: string.count)
    }
    let lengths = Checksum.masked(crc)
    writer.fixed32(lengths)
    crc = withUnsafeBytes(of: lengths.littleEndian) {
      jk_crc32c(crc, $0.baseAddress, $0.count)
    }
    for index in strings.indices {
      let string = strings.bytes(index)
      writer.raw(string)
      crc = jk_crc32c(crc, string.baseAddress, string.count)
    }
    return (writer.bytes, Checksum.masked(crc))
  }

  /// The strings, and the masked checksum of the bytes.
  ///
  /// - Throws: `DATA_LOSS` when the lengths do not fit.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, count: Int
  ) throws -> (strings: StringBuffer, crc: UInt32) {
    var reader = WireReader(bytes)
    // Each takes a byte for its length at least.
    guard count <= bytes.count else {
      throw TFError(.dataLoss, "\(bytes.count) bytes cannot hold \(count) strings")
    }
    var crc: UInt32 = 0
    var lengths: [Int] = []
    lengths.reserveCapacity(count)
    for _ in 0..<count {
      let length = try reader.varint()
      guard length <= UInt64(bytes.count) else {
        throw TFError(.dataLoss, "a string of \(length) bytes in \(bytes.count) bytes")
      }
      lengths.append(Int(length))
      crc = extend(crc, length: Int(length))
    }
    let stored = try reader.fixed32()
    guard stored == Checksum.masked(crc) else {
      throw TFError(
        .dataLoss,
        """
        The length checksum does not match: expected \(stored) but actual is \
        \(Checksum.masked(crc))
        """
      )
    }
    crc = withUnsafeBytes(of: stored.littleEndian) { jk_crc32c(crc, $0.baseAddress, $0.count) }
    var position = reader.position
    let strings = try StringBuilder(count: count, byteCount: bytes.count - position)
    for length in lengths {
      guard length <= bytes.count - position else {
        throw TFError(.dataLoss, "the strings take more than \(bytes.count) bytes")
      }
      let string = UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])
      crc = jk_crc32c(crc, string.baseAddress, length)
      try strings.append(string)
      position += length
    }
    guard position == bytes.count else {
      throw TFError(.dataLoss, "\(bytes.count - position) bytes after the last string")
    }
    return (try strings.finish(), Checksum.masked(crc))
  }
}
