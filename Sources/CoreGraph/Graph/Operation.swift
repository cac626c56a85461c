public import CoreOps

/// A node of a graph, as `tf.Operation`.
public struct Operation: Sendable {
  public let graph: Graph
  package let id: Int

  package init(_ graph: Graph, _ id: Int) {
    self.graph = graph
    self.id = id
  }

  private var node: Node { graph.node(id) }

  public var name: String { node.name }
  /// The op's name, such as `MatMul`.
  public var type: String { node.opName }
  /// The device that was asked for; empty for none.
  public var device: String { node.device }
  public var inputs: [Tensor] { node.inputs.map(graph.tensor) }
  public var outputs: [Tensor] {
    node.outputTypes.indices.map { graph.tensor(Endpoint(id, $0)) }
  }
  /// The operations that it waits for.
  public var controlInputs: [Operation] { node.controlInputs.map { Operation(graph, $0) } }
  public var attrs: Attrs { node.attrs }

  /// The value of an attribute. Follows `tf.Operation.get_attr`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the operation has no such attribute.
  public func getAttr(_ name: String) throws -> AttrValue {
    let node = self.node
    guard let value = node.attrs[name] else {
      var suggestion = NameSuggestion(for: name)
      for entry in node.attrs { suggestion.consider(entry.name) }
      throw TFError.invalidArgument(
        "Operation '\(node.name)' has no attr named '\(name)'.\(suggestion.text)")
    }
    return value
  }
}

extension Operation: Hashable {
  public static func == (a: Operation, b: Operation) -> Bool {
    a.graph === b.graph && a.id == b.id
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(ObjectIdentifier(graph))
    hasher.combine(id)
  }
}

extension Operation: CustomStringConvertible {
  /// As Python's `repr`: `<tf.Operation 'x' type=Placeholder>`.
  public var description: String { "<tf.Operation '\(name)' type=\(type)>" }
}

extension Graph {
  /// The operations in the order in which they were added. Follows `tf.Graph.get_operations`.
  public func getOperations() -> [Operation] { (0..<nodeCount).map { Operation(self, $0) } }

  /// The operation of that name. Follows `tf.Graph.get_operation_by_name`.
  ///
  /// - Throws: `NOT_FOUND` when there is none, with the name that was meant where one is near.
  public func getOperationByName(_ name: String) throws -> Operation {
    if name.utf8.contains(UInt8(ascii: ":")) {
      throw TFError.invalidArgument("Name '\(name)' appears to refer to a Tensor, not a Operation.")
    }
    return Operation(self, try operation(named: name).id)
  }

  /// The tensor that `name:index` names. Follows `tf.Graph.get_tensor_by_name`.
  ///
  /// - Parameter name: of an operation and which of its outputs.
  /// - Throws: `NOT_FOUND` when there is none, with the name that was meant where one is near, or
  ///   when the operation's type is not known; `INVALID_ARGUMENT` for the name of an operation.
  public func getTensorByName(_ name: String) throws -> Tensor {
    if !name.utf8.contains(UInt8(ascii: ":")), node(named: name) != nil {
      throw TFError.invalidArgument(
        """
        The name '\(name)' refers to an Operation, not a Tensor. Tensor names must be of the form \
        "<op_name>:<output_index>".
        """)
    }
    let endpoint = try endpoint(named: name)
    let node = node(endpoint.node)
    guard endpoint.index < node.outputTypes.count else { throw node.isNotRegistered }
    return tensor(endpoint)
  }
}

extension Tensor {
  private func reference(_ member: String) throws -> GraphTensor {
    if case .symbolic(let reference) = payload, let deferred = reference as? DeferredTensor {
      return try deferred.made().reference(member)
    }
    guard case .symbolic(let reference) = payload, let own = reference as? GraphTensor else {
      throw TFError.failedPrecondition(
        "Tensor.\(member) is undefined when eager execution is enabled.")
    }
    return own
  }

  /// `operation:output`, as `tf.Tensor.name`.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the tensor has a value and is not part of a graph.
  public var name: String { get throws { try reference("name").name } }

  /// The operation that gives it, as `tf.Tensor.op`.
  ///
  /// - Throws: as `name`.
  public var op: Operation {
    get throws {
      if case .symbolic(let reference) = payload, let cause = (reference as? DeferredTensor)?.cause
      {
        return cause
      }
      let reference = try reference("op")
      return Operation(reference.graph, reference.endpoint.node)
    }
  }

  /// The graph that it belongs to, as `tf.Tensor.graph`.
  ///
  /// - Throws: as `name`.
  public var graph: Graph { get throws { try reference("graph").graph } }
}
