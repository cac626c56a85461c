import CKernels
public import CoreOps

/// Activations of `tf.nn`.
package struct ActivationOps: OpFamily {
  package static let family: Self = define(Self())

  package let relu = UnaryOp(
    "Relu", [.reals, DTypeSet(.qint8)], kernel: [.reals], jk_relu, input: "features",
    output: "activations", needs: .outputs
  ) { gradient, _, y in try GradientOps.family.relu(gradient, y) }

  package let relu6 = UnaryOp(
    "Relu6", [.reals], jk_relu6, input: "features", output: "activations", needs: .outputs
  ) { gradient, _, y in try GradientOps.family.relu6(gradient, y) }

  package let elu = UnaryOp(
    "Elu", [.floats], jk_elu, cost: 8, input: "features", output: "activations", needs: .outputs
  ) { gradient, _, y in try GradientOps.family.elu(gradient, y) }

  package let selu = UnaryOp(
    "Selu", [.floats], jk_selu, cost: 8, input: "features", output: "activations", needs: .outputs
  ) { gradient, _, y in try GradientOps.family.selu(gradient, y) }

  package let softplus = UnaryOp(
    "Softplus", [.floats], jk_softplus, cost: 16, input: "features", output: "activations",
    needs: .inputs
  ) { gradient, x, _ in try GradientOps.family.softplus(gradient, x) }

  package let softsign = UnaryOp(
    "Softsign", [.floats], jk_softsign, cost: 2, input: "features", output: "activations",
    needs: .inputs
  ) { gradient, x, _ in try GradientOps.family.softsign(gradient, x) }

  package let leakyReluOp = OpDef(
    "LeakyRelu",
    """
    features: T -> activations: T
    alpha: float = 0.20000000298023224
    T: {half, bfloat16, float, double} = float
    """,
    shape: ShapeRules.same,
    kernel: .elementwise(
      .floats, jk_leaky_relu, params: { context in LoopParams(try context.float("alpha")) }),
    gradient: .rule(needs: .inputs(0)) {
      [
        try GradientOps.family.leakyRelu(
          [$0.gradient(), $0.inputs[0]], ["alpha": .float($0.float("alpha"))])
      ]
    })

  /// x, or alpha x below 0.
  package static func leakyRelu(
    _ features: some TensorConvertible, alpha: Float, name: String?
  ) throws -> Tensor {
    try family.leakyReluOp([features.asTensor()], ["alpha": .float(alpha)], name: name)
  }
}

extension SharedNN {
  /// `features`, or `alpha` times that where it is below 0. Follows `tf.nn.leaky_relu`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a dtype that is not floating point.
  @_disfavoredOverload
  public static func leakyRelu(
    _ features: some TensorConvertible, alpha: Float = 0.2, name: String? = nil
  ) throws -> Tensor {
    try ActivationOps.leakyRelu(features, alpha: alpha, name: name)
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func leakyRelu(
    _ features: some TensorConvertible, _ alpha: Float, name: String? = nil
  ) throws -> Tensor {
    try leakyRelu(features, alpha: alpha, name: name)
  }

  /// The same of a literal.
  public static func leakyRelu(
    _ features: TensorLiteral, _ alpha: Float, name: String? = nil
  ) throws -> Tensor {
    try leakyRelu(features.asTensor(), alpha: alpha, name: name)
  }

  /// The same of a literal.
  public static func leakyRelu(_ features: TensorLiteral, alpha: Float = 0.2, name: String? = nil)
    throws -> Tensor
  {
    try leakyRelu(features.asTensor(), alpha: alpha, name: name)
  }

  /// 1 / (1 + e⁻ˣ). Follows `tf.nn.sigmoid`.
  public static var sigmoid: UnaryOp { UnaryOps.family.sigmoid }
  /// Follows `tf.nn.tanh`.
  public static var tanh: UnaryOp { UnaryOps.family.tanh }

  /// x times the sigmoid of `beta` x. Follows `tf.nn.silu`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a dtype that is not floating point.
  @_disfavoredOverload
  public static func silu(
    _ features: some TensorConvertible, beta: Float = 1, name: String? = nil
  ) throws -> Tensor {
    let x = try features.asTensor()
    let scaled = beta == 1 ? x : try x * beta
    return try BinaryOps.family.multiply(x, UnaryOps.family.sigmoid(scaled), name: name)
  }

  /// The same of a literal.
  public static func silu(_ features: TensorLiteral, beta: Float = 1, name: String? = nil) throws
    -> Tensor
  {
    try silu(features.asTensor(), beta: beta, name: name)
  }
  /// `silu` by its older name. Follows `tf.nn.swish`.
  public static func swish(
    _ features: some TensorConvertible, beta: Float = 1, name: String? = nil
  ) throws -> Tensor { try silu(features, beta: beta, name: name) }

  /// x times the normal distribution function of x, or its approximation by a hyperbolic tangent.
  /// Follows `tf.nn.gelu`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a dtype that is not floating point.
  @_disfavoredOverload
  public static func gelu(
    _ features: some TensorConvertible, approximate: Bool = false, name: String? = nil
  ) throws -> Tensor {
    let x = try features.asTensor()
    return try inScope(name, "Gelu") { scope in
      // TensorFlow casts some factors to the dtype, and hands others to the operator.
      func factor(_ value: Double) throws -> Tensor {
        try value.asTensor(preferring: x.dtype).asConstant(named: "Cast/x")
      }
      let product = BinaryOps.family.multiply
      guard approximate else {
        let half = try 0.5 * x
        // For a large -x, 1 + erf would be a difference of near numbers.
        let argument = try -x * factor(0.7071067811865476)
        return try product(half, MathAPI.erfc(argument), name: scope)
      }
      let coefficient = try factor(0.044715)
      let half = try 0.5 * x
      let cube = try product(coefficient, BinaryOps.family.pow(x, 3), name: "mul")
      let inner = try 0.7978845608028654 * (x + cube)
      return try product(half, 1 + UnaryOps.family.tanh(inner), name: scope)
    }
  }

  /// The same of a literal.
  public static func gelu(_ features: TensorLiteral, approximate: Bool = false, name: String? = nil)
    throws -> Tensor
  {
    try gelu(features.asTensor(), approximate: approximate, name: name)
  }
}

extension MathAPI {
  /// log(1 + eˣ). Follows `tf.math.softplus`.
  public static var softplus: UnaryOp { ActivationOps.family.softplus }
  /// x / (1 + |x|). Follows `tf.math.softsign`.
  public static var softsign: UnaryOp { ActivationOps.family.softsign }
}

extension SharedAPI {
  /// The logarithm of the sigmoid. Follows `tf.math.log_sigmoid`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a dtype that is not floating point.
  public static func logSigmoid(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try UnaryOps.family.negative(ActivationOps.family.softplus(-x.asTensor()), name: name)
  }

  /// The inverse of `erfc`. Follows `tf.math.erfcinv`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a dtype other than float32 and float64.
  public static func erfcinv(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let quantile = try SpecialOps.family.ndtri(x.asTensor() * 0.5)
    return try BinaryOps.family.multiply(quantile, -0.7071067811865476, name: name)
  }
}

extension SharedNN {
  /// max(x, 0). Follows `tf.nn.relu`.
  public static var relu: UnaryOp { ActivationOps.family.relu }

  /// x held between 0 and 6. Follows `tf.nn.relu6`.
  public static var relu6: UnaryOp { ActivationOps.family.relu6 }

  /// x, or eˣ - 1 below 0. Follows `tf.nn.elu`.
  public static var elu: UnaryOp { ActivationOps.family.elu }

  /// Elu, scaled so that mean and variance settle. Follows `tf.nn.selu`.
  public static var selu: UnaryOp { ActivationOps.family.selu }

  /// log(1 + eˣ). Follows `tf.nn.softplus`.
  public static var softplus: UnaryOp { ActivationOps.family.softplus }

  /// x / (1 + |x|). Follows `tf.nn.softsign`.
  public static var softsign: UnaryOp { ActivationOps.family.softsign }
}
