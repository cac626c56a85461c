package import CoreOps

/// The convolution op whose rank is its input's.
package struct AnyRankConvolutionOps: OpFamily {
  package static let family: Self = define(Self())

  package let conv: OpDef = OpDef(
    "Conv",
    """
    input: T, filter: T -> output: T
    T: {half, bfloat16, float, double, int32}
    strides: list(int)
    padding: {'SAME', 'VALID', 'EXPLICIT'}
    explicit_paddings: list(int) = []
    data_format: {'CHANNELS_FIRST', 'CHANNELS_LAST'} = 'CHANNELS_LAST'
    dilations: list(int) = []
    batch_dims: int = 1
    groups: int = 1
    """,
    shape: { context in
      guard let x = context.shapes[0].dims else { return [.unknown] }
      let kind = try AnyRank.kind(context, rank: x.count)
      let folded = AnyRank.folded(x, kind)
      let attrs = try WindowAttrs.convolution(context, spatial: kind.spatial)
      let w = try context.shape(1, rank: attrs.rank, "filter")
      let output = try ConvolutionRules.output(attrs, PartialShape(folded), w, kind)
      guard let dims = output.dims else { return [.unknown] }
      return [PartialShape(Array(x.dropLast(kind.spatial + 1)) + dims.dropFirst())]
    },
    kernel: .raw(["T": [.floats, .int32]]) { context in
      let dtype = try context.type("T")
      return { specialise in
        let x = specialise.inputs[0]
        let kind = try AnyRank.kind(context, rank: x.rank)
        let given = try WindowAttrs.convolution(context, spatial: kind.spatial)
        let attrs = kind == .conv3D ? given.centred() : given
        func shape(_ shape: Shape) -> Shape {
          PartialShape(AnyRank.folded(PartialShape(shape).dims ?? [], kind)).known ?? shape
        }
        let kernel = try ConvolutionKernel(
          attrs, dtype, input: shape(x), filter: specialise.inputs[1],
          output: shape(specialise.outputs[0]), depthwise: false)
        return .run(kernel.forward(filter: ConvolutionRules.operand(specialise, 1)))
      }
    },
    gradient: .none("TensorFlow has no gradient for Conv"))
}

private enum AnyRank {
  static func kind(_ context: some AttrAccess, rank: Int) throws -> ConvolutionRules.Kind {
    let batchDims = try context.int("batch_dims")
    guard batchDims >= 1 else {
      throw TFError.invalidArgument("batch_dims must be at least 1, is \(batchDims)")
    }
    guard try context.int("groups") == 1 else {
      throw TFError.unimplemented("Grouped/Depthwise Convolutions are not supported yet.")
    }
    let spatial = rank - batchDims - 1
    guard spatial == 2 || spatial == 3 else {
      throw TFError.invalidArgument(
        "The input must have 2 or 3 spatial dimensions but got \(spatial)")
    }
    return spatial == 2 ? .conv2D : .conv3D
  }

  /// The shape with one batch dimension in place of several.
  static func folded(_ dims: [Dimension?], _ kind: ConvolutionRules.Kind) -> [Dimension?] {
    let batch = dims.dropLast(kind.spatial + 1).reduce(1 as Dimension?) { product, dim in
      product.flatMap { a in dim.map { a * $0 } }
    }
    return [batch] + dims.suffix(kind.spatial + 1)
  }
}
