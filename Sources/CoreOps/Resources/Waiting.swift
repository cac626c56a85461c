import CKernels
import Glibc

/// A kernel cannot go on before another changes a resource: there is nothing to take out of a
/// queue, or no room in it. It has changed nothing, and is called again later.
package struct WouldWait: Error {
  /// What the operation is called when it is cancelled: `Dequeue`.
  package let operation: String

  package init(_ operation: String) { self.operation = operation }

  package var cancelled: TFError { TFError(.cancelled, "\(operation) operation was cancelled") }
}

/// The place of one operation among those that wait for the same resource, kept from one attempt to
/// the next.
package final class WaitTicket: Sendable {
  private let left = Lock<(@Sendable () -> Void)?>(nil)

  package init() {}

  /// - Parameter body: gives the place up, when the operation is over or no one waits for it any
  ///   more.
  package func whenLeft(_ body: @escaping @Sendable () -> Void) { left.withLock { $0 = body } }

  deinit { left.withLock { $0 }?() }
}

/// Tells those who wait that a resource of their container has changed.
package final class ResourceActivity: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>
  /// Under the mutex.
  private var count = 0
  private var closed = false

  package init() {
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
  }

  deinit {
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

  /// How many changes there were so far: asked for before an attempt, so that none is missed.
  package var changes: Int { locked { count } }

  /// A resource has changed.
  package func signal() {
    locked {
      count &+= 1
      pthread_cond_broadcast(condition)
    }
  }

  /// Whether the container's session is closed, so that no one waits any more.
  package var isClosed: Bool { locked { closed } }

  /// Ends what waits now, and what would wait later.
  package func close() {
    locked {
      closed = true
      count &+= 1
      pthread_cond_broadcast(condition)
    }
  }

  /// Returns when there were more than `changes` changes.
  ///
  /// - Throws: `CANCELLED` when the run is cancelled or the session closed, in the words of
  ///   `reason`; `DEADLINE_EXCEEDED` when the run's time is over.
  package func wait(after changes: Int, _ cancellation: Cancellation, _ reason: WouldWait) throws {
    cancellation.waking({ self.signal() }) {
      locked {
        while count == changes, !closed, !cancellation.isOver {
          guard cancellation.deadline != 0 else {
            pthread_cond_wait(condition, mutex)
            continue
          }
          var time = timespec(
            tv_sec: Int(cancellation.deadline / 1_000_000_000),
            tv_nsec: Int(cancellation.deadline % 1_000_000_000))
          pthread_cond_timedwait(condition, mutex, &time)
        }
      }
    }
    if isClosed || cancellation.isCancelled { throw reason.cancelled }
    try cancellation.check()
  }
}
