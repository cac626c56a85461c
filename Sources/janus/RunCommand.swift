import ArgumentParser
import CKernels
import CoreGraph
import CoreOps
import Serialization
import V1Graph

/// What of a model is run, as `run` and `bench` take it.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A GraphDef (.pb, .pbtxt), a MetaGraph (.meta) or a SavedModel folder.")
  var model: String
  @Option(help: "An .npz archive of what to feed; its keys are tensor names.") var inputs: String?
  @Option(
    help:
      "NAME=VALUE or NAME=FILE.npy; a value is a number, a text or a list such as [[1, 2], [3, 4]]."
  )
  var feed: [String] = []
  @Option(help: "A tensor to fetch, such as scores:0.") var fetch: [String] = []
  @Option(help: "A node to run without fetching it.") var target: [String] = []
  @Option(name: .customLong("init"), help: "A node to run before, such as init.") var initializers:
    [String] = []
  @Option(help: "A checkpoint to restore variables from.") var restore: String?
  @Option(help: "Tags of the SavedModel's graph.") var tag: [String] = []
  @Option(help: "How many threads work may be split over.") var threads: Int?
  @Option(help: "Seconds that a run may take, making its plan included.") var timeout: Double?
  @Option(help: "MiB that tensors and plans may take together.") var memoryLimit: Int?

  func validate() throws {
    if let timeout, !(timeout > 0) { throw ValidationError("--timeout takes seconds, more than 0") }
    if let memoryLimit, memoryLimit < 1 || memoryLimit > 1 << 32 {
      throw ValidationError("--memory-limit takes MiB, from 1")
    }
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads takes 1 to 1024")
    }
  }

  /// What is fed, by tensor name.
  func feeds() throws -> [String: Tensor] {
    var feeds = try inputs.map { try NpzReader($0).readAll() } ?? [:]
    for text in feed {
      guard let equals = text.firstIndex(of: "=") else {
        throw ValidationError("--feed takes NAME=VALUE or NAME=FILE.npy, got '\(text)'")
      }
      let value = String(text[text.index(after: equals)...])
      feeds[String(text[..<equals])] =
        try value.hasSuffix(".npy") ? NumPyFiles.readArray(value) : TensorText.parse(value)
    }
    return feeds
  }

  /// A session on the model, with its variables set.
  func session() throws -> Session {
    if let threads { jk_set_threads(Int32(threads)) }
    if let memoryLimit { MemoryLimit.bytes = memoryLimit << 20 }
    let session = try ModelFile(model).session(tags: tag, restore: restore)
    for name in initializers {
      _ = try session.run(fetches: [], feeds: [:], targets: [name], timeout: timeout)
    }
    return session
  }
}

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
    let feeds = try options.feeds()
    let results = try traced { observer in
      let session = try observing(observer, .load, "load \(options.model)") {
        try options.session()
      }
      return try observing(observer, .run, "run") {
        try session.run(
          fetches: options.fetch, feeds: feeds, targets: options.target,
          options.timeout.map { Cancellation(timeout: $0) } ?? Cancellation(), observer)
      }
    }
    let named = zip(options.fetch, results).map { (name: $0, tensor: $1) }
    if let out {
      try NumPyFiles.write(named, to: out)
    } else {
      for (name, tensor) in named {
        print("\(name): \(tensor.dtype) \(tensor.dims)\n\(TensorText.print(tensor))")
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
