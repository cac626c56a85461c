/// Tensors from Swift values. The dtype is `dtype`, or that of the value: a literal is int32 or
/// float32, a typed value keeps its precision, an `Int` is int32 where it fits and else int64.
extension Tensor {
  /// A tensor of a literal: `Tensor(3.0)`, `Tensor([[1, 2], [3, 4]])`.
  ///
  /// - Parameters:
  ///   - value: a number, text, truth value or nested array.
  ///   - dtype: the dtype; by default int32, float32, bool or string.
  ///   - shape: the shape to give the values; by default as they are nested.
  /// - Throws: `INVALID_ARGUMENT` when rows differ in length, or the values fit neither dtype nor
  ///   shape.
  public init(_ value: TensorLiteral, dtype: DType? = nil, shape: [Int]? = nil) throws {
    self = try value.asTensor(preferring: dtype).filling(shape)
  }

  /// A tensor of a Swift value: an array of `Double` gives float64.
  ///
  /// - Parameters:
  ///   - value: a scalar, a nested array, a variable or a tensor.
  ///   - dtype: the dtype; by default the value's own.
  ///   - shape: the shape to give the values; by default as they are nested.
  /// - Throws: `INVALID_ARGUMENT` when rows differ in length, or the values fit neither dtype nor
  ///   shape.
  @_disfavoredOverload
  public init(_ value: some TensorConvertible, dtype: DType? = nil, shape: [Int]? = nil) throws {
    let tensor = try value.asTensor(preferring: dtype ?? value.naturalDType)
    if let dtype, tensor.dtype != dtype {
      throw TFError.invalidArgument(
        "Cannot convert a \(tensor.dtype) tensor to dtype \(dtype): use tf.cast")
    }
    self = try tensor.filling(shape)
  }

  /// A tensor of `values` with `shape`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the shape does not fit the number of values.
  @_disfavoredOverload
  public init<S: TensorScalar & TensorElement>(_ values: [S], shape: [Int]) throws {
    let dims = Shape(shape)
    guard dims.checkedElementCount == values.count else {
      throw Self.unfilled(values.count, dims)
    }
    self = try S.tensor(values, dims, dtype: S.naturalDType(of: values))
  }

  /// The elements under `shape`, where one is given.
  private func filling(_ shape: [Int]?) throws -> Tensor {
    guard let shape else { return self }
    let dims = Shape(shape)
    guard let count = elementCount, dims.checkedElementCount == count else {
      throw Self.unfilled(elementCount ?? 0, dims)
    }
    return reshaped(dims)
  }

  private static func unfilled(_ count: Int, _ dims: Shape) -> TFError {
    .invalidArgument("\(count) values do not fill shape \(dims)")
  }
}

/// A Swift type whose values a tensor's elements can be taken out as.
public protocol TensorValue {
  /// The value of the elements from `start` on, which fill `dims`.
  init(elements: TensorElements, _ dims: ArraySlice<Int>, from start: Int) throws
}

/// The elements of a tensor on their way into Swift values.
public struct TensorElements {
  fileprivate let tensor: Tensor

  fileprivate init(_ tensor: Tensor) throws {
    if tensor.isSymbolic { throw tensor.noValue }
    self.tensor = tensor
  }

  fileprivate func refusal(_ type: Any.Type) -> TFError {
    .invalidArgument("the elements are \(tensor.dtype), not \(type): use tf.cast")
  }

  /// Checks that all dimensions were taken.
  fileprivate func requireScalar(_ dims: ArraySlice<Int>, _ type: Any.Type) throws {
    if !dims.isEmpty {
      throw TFError.invalidArgument(
        "a tensor of shape \(tensor.dims) is no \(type): its nesting has \(tensor.dims.rank) levels"
      )
    }
  }
}

extension TensorValue {
  /// The value of a tensor: `Float(t)`, `[[Float]](t)`, `[String](t)`.
  ///
  /// Whole numbers may be taken as any integer type that they fit, floating point numbers as any
  /// that holds all their values.
  ///
  /// - Throws: `INVALID_ARGUMENT` for elements of another kind or another number of dimensions,
  ///   `FAILED_PRECONDITION` when the tensor is symbolic.
  public init(_ tensor: Tensor) throws {
    try self.init(elements: TensorElements(tensor), tensor.dims.dims[...], from: 0)
  }
}

extension Array: TensorValue where Element: TensorValue {
  public init(elements: TensorElements, _ dims: ArraySlice<Int>, from start: Int) throws {
    guard let count = dims.first else {
      throw TFError.invalidArgument(
        "a tensor of shape \(elements.tensor.dims) has fewer dimensions than the nested array")
    }
    let inner = dims.dropFirst()
    let size = inner.reduce(1, *)
    self = try (0..<count).map {
      try Element(elements: elements, inner, from: start + $0 * size)
    }
  }
}

extension TensorValue where Self: FixedWidthInteger {
  public init(elements: TensorElements, _ dims: ArraySlice<Int>, from start: Int) throws {
    try elements.requireScalar(dims, Self.self)
    let tensor = elements.tensor
    func exact<T: TensorScalar & FixedWidthInteger>(_: T.Type) throws -> Self {
      let value = tensor.elements(T.self)[start]
      guard let exact = Self(exactly: value) else {
        throw TFError.invalidArgument("the element \(value) does not fit \(Self.self)")
      }
      return exact
    }
    switch tensor.dtype {
    case .int8, .qint8: self = try exact(Int8.self)
    case .uint8, .quint8: self = try exact(UInt8.self)
    case .int16, .qint16: self = try exact(Int16.self)
    case .uint16, .quint16: self = try exact(UInt16.self)
    case .int32, .qint32: self = try exact(Int32.self)
    case .uint32: self = try exact(UInt32.self)
    case .int64: self = try exact(Int64.self)
    case .uint64: self = try exact(UInt64.self)
    default: throw elements.refusal(Self.self)
    }
  }
}

extension TensorValue where Self: BinaryFloatingPoint {
  public init(elements: TensorElements, _ dims: ArraySlice<Int>, from start: Int) throws {
    try elements.requireScalar(dims, Self.self)
    let tensor = elements.tensor
    switch tensor.dtype {
    case .half: self = Self(tensor.elements(Float16.self)[start])
    case .bfloat16 where Self.significandBitCount > 10:
      self = Self(tensor.elements(BFloat16.self)[start].float)
    case .float32 where Self.significandBitCount >= 23:
      self = Self(tensor.elements(Float.self)[start])
    case .float64 where Self.significandBitCount >= 52:
      self = Self(tensor.elements(Double.self)[start])
    default: throw elements.refusal(Self.self)
    }
  }
}

extension Int: TensorValue {}
extension Int8: TensorValue {}
extension Int16: TensorValue {}
extension Int32: TensorValue {}
extension Int64: TensorValue {}
extension UInt8: TensorValue {}
extension UInt16: TensorValue {}
extension UInt32: TensorValue {}
extension UInt64: TensorValue {}
extension Float16: TensorValue {}
extension Float: TensorValue {}
extension Double: TensorValue {}

extension Bool: TensorValue {
  public init(elements: TensorElements, _ dims: ArraySlice<Int>, from start: Int) throws {
    try elements.requireScalar(dims, Self.self)
    guard elements.tensor.dtype == .bool else { throw elements.refusal(Self.self) }
    self = elements.tensor.elements(Bool.self)[start]
  }
}

extension String: TensorValue {
  /// The text of a string tensor's element.
  ///
  /// - Throws: as other values, and `INVALID_ARGUMENT` when its bytes are not UTF-8.
  public init(elements: TensorElements, _ dims: ArraySlice<Int>, from start: Int) throws {
    try elements.requireScalar(dims, Self.self)
    guard elements.tensor.dtype == .string else { throw elements.refusal(Self.self) }
    guard let text = String(validating: elements.tensor.strings[start], as: UTF8.self) else {
      throw TFError.invalidArgument(
        "the element at \(start) is no text in UTF-8: take it with byteStrings()")
    }
    self = text
  }
}
