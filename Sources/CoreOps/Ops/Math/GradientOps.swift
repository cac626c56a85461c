import CKernels

/// Derivatives that TensorFlow has as ops of their own.
package struct GradientOps: OpFamily {
  package static let family: Self = define(Self())

  /// dy / 2y for y = √x.
  package let sqrt: BinaryOp = GradientOps.ofOutput("SqrtGrad", jk_sqrt_grad) {
    gradient, y, dy, z in
    let scaled = try gradient / y
    return (try -conjugate(scaled) * z, try scaled * 0.5)
  }

  /// -dy y³ / 2 for y = 1 / √x.
  package let rsqrt: BinaryOp = GradientOps.ofOutput("RsqrtGrad", jk_rsqrt_grad, needs: .inputs) {
    gradient, y, dy, _ in
    let c = try conjugate(y)
    return (
      try conjugate(gradient) * -1.5 * dy * UnaryOps.family.square(c),
      try GradientOps.family.rsqrt(c, gradient)
    )
  }

  /// -dy y² for y = 1 / x.
  package let reciprocal: BinaryOp = GradientOps.ofReciprocal("ReciprocalGrad")
  /// The older name of `ReciprocalGrad`.
  package let inv: BinaryOp = GradientOps.ofReciprocal("InvGrad")

  private static func ofReciprocal(_ name: String) -> BinaryOp {
    ofOutput(name, jk_reciprocal_grad, needs: .inputs) { gradient, y, dy, _ in
      let c = try conjugate(y)
      return (
        try conjugate(gradient) * -2 * dy * c, try GradientOps.family.reciprocal(c, gradient)
      )
    }
  }

  /// dy y (1 - y) for y the sigmoid of x.
  package let sigmoid: BinaryOp = GradientOps.ofOutput(
    "SigmoidGrad", jk_sigmoid_grad, needs: .inputs
  ) {
    gradient, y, dy, _ in
    let scaled = try gradient * conjugate(dy)
    return (
      try scaled - scaled * 2 * conjugate(y), try GradientOps.family.sigmoid(conjugate(y), gradient)
    )
  }

  /// dy (1 - y²) for y = tanh x.
  package let tanh: BinaryOp = GradientOps.ofOutput("TanhGrad", jk_tanh_grad, needs: .inputs) {
    gradient, y, dy, _ in
    (
      try gradient * -2 * conjugate(dy) * conjugate(y),
      try GradientOps.family.tanh(conjugate(y), gradient)
    )
  }

  /// An op of a function's output and the output's gradient.
  private static func ofOutput(
    _ name: String, _ loops: @escaping LoopTable, needs: GradientNeeds = .all,
    gradient: @escaping BroadcastGradient
  ) -> BinaryOp {
    BinaryOp(
      name, [.floats, .complexes], loops, cost: 2, inputs: ("y", "dy"),
      shape: ShapeRules.alike, needs: needs, gradient: gradient)
  }

  package let relu: BinaryOp = GradientOps.ofFeatures(
    "ReluGrad", .reals, jk_relu_grad, needs: .inputs(1)
  ) {
    gradient, _, x, _ in (try GradientOps.family.relu(gradient, x), nil)
  }

  package let relu6: BinaryOp = GradientOps.ofFeatures(
    "Relu6Grad", .reals, jk_relu6_grad, needs: .inputs(1)
  ) {
    gradient, _, x, _ in (try GradientOps.family.relu6(gradient, x), nil)
  }

  package let elu: BinaryOp = GradientOps.ofFeatures(
    "EluGrad", .floats, jk_elu_grad, "outputs", needs: .inputs
  ) {
    gradient, dy, y, _ in
    (
      try GradientOps.family.elu(gradient, y), try GradientOps.whereNegative(y, gradient * dy)
    )
  }

  package let selu: BinaryOp = GradientOps.ofFeatures(
    "SeluGrad", .floats, jk_selu_grad, "outputs", needs: .inputs
  ) {
    gradient, dy, y, _ in
    (
      try GradientOps.family.selu(gradient, y), try GradientOps.whereNegative(y, gradient * dy)
    )
  }

  private static func whereNegative(_ y: Tensor, _ value: Tensor) throws -> Tensor {
    let zeros = try BasicOps.zerosLike(y)
    return try SelectOps.where(ComparisonOps.family.less(y, zeros), value, zeros)
  }

  package let softplus: BinaryOp = GradientOps.ofFeatures(
    "SoftplusGrad", .floats, jk_softplus_grad, needs: .inputs
  ) {
    gradient, dy, x, _ in
    let exp = UnaryOps.family.exp
    return (
      try GradientOps.family.softplus(gradient, x),
      try gradient * dy / (exp(-x) + 2 + exp(x))
    )
  }

  package let softsign = BinaryOp(
    "SoftsignGrad", .floats, jk_softsign_grad, cost: 2, inputs: ("gradients", "features"),
    output: "backprops", shape: ShapeRules.alike,
    gradient: .none("TensorFlow has no gradient for SoftsignGrad"))

  package let leakyRelu: OpDef = .init(
    "LeakyReluGrad",
    """
    gradients: T, features: T -> backprops: T
    alpha: float = 0.20000000298023224
    T: {half, bfloat16, float, double} = float
    """,
    shape: ShapeRules.alike,
    kernel: .elementwise(
      .floats, jk_leaky_relu_grad, params: { context in LoopParams(try context.float("alpha")) }),
    gradient: .rule(needs: .inputs(1)) {
      [
        try GradientOps.family.leakyRelu(
          [$0.gradient(), $0.inputs[1]], ["alpha": .float($0.float("alpha"))]), nil,
      ]
    })

  /// An op of an output's gradient and the input or output it belongs to.
  private static func ofFeatures(
    _ name: String, _ types: DTypeSet, _ loops: @escaping LoopTable, _ second: String = "features",
    needs: GradientNeeds = .all, gradient: @escaping BroadcastGradient
  ) -> BinaryOp {
    BinaryOp(
      name, types, loops, cost: 2, inputs: ("gradients", second), output: "backprops",
      shape: ShapeRules.alike, needs: needs, gradient: gradient)
  }
}
