import CoreOps

extension FunctionDef {
  /// A function of the part of a graph that some results need.
  ///
  /// - Parameters:
  ///   - arguments: outputs of the graph that become the arguments.
  ///   - results: outputs of the graph; a result may be an argument.
  ///   - effects: nodes that run when the function is called, whether or not a result needs them.
  /// - Throws: `NOT_FOUND` for an op that Janus does not have.
  package init(
    _ name: String, of graph: Graph, arguments: [Endpoint], results: [Endpoint],
    effects: [Int] = []
  ) throws {
    self.init(name: name)
    let nodes = graph.nodes
    var prefix = "arg_"
    while nodes.contains(where: { $0.name.hasPrefix(prefix) }) { prefix = "_" + prefix }
    var texts: [Endpoint: String] = [:]
    for (index, argument) in arguments.enumerated() {
      let dtype = nodes[argument.node].outputTypes[argument.index]
      inputs.append(Argument(name: "\(prefix)\(index)", type: dtype))
      texts[argument] = "\(prefix)\(index)"
    }
    var needed: Set<Int> = []
    var stack = results.filter { texts[$0] == nil }.map(\.node) + effects
    while let id = stack.popLast() {
      guard needed.insert(id).inserted else { continue }
      stack += nodes[id].inputs.filter { texts[$0] == nil }.map(\.node)
      stack += nodes[id].controlInputs.filter { control in
        !arguments.contains { $0.node == control }
      }
    }
    func text(_ endpoint: Endpoint) throws -> String {
      if let text = texts[endpoint] { return text }
      let text = try Self.text(endpoint, nodes)
      texts[endpoint] = text
      return text
    }
    for id in needed.sorted() {
      let node = nodes[id]
      let controls = node.controlInputs.filter(needed.contains).map { "^" + nodes[$0].name }
      self.nodes.append(
        NodeDef(
          name: node.name, op: node.opName, inputs: try node.inputs.map(text) + controls,
          device: node.device, attrs: node.attrs))
      if node.isStateful { isStateful = true }
    }
    for (index, result) in results.enumerated() {
      let dtype = nodes[result.node].outputTypes[result.index]
      outputs.append(Argument(name: "output_\(index)", type: dtype))
      returns["output_\(index)"] = try text(result)
    }
    for id in effects {
      controlReturns[nodes[id].name] = nodes[id].name
      controlOutputs.append(nodes[id].name)
    }
  }

  /// An output as functions write it: `node:argument:position`.
  ///
  /// - Parameter name: the node's name in the function; nil where it keeps its own.
  static func text(_ endpoint: Endpoint, _ nodes: [Node], named name: String? = nil) throws
    -> String
  {
    let node = nodes[endpoint.node]
    let name = name ?? node.name
    guard let op = node.op else { return "\(name):\(endpoint.index)" }
    var first = 0
    for output in op.signature.outputs {
      let count = try op.signature.types(of: output, node.attrs).count
      if endpoint.index < first + count {
        return "\(name):\(output.name):\(endpoint.index - first)"
      }
      first += count
    }
    throw TFError.internal("\(node.name) has no output \(endpoint.index)")
  }
}

extension FunctionLibrary {
  /// Adds the functions of another library that are not here yet.
  mutating func merge(_ other: FunctionLibrary) throws {
    for name in other.order where self[name] == nil {
      if let function = other[name] { try add(function) }
    }
  }
}

/// Numbers for the names of derived functions, so that those of different graphs differ, also from
/// those that files have.
enum DerivedName {
  private static let count = Lock<Int>(0)
  /// A file may have larger numbers, to which this process does not come.
  private static let mostNoted = 1 << 48

  /// Has later names differ from that of a function which a library gets.
  static func note(_ name: String) {
    guard name.utf8.starts(with: "__".utf8), let end = name.utf8.lastIndex(of: UInt8(ascii: "_")),
      let number = Int(name[name.index(after: end)...]), number <= mostNoted
    else { return }
    count.withLock { $0 = max($0, number) }
  }

  /// `__forward_name_7`, as TensorFlow calls such functions.
  static func make(_ role: String, of name: String) -> String {
    let number = count.withLock {
      $0 += 1
      return $0
    }
    // A derived function of a derived function is called after the first.
    var base = Substring(name)
    for prefix in ["__forward_", "__backward_"] where base.hasPrefix(prefix) {
      base = base.dropFirst(prefix.count)
      if let end = base.lastIndex(of: "_") { base = base[..<end] }
    }
    return "__\(role)_\(base)_\(number)"
  }
}
