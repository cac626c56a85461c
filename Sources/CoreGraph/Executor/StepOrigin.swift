import CoreOps

/// The nodes whose work a step does, and what it takes and gives.
struct StepOrigin: Sendable {
  /// All nodes in order; the last names errors.
  var nodes: [String]
  var op: String
  var inputs: [ValueSpec] = []
  var outputs: [ValueSpec] = []

  init(_ kernel: PreparedKernel) {
    nodes = Self.nodes(kernel)
    op = kernel.op.name
  }

  /// Several steps run as one.
  init(_ parts: [StepOrigin]) {
    nodes = parts.flatMap(\.nodes)
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
  func place(_ error: TFError) -> TFError { error.at(node: nodes.last, op: op) }
}
