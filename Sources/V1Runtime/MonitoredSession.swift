public import CoreGraph
import CoreOps
public import V1Graph
import Variables

/// Makes the sessions of a `MonitoredSession`. Follows `tf.compat.v1.train.SessionCreator`.
public protocol SessionCreator: Sendable {
  func createSession() throws -> Session
}

/// Restores the variables from a folder of checkpoints, or gives them their first values. Follows
/// `tf.compat.v1.train.ChiefSessionCreator`.
public final class ChiefSessionCreator: SessionCreator {
  private let scaffold: Scaffold
  private let master: String
  private let config: ConfigProto?
  private let folder: String?
  private let path: String?

  /// - Parameters:
  ///   - scaffold: nil for one that is made.
  ///   - master: empty, for this process.
  ///   - config: of the session.
  ///   - checkpointDir: the folder with the checkpoints, of which the last counts.
  ///   - checkpointFilenameWithPath: a checkpoint, in place of the folder.
  public init(
    scaffold: Scaffold? = nil, master: String = "", config: ConfigProto? = nil,
    checkpointDir: String? = nil, checkpointFilenameWithPath: String? = nil
  ) {
    self.scaffold = scaffold ?? Scaffold()
    self.master = master
    self.config = config
    folder = checkpointDir
    path = checkpointFilenameWithPath
  }

  public func createSession() throws -> Session {
    try scaffold.finalize()
    let manager = SessionManager(
      localInitOp: scaffold.localInitOp, readyOp: scaffold.readyOp,
      readyForLocalInitOp: scaffold.readyForLocalInitOp)
    return try manager.prepareSession(
      master, saver: scaffold.saver, checkpointDir: folder, checkpointFilenameWithPath: path,
      config: config, initFn: { try self.scaffold.initialize($0) })
  }
}

/// Waits for a session that a chief makes ready. Follows
/// `tf.compat.v1.train.WorkerSessionCreator`.
public final class WorkerSessionCreator: SessionCreator {
  private let scaffold: Scaffold
  private let master: String
  private let config: ConfigProto?
  private let maxWaitSecs: Double

  /// - Parameters: as for `ChiefSessionCreator`; `maxWaitSecs` is how long it waits.
  public init(
    scaffold: Scaffold? = nil, master: String = "", config: ConfigProto? = nil,
    maxWaitSecs: Double = 30 * 60
  ) {
    self.scaffold = scaffold ?? Scaffold()
    self.master = master
    self.config = config
    self.maxWaitSecs = maxWaitSecs
  }

  public func createSession() throws -> Session {
    try scaffold.finalize()
    return try SessionManager(
      localInitOp: scaffold.localInitOp, readyOp: scaffold.readyOp,
      readyForLocalInitOp: scaffold.readyForLocalInitOp
    ).waitForSession(master, config: config, maxWaitSecs: maxWaitSecs)
  }
}

/// A session that makes itself ready, tells hooks of its runs, and is made anew when what it runs
/// on is lost. Follows `tf.compat.v1.train.MonitoredSession`.
///
///     try tf.train.MonitoredSession(hooks: [tf.train.StopAtStepHook(lastStep: 100)]).use { session
///       in while !session.shouldStop() { try session.run(trainOp) }
///     }
///
/// One thread uses it.
public final class MonitoredSession {
  private let creator: any SessionCreator
  private let hooks: [any SessionRunHook]
  private let recovers: Bool
  private let stopGracePeriodSecs: Double
  private let environment = Environment.current
  private var session: Session?
  private var coordinator = Coordinator(cleanStopExceptionTypes: [])
  private var wantsStop = false
  private var isClosed = false

  /// - Parameters:
  ///   - sessionCreator: nil for a `ChiefSessionCreator`.
  ///   - hooks: are told of runs, in order.
  ///   - stopGracePeriodSecs: how long threads may take to end.
  /// - Throws: what the hooks' `begin` and making the session throw.
  public convenience init(
    sessionCreator: (any SessionCreator)? = nil, hooks: [any SessionRunHook] = [],
    stopGracePeriodSecs: Double = 120
  ) throws {
    try self.init(
      sessionCreator ?? ChiefSessionCreator(), hooks, recovers: true, stopGracePeriodSecs)
  }

  /// - Parameter recovers: whether a session that is lost is made anew.
  init(
    _ creator: any SessionCreator, _ hooks: [any SessionRunHook], recovers: Bool,
    _ stopGracePeriodSecs: Double
  ) throws {
    self.creator = creator
    self.hooks = hooks
    self.recovers = recovers
    self.stopGracePeriodSecs = stopGracePeriodSecs
    for hook in hooks { try hook.begin() }
    // Nothing is added once there are sessions, so that all are of one graph.
    session = try made()
  }

  deinit { session?.close() }

  /// The graph that it runs. Follows `MonitoredSession.graph`.
  public var graph: Graph? { session?.graph }

  /// The session itself. Follows `MonitoredSession.raw_session`.
  public var rawSession: Session? { session }

  private func made() throws -> Session {
    while true {
      do {
        let session = try creator.createSession()
        session.graph.finalize()
        coordinator = Coordinator(cleanStopExceptionTypes: [])
        if !session.graph.collection(GraphKeys.queueRunners.name).isEmpty {
          try V1Train.startQueueRunners(sess: session, coord: coordinator)
        }
        for hook in hooks { try hook.afterCreateSession(session, coordinator) }
        return session
      } catch let error as TFError where recovers && error.isLoss {
        V1Logging.info(
          """
          An error was raised while a session was being created. This may be due to a preemption \
          of a connected worker or parameter server. A new session will be created. Error: \(error)
          """)
      }
    }
  }

  /// Whether the program should end its loop. Follows `MonitoredSession.should_stop`.
  public func shouldStop() -> Bool { isClosed || wantsStop || coordinator.shouldStop() }

  /// Runs what `fetches` needs, and what the hooks ask for. Follows `MonitoredSession.run`.
  ///
  /// - Parameters and errors: as for `Session.run`; what hooks throw.
  @discardableResult
  public func run<Fetch: Fetchable>(
    _ fetches: Fetch, feedDict: FeedDict = [:], options: RunOptions? = nil,
    runMetadata: RunMetadata? = nil
  ) throws -> Fetch.Fetched {
    let values = try attempt([fetches], feedDict, options, runMetadata) {
      try fetches.add(to: &$0)
    }
    var fetched = FetchedValues(values)
    return fetches.result(from: &fetched)
  }

  /// The same of the parts of a tuple.
  @discardableResult
  public func run<each Fetch: Fetchable>(
    _ fetches: (repeat each Fetch), feedDict: FeedDict = [:], options: RunOptions? = nil,
    runMetadata: RunMetadata? = nil
  ) throws -> (repeat (each Fetch).Fetched) {
    var all: [any Fetchable] = []
    for fetch in repeat each fetches { all.append(fetch) }
    let values = try attempt(all, feedDict, options, runMetadata) {
      for fetch in repeat each fetches { try fetch.add(to: &$0) }
    }
    var fetched = FetchedValues(values)
    return (repeat (each fetches).result(from: &fetched))
  }

  /// Runs `body` with the session alone, without the hooks' fetches and feeds. Follows
  /// `MonitoredSession.run_step_fn`.
  public func runStepFn<R>(_ body: (Session) throws -> R) throws -> R {
    guard let session, !isClosed else {
      throw TFError.failedPrecondition("Run called even after should_stop requested.")
    }
    return try environment.with(session: session).run { try body(session) }
  }

  private func attempt(
    _ fetches: [any Fetchable], _ feeds: FeedDict, _ options: RunOptions?,
    _ metadata: RunMetadata?, _ add: (inout FetchList) throws -> Void
  ) throws -> [Tensor] {
    while true {
      guard !isClosed else { throw TFError.failedPrecondition("Session is already closed.") }
      do {
        let current: Session
        if let session { current = session } else { current = try made() }
        session = current
        return try hooked(current, fetches, feeds, options, metadata, add)
      } catch let error as TFError where recovers && error.isLoss {
        V1Logging.info(
          """
          An error was raised. This may be due to a preemption in a connected worker or parameter \
          server. The current session will be closed and a new session will be created. \
          Error: \(error)
          """)
        closeSession()
      } catch {
        // What stopped the threads that feed the run says more than that they stopped.
        do { try coordinator.raiseRequestedException() } catch let cause as TFError
          where recovers && cause.isLoss
        {
          closeSession()
          continue
        } catch {}
        throw error
      }
    }
  }

  private func hooked(
    _ session: Session, _ fetches: [any Fetchable], _ feeds: FeedDict, _ options: RunOptions?,
    _ metadata: RunMetadata?, _ add: (inout FetchList) throws -> Void
  ) throws -> [Tensor] {
    let context = SessionRunContext(
      SessionRunArgs(fetches, feedDict: feeds, options: options), session)
    var list = try session.fetchList()
    try add(&list)
    let own = list.endpoints.count
    var feeds = feeds
    var fed = try feeds.keys(in: session.graph)
    var options = options
    var ranges: [Range<Int>?] = []
    for hook in hooks {
      guard let request = try hook.beforeRun(context) else {
        ranges.append(nil)
        continue
      }
      let before = list.endpoints.count
      for fetch in request.fetches { try fetch.add(to: &list) }
      ranges.append(before..<list.endpoints.count)
      let keys = try request.feedDict.keys(in: session.graph)
      try require(
        fed.isDisjoint(with: keys),
        "Same tensor is fed by two hooks, or by a hook and the program.")
      fed.formUnion(keys)
      feeds.merge(request.feedDict)
      if let wanted = request.options, wanted.traceLevel != .noTrace { options = wanted }
    }
    let record = metadata ?? (options == nil ? nil : RunMetadata())
    let values = try environment.with(session: session).run {
      try session.run(list, feeds, options, record, nil)
    }
    for (hook, range) in zip(hooks, ranges) {
      try hook.afterRun(
        context,
        SessionRunValues(
          results: range.map { Array(values[$0]) } ?? [], options: options, runMetadata: record))
    }
    wantsStop = wantsStop || context.stopRequested
    return Array(values.prefix(own))
  }

  private func closeSession() {
    guard let session else { return }
    coordinator.requestStop()
    do {
      try coordinator.join(stopGracePeriodSecs: stopGracePeriodSecs, ignoreLiveThreads: true)
    } catch {
      V1Logging.info("Error reported to Coordinator: \(error)")
    }
    session.close()
    self.session = nil
  }

  /// Tells the hooks that the program is done, ends the threads and closes the session. Follows
  /// `MonitoredSession.close`.
  ///
  /// - Throws: what the hooks throw.
  public func close() throws { try close(tellingHooks: true) }

  private func close(tellingHooks: Bool) throws {
    guard !isClosed else { return }
    defer {
      closeSession()
      isClosed = true
    }
    guard tellingHooks, let session else { return }
    for hook in hooks { try hook.end(session) }
  }

  /// Runs `body` and closes the session. `OUT_OF_RANGE`, by which input ends, is no error. Follows
  /// `with tf.train.MonitoredSession() as session`.
  ///
  /// - Returns: what `body` gives; nil where input ended.
  /// - Throws: what `body` and the hooks throw.
  @discardableResult
  public func use<R>(_ body: (MonitoredSession) throws -> R) throws -> R? {
    do {
      let result = try body(self)
      try close(tellingHooks: true)
      return result
    } catch let error as TFError where error.code == .outOfRange && !isClosed {
      try close(tellingHooks: true)
      return nil
    } catch {
      try? close(tellingHooks: false)
      throw error
    }
  }
}

extension TFError {
  /// Whether the session was lost, rather than the program wrong.
  fileprivate var isLoss: Bool { code == .aborted || code == .unavailable }
}

extension V1Train {
  public typealias SessionCreator = V1Runtime.SessionCreator
  public typealias ChiefSessionCreator = V1Runtime.ChiefSessionCreator
  public typealias WorkerSessionCreator = V1Runtime.WorkerSessionCreator
  public typealias MonitoredSession = V1Runtime.MonitoredSession

  /// A `MonitoredSession` that is lost with what it runs on. Follows
  /// `tf.compat.v1.train.SingularMonitoredSession`.
  ///
  /// - Parameters and errors: as for `ChiefSessionCreator` and `MonitoredSession`.
  public static func SingularMonitoredSession(
    hooks: [any SessionRunHook] = [], scaffold: Scaffold? = nil, master: String = "",
    config: ConfigProto? = nil, checkpointDir: String? = nil, stopGracePeriodSecs: Double = 120,
    checkpointFilenameWithPath: String? = nil
  ) throws -> MonitoredSession {
    try V1Runtime.MonitoredSession(
      ChiefSessionCreator(
        scaffold: scaffold, master: master, config: config, checkpointDir: checkpointDir,
        checkpointFilenameWithPath: checkpointFilenameWithPath), hooks, recovers: false,
      stopGracePeriodSecs)
  }

  /// A `MonitoredSession` with the hooks that training needs: it saves checkpoints and summaries in
  /// a folder and goes on from the last checkpoint there. Follows
  /// `tf.compat.v1.train.MonitoredTrainingSession`.
  ///
  /// - Parameters:
  ///   - master: empty, for this process.
  ///   - isChief: whether this process initialises and saves.
  ///   - checkpointDir: the folder; nil for none.
  ///   - scaffold: nil for one that is made.
  ///   - hooks: for all processes.
  ///   - chiefOnlyHooks: for the chief.
  ///   - saveCheckpointSecs: how often checkpoints are saved; 600 where neither this nor the steps
  ///     are given, 0 for never.
  ///   - saveSummariesSteps: how often summaries are saved; 100 where neither this nor the seconds
  ///     are given, 0 for never.
  ///   - saveSummariesSecs: the same in seconds.
  ///   - config: of the session.
  ///   - stopGracePeriodSecs: how long threads may take to end.
  ///   - logStepCountSteps: how often the speed is logged; 0 for never.
  ///   - maxWaitSecs: how long one that is no chief waits for the chief.
  ///   - saveCheckpointSteps: the same in steps.
  ///   - summaryDir: where summaries go; nil for `checkpointDir`.
  /// - Throws: as `MonitoredSession`.
  public static func MonitoredTrainingSession(
    master: String = "", isChief: Bool = true, checkpointDir: String? = nil,
    scaffold: Scaffold? = nil, hooks: [any SessionRunHook] = [],
    chiefOnlyHooks: [any SessionRunHook] = [], saveCheckpointSecs: Double? = nil,
    saveSummariesSteps: Int? = nil, saveSummariesSecs: Double? = nil,
    config: ConfigProto? = nil, stopGracePeriodSecs: Double = 120, logStepCountSteps: Int = 100,
    maxWaitSecs: Double = 7200, saveCheckpointSteps: Int? = nil, summaryDir: String? = nil
  ) throws -> MonitoredSession {
    let scaffold = scaffold ?? V1Runtime.Scaffold()
    guard isChief else {
      return try V1Runtime.MonitoredSession(
        sessionCreator: WorkerSessionCreator(
          scaffold: scaffold, master: master, config: config, maxWaitSecs: maxWaitSecs),
        hooks: hooks, stopGracePeriodSecs: stopGracePeriodSecs)
    }
    let creator = ChiefSessionCreator(
      scaffold: scaffold, master: master, config: config, checkpointDir: checkpointDir)
    var all: [any SessionRunHook] = chiefOnlyHooks
    if let folder = summaryDir ?? checkpointDir {
      if logStepCountSteps > 0 {
        all.append(try StepCounterHook(everyNSteps: logStepCountSteps, outputDir: folder))
      }
      let isStandard = saveSummariesSteps == nil && saveSummariesSecs == nil
      let steps = isStandard ? 100 : saveSummariesSteps
      if steps ?? 0 > 0 || saveSummariesSecs ?? 0 > 0 {
        all.append(
          try SummarySaverHook(
            saveSteps: steps ?? 0 > 0 ? steps : nil,
            saveSecs: steps ?? 0 > 0 ? nil : saveSummariesSecs, outputDir: folder,
            scaffold: scaffold))
      }
    }
    if let checkpointDir {
      let isStandard = saveCheckpointSecs == nil && saveCheckpointSteps == nil
      let seconds = isStandard ? 600 : saveCheckpointSecs
      if seconds ?? 0 > 0 || saveCheckpointSteps ?? 0 > 0 {
        all.append(
          try CheckpointSaverHook(
            checkpointDir, saveSecs: saveCheckpointSteps ?? 0 > 0 ? nil : seconds,
            saveSteps: saveCheckpointSteps ?? 0 > 0 ? saveCheckpointSteps : nil,
            scaffold: scaffold))
      }
    }
    return try V1Runtime.MonitoredSession(
      sessionCreator: creator, hooks: all + hooks, stopGracePeriodSecs: stopGracePeriodSecs)
  }
}
