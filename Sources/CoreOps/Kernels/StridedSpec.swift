/// What `begin`, `end`, `strides` and the masks of a strided slice mean for a given input.
package struct StridedSpec: Sendable {
  /// For each dimension of the input: where the slice starts, its step and its size; nil where not
  /// known.
  package var begin: [Dimension?] = []
  package var stride: [Int] = []
  package var size: [Dimension?] = []
  /// The output's shape.
  package var output: [Dimension?] = []
  /// For each dimension of the output, that of the input; nil for a new one.
  private var axes: [Int?] = []

  package enum Kind { case range, newAxis, shrunk, ellipsis }

  /// - Parameters:
  ///   - count: the number of entries of the slice.
  ///   - lists: the values of `begin`, `end` and `strides`, where known.
  ///   - dims: the input's dimensions.
  /// - Throws: `INVALID_ARGUMENT` with TensorFlow's words.
  package init(
    _ attrs: some AttrAccess, count: Int, begin beginList: [Int]?, end endList: [Int]?,
    strides: [Int]?, dims: [Dimension?]
  ) throws {
    let (beginMask, endMask) = (try attrs.int("begin_mask"), try attrs.int("end_mask"))
    let (ellipsisMask, newAxisMask) = (
      try attrs.int("ellipsis_mask"), try attrs.int("new_axis_mask")
    )
    let shrinkMask = try attrs.int("shrink_axis_mask")
    try require(count <= 32, "only stride specs of up to 32 entries are supported, got \(count)")
    func has(_ mask: Int, _ entry: Int) -> Bool { mask >> entry & 1 == 1 }

    var kinds: [Kind] = []
    for entry in 0..<count {
      if has(ellipsisMask, entry) {
        try require(!kinds.contains(.ellipsis), "Multiple ellipses in slice spec not allowed")
        kinds.append(.ellipsis)
      } else if has(newAxisMask, entry) {
        kinds.append(.newAxis)
      } else {
        kinds.append(has(shrinkMask, entry) ? .shrunk : .range)
      }
    }
    let taken = kinds.filter { $0 == .range || $0 == .shrunk }.count
    if taken > dims.count {
      throw TFError.invalidArgument(
        "Index out of range using input dim \(dims.count); input has only \(dims.count) dims")
    }
    if !kinds.contains(.ellipsis) { kinds.append(.ellipsis) }

    var axis = 0
    for (entry, kind) in kinds.enumerated() {
      switch kind {
      case .newAxis:
        output.append(1)
        axes.append(nil)
      case .ellipsis:
        for _ in 0..<dims.count - taken {
          begin.append(0)
          stride.append(1)
          size.append(dims[axis])
          output.append(dims[axis])
          axes.append(axis)
          axis += 1
        }
      case .range, .shrunk:
        let step = strides?[entry]
        if let step { try require(step != 0, "strides[\(entry)] must be non-zero") }
        let shrinks = kind == .shrunk
        if shrinks, let step {
          try require(step > 0, "only stride 1 allowed on non-range indexing.")
        }
        let (first, length) = try Self.range(
          beginList?[entry], endList?[entry], step, dims[axis], axis, shrinks: shrinks,
          beginMasked: has(beginMask, entry), endMasked: has(endMask, entry))
        begin.append(first)
        stride.append(shrinks ? 1 : step ?? 1)
        size.append(length)
        if !shrinks {
          output.append(length)
          axes.append(axis)
        }
        axis += 1
      }
    }
  }

  private static func range(
    _ begin: Int?, _ end: Int?, _ step: Int?, _ dim: Dimension?, _ axis: Int, shrinks: Bool,
    beginMasked: Bool, endMasked: Bool
  ) throws -> (begin: Dimension?, size: Dimension?) {
    if shrinks {
      guard let begin, let dim else { return (nil, 1) }
      let first = begin < 0 ? begin + dim : Dimension(begin)
      guard first >= 0, first < dim else {
        throw TFError.invalidArgument("slice index \(begin) of dimension \(axis) out of bounds.")
      }
      return (first, 1)
    }
    guard let step, let dim else { return (nil, nil) }
    let lowest: Dimension = step > 0 ? 0 : -1
    let highest = step > 0 ? dim : dim - 1
    func canonical(_ x: Int) -> Dimension {
      min(max(x < 0 ? x + dim : Dimension(x), lowest), highest)
    }
    var first: Dimension
    var last: Dimension
    if beginMasked {
      first = step > 0 ? lowest : highest
    } else {
      guard let begin else { return (nil, nil) }
      first = canonical(begin)
    }
    if endMasked {
      last = step > 0 ? highest : lowest
    } else {
      guard let end else { return (nil, nil) }
      last = canonical(end)
    }
    let interval = last - first
    if interval == 0 || (interval < 0) != (step < 0) { return (first, 0) }
    return (first, interval / step + (interval % step == 0 ? 0 : 1))
  }

  /// The spec for values that are all known.
  package init(
    _ attrs: some AttrAccess, begin: [Int], end: [Int], strides: [Int], dims: [Int]
  ) throws {
    guard begin.count == end.count, begin.count == strides.count else {
      throw TFError.invalidArgument(
        """
        Expected begin, end, and strides to be 1D equal size tensors, but got shapes \
        [\(begin.count)], [\(end.count)], and [\(strides.count)] instead.
        """
      )
    }
    try self.init(
      attrs, count: begin.count, begin: begin, end: end, strides: strides,
      dims: dims.map { Dimension($0) })
  }

  /// The slice as a region of the input.
  package func region(_ dims: [Int]) -> Region {
    let all = Region(dims)
    var region = all
    for axis in dims.indices {
      let size = size[axis]?.value ?? 0
      region.dims[axis] = size
      region.strides[axis] = size > 1 ? all.strides[axis] &* stride[axis] : 0
      region.offset += size > 0 ? (begin[axis]?.value ?? 0) * all.strides[axis] : 0
    }
    return region
  }

  /// The slice as a region of the input, with the output's dimensions.
  package func outputRegion(_ dims: [Int]) -> Region {
    let region = region(dims)
    return Region(
      dims: axes.map { $0.map { region.dims[$0] } ?? 1 },
      strides: axes.map { $0.map { region.strides[$0] } ?? 0 }, offset: region.offset)
  }

  /// The same elements as a dense tensor, new and removed dimensions aside.
  package var dense: Region { Region(size.map { $0?.value ?? 0 }) }
}
