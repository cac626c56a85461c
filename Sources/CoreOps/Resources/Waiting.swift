import CKernels
import Glibc

/// A kernel cannot go on before another changes a resource: there is nothing to take out of a
/// queue, or no room in it. It has changed nothing, and is called again later.
package struct WouldWait: Error {
  /// What the operation is called when it is cancelled: `Dequeue`.
  package let operation: String
  /// When it is called again though nothing changed, as `Cancellation.deadline`; 0 for never.
  package let deadline: Int64

  package init(_ operation: String, until deadline: Int64 = 0) {
    self.operation = operation
    self.deadline = deadline
  }

  package var cancelled: TFError { TFError(.cancelled, "\(operation) operation was cancelled") }
}

/// The place of one operation among those that wait for the same resource, kept from one attempt to
/// the next.
package final class WaitTicket: Sendable {
  private let left = Lock<(@Sendable () -> Void)?>(nil)
  /// Wakes whoever waits for the operation. The resource keeps it, and not the ticket, whose end
  /// says that no one waits any more.
  package let call = WakeCall()

  package init() {}

  /// - Parameter body: gives the place up, when the operation is over or no one waits for it any
  ///   more.
  package func whenLeft(_ body: @escaping @Sendable () -> Void) { left.withLock { $0 = body } }

  deinit { left.withLock { $0 }?() }
}

/// What a resource wakes one operation by.
package final class WakeCall: Sendable {
  private let waiter = Lock<Waiter?>(nil)

  fileprivate init() {}

  /// Says who waits from now on. An attempt that comes after it misses no wake.
  package func wakes(_ waiter: Waiter) { self.waiter.withLock { $0 = waiter } }

  /// Has the operation attempted again, if someone waits for it.
  package func wake() { waiter.withLock { $0 }?.wake() }
}

/// A thread that waits until one of its operations can go on. It sleeps meanwhile.
package final class Waiter: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  /// Under the mutex.
  private var count = 0
  private let activity: ResourceActivity

  /// - Parameter activity: that of the container whose closing ends what waits.
  package init(_ activity: ResourceActivity) {
    self.activity = activity
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // The clock of deadlines.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
    activity.add(self)
  }

  deinit {
    activity.remove(self)
    pthread_cond_destroy(condition)
    condition.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  private func locked<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// How often it was woken so far: asked for before an attempt, so that no change is missed.
  package var wakes: Int { locked { count } }

  package func wake() {
    locked {
      count &+= 1
      pthread_cond_signal(condition)
    }
  }

  /// Returns when it was woken more than `wakes` times, or the deadline of `reason` is over.
  ///
  /// - Throws: `CANCELLED` when the run is cancelled or the session closed, in the words of
  ///   `reason`; `DEADLINE_EXCEEDED` when the run's time is over.
  package func wait(after wakes: Int, _ cancellation: Cancellation, _ reason: WouldWait) throws {
    cancellation.waking({ self.wake() }) {
      // What was cancelled or closed before is not told again.
      let isOver = cancellation.isOver || activity.isClosed
      let deadline = [cancellation.deadline, reason.deadline].filter { $0 != 0 }.min()
      locked {
        while !isOver, count == wakes {
          guard let deadline else {
            pthread_cond_wait(condition, mutex)
            continue
          }
          var time = timespec(
            tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
          if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
        }
      }
    }
    if activity.isClosed || cancellation.isCancelled { throw reason.cancelled }
    try cancellation.check()
  }
}

/// Who waits for resources of one container.
package final class ResourceActivity: Sendable {
  private struct State {
    var waiters: [ObjectIdentifier: WeakWaiter] = [:]
    var isClosed = false
  }

  private struct WeakWaiter: @unchecked Sendable {
    weak var waiter: Waiter?
  }

  private let state = Lock(State())

  package init() {}

  fileprivate func add(_ waiter: Waiter) {
    state.withLock { $0.waiters[ObjectIdentifier(waiter)] = WeakWaiter(waiter: waiter) }
  }

  fileprivate func remove(_ waiter: Waiter) {
    _ = state.withLock { $0.waiters.removeValue(forKey: ObjectIdentifier(waiter)) }
  }

  /// Whether the container's session is closed, so that no one waits any more.
  package var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Ends what waits now, and what would wait later.
  package func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      return state.waiters.values.compactMap(\.waiter)
    }
    for waiter in waiters { waiter.wake() }
  }
}
