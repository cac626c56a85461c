import CKernels
import CZlib
import CoreOps
import Glibc

/// How a TFRecord file is written. Follows `tf.io.TFRecordOptions`.
public struct TFRecordOptions: Sendable {
  /// `""`, `"GZIP"` or `"ZLIB"`.
  public var compressionType: String
  /// 0 for none to 9 for the most; -1 for zlib's choice.
  public var compressionLevel: Int

  public init(compressionType: String = "", compressionLevel: Int = -1) {
    self.compressionType = compressionType
    self.compressionLevel = compressionLevel
  }

  /// - Throws: `INVALID_ARGUMENT` for another type or level.
  package func compression() throws -> Compression {
    guard let compression = Compression(rawValue: compressionType) else {
      throw TFError.invalidArgument(
        "\"\(compressionType)\" is not a compression type: use \"\", \"GZIP\" or \"ZLIB\"")
    }
    try require(
      (-1...9).contains(compressionLevel),
      "compressionLevel must be -1 to 9, got \(compressionLevel)")
    return compression
  }
}

/// Writes records to a TFRecord file. Follows `tf.io.TFRecordWriter`.
///
/// What the file had before is gone when the writer is made; what is written can be read by others
/// after a `flush()`. The file is closed with the writer.
public final class TFRecordWriter: Sendable {
  private let output: Lock<RecordOutput?>
  private let path: String

  /// - Parameters:
  ///   - path: the file, which is made or emptied.
  ///   - options: how it is compressed.
  /// - Throws: as the system says; `INVALID_ARGUMENT` for options that there are not.
  public init(_ path: String, options: TFRecordOptions = TFRecordOptions()) throws {
    self.path = path
    output = Lock(
      try RecordOutput(path, options.compression(), level: Int32(options.compressionLevel)))
  }

  deinit { output.withLock { try? $0?.close() } }

  /// Appends a record.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the writer is closed; as the system says.
  public func write(_ record: [UInt8]) throws {
    try record.withUnsafeBytes { bytes in
      try withOutput { try $0.write(bytes) }
    }
  }

  /// Hands what was written on to the file.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the writer is closed; as the system says.
  public func flush() throws { try withOutput { try $0.flush() } }

  /// Ends the file. Closing again does nothing.
  ///
  /// - Throws: as the system says.
  public func close() throws {
    try output.withLock { output in
      defer { output = nil }
      try output?.close()
    }
  }

  private func withOutput(_ body: (RecordOutput) throws -> Void) throws {
    try output.withLock { output in
      guard let output else {
        throw TFError.failedPrecondition("the writer of \(path) is closed")
      }
      try body(output)
    }
  }
}

/// The records of a file that is being written.
private final class RecordOutput: Sendable {
  private let path: String
  private let descriptor: Int32
  private let deflater: Deflater?
  private let pending = Lock<[UInt8]>([])

  private static let blockSize = 1 << 18

  init(_ path: String, _ compression: Compression, level: Int32) throws {
    self.path = path
    deflater = compression == .none ? nil : try Deflater(compression, level: level)
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw systemError(path) }
  }

  deinit { Glibc.close(descriptor) }

  func write(_ record: UnsafeRawBufferPointer) throws {
    var header = WireWriter()
    header.fixed64(UInt64(record.count))
    let length = header.bytes
    header.fixed32(Checksum.masked(length.withUnsafeBytes { jk_crc32c(0, $0.baseAddress, 8) }))
    let checksum = Checksum.masked(jk_crc32c(0, record.baseAddress, record.count))
    var footer = WireWriter()
    footer.fixed32(checksum)
    try pending.withLock { pending in
      pending += header.bytes
      pending += record
      pending += footer.bytes
      if pending.count >= Self.blockSize { try emit(&pending, Z_NO_FLUSH) }
    }
  }

  private func emit(_ pending: inout [UInt8], _ mode: Int32) throws {
    let bytes = try deflater?.pack(&pending, mode) ?? pending
    pending.removeAll(keepingCapacity: true)
    try writeAll(bytes, to: descriptor, path)
  }

  func flush() throws { try pending.withLock { try emit(&$0, Z_SYNC_FLUSH) } }

  func close() throws { try pending.withLock { try emit(&$0, Z_FINISH) } }
}

/// Compresses bytes as they come.
private final class Deflater: Sendable {
  /// In a place of its own, as zlib wants; only the one who writes uses it.
  private nonisolated(unsafe) let stream: UnsafeMutablePointer<z_stream>

  init(_ compression: Compression, level: Int32) throws {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = deflateInit2_(
      stream, level, Z_DEFLATED, compression.windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      throw TFError.resourceExhausted("out of memory")
    }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  func pack(_ bytes: inout [UInt8], _ mode: Int32) throws -> [UInt8] {
    var packed: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    // zlib reads through a pointer that it does not write to.
    try bytes.withUnsafeMutableBufferPointer { bytes in
      stream.pointee.next_in = bytes.baseAddress
      stream.pointee.avail_in = UInt32(bytes.count)
      repeat {
        let status = block.withUnsafeMutableBufferPointer { block -> Int32 in
          stream.pointee.next_out = block.baseAddress
          stream.pointee.avail_out = UInt32(block.count)
          return deflate(stream, mode)
        }
        guard status != Z_STREAM_ERROR else {
          throw TFError.internal("deflate() failed with error \(status)")
        }
        packed += block[..<(block.count - Int(stream.pointee.avail_out))]
      } while stream.pointee.avail_out == 0
    }
    return packed
  }
}
