public import CoreOps

extension Tensor {
  /// The sizes of the dimensions of a tensor that has a value.
  ///
  /// - Throws: `FAILED_PRECONDITION` for a symbolic tensor: `shape` has what is known of it.
  @_disfavoredOverload
  public var dims: [Int] {
    get throws {
      guard let known = shape.known else {
        throw TFError.failedPrecondition(
          """
          \(self) has no value, and its shape may differ from run to run: tensor.shape has what is \
          known of it
          """
        )
      }
      return known.dims
    }
  }
}
