import CKernels
public import CoreOps

/// Local response normalisation.
package struct LRNOps: OpFamily {
  package static let family: Self = define(Self())

  private static let attributes = """
    depth_radius: int = 5
    bias: float = 1.0
    alpha: float = 1.0
    beta: float = 0.5
    T: {half, bfloat16, float} = float
    """

  package let lrn: OpDef = OpDef(
    "LRN", "input: T -> output: T\n\(attributes)",
    shape: { [try $0.shape(0, rank: 4)] },
    kernel: .raw(["T": [.half, .bfloat16, .float32]]) { context in
      let settings = try Settings(context)
      return { shapes in
        let (rows, depth) = split(shapes.inputs[0])
        return .run {
          jk_lrn(
            settings.dtype, $0[0], $0[1], rows, depth, settings.radius(depth), settings.bias,
            settings.alpha, settings.beta)
        }
      }
    },
    gradient: .rule(needs: .init(inputs: [0], outputs: [0])) { context in
      [
        try family.lrnGrad(
          [context.gradient(), context.inputs[0], context.outputs[0]], context.attrs)
      ]
    })

  package let lrnGrad: OpDef = OpDef(
    "LRNGrad",
    "input_grads: T, input_image: T, output_image: T -> output: T\n\(attributes)",
    shape: { context in
      let shapes = try (0..<3).map { try context.shape($0, rank: 4) }
      return [try shapes[0].merged(with: shapes[1]).merged(with: shapes[2])]
    },
    kernel: .raw(["T": [.half, .bfloat16, .float32]]) { context in
      let settings = try Settings(context)
      return { shapes in
        let (rows, depth) = split(shapes.inputs[0])
        return .run {
          jk_lrn_grad(
            settings.dtype, $0[0], $0[1], $0[2], $0[3], rows, depth, settings.radius(depth),
            settings.bias, settings.alpha, settings.beta)
        }
      }
    }, gradient: .none("the gradient of LRNGrad is not defined"))

  private static func split(_ shape: Shape) -> (rows: Int, depth: Int) {
    (shape[0] * shape[1] * shape[2], shape[3])
  }

  private struct Settings {
    let dtype: Int32
    let depthRadius: Int
    let bias: Float
    let alpha: Float
    let beta: Float

    init(_ context: KernelContext) throws {
      dtype = Int32(try context.type("T").rawValue)
      depthRadius = try context.int("depth_radius")
      bias = try context.float("bias")
      alpha = try context.float("alpha")
      beta = try context.float("beta")
      try require(
        Int32(exactly: depthRadius) != nil,
        "depth_radius = \(depthRadius) larger than int max")
    }

    /// The radius, no more than reaches every channel.
    func radius(_ depth: Int) -> Int64 { Int64(max(min(depthRadius, depth), -1)) }
  }
}

extension SharedNN {
  /// Normalises each element by the squares around it along the last dimension. Follows
  /// `tf.nn.local_response_normalization`.
  ///
  /// - Parameters:
  ///   - input: a batch of images, rank 4, channels last.
  ///   - depthRadius: how many channels to either side count.
  ///   - bias, alpha, beta: the result is `input / (bias + alpha · Σ squares) ^ beta`.
  /// - Throws: `INVALID_ARGUMENT` when the rank is not 4 or the dtype is float64.
  public static func localResponseNormalization(
    _ input: some TensorConvertible, depthRadius: Int = 5, bias: Float = 1, alpha: Float = 1,
    beta: Float = 0.5, name: String? = nil
  ) throws -> Tensor {
    try LRNOps.family.lrn(
      [input.asTensor()],
      [
        "depth_radius": .int(depthRadius), "bias": .float(bias), "alpha": .float(alpha),
        "beta": .float(beta),
      ], name: name)
  }
}
