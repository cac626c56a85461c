public import CoreGraph
public import CoreOps

extension V2API {
  /// A function that keeps nothing but its arguments for its gradient: what it computes in between
  /// is computed again when the gradient is asked for. Follows `tf.recompute_grad`.
  ///
  /// - Parameter f: may be called several times for one value, and has to give the same each time.
  public static func recomputeGrad<Out: TensorStructure & Sendable>(
    _ f: @escaping @Sendable (Tensor) throws -> Out
  ) -> CustomGradient<Tensor, Out> {
    CustomGradient { (x: Tensor) in
      // Nobody is told of what happens inside.
      let value = try Environment.current.with(recorders: []).run { try f(x) }
      return (
        value,
        { upstream in
          let tape = V2Eager.GradientTape()
          let again = try BasicOps.family.identity([x])
          let value = try tape.record {
            tape.watch(again)
            return try f(again)
          }
          return try tape.gradient(value.tensors, [again], outputGradients: upstream.tensors)
        }
      )
    }
  }
}
