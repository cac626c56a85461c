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
      let end = try WorkerProcess(["verify", "--worker"] + options + ["--"] + batch).lines(
        silence: timeout * 2 + 10
      ) { line in
        guard let outcome = (try? JSON(Array(line.utf8))).flatMap(CaseRunner.Outcome.init(json:))
        else {
          if lastWords.isEmpty,
            ["Fatal error", "ERROR: ", "ssertion failed"].contains(where: line.contains)
          {
            lastWords = ": " + line
          }
          return
        }
        answered += 1
        lastWords = ""
        try report(outcome)
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

/// This program, started once more.
final class WorkerProcess {
  enum End: CustomStringConvertible {
    case exited(Int32)
    case crashed(signal: Int32)
    case silent

    var description: String {
      switch self {
      case .exited(let code): "the process ended early with code \(code)"
      case .crashed(let signal): "crashed: \(String(cString: strsignal(signal)))"
      case .silent: "did not stop when its time was over"
      }
    }
  }

  private let pid: pid_t
  private let output: Int32

  init(_ arguments: [String]) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw systemError("pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var argv: [UnsafeMutablePointer<CChar>?] = (["janus"] + arguments).map { strdup($0) }
    argv.append(nil)
    defer { for pointer in argv { free(pointer) } }
    // A crash is reported in one line; Swift's own report of it would take seconds.
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("SWIFT_BACKTRACE=enable=no")]
    defer { free(environment[0]) }
    var variable = environ
    while let entry = variable.pointee {
      if strncmp(entry, "SWIFT_BACKTRACE=", 16) != 0 { environment.append(entry) }
      variable += 1
    }
    environment.append(nil)
    var child: pid_t = 0
    let status = posix_spawn(&child, "/proc/self/exe", &actions, nil, argv, environment)
    close(ends[1])
    guard status == 0 else {
      close(ends[0])
      throw TFError(.unavailable, "cannot start a process: \(String(cString: strerror(status)))")
    }
    pid = child
    output = ends[0]
  }

  /// Passes each line to `body` until the process ends, or says nothing for `silence` seconds and
  /// is ended.
  func lines(silence: Double, _ body: (String) throws -> Void) throws -> End {
    defer { close(output) }
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    do {
      while true {
        var descriptor = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        let ready = poll(&descriptor, 1, Int32(min(silence * 1000, 1e9)))
        if ready < 0 && errno == EINTR { continue }
        if ready == 0 {
          kill(pid, SIGKILL)
          _ = wait()
          return .silent
        }
        let count = Glibc.read(output, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        if count <= 0 { break }
        for byte in buffer[..<count] {
          if byte == 10 {
            try body(String(decoding: pending, as: UTF8.self))
            pending.removeAll(keepingCapacity: true)
          } else {
            pending.append(byte)
          }
        }
      }
    } catch {
      kill(pid, SIGKILL)
      _ = wait()
      throw error
    }
    return wait()
  }

  private func wait() -> End {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .crashed(signal: signal)
  }
}
