import ArgumentParser
import CoreGraph
import CoreOps
import Serialization
import V1Graph

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a model once and prints or saves what is fetched.")

  @OptionGroup var options: ModelOptions
  @Option(help: "Save what is fetched to this .npz archive.") var out: String?
  @Option(
    help:
      """
      Write when each step ran to this file, for a browser's trace viewer (chrome://tracing, \
      ui.perfetto.dev).
      """
  )
  var trace: String?

  func run() throws {
    guard !options.fetch.isEmpty || !options.target.isEmpty || !options.initializers.isEmpty else {
      throw ValidationError(
        """
        nothing to run: give --fetch, --target or --init; 'janus inspect \(options.model)' lists \
        names
        """
      )
    }
    try options.withinLimits(run)
  }

  private func run(_ cancellation: Cancellation) throws {
    let feeds = try options.feeds()
    let results = try traced { observer in
      let session = try observing(observer, .load, "load \(options.model)") {
        try options.session(cancellation)
      }
      return try observing(observer, .run, "run") {
        try session.run(
          fetches: options.fetch, feeds: feeds, targets: options.target, cancellation, observer)
      }
    }
    let named = zip(options.fetch, results).map { (name: $0, tensor: $1) }
    if let out {
      try NumPyFiles.write(named, to: out)
    } else {
      for (name, tensor) in named {
        try printLine("\(name): \(tensor.dtype) \(tensor.dims)\n\(TensorText.print(tensor))")
      }
    }
  }

  /// Writes the trace of what `body` does, also when it fails.
  private func traced<R>(_ body: ((any RunObserver)?) throws -> R) throws -> R {
    guard let path = trace else { return try body(nil) }
    let trace = RunTrace()
    func write() throws {
      try writeFile(path, Array(ChromeTrace.json(trace.events, dropped: trace.dropped).text().utf8))
    }
    do {
      let result = try body(trace)
      try write()
      return result
    } catch {
      try? write()
      throw error
    }
  }
}
