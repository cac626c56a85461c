import CKernels

/// Special functions.
package struct SpecialOps: OpFamily {
  package static let family: Self = define(Self())

  package let lgamma: UnaryOp = .init(
    "Lgamma", .floats, kernel: SpecialOps.wide, jk_lgamma, cost: 32, needs: .inputs
  ) { gradient, x, _ in try gradient * SpecialOps.family.digamma(x) }

  package let digamma: UnaryOp = .init(
    "Digamma", .floats, kernel: SpecialOps.wide, jk_digamma, cost: 32, needs: .inputs
  ) { gradient, x, _ in
    let one = try BasicOps.zerosLike(x) + 1
    return try gradient * SpecialOps.family.polygamma(one, x)
  }

  package let erfinv = UnaryOp(
    "Erfinv", .floats, kernel: [.float32, .float64], jk_erfinv, cost: 128, needs: .outputs
  ) { gradient, _, y in
    try gradient * UnaryOps.family.exp(UnaryOps.family.square(y)) * 0.886226925452758
  }

  package let ndtri = UnaryOp(
    "Ndtri", .floats, kernel: [.float32, .float64], jk_ndtri, cost: 128, needs: .outputs
  ) { gradient, _, y in
    try gradient * UnaryOps.family.exp(UnaryOps.family.square(y) / 2) * 2.5066282746310002
  }

  package let besselI0: UnaryOp = SpecialOps.bessel("BesselI0", jk_bessel_i0, needs: .inputs) {
    gradient, x, _ in
    try gradient * SpecialOps.family.besselI1(x)
  }
  package let besselI0e: UnaryOp = SpecialOps.bessel("BesselI0e", jk_bessel_i0e) { gradient, x, y in
    try gradient * (SpecialOps.family.besselI1e(x) - UnaryOps.family.sign(x) * y)
  }
  package let besselI1: UnaryOp = SpecialOps.bessel("BesselI1", jk_bessel_i1) { gradient, x, y in
    try gradient
      * SpecialOps.awayFromZero(x, atZero: 1) {
        try SpecialOps.family.besselI0($0) - y / $0
      }
  }
  package let besselI1e: UnaryOp = SpecialOps.bessel("BesselI1e", jk_bessel_i1e) { gradient, x, y in
    try gradient
      * SpecialOps.awayFromZero(x, atZero: 0.5) {
        try SpecialOps.family.besselI0e($0)
          - y * (UnaryOps.family.sign($0) + UnaryOps.family.reciprocal($0))
      }
  }
  package let besselJ0: UnaryOp = SpecialOps.bessel("BesselJ0", jk_bessel_j0, needs: .inputs) {
    gradient, x, _ in
    try -gradient * SpecialOps.family.besselJ1(x)
  }
  package let besselJ1: UnaryOp = SpecialOps.bessel("BesselJ1", jk_bessel_j1) { gradient, x, y in
    try gradient
      * SpecialOps.awayFromZero(x, atZero: 0.5) {
        try SpecialOps.family.besselJ0($0) - y / $0
      }
  }
  package let besselK0: UnaryOp = SpecialOps.bessel("BesselK0", jk_bessel_k0, needs: .inputs) {
    gradient, x, _ in
    try -gradient * SpecialOps.family.besselK1(x)
  }
  package let besselK0e: UnaryOp = SpecialOps.bessel("BesselK0e", jk_bessel_k0e) { gradient, x, y in
    try gradient * (y - SpecialOps.family.besselK1e(x))
  }
  package let besselK1: UnaryOp = SpecialOps.bessel("BesselK1", jk_bessel_k1) { gradient, x, y in
    try gradient * (-SpecialOps.family.besselK0(x) - y / x)
  }
  package let besselK1e: UnaryOp = SpecialOps.bessel("BesselK1e", jk_bessel_k1e) { gradient, x, y in
    try gradient
      * (y * (1 - UnaryOps.family.reciprocal(x)) - SpecialOps.family.besselK0e(x))
  }
  package let besselY0: UnaryOp = SpecialOps.bessel("BesselY0", jk_bessel_y0, needs: .inputs) {
    gradient, x, _ in
    try -gradient * SpecialOps.family.besselY1(x)
  }
  package let besselY1: UnaryOp = SpecialOps.bessel("BesselY1", jk_bessel_y1) { gradient, x, y in
    try gradient * (SpecialOps.family.besselY0(x) - y / x)
  }

  package let dawsn = UnaryOp(
    "Dawsn", .floats, kernel: [.float32, .float64], jk_dawsn, cost: 256
  ) { gradient, x, y in try gradient * (1 - x * y * 2) }

  package let expint = UnaryOp(
    "Expint", .floats, kernel: [.float32, .float64], jk_expint, cost: 128, needs: .inputs
  ) { gradient, x, _ in try gradient * UnaryOps.family.exp(x) / x }

  package let fresnelCos = UnaryOp(
    "FresnelCos", .floats, kernel: [.float32, .float64], jk_fresnel_cos, cost: 128, needs: .inputs
  ) { gradient, x, _ in
    try gradient * UnaryOps.family.cos(UnaryOps.family.square(x) * 1.5707963267948966)
  }

  package let fresnelSin = UnaryOp(
    "FresnelSin", .floats, kernel: [.float32, .float64], jk_fresnel_sin, cost: 128, needs: .inputs
  ) { gradient, x, _ in
    try gradient * UnaryOps.family.sin(UnaryOps.family.square(x) * 1.5707963267948966)
  }

  package let spence: UnaryOp = .init(
    "Spence", .floats, kernel: [.float32, .float64], jk_spence, cost: 128, needs: .inputs
  ) { gradient, x, _ in
    let one = try BasicOps.zerosLike(x) + 1
    return try gradient
      * SelectOps.where(
        ComparisonOps.family.equal(x, one), -one, UnaryOps.family.log(x) / (1 - x))
  }

  private static let wide: DTypeSet = [.half, .float32, .float64]

  private static func bessel(
    _ name: String, _ loops: @escaping LoopTable, needs: GradientNeeds = .all,
    gradient: @escaping @Sendable (_ gradient: Tensor, _ x: Tensor, _ y: Tensor) throws -> Tensor
  ) -> UnaryOp {
    UnaryOp(name, .floats, kernel: wide, loops, cost: 256, needs: needs, gradient: gradient)
  }

  /// `value` of x, and a constant where x is 0.
  private static func awayFromZero(
    _ x: Tensor, atZero: Double, _ value: (Tensor) throws -> Tensor
  ) throws -> Tensor {
    let zeros = try BasicOps.zerosLike(x)
    let isZero = try ComparisonOps.family.equal(x, zeros)
    return try SelectOps.where(isZero, zeros + atZero, value(x))
  }

  package let igamma: BinaryOp = .init(
    "Igamma", .floats, kernel: [.float32, .float64], jk_igamma, cost: 512, inputs: ("a", "x"),
    needs: .inputs
  ) { gradient, a, x, _ in
    (
      try gradient * SpecialOps.family.igammaGradA(a, x),
      try gradient * SpecialOps.gammaDensity(a, x)
    )
  }

  package let igammac: BinaryOp = .init(
    "Igammac", .floats, kernel: [.float32, .float64], jk_igammac, cost: 512, inputs: ("a", "x"),
    needs: .inputs
  ) { gradient, a, x, _ in
    (
      try -gradient * SpecialOps.family.igammaGradA(a, x),
      try -gradient * SpecialOps.gammaDensity(a, x)
    )
  }

  /// The derivative of `igamma` by a.
  package let igammaGradA = BinaryOp(
    "IgammaGradA", [.float32, .float64], jk_igamma_grad_a, cost: 1024, inputs: ("a", "x"),
    gradient: .none("TensorFlow has no gradient for IgammaGradA"))

  /// x^(a-1) e^-x / Γ(a).
  private static func gammaDensity(_ a: Tensor, _ x: Tensor) throws -> Tensor {
    try UnaryOps.family.exp(
      -x + (a - 1) * UnaryOps.family.log(x) - family.lgamma(a))
  }

  package let zeta: BinaryOp = .init(
    "Zeta", [.float32, .float64], jk_zeta, cost: 512, inputs: ("x", "q"), needs: .inputs
  ) { gradient, x, q, _ in (nil, try gradient * -x * SpecialOps.family.zeta(x + 1, q)) }

  package let polygamma: BinaryOp = .init(
    "Polygamma", [.float32, .float64], jk_polygamma, cost: 512, inputs: ("a", "x"), needs: .inputs
  ) { gradient, a, x, _ in (nil, try gradient * SpecialOps.family.polygamma(a + 1, x)) }

  package let betaincOp: OpDef = .init(
    "Betainc",
    """
    a: T, b: T, x: T -> z: T
    T: {float, double}
    """,
    shape: { context in
      // Tensors that are not scalars have one shape.
      var shape = PartialShape.scalar
      for (other, name) in zip(context.shapes, ["a", "b", "x"]) where other.rank != 0 {
        guard shape.rank != 0 else {
          shape = other
          continue
        }
        guard shape.isCompatible(with: other) else {
          throw TFError.invalidArgument(
            "Shapes of a and \(name) are inconsistent: \(shape) vs. \(other)")
        }
        shape =
          context.shapes.contains { $0.rank == nil } ? .unknown : try shape.merged(with: other)
      }
      return [shape]
    },
    kernel: .elementwise([.float32, .float64], jk_betainc, cost: 512),
    gradient: .rule(needs: .init(inputs: [0, 1, 2], outputs: [0])) { context in
      let (a, b, x) = (context.inputs[0], context.inputs[1], context.inputs[2])
      let (lgamma, binary) = (SpecialOps.family.lgamma, BinaryOps.family)
      let beta = try lgamma(a) + lgamma(b) - lgamma(a + b)
      let density = try UnaryOps.family.exp(
        binary.xlog1py(b - 1, -x) + binary.xlogy(a - 1, x) - beta)
      return [
        nil, nil,
        try reduceToShape(context.gradient() * density, of: x, other: context.outputs[0]),
      ]
    })
}

extension SharedAPI {
  /// The incomplete beta function, as a fraction of B(a, b). Follows `tf.math.betainc`.
  ///
  /// - Parameters:
  ///   - a, b, x: of one shape, or scalars; float32 or float64.
  /// - Throws: `INVALID_ARGUMENT` for shapes that differ.
  public static func betainc(
    _ a: some TensorConvertible, _ b: some TensorConvertible, _ x: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    let dtype = a.definiteDType ?? b.definiteDType ?? x.definiteDType
    return try SpecialOps.family.betaincOp(
      [
        a.asTensor(preferring: dtype), b.asTensor(preferring: dtype),
        x.asTensor(preferring: dtype),
      ], name: name)
  }

  /// The same with its arguments by label.
  public static func betainc(
    _ a: some TensorConvertible, b: some TensorConvertible, x: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    try betainc(a, b, x, name: name)
  }
}

extension SharedAPI {
  /// log |Γ(x)|. Follows `tf.math.lgamma`.
  public static var lgamma: UnaryOp { SpecialOps.family.lgamma }

  /// The derivative of `lgamma`. Follows `tf.math.digamma`.
  public static var digamma: UnaryOp { SpecialOps.family.digamma }

  /// The inverse of `erf`. Follows `tf.math.erfinv`.
  public static var erfinv: UnaryOp { SpecialOps.family.erfinv }

  /// The quantile of the normal distribution. Follows `tf.math.ndtri`.
  public static var ndtri: UnaryOp { SpecialOps.family.ndtri }

  /// Follows `tf.math.bessel_i0`.
  public static var besselI0: UnaryOp { SpecialOps.family.besselI0 }

  /// e^-|x| times `besselI0`. Follows `tf.math.bessel_i0e`.
  public static var besselI0e: UnaryOp { SpecialOps.family.besselI0e }

  /// Follows `tf.math.bessel_i1`.
  public static var besselI1: UnaryOp { SpecialOps.family.besselI1 }

  /// e^-|x| times `besselI1`. Follows `tf.math.bessel_i1e`.
  public static var besselI1e: UnaryOp { SpecialOps.family.besselI1e }

  /// Follows `tf.math.special.bessel_j0`.
  public static var besselJ0: UnaryOp { SpecialOps.family.besselJ0 }

  /// Follows `tf.math.special.bessel_j1`.
  public static var besselJ1: UnaryOp { SpecialOps.family.besselJ1 }

  /// Follows `tf.math.special.bessel_k0`.
  public static var besselK0: UnaryOp { SpecialOps.family.besselK0 }

  /// eˣ times `besselK0`. Follows `tf.math.special.bessel_k0e`.
  public static var besselK0e: UnaryOp { SpecialOps.family.besselK0e }

  /// Follows `tf.math.special.bessel_k1`.
  public static var besselK1: UnaryOp { SpecialOps.family.besselK1 }

  /// eˣ times `besselK1`. Follows `tf.math.special.bessel_k1e`.
  public static var besselK1e: UnaryOp { SpecialOps.family.besselK1e }

  /// Follows `tf.math.special.bessel_y0`.
  public static var besselY0: UnaryOp { SpecialOps.family.besselY0 }

  /// Follows `tf.math.special.bessel_y1`.
  public static var besselY1: UnaryOp { SpecialOps.family.besselY1 }

  /// Dawson's integral. Follows `tf.math.special.dawsn`.
  public static var dawsn: UnaryOp { SpecialOps.family.dawsn }

  /// The exponential integral of positive numbers. Follows `tf.math.special.expint`.
  public static var expint: UnaryOp { SpecialOps.family.expint }

  /// Fresnel's cosine integral. Follows `tf.math.special.fresnel_cos`.
  public static var fresnelCos: UnaryOp { SpecialOps.family.fresnelCos }

  /// Fresnel's sine integral. Follows `tf.math.special.fresnel_sin`.
  public static var fresnelSin: UnaryOp { SpecialOps.family.fresnelSin }

  /// Spence's function, the dilogarithm of 1 - x. Follows `tf.math.special.spence`.
  public static var spence: UnaryOp { SpecialOps.family.spence }

  /// The lower incomplete gamma function, as a fraction of Γ(a). Follows `tf.math.igamma`.
  public static var igamma: BinaryOp { SpecialOps.family.igamma }

  /// The upper incomplete gamma function, as a fraction of Γ(a). Follows `tf.math.igammac`.
  public static var igammac: BinaryOp { SpecialOps.family.igammac }

  /// Hurwitz' zeta function. Follows `tf.math.zeta`.
  public static var zeta: BinaryOp { SpecialOps.family.zeta }

  /// The derivatives of `digamma`, of order a. Follows `tf.math.polygamma`.
  public static var polygamma: BinaryOp { SpecialOps.family.polygamma }
}
