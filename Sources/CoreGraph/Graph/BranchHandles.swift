import CoreOps

extension Graph.State {
  /// Functions within functions are looked into this deep: a function may call itself, and each
  /// level is instantiated anew.
  private static let mostLevels = 4

  /// What is behind the outputs of a call or of a branch that are resources or variants, as the
  /// called functions give them: what is true of all branches.
  ///
  /// - Parameter inputs: what is behind the node's inputs; empty where nothing is known of any.
  /// - Returns: one per output; nil where nothing is known of any.
  func handlesOfBranches(_ node: Node, _ inputs: [HandleData?]) -> [HandleData?]? {
    guard levels < Self.mostLevels,
      node.outputTypes.contains(where: { $0 == .resource || $0 == .variant })
    else { return nil }
    let selectors: Int
    let attributes: [String]
    switch node.opName {
    case "PartitionedCall", "StatefulPartitionedCall": (selectors, attributes) = (0, ["f"])
    default:
      guard let branches = FunctionCalls.branchAttributes(node.opName) else { return nil }
      (selectors, attributes) = (1, branches)
    }
    // What a function that cannot be instantiated is about, running it says.
    guard let functions = try? attributes.flatMap({ try FunctionCalls.functions(node.attrs, $0) })
    else { return nil }
    var common: [HandleData?]?
    for function in functions {
      guard let body = try? library.instantiate(function.name, function.attrs),
        body.results.count == node.outputTypes.count
      else { return nil }
      body.graph.withState { $0.levels = levels + 1 }
      for (argument, handle) in zip(body.arguments, inputs.dropFirst(selectors)) {
        guard let handle else { continue }
        body.graph.update(argument) {
          for attr in handle.attrs { $0.attrs[attr.name] = attr.value }
        }
      }
      let handles = body.results.map { body.graph.handle(of: $0) }
      common = common.map { zip($0, handles).map(Self.widened) } ?? handles
    }
    guard let common, common.contains(where: { $0 != nil }) else { return nil }
    return common
  }

  private static func widened(_ one: HandleData?, _ other: HandleData?) -> HandleData? {
    guard let one, let other else { return nil }
    return one.widened(with: other)
  }
}
