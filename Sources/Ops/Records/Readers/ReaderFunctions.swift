public import CoreOps
public import Serialization

/// A reader as TF-1 has them: takes work from a queue, such as names of files, and gives records.
public protocol QueueReader: Sendable {
  /// The reader's resource.
  var readerRef: Tensor { get }
}

extension QueueReader {
  /// The next record. Follows `tf.compat.v1.ReaderBase.read`.
  ///
  /// - Parameters:
  ///   - queue: the handle of a queue of strings.
  ///   - name: the node's name in a graph.
  /// - Returns: what the record is called, and the record.
  public func read(_ queue: Tensor, name: String? = nil) throws -> (key: Tensor, value: Tensor) {
    let outputs = try apply(ReaderOps.family.readV2, [readerRef, queue], name: name)
    return (outputs[0], outputs[1])
  }

  /// Up to so many records; fewer where a unit of work ends with them. Follows
  /// `tf.compat.v1.ReaderBase.read_up_to`.
  ///
  /// - Parameters:
  ///   - queue: the handle of a queue of strings.
  ///   - numRecords: a scalar.
  ///   - name: the node's name in a graph.
  public func readUpTo(
    _ queue: Tensor, numRecords: some TensorConvertible, name: String? = nil
  ) throws -> (keys: Tensor, values: Tensor) {
    let outputs = try apply(
      ReaderOps.family.readUpToV2,
      [readerRef, queue, numRecords.asTensor(preferring: .int64)], name: name)
    return (outputs[0], outputs[1])
  }

  /// How many records it gave, as int64. Follows `tf.compat.v1.ReaderBase.num_records_produced`.
  public func numRecordsProduced(name: String? = nil) throws -> Tensor {
    try ReaderOps.family.recordCountV2([readerRef], name: name)
  }

  /// How many units of work it finished, as int64. Follows
  /// `tf.compat.v1.ReaderBase.num_work_units_completed`.
  public func numWorkUnitsCompleted(name: String? = nil) throws -> Tensor {
    try ReaderOps.family.finishedCountV2([readerRef], name: name)
  }

  /// Its state as a string. Follows `tf.compat.v1.ReaderBase.serialize_state`.
  ///
  /// - Throws: `UNIMPLEMENTED` for readers of parts of files.
  public func serializeState(name: String? = nil) throws -> Tensor {
    try ReaderOps.family.serializeStateV2([readerRef], name: name)
  }

  /// Takes a state that was saved. Follows `tf.compat.v1.ReaderBase.restore_state`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for one that does not fit.
  public func restoreState(_ state: some TensorConvertible, name: String? = nil) throws {
    _ = try apply(
      ReaderOps.family.restoreStateV2, [readerRef, state.asTensor(preferring: .string)], name: name)
  }

  /// Makes it as it was when it was new. Follows `tf.compat.v1.ReaderBase.reset`.
  public func reset(name: String? = nil) throws {
    _ = try apply(ReaderOps.family.resetV2, [readerRef], name: name)
  }
}

/// Gives the work itself. Follows `tf.compat.v1.IdentityReader`.
public struct IdentityReader: QueueReader {
  public let readerRef: Tensor

  public init(name: String? = nil) throws {
    readerRef = try ReaderOps.family.identityV2([], name: name)
  }
}

/// Gives whole files, each under its path. Follows `tf.compat.v1.WholeFileReader`.
public struct WholeFileReader: QueueReader {
  public let readerRef: Tensor

  public init(name: String? = nil) throws {
    readerRef = try ReaderOps.family.wholeFileV2([], name: name)
  }
}

/// Gives the lines of files. Follows `tf.compat.v1.TextLineReader`.
public struct TextLineReader: QueueReader {
  public let readerRef: Tensor

  /// - Parameter skipHeaderLines: how many lines at the beginning of a file are no records.
  public init(skipHeaderLines: Int? = nil, name: String? = nil) throws {
    let lines = skipHeaderLines ?? 0
    readerRef = try ReaderOps.family.textLineV2(
      [], Attrs().with("skip_header_lines", .int(lines), unless: lines == 0), name: name)
  }
}

/// Gives records of one size. Follows `tf.compat.v1.FixedLengthRecordReader`.
public struct FixedLengthRecordReader: QueueReader {
  public let readerRef: Tensor

  /// - Parameters:
  ///   - recordBytes: the size of a record.
  ///   - headerBytes, footerBytes: what is no record at the beginning and at the end of a file.
  ///   - hopBytes: from one record to the next; nil for the size.
  ///   - encoding: `""`, `"GZIP"` or `"ZLIB"`.
  public init(
    recordBytes: Int, headerBytes: Int? = nil, footerBytes: Int? = nil, hopBytes: Int? = nil,
    name: String? = nil, encoding: String? = nil
  ) throws {
    let sizes = [
      ("header_bytes", headerBytes), ("footer_bytes", footerBytes), ("hop_bytes", hopBytes),
    ]
    var attrs: Attrs = ["record_bytes": .int(recordBytes)]
    for case (let attribute, let size?) in sizes { attrs[attribute] = .int(size) }
    readerRef = try ReaderOps.family.fixedLengthV2(
      [], attrs.with("encoding", .string(encoding ?? ""), unless: encoding == nil), name: name)
  }
}

/// Gives the records of TFRecord files. Follows `tf.compat.v1.TFRecordReader`.
public struct TFRecordReader: QueueReader {
  public let readerRef: Tensor

  /// - Parameter options: how the files are compressed.
  public init(name: String? = nil, options: IOAPI.TFRecordOptions? = nil) throws {
    let type = options?.compressionType ?? ""
    readerRef = try ReaderOps.family.recordsV2(
      [], Attrs().with("compression_type", .string(type), unless: type.isEmpty), name: name)
  }
}
