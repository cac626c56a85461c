import CoreOps

/// Rewrites of graphs as data, as people make them before deployment. Follows
/// `tf.compat.v1.graph_util`.
public enum GraphRewrites {
  /// The nodes that others need, with the functions that they may call.
  ///
  /// Follows `tf.compat.v1.graph_util.extract_sub_graph`.
  ///
  /// - Parameter destNodes: names of nodes that are kept, with all that they need.
  /// - Throws: `INVALID_ARGUMENT` when one is not in the graph.
  public static func extractSubGraph(_ graph: GraphDef, destNodes: [String]) throws -> GraphDef {
    let positions = Dictionary(
      graph.nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { known, _ in known })
    var kept: Set<Int> = []
    var waiting: [Int] = []
    for name in destNodes {
      guard let position = positions[name] else {
        throw TFError.invalidArgument("\(name) is not in graph")
      }
      waiting.append(position)
    }
    while let position = waiting.popLast() {
      guard kept.insert(position).inserted else { continue }
      let node = graph.nodes[position]
      let needed = node.inputs.map { String(InputReference($0).node) } + node.colocated
      waiting += needed.compactMap { positions[$0] }
    }
    var part = graph
    part.nodes = kept.sorted().map { graph.nodes[$0] }
    return part
  }

  /// The graph without what only training needs: checks of numbers, and identities that no control
  /// edge touches; their users take what these took.
  ///
  /// Follows `tf.compat.v1.graph_util.remove_training_nodes`.
  ///
  /// - Parameter protectedNodes: names of nodes that stay.
  public static func removeTrainingNodes(_ graph: GraphDef, protectedNodes: Set<String> = [])
    -> GraphDef
  {
    var controls: Set<String> = []
    var colocated: Set<String> = []
    for node in graph.nodes {
      colocated.formUnion(node.colocated)
      for input in node.inputs where input.hasPrefix("^") {
        controls.insert(String(input.dropFirst()))
      }
    }
    var sources: [String: String] = [:]
    for node in graph.nodes {
      guard !protectedNodes.contains(node.name), let input = node.inputs.first,
        !input.hasPrefix("^")
      else { continue }
      switch node.op {
      case "CheckNumerics": break
      case "Identity", "StopGradient":
        guard !controls.contains(node.name), !colocated.contains(node.name),
          !node.inputs.contains(where: { $0.hasPrefix("^") })
        else { continue }
      default: continue
      }
      sources[node.name] = input
    }
    /// The input that stands behind removed nodes. A cycle of identities ends at its start.
    func resolved(_ input: String) -> String {
      var current = input
      var steps = 0
      while steps <= sources.count, let next = sources[String(InputReference(current).node)] {
        steps += 1
        current = input.hasPrefix("^") ? "^\(InputReference(next).node)" : next
      }
      return steps > sources.count ? input : current
    }
    var reduced = graph
    reduced.nodes = graph.nodes.compactMap { node in
      guard sources[node.name] == nil else { return nil }
      var node = node
      node.inputs = node.inputs.map(resolved)
      return node
    }
    return reduced
  }
}
