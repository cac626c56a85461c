import CoreOps

/// The gradients that came for one tensor so far, from the several calls that took it.
struct GradientSum {
  private var first: GradientValue?
  private var others: [GradientValue] = []

  var isEmpty: Bool { first == nil }

  mutating func add(_ value: GradientValue) throws {
    guard let sum = first else {
      first = value
      return
    }
    // Values are summed as they come, so that only one is kept; a graph gets one node for all.
    if others.isEmpty, case .dense(let sum) = sum, case .dense(let next) = value,
      !sum.isSymbolic, !next.isSymbolic
    {
      first = .dense(try SelectOps.family.addNOp([sum, next]))
    } else {
      others.append(value)
    }
  }

  /// The sum: slices where all parts are, otherwise a tensor; nil where there are none.
  ///
  /// It is made once, however often it is asked for.
  mutating func total(_ method: AggregationMethod = .addN) throws -> GradientValue? {
    guard let first, !others.isEmpty else { return first }
    let total = try Self.sum([first] + others, method)
    self.first = total
    others = []
    return total
  }

  private static func sum(_ parts: [GradientValue], _ method: AggregationMethod) throws
    -> GradientValue
  {
    let slices = parts.compactMap {
      if case .slices(let slices) = $0 { slices } else { nil }
    }
    if slices.count == parts.count { return .slices(try joined(slices)) }
    var tensors = try parts.map { try $0.tensor() }
    guard method == .experimentalTree else {
      guard tensors[0].isSymbolic, Environment.current.graph != nil else {
        return .dense(try SelectOps.family.addNOp(tensors))
      }
      return .dense(
        try Environment.current.colocated(with: tensors[0], ignoringExisting: true).run {
          try SelectOps.family.addNOp(tensors)
        })
    }
    while tensors.count > 1 {
      tensors = try stride(from: 0, to: tensors.count, by: 2).map { index in
        index + 1 < tensors.count ? try tensors[index] + tensors[index + 1] : tensors[index]
      }
    }
    return .dense(tensors[0])
  }

  /// All slices one after the other: a row that occurs several times stands for the sum.
  private static func joined(_ slices: [IndexedSlices]) throws -> IndexedSlices {
    let wide = slices.contains { $0.indices.dtype == .int64 }
    func joined(_ parts: [Tensor]) throws -> Tensor {
      try JoinOps.family.concatV2(parts + [ShapeOps.scalar(0)])
    }
    return IndexedSlices(
      values: try joined(slices.map(\.values)),
      indices: try joined(slices.map { try ShapeOps.integers($0.indices, wide ? .int64 : .int32) }),
      denseShape: slices.lazy.compactMap(\.denseShape).first)
  }
}
