import CoreOps

/// The gradient of a node that calls one of several functions: a call, `If` or `Case`.
///
/// Each function gets a forward function, which also gives the values that its backward function
/// takes, and the node calls those from then on. The backward node has the same form: it calls the
/// backward function of the branch that was taken.
struct BranchGradient {
  private let graph: Graph
  private let node: Node
  /// How many inputs say which branch is taken.
  private let selectors: Int
  private let attributes: [String]
  private let functions: [(name: String, attrs: Attrs)]

  /// - Returns: nil for a node of another kind.
  init?(_ graph: Graph, _ id: Int) throws {
    let node = graph.node(id)
    switch node.opName {
    case "PartitionedCall", "StatefulPartitionedCall": (selectors, attributes) = (0, ["f"])
    default:
      guard let branches = FunctionCalls.branchAttributes(node.opName) else { return nil }
      (selectors, attributes) = (1, branches)
    }
    self.graph = graph
    self.node = node
    functions = try attributes.flatMap { try FunctionCalls.functions(node.attrs, $0) }
  }

  private func attrs(calling names: [String]) -> Attrs {
    var attrs = Attrs()
    if attributes == ["branches"] {
      attrs["branches"] = .list(names.map { .function($0, [:]) })
    } else {
      for (attribute, name) in zip(attributes, names) { attrs[attribute] = .function(name, [:]) }
    }
    return attrs
  }

  func gradients(_ gradients: [GradientValue?], _ wanted: [Bool]) throws -> [GradientValue?] {
    let inputs = Array(node.inputs.dropFirst(selectors))
    let bodies = try functions.map {
      try graph.library.instantiate($0.name, $0.attrs, shapes: inputs.map { graph.shape(of: $0) })
    }
    for (body, function) in zip(bodies, functions)
    where body.arguments.count != inputs.count || body.results.count < node.outputTypes.count {
      throw TFError.invalidArgument(
        "function \(function.name) does not fit the node that calls it")
    }
    let given = gradients.indices.filter { gradients[$0] != nil }
    let sources = inputs.indices.filter { wanted[$0 + selectors] }
    // Each branch's gradients; where another branch has one, zeros.
    var branches = try bodies.map { try Branch($0, given: given, sources: sources) }
    let found = sources.indices.filter { index in branches.contains { $0.results[index] != nil } }
    if found.isEmpty { return [GradientValue?](repeating: nil, count: node.inputs.count) }
    for index in branches.indices {
      try branches[index].fill(found, sources, like: branches)
    }
    // The inputs that backward functions take, and their other values, side by side by dtype.
    let passed = try Set(branches.flatMap { try $0.passed }).sorted()
    let extras = try Extras(branches.map { try $0.inner })
    try extend(branches, bodies, extras)
    let outputs = node.outputTypes.count
    var arguments = node.inputs.prefix(selectors).map(graph.tensor)
    arguments += passed.map { graph.tensor(inputs[$0]) }
    arguments += extras.types.indices.map { graph.tensor(Endpoint(node.id, outputs + $0)) }
    arguments += try given.map { try gradients[$0]!.tensor() }
    let name = functions.map(\.name)
    let backward = try branches.indices.map { index in
      let branch = branches[index]
      let function = try branch.backwardFunction(
        DerivedName.make("backward", of: name[index]), passed: passed, extras: extras.rows[index],
        types: passed.map { graph.type(of: inputs[$0]) }, extras.types, found: found)
      return (function, branch.backward.tracer.graph.library)
    }
    for (function, library) in backward { try graph.define(function, with: library) }
    let results = try CoreOps.apply(
      node.op!, arguments,
      attrs(calling: backward.map(\.0.name)).with(
        "Tout", .types(backward[0].0.outputs.compactMap(\.type))),
      name: "\(node.name)_grad")
    var values = [GradientValue?](repeating: nil, count: node.inputs.count)
    for (result, index) in zip(results, found) {
      values[sources[index] + selectors] = .dense(result)
    }
    return values
  }

  /// Has the node call functions that also give what the backward functions take.
  private func extend(_ branches: [Branch], _ bodies: [FunctionBody], _ extras: Extras) throws {
    if extras.types.isEmpty { return }
    var names: [String] = []
    var shapes = [PartialShape?](repeating: nil, count: extras.types.count)
    for (index, body) in bodies.enumerated() {
      var results = Array(body.results.prefix(node.outputTypes.count))
      for (position, row) in extras.rows[index].enumerated() {
        let result = try row ?? filler(extras.types[position], in: body.graph)
        results.append(result)
        let shape = body.graph.shape(of: result)
        shapes[position] = shapes[position].map { $0.widened(with: shape) } ?? shape
      }
      let function = try FunctionDef(
        DerivedName.make("forward", of: functions[index].name), of: body.graph,
        arguments: body.argumentEndpoints, results: results, effects: body.controlResults)
      try graph.define(function, with: body.graph.library)
      names.append(function.name)
    }
    var attrs = attrs(calling: names)
    attrs["Tout"] = .types(node.outputTypes + extras.types)
    let known = shapes.map { $0 ?? .unknown }
    if case .list(let declared)? = node.attrs["output_shapes"], !declared.isEmpty {
      attrs["output_shapes"] = .list(declared + known.map { .shape($0) })
    }
    try graph.extend(node.id, attrs: attrs, types: extras.types, shapes: known)
  }

  /// What a branch gives in place of a value that only another has.
  private func filler(_ dtype: DType, in body: Graph) throws -> Endpoint {
    try body.building {
      let tensor =
        switch dtype {
        case .variant: try OpDef.registered("OptionalNone")([])
        case .resource:
          throw TFError.unimplemented(
            "the gradient of a branch that makes a resource is not supported")
        default: try BasicOps.family.identity([Tensor.zeros(dtype, [])])
        }
      return try body.endpoint(of: tensor)
    }
  }

  /// Values of all branches in rows of one list of dtypes: a branch has a value where it needs one.
  private struct Extras {
    private(set) var types: [DType] = []
    private(set) var rows: [[Endpoint?]] = []

    init(_ branches: [[(source: Endpoint, dtype: DType)]]) {
      var places: [[Int]] = []
      for values in branches {
        var used = Set<Int>()
        places.append(
          values.map { value in
            let free = types.indices.first { types[$0] == value.dtype && !used.contains($0) }
            let place = free ?? types.count
            if free == nil { types.append(value.dtype) }
            used.insert(place)
            return place
          })
      }
      rows = zip(branches, places).map { values, places in
        var row = [Endpoint?](repeating: nil, count: types.count)
        for (value, place) in zip(values, places) { row[place] = value.source }
        return row
      }
    }
  }

  /// One function with its backward function.
  private struct Branch {
    let body: FunctionBody
    let backward: Backward
    /// One per source.
    private(set) var results: [Tensor?]

    init(_ body: FunctionBody, given: [Int], sources: [Int]) throws {
      let backward = try Backward(of: body.graph)
      let gradients = try given.map {
        (body.results[$0], try backward.gradientArgument(body.results[$0]))
      }
      self.body = body
      self.backward = backward
      results = try backward.differentiate(gradients, sources.map { Endpoint(body.arguments[$0]) })
    }

    /// Zeros for the sources that only other branches have gradients for.
    mutating func fill(_ found: [Int], _ sources: [Int], like others: [Branch]) throws {
      for index in found where results[index] == nil {
        let argument = body.graph.tensor(Endpoint(body.arguments[sources[index]]))
        let like = others.lazy.compactMap { $0.results[index] }.first
        results[index] = try backward.run {
          try backward.own(
            argument.dtype == .resource
              ? zeros(ofVariable: argument, like?.dtype ?? .float32)
              : BasicOps.zerosLike(argument))
        }
      }
    }

    /// The arguments that the backward function takes, by position.
    var passed: [Int] {
      get throws {
        try backward.captures.compactMap { capture in
          body.arguments.firstIndex { Endpoint($0) == capture.source }
        }
      }
    }

    /// What else it takes.
    var inner: [(source: Endpoint, dtype: DType)] {
      get throws {
        try backward.captures.filter { capture in
          !body.arguments.contains { Endpoint($0) == capture.source }
        }.map { ($0.source, $0.argument.dtype) }
      }
    }

    func backwardFunction(
      _ name: String, passed: [Int], extras: [Endpoint?], types: [DType], _ extraTypes: [DType],
      found: [Int]
    ) throws -> FunctionDef {
      let graph = backward.tracer.graph
      let captures = Dictionary(
        try backward.captures.map { ($0.source, $0.argument) }, uniquingKeysWith: { a, _ in a })
      func argument(_ source: Endpoint?, _ dtype: DType) throws -> Endpoint {
        // Every branch takes the same arguments, also those that it has no use for.
        let tensor =
          try source.flatMap { captures[$0] }
          ?? backward.tracer.argument(dtype, .unknown, name: "unused")
        return try graph.endpoint(of: tensor)
      }
      var arguments = try zip(passed, types).map {
        try argument(Endpoint(body.arguments[$0]), $1)
      }
      arguments += try zip(extras, extraTypes).map(argument)
      arguments += try backward.gradientArguments.map { try graph.endpoint(of: $0) }
      return try FunctionDef(
        name, of: graph, arguments: arguments,
        results: try found.map { try graph.endpoint(of: results[$0]!) },
        effects: backward.tracer.effects)
    }
  }
}

/// Zeros of the shape of a variable's value.
func zeros(ofVariable handle: Tensor, _ dtype: DType) throws -> Tensor {
  try ShapeOps.family.fill([
    OpDef.registered("VariableShape")([handle]), Tensor.zeros(dtype, []),
  ])
}

extension Graph {
  func type(of endpoint: Endpoint) -> DType { node(endpoint.node).outputTypes[endpoint.index] }

  /// Adds a function, here and where calls are made now, with all that it calls.
  func define(_ function: FunctionDef, with library: FunctionLibrary) throws {
    var targets = [self]
    if let current = Environment.current.graph, current !== self { targets.append(current) }
    for graph in targets {
      var own = graph.library
      try own.merge(library)
      try own.add(function)
      graph.library = own
    }
  }
}
