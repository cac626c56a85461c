import CoreOps

/// The nodes whose work a step does, and what it takes and gives.
struct StepOrigin: Sendable {
  /// Names errors.
  private let last: String
  /// All nodes in order, where there are several.
  private let several: [String]
  let op: String
  /// Numbers of values, for those whom the layout tells what they are.
  var inputs: [Int] = []
  /// Numbers of values that the program computes.
  var outputs: [Int] = []

  var nodes: [String] { several.isEmpty ? [last] : several }

  init(_ kernel: PreparedKernel) {
    let nodes = Self.nodes(kernel)
    last = nodes.last ?? kernel.node
    several = nodes.count > 1 ? nodes : []
    op = kernel.op.name
  }

  /// Several steps run as one.
  init(_ parts: [StepOrigin]) {
    last = parts.last?.last ?? ""
    several = parts.flatMap(\.nodes)
    op = parts.map(\.op).joined(separator: "+")
  }

  /// The attribute in which passes keep the names of the nodes that they put into one.
  static let mergedNodes = "_janus_nodes"

  static func nodes(_ kernel: PreparedKernel) -> [String] {
    guard case .list(let names)? = kernel.attrs[mergedNodes] else { return [kernel.node] }
    return names.map {
      if case .bytes(let name) = $0 { String(decoding: name, as: UTF8.self) } else { kernel.node }
    }
  }

  /// An error of the step, said to come from its last node.
  func place(_ error: TFError) -> TFError { error.at(node: last, op: op) }
}
