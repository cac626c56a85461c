/// What `tf` and `tf.compat.v1` have in common: the ops.
///
/// Each TensorFlow symbol `a.b_c(d_e=…)` is `a.bC(dE: …)`. A member stands in the file of its op's
/// definition.
public protocol SharedAPI {}

extension SharedAPI {
  public typealias math = MathAPI
}

/// `tf.math`.
public enum MathAPI: SharedAPI {}

extension MathAPI {
  /// `tf.math.special`: its functions have the names of those of `tf.math`.
  public typealias special = MathAPI
}
