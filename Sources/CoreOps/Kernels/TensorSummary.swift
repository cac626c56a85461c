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
  package func edgeSummary(edge: Int) -> String {
    let count = dims.elementCount
    let edge = edge < 0 ? count : min(edge, count)
    if dims.rank == 0 { return edge > 0 ? quotedElement(0) : "" }
    var text = ""
    appendEdges(0, 0, edge, dims.strides, to: &text)
    return text
  }

  private func appendEdges(
    _ axis: Int, _ start: Int, _ edge: Int, _ strides: [Int], to text: inout String
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
    text += "["
    for index in 0..<min(edge, count) {
      if index > 0 { text += separator }
      appendEdges(axis + 1, start + index * strides[axis], edge, strides, to: &text)
    }
    if count > edge {
      if count > 2 * edge { text += separator + "..." }
      for index in max(edge, count - edge)..<count {
        text += separator
        appendEdges(axis + 1, start + index * strides[axis], edge, strides, to: &text)
      }
    }
    text += "]"
  }

  private func quotedElement(_ index: Int) -> String {
    dtype == .string ? "\"\(element(index))\"" : element(index)
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
    var text = ""
    for byte in bytes {
      switch byte {
      case 10: text += "\\n"
      case 13: text += "\\r"
      case 9: text += "\\t"
      case 34, 39, 92: text += "\\" + String(UnicodeScalar(byte))
      case 32..<127: text += String(UnicodeScalar(byte))
      default:
        let octal = String(byte, radix: 8)
        text += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
      }
    }
    return text
  }
}
