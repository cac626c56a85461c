/// The records of a TFRecord file. Follows `tf.compat.v1.io.tf_record_iterator`.
public final class TFRecordIterator {
  private let reader: RecordReader

  /// - Parameters:
  ///   - path: the file.
  ///   - options: how it is compressed.
  /// - Throws: `NOT_FOUND`, `PERMISSION_DENIED`; `INVALID_ARGUMENT` for options that there are not.
  public init(_ path: String, options: TFRecordOptions = TFRecordOptions()) throws {
    reader = try RecordReader(path, options.compression())
  }

  /// The next record; nil at the end.
  ///
  /// - Throws: `DATA_LOSS` with the offset where the file is damaged or ends within a record.
  public func next() throws -> [UInt8]? { try reader.nextBytes() }
}
