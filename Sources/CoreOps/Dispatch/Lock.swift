import Glibc

/// A value that one thread at a time may use.
///
/// It is a plain mutex of the system. The standard library's `Mutex` inherits priorities, so that
/// threads that wait enter the kernel each time: sixteen threads did a thirtieth of one thread's
/// work. The thread sanitizer does not know it either.
package final class Lock<Value>: @unchecked Sendable {
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  package init(_ value: Value) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    self.value = .allocate(capacity: 1)
    self.value.initialize(to: value)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
    value.deinitialize(count: 1)
    value.deallocate()
  }

  /// Uses the value while no one else does. `body` must not take the same lock again.
  @inline(__always)
  package func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }

  /// The same, or nil when someone else uses the value.
  @inline(__always)
  package func withLockIfAvailable<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E)
    -> R?
  {
    guard pthread_mutex_trylock(mutex) == 0 else { return nil }
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value.pointee)
  }
}
