public import CoreGraph
public import CoreOps

/// What `tf` has in TF-1 style.
public protocol V1API: SharedAPI {}

extension V1API {
  public typealias Graph = CoreGraph.Graph
  public typealias Session = V1Graph.Session

  /// A tensor that is given its value in each run. Follows `tf.compat.v1.placeholder`.
  ///
  /// - Parameters:
  ///   - shape: nil for a dimension of any size; nil as a whole for any shape.
  /// - Throws: `FAILED_PRECONDITION` outside a graph.
  public static func placeholder(_ dtype: DType, shape: [Int?]? = nil, name: String? = nil) throws
    -> Tensor
  {
    guard Dispatch.current != nil else {
      throw TFError.failedPrecondition("tf.placeholder() is not compatible with eager execution.")
    }
    return try BasicOps.family.placeholder(
      [], ["dtype": .type(dtype), "shape": .shape(PartialShape(shape))], name: name)
  }

  /// The gradients of the sum of `ys` with respect to `xs`. Follows `tf.gradients`.
  public static func gradients(_ ys: [Tensor], _ xs: [Tensor]) throws -> [Tensor?] {
    guard let builder = Dispatch.current as? GraphBuilder else {
      throw TFError.failedPrecondition(
        """
        tf.gradients is not supported when eager execution is enabled. Use tf.GradientTape instead.
        """
      )
    }
    return try builder.graph.gradients(ys, xs)
  }
}
