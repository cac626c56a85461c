public import CoreOps

/// What nodes can wait for, be placed beside and be grouped: an operation, a tensor, a variable.
/// Follows `tf.Graph.as_graph_element`.
public protocol GraphElement {
  /// The operation or tensor that it is in a graph.
  func asGraphElement() throws -> GraphElementValue
}

/// An operation, or a tensor; one that has a value waits for nothing.
public enum GraphElementValue: Sendable {
  case operation(Operation)
  case tensor(Tensor)

  /// The operation; nil for a tensor that has a value.
  ///
  /// - Throws: where the node of the tensor cannot be made.
  public var operation: Operation? {
    get throws {
      switch self {
      case .operation(let operation): operation
      case .tensor(let tensor): tensor.isSymbolic ? try tensor.op : nil
      }
    }
  }
}

extension Operation: GraphElement {
  public func asGraphElement() -> GraphElementValue { .operation(self) }
}

extension Tensor: GraphElement {
  public func asGraphElement() -> GraphElementValue { .tensor(self) }
}

extension IndexedSlices: GraphElement {
  public func asGraphElement() -> GraphElementValue { values.asGraphElement() }
}

extension Optional: GraphElement where Wrapped: GraphElement {
  public func asGraphElement() throws -> GraphElementValue {
    guard let self else { throw TFError.invalidArgument("nil is no element of a graph") }
    return try self.asGraphElement()
  }
}

extension Environment {
  /// The same, in which new nodes also wait for those of `elements`.
  ///
  /// - Parameter elements: nil for nothing at all, also not what was waited for till now.
  /// - Throws: `INVALID_ARGUMENT` for an element of another graph.
  package func waiting(for elements: [any GraphElement]?) throws -> Environment {
    guard let elements else { return try waiting(for: nil, nodes: []) }
    var tensors: [Tensor] = []
    var nodes: [Int] = []
    for element in elements {
      switch try element.asGraphElement() {
      case .tensor(let tensor):
        if let cause = try tensor.isSymbolic ? tensor.op : nil, cause.graph === graph {
          nodes.append(cause.id)
        } else {
          tensors.append(tensor)
        }
      case .operation(let operation):
        guard graph == nil || operation.graph === graph || isBuildingFunction else {
          throw TFError.invalidArgument("\(operation) is not an element of this graph.")
        }
        // A function that is traced does not wait for what is outside of it.
        if operation.graph === graph { nodes.append(operation.id) }
      }
    }
    return try waiting(for: tensors, nodes: nodes)
  }

  /// The same, in which new nodes are placed where that of `element` is.
  ///
  /// - Throws: `INVALID_ARGUMENT` for an element of another graph.
  package func colocated(withElement element: (any GraphElement)?, ignoringExisting: Bool = false)
    throws -> Environment
  {
    guard let element else {
      return try colocated(with: nil, ignoringExisting: ignoringExisting)
    }
    let operation = try element.asGraphElement().operation
    guard let operation, let graph else { return self }
    guard operation.graph === graph else {
      // What is placed beside a node outside of a function has no place inside.
      if isBuildingFunction { return self }
      throw TFError.invalidArgument("\(operation) is not an element of this graph.")
    }
    return try colocated(with: nil, node: operation.id, ignoringExisting: ignoringExisting)
  }
}
