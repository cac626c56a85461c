/// Anything that may stand for a tensor in a call: a tensor, a variable, a scalar, a nested array,
/// a shape.
///
/// Follows `tf.convert_to_tensor`. A plain Swift value takes the dtype of the other operand where
/// there is one. By itself a number is what it is in Python, int32 or float32, and an array has the
/// dtype of its elements: `[Double]` is float64, `[Int]` int32, or int64 where a value needs it.
public protocol TensorConvertible {
  /// The dtype it has of itself; nil for plain Swift values, which follow the other operand.
  var definiteDType: DType? { get }

  /// The dtype that keeps its precision; nil where the value decides.
  var naturalDType: DType? { get }

  /// The tensor, of dtype `preferred` if it has none of its own.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the value does not fit that dtype or a nested array is
  ///   ragged.
  func asTensor(preferring preferred: DType?) throws -> Tensor
}

extension TensorConvertible {
  public var definiteDType: DType? { nil }
  public var naturalDType: DType? { definiteDType }
  public func asTensor() throws -> Tensor { try asTensor(preferring: nil) }
}

/// What has a dtype of its own and can be an operand: a tensor, a variable.
public protocol TensorOperand: TensorConvertible {
  /// The tensor of an operand of `+` and its kin, whose node in a graph belongs to no other.
  func operatorOperand() throws -> Tensor
}

extension TensorOperand {
  public func operatorOperand() throws -> Tensor { try asTensor(preferring: nil) }
}

extension Tensor: TensorOperand {
  public var definiteDType: DType? { dtype }
  public func asTensor(preferring _: DType?) -> Tensor { self }
}

/// A plain Swift scalar that can be an element of a nested array.
public protocol TensorElement {
  /// What a value is by itself.
  static var defaultDType: DType { get }
  /// What keeps the precision of `elements`.
  static func naturalDType(of elements: [Self]) -> DType
  /// The elements as a flat tensor of `dtype` and `dims`.
  static func tensor(_ elements: [Self], _ dims: Shape, dtype: DType) throws -> Tensor
}

extension TensorElement {
  public static func naturalDType(of _: [Self]) -> DType { defaultDType }
}

/// A nested array's leaves and shape.
public protocol TensorNested {
  associatedtype Leaf: TensorElement
  /// Appends the leaves to `leaves`, and gives the shape; throws when the nesting is ragged.
  func flatten(into leaves: inout [Leaf]) throws -> [Int]
}

extension Array: TensorNested where Element: TensorNested {
  public typealias Leaf = Element.Leaf
  public func flatten(into leaves: inout [Leaf]) throws -> [Int] {
    var inner: [Int]?
    for element in self {
      let shape = try element.flatten(into: &leaves)
      if let inner, inner != shape {
        throw TFError.invalidArgument("Can't convert non-rectangular Swift sequence to Tensor.")
      }
      inner = shape
    }
    return [count] + (inner ?? [])
  }
}

extension Array: TensorConvertible where Element: TensorNested {
  public func asTensor(preferring preferred: DType?) throws -> Tensor {
    var leaves: [Leaf] = []
    let dims = try flatten(into: &leaves)
    return try Leaf.tensor(leaves, Shape(dims), dtype: preferred ?? Leaf.naturalDType(of: leaves))
  }
}

extension TensorElement where Self: TensorNested, Self.Leaf == Self {
  public func flatten(into leaves: inout [Self]) -> [Int] {
    leaves.append(self)
    return []
  }
  public func asTensor(preferring preferred: DType?) throws -> Tensor {
    try Self.tensor([self], Shape(), dtype: preferred ?? Self.defaultDType)
  }
}

extension TensorConvertible where Self: TensorElement, Self: TensorNested, Self.Leaf == Self {
  public var naturalDType: DType? { Self.naturalDType(of: [self]) }
}

extension BinaryInteger where Self: TensorElement {
  public static func tensor(_ elements: [Self], _ dims: Shape, dtype: DType) throws -> Tensor {
    func fill<T: TensorScalar & FixedWidthInteger>(_: T.Type) throws -> Tensor {
      try Tensor(
        elements.map { element in
          guard let value = T(exactly: element) else {
            throw TFError.invalidArgument("Value \(element) does not fit dtype \(dtype)")
          }
          return value
        }, dims: dims)
    }
    return switch dtype {
    case .int8: try fill(Int8.self)
    case .int16: try fill(Int16.self)
    case .int32: try fill(Int32.self)
    case .int64: try fill(Int64.self)
    case .uint8: try fill(UInt8.self)
    case .uint16: try fill(UInt16.self)
    case .uint32: try fill(UInt32.self)
    case .uint64: try fill(UInt64.self)
    case .qint8: try fill(Int8.self).bitcast(.qint8)
    case .quint8: try fill(UInt8.self).bitcast(.quint8)
    case .qint16: try fill(Int16.self).bitcast(.qint16)
    case .quint16: try fill(UInt16.self).bitcast(.quint16)
    case .qint32: try fill(Int32.self).bitcast(.qint32)
    case _ where dtype.isFloating || dtype.isComplex:
      try Double.tensor(elements.map { Double($0) }, dims, dtype: dtype)
    default: throw DType.refusal(of: elements.first, dtype)
    }
  }
}

extension DType {
  /// The error for a Swift value that no tensor of `dtype` holds.
  static func refusal(of value: Any?, _ dtype: DType) -> TFError {
    .invalidArgument(
      """
      Cannot convert \(value ?? "an empty array") to EagerTensor of dtype \(dtype): give a value \
      of that kind, or convert the tensor beside it with tf.cast
      """
    )
  }
}

extension BinaryFloatingPoint where Self: TensorElement {
  public static func tensor(_ elements: [Self], _ dims: Shape, dtype: DType) throws -> Tensor {
    switch dtype {
    case .half: try Tensor(elements.map { Float16(Double($0)) }, dims: dims)
    case .bfloat16: try Tensor(elements.map { BFloat16(Float(Double($0))) }, dims: dims)
    case .float32: try Tensor(elements.map { Float($0) }, dims: dims)
    case .float64: try Tensor(elements.map { Double($0) }, dims: dims)
    case .complex64: try Tensor(elements.map { Complex64(Float($0), 0) }, dims: dims)
    case .complex128: try Tensor(elements.map { Complex128(Double($0), 0) }, dims: dims)
    default: throw DType.refusal(of: elements.first, dtype)
    }
  }
}

extension Int: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Int
  public static var defaultDType: DType { .int32 }
  /// int32 as Python's numbers, int64 where one needs it.
  public static func naturalDType(of elements: [Int]) -> DType {
    elements.allSatisfy { Int32(exactly: $0) != nil } ? .int32 : .int64
  }
  public func asTensor(preferring preferred: DType?) throws -> Tensor {
    try Self.tensor([self], Shape(), dtype: preferred ?? Self.naturalDType(of: [self]))
  }
}
extension Double: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Double
  public static var defaultDType: DType { .float32 }
  public static func naturalDType(of _: [Double]) -> DType { .float64 }
}
extension Int8: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Int8
  public static var defaultDType: DType { .int8 }
}
extension Int16: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Int16
  public static var defaultDType: DType { .int16 }
}
extension Int32: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Int32
  public static var defaultDType: DType { .int32 }
}
extension Int64: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Int64
  public static var defaultDType: DType { .int64 }
}
extension UInt8: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = UInt8
  public static var defaultDType: DType { .uint8 }
}
extension UInt16: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = UInt16
  public static var defaultDType: DType { .uint16 }
}
extension UInt32: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = UInt32
  public static var defaultDType: DType { .uint32 }
}
extension UInt64: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = UInt64
  public static var defaultDType: DType { .uint64 }
}
extension Float16: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Float16
  public static var defaultDType: DType { .half }
}
extension Float: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Float
  public static var defaultDType: DType { .float32 }
}
extension Bool: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Bool
  public static var defaultDType: DType { .bool }
  public static func tensor(_ elements: [Bool], _ dims: Shape, dtype: DType) throws -> Tensor {
    guard dtype == .bool else {
      throw DType.refusal(of: elements.first, dtype)
    }
    return try Tensor(elements, dims: dims)
  }
}
extension String: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = String
  public static var defaultDType: DType { .string }
  public static func tensor(_ elements: [String], _ dims: Shape, dtype: DType) throws -> Tensor {
    guard dtype == .string else {
      throw DType.refusal(of: elements.first.map { "\"\($0)\"" }, dtype)
    }
    return try Tensor(strings: elements, dims: dims)
  }
}

/// Two operands as tensors; a plain Swift value takes the other's dtype.
package func operands(_ x: some TensorConvertible, _ y: some TensorConvertible) throws -> [Tensor] {
  let dtype = x.definiteDType ?? y.definiteDType
  return [try x.asTensor(preferring: dtype), try y.asTensor(preferring: dtype)]
}

extension BFloat16: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = BFloat16
  public static var defaultDType: DType { .bfloat16 }
  public static func tensor(_ elements: [BFloat16], _ dims: Shape, dtype: DType) throws -> Tensor {
    if dtype == .bfloat16 { return try Tensor(elements, dims: dims) }
    return try Float.tensor(elements.map(\.float), dims, dtype: dtype)
  }
}
extension Complex64: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Complex64
  public static var defaultDType: DType { .complex64 }
  public static func tensor(_ elements: [Complex64], _ dims: Shape, dtype: DType) throws -> Tensor {
    if dtype == .complex64 { return try Tensor(elements, dims: dims) }
    return try Complex128.tensor(
      elements.map { Complex128(Double($0.real), Double($0.imaginary)) }, dims, dtype: dtype)
  }
}
extension Complex128: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Complex128
  public static var defaultDType: DType { .complex128 }
  public static func tensor(_ elements: [Complex128], _ dims: Shape, dtype: DType) throws
    -> Tensor
  {
    switch dtype {
    case .complex128: return try Tensor(elements, dims: dims)
    case .complex64:
      return try Tensor(
        elements.map { Complex64(Float($0.real), Float($0.imaginary)) }, dims: dims)
    default: throw TFError.invalidArgument("Cannot convert complex values to dtype \(dtype)")
    }
  }
}

/// A shape may stand where a vector of sizes is taken: `tf.reshape(x, y.shape)`.
extension Shape: TensorConvertible {
  public func asTensor(preferring preferred: DType?) throws -> Tensor {
    try dims.asTensor(preferring: preferred)
  }
}

extension PartialShape: TensorConvertible {
  /// - Throws: `INVALID_ARGUMENT` where a dimension is not known: `tf.shape` gives the shape that a
  ///   run has.
  public func asTensor(preferring preferred: DType?) throws -> Tensor {
    guard let known else {
      throw TFError.invalidArgument(
        """
        Cannot convert a partially known TensorShape \(tupleText) to a Tensor: use tf.shape(x), \
        which is known when the graph runs
        """
      )
    }
    return try known.asTensor(preferring: preferred)
  }
}

extension Dimension: TensorConvertible {
  public func asTensor(preferring preferred: DType?) throws -> Tensor {
    try value.asTensor(preferring: preferred)
  }
}

/// An array may hold tensors, or tensors beside numbers, as the shape `[batch, 10]` does: they are
/// stacked.
extension Tensor: TensorElement, TensorNested {
  public typealias Leaf = Tensor
  public static var defaultDType: DType { .float32 }

  /// That of the first element that has no value yet, of which numbers beside it take the dtype;
  /// else that of the first.
  public static func naturalDType(of elements: [Tensor]) -> DType {
    (elements.first(where: \.isSymbolic) ?? elements.first)?.dtype ?? defaultDType
  }

  public func flatten(into leaves: inout [Tensor]) -> [Int] {
    leaves.append(self)
    return []
  }

  public static func tensor(_ elements: [Tensor], _ dims: Shape, dtype: DType) throws -> Tensor {
    let operands = try elements.map { element in
      element.dtype.isInteger && dtype.isInteger ? try ShapeOps.integers(element, dtype) : element
    }
    let stacked = try JoinOps.family.pack(operands)
    if dims.rank == 1 { return stacked }
    let inner = try ShapeOps.shapeTensor(of: operands[0])
    return try ShapeOps.family.reshape([
      stacked, JoinOps.family.concatV2([ShapeOps.vector(dims.dims), inner, ShapeOps.scalar(0)]),
    ])
  }
}
