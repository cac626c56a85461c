import CKernels
import CoreOps

/// One of the columns that are crossed: for each example of a batch some features, which are
/// integers or strings.
struct FeatureColumn {
  private let values: Tensor
  /// Where the features of each example begin and end among the values; of a dense column, how many
  /// each example has.
  private enum Layout {
    case splits([Int])
    case width(Int)
  }
  private let layout: Layout

  /// The rows of a matrix.
  init(dense: Tensor) {
    values = dense
    layout = .width(dense.dims[1])
  }

  /// - Parameter splits: where the features of each example begin, and where the last one's end.
  init(values: Tensor, splits: [Int]) {
    self.values = values
    layout = .splits(splits)
  }

  var isDense: Bool {
    if case .width = layout { return true }
    return false
  }

  func features(_ example: Int) -> Range<Int> {
    switch layout {
    case .splits(let splits): splits[example]..<splits[example + 1]
    case .width(let width): example &* width..<(example &+ 1) &* width
    }
  }

  /// What stands for each value where crosses are hashed.
  ///
  /// - Parameters:
  ///   - string: the hash of a string.
  ///   - integer: that of an integer.
  func hashes(
    string: (UnsafeRawBufferPointer) -> UInt64, integer: (Int) -> UInt64
  ) throws -> [UInt64] {
    guard values.dtype == .string else { return values.elements(Int.self).map(integer) }
    var pace = Pace()
    return try values.strings.map { value in
      try pace.step(value.count + 1)
      return value.withBytes(string)
    }
  }

  /// The values as text, which integers become.
  func texts() throws -> StringBuffer {
    if values.dtype == .string { return values.strings }
    let builder = try StringBuilder(count: values.dims.elementCount)
    for value in values.elements(Int.self) { try builder.append(String(value)) }
    return try builder.finish()
  }
}

/// Every combination of one feature of each column, example by example; the last column changes
/// fastest.
struct FeatureCross {
  let columns: [FeatureColumn]
  /// How many combinations each example has.
  let counts: [Int]
  let total: Int

  /// - Throws: `RESOURCE_EXHAUSTED` when there are too many combinations.
  init(_ columns: [FeatureColumn], examples: Int) throws {
    self.columns = columns
    try MemoryLimit.room(for: (Dimension(examples) * 8).saturated)
    var pace = Pace()
    var total = Dimension(0)
    counts = try (0..<examples).map { example in
      try pace.step(columns.count)
      var count = Dimension(columns.isEmpty ? 0 : 1)
      for column in columns { count *= Dimension(column.features(example).count) }
      total += count
      try MemoryLimit.room(for: (total * 8).saturated)
      return count.value
    }
    self.total = total.value
  }

  /// Goes through the combinations.
  ///
  /// - Parameter body: is given the values' positions by column, and the first column that differs
  ///   from the combination before.
  private func forEach(
    _ body: (_ features: UnsafeBufferPointer<Int>, _ changed: Int) throws -> Void
  ) throws {
    var pace = Pace()
    try withUnsafeTemporaryAllocation(of: Int.self, capacity: columns.count) { features in
      for (example, count) in counts.enumerated() where count > 0 {
        let ranges = columns.map { $0.features(example) }
        for (column, range) in ranges.enumerated() { features[column] = range.lowerBound }
        var changed = 0
        for _ in 0..<count {
          try pace.step(columns.count)
          try body(UnsafeBufferPointer(features), changed)
          changed = columns.count - 1
          while changed >= 0 {
            features[changed] += 1
            if features[changed] < ranges[changed].upperBound { break }
            features[changed] = ranges[changed].lowerBound
            changed -= 1
          }
        }
      }
    }
  }

  /// The features of each combination as one text.
  func joined(by separator: UnsafeRawBufferPointer) throws -> Tensor {
    let texts = try columns.map { try $0.texts() }
    let builder = try StringBuilder(count: total)
    try forEach { features, _ in
      for (column, feature) in features.enumerated() {
        if column > 0 { try builder.write(separator) }
        try builder.write(texts[column].bytes(feature))
      }
      try builder.endElement()
    }
    return Tensor(strings: try builder.finish(), dims: [total])
  }

  /// A number for each combination: the fingerprints of its features, one after the other.
  ///
  /// - Parameters:
  ///   - hashes: per column those of its values.
  ///   - key: what the fingerprints follow, where there is something.
  ///   - buckets: how many numbers there are; zero for all that are not negative.
  func hashed(_ hashes: [[UInt64]], key: UInt64?, buckets: Int) throws -> Tensor {
    let result = try Tensor.uninitialized(.int64, [total])
    let out = result.elements(Int64.self)
    let divisor = buckets > 0 ? UInt64(buckets) : UInt64(Int64.max)
    var next = 0
    // The fingerprint of the features up to each column.
    try withUnsafeTemporaryAllocation(of: UInt64.self, capacity: columns.count) { prefixes in
      try forEach { features, changed in
        for column in max(changed, 0)..<features.count {
          let hash = hashes[column][features[column]]
          prefixes[column] =
            column > 0
            ? jk_fingerprint_cat64(prefixes[column - 1], hash)
            : key.map { jk_fingerprint_cat64($0, hash) } ?? hash
        }
        out[next] = Int64(truncatingIfNeeded: prefixes[features.count - 1] % divisor)
        next += 1
      }
    }
    return result
  }

  /// The indices and the shape of the combinations as a sparse matrix.
  func cells() throws -> (indices: Tensor, shape: Tensor) {
    let indices = try Tensor.uninitialized(.int64, [total, 2])
    let out = indices.elements(Int.self)
    var next = 0
    for (example, count) in counts.enumerated() {
      for place in 0..<count {
        out[next] = example
        out[next + 1] = place
        next += 2
      }
    }
    return (indices, try SparseRows.vector([counts.count, counts.max() ?? 0]))
  }

  /// Where the combinations of each example begin, and where the last one's end.
  func splits(_ dtype: DType) throws -> Tensor {
    var ends = [0]
    ends.reserveCapacity(counts.count + 1)
    for count in counts { ends.append(ends[ends.count - 1] + count) }
    try require(
      dtype == .int64 || total <= Int(Int32.max),
      "Row splits do not fit \(dtype): there are \(total) crosses")
    return try SparseRows.vector(ends, dtype)
  }
}
