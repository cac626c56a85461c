import ArgumentParser
import CKernels
import CoreGraph
import CoreOps
import Serialization
import V1Graph

/// What of a model is run, as `run` and `bench` take it.
struct RunOptions: ParsableArguments {
  @Argument(help: "A GraphDef (.pb, .pbtxt), a MetaGraph (.meta) or a SavedModel folder.") var model: String
  @Option(help: "An .npz archive of what to feed; its keys are tensor names.") var inputs: String?
  @Option(help: "NAME=VALUE or NAME=FILE.npy; a value is a number, a text or a list such as [[1, 2], [3, 4]].")
  var feed: [String] = []
  @Option(help: "A tensor to fetch, such as scores:0.") var fetch: [String] = []
  @Option(help: "A node to run without fetching it.") var target: [String] = []
  @Option(name: .customLong("init"), help: "A node to run before, such as init.") var initializers: [String] = []
  @Option(help: "A checkpoint to restore variables from.") var restore: String?
  @Option(help: "Tags of the SavedModel's graph.") var tag: [String] = []
  @Option(help: "How many threads work may be split over.") var threads: Int?

  func validate() throws {
    if let threads, threads < 1 || threads > 1024 { throw ValidationError("--threads takes 1 to 1024") }
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
    let session = try ModelFile(model).session(tags: tag, restore: restore)
    for name in initializers {
      _ = try session.run(fetches: [], feeds: [:], targets: [name], timeout: nil)
    }
    return session
  }
}

struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Runs a model once and prints or saves what is fetched.")

  @OptionGroup var options: RunOptions
  @Option(help: "Save what is fetched to this .npz archive.") var out: String?
  @Option(help: "Seconds that the run may take.") var timeout: Double?

  func run() throws {
    guard !options.fetch.isEmpty || !options.target.isEmpty || !options.initializers.isEmpty else {
      throw ValidationError("nothing to run: give --fetch, --target or --init; 'janus inspect \(options.model)' lists names")
    }
    let feeds = try options.feeds()
    let session = try options.session()
    let results = try session.run(
      fetches: options.fetch, feeds: feeds, targets: options.target, timeout: timeout)
    let named = zip(options.fetch, results).map { (name: $0, tensor: $1) }
    if let out {
      try NumPyFiles.write(named, to: out)
    } else {
      for (name, tensor) in named { print("\(name): \(tensor.dtype) \(tensor.dims)\n\(TensorText.print(tensor))") }
    }
  }
}
