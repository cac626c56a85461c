import CoreOps
import Serialization

/// The path that a unit of work names.
private func path(_ work: [UInt8]) -> String { String(decoding: work, as: UTF8.self) }

/// A key with the number of a record.
private func key(_ work: [UInt8], _ number: Int) -> [UInt8] { work + Array(":\(number)".utf8) }

/// Gives the work itself.
struct IdentityWork: WorkReader {
  let work: [UInt8]

  mutating func next() -> ReaderRecord? { ReaderRecord(key: work, value: work, isLast: true) }
}

/// Gives all the bytes of a file.
struct WholeFileWork: WorkReader {
  let work: [UInt8]

  mutating func next() throws -> ReaderRecord? {
    ReaderRecord(key: work, value: try readFile(path(work)), isLast: true)
  }
}

/// Gives the lines of a file, counted from 1.
struct LineWork: WorkReader {
  private let work: [UInt8]
  private let input: BufferedInput
  private var number = 0

  /// - Parameter skipped: lines at the beginning that are no records.
  init(_ work: [UInt8], skipped: Int) throws {
    self.work = work
    input = try BufferedInput(InputStream(path(work)))
    while number < skipped, try input.line() != nil { number += 1 }
  }

  mutating func next() throws -> ReaderRecord? {
    guard let line = try input.line() else { return nil }
    number += 1
    return ReaderRecord(key: key(work, number), value: line)
  }
}

/// Gives the records of a TFRecord file; keys have their offsets.
struct TFRecordWork: WorkReader {
  private let work: [UInt8]
  private let reader: RecordReader

  init(_ work: [UInt8], _ compression: Compression) throws {
    self.work = work
    reader = try RecordReader(path(work), compression)
  }

  mutating func next() throws -> ReaderRecord? {
    let offset = reader.offset
    return try reader.nextBytes().map { ReaderRecord(key: key(work, offset), value: $0) }
  }
}

/// Where the records of a file of records of one size are.
struct FixedLengths: Sendable {
  let header: Int
  let record: Int
  let footer: Int
  /// From one record to the next.
  let hop: Int
  let compression: Compression
}

/// Gives records of one size.
struct FixedLengthWork: WorkReader {
  private let work: [UInt8]
  private let lengths: FixedLengths
  private let input: BufferedInput
  private var number = 0

  init(_ work: [UInt8], _ lengths: FixedLengths) throws {
    self.work = work
    self.lengths = lengths
    input = try BufferedInput(InputStream(path(work), lengths.compression))
    guard try input.skip(lengths.header) else { throw TFError.outOfRange("reached end of file") }
  }

  mutating func next() throws -> ReaderRecord? {
    if number > 0 { _ = try input.skip(lengths.hop) }
    // The footer is never part of a record.
    guard try input.fill(lengths.record + lengths.footer) else { return nil }
    let value = Array(input.bytes.prefix(lengths.record))
    defer { number += 1 }
    return ReaderRecord(key: key(work, number), value: value)
  }
}
