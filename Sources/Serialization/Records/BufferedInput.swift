import CoreOps
import Glibc

/// The next bytes of a stream, as many as one asks for.
package final class BufferedInput {
  private let stream: InputStream
  private var memory: Buffer
  /// The bytes of the memory that were read from the stream, and not yet taken.
  private var start = 0
  private var end = 0

  private static let blockSize = 1 << 18

  /// - Throws: `RESOURCE_EXHAUSTED`.
  package init(_ stream: InputStream) throws {
    self.stream = stream
    memory = try Buffer(byteCount: min(Self.blockSize, max(stream.fileSize, 64)))
  }

  /// The bytes that are there, until the input is asked for more or some are dropped.
  package var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory.pointer + start, count: end - start)
  }

  /// Reads on until `count` bytes are there.
  ///
  /// - Returns: false where the stream ends before.
  /// - Throws: as the stream; `RESOURCE_EXHAUSTED`.
  package func fill(_ count: Int) throws -> Bool {
    while end - start < count {
      if try !more(count) { return false }
    }
    return true
  }

  /// Goes past `count` bytes.
  ///
  /// - Returns: false where the stream ends before.
  package func skip(_ count: Int) throws -> Bool {
    var left = count
    while left > 0 {
      if start == end, try !more(min(left, Self.blockSize)) { return false }
      let part = min(left, end - start)
      start += part
      left -= part
    }
    return true
  }

  /// Reads some bytes more.
  ///
  /// - Parameter wanted: how many there are to be in all.
  /// - Returns: false at the end of the stream.
  private func more(_ wanted: Int) throws -> Bool {
    if start > 0 {
      memory.pointer.copyMemory(from: memory.pointer + start, byteCount: end - start)
      end -= start
      start = 0
    }
    if end == memory.byteCount {
      // A size that is wrong costs no more memory than twice the bytes that are there.
      let size = min(max(wanted, Self.blockSize), 2 * memory.byteCount)
      let larger = try Buffer(byteCount: max(size, end + 1))
      larger.pointer.copyMemory(from: memory.pointer, byteCount: end)
      memory = larger
    }
    let room = UnsafeMutableRawBufferPointer(
      start: memory.pointer + end, count: memory.byteCount - end)
    let count = try stream.read(into: room)
    end += count
    return count > 0
  }

  /// Takes the next line, without what ends it: a line feed, and a carriage return before it.
  ///
  /// - Returns: nil at the end.
  /// - Throws: as `fill(_:)`.
  package func line() throws -> [UInt8]? {
    var searched = 0
    while true {
      let bytes = bytes
      if let found = memchr(memory.pointer + start + searched, 10, bytes.count - searched) {
        let size = UnsafeRawPointer(found) - UnsafeRawPointer(memory.pointer + start)
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<size])
        start += size + 1
        return Array(line.last == 13 ? UnsafeRawBufferPointer(rebasing: line.dropLast()) : line)
      }
      searched = bytes.count
      if try !fill(searched + 1) {
        if searched == 0 { return nil }
        // The memory may be another one by now.
        let rest = self.bytes
        start = end
        return Array(rest.last == 13 ? UnsafeRawBufferPointer(rebasing: rest.dropLast()) : rest)
      }
    }
  }
}
