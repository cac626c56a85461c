import CoreOps

extension [Node] {
  /// Units, each after those whose nodes it needs: single nodes, and groups of nodes that are to
  /// become one.
  ///
  /// - Parameter heads: for each node of a group the one that stands for the group.
  /// - Returns: also the units between which there is a cycle: groups that wait for what they give
  ///   themselves, as where a later iteration of a loop needs what another variable is after it.
  ///   Frames run those, a function can't.
  func ordered(_ heads: [Int: Int]) -> (order: [Int], cyclic: Set<Int>) {
    func unit(_ id: Int) -> Int { heads[id] ?? id }
    func isMerge(_ id: Int) -> Bool {
      if case .merge? = self[id].primitive { true } else { false }
    }
    var waiting = [Int](repeating: 0, count: count)
    var successors = [[Int]](repeating: [], count: count)
    var predecessors = successors
    var units: Set<Int> = []
    for node in self {
      let own = unit(node.id)
      units.insert(own)
      for source in node.inputs.map(\.node) + node.controlInputs {
        let from = unit(source)
        // The back edge of a loop that stays is not waited for.
        if from == own || source > node.id, isMerge(node.id) || from == own { continue }
        waiting[own] += 1
        successors[from].append(own)
        predecessors[own].append(from)
      }
    }
    var ready = MinHeap(units.filter { waiting[$0] == 0 })
    var result: [Int] = []
    while let next = ready.popMin() {
      result.append(next)
      for successor in successors[next] {
        waiting[successor] -= 1
        if waiting[successor] == 0 { ready.insert(successor) }
      }
    }
    guard result.count < units.count else { return (result, []) }
    // What is left are cycles, what comes after them, and what lies between them.
    var cyclic = units.subtracting(result)
    var followers = [Int](repeating: 0, count: count)
    for id in cyclic { followers[id] = successors[id].count }
    var ends = cyclic.filter { followers[$0] == 0 }.sorted()
    while let end = ends.popLast() {
      cyclic.remove(end)
      for source in predecessors[end] where cyclic.contains(source) {
        followers[source] -= 1
        if followers[source] == 0 { ends.append(source) }
      }
    }
    return (result, cyclic)
  }
}

/// Makes a function of the part of a loop or of a conditional that some results depend on.
struct FunctionExtractor {
  private(set) var function: FunctionDef
  private let nodes: [Node]
  private let within: Set<Int>
  private let starts: [Endpoint: Int]
  private let constants: [Int: Node]
  private var copied: Set<Int> = []

  /// - Parameters:
  ///   - within: the nodes that the function may have.
  ///   - starts: the outputs that are arguments of the function.
  ///   - constants: by the node whose output the function has in their place.
  init(
    name: String, nodes: [Node], within: Set<Int>, arguments: [DType], starts: [Endpoint: Int],
    constants: [Int: Node]
  ) {
    function = FunctionDef(name: name)
    function.inputs = arguments.enumerated().map { .init(name: "arg_\($0)", type: $1) }
    self.nodes = nodes
    self.within = within
    self.starts = starts
    self.constants = constants
  }

  /// Adds a result, and the nodes that it needs.
  mutating func returns(_ endpoint: Endpoint, _ dtype: DType) throws {
    let name = "result_\(function.outputs.count)"
    function.outputs.append(.init(name: name, type: dtype))
    function.returns[name] = try text(endpoint)
    try copy([endpoint.node])
  }

  /// Adds a result that is the same in all calls.
  mutating func returns(_ value: Tensor) {
    let name = "result_\(function.outputs.count)"
    function.outputs.append(.init(name: name, type: value.dtype))
    function.returns[name] = "\(name)_value:0"
    function.nodes.append(
      NodeDef(
        name: "\(name)_value", op: "Const",
        attrs: ["dtype": .type(value.dtype), "value": .tensor(value)]))
  }

  /// Adds nodes that run for their effects.
  mutating func runs(_ ids: [Int]) throws {
    let effects = ids.filter { !isStructure($0) && constants[$0] == nil }
    for id in effects { function.controlReturns[nodes[id].name] = nodes[id].name }
    try copy(effects)
  }

  private mutating func copy(_ ids: [Int]) throws {
    var stack = ids
    while let id = stack.popLast() {
      guard !copied.contains(id), !isArgument(id) else { continue }
      copied.insert(id)
      if let constant = constants[id] {
        function.nodes.append(
          NodeDef(name: nodes[id].name, op: constant.opName, attrs: constant.attrs))
        continue
      }
      let node = nodes[id]
      guard within.contains(id) else {
        throw TFError.internal("\(function.name) uses \(node.name), which is not part of it")
      }
      var inputs = try node.inputs.map(text)
      // What waits outside is waited for before the call.
      for control in node.controlInputs where !isStructure(control) && within.contains(control) {
        inputs.append("^" + nodes[control].name)
        stack.append(control)
      }
      function.nodes.append(
        NodeDef(
          name: node.name, op: node.opName, inputs: inputs, device: node.device, attrs: node.attrs))
      stack.append(contentsOf: node.inputs.map(\.node))
    }
  }

  private func isArgument(_ id: Int) -> Bool {
    guard constants[id] == nil else { return false }
    return nodes[id].outputTypes.indices.contains { starts[Endpoint(id, $0)] != nil }
  }

  /// A node that only makes the loop: waiting for it means waiting for the iteration to begin.
  private func isStructure(_ id: Int) -> Bool {
    if isArgument(id) { return true }
    switch nodes[id].primitive {
    case .enter?, .exit?, .nextIteration?, .loopCond?: return true
    default: return false
    }
  }

  private func text(_ endpoint: Endpoint) throws -> String {
    if constants[endpoint.node] != nil { return nodes[endpoint.node].name + ":0" }
    if let argument = starts[endpoint] { return "arg_\(argument):0" }
    return nodes[endpoint.node].name + ":\(endpoint.index)"
  }
}
