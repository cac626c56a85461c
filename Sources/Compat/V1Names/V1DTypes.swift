public import CoreOps
public import V1Graph

/// The dtypes as members of `tf`, as programs write them: `tf.float32`, `tf.int32.max`.
extension V1API {
  public static var float16: DType { .half }
  public static var half: DType { .half }
  public static var bfloat16: DType { .bfloat16 }
  public static var float32: DType { .float32 }
  public static var float64: DType { .float64 }
  public static var double: DType { .float64 }
  public static var int8: DType { .int8 }
  public static var int16: DType { .int16 }
  public static var int32: DType { .int32 }
  public static var int64: DType { .int64 }
  public static var uint8: DType { .uint8 }
  public static var uint16: DType { .uint16 }
  public static var uint32: DType { .uint32 }
  public static var uint64: DType { .uint64 }
  public static var complex64: DType { .complex64 }
  public static var complex128: DType { .complex128 }
  public static var bool: DType { .bool }
  public static var string: DType { .string }
  public static var qint8: DType { .qint8 }
  public static var quint8: DType { .quint8 }
  public static var qint16: DType { .qint16 }
  public static var quint16: DType { .quint16 }
  public static var qint32: DType { .qint32 }
  public static var resource: DType { .resource }
  public static var variant: DType { .variant }

  public typealias DType = CoreOps.DType
  public typealias Tensor = CoreOps.Tensor
  public typealias TensorShape = CoreOps.PartialShape
  public typealias Dimension = CoreOps.Dimension

  /// The dtype of that name: `float32`, and `float` too. Follows `tf.as_dtype`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a name of none.
  public static func asDtype(_ typeValue: String) throws -> CoreOps.DType {
    let names = ["float": "float32", "double": "float64", "half": "float16"]
    guard let dtype = CoreOps.DType(name: names[typeValue] ?? typeValue) else {
      throw TFError.invalidArgument(
        "Cannot convert the argument `type_value`: '\(typeValue)' to a TensorFlow DType.")
    }
    return dtype
  }
  /// A dtype is one itself.
  public static func asDtype(_ typeValue: CoreOps.DType) -> CoreOps.DType { typeValue }
}

extension DType {
  /// The greatest value, a scalar of the dtype. Follows `tf.DType.max`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a dtype without an order.
  public var max: Tensor { get throws { try limit("maximum") { $0.max } } }

  /// The least value, a scalar of the dtype. Follows `tf.DType.min`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a dtype without an order.
  public var min: Tensor { get throws { try limit("minimum") { $0.min } } }

  private struct Limits {
    let min: any TensorConvertible
    let max: any TensorConvertible
    init<T: FixedWidthInteger & TensorConvertible>(_: T.Type) { (min, max) = (T.min, T.max) }
    init(magnitude: Double) { (min, max) = (-magnitude, magnitude) }
  }

  private func limit(_ which: String, _ value: (Limits) -> any TensorConvertible) throws -> Tensor {
    let limits: Limits? =
      switch self {
      case .half: Limits(magnitude: 65504)
      case .bfloat16: Limits(magnitude: 3.3895313892515355e38)
      case .float32: Limits(magnitude: Double(Float.greatestFiniteMagnitude))
      case .float64: Limits(magnitude: .greatestFiniteMagnitude)
      case .int8: Limits(Int8.self)
      case .uint8: Limits(UInt8.self)
      case .int16: Limits(Int16.self)
      case .uint16: Limits(UInt16.self)
      case .int32: Limits(Int32.self)
      case .uint32: Limits(UInt32.self)
      case .int64: Limits(Int64.self)
      case .uint64: Limits(UInt64.self)
      default: nil
      }
    guard let limits else {
      throw TFError.invalidArgument("Cannot find \(which) value of \(self).")
    }
    return try value(limits).asTensor(preferring: self)
  }
}
