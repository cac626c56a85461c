import CoreOps
import Glibc

/// A value that threads share, and on which they can wait for a change.
///
/// The mutex guards the value, which the compiler does not see.
final class Monitor<Value>: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var value: Value

  init(_ value: Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // Time that goes on when the clock of the system is set.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Uses the value, and wakes those that wait.
  func change<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer {
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(mutex)
    }
    return try body(&value)
  }

  /// Reads the value.
  func read<R>(_ body: (Value) -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(value)
  }

  /// Waits until a condition holds.
  ///
  /// - Parameter timeout: seconds; nil for as long as it takes.
  /// - Returns: whether it holds.
  @discardableResult
  func wait(timeout: Double? = nil, until condition: (Value) -> Bool) -> Bool {
    // A wait for longer than a century is one without end.
    let limit = timeout.flatMap { $0 < 3.2e9 ? Self.moment(after: max($0, 0)) : nil }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while !condition(value) {
      guard var limit else {
        pthread_cond_wait(changed, mutex)
        continue
      }
      if pthread_cond_timedwait(changed, mutex, &limit) == ETIMEDOUT { return condition(value) }
    }
    return true
  }

  private static func moment(after seconds: Double) -> timespec {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let nanoseconds = now.tv_nsec + Int((seconds - seconds.rounded(.down)) * 1e9)
    now.tv_sec += Int(seconds.rounded(.down)) + nanoseconds / 1_000_000_000
    now.tv_nsec = nanoseconds % 1_000_000_000
    return now
  }
}

/// Seconds of the clock that does not go back.
func monotonicSeconds() -> Double { Double(RunEvent.now) / 1e9 }
