package import CoreOps

/// A part of a tensor: in each dimension a range, or all of it. Follows TensorFlow's `TensorSlice`.
package struct TensorSlice: Sendable, Hashable, CustomStringConvertible {
  package struct Extent: Sendable, Hashable {
    package var start: Int
    /// Nil for all of the dimension.
    package var length: Int?

    package init(start: Int, length: Int?) {
      self.start = start
      self.length = length
    }

    package static let full = Extent(start: 0, length: nil)
  }

  package var extents: [Extent]

  package init(_ extents: [Extent]) { self.extents = extents }
  package init(fullOfRank rank: Int) { extents = [Extent](repeating: .full, count: rank) }

  package var isFull: Bool { extents.allSatisfy { $0.length == nil } }

  /// As TensorFlow writes it: `0,10:-`.
  package var description: String {
    extents.map { extent in extent.length.map { "\(extent.start),\($0)" } ?? "-" }
      .joined(separator: ":")
  }

  /// Reads a slice as TensorFlow writes it.
  ///
  /// - Throws: `INVALID_ARGUMENT`.
  package init(parsing text: some StringProtocol) throws {
    if text.isEmpty {
      extents = []
      return
    }
    extents = try text.split(separator: ":", omittingEmptySubsequences: false).map { part in
      if part == "-" { return .full }
      let numbers = part.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard numbers.count == 2, let start = numbers[0], let length = numbers[1], start >= 0,
        length > 0, start <= Int.max - length
      else {
        throw TFError.invalidArgument(
          "Expected a pair of numbers or '-' but got '\(part)': string = \(text)")
      }
      return Extent(start: start, length: length)
    }
  }

  /// Reads what `Restore` and `Save` ops are given: the full shape and the slice of it, such as
  /// `4 10 0,2:-`; nil for the empty text, which stands for the whole tensor.
  ///
  /// - Throws: `INVALID_ARGUMENT`.
  package static func parse(shapeAndSlice text: String) throws -> (
    shape: Shape, slice: TensorSlice
  )? {
    if text.isEmpty { return nil }
    var parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count > 1 else {
      throw TFError.invalidArgument(
        "Need least two elements in shape_and_slice specification: \(text)")
    }
    let slice = try TensorSlice(parsing: parts.removeLast())
    let dims = try parts.map { part in
      guard let dim = Int(part), dim >= 0 else {
        throw TFError.invalidArgument(
          "Non numerical dimension in shape_and_slice: \(text)")
      }
      return dim
    }
    _ = try slice.dims(of: Shape(dims))
    return (Shape(dims), slice)
  }

  /// The range in each dimension of a tensor of that shape.
  ///
  /// - Throws: `INTERNAL`, as TensorFlow, when it goes past the end.
  package func ranges(in shape: Shape) throws -> [Range<Int>] {
    guard extents.count == shape.rank else {
      throw TFError.internal("Mismatching ranks: shape = \(shape), slice = \(self)")
    }
    return try extents.enumerated().map { axis, extent in
      guard let length = extent.length else { return 0..<shape[axis] }
      guard extent.start >= 0, length >= 0, extent.start <= shape[axis],
        length <= shape[axis] - extent.start
      else {
        throw TFError.internal(
          "Extent in dimension \(axis) out of bounds: shape = \(shape), slice = \(self)")
      }
      return extent.start..<extent.start + length
    }
  }

  /// The shape of the part of a tensor of that shape.
  ///
  /// - Throws: as `ranges(in:)`.
  package func dims(of shape: Shape) throws -> Shape { Shape(try ranges(in: shape).map(\.count)) }

  /// The key of the part in the table of a checkpoint.
  package func key(of name: [UInt8]) -> [UInt8] {
    var code = OrderedCode()
    code.number(0)
    code.string(name)
    code.number(UInt64(extents.count))
    for extent in extents {
      code.signed(extent.start)
      code.signed(extent.length ?? -1)
    }
    return code.bytes
  }
}

/// Copies what two parts of one tensor have in common.
struct SliceCopy {
  /// The elements in common, as an index space: how many in each dimension, and where they start.
  private let counts: [Int]
  private let sourceStart: [Int]
  private let targetStart: [Int]
  private let sourceDims: Shape
  private let targetDims: Shape

  /// Nil where the parts have nothing in common.
  init?(from source: [Range<Int>], to target: [Range<Int>]) {
    var counts: [Int] = []
    var starts: (source: [Int], target: [Int]) = ([], [])
    for (from, to) in zip(source, target) {
      let common = from.clamped(to: to)
      if common.isEmpty { return nil }
      counts.append(common.count)
      starts.source.append(common.lowerBound - from.lowerBound)
      starts.target.append(common.lowerBound - to.lowerBound)
    }
    self.counts = counts
    sourceStart = starts.source
    targetStart = starts.target
    sourceDims = Shape(source.map(\.count))
    targetDims = Shape(target.map(\.count))
  }

  var elementCount: Int { counts.reduce(1, *) }

  /// Calls `body` for each run of adjacent elements with its positions and length.
  func forEachRun(_ body: (_ source: Int, _ target: Int, _ count: Int) throws -> Void) rethrows {
    let rank = counts.count
    guard rank > 0 else { return try body(0, 0, 1) }
    let (from, to) = (sourceDims.strides, targetDims.strides)
    var index = [Int](repeating: 0, count: rank)
    while true {
      var (source, target) = (0, 0)
      for axis in 0..<rank {
        source += (sourceStart[axis] + index[axis]) * from[axis]
        target += (targetStart[axis] + index[axis]) * to[axis]
      }
      try body(source, target, counts[rank - 1])
      var axis = rank - 2
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < counts[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }
}

/// Puts a tensor together from parts.
struct SliceAssembly {
  private let dtype: DType
  private let target: [Range<Int>]
  private let dims: Shape
  private let numbers: Tensor?
  private var strings: [ByteString?] = []
  private var filled = 0
  /// Where the parts were that came so far.
  private var parts: [[Range<Int>]] = []

  init(_ dtype: DType, _ target: [Range<Int>]) throws {
    self.dtype = dtype
    self.target = target
    dims = Shape(target.map(\.count))
    numbers = dtype.isNumeric ? try Tensor.uninitialized(dtype, dims) : nil
    if dtype == .string {
      try MemoryLimit.room(for: dims.elementCount &* MemoryLayout<ByteString?>.stride)
      strings = [ByteString?](repeating: nil, count: dims.elementCount)
    }
  }

  /// Whether a part has elements that are wanted.
  func wants(_ source: [Range<Int>]) -> Bool { SliceCopy(from: source, to: target) != nil }

  /// - Throws: `DATA_LOSS` where the part overlaps one that came before.
  mutating func add(_ part: Tensor, at source: [Range<Int>]) throws {
    guard let copy = SliceCopy(from: source, to: target) else { return }
    var pace = Pace()
    for earlier in parts {
      try pace.step(source.count)
      guard SliceCopy(from: source, to: earlier) == nil else {
        throw TFError(.dataLoss, "parts of the tensor overlap")
      }
    }
    parts.append(source)
    filled += copy.elementCount
    if let numbers {
      let size = dtype.byteSize
      let (to, from) = (numbers.pointer, part.pointer)
      copy.forEachRun { source, target, count in
        (to + target * size).copyMemory(from: from + source * size, byteCount: count * size)
      }
    } else {
      let values = part.strings
      copy.forEachRun { source, target, count in
        for offset in 0..<count { strings[target + offset] = values[source + offset] }
      }
    }
  }

  /// The tensor; nil where elements are missing.
  func tensor() throws -> Tensor? {
    guard filled >= dims.elementCount else { return nil }
    if let numbers { return numbers }
    let builder = try StringBuilder(count: strings.count)
    for string in strings {
      guard let string else { return nil }
      try builder.append(string)
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }
}
