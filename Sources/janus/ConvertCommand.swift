import ArgumentParser
import CoreOps
import Models
import Serialization

/// How a model is written, as commands that write one take it.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Write protocol buffer text format; so do names that end in .pbtxt.") var text = false
  @Flag(help: "Write the binary format.") var binary = false

  func validate() throws {
    if text && binary { throw ValidationError("--text and --binary exclude each other") }
  }

  func isText(_ path: String) -> Bool { !binary && (text || path.hasSuffix(".pbtxt")) }
}

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Writes a model in another form: binary or text, MetaGraph or GraphDef.")

  enum Target: String, ExpressibleByArgument, CaseIterable {
    case graphdef, metagraph, savedmodel

    var kind: Model.Kind {
      switch self {
      case .graphdef: .graphDef
      case .metagraph: .metaGraph
      case .savedmodel: .savedModel
      }
    }
  }

  @Argument(help: "A GraphDef (.pb, .pbtxt), a MetaGraph (.meta) or a SavedModel folder.")
  var model: String
  @Argument(help: "What to write; of a SavedModel a folder.") var output: String
  @Option(
    help:
      """
      graphdef, metagraph or savedmodel. Without, names that end in .meta are MetaGraphs, those in \
      .pb and .pbtxt GraphDefs, and others what the model is.
      """
  )
  var to: Target?
  @Option(help: "The tags of the SavedModel's graph.") var tags: String?
  @OptionGroup var form: OutputOptions

  func run() throws {
    let progress = ReadingProgress("reading \(model)")
    defer { progress.end() }
    let file = try Model(contentsOf: model)
    let kind = to?.kind ?? Self.kind(output) ?? file.kind
    try ModelFormats.format(kind).write(
      file, to: output, tags: tags.map(ModelOptions.list), asText: form.isText(output))
  }

  private static func kind(_ path: String) -> Model.Kind? {
    if path.hasSuffix(".meta") { return .metaGraph }
    return path.hasSuffix(".pb") || path.hasSuffix(".pbtxt") ? .graphDef : nil
  }
}
