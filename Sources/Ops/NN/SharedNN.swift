public import CoreOps

/// What `tf.nn` has in both styles.
@dynamicMemberLookup
public protocol SharedNN {}

extension SharedNN {
  @inlinable
  public static subscript(dynamicMember op: KeyPath<ActivationOps, UnaryOp>) -> UnaryOp {
    ActivationOps.family[keyPath: op]
  }
}
