public import CoreOps

/// A tensor of which only some elements are stored, as `tf.sparse.SparseTensor`.
public struct SparseTensor: Sendable {
  /// int64 `[count, rank]`: where the elements are.
  public let indices: Tensor
  /// `[count]`: the elements.
  public let values: Tensor
  /// int64 `[rank]`: the shape of the whole.
  public let denseShape: Tensor

  /// Follows `tf.sparse.SparseTensor`.
  ///
  /// - Parameters:
  ///   - indices: int64 `[count, rank]`, in row-major order for most functions.
  ///   - values: `[count]`.
  ///   - denseShape: int64 `[rank]`.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit each other.
  public init(
    indices: some TensorConvertible, values: some TensorConvertible,
    denseShape: some TensorConvertible
  ) throws {
    self.indices = try indices.asTensor(preferring: .int64)
    self.values = try values.asTensor()
    self.denseShape = try denseShape.asTensor(preferring: .int64)
    try require(
      self.indices.shape.rank ?? 2 == 2, "indices must be a matrix, got shape \(self.indices.shape)"
    )
    try require(
      self.values.shape.rank ?? 1 == 1, "values must be a vector, got shape \(self.values.shape)")
    try require(
      self.denseShape.shape.rank ?? 1 == 1,
      "dense_shape must be a vector, got shape \(self.denseShape.shape)")
  }

  /// The outputs of an op, in TensorFlow's order.
  init(_ outputs: [Tensor]) throws {
    try self.init(indices: outputs[0], values: outputs[1], denseShape: outputs[2])
  }

  public var dtype: DType { values.dtype }

  var parts: [Tensor] { [indices, values, denseShape] }
}
