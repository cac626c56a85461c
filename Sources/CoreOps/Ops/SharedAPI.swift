/// What `tf` and `tf.compat.v1` have in common: the ops.
///
/// Each TensorFlow symbol `a.b_c(d_e=…)` is `a.bC(dE: …)`. Element-wise ops are looked up in their
/// families, where they are defined: `tf.sqrt(x)` calls `UnaryOps.sqrt`.
@dynamicMemberLookup
public protocol SharedAPI {}

extension SharedAPI {
  public typealias math = MathAPI

  @inlinable
  public static subscript(dynamicMember op: KeyPath<UnaryOps, UnaryOp>) -> UnaryOp {
    UnaryOps.family[keyPath: op]
  }
  @inlinable
  public static subscript(dynamicMember op: KeyPath<BinaryOps, BinaryOp>) -> BinaryOp {
    BinaryOps.family[keyPath: op]
  }
  @inlinable
  public static subscript(dynamicMember op: KeyPath<ComparisonOps, BinaryOp>) -> BinaryOp {
    ComparisonOps.family[keyPath: op]
  }
  @inlinable
  public static subscript(dynamicMember op: KeyPath<SpecialOps, UnaryOp>) -> UnaryOp {
    SpecialOps.family[keyPath: op]
  }
  @inlinable
  public static subscript(dynamicMember op: KeyPath<SpecialOps, BinaryOp>) -> BinaryOp {
    SpecialOps.family[keyPath: op]
  }
}

/// `tf.math`.
public enum MathAPI: SharedAPI {}

extension MathAPI {
  /// `tf.math.special`: its functions are found by their names, as those of `tf.math`.
  public typealias special = MathAPI
}
