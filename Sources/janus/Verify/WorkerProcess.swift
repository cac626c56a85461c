import CoreOps
import Glibc
import Serialization

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

  /// Where a line comes from.
  enum Source {
    /// What the process answers, which no op that prints comes between.
    case answers
    /// What it and its ops write to their standard streams.
    case streams
  }

  /// The number under which the process has the pipe for its answers.
  static let answers: Int32 = 3

  /// The code with which the process ends after it has answered for a case that did not end.
  static let stopped: Int32 = 17

  private let pid: pid_t
  private let pipes: [(source: Source, end: Int32)]

  init(_ arguments: [String]) throws {
    let answers = try Self.pipe()
    let streams: (read: Int32, write: Int32)
    do { streams = try Self.pipe() } catch {
      close(answers.read)
      close(answers.write)
      throw error
    }
    pipes = [(.answers, answers.read), (.streams, streams.read)]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, streams.write, 1)
    posix_spawn_file_actions_adddup2(&actions, streams.write, 2)
    posix_spawn_file_actions_adddup2(&actions, answers.write, Self.answers)
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
    close(answers.write)
    close(streams.write)
    guard status == 0 else {
      close(answers.read)
      close(streams.read)
      throw TFError(.unavailable, "cannot start a process: \(String(cString: strerror(status)))")
    }
    pid = child
  }

  deinit { for pipe in pipes { close(pipe.end) } }

  /// A pipe whose ends only this process has, above the numbers that another one is given.
  private static func pipe() throws -> (read: Int32, write: Int32) {
    var ends: [Int32] = [0, 0]
    guard Glibc.pipe(&ends) == 0 else { throw systemError("pipe") }
    let high = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
    for end in ends { close(end) }
    guard high.allSatisfy({ $0 >= 0 }) else {
      let error = systemError("pipe")
      for end in high where end >= 0 { close(end) }
      throw error
    }
    return (high[0], high[1])
  }

  /// Passes each line to `body` until the process ends, or says nothing for `silence` seconds and
  /// is ended.
  func lines(silence: Double, _ body: (Source, [UInt8]) throws -> Void) throws -> End {
    var pending: [[UInt8]] = [[], []]
    var isOpen = [true, true]
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    do {
      while isOpen.contains(true) {
        var waiting = pipes.indices.map { index in
          pollfd(fd: isOpen[index] ? pipes[index].end : -1, events: Int16(POLLIN), revents: 0)
        }
        let ready = poll(&waiting, nfds_t(waiting.count), Int32(min(silence * 1000, 1e9)))
        if ready < 0 && errno == EINTR { continue }
        if ready == 0 {
          kill(pid, SIGKILL)
          _ = wait()
          return .silent
        }
        for (index, pipe) in pipes.enumerated() where waiting[index].revents != 0 {
          let count = Glibc.read(pipe.end, &buffer, buffer.count)
          if count < 0 && errno == EINTR { continue }
          guard count > 0 else {
            isOpen[index] = false
            continue
          }
          for byte in buffer[..<count] {
            if byte == 10 {
              try body(pipe.source, pending[index])
              pending[index].removeAll(keepingCapacity: true)
            } else if pending[index].count < Self.longestLine {
              pending[index].append(byte)
            }
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

  /// What an op prints without a line's end is not kept.
  private static let longestLine = 1 << 24

  private func wait() -> End {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? .exited((status >> 8) & 0xff) : .crashed(signal: signal)
  }
}
