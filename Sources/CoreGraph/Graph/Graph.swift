package import CoreOps

/// A program made of ops, as `tf.Graph`: nodes with unique names, data and control edges, and a
/// function library.
///
/// A graph may be built from one thread while others run it.
public final class Graph: Sendable {
  struct State: Sendable {
    var nodes: [Node] = []
    /// What was inferred of each node's outputs, nil where no one asked yet.
    var facts: [OutputFacts?] = []
    /// What a program said of the shapes of outputs.
    var statedShapes: [Endpoint: PartialShape] = [:]
    /// The values that were looked for on behalf of shape rules; nil where there is none.
    var constants: [Endpoint: Tensor?] = [:]
    /// How often a node that was already there was changed.
    var changes = 0
    var byName: [String: Int] = [:]
    /// Made when a unique name is first asked for.
    var names: NameTable?
    /// How often names were taken when a free one was asked for.
    var suffixes: [String: Int] = [:]
    var library = FunctionLibrary()
    var versions = VersionDef()
    var unknownFields: [UnknownField] = []
    var collections: [String: [any Sendable]] = [:]
    /// The branches and loops that nodes belong to, and what can't be fetched or fed therefore.
    var flow = FlowMembers()
    /// What other modules keep for the graph.
    var attachments: [String: any Sendable] = [:]
    var isFinalized = false
    /// Where the resources of new nodes are kept; empty for the standard place.
    var container = ""
    var seed: Int?
    /// How many random ops have asked for a seed of their own.
    var drawnSeeds = 0
    /// How many functions deep this is a body that only shapes are inferred of.
    var levels = 0
    /// What the nodes with many outputs are counted with.
    var outputBytes = 0
  }

  private let state = Lock(State())
  /// The graph in which this one is the body of a branch or loop that is being traced.
  package let outer: Graph?
  /// Whether effects happen in the order written, as in a function; in a program's graph they do
  /// only where nodes wait for others.
  package let ordersEffects: Bool
  /// Whether it is the condition or body of a loop, or inside one.
  package let isInsideLoopBody: Bool

  /// What a node is counted with against the memory limit, in batches.
  fileprivate static let nodeBytes = 768
  fileprivate static let nodesPerBatch = 128
  /// What each output of a node is counted with where there are more than a node is counted for: an
  /// attribute can ask for millions.
  fileprivate static let bytesPerOutput = 16
  fileprivate static let mostUncountedOutputs = 16

  deinit {
    let (batches, outputs) = state.withLock {
      (($0.nodes.count &+ Self.nodesPerBatch &- 1) / Self.nodesPerBatch, $0.outputBytes)
    }
    MemoryLimit.giveBack(batches &* Self.nodesPerBatch &* Self.nodeBytes &+ outputs)
  }

  public convenience init() { self.init(inside: nil) }

  package init(
    inside outer: Graph? = nil, ordersEffects: Bool = false, isLoop: Bool = false
  ) {
    self.outer = outer
    isInsideLoopBody = isLoop || outer?.isInsideLoopBody ?? false
    self.ordersEffects = ordersEffects
    state.withLock {
      $0.versions.producer = Graph.producerVersion
    }
  }

  /// The version of the graph format that Janus writes: that of TensorFlow 2.21.
  public static let producerVersion = ExecutionContext.latestGraphVersion

  func withState<R: Sendable>(_ body: (inout State) throws -> R) rethrows -> R {
    try state.withLock { try body(&$0) }
  }

  package var nodes: [Node] { withState { $0.nodes } }
  /// How often a node that was already there was changed: what was made of the graph before is
  /// stale then.
  package var changeCount: Int { withState { $0.changes } }
  package var nodeCount: Int { withState { $0.nodes.count } }
  package func node(_ id: Int) -> Node { withState { $0.nodes[id] } }
  package func node(named name: String) -> Node? {
    withState { state in state.byName[name].map { state.nodes[$0] } }
  }

  package var library: FunctionLibrary {
    get { withState { $0.library } }
    set { withState { $0.library = newValue } }
  }

  public var versions: VersionDef {
    get { withState { $0.versions } }
    set { withState { $0.versions = newValue } }
  }

  package var unknownFields: [UnknownField] {
    get { withState { $0.unknownFields } }
    set { withState { $0.unknownFields = newValue } }
  }

  /// The graph-level random seed, as `tf.set_random_seed` sets it.
  public var seed: Int? {
    get { withState { $0.seed } }
    set { withState { $0.seed = newValue } }
  }

  /// The seeds of a random op that asks for `own`.
  func seeds(_ own: Int?, _ policy: Behavior.SeedPolicy) -> RandomSeeds {
    withState { state in
      RandomSeeds(global: state.seed, own: own) {
        if policy == .nodes { return state.nodes.count }
        defer { state.drawnSeeds += 1 }
        return state.drawnSeeds
      }
    }
  }

  /// Makes the graph read-only. Follows `tf.Graph.finalize`.
  public func finalize() { withState { $0.isFinalized = true } }
  public var isFinalized: Bool { withState { $0.isFinalized } }

  /// Where the resources of nodes that are added from now on are kept; empty for the standard
  /// place.
  package var container: String {
    get { withState { $0.container } }
    set { withState { $0.container = newValue } }
  }

  /// Adds a value to a collection. Follows `tf.Graph.add_to_collection`.
  ///
  /// The collections of a branch or loop are those of the graph around it.
  package func addToCollection(_ name: String, _ value: any Sendable) {
    if let outer { return outer.addToCollection(name, value) }
    withState { $0.collections[name, default: []].append(value) }
  }
  package func collection(_ name: String) -> [any Sendable] {
    if let outer { return outer.collection(name) }
    return withState { $0.collections[name] ?? [] }
  }

  /// What another module keeps for the graph under `key`, made when first asked for.
  package func attachment<T: Sendable>(_ key: String, _ make: () -> T) -> T {
    withState { state in
      if let known = state.attachments[key] as? T { return known }
      let new = make()
      state.attachments[key] = new
      return new
    }
  }
  package func setCollection(_ name: String, _ values: [any Sendable]?) {
    if let outer { return outer.setCollection(name, values) }
    withState { $0.collections[name] = values }
  }
  /// The names of all collections, in order.
  package var collectionNames: [String] {
    outer?.collectionNames ?? withState { $0.collections.keys.sorted() }
  }

  /// A name not yet taken, made from `name` by TensorFlow's rules. Follows `tf.Graph.unique_name`.
  package func uniqueName(_ name: String) -> String {
    withState { state in
      if state.names == nil {
        var names = NameTable()
        for node in state.nodes { names.take(node.name) }
        state.names = names
      }
      return state.names!.unique(name)
    }
  }

  /// The name that `uniqueName` would give, which stays free.
  package func nextName(_ name: String) -> String {
    withState { state in
      var names = state.names ?? NameTable()
      if state.names == nil { for node in state.nodes { names.take(node.name) } }
      return names.unique(name)
    }
  }

  /// `name`, or that with a number, such that no node has it: for nodes that no program names,
  /// whose names may differ in case only.
  package func freeName(_ name: String) -> String {
    withState { state in
      guard state.byName[name] != nil else { return name }
      var number = state.suffixes[name] ?? 1
      while state.byName["\(name)_\(number)"] != nil { number += 1 }
      state.suffixes[name] = number + 1
      return "\(name)_\(number)"
    }
  }

  /// Appends a node: the one way in, for builders, importers and passes. Its outputs' dtypes follow
  /// from the op and the attributes, their shapes and handle data from the op's shape rule.
  ///
  /// - Parameters:
  ///   - name: taken as it is; must be new.
  ///   - opName: the op's name where `op` is nil.
  ///   - attrs: complete.
  ///   - fault: why it cannot run; its outputs are not known then.
  ///   - checked: whether attributes or inputs that the op's signature or shape rule refuses are an
  ///     error. If not, they are one for the runs that need the node.
  /// - Throws: `INVALID_ARGUMENT` when the name is taken or the inputs do not fit,
  ///   `FAILED_PRECONDITION` when the graph is final, `RESOURCE_EXHAUSTED` when there is no memory
  ///   for it.
  @discardableResult
  package func append(
    name: String, op: OpDef?, opName: String? = nil, inputs: [Endpoint], controlInputs: [Int] = [],
    attrs: Attrs, device: String = "", unknownFields: [UnknownField] = [], fault: NodeFault? = nil,
    checked: Bool = false
  ) throws -> Int {
    let opName = opName ?? op?.name ?? ""
    var fault = fault
    var types: [DType] = []
    do {
      if let op, fault == nil {
        types = try op.signature.outputTypes(attrs)
      } else if op == nil, fault == nil, let function = library[opName] {
        // A call in the old form: the op is the function's name.
        types = try library.outputTypes(of: function, attrs)
      }
    } catch let error as TFError where !checked && NodeFault.isLocal(error) {
      fault = NodeFault(error)
    }
    let known = fault == nil ? op : nil
    return try withState { state in
      let node = Node(
        id: state.nodes.count, name: name, opName: opName, op: known, inputs: inputs,
        controlInputs: controlInputs, attrs: attrs, device: device,
        outputTypes: SharedLists.types(types), unknownFields: unknownFields, fault: fault)
      try state.append(node, checked ? state.inferred(node) : nil)
      return node.id
    }
  }

  /// Appends a copy of another graph's node, of which this graph infers shapes anew.
  package func append(
    copyOf node: Node, name: String, inputs: [Endpoint], controlInputs: [Int], device: String
  ) throws -> Int {
    try withState { state in
      let copy = Node(
        id: state.nodes.count, name: name, opName: node.opName, op: node.op, inputs: inputs,
        controlInputs: controlInputs, attrs: node.attrs, device: device,
        outputTypes: node.outputTypes, unknownFields: node.unknownFields, fault: node.fault)
      try state.append(copy, nil)
      return copy.id
    }
  }

  /// Changes a node that is already there: the back edge of a loop, an added control edge, an
  /// attribute.
  package func update(_ id: Int, _ change: (inout Node) -> Void) {
    withState { state in
      let before = state.nodes[id].inferenceInputs
      change(&state.nodes[id])
      state.changes += 1
      // The back edge of a loop has no part in inference.
      if state.nodes[id].inferenceInputs != before { state.forgetFacts(from: id) }
    }
  }

  /// A stable dump: a line per node, in order.
  public var description: String {
    let nodes = self.nodes
    return nodes.map { node in
      let facts = facts(node.id)
      let inputs =
        node.inputs.map { nodes[$0.node].name + ($0.index == 0 ? "" : ":\($0.index)") }
        + node.controlInputs.map { "^" + nodes[$0].name }
      let outputs = zip(node.outputTypes, facts.shapes).map { "\($0)\($1)" }
      return
        """
        \(node.name) = \(node.opName)(\(inputs.joined(separator: ", "))) -> \
        \(outputs.joined(separator: ", "))
        """
    }.joined(separator: "\n")
  }
}

extension Graph: CustomStringConvertible {}

extension Graph.State {
  /// - Throws: as `Graph.append`.
  mutating func append(_ node: Node, _ known: OutputFacts?) throws {
    guard !isFinalized else {
      throw TFError.failedPrecondition("Graph is finalized and cannot be modified.")
    }
    guard byName[node.name] == nil else {
      throw TFError.invalidArgument("Node '\(node.name)' is not unique")
    }
    if node.outputTypes.count > Graph.mostUncountedOutputs {
      let bytes = node.outputTypes.count * Graph.bytesPerOutput
      try MemoryLimit.take(bytes)
      outputBytes += bytes
    }
    if node.id % Graph.nodesPerBatch == 0 {
      try MemoryLimit.take(Graph.nodesPerBatch * Graph.nodeBytes)
    }
    nodes.append(node)
    facts.append(known)
    byName[node.name] = node.id
    names?.take(node.name)
  }

  /// A node was changed: what was inferred from it may not hold any more.
  mutating func forgetFacts(from id: Int) {
    for index in id..<facts.count where facts[index] != nil { facts[index] = nil }
    constants = [:]
  }
}

/// The names in use, compared without case as TensorFlow does.
struct NameTable: Sendable {
  private var counts: [String: Int] = [:]

  mutating func take(_ name: String) {
    let key = name.lowercased()
    if counts[key] == nil { counts[key] = 1 }
  }

  /// `name`, or `name_1`, `name_2`, …
  mutating func unique(_ name: String) -> String {
    let key = name.lowercased()
    guard var count = counts[key] else {
      counts[key] = 1
      return name
    }
    var candidate = name
    repeat {
      candidate = "\(name)_\(count)"
      count += 1
    } while counts[candidate.lowercased()] != nil
    counts[key] = count
    counts[candidate.lowercased()] = 1
    return candidate
  }
}

/// The symbolic value of a node's output.
final class GraphTensor: SymbolicTensor {
  let graph: Graph
  let endpoint: Endpoint
  let dtype: DType

  init(graph: Graph, endpoint: Endpoint) {
    self.graph = graph
    self.endpoint = endpoint
    let types = graph.withState { $0.nodes[endpoint.node].outputTypes }
    // What an unknown op gives is not known either; whoever looks at it is refused.
    dtype = types.indices.contains(endpoint.index) ? types[endpoint.index] : .variant
  }

  var name: String { "\(graph.withState { $0.nodes[endpoint.node].name }):\(endpoint.index)" }

  var identity: TensorIdentity {
    // The graph lives at least as long as this tensor, so that its address is its own.
    TensorIdentity(
      graph: UInt(bitPattern: Unmanaged.passUnretained(graph).toOpaque()),
      number: UInt64(endpoint.node) << 24 | UInt64(endpoint.index))
  }

  var shape: PartialShape { graph.shape(of: endpoint) }

  func refine(_ shape: PartialShape) throws {
    try graph.setShape(of: endpoint, shape)
  }
}

extension Graph {
  /// The symbolic tensor of an output.
  package func tensor(_ endpoint: Endpoint) -> Tensor {
    let reference = GraphTensor(graph: self, endpoint: endpoint)
    return Tensor(symbolic: reference, dtype: reference.dtype)
  }

  /// Whether `tensor` is an output of a node of this graph.
  package func owns(_ tensor: Tensor) -> Bool {
    guard case .symbolic(let reference) = tensor.payload else { return false }
    if let own = reference as? GraphTensor { return own.graph === self }
    if let made = try? (reference as? DeferredTensor)?.made() { return owns(made) }
    return false
  }

  /// Where a symbolic tensor of this graph comes from.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the tensor has a value or belongs to another graph.
  package func endpoint(of tensor: Tensor) throws -> Endpoint {
    guard case .symbolic(let reference) = tensor.payload else {
      throw TFError.invalidArgument("the tensor has a value and is not part of the graph")
    }
    guard let own = reference as? GraphTensor else {
      if let deferred = reference as? DeferredTensor { return try endpoint(of: deferred.made()) }
      throw TFError.invalidArgument("the tensor has a value and is not part of the graph")
    }
    guard own.graph === self else {
      throw TFError.invalidArgument("Tensor \(own.name) is not an element of this graph.")
    }
    return own.endpoint
  }

  /// The output that `name:index`, or `name` for output 0, names.
  ///
  /// - Throws: `NOT_FOUND` in TensorFlow's words.
  package func endpoint(named text: String) throws -> Endpoint {
    var name = text
    var index = 0
    let bytes = text.utf8
    if let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
      let number = Int(text[bytes.index(after: colon)...])
    {
      name = String(text[..<colon])
      index = number
    }
    let found = withState { state in
      state.byName[name].map { id in
        let node = state.nodes[id]
        return (id: id, count: node.outputTypes.count, isKnown: node.op != nil)
      }
    }
    guard let found else {
      throw TFError.notFound(
        """
        The name '\(text)' refers to a Tensor which does not exist. The operation, '\(name)', does \
        not exist in the graph.\(suggestion(for: name))
        """
      )
    }
    guard index >= 0, index < found.count || !found.isKnown else {
      throw TFError.notFound(
        """
        The name '\(text)' refers to a Tensor which does not exist. The operation, '\(name)', \
        exists but only has \(found.count) outputs.
        """
      )
    }
    return Endpoint(found.id, index)
  }

  /// What an error about a name that is not in the graph adds.
  private func suggestion(for name: String) -> String {
    var suggestion = NameSuggestion(for: name)
    for node in nodes { suggestion.consider(node.name) }
    return suggestion.text
  }

  /// The node that `name` names.
  package func operation(named name: String) throws -> Node {
    guard let node = node(named: name) else {
      throw TFError.notFound(
        """
        The name '\(name)' refers to an Operation not in the graph.\(suggestion(for: name))
        """
      )
    }
    return node
  }
}
