import CKernels
import CoreOps
import Glibc

/// Waiting for some time.
enum Sleep {
  /// How long a run that is to end sleeps on, in nanoseconds.
  private static let longest: Int64 = 5_000_000

  /// Returns when `count` microseconds are over.
  ///
  /// - Throws: `CANCELLED` or `DEADLINE_EXCEEDED` soon after the run is to end.
  static func microseconds(_ count: Int, _ run: ExecutionContext) throws {
    guard count > 0 else { return }
    let start = jk_now()
    let wait = Int64(count).multipliedReportingOverflow(by: 1000)
    let total = wait.overflow ? .max : wait.partialValue
    while true {
      try run.cancellation.check()
      let left = total - (jk_now() - start)
      if left <= 0 { return }
      var time = timespec(tv_sec: 0, tv_nsec: Int(min(left, longest)))
      nanosleep(&time, nil)
    }
  }
}
