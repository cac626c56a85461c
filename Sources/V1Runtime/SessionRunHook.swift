import CoreGraph
public import CoreOps
public import V1Graph

/// What a hook asks of a run. Follows `tf.compat.v1.train.SessionRunArgs`.
public struct SessionRunArgs {
  public var fetches: [any Fetchable]
  public var feedDict: FeedDict
  public var options: RunOptions?

  public init(_ fetches: [any Fetchable], feedDict: FeedDict = [:], options: RunOptions? = nil) {
    self.fetches = fetches
    self.feedDict = feedDict
    self.options = options
  }

  public init(_ fetches: any Fetchable, feedDict: FeedDict = [:], options: RunOptions? = nil) {
    self.init([fetches], feedDict: feedDict, options: options)
  }

  public init(fetches: [any Fetchable] = [], feedDict: FeedDict = [:], options: RunOptions? = nil) {
    self.init(fetches, feedDict: feedDict, options: options)
  }
}

/// What a run gave a hook. Follows `tf.compat.v1.train.SessionRunValues`.
public struct SessionRunValues: Sendable {
  /// The values of the tensors that the hook fetched, in order.
  public let results: [Tensor]
  public let options: RunOptions?
  public let runMetadata: RunMetadata?
}

/// What a hook knows of a run. Follows `tf.compat.v1.train.SessionRunContext`.
public final class SessionRunContext {
  public let session: Session
  /// What the program asked of the run.
  public let originalArgs: SessionRunArgs
  public private(set) var stopRequested = false

  init(_ originalArgs: SessionRunArgs, _ session: Session) {
    self.originalArgs = originalArgs
    self.session = session
  }

  /// Has the session say that it should stop. Follows `SessionRunContext.request_stop`.
  public func requestStop() { stopRequested = true }
}

/// What is told of the runs of a `MonitoredSession`, and may add to them. Follows
/// `tf.compat.v1.train.SessionRunHook`.
public protocol SessionRunHook: AnyObject, Sendable {
  /// Is called once, before there is a session: the only moment to add to the graph.
  func begin() throws
  /// Is called for each new session, also after one was lost.
  func afterCreateSession(_ session: Session, _ coord: Coordinator) throws
  /// - Returns: what the run is to fetch and to be fed besides; nil for nothing.
  func beforeRun(_ context: SessionRunContext) throws -> SessionRunArgs?
  func afterRun(_ context: SessionRunContext, _ values: SessionRunValues) throws
  /// Is called when the program is done without an error.
  func end(_ session: Session) throws
}

extension SessionRunHook {
  public func begin() throws {}
  public func afterCreateSession(_: Session, _: Coordinator) throws {}
  public func beforeRun(_: SessionRunContext) throws -> SessionRunArgs? { nil }
  public func afterRun(_: SessionRunContext, _: SessionRunValues) throws {}
  public func end(_: Session) throws {}
}

/// Says in which steps something is to be done: each so many steps, or seconds. Follows
/// `tf.compat.v1.train.SecondOrStepTimer`.
public struct SecondOrStepTimer: Sendable {
  public let everySecs: Double?
  public let everySteps: Int?
  private var last: (step: Int, time: Double)?

  /// - Throws: `INVALID_ARGUMENT` for both or neither.
  public init(everySecs: Double? = nil, everySteps: Int? = nil) throws {
    try require(
      everySecs != nil || everySteps != nil, "Either every_secs or every_steps should be provided.")
    try require(
      everySecs == nil || everySteps == nil, "Can not provide both every_secs and every_steps.")
    self.everySecs = everySecs
    self.everySteps = everySteps
  }

  /// Whether it is to be done in a step.
  public func shouldTriggerForStep(_ step: Int) -> Bool {
    guard let last else { return true }
    if last.step == step { return false }
    if let everySecs, monotonicSeconds() >= last.time + everySecs { return true }
    if let everySteps, step >= last.step + everySteps { return true }
    return false
  }

  /// Notes that it was done.
  ///
  /// - Returns: the seconds and steps since the last time; nil for the first.
  @discardableResult
  public mutating func updateLastTriggeredStep(_ step: Int) -> (seconds: Double, steps: Int)? {
    let now = monotonicSeconds()
    defer { last = (step, now) }
    return last.map { (now - $0.time, step - $0.step) }
  }

  public func lastTriggeredStep() -> Int? { last?.step }
  public mutating func reset() { last = nil }
}

extension V1Train {
  public typealias SessionRunHook = V1Runtime.SessionRunHook
  public typealias SessionRunArgs = V1Runtime.SessionRunArgs
  public typealias SessionRunContext = V1Runtime.SessionRunContext
  public typealias SessionRunValues = V1Runtime.SessionRunValues
  public typealias SecondOrStepTimer = V1Runtime.SecondOrStepTimer
}
