public import CoreGraph
public import CoreOps

/// What `tf` has in TF-2 style.
public protocol V2API: SharedAPI {}

extension V2API {
  public typealias GradientTape = V2Eager.GradientTape

  /// A function that is traced once per combination of dtypes and shapes. Follows `tf.function`.
  public static func function<each In: TensorStructure & Sendable, Out: TensorStructure & Sendable>(
    _ body: @escaping @Sendable (repeat each In) throws -> Out
  ) -> Function<repeat each In, Out> { Function(body) }
}
