import CoreOps
import Glibc
import Serialization
import Synchronization

/// Ends the process when work goes on after its time-out, as where a library or the system does not
/// come back. What can end by itself has done so before.
final class Watchdog: Sendable {
  /// Seconds after the time-out.
  private static let grace = 0.5
  /// When the time is over, in nanoseconds of the monotonic clock; 0 for never.
  private let end = Atomic<Int>(0)
  private let code: Int32
  private let expire: @Sendable () -> Void

  /// - Parameters:
  ///   - code: with which the process ends.
  ///   - expire: says what happened.
  init(code: Int32 = 1, _ expire: @escaping @Sendable () -> Void) {
    self.code = code
    self.expire = expire
    var thread = pthread_t()
    let own = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, nil,
      { own in
        Unmanaged<Watchdog>.fromOpaque(own!).takeUnretainedValue().watch()
        return nil
      }, own.toOpaque())
    if status == 0 { pthread_detach(thread) }
  }

  /// Allows the work from now on so many seconds, instead of what was allowed before.
  func allow(_ seconds: Double) {
    let nanoseconds = (seconds + Self.grace) * 1e9
    let isBounded = nanoseconds < 9e18
    end.store(isBounded ? Self.now &+ Int(nanoseconds) : 0, ordering: .relaxed)
  }

  func rest() { end.store(0, ordering: .relaxed) }

  private static var now: Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }

  private func watch() {
    while true {
      usleep(20_000)
      let end = self.end.load(ordering: .relaxed)
      guard end != 0, Self.now > end else { continue }
      UnfinishedFile.remove()
      expire()
      _exit(code)
    }
  }
}
