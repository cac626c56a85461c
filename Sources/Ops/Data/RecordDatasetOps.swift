package import CoreOps
import Serialization

/// Datasets of the records of files.
package struct RecordDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let textLine = DatasetDefinition.op(
    "TextLineDataset",
    """
    filenames: string, compression_type: string, buffer_size: int64 -> handle: variant
    metadata: string = ''
    """, stateful: true, vectors: ["filenames"]
  ) { _ in
    { run in
      let compression = try compression(run, 1)
      try requireBuffer(run, 2)
      return try dataset("TextLine", run) { path in
        let input = try BufferedInput(InputStream(path, compression))
        return { try input.line() }
      }
    }
  }

  package let tfRecord = DatasetDefinition.op(
    "TFRecordDataset",
    """
    filenames: string, compression_type: string, buffer_size: int64 -> handle: variant
    metadata: string = ''
    """, stateful: true, vectors: ["filenames"]
  ) { _ in
    { run in
      let compression = try compression(run, 1)
      try requireBuffer(run, 2)
      return try dataset("TFRecord", run) { path in
        let reader = try RecordReader(path, compression)
        return { try reader.nextBytes() }
      }
    }
  }

  package let tfRecordV2 = DatasetDefinition.op(
    "TFRecordDatasetV2",
    """
    filenames: string, compression_type: string, buffer_size: int64, byte_offsets: int64 \
      -> handle: variant
    metadata: string = ''
    """, stateful: true, vectors: ["filenames", "byte_offsets"]
  ) { _ in
    { run in
      let compression = try compression(run, 1)
      try requireBuffer(run, 2)
      let paths = try FileInputs.paths(run, 0)
      let offsets = try run.inputs[3].integers()
      try require(
        offsets.isEmpty || offsets.count == paths.count,
        """
        `byte_offsets` must have as many elements as `filenames`: \(offsets.count) and \
        \(paths.count)
        """
      )
      let starts = Dictionary(zip(paths, offsets), uniquingKeysWith: { first, _ in first })
      return try dataset("TFRecord", run) { path in
        let reader = try RecordReader(path, compression)
        // A place within the file is where a record begins.
        while let start = starts[path], reader.offset < start {
          guard try reader.next() != nil else { break }
        }
        if let start = starts[path], reader.offset != start {
          throw TFError(.dataLoss, "no record of \(path) begins at \(start)")
        }
        return { try reader.nextBytes() }
      }
    }
  }

  package let fixedLength = RecordDatasetOps.fixedLengthOp(
    "FixedLengthRecordDataset", hasCompression: false)
  package let fixedLengthV2 = RecordDatasetOps.fixedLengthOp(
    "FixedLengthRecordDatasetV2", hasCompression: true)

  package let matchingFiles = RecordDatasetOps.matchingOp("MatchingFilesDataset")
  package let experimentalMatchingFiles = RecordDatasetOps.matchingOp(
    "ExperimentalMatchingFilesDataset")

  private static func fixedLengthOp(_ name: String, hasCompression: Bool) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      filenames: string, header_bytes: int64, record_bytes: int64, footer_bytes: int64, \
        buffer_size: int64\(hasCompression ? ", compression_type: string" : "") -> handle: variant
      metadata: string = ''
      """, stateful: true, vectors: ["filenames"]
    ) { _ in
      { run in
        let (header, size, footer) = (try run.int(1), try run.int(2), try run.int(3))
        try require(header >= 0, "`header_bytes` must be >= 0")
        try require(size > 0, "`record_bytes` must be > 0")
        try require(footer >= 0, "`footer_bytes` must be >= 0")
        try requireBuffer(run, 4)
        let compression = hasCompression ? try compression(run, 5) : .none
        return try dataset("FixedLengthRecord", run) { path in
          let stream = try InputStream(path, compression)
          let layout = FixedLayout(path: path, header: header, size: size, footer: footer)
          if compression == .none { try layout.check(stream.fileSize) }
          let input = try BufferedInput(stream)
          var records = 0
          let hasHeader = try input.skip(header)
          return {
            guard hasHeader else { return nil }
            let wanted = size.addingReportingOverflow(footer)
            guard !wanted.overflow, try input.fill(wanted.partialValue) else {
              let left = input.bytes.count - footer
              if left == 0 { return nil }
              throw TFError(.dataLoss, layout.problem(records &* size &+ left))
            }
            let record = Array(input.bytes[..<size])
            records += 1
            _ = try input.skip(size)
            return record
          }
        }
      }
    }
  }

  private static func matchingOp(_ name: String) -> OpDef {
    DatasetDefinition.op(
      name,
      """
      patterns: string -> handle: variant
      """, stateful: true, vectors: ["patterns"]
    ) { _ in
      { run in
        try require(
          run.inputs[0].dims.rank <= 1, "`patterns` must be a scalar or a vector.")
        let patterns = run.inputs[0].strings.map(\.text)
        return try DatasetObject(
          "MatchingFiles", [.init(.string, .scalar)], cardinality: DatasetObject.unknown
        ) { _ in
          var left = patterns[...]
          var files: ArraySlice<String> = []
          return DatasetIterator { _ in
            while files.isEmpty {
              guard let pattern = left.popFirst() else { return nil }
              files = try Serialization.matchingFiles(pattern).sorted()[...]
            }
            return [try Tensor(strings: [files.removeFirst()], dims: Shape())]
          }
        }
      }
    }
  }

  /// The records of the files of input 0, one file after the other.
  ///
  /// - Parameter open: gives what gives the records of a file, nil at its end.
  private static func dataset(
    _ kind: String, _ run: DynamicContext,
    _ open: @escaping @Sendable (String) throws -> () throws -> [UInt8]?
  ) throws -> DatasetObject {
    let paths = try FileInputs.paths(run, 0)
    return try DatasetObject(
      kind, [.init(.string, .scalar)], cardinality: DatasetObject.unknown
    ) { _ in
      var left = paths[...]
      var next: (() throws -> [UInt8]?)?
      return DatasetIterator { _ in
        while true {
          if let record = try next?() {
            return [try Tensor(strings: [record], dims: Shape())]
          }
          next = nil
          guard let path = left.popFirst() else { return nil }
          next = try open(path)
        }
      }
    }
  }

  private static func compression(_ run: DynamicContext, _ index: Int) throws -> Compression {
    guard let compression = Compression(rawValue: run.text(index)) else {
      throw TFError.invalidArgument("Unsupported compression_type.")
    }
    return compression
  }

  private static func requireBuffer(_ run: DynamicContext, _ index: Int) throws {
    try require(run.int(index) >= 0, "`buffer_size` must be >= 0 (0 == default)")
  }
}

/// The parts of a file of records that have one length.
private struct FixedLayout: Sendable {
  let path: String
  let header: Int
  let size: Int
  let footer: Int

  /// - Throws: `INVALID_ARGUMENT` when a file of that many bytes is not made of whole records.
  func check(_ fileSize: Int) throws {
    let body = fileSize.subtractingReportingOverflow(header)
    let rest = body.partialValue.subtractingReportingOverflow(footer)
    guard !body.overflow, !rest.overflow, rest.partialValue >= 0, rest.partialValue % size == 0
    else { throw TFError.invalidArgument(problem(rest.partialValue)) }
  }

  /// - Parameter body: the bytes between header and footer, without sign as TensorFlow has them.
  func problem(_ body: Int) -> String {
    """
    Excluding the header (\(header) bytes) and footer (\(footer) bytes), input file "\(path)" has \
    body length \(UInt(bitPattern: body)) bytes, which is not an exact multiple of the record \
    length (\(size) bytes).
    """
  }
}
