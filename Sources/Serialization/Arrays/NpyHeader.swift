import CoreOps

/// The head of a `.npy` file: a Python dictionary with the element type, the order and the shape.
struct NpyHeader {
  /// What an element is in the file.
  enum Element: Equatable {
    case plain(DType)
    /// So many bytes of text, padded with NULs.
    case bytes(Int)
    /// So many UTF-32 code units, padded with NULs.
    case unicode(Int)
  }

  var element: Element
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: Shape

  /// Bytes per element.
  var elementSize: Int {
    switch element {
    case .plain(let dtype): dtype.byteSize
    case .bytes(let count): count
    case .unicode(let count): count * 4
    }
  }

  /// The sizes of the fixed part and of the dictionary, from the first 12 bytes.
  static func size(_ head: ArraySlice<UInt8>, _ name: String) throws -> (fixed: Int, text: Int) {
    let head = Array(head)
    guard head.count >= 10, head.starts(with: [0x93] + Array("NUMPY".utf8)) else {
      throw TFError(.dataLoss, "\(name) is not a .npy array")
    }
    switch head[6] {
    case 1: return (10, Int(head[8]) | Int(head[9]) << 8)
    case 2, 3:
      guard head.count >= 12 else { throw TFError(.dataLoss, "\(name) is cut short") }
      return (12, Int(head[8]) | Int(head[9]) << 8 | Int(head[10]) << 16 | Int(head[11]) << 24)
    default:
      throw TFError.unimplemented(
        "\(name) has .npy version \(head[6]).\(head[7]); 1 to 3 can be read")
    }
  }

  init(_ text: ArraySlice<UInt8>, _ name: String) throws {
    var parser = PythonLiteral(text: Array(text), name: name)
    let fields = try parser.dictionary()
    guard case .string(let descr)? = fields["descr"] else {
      throw TFError.unimplemented("\(name) has records for elements, which are not a tensor's")
    }
    guard case .bool(let order)? = fields["fortran_order"],
      case .integers(let dims)? = fields["shape"]
    else { throw TFError(.dataLoss, "\(name) has a header without order or shape") }
    isFortranOrder = order
    isBigEndian = descr.hasPrefix(">")
    element = try Self.element(descr, name)
    shape = Shape(dims)
    guard dims.count <= 254, let count = shape.checkedElementCount,
      !count.multipliedReportingOverflow(by: max(elementSize, 1)).overflow
    else { throw TFError.invalidArgument("\(name) has the impossible shape \(shape)") }
  }

  private static func element(_ descr: String, _ name: String) throws -> Element {
    let kind = String(descr.drop { "<>|=".contains($0) })
    if let dtype = plainTypes[kind] { return .plain(dtype) }
    if let count = Int(kind.dropFirst()), count >= 0, count < 1 << 28 {
      if kind.hasPrefix("S") { return .bytes(count) }
      if kind.hasPrefix("U") { return .unicode(count) }
    }
    if kind.hasPrefix("O") {
      throw TFError.unimplemented(
        """
        \(name) holds Python objects; save the array with a numeric or fixed-width text dtype (S \
        or U)
        """
      )
    }
    throw TFError.unimplemented("\(name) has the element type '\(descr)', which no tensor has")
  }

  static let plainTypes: [String: DType] = [
    "b1": .bool, "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64, "u1": .uint8, "u2": .uint16,
    "u4": .uint32, "u8": .uint64, "f2": .half, "f4": .float32, "f8": .float64, "c8": .complex64,
    "c16": .complex128, "V2": .bfloat16,
  ]

  /// How NumPy names what such a tensor is stored as: quantized types as plain integers, bfloat16
  /// as two bytes.
  static func descr(_ dtype: DType) -> String? {
    let stored: DType =
      switch dtype {
      case .qint8: .int8
      case .quint8: .uint8
      case .qint16: .int16
      case .quint16: .uint16
      case .qint32: .int32
      default: dtype
      }
    guard let kind = plainTypes.first(where: { $0.value == stored })?.key else { return nil }
    return (stored.byteSize == 1 || kind == "V2" ? "|" : "<") + kind
  }
}

/// The few Python literals that a `.npy` header is made of.
private struct PythonLiteral {
  enum Value {
    case string(String)
    case bool(Bool)
    case integers([Int])
  }

  let text: [UInt8]
  let name: String
  private var position = 0

  init(text: [UInt8], name: String) {
    self.text = text
    self.name = name
  }

  private var broken: TFError { TFError(.dataLoss, "\(name) has a damaged .npy header") }

  private mutating func peek() -> UInt8 {
    while position < text.count, [9, 10, 13, 32].contains(text[position]) { position += 1 }
    return position < text.count ? text[position] : 0
  }

  private mutating func take(_ symbol: Character) -> Bool {
    guard peek() == symbol.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func dictionary() throws -> [String: Value] {
    guard take("{") else { throw broken }
    var fields: [String: Value] = [:]
    while !take("}") {
      guard case .string(let key) = try value(), take(":") else { throw broken }
      fields[key] = try value()
      if !take(",") {
        guard take("}") else { throw broken }
        break
      }
    }
    return fields
  }

  private mutating func value() throws -> Value {
    switch peek() {
    case UInt8(ascii: "'"), UInt8(ascii: "\""):
      let quote = text[position]
      guard let end = text[(position + 1)...].firstIndex(of: quote) else { throw broken }
      defer { position = end + 1 }
      return .string(String(decoding: text[(position + 1)..<end], as: UTF8.self))
    case UInt8(ascii: "("):
      position += 1
      var values: [Int] = []
      while !take(")") {
        values.append(try integer())
        if !take(",") {
          guard take(")") else { throw broken }
          break
        }
      }
      return .integers(values)
    case UInt8(ascii: "["):
      throw TFError.unimplemented("\(name) has records for elements, which are not a tensor's")
    case UInt8(ascii: "T"): return try word("True", .bool(true))
    case UInt8(ascii: "F"): return try word("False", .bool(false))
    default: throw broken
    }
  }

  private mutating func word(_ word: String, _ value: Value) throws -> Value {
    guard text[position...].starts(with: word.utf8) else { throw broken }
    position += word.utf8.count
    return value
  }

  private mutating func integer() throws -> Int {
    _ = peek()
    let digits = text[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else { throw broken }
    position += digits.count
    if position < text.count, text[position] == UInt8(ascii: "L") { position += 1 }
    return value
  }
}
