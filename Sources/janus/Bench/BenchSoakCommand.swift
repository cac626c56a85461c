import ArgumentParser
import CoreGraph
import CoreOps
import Ops
import Serialization
import V2Eager

struct BenchSoakCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "soak",
    abstract: "Makes small calls for long, and says how much memory is left of them.",
    discussion: """
      Each kind of call is made some times so that caches fill, and then as often as asked. What \
      the process and the account of tensors have grown by is printed, and the time of a call.
      """)

  @Option(help: "How many calls of each kind.") var rounds = 1_000_000
  @Flag(help: "Print one JSON object.") var json = false

  func validate() throws {
    guard rounds >= 1 else { throw ValidationError("--rounds takes at least one call") }
  }

  func run() throws {
    var figures: [(String, Double)] = [("rounds", Double(rounds))]
    for growth in try Soak.all(rounds: rounds) {
      figures.append(("\(growth.name)_rss_mb", growth.resident))
      figures.append(("\(growth.name)_tensor_bytes", Double(growth.tensors)))
      figures.append(("\(growth.name)_us", growth.microseconds))
    }
    if json {
      try printLine(JSON.object(figures.map { ($0.0, .number($0.1)) }).text())
    } else {
      for (name, value) in figures {
        try printLine(
          "\(name)\t\(decimal(value, name.hasSuffix("us") || name.hasSuffix("mb") ? 2 : 0))")
      }
    }
  }
}

/// Calls that a program makes without end.
enum Soak {
  private enum V2: V2API {}

  struct Growth {
    let name: String
    /// What the process's memory has grown by, in MiB.
    let resident: Double
    /// What the account of tensors and plans has grown by, in bytes.
    let tensors: Int
    let microseconds: Double
  }

  static func all(rounds: Int) throws -> [Growth] {
    let x = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    Environment.current.setSeed(7)
    defer { Environment.current.setSeed(nil) }
    let function = V2.function { (x: Tensor) in try V2.add(V2.multiply(x, 2), 1) }
    let squares = V2.customGradient { (x: Tensor) in
      (value: try V2.multiply(x, x), gradient: { upstream in try V2.multiply(upstream, x) })
    }
    return [
      // Seeds that are drawn, so that each call has another.
      try growth("random", rounds) { _ = try V2.random.normal([2, 2]) },
      try growth("function", rounds) { _ = try function(x) },
      try growth("tape", rounds) {
        let tape = V2.GradientTape()
        let sum = try tape.record {
          tape.watch(x)
          return try V2.reduceSum(V2.multiply(function(x), squares(x)))
        }
        _ = try tape.gradient(sum, x)
      },
    ]
  }

  private static func growth(_ name: String, _ rounds: Int, _ call: () throws -> Void) throws
    -> Growth
  {
    // Generators of drawn seeds are kept for some thousand calls.
    for _ in 0..<max(rounds / 4, 1000) { try call() }
    let (resident, tensors, start) = (residentMemory(), MemoryLimit.usedBytes, now())
    for _ in 0..<rounds { try call() }
    return Growth(
      name: name, resident: residentMemory() - resident,
      tensors: MemoryLimit.usedBytes - tensors,
      microseconds: (now() - start) / Double(rounds) * 1e6)
  }
}
