import ArgumentParser
import CoreGraph
import CoreOps
import Models
import Serialization

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Says what is in a model, and what of it cannot run.")

  @Argument(help: "A GraphDef (.pb, .pbtxt), a MetaGraph (.meta) or a SavedModel folder.")
  var model: String
  @Flag(help: "Print one JSON object.") var json = false
  @Flag(help: "Also say the static shape of each tensor.") var shapes = false

  func run() throws {
    let progress = ReadingProgress("reading \(model)")
    defer { progress.end() }
    let file = try Model(contentsOf: model)
    let graphs = try file.metaGraphs.map { try ModelReport($0, shapes: shapes) }
    progress.end()
    if json {
      try printLine(
        JSON.object([
          ("path", .string(model)), ("kind", .string(file.kind.rawValue)),
          ("graphs", .array(graphs.map(\.json))),
        ]).text())
    } else {
      try printLine("\(model): \(file.kind.rawValue)")
      for graph in graphs { try writeOutput(graph.text) }
    }
  }
}

/// What `inspect` tells about one graph.
struct ModelReport {
  struct Value {
    var name: String
    var dtype: String
    var shape: String

    var json: JSON {
      .object([("name", .string(name)), ("dtype", .string(dtype)), ("shape", .string(shape))])
    }
  }

  private let summary: MetaGraph
  private let ops: [(op: String, count: Int)]
  private let inputs: [Value]
  private let outputs: [String]
  private let variables: [Value]
  private let unsupported: [(what: String, nodes: [String])]
  /// Each node with the static shapes of its outputs; nil where they were not asked for.
  private let shapes: [(node: String, shapes: [String])]?

  /// - Parameter shapes: whether the report says the static shape of each tensor.
  init(_ summary: MetaGraph, shapes: Bool = false) throws {
    self.summary = summary
    let graph = summary.graph
    self.shapes = shapes ? try Self.shapes(graph) : nil
    let all = graph.nodes + graph.library.flatMap(\.nodes)
    ops = Dictionary(grouping: all, by: \.op).map { ($0.key, $0.value.count) }
      .sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    inputs = graph.nodes.filter { $0.op.hasPrefix("Placeholder") }.map(Self.value)
    let variableOps: Set = ["Variable", "VariableV2", "VarHandleOp"]
    variables = graph.nodes.filter { variableOps.contains($0.op) }.map(Self.value)
    var used: Set<String> = []
    for node in graph.nodes {
      for input in node.inputs {
        used.insert(String(input.drop { $0 == "^" }.prefix { $0 != ":" }))
      }
    }
    outputs = graph.nodes.filter { !used.contains($0.name) }.map(\.name)
    let functions = Set(graph.library.map(\.name))
    var unsupported: [String: [String]] = [:]
    for node in all {
      if let problem = Self.problem(node, functions) {
        unsupported[problem, default: []].append(node.name)
      }
    }
    self.unsupported = unsupported.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private static func shapes(_ definition: GraphDef) throws -> [(node: String, shapes: [String])] {
    let graph = try Graph(importing: definition)
    return graph.nodes.map { node in
      (node.name, graph.facts(node.id).shapes.map(\.description))
    }
  }

  private static func value(_ node: NodeDef) -> Value {
    var value = Value(name: node.name, dtype: "?", shape: "?")
    if case .type(let dtype)? = node.attrs["dtype"] { value.dtype = dtype.name }
    if case .shape(let shape)? = node.attrs["shape"] { value.shape = shape.description }
    return value
  }

  /// Why a node cannot run, if it cannot.
  private static func problem(_ node: NodeDef, _ functions: Set<String>) -> String? {
    guard let op = OpRegistry.standard[node.op] else {
      return functions.contains(node.op) ? nil : "\(node.op): not an op that Janus has"
    }
    for (attr, dtypes) in op.kernelDTypes.sorted(by: { $0.key < $1.key }) {
      switch node.attrs[attr] {
      case .type(let dtype)?, .refType(let dtype)?:
        if !dtypes.contains(dtype) { return "\(node.op): no kernel for \(attr)=\(dtype.name)" }
      default: break
      }
    }
    return nil
  }

  var json: JSON {
    func endpoints(_ list: [String: TensorInfo]) -> JSON {
      .array(
        list.sorted { $0.key < $1.key }.map { key, info in
          .object([
            ("key", .string(key)), ("name", .string(info.name ?? "")),
            ("dtype", .string(info.dtype?.name ?? "?")),
            ("shape", .string((info.shape ?? .unknown).description)),
          ])
        })
    }
    var fields: [(String, JSON)] = [
      ("tags", .strings(summary.tags)), ("producer", .integer(summary.graph.versions.producer)),
      ("tensorflow_version", .string(summary.tensorflowVersion)),
      ("nodes", .integer(summary.graph.nodes.count)),
      ("functions", .strings(summary.graph.library.map(\.name).sorted())),
      ("ops", .object(ops.map { ($0.op, .integer($0.count)) })),
      ("inputs", .array(inputs.map(\.json))),
      ("outputs", .strings(outputs)), ("variables", .array(variables.map(\.json))),
      (
        "signatures",
        .array(
          summary.signatures.sorted { $0.key < $1.key }.map { key, signature in
            .object([
              ("key", .string(key)), ("method", .string(signature.methodName)),
              ("inputs", endpoints(signature.inputs)), ("outputs", endpoints(signature.outputs)),
            ])
          })
      ),
      (
        "collections",
        .object(
          summary.collections.sorted { $0.key < $1.key }.map {
            ($0.key, .strings($0.value.members))
          }
        )
      ),
      (
        "unsupported",
        .array(
          unsupported.map { .object([("what", .string($0.what)), ("nodes", .strings($0.nodes))]) })
      ),
    ]
    if let shapes {
      fields.append(("shapes", .object(shapes.map { ($0.node, .strings($0.shapes)) })))
    }
    return .object(fields)
  }

  var text: String {
    var text = ""
    func line(_ title: String, _ content: String) {
      let filling = String(repeating: " ", count: max(14 - title.count, 1))
      text += title + filling + content.oneLine + "\n"
    }
    func list(_ title: String, _ values: [String], most: Int = 20) {
      for (index, value) in values.prefix(most).enumerated() {
        line(index == 0 ? title : "", value)
      }
      if values.count > most { line("", "… \(values.count - most) more (see --json)") }
    }
    if !summary.tags.isEmpty { line("tags", summary.tags.joined(separator: ", ")) }
    var made = "GraphDef version \(summary.graph.versions.producer)"
    if !summary.tensorflowVersion.isEmpty { made += ", TensorFlow \(summary.tensorflowVersion)" }
    line("made by", made)
    line("nodes", "\(summary.graph.nodes.count), and \(summary.graph.library.count) functions")
    list("ops", ops.map { "\($0.count) \($0.op)" }, most: 100)
    list("inputs", inputs.map { "\($0.name) \($0.dtype) \($0.shape)" })
    list("outputs", outputs)
    list("variables", variables.map { "\($0.name) \($0.dtype) \($0.shape)" })
    for (key, signature) in summary.signatures.sorted(by: { $0.key < $1.key }) {
      line("signature", "\(key) \(signature.methodName)")
      for (arrow, list) in [("in ", signature.inputs), ("out", signature.outputs)] {
        for (key, info) in list.sorted(by: { $0.key < $1.key }) {
          line(
            "",
            """
            \(arrow) \(key): \(info.name ?? "") \(info.dtype?.name ?? "?") \
            \(info.shape ?? .unknown)
            """)
        }
      }
    }
    list(
      "shapes", (shapes ?? []).map { "\($0.node): \($0.shapes.joined(separator: ", "))" },
      most: .max)
    list(
      "collections",
      summary.collections.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.members.count)" })
    if unsupported.isEmpty {
      line("cannot run", "nothing: every op has a kernel")
    } else {
      list(
        "cannot run",
        unsupported.map { "\($0.what) (\($0.nodes.count) nodes, such as \($0.nodes[0]))" },
        most: 100)
    }
    return text
  }
}
