import CKernels
package import CoreOps

/// Pooling and its gradients.
package struct PoolingOps: OpFamily {
  package static let family: Self = define(Self())

  package let maxPool: OpDef = OpDef(
    "MaxPool",
    """
    input: T -> output: T
    T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float
    ksize: list(int) >= 4
    strides: list(int) >= 4
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'
    """,
    shape: PoolingRules.outputShape(spatial: 2, depth: true),
    kernel: PoolingRules.kernel(PoolingRules.ordered, spatial: 2, depth: true, PoolingRules.max),
    gradient: PoolingRules.maxGradient(by: family.maxPoolGrad))

  package let maxPoolV2: OpDef = OpDef(
    "MaxPoolV2",
    """
    input: T, ksize: int32, strides: int32 -> output: T
    T: {half, bfloat16, float, double, int32, int64, uint8, int16, int8, uint16, qint8} = float
    padding: {'SAME', 'VALID'}
    data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'
    """,
    shape: { context in
      let input = try context.shape(0, rank: 4)
      guard
        let pool = try PoolingRules.windowOf(context, spatial: 2, sizesAt: 1, depth: true)
      else { return [.unknown(rank: 4)] }
      return [try pool.output(input)]
    },
    kernel: PoolingRules.dynamicWindowKernel(PoolingRules.ordered, sizesAt: 1) {
      type, window, pointers in
      jk_max_pool(type, &window, pointers[0], pointers[3])
    },
    gradient: PoolingRules.maxGradient(by: family.maxPoolGradV2, sizes: true))

  package let maxPoolGrad: OpDef = OpDef(
    "MaxPoolGrad",
    """
    orig_input: T, orig_output: T, grad: T -> output: T
    ksize: list(int) >= 4
    strides: list(int) >= 4
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, \
      uint64} = float
    """,
    shape: PoolingRules.gradientShape(spatial: 2, toInput: true),
    kernel: PoolingRules.kernel(PoolingRules.ordered, spatial: 2, depth: true, zeroes: 3) {
      jk_max_pool_gradient($0, &$1, $2[0], $2[2], $2[3])
    },
    gradient: PoolingRules.linearGradient(by: family.maxPoolGradGrad))

  package let maxPoolGradV2: OpDef = OpDef(
    "MaxPoolGradV2",
    """
    orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32 -> output: T
    padding: {'SAME', 'VALID'}
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, \
      uint64} = float
    """,
    shape: PoolingRules.gradientShape(spatial: 2, toInput: true, sizesAt: 3),
    kernel: PoolingRules.dynamicWindowKernel(PoolingRules.ordered, sizesAt: 3, zeroes: 5) {
      jk_max_pool_gradient($0, &$1, $2[0], $2[2], $2[5])
    },
    gradient: PoolingRules.linearGradient(by: family.maxPoolGradGradV2, sizes: true))

  package let maxPoolGradGrad: OpDef = OpDef(
    "MaxPoolGradGrad",
    """
    orig_input: T, orig_output: T, grad: T -> output: T
    ksize: list(int) >= 4
    strides: list(int) >= 4
    padding: {'SAME', 'VALID'}
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: PoolingRules.gradientShape(spatial: 2, toInput: false),
    kernel: PoolingRules.kernel(PoolingRules.ordered, spatial: 2, depth: true) {
      jk_max_pool_gather($0, &$1, $2[0], $2[1], $2[2], $2[3])
    },
    gradient: PoolingRules.linearGradient(by: family.maxPoolGrad))

  package let maxPoolGradGradV2: OpDef = OpDef(
    "MaxPoolGradGradV2",
    """
    orig_input: T, orig_output: T, grad: T, ksize: int32, strides: int32 -> output: T
    padding: {'SAME', 'VALID'}
    data_format: {'NHWC', 'NCHW'} = 'NHWC'
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: PoolingRules.gradientShape(spatial: 2, toInput: false, sizesAt: 3),
    kernel: PoolingRules.dynamicWindowKernel(PoolingRules.ordered, sizesAt: 3) {
      jk_max_pool_gather($0, &$1, $2[0], $2[1], $2[2], $2[5])
    },
    gradient: PoolingRules.linearGradient(by: family.maxPoolGradV2, sizes: true))

  package let avgPool: OpDef = average(
    "AvgPool", "value", spatial: 2, by: family.avgPoolGrad)
  package let avgPoolGrad: OpDef = averageGradient(
    "AvgPoolGrad", spatial: 2, by: family.avgPool)
  package let avgPool3D: OpDef = average(
    "AvgPool3D", "input", spatial: 3, by: family.avgPool3DGrad)
  package let avgPool3DGrad: OpDef = averageGradient(
    "AvgPool3DGrad", spatial: 3, by: family.avgPool3D)

  package let maxPool3D: OpDef = OpDef(
    "MaxPool3D",
    """
    input: T -> output: T
    ksize: list(int) >= 5
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'
    T: {half, bfloat16, float}
    """,
    shape: PoolingRules.outputShape(spatial: 3),
    kernel: PoolingRules.kernel(
      DTypeSet(.half, .bfloat16, .float32), spatial: 3, centred: true
    ) {
      jk_max_pool_in_order($0, &$1, $2[0], $2[1])
    },
    gradient: PoolingRules.maxGradient(by: family.maxPool3DGrad))

  package let maxPool3DGrad: OpDef = OpDef(
    "MaxPool3DGrad",
    """
    orig_input: TInput, orig_output: TInput, grad: T -> output: T
    ksize: list(int) >= 5
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'
    T: {half, bfloat16, float} = float
    TInput: {half, bfloat16, float} = float
    """,
    shape: { context in
      guard try context.type("T") == context.type("TInput") else {
        throw TFError.invalidArgument("MaxPool3DGrad needs T and TInput to be the same")
      }
      return try PoolingRules.gradientShape(spatial: 3, toInput: true)(context)
    },
    kernel: PoolingRules.kernel(DTypeSet(.half, .bfloat16, .float32), spatial: 3, zeroes: 3) {
      jk_max_pool_gradient_of_ties($0, &$1, $2[0], $2[1], $2[2], $2[3])
    },
    gradient: PoolingRules.linearGradient(by: family.maxPool3DGradGrad))

  package let maxPool3DGradGrad: OpDef = OpDef(
    "MaxPool3DGradGrad",
    """
    orig_input: T, orig_output: T, grad: T -> output: T
    ksize: list(int) >= 5
    strides: list(int) >= 5
    padding: {'SAME', 'VALID'}
    data_format: {'NDHWC', 'NCDHW'} = 'NDHWC'
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: PoolingRules.gradientShape(spatial: 3, toInput: false),
    kernel: PoolingRules.kernel(PoolingRules.ordered, spatial: 3) {
      jk_max_pool_gather($0, &$1, $2[0], $2[1], $2[2], $2[3])
    },
    gradient: PoolingRules.linearGradient(by: family.maxPool3DGrad))

  package let maxPoolWithArgmax: OpDef = OpDef(
    "MaxPoolWithArgmax",
    """
    input: T -> output: T, argmax: Targmax
    ksize: list(int) >= 4
    strides: list(int) >= 4
    Targmax: {int32, int64} = int64
    padding: {'SAME', 'VALID'}
    include_batch_in_index: bool = false
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: { context in
      let pool = try PoolingRules.pool(context, spatial: 2)
      let output = try pool.output(try context.shape(0, rank: 4))
      return [output, output]
    },
    kernel: .raw(["T": PoolingRules.ordered]) { context in
      let pool = try PoolingRules.pool(context, spatial: 2)
      let (dtype, index) = (try context.type("T"), try context.type("Targmax"))
      let includeBatch: Int32 = try context.bool("include_batch_in_index") ? 1 : 0
      return {
        try require($0.inputs[0].elementCount > 0, "tensor_in must not be empty (2)")
        if index == .int32, $0.inputs[0].elementCount > Int(Int32.max) {
          throw TFError.invalidArgument(
            "the positions of a tensor of shape \($0.inputs[0]) do not fit int32")
        }
        return try PoolingRules.run(pool, dtype, $0.inputs[0], $0, zeroes: nil) {
          jk_max_pool_argmax(
            $0, &$1, $2[0], $2[1], $2[2], Int32(index.rawValue), includeBatch)
        }
      }
    },
    gradient: .rule(needs: .init(inputs: [0], outputs: [1])) { context in
      [
        try family.maxPoolGradWithArgmax(
          [context.inputs[0], context.gradient(0), context.outputs[1]],
          PoolingRules.attrs(context, ["ksize", "strides", "padding", "include_batch_in_index"]))
      ]
    })

  package let maxPoolGradWithArgmax: OpDef = OpDef(
    "MaxPoolGradWithArgmax",
    """
    input: T, grad: T, argmax: Targmax -> output: T
    ksize: list(int) >= 4
    strides: list(int) >= 4
    padding: {'SAME', 'VALID'}
    include_batch_in_index: bool = false
    Targmax: {int32, int64}
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: { context in
      let pool = try PoolingRules.pool(context, spatial: 2)
      let input = try context.shape(0, rank: 4)
      try PoolingRules.check(pool, input, output: try context.shape(1, rank: 4, "grad"), "grad")
      try PoolingRules.check(pool, input, output: try context.shape(2, rank: 4, "argmax"), "argmax")
      return [input]
    },
    kernel: .raw(["T": PoolingRules.ordered]) { context in
      let type = Int32(try context.type("T").rawValue)
      let size = try context.type("T").byteSize
      let index = Int32(try context.type("Targmax").rawValue)
      let includeBatch: Int32 = try context.bool("include_batch_in_index") ? 1 : 0
      return { specialise in
        let (input, grad) = (specialise.inputs[0], specialise.inputs[1])
        let images = input[0]
        let count = input.elementCount
        let perImage = images == 0 ? 0 : count / images
        let gradPerImage = images == 0 ? 0 : grad.elementCount / images
        return .run { pointers in
          pointers[3].initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
          let outside = jk_scatter_add(
            type, index, Int64(images), Int64(gradPerImage), Int64(perImage), includeBatch,
            pointers[2],
            pointers[1], pointers[3])
          if outside != 0 {
            throw TFError.invalidArgument(
              "a value of argmax lies outside the input of shape \(input)")
          }
        }
      }
    },
    gradient: .none("TensorFlow has no gradient for MaxPoolGradWithArgmax"))

  /// - Parameter other: the op of its gradient.
  private static func average(
    _ name: String, _ input: String, spatial: Int,
    by other: @autoclosure @escaping @Sendable () -> OpDef
  ) -> OpDef {
    OpDef(
      name, "\(input): T -> output: T\n\(attributes(spatial))",
      shape: PoolingRules.outputShape(spatial: spatial),
      kernel: PoolingRules.kernel(
        .floats, spatial: spatial, centred: spatial == 3, PoolingRules.average),
      gradient: .rule(needs: .nothing) { context in
        [
          try other()(
            [ShapeOps.shapeTensor(of: context.inputs[0]), context.gradient()],
            PoolingRules.attrs(context, PoolingRules.windowNames))
        ]
      })
  }

  /// - Parameter other: the op that it is the gradient of.
  private static func averageGradient(
    _ name: String, spatial: Int, by other: @autoclosure @escaping @Sendable () -> OpDef
  ) -> OpDef {
    OpDef(
      name, "orig_input_shape: int32, grad: T -> output: T\n\(attributes(spatial))",
      shape: PoolingRules.averageGradientShape(spatial: spatial),
      kernel: PoolingRules.kernel(.floats, spatial: spatial, over: { $0.outputs[0] }) {
        jk_avg_pool_gradient($0, &$1, $2[1], $2[2])
      },
      gradient: .rule(needs: .nothing) { context in
        [
          nil,
          try other()(
            [context.gradient()], PoolingRules.attrs(context, PoolingRules.windowNames)),
        ]
      })
  }

  private static func attributes(_ spatial: Int) -> String {
    """
    ksize: list(int) >= \(spatial + 2)
    strides: list(int) >= \(spatial + 2)
    padding: {'SAME', 'VALID'}
    data_format: \(spatial == 2 ? "{'NHWC', 'NCHW'} = 'NHWC'" : "{'NDHWC', 'NCDHW'} = 'NDHWC'")
    T: {half, bfloat16, float, double}
    """
  }
}
