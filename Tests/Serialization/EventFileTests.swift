import CoreOps
import Foundation
import Ops
import TestSupport
import Testing
import V1Graph

@testable import Serialization

/// Files of events, record by record.
@Suite struct EventFileTests {
  /// The records of a file, whose frames must be right.
  private func records(_ path: String) throws -> [[UInt8]] {
    let bytes = try readFile(path)
    var records: [[UInt8]] = []
    var position = 0
    while position < bytes.count {
      let size = (0..<8).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
      records.append(Array(bytes[(position + 12)..<(position + 12 + size)]))
      position += 16 + size
    }
    var block = RecordBlock()
    for record in records { record.withUnsafeBytes { block.add($0) } }
    #expect(block.bytes == bytes)
    return records
  }

  private func onlyFile(_ folder: String) throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return folder + "/" + (try #require(names.count == 1 ? names.first : nil))
  }

  @Test func aRecordHasTheFrameThatTensorFlowWrites() {
    var block = RecordBlock()
    Array("abc".utf8).withUnsafeBytes { block.add($0) }
    // By tf.io.TFRecordWriter.
    #expect(
      block.bytes == [
        3, 0, 0, 0, 0, 0, 0, 0, 0xb0, 0x99, 0x49, 0x0e, 0x61, 0x62, 0x63, 0x6e, 0x57, 0xf1, 0x21,
      ])
  }

  @Test func aFileBeginsWithItsVersionAndGrows() throws {
    let folder = try TemporaryFolder()
    let file = try EventFile(
      folder: folder.file("a/b"), most: 1, seconds: 1000, suffix: ".end")
    let path = try onlyFile(folder.file("a/b"))
    #expect(path == file.path)
    #expect(path.contains("events.out.tfevents.") && path.hasSuffix(".end"))
    #expect(try records(path).count == 1)
    try file.write(Event(.graph([1]), step: 1).serialized)
    // One event waits.
    #expect(try records(path).count == 1)
    try file.write(Event(.graph([2]), step: 2).serialized)
    #expect(try records(path).count == 3)
    try file.write(Event(.summary([3]), step: 3, wallTime: 0.5).serialized)
    try file.close()
    let all = try records(path)
    #expect(all[0].contains(Array("brain.Event:2".utf8)))
    #expect(all[3] == [9, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f, 16, 3, 42, 1, 3])
    #expect(throws: TFError.self) { try file.write([]) }
    try file.close()
  }

  @Test func eventsThatWaitAreWrittenWhenTheFileGoes() throws {
    let folder = try TemporaryFolder()
    var file: EventFile? = try EventFile(
      folder: folder.file("a"), most: .max, seconds: 1000, suffix: "")
    let path = try #require(file?.path)
    try file?.write(Event(.graph([1])).serialized)
    file = nil
    #expect(try records(path).count == 2)
  }

  @Test func opsWriteTheEventsOfTheirInputs() throws {
    let temporary = try TemporaryFolder()
    let folder = temporary.file("log")
    let writer = try applyOp("SummaryWriter", [], ["shared_name": .string(folder)])[0]
    _ = try applyOp(
      "CreateSummaryFileWriter",
      [
        writer, folder.asTensor(), Int32(100).asTensor(), Int32(100_000).asTensor(), "".asTensor(),
      ])
    let step = try Tensor(scalar: Int64(3))
    func write(_ op: String, _ inputs: [any TensorConvertible]) throws {
      _ = try applyOp(op, [writer] + inputs.map { try $0.asTensor() })
    }
    try write("WriteScalarSummary", [step, "s", Float(1.5)])
    try write("WriteSummary", [step, [Float(2)], "t", Tensor(strings: [[10, 0]], dims: [])])
    try write("WriteRawProtoSummary", [step, Tensor(strings: [[10, 3, 10, 1, 97]], dims: [])])
    try write("WriteGraphSummary", [step, Tensor(strings: [[0x22, 2, 8, 1]], dims: [])])
    let event: [UInt8] = [9, 0, 0, 0, 0, 0, 0, 20, 64, 16, 9, 26, 1, 120]
    try write("ImportEvent", [Tensor(strings: [event], dims: [])])
    _ = try applyOp("CloseSummaryWriter", [writer])
    let all = try records(onlyFile(folder)).dropFirst().map { Array($0.dropFirst(9)) }
    #expect(all[0] == [16, 3, 42, 10, 10, 8, 10, 1, 115, 21, 0, 0, 192, 63])
    #expect(
      all[1] == [
        16, 3, 42, 25, 10, 23, 10, 1, 116, 66, 14, 8, 1, 18, 4, 18, 2, 8, 1, 34, 4, 0, 0, 0, 64, 74,
        2, 10, 0,
      ])
    #expect(all[2] == [16, 3, 42, 5, 10, 3, 10, 1, 97])
    #expect(all[3] == [16, 3, 34, 4, 0x22, 2, 8, 1])
    #expect(all[4] == [16, 9, 26, 1, 120])
  }

  @Test func aFileWriterNamesThePluginOfATagOnce() throws {
    let folder = try TemporaryFolder()
    let writer = try SummaryFileWriter(folder.file("log"))
    let path = try onlyFile(folder.file("log"))
    #expect(writer.getLogdir() == folder.file("log"))
    // Tag `t`, a number, and metadata.
    let summary = try Tensor(
      strings: [[10, 13, 10, 1, 116, 21, 0, 0, 0, 64, 74, 3, 10, 1, 10]], dims: [])
    try writer.addSummary(summary, globalStep: 5)
    try writer.addSummary(summary, 6)
    #expect(throws: TFError.self) { try writer.addSummary(Tensor(strings: [[1]], dims: [])) }
    #expect(throws: TFError.self) { try writer.addSummary(Tensor(scalar: Float(1))) }
    try writer.close()
    #expect(throws: TFError.self) { try writer.addSummary(summary) }
    let all = try records(path).map { Array($0.dropFirst(9)) }
    #expect(all.count == 3)
    #expect(all[1].suffix(5) == [74, 3, 10, 1, 10])
    #expect(all[2] == [16, 6, 42, 10, 10, 8, 10, 1, 116, 21, 0, 0, 0, 64])
    try writer.reopen()
    try writer.addSummary(summary)
    try writer.close()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("log"))
    #expect(names.count == 2)
  }
}

extension Array where Element: Equatable {
  fileprivate func contains(_ part: [Element]) -> Bool { firstRange(of: part) != nil }
}
