/// The named, mutable things that the runs of one session share.
package final class ResourceContainer: Sendable {
  private let table = Lock<[String: any TensorObject]>([:])

  package init() {}

  /// The container of resources that name none.
  package static let defaultName = "localhost"

  /// The name in this table of what a node's attributes `container` and `shared_name` call for.
  ///
  /// - Parameter node: the node's name, which stands in for an empty `sharedName`.
  package static func key(container: String, sharedName: String, node: String) -> String {
    "\(container.isEmpty ? defaultName : container)/\(sharedName.isEmpty ? node : sharedName)"
  }

  /// The resource of that name, if there is one.
  package func find(_ name: String) -> (any TensorObject)? { table.withLock { $0[name] } }

  /// The resource of that name, made now if there is none.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the name stands for something of another kind.
  package func findOrCreate<R: TensorObject>(_ name: String, _ make: () throws -> R) throws -> R {
    try table.withLock {
      if let existing = $0[name] {
        guard let resource = existing as? R else {
          throw TFError.invalidArgument(
            "resource \(name) is a \(type(of: existing)), not a \(R.self)")
        }
        return resource
      }
      let resource = try make()
      $0[name] = resource
      return resource
    }
  }

  @discardableResult
  package func remove(_ name: String) -> Bool {
    table.withLock { $0.removeValue(forKey: name) != nil }
  }

  /// Removes every name of that object.
  @discardableResult
  package func remove(_ object: any TensorObject) -> Bool {
    table.withLock { table in
      let names = table.filter { $0.value === object }.map(\.key)
      for name in names { table[name] = nil }
      return !names.isEmpty
    }
  }

  package func removeAll() { table.withLock { $0.removeAll() } }
}
