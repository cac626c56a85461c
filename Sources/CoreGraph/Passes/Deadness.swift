import CoreOps

/// Under which branches of Switch nodes each node of a graph runs.
///
/// A node's guard is the list of branches, the outermost first, that have to be taken for it to
/// run. Where it is not such a list (a node that needs values of two branches that are not inside
/// each other, a Merge of other than the two sides of one condition), the predicates that take part
/// are irregular, and what depends on them is left to the executor for frames. So is what is nested
/// deeper than `deepest`.
struct Deadness {
  struct Branch: Hashable {
    /// The predicate, without the Identity nodes that hand it on.
    let predicate: Endpoint
    /// 0 where it does not hold, 1 where it does.
    let side: Int
  }

  /// A list of branches: its last one, and the list before that. Equal lists are one.
  private struct Chain {
    let outer: Int
    let branch: Branch
    /// How many branches there are.
    let depth: Int
    let outermost: Branch
  }

  struct Guard {
    /// The list of branches, as an index of `chains`; -1 for none.
    fileprivate var chain = -1
    /// Whether there is more to it, which is not a list of branches.
    var isOpen = false

    /// Whether no branch has to be taken.
    var isEmpty: Bool { chain < 0 }
  }

  /// How deep conditionals are nested that become functions: each is planned inside the one around
  /// it.
  private static let deepest = 64

  /// Per node, of its outputs; of a Switch, of what it waits for itself.
  private(set) var guards: [Guard] = []
  private(set) var irregular: Set<Endpoint> = []
  /// For each Merge of the two sides of one condition, the predicate and the side of each input.
  private(set) var merges: [Int: (predicate: Endpoint, sides: [Int])] = [:]
  private let nodes: [Node]
  /// What each Identity hands on, through all those before it.
  private var origins: [Int: Endpoint] = [:]
  private var chains: [Chain] = []
  private var byBranch: [Step: Int] = [:]

  private struct Step: Hashable {
    let outer: Int
    let branch: Branch
  }

  /// - Throws: when the run is to end for which this is found out.
  init(_ nodes: [Node], fetches: [Endpoint], _ cancellation: Cancellation) throws {
    self.nodes = nodes
    for node in nodes where node.opName == "Identity" && node.controlInputs.isEmpty {
      let source = node.inputs[0]
      if source.node < node.id { origins[node.id] = origins[source.node] ?? source }
    }
    guards.reserveCapacity(nodes.count)
    for node in nodes {
      if node.id & 255 == 0 { try cancellation.check() }
      guards.append(guardOf(node))
    }
    // What is fetched has to have a value, or it is an error that the frames find.
    for fetch in fetches {
      let own = guards(of: fetch)
      exclude(own.chain, downTo: -1)
    }
  }

  /// The outermost branch that a node is in.
  func outermost(_ node: Int) -> Branch? {
    let chain = guards[node].chain
    return chain < 0 ? nil : chains[chain].outermost
  }

  /// The predicate that a Switch goes by.
  func predicate(of node: Node) -> Endpoint {
    origins[node.inputs[1].node] ?? node.inputs[1]
  }

  private mutating func guards(of endpoint: Endpoint) -> Guard {
    var own = guards[endpoint.node]
    let node = nodes[endpoint.node]
    if case .switch? = node.primitive, !own.isOpen {
      own.chain = chain(
        own.chain, Branch(predicate: predicate(of: node), side: endpoint.index))
    }
    return own
  }

  /// The list `outer` and one more.
  private mutating func chain(_ outer: Int, _ branch: Branch) -> Int {
    let step = Step(outer: outer, branch: branch)
    if let known = byBranch[step] { return known }
    chains.append(
      Chain(
        outer: outer, branch: branch, depth: depth(outer) + 1,
        outermost: outer < 0 ? branch : chains[outer].outermost))
    byBranch[step] = chains.count - 1
    return chains.count - 1
  }

  private func depth(_ chain: Int) -> Int { chain < 0 ? 0 : chains[chain].depth }

  /// The first `depth` branches of a list.
  private func prefix(_ chain: Int, _ depth: Int) -> Int {
    var chain = chain
    while self.depth(chain) > depth { chain = chains[chain].outer }
    return chain
  }

  private func has(_ chain: Int, _ predicate: Endpoint) -> Bool {
    var chain = chain
    while chain >= 0 {
      if chains[chain].branch.predicate == predicate { return true }
      chain = chains[chain].outer
    }
    return false
  }

  /// Makes the predicates of a list irregular, up to the list `outer` that it begins with.
  private mutating func exclude(_ chain: Int, downTo outer: Int) {
    var chain = chain
    while chain != outer, chain >= 0 {
      irregular.insert(chains[chain].branch.predicate)
      chain = chains[chain].outer
    }
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
      if node.opName != "Switch" || depth(result.chain) >= Self.deepest
        || has(result.chain, predicate)
      {
        result.isOpen = true
      }
      if result.isOpen { irregular.insert(predicate) }
    }
    return result
  }

  private mutating func guardOfMerge(_ node: Node) -> Guard {
    guard node.inputs.allSatisfy({ $0.node < node.id }) else { return Guard(isOpen: true) }
    var inputs: [Guard] = []
    for input in node.inputs { inputs.append(guards(of: input)) }
    var waits = Guard()
    for control in node.controlInputs { waits = union(waits, guards[control]) }
    if node.opName == "Merge", inputs.count == 2, !inputs.contains(where: \.isOpen), !waits.isOpen,
      !inputs[0].isEmpty, !inputs[1].isEmpty
    {
      let (a, b) = (chains[inputs[0].chain], chains[inputs[1].chain])
      if a.branch.predicate == b.branch.predicate, a.branch.side != b.branch.side,
        a.outer == b.outer, prefix(a.outer, depth(waits.chain)) == waits.chain
      {
        merges[node.id] = (a.branch.predicate, [a.branch.side, b.branch.side])
        return Guard(chain: a.outer)
      }
    }
    var common = inputs.first ?? Guard()
    for input in inputs.dropFirst() { common = parting(common, input) }
    if inputs.count == 1 { exclude(common.chain, downTo: -1) }
    common = union(common, waits)
    common.isOpen = true
    return common
  }

  /// The guard of what needs both.
  private mutating func union(_ a: Guard, _ b: Guard) -> Guard {
    let (short, long) = depth(a.chain) <= depth(b.chain) ? (a, b) : (b, a)
    guard prefix(long.chain, depth(short.chain)) == short.chain,
      !short.isOpen || short.chain == long.chain
    else { return parting(a, b) }
    return Guard(chain: long.chain, isOpen: a.isOpen || b.isOpen)
  }

  /// What two guards have in common; the predicates of the rest are irregular.
  private mutating func parting(_ a: Guard, _ b: Guard) -> Guard {
    let depth = min(depth(a.chain), depth(b.chain))
    var (common, other) = (prefix(a.chain, depth), prefix(b.chain, depth))
    while common != other {
      common = chains[common].outer
      other = chains[other].outer
    }
    exclude(a.chain, downTo: common)
    exclude(b.chain, downTo: common)
    return Guard(chain: common, isOpen: true)
  }
}
