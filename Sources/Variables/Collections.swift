package import CoreGraph
import CoreOps

extension Graph {
  /// What a collection holds, in order. Follows `tf.Graph.get_collection`.
  package func elements<Element>(_ key: CollectionKey<Element>) -> [Element] {
    collection(key.name).compactMap { Element.fromCollection($0) }
  }

  /// What of a collection is in a scope.
  ///
  /// - Parameter scope: a regular expression that names must begin with; elements without a name
  ///   are left out. nil or empty for all.
  /// - Throws: `INVALID_ARGUMENT` for what is no regular expression.
  package func elements<Element>(_ key: CollectionKey<Element>, scope: String?) throws -> [Element]
  {
    guard let scope, !scope.isEmpty else { return elements(key) }
    let pattern = try ScopePattern(scope)
    return collection(key.name).compactMap { element in
      guard let name = Self.name(of: element), pattern.matches(name) else { return nil }
      return Element.fromCollection(element)
    }
  }

  /// Adds to collections.
  package func add(_ element: any Sendable, to collections: [String]) {
    for name in collections { addToCollection(name, element) }
  }

  /// The name that a scope is compared with; nil for what has none.
  private static func name(of element: any Sendable) -> String? {
    switch element {
    case let variable as Variable: variable.name
    case let tensor as Tensor: try? tensor.name
    case let operation as Operation: operation.name
    case let named as any NamedElement: named.name
    default: nil
    }
  }
}

/// What is in a collection under a name.
public protocol NamedElement {
  var name: String { get }
}
