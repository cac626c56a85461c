public import CoreOps

extension V2API {
  /// The value of `body` at `sources`, and its gradients with respect to them.
  ///
  ///     let (loss, gradients) = try tf.valueAndGradient(at: [w, b]) { … }
  ///
  /// - Parameters:
  ///   - sources: floating point or complex tensors, which are watched.
  ///   - body: computes the value of the sources.
  /// - Returns: the value, and a gradient for each source.
  /// - Throws: `INVALID_ARGUMENT` for a source that has no gradient: integers, or what the value
  ///   does not depend on; what `body` throws.
  public static func valueAndGradient(at sources: [Tensor], _ body: () throws -> Tensor) throws
    -> (value: Tensor, gradients: [Tensor])
  {
    for (position, source) in sources.enumerated()
    where !source.dtype.isFloating && !source.dtype.isComplex {
      throw TFError.invalidArgument(
        "source \(position) is \(source.dtype), which has no gradient: use tf.cast")
    }
    let tape = V2Eager.GradientTape()
    let value = try tape.record {
      for source in sources { tape.watch(source) }
      return try body()
    }
    return (value, try tape.gradients(value, sources))
  }
}

extension GradientTape {
  /// The gradients of `target`, where there must be one for each of `sources`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a source that has none, and what `gradient` throws.
  public func gradients(_ target: Tensor, _ sources: [Tensor]) throws -> [Tensor] {
    try gradient(target, sources).enumerated().map { position, gradient in
      guard let gradient else {
        throw TFError.invalidArgument(
          """
          There is no gradient for source \(position): the target does not depend on it, or it was \
          not watched when it was used: call tape.watch(source) first, inside tape.record
          """
        )
      }
      return gradient
    }
  }
}
