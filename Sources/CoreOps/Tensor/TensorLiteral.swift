/// A number, text, truth value or nested array as it is written in a program, which becomes a
/// tensor as Python's literals do: whole numbers are int32, others float32.
///
/// A call that takes one tells `[1.0, 2.0]` as it stands there from an array of `Double`, which
/// keeps its precision.
public indirect enum TensorLiteral: Sendable, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral
{
  case integer(Int)
  case float(Double)
  case bool(Bool)
  case string(String)
  case array([TensorLiteral])

  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .float(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: TensorLiteral...) { self = .array(elements) }
}

extension TensorLiteral: TensorNested {
  public typealias Leaf = TensorLiteral

  public func flatten(into leaves: inout [TensorLiteral]) throws -> [Int] {
    if case .array(let elements) = self { return try elements.flatten(into: &leaves) }
    leaves.append(self)
    return []
  }
}

extension TensorLiteral: TensorConvertible {
  public var naturalDType: DType? { nil }

  public func asTensor(preferring preferred: DType?) throws -> Tensor {
    var leaves: [TensorLiteral] = []
    let dims = Shape(try flatten(into: &leaves))
    return try Self.tensor(leaves, dims, dtype: preferred ?? Self.naturalDType(of: leaves))
  }
}

extension TensorLiteral: TensorElement {
  /// What literals without a leaf are; others have the dtype of what they hold.
  public static var defaultDType: DType { .float32 }

  public static func naturalDType(of leaves: [TensorLiteral]) -> DType {
    var isWhole = true
    var isNarrow = true
    for leaf in leaves {
      switch leaf {
      case .bool: return .bool
      case .string: return .string
      case .integer(let value): isNarrow = isNarrow && Int32(exactly: value) != nil
      case .float, .array: isWhole = false
      }
    }
    if leaves.isEmpty || !isWhole { return .float32 }
    return isNarrow ? .int32 : .int64
  }

  public static func tensor(_ elements: [TensorLiteral], _ dims: Shape, dtype: DType) throws
    -> Tensor
  {
    func leaves<T>(_ kind: String, _ leaf: (TensorLiteral) -> T?) throws -> [T] {
      try elements.map { element in
        guard let value = leaf(element) else {
          throw DType.refusal(of: element.text, dtype)
        }
        return value
      }
    }
    func integer(_ leaf: TensorLiteral) -> Int? {
      if case .integer(let value) = leaf { return value }
      return nil
    }
    switch dtype {
    case .bool:
      return try Tensor(
        leaves("Bool") { if case .bool(let value) = $0 { value } else { nil } }, dims: dims)
    case .string:
      return try String.tensor(
        leaves("String") { if case .string(let value) = $0 { value } else { nil } }, dims,
        dtype: dtype)
    case _ where elements.allSatisfy { integer($0) != nil }:
      return try Int.tensor(elements.compactMap(integer), dims, dtype: dtype)
    default:
      let values = try leaves("Double") { leaf -> Double? in
        switch leaf {
        case .integer(let value): Double(value)
        case .float(let value): value
        case .bool, .string, .array: nil
        }
      }
      return try Double.tensor(values, dims, dtype: dtype)
    }
  }

  private var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .bool(let value): "\(value)"
    case .string(let value): "\"\(value)\""
    case .array: "an array"
    }
  }
}

/// A tensor may be written as a literal: `let t: Tensor = [[1, 2], [3, 4]]`.
///
/// An array literal whose rows differ in length or hold texts beside numbers ends the program, as a
/// dictionary literal with equal keys does: `Tensor(_:)` throws instead.
extension Tensor: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral
{
  public init(integerLiteral value: Int) { self.init(literal: .integer(value)) }
  public init(floatLiteral value: Double) { self.init(literal: .float(value)) }
  public init(booleanLiteral value: Bool) { self.init(literal: .bool(value)) }
  public init(stringLiteral value: String) { self.init(literal: .string(value)) }
  public init(arrayLiteral elements: TensorLiteral...) { self.init(literal: .array(elements)) }

  private init(literal: TensorLiteral) {
    do { self = try literal.asTensor(preferring: nil) } catch {
      preconditionFailure("a tensor literal: \(error)")
    }
  }
}
