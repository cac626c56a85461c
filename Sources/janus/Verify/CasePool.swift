import CoreOps
import Glibc
import Serialization

/// Replays cases in a second process, which is started again after a case that crashes or hangs.
struct CasePool {
  /// Command-line options for the process.
  var options: [String]
  /// Seconds that one run may take before it is stopped from outside; runs end themselves when they
  /// can.
  var timeout: Double

  /// The most cases that one process is given, as its arguments.
  private static let batch = 500

  func replay(_ cases: [String], _ report: (CaseRunner.Outcome) throws -> Void) throws {
    var next = 0
    while next < cases.count {
      let batch = Array(cases[next..<min(next + Self.batch, cases.count)])
      var answered = 0
      var lastWords = ""
      let worker = try WorkerProcess(["verify", "--worker"] + options + ["--"] + batch)
      let end = try worker.lines(silence: timeout * 2 + 10) { source, line in
        switch source {
        case .answers:
          let outcome = try CaseRunner.Outcome(json: JSON(line))
          answered += 1
          lastWords = ""
          try report(outcome)
        case .streams:
          let text = String(decoding: line, as: UTF8.self)
          if lastWords.isEmpty,
            ["Fatal error", "ERROR: ", "ssertion failed"].contains(where: text.contains)
          {
            lastWords = ": " + text
          }
        }
      }
      if case .exited(WorkerProcess.stopped) = end, answered > 0 {
        next += answered
        continue
      }
      if answered < batch.count {
        let path = batch[answered]
        let file = try? CaseFile(path, rtol: nil, atol: nil)
        try report(
          CaseRunner.Outcome(
            path: path, name: file?.name ?? path, ops: file?.ops ?? [], status: .failed,
            reason: end.description + lastWords))
        answered += 1
      }
      next += answered
    }
  }
}
