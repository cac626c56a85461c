import CoreOps

/// A branch, or a loop's condition or body, while it is traced into a function of the library: its
/// arguments, what it takes of the graphs around it, and its results. Follows TensorFlow's
/// `FuncGraph`.
final class FlowFunction {
  let name: String
  private let tracer: FunctionTracer
  private let environment: Environment
  /// The placeholders of its arguments, with the names that a program gave to what they stand for.
  private(set) var arguments: [(tensor: Tensor, label: String?)] = []
  private(set) var results: [Tensor] = []

  /// - Parameter scope: the name scope of the node that will call it.
  init(_ role: String, in scope: String, of graph: Graph, isLoop: Bool = false) {
    name = FlowFunctionName.make(role, in: scope, avoiding: graph)
    environment = Environment.current
    tracer = FunctionTracer(branchOf: graph, isLoop: isLoop)
  }

  var graph: Graph { tracer.graph }
  /// The tensors that it takes of the graphs around it, in the order of their arguments.
  var captures: [(tensor: Tensor, placeholder: Tensor)] { tracer.captures }

  /// What nodes of it wait for outside.
  var waitedFor: [Tensor] { tracer.waitedFor }

  func run<R>(_ body: () throws -> R) throws -> R {
    try environment.tracing(tracer).run(body)
  }

  /// An argument that is no capture.
  @discardableResult
  func addArgument(
    _ dtype: DType, _ shape: PartialShape, name: String = "Placeholder", label: String? = nil
  ) throws -> Tensor {
    let tensor = try tracer.argument(dtype, shape, name: name)
    arguments.append((tensor, label))
    return tensor
  }

  /// Takes a tensor of a graph around it as an argument.
  func capture(_ tensor: Tensor) throws -> Tensor { try tracer.captured(tensor) }

  /// Traces the results of the function's body.
  func returns(_ body: () throws -> [Tensor]) throws {
    results += try run {
      try body().map { tensor in
        let own = try capture(try tensor.asConstant())
        return graph.ordersEffects ? try BasicOps.family.identity([own]) : own
      }
    }
  }

  /// Returns an argument as it came.
  func returns(argument: Tensor) { results.append(argument) }

  /// Has the captures, in the order given, follow the arguments; what it does not use itself
  /// becomes an argument without readers.
  ///
  /// - Parameter unused: the name and shape of such an argument by its number among them.
  func take(_ tensors: [Tensor], unused: (Int, Tensor) -> (String, PartialShape)) throws {
    let own = Dictionary(
      captures.map { ($0.tensor.identity, $0.placeholder) }, uniquingKeysWith: { a, _ in a })
    var count = 0
    for tensor in tensors {
      if let placeholder = own[tensor.identity] {
        arguments.append((placeholder, try? tensor.op.name))
      } else {
        let (name, shape) = unused(count, tensor)
        try addArgument(tensor.dtype, shape, name: name)
        count += 1
      }
    }
  }

  var isStateful: Bool { graph.nodes.contains { $0.isStateful } }

  /// The positions of arguments that are resources of which it only reads.
  var readOnlyArguments: [Int] {
    get throws {
      let nodes = graph.nodes
      return try arguments.indices.filter { index in
        guard arguments[index].tensor.dtype == .resource else { return false }
        let endpoint = try graph.endpoint(of: arguments[index].tensor)
        return nodes.allSatisfy { node in
          node.inputs.enumerated().allSatisfy { position, input in
            input != endpoint || node.onlyReads(position)
          }
        } && !results.contains { $0.identity == arguments[index].tensor.identity }
      }
    }
  }

  /// Adds the function to the graph that calls it, with those that it calls.
  func define(in caller: Graph) throws {
    let definition = try FunctionDef(
      name, tracing: graph,
      arguments: arguments.map { (try graph.endpoint(of: $0.tensor), $0.label) },
      results: results.map { try graph.endpoint(of: $0) }, effects: tracer.effects)
    var library = caller.library
    try library.merge(graph.library)
    try library.add(definition)
    caller.library = library
  }
}

extension Node {
  /// The ops that read a variable and do not change it.
  private static let readers: Set = [
    "ReadVariableOp", "VariableShape", "ResourceGather", "ResourceGatherNd", "_ReadVariablesOp",
  ]

  /// Whether an input, a resource, is not changed by the node.
  fileprivate func onlyReads(_ input: Int) -> Bool {
    if Self.readers.contains(opName) { return true }
    guard case .list(let positions)? = attrs["_read_only_resource_inputs"] else { return false }
    return positions.contains(.int(input))
  }
}

/// Names of the functions of conditionals and loops: TensorFlow numbers them through the program.
enum FlowFunctionName {
  private static let count = Lock(0)

  static func make(_ role: String, in scope: String, avoiding graph: Graph) -> String {
    let library = graph.library
    while true {
      let number = count.withLock {
        $0 += 1
        return $0
      }
      let name = "\(scope)\(role)_\(number)".split(separator: "/", omittingEmptySubsequences: false)
        .joined(separator: "_")
      if library[name] == nil { return name }
    }
  }
}
