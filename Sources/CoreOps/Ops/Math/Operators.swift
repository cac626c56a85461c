public func + (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.add(x, y, name: "add")
}
public func - (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.subtract(x, y, name: "sub")
}
public func * (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.multiply(x, y, name: "mul")
}
/// x / y as TensorFlow's `realdiv`; integers are not divided: cast them first.
public func / (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.realdiv(x, y, name: "truediv")
}
public prefix func - (x: Tensor) throws -> Tensor { try UnaryOps.family.negative(x) }
