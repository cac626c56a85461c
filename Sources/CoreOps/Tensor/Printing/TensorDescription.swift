/// The texts are Python's `str` and `repr` of a tensor.
extension Tensor: CustomStringConvertible, CustomDebugStringConvertible {
  /// The values as TensorFlow prints them, `tf.Tensor([1. 2.], shape=(2,), dtype=float32)`; of a
  /// symbolic tensor what is known, `Tensor("x:0", shape=(None, 2), dtype=float32)`.
  public var description: String {
    if case .symbolic(let reference) = payload {
      let shape = reference.shape.dims == nil ? "" : ", shape=\(reference.shape.tupleText)"
      return "Tensor(\"\(reference.name)\"\(shape), dtype=\(dtype))"
    }
    let text = TensorText(self, isRepresentation: false).text
    return
      """
      tf.Tensor(\(text.contains("\n") ? "\n" : "")\(text), shape=\(shape.tupleText), \
      dtype=\(dtype))
      """
  }

  /// As Python's `repr`: `<tf.Tensor: shape=(2,), dtype=float32, numpy=array([1., 2.],
  /// dtype=float32)>`, `<tf.Tensor 'x:0' shape=(None, 2) dtype=float32>`.
  public var debugDescription: String {
    if case .symbolic(let reference) = payload {
      return
        "<tf.Tensor '\(reference.name)' shape=\(reference.shape.tupleText) dtype=\(dtype)>"
    }
    let text = TensorText(self, isRepresentation: true).text
    return
      """
      <tf.Tensor: shape=\(shape.tupleText), dtype=\(dtype), \
      numpy=\(text.contains("\n") ? "\n" : "")\(text)>
      """
  }
}

extension Tensor {
  /// The values as NumPy's `repr` gives them.
  package var valuesText: String { TensorText(self, isRepresentation: true).text }
}

extension PartialShape {
  /// As Python prints it: `(2, None)`, or `(2, ?)` where shapes are as in TF-1; `(3,)`,
  /// `<unknown>`.
  public var tupleText: String {
    guard let dims else { return "<unknown>" }
    let unknown = Environment.current.behavior.v2TensorShape ? "None" : "?"
    let sizes = dims.map { $0?.description ?? unknown }
    return "(" + sizes.joined(separator: ", ") + (sizes.count == 1 ? ",)" : ")")
  }
}

/// The value of a tensor as NumPy prints it.
private struct TensorText {
  private let tensor: Tensor
  private let isRepresentation: Bool

  init(_ tensor: Tensor, isRepresentation: Bool) {
    self.tensor = tensor
    self.isRepresentation = isRepresentation
  }

  var text: String {
    guard tensor.dtype.isNumeric || tensor.dtype == .string else { return "<unprintable>" }
    if tensor.dims.rank == 0 { return scalar }
    guard isRepresentation else {
      let layout = ArrayText(tensor.dims, separator: " ", prefix: "", suffix: "")
      return layout.text(words(layout.shown))
    }
    let layout = ArrayText(tensor.dims, separator: ", ", prefix: "array(", suffix: ")")
    return withDType("array(" + layout.text(words(layout.shown)))
  }

  /// The array's text with shape and dtype where they do not show.
  private func withDType(_ text: String) -> String {
    var extras: [String] = []
    let count = tensor.dims.elementCount
    if count == 0 && tensor.dims != [0] || count > 1000 {
      extras.append("shape=\(tensor.shape.tupleText)")
    }
    let isImplied = [.int64, .float64, .complex128, .bool].contains(tensor.dtype)
    if !isImplied || count == 0 { extras.append("dtype=\(arrayType)") }
    if extras.isEmpty { return text + ")" }
    let extra = extras.joined(separator: ", ") + ")"
    let lastLine =
      text.utf8.count
      - (text.utf8.lastIndex(of: 10).map {
        text.utf8.distance(from: text.startIndex, to: $0) + 1
      } ?? 0)
    let isLong = lastLine + 1 + extra.utf8.count + 1 > 75
    return text + "," + (isLong ? "\n      " : " ") + extra
  }

  /// The dtype of the NumPy array.
  private var arrayType: String {
    switch tensor.dtype {
    case .string: "object"
    case .qint8: "int8"
    case .quint8: "uint8"
    case .qint16: "int16"
    case .quint16: "uint16"
    case .qint32: "int32"
    default: tensor.dtype.name
    }
  }

  /// The text of each element, aligned among those that are shown.
  private func words(_ shown: [Int]) -> (Int) -> String {
    func integers<T: TensorScalar & FixedWidthInteger>(_: T.Type) -> (Int) -> String {
      let values = tensor.elements(T.self)
      let width = max(
        shown.map { values[$0] }.max()?.description.utf8.count ?? 0,
        shown.map { values[$0] }.min()?.description.utf8.count ?? 0)
      return { values[$0].description.padded(to: width) }
    }
    func floats<T: TensorScalar & PrintedFloat>(_: T.Type) -> (Int) -> String {
      let values = tensor.elements(T.self)
      let column = FloatColumn(shown.map { values[$0] })
      return { column.text(values[$0]) }
    }
    func complexes<T: PrintedFloat>(_ parts: @escaping (Int) -> (T, T)) -> (Int) -> String {
      let real = FloatColumn(shown.map { parts($0).0 })
      let imaginary = FloatColumn(shown.map { parts($0).1 }, showsPlus: true)
      return { position in
        let (x, y) = parts(position)
        let text = imaginary.text(y)
        let end = text.lastIndex { $0 != " " }.map { text.index(after: $0) } ?? text.endIndex
        return real.text(x) + text[..<end] + "j" + text[end...]
      }
    }
    switch tensor.dtype {
    case .half: return floats(Float16.self)
    case .float32: return floats(Float.self)
    case .float64: return floats(Double.self)
    case .bfloat16:
      let values = tensor.elements(BFloat16.self)
      return { values[$0].text }
    case .int8, .qint8: return integers(Int8.self)
    case .uint8, .quint8: return integers(UInt8.self)
    case .int16, .qint16: return integers(Int16.self)
    case .uint16, .quint16: return integers(UInt16.self)
    case .int32, .qint32: return integers(Int32.self)
    case .uint32: return integers(UInt32.self)
    case .int64: return integers(Int64.self)
    case .uint64: return integers(UInt64.self)
    case .complex64:
      let values = tensor.elements(Complex64.self)
      return complexes { (values[$0].real, values[$0].imaginary) }
    case .complex128:
      let values = tensor.elements(Complex128.self)
      return complexes { (values[$0].real, values[$0].imaginary) }
    case .bool:
      let values = tensor.elements(Bool.self)
      return { values[$0] ? " True" : "False" }
    case .string:
      let values = tensor.strings
      return { Self.literal(values[$0]) }
    case .resource, .variant: return { _ in "" }
    }
  }

  /// A scalar is printed with all its digits; `repr` shows it as the Python number of the same
  /// value.
  private var scalar: String {
    func float<T: TensorScalar & PrintedFloat>(_: T.Type) -> String {
      let value = tensor.elements(T.self)[0]
      return isRepresentation ? Self.number(Double(value)) : Self.number(value)
    }
    switch tensor.dtype {
    case .half: return float(Float16.self)
    case .float32: return float(Float.self)
    case .float64: return float(Double.self)
    case .bfloat16:
      let value = tensor.elements(BFloat16.self)[0]
      return isRepresentation ? Self.number(Double(value.float)) : value.text
    case .complex64:
      let value = tensor.elements(Complex64.self)[0]
      return isRepresentation
        ? Self.complex(Double(value.real), Double(value.imaginary))
        : Self.complex(value.real, value.imaginary)
    case .complex128:
      let value = tensor.elements(Complex128.self)[0]
      return Self.complex(value.real, value.imaginary)
    case .bool: return tensor.elements(Bool.self)[0] ? "True" : "False"
    default: return words([0])(0)
    }
  }

  private static func number<T: PrintedFloat>(_ value: T, point: Bool = true) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    return value.decimal.scalarText(scientificFrom: T.scalarLimit, point: point)
  }

  /// As Python prints a complex number: `(1+2j)`, `2j`.
  private static func complex<T: PrintedFloat>(_ real: T, _ imaginary: T) -> String {
    let text = number(imaginary, point: false)
    if real == 0, real.sign == .plus { return text + "j" }
    return "(\(number(real, point: false))\(text.hasPrefix("-") ? "" : "+")\(text)j)"
  }

  /// Bytes as a Python literal: `b'a\n'`.
  private static func literal(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    let quote: UInt8 = bytes.contains(39) && !bytes.contains(34) ? 34 : 39
    var text = [UInt8(ascii: "b"), quote]
    for byte in bytes {
      switch byte {
      case 10: text += "\\n".utf8
      case 13: text += "\\r".utf8
      case 9: text += "\\t".utf8
      case 92: text += "\\\\".utf8
      case quote: text += [92, quote]
      case 32..<127: text.append(byte)
      default:
        text += (byte < 16 ? "\\x0" : "\\x").utf8
        text += String(byte, radix: 16).utf8
      }
    }
    text.append(quote)
    return String(decoding: text, as: UTF8.self)
  }
}

extension BFloat16 {
  /// As C++ streams print it: six digits.
  fileprivate var text: String {
    if float.isNaN { return float.sign == .minus ? "-nan" : "nan" }
    return CFormat.text("%.*g", precision: 6, Double(float))
  }
}
