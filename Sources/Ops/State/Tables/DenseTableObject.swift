import CoreOps

/// A table whose keys and values lie in buckets, which are what a checkpoint has of it: what
/// `MutableDenseHashTable` stands for. Two keys mark buckets without an entry.
final class DenseTableObject: LookupTable {
  let name: String
  let keyType: DType
  let valueType: DType
  let keyShape: Shape
  let valueShape: Shape
  private let emptyKey: Tensor
  /// Nil where there is none, as in the first version.
  private let deletedKey: Tensor?
  private let maximumLoad: Float
  private let state: Lock<State>

  private struct State {
    /// By bucket.
    var keys: TableStore
    var values: TableStore
    var buckets: Int
    /// How many keys are in the table.
    var count = 0
  }

  /// - Parameters:
  ///   - buckets: how many there are at first: a power of two.
  ///   - maximumLoad: the part of the buckets that may be in use.
  init(
    name: String, emptyKey: Tensor, deletedKey: Tensor?, valueType: DType, valueShape: Shape,
    buckets: Int, maximumLoad: Float
  ) throws {
    try require(
      maximumLoad > 0 && maximumLoad < 1,
      "max_load_factor must be between 0 and 1, got: \(maximumLoad)")
    try require(
      valueShape.rank <= 1,
      "Empty value must be a scalar or a vector, got shape \(valueShape)")
    try require(
      emptyKey.dims.rank <= 1,
      "Empty key must be a scalar or a vector, got shape \(emptyKey.dims)")
    if let deletedKey {
      try require(
        deletedKey.dims == emptyKey.dims,
        """
        Empty and deleted keys must have same shape, got shapes: \(emptyKey.dims) and \
        \(deletedKey.dims)
        """
      )
      try require(
        !Self.areEqual(emptyKey, deletedKey),
        "Empty and deleted keys cannot be equal")
    }
    try require(
      buckets >= 4 && buckets & (buckets - 1) == 0,
      "Number of buckets must be at least 4 and a power of 2, got: \(buckets)")
    self.name = name
    self.emptyKey = try emptyKey.settled()
    self.deletedKey = try deletedKey?.settled()
    self.valueType = valueType
    self.valueShape = valueShape
    self.maximumLoad = maximumLoad
    keyType = emptyKey.dtype
    keyShape = emptyKey.dims
    let keys = TableStore(keyType, width: keyShape.elementCount)
    let values = TableStore(valueType, width: valueShape.elementCount)
    state = Lock(State(keys: keys, values: values, buckets: 0))
    try state.withLock { $0 = try empty(buckets) }
  }

  private static func areEqual(_ a: Tensor, _ b: Tensor) -> Bool {
    a.dtype == .string ? a.strings == b.strings : a.bytes.elementsEqual(b.bytes)
  }

  private func empty(_ buckets: Int) throws -> State {
    for width in [keyShape.elementCount, valueShape.elementCount] {
      let dims: Shape = [buckets, width]
      guard dims.checkedElementCount != nil else { throw Shape.refusal(dims.dims, "\(dims)") }
      try MemoryLimit.requireRoom(dims, .int64)
    }
    var state = State(
      keys: TableStore(keyType, width: keyShape.elementCount),
      values: TableStore(valueType, width: valueShape.elementCount), buckets: buckets)
    try state.keys.reserve(buckets)
    try state.values.reserve(buckets)
    var pace = Pace()
    for bucket in 0..<buckets {
      try pace.step()
      state.keys.set(bucket, emptyKey, row: 0)
    }
    return state
  }

  var count: Int { state.withLock { $0.count } }

  // MARK: - Operations

  func find(_ keys: Tensor, default fallback: Tensor, _ dims: Shape) throws -> Tensor {
    let number = try keyCount(keys)
    return try state.withLock { state in
      try state.values.gather(number, dims, fallback: fallback) { put in
        var pace = Pace()
        for row in 0..<number {
          try pace.step(16)
          let bucket = try probe(keys, row, state, "lookup", stopsAtDeleted: false)
          put(row, state.keys.isEqual(bucket, keys, row: row) ? bucket : nil)
        }
      }
    }
  }

  func insert(_ keys: Tensor, _ values: Tensor) throws {
    let number = try keyCount(keys)
    try state.withLock { state in
      // All keys are taken to be new ones.
      let (pending, overflow) = state.count.addingReportingOverflow(number)
      var buckets = state.buckets
      while overflow || Float(pending) > Float(buckets) * maximumLoad {
        guard buckets > 0, buckets < 1 << 40 else {
          throw TFError.resourceExhausted("the table has too many keys")
        }
        buckets <<= 1
      }
      if buckets > state.buckets {
        var larger = try empty(buckets)
        let (oldKeys, oldValues) = try exported(state)
        for bucket in 0..<state.buckets where try !isMark(oldKeys, bucket) {
          try insert(oldKeys, oldValues, bucket, &larger)
        }
        state = larger
      }
      var pace = Pace()
      for row in 0..<number {
        try pace.step(16)
        try insert(keys, values, row, &state)
      }
    }
  }

  private func insert(_ keys: Tensor, _ values: Tensor, _ row: Int, _ state: inout State) throws {
    let bucket = try probe(keys, row, state, "insert", stopsAtDeleted: true)
    if !state.keys.isEqual(bucket, keys, row: row) {
      state.count += 1
      state.keys.set(bucket, keys, row: row)
    }
    state.values.set(bucket, values, row: row)
  }

  func remove(_ keys: Tensor) throws {
    let number = try keyCount(keys)
    guard let deletedKey else {
      throw TFError.unimplemented("The table has no key that marks what was removed")
    }
    try state.withLock { state in
      var pace = Pace()
      for row in 0..<number {
        try pace.step(16)
        let bucket = try probe(keys, row, state, "remove", stopsAtDeleted: false)
        guard state.keys.isEqual(bucket, keys, row: row) else { continue }
        state.count -= 1
        state.keys.set(bucket, deletedKey, row: 0)
      }
    }
  }

  func load(_ keys: Tensor, _ values: Tensor) throws {
    let buckets = keys.dims.rank == 0 ? 0 : keys.dims[0]
    try require(buckets > 0, "A dense table cannot be imported without buckets")
    var loaded = State(
      keys: TableStore(keyType, width: keyShape.elementCount),
      values: TableStore(valueType, width: valueShape.elementCount), buckets: buckets)
    try loaded.keys.reserve(buckets)
    try loaded.values.reserve(buckets)
    for bucket in 0..<buckets {
      loaded.keys.set(bucket, keys, row: bucket)
      loaded.values.set(bucket, values, row: bucket)
      if try !isMark(keys, bucket) { loaded.count += 1 }
    }
    state.withLock { $0 = loaded }
  }

  func export() throws -> (keys: Tensor, values: Tensor) {
    try state.withLock { try exported($0) }
  }

  private func exported(_ state: State) throws -> (keys: Tensor, values: Tensor) {
    func all(_ store: TableStore) throws -> Tensor {
      try store.gather(state.buckets, [state.buckets, store.width], fallback: nil) { put in
        for bucket in 0..<state.buckets { put(bucket, bucket) }
      }
    }
    return (try all(state.keys), try all(state.values))
  }

  /// What is exported are vectors also where keys or values are numbers.
  func checkLoad(_ keys: Tensor, _ values: Tensor) throws {
    _ = try valueDims(keys.dims)
    let (keyRank, valueDims) = (
      max(keyShape.rank, 1), valueShape.rank == 0 ? [1] : valueShape.dims
    )
    let expected = Shape(keys.dims.dims.dropLast(keyRank) + valueDims)
    try require(
      values.dims == expected, "Expected shape \(expected) for value, got \(values.dims)")
    try require(
      keys.dims.rank == 2 && keys.dims[1] == keyShape.elementCount,
      "Expected keys of shape [?,\(keyShape.elementCount)], got \(keys.dims)")
  }

  // MARK: - Buckets

  private func keyCount(_ keys: Tensor) throws -> Int {
    let number = keys.dims.rank == 0 ? 1 : keys.dims[0]
    let (total, overflow) = number.multipliedReportingOverflow(by: keyShape.elementCount)
    try require(
      !overflow && keys.dims.elementCount == total,
      "Expected key shape \(Shape([number] + keyShape.dims)) got \(keys.dims)")
    return number
  }

  private func isMark(_ keys: Tensor, _ row: Int) throws -> Bool {
    isKey(keys, row, emptyKey) || (deletedKey.map { isKey(keys, row, $0) } ?? false)
  }

  private func isKey(_ keys: Tensor, _ row: Int, _ key: Tensor) -> Bool {
    let width = keyShape.elementCount
    if keyType == .string {
      return (0..<width).allSatisfy { keys.strings[row * width + $0] == key.strings[$0] }
    }
    let size = width * keyType.byteSize
    return UnsafeRawBufferPointer(start: keys.pointer + row * size, count: size)
      .elementsEqual(UnsafeRawBufferPointer(key.bytes))
  }

  /// The bucket of a key, or the first empty one in its way.
  ///
  /// - Parameter stopsAtDeleted: whether one whose entry was removed counts as empty.
  private func probe(
    _ keys: Tensor, _ row: Int, _ state: State, _ operation: String, stopsAtDeleted: Bool
  ) throws -> Int {
    try require(
      !isKey(keys, row, emptyKey), "Using the empty_key as a table key is not allowed")
    if let deletedKey {
      try require(
        !isKey(keys, row, deletedKey), "Using the deleted_key as a table key is not allowed")
    }
    // A table of other sizes than powers of two, which only an import makes, is not reached whole.
    let mask = UInt(bitPattern: state.buckets - 1)
    var bucket = Int(hash(keys, row) & mask)
    for probes in 1...state.buckets {
      if state.keys.isEqual(bucket, keys, row: row) || state.keys.isEqual(bucket, emptyKey, row: 0)
        || (stopsAtDeleted
          && (deletedKey.map { state.keys.isEqual(bucket, $0, row: 0) } ?? false))
      {
        return bucket
      }
      bucket = Int(UInt(bitPattern: bucket + probes) & mask)
    }
    throw TFError.internal("Internal error in MutableDenseHashTable \(operation)")
  }

  private func hash(_ keys: Tensor, _ row: Int) -> UInt {
    let width = keyShape.elementCount
    func element(_ position: Int) -> UInt64 {
      switch keyType {
      case .string: keys.strings[position].withBytes { MurmurHash.hash($0) }
      case .int32: UInt64(bitPattern: Int64(keys.elements(Int32.self)[position]))
      default: UInt64(bitPattern: keys.elements(Int64.self)[position])
      }
    }
    if width == 1 { return UInt(element(row)) }
    var hash: UInt64 = 0
    for offset in 0..<width {
      let next = element(row * width + offset)
      hash ^= next &+ 0x9e37_79b9_7f4a_7800 &+ (hash << 10) &+ (hash >> 4)
    }
    return UInt(hash)
  }
}
