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
      CheckpointCommand.self, FreezeCommand.self, ConvertCommand.self, OpsCommand.self,
      SymbolsCommand.self,
    ])
}

@main enum Main {
  /// Exit codes: 0 when all went well, 1 when the command failed, 2 when it was called wrongly.
  static func main() {
    prepareStreams()
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
        do { try printLine(Janus.fullMessage(for: error)) } catch { fail("\(error)") }
        exit(0)
      }
      if code == .validationFailure {
        fail("\(Janus.message(for: error).unfolded) (see janus --help)", code: 2)
      }
      fail(Janus.message(for: error).unfolded)
    }
  }

  /// Ends the program with one line that says why.
  static func fail(_ message: String, code: Int32 = 1) -> Never {
    writeError("janus: \(message.oneLine)\n")
    exit(code)
  }
}

/// Seconds since some fixed moment.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
