public import CoreOps

/// Fourier transforms.
package struct FFTOps: OpFamily {
  package static let family: Self = define(Self())

  package let fft: OpDef = FFTOps.complex("FFT", 1, inverse: false, family.ifft)
  package let ifft: OpDef = FFTOps.complex("IFFT", 1, inverse: true, family.fft)
  package let fft2d: OpDef = FFTOps.complex("FFT2D", 2, inverse: false, family.ifft2d)
  package let ifft2d: OpDef = FFTOps.complex("IFFT2D", 2, inverse: true, family.fft2d)
  package let fft3d: OpDef = FFTOps.complex("FFT3D", 3, inverse: false, family.ifft3d)
  package let ifft3d: OpDef = FFTOps.complex("IFFT3D", 3, inverse: true, family.fft3d)
  package let rfft: OpDef = FFTOps.real("RFFT", 1)
  package let rfft2d: OpDef = FFTOps.real("RFFT2D", 2)
  package let rfft3d: OpDef = FFTOps.real("RFFT3D", 3)
  package let irfft: OpDef = FFTOps.toReal("IRFFT", 1)
  package let irfft2d: OpDef = FFTOps.toReal("IRFFT2D", 2)
  package let irfft3d: OpDef = FFTOps.toReal("IRFFT3D", 3)
}

extension FFTOps {
  private static func checkRank(_ shape: PartialShape, _ rank: Int) throws {
    if let own = shape.rank, own < rank {
      throw TFError.invalidArgument("Input must have rank of at least \(rank) but got: \(shape)")
    }
  }

  private static func specialised(_ plan: FourierPlan, inputs: Int) -> Specialised {
    if plan.scratchBytes == 0 { return .run { _ in } }
    return .run(scratch: plan.scratchBytes) { try plan.run($0[0], $0[inputs], $0[inputs + 1]) }
  }

  /// - Parameter other: the transform back.
  fileprivate static func complex(
    _ name: String, _ rank: Int, inverse: Bool,
    _ other: @autoclosure @escaping @Sendable () -> OpDef
  ) -> OpDef {
    return OpDef(
      name,
      """
      input: Tcomplex -> output: Tcomplex
      Tcomplex: {complex64, complex128} = complex64
      """,
      shape: { context in
        try checkRank(context.shapes[0], rank)
        return [context.shapes[0]]
      },
      kernel: .raw { prepared in
        let dtype = prepared.inputTypes[0]
        return { context in
          specialised(
            try FourierPlan(
              .complex, inverse: inverse, input: context.inputs[0], output: context.outputs[0],
              lengths: Array(context.inputs[0].dims.suffix(rank)), types: (dtype, dtype)), inputs: 1
          )
        }
      },
      gradient: .rule(needs: .inputs(0)) { context in
        let gradient = try context.gradient()
        let result = try other()([gradient])
        // A transform and its inverse differ by the number of points.
        let count = try points(context.inputs[0], rank, result.dtype)
        return [try inverse ? result / count : result * count]
      })
  }

  /// The number of points that are transformed, as a tensor of `dtype`.
  private static func points(_ x: Tensor, _ rank: Int, _ dtype: DType) throws -> Tensor {
    if let dims = x.shape.dims {
      let known = dims.suffix(rank).compactMap { $0 }
      if known.count == rank {
        return try known.reduce(1.0) { $0 * Double($1.value) }.asTensor(preferring: dtype)
      }
    }
    let inner = try ShapeOps.dimensions(of: x, -rank..<0)
    let product = try ReductionOps.family.prod([inner, ShapeOps.vector([0])])
    return try CastOps.cast(product, dtype)
  }

  private static func lengths(_ context: ShapeContext, _ rank: Int) throws -> [Int]? {
    let shape = context.shapes[1]
    try require(
      shape.isCompatible(with: PartialShape([rank])), "fft_length must have shape [\(rank)]")
    guard let lengths = try context.integers(1) else { return nil }
    for length in lengths {
      try require(length >= 0, "fft_length must be >= 0, but got: \(length)")
    }
    return lengths
  }

  /// The output's dimensions: `inner` gives that of a transformed axis.
  private static func shape(
    _ context: ShapeContext, _ rank: Int, inner: ([Dimension]) -> [Dimension]
  ) throws
    -> PartialShape
  {
    let input = context.shapes[0]
    try checkRank(input, rank)
    let lengths = try lengths(context, rank)
    guard let dims = input.dims else { return .unknown }
    let last: [Dimension?] =
      lengths.map { inner($0.map { Dimension($0) }) } ?? [Dimension?](repeating: nil, count: rank)
    return PartialShape(Array(dims.dropLast(rank)) + last)
  }

  private static func checkLengths(_ input: Shape, _ needed: [Int]) throws {
    for (axis, length) in needed.enumerated() {
      let own = input[input.rank - needed.count + axis]
      // An empty input has an empty transform.
      if own == 0 { continue }
      try require(
        own >= length,
        "Input dimension \(axis) must have length of at least \(length) but got: \(own)")
    }
  }

  fileprivate static func real(_ name: String, _ rank: Int) -> OpDef {
    OpDef(
      name,
      """
      input: Treal, fft_length: int32 -> output: Tcomplex
      Treal: {float, double} = float
      Tcomplex: {complex64, complex128} = complex64
      """,
      shape: { context in
        [
          try shape(context, rank) {
            Array($0.dropLast()) + [$0[rank - 1] == 0 ? 0 : $0[rank - 1] / 2 + 1]
          }
        ]
      },
      kernel: .raw { prepared in
        let types = (prepared.inputTypes[0], prepared.outputTypes[0])
        return { context in
          let lengths = try context.integers(1)
          try checkLengths(context.inputs[0], lengths)
          return specialised(
            try FourierPlan(
              .fromReal, inverse: false, input: context.inputs[0], output: context.outputs[0],
              lengths: lengths,
              types: types), inputs: 2)
        }
      },
      gradient: rank == 3
        ? .none("TensorFlow has no gradient of it")
        : .rule { context in
          [try realGradient(context, rank), nil]
        })
  }

  fileprivate static func toReal(_ name: String, _ rank: Int) -> OpDef {
    OpDef(
      name,
      """
      input: Tcomplex, fft_length: int32 -> output: Treal
      Treal: {float, double} = float
      Tcomplex: {complex64, complex128} = complex64
      """,
      shape: { [try shape($0, rank) { $0 }] },
      kernel: .raw { prepared in
        let types = (prepared.inputTypes[0], prepared.outputTypes[0])
        return { context in
          let lengths = try context.integers(1)
          try checkLengths(
            context.inputs[0],
            Array(lengths.dropLast()) + [lengths[rank - 1] == 0 ? 0 : lengths[rank - 1] / 2 + 1])
          return specialised(
            try FourierPlan(
              .toReal, inverse: true, input: context.inputs[0], output: context.outputs[0],
              lengths: lengths,
              types: types), inputs: 2)
        }
      },
      gradient: rank == 3
        ? .none("TensorFlow has no gradient of it")
        : .rule { context in
          [try toRealGradient(context, rank), nil]
        })
  }

  /// The inner dimensions of `x`, when known.
  private static func known(_ x: Tensor, _ rank: Int) throws -> [Int] {
    guard let dims = x.shape.dims, dims.count >= rank else {
      throw TFError.unimplemented("the gradient of a transform of unknown shape")
    }
    return try dims.suffix(rank).map {
      guard let dim = $0 else {
        throw TFError.unimplemented("the gradient of a transform of unknown shape")
      }
      return dim.value
    }
  }

  private static func padded(_ x: Tensor, _ rank: Int, to dims: [Int]) throws -> Tensor {
    let own = try known(x, rank)
    if own == dims { return x }
    guard let all = x.rank else {
      throw TFError.unimplemented("the gradient of a transform of unknown shape")
    }
    var pads = [Int32](repeating: 0, count: all * 2)
    for axis in 0..<rank {
      pads[(all - rank + axis) * 2 + 1] = try ShapeOps.int32(max(dims[axis] - own[axis], 0))
    }
    return try PadOps.family.pad([x, try Tensor(pads, dims: [all, 2])])
  }

  /// The transform of zero-padded halves: the sum over the given numbers of conjugate twiddles,
  /// real part.
  private static func realGradient(_ context: GradientContext, _ rank: Int) throws -> Tensor {
    let gradient = try context.gradient()
    let lengths = try transformLengths(context, rank)
    // d x[n] = Re Σ_k g[k]·conj(w^{kn}) over the numbers that the transform keeps.
    let full = try padded(gradient, rank, to: lengths)
    let inverse = try (rank == 1 ? FFTOps.family.ifft : FFTOps.family.ifft2d)([full])
    let real = try ComplexOps.family.real([inverse], ["Tout": .type(context.inputs[0].dtype)])
    let scaled = try real * Double(lengths.reduce(1, *)).asTensor(preferring: real.dtype)
    return try padded(scaled, rank, to: try known(context.inputs[0], rank))
  }

  private static func transformLengths(_ context: GradientContext, _ rank: Int) throws -> [Int] {
    let tensor = context.inputs[1]
    if !tensor.isSymbolic { return try tensor.integers() }
    // A transform to real numbers has outputs of these lengths. One to complex numbers keeps half
    // of the last length only, which its output does not tell.
    if context.outputs[0].dtype.isComplex {
      throw TFError.unimplemented("the gradient of a transform whose length is not a constant")
    }
    return try known(context.outputs[0], rank)
  }

  /// The transform of the gradient, where the numbers that stand for two count twice.
  private static func toRealGradient(_ context: GradientContext, _ rank: Int) throws -> Tensor {
    let gradient = try context.gradient()
    let lengths = try transformLengths(context, rank)
    let length = try Tensor(lengths.map { Int32($0) }, dims: [rank])
    let dtype = context.inputs[0].dtype
    let transformed = try (rank == 1 ? FFTOps.family.rfft : FFTOps.family.rfft2d)(
      [gradient, length],
      ["Treal": .type(gradient.dtype), "Tcomplex": .type(dtype)])
    let n = lengths[rank - 1]
    let half = n / 2 + 1
    let total = Double(lengths.reduce(1, *))
    let weights = (0..<half).map { k in k == 0 || (n % 2 == 0 && k == n / 2) ? 1 / total : 2 / total
    }
    return try padded(
      try transformed * weights.asTensor(preferring: dtype), rank,
      to: try known(context.inputs[0], rank))
  }
}

/// `tf.signal`'s transforms.
public enum SignalAPI {}

extension SharedAPI {
  public typealias signal = SignalAPI
}

extension SignalAPI {
  /// The transform along the last dimension. Follows `tf.signal.fft`.
  public static func fft(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try FFTOps.family.fft([input.asTensor(preferring: .complex64)], name: name)
  }
  /// The inverse transform along the last dimension. Follows `tf.signal.ifft`.
  public static func ifft(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try FFTOps.family.ifft([input.asTensor(preferring: .complex64)], name: name)
  }
  /// The transform along the last two dimensions. Follows `tf.signal.fft2d`.
  public static func fft2d(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try FFTOps.family.fft2d([input.asTensor(preferring: .complex64)], name: name)
  }
  /// The inverse transform along the last two dimensions. Follows `tf.signal.ifft2d`.
  public static func ifft2d(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try FFTOps.family.ifft2d([input.asTensor(preferring: .complex64)], name: name)
  }
  /// The transform along the last three dimensions. Follows `tf.signal.fft3d`.
  public static func fft3d(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try FFTOps.family.fft3d([input.asTensor(preferring: .complex64)], name: name)
  }
  /// The inverse transform along the last three dimensions. Follows `tf.signal.ifft3d`.
  public static func ifft3d(_ input: some TensorConvertible, name: String? = nil) throws -> Tensor {
    try FFTOps.family.ifft3d([input.asTensor(preferring: .complex64)], name: name)
  }

  /// The transform of real numbers along the last dimension: half of it, as the rest follows.
  ///
  /// Follows `tf.signal.rfft`.
  ///
  /// - Parameters:
  ///   - input: float32 or float64; cropped or filled up with zeros to `fftLength`.
  ///   - fftLength: one length; the size of the last dimension when nil.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a negative length, `UNIMPLEMENTED` when the size is not
  ///   known.
  public static func rfft(
    _ input: some TensorConvertible, fftLength: [Int]? = nil, name: String? = nil
  ) throws
    -> Tensor
  {
    let x = try input.asTensor(preferring: .float32)
    guard let length = fftLength ?? x.shape[(x.rank ?? 0) - 1].map({ [$0.value] }),
      length.count == 1
    else {
      throw TFError.unimplemented("give fftLength, as the last dimension is not known")
    }
    var padded = x
    if let rank = x.rank, rank > 0, let own = x.shape[rank - 1], own.value < length[0] {
      var pads = [Int32](repeating: 0, count: rank * 2)
      pads[rank * 2 - 1] = try ShapeOps.int32(length[0] - own.value)
      padded = try PadOps.family.pad([x, try Tensor(pads, dims: [rank, 2])])
    }
    return try FFTOps.family.rfft(
      [padded, try Tensor(length.map { try ShapeOps.int32($0) }, dims: [1])],
      ["Tcomplex": .type(x.dtype == .float64 ? .complex128 : .complex64)], name: name)
  }

  /// The inverse of `rfft`.
  ///
  /// Follows `tf.signal.irfft`.
  ///
  /// - Parameters:
  ///   - input: complex64 or complex128.
  ///   - fftLength: one length; twice the last dimension less 2 when nil.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a negative length, `UNIMPLEMENTED` when the size is not
  ///   known.
  public static func irfft(
    _ input: some TensorConvertible, fftLength: [Int]? = nil, name: String? = nil
  ) throws
    -> Tensor
  {
    let x = try input.asTensor(preferring: .complex64)
    guard
      let length = fftLength ?? x.shape[(x.rank ?? 0) - 1].map({ [max(2 * ($0.value - 1), 0)] }),
      length.count == 1
    else { throw TFError.unimplemented("give fftLength, as the last dimension is not known") }
    return try FFTOps.family.irfft(
      [x, try Tensor(length.map { try ShapeOps.int32($0) }, dims: [1])],
      ["Treal": .type(x.dtype == .complex128 ? .float64 : .float32)], name: name)
  }
}
