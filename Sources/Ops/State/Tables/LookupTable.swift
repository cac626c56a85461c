package import CoreOps

/// A table from keys to values.
package protocol LookupTable: Sendable {
  var name: String { get }
  var keyType: DType { get }
  var valueType: DType { get }
  var keyShape: Shape { get }
  var valueShape: Shape { get }
  /// The number of keys.
  var count: Int { get }

  /// The value of each key, or the default.
  ///
  /// - Parameter fallback: one value, or one for each key.
  func find(_ keys: Tensor, default fallback: Tensor, _ dims: Shape) throws -> Tensor
  /// Gives keys values, whether they are there or not.
  func insert(_ keys: Tensor, _ values: Tensor) throws
  func remove(_ keys: Tensor) throws
  /// Replaces all keys and values.
  func load(_ keys: Tensor, _ values: Tensor) throws
  /// All keys and values.
  func export() throws -> (keys: Tensor, values: Tensor)
  /// - Throws: `INVALID_ARGUMENT` when what `load` gets does not have the table's shapes.
  func checkLoad(_ keys: Tensor, _ values: Tensor) throws
}

extension LookupTable {
  package var keyShape: Shape { Shape() }
  package var valueShape: Shape { Shape() }

  package func checkLoad(_ keys: Tensor, _ values: Tensor) throws {
    try checkEntries(keys, values)
  }

  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words when keys and values are of other dtypes.
  package func check(_ op: String, _ types: [DType]) throws {
    let own = types.count == 1 ? [keyType] : [keyType, valueType]
    try require(
      types == own,
      """
      Signature mismatch, have: \(list(types, brackets: false)) expected: \
      \(list(own, brackets: false)) of table \(name)
      """
    )
  }

  /// The shape of the values of keys of that shape.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it does not end with the table's shape of keys.
  package func valueDims(_ keys: Shape) throws -> Shape {
    let own = keyShape.dims
    try require(
      keys.rank >= own.count && keys.dims.suffix(own.count).elementsEqual(own),
      "Input key shape \(keys) must end with the table's key shape \(keyShape)")
    return Shape(keys.dims.dropLast(own.count) + valueShape.dims)
  }

  /// - Throws: `INVALID_ARGUMENT` when the default is not one value or one for each key.
  package func checkDefault(_ fallback: Shape, _ dims: Shape) throws {
    try require(
      fallback == valueShape || fallback == dims,
      "Expected shape \(valueShape) or \(dims) for default value, got \(fallback)")
  }

  /// - Throws: `INVALID_ARGUMENT` when the values are not one for each key.
  package func checkEntries(_ keys: Tensor, _ values: Tensor) throws {
    let expected = try valueDims(keys.dims)
    try require(
      values.dims == expected, "Expected shape \(expected) for value, got \(values.dims)")
  }
}

/// A table of any kind as a resource, so that one name stands for one table.
package final class TableEntry: TensorObject {
  package let table: any LookupTable

  package init(_ table: any LookupTable) { self.table = table }
}

extension DynamicContext {
  /// The table in input 0: a handle, or container and name.
  ///
  /// - Throws: `INVALID_ARGUMENT`; `NOT_FOUND` where there is no table of that name.
  package func table() throws -> any LookupTable {
    let handle = inputs[0]
    if handle.dtype == .resource { return try handle.resource(TableEntry.self).table }
    guard handle.dtype == .string, handle.dims.elementCount == 2 else {
      throw TFError.invalidArgument(
        "Lookup table handle must be scalar, but had shape: \(handle.dims)")
    }
    let (container, name) = try Self.names(handle)
    guard let entry: TableEntry = execution.resources.find(container, name) else {
      throw TFError.notFound("Table \(container)/\(name) does not exist.")
    }
    return entry.table
  }

  /// The same where the table is one that is filled once.
  package func staticTable() throws -> HashTableObject {
    let table = try table()
    guard let table = table as? HashTableObject else {
      throw TFError.invalidArgument("Table \(table.name) is not initializable")
    }
    return table
  }
}
