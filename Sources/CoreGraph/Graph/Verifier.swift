import CoreOps

/// What every graph must hold to, as a table of rules: checked after import, when a plan is made,
/// and in debug builds after every pass.
package enum Verifier {
  /// Which graphs a rule is about.
  package enum Scope: Sendable {
    /// Every graph.
    case graph
    /// The part of a graph that is about to become a plan: what is wrong with other nodes does not
    /// matter to its runs.
    case plan
  }

  /// What the rules look at.
  package struct Subject {
    package let nodes: [Node]
    package let library: FunctionLibrary
    /// What is fed, fetched and run; nil for a whole graph.
    package let subgraph: Subgraph?
  }

  package struct Rule: Sendable {
    package let name: String
    package let scope: Scope
    package let check: @Sendable (Subject) throws -> Void

    /// A rule about one node at a time; its errors name the node.
    static func eachNode(
      _ name: String, _ scope: Scope = .graph,
      _ check: @escaping @Sendable (Node, Subject) throws -> Void
    ) -> Rule {
      Rule(name: name, scope: scope) { subject in
        for node in subject.nodes {
          if node.id & 4095 == 4095 { try Cancellation.checkCurrent() }
          do { try check(node, subject) } catch let error as TFError {
            throw error.at(node: node.name, op: node.opName)
          }
        }
      }
    }
  }

  package static let rules: [Rule] = [
    Rule(name: "node names are unique", scope: .graph) { subject in
      var names = Set<String>(minimumCapacity: subject.nodes.count)
      for node in subject.nodes where !names.insert(node.name).inserted {
        throw TFError.invalidArgument("Node '\(node.name)' is not unique").at(
          node: node.name, op: node.opName)
      }
    },
    .eachNode("inputs exist and come before", .graph, checkInputs),
    .eachNode("control edges exist and come before", .graph, checkControls),
    .eachNode("attributes are complete and allowed", .plan) { node, _ in
      try node.op?.signature.check(node.attrs)
    },
    .eachNode("dtypes follow the signature", .plan, checkTypes),
    .eachNode("called functions are in the library", .plan, checkFunctions),
    Rule(name: "feeds are placeholders, fetches and targets exist", scope: .plan, check: checkEnds),
  ]

  /// Checks the rules of `scope`.
  ///
  /// - Throws: `INVALID_ARGUMENT` that names the node; `NOT_FOUND` for a function that is not in
  ///   the library.
  package static func check(_ subject: Subject, _ scope: Scope) throws {
    for rule in rules where rule.scope == scope { try rule.check(subject) }
  }

  // MARK: - The rules

  /// The back edge of a loop is the only edge that leads to an earlier node, so there is no other
  /// cycle.
  private static func isBackEdge(from source: Node, to node: Node) -> Bool {
    (node.opName == "Merge" || node.opName == "RefMerge")
      && (source.opName == "NextIteration" || source.opName == "RefNextIteration")
  }

  @Sendable private static func checkInputs(_ node: Node, _ subject: Subject) throws {
    for (index, input) in node.inputs.enumerated() {
      guard subject.nodes.indices.contains(input.node) else {
        throw TFError.invalidArgument("Node '\(node.name)': input \(index) comes from no node")
      }
      let source = subject.nodes[input.node]
      guard source.id < node.id || isBackEdge(from: source, to: node) else {
        throw TFError.invalidArgument(
          """
          Node '\(node.name)': input \(index) comes from the later node '\(source.name)' without a \
          NextIteration node
          """
        )
      }
      guard input.index >= 0, input.index < source.outputTypes.count || source.op == nil else {
        throw TFError.invalidArgument(
          """
          Node '\(node.name)': Connecting to invalid output \(input.index) of source node \
          \(source.name) which has \(source.outputTypes.count) outputs.
          """
        )
      }
    }
  }

  @Sendable private static func checkControls(_ node: Node, _ subject: Subject) throws {
    for control in node.controlInputs {
      guard subject.nodes.indices.contains(control) else {
        throw TFError.invalidArgument("Node '\(node.name)': a control edge comes from no node")
      }
      let source = subject.nodes[control]
      guard control < node.id || isBackEdge(from: source, to: node) else {
        throw TFError.invalidArgument(
          "Node '\(node.name)': a control edge comes from the later node '\(source.name)'")
      }
    }
  }

  @Sendable private static func checkTypes(_ node: Node, _ subject: Subject) throws {
    guard let signature = node.op?.signature else { return }
    let expected = try signature.inputTypes(node.attrs)
    guard expected.count == node.inputs.count else {
      throw TFError.invalidArgument(
        "NodeDef expected \(expected.count) inputs, got \(node.inputs.count)")
    }
    for (index, input) in node.inputs.enumerated() {
      let source = subject.nodes[input.node]
      // What an op that is not registered gives is not known.
      guard input.index < source.outputTypes.count else { continue }
      try checkType(of: index, expected[index], source, input.index, node.name)
    }
    guard try signature.outputTypes(node.attrs) == node.outputTypes else {
      throw TFError.invalidArgument(
        "Node '\(node.name)': the outputs' dtypes contradict the attributes")
    }
  }

  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words when an output that a node takes has
  ///   another dtype than its signature says.
  static func checkType(
    of input: Int, _ expected: DType, _ source: Node, _ output: Int, _ node: String
  ) throws {
    let type = source.outputTypes[output]
    guard type == expected else {
      throw TFError.invalidArgument(
        """
        Input \(input) of node \(node) was passed \(type.signatureName) from \
        \(source.name):\(output) incompatible with expected \(expected.signatureName).
        """
      )
    }
  }

  @Sendable private static func checkFunctions(_ node: Node, _ subject: Subject) throws {
    guard let attributes = node.op?.signature.attributes else { return }
    for attribute in attributes where attribute.type == "func" || attribute.type == "list(func)" {
      let values: [AttrValue] =
        switch node.attrs[attribute.name] {
        case .list(let list)?: list
        case let value?: [value]
        case nil: []
        }
      for value in values {
        guard case .function(let name, _) = value else {
          throw TFError.invalidArgument("attr '\(attribute.name)' is not a function")
        }
        guard subject.library[name] != nil else {
          throw TFError.notFound("Function \(name) is not defined.")
        }
      }
    }
  }

  @Sendable private static func checkEnds(_ subject: Subject) throws {
    guard let subgraph = subject.subgraph else { return }
    func node(_ id: Int, _ role: String) throws -> Node {
      guard subject.nodes.indices.contains(id) else {
        throw TFError.invalidArgument("a \(role) is no node of the graph")
      }
      return subject.nodes[id]
    }
    for feed in subgraph.feeds {
      let node = try node(feed.node, "feed")
      guard node.opName == "Placeholder", feed.index == 0, node.inputs.isEmpty else {
        throw TFError.invalidArgument("the feed '\(node.name)' is not a placeholder").at(
          node: node.name, op: node.opName)
      }
    }
    for fetch in subgraph.fetches {
      let node = try node(fetch.node, "fetch")
      guard node.op == nil || node.outputTypes.indices.contains(fetch.index) else {
        throw TFError.invalidArgument("'\(node.name)' has no output \(fetch.index)").at(
          node: node.name, op: node.opName)
      }
    }
    for target in subgraph.targets { _ = try node(target, "target") }
  }
}

extension Graph {
  /// Checks the graph against the rules.
  package func verify() throws {
    let (nodes, library) = withState { ($0.nodes, $0.library) }
    try Verifier.check(Verifier.Subject(nodes: nodes, library: library, subgraph: nil), .graph)
  }
}

extension Subgraph {
  /// Checks what a plan is about to be made of.
  package func verify() throws {
    try Verifier.check(
      Verifier.Subject(nodes: graph.nodes, library: graph.library, subgraph: self), .plan)
  }

  /// The same subgraph, checked against all rules in debug builds.
  ///
  /// - Throws: `INTERNAL`, since what the pass was given held to them.
  package func verified(after pass: String) throws -> Subgraph {
    #if DEBUG
      do {
        try graph.verify()
        try verify()
      } catch let error as TFError {
        throw TFError(
          .internal, "\(pass) breaks the graph: \(error.message)", node: error.node, op: error.op)
      }
    #endif
    return self
  }
}
