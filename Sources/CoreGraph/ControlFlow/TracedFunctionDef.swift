import CoreOps

extension FunctionDef {
  /// The function of a graph that was traced for it, with the names that TensorFlow gives: all
  /// nodes of the graph are part of it.
  ///
  /// - Parameters:
  ///   - arguments: placeholders of the graph, and the names of what they stand for outside.
  ///   - effects: nodes that run when the function is called.
  init(
    _ name: String, tracing graph: Graph, arguments: [(Endpoint, label: String?)],
    results: [Endpoint], effects: [Int]
  ) throws {
    self.init(name: name)
    let nodes = graph.nodes
    var names = FunctionNames()
    for result in results {
      let node = nodes[result.node]
      outputs.append(
        Argument(name: names.unique(ofOutput: node.name), type: node.outputTypes[result.index]))
    }
    var texts: [Endpoint: String] = [:]
    var isArgument = [Bool](repeating: false, count: nodes.count)
    for (index, (endpoint, label)) in arguments.enumerated() {
      let node = nodes[endpoint.node]
      let text = names.unique(ofOutput: node.name)
      inputs.append(Argument(name: text, type: node.outputTypes[0]))
      texts[endpoint] = text
      isArgument[endpoint.node] = true
      var attrs: Attrs = ["_output_shapes": .list([.shape(graph.shape(of: endpoint))])]
      if let label { attrs["_user_specified_name"] = .string(label) }
      argAttrs[index] = attrs
    }
    var ownNames: [Int: String] = [:]
    for node in nodes where !isArgument[node.id] { ownNames[node.id] = names.unique(node.name) }
    func text(_ endpoint: Endpoint) throws -> String {
      if let text = texts[endpoint] { return text }
      let text = try Self.text(endpoint, nodes, named: ownNames[endpoint.node])
      texts[endpoint] = text
      return text
    }
    for node in nodes where !isArgument[node.id] {
      let controls = node.controlInputs.compactMap { ownNames[$0] }.map { "^" + $0 }
      self.nodes.append(
        NodeDef(
          name: ownNames[node.id] ?? node.name, op: node.opName,
          inputs: try node.inputs.map(text) + controls, device: node.device, attrs: node.attrs))
      if node.isStateful { isStateful = true }
    }
    for (output, result) in zip(outputs, results) { returns[output.name] = try text(result) }
    for id in effects {
      controlReturns[nodes[id].name] = ownNames[id]
      controlOutputs.append(nodes[id].name)
    }
    attrs["_construction_context"] = .string("kEagerRuntime")
  }
}

/// The names inside a function: arguments and results come first, in small letters; nodes keep
/// their names where these are free. Follows TensorFlow's `GraphToFunctionDef`.
private struct FunctionNames {
  private var used: [String: Int] = [:]

  mutating func unique(_ name: String) -> String {
    guard let count = used[name] else {
      used[name] = 0
      return name
    }
    var number = count
    var candidate: String
    repeat {
      candidate = "\(name)_\(number)"
      number += 1
    } while used[candidate] != nil
    used[name] = number
    used[candidate] = 0
    return candidate
  }

  mutating func unique(ofOutput name: String) -> String {
    let underscore = UInt8(ascii: "_")
    var bytes = name.utf8.map { byte -> UInt8 in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
      default: underscore
      }
    }
    bytes = Array(bytes.drop { !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
    return unique(bytes.isEmpty ? "unknown" : String(decoding: bytes, as: UTF8.self))
  }
}
