import CoreOps
import TestSupport
import Testing

@testable import Serialization

/// TFRecord files are written and read as TensorFlow does.
@Suite struct RecordTests {
  private let folder: TemporaryFolder
  private let records: [[UInt8]] = [
    Array("abc".utf8), [], [UInt8](repeating: 120, count: 100_000), [0],
  ]

  init() throws { folder = try TemporaryFolder() }

  private func write(_ compressionType: String = "") throws -> String {
    let path = folder.file("records" + compressionType)
    let writer = try TFRecordWriter(
      path, options: TFRecordOptions(compressionType: compressionType))
    for record in records { try writer.write(record) }
    try writer.close()
    return path
  }

  private func readAll(_ path: String, _ compression: Compression = .none) throws -> [[UInt8]] {
    let reader = try RecordReader(path, compression)
    var records: [[UInt8]] = []
    while let record = try reader.nextBytes() { records.append(record) }
    return records
  }

  private func error(of bytes: [UInt8]) throws -> TFError? {
    let path = folder.file("damaged")
    try writeFile(path, bytes)
    do { _ = try readAll(path) } catch let error as TFError { return error }
    return nil
  }

  @Test(arguments: [Compression.none, .zlib, .gzip])
  func recordsAreReadAsTheyWereWritten(compression: Compression) throws {
    #expect(try readAll(write(compression.rawValue), compression) == records)
  }

  @Test func aRecordHasTheBytesThatTensorFlowWrites() throws {
    let path = folder.file("one")
    let writer = try TFRecordWriter(path)
    try writer.write(Array("abc".utf8))
    try writer.close()
    #expect(
      try readFile(path) == [
        3, 0, 0, 0, 0, 0, 0, 0, 176, 153, 73, 14, 97, 98, 99, 110, 87, 241, 33,
      ])
  }

  @Test func aGzipFileMayHaveSeveralMembers() throws {
    let bytes = try readFile(write("GZIP"))
    let path = folder.file("twice")
    try writeFile(path, bytes + bytes)
    #expect(try readAll(path, .gzip) == records + records)
  }

  @Test func damageIsSaidWithItsOffset() throws {
    let bytes = try readFile(write())
    var damaged = bytes
    damaged[19] ^= 1
    #expect(try error(of: damaged)?.message.hasPrefix("corrupted record at 19 ") == true)
    damaged = bytes
    damaged[12] ^= 1
    let data = try error(of: damaged)
    #expect(data?.code == .dataLoss)
    #expect(data?.message == "corrupted record at 12")
  }

  @Test func aFileMayEndInAHeaderButNotInARecord() throws {
    let bytes = try readFile(write())
    #expect(try error(of: Array(bytes[..<(19 + 11)])) == nil)
    for end in [12, 14, 18] {
      let error = try error(of: Array(bytes[..<end]))
      #expect(error?.code == .dataLoss, "cut after byte \(end)")
      #expect(error?.message.hasPrefix("truncated record at 0") == true)
    }
  }

  @Test func aLengthThatIsWrongTakesNoMemory() throws {
    // A length of an exabyte under a checksum that is right.
    var writer = WireWriter()
    writer.fixed64(1 << 59)
    let crc = writer.bytes.withUnsafeBytes { Checksum.masked(crc32c($0)) }
    writer.fixed32(crc)
    #expect(try error(of: writer.bytes + [1, 2, 3])?.code == .dataLoss)
  }

  @Test func whatIsFlushedCanBeRead() throws {
    let path = folder.file("flushed")
    let writer = try TFRecordWriter(path)
    try writer.write([1])
    try writer.flush()
    #expect(try readAll(path) == [[1]])
    try writer.write([2])
    try writer.close()
    #expect(try readAll(path) == [[1], [2]])
  }

  @Test func aClosedWriterTakesNoMore() throws {
    let writer = try TFRecordWriter(folder.file("closed"))
    try writer.close()
    try writer.close()
    #expect(throws: TFError.self) { try writer.write([1]) }
    #expect(throws: TFError.self) {
      _ = try TFRecordWriter(
        folder.file("none"), options: TFRecordOptions(compressionType: "LZ4"))
    }
  }

  @Test func linesEndWithLineFeedsAndMayHaveCarriageReturns() throws {
    let path = folder.file("lines")
    try writeFile(path, Array("a\nbb\r\n\r\rc\n\nlast".utf8))
    let input = try BufferedInput(InputStream(path))
    var lines: [String] = []
    while let line = try input.line() { lines.append(String(decoding: line, as: UTF8.self)) }
    #expect(lines == ["a", "bb", "\r\rc", "", "last"])
  }

  @Test(arguments: [63, 64, 65, 1 << 18, 1 << 19])
  func theLastLineMayFillTheMemory(size: Int) throws {
    let line = (0..<size).map { UInt8(truncatingIfNeeded: $0 % 7 + 97) }
    let input = try BufferedInput(InputStream(RandomAccessFile(memory: line)))
    #expect(try input.line() == line)
    #expect(try input.line() == nil)
  }

  @Test func patternsMatchNamesAndNotPaths() throws {
    for name in ["a.txt", "b.txt", ".hidden", "[x]"] { try writeFile(folder.file(name), []) }
    try makeFolders(for: folder.file("sub/deep/z"))
    try writeFile(folder.file("sub/deep/z"), [])
    func match(_ pattern: String) throws -> [String] {
      try matchingFiles(folder.file(pattern)).map { String($0.dropFirst(folder.path.count + 1)) }
        .sorted()
    }
    #expect(try match("*") == [".hidden", "[x]", "a.txt", "b.txt", "sub"])
    #expect(try match("?.txt") == ["a.txt", "b.txt"])
    #expect(try match("[[]x]") == ["[x]"])
    #expect(try match("s*/d*/z") == ["sub/deep/z"])
    #expect(try match("*/z") == [])
    #expect(try match("a.txt") == ["a.txt"])
    #expect(try match("none") == [])
  }
}

private func crc32c(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
  // By the polynomial's bits, one after the other.
  var crc = UInt32.max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82f6_3b78 : 0) }
  }
  return ~crc
}
