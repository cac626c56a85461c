/// One operand of each operator has a dtype of its own, and a plain Swift value beside it takes
/// that: so arithmetic on Swift numbers and `+` of arrays stay what they are.

/// x + y. Follows `tf.Tensor.__add__`.
public func + (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.add(x.operatorOperand(), y, name: "add")
}
public func + (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.add(x.operatorOperand(), y, name: "add")
}
public func + (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.add(x, y.operatorOperand(), name: "add")
}

/// x - y. Follows `tf.Tensor.__sub__`.
public func - (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.subtract(x.operatorOperand(), y, name: "sub")
}
public func - (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.subtract(x.operatorOperand(), y, name: "sub")
}
public func - (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.subtract(x, y.operatorOperand(), name: "sub")
}

/// x · y, element by element. Follows `tf.Tensor.__mul__`.
public func * (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.multiply(x.operatorOperand(), y, name: "mul")
}
public func * (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.multiply(x.operatorOperand(), y, name: "mul")
}
public func * (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.multiply(x, y.operatorOperand(), name: "mul")
}

/// x / y; of integers the quotient as float64, or as float32 where they have 16 bits or fewer.
/// Follows `tf.Tensor.__truediv__`.
public func / (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.trueDivision(x.operatorOperand(), y, name: "truediv")
}
public func / (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.trueDivision(x.operatorOperand(), y, name: "truediv")
}
public func / (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.trueDivision(x, y.operatorOperand(), name: "truediv")
}

/// What is left of x / y rounded down: it has y's sign. Follows `tf.Tensor.__mod__`.
public func % (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.floormod(x.operatorOperand(), y, name: "mod")
}
public func % (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.floormod(x.operatorOperand(), y, name: "mod")
}
public func % (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.floormod(x, y.operatorOperand(), name: "mod")
}

precedencegroup ExponentiationPrecedence {
  higherThan: MultiplicationPrecedence
  associativity: right
}
infix operator ** : ExponentiationPrecedence

/// x to the power y. Follows `tf.Tensor.__pow__`.
public func ** (x: some TensorOperand, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.pow(x.operatorOperand(), y, name: "pow")
}
public func ** (x: some TensorOperand, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.pow(x.operatorOperand(), y, name: "pow")
}
public func ** (x: some TensorConvertible, y: some TensorOperand) throws -> Tensor {
  try BinaryOps.family.pow(x, y.operatorOperand(), name: "pow")
}

/// -x. Follows `tf.Tensor.__neg__`.
public prefix func - (x: some TensorOperand) throws -> Tensor { try UnaryOps.family.negative(x) }

public func += (x: inout Tensor, y: some TensorConvertible) throws { x = try x + y }
public func -= (x: inout Tensor, y: some TensorConvertible) throws { x = try x - y }
public func *= (x: inout Tensor, y: some TensorConvertible) throws { x = try x * y }
public func /= (x: inout Tensor, y: some TensorConvertible) throws { x = try x / y }
public func %= (x: inout Tensor, y: some TensorConvertible) throws { x = try x % y }

/// |x|. Follows `tf.Tensor.__abs__`.
public func abs(_ x: some TensorOperand) throws -> Tensor { try ComplexOps.absolute(x.asTensor()) }

extension BinaryOps {
  /// x / y, integers as floating point numbers. Follows `tf.math.truediv`.
  package static func trueDivision(
    _ x: some TensorConvertible, _ y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let dtype = x.definiteDType ?? y.definiteDType
    let (x, y) = (try x.asTensor(preferring: dtype), try y.asTensor(preferring: dtype))
    guard x.dtype.isInteger, y.dtype == x.dtype else {
      return try family.realdiv(x, y, name: name)
    }
    let wide: DType = x.dtype.byteSize <= 2 ? .float32 : .float64
    return try inScope(name, "truediv") { scope in
      let (x, y) = (try x.asConstant(named: "x"), try y.asConstant(named: "y"))
      return try family.realdiv(CastOps.cast(x, wide), CastOps.cast(y, wide), name: scope)
    }
  }
}
