import CKernels
import CoreOps

/// Reads the records of a TFRecord file one after the other.
///
/// A record is its length as 64 bits, a masked CRC-32C of the length, the bytes, and a masked
/// CRC-32C of the bytes.
package final class RecordReader {
  private let input: BufferedInput
  /// The bytes of the record that was given last.
  private var taken = 0
  /// Where the next record begins in the unpacked bytes.
  package private(set) var offset = 0

  private static let headerSize = 12
  private static let footerSize = 4

  package init(_ stream: InputStream) throws { input = try BufferedInput(stream) }

  package convenience init(_ path: String, _ compression: Compression = .none) throws {
    try self.init(InputStream(path, compression))
  }

  /// The next record, which stays until the reader is asked again; nil at the end.
  ///
  /// - Throws: `DATA_LOSS` with the offset where the file is damaged or ends within a record.
  package func next() throws -> UnsafeRawBufferPointer? {
    _ = try input.skip(taken)
    taken = 0
    // What is not even a header is no record.
    guard try input.fill(Self.headerSize) else { return nil }
    let header = input.bytes.baseAddress!
    guard Self.checksum(header + 8) == jk_crc32c(0, header, 8) else {
      throw TFError(.dataLoss, "corrupted record at \(offset) (Is this even a TFRecord file?)")
    }
    let length = UInt64(littleEndian: header.loadUnaligned(as: UInt64.self))
    guard length < 1 << 60 else { throw truncated }
    let size = Int(length)
    let whole = Self.headerSize + size + Self.footerSize
    guard try input.fill(whole) else { throw truncated }
    let record = input.bytes.baseAddress! + Self.headerSize
    guard Self.checksum(record + size) == jk_crc32c(0, record, size) else {
      throw TFError(.dataLoss, "corrupted record at \(offset + Self.headerSize)")
    }
    taken = whole
    offset += whole
    return UnsafeRawBufferPointer(start: record, count: size)
  }

  /// The next record as an array; nil at the end.
  package func nextBytes() throws -> [UInt8]? { try next().map { Array($0) } }

  private var truncated: TFError {
    TFError(.dataLoss, "truncated record at \(offset)' failed with Read less bytes than requested")
  }

  private static func checksum(_ stored: UnsafeRawPointer) -> UInt32 {
    Checksum.unmasked(UInt32(littleEndian: stored.loadUnaligned(as: UInt32.self)))
  }
}
