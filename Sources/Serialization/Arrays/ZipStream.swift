import CZlib
import CoreOps

/// The bytes of an archive's member, unpacked as they are read, and checked against its checksum.
final class ZipStream {
  private let file: RandomAccessFile
  private let entry: ZipReader.Entry
  /// Where the next bytes in the file are, and how many there are still.
  private var offset: Int
  private var left: Int
  private var checksum: UInt32 = 0
  /// In a place of its own, as zlib wants; nil for a stored member.
  private let inflater: UnsafeMutablePointer<z_stream>?
  /// Compressed bytes, of which some are still to be unpacked.
  private var packed: [UInt8] = []
  private var used = 0
  private var hasEnded = false

  init(_ file: RandomAccessFile, _ entry: ZipReader.Entry, at offset: Int) throws {
    self.file = file
    self.entry = entry
    self.offset = offset
    left = entry.compressedSize
    guard entry.method != 0 else {
      inflater = nil
      return
    }
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    guard inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else {
      stream.deallocate()
      throw TFError.resourceExhausted("out of memory")
    }
    inflater = stream
  }

  deinit {
    guard let inflater else { return }
    inflateEnd(inflater)
    inflater.deallocate()
  }

  private static let blockSize = 1 << 18

  /// Fills `target` with the next bytes.
  ///
  /// - Throws: `DATA_LOSS` when there are not that many; `DEADLINE_EXCEEDED` when the thread's run
  ///   is to end.
  func read(into target: UnsafeMutableRawBufferPointer) throws {
    var done = 0
    while done < target.count {
      try Cancellation.checkCurrent()
      var block = UnsafeMutableRawBufferPointer(
        rebasing: target[done..<min(target.count, done + Self.blockSize)])
      if let inflater {
        let count = try inflate(inflater, into: block)
        guard count > 0 || !hasEnded else { throw wrongSize }
        block = UnsafeMutableRawBufferPointer(rebasing: block[..<count])
      } else {
        guard block.count <= left else { throw wrongSize }
        try file.read(into: block, at: offset)
        offset += block.count
        left -= block.count
      }
      checksum = ZipReader.checksum(UnsafeRawBufferPointer(block), after: checksum)
      done += block.count
    }
  }

  /// Checks that all bytes were read, and are what was stored.
  ///
  /// - Throws: `DATA_LOSS` when they are not.
  func finish() throws {
    if let inflater {
      // One byte more than promised, so that a longer stream shows.
      var extra: UInt8 = 0
      while !hasEnded {
        let count = try withUnsafeMutableBytes(of: &extra) { try inflate(inflater, into: $0) }
        guard count == 0 else { throw wrongSize }
      }
    }
    guard checksum == entry.crc else {
      throw ZipReader.broken(file, "the checksum of \(entry.name) is wrong")
    }
  }

  private var wrongSize: TFError {
    ZipReader.broken(file, "the member \(entry.name) does not unpack to its \(entry.size) bytes")
  }

  /// Unpacks some bytes.
  private func inflate(
    _ inflater: UnsafeMutablePointer<z_stream>, into target: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    if used == packed.count, left > 0 {
      let count = min(left, Self.blockSize)
      packed = try file.bytes(at: offset, count: count)
      used = 0
      offset += count
      left -= count
    }
    var count = 0
    let status = packed.withUnsafeMutableBufferPointer { packed -> Int32 in
      inflater.pointee.next_in = packed.baseAddress.map { $0 + used }
      inflater.pointee.avail_in = UInt32(packed.count - used)
      inflater.pointee.next_out = target.baseAddress!.assumingMemoryBound(to: UInt8.self)
      inflater.pointee.avail_out = UInt32(target.count)
      let status = CZlib.inflate(inflater, Z_NO_FLUSH)
      used = packed.count - Int(inflater.pointee.avail_in)
      count = target.count - Int(inflater.pointee.avail_out)
      return status
    }
    if status == Z_STREAM_END { hasEnded = true }
    guard status == Z_OK || status == Z_STREAM_END || (status == Z_BUF_ERROR && left > 0) else {
      throw wrongSize
    }
    return count
  }
}
