import CZlib
import CoreOps

/// A ZIP archive, of which members are read when asked for: stored or deflated, with ZIP64.
package final class ZipReader: Sendable {
  struct Entry: Sendable {
    var name: String
    var method: Int
    var crc: UInt32
    var compressedSize: Int
    var size: Int
    var headerOffset: Int
    var isEncrypted: Bool
  }

  let file: RandomAccessFile
  private let entries: [Entry]
  private let index: [String: Int]
  private static let mostEntries = 1 << 20

  package init(_ path: String) throws {
    (file, entries, index) = try Self.open(RandomAccessFile(path))
  }

  package init(memory: [UInt8]) throws {
    (file, entries, index) = try Self.open(RandomAccessFile(memory: memory))
  }

  /// The members' names in the archive's order.
  package var names: [String] { entries.map(\.name) }

  package func contains(_ name: String) -> Bool { index[name] != nil }

  static func broken(_ file: RandomAccessFile, _ what: String) -> TFError {
    TFError(.dataLoss, "\(file.path) is not a valid ZIP archive: \(what)")
  }

  private static func open(
    _ file: RandomAccessFile
  ) throws -> (RandomAccessFile, [Entry], [String: Int]) {
    let directory = try findDirectory(file)
    var entries: [Entry] = []
    var index: [String: Int] = [:]
    var cursor = ByteCursor(try file.bytes(at: directory.offset, count: directory.size))
    while entries.count < directory.count {
      let entry = try entry(&cursor, file)
      guard index.updateValue(entries.count, forKey: entry.name) == nil else {
        throw broken(file, "the member \(entry.name) is there twice")
      }
      entries.append(entry)
    }
    return (file, entries, index)
  }

  private static func findDirectory(
    _ file: RandomAccessFile
  ) throws -> (offset: Int, size: Int, count: Int) {
    let tailSize = min(file.size, 22 + 65535)
    let tail = try file.bytes(at: file.size - tailSize, count: tailSize)
    var position = tail.count - 22
    while position >= 0 {
      if tail[position] == 0x50, tail[position + 1] == 0x4b, tail[position + 2] == 5,
        tail[position + 3] == 6
      {
        break
      }
      position -= 1
    }
    guard position >= 0 else { throw broken(file, "it has no directory") }
    var end = ByteCursor(tail, at: position + 10)
    var count = Int(try end.uint16())
    var size = Int(try end.uint32())
    var offset = Int(try end.uint32())
    if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff, position >= 20,
      tail[position - 20] == 0x50, tail[position - 19] == 0x4b, tail[position - 18] == 6,
      tail[position - 17] == 7
    {
      var locator = ByteCursor(tail, at: position - 12)
      let end64 = try locator.size(file)
      var record = ByteCursor(try file.bytes(at: end64, count: 56))
      guard try record.uint32() == 0x0606_4b50 else {
        throw broken(file, "its ZIP64 directory is damaged")
      }
      record.position = 32
      count = try record.size(file)
      size = try record.size(file)
      offset = try record.size(file)
    }
    guard offset <= file.size, size <= file.size - offset, count <= size / 46, count <= mostEntries
    else {
      throw broken(file, "its directory lies outside of the file")
    }
    return (offset, size, count)
  }

  private static func entry(_ cursor: inout ByteCursor, _ file: RandomAccessFile) throws -> Entry {
    guard try cursor.uint32() == 0x0201_4b50 else { throw broken(file, "its directory is damaged") }
    cursor.position += 4
    let flags = try cursor.uint16()
    let method = Int(try cursor.uint16())
    cursor.position += 4
    let crc = try cursor.uint32()
    var compressed = Int(try cursor.uint32())
    var size = Int(try cursor.uint32())
    let nameSize = Int(try cursor.uint16())
    let extraSize = Int(try cursor.uint16())
    let commentSize = Int(try cursor.uint16())
    cursor.position += 8
    var offset = Int(try cursor.uint32())
    guard let name = String(validating: try cursor.take(nameSize), as: UTF8.self) else {
      throw broken(file, "a member's name is not valid UTF-8")
    }
    var extra = ByteCursor(Array(try cursor.take(extraSize)))
    while extra.remaining >= 4 {
      let kind = try extra.uint16()
      var field = ByteCursor(Array(try extra.take(Int(try extra.uint16()))))
      guard kind == 1 else { continue }
      if size == 0xffff_ffff { size = try field.size(file) }
      if compressed == 0xffff_ffff { compressed = try field.size(file) }
      if offset == 0xffff_ffff { offset = try field.size(file) }
    }
    _ = try cursor.take(commentSize)
    return Entry(
      name: name, method: method, crc: crc, compressedSize: compressed, size: size,
      headerOffset: offset, isEncrypted: flags & 1 != 0)
  }

  func entry(_ name: String) throws -> Entry {
    guard let position = index[name] else {
      throw TFError.notFound("\(file.path) has no member \(name)")
    }
    return entries[position]
  }

  /// Where the member's bytes start, checked to lie in the file, and its size to be possible.
  func dataOffset(_ entry: Entry) throws -> Int {
    guard !entry.isEncrypted else {
      throw TFError.unimplemented("\(file.path): the member \(entry.name) is encrypted")
    }
    var header = ByteCursor(try file.bytes(at: entry.headerOffset, count: 30))
    guard try header.uint32() == 0x0403_4b50 else {
      throw Self.broken(file, "the member \(entry.name) is damaged")
    }
    header.position = 26
    let offset = entry.headerOffset + 30 + Int(try header.uint16()) + Int(try header.uint16())
    guard offset <= file.size, entry.compressedSize <= file.size - offset else {
      throw Self.broken(file, "the member \(entry.name) lies outside of the file")
    }
    switch entry.method {
    case 0:
      guard entry.size == entry.compressedSize else {
        throw Self.broken(file, "the member \(entry.name) has two sizes")
      }
    case 8:
      // Deflate can't do better than 1032 to 1.
      guard entry.size / 1032 <= entry.compressedSize else {
        throw Self.broken(file, "the member \(entry.name) cannot have \(entry.size) bytes")
      }
    default:
      throw TFError.unimplemented(
        """
        \(file.path): the member \(entry.name) is compressed by method \(entry.method); stored and \
        deflated ones can be read
        """
      )
    }
    return offset
  }

  /// A member's bytes.
  ///
  /// - Throws: `NOT_FOUND`; `DATA_LOSS` when its checksum or size is wrong; `UNIMPLEMENTED` for
  ///   other ways of compression.
  package func read(_ name: String) throws -> [UInt8] {
    let entry = try entry(name)
    try MemoryLimit.room(for: entry.size)
    return try [UInt8](unsafeUninitializedCapacity: entry.size) { buffer, count in
      let stream = try stream(entry)
      try stream.read(into: UnsafeMutableRawBufferPointer(buffer))
      try stream.finish()
      count = entry.size
    }
  }

  /// The bytes of a member, from the first to the last.
  func stream(_ entry: Entry) throws -> ZipStream {
    try ZipStream(file, entry, at: dataOffset(entry))
  }
}

extension ZipReader {
  static func checksum(_ bytes: UnsafeRawBufferPointer, after seed: UInt32 = 0) -> UInt32 {
    guard let start = bytes.baseAddress else { return seed }
    return UInt32(crc32_z(UInt(seed), start.assumingMemoryBound(to: UInt8.self), bytes.count))
  }
}

/// Reads little-endian numbers from bytes, never past the end.
struct ByteCursor {
  private let bytes: [UInt8]
  var position: Int

  init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  var remaining: Int { bytes.count - position }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard position >= 0, count >= 0, count <= bytes.count - position else {
      throw TFError(.dataLoss, "an archive's directory is cut short")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func integer(_ count: Int) throws -> UInt64 {
    try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func uint16() throws -> UInt16 { UInt16(try integer(2)) }
  mutating func uint32() throws -> UInt32 { UInt32(try integer(4)) }

  /// A size or offset of 64 bits, at most the file's size unless it is of unpacked bytes.
  mutating func size(_ file: RandomAccessFile) throws -> Int {
    guard let value = Int(exactly: try integer(8)), value < 1 << 48 else {
      throw TFError(.dataLoss, "\(file.path) is not a valid ZIP archive: a size is out of range")
    }
    return value
  }
}
