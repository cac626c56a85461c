import CoreGraph
import CoreOps

/// What a plan is made for.
struct PlanRequest: Sendable {
  let feeds: [Endpoint]
  let fetches: [Endpoint]
  let targets: [Int]

  /// An error about a placeholder that was not fed, with the others that the run needs too.
  func namingUnfed(_ error: TFError, in graph: Graph) throws -> TFError {
    let needed = try Subgraph.pruned(graph, feeds: feeds, fetches: fetches, targets: targets)
    let fed = Set(needed.feeds.map(\.node))
    let others = needed.graph.nodes.filter {
      ["Placeholder", "PlaceholderV2"].contains($0.opName) && !fed.contains($0.id)
        && $0.name != error.node
    }
    if others.isEmpty { return error }
    let shown = others.prefix(Self.mostShown).map { node in
      "'\(node.name)' with dtype \(node.outputTypes[0].signatureName)"
    }
    let rest = others.count - shown.count
    return TFError(
      error.code,
      "\(error.message); nor are fed: \(shown.joined(separator: ", "))"
        + (rest > 0 ? " and \(rest) more" : ""), node: error.node, op: error.op)
  }

  private static let mostShown = 20
}

extension TFError {
  /// Whether a run failed since it needed a placeholder that was not fed.
  var isUnfedPlaceholder: Bool {
    code == .invalidArgument && (op == "Placeholder" || op == "PlaceholderV2")
      && message.hasPrefix("You must feed a value for placeholder tensor")
  }
}
