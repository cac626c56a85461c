import CoreOps

extension Subgraph {
  /// The same with TF-1 conditionals of the usual form as If ops, whose branches are plans of their
  /// own; where the predicate is a constant, with the branch that is taken in place of both.
  ///
  /// Conditionals inside of others become part of a branch, and are raised when that becomes a
  /// plan. One of another form stays as it is and runs in the executor for frames.
  package func raisingConditionals() throws -> Subgraph {
    guard
      graph.nodes.contains(where: { if case .switch? = $0.primitive { true } else { false } })
    else { return self }
    return try ConditionalRaiser(self).raise() ?? self
  }
}

/// Finds conditionals of the form that `tf.cond` makes, and replaces them.
private struct ConditionalRaiser {
  /// What runs in the branches of one predicate and belongs together.
  struct Conditional {
    let predicate: Endpoint
    /// The nodes of both branches.
    var nodes: [Int] = []
    /// The Merges of their results.
    var merges: [Int] = []

    /// The node that stands for all.
    var head: Int { merges.first ?? nodes[0] }
  }

  let subgraph: Subgraph
  let nodes: [Node]
  private let deadness: Deadness
  private let consumers: [[Int]]
  private let ends: Set<Int>

  init(_ subgraph: Subgraph) throws {
    self.subgraph = subgraph
    nodes = subgraph.graph.nodes
    deadness = try Deadness(nodes, fetches: subgraph.fetches, subgraph.cancellation)
    var consumers = [[Int]](repeating: [], count: nodes.count)
    for node in nodes {
      for input in node.inputs { consumers[input.node].append(node.id) }
      for control in node.controlInputs { consumers[control].append(node.id) }
    }
    self.consumers = consumers
    ends = Set(subgraph.fetches.map(\.node) + subgraph.targets)
  }

  /// - Returns: nil when there is none to replace.
  func raise() throws -> Subgraph? {
    var found = conditionals()
    var order: [Int] = []
    while true {
      if found.isEmpty { return nil }
      var heads: [Int: Int] = [:]
      for conditional in found {
        for id in conditional.nodes + conditional.merges { heads[id] = conditional.head }
      }
      let (units, cyclic) = nodes.ordered(heads)
      order = units
      if cyclic.isEmpty { break }
      let before = found.count
      found.removeAll { cyclic.contains($0.head) }
      guard found.count < before else {
        throw TFError.internal("the graph has a cycle outside of its conditionals")
      }
    }
    var byHead: [Int: Int] = [:]
    var raised = Set<Int>()
    for (index, conditional) in found.enumerated() {
      byHead[conditional.head] = index
      raised.formUnion(conditional.nodes + conditional.merges)
    }
    // A Switch of which nothing is left to read.
    func isDropped(_ id: Int) -> Bool {
      guard case .switch? = nodes[id].primitive, !ends.contains(id), !raised.contains(id),
        !consumers[id].isEmpty
      else { return false }
      return consumers[id].allSatisfy(raised.contains)
    }
    var rewriter = Rewriter(subgraph.graph, subgraph.cancellation)
    for unit in order {
      if let index = byHead[unit] {
        let conditional = found[index]
        if let side = constantSide(conditional.predicate),
          switches(conditional).allSatisfy(isDropped)
        {
          try open(conditional, side, &rewriter)
        } else {
          try replace(conditional, number: index, &rewriter)
        }
      } else if !isDropped(unit) {
        try rewriter.copy(nodes[unit])
      }
    }
    return try rewriter.finish(subgraph)
  }

  // MARK: - Finding

  private func outermost(_ id: Int) -> Endpoint? { deadness.outermost(id)?.predicate }

  private func conditionals() -> [Conditional] {
    // Nodes of one predicate that read each other, or are merged, belong together.
    var parent = Array(nodes.indices)
    func root(_ id: Int) -> Int {
      var id = id
      while parent[id] != id {
        parent[id] = parent[parent[id]]
        id = parent[id]
      }
      return id
    }
    var predicates: [Int: Endpoint] = [:]
    for node in nodes {
      if let predicate = outermost(node.id) {
        predicates[node.id] = predicate
      } else if let merge = deadness.merges[node.id] {
        predicates[node.id] = merge.predicate
      } else {
        continue
      }
      for source in node.inputs.map(\.node) + node.controlInputs
      where outermost(source) == predicates[node.id] {
        parent[root(node.id)] = root(source)
      }
    }
    var found: [Int: Conditional] = [:]
    for node in nodes {
      guard let predicate = predicates[node.id], !deadness.irregular.contains(predicate) else {
        continue
      }
      let key = root(node.id)
      if outermost(node.id) == nil {
        found[key, default: Conditional(predicate: predicate)].merges.append(node.id)
      } else {
        found[key, default: Conditional(predicate: predicate)].nodes.append(node.id)
      }
    }
    return found.values.filter(canBeFunction).sorted { $0.head < $1.head }
  }

  /// Whether no node changes a variable of the old kind, which a function would get the value of,
  /// and all ops are known.
  private func canBeFunction(_ conditional: Conditional) -> Bool {
    (conditional.nodes + conditional.merges).allSatisfy { id in
      guard let op = nodes[id].op, nodes[id].fault == nil else { return false }
      return !(op.signature.inputs + op.signature.outputs).contains(where: \.isRef)
    }
  }

  /// The Switch nodes through which values come in.
  private func switches(_ conditional: Conditional) -> [Int] {
    let own = Set(conditional.nodes)
    var result: Set<Int> = []
    for id in conditional.nodes + conditional.merges {
      for source in nodes[id].inputs.map(\.node) + nodes[id].controlInputs
      where !own.contains(source) && isSwitch(source, of: conditional) {
        result.insert(source)
      }
    }
    return result.sorted()
  }

  private func isSwitch(_ id: Int, of conditional: Conditional) -> Bool {
    guard case .switch? = nodes[id].primitive, deadness.guards[id].isEmpty else {
      return false
    }
    return deadness.predicate(of: nodes[id]) == conditional.predicate
  }

  /// The branch that is always taken, where the predicate is a constant.
  private func constantSide(_ predicate: Endpoint) -> Int? {
    guard nodes[predicate.node].isConstant,
      case .tensor(let value)? = nodes[predicate.node].attrs["value"], value.dtype == .bool,
      value.dims.rank == 0
    else { return nil }
    return value.elements(Bool.self)[0] ? 1 : 0
  }

  // MARK: - Replacing

  /// The input of a Merge that comes from one side.
  private func source(of merge: Int, _ side: Int) throws -> (endpoint: Endpoint, index: Int) {
    guard let index = deadness.merges[merge]?.sides.firstIndex(of: side) else {
      throw TFError.internal("\(nodes[merge].name) does not merge two branches")
    }
    return (nodes[merge].inputs[index], index)
  }

  private func readsIndex(_ merge: Int) -> Bool {
    let index = Endpoint(merge, 1)
    return subgraph.fetches.contains(index)
      || consumers[merge].contains { nodes[$0].inputs.contains(index) }
  }

  private func mapped(_ endpoint: Endpoint, _ rewriter: Rewriter) throws -> Endpoint {
    guard let mapped = rewriter.mapped(endpoint) else {
      throw TFError.internal("a conditional lost its input \(nodes[endpoint.node].name)")
    }
    return mapped
  }

  private func isReference(_ endpoint: Endpoint) -> Bool {
    nodes[endpoint.node].op?.signature.outputs.contains(where: \.isRef) ?? false
  }

  /// Puts the nodes of one branch in place of the conditional.
  private func open(_ conditional: Conditional, _ side: Int, _ rewriter: inout Rewriter) throws {
    for id in switches(conditional) {
      var value = try mapped(nodes[id].inputs[0], rewriter)
      if isReference(nodes[id].inputs[0]) {
        // The Switch read the variable as it was then.
        value = Endpoint(
          try rewriter.add(
            nodes[id].name, BasicOps.family.identity, [value],
            controls: rewriter.mapControls(nodes[id]),
            attrs: ["T": .type(nodes[id].outputTypes[0])]))
      }
      rewriter.map(Endpoint(id, side), to: value)
      rewriter.mapControl(id, to: rewriter.mapControls(nodes[id]) + [value.node])
    }
    for id in conditional.nodes where deadness.outermost(id)?.side == side {
      try rewriter.copy(nodes[id])
    }
    for merge in conditional.merges {
      let (endpoint, index) = try source(of: merge, side)
      let result = try mapped(endpoint, rewriter)
      rewriter.map(Endpoint(merge), to: result)
      rewriter.mapControl(merge, to: rewriter.mapControls(nodes[merge]) + [result.node])
      if readsIndex(merge) {
        let id = try rewriter.add(
          nodes[merge].name + "/index", BasicOps.family.const, [],
          attrs: ["dtype": .type(.int32), "value": .tensor(try Tensor(scalar: Int32(index)))])
        rewriter.map(Endpoint(merge, 1), to: Endpoint(id))
      }
    }
  }

  private func replace(_ conditional: Conditional, number: Int, _ rewriter: inout Rewriter) throws {
    let own = Set(conditional.nodes)
    let name = nodes[conditional.predicate.node].name
    var base = "raised_cond_\(number)_\(name)"
    while rewriter.target.library[base + "_1"] != nil { base += "_" }
    // Arguments: what comes through Switch nodes, and what is read without. A constant is better
    // part of the branches.
    var arguments: [Endpoint] = []
    var positions: [Endpoint: Int] = [:]
    var starts: [[Endpoint: Int]] = [[:], [:]]
    var constants: [Int: Node] = [:]
    func take(_ input: Endpoint) {
      if own.contains(input.node) { return }
      let through = isSwitch(input.node, of: conditional)
      let value = through ? nodes[input.node].inputs[0] : input
      if !through, nodes[value.node].isConstant {
        constants[value.node] = nodes[value.node]
        return
      }
      let position = positions[value] ?? arguments.count
      if positions[value] == nil {
        positions[value] = position
        arguments.append(value)
      }
      if through {
        starts[input.index][input] = position
      } else {
        starts[0][input] = position
        starts[1][input] = position
      }
    }
    for id in conditional.nodes + conditional.merges { nodes[id].inputs.forEach(take) }
    let types = arguments.map { nodes[$0.node].outputTypes[$0.index] }
    let effects = conditional.nodes.filter(ends.contains)
    var results: [DType] = []
    var functions: [FunctionDef] = []
    for side in 0...1 {
      var branch = FunctionExtractor(
        name: "\(base)_\(side)", nodes: nodes, within: own, arguments: types, starts: starts[side],
        constants: constants)
      results = []
      for merge in conditional.merges {
        let (endpoint, index) = try source(of: merge, side)
        results.append(nodes[merge].outputTypes[0])
        try branch.returns(endpoint, nodes[merge].outputTypes[0])
        if readsIndex(merge) {
          results.append(.int32)
          branch.returns(try Tensor(scalar: Int32(index)))
        }
      }
      try branch.runs(effects.filter { deadness.outermost($0)?.side == side })
      functions.append(branch.function)
    }
    var library = rewriter.target.library
    for function in functions { try library.add(function) }
    rewriter.target.library = library
    let isStateful = conditional.nodes.contains { nodes[$0].isStateful }
    let id = try rewriter.add(
      (conditional.merges.first.map { nodes[$0].name } ?? name) + "/if",
      isStateful ? FunctionalOps.family.if : FunctionalOps.family.statelessIf,
      try [mapped(conditional.predicate, rewriter)] + arguments.map { try mapped($0, rewriter) },
      controls: waits(conditional, own, rewriter),
      attrs: [
        "Tcond": .type(.bool), "Tin": .types(types), "Tout": .types(results),
        "then_branch": .function(functions[1].name, [:]),
        "else_branch": .function(functions[0].name, [:]), "output_shapes": .list([]),
        "_lower_using_switch_merge": .bool(true),
      ])
    var output = 0
    for merge in conditional.merges {
      rewriter.map(Endpoint(merge), to: Endpoint(id, output))
      output += 1
      if readsIndex(merge) {
        rewriter.map(Endpoint(merge, 1), to: Endpoint(id, output))
        output += 1
      }
      rewriter.mapControl(merge, to: [id])
    }
    for effect in effects { rewriter.mapControl(effect, to: [id]) }
  }

  /// What the conditional's nodes wait for outside of it.
  private func waits(_ conditional: Conditional, _ own: Set<Int>, _ rewriter: Rewriter) -> [Int] {
    var waits: [Int] = []
    for id in switches(conditional) + conditional.nodes + conditional.merges {
      for control in nodes[id].controlInputs
      where !own.contains(control) && !isSwitch(control, of: conditional) {
        for new in rewriter.standIns(for: control) where !waits.contains(new) { waits.append(new) }
      }
    }
    return waits
  }
}
