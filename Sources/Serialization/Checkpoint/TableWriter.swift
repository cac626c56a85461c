import CKernels
import CoreOps

/// Writes a sorted table of keys and values: the file format of LevelDB, as TensorFlow writes it,
/// byte by byte.
struct TableWriter {
  /// Blocks end once they are as large.
  private static let blockSize = 262_144

  /// Takes the bytes of the file, in order.
  private let write: ([UInt8]) throws -> Void
  private var offset = 0
  private var block = BlockWriter(restartInterval: 16)
  private var index = BlockWriter(restartInterval: 1)
  private var lastKey: [UInt8] = []
  /// The block that is written but not yet in the index: its key may lie between its last and the
  /// next block's first.
  private var pending: (offset: Int, size: Int)?

  init(_ write: @escaping ([UInt8]) throws -> Void) { self.write = write }

  /// Adds a value; keys come in order.
  mutating func add(_ key: [UInt8], _ value: [UInt8]) throws {
    if let pending {
      index.add(Self.separator(lastKey, key), Self.handle(pending))
      self.pending = nil
    }
    lastKey = key
    block.add(key, value)
    if block.size >= Self.blockSize { try flush() }
  }

  private mutating func flush() throws {
    guard !block.isEmpty else { return }
    pending = try emit(block)
    block = BlockWriter(restartInterval: 16)
  }

  private mutating func emit(_ block: BlockWriter) throws -> (offset: Int, size: Int) {
    var bytes = block.finished()
    let place = (offset: offset, size: bytes.count)
    bytes.append(0)
    let crc = Checksum.masked(jk_crc32c(0, bytes, bytes.count))
    withUnsafeBytes(of: crc.littleEndian) { bytes.append(contentsOf: $0) }
    try write(bytes)
    offset += bytes.count
    return place
  }

  /// Writes what is left.
  mutating func finish() throws {
    try flush()
    let meta = try emit(BlockWriter(restartInterval: 16))
    if let pending { index.add(Self.successor(lastKey), Self.handle(pending)) }
    let place = try emit(index)
    var footer = Self.handle(meta) + Self.handle(place)
    footer += [UInt8](repeating: 0, count: 40 - footer.count)
    withUnsafeBytes(of: TableReader.magic.littleEndian) { footer.append(contentsOf: $0) }
    try write(footer)
  }

  private static func handle(_ place: (offset: Int, size: Int)) -> [UInt8] {
    var writer = WireWriter()
    writer.varint(UInt64(place.offset))
    writer.varint(UInt64(place.size))
    return writer.bytes
  }

  /// A short key from `key` on and before `next`.
  private static func separator(_ key: [UInt8], _ next: [UInt8]) -> [UInt8] {
    guard let place = zip(key, next).enumerated().first(where: { $0.element.0 != $0.element.1 })
    else { return key }
    let byte = key[place.offset]
    guard byte < 0xff, byte + 1 < next[place.offset] else { return key }
    return key[..<place.offset] + [byte + 1]
  }

  /// A short key that is not before `key`.
  private static func successor(_ key: [UInt8]) -> [UInt8] {
    guard let place = key.firstIndex(where: { $0 != 0xff }) else { return key }
    return key[..<place] + [key[place] + 1]
  }
}

/// A table in memory, with right checksums whatever it holds; for tests.
package enum SortedTable {
  package static func bytes(_ entries: [(key: [UInt8], value: [UInt8])]) throws -> [UInt8] {
    final class Target { var bytes: [UInt8] = [] }
    let target = Target()
    var writer = TableWriter { target.bytes += $0 }
    for (key, value) in entries { try writer.add(key, value) }
    try writer.finish()
    return target.bytes
  }
}

private struct BlockWriter {
  private let restartInterval: Int
  private var bytes = WireWriter()
  private var restarts: [UInt32] = [0]
  private var sinceRestart = 0
  private var lastKey: [UInt8] = []

  init(restartInterval: Int) { self.restartInterval = restartInterval }

  var isEmpty: Bool { bytes.bytes.isEmpty }
  var size: Int { bytes.bytes.count + restarts.count * 4 + 4 }

  mutating func add(_ key: [UInt8], _ value: [UInt8]) {
    var shared = 0
    if sinceRestart < restartInterval {
      shared = zip(lastKey, key).prefix { $0 == $1 }.count
    } else {
      restarts.append(UInt32(bytes.bytes.count))
      sinceRestart = 0
    }
    bytes.varint(UInt64(shared))
    bytes.varint(UInt64(key.count - shared))
    bytes.varint(UInt64(value.count))
    bytes.raw(key[shared...])
    bytes.raw(value[...])
    lastKey = key
    sinceRestart += 1
  }

  func finished() -> [UInt8] {
    var bytes = bytes.bytes
    for number in restarts + [UInt32(restarts.count)] {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }
}
