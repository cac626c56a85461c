/// Anything that may stand for a tensor in a call: a tensor, a variable, a scalar, a nested array.
///
/// Follows `tf.convert_to_tensor`: a plain Swift value takes the dtype of the other operand where
/// there is one.
public protocol TensorConvertible {
  /// The dtype it has of itself; nil for plain Swift values, which follow the other operand.
  var definiteDType: DType? { get }

  /// The tensor, of dtype `preferred` if it has none of its own.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the value does not fit that dtype or a nested array is
  ///   ragged.
  func asTensor(preferring preferred: DType?) throws -> Tensor
}

extension TensorConvertible {
  public var definiteDType: DType? { nil }
  public func asTensor() throws -> Tensor { try asTensor(preferring: nil) }
}

extension Tensor: TensorConvertible {
  public var definiteDType: DType? { dtype }
  public func asTensor(preferring _: DType?) -> Tensor { self }
}

/// A plain Swift scalar that can be an element of a nested array.
public protocol TensorElement {
  static var defaultDType: DType { get }
  /// The elements as a flat tensor of `dtype` and `dims`.
  static func tensor(_ elements: [Self], _ dims: Shape, dtype: DType) throws -> Tensor
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
    return try Leaf.tensor(leaves, Shape(dims), dtype: preferred ?? Leaf.defaultDType)
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
    default: try Double.tensor(elements.map { Double($0) }, dims, dtype: dtype)
    }
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
    default:
      throw TFError.invalidArgument("Cannot convert floating point values to dtype \(dtype)")
    }
  }
}

extension Int: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Int
  public static var defaultDType: DType { .int32 }
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
extension Float: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Float
  public static var defaultDType: DType { .float32 }
}
extension Double: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Double
  public static var defaultDType: DType { .float32 }
}
extension Bool: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = Bool
  public static var defaultDType: DType { .bool }
  public static func tensor(_ elements: [Bool], _ dims: Shape, dtype: DType) throws -> Tensor {
    guard dtype == .bool else {
      throw TFError.invalidArgument("Cannot convert Bool values to dtype \(dtype)")
    }
    return try Tensor(elements, dims: dims)
  }
}
extension String: TensorElement, TensorNested, TensorConvertible {
  public typealias Leaf = String
  public static var defaultDType: DType { .string }
  public static func tensor(_ elements: [String], _ dims: Shape, dtype: DType) throws -> Tensor {
    guard dtype == .string else {
      throw TFError.invalidArgument("Cannot convert String values to dtype \(dtype)")
    }
    return try Tensor(strings: elements, dims: dims)
  }
}

/// Two operands as tensors; a plain Swift value takes the other's dtype.
package func operands(_ x: some TensorConvertible, _ y: some TensorConvertible) throws -> [Tensor] {
  let dtype = x.definiteDType ?? y.definiteDType
  return [try x.asTensor(preferring: dtype), try y.asTensor(preferring: dtype)]
}
