/// A shape of which the rank or some dimensions may be unknown, as `tf.TensorShape`.
public struct PartialShape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The dimensions, nil where unknown; nil as a whole when the rank is unknown.
  public let dims: [Dimension?]?

  public init(_ dims: [Dimension?]?) { self.dims = dims }
  public init(_ shape: Shape) { dims = (0..<shape.rank).map { Dimension(shape[$0]) } }
  @_disfavoredOverload
  public init(_ dims: [Int?]?) { self.dims = dims?.map { $0.map { Dimension($0) } } }
  public init(arrayLiteral elements: Int?...) { self.init(elements) }

  /// A shape of those dimensions: what an array literal is for plain integers.
  package static func of(_ dims: Dimension?...) -> PartialShape { PartialShape(dims) }

  public static let unknown = PartialShape([Dimension?]?.none)
  public static let scalar = PartialShape([Dimension?]())

  /// TensorFlow's largest rank.
  public static let maxRank = 254

  /// A shape of that rank, which the code or the rank of another shape says, with every dimension
  /// unknown.
  package static func unknown(rank: Int) -> PartialShape {
    PartialShape([Dimension?](repeating: nil, count: rank))
  }

  /// A shape with every dimension unknown, of the rank that a graph or its data says, if it does.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the rank is negative or more than `maxRank`.
  public static func unknown(rank: Dimension?) throws -> PartialShape {
    guard let rank else { return .unknown }
    return unknown(rank: try rank.asRank())
  }

  public var rank: Int? { dims?.count }

  /// The dimension at `axis`: nil when it, or the rank, is unknown.
  public subscript(axis: Int) -> Dimension? {
    guard let dims, dims.indices.contains(axis) else { return nil }
    return dims[axis]
  }

  /// The shape when all of it is known.
  public var known: Shape? {
    guard let dims else { return nil }
    var shape: [Int] = []
    shape.reserveCapacity(dims.count)
    for dim in dims {
      guard let dim else { return nil }
      shape.append(dim.value)
    }
    return Shape(shape)
  }

  public var isFullyDefined: Bool { known != nil }

  /// Whether this is just that shape, all of it known.
  public func isEqual(to shape: Shape) -> Bool {
    guard let dims, dims.count == shape.rank else { return false }
    for axis in 0..<shape.rank where dims[axis]?.value != shape[axis] { return false }
    return true
  }

  /// Whether some concrete shape fits both.
  public func isCompatible(with other: PartialShape) -> Bool {
    guard let a = dims, let b = other.dims else { return true }
    return a.count == b.count && zip(a, b).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
  }

  /// The shape without its last dimension.
  package func dropLast() -> PartialShape {
    dims.map { PartialShape(Array($0.dropLast())) } ?? .unknown
  }

  /// What is known from both; throws when they contradict each other.
  public func merged(with other: PartialShape) throws -> PartialShape {
    guard let a = dims else { return other }
    guard let b = other.dims else { return self }
    guard isCompatible(with: other) else {
      throw TFError.invalidArgument("Shapes \(self) and \(other) are not compatible")
    }
    return PartialShape(zip(a, b).map { $0 ?? $1 } as [Dimension?])
  }

  public func concatenated(with other: PartialShape) -> PartialShape {
    guard let a = dims, let b = other.dims else { return .unknown }
    return PartialShape(a + b)
  }

  /// The most that is true of both.
  package func widened(with other: PartialShape) -> PartialShape {
    guard let a = dims, let b = other.dims, a.count == b.count else { return .unknown }
    return PartialShape(zip(a, b).map { $0 == $1 ? $0 : nil } as [Dimension?])
  }

  /// The number of elements, when known.
  package var elementCount: Int? { known?.elementCount }

  /// As TensorFlow's C++ prints it: `[2,?]`, `<unknown>`.
  public var description: String {
    guard let dims else { return "<unknown>" }
    return "[" + dims.map { $0?.description ?? "?" }.joined(separator: ",") + "]"
  }

  /// - Throws: `INVALID_ARGUMENT` when the rank is more than `maxRank`, or a dimension is negative
  ///   or did not fit; that or `RESOURCE_EXHAUSTED` when the known dimensions are more than a
  ///   tensor may have.
  package func check() throws {
    guard let dims else { return }
    _ = try Dimension(dims.count).asRank()
    if Shape.elementCount(dims.lazy.compactMap { $0?.value }) != nil { return }
    if let negative = dims.lazy.compactMap({ $0 }).first(where: { $0 < 0 && !$0.isOverflow }) {
      throw TFError.invalidArgument("Dimension \(negative) must be >= 0, the shape is \(self)")
    }
    throw Shape.refusal(dims.lazy.compactMap { $0?.value }, description)
  }
}
