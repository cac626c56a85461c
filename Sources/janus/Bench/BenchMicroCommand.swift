import ArgumentParser
import CoreGraph
import CoreOps
import Ops
import Serialization
import V1Graph
import V2Eager

struct BenchMicroCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "micro",
    abstract: "Times the smallest things a program does, in microseconds per call.")

  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    let figures = try MicroBenchmarks.all()
    if json {
      try printLine(JSON.object(figures.map { ($0.name, .number($0.microseconds)) }).text())
    } else {
      for (name, microseconds) in figures { try printLine("\(name)\t\(decimal(microseconds, 3))") }
    }
  }
}

enum MicroBenchmarks {
  private enum V2: V2API {}

  /// The best of five rounds, after a while in which caches fill and libraries' threads go to rest.
  private static func time(_ runs: Int, _ call: () throws -> Void) throws -> Double {
    let begin = now()
    while now() - begin < 0.1 { try call() }
    var best = Double.infinity
    for _ in 0..<5 {
      let start = now()
      for _ in 0..<runs { try call() }
      best = min(best, (now() - start) / Double(runs))
    }
    return best * 1e6
  }

  /// x · 2 + 1 on two numbers.
  private static let affine = """
    node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "shape" value { shape { dim { size: 2 } } } } }
    node { name: "two" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 2 } } } }
    node { name: "one" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
      attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { } float_val: 1 } } } }
    node { name: "mul" op: "Mul" input: "x" input: "two"
      attr { key: "T" value { type: DT_FLOAT } } }
    node { name: "add" op: "AddV2" input: "mul" input: "one"
      attr { key: "T" value { type: DT_FLOAT } } }
    """

  static func all() throws -> [(name: String, microseconds: Double)] {
    let a = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    let b = try Tensor([1, 0.5, 0.25, 2] as [Float], shape: [2, 2])
    let pair = try Tensor([1, 2] as [Float], shape: [2])
    let session = try Session(graph: Graph(importing: GraphDef(text: affine)))
    var figures: [(name: String, microseconds: Double)] = []
    func add(_ name: String, _ runs: Int, _ call: () throws -> Void) throws {
      figures.append((name, try time(runs, call)))
    }
    try add("eager_add_2x2", 20000) { _ = try V2.add(a, b) }
    try add("eager_matmul_2x2", 20000) { _ = try V2.matmul(a, b) }
    try add("tape_mul_sum", 2000) {
      let tape = V2.GradientTape()
      let sum = try tape.record {
        tape.watch(a)
        return try V2.reduceSum(V2.multiply(a, b))
      }
      _ = try tape.gradient(sum, a)
    }
    let function = V2.function { (x: Tensor) in try V2.add(V2.multiply(x, 2), 1) }
    try add("function_affine", 5000) { _ = try function(pair) }
    try add("session_affine", 5000) {
      _ = try session.run(fetches: ["add:0"], feeds: ["x:0": pair], targets: [], timeout: nil)
    }
    return figures
  }
}
