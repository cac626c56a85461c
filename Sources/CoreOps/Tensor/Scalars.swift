/// A Swift type whose values are laid out as one of TensorFlow's plain dtypes.
public protocol TensorScalar: Sendable, BitwiseCopyable {
  static var dtype: DType { get }
}

extension Float: TensorScalar { public static var dtype: DType { .float32 } }
extension Double: TensorScalar { public static var dtype: DType { .float64 } }
extension Int8: TensorScalar { public static var dtype: DType { .int8 } }
extension Int16: TensorScalar { public static var dtype: DType { .int16 } }
extension Int32: TensorScalar { public static var dtype: DType { .int32 } }
extension Int64: TensorScalar { public static var dtype: DType { .int64 } }
extension Int: TensorScalar { public static var dtype: DType { .int64 } }
extension UInt8: TensorScalar { public static var dtype: DType { .uint8 } }
extension UInt16: TensorScalar { public static var dtype: DType { .uint16 } }
extension UInt32: TensorScalar { public static var dtype: DType { .uint32 } }
extension UInt64: TensorScalar { public static var dtype: DType { .uint64 } }
extension Bool: TensorScalar { public static var dtype: DType { .bool } }
extension Float16: TensorScalar { public static var dtype: DType { .half } }
extension BFloat16: TensorScalar { public static var dtype: DType { .bfloat16 } }
extension Complex64: TensorScalar { public static var dtype: DType { .complex64 } }
extension Complex128: TensorScalar { public static var dtype: DType { .complex128 } }

/// The upper half of a `Float`'s bits, rounded to nearest even.
public struct BFloat16: Sendable, Hashable, BitwiseCopyable {
  public var bitPattern: UInt16

  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  public init(_ value: Float) {
    let bits = value.bitPattern
    bitPattern =
      value.isNaN
      ? UInt16(truncatingIfNeeded: bits >> 16) | 0x40
      : UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
  }

  public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
}

/// A complex number of two `Float`s, as `tf.complex64`.
public struct Complex64: Sendable, Hashable, BitwiseCopyable {
  public var real: Float
  public var imaginary: Float
  public init(_ real: Float, _ imaginary: Float) {
    self.real = real
    self.imaginary = imaginary
  }
}

/// A complex number of two `Double`s, as `tf.complex128`.
public struct Complex128: Sendable, Hashable, BitwiseCopyable {
  public var real: Double
  public var imaginary: Double
  public init(_ real: Double, _ imaginary: Double) {
    self.real = real
    self.imaginary = imaginary
  }
}
