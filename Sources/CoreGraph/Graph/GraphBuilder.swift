package import CoreOps

/// The interpreter that turns op calls into nodes of a graph.
package final class GraphBuilder: Interpreter {
  package let graph: Graph
  private let scope: GraphScope
  /// The constants made of values, where each value is one; nil where each use makes one.
  private let constants: SharedConstants?

  package convenience init(_ graph: Graph) { self.init(graph, GraphScope(), nil) }

  /// - Parameter sharingConstants: whether a value that is used twice is one constant, as what a
  ///   function captures is.
  convenience init(_ graph: Graph, sharingConstants: Bool) {
    self.init(graph, GraphScope(), sharingConstants ? SharedConstants() : nil)
  }

  /// At the top, but for the names.
  convenience init(_ graph: Graph, nameScope: String) {
    var scope = GraphScope()
    scope.name = nameScope
    self.init(graph, scope, nil)
  }

  private init(_ graph: Graph, _ scope: GraphScope, _ constants: SharedConstants?) {
    self.graph = graph
    self.scope = scope
    self.constants = constants
  }

  package var programGraph: (any ProgramGraph)? { graph }
  package var isBuildingFunction: Bool { false }
  package var nameScope: String { scope.name }

  private func with(_ change: (inout GraphScope) throws -> Void) rethrows -> GraphBuilder {
    var scope = scope
    try change(&scope)
    return GraphBuilder(graph, scope, constants)
  }

  package func scoped(_ name: String?) throws -> any Interpreter { try inScope(name) }

  func inScope(_ name: String?) throws -> GraphBuilder {
    guard let name, !name.isEmpty else { return with { $0.name = "" } }
    try NameRules.check(name, in: scope.name)
    return with {
      $0.name = name.hasSuffix("/") ? name : graph.uniqueName(scope.name + name) + "/"
    }
  }

  package func waiting(for tensors: [Tensor]?, nodes: [Int]) throws -> any Interpreter {
    try after(tensors, nodes)
  }

  func after(_ tensors: [Tensor]?, _ nodes: [Int]) throws -> GraphBuilder {
    guard let tensors else { return detached }
    // What has a value is there already.
    let others = try tensors.filter(\.isSymbolic).map { try graph.endpoint(of: $0).node }
    graph.noteWaitedFor(others + nodes)
    return with { $0.controls.append(ControlScope(others + nodes)) }
  }

  /// The same outside of conditionals and loops, with nothing to wait for.
  var detached: GraphBuilder {
    with {
      $0.controls = []
      $0.flow = nil
    }
  }

  package var flow: (any FlowContext)? { scope.flow }
  package func inside(_ flow: (any FlowContext)?) -> any Interpreter { within(flow) }

  func within(_ flow: (any FlowContext)?) -> GraphBuilder {
    with { $0.flow = flow.map(ControlFlowContext.of) }
  }

  /// The same for nodes that are made on behalf of a node of that name.
  func making(_ node: String) -> GraphBuilder { with { $0.name = node + "/" } }

  package func onDevice(_ device: String?) throws -> any Interpreter { try on(device) }

  func on(_ device: String?) throws -> GraphBuilder {
    let inner = try device.map { try DeviceName($0) }
    return with { scope in
      scope.device = inner.map { inner in scope.device.map(inner.merged) ?? inner }
    }
  }

  package func colocated(with tensor: Tensor?, node: Int?, ignoringExisting: Bool) throws
    -> any Interpreter
  {
    try near(tensor, node, ignoringExisting: ignoringExisting)
  }

  func near(_ tensor: Tensor?, _ node: Int?, ignoringExisting: Bool) throws -> GraphBuilder {
    try require(
      tensor != nil || node != nil || ignoringExisting,
      "Trying to reset colocation (op is None) but ignore_existing is not True")
    return near(
      node: try node ?? tensor.map { try graph.endpoint(of: $0).node }, ignoringExisting)
  }

  func near(node: Int?, _ ignoringExisting: Bool) -> GraphBuilder {
    with { scope in
      // The device is that of the other node.
      if node != nil { scope.device = nil }
      if ignoringExisting { scope.colocation = [] }
      if let node { scope.colocation.append(node) }
    }
  }

  package func overridingGradients(_ map: [String: String]) -> any Interpreter {
    overriding(map)
  }

  func overriding(_ map: [String: String]) -> GraphBuilder {
    with { $0.gradients.merge(map) { _, inner in inner } }
  }

  package func inGroup(_ group: String) -> any Interpreter { grouped(group) }

  func grouped(_ group: String) -> GraphBuilder { with { $0.groups.append(group) } }

  package func seeds(_ seed: Int?, _ state: EnvironmentState) -> RandomSeeds {
    graph.seeds(seed, state.behavior.seedPolicy)
  }

  package func apply(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?, _ state: EnvironmentState
  ) throws -> [Tensor] {
    let id = try add(op, inputs, attrs, name: name)
    return graph.node(id).outputTypes.indices.map { graph.tensor(Endpoint(id, $0)) }
  }

  package func perform(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?, _: EnvironmentState
  ) throws -> Int? {
    try add(op, inputs, attrs, name: name)
  }

  /// Appends a node for `op`; tensors that have a value become constants, named after the node and
  /// the argument.
  ///
  /// - Parameters:
  ///   - name: is made unique; one that ends in `/` is a scope, by which the node is named.
  ///   - previous: a node that this one waits for too, and its constants do not.
  ///   - capturing: gives what stands in this graph for an input; is given a builder for nodes that
  ///     are made on behalf of the new one.
  @discardableResult
  package func add(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?, after previous: Int? = nil,
    capturing: ((Tensor, GraphBuilder) throws -> Tensor)? = nil
  ) throws -> Int {
    let base = name ?? op.nodeName
    do {
      if let name { try NameRules.check(name, in: scope.name) }
      let node =
        base.hasSuffix("/") ? String(base.dropLast()) : graph.uniqueName(scope.name + base)
      let complete = try op.signature.resolve(inputTypes: inputs.map(\.dtype), attrs)
      let inner = capturing == nil ? self : making(node)
      let endpoints = try inputs.enumerated().map { index, input in
        let input = try capturing?(input, inner) ?? input
        if case .symbolic(let reference) = input.payload {
          if let deferred = reference as? DeferredTensor {
            return try graph.endpoint(of: deferred.made(for: node))
          }
          return try graph.endpoint(of: input)
        }
        return try making(node).constant(
          input, named: "\(node)/\(op.signature.inputName(index, complete))")
      }
      return try append(name: node, op, endpoints, complete, after: previous)
    } catch let error as TFError {
      throw error.at(
        node: base.hasSuffix("/") ? String(base.dropLast()) : scope.name + base, op: op.name)
    }
  }

  private func append(
    name: String, _ op: OpDef, _ inputs: [Endpoint], _ attrs: Attrs, after previous: Int? = nil
  ) throws -> Int {
    var controls: [Int] = []
    if let previous, !inputs.contains(where: { $0.node == previous }) { controls.append(previous) }
    for control in scope.controls {
      for node in control.needed(by: inputs)
      where !controls.contains(node) && !inputs.contains(where: { $0.node == node }) {
        controls.append(node)
      }
    }
    let place = self.place(Self.references(op, inputs, attrs))
    var inputs = inputs
    if let flow = scope.flow {
      try flow.admit(
        op, attrs, named: name, &inputs, &controls, op.name == "Const" ? self : making(name))
    } else {
      try graph.checkUse(of: inputs, by: name, op)
    }
    var attrs = attrs
    if !place.group.isEmpty { attrs["_class"] = .strings(place.group) }
    if !scope.gradients.isEmpty, let gradient = scope.gradients[op.name],
      attrs[CustomGradients.attribute] == nil
    {
      attrs[CustomGradients.attribute] = .string(gradient)
    }
    if op.isStateful, op.signature.attr("container") != nil {
      let container = graph.container
      let own = attrs["container"] ?? .string("")
      if !container.isEmpty, own == .string("") { attrs["container"] = .string(container) }
    }
    let id = try graph.append(
      name: name, op: op, inputs: inputs, controlInputs: controls, attrs: attrs,
      device: place.device, checked: true)
    for control in scope.controls { control.note(id) }
    scope.flow?.took(id, op, attrs, graph)
    return id
  }

  /// The device of new nodes, and the groups of nodes that are placed together with them.
  ///
  /// - Parameter references: the nodes of the variables that the node takes by reference.
  private func place(_ references: [Int]) -> (device: String, group: [String]) {
    var device = references.isEmpty ? scope.device?.description ?? "" : ""
    let neighbours = scope.colocation + references.reversed()
    // As in TensorFlow, the groups of neighbours take the place of those that a scope sets.
    var group = neighbours.isEmpty ? Set(scope.groups) : []
    for id in neighbours.reversed() {
      let node = graph.node(id)
      if case .list(let names)? = node.attrs["_class"] {
        for case .bytes(let name) in names { group.insert(String(decoding: name, as: UTF8.self)) }
      } else {
        group.insert("loc:@\(node.name)")
      }
      if device.isEmpty { device = node.device }
    }
    return (device, group.sorted())
  }

  /// The inputs that are variables by reference: the node is placed beside them.
  private static func references(_ op: OpDef, _ inputs: [Endpoint], _ attrs: Attrs) -> [Int] {
    guard op.signature.inputs.contains(where: \.isRef) else { return [] }
    var position = 0
    var nodes: [Int] = []
    for argument in op.signature.inputs {
      let count = (try? op.signature.types(of: argument, attrs).count) ?? 0
      if argument.isRef { nodes += inputs[position..<position + count].map(\.node) }
      position += count
    }
    return nodes
  }

  private func constant(_ tensor: Tensor, named name: String) throws -> Endpoint {
    guard tensor.dtype.isNumeric || tensor.dtype == .string else {
      throw TFError.invalidArgument("a \(tensor.dtype) value cannot become a constant of a graph")
    }
    // One that waits for something is not for those that do not.
    let shared = scope.controls.isEmpty ? constants : nil
    if let known = shared?[tensor] { return known }
    let id = try append(
      name: graph.uniqueName(name), BasicOps.family.const, [],
      ["value": .tensor(tensor), "dtype": .type(tensor.dtype)])
    shared?[tensor] = Endpoint(id)
    return Endpoint(id)
  }
}

/// The constants that were made of values in one graph.
private final class SharedConstants: Sendable {
  private let made = Lock<[TensorIdentity: Endpoint]>([:])

  subscript(value: Tensor) -> Endpoint? {
    get { made.withLock { $0[value.identity] } }
    set { made.withLock { $0[value.identity] = newValue } }
  }
}
