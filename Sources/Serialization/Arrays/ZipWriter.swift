import CoreOps

/// Writes a ZIP archive of stored members, with fixed dates, so that the same members give the same
/// bytes.
package struct ZipWriter {
  private var bytes: [UInt8] = []
  private var directory: [UInt8] = []
  private var count = 0

  package init() {}

  private static func append(_ value: Int, _ width: Int, to bytes: inout [UInt8]) {
    for index in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
  }

  /// The header's fields that a member and its directory entry share.
  private static func common(
    _ crc: UInt32, _ size: Int, _ name: [UInt8], extra: Int, to bytes: inout [UInt8]
  ) {
    append(0x0800, 2, to: &bytes)  // names are UTF-8
    append(0, 2, to: &bytes)  // stored
    append(0, 2, to: &bytes)
    append(0x21, 2, to: &bytes)  // the first of January 1980
    append(Int(crc), 4, to: &bytes)
    append(min(size, 0xffff_ffff), 4, to: &bytes)
    append(min(size, 0xffff_ffff), 4, to: &bytes)
    append(name.count, 2, to: &bytes)
    append(extra, 2, to: &bytes)
  }

  package mutating func add(_ name: String, _ member: [UInt8]) throws {
    let name = Array(name.utf8)
    guard name.count < 1 << 16 else { throw TFError.invalidArgument("a member's name is too long") }
    let crc = member.withUnsafeBytes { ZipReader.checksum($0) }
    let offset = bytes.count
    let isLarge = member.count >= 0xffff_ffff
    let isFar = offset >= 0xffff_ffff
    Self.append(0x0403_4b50, 4, to: &bytes)
    Self.append(isLarge ? 45 : 20, 2, to: &bytes)
    Self.common(crc, member.count, name, extra: isLarge ? 20 : 0, to: &bytes)
    bytes += name
    if isLarge {
      Self.append(1, 2, to: &bytes)
      Self.append(16, 2, to: &bytes)
      Self.append(member.count, 8, to: &bytes)
      Self.append(member.count, 8, to: &bytes)
    }
    bytes += member

    var extra: [UInt8] = []
    if isLarge || isFar {
      Self.append(1, 2, to: &extra)
      Self.append((isLarge ? 16 : 0) + (isFar ? 8 : 0), 2, to: &extra)
      if isLarge {
        Self.append(member.count, 8, to: &extra)
        Self.append(member.count, 8, to: &extra)
      }
      if isFar { Self.append(offset, 8, to: &extra) }
    }
    Self.append(0x0201_4b50, 4, to: &directory)
    Self.append(45, 2, to: &directory)
    Self.append(extra.isEmpty ? 20 : 45, 2, to: &directory)
    Self.common(crc, member.count, name, extra: extra.count, to: &directory)
    Self.append(0, 2, to: &directory)  // comment
    Self.append(0, 2, to: &directory)  // disk
    Self.append(0, 6, to: &directory)  // attributes
    Self.append(min(offset, 0xffff_ffff), 4, to: &directory)
    directory += name
    directory += extra
    count += 1
  }

  /// The whole archive.
  package func finished() -> [UInt8] {
    var bytes = bytes
    let offset = bytes.count
    bytes += directory
    if count >= 0xffff || offset >= 0xffff_ffff || directory.count >= 0xffff_ffff {
      let end = bytes.count
      Self.append(0x0606_4b50, 4, to: &bytes)
      Self.append(44, 8, to: &bytes)
      Self.append(45, 2, to: &bytes)
      Self.append(45, 2, to: &bytes)
      Self.append(0, 8, to: &bytes)
      Self.append(count, 8, to: &bytes)
      Self.append(count, 8, to: &bytes)
      Self.append(directory.count, 8, to: &bytes)
      Self.append(offset, 8, to: &bytes)
      Self.append(0x0706_4b50, 4, to: &bytes)
      Self.append(0, 4, to: &bytes)
      Self.append(end, 8, to: &bytes)
      Self.append(1, 4, to: &bytes)
    }
    Self.append(0x0605_4b50, 4, to: &bytes)
    Self.append(0, 4, to: &bytes)
    Self.append(min(count, 0xffff), 2, to: &bytes)
    Self.append(min(count, 0xffff), 2, to: &bytes)
    Self.append(min(directory.count, 0xffff_ffff), 4, to: &bytes)
    Self.append(min(offset, 0xffff_ffff), 4, to: &bytes)
    Self.append(0, 2, to: &bytes)
    return bytes
  }
}
