import CoreOps

/// Where a result first differs from what was expected.
enum Difference {
  /// What differs, or nil.
  static func first(_ got: Tensor, _ expected: Tensor, _ rule: CaseFile.Rule) -> String? {
    guard got.dtype == expected.dtype else { return "is \(got.dtype), expected \(expected.dtype)" }
    guard got.dims == expected.dims else {
      return "has shape \(got.dims), expected \(expected.dims)"
    }
    if rule.comparison == .shape { return nil }
    let isClose = rule.comparison == .close
    switch got.dtype {
    case .string:
      let (a, b) = (got.strings, expected.strings)
      guard let index = a.indices.first(where: { !agree(a[$0], b[$0]) }) else { return nil }
      return describe(got.dims, index, text(a[index]), text(b[index]))
    case .resource, .variant: return nil
    case .float32: return floats(got, expected, rule, isClose, Float.self) { Double($0) }
    case .float64: return floats(got, expected, rule, isClose, Double.self) { $0 }
    case .half: return floats(got, expected, rule, isClose, Float16.self) { Double($0) }
    case .bfloat16: return floats(got, expected, rule, isClose, BFloat16.self) { Double($0.float) }
    case .complex64:
      return complexes(got, expected, rule, isClose, Complex64.self) {
        (Double($0.real), Double($0.imaginary))
      }
    case .complex128:
      return complexes(got, expected, rule, isClose, Complex128.self) { ($0.real, $0.imaginary) }
    default: return bytes(got, expected)
    }
  }

  private static func describe(
    _ dims: Shape, _ index: Int, _ got: some Any, _ expected: some Any, _ note: String = ""
  ) -> String {
    var rest = index
    var place: [Int] = []
    for size in dims.dims.reversed() {
      place.insert(rest % size, at: 0)
      rest /= size
    }
    let position = place.isEmpty ? "" : "[" + place.map { "\($0)" }.joined(separator: ",") + "] "
    return "\(position)is \(got), expected \(expected)\(note)"
  }

  private static func text(_ bytes: ByteString) -> String {
    let shown = String(decoding: bytes.prefix(60), as: UTF8.self).debugDescription
    return bytes.count > 60 ? "\(shown)… (\(bytes.count) bytes)" : shown
  }

  /// Whether strings count as equal: NumPy, with which cases are recorded, drops zero bytes at the
  /// end of a string.
  private static func agree(_ got: ByteString, _ expected: ByteString) -> Bool {
    if got == expected { return true }
    let count = expected.count
    return got.count > count && expected.last != 0 && got[count...].allSatisfy { $0 == 0 }
      && got[..<count].elementsEqual(expected)
  }

  /// Whether numbers count as equal: NaN equals NaN, infinities only themselves.
  private static func agree(_ a: Double, _ b: Double, _ rule: CaseFile.Rule, _ isClose: Bool)
    -> Bool
  {
    if a == b || (a.isNaN && b.isNaN) { return true }
    return isClose && a.isFinite && b.isFinite && abs(a - b) <= rule.atol + rule.rtol * abs(b)
  }

  private static func floats<S: TensorScalar>(
    _ got: Tensor, _ expected: Tensor, _ rule: CaseFile.Rule, _ isClose: Bool, _: S.Type,
    _ double: (S) -> Double
  ) -> String? {
    let (a, b) = (got.elements(S.self), expected.elements(S.self))
    var first: Int?
    var count = 0
    for index in a.indices where !agree(double(a[index]), double(b[index]), rule, isClose) {
      if first == nil { first = index }
      count += 1
    }
    guard let first else { return nil }
    return describe(
      got.dims, first, double(a[first]), double(b[first]), " (\(count) of \(a.count) differ)")
  }

  private static func complexes<S: TensorScalar>(
    _ got: Tensor, _ expected: Tensor, _ rule: CaseFile.Rule, _ isClose: Bool, _: S.Type,
    _ parts: (S) -> (Double, Double)
  ) -> String? {
    let (a, b) = (got.elements(S.self), expected.elements(S.self))
    for index in a.indices {
      let (x, y) = (parts(a[index]), parts(b[index]))
      if agree(x.0, y.0, rule, false) && agree(x.1, y.1, rule, false) { continue }
      // Both not a number: in which part does not matter.
      if (x.0.isNaN || x.1.isNaN) && (y.0.isNaN || y.1.isNaN) { continue }
      let distance = ((x.0 - y.0) * (x.0 - y.0) + (x.1 - y.1) * (x.1 - y.1)).squareRoot()
      let size = (y.0 * y.0 + y.1 * y.1).squareRoot()
      if isClose && size.isFinite && distance <= rule.atol + rule.rtol * size { continue }
      return describe(got.dims, index, "\(x.0)+\(x.1)i", "\(y.0)+\(y.1)i")
    }
    return nil
  }

  private static func bytes(_ got: Tensor, _ expected: Tensor) -> String? {
    let (a, b) = (got.bytes, expected.bytes)
    guard let byte = a.indices.first(where: { a[$0] != b[$0] }) else { return nil }
    let index = byte / got.dtype.byteSize
    func integer(_ tensor: Tensor) -> String {
      switch tensor.dtype {
      case .bool: "\(tensor.bytes[index] != 0)"
      case .int8, .qint8: "\(tensor.elements(Int8.self)[index])"
      case .uint8, .quint8: "\(tensor.elements(UInt8.self)[index])"
      case .int16, .qint16: "\(tensor.elements(Int16.self)[index])"
      case .uint16, .quint16: "\(tensor.elements(UInt16.self)[index])"
      case .int32, .qint32: "\(tensor.elements(Int32.self)[index])"
      case .uint32: "\(tensor.elements(UInt32.self)[index])"
      case .uint64: "\(tensor.elements(UInt64.self)[index])"
      default: "\(tensor.elements(Int.self)[index])"
      }
    }
    return describe(got.dims, index, integer(got), integer(expected))
  }
}
