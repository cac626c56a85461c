/// Shapes and sizes as tensors: plain values where they are known, results of ops where they are
/// known only when a graph runs.
extension ShapeOps {
  /// The shape as a vector of `dtype`, an integer dtype.
  package static func shapeTensor(of x: Tensor, _ dtype: DType = .int32) throws -> Tensor {
    if let dims = x.knownShape?.dims, dtype == .int64 || dims.allSatisfy({ $0 <= Int(Int32.max) }) {
      if dtype == .int32 { return try Tensor(dims.map { Int32($0) }, dims: [dims.count]) }
      return try integers(Tensor(dims, dims: [dims.count]), dtype)
    }
    if dtype == .int32 { return try family.shape([x]) }
    return try integers(family.shape([x], ["out_type": .type(.int64)]), dtype)
  }

  /// The rank as an int32 scalar.
  package static func rankTensor(of x: Tensor) throws -> Tensor {
    try x.rank.map { try scalar($0) } ?? family.rank([x])
  }

  /// The number of elements as a scalar of `dtype`, int32 or int64.
  package static func sizeTensor(of x: Tensor, _ dtype: DType = .int32) throws -> Tensor {
    if let count = x.elementCount, dtype == .int64 || count <= Int(Int32.max) {
      return try integers(Tensor(scalar: count), dtype)
    }
    return try family.size([x], Attrs().with("out_type", .type(dtype), unless: dtype == .int32))
  }

  /// The dimensions at `axes`, all of which count from the start or all from the end, as an int32
  /// vector.
  package static func dimensions(of x: Tensor, _ axes: Range<Int>) throws -> Tensor {
    let end = axes.lowerBound < 0 ? x.rank ?? 0 : 0
    let known = axes.compactMap { x.shape[$0 + end] }
    if known.count == axes.count { return try vector(known.map(\.value)) }
    let upTo = axes.lowerBound < 0 && axes.upperBound == 0 ? nil : axes.upperBound
    return try part(shapeTensor(of: x), from: axes.lowerBound, to: upTo)
  }

  /// Elements `from..<to` of a vector; negative positions and nil count from its end.
  package static func part(_ vector: Tensor, from: Int, to: Int?) throws -> Tensor {
    let begin = try Self.vector([from])
    if from >= 0, to ?? 0 >= 0 {
      return try SliceOps.family.slice([vector, begin, Self.vector([to.map { $0 - from } ?? -1])])
    }
    return try SliceOps.family.stridedSlice(
      [vector, begin, Self.vector([to ?? 0]), Self.vector([1])],
      Attrs().with("end_mask", .int(1), unless: to != nil))
  }

  /// The size of the first dimension as an int32 scalar.
  package static func firstDimension(of x: Tensor) throws -> Tensor {
    try family.reshape([dimensions(of: x, 0..<1), vector([])])
  }

  /// The size of the last dimension as an int32 vector of one element.
  package static func lastDimension(of x: Tensor) throws -> Tensor {
    try dimensions(of: x, -1..<0)
  }

  /// An int32 vector, or int64 where a value needs it.
  package static func vector(_ values: [Int]) throws -> Tensor {
    let narrow = values.compactMap { Int32(exactly: $0) }
    return narrow.count == values.count
      ? try Tensor(narrow, dims: [narrow.count]) : try Tensor(values, dims: [values.count])
  }

  /// All axes of a tensor of that rank.
  package static func allAxes(rank: Int) throws -> Tensor {
    rank < commonAxes.count ? commonAxes[rank] : try vector(Array(0..<rank))
  }

  private static let commonAxes = (0...8).compactMap { try? vector(Array(0..<$0)) }

  /// An int32 scalar.
  package static func scalar(_ value: Int) throws -> Tensor { try Tensor(scalar: int32(value)) }

  /// - Throws: `INVALID_ARGUMENT` when the value does not fit 32 bits.
  package static func int32(_ value: Int) throws -> Int32 {
    guard let narrow = Int32(exactly: value) else {
      throw TFError.invalidArgument("\(value) is out of range for an int32")
    }
    return narrow
  }

  /// Integers as `dtype`, an integer dtype that they fit: a plain value stays one.
  package static func integers(_ x: Tensor, _ dtype: DType) throws -> Tensor {
    if x.dtype == dtype { return x }
    if x.isSymbolic { return try CastOps.cast(x, dtype) }
    let values = try x.integers()
    switch dtype {
    case .int32: return try Tensor(values.map { Int32(truncatingIfNeeded: $0) }, dims: x.dims)
    case .int64: return try Tensor(values, dims: x.dims)
    default: return try values.asTensor(preferring: dtype).reshaped(x.dims)
    }
  }

  /// The elements in one dimension.
  package static func flat(_ x: Tensor) throws -> Tensor { try family.reshape([x, vector([-1])]) }
}
