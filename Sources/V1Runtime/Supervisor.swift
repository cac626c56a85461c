public import CoreGraph
public import CoreOps
public import V1Graph
import Variables

/// Looks after the session of a training program: it makes the model ready, and saves it and its
/// summaries from threads of its own. Follows `tf.compat.v1.train.Supervisor`.
public final class Supervisor: Sendable {
  public let coord = Coordinator()
  /// The graph that it trains.
  public let graph: Graph
  private let scaffold: Scaffold
  private let logdir: String?
  private let basename: String
  private let saveModelSecs: Double
  private let saveSummariesSecs: Double
  private let globalStep: Variable?
  /// Writes the summaries; nil without a folder.
  public let summaryWriter: SummaryFileWriter?

  /// - Parameters:
  ///   - logdir: the folder of checkpoints and summaries; nil for none.
  ///   - scaffold: the operations that make the model ready, nil for those of the graph.
  ///   - saveModelSecs: how often checkpoints are saved; 0 for never.
  ///   - saveSummariesSecs: how often summaries are; 0 for never.
  ///   - checkpointBasename: what the names of the checkpoints begin with.
  /// - Throws: `FAILED_PRECONDITION` where calls run at once; as making the operations.
  public init(
    logdir: String? = nil, scaffold: Scaffold? = nil, saveModelSecs: Double = 600,
    saveSummariesSecs: Double = 120, checkpointBasename: String = "model.ckpt"
  ) throws {
    guard let graph = Environment.current.graph else {
      throw TFError.failedPrecondition(
        "Supervisors are not compatible with eager execution.")
    }
    self.graph = graph
    self.scaffold = try (scaffold ?? Scaffold()).finalize()
    self.logdir = logdir
    self.saveModelSecs = saveModelSecs
    self.saveSummariesSecs = saveSummariesSecs
    basename = checkpointBasename
    globalStep = try API.globalStep()
    summaryWriter = try logdir.map { try SummaryFileWriter($0) }
  }

  /// What the names of checkpoints begin with; nil without a folder.
  public var savePath: String? { logdir.map { "\($0)/\(basename)" } }
  public var saver: (any SessionSaver)? { scaffold.saver }

  /// Whether the threads are to end. Follows `Supervisor.should_stop`.
  public func shouldStop() -> Bool { coord.shouldStop() }
  /// Has the threads end. Follows `Supervisor.request_stop`.
  public func requestStop(_ ex: (any Error)? = nil) { coord.requestStop(ex) }

  /// A session that is ready, with threads that look after it. Follows
  /// `Supervisor.prepare_or_wait_for_session`.
  public func prepareOrWaitForSession(
    config: ConfigProto? = nil, startStandardServices: Bool = true
  )
    throws -> Session
  {
    let manager = SessionManager(
      localInitOp: scaffold.localInitOp, readyOp: scaffold.readyOp,
      readyForLocalInitOp: scaffold.readyForLocalInitOp, graph: graph)
    let session = try manager.prepareSession(
      saver: scaffold.saver, checkpointDir: logdir, config: config,
      initFn: { try self.scaffold.initialize($0) })
    if startStandardServices { try start(session) }
    if !graph.collection(GraphKeys.queueRunners.name).isEmpty {
      try V1Train.startQueueRunners(sess: session, coord: coord)
    }
    return session
  }

  private func step(_ session: Session) throws -> Int? {
    try globalStep.map { step in
      let value = try session.run(step)
      return value.dtype == .int64
        ? value.elements(Int.self)[0] : Int(value.elements(Int32.self)[0])
    }
  }

  private func start(_ session: Session) throws {
    guard let savePath else { return }
    if saveModelSecs > 0, let saver = scaffold.saver {
      _ = try LooperThread.loop(coord, saveModelSecs) { [self] in
        _ = try saver.saveVariables(of: session, to: savePath, globalStep: step(session))
      }
    }
    if saveSummariesSecs > 0, let summary = scaffold.summaryOp {
      _ = try LooperThread.loop(coord, saveSummariesSecs) { [self] in
        try summaryWriter?.addSummary(session.run(summary), globalStep: step(session))
      }
    }
  }

  /// Writes summaries that a run gave. Follows `Supervisor.summary_computed`.
  public func summaryComputed(_ session: Session, _ summary: Tensor, globalStep: Int? = nil) throws
  {
    guard let summaryWriter else {
      throw TFError.failedPrecondition("Writing a summary requires a summary writer.")
    }
    try summaryWriter.addSummary(summary, globalStep: globalStep ?? step(session))
  }

  /// Runs `body` with a session, and ends the threads and saves the model after it. Follows
  /// `with supervisor.managed_session() as session`.
  ///
  /// - Throws: what `body` throws, or a thread failed with.
  public func managedSession(
    config: ConfigProto? = nil, startStandardServices: Bool = true,
    _ body: (Session) throws -> Void
  ) throws {
    let session = try prepareOrWaitForSession(
      config: config, startStandardServices: startStandardServices)
    defer { session.close() }
    coord.stopOnException { try session.use(body) }
    try stop(session)
  }

  private func stop(_ session: Session) throws {
    coord.requestStop()
    try coord.join(ignoreLiveThreads: true)
    if let savePath, saveModelSecs > 0, let saver = scaffold.saver {
      _ = try saver.saveVariables(of: session, to: savePath, globalStep: step(session))
    }
    try summaryWriter?.close()
  }

  /// Ends the threads. Follows `Supervisor.stop`.
  public func stop() throws {
    coord.requestStop()
    try coord.join(ignoreLiveThreads: true)
    try summaryWriter?.close()
  }
}

extension V1Train { public typealias Supervisor = V1Runtime.Supervisor }
