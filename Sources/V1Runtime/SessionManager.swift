public import CoreGraph
public import CoreOps
import Glibc
public import V1Graph

/// Makes sessions whose variables have values: restored, or their first ones. Follows
/// `tf.compat.v1.train.SessionManager`.
public final class SessionManager: Sendable {
  private let localInitOp: Operation?
  private let readyOp: Tensor?
  private let readyForLocalInitOp: Tensor?
  private let graph: Graph?
  private let recoveryWaitSecs: Double

  /// - Parameters:
  ///   - localInitOp: runs in each new session.
  ///   - readyOp: the names of variables without values; nil where every session is ready.
  ///   - readyForLocalInitOp: the same for `localInitOp`.
  ///   - graph: nil for the default graph.
  ///   - recoveryWaitSecs: how long `waitForSession` waits between looks.
  public init(
    localInitOp: Operation? = nil, readyOp: Tensor? = nil, readyForLocalInitOp: Tensor? = nil,
    graph: Graph? = nil, recoveryWaitSecs: Double = 30
  ) {
    self.localInitOp = localInitOp
    self.readyOp = readyOp
    self.readyForLocalInitOp = readyForLocalInitOp
    self.graph = graph
    self.recoveryWaitSecs = recoveryWaitSecs
  }

  /// A session whose model is ready. Follows `SessionManager.prepare_session`.
  ///
  /// - Parameters:
  ///   - master: empty, for this process.
  ///   - initOp: gives variables their first values where none are restored.
  ///   - saver: restores variables.
  ///   - checkpointDir: the folder with the checkpoints, of which the last counts.
  ///   - checkpointFilenameWithPath: a checkpoint, in place of the folder.
  ///   - config: of the session.
  ///   - initFeedDict: what `initOp` is fed.
  ///   - initFn: is called after it.
  /// - Throws: `FAILED_PRECONDITION` where the model is not ready in the end.
  public func prepareSession(
    _ master: String = "", initOp: Operation? = nil, saver: (any SessionSaver)? = nil,
    checkpointDir: String? = nil, checkpointFilenameWithPath: String? = nil,
    config: ConfigProto? = nil, initFeedDict: FeedDict? = nil,
    initFn: ((Session) throws -> Void)? = nil
  ) throws -> Session {
    let (session, isRestored) = try restored(
      master, saver, checkpointDir, checkpointFilenameWithPath, config)
    do {
      if !isRestored {
        guard initOp != nil || initFn != nil || localInitOp != nil else {
          throw TFError.failedPrecondition(
            "Model is not initialized and no init_op or init_fn or local_init_op was given")
        }
        if let initOp { try session.run(initOp, feedDict: initFeedDict ?? [:]) }
        try initFn?(session)
      }
      if let message = try initializeLocally(session) {
        throw TFError.failedPrecondition(
          """
          Init operations did not make model ready for local_init.  Init op: \
          \(initOp?.name ?? "None"), init fn: \(initFn == nil ? "None" : "given"), error: \(message)
          """)
      }
      if let message = try missing(readyOp, session) {
        throw TFError.failedPrecondition(
          """
          Init operations did not make model ready.  Init op: \(initOp?.name ?? "None"), init fn: \
          \(initFn == nil ? "None" : "given"), local_init_op: \(localInitOp?.name ?? "None"), \
          error: \(message)
          """)
      }
      return session
    } catch {
      session.close()
      throw error
    }
  }

  /// A session whose variables are restored. Follows `SessionManager.recover_session`.
  ///
  /// - Parameters: as for `prepareSession`.
  /// - Returns: the session, and whether its model is ready.
  public func recoverSession(
    _ master: String = "", saver: (any SessionSaver)? = nil, checkpointDir: String? = nil,
    checkpointFilenameWithPath: String? = nil, config: ConfigProto? = nil
  ) throws -> (session: Session, initialized: Bool) {
    let (session, isRestored) = try restored(
      master, saver, checkpointDir, checkpointFilenameWithPath, config)
    guard isRestored, try initializeLocally(session) == nil else { return (session, false) }
    return (session, try missing(readyOp, session) == nil)
  }

  /// A session whose model others make ready. Follows `SessionManager.wait_for_session`.
  ///
  /// - Parameter maxWaitSecs: how long it waits at most.
  /// - Throws: `DEADLINE_EXCEEDED`.
  public func waitForSession(
    _ master: String = "", config: ConfigProto? = nil, maxWaitSecs: Double = .infinity
  ) throws -> Session {
    let end = monotonicSeconds() + maxWaitSecs
    while true {
      let session = try Session(master, graph: graph, config: config)
      if try initializeLocally(session) == nil, try missing(readyOp, session) == nil {
        return session
      }
      session.close()
      guard monotonicSeconds() + recoveryWaitSecs < end else {
        throw TFError(
          .deadlineExceeded, "Session was not ready after waiting \(Int(maxWaitSecs)) secs.")
      }
      usleep(UInt32(min(recoveryWaitSecs, 3600) * 1e6))
    }
  }

  private func restored(
    _ master: String, _ saver: (any SessionSaver)?, _ folder: String?, _ path: String?,
    _ config: ConfigProto?
  ) throws -> (Session, Bool) {
    try require(
      folder == nil || path == nil,
      "Can not provide both checkpoint_dir and checkpoint_filename_with_path.")
    let session = try Session(master, graph: graph, config: config)
    guard let saver,
      let checkpoint = try path ?? folder.flatMap({ try V1Train.latestCheckpoint($0) })
    else { return (session, false) }
    do { try saver.restoreVariables(of: session, from: checkpoint) } catch {
      session.close()
      throw error
    }
    return (session, true)
  }

  /// Runs the local operation where the model is ready for it.
  ///
  /// - Returns: why it is not.
  private func initializeLocally(_ session: Session) throws -> String? {
    if let message = try missing(readyForLocalInitOp, session) { return message }
    if let localInitOp { try session.run(localInitOp) }
    return nil
  }

  private func missing(_ ready: Tensor?, _ session: Session) throws -> String? {
    guard let ready else { return nil }
    let names = try [String](session.run(ready))
    return names.isEmpty ? nil : "Variables not initialized: \(names.joined(separator: ", "))"
  }
}

extension V1Train { public typealias SessionManager = V1Runtime.SessionManager }
