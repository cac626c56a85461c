import CKernels

/// Says that a run should end: because someone asked, or because its time is over.
///
/// Executors look at it between steps. Loops of kernels look at it too, by the thread that runs
/// them: see `whileCurrent(_:)`.
public final class Cancellation: @unchecked Sendable {
  /// Its fields are read and written as atomic values.
  private let stop: UnsafeMutablePointer<jk_stop>

  private init(deadline: Int64) {
    stop = .allocate(capacity: 1)
    stop.initialize(to: jk_stop(cancelled: 0, noticed: 0, deadline: deadline))
  }

  public convenience init() { self.init(deadline: 0) }

  /// - Parameter timeout: seconds from now; infinity, or more than a century, for no limit. What is
  ///   not more than zero is over at once.
  public convenience init(timeout: Double) {
    let century = 3.2e9
    let seconds = timeout > 0 ? timeout : 0
    self.init(deadline: seconds > century ? 0 : jk_now() &+ Int64(seconds * 1e9))
  }

  deinit { stop.deallocate() }

  public func cancel() {
    jk_stop_cancel(stop)
    for wake in Self.waiting.withLock({ $0.wakes[ObjectIdentifier(self)] ?? [:] }).values { wake() }
  }

  /// Who waits, by the cancellation that can end it. Few do, so that a cancellation has no table of
  /// its own.
  private static let waiting = Lock<
    (next: Int, wakes: [ObjectIdentifier: [Int: @Sendable () -> Void]])
  >((0, [:]))

  /// Does `body`, which waits for something and looks whether it `isOver`.
  ///
  /// - Parameter wake: is called when it is cancelled meanwhile.
  package func waking<R>(_ wake: @escaping @Sendable () -> Void, _ body: () throws -> R) rethrows
    -> R
  {
    let own = ObjectIdentifier(self)
    let number = Self.waiting.withLock { waiting in
      waiting.next += 1
      waiting.wakes[own, default: [:]][waiting.next] = wake
      return waiting.next
    }
    defer {
      Self.waiting.withLock { waiting in
        waiting.wakes[own]?[number] = nil
        if waiting.wakes[own]?.isEmpty == true { waiting.wakes[own] = nil }
      }
    }
    return try body()
  }

  /// When its time is over, in nanoseconds of the clock that does not go back; 0 for never.
  package var deadline: Int64 { stop.pointee.deadline }
  package var isCancelled: Bool { jk_stop_cancelled(stop) }
  /// Whether it is cancelled, or its time is over.
  package var isOver: Bool { jk_stop_cancelled(stop) || jk_stop_late(stop) }

  /// The cancellation of runs that no one can end.
  package static let never = Cancellation()

  /// - Throws: `CANCELLED` or `DEADLINE_EXCEEDED`; `RESOURCE_EXHAUSTED` when memory passes its
  ///   limit.
  package func check() throws {
    try MemoryLimit.check()
    try Self.check(stop)
  }

  /// Whether a kernel left off because the run is to end, so that its outputs are of no use.
  @inline(__always)
  package var endedKernel: Bool { jk_stop_noticed(stop) }

  /// The same check for code that does not know its run: that of the thread, if there is one.
  package static func checkCurrent() throws {
    try MemoryLimit.check()
    if let stop = jk_stop_current() { try check(stop) }
  }

  /// Fails if a kernel that this thread ran left off, because the run is to end.
  @inline(__always)
  package static func checkKernel() throws {
    if let stop = jk_stop_current(), jk_stop_noticed(stop) { try check(stop) }
  }

  private static func check(_ stop: UnsafeMutablePointer<jk_stop>) throws {
    if jk_stop_cancelled(stop) { throw TFError(.cancelled, "the run was cancelled") }
    if jk_stop_late(stop) {
      throw TFError(.deadlineExceeded, "the run took longer than its time-out")
    }
  }

  /// Does `body` with this as what the loops of the thread look at, and of the threads that work
  /// for it.
  @inline(__always)
  package func whileCurrent<R>(_ body: () throws -> R) rethrows -> R {
    let before = jk_stop_enter(stop)
    defer { _ = jk_stop_enter(before) }
    return try body()
  }
}
