import CKernels

/// Element-wise functions of one input.
package struct UnaryOps: OpFamily {
  package static let family: Self = define(Self())

  /// |x| of real numbers.
  package let magnitude: UnaryOp = .init("Abs", [.floats, .signedInts], jk_abs, needs: .inputs) {
    gradient, x, _ in
    try gradient * UnaryOps.family.sign(x)
  }

  package let negative = UnaryOp(
    "Neg", [.floats, .signedInts, .complexes], jk_neg, needs: .nothing
  ) {
    gradient, _, _ in
    try -gradient
  }

  package let sign = UnaryOp("Sign", [.floats, .signedInts, .complexes], jk_sign, needs: .inputs) {
    _, x, _ in
    try BasicOps.zerosLike(x)
  }

  package let square = UnaryOp("Square", [.numbers], jk_square, needs: .inputs) { gradient, x, _ in
    let multiply = BinaryOps.family.multiply
    return try after(gradient) {
      let two = try 2.asTensor(preferring: x.dtype).asConstant()
      return try multiply(gradient, multiply(conjugate(x), two))
    }
  }

  package let sqrt = UnaryOp("Sqrt", [.floats, .complexes], jk_sqrt, cost: 4, needs: .outputs) {
    gradient, _, y in
    try GradientOps.family.sqrt(y, gradient)
  }

  package let rsqrt = UnaryOp("Rsqrt", [.floats, .complexes], jk_rsqrt, cost: 4, needs: .outputs) {
    gradient, _, y in
    try GradientOps.family.rsqrt(y, gradient)
  }

  package let reciprocal = UnaryOp(
    "Reciprocal", [.floats, .signedInts, .complexes], kernel: [.floats, .complexes],
    jk_reciprocal, cost: 2, needs: .outputs
  ) { gradient, _, y in try GradientOps.family.reciprocal(y, gradient) }

  /// The older name of `Reciprocal`.
  package let inv = UnaryOp(
    "Inv", [.floats, .signedInts, .complexes], kernel: [.floats, .complexes],
    jk_reciprocal, cost: 2, needs: .outputs
  ) { gradient, _, y in try GradientOps.family.inv(y, gradient) }

  package let exp = UnaryOp("Exp", [.floats, .complexes], jk_exp, cost: 8, needs: .outputs) {
    gradient, _, y in
    try gradient * conjugate(y)
  }

  package let expm1: UnaryOp = .init(
    "Expm1", [.floats, .complexes], jk_expm1, cost: 8, needs: .inputs
  ) {
    gradient, x, _ in
    try after(gradient) { try gradient * conjugate(UnaryOps.family.exp(x)) }
  }

  package let log: UnaryOp = .init("Log", [.floats, .complexes], jk_log, cost: 8, needs: .inputs) {
    gradient, x, _ in
    try after(gradient) { try gradient * UnaryOps.family.reciprocal(conjugate(x)) }
  }

  package let log1p: UnaryOp = .init(
    "Log1p", [.floats, .complexes], jk_log1p, cost: 8, needs: .inputs
  ) {
    gradient, x, _ in
    try after(gradient) { try gradient * UnaryOps.family.reciprocal(1 + conjugate(x)) }
  }

  package let sin: UnaryOp = .init("Sin", [.floats, .complexes], jk_sin, cost: 8, needs: .inputs) {
    gradient, x, _ in
    try after(gradient) { try gradient * UnaryOps.family.cos(conjugate(x)) }
  }

  package let cos: UnaryOp = .init("Cos", [.floats, .complexes], jk_cos, cost: 8, needs: .inputs) {
    gradient, x, _ in
    try after(gradient) { try -gradient * UnaryOps.family.sin(conjugate(x)) }
  }

  package let tan: UnaryOp = .init("Tan", [.floats, .complexes], jk_tan, cost: 16, needs: .inputs) {
    gradient, x, _ in
    let secant = try UnaryOps.family.reciprocal(UnaryOps.family.cos(conjugate(x)))
    return try gradient * UnaryOps.family.square(secant)
  }

  package let asin: UnaryOp = .init(
    "Asin", [.floats, .complexes], jk_asin, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(UnaryOps.cofactor(x))
  }

  package let acos: UnaryOp = .init(
    "Acos", [.floats, .complexes], jk_acos, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try -gradient * UnaryOps.family.reciprocal(UnaryOps.cofactor(x))
  }

  /// √(1 - x²) of the conjugate.
  private static func cofactor(_ x: Tensor) throws -> Tensor {
    try family.sqrt(1 - family.square(conjugate(x)))
  }

  package let atan: UnaryOp = .init(
    "Atan", [.floats, .complexes], jk_atan, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(UnaryOps.family.square(conjugate(x)) + 1)
  }

  package let sinh: UnaryOp = .init(
    "Sinh", [.floats, .complexes], jk_sinh, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try after(gradient) { try gradient * UnaryOps.family.cosh(conjugate(x)) }
  }

  package let cosh: UnaryOp = .init(
    "Cosh", [.floats, .complexes], jk_cosh, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try after(gradient) { try gradient * UnaryOps.family.sinh(conjugate(x)) }
  }

  package let tanh = UnaryOp("Tanh", [.floats, .complexes], jk_tanh, cost: 8, needs: .outputs) {
    gradient, _, y in
    try GradientOps.family.tanh(conjugate(y), gradient)
  }

  package let asinh: UnaryOp = .init(
    "Asinh", [.floats, .complexes], jk_asinh, cost: 16, needs: .outputs
  ) {
    gradient, _, y in
    try gradient / UnaryOps.family.cosh(conjugate(y))
  }

  package let acosh: UnaryOp = .init(
    "Acosh", [.floats, .complexes], jk_acosh, cost: 16, needs: .outputs
  ) {
    gradient, _, y in
    try gradient / UnaryOps.family.sinh(conjugate(y))
  }

  package let atanh: UnaryOp = .init(
    "Atanh", [.floats, .complexes], jk_atanh, cost: 16, needs: .inputs
  ) {
    gradient, x, _ in
    try gradient * UnaryOps.family.reciprocal(1 - UnaryOps.family.square(conjugate(x)))
  }

  package let sigmoid = UnaryOp(
    "Sigmoid", [.floats, .complexes], jk_sigmoid, cost: 8, needs: .outputs
  ) {
    gradient, _, y in try GradientOps.family.sigmoid(conjugate(y), gradient)
  }

  package let erf: UnaryOp = .init("Erf", [.floats], jk_erf, cost: 16, needs: .inputs) {
    gradient, x, _ in
    try gradient * UnaryOps.bell(x)
  }

  package let erfc: UnaryOp = .init("Erfc", [.floats], jk_erfc, cost: 16, needs: .inputs) {
    gradient, x, _ in
    try -gradient * UnaryOps.bell(x)
  }

  /// The derivative of erf.
  private static func bell(_ x: Tensor) throws -> Tensor {
    try family.exp(-family.square(x)) * 1.1283791670955126
  }

  package let floor = UnaryOp("Floor", [.floats], jk_floor, gradient: .zero)
  package let ceil = UnaryOp("Ceil", [.floats], jk_ceil, gradient: .zero)
  /// x rounded, halves to the even neighbour. Follows `tf.math.round`.
  package let round = UnaryOp(
    "Round", [.floats, .signedInts, .complexes], kernel: [.floats, .int32, .int64], jk_round,
    gradient: .zero)
  package let rint = UnaryOp(
    "Rint", [.floats], kernel: [.float32, .float64], jk_round, gradient: .zero)

  package let isNan = UnaryOp("IsNan", [.floats], jk_is_nan, result: .bool, gradient: .zero)
  package let isInf = UnaryOp("IsInf", [.floats], jk_is_inf, result: .bool, gradient: .zero)
  package let isFinite = UnaryOp(
    "IsFinite", [.floats], jk_is_finite, result: .bool, gradient: .zero)

  package let logicalNot = UnaryOp(
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
  @_disfavoredOverload
  public static func round(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let x = try x.asTensor()
    return x.dtype.isInteger ? x : try UnaryOps.family.round.opDef([x], name: name)
  }

  /// The same of a literal.
  public static func round(_ x: TensorLiteral, name: String? = nil) throws -> Tensor {
    try round(x.asTensor(), name: name)
  }
}

extension SharedAPI {
  /// -x. Follows `tf.math.negative`.
  public static var negative: UnaryOp { UnaryOps.family.negative }

  /// -1, 0 or 1; z / |z| for complex numbers. Follows `tf.math.sign`.
  public static var sign: UnaryOp { UnaryOps.family.sign }

  /// x². Follows `tf.math.square`.
  public static var square: UnaryOp { UnaryOps.family.square }

  /// √x. Follows `tf.math.sqrt`.
  public static var sqrt: UnaryOp { UnaryOps.family.sqrt }

  /// 1 / √x. Follows `tf.math.rsqrt`.
  public static var rsqrt: UnaryOp { UnaryOps.family.rsqrt }

  /// 1 / x. Follows `tf.math.reciprocal`.
  public static var reciprocal: UnaryOp { UnaryOps.family.reciprocal }

  /// eˣ. Follows `tf.math.exp`.
  public static var exp: UnaryOp { UnaryOps.family.exp }

  /// eˣ - 1. Follows `tf.math.expm1`.
  public static var expm1: UnaryOp { UnaryOps.family.expm1 }

  /// log x. Follows `tf.math.log`.
  public static var log: UnaryOp { UnaryOps.family.log }

  /// log(1 + x). Follows `tf.math.log1p`.
  public static var log1p: UnaryOp { UnaryOps.family.log1p }

  /// sin x. Follows `tf.math.sin`.
  public static var sin: UnaryOp { UnaryOps.family.sin }

  /// cos x. Follows `tf.math.cos`.
  public static var cos: UnaryOp { UnaryOps.family.cos }

  /// tan x. Follows `tf.math.tan`.
  public static var tan: UnaryOp { UnaryOps.family.tan }

  /// arcsin x. Follows `tf.math.asin`.
  public static var asin: UnaryOp { UnaryOps.family.asin }

  /// arccos x. Follows `tf.math.acos`.
  public static var acos: UnaryOp { UnaryOps.family.acos }

  /// arctan x. Follows `tf.math.atan`.
  public static var atan: UnaryOp { UnaryOps.family.atan }

  /// sinh x. Follows `tf.math.sinh`.
  public static var sinh: UnaryOp { UnaryOps.family.sinh }

  /// cosh x. Follows `tf.math.cosh`.
  public static var cosh: UnaryOp { UnaryOps.family.cosh }

  /// tanh x. Follows `tf.math.tanh`.
  public static var tanh: UnaryOp { UnaryOps.family.tanh }

  /// arsinh x. Follows `tf.math.asinh`.
  public static var asinh: UnaryOp { UnaryOps.family.asinh }

  /// arcosh x. Follows `tf.math.acosh`.
  public static var acosh: UnaryOp { UnaryOps.family.acosh }

  /// artanh x. Follows `tf.math.atanh`.
  public static var atanh: UnaryOp { UnaryOps.family.atanh }

  /// 1 / (1 + e⁻ˣ). Follows `tf.math.sigmoid`.
  public static var sigmoid: UnaryOp { UnaryOps.family.sigmoid }

  /// The error function. Follows `tf.math.erf`.
  public static var erf: UnaryOp { UnaryOps.family.erf }

  /// 1 - erf x. Follows `tf.math.erfc`.
  public static var erfc: UnaryOp { UnaryOps.family.erfc }

  /// x rounded down. Follows `tf.math.floor`.
  public static var floor: UnaryOp { UnaryOps.family.floor }

  /// x rounded up. Follows `tf.math.ceil`.
  public static var ceil: UnaryOp { UnaryOps.family.ceil }

  /// x rounded, halves to the even neighbour. Follows `tf.math.rint`.
  public static var rint: UnaryOp { UnaryOps.family.rint }

  /// Whether x is NaN. Follows `tf.math.is_nan`.
  public static var isNan: UnaryOp { UnaryOps.family.isNan }

  /// Whether x is infinite. Follows `tf.math.is_inf`.
  public static var isInf: UnaryOp { UnaryOps.family.isInf }

  /// Whether x is a number and finite. Follows `tf.math.is_finite`.
  public static var isFinite: UnaryOp { UnaryOps.family.isFinite }

  /// Not x. Follows `tf.math.logical_not`.
  public static var logicalNot: UnaryOp { UnaryOps.family.logicalNot }
}
