import CKernels

/// Element-wise functions of one input.
public struct UnaryOps: OpFamily {
  @usableFromInline package static let family: Self = define(Self())

  /// |x| of real numbers.
  package let magnitude: UnaryOp = .init("Abs", [.floats, .signedInts], jk_abs, needs: .inputs) {
    gradient, x, _ in
    try gradient * UnaryOps.family.sign(x)
  }

  /// -x. Follows `tf.math.negative`.
  public let negative = UnaryOp("Neg", [.floats, .signedInts, .complexes], jk_neg, needs: .nothing)
  {
    gradient, _, _ in
    try -gradient
  }

  /// -1, 0 or 1; z / |z| for complex numbers. Follows `tf.math.sign`.
  public let sign = UnaryOp("Sign", [.floats, .signedInts, .complexes], jk_sign, needs: .inputs) {
    _, x, _ in
    try BasicOps.zerosLike(x)
  }

  /// x². Follows `tf.math.square`.
  public let square = UnaryOp("Square", [.numbers], jk_square, needs: .inputs) { gradient, x, _ in
    try gradient * (conjugate(x) * 2)
  }

  /// √x. Follows `tf.math.sqrt`.
  public let sqrt = UnaryOp("Sqrt", [.floats, .complexes], jk_sqrt, cost: 4, needs: .outputs) {
    gradient, _, y in
    try GradientOps.family.sqrt(y, gradient)
  }

  /// 1 / √x. Follows `tf.math.rsqrt`.
  public let rsqrt = UnaryOp("Rsqrt", [.floats, .complexes], jk_rsqrt, cost: 4, needs: .outputs) {
    gradient, _, y in
    try GradientOps.family.rsqrt(y, gradient)
  }

  /// 1 / x. Follows `tf.math.reciprocal`.
  public let reciprocal = UnaryOp(
    "Reciprocal", [.floats, .signedInts, .complexes], kernel: [.floats, .complexes],
    jk_reciprocal, cost: 2, needs: .outputs
  ) { gradient, _, y in try GradientOps.family.reciprocal(y, gradient) }

  /// The older name of `Reciprocal`.
  package let inv = UnaryOp(
    "Inv", [.floats, .signedInts, .complexes], kernel: [.floats, .complexes],
    jk_reciprocal, cost: 2, needs: .outputs
  ) { gradient, _, y in try GradientOps.family.inv(y, gradient) }

  /// eˣ. Follows `tf.math.exp`.
  public let exp = UnaryOp("Exp", [.floats, .complexes], jk_exp, cost: 8, needs: .outputs) {
    gradient, _, y in
    try gradient * conjugate(y)
  }

  /// eˣ - 1. Follows `tf.math.expm1`.
  public let expm1: UnaryOp = .init(
    "Expm1", [.floats, .complexes], jk_expm1, cost: 8, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * conjugate(UnaryOps.family.exp(x))
  }

  /// log x. Follows `tf.math.log`.
  public let log: UnaryOp = .init("Log", [.floats, .complexes], jk_log, cost: 8, needs: .inputs) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(conjugate(x))
  }

  /// log(1 + x). Follows `tf.math.log1p`.
  public let log1p: UnaryOp = .init(
    "Log1p", [.floats, .complexes], jk_log1p, cost: 8, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(conjugate(x) + 1)
  }

  /// sin x. Follows `tf.math.sin`.
  public let sin: UnaryOp = .init("Sin", [.floats, .complexes], jk_sin, cost: 8, needs: .inputs) {
    gradient, x, _ in
    try gradient * UnaryOps.family.cos(conjugate(x))
  }

  /// cos x. Follows `tf.math.cos`.
  public let cos: UnaryOp = .init("Cos", [.floats, .complexes], jk_cos, cost: 8, needs: .inputs) {
    gradient, x, _ in
    try -gradient * UnaryOps.family.sin(conjugate(x))
  }

  /// tan x. Follows `tf.math.tan`.
  public let tan: UnaryOp = .init("Tan", [.floats, .complexes], jk_tan, cost: 16, needs: .inputs) {
    gradient, x, _ in
    let secant = try UnaryOps.family.reciprocal(UnaryOps.family.cos(conjugate(x)))
    return try gradient * UnaryOps.family.square(secant)
  }

  /// arcsin x. Follows `tf.math.asin`.
  public let asin: UnaryOp = .init(
    "Asin", [.floats, .complexes], jk_asin, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(UnaryOps.cofactor(x))
  }

  /// arccos x. Follows `tf.math.acos`.
  public let acos: UnaryOp = .init(
    "Acos", [.floats, .complexes], jk_acos, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try -gradient * UnaryOps.family.reciprocal(UnaryOps.cofactor(x))
  }

  /// √(1 - x²) of the conjugate.
  private static func cofactor(_ x: Tensor) throws -> Tensor {
    try family.sqrt(1 - family.square(conjugate(x)))
  }

  /// arctan x. Follows `tf.math.atan`.
  public let atan: UnaryOp = .init(
    "Atan", [.floats, .complexes], jk_atan, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(UnaryOps.family.square(conjugate(x)) + 1)
  }

  /// sinh x. Follows `tf.math.sinh`.
  public let sinh: UnaryOp = .init(
    "Sinh", [.floats, .complexes], jk_sinh, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.cosh(conjugate(x))
  }

  /// cosh x. Follows `tf.math.cosh`.
  public let cosh: UnaryOp = .init(
    "Cosh", [.floats, .complexes], jk_cosh, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.sinh(conjugate(x))
  }

  /// tanh x. Follows `tf.math.tanh`.
  public let tanh = UnaryOp("Tanh", [.floats, .complexes], jk_tanh, cost: 8, needs: .outputs) {
    gradient, _, y in
    try GradientOps.family.tanh(conjugate(y), gradient)
  }

  /// arsinh x. Follows `tf.math.asinh`.
  public let asinh: UnaryOp = .init(
    "Asinh", [.floats, .complexes], jk_asinh, cost: 16, needs: .outputs
  ) {
    gradient, _, y in
    try gradient / UnaryOps.family.cosh(conjugate(y))
  }

  /// arcosh x. Follows `tf.math.acosh`.
  public let acosh: UnaryOp = .init(
    "Acosh", [.floats, .complexes], jk_acosh, cost: 16, needs: .outputs
  ) {
    gradient, _, y in
    try gradient / UnaryOps.family.sinh(conjugate(y))
  }

  /// artanh x. Follows `tf.math.atanh`.
  public let atanh: UnaryOp = .init(
    "Atanh", [.floats, .complexes], jk_atanh, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(1 - UnaryOps.family.square(conjugate(x)))
  }

  /// 1 / (1 + e⁻ˣ). Follows `tf.math.sigmoid`.
  public let sigmoid = UnaryOp(
    "Sigmoid", [.floats, .complexes], jk_sigmoid, cost: 8, needs: .outputs
  ) {
    gradient, _, y in try GradientOps.family.sigmoid(conjugate(y), gradient)
  }

  /// The error function. Follows `tf.math.erf`.
  public let erf: UnaryOp = .init("Erf", [.floats], jk_erf, cost: 16, needs: .inputs) {
    gradient, x, _ in
    try gradient * UnaryOps.bell(x)
  }

  /// 1 - erf x. Follows `tf.math.erfc`.
  public let erfc: UnaryOp = .init("Erfc", [.floats], jk_erfc, cost: 16, needs: .inputs) {
    gradient, x, _ in
    try -gradient * UnaryOps.bell(x)
  }

  /// The derivative of erf.
  private static func bell(_ x: Tensor) throws -> Tensor {
    try family.exp(-family.square(x)) * 1.1283791670955126
  }

  /// x rounded down. Follows `tf.math.floor`.
  public let floor = UnaryOp("Floor", [.floats], jk_floor, gradient: .zero)
  /// x rounded up. Follows `tf.math.ceil`.
  public let ceil = UnaryOp("Ceil", [.floats], jk_ceil, gradient: .zero)
  /// x rounded, halves to the even neighbour. Follows `tf.math.round`.
  public let round = UnaryOp(
    "Round", [.floats, .signedInts, .complexes], kernel: [.floats, .int32, .int64], jk_round,
    gradient: .zero)
  /// x rounded, halves to the even neighbour. Follows `tf.math.rint`.
  public let rint = UnaryOp(
    "Rint", [.floats], kernel: [.float32, .float64], jk_round, gradient: .zero)

  /// Whether x is NaN. Follows `tf.math.is_nan`.
  public let isNan = UnaryOp("IsNan", [.floats], jk_is_nan, result: .bool, gradient: .zero)
  /// Whether x is infinite. Follows `tf.math.is_inf`.
  public let isInf = UnaryOp("IsInf", [.floats], jk_is_inf, result: .bool, gradient: .zero)
  /// Whether x is a number and finite. Follows `tf.math.is_finite`.
  public let isFinite = UnaryOp("IsFinite", [.floats], jk_is_finite, result: .bool, gradient: .zero)

  /// Not x. Follows `tf.math.logical_not`.
  public let logicalNot = UnaryOp(
    OpDef(
      "LogicalNot", "x: bool -> y: bool", shape: ShapeRules.same,
      kernel: .elementwise([], jk_logical_not), gradient: .zero))

  /// Every bit turned. Follows `tf.bitwise.invert`.
  package let invert = UnaryOp("Invert", [.ints], jk_invert, gradient: .zero)
  /// How many bits are 1.
  package let populationCount = UnaryOp(
    "PopulationCount", [.ints], jk_population_count, result: .uint8, gradient: .zero)
}

extension SharedAPI {
  /// x rounded, halves to the even neighbour; integers as they are. Follows `tf.round`.
  ///
  /// - Parameters:
  ///   - x: a real or complex tensor.
  ///   - name: the node's name in a graph.
  public static func round(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let x = try x.asTensor()
    return x.dtype.isInteger ? x : try UnaryOps.family.round.opDef([x], name: name)
  }
}
