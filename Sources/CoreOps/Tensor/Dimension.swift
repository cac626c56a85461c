/// The size of one dimension of a shape, as `tf.Dimension`, with arithmetic that never traps.
///
/// Sizes that a graph declares may be any 64-bit number. What does not fit, or divides by zero, is
/// `overflow`, and so is all that is computed from it; `OpDef.inferShapes` refuses it.
public struct Dimension: Sendable, Hashable, Comparable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  /// The size; the smallest integer for `overflow`.
  public let value: Int

  @inline(__always)
  public init(_ value: Int) { self.value = value }

  @inline(__always)
  public init(integerLiteral value: Int) { self.value = value }

  /// The result of arithmetic that has no value. It is less than every other dimension.
  public static let overflow = Dimension(.min)

  public var isOverflow: Bool { value == .min }

  @inline(__always)
  private static func result(
    _ a: Dimension, _ b: Dimension, _ result: (partialValue: Int, overflow: Bool)
  ) -> Dimension {
    result.overflow || a.isOverflow || b.isOverflow
      ? Dimension(.min) : Dimension(result.partialValue)
  }

  public static func + (a: Dimension, b: Dimension) -> Dimension {
    result(a, b, a.value.addingReportingOverflow(b.value))
  }
  public static func - (a: Dimension, b: Dimension) -> Dimension {
    result(a, b, a.value.subtractingReportingOverflow(b.value))
  }
  public static func * (a: Dimension, b: Dimension) -> Dimension {
    result(a, b, a.value.multipliedReportingOverflow(by: b.value))
  }
  /// The quotient, rounded towards zero.
  public static func / (a: Dimension, b: Dimension) -> Dimension {
    result(a, b, a.value.dividedReportingOverflow(by: b.value))
  }
  public static func % (a: Dimension, b: Dimension) -> Dimension {
    result(a, b, a.value.remainderReportingOverflow(dividingBy: b.value))
  }
  public static prefix func - (a: Dimension) -> Dimension { Dimension(0) - a }

  /// The size, or the largest integer for `overflow`: for estimates of work.
  package var saturated: Int { isOverflow ? .max : value }

  /// The size as the rank of a shape.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it is negative or more than `PartialShape.maxRank`.
  package func asRank() throws -> Int {
    guard value >= 0, value <= PartialShape.maxRank else {
      throw TFError.invalidArgument(
        "a shape has at most \(PartialShape.maxRank) dimensions, not \(self)")
    }
    return value
  }

  public static func < (a: Dimension, b: Dimension) -> Bool { a.value < b.value }

  public var description: String { isOverflow ? "overflow" : String(value) }
}

/// The same with plain integers.
extension Dimension {
  public static func + (a: Dimension, b: Int) -> Dimension { a + Dimension(b) }
  public static func + (a: Int, b: Dimension) -> Dimension { Dimension(a) + b }
  public static func - (a: Dimension, b: Int) -> Dimension { a - Dimension(b) }
  public static func - (a: Int, b: Dimension) -> Dimension { Dimension(a) - b }
  public static func * (a: Dimension, b: Int) -> Dimension { a * Dimension(b) }
  public static func * (a: Int, b: Dimension) -> Dimension { Dimension(a) * b }
  public static func / (a: Dimension, b: Int) -> Dimension { a / Dimension(b) }
  public static func / (a: Int, b: Dimension) -> Dimension { Dimension(a) / b }
  public static func % (a: Dimension, b: Int) -> Dimension { a % Dimension(b) }

  public static func += (a: inout Dimension, b: Dimension) { a = a + b }
  public static func -= (a: inout Dimension, b: Dimension) { a = a - b }
  public static func *= (a: inout Dimension, b: Dimension) { a = a * b }

  public static func == (a: Dimension, b: Int) -> Bool { a.value == b }
  public static func != (a: Dimension, b: Int) -> Bool { a.value != b }
  public static func < (a: Dimension, b: Int) -> Bool { a.value < b }
  public static func <= (a: Dimension, b: Int) -> Bool { a.value <= b }
  public static func > (a: Dimension, b: Int) -> Bool { a.value > b }
  public static func >= (a: Dimension, b: Int) -> Bool { a.value >= b }
}
