import CKernels
import CoreOps

/// Reads a sorted table of keys and values: the file format of LevelDB, which checkpoints use for
/// their indices.
///
/// Keys share prefixes with the ones before them, blocks have checksums, and a block of its own
/// says which block holds which keys.
struct TableReader: Sendable {
  let file: RandomAccessFile
  private let index: Block
  /// The block that was read last: keys are mostly asked for in order.
  private let last = Lock<(handle: Handle, block: Block)?>(nil)
  private static let largestKept = 1 << 20

  static let magic: UInt64 = 0xdb47_7524_8b80_fb57
  static let footerSize = 48
  /// What follows each block: how it is compressed, and a checksum.
  static let trailerSize = 5

  /// A block's place in the file.
  struct Handle: Equatable {
    var offset: Int
    var size: Int

    init(_ reader: inout WireReader) throws {
      let (offset, size) = (try reader.varint(), try reader.varint())
      guard let offset = Int(exactly: offset), let size = Int(exactly: size) else {
        throw TFError(.dataLoss, "bad block handle")
      }
      self.offset = offset
      self.size = size
    }
  }

  /// - Throws: `DATA_LOSS` when the file is not a table, with its path.
  init(_ file: RandomAccessFile) throws {
    self.file = file
    func damaged(_ what: String) -> TFError { TFError(.dataLoss, "\(file.path): \(what)") }
    guard file.size >= Self.footerSize else {
      throw damaged("file is too short to be an sstable (\(file.size) bytes)")
    }
    let footer = try file.bytes(at: file.size - Self.footerSize, count: Self.footerSize)
    let magic = footer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 40, as: UInt64.self) }
    guard UInt64(littleEndian: magic) == Self.magic else {
      throw damaged("not an sstable (bad magic number)")
    }
    do {
      let handle = try footer.withUnsafeBytes { bytes in
        var reader = WireReader(UnsafeRawBufferPointer(rebasing: bytes[..<40]))
        _ = try Handle(&reader)
        return try Handle(&reader)
      }
      index = try Self.block(handle, file)
    } catch let error as TFError where !error.message.hasPrefix(file.path) {
      throw damaged(error.message)
    }
  }

  private func block(_ handle: Handle) throws -> Block {
    if let last = last.withLock({ $0 }), last.handle == handle { return last.block }
    let block = try Self.block(handle, file)
    // Blocks of the older format hold values, which are not kept.
    if handle.size <= Self.largestKept { last.withLock { $0 = (handle, block) } }
    return block
  }

  /// Reads a block and checks it.
  private static func block(_ handle: Handle, _ file: RandomAccessFile) throws -> Block {
    func damaged(_ what: String) -> TFError {
      TFError(.dataLoss, "\(file.path): \(what) in the block at byte \(handle.offset)")
    }
    guard handle.offset <= file.size, handle.size <= file.size - handle.offset,
      trailerSize <= file.size - handle.offset - handle.size
    else { throw damaged("truncated block read") }
    try MemoryLimit.room(for: handle.size)
    var bytes = try file.bytes(at: handle.offset, count: handle.size + trailerSize)
    let stored = bytes.withUnsafeBytes {
      UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: handle.size + 1, as: UInt32.self))
    }
    guard Checksum.unmasked(stored) == jk_crc32c(0, bytes, handle.size + 1) else {
      throw damaged("block checksum mismatch")
    }
    let compression = bytes[handle.size]
    bytes.removeLast(trailerSize)
    switch compression {
    case 0: break
    case 1:
      guard let plain = try Snappy.decompress(bytes) else { throw damaged("corrupted compression") }
      bytes = plain
    case let type: throw damaged("the unknown compression \(type)")
    }
    guard let block = Block(bytes) else { throw damaged("bad block contents") }
    return block
  }

  /// Calls `body` with each key from `start` on and its value, in order, until it returns false.
  ///
  /// - Throws: `DATA_LOSS` where a block is damaged; what `body` throws.
  func forEach(
    from start: [UInt8] = [],
    _ body: (_ key: [UInt8], _ value: UnsafeRawBufferPointer) throws -> Bool
  ) throws {
    var isDone = false
    var previous: [UInt8]?
    try index.forEach(from: start) { key, handle in
      var reader = WireReader(handle)
      let block = try named { try self.block(Handle(&reader)) }
      try block.forEach(from: previous == nil ? start : []) { key, value in
        if let previous, !previous.lexicographicallyPrecedes(key) {
          throw TFError(.dataLoss, "\(file.path): keys are not in order")
        }
        previous = key
        isDone = try !body(key, value)
        return !isDone
      } damaged: {
        TFError(.dataLoss, "\(file.path): bad entry in block")
      }
      return !isDone
    } damaged: {
      TFError(.dataLoss, "\(file.path): bad entry in the index block")
    }
  }

  /// The value of a key; nil where it is not in the table.
  ///
  /// - Throws: as `forEach`.
  func value(_ key: [UInt8]) throws -> [UInt8]? {
    var found: [UInt8]?
    try forEach(from: key) { candidate, value in
      if candidate == key { found = Array(value) }
      return false
    }
    return found
  }

  private func named<R>(_ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TFError {
      guard !error.message.hasPrefix(file.path) else { throw error }
      throw TFError(error.code, "\(file.path): \(error.message)")
    }
  }
}

/// Keys and values in order; every few keys one is written in full.
private struct Block: Sendable {
  private let bytes: [UInt8]
  private let restarts: Range<Int>
  private var restartCount: Int { restarts.count / 4 }

  /// Nil when it does not end in the places of full keys.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    let count = bytes.withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)))
    }
    guard count <= (bytes.count - 4) / 4 else { return nil }
    self.bytes = bytes
    restarts = bytes.count - 4 - count * 4..<bytes.count - 4
  }

  private struct Cursor {
    var position: Int
    var key: [UInt8] = []
    var value = 0..<0
  }

  /// Goes to the entry at the cursor's position.
  private func step(_ cursor: inout Cursor, _ bytes: UnsafeRawBufferPointer) throws {
    var reader = WireReader(
      UnsafeRawBufferPointer(rebasing: bytes[cursor.position..<restarts.lowerBound]))
    let (shared, own, size) = (try reader.varint(), try reader.varint(), try reader.varint())
    let start = cursor.position + reader.position
    let room = UInt64(restarts.lowerBound - start)
    guard shared <= UInt64(cursor.key.count), own <= room, size <= room - own else {
      throw TFError(.dataLoss, "bad entry in block")
    }
    cursor.key.removeLast(cursor.key.count - Int(shared))
    cursor.key.append(contentsOf: bytes[start..<start + Int(own)])
    cursor.value = start + Int(own)..<start + Int(own) + Int(size)
    cursor.position = cursor.value.upperBound
  }

  /// The last full key's place that is not past `key`.
  private func place(_ key: [UInt8], _ bytes: UnsafeRawBufferPointer) throws -> Int {
    func place(_ index: Int) -> Int {
      Int(
        UInt32(
          littleEndian: bytes.loadUnaligned(
            fromByteOffset: restarts.lowerBound + index * 4, as: UInt32.self)))
    }
    var (low, high) = (0, restartCount)
    while high - low > 1 {
      let middle = (low + high) / 2
      var cursor = Cursor(position: place(middle))
      guard cursor.position < restarts.lowerBound else {
        throw TFError(.dataLoss, "bad entry in block")
      }
      try step(&cursor, bytes)
      if key.lexicographicallyPrecedes(cursor.key) { high = middle } else { low = middle }
    }
    guard restartCount > 0 else { return 0 }
    let start = place(low)
    guard start <= restarts.lowerBound else { throw TFError(.dataLoss, "bad entry in block") }
    return start
  }

  func forEach(
    from start: [UInt8], _ body: ([UInt8], UnsafeRawBufferPointer) throws -> Bool,
    damaged: () -> TFError
  ) throws {
    try bytes.withUnsafeBytes { bytes in
      var cursor = Cursor(position: 0)
      do {
        if !start.isEmpty { cursor.position = try place(start, bytes) }
      } catch { throw damaged() }
      while cursor.position < restarts.lowerBound {
        do { try step(&cursor, bytes) } catch { throw damaged() }
        if cursor.key.lexicographicallyPrecedes(start) { continue }
        let value = UnsafeRawBufferPointer(rebasing: bytes[cursor.value])
        guard try body(cursor.key, value) else { return }
      }
    }
  }
}

/// CRC-32C as checkpoints and records store it: turned and shifted, because files of checksums are
/// checked themselves.
enum Checksum {
  private static let delta: UInt32 = 0xa282_ead8

  static func masked(_ crc: UInt32) -> UInt32 { (crc >> 15 | crc << 17) &+ delta }

  static func unmasked(_ masked: UInt32) -> UInt32 {
    let turned = masked &- delta
    return turned >> 17 | turned << 15
  }
}
