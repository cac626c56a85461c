import CoreOps

/// What a reader saves of itself: TensorFlow's `ReaderBaseState`.
package struct ReaderState: Sendable, CustomStringConvertible {
  package let workStarted: Int
  package let workFinished: Int
  package let recordCount: Int
  package let work: [UInt8]

  package init(workStarted: Int, workFinished: Int, recordCount: Int, work: [UInt8]) {
    self.workStarted = workStarted
    self.workFinished = workFinished
    self.recordCount = recordCount
    self.work = work
  }

  /// - Throws: `DATA_LOSS` when the bytes are no such message.
  package init(serialized bytes: [UInt8]) throws {
    var numbers = [0, 0, 0]
    var work: [UInt8] = []
    try bytes.withUnsafeBytes { bytes in
      var reader = WireReader(bytes)
      while let tag = try reader.tag() {
        switch (tag.number, tag.wireType) {
        case (1...3, 0): numbers[tag.number - 1] = Int(truncatingIfNeeded: try reader.varint())
        case (4, 2): work = Array(try reader.block())
        default: try reader.skip(tag.wireType)
        }
      }
    }
    self.init(
      workStarted: numbers[0], workFinished: numbers[1], recordCount: numbers[2], work: work)
  }

  package func serialized() -> [UInt8] {
    var writer = WireWriter()
    for (index, number) in [workStarted, workFinished, recordCount].enumerated() where number != 0 {
      writer.tag(index + 1, 0)
      writer.varint(UInt64(bitPattern: Int64(number)))
    }
    if !work.isEmpty {
      writer.tag(4, 2)
      writer.block(work)
    }
    return writer.bytes
  }

  package var description: String {
    """
    work_started: \(workStarted) work_finished: \(workFinished) num_records_produced: \
    \(recordCount) current_work: "\(String(decoding: work, as: UTF8.self))"
    """
  }
}
