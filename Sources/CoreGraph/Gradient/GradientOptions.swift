package import CoreOps

/// What stands for the gradient of a source that the target does not depend on. Follows
/// `tf.UnconnectedGradients`.
public enum UnconnectedGradients: Sendable {
  case none, zero
}

/// How the gradients that several ops give for one tensor are summed in a graph. Follows
/// `tf.AggregationMethod`.
public enum AggregationMethod: Sendable {
  /// One op for all. Follows `ADD_N` and `DEFAULT`.
  case addN
  /// Two at a time. Follows `EXPERIMENTAL_TREE`.
  case experimentalTree
  /// One op for all. Follows `EXPERIMENTAL_ACCUMULATE_N`.
  case experimentalAccumulateN
}

/// What `tf.gradients` takes beside what is differentiated.
package struct GradientOptions {
  /// One per `ys`; nil stands for ones.
  package var gradYs: [GradientValue?]?
  /// Tensors that are taken as constants.
  package var stopGradients: [Tensor] = []
  package var unconnectedGradients = UnconnectedGradients.none
  package var aggregationMethod = AggregationMethod.addN
  /// Whether the nodes of a gradient are placed where the node is that they are for.
  package var colocateGradientsWithOps = false
  /// The name scope of all nodes; nil for none of their own.
  package var name: String?

  package init() {}
}
