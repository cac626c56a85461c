import CKernels
import CoreOps

/// Puts records together as TensorFlow's files of records have them: the length, its checksum, the
/// bytes, and theirs.
package struct RecordWriter {
  private var writer = WireWriter()

  package init() {}

  /// The records that were added, as a file has them one after the other.
  package var bytes: [UInt8] { writer.bytes }

  package mutating func add(_ record: [UInt8]) {
    let length = withUnsafeBytes(of: UInt64(record.count).littleEndian) { Array($0) }
    for part in [length, record] {
      writer.raw(part)
      writer.fixed32(Checksum.masked(jk_crc32c(0, part, part.count)))
    }
  }
}
