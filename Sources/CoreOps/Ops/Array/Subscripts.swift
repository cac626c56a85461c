/// What may stand between the brackets of `tensor[…]`, once for each dimension: an index, a range
/// of indices, `.all`, `.ellipsis`, `.newAxis`, `.slice(from:to:by:)`, or a scalar integer tensor.
/// Negative indices count from the end.
public protocol TensorIndex {
  var entry: SliceEntry { get throws }
}

/// One entry of a strided slice.
public struct SliceEntry {
  fileprivate enum Kind { case index, range, ellipsis, newAxis }

  fileprivate let kind: Kind
  fileprivate var begin: (any TensorConvertible)?
  fileprivate var end: (any TensorConvertible)?
  fileprivate var step: (any TensorConvertible)?

  fileprivate init(
    _ kind: Kind, begin: (any TensorConvertible)? = nil, end: (any TensorConvertible)? = nil,
    step: (any TensorConvertible)? = nil
  ) {
    self.kind = kind
    self.begin = begin
    self.end = end
    self.step = step
  }
}

/// A part of one dimension, or a place where dimensions are filled in.
public struct StridedRange: TensorIndex {
  public let entry: SliceEntry
}

extension TensorIndex where Self == StridedRange {
  /// The whole dimension, as Python's `:`.
  public static var all: StridedRange { StridedRange(entry: SliceEntry(.range)) }
  /// All dimensions that are not named, as Python's `...`.
  public static var ellipsis: StridedRange { StridedRange(entry: SliceEntry(.ellipsis)) }
  /// A new dimension of size 1, as `tf.newaxis`.
  public static var newAxis: StridedRange { StridedRange(entry: SliceEntry(.newAxis)) }

  /// A part of the dimension, as Python's `from:to:by`: `a[.slice(by: -1)]` is a backwards.
  ///
  /// - Parameters:
  ///   - from: the first index; nil for the end at which `by` begins.
  ///   - to: the index behind the last; nil for the other end.
  ///   - by: the step; nil for 1.
  public static func slice(
    from: (any TensorConvertible)? = nil, to: (any TensorConvertible)? = nil,
    by: (any TensorConvertible)? = nil
  ) -> StridedRange {
    StridedRange(entry: SliceEntry(.range, begin: from, end: to, step: by))
  }
}

extension Int: TensorIndex {
  public var entry: SliceEntry { SliceEntry(.index, begin: self) }
}
extension Tensor: TensorIndex {
  public var entry: SliceEntry {
    get throws {
      guard dtype == .int16 || dtype == .int32 || dtype == .int64 else {
        throw TFError.invalidArgument(
          """
          Only integers, slices, `.ellipsis`, `.newAxis` and scalar int16/int32/int64 tensors are \
          valid indices, got a \(dtype) tensor
          """
        )
      }
      return SliceEntry(.index, begin: self)
    }
  }
}
extension Range: TensorIndex where Bound == Int {
  public var entry: SliceEntry { SliceEntry(.range, begin: lowerBound, end: upperBound) }
}
extension ClosedRange: TensorIndex where Bound == Int {
  public var entry: SliceEntry {
    SliceEntry(.range, begin: lowerBound, end: SliceEntry.index(behind: upperBound))
  }
}
extension PartialRangeFrom: TensorIndex where Bound == Int {
  public var entry: SliceEntry { SliceEntry(.range, begin: lowerBound) }
}
extension PartialRangeUpTo: TensorIndex where Bound == Int {
  public var entry: SliceEntry { SliceEntry(.range, end: upperBound) }
}
extension PartialRangeThrough: TensorIndex where Bound == Int {
  public var entry: SliceEntry { SliceEntry(.range, end: SliceEntry.index(behind: upperBound)) }
}

extension SliceEntry {
  /// What ends a range that includes `last`: behind -1, the last index, there is none.
  fileprivate static func index(behind last: Int) -> Int? { last == -1 ? nil : last &+ 1 }
}

extension Tensor {
  /// A part of the tensor: `a[0]`, `a[-1]`, `a[1..<3]`, `a[0..., 1]`, `a[.ellipsis, .newAxis]`,
  /// `a[.slice(by: 2)]`. A single bool tensor picks the places where it is true. Follows
  /// `tf.Tensor.__getitem__`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for an index out of range or more indices than dimensions.
  public subscript<each Index: TensorIndex>(_ indices: repeat each Index) -> Tensor {
    get throws {
      var entries: [SliceEntry] = []
      var mask: Tensor?
      var count = 0
      for index in repeat each indices {
        count += 1
        if let tensor = index as? Tensor, tensor.dtype == .bool {
          mask = tensor
        } else {
          entries.append(try index.entry)
        }
      }
      guard let mask else { return try sliced(entries) }
      guard count == 1 else {
        throw TFError.invalidArgument("a bool tensor must be the only index: use tf.booleanMask")
      }
      return try MathAPI.booleanMask(self, mask)
    }
  }

  /// The parts along the first dimension: `for row in try tensor.rows`. Follows
  /// `tf.Tensor.__iter__`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a scalar; `FAILED_PRECONDITION` for a symbolic tensor whose
  ///   first dimension is not known.
  public var rows: [Tensor] {
    get throws {
      if rank == 0 { throw TFError.invalidArgument("Cannot iterate over a scalar tensor.") }
      guard let count = shape[0]?.value else {
        throw TFError.failedPrecondition(
          """
          Iterating over a symbolic tensor whose first dimension is not known is not allowed: give \
          it a size, or take its parts with tf.unstack and a number of them
          """
        )
      }
      return try apply(JoinOps.family.unpack, [self], ["num": .int(count), "axis": .int(0)])
    }
  }

  private func sliced(_ entries: [SliceEntry]) throws -> Tensor {
    var masks: [String: Int] = [:]
    var begin: [any TensorConvertible] = []
    var end: [any TensorConvertible] = []
    var strides: [any TensorConvertible] = []
    for (position, entry) in entries.enumerated() {
      func mark(_ mask: String) { masks[mask, default: 0] |= 1 << position }
      strides.append(entry.step ?? 1)
      begin.append(entry.begin ?? 0)
      switch entry.kind {
      case .index:
        mark("shrink_axis_mask")
        guard let index = entry.begin else { throw TFError.internal("an index without a value") }
        end.append(try (index as? Int).map { $0 &+ 1 } ?? index.asTensor() + 1)
        continue
      case .range:
        if entry.begin == nil { mark("begin_mask") }
        if entry.end == nil { mark("end_mask") }
      case .ellipsis: mark("ellipsis_mask")
      case .newAxis: mark("new_axis_mask")
      }
      end.append(entry.end ?? 0)
    }
    // One tensor of int64 makes all of them int64.
    let wide = (begin + end + strides).contains { $0.definiteDType == .int64 }
    func vector(_ values: [any TensorConvertible]) throws -> Tensor {
      let integers = values.compactMap { $0 as? Int }
      if integers.count == values.count {
        return try ShapeOps.integers(ShapeOps.vector(integers), wide ? .int64 : .int32)
          .asConstant(named: "stack")
      }
      let dtype: DType = wide ? .int64 : .int32
      return try JoinOps.family.pack(
        values.map { try CastOps.cast($0.asTensor(preferring: dtype), dtype) }, name: "stack")
    }
    var attrs = Attrs()
    for mask in SliceOps.maskNames { attrs[mask] = .int(masks[mask] ?? 0) }
    return try inScope(nil, "strided_slice") { scope in
      try SliceOps.family.stridedSlice(
        [self, vector(begin), vector(end), vector(strides)], attrs, name: scope)
    }
  }
}
