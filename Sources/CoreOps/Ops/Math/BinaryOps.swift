import CKernels

/// Element-wise arithmetic on two inputs that broadcast.
package struct BinaryOps: OpFamily {
  package static let family: Self = define(Self())

  package let add = BinaryOp(
    "AddV2", [.numbers], jk_add, node: "Add", needs: .nothing
  ) { gradient, _, _, _ in (gradient, gradient) }

  /// x + y as TF-1 graphs have it; strings are joined.
  package let addV1 = OpDef(
    "Add",
    "x: T, y: T -> z: T\nT: \(BinaryOps.addTypes.signatureText)",
    shape: ShapeRules.broadcast,
    kernel: .choose(["T": BinaryOps.addTypes]) {
      try $0.type("T") == .string
        ? .strings { a, b, joined in
          try joined.write(a)
          try joined.write(b)
        }
        : .elementwise([], jk_add)
    }, gradient: .broadcast { gradient, _, _, _ in (gradient, gradient) })
  private static let addTypes: DTypeSet = [
    .floats, .signedInts, DTypeSet(.uint8), .complexes, .string,
  ]

  package let subtract = BinaryOp(
    "Sub", [.numbers], jk_sub, needs: .nothing
  ) { gradient, _, _, _ in (gradient, try -gradient) }

  package let multiply: BinaryOp = .init(
    "Mul", [.numbers], jk_mul,
    gradient: .rule(needs: .inputs) { context in
      let (x, y) = (context.inputs[0], context.inputs[1])
      let (op, gradient) = (BinaryOps.family.multiply, try context.gradient())
      let dx = try context.wants(0) ? op(gradient, conjugate(y)) : nil
      // In the order in which TensorFlow writes the factors.
      let isEqual = x.knownShape.map { $0 == y.knownShape } ?? false
      let dy =
        try context.wants(1)
        ? isEqual ? op(gradient, conjugate(x)) : op(conjugate(x), gradient) : nil
      let reduction = try BroadcastReduction(x, y)
      return [try dx.map(reduction.first), try dy.map(reduction.second)]
    })

  package let realdiv: BinaryOp = .init(
    "RealDiv", [.numbers], kernel: [.floats, .complexes], jk_div, cost: 2, needs: .inputs
  ) { gradient, x, y, _ in
    let op = BinaryOps.family.realdiv
    return (try op(gradient, conjugate(y)), try gradient * conjugate(op(op(-x, y), y)))
  }

  /// x / y, rounded towards zero for integers, as TF-1 graphs have it.
  package let div: BinaryOp = .init(
    "Div", [.numbers], jk_div, cost: 2, failure: divisionByZero, needs: .inputs
  ) { gradient, x, y, _ in
    let op = BinaryOps.family.div
    return (try op(gradient, conjugate(y)), try gradient * conjugate(op(op(-x, y), y)))
  }

  package let floordiv = BinaryOp(
    "FloorDiv", [.numbers], kernel: [.reals], jk_floor_div, cost: 4, failure: divisionByZero,
    node: "floordiv", gradient: .zero)

  package let truncatediv = BinaryOp(
    "TruncateDiv", [.numbers], kernel: [.reals], jk_truncate_div, cost: 4,
    failure: divisionByZero, gradient: .zero)

  package let floormod: BinaryOp = .init(
    "FloorMod", [.reals], jk_floor_mod, cost: 16, failure: divisionByZero, needs: .inputs
  ) { gradient, x, y, _ in
    (gradient, try gradient * -BinaryOps.family.floordiv(x, y))
  }

  /// What is left of x when it is divided and rounded towards zero, as C's `fmod`.
  package let mod = BinaryOp(
    "Mod", [.floats, .int32, .int64], kernel: [.float32, .float64, .int32, .int64],
    jk_truncate_mod, cost: 16, failure: divisionByZero,
    gradient: .none("TensorFlow has no gradient for Mod"))

  package let truncatemod = BinaryOp(
    "TruncateMod", [.floats, .int32, .int64], kernel: [.float32, .float64, .int32, .int64],
    jk_truncate_mod, cost: 16, failure: divisionByZero,
    gradient: .none("TensorFlow has no gradient for TruncateMod"))

  package let pow: BinaryOp = .init(
    "Pow", [.floats, .signedInts, .complexes], jk_pow, cost: 16,
    failure: { _ in .invalidArgument("Integers to negative integer powers are not allowed") }
  ) { gradient, x, y, z in
    let (base, exponent) = (try conjugate(x), try conjugate(y))
    let dx = try gradient * exponent * BinaryOps.family.pow(base, exponent - 1)
    guard !x.dtype.isInteger else { return (dx, nil) }
    // Where the logarithm does not exist the gradient is taken as 0.
    let zeros = try BasicOps.zerosLike(x)
    let defined =
      x.dtype.isComplex
      ? try ComparisonOps.family.notEqual(x, zeros) : try ComparisonOps.family.greater(x, zeros)
    let one = try zeros + 1
    let log = try UnaryOps.family.log(SelectOps.where(defined, base, one))
    return (
      dx, try gradient * conjugate(z) * SelectOps.where(defined, log, zeros)
    )
  }

  package let maximum: BinaryOp = .init("Maximum", [.reals], jk_maximum, needs: .inputs) {
    gradient, x, y, _ in
    try BinaryOps.split(gradient, ComparisonOps.family.greaterEqual(x, y))
  }

  package let minimum: BinaryOp = .init("Minimum", [.reals], jk_minimum, needs: .inputs) {
    gradient, x, y, _ in
    try BinaryOps.split(gradient, ComparisonOps.family.lessEqual(x, y))
  }

  private static func split(_ gradient: Tensor, _ first: Tensor) throws -> (Tensor?, Tensor?) {
    let zeros = try MathAPI.zerosLike(gradient)
    return (
      try SelectOps.where(first, gradient, zeros), try SelectOps.where(first, zeros, gradient)
    )
  }

  package let squaredDifference = BinaryOp(
    "SquaredDifference", [.floats, .int32, .int64, .complexes], jk_squared_difference, cost: 2,
    needs: .inputs
  ) { gradient, x, y, _ in
    let dx = try gradient * 2 * (x - y)
    return (dx, try -dx)
  }

  package let divideNoNan: BinaryOp = .init(
    "DivNoNan", [.floats, .complexes], jk_div_no_nan, cost: 2, needs: .inputs
  ) { gradient, x, y, _ in
    let op = BinaryOps.family.divideNoNan
    let (x, y) = (try conjugate(x), try conjugate(y))
    return (try op(gradient, y), try gradient * op(op(-x, y), y))
  }

  package let multiplyNoNan: BinaryOp = .init(
    "MulNoNan", [.floats, .complexes], jk_mul_no_nan, needs: .inputs
  ) { gradient, x, y, _ in
    let op = BinaryOps.family.multiplyNoNan
    return (try op(gradient, y), try op(x, gradient))
  }

  package let xdivy: BinaryOp = .init(
    "Xdivy", [.floats, .complexes], jk_xdivy, cost: 2, needs: .inputs
  ) { gradient, x, y, _ in
    let op = BinaryOps.family.xdivy
    return (
      try gradient * op(BinaryOps.notZero(x), y), try gradient * op(-x, UnaryOps.family.square(y))
    )
  }

  package let xlogy: BinaryOp = .init(
    "Xlogy", [.floats, .complexes], jk_xlogy, cost: 8, needs: .inputs
  ) { gradient, x, y, _ in
    (
      try gradient * BinaryOps.family.xlogy(BinaryOps.notZero(x), y),
      try gradient * BinaryOps.family.xdivy(x, y)
    )
  }

  package let xlog1py: BinaryOp = .init(
    "Xlog1py", [.floats, .complexes], jk_xlog1py, cost: 8, needs: .inputs
  ) { gradient, x, y, _ in
    (
      try gradient * BinaryOps.family.xlog1py(BinaryOps.notZero(x), y),
      try gradient * BinaryOps.family.xdivy(x, y + 1)
    )
  }

  private static func notZero(_ x: Tensor) throws -> Tensor {
    try CastOps.cast(ComparisonOps.family.notEqual(x, BasicOps.zerosLike(x)), x.dtype)
  }

  package let atan2 = BinaryOp(
    "Atan2", [.floats], jk_atan2, cost: 16, inputs: ("y", "x"), needs: .inputs
  ) { gradient, y, x, _ in
    let scaled = try gradient / (UnaryOps.family.square(x) + UnaryOps.family.square(y))
    return (try x * scaled, try -y * scaled)
  }

  package let nextafter = BinaryOp(
    OpDef(
      "NextAfter", "x1: T, x2: T -> output: T\nT: {double, float} = float",
      shape: ShapeRules.broadcast,
      kernel: .elementwise([.float32, .float64], jk_next_after, cost: 8),
      gradient: .broadcast { gradient, _, _, _ in (gradient, nil) }))

  /// x + iy. Follows `tf.dtypes.complex`.
  package let complexParts = BinaryOp(
    OpDef(
      "Complex",
      """
      real: T, imag: T -> out: Tout\nT: {float, double} = float\nTout: {complex64, complex128} = \
      complex64
      """,
      shape: ShapeRules.broadcast,
      kernel: .choose(["T": [.float32, .float64]]) { context in
        try context.requireParts(real: "T", complex: "Tout")
        return .elementwise([], jk_complex)
      },
      gradient: .broadcast { gradient, _, _, _ in
        (try ComplexOps.real(gradient), try ComplexOps.imaginary(gradient))
      }))

  /// The axes over which the gradients of two inputs that broadcast are summed.
  package let broadcastGradientArgs = OpDef(
    "BroadcastGradientArgs",
    "s0: T, s1: T -> r0: T, r1: T\nT: {int32, int64} = int32",
    shape: { context in
      guard let x = try context.integers(0), let y = try context.integers(1),
        context.shapes.allSatisfy({ $0.rank == 1 })
      else { return [.unknown(rank: 1), .unknown(rank: 1)] }
      let axes = try BroadcastAxes(checking: x, y)
      return [[axes.first.count], [axes.second.count]]
    },
    kernel: .run { run in
      for (index, input) in run.inputs.enumerated() where input.dims.rank != 1 {
        throw TFError.invalidArgument("In[\(index)] must be a vector.\(input.dims)")
      }
      let axes = try BroadcastAxes(checking: run.inputs[0].integers(), run.inputs[1].integers())
      let dtype = run.inputs[0].dtype
      return [
        try axes.first.asTensor(preferring: dtype), try axes.second.asTensor(preferring: dtype),
      ]
    }, gradient: .zero)
}

private let divisionByZero: LoopFailure = { _ in .invalidArgument("Integer division by zero") }

extension BroadcastAxes {
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not broadcast.
  init(checking x: [Int], _ y: [Int]) throws {
    _ = try ShapeRules.broadcast(PartialShape(Shape(x)), PartialShape(Shape(y)))
    self.init(Shape(x), Shape(y))
  }
}

extension Kernel {
  /// Makes strings from two string tensors that broadcast; `body` writes the element that two
  /// elements give.
  package static func strings(
    _ body: @escaping @Sendable (ByteString, ByteString, StringBuilder) throws -> Void
  ) -> Kernel {
    .run { run in
      let (x, y) = (run.inputs[0], run.inputs[1])
      let shape = try ShapeRules.broadcast(PartialShape(x.dims), PartialShape(y.dims))
      guard let output = shape.known else { throw TFError.internal("a value of unknown shape") }
      let (a, b) = (x.strings, y.strings)
      let builder = try StringBuilder(count: output.elementCount)
      let pairs = try zip(
        broadcastIndices(x.dims, to: output), broadcastIndices(y.dims, to: output))
      for (i, j) in pairs {
        try body(a[i], b[j], builder)
        try builder.endElement()
      }
      return [Tensor(strings: try builder.finish(), dims: output)]
    }
  }
}

extension KernelContext {
  /// Checks that one attribute is the dtype of the other's parts.
  func requireParts(real: String, complex: String) throws {
    let (part, whole) = (try type(real), try type(complex))
    guard whole.realDType == part else {
      throw TFError.invalidArgument(
        """
        No OpKernel was registered to support Op '\(op.name)' with \(real)=\(part.signatureName), \
        \(complex)=\(whole.signatureName)
        """
      )
    }
  }
}

/// The conjugate of complex numbers; real ones as they are.
package func conjugate(_ x: Tensor) throws -> Tensor {
  x.dtype.isComplex ? try ComplexOps.family.conj([x]) : x
}

extension SharedAPI {
  /// x + y. Follows `tf.math.add`.
  public static var add: BinaryOp { BinaryOps.family.add }

  /// x - y. Follows `tf.math.subtract`.
  public static var subtract: BinaryOp { BinaryOps.family.subtract }

  /// x · y. Follows `tf.math.multiply`.
  public static var multiply: BinaryOp { BinaryOps.family.multiply }

  /// x / y for floating point and complex numbers. Follows `tf.realdiv`.
  public static var realdiv: BinaryOp { BinaryOps.family.realdiv }

  /// x / y rounded down. Follows `tf.math.floordiv`.
  public static var floordiv: BinaryOp { BinaryOps.family.floordiv }

  /// x / y rounded towards zero. Follows `tf.truncatediv`.
  public static var truncatediv: BinaryOp { BinaryOps.family.truncatediv }

  /// What is left of x when it is divided and rounded down: it has y's sign. Follows
  /// `tf.math.floormod`.
  public static var floormod: BinaryOp { BinaryOps.family.floormod }

  /// What is left of x when it is divided and rounded towards zero. Follows `tf.truncatemod`.
  public static var truncatemod: BinaryOp { BinaryOps.family.truncatemod }

  /// x to the power y. Follows `tf.math.pow`.
  public static var pow: BinaryOp { BinaryOps.family.pow }

  /// The larger of x and y; NaN if one is. Follows `tf.math.maximum`.
  public static var maximum: BinaryOp { BinaryOps.family.maximum }

  /// The smaller of x and y; NaN if one is. Follows `tf.math.minimum`.
  public static var minimum: BinaryOp { BinaryOps.family.minimum }

  /// (x - y) times its conjugate. Follows `tf.math.squared_difference`.
  public static var squaredDifference: BinaryOp { BinaryOps.family.squaredDifference }

  /// x / y, and 0 where y is 0. Follows `tf.math.divide_no_nan`.
  public static var divideNoNan: BinaryOp { BinaryOps.family.divideNoNan }

  /// x · y, and 0 where y is 0, whatever x is. Follows `tf.math.multiply_no_nan`.
  public static var multiplyNoNan: BinaryOp { BinaryOps.family.multiplyNoNan }

  /// x / y, and 0 where x is 0. Follows `tf.math.xdivy`.
  public static var xdivy: BinaryOp { BinaryOps.family.xdivy }

  /// x log y, and 0 where x is 0. Follows `tf.math.xlogy`.
  public static var xlogy: BinaryOp { BinaryOps.family.xlogy }

  /// x log(1 + y), and 0 where x is 0. Follows `tf.math.xlog1py`.
  public static var xlog1py: BinaryOp { BinaryOps.family.xlog1py }

  /// The angle of the point (x, y), the first operand being y. Follows `tf.math.atan2`.
  public static var atan2: BinaryOp { BinaryOps.family.atan2 }

  /// The next number after x1 in the direction of x2. Follows `tf.math.nextafter`.
  public static var nextafter: BinaryOp { BinaryOps.family.nextafter }
}
