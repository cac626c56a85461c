/// The order of nodes in which each comes after those that it takes and waits for, but for the back
/// edges of loops.
enum NodeOrder {
  /// The needed nodes in order. That of their numbers is one, but where a node was given an input
  /// after it was made.
  static func sorted(_ nodes: [Node], _ needed: [Bool]) -> [Int] {
    let ids = nodes.indices.filter { needed[$0] }
    let isSorted = ids.allSatisfy { id in
      sources(nodes[id], nodes).allSatisfy { $0 < id }
    }
    if isSorted { return ids }
    var order: [Int] = []
    order.reserveCapacity(ids.count)
    var isSeen = [Bool](repeating: false, count: nodes.count)
    for id in ids where !isSeen[id] {
      isSeen[id] = true
      var stack = [(id: id, sources: sources(nodes[id], nodes)[...])]
      while !stack.isEmpty {
        guard let next = stack[stack.count - 1].sources.popFirst() else {
          order.append(stack.removeLast().id)
          continue
        }
        if needed[next], !isSeen[next] {
          isSeen[next] = true
          stack.append((next, sources(nodes[next], nodes)[...]))
        }
      }
    }
    return order
  }

  /// The nodes that stand before a node.
  private static func sources(_ node: Node, _ nodes: [Node]) -> [Int] {
    let inputs = node.inputs.lazy.map(\.node)
    guard case .merge? = node.primitive else { return Array(inputs) + node.controlInputs }
    return inputs.filter { input in
      if case .nextIteration? = nodes[input].primitive { false } else { true }
    } + node.controlInputs
  }
}
