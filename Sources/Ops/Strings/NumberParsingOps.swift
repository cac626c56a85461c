package import CoreOps
import Glibc

/// Numbers in strings.
package struct NumberParsingOps: OpFamily {
  package static let family: Self = define(Self())

  package let toNumber = OpDef(
    "StringToNumber",
    """
    string_tensor: string -> output: out_type
    out_type: {float, double, int32, int64, uint32, uint64} = float
    """, shape: ShapeRules.same,
    kernel: .dynamic(["out_type": DTypeSet(.float32, .float64, .int32, .int64, .uint32, .uint64)]) {
      context in
      let dtype = try context.type("out_type")
      return { run in [try numbers(run.inputs[0], dtype)] }
    }, gradient: .zero)

  private static func numbers(_ input: Tensor, _ dtype: DType) throws -> Tensor {
    func parse<T: TensorScalar & ParsedNumber>(_: T.Type) throws -> Tensor {
      try input.mappingStrings(to: T.self) { text in
        guard let number = T.parse(text) else {
          throw TFError.invalidArgument(
            """
            StringToNumberOp could not correctly convert string: \
            \(String(decoding: text, as: UTF8.self))
            """)
        }
        return number
      }
    }
    return switch dtype {
    case .float32: try parse(Float.self)
    case .float64: try parse(Double.self)
    case .int32: try parse(Int32.self)
    case .int64: try parse(Int64.self)
    case .uint32: try parse(UInt32.self)
    default: try parse(UInt64.self)
    }
  }
}

/// A number that can be read from text, as TensorFlow's `safe_strto…` read it: blanks at the ends
/// are dropped, all of the rest must be the number.
package protocol ParsedNumber {
  /// nil when the text is no such number, or one that does not fit.
  static func parse(_ text: UnsafeRawBufferPointer) -> Self?
}

extension FixedWidthInteger where Self: ParsedNumber {
  package static func parse(_ text: UnsafeRawBufferPointer) -> Self? {
    Self(String(decoding: ASCII.trimmed(text), as: UTF8.self), radix: 10)
  }
}
extension Int32: ParsedNumber {}
extension Int64: ParsedNumber {}
extension UInt32: ParsedNumber {}
extension UInt64: ParsedNumber {}

extension Float: ParsedNumber {
  package static func parse(_ text: UnsafeRawBufferPointer) -> Float? { parseReal(text, strtof) }
}
extension Double: ParsedNumber {
  package static func parse(_ text: UnsafeRawBufferPointer) -> Double? { parseReal(text, strtod) }
}

/// Reads by the C library, which rounds to nearest.
private func parseReal<T>(
  _ text: UnsafeRawBufferPointer,
  _ read: (UnsafePointer<CChar>, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> T
) -> T? {
  let trimmed = ASCII.trimmed(text)
  // The library stops at a zero byte.
  guard !trimmed.isEmpty, !trimmed.contains(0) else { return nil }
  let terminated = trimmed.map { CChar(bitPattern: $0) } + [0]
  return terminated.withUnsafeBufferPointer { buffer in
    let start = buffer.baseAddress!
    var end: UnsafeMutablePointer<CChar>?
    let value = read(start, &end)
    return end.map { UnsafePointer($0) } == start + trimmed.count ? value : nil
  }
}
