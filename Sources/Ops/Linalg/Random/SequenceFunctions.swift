public import CoreOps

extension MathAPI {
  /// Points of Sobol's sequence, which fill the unit cube evenly.
  ///
  /// Follows `tf.math.sobol_sample`.
  ///
  /// - Parameters:
  ///   - dim: how many coordinates a point has, at most 21,200.
  ///   - numResults: how many points.
  ///   - skip: how many points are left out at first.
  ///   - dtype: float32 or float64.
  ///   - name: the node's name in a graph.
  /// - Returns: [numResults, dim].
  /// - Throws: `INVALID_ARGUMENT` for sizes out of range.
  public static func sobolSample(
    _ dim: some TensorConvertible, numResults: some TensorConvertible,
    skip: some TensorConvertible = 0, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "sobol") { _ in
      try SequenceOps.family.sobol(
        [
          dim.asTensor(preferring: .int32), numResults.asTensor(preferring: .int32),
          skip.asTensor(preferring: .int32),
        ], Attrs().with("dtype", .type(dtype), unless: dtype == .float32))
    }
  }

  /// The same with its arguments by position.
  public static func sobolSample(
    _ dim: some TensorConvertible, _ numResults: some TensorConvertible,
    skip: some TensorConvertible = 0, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try sobolSample(dim, numResults: numResults, skip: skip, dtype: dtype, name: name)
  }
}
