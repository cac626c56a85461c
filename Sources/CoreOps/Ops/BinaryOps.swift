import CKernels

/// Element-wise arithmetic on two inputs that broadcast.
public struct BinaryOps: OpFamily {
  package static let family = BinaryOps()
  package init() {}

  /// x + y. Follows `tf.math.add`.
  public let add = BinaryOp(
    "AddV2", [.numbers], jk_add
  ) { gradient, _, _, _ in (gradient, gradient) }

  /// x - y. Follows `tf.math.subtract`.
  public let subtract = BinaryOp(
    "Sub", [.numbers], jk_sub
  ) { gradient, _, _, _ in (gradient, try -gradient) }

  /// x · y. Follows `tf.math.multiply`.
  public let multiply = BinaryOp(
    "Mul", [.numbers], jk_mul
  ) { gradient, x, y, _ in (try gradient * conjugate(y), try gradient * conjugate(x)) }

  /// x / y for floating point and complex numbers. Follows `tf.realdiv`.
  public let realdiv = BinaryOp(
    "RealDiv", [.numbers], kernel: [.floats, .complexes], jk_div
  ) { gradient, x, y, _ in
    (try gradient / conjugate(y), try gradient * conjugate(-x / y / y))
  }
}

/// The conjugate of complex numbers; real ones as they are.
package func conjugate(_ x: Tensor) throws -> Tensor { x }
