/// A shape of which the rank or some dimensions may be unknown, as `tf.TensorShape`.
public struct PartialShape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The dimensions, nil where unknown; nil as a whole when the rank is unknown.
  public let dims: [Int?]?

  public init(_ dims: [Int?]?) { self.dims = dims }
  public init(_ shape: Shape) { dims = shape.dims }
  public init(arrayLiteral elements: Int?...) { dims = elements }

  public static let unknown = PartialShape(nil)
  public static let scalar = PartialShape([Int?]())

  /// A shape of that rank with every dimension unknown.
  public static func unknown(rank: Int) -> PartialShape {
    PartialShape([Int?](repeating: nil, count: rank))
  }

  public var rank: Int? { dims?.count }

  /// The dimension at `axis`: nil when it, or the rank, is unknown.
  public subscript(axis: Int) -> Int? {
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
      shape.append(dim)
    }
    return Shape(shape)
  }

  public var isFullyDefined: Bool { known != nil }

  /// Whether this is just that shape, all of it known.
  public func isEqual(to shape: Shape) -> Bool {
    guard let dims, dims.count == shape.rank else { return false }
    for axis in 0..<shape.rank where dims[axis] != shape[axis] { return false }
    return true
  }

  /// Whether some concrete shape fits both.
  public func isCompatible(with other: PartialShape) -> Bool {
    guard let a = dims, let b = other.dims else { return true }
    return a.count == b.count && zip(a, b).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
  }

  /// What is known from both; throws when they contradict each other.
  public func merged(with other: PartialShape) throws -> PartialShape {
    guard let a = dims else { return other }
    guard let b = other.dims else { return self }
    guard isCompatible(with: other) else {
      throw TFError.invalidArgument("Shapes \(self) and \(other) are not compatible")
    }
    return PartialShape(zip(a, b).map { $0 ?? $1 })
  }

  public func concatenated(with other: PartialShape) -> PartialShape {
    guard let a = dims, let b = other.dims else { return .unknown }
    return PartialShape(a + b)
  }

  /// The most that is true of both.
  package func widened(with other: PartialShape) -> PartialShape {
    guard let a = dims, let b = other.dims, a.count == b.count else { return .unknown }
    return PartialShape(zip(a, b).map { $0 == $1 ? $0 : nil })
  }

  /// The number of elements, when known.
  package var elementCount: Int? { known?.elementCount }

  /// As TensorFlow's C++ prints it: `[2,?]`, `<unknown>`.
  public var description: String {
    guard let dims else { return "<unknown>" }
    return "[" + dims.map { $0.map { String($0) } ?? "?" }.joined(separator: ",") + "]"
  }
}
