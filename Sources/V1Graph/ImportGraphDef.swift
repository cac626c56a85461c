public import CoreGraph
public import CoreOps

extension V1API {
  /// Adds a graph to the current one, and gives tensors of it. Follows
  /// `tf.compat.v1.import_graph_def`.
  ///
  /// - Parameters:
  ///   - graphDef: the graph as data, such as `tf.GraphDef(contentsOf: "frozen.pb")`.
  ///   - inputMap: tensors of the current graph that stand in for outputs of `graphDef`, by the
  ///     outputs' names.
  ///   - returnElements: names of tensors in `graphDef`; that of a node is its first output.
  ///   - name: the scope that names begin with; empty for none, where names that are taken get a
  ///     number.
  /// - Returns: the tensors that `returnElements` names.
  /// - Throws: `INVALID_ARGUMENT` for a graph that is malformed or a name that is not in it,
  ///   `FAILED_PRECONDITION` where calls run at once.
  @discardableResult
  public static func importGraphDef(
    _ graphDef: GraphDef, inputMap: [String: Tensor] = [:], returnElements: [String] = [],
    name: String = "import"
  ) throws -> [Tensor] {
    let (graph, names) = try add(graphDef, inputMap, returnElements, name)
    return try returnElements.map { element in
      let (node, output) = Self.split(element)
      let operation = try graph.getOperationByName(names(node))
      guard operation.outputs.indices.contains(output) else {
        throw TFError.invalidArgument(
          """
          Invalid return output \(output) of node '\(node)', which has \
          \(operation.outputs.count) output(s)
          """)
      }
      return operation.outputs[output]
    }
  }

  /// The same, which gives operations.
  ///
  /// - Parameter returnOperations: names of nodes in `graphDef`.
  public static func importGraphDef(
    _ graphDef: GraphDef, inputMap: [String: Tensor] = [:], returnOperations: [String],
    name: String = "import"
  ) throws -> [Operation] {
    let (graph, names) = try add(graphDef, inputMap, returnOperations, name)
    return try returnOperations.map { try graph.getOperationByName(names($0)) }
  }

  private static func split(_ element: String) -> (node: String, output: Int) {
    guard let colon = element.lastIndex(of: ":"),
      let output = Int(element[element.index(after: colon)...])
    else { return (element, 0) }
    return (String(element[..<colon]), output)
  }

  /// - Returns: the graph, and the names in it of the nodes that were added.
  private static func add(
    _ graphDef: GraphDef, _ inputMap: [String: Tensor], _ returned: [String], _ name: String
  ) throws -> (Graph, (String) -> String) {
    let environment = Environment.current
    guard let graph = environment.graph else {
      throw TFError.failedPrecondition(
        "tf.importGraphDef adds to a graph, and none is open: call it in graph.asDefault { … }")
    }
    let nodes = Set(graphDef.nodes.map(\.name))
    for element in returned where !nodes.contains(split(element).node) {
      let kind = element.contains(":") ? "tensor" : "node"
      throw TFError.invalidArgument("Requested return \(kind) '\(element)' not found in graph def")
    }
    guard name.isEmpty else {
      let prefix = try environment.scoped(name).nameScope
      try graph.add(graphDef, inputMap: inputMap, prefix: prefix)
      return (graph, { prefix + $0 })
    }
    var renames: [String: String] = [:]
    for node in graphDef.nodes where graph.node(named: node.name) != nil {
      renames[node.name] = graph.uniqueName(node.name)
    }
    let map = Dictionary(
      inputMap.map { key, tensor in
        let (node, output) = split(key)
        guard let new = renames[node] else { return (key, tensor) }
        return ("\(new):\(output)", tensor)
      }, uniquingKeysWith: { first, _ in first })
    try graph.add(renamed(graphDef, renames), inputMap: map, prefix: "")
    return (graph, { renames[$0] ?? $0 })
  }

  /// The same graph, some of whose nodes have other names.
  private static func renamed(_ graphDef: GraphDef, _ names: [String: String]) -> GraphDef {
    guard !names.isEmpty else { return graphDef }
    var result = graphDef
    for index in result.nodes.indices {
      if let new = names[result.nodes[index].name] { result.nodes[index].name = new }
      result.nodes[index].inputs = result.nodes[index].inputs.map { input in
        let isControl = input.hasPrefix("^")
        let (node, _) = split(isControl ? String(input.dropFirst()) : input)
        guard let new = names[node] else { return input }
        let rest = input.dropFirst((isControl ? 1 : 0) + node.count)
        return (isControl ? "^" : "") + new + rest
      }
      if case .list(let groups)? = result.nodes[index].attrs["_class"] {
        result.nodes[index].attrs["_class"] = .list(
          groups.map { group in
            guard case .bytes(let bytes) = group else { return group }
            let text = String(decoding: bytes, as: UTF8.self)
            guard text.hasPrefix("loc:@"), let new = names[String(text.dropFirst(5))] else {
              return group
            }
            return .string("loc:@" + new)
          })
      }
    }
    return result
  }
}
