import ArgumentParser
import CoreOps
import Glibc

struct Janus: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "janus",
    abstract: "Runs TensorFlow's models and programs, in both of its styles.",
    version: CPULevel.summary,
    subcommands: [
      TourCommand.self, RunCommand.self, InspectCommand.self, VerifyCommand.self, BenchCommand.self,
      OpsCommand.self,
    ])
}

@main enum Main {
  /// Exit codes: 0 when all went well, 1 when the command failed, 2 when it was called wrongly.
  static func main() {
    do {
      try CPULevel.check()
    } catch {
      fail("\(error)", code: 2)
    }
    do {
      var command = try Janus.parseAsRoot()
      try command.run()
    } catch let error as TFError {
      fail(error.description)
    } catch let code as ExitCode {
      exit(code.rawValue)
    } catch {
      let code = Janus.exitCode(for: error)
      if code == .success {
        print(Janus.fullMessage(for: error))
        exit(0)
      }
      if code == .validationFailure {
        fail("\(Janus.message(for: error)) (see janus --help)", code: 2)
      }
      fail(Janus.message(for: error))
    }
  }

  /// Ends the program with one line that says why.
  static func fail(_ message: String, code: Int32 = 1) -> Never {
    writeError("janus: \(message.split(separator: "\n").joined(separator: " "))\n")
    exit(code)
  }
}

func writeError(_ text: String) {
  var text = text
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
}

func writeOutput(_ text: String) {
  var text = text
  text.withUTF8 { bytes in
    var done = 0
    while done < bytes.count {
      let count = write(1, bytes.baseAddress! + done, bytes.count - done)
      if count < 0 && errno == EINTR { continue }
      // Nobody reads on: as after SIGPIPE.
      guard count > 0 else { exit(1) }
      done += count
    }
  }
}

/// Seconds since some fixed moment.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
