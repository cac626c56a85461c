public import CoreGraph
public import CoreOps

extension Graph {
  /// Has runs refuse to fetch an operation or its outputs. Follows `tf.Graph.prevent_fetching`.
  public func preventFetching(_ operation: Operation) {
    preventFetching(operation.id)
  }

  /// Has runs refuse values for a tensor. Follows `tf.Graph.prevent_feeding`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a tensor of another graph.
  public func preventFeeding(_ tensor: Tensor) throws {
    preventFeeding(try endpoint(of: tensor))
  }

  /// Whether an operation, or the outputs of it, may be fetched. Follows `tf.Graph.is_fetchable`.
  ///
  /// - Throws: where `element` has no node.
  public func isFetchable(_ element: some GraphElement) throws -> Bool {
    guard let operation = try element.asGraphElement().operation else { return true }
    return isFetchable(operation.id)
  }

  /// Whether a value may be fed for a tensor. Follows `tf.Graph.is_feedable`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a tensor of another graph.
  public func isFeedable(_ tensor: Tensor) throws -> Bool {
    isFeedable(try endpoint(of: tensor))
  }
}

extension Graph {
  /// How many operations were added. Follows `tf.Graph.version`.
  public var version: Int { nodeCount }

  /// The graph as data. Follows `tf.Graph.as_graph_def`.
  ///
  /// - Parameters:
  ///   - fromVersion: only the operations that were added since the graph had this version.
  ///   - addShapes: whether each node says the shapes of its outputs, as `_output_shapes`.
  public func asGraphDef(fromVersion: Int? = nil, addShapes: Bool = false) -> GraphDef {
    var definition = graphDef
    if addShapes {
      for (index, operation) in getOperations().enumerated()
      where index < definition.nodes.count && !operation.outputs.isEmpty {
        definition.nodes[index].attrs["_output_shapes"] = .shapes(operation.outputs.map(\.shape))
      }
    }
    if let fromVersion { definition.nodes.removeFirst(min(max(fromVersion, 0), nodeCount)) }
    return definition
  }

  /// Adds an operation by the name of its op. Follows `tf.Graph.create_op`.
  ///
  /// - Parameters:
  ///   - opType: such as `MatMul`.
  ///   - inputs: in the order of the op's signature.
  ///   - dtypes: of the outputs, as far as the inputs and attributes do not say them; they are
  ///     compared with what the op gives.
  ///   - name: of the operation, made unique; one that ends in `/` is taken as it is.
  ///   - attrs: the op's attributes that the inputs do not imply.
  /// - Throws: `NOT_FOUND` for an op that is not there, `INVALID_ARGUMENT` for what does not fit
  ///   it.
  @discardableResult
  public func createOp(
    _ opType: String, _ inputs: [Tensor], dtypes: [DType]? = nil, name: String? = nil,
    attrs: Attrs = [:]
  ) throws -> Operation {
    guard let op = OpRegistry.standard[opType] else {
      throw TFError.notFound(
        "Op type not registered '\(opType)' in binary running on this machine. "
          + "Make sure the Op and Kernel are registered in the binary running in this process.")
    }
    let environment = Environment.current.opening(self)
    guard let id = try environment.run({ try environment.perform(op, inputs, attrs, name: name) })
    else { throw TFError.internal("\(opType) ran at once in a graph") }
    let operation = Operation(self, id)
    let found = operation.outputs.map(\.dtype)
    guard dtypes == nil || dtypes == found else {
      throw TFError.invalidArgument("\(opType) gives \(found), not \(dtypes ?? [])")
    }
    return operation
  }

  /// The operation or tensor of this graph that `name` names. Follows
  /// `tf.Graph.as_graph_element`.
  ///
  /// - Parameters:
  ///   - name: `operation`, or `operation:output` for a tensor.
  ///   - allowTensor: whether it may be a tensor.
  ///   - allowOperation: whether it may be an operation.
  /// - Throws: `NOT_FOUND` or `INVALID_ARGUMENT` in TensorFlow's words.
  public func asGraphElement(
    _ name: String, allowTensor: Bool = true, allowOperation: Bool = true
  ) throws -> GraphElementValue {
    try checkAllowed(allowTensor, allowOperation)
    if let colon = name.firstIndex(of: ":") {
      guard allowTensor else {
        throw TFError.invalidArgument(
          "Name '\(name)' appears to refer to a Tensor, not a Operation.")
      }
      guard Int(name[name.index(after: colon)...]) != nil else {
        throw TFError.invalidArgument(
          """
          The name '\(name)' looks a like a Tensor name, but is not a valid one. Tensor names must \
          be of the form "<op_name>:<output_index>".
          """)
      }
      return .tensor(try getTensorByName(name))
    }
    if !allowOperation { return .tensor(try getTensorByName(name)) }
    return .operation(try getOperationByName(name))
  }

  /// The same of an element, which must be of this graph.
  public func asGraphElement(
    _ element: some GraphElement, allowTensor: Bool = true, allowOperation: Bool = true
  ) throws -> GraphElementValue {
    try checkAllowed(allowTensor, allowOperation)
    let value = try element.asGraphElement()
    switch value {
    case .tensor(let tensor):
      guard allowTensor else {
        throw TFError.invalidArgument("Can not convert a Tensor into a Operation.")
      }
      _ = try endpoint(of: tensor)
    case .operation(let operation):
      guard allowOperation else {
        throw TFError.invalidArgument("Can not convert a Operation into a Tensor.")
      }
      guard operation.graph === self else {
        throw TFError.invalidArgument(
          "Operation \(operation.name) is not an element of this graph.")
      }
    }
    return value
  }

  private func checkAllowed(_ tensor: Bool, _ operation: Bool) throws {
    try require(tensor || operation, "allow_tensor and allow_operation can't both be False.")
  }

  /// A name that no operation has, made from `name` in the current scope. Follows
  /// `tf.Graph.unique_name`.
  ///
  /// - Parameter markAsUsed: whether the next call gives another.
  public func uniqueName(_ name: String, markAsUsed: Bool) -> String {
    let full = Environment.current.opening(self).nameScope + name
    return markAsUsed ? uniqueName(full) : nextName(full)
  }

  /// The scope of the names of what is added now, without its last `/`. Follows
  /// `tf.Graph.get_name_scope`.
  public func getNameScope() -> String {
    let scope = Environment.current.opening(self).nameScope
    return scope.hasSuffix("/") ? String(scope.dropLast()) : scope
  }

  /// Runs `body`; the resources of the stateful operations that it adds are kept under `name`.
  /// Follows `tf.Graph.container`.
  public func container<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    let before = container
    container = name
    defer { container = before }
    return try body()
  }

  /// The names of the collections that hold something. Follows
  /// `tf.Graph.get_all_collection_keys`.
  public func getAllCollectionKeys() -> [String] { collectionNames }

  /// Takes everything out of a collection. Follows `tf.Graph.clear_collection`.
  public func clearCollection(_ name: String) { setCollection(name, nil) }
}

extension Tensor {
  /// The operations that it is an input of. Follows `tf.Tensor.consumers`.
  ///
  /// - Throws: `FAILED_PRECONDITION` for a tensor that has a value.
  public func consumers() throws -> [Operation] {
    let graph = try self.graph
    let endpoint = try graph.endpoint(of: self)
    return graph.nodes.filter { $0.inputs.contains(endpoint) }.map { Operation(graph, $0.id) }
  }
}

extension V1API {
  /// Runs `body`; the resources of the stateful operations that it adds are kept under `name`.
  /// Follows `tf.compat.v1.container`.
  public static func container<R>(_ name: String, _ body: () throws -> R) rethrows -> R {
    try Environment.current.defaultGraph.container(name, body)
  }

  /// A tensor with a value that runs may replace. Follows
  /// `tf.compat.v1.placeholder_with_default`.
  ///
  /// - Parameters:
  ///   - input: the value of runs that feed none.
  ///   - shape: what each fed value must fit; nil or -1 for a dimension of any size, nil as a whole
  ///     for any shape.
  ///   - name: the node's name.
  /// - Throws: `INVALID_ARGUMENT` where `input` has another shape.
  public static func placeholderWithDefault(
    _ input: some TensorConvertible, shape: [Int?]?, name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    let dims = shape.map { $0.map { $0 == -1 ? nil : $0 } }
    return try BasicOps.family.placeholderWithDefault(
      [input], ["shape": .shape(PartialShape(dims))], name: name)
  }

  /// The same with its arguments by position.
  public static func placeholderWithDefault(
    _ input: some TensorConvertible, _ shape: [Int?]?, name: String? = nil
  ) throws -> Tensor { try placeholderWithDefault(input, shape: shape, name: name) }
}
