import ArgumentParser
import CoreOps
import Serialization

struct OpsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ops", abstract: "Lists the ops that Janus has, with their kernels' dtypes.")

  @Flag(help: "Print one JSON array.") var json = false

  func run() throws {
    let ops = OpRegistry.standard.all
    if json {
      let list = ops.map { op in
        JSON.object([
          ("name", .string(op.name)),
          (
            "kernels",
            .object(
              op.kernelDTypes.sorted { $0.key < $1.key }.map {
                ($0.key, .strings($0.value.map(\.name)))
              })
          ),
          ("gradient", .bool(op.hasGradient)), ("stateful", .bool(op.isStateful)),
        ])
      }
      try printLine(JSON.array(list).text())
      return
    }
    let width = ops.map(\.name.count).max() ?? 0
    for op in ops {
      let kernels = op.kernelDTypes.sorted { $0.key < $1.key }
        .map { "\($0.key): \($0.value.map(\.signatureName).joined(separator: " "))" }
      let name = op.name + String(repeating: " ", count: width - op.name.count)
      try printLine(
        "\(name)  \(op.hasGradient ? "gradient" : "        ")  \(kernels.joined(separator: "; "))")
    }
    try printLine("\(ops.count) ops")
  }
}
