import CKernels
public import CoreOps

/// Bias and batch normalisation.
package struct NormalizationOps: OpFamily {
  package static let family: Self = define(Self())

  package let biasAdd: OpDef = OpDef(
    "BiasAdd",
    """
    value: T, bias: T -> output: T
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    """,
    shape: NormalizationRules.biasShape, kernel: NormalizationRules.biasKernel(),
    gradient: NormalizationRules.biasGradient())

  package let biasAddV1: OpDef = OpDef(
    "BiasAddV1",
    """
    value: T, bias: T -> output: T
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    """,
    shape: NormalizationRules.biasShape, kernel: NormalizationRules.biasKernel(),
    gradient: NormalizationRules.biasGradient())

  package let biasAddGrad: OpDef = OpDef(
    "BiasAddGrad",
    """
    out_backprop: T -> output: T
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    """,
    shape: { context in
      guard let dims = context.shapes[0].dims else { return [.unknown(rank: 1)] }
      guard dims.count >= 2 else {
        throw TFError.invalidArgument("Input tensor must be at least 2D: \(context.shapes[0])")
      }
      return [
        PartialShape([dims[try NormalizationRules.channelsFirst(context) ? 1 : dims.count - 1]])
      ]
    },
    kernel: .raw(["T": NormalizationRules.biasTypes]) { context in
      let type = Int32(try context.type("T").rawValue)
      let channelsFirst = try NormalizationRules.channelsFirst(context)
      return { specialise in
        let (outer, channels, inner) = NormalizationRules.split(
          specialise.inputs[0], channelsFirst: channelsFirst)
        return .run { jk_bias_add_gradient(type, outer, channels, inner, $0[0], $0[1]) }
      }
    },
    gradient: .rule(needs: .nothing) { context in
      [
        try family.biasAdd(
          [BasicOps.zerosLike(context.inputs[0]), context.gradient()],
          PoolingRules.attrs(context, ["data_format"]))
      ]
    })

  package let fusedBatchNorm: OpDef = OpDef(
    "FusedBatchNorm",
    """
    x: T, scale: T, offset: T, mean: T, variance: T -> y: T, batch_mean: T, batch_variance: T, \
      reserve_space_1: T, reserve_space_2: T
    T: {float}
    epsilon: float = 9.999999747378752e-05
    exponential_avg_factor: float = 1.0
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    is_training: bool = true
    """,
    shape: NormalizationRules.batchNormShape(extra: 0),
    kernel: NormalizationRules.batchNorm(["T": .float32], extra: 0),
    gradient: NormalizationRules.batchNormGradient(
      by: family.fusedBatchNormGrad, reserved: 2))

  package let fusedBatchNormV2: OpDef = OpDef(
    "FusedBatchNormV2",
    """
    x: T, scale: U, offset: U, mean: U, variance: U -> y: T, batch_mean: U, batch_variance: U, \
      reserve_space_1: U, reserve_space_2: U
    T: {half, bfloat16, float}
    U: {float}
    epsilon: float = 9.999999747378752e-05
    exponential_avg_factor: float = 1.0
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    is_training: bool = true
    """,
    shape: NormalizationRules.batchNormShape(extra: 0),
    kernel: NormalizationRules.batchNorm(
      ["T": DTypeSet(.half, .bfloat16, .float32), "U": .float32], extra: 0),
    gradient: NormalizationRules.batchNormGradient(
      by: family.fusedBatchNormGradV2, reserved: 2))

  package let fusedBatchNormV3: OpDef = OpDef(
    "FusedBatchNormV3",
    """
    x: T, scale: U, offset: U, mean: U, variance: U -> y: T, batch_mean: U, batch_variance: U, \
      reserve_space_1: U, reserve_space_2: U, reserve_space_3: U
    T: {half, bfloat16, float}
    U: {bfloat16, float}
    epsilon: float = 9.999999747378752e-05
    exponential_avg_factor: float = 1.0
    data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'
    is_training: bool = true
    """,
    shape: NormalizationRules.batchNormShape(extra: 1),
    kernel: NormalizationRules.batchNorm(
      ["T": DTypeSet(.half, .bfloat16, .float32), "U": .float32], extra: 1),
    gradient: NormalizationRules.batchNormGradient(
      by: family.fusedBatchNormGradV3, reserved: 3))

  package let fusedBatchNormGrad: OpDef = OpDef(
    "FusedBatchNormGrad",
    """
    y_backprop: T, x: T, scale: T, reserve_space_1: T, reserve_space_2: T -> x_backprop: T, \
      scale_backprop: T, offset_backprop: T, reserve_space_3: T, reserve_space_4: T
    T: {float}
    epsilon: float = 9.999999747378752e-05
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    is_training: bool = true
    """,
    shape: NormalizationRules.batchNormGradShape,
    kernel: NormalizationRules.batchNormGrad(["T": .float32], inputs: 5),
    gradient: BatchNormDerivatives.gradient)

  package let fusedBatchNormGradV2: OpDef = OpDef(
    "FusedBatchNormGradV2",
    """
    y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U -> x_backprop: T, \
      scale_backprop: U, offset_backprop: U, reserve_space_3: U, reserve_space_4: U
    T: {half, bfloat16, float}
    U: {float}
    epsilon: float = 9.999999747378752e-05
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    is_training: bool = true
    """,
    shape: NormalizationRules.batchNormGradShape,
    kernel: NormalizationRules.batchNormGrad(
      ["T": DTypeSet(.half, .bfloat16, .float32), "U": .float32], inputs: 5),
    gradient: BatchNormDerivatives.gradient)

  package let fusedBatchNormGradV3: OpDef = OpDef(
    "FusedBatchNormGradV3",
    """
    y_backprop: T, x: T, scale: float, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U \
      -> x_backprop: T, scale_backprop: U, offset_backprop: U, reserve_space_4: U, \
      reserve_space_5: U
    T: {half, bfloat16, float}
    U: {float}
    epsilon: float = 9.999999747378752e-05
    data_format: {'NHWC', 'NCHW', 'NDHWC', 'NCDHW'} = 'NHWC'
    is_training: bool = true
    """,
    shape: NormalizationRules.batchNormGradShape,
    kernel: NormalizationRules.batchNormGrad(
      ["T": DTypeSet(.half, .bfloat16, .float32), "U": .float32], inputs: 6),
    gradient: BatchNormDerivatives.gradient)

  package let fusedBatchNormEx: OpDef = OpDef(
    "_FusedBatchNormEx",
    """
    x: T, scale: U, offset: U, mean: U, variance: U, side_input: num_side_inputs * T -> y: T, \
      batch_mean: U, batch_variance: U, reserve_space_1: U, reserve_space_2: U, reserve_space_3: U
    T: {half, float, bfloat16}
    U: {float}
    epsilon: float = 9.999999747378752e-05
    exponential_avg_factor: float = 1.0
    num_side_inputs: int >= 0 = 0
    activation_mode: string = 'Identity'
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    is_training: bool = true
    """,
    shape: { context in
      let sides = try context.int("num_side_inputs")
      try require(sides <= 1, "FusedBatchNorm accepts at most one side input, got \(sides)")
      if sides == 1 { _ = try context.shapes[0].merged(with: context.shapes[5]) }
      return try NormalizationRules.batchNormShape(extra: 1)(context)
    },
    kernel: NormalizationRules.batchNorm(
      ["T": DTypeSet(.half, .bfloat16, .float32), "U": .float32], extra: 1),
    gradient: .none("made by optimisation only"))

  package let batchNormWithGlobalNormalization: OpDef = OpDef(
    "BatchNormWithGlobalNormalization",
    """
    t: T, m: T, v: T, beta: T, gamma: T -> result: T
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    variance_epsilon: float
    scale_after_normalization: bool
    """,
    shape: { context in
      let t = try context.shape(0, rank: 4)
      for (index, name) in [(1, "m"), (2, "v"), (3, "beta"), (4, "gamma")] {
        _ = try NormalizationRules.checkVector(context, index, name, t[3])
      }
      return [t]
    },
    kernel: .raw(["T": DTypeSet(.half, .float32, .float64)]) { context in
      let type = Int32(try context.type("T").rawValue)
      let epsilon = try context.float("variance_epsilon")
      let scale: Int32 = try context.bool("scale_after_normalization") ? 1 : 0
      return { specialise in
        let (rows, channels, _) = NormalizationRules.split(
          specialise.inputs[0], channelsFirst: false)
        return .run {
          jk_batch_norm_global(
            type, rows, channels, scale, epsilon, $0[0], $0[1], $0[2], $0[3], $0[4], $0[5])
        }
      }
    },
    gradient: .rule(needs: .inputs(0, 1, 2, 4)) { context in
      let inputs = context.inputs
      return try apply(
        family.batchNormWithGlobalNormalizationGrad,
        [inputs[0], inputs[1], inputs[2], inputs[4], try context.gradient()],
        PoolingRules.attrs(context, ["variance_epsilon", "scale_after_normalization"]))
    })

  package let batchNormWithGlobalNormalizationGrad: OpDef = OpDef(
    "BatchNormWithGlobalNormalizationGrad",
    """
    t: T, m: T, v: T, gamma: T, backprop: T -> dx: T, dm: T, dv: T, db: T, dg: T
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    variance_epsilon: float
    scale_after_normalization: bool
    """,
    shape: { context in
      let t = try context.shape(0, rank: 4).merged(with: try context.shape(4, rank: 4, "backprop"))
      for (index, name) in [(1, "m"), (2, "v"), (3, "gamma")] {
        _ = try NormalizationRules.checkVector(context, index, name, t[3])
      }
      let vector = PartialShape([t[3]])
      return [t, vector, vector, vector, vector]
    },
    kernel: .raw(["T": DTypeSet(.half, .float32, .float64)]) { context in
      let type = Int32(try context.type("T").rawValue)
      let epsilon = try context.float("variance_epsilon")
      let scale: Int32 = try context.bool("scale_after_normalization") ? 1 : 0
      return { specialise in
        let (rows, channels, _) = NormalizationRules.split(
          specialise.inputs[0], channelsFirst: false)
        return .run {
          jk_batch_norm_global_gradient(
            type, rows, channels, scale, epsilon, $0[0], $0[1], $0[2], $0[3], $0[4], $0[5], $0[6],
            $0[7],
            $0[8], $0[9])
        }
      }
    },
    gradient: .none("TensorFlow has no gradient for BatchNormWithGlobalNormalizationGrad"))
}

extension SharedNN {
  /// Adds a vector to the channels of a tensor.
  ///
  /// Follows `tf.nn.bias_add`.
  ///
  /// - Parameters:
  ///   - value: of rank 2 at least.
  ///   - bias: one number per channel.
  ///   - dataFormat: `"N...C"`, or `"NC..."` where the channels come second.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the bias has another length.
  public static func biasAdd(
    _ value: some TensorConvertible, _ bias: some TensorConvertible, dataFormat: String? = nil,
    name: String? = nil
  ) throws -> Tensor {
    let first = dataFormat?.hasPrefix("NC") == true
    return try NormalizationOps.family.biasAdd(
      operands(value, bias), Attrs().with("data_format", .string("NCHW"), unless: !first),
      name: name)
  }

  /// The same with its arguments by label.
  public static func biasAdd(
    _ value: some TensorConvertible, bias: some TensorConvertible, dataFormat: String? = nil,
    name: String? = nil
  ) throws -> Tensor {
    try biasAdd(value, bias, dataFormat: dataFormat, name: name)
  }

  /// Normalises each channel by its mean and variance.
  ///
  /// Follows `tf.compat.v1.nn.fused_batch_norm`.
  ///
  /// - Parameters:
  ///   - x: of rank 4, or 5 for `NDHWC` and `NCDHW`.
  ///   - scale, offset: one number per channel.
  ///   - mean, variance: the statistics to use when not training; the running ones otherwise.
  ///   - epsilon: what is added to the variance.
  ///   - isTraining: whether the statistics are those of `x`.
  ///   - exponentialAvgFactor: how much the new statistics count in the running ones.
  /// - Returns: the normalised tensor, and the mean and variance.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit each other.
  public static func fusedBatchNorm(
    _ x: some TensorConvertible, _ scale: some TensorConvertible, _ offset: some TensorConvertible,
    mean: (any TensorConvertible)? = nil, variance: (any TensorConvertible)? = nil,
    epsilon: Float = 0.001,
    dataFormat: String = "NHWC", isTraining: Bool = true, exponentialAvgFactor: Float = 1,
    name: String? = nil
  ) throws -> (y: Tensor, mean: Tensor, variance: Tensor) {
    let empty = try Tensor([Float](), dims: [0])
    // TensorFlow keeps epsilon above what cuDNN takes.
    let attrs: Attrs = [
      "epsilon": .float(max(epsilon, 1.001e-5)), "data_format": .string(dataFormat),
      "is_training": .bool(isTraining), "exponential_avg_factor": .float(exponentialAvgFactor),
    ]
    let outputs = try apply(
      NormalizationOps.family.fusedBatchNormV3,
      [
        x.asTensor(), scale.asTensor(preferring: .float32), offset.asTensor(preferring: .float32),
        mean?.asTensor(preferring: .float32) ?? empty,
        variance?.asTensor(preferring: .float32) ?? empty,
      ], attrs, name: name)
    return (outputs[0], outputs[1], outputs[2])
  }

  /// The same with its arguments by label.
  public static func fusedBatchNorm(
    _ x: some TensorConvertible, scale: some TensorConvertible, offset: some TensorConvertible,
    mean: (any TensorConvertible)? = nil, variance: (any TensorConvertible)? = nil,
    epsilon: Float = 0.001, dataFormat: String = "NHWC", isTraining: Bool = true,
    exponentialAvgFactor: Float = 1, name: String? = nil
  ) throws -> (y: Tensor, mean: Tensor, variance: Tensor) {
    try fusedBatchNorm(
      x, scale, offset, mean: mean, variance: variance, epsilon: epsilon, dataFormat: dataFormat,
      isTraining: isTraining, exponentialAvgFactor: exponentialAvgFactor, name: name)
  }
}
