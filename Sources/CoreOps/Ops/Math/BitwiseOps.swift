import CKernels

/// `tf.bitwise`.
@dynamicMemberLookup
public enum BitwiseAPI {
  public static subscript(dynamicMember op: KeyPath<BitwiseOps, BinaryOp>) -> BinaryOp {
    BitwiseOps.family[keyPath: op]
  }

  /// Every bit turned. Follows `tf.bitwise.invert`.
  public static func invert(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try UnaryOps.family.invert(x, name: name)
  }
}

extension SharedAPI {
  public typealias bitwise = BitwiseAPI
}

/// Element-wise work on bits.
public struct BitwiseOps: OpFamily {
  package static let family: Self = define(Self())

  /// Follows `tf.bitwise.bitwise_and`.
  public let bitwiseAnd = BinaryOp("BitwiseAnd", [.ints], jk_bitwise_and, gradient: .zero)
  /// Follows `tf.bitwise.bitwise_or`.
  public let bitwiseOr = BinaryOp("BitwiseOr", [.ints], jk_bitwise_or, gradient: .zero)
  /// Follows `tf.bitwise.bitwise_xor`.
  public let bitwiseXor = BinaryOp("BitwiseXor", [.ints], jk_bitwise_xor, gradient: .zero)
  /// Distances outside the width are held to it. Follows `tf.bitwise.left_shift`.
  public let leftShift = BinaryOp("LeftShift", [.ints], jk_left_shift, gradient: .zero)
  /// Signed integers keep their sign. Follows `tf.bitwise.right_shift`.
  public let rightShift = BinaryOp("RightShift", [.ints], jk_right_shift, gradient: .zero)
}
