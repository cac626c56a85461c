/// The fully known shape of a tensor. Ranks up to 8 are stored without a heap allocation.
public struct Shape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  private var inline: InlineArray<8, Int>
  private var length: Int
  private var overflow: [Int]?

  /// The shape of a scalar.
  public init() {
    inline = .init(repeating: 0)
    length = 0
    overflow = nil
  }

  public init(_ dims: some Collection<Int>) {
    self.init()
    length = dims.count
    if dims.count > 8 {
      overflow = Array(dims)
    } else {
      var i = 0
      for dim in dims {
        inline[i] = dim
        i &+= 1
      }
    }
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  public var rank: Int { length }

  /// The size of dimension `axis`, which must be in `0..<rank`.
  public subscript(axis: Int) -> Int {
    @inline(__always) get {
      precondition(axis >= 0 && axis < length)
      if let overflow { return overflow[axis] }
      return inline[axis]
    }
    set {
      precondition(axis >= 0 && axis < length)
      if overflow != nil { overflow![axis] = newValue } else { inline[axis] = newValue }
    }
  }

  public var dims: [Int] {
    if let overflow { return overflow }
    return (0..<length).map { inline[$0] }
  }

  /// The number of elements. Shapes are checked for overflow where they are made from data.
  public var elementCount: Int {
    if let overflow { return overflow.reduce(1, &*) }
    var count = 1
    for axis in 0..<length { count &*= inline[axis] }
    return count
  }

  /// The most elements that a tensor may have, so that the product of three dimensions that three
  /// tensors share in pairs, such as the work of a matrix product, fits an integer.
  private static let maxElementCount = 1 << 40
  /// The largest product of the other dimensions of a tensor without elements.
  private static let maxEmptyExtent = 1 << 32

  /// The number of elements of a shape with those dimensions, or nil when a dimension is negative
  /// or a tensor can't have as many.
  package static func elementCount(_ dims: some Sequence<Int>) -> Int? {
    var count = 1
    var isEmpty = false
    for dim in dims {
      if dim < 0 { return nil }
      if dim == 0 {
        isEmpty = true
        continue
      }
      let (product, overflow) = count.multipliedReportingOverflow(by: dim)
      if overflow || product > maxElementCount { return nil }
      count = product
    }
    if isEmpty { return count <= maxEmptyExtent ? 0 : nil }
    return count
  }

  /// The number of elements, or nil when it does not fit or a dimension is negative.
  package var checkedElementCount: Int? { Self.elementCount(dims) }

  /// The error for dimensions that no tensor may have: `RESOURCE_EXHAUSTED` where only memory is
  /// missing, else `INVALID_ARGUMENT`.
  package static func refusal(_ dims: some Sequence<Int>, _ text: String) -> TFError {
    var count = Dimension(1)
    for dim in dims where dim != 0 { count *= dim < 0 ? .overflow : Dimension(dim) }
    return count.isOverflow
      ? .invalidArgument("Shape \(text) has a negative dimension or too many elements")
      : .resourceExhausted("OOM when allocating tensor with shape\(text)")
  }

  public static func == (a: Shape, b: Shape) -> Bool {
    if a.length != b.length { return false }
    if let dims = a.overflow { return dims == b.overflow }
    for axis in 0..<a.length where a.inline[axis] != b.inline[axis] { return false }
    return true
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(length)
    for axis in 0..<length { hasher.combine(self[axis]) }
  }

  /// As TensorFlow prints it: `[2,3]`.
  public var description: String {
    "[" + dims.map { String($0) }.joined(separator: ",") + "]"
  }

  /// Row-major strides in elements.
  package var strides: [Int] {
    var strides = [Int](repeating: 1, count: length)
    if length > 1 {
      for axis in stride(from: length - 2, through: 0, by: -1) {
        strides[axis] = strides[axis + 1] &* self[axis + 1]
      }
    }
    return strides
  }
}
