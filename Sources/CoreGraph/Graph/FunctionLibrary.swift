import CoreOps

/// The functions that a graph's nodes may call, by name.
package struct FunctionLibrary: Sendable {
  package private(set) var functions: [String: FunctionDef] = [:]
  /// In the order in which they came, which files keep.
  package private(set) var order: [String] = []
  package var gradients: [GradientDef] = []

  package init() {}

  package subscript(name: String) -> FunctionDef? { functions[name] }

  /// - Throws: `INVALID_ARGUMENT` when another function has that name.
  package mutating func add(_ function: FunctionDef) throws {
    if let existing = functions[function.name] {
      guard existing == function else {
        throw TFError.invalidArgument(
          """
          Cannot add function '\(function.name)' because a different function with the same name \
          already exists.
          """
        )
      }
      return
    }
    DerivedName.note(function.name)
    functions[function.name] = function
    order.append(function.name)
  }

  package var all: [FunctionDef] { order.compactMap { functions[$0] } }
}

/// A function of the library with its attributes filled in: a graph with arguments and results.
package struct FunctionBody: Sendable {
  package let graph: Graph
  /// The nodes that stand for the arguments.
  package let arguments: [Int]
  package let results: [Endpoint]
  /// The nodes that must have run when the call returns.
  package let controlResults: [Int]
}
