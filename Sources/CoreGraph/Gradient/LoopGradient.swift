import CoreOps

/// The gradient of a `While` node: a loop that goes back over its iterations.
///
/// The forward loop counts its iterations and pushes what the backward loop takes onto lists, from
/// which that pops it in the opposite order. Follows TensorFlow's `while_v2`.
struct LoopGradient {
  private let graph: Graph
  private let node: Node
  private let condition: (name: String, attrs: Attrs)
  private let body: FunctionBody
  private let bodyName: String

  /// - Returns: nil for a node of another kind.
  init?(_ graph: Graph, _ id: Int) throws {
    let node = graph.node(id)
    guard node.opName == "While" || node.opName == "StatelessWhile" else { return nil }
    guard case .function(let condition, let conditionAttrs)? = node.attrs["cond"],
      case .function(let name, let attrs)? = node.attrs["body"]
    else { throw TFError.invalidArgument("attr 'cond' or 'body' is not a function") }
    self.graph = graph
    self.node = node
    self.condition = (condition, conditionAttrs)
    bodyName = name
    body = try graph.library.instantiate(
      name, attrs, shapes: node.outputTypes.indices.map { graph.shape(of: Endpoint(id, $0)) })
    guard body.arguments.count == node.inputs.count, body.results.count == node.inputs.count else {
      throw TFError.invalidArgument("function \(name) does not fit the loop that calls it")
    }
  }

  func gradients(_ gradients: [GradientValue?], _ wanted: [Bool]) throws -> [GradientValue?] {
    let step = try Step(body, active(gradients.map { $0 != nil }, wanted))
    // What passes through without being read has the gradient that came.
    var values = gradients.indices.map { wanted[$0] && step.isInvariant($0) ? gradients[$0] : nil }
    if step.variables.isEmpty { return values }
    let initial = try step.variables.map { variable -> Tensor in
      if let gradient = gradients[variable.index] { return try gradient.tensor() }
      guard step.isInvariant(variable.index) else {
        return try BasicOps.zerosLike(graph.tensor(Endpoint(node.id, variable.index)))
      }
      let input = graph.tensor(node.inputs[variable.index])
      return try input.dtype == .resource
        ? zeros(ofVariable: input, variable.gradient.dtype) : BasicOps.zerosLike(input)
    }
    let captures = try step.backward.captures
    let sources = captures.map { capture in
      (invariant: body.arguments.firstIndex { Endpoint($0) == capture.source }, capture.source)
    }.map { index, source in
      index.flatMap { step.isInvariant($0) ? $0 : nil }.map { Source.input($0) } ?? .list(source)
    }
    let pushed = sources.compactMap { if case .list(let endpoint) = $0 { endpoint } else { nil } }
    let (counter, lists) = try gather(pushed)
    let passed = sources.compactMap { if case .input(let index) = $0 { index } else { nil } }
    let inputs =
      [graph.tensor(counter)] + initial + lists.map(graph.tensor)
      + passed.map { graph.tensor(node.inputs[$0]) }
    let backward = try BackwardLoop(
      step: step, name: bodyName, sources: sources, types: inputs.map(\.dtype))
    for function in backward.functions { try graph.define(function, with: backward.library) }
    let results = try CoreOps.apply(
      node.op!, inputs,
      [
        "cond": .function(backward.condition.name, [:]),
        "body": .function(backward.body.name, [:]),
      ], name: "\(node.name)_grad")
    for (position, variable) in step.variables.enumerated() {
      values[variable.index] = .dense(results[1 + position])
    }
    return values
  }

  /// The variables through which gradients go: those that a variable with a gradient depends on,
  /// and that depend on an input for which a gradient is wanted.
  private func active(_ given: [Bool], _ wanted: [Bool]) throws -> [Int] {
    let (calls, slots) = try body.graph.recordedCalls(for: body.results)
    let count = body.arguments.count
    let arguments = body.arguments.map { slots[Endpoint($0)] }
    // For each result, the variables that it depends on.
    let dependencies = arguments.map { argument -> [Bool] in
      var reached = [Bool](repeating: false, count: slots.count)
      reached[argument] = true
      for call in calls where call.isDifferentiable {
        guard call.inputSlots.contains(where: { reached[Int($0)] }) else { continue }
        for slot in call.outputSlots { reached[Int(slot)] = true }
      }
      return body.results.map { reached[slots[$0]] }
    }
    var forward = wanted
    var backward = given
    for _ in 0..<count {
      for (from, results) in dependencies.enumerated() {
        for (to, depends) in results.enumerated() where depends {
          if forward[from] { forward[to] = true }
          if backward[to] { backward[from] = true }
        }
      }
    }
    return (0..<count).filter { index in
      let dtype = node.outputTypes[index]
      guard forward[index], backward[index], dtype.isDifferentiable else { return false }
      return dtype != .resource || body.results[index] == Endpoint(body.arguments[index])
    }
  }

  /// Where a value of the forward loop comes from in the backward loop.
  enum Source {
    /// The loop's input of that position, which stays the same.
    case input(Int)
    /// A list of the values that it had.
    case list(Endpoint)
  }

  /// One iteration of the backward loop.
  struct Step {
    let backward: Backward
    /// A variable, its gradient after the iteration and, from that, before it.
    struct Variable {
      let index: Int
      let gradient: Tensor
      let result: Tensor
    }
    private(set) var variables: [Variable] = []
    let body: FunctionBody

    init(_ body: FunctionBody, _ active: [Int]) throws {
      self.body = body
      backward = try Backward(of: body.graph)
      let arguments = body.arguments.map { Endpoint($0) }
      var gradients: [Int: Tensor] = [:]
      for index in active where body.results[index] != arguments[index] {
        gradients[index] = try backward.gradientArgument(body.results[index])
      }
      let results = try backward.differentiate(
        active.compactMap { index in gradients[index].map { (body.results[index], $0) } },
        active.map { arguments[$0] })
      for (index, found) in zip(active, results) {
        if let gradient = gradients[index] {
          let result =
            try found
            ?? backward.run {
              try backward.own(BasicOps.zerosLike(body.graph.tensor(arguments[index])))
            }
          variables.append(Variable(index: index, gradient: gradient, result: result))
        } else if let found {
          // What stays the same gathers what each iteration adds to its gradient.
          let sum = try backward.tracer.argument(found.dtype, found.shape, name: "sum_\(index)")
          let result = try backward.run { try SelectOps.family.addNOp([sum, found]) }
          variables.append(Variable(index: index, gradient: sum, result: result))
        }
      }
    }

    func isInvariant(_ index: Int) -> Bool {
      body.results[index] == Endpoint(body.arguments[index])
    }
  }

  /// Has the forward loop count, and push values of its body onto lists.
  ///
  /// - Returns: the count and the lists after the loop.
  private func gather(_ values: [Endpoint]) throws -> (counter: Endpoint, lists: [Endpoint]) {
    let shapes = try values.map { try body.graph.shape(of: $0).listShapeTensor() }
    let types = values.map { body.graph.type(of: $0) }
    let emptyList = try OpDef.registered("EmptyTensorList")
    let push = try OpDef.registered("TensorListPushBack")
    let zero = try Tensor(scalar: Int32(0))
    let initial = try graph.building {
      try [BasicOps.family.const([], ["value": .tensor(zero), "dtype": .type(.int32)])]
        + zip(shapes, types).map { shape, type in
          try emptyList([shape, Tensor(scalar: Int32(-1))], ["element_dtype": .type(type)])
        }
    }
    let stateTypes = [DType.int32] + types.map { _ in .variant }
    let inside = body.graph
    let (added, results) = try inside.building {
      let added = try stateTypes.map(Self.argument)
      return (
        added,
        try [added[0] + 1]
          + zip(added.dropFirst(), values).map { try push([$0, inside.tensor($1)]) }
      )
    }
    let forward = try FunctionDef(
      DerivedName.make("forward", of: bodyName), of: inside,
      arguments: body.argumentEndpoints + added.map { try inside.endpoint(of: $0) },
      results: body.results + results.map { try inside.endpoint(of: $0) },
      effects: body.controlResults)
    try graph.define(forward, with: inside.library)
    let test = try graph.library.instantiate(condition.name, condition.attrs)
    let unused = try test.graph.building { try stateTypes.map(Self.argument) }
    let goesOn = try FunctionDef(
      DerivedName.make("forward", of: condition.name), of: test.graph,
      arguments: test.argumentEndpoints + unused.map { try test.graph.endpoint(of: $0) },
      results: test.results, effects: test.controlResults)
    try graph.define(goesOn, with: test.graph.library)
    var attrs: Attrs = [
      "cond": .function(goesOn.name, [:]), "body": .function(forward.name, [:]),
      "T": .types(node.outputTypes + stateTypes),
    ]
    let stateShapes = stateTypes.map { _ in PartialShape.scalar }
    if case .list(let declared)? = node.attrs["output_shapes"], !declared.isEmpty {
      attrs["output_shapes"] = .list(declared + stateShapes.map { .shape($0) })
    }
    try graph.extend(
      node.id, inputs: try initial.map { try graph.endpoint(of: $0) }, attrs: attrs,
      types: stateTypes, shapes: stateShapes)
    let first = node.outputTypes.count
    return (Endpoint(node.id, first), types.indices.map { Endpoint(node.id, first + 1 + $0) })
  }

  fileprivate static func argument(_ dtype: DType) throws -> Tensor {
    try BasicOps.family.placeholder(
      [], ["dtype": .type(dtype), "shape": .shape(.unknown)])
  }
}

/// The functions of the loop that goes back: its variables are the number of iterations left, the
/// gradients, the lists, and what stays the same.
private struct BackwardLoop {
  let condition: FunctionDef
  let body: FunctionDef
  private let step: FunctionDef
  let library: FunctionLibrary

  var functions: [FunctionDef] { [step, condition, body] }

  init(
    step: LoopGradient.Step, name: String, sources: [LoopGradient.Source], types: [DType]
  ) throws {
    let tracer = step.backward.tracer
    let captures = try step.backward.captures
    self.step = try FunctionDef(
      DerivedName.make("backward", of: name), of: tracer.graph,
      arguments: (captures.map(\.argument) + step.variables.map(\.gradient)).map {
        try tracer.graph.endpoint(of: $0)
      },
      results: step.variables.map { try tracer.graph.endpoint(of: $0.result) },
      effects: tracer.effects)
    var library = tracer.graph.library
    try library.add(self.step)
    self.library = library

    let test = Graph()
    let (tests, goesOn) = try test.building {
      let arguments = try types.map(LoopGradient.argument)
      return (arguments, try ComparisonOps.family.greater(arguments[0], 0))
    }
    condition = try FunctionDef(
      DerivedName.make("backward", of: name + "_cond"), of: test,
      arguments: tests.map { try test.endpoint(of: $0) }, results: [test.endpoint(of: goesOn)])

    let graph = Graph()
    graph.library = library
    let pop = try OpDef.registered("TensorListPopBack")
    let call =
      tracer.effects.isEmpty
      ? FunctionalOps.family.partitionedCall : FunctionalOps.family.statefulPartitionedCall
    let gradientTypes = step.variables.map(\.gradient.dtype)
    let stepName = self.step.name
    let (arguments, results) = try graph.building {
      let arguments = try types.map(LoopGradient.argument)
      let gradients = arguments[1...].prefix(gradientTypes.count)
      var rest = arguments[(1 + gradientTypes.count)...]
      let listCount = sources.count { if case .list = $0 { true } else { false } }
      var lists = rest.prefix(listCount)
      rest = rest.dropFirst(listCount)
      let kept = Array(rest)
      var popped: [Tensor] = []
      var inputs: [Tensor] = []
      for (source, capture) in zip(sources, captures) {
        switch source {
        case .input: inputs.append(rest.removeFirst())
        case .list:
          let shape = try capture.argument.shape.listShapeTensor()
          let outputs = try CoreOps.apply(
            pop, [lists.removeFirst(), shape],
            ["element_dtype": .type(capture.argument.dtype)])
          popped.append(outputs[0])
          inputs.append(outputs[1])
        }
      }
      let next = try CoreOps.apply(
        call, inputs + gradients,
        ["f": .function(stepName, [:]), "Tout": .types(gradientTypes)])
      return (arguments, try [arguments[0] - 1] + next + popped + kept)
    }
    body = try FunctionDef(
      DerivedName.make("backward", of: name), of: graph,
      arguments: arguments.map { try graph.endpoint(of: $0) },
      results: results.map { try graph.endpoint(of: $0) })
  }
}
