import CKernels

/// Element-wise functions of one input.
public struct UnaryOps: OpFamily {
  package static let family = UnaryOps()
  package init() {}

  /// -x. Follows `tf.math.negative`.
  public let negative = UnaryOp("Neg", [.floats, .signedInts, .complexes], jk_neg) { gradient, _, _ in
    try -gradient
  }

  /// eˣ. Follows `tf.math.exp`.
  public let exp = UnaryOp("Exp", [.floats, .complexes], jk_exp, cost: 8) { gradient, _, y in
    try gradient * conjugate(y)
  }
}

/// Activations of `tf.nn`.
public struct ActivationOps: OpFamily {
  package static let family = ActivationOps()
  package init() {}
}
