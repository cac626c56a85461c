import ArgumentParser
import CoreOps
import Glibc
import Serialization

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Replays case files and compares with TensorFlow's recorded results.",
    discussion: """
      Prints a line per failure, and last how many passed, failed and were skipped. The cases \
      run in a process of their own, so that one that crashes or hangs is a failure like others.
      """)

  @Argument(help: "Case files, or folders that are searched for them.") var paths: [String]
  @Option(help: "Write what became of each case to this file.") var json: String?
  @Option(help: "Relative tolerance, instead of the cases' own.") var rtol: Double?
  @Option(help: "Absolute tolerance, instead of the cases' own.") var atol: Double?
  @Option(help: "Seconds that one run may take, the first one with reading the case.")
  var timeout: Double = 60
  @OptionGroup var memory: MemoryOptions
  @Flag(
    help: "Run graphs node by node, without plans and passes, to see where a difference comes from."
  )
  var stepwise = false
  @Flag(help: .hidden) var worker = false

  func validate() throws { try checkTimeout(timeout) }

  func run() throws {
    if worker { return try replayAll() }
    let cases = try CaseSearch.cases(in: paths)
    guard !cases.isEmpty else {
      throw TFError.notFound(
        "no case files (*.npz with a case.json) in \(paths.joined(separator: " "))")
    }
    var counts: [CaseRunner.Status: Int] = [:]
    var outcomes: [CaseRunner.Outcome] = []
    let progress = Progress(total: cases.count)
    try CasePool(options: options, timeout: timeout).replay(cases) { outcome in
      counts[outcome.status, default: 0] += 1
      outcomes.append(outcome)
      progress.clear()
      switch outcome.status {
      case .failed: try writeOutput("FAIL \(outcome.path.oneLine): \(outcome.reason.oneLine)\n")
      case .skipped: try writeOutput("SKIP \(outcome.path.oneLine): \(outcome.reason.oneLine)\n")
      case .passed: break
      }
      progress.show(outcomes.count, "\(counts[.failed] ?? 0) failed")
    }
    progress.clear()
    if let json {
      try writeFile(json, Array((JSON.array(outcomes.map(\.json)).text() + "\n").utf8))
    }
    let failed = counts[.failed] ?? 0
    try writeOutput(
      "\(counts[.passed] ?? 0) passed, \(failed) failed, \(counts[.skipped] ?? 0) skipped\n")
    if failed > 0 { throw ExitCode(1) }
  }

  /// What the process does that runs the cases.
  private func replayAll() throws {
    memory.set()
    // The case that is being run, until someone answers for it.
    let current = Lock<CaseRunner.Outcome?>(nil)
    @Sendable func answer(_ outcome: CaseRunner.Outcome) throws {
      try writeAll(
        Array((outcome.json.text() + "\n").utf8), to: WorkerProcess.answers, "the pool of cases")
    }
    @Sendable func take() -> CaseRunner.Outcome? {
      current.withLock { current in
        defer { current = nil }
        return current
      }
    }
    let watchdog = Watchdog(code: WorkerProcess.stopped) {
      guard var outcome = take() else { return }
      outcome.reason = TFError.pastTimeout.description
      try? answer(outcome)
    }
    let runner = CaseRunner(
      rtol: rtol, atol: atol, timeout: timeout, stepwise: stepwise, watchdog: watchdog)
    for path in paths {
      current.withLock {
        $0 = CaseRunner.Outcome(path: path, name: path, ops: [], status: .failed, reason: "")
      }
      let outcome = runner.replay(path)
      watchdog.rest()
      // Where the watchdog has answered, it ends the process.
      if take() == nil { while true { pause() } }
      try answer(outcome)
    }
  }

  private var options: [String] {
    ["--timeout", "\(timeout)"] + (memory.memoryLimit.map { ["--memory-limit", "\($0)"] } ?? [])
      + (rtol.map { ["--rtol", "\($0)"] } ?? [])
      + (atol.map { ["--atol", "\($0)"] } ?? []) + (stepwise ? ["--stepwise"] : [])
  }
}

extension CaseRunner.Outcome {
  var json: JSON {
    .object([
      ("path", .string(path)), ("name", .string(name)), ("ops", .strings(ops)),
      ("status", .string(status.rawValue)), ("reason", .string(reason)),
    ])
  }

  /// - Throws: `INTERNAL` for what is no outcome.
  init(json: JSON) throws {
    guard let path = json["path"]?.string, let name = json["name"]?.string,
      let status = json["status"]?.string.flatMap(CaseRunner.Status.init(rawValue:))
    else { throw TFError.internal("a process that runs cases gave the answer \(json.text())") }
    self.init(
      path: path, name: name, ops: json["ops"]?.array?.compactMap(\.string) ?? [], status: status,
      reason: json["reason"]?.string ?? "")
  }
}

/// Finds case files.
enum CaseSearch {
  /// The given files, and in the given folders every `.npz` with a `case.json` in it, sorted.
  static func cases(in paths: [String]) throws -> [String] {
    var found: [String] = []
    for path in paths {
      var status = stat()
      guard stat(path, &status) == 0 else { throw systemError(path) }
      if status.st_mode & S_IFMT == S_IFDIR {
        var inside: [String] = []
        try search(path, depth: 0, into: &inside)
        found += inside.sorted()
      } else {
        found.append(path)
      }
    }
    return found
  }

  private static func search(_ folder: String, depth: Int, into found: inout [String]) throws {
    guard depth < 32 else { return }
    guard let directory = opendir(folder) else { throw systemError(folder) }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasPrefix(".") { continue }
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try search(path, depth: depth + 1, into: &found)
      } else if name.hasSuffix(".npz"), (try? ZipReader(path))?.contains("case.json") != false {
        found.append(path)
      }
    }
  }
}

/// A line on the terminal that says how far things are, once they take more than a second.
final class Progress {
  private let total: Int
  private let start = now()
  private var last = 0.0
  private var isShown = false
  private let isTerminal = isatty(2) != 0

  init(total: Int) { self.total = total }

  func show(_ done: Int, _ note: String) {
    let time = now()
    guard isTerminal, time - start > 1, time - last > 0.1 else { return }
    last = time
    isShown = true
    writeError("\r\(done) of \(total), \(note)\u{1b}[K")
  }

  func clear() {
    guard isShown else { return }
    isShown = false
    last = 0
    writeError("\r\u{1b}[K")
  }
}
