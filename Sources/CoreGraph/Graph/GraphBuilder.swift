package import CoreOps

/// The interpreter that turns op calls into nodes of a graph.
package final class GraphBuilder: Interpreter {
  package let graph: Graph
  /// The scopes that names begin with, `a/b/`; empty at the top.
  private let scope: String
  /// Nodes that every new node waits for.
  private let controls: [Int]
  private let device: String

  package init(_ graph: Graph, scope: String = "", controls: [Int] = [], device: String = "") {
    self.graph = graph
    self.scope = scope
    self.controls = controls
    self.device = device
  }

  /// The same graph under a further name scope. Follows `tf.name_scope`: a name that ends in `/` is
  /// taken as it is.
  package func scoped(_ name: String) -> GraphBuilder {
    let inner = name.hasSuffix("/") ? name : graph.uniqueName(scope + name) + "/"
    return GraphBuilder(graph, scope: name.isEmpty ? "" : inner, controls: controls, device: device)
  }

  /// The same graph, in which new nodes also wait for `nodes`. Follows `tf.control_dependencies`.
  package func waiting(for nodes: [Int]) -> GraphBuilder {
    GraphBuilder(graph, scope: scope, controls: controls + nodes, device: device)
  }

  package func onDevice(_ device: String) -> GraphBuilder {
    GraphBuilder(graph, scope: scope, controls: controls, device: device)
  }

  package func apply(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?) throws
    -> [Tensor]
  {
    let id = try add(op, inputs, attrs, name: name)
    return graph.node(id).outputTypes.indices.map { graph.tensor(Endpoint(id, $0)) }
  }

  package func seeds(_ seed: Int?) -> (Int, Int) {
    RandomSeeds.inGraph(seed, global: graph.seed, nodes: graph.nodeCount)
  }

  /// Appends a node for `op`; tensors that have a value become constants.
  @discardableResult
  package func add(_ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs, name: String?) throws -> Int {
    let base = name ?? op.name
    do {
      let complete = try op.signature.resolve(inputTypes: inputs.map(\.dtype), attrs)
      let types = try op.signature.outputTypes(complete)
      let endpoints = try inputs.map { try endpoint(of: $0, near: base) }
      let shapes = try infer(op, complete, inputs, endpoints, types)
      return try graph.add(
        name: graph.uniqueName(scope + base), opName: op.name, op: op, inputs: endpoints,
        controlInputs: controls.filter { control in !endpoints.contains { $0.node == control } },
        attrs: complete, device: device, outputTypes: types, outputShapes: shapes)
    } catch let error as TFError {
      throw error.at(node: scope + base, op: op.name)
    }
  }

  private func infer(
    _ op: OpDef, _ attrs: Attrs, _ inputs: [Tensor], _ endpoints: [Endpoint], _ types: [DType]
  ) throws -> [PartialShape] {
    let shapes = try op.inferShapes(
      ShapeContext(
        op: op, attrs: attrs, inputTypes: inputs.map(\.dtype),
        shapes: endpoints.map { graph.node($0.node).outputShapes[$0.index] },
        values: KnownValues(endpoints.map(constantValue))))
    guard shapes.count == types.count else {
      throw TFError.internal(
        "the shape rule gives \(shapes.count) shapes for \(types.count) outputs")
    }
    return shapes
  }

  /// The value of an output that is a constant.
  private func constantValue(_ endpoint: Endpoint) -> Tensor? {
    let node = graph.node(endpoint.node)
    guard node.isConstant, case .tensor(let value)? = node.attrs["value"] else { return nil }
    return value
  }

  private func endpoint(of tensor: Tensor, near name: String) throws -> Endpoint {
    if tensor.isSymbolic { return try graph.endpoint(of: tensor) }
    guard tensor.dtype.isNumeric || tensor.dtype == .string else {
      throw TFError.invalidArgument("a \(tensor.dtype) value cannot become a constant of a graph")
    }
    let id = try graph.add(
      name: graph.uniqueName("\(scope)\(name)/const"), opName: "Const", op: BasicOps.family.const,
      inputs: [], controlInputs: controls,
      attrs: ["value": .tensor(tensor), "dtype": .type(tensor.dtype)],
      outputTypes: [tensor.dtype], outputShapes: [PartialShape(tensor.dims)])
    return Endpoint(id)
  }
}

extension Graph {
  /// Runs `body` with op calls adding nodes to this graph. Follows `tf.Graph.as_default`.
  public func asDefault<R>(_ body: () throws -> R) rethrows -> R {
    try Dispatch.with(GraphBuilder(self), body)
  }
}
