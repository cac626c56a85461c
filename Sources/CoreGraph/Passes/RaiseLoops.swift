import CoreOps

extension Subgraph {
  /// The same with TF-1 loops of the usual form as While ops, whose condition and body are plans of
  /// their own.
  ///
  /// A loop of another form stays as it is and runs in the executor for frames.
  package func raisingLoops() throws -> Subgraph {
    guard
      graph.nodes.contains(where: { if case .enter? = $0.primitive { true } else { false } })
    else { return self }
    var current = self
    // Inner loops first: raising one makes the loop around it an innermost one.
    for round in 0..<64 {
      let raiser = LoopRaiser(current, round: round)
      guard let raised = try raiser.raise(raiser.loops()) else { break }
      current = raised
    }
    return current
  }
}

/// Finds loops of the form that `tf.while_loop` makes, and replaces them.
private struct LoopRaiser {
  /// A variable of a loop: Enter → Merge → Switch → body → NextIteration → Merge.
  struct Variable {
    let enter: Int
    let merge: Int
    let `switch`: Int?
    let nextIteration: Int
    var exit: Int?
  }

  struct Loop {
    let nodes: Set<Int>
    let loopCond: Int
    let variables: [Variable]
    /// Enters of values that stay the same.
    let invariants: [Int]
  }

  let subgraph: Subgraph
  let round: Int
  let nodes: [Node]
  private let consumers: [[Int]]
  private let frame: [Int]
  private let frameCount: Int
  private let hasInner: Set<Int>

  init(_ subgraph: Subgraph, round: Int) {
    self.subgraph = subgraph
    self.round = round
    nodes = subgraph.graph.nodes
    var consumers = [[Int]](repeating: [], count: nodes.count)
    for node in nodes {
      for input in node.inputs { consumers[input.node].append(node.id) }
      for control in node.controlInputs { consumers[control].append(node.id) }
    }
    self.consumers = consumers
    // Frames by name within the frame around: 0 is outside of all loops.
    var frame = [Int](repeating: 0, count: nodes.count)
    var outer = [Int](repeating: 0, count: nodes.count)
    var parents = [0]
    var byKey: [String: Int] = [:]
    var inner: Set<Int> = []
    for node in nodes {
      let sources = node.inputs.map(\.node) + node.controlInputs
      var own = sources.lazy.filter { $0 < node.id }.map { outer[$0] }.max() ?? 0
      if case .enter? = node.primitive, case .bytes(let bytes)? = node.attrs["frame_name"] {
        let key = "\(own)/\(String(decoding: bytes, as: UTF8.self))"
        let child = byKey[key] ?? parents.count
        if byKey[key] == nil {
          byKey[key] = child
          parents.append(own)
          inner.insert(own)
        }
        own = child
      }
      frame[node.id] = own
      if case .exit? = node.primitive {
        outer[node.id] = parents[own]
      } else {
        outer[node.id] = own
      }
    }
    self.frame = frame
    frameCount = parents.count
    hasInner = inner
  }

  /// The innermost loops of the usual form.
  func loops() -> [Loop] {
    var members = [[Int]](repeating: [], count: frameCount)
    for node in nodes where frame[node.id] != 0 { members[frame[node.id]].append(node.id) }
    return members.indices.dropFirst().compactMap { index in
      hasInner.contains(index) || members[index].isEmpty ? nil : loop(members[index])
    }
  }

  private func loop(_ members: [Int]) -> Loop? {
    let own = Set(members)
    var enters: [Int] = []
    var exits: [Int] = []
    var conditions: [Int] = []
    for id in members {
      switch nodes[id].primitive {
      case .enter?: enters.append(id)
      case .exit?: exits.append(id)
      case .loopCond?: conditions.append(id)
      default: break
      }
      // What is inside is only seen from outside through exits.
      if nodes[id].primitive.map({ if case .exit = $0 { true } else { false } }) != true,
        consumers[id].contains(where: { !own.contains($0) })
      {
        return nil
      }
    }
    guard conditions.count == 1, let loopCond = conditions.first else { return nil }
    let fetched = Set(subgraph.fetches.map(\.node) + subgraph.targets)
    let exitsOf = Dictionary(grouping: exits) { nodes[$0].inputs[0].node }
    var variables: [Variable] = []
    var invariants: [Int] = []
    for enter in enters {
      if nodes[enter].attrs["is_constant"] == .bool(true) {
        invariants.append(enter)
        continue
      }
      guard consumers[enter].count == 1, isMerge(consumers[enter][0]) else { return nil }
      let merge = consumers[enter][0]
      guard nodes[merge].inputs.count == 2, nodes[merge].controlInputs.isEmpty,
        nodes[merge].inputs.contains(Endpoint(enter)),
        let back = nodes[merge].inputs.first(where: { $0.node != enter })?.node,
        case .nextIteration? = nodes[back].primitive, own.contains(back)
      else { return nil }
      let switches = consumers[merge].filter { id in
        guard case .switch? = nodes[id].primitive else { return false }
        return nodes[id].inputs[1].node == loopCond && nodes[id].inputs[0] == Endpoint(merge)
      }
      guard switches.count <= 1 else { return nil }
      var variable = Variable(
        enter: enter, merge: merge, switch: switches.first, nextIteration: back)
      for exit in switches.first.flatMap({ exitsOf[$0] }) ?? [] {
        guard variable.exit == nil, nodes[exit].inputs[0].index == 0 else { return nil }
        variable.exit = exit
      }
      variables.append(variable)
    }
    guard variables.count(where: { $0.exit != nil }) == exits.count, !variables.isEmpty,
      members.allSatisfy({ nodes[$0].op != nil }),
      members.allSatisfy({ id in
        guard fetched.contains(id) else { return true }
        if case .exit? = nodes[id].primitive { return true }
        return false
      })
    else { return nil }
    let loop = Loop(nodes: own, loopCond: loopCond, variables: variables, invariants: invariants)
    return isClosed(loop) && isUsedAsALoop(loop) && bodyWaitsForTheCondition(loop) ? loop : nil
  }

  /// Whether what makes the loop is read only as the usual form reads it: no one asks a Merge where
  /// its value came from, no one but Exit looks at what leaves, and only the loop's own nodes take
  /// part in its back edges.
  private func isUsedAsALoop(_ loop: Loop) -> Bool {
    let merges = Set(loop.variables.map(\.merge))
    let switches = Set(loop.variables.compactMap(\.switch))
    let nexts = Set(loop.variables.map(\.nextIteration))
    return loop.nodes.allSatisfy { id in
      let node = nodes[id]
      switch node.primitive {
      // Variables of the old kind change in place.
      case .enter?, .exit?, .nextIteration?, .switch?, .merge?, .loopCond?:
        if node.opName.hasPrefix("Ref") { return false }
      default: break
      }
      if case .nextIteration? = node.primitive, !nexts.contains(id) { return false }
      for input in node.inputs {
        if merges.contains(input.node), input.index != 0 { return false }
        if switches.contains(input.node), input.index == 0 {
          guard case .exit? = node.primitive else { return false }
        }
        if nexts.contains(input.node), !merges.contains(id) { return false }
        if input.node == loop.loopCond, !switches.contains(id) { return false }
      }
      return !node.controlInputs.contains { $0 == loop.loopCond || nexts.contains($0) }
    }
  }

  /// Whether all that is inside comes through Enter nodes.
  private func isClosed(_ loop: Loop) -> Bool {
    loop.nodes.allSatisfy { id in
      if case .enter? = nodes[id].primitive { return true }
      return nodes[id].inputs.allSatisfy { loop.nodes.contains($0.node) }
        && nodes[id].controlInputs.allSatisfy(loop.nodes.contains)
    }
  }

  /// Whether the next iteration, and every effect in the body, wait for the condition to hold:
  /// otherwise they happen once more than the body, which is a function of its own, is called.
  private func bodyWaitsForTheCondition(_ loop: Loop) -> Bool {
    let gates = Set(loop.variables.compactMap(\.switch))
    let starts = Set(loop.variables.map(\.merge))
    // What is dead when the condition does not hold; nodes stand after their inputs.
    var waits: Set<Int> = []
    for id in loop.nodes.sorted() where !starts.contains(id) && !gates.contains(id) {
      let node = nodes[id]
      func isDead(_ input: Endpoint) -> Bool {
        waits.contains(input.node) || (gates.contains(input.node) && input.index == 1)
      }
      let byData =
        isMerge(id)
        ? !node.inputs.isEmpty && node.inputs.allSatisfy(isDead)
        : node.inputs.contains(where: isDead)
      if byData || node.controlInputs.contains(where: waits.contains) { waits.insert(id) }
    }
    guard loop.variables.allSatisfy({ waits.contains($0.nextIteration) }) else { return false }
    let effects = loop.nodes.filter { nodes[$0].primitive == nil && nodes[$0].isStateful }
    if effects.isEmpty { return true }
    var inBody: Set<Int> = []
    var stack = loop.variables.map(\.nextIteration)
    while let id = stack.popLast() {
      guard loop.nodes.contains(id), inBody.insert(id).inserted else { continue }
      if starts.contains(id) { continue }
      stack += nodes[id].inputs.map(\.node) + nodes[id].controlInputs
    }
    return effects.allSatisfy { waits.contains($0) || !inBody.contains($0) }
  }

  private func isMerge(_ id: Int) -> Bool {
    if case .merge? = nodes[id].primitive { return true }
    return false
  }

  // MARK: - Replacing

  /// - Returns: nil when none of the loops can be replaced.
  func raise(_ found: [Loop]) throws -> Subgraph? {
    var loops = found
    var groupOf: [Int: Int] = [:]
    var units: [Int] = []
    while true {
      if loops.isEmpty { return nil }
      groupOf = [:]
      for (index, loop) in loops.enumerated() {
        for id in loop.nodes { groupOf[id] = index }
      }
      let (order, cyclic) = nodes.ordered(
        groupOf.mapValues { loops[$0].loopCond })
      units = order
      if cyclic.isEmpty { break }
      guard loops.contains(where: { cyclic.contains($0.loopCond) }) else {
        throw TFError.internal("the graph has a cycle outside of its loops")
      }
      loops.removeAll { cyclic.contains($0.loopCond) }
    }
    var rewriter = Rewriter(subgraph.graph, subgraph.cancellation)
    for unit in units {
      if let index = groupOf[unit] {
        try replace(loops[index], number: index, &rewriter)
      } else {
        try rewriter.copy(nodes[unit])
      }
    }
    return try rewriter.finish(subgraph)
  }

  private func replace(_ loop: Loop, number: Int, _ rewriter: inout Rewriter) throws {
    // A value that is a constant is better part of the body than an argument.
    var constants: [Int: Node] = [:]
    var passed: [Int] = []
    for invariant in loop.invariants {
      let source = nodes[nodes[invariant].inputs[0].node]
      if source.isConstant { constants[invariant] = source } else { passed.append(invariant) }
    }
    let types =
      loop.variables.map { nodes[$0.merge].outputTypes[0] }
      + passed.map { nodes[$0].outputTypes[0] }
    var base = "raised_\(round)_\(number)_\(nodes[loop.loopCond].name)"
    while rewriter.target.library[base + "_cond"] != nil { base += "_" }
    var starts: [Endpoint: Int] = [:]
    for (index, variable) in loop.variables.enumerated() {
      starts[Endpoint(variable.merge)] = index
      if let id = variable.switch { starts[Endpoint(id, 1)] = index }
    }
    for (offset, invariant) in passed.enumerated() {
      starts[Endpoint(invariant)] = loop.variables.count + offset
    }
    var condition = FunctionExtractor(
      name: base + "_cond", nodes: nodes, within: loop.nodes, arguments: types, starts: starts,
      constants: constants)
    try condition.returns(nodes[loop.loopCond].inputs[0], .bool)
    var body = FunctionExtractor(
      name: base + "_body", nodes: nodes, within: loop.nodes, arguments: types, starts: starts,
      constants: constants)
    for (index, variable) in loop.variables.enumerated() {
      let next = nodes[variable.nextIteration]
      try body.returns(next.inputs[0], types[index])
      // What the next iteration waits for is done for its effects.
      try body.runs(next.controlInputs)
    }
    for (offset, invariant) in passed.enumerated() {
      try body.returns(Endpoint(invariant), types[loop.variables.count + offset])
    }
    var library = rewriter.target.library
    try library.add(condition.function)
    try library.add(body.function)
    rewriter.target.library = library
    let inputs =
      loop.variables.map { nodes[$0.enter].inputs[0] } + passed.map { nodes[$0].inputs[0] }
    var controls: [Int] = []
    for id in loop.variables.map(\.enter) + loop.invariants {
      for control in rewriter.mapControls(nodes[id]) where !controls.contains(control) {
        controls.append(control)
      }
    }
    let id = try rewriter.add(
      nodes[loop.loopCond].name + "/while", FunctionalOps.family.while,
      try inputs.map {
        guard let mapped = rewriter.mapped($0) else {
          throw TFError.internal("the loop of \(nodes[loop.loopCond].name) lost an input")
        }
        return mapped
      }, controls: controls,
      attrs: [
        "T": .types(types), "cond": .function(condition.function.name, [:]),
        "body": .function(body.function.name, [:]), "output_shapes": .list([]),
        "parallel_iterations": .int(10), "_lower_using_switch_merge": .bool(true),
      ])
    for (index, variable) in loop.variables.enumerated() {
      if let exit = variable.exit {
        rewriter.map(Endpoint(exit), to: Endpoint(id, index))
        rewriter.mapControl(exit, to: [id])
      }
    }
  }
}
