import CoreGraph
import CoreOps

/// Runs an acyclic graph node by node with eager kernels: no plan, no passes. It shows whether a wrong result comes from a
/// kernel or from how graphs are run.
final class StepwiseGraph: FunctionRunner {
  private let graph: GraphDef
  private let nodes: [String: NodeDef]
  private let functions: [String: FunctionDef]
  private let resources = ResourceContainer()
  private static let deepest = 64

  init(_ graph: GraphDef) {
    self.graph = graph
    nodes = Dictionary(graph.nodes.map { ($0.name, $0) }) { first, _ in first }
    functions = Dictionary(graph.library.map { ($0.name, $0) }) { first, _ in first }
  }

  func run(fetches: [String], feeds: [String: Tensor], targets: [String], timeout: Double?) throws -> [Tensor] {
    let execution = ExecutionContext(
      resources: resources, functions: self,
      cancellation: timeout.map { Cancellation(timeout: $0) } ?? Cancellation())
    var step = Step(nodes: nodes, execution: execution, functions: functions)
    for (name, value) in feeds {
      let (node, index) = try Step.split(name)
      step.fed[node, default: [:]][index] = value
    }
    for target in targets { try step.compute(target) }
    return try fetches.map { try step.value($0).dereferenced() }
  }

  func call(
    _ function: String, _ attrs: Attrs, _ inputs: [Tensor], _ execution: ExecutionContext
  ) throws -> [Tensor] {
    guard let definition = functions[function] else {
      throw TFError.notFound("there is no function \(function)")
    }
    guard execution.depth < Self.deepest else {
      throw TFError.resourceExhausted("\(function) calls itself more than \(Self.deepest) levels deep")
    }
    guard inputs.count == definition.inputs.count else {
      throw TFError.invalidArgument(
        "\(function) takes \(definition.inputs.count) arguments, got \(inputs.count)")
    }
    let inner = ExecutionContext(
      resources: execution.resources, functions: self, cancellation: execution.cancellation,
      depth: execution.depth + 1)
    var step = Step(
      nodes: Dictionary(definition.nodes.map { ($0.name, $0) }) { first, _ in first }, execution: inner,
      functions: functions)
    for (argument, value) in zip(definition.inputs, inputs) { step.fed[argument.name, default: [:]][0] = value }
    for output in definition.controlReturns.values.sorted() { try step.compute(output) }
    return try definition.outputs.map { try step.value(definition.returns[$0.name] ?? $0.name) }
  }

  /// One run's values.
  private struct Step {
    let nodes: [String: NodeDef]
    let execution: ExecutionContext
    let functions: [String: FunctionDef]
    var fed: [String: [Int: Tensor]] = [:]
    private var values: [String: [Tensor]] = [:]

    init(nodes: [String: NodeDef], execution: ExecutionContext, functions: [String: FunctionDef]) {
      self.nodes = nodes
      self.execution = execution
      self.functions = functions
    }

    static func split(_ name: String) throws -> (String, Int) {
      let parts = name.split(separator: ":")
      guard parts.count <= 2, let node = parts.first, let index = parts.count == 2 ? Int(parts[1]) : 0 else {
        throw TFError.invalidArgument("\(name) is not a tensor's name")
      }
      return (String(node), index)
    }

    /// The tensor named `node`, `node:1` or, in a function, `node:argument:1`.
    mutating func value(_ name: String) throws -> Tensor {
      let parts = name.split(separator: ":").map(String.init)
      let node = parts[0]
      if parts.count < 3 {
        let index = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
        if let value = fed[node]?[index] { return value }
        try compute(node)
        guard let outputs = values[node], outputs.indices.contains(index) else {
          throw TFError.invalidArgument("there is no tensor \(name)")
        }
        return outputs[index]
      }
      try compute(node)
      guard let definition = nodes[node], let offset = Int(parts[2]) else {
        throw TFError.invalidArgument("there is no tensor \(name)")
      }
      let start: Int
      if let op = OpRegistry.standard[definition.op] {
        guard op.signature.outputs.contains(where: { $0.name == parts[1] }) else {
          throw TFError.invalidArgument("\(definition.op) has no output \(parts[1])")
        }
        start = try op.signature.outputRange(
          parts[1], op.signature.resolve(inputTypes: inputs(definition).map(\.dtype), definition.attrs)
        ).lowerBound
      } else {
        start = functions[definition.op]?.outputs.firstIndex { $0.name == parts[1] } ?? 0
      }
      guard let outputs = values[node], outputs.indices.contains(start + offset) else {
        throw TFError.invalidArgument("there is no tensor \(name)")
      }
      return outputs[start + offset]
    }

    private mutating func inputs(_ node: NodeDef) throws -> [Tensor] {
      try node.inputs.filter { !$0.hasPrefix("^") }.map { try value($0) }
    }

    /// Runs a node after all that it needs.
    mutating func compute(_ name: String) throws {
      var stack = [name]
      var open: Set<String> = []
      while let top = stack.last {
        if values[top] != nil || fed[top] != nil {
          stack.removeLast()
          continue
        }
        guard let node = nodes[top] else { throw TFError.invalidArgument("there is no node \(top)") }
        let missing = node.inputs.map { String($0.drop { $0 == "^" }.prefix { $0 != ":" }) }
          .filter { values[$0] == nil && fed[$0] == nil }
        if missing.isEmpty {
          values[top] = try run(node)
          stack.removeLast()
        } else {
          guard open.insert(top).inserted else {
            throw TFError.unimplemented("the graph has a loop through \(top), which stepwise runs cannot follow")
          }
          stack += missing
        }
      }
    }

    private mutating func run(_ node: NodeDef) throws -> [Tensor] {
      try execution.cancellation.check()
      let given = try inputs(node)
      guard let op = OpRegistry.standard[node.op] else {
        if functions[node.op] != nil, let runner = execution.functions {
          return try runner.call(node.op, node.attrs, given, execution)
        }
        throw TFError.notFound("Op type not registered '\(node.op)'").at(node: node.name, op: node.op)
      }
      let kernel = try PreparedKernel(
        op: op, node: node.name, attrs: node.attrs, inputTypes: given.map(\.dtype))
      if case .executor(.noOp) = kernel.body { return [] }
      let values = try given.enumerated().map { index, input in
        kernel.refInputs[index] ? input : try input.dereferenced()
      }
      return try kernel.run(values, execution)
    }
  }
}
