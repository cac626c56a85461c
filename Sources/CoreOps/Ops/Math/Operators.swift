public func + (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.add(x, y)
}
public func - (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.subtract(x, y)
}
public func * (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.multiply(x, y)
}
/// x / y as TensorFlow's `realdiv`; integers are not divided: cast them first.
public func / (x: some TensorConvertible, y: some TensorConvertible) throws -> Tensor {
  try BinaryOps.family.realdiv(x, y)
}
public prefix func - (x: Tensor) throws -> Tensor { try UnaryOps.family.negative(x) }
