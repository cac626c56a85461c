import CoreOps

/// Where the rows of a ragged tensor begin and the last ends.
struct Splits {
  private var values = [0]

  init(_ counts: [Int]) {
    values.reserveCapacity(counts.count + 1)
    for count in counts { values.append(values[values.count - 1] + count) }
  }

  /// - Parameter isVector: false for the scalar that stands for the splits of one example.
  func tensor(_ dtype: DType, isVector: Bool = true) throws -> Tensor {
    if !isVector { return try .wrapping([0], dtype, []) }
    if dtype == .int32, let last = values.last, last > Int(Int32.max) {
      throw TFError.invalidArgument("\(last) ragged values take splits of 64 bits")
    }
    return try .wrapping(values, dtype, [values.count])
  }
}

/// A list of features in all examples.
struct ListFeature {
  private let spec: SequenceBatch.Spec
  private let names: SequenceNames
  private let isBatch: Bool
  /// By example and by row of its list, the values; nil where an example does not have the list.
  private let rows: [[(list: WireCursor, count: Int)]?]

  init(
    _ spec: SequenceBatch.Spec, _ values: [UnsafeRawBufferPointer?], _ names: SequenceNames,
    isBatch: Bool
  ) throws {
    self.spec = spec
    self.names = names
    self.isBatch = isBatch
    var pace = Pace()
    rows = try values.enumerated().map { example, value in
      guard let value else { return nil }
      var cursor = WireCursor(value)
      var rows: [(list: WireCursor, count: Int)] = []
      while !cursor.isAtEnd {
        try pace.step()
        // A row takes more room than the two bytes that it may be.
        if rows.count & 1023 == 1023 { try MemoryLimit.room(for: rows.count * 32) }
        guard cursor.take(10), let length = cursor.length(), length != 1 else {
          throw TFError.invalidArgument(
            "Error in sequence feature \(spec.name) in example \(names[example])")
        }
        var row = (list: WireCursor(cursor.next, count: 0), count: 0)
        if length > 0 {
          let feature = WireCursor(cursor.next, count: min(length, cursor.count))
          guard let list = spec.list(feature.bytes), length > 2 || list.count == 0 else {
            throw TFError.invalidArgument(
              """
              Name: \(names[example]), Feature list: \(spec.name), Index: \(rows.count).  \
              \(spec.wrongType)
              """)
          }
          // What stands behind would be the next feature, which it is not.
          guard ValueList.isWhole(list.list, spec.dtype) else {
            throw TFError.invalidArgument(
              "Error in sequence feature \(spec.name) in example \(names[example])")
          }
          row = list
          _ = cursor.skip(feature.count)
        }
        rows.append(row)
      }
      return rows
    }
  }

  func output() throws -> [Tensor] {
    switch spec.kind {
    case .dense(let shape): return try dense(shape)
    case .sparse:
      let (values, total) = try all()
      try MemoryLimit.room(for: total * 24)
      var indices: [Int] = []
      var (mostRows, mostColumns) = (0, 0)
      for (example, rows) in rows.enumerated() {
        mostRows = max(mostRows, rows?.count ?? 0)
        for (row, values) in (rows ?? []).enumerated() {
          mostColumns = max(mostColumns, values.count)
          for index in 0..<values.count {
            indices += isBatch ? [example, row, index] : [row, index]
          }
        }
      }
      let size = isBatch ? [rows.count, mostRows, mostColumns] : [mostRows, mostColumns]
      return [
        try Tensor(indices, dims: [total, size.count]), values,
        try Tensor(size, dims: [size.count]),
      ]
    case .ragged(let dtype):
      let inner = Splits(rows.flatMap { ($0 ?? []).map(\.count) })
      let outer = Splits(rows.map { $0?.count ?? 0 })
      return [
        try all().values, try outer.tensor(dtype, isVector: isBatch), try inner.tensor(dtype),
      ]
    }
  }

  /// The values of all rows.
  private func all() throws -> (values: Tensor, total: Int) {
    var buffer = try ValueBuffer(spec.dtype)
    var total = 0
    var pace = Pace()
    for case let rows? in rows {
      for (list, count) in rows {
        try pace.step(count + 8)
        guard try buffer.append(list, count: count) else {
          throw TFError.invalidArgument("Unexpected number of elements in feature \(spec.name)")
        }
        total += count
      }
    }
    return (try buffer.finish([total]), total)
  }

  /// The values, each example's list padded to the longest, and the lengths.
  private func dense(_ shape: Shape) throws -> [Tensor] {
    let size = shape.elementCount
    let totals = rows.map { ($0 ?? []).reduce(0) { $0 + $1.count } }
    let longest = totals.max() ?? 0
    let whole = PartialShape([nil] + shape.dims.map { Dimension($0) })
    try require(
      size > 0 && longest % size == 0,
      """
      Feature list '\(spec.name)' has an unexpected number of values.  Total values size: \
      \(longest) is not consistent with output shape: \(whole)
      """)
    let dims = Shape((isBatch ? [rows.count] : []) + [longest / size] + shape.dims)
    guard dims.checkedElementCount != nil else { throw Shape.refusal(dims.dims, dims.description) }
    var buffer = try ValueBuffer(spec.dtype)
    var pace = Pace()
    for (example, rows) in rows.enumerated() {
      guard rows != nil || spec.mayBeMissing else {
        throw TFError.invalidArgument(
          """
          Name: \(names[example]), Feature list '\(spec.name)' is required but could not be \
          found.  Did you mean to include it in feature_list_dense_missing_assumed_empty or \
          feature_list_dense_defaults?
          """)
      }
      for (row, (list, count)) in (rows ?? []).enumerated() {
        try pace.step(count + 8)
        guard count == size, try buffer.append(list, count: count) else {
          throw TFError.invalidArgument(
            """
            Name: \(names[example]), Key: \(spec.name), Index: \(row).  Number of values != \
            expected.  values size: \(count) but output shape: \(shape)
            """)
        }
      }
      try buffer.pad(longest - totals[example])
    }
    let lengths = rows.map { $0?.count ?? 0 }
    return [
      try buffer.finish(dims), try Tensor(lengths, dims: isBatch ? [rows.count] : []),
    ]
  }
}
