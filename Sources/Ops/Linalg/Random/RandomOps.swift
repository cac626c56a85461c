import CKernels
package import CoreOps

/// Random numbers from a generator that each node keeps, started by seeds.
package struct RandomOps: OpFamily {
  package static let family: Self = define(Self())

  package let uniform: OpDef = RandomOps.filled("RandomUniform", .uniform)
  package let standardNormal: OpDef = RandomOps.filled("RandomStandardNormal", .normal)
  package let truncatedNormal: OpDef = RandomOps.filled("TruncatedNormal", .truncatedNormal)

  package let uniformInt: OpDef = OpDef(
    "RandomUniformInt",
    """
    shape: T, minval: Tout, maxval: Tout -> output: Tout
    seed: int = 0
    seed2: int = 0
    Tout: {int32, int64}
    T: {int32, int64}
    """, stateful: true,
    shape: { context in
      try RandomRules.checkScalar(context.shapes[1], "minval")
      try RandomRules.checkScalar(context.shapes[2], "maxval")
      return [try RandomRules.shape(context, 0)]
    },
    kernel: RandomOps.kernel([:]) { context, dtype, reserve in
      let shape = try RandomRules.shape(context.inputs[0])
      try require(
        context.inputs[1].dims.rank == 0, "minval must be 0-D, got shape \(context.inputs[1].dims)")
      try require(
        context.inputs[2].dims.rank == 0, "maxval must be 0-D, got shape \(context.inputs[2].dims)")
      let output = try Tensor.uninitialized(dtype, shape)
      let count = shape.elementCount
      if count == 0 { return output }
      let (low, width) = try RandomRules.range(
        dtype, context.inputs[1].pointer, context.inputs[2].pointer)
      RandomRules.fill(
        .range, dtype, try reserve(count &* 256), output.pointer, count, low: low, width: width)
      return output
    }, gradient: .zero)

  package let shuffle: OpDef = OpDef(
    "RandomShuffle",
    """
    value: T -> output: T
    seed: int = 0
    seed2: int = 0
    T: type
    """, stateful: true, shape: ShapeRules.same,
    kernel: RandomOps.kernel([:]) { context, _, reserve in
      let value = context.inputs[0]
      if value.dims.elementCount <= 1 || value.dims[0] <= 1 { return value }
      return try RandomRules.shuffled(value, try reserve((value.dims[0] - 1 + 3) / 4))
    }, gradient: .none("the order of the rows is not kept"))

  package let crop: OpDef = OpDef(
    "RandomCrop",
    """
    image: T, size: int64 -> output: T
    T: {uint8, int8, int16, int32, int64, float, double}
    seed: int = 0
    seed2: int = 0
    """, stateful: true,
    shape: { context in
      let image = try context.shape(0, rank: 3, "image")
      let size = try context.shape(1, rank: 1, "size")
      try require(size.isCompatible(with: [2]), "Dimension must be 2 but is \(size) for size")
      let sizes = try context.sizes(1)
      return [.of(sizes?[0], sizes?[1], image[2])]
    },
    kernel: RandomOps.kernel([:]) { context, _, reserve in
      try RandomRules.crop(context.inputs[0], context.inputs[1], reserve)
    }, gradient: .zero)

  package let multinomial: OpDef = OpDef(
    "Multinomial",
    """
    logits: T, num_samples: int32 -> output: output_dtype
    seed: int = 0
    seed2: int = 0
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    output_dtype: {int32, int64} = int64
    """, stateful: true, shape: RandomRules.multinomialShape,
    kernel: RandomOps.kernel(["T": .floats]) { context, dtype, reserve in
      try RandomRules.multinomial(context.inputs[0], context.inputs[1], dtype, reserve)
    }, gradient: .zero)

  package let gamma: OpDef = OpDef(
    "RandomGamma",
    """
    shape: S, alpha: T -> output: T
    seed: int = 0
    seed2: int = 0
    S: {int32, int64}
    T: {half, float, double}
    """, stateful: true,
    shape: { [try RandomRules.shape($0, 0).concatenated(with: $0.shapes[1])] },
    kernel: RandomOps.kernel([:]) { context, dtype, reserve in
      try RandomOps.sampled(context, dtype, reserve) { jk_random_gamma($0, $1, $2, $3, $4, $5) }
    },
    gradient: .rule { [nil, try RandomRules.gammaGradient($0, $0.inputs[1])] })

  package let gammaGrad: OpDef = OpDef(
    "RandomGammaGrad",
    """
    alpha: T, sample: T -> output: T
    T: {float, double}
    """, shape: ShapeRules.broadcast,
    kernel: .run { context in
      let (alpha, sample) = (context.inputs[0], context.inputs[1])
      guard
        let shape = try ShapeRules.broadcast(PartialShape(alpha.dims), PartialShape(sample.dims))
          .known
      else {
        throw TFError.internal("the shapes are known")
      }
      let a = try RandomRules.broadcast(RandomRules.doubles(alpha), alpha.dims, to: shape)
      let x = try RandomRules.broadcast(RandomRules.doubles(sample), sample.dims, to: shape)
      let values = zip(a, x).map { jk_gamma_sample_derivative($0, $1) }
      return [
        alpha.dtype == .float64
          ? try Tensor(values, dims: shape) : try Tensor(values.map { Float($0) }, dims: shape)
      ]
    }, gradient: .none("TensorFlow has no gradient of it"))

  package let poisson: OpDef = OpDef(
    "RandomPoisson",
    """
    shape: S, rate: dtype -> output: dtype
    seed: int = 0
    seed2: int = 0
    S: {int32, int64}
    dtype: {half, float, double}
    """, stateful: true,
    shape: { [try RandomRules.shape($0, 0).concatenated(with: $0.shapes[1])] },
    kernel: RandomOps.kernel([:]) { context, dtype, reserve in
      try RandomOps.sampled(context, dtype, reserve) { jk_random_poisson($0, $1, $2, $3, $4, $5) }
    }, gradient: .none("the samples are whole numbers"))

  package let poissonV2: OpDef = OpDef(
    "RandomPoissonV2",
    """
    shape: S, rate: R -> output: dtype
    seed: int = 0
    seed2: int = 0
    S: {int32, int64}
    R: {half, float, double, int32, int64} = double
    dtype: {half, float, double, int32, int64} = int64
    """, stateful: true,
    shape: { [try RandomRules.shape($0, 0).concatenated(with: $0.shapes[1])] },
    kernel: RandomOps.kernel([:]) { context, dtype, reserve in
      try RandomOps.sampled(context, dtype, reserve) { jk_random_poisson($0, $1, $2, $3, $4, $5) }
    }, gradient: .none("the samples are whole numbers"))

  package let parameterizedTruncatedNormal: OpDef = OpDef(
    "ParameterizedTruncatedNormal",
    """
    shape: T, means: dtype, stdevs: dtype, minvals: dtype, maxvals: dtype -> output: dtype
    seed: int = 0
    seed2: int = 0
    dtype: {half, bfloat16, float, double}
    T: {int32, int64}
    """, stateful: true,
    shape: { context in
      for (index, name) in ["means", "stdevs", "minvals", "maxvals"].enumerated() {
        let shape = context.shapes[index + 1]
        try require(shape.rank ?? 0 <= 1, "\(name) must be scalar or vector, got shape \(shape)")
      }
      return [try RandomRules.shape(context, 0)]
    },
    kernel: RandomOps.kernel([
      "dtype": [.half, .float32, .float64]
    ]) { context, dtype, reserve in
      let shape = try RandomRules.shape(context.inputs[0])
      try require(shape.rank > 0, "Shape vector must not be empty, got: \(shape)")
      let batches = shape[0]
      // One set of parameters for all rows, or one for each.
      let parameters = try context.inputs.dropFirst().map { input in
        let count = input.dims.elementCount
        try require(
          input.dims.rank <= 1 && (count == 1 || count == batches),
          "Input parameters should have length 1 or shape[0]: \(batches), got: \(count)")
        return try RandomRules.broadcast(
          RandomRules.doubles(input), Shape([count]), to: Shape([batches]))
      }
      let output = try Tensor.uninitialized(dtype, shape)
      let count = shape.elementCount
      if count == 0 { return output }
      let generator = try reserve(count &* 256)
      return try RandomRules.truncated(
        output, generator, parameters, sets: batches, samplesLast: true)
    }, gradient: .zero)
}

extension RandomOps {
  typealias Reserve = (_ steps: Int) throws -> jk_philox

  /// A kernel that is told the output's dtype and asks the node's generator for steps of four
  /// numbers.
  static func kernel(
    _ types: [String: DTypeSet],
    _ body: @escaping @Sendable (DynamicContext, DType, Reserve) throws -> Tensor
  ) -> Kernel {
    .dynamic(types) { prepared in
      let generator = try NodeGenerator(prepared)
      let dtype = prepared.outputTypes[0]
      return { context in
        [try body(context, dtype) { generator.reserve(context, steps: $0) }]
      }
    }
  }

  /// An op that fills its output with numbers of one distribution.
  fileprivate static func filled(_ name: String, _ distribution: RandomRules.Distribution) -> OpDef
  {
    OpDef(
      name,
      """
      shape: T -> output: dtype
      seed: int = 0
      seed2: int = 0
      dtype: {half, bfloat16, float, double}
      T: {int32, int64}
      """, stateful: true,
      shape: { [try RandomRules.shape($0, 0)] },
      kernel: kernel(["dtype": .floats]) { context, dtype, reserve in
        let shape = try RandomRules.shape(context.inputs[0])
        let output = try Tensor.uninitialized(dtype, shape)
        let count = shape.elementCount
        if count == 0 { return output }
        RandomRules.fill(distribution, dtype, try reserve(count &* 256), output.pointer, count)
        return output
      }, gradient: .zero)
  }

  typealias Sampler = (
    Int32, UnsafePointer<jk_philox>, UnsafePointer<Double>, Int64, Int64, UnsafeMutableRawPointer
  ) -> Void

  /// Samples of shape `shape + parameters.shape`.
  fileprivate static func sampled(
    _ context: DynamicContext, _ dtype: DType, _ reserve: Reserve, _ sampler: Sampler
  ) throws -> Tensor {
    let shape = try RandomRules.shape(context.inputs[0])
    let parameters = context.inputs[1]
    let dims = try RandomRules.checked(shape.dims + parameters.dims.dims)
    let output = try Tensor.uninitialized(dtype, dims)
    let count = dims.elementCount
    if count == 0 { return output }
    let generator = try reserve(count &* 256)
    withUnsafePointer(to: generator) {
      sampler(
        Int32(dtype.rawValue), $0, RandomRules.doubles(parameters),
        Int64(parameters.dims.elementCount), Int64(shape.elementCount), output.pointer)
    }
    return output
  }
}
