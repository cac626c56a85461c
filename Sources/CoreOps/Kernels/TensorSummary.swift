import Glibc

extension Tensor {
  /// The elements in brackets, as `Assert` and `Print` show them.
  ///
  /// - Parameter limit: how many elements are shown before `...`; -1 for all.
  package func summary(limit: Int) -> String {
    let count = dims.elementCount
    let shown = limit < 0 ? count : min(limit, count)
    var text = ""
    if dims.rank == 0 {
      if shown > 0 { text = element(0) }
    } else {
      var position = 0
      append(0, &position, shown, to: &text)
    }
    return shown < count ? text + "..." : text
  }

  private func append(_ axis: Int, _ position: inout Int, _ limit: Int, to text: inout String) {
    if position >= limit { return }
    if axis == dims.rank - 1 {
      for index in 0..<dims[axis] {
        if position >= limit {
          if axis != 0 { text += "..." }
          return
        }
        if index > 0 { text += " " }
        text += element(position)
        position += 1
      }
      return
    }
    for _ in 0..<dims[axis] where position < limit {
      text += "["
      append(axis + 1, &position, limit, to: &text)
      text += "]"
    }
  }

  /// The elements in brackets and lines, as `StringFormat` shows them.
  ///
  /// - Parameter edge: how many elements are shown at each end of a dimension; -1 for all.
  package func edgeSummary(edge: Int) -> [UInt8] {
    let count = dims.elementCount
    let edge = edge < 0 ? count : min(edge, count)
    if dims.rank == 0 { return edge > 0 ? quotedElement(0) : [] }
    var text: [UInt8] = []
    appendEdges(0, 0, edge, dims.strides, to: &text)
    return text
  }

  private func appendEdges(
    _ axis: Int, _ start: Int, _ edge: Int, _ strides: [Int], to text: inout [UInt8]
  ) {
    if axis == dims.rank {
      text += quotedElement(start)
      return
    }
    let count = dims[axis]
    let isLast = axis == dims.rank - 1
    let separator =
      isLast
      ? " "
      : String(repeating: "\n", count: dims.rank - axis - 1)
        + String(repeating: " ", count: axis + 1)
    text.append(UInt8(ascii: "["))
    for index in 0..<min(edge, count) {
      if index > 0 { text += separator.utf8 }
      appendEdges(axis + 1, start + index * strides[axis], edge, strides, to: &text)
    }
    if count > edge {
      if count > 2 * edge { text += (separator + "...").utf8 }
      for index in max(edge, count - edge)..<count {
        text += separator.utf8
        appendEdges(axis + 1, start + index * strides[axis], edge, strides, to: &text)
      }
    }
    text.append(UInt8(ascii: "]"))
  }

  /// Text that is not ASCII stays as it is here, unlike in `summary`.
  private func quotedElement(_ index: Int) -> [UInt8] {
    guard dtype == .string else { return Array(element(index).utf8) }
    let quote = UInt8(ascii: "\"")
    let escaped = strings[index].flatMap { $0 < 128 ? Array(Self.escaped($0).utf8) : [$0] }
    return [quote] + escaped + [quote]
  }

  /// One element as C prints it: as many digits as tell a float from its neighbours.
  private func element(_ index: Int) -> String {
    switch dtype {
    case .float32: Self.text(Double(elements(Float.self)[index]), digits: 9)
    case .float64: Self.text(elements(Double.self)[index], digits: 17)
    case .half: Self.text(Double(elements(Float16.self)[index]), digits: 9)
    case .bfloat16: Self.text(Double(elements(BFloat16.self)[index].float), digits: 9)
    case .int8, .qint8: String(elements(Int8.self)[index])
    case .uint8, .quint8: String(elements(UInt8.self)[index])
    case .int16, .qint16: String(elements(Int16.self)[index])
    case .uint16, .quint16: String(elements(UInt16.self)[index])
    case .int32, .qint32: String(elements(Int32.self)[index])
    case .uint32: String(elements(UInt32.self)[index])
    case .int64: String(elements(Int64.self)[index])
    case .uint64: String(elements(UInt64.self)[index])
    case .bool: elements(Bool.self)[index] ? "1" : "0"
    case .string: Self.escaped(strings[index])
    default: "?"
    }
  }

  /// The shortest of %.1g … %.17g that reads back as the same value, at most `digits` long.
  private static func text(_ value: Double, digits: Int) -> String {
    if value.isNaN { return value.sign == .minus ? "-nan" : "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    func printed(_ precision: Int) -> String {
      CFormat.text("%.*g", precision: precision, value)
    }
    // The digits that every value of the type keeps (6 or 15) are enough where they read back as
    // the value.
    let short = printed(digits == 9 ? 6 : 15)
    let same = digits == 9 ? strtof(short, nil) == Float(value) : strtod(short, nil) == value
    return same ? short : printed(digits)
  }

  /// Bytes as in a C literal.
  private static func escaped(_ bytes: ByteString) -> String {
    bytes.reduce(into: "") { $0 += escaped($1) }
  }

  private static func escaped(_ byte: UInt8) -> String {
    switch byte {
    case 10: return "\\n"
    case 13: return "\\r"
    case 9: return "\\t"
    case 34, 39, 92: return "\\" + String(UnicodeScalar(byte))
    case 32..<127: return String(UnicodeScalar(byte))
    default:
      let octal = String(byte, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - octal.count) + octal
    }
  }
}
