/// TensorFlow's element types, with the numbers of its `DataType` protocol buffer.
public enum DType: UInt8, Sendable, CaseIterable, Hashable {
  case float32 = 1
  case float64 = 2
  case int32 = 3
  case uint8 = 4
  case int16 = 5
  case int8 = 6
  case string = 7
  case complex64 = 8
  case int64 = 9
  case bool = 10
  case qint8 = 11
  case quint8 = 12
  case qint32 = 13
  case bfloat16 = 14
  case qint16 = 15
  case quint16 = 16
  case uint16 = 17
  case complex128 = 18
  case half = 19
  case resource = 20
  case variant = 21
  case uint32 = 22
  case uint64 = 23

  /// Bytes per element; 0 for strings, resources and variants, whose elements are objects.
  public var byteSize: Int { Int(DType.sizes[Int(rawValue)]) }

  private static let sizes: InlineArray<24, UInt8> = [
    0, 4, 8, 4, 1, 2, 1, 0, 8, 8, 1, 1, 1, 4, 2, 2, 2, 2, 16, 2, 0, 0, 4, 8,
  ]

  /// The name in Python and in messages: `float32`, `int64`, `half` is `float16`.
  public var name: String { DType.names[Int(rawValue)] }

  /// The name in TensorFlow's op signatures: `float`, `double`, `half`.
  public var signatureName: String {
    switch self {
    case .float32: "float"
    case .float64: "double"
    case .half: "half"
    default: name
    }
  }

  private static let names: [String] = [
    "invalid", "float32", "float64", "int32", "uint8", "int16", "int8", "string", "complex64",
    "int64", "bool", "qint8", "quint8", "qint32", "bfloat16", "qint16", "quint16", "uint16",
    "complex128", "float16", "resource", "variant", "uint32", "uint64",
  ]

  private static let byName: [String: DType] = {
    var table: [String: DType] = [:]
    for dtype in DType.allCases {
      table[dtype.name] = dtype
      table[dtype.signatureName] = dtype
    }
    return table
  }()

  /// The dtype with that Python or signature name.
  public init?(name: String) {
    guard let dtype = DType.byName[name] else { return nil }
    self = dtype
  }

  public var isFloating: Bool {
    switch self {
    case .half, .bfloat16, .float32, .float64: true
    default: false
    }
  }

  public var isComplex: Bool { self == .complex64 || self == .complex128 }

  public var isInteger: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  public var isQuantized: Bool {
    switch self {
    case .qint8, .quint8, .qint16, .quint16, .qint32: true
    default: false
    }
  }

  /// The part's type of a complex dtype; the dtype itself otherwise.
  public var realDType: DType {
    switch self {
    case .complex64: .float32
    case .complex128: .float64
    default: self
    }
  }

  /// Whether elements are plain bytes in one buffer, not strings, resources or variants.
  package var isNumeric: Bool { byteSize != 0 }
}

extension DType {
  /// The name in Swift.
  var caseName: String { self == .half ? "half" : name }
}

extension DType: CustomStringConvertible {
  public var description: String { name }
}

/// Sets of dtypes, written as TensorFlow's op definitions group them.
package struct DTypeSet: OptionSet, Sendable, Hashable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  package init(_ dtypes: DType...) {
    rawValue = dtypes.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
  }
  package func contains(_ dtype: DType) -> Bool { rawValue & (1 << UInt32(dtype.rawValue)) != 0 }
  package var dtypes: [DType] { DType.allCases.filter(contains) }

  package static let half = DTypeSet(.half)
  package static let bfloat16 = DTypeSet(.bfloat16)
  package static let float32 = DTypeSet(.float32)
  package static let float64 = DTypeSet(.float64)
  package static let int32 = DTypeSet(.int32)
  package static let int64 = DTypeSet(.int64)
  package static let bool = DTypeSet(.bool)
  package static let string = DTypeSet(.string)
  package static let floats = DTypeSet(.half, .bfloat16, .float32, .float64)
  package static let signedInts = DTypeSet(.int8, .int16, .int32, .int64)
  package static let unsignedInts = DTypeSet(.uint8, .uint16, .uint32, .uint64)
  package static let ints: DTypeSet = [.signedInts, .unsignedInts]
  package static let complexes = DTypeSet(.complex64, .complex128)
  package static let reals: DTypeSet = [.floats, .ints]
  package static let numbers: DTypeSet = [.reals, .complexes]
  package static let quantized = DTypeSet(.qint8, .quint8, .qint16, .quint16, .qint32)
  package static let objects = DTypeSet(.string, .resource, .variant)
  package static let plain: DTypeSet = [.numbers, .bool, .quantized]
  package static let all: DTypeSet = [.plain, .objects]
}
