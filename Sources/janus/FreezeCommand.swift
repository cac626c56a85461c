import ArgumentParser
import CoreGraph
import CoreOps
import Models
import Serialization
import V1Graph

struct FreezeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "freeze",
    abstract: "Writes what a model needs for its outputs as one graph, with variables as constants."
  )

  @Argument(help: "A MetaGraph (.meta), a SavedModel folder or a GraphDef.") var model: String
  @Option(help: "The GraphDef to write: .pb, or .pbtxt for text.") var out: String
  @Option(help: "A signature, of which all outputs are kept.") var signature: String?
  @Option(help: "A node or tensor that is kept, with all that it needs.") var fetch: [String] = []
  @Option(help: "A checkpoint to restore variables from.") var restore: String?
  @Option(name: .customLong("init"), help: "A node to run before, such as init.")
  var initializers: [String] = []
  @Option(help: "The tags of the SavedModel's graph.") var tags: String?
  @OptionGroup var form: OutputOptions

  func run() throws {
    let cancellation = Cancellation()
    let run = try ModelRun(
      path: model, tags: tags.map(ModelOptions.list), signature: signature, restore: restore,
      cancellation)
    for name in initializers {
      _ = try run.session.run(fetches: [], feeds: [:], targets: [name], cancellation, nil)
    }
    let names = fetch.isEmpty ? run.outputs : fetch
    guard !names.isEmpty else {
      throw ValidationError(
        "nothing to keep: give --fetch or --signature; 'janus inspect \(model)' lists names")
    }
    let frozen = try run.session.frozen(
      run.meta, outputs: names.map { String(run.output($0).prefix { $0 != ":" }) })
    try writeFile(out, form.isText(out) ? Array(frozen.text().utf8) : frozen.serialized())
  }
}
