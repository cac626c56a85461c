import CoreGraph
import CoreOps
import TestSupport
import Testing

/// Functional control flow put together node by node: functions in a graph's library, and the ops
/// that call them.
enum FunctionalFlow {
  private static let count = Lock<Int>(0)

  /// A function in the library of `graph` from arguments of those dtypes and shapes.
  static func function(
    _ graph: Graph, _ arguments: [(DType, PartialShape)], _ body: ([Tensor]) throws -> [Tensor]
  ) throws -> (name: String, types: [DType]) {
    let inner = Graph()
    inner.library = graph.library
    let (placeholders, results) = try inner.asDefault {
      let placeholders = try arguments.map {
        try applyOp("Placeholder", [], ["dtype": .type($0.0), "shape": .shape($0.1)])[0]
      }
      let results = try body(placeholders).map { try BasicOps.family.identity([$0]) }
      return (placeholders, results)
    }
    let number = count.withLock {
      $0 += 1
      return $0
    }
    let function = try FunctionDef(
      "function_\(number)", of: inner, arguments: placeholders.map { try inner.endpoint(of: $0) },
      results: results.map { try inner.endpoint(of: $0) })
    var library = inner.library
    try library.add(function)
    graph.library = library
    return (function.name, results.map(\.dtype))
  }

  static func signature(_ inputs: [Tensor]) -> [(DType, PartialShape)] {
    inputs.map { ($0.dtype, $0.shape) }
  }

  static func call(_ graph: Graph, _ inputs: [Tensor], _ body: ([Tensor]) throws -> [Tensor]) throws
    -> [Tensor]
  {
    let (name, types) = try function(graph, signature(inputs), body)
    return try applyOp(
      "PartitionedCall", inputs, ["f": .function(name, [:]), "Tout": .types(types)])
  }

  static func cond(
    _ graph: Graph, _ predicate: Tensor, _ inputs: [Tensor],
    _ then: ([Tensor]) throws -> [Tensor], _ other: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let (yes, types) = try function(graph, signature(inputs), then)
    let (no, _) = try function(graph, signature(inputs), other)
    return try applyOp(
      "StatelessIf", [predicate] + inputs,
      [
        "then_branch": .function(yes, [:]), "else_branch": .function(no, [:]),
        "Tout": .types(types),
      ])
  }

  static func choose(
    _ graph: Graph, _ index: Tensor, _ inputs: [Tensor],
    _ branches: [([Tensor]) throws -> [Tensor]]
  ) throws -> [Tensor] {
    let functions = try branches.map { try function(graph, signature(inputs), $0) }
    return try applyOp(
      "StatelessCase", [index] + inputs,
      [
        "branches": .list(functions.map { .function($0.name, [:]) }),
        "Tout": .types(functions[0].types),
      ])
  }

  static func loop(
    _ graph: Graph, _ inputs: [Tensor], _ test: ([Tensor]) throws -> Tensor,
    _ body: ([Tensor]) throws -> [Tensor]
  ) throws -> [Tensor] {
    let (goesOn, _) = try function(graph, signature(inputs)) { [try test($0)] }
    let (step, _) = try function(graph, signature(inputs), body)
    return try applyOp(
      "StatelessWhile", inputs, ["cond": .function(goesOn, [:]), "body": .function(step, [:])])
  }
}
