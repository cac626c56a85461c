import CoreOps

extension Subgraph {
  /// The same with the bodies of called functions in place of the calls.
  ///
  /// Calls of If and While stay: their bodies are programs of their own. A function that calls
  /// itself is an error.
  package func inliningCalls() throws -> Subgraph {
    guard graph.nodes.contains(where: isCall) else { return self }
    try checkCalls()
    // What is called must hold to the rules too.
    let inlined = try openingCalls()
    try inlined.verify()
    return inlined
  }

  private func openingCalls() throws -> Subgraph {
    var current = self
    // Each round opens one level of calls; none calls itself, as that has been checked.
    for _ in 0..<ExecutionContext.maximumDepth {
      try cancellation.check()
      guard current.graph.nodes.contains(where: { current.isCall($0) }) else { return current }
      current = try current.inliningOneLevel().pruned()
    }
    let node = current.graph.nodes.first(where: { current.isCall($0) })
    throw TFError.resourceExhausted(
      "functions call each other more than \(ExecutionContext.maximumDepth) levels deep"
    ).at(
      node: node?.name, op: node?.opName ?? "")
  }

  /// - Throws: `INVALID_ARGUMENT` when a called function calls itself, directly or through others;
  ///   `RESOURCE_EXHAUSTED` when opening all calls gives too many nodes.
  private func checkCalls() throws {
    /// Nodes of a function with all its calls opened.
    var sizes: [String: Int] = [:]
    var path: [(name: String, size: Int, callees: [String])] = []
    var total = graph.nodeCount
    for node in graph.nodes {
      guard var name = callee(node.opName, node.attrs), graph.library[name] != nil else { continue }
      while true {
        if let size = sizes[name] {
          // Done: its size counts where it is called.
          if path.isEmpty {
            total += size
            break
          }
          path[path.count - 1].size += size
        } else if let function = graph.library[name] {
          guard !path.contains(where: { $0.name == name }) else {
            throw TFError.invalidArgument("function '\(name)' calls itself").at(
              node: node.name, op: node.opName)
          }
          path.append(
            (name, function.nodes.count, function.nodes.compactMap { callee($0.op, $0.attrs) }))
        }
        guard path[path.count - 1].size < Self.nodeLimit else {
          throw Self.tooManyNodes.at(node: node.name, op: node.opName)
        }
        if let next = path[path.count - 1].callees.popLast() {
          name = next
        } else {
          let done = path.removeLast()
          sizes[done.name] = done.size
          name = done.name
        }
      }
      guard total < Self.nodeLimit else {
        throw Self.tooManyNodes.at(node: node.name, op: node.opName)
      }
    }
  }

  private static var nodeLimit: Int { 1 << 20 }
  private static var tooManyNodes: TFError {
    .resourceExhausted("the calls of functions expand to more than \(nodeLimit) nodes")
  }

  /// The function that a node calls, if it is a call.
  private func callee(_ op: String, _ attrs: Attrs) -> String? {
    if op == "PartitionedCall" || op == "StatefulPartitionedCall" {
      if case .function(let name, _)? = attrs["f"] { return name }
      return nil
    }
    return OpRegistry.standard[op] == nil && graph.library[op] != nil ? op : nil
  }

  private func isCall(_ node: Node) -> Bool {
    switch node.opName {
    case "PartitionedCall", "StatefulPartitionedCall": true
    default: node.op == nil && graph.library[node.opName] != nil
    }
  }

  private func inliningOneLevel() throws -> Subgraph {
    guard let noOp = OpRegistry.standard["NoOp"] else {
      throw TFError.internal("NoOp is not registered")
    }
    var rewriter = Rewriter(graph, cancellation)
    for node in rewriter.nodes {
      guard isCall(node) else {
        try rewriter.copy(node)
        continue
      }
      do {
        try inline(node, &rewriter, noOp)
      } catch let error as TFError {
        throw error.at(node: node.name, op: node.opName)
      }
    }
    return try rewriter.finish(self)
  }

  private func inline(_ node: Node, _ rewriter: inout Rewriter, _ noOp: OpDef) throws {
    var function = node.opName
    var attrs = node.attrs
    if node.op != nil {
      guard case .function(let name, let own)? = node.attrs["f"] else {
        throw TFError.invalidArgument("attr 'f' is not a function")
      }
      function = name
      attrs = own
    }
    let body = try graph.library.instantiate(function, attrs)
    guard body.arguments.count == node.inputs.count else {
      throw TFError.invalidArgument(
        "function \(function) takes \(body.arguments.count) arguments, got \(node.inputs.count)")
    }
    guard body.results.count >= node.outputTypes.count else {
      throw TFError.invalidArgument(
        """
        function \(function) gives \(body.results.count) results, \(node.outputTypes.count) are \
        used
        """
      )
    }
    // The body begins after what the call waits for.
    let waits = rewriter.mapControls(node)
    let begin =
      waits.isEmpty
      ? []
      : [try rewriter.add("\(node.name)/begin", noOp, [], controls: waits, attrs: [:])]
    var endpoints: [Endpoint: Endpoint] = [:]
    var controls: [Int: Int] = [:]
    for (argument, input) in zip(body.arguments, node.inputs) {
      guard let source = rewriter.mapped(input) else {
        throw TFError.invalidArgument("a call takes part in a loop's back edge")
      }
      endpoints[Endpoint(argument)] = source
      controls[argument] = source.node
    }
    let arguments = Set(body.arguments)
    var backEdges: [(Int, Int, Endpoint)] = []
    guard rewriter.target.nodeCount + body.graph.nodeCount < Self.nodeLimit else {
      throw Self.tooManyNodes
    }
    for inner in body.graph.nodes where !arguments.contains(inner.id) {
      try cancellation.check()
      var inputs: [Endpoint] = []
      for input in inner.inputs {
        if let mapped = endpoints[input] {
          inputs.append(mapped)
        } else {
          backEdges.append((rewriter.target.nodeCount, inputs.count, input))
          inputs.append(Endpoint(-1))
        }
      }
      var innerWaits = inner.controlInputs.compactMap { controls[$0] }
      if inner.inputs.isEmpty { innerWaits += begin }
      let id = try rewriter.target.append(
        copyOf: inner, name: rewriter.target.freeName("\(node.name)/\(inner.name)"),
        inputs: inputs, controlInputs: innerWaits,
        device: inner.device.isEmpty ? node.device : inner.device)
      for index in inner.outputTypes.indices {
        endpoints[Endpoint(inner.id, index)] = Endpoint(id, index)
      }
      controls[inner.id] = id
    }
    for (id, index, source) in backEdges {
      guard let mapped = endpoints[source] else {
        throw TFError.invalidArgument("function \(function) has an input that nothing gives")
      }
      rewriter.target.update(id) { $0.inputs[index] = mapped }
    }
    // The results wait for the body's effects.
    let effects = body.controlResults.compactMap { controls[$0] }
    for index in node.outputTypes.indices {
      guard let result = endpoints[body.results[index]] else {
        throw TFError.invalidArgument("function \(function) does not give result \(index)")
      }
      let dtype = rewriter.target.node(result.node).outputTypes[result.index]
      guard dtype == node.outputTypes[index] else {
        throw TFError.invalidArgument(
          """
          result \(index) of function \(function) is \(dtype), the call expects \
          \(node.outputTypes[index])
          """
        )
      }
      guard !effects.isEmpty else {
        rewriter.map(Endpoint(node.id, index), to: result)
        continue
      }
      let id = try rewriter.add(
        "\(node.name)/result_\(index)", BasicOps.family.identity, [result], controls: effects,
        attrs: ["T": .type(dtype)])
      rewriter.map(Endpoint(node.id, index), to: Endpoint(id))
    }
    let end = try rewriter.add(
      "\(node.name)/end", noOp, [],
      controls: effects.isEmpty
        ? Array(Set(body.results.compactMap { endpoints[$0]?.node } + begin)).sorted() : effects,
      attrs: [:])
    rewriter.mapControl(node.id, to: [end])
  }
}
