import ArgumentParser
import CoreGraph
import CoreOps
import Serialization
import V1Graph

struct BenchGraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Builds, plans and runs a graph of many nodes once: times, and memory per node.")

  @Option(help: "How many nodes.") var nodes = 1_000_000
  @Flag(
    help: "Print one JSON line: nodes build_ms plan_ms run_ms total_ms peak_bytes_per_node.")
  var json = false

  func validate() throws {
    guard nodes >= 16, nodes <= 100_000_000 else {
      throw ValidationError("--nodes takes 16 to 100000000")
    }
  }

  func run() throws {
    let base = peakMemory()
    let start = now()
    let (session, last) = try build()
    let built = now()
    let call = try session.callable(fetches: [last], feeds: ["x"], targets: [])
    let planned = now()
    let y = try call([try Tensor([Float](repeating: 0.5, count: 4), dims: [4])])[0]
    let ran = now()
    guard y.elements(Float.self).allSatisfy({ $0.isFinite }) else {
      throw TFError.internal("the graph's numbers are not finite")
    }
    let figures: [(String, Double)] = [
      ("nodes", Double(nodes)), ("build_ms", (built - start) * 1e3),
      ("plan_ms", (planned - built) * 1e3), ("run_ms", (ran - planned) * 1e3),
      ("total_ms", (ran - start) * 1e3),
      ("peak_bytes_per_node", (peakMemory() - base) * 1_048_576 / Double(nodes)),
    ]
    if json {
      try printLine(JSON.object(figures.map { ($0.0, .number($0.1)) }).text())
    } else {
      for (name, value) in figures {
        try printLine("\(name)\t\(decimal(value, name == "nodes" ? 0 : 1))")
      }
    }
  }

  /// Layers of a few ops on four numbers, named as programs name them, as a file would have them.
  private func build() throws -> (Session, String) {
    var definition = GraphDef()
    definition.versions.producer = Graph.producerVersion
    definition.nodes.reserveCapacity(nodes)
    let float: Attrs = ["T": .type(.float32)]
    definition.nodes.append(
      NodeDef(
        name: "x", op: "Placeholder", attrs: ["dtype": .type(.float32), "shape": .shape([4])]))
    definition.nodes.append(
      NodeDef(
        name: "half", op: "Const",
        attrs: ["dtype": .type(.float32), "value": .tensor(try Tensor(scalar: Float(0.5)))]))
    var last = "x"
    for index in 2..<nodes {
      let op = Self.ops[index % Self.ops.count]
      let name = "layer_\(index / Self.ops.count)/\(op)"
      definition.nodes.append(
        NodeDef(name: name, op: op, inputs: op == "Tanh" ? [last] : [last, "half"], attrs: float))
      last = name
    }
    return (Session(graph: try Graph(importing: definition)), last)
  }

  private static let ops = ["AddV2", "Mul", "Tanh", "Maximum", "Sub"]
}
