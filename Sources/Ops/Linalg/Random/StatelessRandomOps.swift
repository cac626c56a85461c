import CKernels
package import CoreOps

/// Random numbers that follow from the inputs alone.
package struct StatelessRandomOps: OpFamily {
  package static let family: Self = define(Self())

  package let uniform: OpDef = StatelessRandomOps.filled("StatelessRandomUniform", .uniform)
  package let normal: OpDef = StatelessRandomOps.filled("StatelessRandomNormal", .normal)
  package let truncatedNormal: OpDef = StatelessRandomOps.filled(
    "StatelessTruncatedNormal", .truncatedNormal)
  package let uniformV2: OpDef = StatelessRandomOps.filledV2("StatelessRandomUniformV2", .uniform)
  package let normalV2: OpDef = StatelessRandomOps.filledV2("StatelessRandomNormalV2", .normal)
  package let truncatedNormalV2: OpDef = StatelessRandomOps.filledV2(
    "StatelessTruncatedNormalV2", .truncatedNormal)

  package let uniformFullInt: OpDef = StatelessRandomOps.filled(
    "StatelessRandomUniformFullInt", .fullInt,
    """
    shape: T, seed: Tseed -> output: dtype
    dtype: {int32, int64, uint32, uint64} = uint64
    T: {int32, int64} = int32
    Tseed: {int32, int64, uint32, uint64} = int64
    """, [])
  package let uniformFullIntV2: OpDef = StatelessRandomOps.filledV2(
    "StatelessRandomUniformFullIntV2", .fullInt, "{int32, int64, uint32, uint64} = uint64", [])

  package let uniformInt: OpDef = OpDef(
    "StatelessRandomUniformInt",
    """
    shape: T, seed: Tseed, minval: dtype, maxval: dtype -> output: dtype
    dtype: {int32, int64}
    T: {int32, int64}
    Tseed: {int32, int64} = int64
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[1])
      try RandomRules.checkScalar(context.shapes[2], "minval")
      try RandomRules.checkScalar(context.shapes[3], "maxval")
      return [try RandomRules.shape(context, 0)]
    },
    kernel: .raw { context in
      let (dtype, seedType) = (try context.type("dtype"), try context.type("Tseed"))
      return { context in
        let count = context.outputs[0].elementCount
        return .run { pointers in
          if count == 0 { return }
          let (low, width) = try RandomRules.range(dtype, pointers[2], pointers[3])
          RandomRules.fill(
            .range, dtype, RandomRules.generator(seed: pointers[1], seedType), pointers[4], count,
            low: low, width: width)
        }
      }
    }, gradient: .zero)

  package let uniformIntV2: OpDef = OpDef(
    "StatelessRandomUniformIntV2",
    """
    shape: Tshape, key: uint64, counter: uint64, alg: int32, minval: dtype, maxval: dtype \
      -> output: dtype
    dtype: {int32, int64, uint32, uint64}
    Tshape: {int32, int64} = int32
    """,
    shape: { context in
      try RandomRules.checkKeyAndCounter(context.shapes[1], context.shapes[2], context.shapes[3])
      try RandomRules.checkScalar(context.shapes[4], "minval")
      try RandomRules.checkScalar(context.shapes[5], "maxval")
      return [try RandomRules.shape(context, 0)]
    },
    kernel: .raw { context in
      let dtype = try context.type("dtype")
      return { context in
        let count = context.outputs[0].elementCount
        return .run { pointers in
          if count == 0 { return }
          let (low, width) = try RandomRules.range(dtype, pointers[4], pointers[5])
          let generator = try RandomRules.generator(
            key: pointers[1], counter: pointers[2], algorithm: pointers[3])
          RandomRules.fill(.range, dtype, generator, pointers[6], count, low: low, width: width)
        }
      }
    }, gradient: .zero)

  package let getKeyCounter: OpDef = OpDef(
    "StatelessRandomGetKeyCounter",
    """
    seed: Tseed -> key: uint64, counter: uint64
    Tseed: {int32, int64} = int64
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[0])
      return [[1], [2]]
    },
    kernel: .raw { context in
      let seedType = try context.type("Tseed")
      return { _ in
        .run {
          StatelessRandomOps.store(RandomRules.generator(seed: $0[0], seedType), $0[1], $0[2])
        }
      }
    }, gradient: .zero)

  package let getAlg: OpDef = OpDef(
    "StatelessRandomGetAlg", "-> alg: int32", stateful: true, shape: ShapeRules.scalar,
    kernel: .run { _ in [try Tensor(scalar: Int32(1))] }, gradient: .zero)

  package let getKeyCounterAlg: OpDef = OpDef(
    "StatelessRandomGetKeyCounterAlg",
    """
    seed: Tseed -> key: uint64, counter: uint64, alg: int32
    Tseed: {int32, int64} = int64
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[0])
      return [[1], [2], .scalar]
    },
    kernel: .raw { context in
      let seedType = try context.type("Tseed")
      return { _ in
        .run {
          StatelessRandomOps.store(RandomRules.generator(seed: $0[0], seedType), $0[1], $0[2])
          $0[3].storeBytes(of: 1, as: Int32.self)
        }
      }
    }, gradient: .zero)

  package let multinomial: OpDef = OpDef(
    "StatelessMultinomial",
    """
    logits: T, num_samples: int32, seed: Tseed -> output: output_dtype
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    Tseed: {int32, int64} = int64
    output_dtype: {int32, int64} = int64
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[2])
      return try RandomRules.multinomialShape(context)
    },
    kernel: .dynamic(["T": .floats]) { prepared in
      let dtype = prepared.outputTypes[0]
      return { context in
        let seed = context.inputs[2]
        try RandomRules.checkSeed(seed.dims)
        return [
          try RandomRules.multinomial(context.inputs[0], context.inputs[1], dtype) { _ in
            RandomRules.generator(seed: seed.pointer, seed.dtype)
          }
        ]
      }
    }, gradient: .zero)

  package let shuffle: OpDef = OpDef(
    "StatelessShuffle",
    """
    value: T, key: uint64, counter: uint64, alg: int32 -> output: T
    T: type
    """,
    shape: { context in
      try RandomRules.checkKeyAndCounter(context.shapes[1], context.shapes[2], context.shapes[3])
      return [context.shapes[0]]
    },
    kernel: .run { context in
      let value = context.inputs[0]
      let (key, counter, algorithm) = (context.inputs[1], context.inputs[2], context.inputs[3])
      try RandomRules.checkKeyAndCounter(
        PartialShape(key.dims), PartialShape(counter.dims), PartialShape(algorithm.dims))
      let generator = try RandomRules.generator(
        key: key.pointer, counter: counter.pointer, algorithm: algorithm.pointer)
      if value.dims.elementCount <= 1 || value.dims[0] <= 1 { return [value] }
      return [try RandomRules.shuffled(value, generator)]
    }, gradient: .none("the order of the rows is not kept"))

  package let gammaV2: OpDef = OpDef(
    "StatelessRandomGammaV2",
    """
    shape: T, seed: Tseed, alpha: dtype -> output: dtype
    dtype: {half, float, double}
    T: {int32, int64}
    Tseed: {int32, int64} = int64
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[1])
      return [try RandomRules.shape(context, 0)]
    },
    kernel: StatelessRandomOps.seeded(2) { dtype, generator, parameters, sets, samples, out in
      jk_random_gamma(dtype, generator, parameters[0], sets, samples, out)
    },
    gradient: .rule { [nil, nil, try RandomRules.gammaGradient($0, $0.inputs[2])] })

  package let gammaV3: OpDef = OpDef(
    "StatelessRandomGammaV3",
    """
    shape: shape_dtype, key: uint64, counter: uint64, alg: int32, alpha: dtype -> output: dtype
    dtype: {half, float, double}
    shape_dtype: {int32, int64} = int32
    """,
    shape: { context in
      try RandomRules.checkKeyAndCounter(context.shapes[1], context.shapes[2], context.shapes[3])
      return [try RandomRules.shape(context, 0)]
    },
    kernel: .run { context in
      let (key, counter, algorithm) = (context.inputs[1], context.inputs[2], context.inputs[3])
      try RandomRules.checkKeyAndCounter(
        PartialShape(key.dims), PartialShape(counter.dims), PartialShape(algorithm.dims))
      let generator = try RandomRules.generator(
        key: key.pointer, counter: counter.pointer, algorithm: algorithm.pointer)
      return [
        try StatelessRandomOps.sampled(
          context.inputs[0], generator, [context.inputs[4]], context.inputs[4].dtype
        ) { dtype, generator, parameters, sets, samples, out in
          jk_random_gamma(dtype, generator, parameters[0], sets, samples, out)
        }
      ]
    },
    gradient: .rule { [nil, nil, nil, nil, try RandomRules.gammaGradient($0, $0.inputs[4])] })

  package let poisson: OpDef = OpDef(
    "StatelessRandomPoisson",
    """
    shape: T, seed: Tseed, lam: Rtype -> output: dtype
    Rtype: {half, float, double, int32, int64}
    dtype: {half, float, double, int32, int64}
    T: {int32, int64}
    Tseed: {int32, int64} = int64
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[1])
      return [try RandomRules.shape(context, 0)]
    },
    kernel: StatelessRandomOps.seeded(2) { dtype, generator, parameters, sets, samples, out in
      jk_random_poisson(dtype, generator, parameters[0], sets, samples, out)
    }, gradient: .zero)

  package let binomial: OpDef = OpDef(
    "StatelessRandomBinomial",
    """
    shape: S, seed: Tseed, counts: T, probs: T -> output: dtype
    S: {int32, int64}
    Tseed: {int32, int64} = int64
    T: {half, float, double, int32, int64} = double
    dtype: {half, float, double, int32, int64} = int64
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[1])
      return [try RandomRules.shape(context, 0)]
    },
    kernel: StatelessRandomOps.seeded(2) { dtype, generator, parameters, sets, samples, out in
      jk_random_binomial(dtype, generator, parameters[0], parameters[1], sets, samples, out)
    }, gradient: .zero)

  package let parameterizedTruncatedNormal: OpDef = OpDef(
    "StatelessParameterizedTruncatedNormal",
    """
    shape: S, seed: Tseed, means: dtype, stddevs: dtype, minvals: dtype, maxvals: dtype \
      -> output: dtype
    S: {int32, int64}
    Tseed: {int32, int64} = int64
    dtype: {half, float, double}
    """,
    shape: { context in
      try RandomRules.checkSeed(context.shapes[1])
      return [try RandomRules.shape(context, 0)]
    },
    kernel: StatelessRandomOps.seeded(2) { dtype, generator, parameters, sets, samples, out in
      jk_random_truncated(
        dtype, generator, parameters[0], parameters[1], parameters[2], parameters[3], sets, samples,
        0, out)
    }, gradient: .rule { try truncatedNormalGradient($0) })

  /// By implicit reparameterisation (Figurnov et al., 2018): the sample moves with the parameters
  /// so that its quantile stays the same.
  private static func truncatedNormalGradient(_ context: GradientContext) throws -> [Tensor?] {
    let (parameters, sample) = (context.inputs[2...], context.outputs[0])
    let gradient = try context.gradient()
    func standard(_ x: Tensor) throws -> Tensor { try (x - parameters[2]) / parameters[3] }
    func below(_ x: Tensor) throws -> Tensor {
      try UnaryOps.family.erfc(x * -0.7071067811865476) * 0.5
    }
    let (x, low, high) = (
      try standard(sample), try standard(parameters[4]), try standard(parameters[5])
    )
    let start = try below(low)
    let quantile = try (below(x) - start) / (below(high) - start)
    // Held away from 0 and 1, whose logarithms are not finite.
    let (least, most) =
      sample.dtype == .float64
      ? (Double.leastNormalMagnitude, 1 - Double.ulpOfOne)
      : (Double(Float.leastNormalMagnitude), 1 - Double(Float.ulpOfOne))
    let held = try BinaryOps.family.minimum(BinaryOps.family.maximum(quantile, least), most)
    func density(_ bound: Tensor, _ logarithm: Tensor) throws -> Tensor {
      let square = UnaryOps.family.square
      return try UnaryOps.family.exp((square(x) - square(bound)) * 0.5 + logarithm)
    }
    let derivatives = [
      nil, x, try density(low, UnaryOps.family.log1p(-held)),
      try density(high, UnaryOps.family.log(held)),
    ]
    return try [nil, nil]
      + zip(parameters, derivatives).map { parameter, derivative in
        try reduceToShape(
          derivative.map { try gradient * $0 } ?? gradient, of: parameter, other: sample)
      }
  }
}

extension StatelessRandomOps {
  fileprivate static func store(
    _ generator: jk_philox, _ key: UnsafeMutableRawPointer, _ counter: UnsafeMutableRawPointer
  ) {
    withUnsafeBytes(of: generator) {
      counter.copyMemory(from: $0.baseAddress!, byteCount: 16)
      key.copyMemory(from: $0.baseAddress! + 16, byteCount: 8)
    }
  }

  fileprivate static func filled(
    _ name: String, _ distribution: RandomRules.Distribution,
    _ signature: String = """
    shape: T, seed: Tseed -> output: dtype
    dtype: {half, bfloat16, float, double} = float
    T: {int32, int64} = int32
    Tseed: {int32, int64} = int64
    """, _ types: DTypeSet = .floats
  ) -> OpDef {
    OpDef(
      name, signature,
      shape: { context in
        try RandomRules.checkSeed(context.shapes[1])
        return [try RandomRules.shape(context, 0)]
      },
      kernel: .raw(types.isEmpty ? [:] : ["dtype": types]) { context in
        let (dtype, seedType) = (try context.type("dtype"), try context.type("Tseed"))
        return { context in
          let count = context.outputs[0].elementCount
          return .run {
            RandomRules.fill(
              distribution, dtype, RandomRules.generator(seed: $0[1], seedType), $0[2], count)
          }
        }
      }, gradient: .zero)
  }

  fileprivate static func filledV2(
    _ name: String, _ distribution: RandomRules.Distribution,
    _ dtypes: String = "{half, bfloat16, float, double} = float", _ types: DTypeSet = .floats
  ) -> OpDef {
    OpDef(
      name,
      """
      shape: Tshape, key: uint64, counter: uint64, alg: int32 -> output: dtype
      dtype: \(dtypes)
      Tshape: {int32, int64} = int32
      """,
      shape: { context in
        try RandomRules.checkKeyAndCounter(context.shapes[1], context.shapes[2], context.shapes[3])
        return [try RandomRules.shape(context, 0)]
      },
      kernel: .raw(types.isEmpty ? [:] : ["dtype": types]) { context in
        let dtype = try context.type("dtype")
        return { context in
          let count = context.outputs[0].elementCount
          return .run {
            let generator = try RandomRules.generator(key: $0[1], counter: $0[2], algorithm: $0[3])
            RandomRules.fill(distribution, dtype, generator, $0[4], count)
          }
        }
      }, gradient: .zero)
  }

  typealias Sampler =
    @Sendable (
      Int32, UnsafePointer<jk_philox>, [[Double]], Int64, Int64, UnsafeMutableRawPointer
    ) -> Void

  /// A kernel that samples by parameters, inputs from `first` on, which broadcast to the end of the
  /// output's shape.
  fileprivate static func seeded(_ first: Int, _ sampler: @escaping Sampler) -> Kernel {
    .dynamic { prepared in
      let dtype = prepared.outputTypes[0]
      return { context in
        let seed = context.inputs[1]
        try RandomRules.checkSeed(seed.dims)
        return [
          try sampled(
            context.inputs[0], RandomRules.generator(seed: seed.pointer, seed.dtype),
            Array(context.inputs[first...]), dtype, sampler)
        ]
      }
    }
  }

  static func sampled(
    _ shape: Tensor, _ generator: jk_philox, _ parameters: [Tensor], _ dtype: DType,
    _ sampler: Sampler
  ) throws -> Tensor {
    let dims = try RandomRules.shape(shape)
    var broadcast = PartialShape.scalar
    for parameter in parameters {
      broadcast = try ShapeRules.broadcast(broadcast, PartialShape(parameter.dims))
    }
    let set = broadcast.known ?? Shape()
    try require(
      set.rank <= dims.rank && dims.dims.suffix(set.rank).elementsEqual(set.dims),
      "Shape passed in must end with broadcasted shape.")
    let output = try Tensor.uninitialized(dtype, dims)
    let count = dims.elementCount
    if count == 0 { return output }
    let sets = set.elementCount
    let values = try parameters.map {
      try RandomRules.broadcast(RandomRules.doubles($0), $0.dims, to: set)
    }
    withUnsafePointer(to: generator) {
      sampler(Int32(dtype.rawValue), $0, values, Int64(sets), Int64(count / sets), output.pointer)
    }
    return output
  }
}
