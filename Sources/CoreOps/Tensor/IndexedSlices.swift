/// Slices of a tensor along its first dimension: what the gradient of picking rows is, without the
/// zeros of all other rows. Follows `tf.IndexedSlices`.
///
/// A row may occur several times; what it stands for is the sum.
public struct IndexedSlices: Sendable {
  /// The slices, of shape `[n] + denseShape[1...]`.
  public let values: Tensor
  /// The row that each slice belongs to: n integers.
  public let indices: Tensor
  /// The whole tensor's shape as a vector of integers, where it is known.
  public let denseShape: Tensor?

  /// - Parameters:
  ///   - values: of shape `[n, …]`.
  ///   - indices: int32 or int64, of shape `[n]`.
  ///   - denseShape: the shape of the tensor that has these rows, int32 or int64.
  public init(values: Tensor, indices: Tensor, denseShape: Tensor? = nil) {
    self.values = values
    self.indices = indices
    self.denseShape = denseShape
  }

  /// The gradient of a tensor of shape `shape` from which rows `indices` were picked.
  package init(picked indices: Tensor, of shape: Tensor, gradient: Tensor) throws {
    let rows =
      try indices.rank == 1
      ? gradient
      : ShapeOps.family.reshape([
        gradient,
        JoinOps.family.concatV2([
          ShapeOps.vector([-1]), ShapeOps.part(ShapeOps.integers(shape, .int32), from: 1, to: nil),
          ShapeOps.scalar(0),
        ]),
      ])
    self.init(
      values: rows, indices: try indices.rank == 1 ? indices : ShapeOps.flat(indices),
      denseShape: shape)
  }

  public var dtype: DType { values.dtype }

  /// The tensor with zeros in all other rows. Follows `tf.convert_to_tensor`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the dense shape is not known.
  public func dense() throws -> Tensor {
    guard let denseShape else {
      throw TFError.invalidArgument(
        "Tensor conversion requested for IndexedSlices without dense_shape")
    }
    // As TensorFlow: rows that occur several times are summed in the order given.
    let rows = try ShapeOps.part(ShapeOps.integers(denseShape, .int32), from: 0, to: 1)
    return try SegmentOps.family.unsortedSum([
      values, indices, ShapeOps.family.reshape([rows, ShapeOps.vector([])]),
    ])
  }
}

extension IndexedSlices: TensorConvertible {
  public var definiteDType: DType? { dtype }
  public func asTensor(preferring _: DType?) throws -> Tensor { try dense() }
}

/// A gradient: a tensor, or slices of one for as long as nothing needs the whole.
public enum GradientValue: Sendable {
  case dense(Tensor)
  indirect case slices(IndexedSlices)

  public var dtype: DType {
    switch self {
    case .dense(let tensor): tensor.dtype
    case .slices(let slices): slices.dtype
    }
  }

  /// The gradient as one tensor.
  ///
  /// - Throws: `INVALID_ARGUMENT` for slices of a tensor whose shape is not known.
  public func tensor() throws -> Tensor {
    switch self {
    case .dense(let tensor): tensor
    case .slices(let slices): try slices.dense()
    }
  }
}

extension GradientValue: TensorConvertible {
  public var definiteDType: DType? { dtype }
  public func asTensor(preferring _: DType?) throws -> Tensor { try tensor() }
}
