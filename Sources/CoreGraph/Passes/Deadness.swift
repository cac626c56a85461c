import CoreOps

/// Under which branches of Switch nodes each node of a graph runs.
///
/// A node's guard is the list of branches, the outermost first, that have to be taken for it to
/// run. Where it is not such a list (a node that needs values of two branches that are not inside
/// each other, a Merge of other than the two sides of one condition), the predicates that take part
/// are irregular, and what depends on them is left to the executor for frames.
struct Deadness {
  struct Branch: Hashable {
    /// The predicate, without the Identity nodes that hand it on.
    let predicate: Endpoint
    /// 0 where it does not hold, 1 where it does.
    let side: Int
  }

  struct Guard {
    var branches: [Branch] = []
    /// Whether there is more to it, which is not a list of branches.
    var isOpen = false
  }

  /// Per node, of its outputs; of a Switch, of what it waits for itself.
  private(set) var guards: [Guard] = []
  private(set) var irregular: Set<Endpoint> = []
  /// For each Merge of the two sides of one condition, the predicate and the side of each input.
  private(set) var merges: [Int: (predicate: Endpoint, sides: [Int])] = [:]
  private let nodes: [Node]

  init(_ nodes: [Node], fetches: [Endpoint]) {
    self.nodes = nodes
    guards.reserveCapacity(nodes.count)
    for node in nodes { guards.append(guardOf(node)) }
    // What is fetched has to have a value, or it is an error that the frames find.
    for fetch in fetches {
      for branch in guards(of: fetch).branches { irregular.insert(branch.predicate) }
    }
  }

  /// The predicate that a Switch goes by.
  func predicate(of node: Node) -> Endpoint {
    var endpoint = node.inputs[1]
    while true {
      let source = nodes[endpoint.node]
      guard source.opName == "Identity", source.controlInputs.isEmpty,
        source.inputs[0].node < source.id
      else { return endpoint }
      endpoint = source.inputs[0]
    }
  }

  func guards(of endpoint: Endpoint) -> Guard {
    var own = guards[endpoint.node]
    let node = nodes[endpoint.node]
    if case .switch? = node.primitive, !own.isOpen {
      own.branches.append(Branch(predicate: predicate(of: node), side: endpoint.index))
    }
    return own
  }

  private mutating func guardOf(_ node: Node) -> Guard {
    var result = Guard()
    switch node.primitive {
    case .enter?, .exit?, .nextIteration?, .loopCond?:
      result.isOpen = true
    case .merge?:
      return guardOfMerge(node)
    default: break
    }
    for input in node.inputs { result = union(result, guards(of: input)) }
    for control in node.controlInputs { result = union(result, guards[control]) }
    if case .switch? = node.primitive {
      let predicate = predicate(of: node)
      if node.opName != "Switch" || result.branches.contains(where: { $0.predicate == predicate }) {
        irregular.insert(predicate)
        result.isOpen = true
      }
      if result.isOpen { irregular.insert(predicate) }
    }
    return result
  }

  private mutating func guardOfMerge(_ node: Node) -> Guard {
    guard node.inputs.allSatisfy({ $0.node < node.id }) else { return Guard(isOpen: true) }
    let inputs = node.inputs.map(guards(of:))
    var waits = Guard()
    for control in node.controlInputs { waits = union(waits, guards[control]) }
    if node.opName == "Merge", inputs.count == 2, !inputs.contains(where: \.isOpen), !waits.isOpen,
      let a = inputs[0].branches.last, let b = inputs[1].branches.last,
      a.predicate == b.predicate, a.side != b.side
    {
      let outer = Array(inputs[0].branches.dropLast())
      if outer == Array(inputs[1].branches.dropLast()), outer.starts(with: waits.branches) {
        merges[node.id] = (a.predicate, [a.side, b.side])
        return Guard(branches: outer)
      }
    }
    var common = inputs.first ?? Guard()
    for input in inputs.dropFirst() { common = parting(common, input) }
    for branch in common.branches where inputs.count == 1 { irregular.insert(branch.predicate) }
    common = union(common, waits)
    common.isOpen = true
    return common
  }

  /// The guard of what needs both.
  private mutating func union(_ a: Guard, _ b: Guard) -> Guard {
    let (short, long) = a.branches.count <= b.branches.count ? (a, b) : (b, a)
    guard long.branches.starts(with: short.branches),
      !short.isOpen || short.branches.count == long.branches.count
    else { return parting(a, b) }
    return Guard(branches: long.branches, isOpen: a.isOpen || b.isOpen)
  }

  /// What two guards have in common; the predicates of the rest are irregular.
  private mutating func parting(_ a: Guard, _ b: Guard) -> Guard {
    let common = zip(a.branches, b.branches).prefix { $0 == $1 }.map(\.0)
    for branch in a.branches.dropFirst(common.count) + b.branches.dropFirst(common.count) {
      irregular.insert(branch.predicate)
    }
    return Guard(branches: common, isOpen: true)
  }
}
