import CoreOps

/// A conditional as an `If` or `Case` that calls functions. Follows `tf.cond` and `tf.switch_case`
/// where `control_flow_v2` is on, and always inside functions.
enum FunctionalConditional {
  /// Adds an `If` to the graph of the call.
  ///
  /// - Throws: `INVALID_ARGUMENT` where the results of the branches differ in structure or dtype,
  ///   and what a branch throws.
  static func addIf<R: TensorStructure>(
    _ predicate: Tensor, name: String?, _ yes: (Tensor) throws -> R,
    _ no: (Tensor) throws -> R
  ) throws -> R {
    try inScope(name, "cond") { scope in
      let graph = try currentGraph()
      let names = [
        FlowFunction("true", in: scope ?? "", of: graph),
        FlowFunction("false", in: scope ?? "", of: graph),
      ]
      var predicate = try predicate.asConstant()
      if predicate.shape.rank != 0 { predicate = try ShapeOps.family.squeeze([predicate]) }
      let selector = predicate
      let structure = try trace(names[0]) { try yes(selector) }
      let other = try trace(names[1]) { try no(selector) }
      try check(names, [structure, other], operation: "tf.cond")
      var results = try call(
        names, selector: selector, scope: scope, graph,
        stateless: FunctionalOps.family.statelessIf, stateful: FunctionalOps.family.if
      ) { ["then_branch": .function($0[0], [:]), "else_branch": .function($0[1], [:])] }[...]
      return structure.replacing(&results)
    }
  }

  /// Adds a `Case` to the graph of the call.
  static func addCase<R: TensorStructure>(
    _ index: Tensor, _ branches: [() throws -> R]
  ) throws -> R {
    try inScope(nil, "indexed_case") { scope in
      let graph = try currentGraph()
      let functions = branches.indices.map {
        FlowFunction("branch\($0)", in: scope ?? "", of: graph)
      }
      let index = try index.asConstant(named: "branch_index")
      let structures = try zip(functions, branches).map { try trace($0, $1) }
      try check(functions, structures, operation: "tf.switch_case")
      var results = try call(
        functions, selector: index, scope: scope, graph,
        stateless: FunctionalOps.family.statelessCase, stateful: FunctionalOps.family.case
      ) { ["branches": .list($0.map { .function($0, [:]) })] }[...]
      return structures[0].replacing(&results)
    }
  }

  static func currentGraph() throws -> Graph {
    guard let graph = Environment.current.graph else {
      throw TFError.internal("a conditional or loop is added where there is no graph")
    }
    return graph
  }

  private static func trace<R: TensorStructure>(_ function: FlowFunction, _ body: () throws -> R)
    throws -> R
  {
    var structure: R?
    try function.returns {
      let result = try body()
      structure = result
      return result.tensors
    }
    return structure!
  }

  private static func check<R: TensorStructure>(
    _ functions: [FlowFunction], _ structures: [R], operation: String
  ) throws {
    for index in structures.indices.dropFirst() {
      let (first, other) =
        operation == "tf.cond" ? ("true_fn", "false_fn") : ("branches[0]", "branches[\(index)]")
      let start = """
        \(first) and \(other) arguments to \(operation) must have the same number, type, and \
        overall structure of return values.
        """
      if let difference = StructureCheck.difference(structures[0], structures[index]) {
        throw TFError.invalidArgument("\(start) Error details: \(difference)")
      }
      for (a, b) in zip(functions[0].results, functions[index].results) where a.dtype != b.dtype {
        throw TFError.invalidArgument(
          "\(start) Error details: \(first) returns \(a.dtype.name), \(other) \(b.dtype.name)")
      }
    }
  }

  /// Adds the node, whose functions all take what one of them captures.
  private static func call(
    _ functions: [FlowFunction], selector: Tensor, scope: String?, _ graph: Graph,
    stateless: OpDef, stateful: OpDef, _ callees: ([String]) -> Attrs
  ) throws -> [Tensor] {
    var seen: Set<TensorIdentity> = []
    let captures = functions.flatMap { $0.captures.map(\.tensor) }.filter {
      seen.insert($0.identity).inserted
    }
    for function in functions {
      try function.take(captures) { ("Placeholder", $1.shape) }
      try function.define(in: graph)
    }
    let results = functions[0].results
    let shapes = results.indices.map { index in
      functions.dropFirst().reduce(results[index].shape) {
        $0.widened(with: $1.results[index].shape)
      }
    }
    let readOnly = try functions.map { Set(try $0.readOnlyArguments) }
    let shared = readOnly.dropFirst().reduce(readOnly[0]) { $0.intersection($1) }
    var attrs = callees(functions.map(\.name))
    attrs["Tout"] = .types(results.map(\.dtype))
    attrs["output_shapes"] = .shapes(shapes)
    attrs["_lower_using_switch_merge"] = .bool(true)
    attrs["_read_only_resource_inputs"] = .ints(shared.sorted().map { $0 + 1 })
    let op = functions.contains(where: \.isStateful) ? stateful : stateless
    let outputs = try Environment.current.waiting(for: functions.flatMap(\.waitedFor)).run {
      try CoreOps.apply(op, [selector] + captures, attrs, name: scope)
    }
    if let first = outputs.first {
      graph.preventFetching(try graph.endpoint(of: first).node)
    }
    return try outputs.map { try BasicOps.family.identity([$0]) }
  }
}
