import CKernels

/// Records as TFRecord files have them one after the other: the length, its checksum, the bytes,
/// and theirs.
package struct RecordBlock {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func add(_ record: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: UInt64(record.count).littleEndian) { addPart($0) }
    addPart(record)
  }

  package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  private mutating func addPart(_ part: UnsafeRawBufferPointer) {
    bytes += part
    let checksum = Checksum.masked(jk_crc32c(0, part.baseAddress, part.count))
    withUnsafeBytes(of: checksum.littleEndian) { bytes += $0 }
  }
}
