import CoreGraph
import CoreOps
import OpsLinalg

/// Dropout with the nodes of `tf.nn.dropout`.
enum RecurrentDropout {
  static func apply(_ x: Tensor, rate: Double, _ seed: Int?) throws -> Tensor {
    try inScope(nil, "dropout") { _ in
      let scale = try (1 / (1 - rate)).asTensor(preferring: x.dtype).asConstant()
      let kept = try BinaryOps.family.multiply(x, scale, name: "Mul")
      return try mask(x, kept, rate.asTensor(preferring: x.dtype), seed)
    }
  }

  static func apply(_ x: Tensor, rate: Tensor, _ seed: Int?) throws -> Tensor {
    try inScope(nil, "dropout") { _ in
      let one = try 1.asTensor(preferring: x.dtype).asConstant()
      let kept = try BinaryOps.family.realdiv(
        x, BinaryOps.family.subtract(one, rate, name: "Sub"), name: "RealDiv")
      return try mask(x, kept, rate, seed)
    }
  }

  private static func mask(_ x: Tensor, _ kept: Tensor, _ rate: Tensor, _ seed: Int?) throws
    -> Tensor
  {
    let drawn = try uniform(V1Scopes.shape(x), x.dtype, seed)
    let mask = try ComparisonOps.family.greaterEqual(drawn, rate)
    let zero = try 0.asTensor(preferring: x.dtype).asConstant()
    return try SelectOps.where(mask, kept, zero).refined(to: x.shape)
  }

  static func uniform(_ shape: Tensor, _ dtype: DType, _ seed: Int?) throws -> Tensor {
    try RandomAPI.uniform(shape, dtype: dtype, seed: seed)
  }
}
