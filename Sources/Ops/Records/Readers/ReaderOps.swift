package import CoreOps
import OpsState
import Serialization

/// Readers of files, by resource and, as TF-1 has them, by a reference to their name.
package struct ReaderOps: OpFamily {
  package static let family: Self = define(Self())

  package let identity = ReaderOps.reader("IdentityReader", "Ref(string)", savesState: true) { _ in
    { IdentityWork(work: $0) }
  }
  package let identityV2 = ReaderOps.reader("IdentityReaderV2", "resource", savesState: true) { _ in
    { IdentityWork(work: $0) }
  }
  package let wholeFile = ReaderOps.reader("WholeFileReader", "Ref(string)", savesState: true) {
    _ in { WholeFileWork(work: $0) }
  }
  package let wholeFileV2 = ReaderOps.reader("WholeFileReaderV2", "resource", savesState: true) {
    _ in { WholeFileWork(work: $0) }
  }
  package let textLine = ReaderOps.reader(
    "TextLineReader", "Ref(string)", "skip_header_lines: int = 0\n", open: lines)
  package let textLineV2 = ReaderOps.reader(
    "TextLineReaderV2", "resource", "skip_header_lines: int = 0\n", open: lines)
  package let fixedLength = ReaderOps.reader(
    "FixedLengthRecordReader", "Ref(string)", fixedLengthAttributes, open: fixedLengthRecords)
  package let fixedLengthV2 = ReaderOps.reader(
    "FixedLengthRecordReaderV2", "resource", fixedLengthAttributes, "\nencoding: string = ''",
    open: fixedLengthRecords)
  package let records = ReaderOps.reader(
    "TFRecordReader", "Ref(string)", "", "\ncompression_type: string = ''", open: tfRecords)
  package let recordsV2 = ReaderOps.reader(
    "TFRecordReaderV2", "resource", "", "\ncompression_type: string = ''", open: tfRecords)

  package let read = ReaderOps.read("ReaderRead", "Ref(string)")
  package let readV2 = ReaderOps.read("ReaderReadV2", "resource")
  package let readUpTo = ReaderOps.readUpTo("ReaderReadUpTo", "Ref(string)")
  package let readUpToV2 = ReaderOps.readUpTo("ReaderReadUpToV2", "resource")
  package let recordCount = ReaderOps.ask(
    "ReaderNumRecordsProduced", "Ref(string)", "records_produced: int64"
  ) {
    try Tensor(scalar: Int64($0.recordCount))
  }
  package let recordCountV2 = ReaderOps.ask(
    "ReaderNumRecordsProducedV2", "resource", "records_produced: int64"
  ) {
    try Tensor(scalar: Int64($0.recordCount))
  }
  package let finishedCount = ReaderOps.ask(
    "ReaderNumWorkUnitsCompleted", "Ref(string)", "units_completed: int64"
  ) {
    try Tensor(scalar: Int64($0.finishedCount))
  }
  package let finishedCountV2 = ReaderOps.ask(
    "ReaderNumWorkUnitsCompletedV2", "resource", "units_completed: int64"
  ) {
    try Tensor(scalar: Int64($0.finishedCount))
  }
  package let serializeState = ReaderOps.ask(
    "ReaderSerializeState", "Ref(string)", "state: string"
  ) {
    try Tensor(strings: [$0.saved()], dims: [])
  }
  package let serializeStateV2 = ReaderOps.ask(
    "ReaderSerializeStateV2", "resource", "state: string"
  ) {
    try Tensor(strings: [$0.saved()], dims: [])
  }
  package let restoreState = ReaderOps.restore("ReaderRestoreState", "Ref(string)")
  package let restoreStateV2 = ReaderOps.restore("ReaderRestoreStateV2", "resource")
  package let reset = ReaderOps.reset("ReaderReset", "Ref(string)")
  package let resetV2 = ReaderOps.reset("ReaderResetV2", "resource")

  /// Whether an op of that handle has effects by TensorFlow's registry: references have them by
  /// themselves.
  private static func isStateful(_ handle: String) -> Bool { handle == "resource" }

  private static let fixedLengthAttributes = """
    header_bytes: int = 0
    record_bytes: int
    footer_bytes: int = 0
    hop_bytes: int = 0

    """

  private typealias Open = @Sendable (_ work: [UInt8]) throws -> any WorkReader

  private static let lines: @Sendable (KernelContext) throws -> Open = { context in
    let skipped = try context.int("skip_header_lines")
    try require(skipped >= 0, "skip_header_lines must be >= 0 not \(skipped)")
    return { try LineWork($0, skipped: skipped) }
  }

  private static let tfRecords: @Sendable (KernelContext) throws -> Open = { context in
    // TensorFlow reads what has another type as if it were not compressed.
    let compression = Compression(rawValue: try context.string("compression_type")) ?? .none
    return { try TFRecordWork($0, compression) }
  }

  private static let fixedLengthRecords: @Sendable (KernelContext) throws -> Open = { context in
    func length(_ name: String) throws -> Int {
      let length = try context.int(name)
      try require(length >= 0, "\(name) must be >= 0 not \(length)")
      return length
    }
    let (record, hop) = (try length("record_bytes"), try length("hop_bytes"))
    let encoding =
      context.signature.attr("encoding") == nil ? "" : try context.string("encoding")
    let lengths = FixedLengths(
      header: try length("header_bytes"), record: record, footer: try length("footer_bytes"),
      hop: hop == 0 ? record : hop, compression: Compression(rawValue: encoding) ?? .none)
    return { try FixedLengthWork($0, lengths) }
  }

  /// An op that makes a reader.
  ///
  /// - Parameter before, after: attributes around those that all readers have.
  private static func reader(
    _ name: String, _ handle: String, _ before: String = "", _ after: String = "",
    savesState: Bool = false, open: @escaping @Sendable (KernelContext) throws -> Open
  ) -> OpDef {
    let kind = handle == "resource" ? String(name.dropLast(2)) : name
    return OpDef(
      name,
      """
      -> reader_handle: \(handle)
      \(before)container: string = ''
      shared_name: string = ''\(after)
      """, stateful: true,
      shape: { _ in [handle == "resource" ? .scalar : [2]] },
      kernel: .dynamic { context in
        let (container, sharedName) = (
          try context.string("container"), try context.string("shared_name")
        )
        let (open, node) = (try open(context), context.node)
        return { run in
          let own = sharedName.isEmpty ? run.node : sharedName
          let reader = try run.execution.resources.findOrCreate(container, own) {
            ReaderObject(kind, node, savesState: savesState, open: open)
          }
          if handle == "resource" { return [Tensor(resource: reader)] }
          let names = [container.isEmpty ? ResourceContainer.defaultName : container, own]
          return [try Tensor(strings: names, dims: [2])]
        }
      }, gradient: .none("a reader has no inputs"))
  }

  private static func read(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name, "reader_handle: \(handle), queue_handle: \(handle) -> key: string, value: string",
      stateful: isStateful(handle), mayWait: true,
      shape: { context in
        try checkHandles(context, handle)
        return [.scalar, .scalar]
      },
      kernel: .run { run in
        let record = try run.reader().read { try run.takeWork(1) }
        return [
          try Tensor(strings: [record.key], dims: []),
          try Tensor(strings: [record.value], dims: []),
        ]
      }, gradient: .none("strings have no gradient"))
  }

  private static func readUpTo(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name,
      """
      reader_handle: \(handle), queue_handle: \(handle), num_records: int64 -> \
      keys: string, values: string
      """, stateful: isStateful(handle), mayWait: true,
      shape: { context in
        try checkHandles(context, handle)
        _ = try context.shape(2, rank: 0, "num_records")
        return [[nil], [nil]]
      },
      kernel: .run { run in
        let count = run.inputs[2]
        try require(count.dims.rank == 0, "num_records must be a scalar, got \(count.dims)")
        let most = try count.integers()[0]
        try require(most >= 0, "num_records must be at least 0, got \(most)")
        let records = try run.reader().read(upTo: most) { try run.takeWork(1) }
        return [
          try Tensor(strings: records.map(\.key), dims: [records.count]),
          try Tensor(strings: records.map(\.value), dims: [records.count]),
        ]
      }, gradient: .none("strings have no gradient"))
  }

  /// An op that asks a reader for something.
  private static func ask(
    _ name: String, _ handle: String, _ output: String,
    _ answer: @escaping @Sendable (ReaderObject) throws -> Tensor
  ) -> OpDef {
    OpDef(
      name, "reader_handle: \(handle) -> \(output)", stateful: isStateful(handle),
      shape: { context in
        try checkHandles(context, handle)
        return [.scalar]
      },
      kernel: .run { run in [try answer(run.reader())] }, gradient: .zero)
  }

  private static func restore(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name, "reader_handle: \(handle), state: string ->", stateful: isStateful(handle),
      shape: { context in
        try checkHandles(context, handle)
        _ = try context.shape(1, rank: 0, "state")
        return []
      },
      kernel: .run { run in
        let state = run.inputs[1]
        try require(
          state.dims.rank == 0, "Reader state must be scalar, but had shape: \(state.dims)")
        try run.reader().restore(Array(state.strings[0]))
        return []
      }, gradient: .none("restoring a reader has no outputs"))
  }

  private static func reset(_ name: String, _ handle: String) -> OpDef {
    OpDef(
      name, "reader_handle: \(handle) ->", stateful: isStateful(handle),
      shape: { context in
        try checkHandles(context, handle)
        return []
      },
      kernel: .run { run in
        try run.reader().reset()
        return []
      }, gradient: .none("resetting a reader has no outputs"))
  }

  /// Checks the shapes of the handles that come first.
  private static func checkHandles(_ context: ShapeContext, _ handle: String) throws {
    for input in 0..<context.inputCount where context.inputTypes[input] == .resource {
      _ = try context.shape(input, rank: 0, "handle")
    }
  }
}

extension DynamicContext {
  /// The reader in input 0: a handle, or container and name.
  ///
  /// - Throws: `INVALID_ARGUMENT`; `NOT_FOUND` where there is no reader of that name.
  fileprivate func reader() throws -> ReaderObject {
    let handle = inputs[0]
    if handle.dtype == .resource { return try handle.resource() }
    guard handle.dtype == .string, handle.dims.elementCount == 2 else {
      throw TFError.invalidArgument(
        "Reader handle must have two elements, but had shape: \(handle.dims)")
    }
    let names = handle.strings.map(\.text)
    guard let reader: ReaderObject = execution.resources.find(names[0], names[1]) else {
      throw TFError.notFound("Resource \(names[0])/\(names[1])/ReaderInterface does not exist.")
    }
    return reader
  }

  /// The next unit of work from the queue in an input.
  ///
  /// - Throws: `INVALID_ARGUMENT` where it is no single string; as dequeuing.
  fileprivate func takeWork(_ index: Int) throws -> [UInt8] {
    let tuple = try dequeued(index)
    try require(tuple.count == 1, "Expected single component queue")
    try require(tuple[0].dtype == .string, "Expected queue with single string component")
    try require(
      tuple[0].dims.elementCount == 1, "Expected to dequeue a one-element string tensor")
    return Array(tuple[0].strings[0])
  }
}
