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
  @Option(help: "Then save the variables to this checkpoint.") var save: String?
  @Option(
    help:
      """
      Write when each step ran to this file, for a browser's trace viewer (chrome://tracing, \
      ui.perfetto.dev).
      """
  )
  var trace: String?

  func run() throws {
    guard
      !options.fetch.isEmpty || !options.target.isEmpty || !options.initializers.isEmpty
        || options.signature != nil || save != nil
    else {
      throw ValidationError(
        """
        nothing to run: give --fetch, --signature, --target, --init or --save; 'janus inspect \
        \(options.model)' lists names
        """
      )
    }
    try options.withinLimits(run)
  }

  private func run(_ cancellation: Cancellation) throws {
    let feeds = try options.feeds()
    let named = try traced { observer in
      let run = try observing(observer, .load, "load \(options.model)") {
        try options.session(cancellation)
      }
      let fetches =
        options.fetch.isEmpty && options.signature != nil ? run.outputs : options.fetch
      let results = try observing(observer, .run, "run") {
        try run.session.run(
          fetches: fetches.map(run.output), feeds: run.feeds(feeds), targets: options.target,
          cancellation, observer)
      }
      if let save { try run.session.save(to: save, run.meta, cancellation) }
      return zip(fetches, results).map { (name: $0, tensor: $1) }
    }
    if let out {
      try NumPyFiles.write(named, to: out)
    } else {
      for (name, tensor) in named {
        let text = TensorText.print(tensor)
        try printLine("\(name.oneLine): \(tensor.dtype) \(tensor.dims)\n\(text)")
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
