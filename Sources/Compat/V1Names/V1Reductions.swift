public import CoreOps

/// The arguments of reductions by the names that they had before release 1.5.
extension Reduction {
  /// The same where `keepDims` says whether reduced dimensions stay.
  public func callAsFunction(
    _ input: some TensorConvertible, axis: (any TensorConvertible)? = nil, keepDims: Bool,
    name: String? = nil
  ) throws -> Tensor { try self(input, axis: axis, keepdims: keepDims, name: name) }

  /// The same with the axis by position.
  public func callAsFunction(
    _ input: some TensorConvertible, _ axis: any TensorConvertible, keepDims: Bool,
    name: String? = nil
  ) throws -> Tensor { try self(input, axis: axis, keepdims: keepDims, name: name) }

  /// The same where `reductionIndices` are the axes.
  public func callAsFunction(
    _ input: some TensorConvertible, reductionIndices: any TensorConvertible,
    keepDims: Bool = false, name: String? = nil
  ) throws -> Tensor { try self(input, axis: reductionIndices, keepdims: keepDims, name: name) }
}
