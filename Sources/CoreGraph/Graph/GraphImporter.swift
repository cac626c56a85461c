package import CoreOps

/// Links the nodes of a `GraphDef` into a graph, checking all that a hostile file could get wrong.
struct GraphImporter {
  /// What an input text such as `node:1` or `node:argument:0` means.
  private typealias Resolver = (String) throws -> Endpoint

  let graph: Graph
  /// Values for attributes that stand for a function's attributes.
  var substitutions = Attrs()

  /// Adds `nodes`, in whatever order they come.
  ///
  /// - Parameter arguments: names that inputs may refer to beside nodes: a function's arguments.
  func add(_ nodes: [NodeDef], arguments: [String: [Endpoint]] = [:], prefix: String = "") throws {
    var positions: [String: Int] = [:]
    positions.reserveCapacity(nodes.count)
    for (index, node) in nodes.enumerated() {
      guard isValidName(node.name) else {
        throw TFError.invalidArgument("Node name '\(node.name)' is not valid")
      }
      guard positions.updateValue(index, forKey: node.name) == nil else {
        throw TFError.invalidArgument("Node '\(node.name)' is not unique")
      }
    }
    var pace = Pace()
    let parsed = try nodes.map { node in
      try pace.step(64)
      return try node.inputs.map { try InputName($0, node: node.name) }
    }
    let order = try sorted(nodes, parsed, positions, arguments)
    var ids = [Int?](repeating: nil, count: nodes.count)
    var backEdges: [(node: Int, input: Int, from: InputName)] = []
    for index in order {
      try pace.step(64)
      let definition = nodes[index]
      var inputs: [Endpoint] = []
      var controls: [Int] = []
      var seen: Set<Int> = []
      for input in parsed[index] {
        if let argument = arguments[input.node] {
          if input.isControl {
            controls.append(contentsOf: argument.map(\.node))
          } else {
            guard let offset = input.lastNumber, argument.indices.contains(offset) else {
              throw TFError.invalidArgument(
                "Node '\(definition.name)': input '\(input.text)' is not an output")
            }
            inputs.append(argument[offset])
          }
          continue
        }
        guard let position = positions[input.node] else {
          throw TFError.invalidArgument(
            "Node '\(definition.name)': Unknown input node '\(input.text)'")
        }
        guard let source = ids[position] else {
          // The order puts everything but the back edge of a loop before its consumer.
          backEdges.append((index, inputs.count, input))
          inputs.append(Endpoint(-1))
          continue
        }
        if input.isControl {
          if seen.insert(source).inserted { controls.append(source) }
        } else {
          inputs.append(try endpoint(input, source, consumer: definition.name))
        }
      }
      ids[index] = try add(definition, inputs, controls, prefix)
    }
    for edge in backEdges {
      let source = ids[positions[edge.from.node]!]!
      let target = ids[edge.node]!
      if edge.from.isControl {
        graph.update(target) { $0.controlInputs.append(source) }
      } else {
        let endpoint = try endpoint(edge.from, source, consumer: nodes[edge.node].name)
        graph.update(target) { $0.inputs[edge.input] = endpoint }
      }
    }
  }

  private func isValidName(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count < 1 << 16 else { return false }
    return first != UInt8(ascii: "^") && !name.utf8.contains(UInt8(ascii: ":"))
  }

  /// Positions such that each node comes after its inputs, but for the inputs of a Merge from a
  /// NextIteration.
  private func sorted(
    _ nodes: [NodeDef], _ inputs: [[InputName]], _ positions: [String: Int],
    _ arguments: [String: [Endpoint]]
  ) throws -> [Int] {
    var waiting = [Int](repeating: 0, count: nodes.count)
    var consumers = [[Int]](repeating: [], count: nodes.count)
    for index in nodes.indices {
      let isMerge = nodes[index].op == "Merge" || nodes[index].op == "RefMerge"
      for input in inputs[index] where arguments[input.node] == nil {
        guard let source = positions[input.node] else {
          throw TFError.invalidArgument(
            "Node '\(nodes[index].name)': Unknown input node '\(input.text)'")
        }
        let op = nodes[source].op
        if isMerge, op == "NextIteration" || op == "RefNextIteration" { continue }
        waiting[index] += 1
        consumers[source].append(index)
      }
    }
    // Among the nodes that are ready, the first in the file comes first.
    var ready = MinHeap(nodes.indices.filter { waiting[$0] == 0 })
    var order: [Int] = []
    order.reserveCapacity(nodes.count)
    while let index = ready.popMin() {
      order.append(index)
      for consumer in consumers[index] {
        waiting[consumer] -= 1
        if waiting[consumer] == 0 { ready.insert(consumer) }
      }
    }
    if order.count < nodes.count {
      let stuck = nodes.indices.first { waiting[$0] > 0 }!
      throw TFError.invalidArgument(
        "The graph has a cycle without a NextIteration node, through node '\(nodes[stuck].name)'")
    }
    return order
  }

  private func endpoint(_ input: InputName, _ source: Int, consumer: String) throws -> Endpoint {
    let node = graph.node(source)
    var index = input.lastNumber ?? 0
    if let argument = input.argument {
      guard let outputs = try graph.outputs(argument, of: node) else {
        throw TFError.invalidArgument(
          "Node '\(consumer)': '\(node.opName)' has no output argument '\(argument)'")
      }
      index += outputs.lowerBound
    }
    guard index >= 0, index < node.outputTypes.count || (node.op == nil && index < 1 << 16) else {
      throw TFError.invalidArgument(
        """
        Node '\(consumer)': Connecting to invalid output \(index) of source node \(node.name) \
        which has \(node.outputTypes.count) outputs.
        """
      )
    }
    return Endpoint(source, index)
  }

  private func add(
    _ definition: NodeDef, _ inputs: [Endpoint], _ controls: [Int], _ prefix: String
  ) throws -> Int {
    var attrs = definition.attrs
    if !substitutions.isEmpty { attrs = try substitute(attrs, depth: 0) }
    return try graph.append(
      name: prefix + definition.name, op: OpRegistry.standard[definition.op],
      opName: definition.op, inputs: inputs, controlInputs: controls, attrs: attrs,
      device: definition.device, unknownFields: definition.unknownFields, fault: definition.fault)
  }

  private func substitute(_ attrs: Attrs, depth: Int) throws -> Attrs {
    var result = attrs
    for entry in attrs {
      switch entry.value {
      case .placeholder(let name):
        guard let value = substitutions[name] else {
          throw TFError.invalidArgument("the function's attr '\(name)' has no value")
        }
        result[entry.name] = value
      case .function(let name, let inner) where depth < 16:
        result[entry.name] = .function(name, try substitute(inner, depth: depth + 1))
      default: break
      }
    }
    return result
  }
}

/// An input as a `NodeDef` writes it.
private struct InputName {
  let text: String
  let isControl: Bool
  let node: String
  /// The output argument, in functions.
  let argument: String?
  let lastNumber: Int?

  init(_ text: String, node consumer: String) throws {
    self.text = text
    isControl = text.hasPrefix("^")
    if isControl {
      node = String(text.dropFirst())
      argument = nil
      lastNumber = nil
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    node = String(parts[0])
    switch parts.count {
    case 1:
      argument = nil
      lastNumber = 0
    case 2:
      if let number = Int(parts[1]) {
        argument = nil
        lastNumber = number
      } else {
        argument = String(parts[1])
        lastNumber = 0
      }
    case 3:
      argument = String(parts[1])
      lastNumber = Int(parts[2])
    default:
      argument = nil
      lastNumber = nil
    }
    guard !node.isEmpty, parts.count <= 3, lastNumber.map({ $0 >= 0 && $0 < 1 << 20 }) == true
    else {
      throw TFError.invalidArgument(
        "Node '\(consumer)': input '\(text)' is not a valid tensor name")
    }
  }
}

/// A heap of integers with the smallest on top.
struct MinHeap {
  private var items: [Int]

  init(_ items: [Int]) { self.items = items.sorted() }

  var isEmpty: Bool { items.isEmpty }

  mutating func insert(_ item: Int) {
    items.append(item)
    var child = items.count - 1
    while child > 0, items[(child - 1) / 2] > items[child] {
      items.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  mutating func popMin() -> Int? {
    guard let top = items.first else { return nil }
    let last = items.removeLast()
    if !items.isEmpty {
      items[0] = last
      var parent = 0
      while true {
        var least = parent
        for child in [2 * parent + 1, 2 * parent + 2]
        where child < items.count && items[child] < items[least] {
          least = child
        }
        if least == parent { break }
        items.swapAt(parent, least)
        parent = least
      }
    }
    return top
  }
}

extension Graph {
  /// A graph of the nodes and functions of `definition`. Ops that Janus does not have load too;
  /// only running them fails.
  ///
  /// - Throws: `INVALID_ARGUMENT` that names the node for duplicate names, missing inputs, cycles,
  ///   contradicting dtypes or a version that this reader is too old for.
  public convenience init(importing definition: GraphDef) throws {
    self.init()
    let versions = definition.versions
    guard versions.minConsumer <= Graph.producerVersion else {
      throw TFError.invalidArgument(
        """
        GraphDef min consumer version \(versions.minConsumer) above current version \
        \(Graph.producerVersion) for TensorFlow 2.21.0.  Please upgrade TensorFlow.
        """
      )
    }
    guard !versions.badConsumers.contains(Graph.producerVersion) else {
      throw TFError.invalidArgument(
        """
        GraphDef disallows consumer version \(Graph.producerVersion).  Please upgrade TensorFlow: \
        this version is likely buggy.
        """
      )
    }
    self.versions = versions
    unknownFields = definition.unknownFields
    var library = FunctionLibrary()
    for function in definition.library { try library.add(function) }
    library.gradients = definition.gradients
    self.library = library
    try GraphImporter(graph: self).add(definition.nodes)
    try verify()
  }

  /// The graph as data. Follows `tf.Graph.as_graph_def`.
  public var graphDef: GraphDef {
    let nodes = self.nodes
    var definition = GraphDef()
    definition.nodes = nodes.map { node in
      var result = NodeDef(
        name: node.name, op: node.opName,
        inputs: node.inputs.map { nodes[$0.node].name + ($0.index == 0 ? "" : ":\($0.index)") }
          + node.controlInputs.map { "^" + nodes[$0].name },
        device: node.device, attrs: node.attrs)
      result.unknownFields = node.unknownFields
      return result
    }
    definition.library = library.all
    definition.gradients = library.gradients
    definition.versions = versions
    definition.unknownFields = unknownFields
    return definition
  }
}

extension Graph {
  /// Where a node's output argument lies among its outputs; nil where it has no argument of that
  /// name. The node is an op's, or a call in the old form, whose op is the function's name.
  ///
  /// - Throws: `NOT_FOUND` when there is neither an op nor a function of that name, the node's own
  ///   fault where it has one.
  fileprivate func outputs(_ argument: String, of node: Node) throws -> Range<Int>? {
    if let op = node.op {
      guard op.signature.outputs.contains(where: { $0.name == argument }) else { return nil }
      return try op.signature.outputRange(argument, node.attrs)
    }
    let library = library
    guard node.fault == nil, let function = library[node.opName] else {
      throw node.isNotRegistered
    }
    return try library.outputRange(argument, of: function, node.attrs)
  }
}

extension FunctionLibrary {
  /// The body of a function with `attrs` for its attributes.
  ///
  /// - Throws: `NOT_FOUND` when there is no such function, `INVALID_ARGUMENT` when it is malformed.
  package func instantiate(_ name: String, _ attrs: Attrs) throws -> FunctionBody {
    guard let function = self[name] else {
      throw TFError.notFound("Function '\(name)' is not in the graph's library")
    }
    let graph = Graph()
    graph.library = self
    var arguments: [String: [Endpoint]] = [:]
    var ids: [Int] = []
    for (position, argument) in function.inputs.enumerated() {
      var endpoints: [Endpoint] = []
      for (offset, dtype) in try types(argument, attrs, function.name).enumerated() {
        let id = try graph.append(
          name: graph.uniqueName(offset == 0 ? argument.name : "\(argument.name)_\(offset)"),
          op: BasicOps.family.placeholder, inputs: [],
          attrs: argumentAttrs(dtype, function.argAttrs[position] ?? [:], offset))
        ids.append(id)
        endpoints.append(Endpoint(id))
      }
      guard arguments.updateValue(endpoints, forKey: argument.name) == nil else {
        throw TFError.invalidArgument("function \(name): argument '\(argument.name)' is not unique")
      }
    }
    // The arguments' nodes have their names, so a node of the body may not.
    var importer = GraphImporter(graph: graph)
    importer.substitutions = attrs
    try importer.add(function.nodes, arguments: arguments)
    var results: [Endpoint] = []
    for output in function.outputs {
      guard let text = function.returns[output.name] else {
        throw TFError.invalidArgument("function \(name): output '\(output.name)' is not returned")
      }
      results.append(
        contentsOf: try resolve(text, graph, arguments, try types(output, attrs, name).count, name))
    }
    try graph.verify()
    let controls = try function.controlReturns.values.sorted().map { text in
      try graph.operation(named: text).id
    }
    return FunctionBody(graph: graph, arguments: ids, results: results, controlResults: controls)
  }

  /// The attributes of the node that stands for an argument: its dtype, and what the function's
  /// definition says of its shape and of what is behind it.
  private func argumentAttrs(_ dtype: DType, _ stated: Attrs, _ offset: Int) -> Attrs {
    var shape = PartialShape.unknown
    if case .list(let shapes)? = stated["_output_shapes"], offset < shapes.count,
      case .shape(let own) = shapes[offset]
    {
      shape = own
    }
    var attrs: Attrs = ["dtype": .type(dtype), "shape": .shape(shape)]
    for name in ["_handle_dtypes", "_handle_shapes"] { attrs[name] = stated[name] }
    return attrs
  }

  func outputTypes(of function: FunctionDef, _ attrs: Attrs) throws -> [DType] {
    try function.outputs.flatMap { try types($0, attrs, function.name) }
  }

  fileprivate func outputRange(_ name: String, of function: FunctionDef, _ attrs: Attrs) throws
    -> Range<Int>?
  {
    var start = 0
    for output in function.outputs {
      let count = try types(output, attrs, function.name).count
      if output.name == name { return start..<start + count }
      start += count
    }
    return nil
  }

  private func types(_ argument: FunctionDef.Argument, _ attrs: Attrs, _ function: String) throws
    -> [DType]
  {
    if !argument.typeListAttr.isEmpty {
      guard case .list(let list)? = attrs[argument.typeListAttr] else {
        throw TFError.invalidArgument(
          "function \(function): attr '\(argument.typeListAttr)' has no value")
      }
      return try list.map {
        guard case .type(let dtype) = $0 else {
          throw TFError.invalidArgument(
            "function \(function): attr '\(argument.typeListAttr)' is not a list of types")
        }
        return dtype
      }
    }
    var dtype = argument.type
    if !argument.typeAttr.isEmpty, case .type(let value)? = attrs[argument.typeAttr] {
      dtype = value
    }
    guard let dtype else {
      throw TFError.invalidArgument(
        "function \(function): argument '\(argument.name)' has no dtype")
    }
    guard !argument.numberAttr.isEmpty else { return [dtype] }
    guard case .int(let count)? = attrs[argument.numberAttr], count >= 0, count < 1 << 16 else {
      throw TFError.invalidArgument(
        "function \(function): attr '\(argument.numberAttr)' has no value")
    }
    return [DType](repeating: dtype, count: count)
  }

  private func resolve(
    _ text: String, _ graph: Graph, _ arguments: [String: [Endpoint]], _ count: Int,
    _ function: String
  ) throws -> [Endpoint] {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if let argument = arguments[parts[0]] {
      if parts.count == 1 { return argument }
      guard let index = Int(parts[parts.count - 1]), argument.indices.contains(index) else {
        throw TFError.invalidArgument("function \(function): '\(text)' is not an argument")
      }
      return [argument[index]]
    }
    let node = try graph.operation(named: parts[0])
    var start = 0
    var available = node.outputTypes.count
    if parts.count >= 2, Int(parts[1]) == nil {
      guard let range = try graph.outputs(parts[1], of: node) else {
        throw TFError.invalidArgument("function \(function): '\(text)' is not an output")
      }
      start = range.lowerBound
      available = range.count
    }
    if parts.count >= 2, let last = Int(parts[parts.count - 1]) {
      guard last >= 0, last < available else {
        throw TFError.invalidArgument("function \(function): '\(text)' is not an output")
      }
      return [Endpoint(node.id, start + last)]
    }
    return (0..<min(count, available)).map { Endpoint(node.id, start + $0) }
  }
}
