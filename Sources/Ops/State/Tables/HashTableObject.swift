package import CoreOps

/// A table from keys to values that is filled once: what `HashTable` stands for.
package final class HashTableObject: LookupTable {
  package let name: String
  package let keyType: DType
  package let valueType: DType
  private let contents = Lock<TableContents?>(nil)

  package init(name: String, keyType: DType, valueType: DType) {
    self.name = name
    self.keyType = keyType
    self.valueType = valueType
  }

  /// The number of keys; 0 before the table is filled.
  package var count: Int { contents.withLock { $0?.count ?? 0 } }

  /// Fills the table. Doing so again with as many entries changes nothing, as in TensorFlow.
  ///
  /// - Parameters:
  ///   - total: how many entries there are, to compare with those of a filled table.
  ///   - entries: gives the keys and values, as vectors of the table's dtypes; asked once, and only
  ///     when the table is empty.
  /// - Throws: `FAILED_PRECONDITION` when it is filled with another number of entries, or when one
  ///   key has two values; what `entries` throws.
  package func fill(total: () throws -> Int, _ entries: () throws -> (keys: Tensor, values: Tensor))
    throws
  {
    try contents.withLock { contents in
      if let contents {
        guard try total() == contents.count else {
          throw TFError.failedPrecondition("Table was already initialized with different data.")
        }
        return
      }
      let (keys, values) = try entries()
      var filled = TableContents(keyType, valueType, width: 1)
      try filled.insert(keys, values) { slot, position, own in
        if own.values.isEqual(slot, values, row: position) { return }
        throw TFError.failedPrecondition(
          """
          HashTable has different value for same key. Key \(own.index.text(slot)) has \
          \(own.values.text(slot)) and trying to add value \(TableStore.text(values, position))
          """
        )
      }
      contents = filled
    }
  }

  /// - Throws: `FAILED_PRECONDITION` before the table is filled.
  package func find(_ keys: Tensor, default fallback: Tensor, _ dims: Shape) throws -> Tensor {
    // Once filled they do not change, so that look-ups need not wait for each other.
    guard let contents = contents.withLock({ $0 }) else {
      throw TFError.failedPrecondition("Table not initialized.")
    }
    // Of several defaults TensorFlow takes the first here.
    let only =
      fallback.dims.elementCount > 1
      ? fallback.reshaped([fallback.dims.elementCount]).rows(0, 1, dims: Shape()) : fallback
    return try contents.find(keys, default: only, dims)
  }

  package func insert(_: Tensor, _: Tensor) throws {
    throw TFError.unimplemented(
      "Insert not supported by InitializableLookupTable implementations")
  }

  package func remove(_: Tensor) throws {
    throw TFError.unimplemented(
      "Remove not supported by InitializableLookupTable implementations")
  }

  package func load(_ keys: Tensor, _ values: Tensor) throws {
    try fill(total: { keys.dims.elementCount }) { (keys, values) }
  }

  /// All keys and values, in the order in which they came.
  ///
  /// - Throws: `ABORTED` before the table is filled.
  package func export() throws -> (keys: Tensor, values: Tensor) {
    guard let contents = contents.withLock({ $0 }) else {
      throw TFError(.aborted, "HashTable is not initialized.")
    }
    return try contents.export(Shape(), slots: Array(0..<contents.count))
  }
}
