import CoreOps

/// The backward function of a graph from some arguments to some results, while it is made: its
/// arguments are what it takes from the forward graph, and gradients of results.
///
/// What it takes may be the forward function's arguments, or values in between, which the forward
/// function then has to give as further results.
final class Backward {
  let forward: Graph
  let tracer: FunctionTracer
  private(set) var gradientArguments: [Tensor] = []
  /// The scope that calls are made in, which says what call for gradients they belong to.
  private let scope: String

  init(of forward: Graph) throws {
    self.forward = forward
    tracer = FunctionTracer(inside: forward)
    tracer.graph.library = forward.library
    scope = Environment.current.nameScope
  }

  /// What it takes of the forward graph, in the order of its arguments.
  var captures: [(source: Endpoint, argument: Tensor)] {
    get throws {
      try tracer.captures.map { (try forward.endpoint(of: $0.tensor), $0.placeholder) }
    }
  }

  /// An argument for the gradient of an output of the forward graph.
  func gradientArgument(_ endpoint: Endpoint) throws -> Tensor {
    let tensor = forward.tensor(endpoint)
    let argument = try tracer.argument(
      tensor.dtype, tensor.shape, name: "grad_\(gradientArguments.count)")
    gradientArguments.append(argument)
    return argument
  }

  /// The gradients for `sources` of results with those gradients; nil where there is none.
  func differentiate(_ results: [(result: Endpoint, gradient: Tensor)], _ sources: [Endpoint])
    throws
    -> [Tensor?]
  {
    var (calls, slots) = try forward.recordedCalls(for: results.map(\.result))
    return try run {
      try ReverseMode.gradients(
        &calls, slotCount: slots.count,
        targets: results.map {
          GradientTarget(
            forward.tensor($0.result), slot: slots[$0.result], gradient: .dense($0.gradient))
        }, sources: sources.map { slots[$0] }
      ).map { try $0.map { try own($0.tensor()) } }
    }
  }

  /// Runs `body` with calls going to the backward function's graph.
  func run<R>(_ body: () throws -> R) throws -> R {
    let environment = Environment.current.tracing(tracer)
    return try (scope.isEmpty ? environment : environment.scoped(scope)).run(body)
  }

  /// The tensor as one of the backward function's graph.
  func own(_ tensor: Tensor) throws -> Tensor {
    if (try? tracer.graph.endpoint(of: tensor)) != nil { return tensor }
    return try run { try BasicOps.family.identity([tensor]) }
  }
}

extension Graph {
  /// Gives a node further inputs and outputs after those that it has: a call whose function gives
  /// more, a loop that gathers what its backward loop needs.
  func extend(
    _ id: Int, inputs: [Endpoint] = [], attrs: Attrs, types: [DType], shapes: [PartialShape]
  ) throws {
    let first = node(id).outputTypes.count
    update(id) { node in
      node.inputs += inputs
      for entry in attrs { node.attrs[entry.name] = entry.value }
      node.outputTypes += types
    }
    for (offset, shape) in shapes.enumerated() {
      try setShape(of: Endpoint(id, first + offset), shape)
    }
  }
}

extension FunctionBody {
  var argumentEndpoints: [Endpoint] { arguments.map { Endpoint($0) } }
}

extension FunctionLibrary {
  /// The body of a function for arguments of those shapes.
  func instantiate(_ name: String, _ attrs: Attrs, shapes: [PartialShape]) throws -> FunctionBody {
    let body = try instantiate(name, attrs)
    for (argument, shape) in zip(body.arguments, shapes) {
      body.graph.update(argument) { $0.attrs["shape"] = .shape(shape) }
    }
    return body
  }
}

extension Graph {
  /// Runs `body` with calls adding to the top of this graph, which nobody records.
  func building<R>(_ body: () throws -> R) rethrows -> R {
    try Environment.current.tracing(GraphBuilder(self)).run(body)
  }
}
