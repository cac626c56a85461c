public import CoreOps

/// The operators that compare or combine truth values, and whose results are tensors.
///
/// They are here and not beside the arithmetic, so that only programs pay for them: an operator
/// that the standard library always has give `Bool` makes the compiler's work harder in closures
/// that compare numbers, and a long one may need its parts named.

/// x < y, element by element. Follows `tf.Tensor.__lt__`.
public func < (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.less(x, y)
}
public func < (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try ComparisonOps.family.less(x, y)
}
public func < (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.less(x, y)
}

/// x ≤ y, element by element. Follows `tf.Tensor.__le__`.
public func <= (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.lessEqual(x, y)
}
public func <= (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try ComparisonOps.family.lessEqual(x, y)
}
public func <= (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.lessEqual(x, y)
}

/// x > y, element by element. Follows `tf.Tensor.__gt__`.
public func > (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.greater(x, y)
}
public func > (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try ComparisonOps.family.greater(x, y)
}
public func > (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.greater(x, y)
}

/// x ≥ y, element by element. Follows `tf.Tensor.__ge__`.
public func >= (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.greaterEqual(x, y)
}
public func >= (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try ComparisonOps.family.greaterEqual(x, y)
}
public func >= (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try ComparisonOps.family.greaterEqual(x, y)
}

/// Whether elements are equal, element by element; false alone where shapes do not broadcast.
///
/// Where the switch of tensor equality is off, and in graphs that are no function's, it is a scalar
/// that says whether both are the same tensor, as `===` does. Follows `tf.Tensor.__eq__`.
public func == (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try Equality.apply(x, y, differ: false)
}
public func == (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try Equality.apply(x, y, differ: false)
}
public func == (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try Equality.apply(x, y, differ: false)
}

/// Whether elements differ; otherwise as `==`. Follows `tf.Tensor.__ne__`.
public func != (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try Equality.apply(x, y, differ: true)
}
public func != (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try Equality.apply(x, y, differ: true)
}
public func != (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try Equality.apply(x, y, differ: true)
}

/// Whether both are the same tensor, whatever their elements. Follows Python's `is`.
public func === (x: Tensor, y: Tensor) -> Bool { x.identity == y.identity }
public func !== (x: Tensor, y: Tensor) -> Bool { x.identity != y.identity }

private enum Equality {
  static func apply(
    _ x: some TensorConvertible, _ y: some TensorConvertible, differ: Bool
  ) throws -> Tensor {
    let dtype = x.definiteDType ?? y.definiteDType
    let (x, y) = (try x.asTensor(preferring: dtype), try y.asTensor(preferring: dtype))
    let environment = Environment.current
    let isGraph = !environment.isExecutingEagerly && !environment.isBuildingFunction
    guard environment.behavior.tensorEquality, !isGraph else {
      return try Tensor(scalar: (x === y) != differ)
    }
    let op = differ ? ComparisonOps.family.notEqual : ComparisonOps.family.equal
    return try op.opDef([x, y], ["incompatible_shape_error": .bool(false)])
  }
}

/// x and y of booleans; of integers, of each bit. Follows `tf.Tensor.__and__`.
public func & (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try Bits.both.apply(x, y)
}
public func & (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try Bits.both.apply(x, y)
}
public func & (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try Bits.both.apply(x, y)
}

/// x or y of booleans; of integers, of each bit. Follows `tf.Tensor.__or__`.
public func | (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try Bits.either.apply(x, y)
}
public func | (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try Bits.either.apply(x, y)
}
public func | (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try Bits.either.apply(x, y)
}

/// Exclusive or of booleans; of integers, of each bit. Follows `tf.Tensor.__xor__`.
public func ^ (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try Bits.one.apply(x, y)
}
public func ^ (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try Bits.one.apply(x, y)
}
public func ^ (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try Bits.one.apply(x, y)
}

/// Not x of booleans; of integers, every bit turned. Follows `tf.Tensor.__invert__`.
public prefix func ~ (x: some TensorOperand) throws -> Tensor {
  let x = try x.asTensor()
  return try x.dtype == .bool ? UnaryOps.family.logicalNot(x) : UnaryOps.family.invert(x)
}

/// Not x of booleans. Follows `tf.math.logical_not`.
public prefix func ! (x: some TensorOperand) throws -> Tensor {
  try UnaryOps.family.logicalNot(x)
}

/// The operators that are logic on booleans and work on the bits of integers.
private enum Bits {
  case both, either, one

  func apply(_ x: some TensorConvertible, _ y: some TensorConvertible) throws -> Tensor {
    let dtype = x.definiteDType ?? y.definiteDType
    let (x, y) = (try x.asTensor(preferring: dtype), try y.asTensor(preferring: dtype))
    let isLogic = x.dtype == .bool
    let standard =
      switch self {
      case .both: "and"
      case .either: "or"
      case .one: "xor"
      }
    return try inScope(nil, standard) { scope in
      guard isLogic else {
        switch self {
        case .both: return try BitwiseOps.family.bitwiseAnd(x, y)
        case .either: return try BitwiseOps.family.bitwiseOr(x, y)
        case .one: return try BitwiseOps.family.bitwiseXor(x, y)
        }
      }
      switch self {
      case .both: return try ComparisonOps.family.logicalAnd(x, y, name: scope)
      case .either: return try ComparisonOps.family.logicalOr(x, y, name: scope)
      case .one: return try ComparisonOps.exclusiveOr(x, y, name: scope)
      }
    }
  }
}
