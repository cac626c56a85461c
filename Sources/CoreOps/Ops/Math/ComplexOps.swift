import CKernels

/// The parts of complex numbers.
package struct ComplexOps: OpFamily {
  package static let family: Self = define(Self())

  /// The conjugate.
  package let conj = OpDef(
    "Conj",
    "input: T -> output: T\nT: {complex64, complex128, variant} = complex64",
    shape: ShapeRules.same, kernel: .elementwise(.complexes, jk_conj),
    gradient: .rule { [try conjugate($0.gradient())] })

  package let real: OpDef = ComplexOps.part("Real", jk_real) { gradient, _, _ in
    try ComplexOps.complex(gradient, BasicOps.zerosLike(gradient))
  }

  package let imag: OpDef = ComplexOps.part("Imag", jk_imag) { gradient, _, _ in
    try ComplexOps.complex(BasicOps.zerosLike(gradient), gradient)
  }

  package let angle: OpDef = ComplexOps.part("Angle", jk_angle, cost: 16) { gradient, x, _ in
    let ops = ComplexOps.family
    let turned = try ComplexOps.complex(ops.imag([x], x.partType), ops.real([x], x.partType))
    let zeros = try BasicOps.zerosLike(gradient)
    return try -ComplexOps.complex(gradient, zeros) * UnaryOps.family.reciprocal(turned)
  }

  package let complexAbs: OpDef = ComplexOps.part("ComplexAbs", jk_complex_abs, ("x", "y"), cost: 8)
  {
    gradient, x, _ in
    let zeros = try BasicOps.zerosLike(gradient)
    return try ComplexOps.complex(gradient, zeros) * UnaryOps.family.sign(x)
  }

  /// A real function of a complex number.
  private static func part(
    _ name: String, _ loops: @escaping LoopTable,
    _ arguments: (String, String) = ("input", "output"),
    cost: Int = 1,
    gradient: @escaping @Sendable (_ gradient: Tensor, _ x: Tensor, _ y: Tensor) throws -> Tensor
  ) -> OpDef {
    OpDef(
      name,
      """
      \(arguments.0): T -> \(arguments.1): Tout
      T: {complex64, complex128} = complex64
      Tout: {float, double} = float
      """,
      shape: ShapeRules.same,
      kernel: .choose(["T": .complexes]) { context in
        try context.requireParts(real: "Tout", complex: "T")
        return .elementwise([], loops, cost: cost)
      },
      gradient: .rule { [try gradient($0.gradient(), $0.inputs[0], $0.outputs[0])] })
  }

  /// real + i · imag.
  package static func complex(_ real: Tensor, _ imag: Tensor, name: String? = nil) throws -> Tensor
  {
    try BinaryOps.family.complexParts.opDef(
      [real, imag],
      Attrs().with("Tout", .type(.complex128), unless: real.dtype != .float64), name: name)
  }

  package static func real(_ x: Tensor) throws -> Tensor { try family.real([x], x.partType) }
  package static func imaginary(_ x: Tensor) throws -> Tensor { try family.imag([x], x.partType) }
}

extension Tensor {
  /// The attribute that names the dtype of a complex tensor's parts, where it is not the default.
  fileprivate var partType: Attrs {
    Attrs().with("Tout", .type(.float64), unless: dtype != .complex128)
  }
}

extension SharedAPI {
  /// |x|; of complex numbers the absolute value, as real numbers. Follows `tf.math.abs`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for unsigned integers and what is no number.
  public static func abs(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let x = try x.asTensor()
    return x.dtype.isComplex
      ? try ComplexOps.family.complexAbs([x], x.partType, name: name ?? "Abs")
      : try UnaryOps.family.magnitude(x, name: name)
  }

  /// The conjugate of complex numbers; real ones as they are. Follows `tf.math.conj`.
  public static func conj(_ x: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let x = try x.asTensor()
    return x.dtype.isComplex ? try ComplexOps.family.conj([x], name: name) : x
  }

  /// The real part; real numbers as they are. Follows `tf.math.real`.
  public static func real(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let x = try input.asTensor()
    return x.dtype.isComplex ? try ComplexOps.family.real([x], x.partType, name: name) : x
  }

  /// The imaginary part; zeros for real numbers. Follows `tf.math.imag`.
  public static func imag(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let x = try input.asTensor()
    return x.dtype.isComplex
      ? try ComplexOps.family.imag([x], x.partType, name: name) : try BasicOps.zerosLike(x)
  }

  /// The argument, in radians; for real numbers 0, or π below 0. Follows `tf.math.angle`.
  public static func angle(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let x = try input.asTensor()
    if x.dtype.isComplex { return try ComplexOps.family.angle([x], x.partType, name: name) }
    let zeros = try BasicOps.zerosLike(x)
    return try SelectOps.where(ComparisonOps.family.less(x, zeros), zeros + Double.pi, zeros)
  }

  /// real + i · imag. Follows `tf.dtypes.complex`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for dtypes other than float32 and float64.
  public static func complex(
    _ real: some TensorConvertible, _ imag: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let dtype = real.definiteDType ?? imag.definiteDType
    return try ComplexOps.complex(
      real.asTensor(preferring: dtype), imag.asTensor(preferring: dtype), name: name)
  }

  /// x / y; integers are divided as floating point numbers, of 32 bits up to int16 and of 64 bits
  /// above. Follows
  /// `tf.math.truediv`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for shapes or dtypes that do not fit.
  public static func truediv(
    _ x: some TensorConvertible, _ y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let dtype = x.definiteDType ?? y.definiteDType
    let (x, y) = (try x.asTensor(preferring: dtype), try y.asTensor(preferring: dtype))
    guard x.dtype.isInteger, y.dtype == x.dtype else {
      return try BinaryOps.family.realdiv(x, y, name: name)
    }
    let wide: DType = x.dtype.byteSize <= 2 ? .float32 : .float64
    return try BinaryOps.family.realdiv(
      CastOps.cast(x, wide), CastOps.cast(y, wide), name: name)
  }

  /// x / y as `truediv`. Follows `tf.math.divide`.
  public static func divide(
    _ x: some TensorConvertible, _ y: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try truediv(x, y, name: name)
  }
}
