public import CoreOps
public import V1Graph

/// Has several threads end together. Follows `tf.compat.v1.train.Coordinator`.
///
///     let coordinator = tf.train.Coordinator()
///     let threads = try tf.train.startQueueRunners(sess: session, coord: coordinator)
///     while !coordinator.shouldStop() { … }
///     coordinator.requestStop()
///     try coordinator.join(threads)
public final class Coordinator: Sendable {
  private struct State {
    var isStopping = false
    var isJoined = false
    var failure: (any Error)?
    var threads: [ProgramThread] = []
  }

  private let state = Monitor(State())
  private let cleanStops: Set<TFError.Code>

  /// - Parameter cleanStopExceptionTypes: codes of errors that end the threads without being
  ///   reported.
  public init(cleanStopExceptionTypes: Set<TFError.Code> = [.outOfRange]) {
    cleanStops = cleanStopExceptionTypes
  }

  /// Whether the threads have joined. Follows `Coordinator.joined`.
  public var joined: Bool { state.read { $0.isJoined } }

  /// Whether the threads are to end. Follows `Coordinator.should_stop`.
  public func shouldStop() -> Bool { state.read { $0.isStopping } }

  /// Asks the threads to end. Follows `Coordinator.request_stop`.
  ///
  /// - Parameter ex: why; the first that is given is thrown by `join`, but for those that end the
  ///   threads without being reported.
  public func requestStop(_ ex: (any Error)? = nil) {
    let isNew = state.change { state in
      defer { state.isStopping = true }
      guard let ex, !state.isStopping, state.failure == nil, !isClean(ex) else { return false }
      state.failure = ex
      return true
    }
    if isNew, let ex { V1Logging.info("Error reported to Coordinator: \(ex)") }
  }

  private func isClean(_ error: any Error) -> Bool {
    (error as? TFError).map { cleanStops.contains($0.code) } ?? false
  }

  /// Lets threads go on again. Follows `Coordinator.clear_stop`.
  public func clearStop() {
    state.change { state in
      state.isJoined = false
      state.failure = nil
      state.isStopping = false
    }
  }

  /// Waits until the threads are asked to end. Follows `Coordinator.wait_for_stop`.
  ///
  /// - Parameter timeout: seconds; nil for as long as it takes.
  /// - Returns: whether they were asked.
  @discardableResult
  public func waitForStop(timeout: Double? = nil) -> Bool {
    state.wait(timeout: timeout) { $0.isStopping }
  }

  /// Has `join` wait for a thread too. Follows `Coordinator.register_thread`.
  public func registerThread(_ thread: ProgramThread) {
    state.change { $0.threads.append(thread) }
  }

  /// Runs `body`; an error that it throws asks the threads to end. Follows
  /// `Coordinator.stop_on_exception`.
  public func stopOnException(_ body: () throws -> Void) {
    do { try body() } catch { requestStop(error) }
  }

  /// Waits until the threads have ended. Follows `Coordinator.join`.
  ///
  /// - Parameters:
  ///   - threads: those to wait for beside the registered ones.
  ///   - stopGracePeriodSecs: how long they may take once they are asked to end.
  ///   - ignoreLiveThreads: whether threads that go on are no error.
  /// - Throws: what was reported; `FAILED_PRECONDITION` for threads that do not end in time.
  public func join(
    _ threads: [ProgramThread] = [], stopGracePeriodSecs: Double = 120,
    ignoreLiveThreads: Bool = false
  ) throws {
    var all = state.read { $0.threads }
    for thread in threads where !all.contains(where: { $0 === thread }) { all.append(thread) }
    while all.contains(where: \.isAlive), !waitForStop(timeout: Self.lookAgain) {}
    if !shouldStop() {
      // All ended by themselves.
      for thread in all { thread.join() }
    } else {
      let end = monotonicSeconds() + stopGracePeriodSecs
      for thread in all { thread.join(timeout: max(0, end - monotonicSeconds())) }
    }
    let (failure, stragglers) = state.change { state in
      state.isJoined = true
      state.threads = []
      return (state.failure, all.filter(\.isAlive).map(\.name))
    }
    if let failure { throw failure }
    guard !stragglers.isEmpty else { return }
    if ignoreLiveThreads {
      return V1Logging.info(
        "Coordinator stopped with threads still running: \(stragglers.joined(separator: " "))")
    }
    throw TFError.failedPrecondition(
      "Coordinator stopped with threads still running: \(stragglers.joined(separator: " "))")
  }

  /// Seconds after which threads that end by themselves are noticed.
  private static let lookAgain = 0.02

  /// Throws what was reported, if something was. Follows
  /// `Coordinator.raise_requested_exception`.
  public func raiseRequestedException() throws {
    if let failure = state.read({ $0.failure }) { throw failure }
  }
}

/// A thread that does something again and again until its coordinator stops it. Follows
/// `tf.compat.v1.train.LooperThread`.
public final class LooperThread: Sendable {
  public let thread: ProgramThread

  /// - Parameters:
  ///   - coord: by which it ends; it is told of an error of `target`.
  ///   - timerIntervalSecs: how long after the start of one call the next begins; nil for at once.
  ///   - target: what it does.
  public init(
    _ coord: Coordinator, _ timerIntervalSecs: Double?,
    target: @escaping @Sendable () throws -> Void
  ) {
    thread = ProgramThread(name: "looper") {
      coord.stopOnException {
        guard let timerIntervalSecs else {
          while !coord.shouldStop() { try target() }
          return
        }
        var next = monotonicSeconds()
        while !coord.waitForStop(timeout: max(0, next - monotonicSeconds())) {
          next += timerIntervalSecs
          try target()
        }
      }
    }
    coord.registerThread(thread)
  }

  /// Makes one and starts it. Follows `LooperThread.loop`.
  public static func loop(
    _ coord: Coordinator, _ timerIntervalSecs: Double?,
    target: @escaping @Sendable () throws -> Void
  ) throws -> LooperThread {
    let looper = LooperThread(coord, timerIntervalSecs, target: target)
    try looper.start()
    return looper
  }

  public func start() throws { try thread.start() }
  @discardableResult
  public func join(timeout: Double? = nil) -> Bool { thread.join(timeout: timeout) }
}

extension V1Train {
  public typealias Coordinator = V1Runtime.Coordinator
  public typealias LooperThread = V1Runtime.LooperThread
}
