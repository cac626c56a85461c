import CKernels

/// `tf.bitwise`.
public enum BitwiseAPI {
  /// Every bit turned. Follows `tf.bitwise.invert`.
  public static func invert(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try UnaryOps.family.invert(x, name: name)
  }
}

extension SharedAPI {
  public typealias bitwise = BitwiseAPI
}

/// Element-wise work on bits.
package struct BitwiseOps: OpFamily {
  package static let family: Self = define(Self())

  package let bitwiseAnd = BinaryOp("BitwiseAnd", [.ints], jk_bitwise_and, gradient: .zero)
  package let bitwiseOr = BinaryOp("BitwiseOr", [.ints], jk_bitwise_or, gradient: .zero)
  package let bitwiseXor = BinaryOp("BitwiseXor", [.ints], jk_bitwise_xor, gradient: .zero)
  package let leftShift = BinaryOp("LeftShift", [.ints], jk_left_shift, gradient: .zero)
  package let rightShift = BinaryOp("RightShift", [.ints], jk_right_shift, gradient: .zero)
}

extension BitwiseAPI {
  /// Follows `tf.bitwise.bitwise_and`.
  public static var bitwiseAnd: BinaryOp { BitwiseOps.family.bitwiseAnd }

  /// Follows `tf.bitwise.bitwise_or`.
  public static var bitwiseOr: BinaryOp { BitwiseOps.family.bitwiseOr }

  /// Follows `tf.bitwise.bitwise_xor`.
  public static var bitwiseXor: BinaryOp { BitwiseOps.family.bitwiseXor }

  /// Distances outside the width are held to it. Follows `tf.bitwise.left_shift`.
  public static var leftShift: BinaryOp { BitwiseOps.family.leftShift }

  /// Signed integers keep their sign. Follows `tf.bitwise.right_shift`.
  public static var rightShift: BinaryOp { BitwiseOps.family.rightShift }
}
