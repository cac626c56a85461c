public import CoreGraph
public import CoreOps
public import Models
import Serialization

/// Writes summaries and graphs into a file of events, which TensorBoard shows. Follows
/// `tf.compat.v1.summary.FileWriter`.
///
/// Threads may share a writer.
public final class SummaryFileWriter: Sendable {
  private let folder: String
  private let maxQueue: Int
  private let flushSecs: Double
  private let suffix: String
  /// The file, nil once it is closed; and the tags whose metadata a file has already.
  private let state: Lock<(file: EventFile?, tags: Set<[UInt8]>)>

  /// Makes a file in a folder, which is made where it is not there.
  ///
  /// - Parameters:
  ///   - logdir: the folder.
  ///   - graph: one that is added at once.
  ///   - maxQueue: how many events wait to be written.
  ///   - flushSecs: how long they wait at most, as far as others come.
  ///   - filenameSuffix: what the file's name ends with.
  /// - Throws: as the system says.
  public init(
    _ logdir: String, _ graph: Graph? = nil, maxQueue: Int = 10, flushSecs: Double = 120,
    filenameSuffix: String? = nil
  ) throws {
    folder = logdir
    self.maxQueue = maxQueue
    self.flushSecs = flushSecs
    suffix = filenameSuffix ?? ""
    state = Lock(
      (
        try EventFile(folder: logdir, most: maxQueue, seconds: flushSecs, suffix: suffix), []
      ))
    if let graph { try addGraph(graph) }
  }

  /// The same with its arguments by label.
  public convenience init(
    logdir: String, graph: Graph? = nil, maxQueue: Int = 10, flushSecs: Double = 120,
    filenameSuffix: String? = nil
  ) throws {
    try self.init(
      logdir, graph, maxQueue: maxQueue, flushSecs: flushSecs, filenameSuffix: filenameSuffix)
  }

  /// The folder. Follows `FileWriter.get_logdir`.
  public func getLogdir() -> String { folder }

  /// Adds a summary that a run gave. Follows `FileWriter.add_summary`.
  ///
  /// - Parameters:
  ///   - summary: a string scalar with the serialized message.
  ///   - globalStep: when it was.
  /// - Throws: `INVALID_ARGUMENT` for another tensor, `DATA_LOSS` for another message; as the
  ///   system says; `FAILED_PRECONDITION` when the writer is closed.
  public func addSummary(_ summary: Tensor, globalStep: Int? = nil) throws {
    try require(
      summary.dtype == .string && summary.dims.elementCount == 1 && !summary.isSymbolic,
      "addSummary takes the value of one summary, got a \(summary.dtype) tensor")
    let message = Array(summary.strings[0])
    let short = try state.withLock { state in
      try SummaryMessage.withoutKnownMetadata(message, &state.tags)
    }
    try add(.summary(short), globalStep)
  }

  /// Adds what was recorded of a run. Follows `FileWriter.add_run_metadata`.
  ///
  /// - Parameters:
  ///   - runMetadata: what was recorded.
  ///   - tag: the run's name, which no other has.
  ///   - globalStep: when it was.
  /// - Throws: `INVALID_ARGUMENT` for a name that is taken; as `addSummary`.
  public func addRunMetadata(_ runMetadata: RunMetadata, _ tag: String, globalStep: Int? = nil)
    throws
  {
    // No tag of a summary has a zero byte.
    let isNew = state.withLock { $0.tags.insert([0] + Array(tag.utf8)).inserted }
    try require(isNew, "The provided tag was already used for this event type")
    try add(.runMetadata(tag, runMetadata.serializeToString()), globalStep)
  }

  /// Adds a number, which no op made a summary of.
  package func addScalar(_ tag: String, _ value: Float, globalStep: Int) throws {
    var message = SummaryMessage()
    message.add(tag: Array(tag.utf8)) { writer in
      writer.tag(2, 5)
      writer.fixed32(value.bitPattern)
    }
    try add(.summary(message.bytes), globalStep)
  }

  /// Notes that a session begins at a step, so that what was written of later steps does not count.
  /// Follows `FileWriter.add_session_log` with `SessionLog.START`.
  package func addSessionLogStart(_ globalStep: Int) throws { try add(.sessionStart, globalStep) }

  /// The same with its arguments by position.
  public func addSummary(_ summary: Tensor, _ globalStep: Int) throws {
    try addSummary(summary, globalStep: globalStep)
  }

  /// Adds a graph. Follows `FileWriter.add_graph`.
  ///
  /// - Throws: as writing the graph, and as the system says.
  public func addGraph(_ graph: Graph, globalStep: Int? = nil) throws {
    try add(.graph(graph.graphDef.serialized()), globalStep)
  }

  /// The same of a graph as data.
  public func addGraph(_ graph: GraphDef, globalStep: Int? = nil) throws {
    try add(.graph(graph.serialized()), globalStep)
  }

  /// Adds a graph with what belongs to it. Follows `FileWriter.add_meta_graph`.
  ///
  /// - Throws: as writing the graph, and as the system says.
  public func addMetaGraph(_ metaGraphDef: MetaGraph, globalStep: Int? = nil) throws {
    try add(.metaGraph(metaGraphDef.serialized()), globalStep)
  }

  private func add(_ content: Event.Content, _ step: Int?) throws {
    let event = Event(content, step: Int64(step ?? 0))
    guard let file = state.withLock({ $0.file }) else {
      throw TFError.failedPrecondition(
        "the writer of \(folder) is closed: reopen() starts another file")
    }
    try file.write(event.serialized)
  }

  /// Writes what waits. Follows `FileWriter.flush`.
  ///
  /// - Throws: as the system says.
  public func flush() throws { try state.withLock { $0.file }?.flush() }

  /// Writes what waits and closes the file. Follows `FileWriter.close`.
  ///
  /// - Throws: as the system says.
  public func close() throws {
    let file = state.withLock { state in
      defer { state.file = nil }
      return state.file
    }
    try file?.close()
  }

  /// Starts another file, where the last is closed. Follows `FileWriter.reopen`.
  ///
  /// - Throws: as the system says.
  public func reopen() throws {
    try state.withLock { state in
      guard state.file == nil else { return }
      state = (
        try EventFile(folder: folder, most: maxQueue, seconds: flushSecs, suffix: suffix), []
      )
    }
  }
}
