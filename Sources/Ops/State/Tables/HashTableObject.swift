package import CoreOps

/// A table from keys to values that is filled once: what `HashTable` stands for.
package final class HashTableObject: TensorObject {
  package let name: String
  package let keyType: DType
  package let valueType: DType
  private let contents = Lock<Contents?>(nil)

  /// The keys' positions in the order in which they came, and the values.
  private struct Contents {
    var places: TableKeys
    var keys: Tensor
    var values: Tensor
  }

  package init(name: String, keyType: DType, valueType: DType) {
    self.name = name
    self.keyType = keyType
    self.valueType = valueType
  }

  /// The number of keys; 0 before the table is filled.
  package var count: Int { contents.withLock { $0?.places.count ?? 0 } }

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
        guard try total() == contents.places.count else {
          throw TFError.failedPrecondition("Table was already initialized with different data.")
        }
        return
      }
      let (keys, values) = try entries()
      var places = TableKeys(keyType)
      var order: [Int] = []
      try places.insert(keys) { position, known in
        guard let known else {
          order.append(position)
          return order.count - 1
        }
        guard TableValues.areEqual(values, order[known], position) else {
          throw TFError.failedPrecondition(
            """
            HashTable has different value for same key. Key \(TableValues.text(keys, position)) \
            has \(TableValues.text(values, order[known])) and trying to add value \
            \(TableValues.text(values, position))
            """
          )
        }
        return known
      }
      contents = Contents(
        places: places, keys: try TableValues.pick(keys, order),
        values: try TableValues.pick(values, order))
    }
  }

  /// The value of each key, or the default.
  ///
  /// - Throws: `FAILED_PRECONDITION` before the table is filled.
  package func find(_ keys: Tensor, default fallback: Tensor) throws -> Tensor {
    // Once filled they do not change, so that look-ups need not wait for each other.
    guard let contents = contents.withLock({ $0 }) else {
      throw TFError.failedPrecondition("Table not initialized.")
    }
    return try TableValues.pick(contents.values, contents.places.find(keys), else: fallback)
      .reshaped(keys.dims)
  }

  /// All keys and values.
  ///
  /// - Throws: `ABORTED` before the table is filled.
  package func export() throws -> (keys: Tensor, values: Tensor) {
    try contents.withLock { contents in
      guard let contents else { throw TFError(.aborted, "HashTable is not initialized.") }
      return (contents.keys, contents.values)
    }
  }
}

/// Where keys are: strings and integers.
struct TableKeys: Sendable {
  private var strings: [ByteString: Int] = [:]
  private var integers: [Int: Int] = [:]
  private let isString: Bool

  init(_ dtype: DType) { isString = dtype == .string }

  var count: Int { isString ? strings.count : integers.count }

  /// Notes each key at the place that `place` gives for its position and the place known so far.
  mutating func insert(_ keys: Tensor, _ place: (_ position: Int, _ known: Int?) throws -> Int)
    throws
  {
    var pace = Pace()
    func note(_ known: inout Int?, _ position: Int) throws {
      try pace.step(16)
      known = try place(position, known)
    }
    if isString {
      strings.reserveCapacity(keys.dims.elementCount)
      for (position, key) in keys.strings.enumerated() { try note(&strings[key], position) }
    } else {
      integers.reserveCapacity(keys.dims.elementCount)
      for (position, key) in try keys.integers().enumerated() { try note(&integers[key], position) }
    }
  }

  /// The places of keys, nil for those that are not there.
  func find(_ keys: Tensor) throws -> [Int?] {
    isString ? keys.strings.map { strings[$0] } : try keys.integers().map { integers[$0] }
  }
}

/// Elements of vectors of any dtype by position.
enum TableValues {
  /// The elements at `positions`, with `fallback`'s only element for nil.
  static func pick(_ values: Tensor, _ positions: [Int?], else fallback: Tensor? = nil) throws
    -> Tensor
  {
    let dims = Shape([positions.count])
    if values.dtype == .string {
      let strings = values.strings
      let builder = try StringBuilder(count: positions.count)
      for position in positions {
        try builder.append(position.map { strings[$0] } ?? fallback!.strings[0])
      }
      return Tensor(strings: try builder.finish(), dims: dims)
    }
    let picked = try Tensor.uninitialized(values.dtype, dims)
    let size = values.dtype.byteSize
    for (index, position) in positions.enumerated() {
      let source = position.map { values.pointer + $0 * size } ?? fallback!.pointer
      (picked.pointer + index * size).copyMemory(from: source, byteCount: size)
    }
    return picked
  }

  static func areEqual(_ values: Tensor, _ a: Int, _ b: Int) -> Bool {
    if values.dtype == .string { return values.strings[a] == values.strings[b] }
    let size = values.dtype.byteSize
    let bytes = values.bytes
    return bytes[a * size..<(a + 1) * size].elementsEqual(bytes[b * size..<(b + 1) * size])
  }

  /// An element as messages show it.
  static func text(_ values: Tensor, _ position: Int) -> String {
    switch values.dtype {
    case .string: values.strings[position].text
    case .float32: "\(values.elements(Float.self)[position])"
    case .float64: "\(values.elements(Double.self)[position])"
    default: (try? values.integers()).map { "\($0[position])" } ?? "(a \(values.dtype))"
    }
  }
}
