import CKernels
import CoreOps

/// Calls `body` for the parts of a range, on several threads where that pays.
///
/// - Parameters:
///   - grain: how many make a part that is worth a thread.
///   - body: returns the first number that failed, and why; its other results lie where it wrote
///     them.
/// - Throws: what failed first in the order of the range; when the run is to end.
func inParts(
  _ count: Int, grain: Int, _ body: (Range<Int>) -> (place: Int, error: any Error)?
) throws {
  let failures = Lock<(place: Int, error: any Error)?>(nil)
  withoutActuallyEscaping(body) { body in
    var job = Job(body: body, failures: failures)
    withUnsafeMutablePointer(to: &job) { job in
      jk_parallel_for(
        count, max(grain, 1),
        { context, begin, end in
          let job = context!.assumingMemoryBound(to: Job.self)
          guard let failure = job.pointee.body(begin..<end) else { return }
          job.pointee.failures.withLock {
            if failure.place < $0?.place ?? .max { $0 = failure }
          }
        }, job)
    }
  }
  if let failure = failures.withLock({ $0 }) { throw failure.error }
  try Cancellation.checkKernel()
}

private struct Job {
  let body: (Range<Int>) -> (place: Int, error: any Error)?
  let failures: Lock<(place: Int, error: any Error)?>
}
