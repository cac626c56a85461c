import ArgumentParser
import CKernels
import CoreGraph
import CoreOps
import Models
import Serialization
import V1Graph

/// What of a model is run, as `run` and `bench` take it.
struct ModelOptions: ParsableArguments {
  @Argument(help: "A GraphDef (.pb, .pbtxt), a MetaGraph (.meta) or a SavedModel folder.")
  var model: String
  @Option(
    help:
      """
      A signature of the model, such as serving_default: its own names of inputs and outputs then \
      stand for tensors.
      """
  )
  var signature: String?
  @Option(
    help:
      """
      An .npz archive of what to feed. Its keys are names of placeholders, a signature's inputs, \
      or tensors as NAME:0; what else it holds is left out.
      """
  )
  var inputs: String?
  @Option(
    help:
      "NAME=VALUE or NAME=FILE.npy; a value is a number, a text or a list such as [[1, 2], [3, 4]]."
  )
  var feed: [String] = []
  @Option(
    help:
      """
      A tensor to fetch, such as scores:0, or an output of the signature; without, all of the \
      signature that is named.
      """
  )
  var fetch: [String] = []
  @Option(help: "A node to run without fetching it.") var target: [String] = []
  @Option(name: .customLong("init"), help: "A node to run before, such as init.") var initializers:
    [String] = []
  @Option(help: "A checkpoint to restore variables from.") var restore: String?
  @Option(help: "The tags of the SavedModel's graph, as serve,gpu; '' for the graph without tags.")
  var tags: String?
  @Option(help: "How many threads work may be split over.") var threads: Int?
  @Option(help: "Seconds that all may take: reading the files, making plans, and each run.")
  var timeout: Double?
  @OptionGroup var memory: MemoryOptions

  func validate() throws {
    try checkTimeout(timeout)
    if let threads, threads < 1 || threads > 1024 {
      throw ValidationError("--threads takes 1 to 1024")
    }
  }

  /// Does `body` within the limits of memory and time, reading files included.
  func withinLimits<R>(_ body: (Cancellation) throws -> R) throws -> R {
    memory.set()
    guard let timeout else { return try body(Cancellation()) }
    let watchdog = Watchdog {
      writeError("janus: \(TFError.pastTimeout)\n")
    }
    watchdog.allow(timeout)
    defer { watchdog.rest() }
    let cancellation = Cancellation(timeout: timeout)
    return try cancellation.whileCurrent { try body(cancellation) }
  }

  /// What the command line says is fed.
  func feeds() throws -> GivenFeeds {
    var feeds = GivenFeeds()
    if let inputs { feeds.archive = (inputs, try NpzReader(inputs).readAll()) }
    for text in feed {
      guard let equals = text.firstIndex(of: "=") else {
        throw ValidationError("--feed takes NAME=VALUE or NAME=FILE.npy, got '\(text)'")
      }
      let value = String(text[text.index(after: equals)...])
      feeds.values[String(text[..<equals])] =
        try value.hasSuffix(".npy") ? NumPyFiles.readArray(value) : TensorText.Literal(value)
    }
    return feeds
  }

  /// A session on the model, with its variables set.
  func session(_ cancellation: Cancellation) throws -> ModelRun {
    if let threads { jk_set_threads(Int32(threads)) }
    let run = try ModelRun(
      path: model, tags: tags.map(Self.list), signature: signature, restore: restore, cancellation)
    for name in initializers {
      _ = try run.session.run(fetches: [], feeds: [:], targets: [name], cancellation, nil)
    }
    return run
  }

  /// The parts of a list with commas.
  static func list(_ text: String) -> [String] {
    text.split(separator: ",").map { String($0.drop { $0 == " " }) }
  }
}

/// What a command line says is fed, by the names that the user gave.
struct GivenFeeds {
  var values: [String: any TensorConvertible] = [:]
  /// An archive may hold more than what is fed.
  var archive: (path: String, arrays: [String: Tensor])?
}

/// How much memory a command may take.
struct MemoryOptions: ParsableArguments {
  @Option(help: "MiB that files as they are read, tensors and plans may take together.")
  var memoryLimit: Int?

  func validate() throws {
    if let memoryLimit, memoryLimit < 1 || memoryLimit > 1 << 32 {
      throw ValidationError("--memory-limit takes MiB, from 1")
    }
  }

  func set() { if let memoryLimit { MemoryLimit.bytes = memoryLimit << 20 } }
}

/// - Throws: for a time-out that is no time.
func checkTimeout(_ timeout: Double?) throws {
  if let timeout, !(timeout > 0) { throw ValidationError("--timeout takes seconds, more than 0") }
}

extension TFError {
  /// What is said of work that the watchdog had to end.
  static let pastTimeout = TFError(
    .deadlineExceeded, "the work took longer than its time-out, and did not end by itself")
}
