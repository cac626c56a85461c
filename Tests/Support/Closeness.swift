package import CoreOps

/// The elements of a plain tensor as complex numbers, for comparing.
package func asDoubles(_ tensor: Tensor) -> [(Double, Double)] {
  switch tensor.dtype {
  case .float32: tensor.elements(Float.self).map { (Double($0), 0) }
  case .float64: tensor.elements(Double.self).map { ($0, 0) }
  case .half: tensor.elements(Float16.self).map { (Double($0), 0) }
  case .bfloat16: tensor.elements(BFloat16.self).map { (Double($0.float), 0) }
  case .int8, .qint8: tensor.elements(Int8.self).map { (Double($0), 0) }
  case .uint8, .quint8: tensor.elements(UInt8.self).map { (Double($0), 0) }
  case .int16, .qint16: tensor.elements(Int16.self).map { (Double($0), 0) }
  case .uint16, .quint16: tensor.elements(UInt16.self).map { (Double($0), 0) }
  case .int32, .qint32: tensor.elements(Int32.self).map { (Double($0), 0) }
  case .uint32: tensor.elements(UInt32.self).map { (Double($0), 0) }
  case .int64: tensor.elements(Int64.self).map { (Double($0), 0) }
  case .uint64: tensor.elements(UInt64.self).map { (Double($0), 0) }
  case .bool: tensor.elements(Bool.self).map { ($0 ? 1 : 0, 0) }
  case .complex64: tensor.elements(Complex64.self).map { (Double($0.real), Double($0.imaginary)) }
  case .complex128: tensor.elements(Complex128.self).map { ($0.real, $0.imaginary) }
  case .string, .resource, .variant: []
  }
}

/// Why `got` is not `expected`, or nil when it is, to within `tolerance` (absolute and relative).
package func difference(_ got: Tensor, _ expected: Tensor, tolerance: Double) -> String? {
  guard got.dims == expected.dims else { return "shape \(got.dims), expected \(expected.dims)" }
  if expected.dtype == .string {
    return got.dtype == .string && got.strings == expected.strings ? nil : "other strings"
  }
  // Exact integers of 64 bits are more than doubles hold.
  if got.dtype == expected.dtype, got.dtype.isInteger, tolerance <= 1e-5 {
    return got.bytes.elementsEqual(expected.bytes) ? nil : "other integers"
  }
  guard got.dtype.isNumeric else { return "a \(got.dtype) tensor, expected \(expected.dtype)" }
  for (index, (a, b)) in zip(asDoubles(got), asDoubles(expected)).enumerated() {
    for (x, y) in [(a.0, b.0), (a.1, b.1)] {
      if x == y || (x.isNaN && y.isNaN) { continue }
      if !(abs(x - y) <= tolerance + tolerance * abs(y)) {
        return "element \(index) is \(a), expected \(b)"
      }
    }
  }
  return nil
}
