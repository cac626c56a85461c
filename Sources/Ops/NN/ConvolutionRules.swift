import CoreOps
import OpsLinalg

/// Shape rules, kernels and gradients that the convolutions share.
enum ConvolutionRules {
  /// What sets one convolution apart from another.
  enum Kind {
    case conv2D, depthwise, conv3D

    var spatial: Int { self == .conv3D ? 3 : 2 }

    var forward: OpDef {
      switch self {
      case .conv2D: ConvolutionOps.family.conv2D
      case .depthwise: ConvolutionOps.family.depthwise
      case .conv3D: ConvolutionOps.family.conv3D
      }
    }

    var inputGradient: OpDef {
      switch self {
      case .conv2D: ConvolutionOps.family.conv2DBackpropInput
      case .depthwise: ConvolutionOps.family.depthwiseBackpropInput
      case .conv3D: ConvolutionOps.family.conv3DBackpropInputV2
      }
    }

    var filterGradient: OpDef {
      switch self {
      case .conv2D: ConvolutionOps.family.conv2DBackpropFilter
      case .depthwise: ConvolutionOps.family.depthwiseBackpropFilter
      case .conv3D: ConvolutionOps.family.conv3DBackpropFilterV2
      }
    }
  }

  static func attrs(_ context: some AttrAccess, _ kind: Kind) throws -> WindowAttrs {
    let attrs = try WindowAttrs.convolution(context, spatial: kind.spatial)
    if kind == .depthwise, attrs.strides[0] != attrs.strides[1] {
      throw TFError.invalidArgument(
        """
        Current implementation only supports equal length strides in the row and column dimensions.
        """
      )
    }
    return attrs
  }

  /// The output's shape from what is known of the input's and the filter's.
  static func output(
    _ attrs: WindowAttrs, _ x: PartialShape, _ w: PartialShape, _ kind: Kind
  ) throws -> PartialShape {
    let rank = attrs.rank
    let (channels, filterIn) = (x[attrs.channelAxis], w[rank - 2])
    if let filterIn {
      guard filterIn > 0 else {
        throw TFError.invalidArgument("filter depth must be stricly positive, got \(filterIn)")
      }
      if let channels {
        if kind == .depthwise {
          guard channels == filterIn else {
            throw TFError.invalidArgument(
              "input and filter must have the same depth: \(channels) vs \(filterIn)")
          }
        } else {
          guard channels > 0, channels % filterIn == 0 else {
            throw TFError.invalidArgument(
              "input depth must be evenly divisible by filter depth: \(channels) vs \(filterIn)")
          }
          if let out = w[rank - 1], out % (channels / filterIn) != 0 {
            throw TFError.invalidArgument(
              "Depth must be divisible by number of groups: \(out) vs \(channels / filterIn)")
          }
        }
      }
    }
    let kernel = (0..<attrs.spatial).map { w[$0] }
    for size in kernel where size == 0 {
      throw TFError.invalidArgument(
        "filter must not have zero elements (i.e. all dimensions must be non-zero)")
    }
    let out: Dimension?
    if kind == .depthwise {
      if let filterIn, let multiplier = w[rank - 1] {
        out = filterIn * multiplier
      } else {
        out = nil
      }
    } else {
      out = w[rank - 1]
    }
    return attrs.shape(
      batch: x[0], spatial: try attrs.outputs(input: x, kernel: kernel), channels: out)
  }

  static func forwardShape(_ kind: Kind) -> ShapeRule {
    { context in
      let attrs = try attrs(context, kind)
      return [
        try output(
          attrs, try context.shape(0, rank: attrs.rank),
          try context.shape(1, rank: attrs.rank, "filter"),
          kind)
      ]
    }
  }

  static func forward(_ kind: Kind, _ types: DTypeSet) -> Kernel {
    .raw(["T": types]) { context in
      let given = try attrs(context, kind)
      let attrs = kind == .conv3D ? given.centred() : given
      let dtype = try context.type("T")
      let layouts = PackedMatrix()
      return { specialise in
        let kernel = try ConvolutionKernel(
          attrs, dtype, input: specialise.inputs[0], filter: specialise.inputs[1],
          output: specialise.outputs[0], depthwise: kind == .depthwise)
        return .run(
          kernel.forward(
            filter: operand(specialise, 1), briefly: specialise.isBrief ? layouts : nil))
      }
    }
  }

  /// Input `index`, as a constant where it is one.
  static func operand(_ specialise: SpecialiseContext, _ index: Int) -> ConvolutionKernel.Operand {
    specialise.constant(index).map { .constant($0) } ?? .input(index)
  }

  /// The shape in the integers of input `index`, checked to have `rank` dimensions.
  static func sizes(_ context: ShapeContext, _ index: Int, rank: Int, _ name: String) throws
    -> PartialShape
  {
    let vector = try context.shape(index, rank: 1, name)
    if let count = vector[0], count != rank {
      throw TFError.invalidArgument("\(name) must have \(rank) elements, has \(count)")
    }
    guard let values = try context.integers(index) else {
      return try context.shapeValue(index).merged(with: .unknown(rank: rank))
    }
    guard values.allSatisfy({ $0 >= 0 }) else {
      throw TFError.invalidArgument("\(name) has a negative element: \(values)")
    }
    return PartialShape(values)
  }

  /// `sizes` is nil where the op takes a tensor of the input's shape and not its sizes.
  static func inputGradientShape(_ kind: Kind, sizes takesSizes: Bool = true) -> ShapeRule {
    { context in
      let attrs = try attrs(context, kind)
      let w = try context.shape(1, rank: attrs.rank, "filter")
      let dy = try context.shape(2, rank: attrs.rank, "out_backprop")
      var x: PartialShape
      if !takesSizes {
        x = try context.shape(0, rank: attrs.rank)
      } else if kind.spatial == 2, context.shapes[0].known == Shape([2]) {
        // The sizes may be height and width alone; batch and channels are those of the other
        // inputs.
        let spatial = try context.sizes(0)
        x = attrs.shape(
          batch: dy[0], spatial: [spatial?[0], spatial?[1]],
          channels: w[2])
        if let spatial, spatial.contains(where: { $0 < 0 }) {
          throw TFError.invalidArgument(
            "input_sizes has a negative element: \(spatial)")
        }
      } else {
        x = try sizes(context, 0, rank: attrs.rank, "input_sizes")
      }
      try check(attrs, x, w, dy, kind)
      return [x]
    }
  }

  static func filterGradientShape(_ kind: Kind, sizes takesSizes: Bool = true) -> ShapeRule {
    { context in
      let attrs = try attrs(context, kind)
      let x = try context.shape(0, rank: attrs.rank)
      let dy = try context.shape(2, rank: attrs.rank, "out_backprop")
      let w =
        takesSizes
        ? try sizes(context, 1, rank: attrs.rank, "filter_sizes")
        : try context.shape(1, rank: attrs.rank, "filter")
      try check(attrs, x, w, dy, kind)
      return [w]
    }
  }

  private static func check(
    _ attrs: WindowAttrs, _ x: PartialShape, _ w: PartialShape, _ dy: PartialShape, _ kind: Kind
  ) throws {
    let computed = try output(attrs, x, w, kind)
    guard computed.isCompatible(with: dy) else {
      throw TFError.invalidArgument(
        "Size of out_backprop doesn't match computed: actual = \(dy), computed = \(computed)")
    }
  }

  static func inputGradient(_ kind: Kind, _ types: DTypeSet) -> Kernel {
    .raw(["T": types]) { context in
      let attrs = try attrs(context, kind)
      let dtype = try context.type("T")
      return { specialise in
        let kernel = try ConvolutionKernel(
          attrs, dtype, input: specialise.outputs[0], filter: specialise.inputs[1],
          output: specialise.inputs[2], depthwise: kind == .depthwise)
        return .run(
          kernel.inputGradient(filter: 1, gradient: 2, constantFilter: specialise.constant(1)))
      }
    }
  }

  static func filterGradient(_ kind: Kind, _ types: DTypeSet) -> Kernel {
    .raw(["T": types]) { context in
      let attrs = try attrs(context, kind)
      let dtype = try context.type("T")
      return { specialise in
        let kernel = try ConvolutionKernel(
          attrs, dtype, input: specialise.inputs[0], filter: specialise.outputs[0],
          output: specialise.inputs[2], depthwise: kind == .depthwise)
        return .run(kernel.filterGradient(input: 0, gradient: 2))
      }
    }
  }

  /// The attributes that the ops of one convolution share.
  static func shared(_ context: GradientContext) -> Attrs {
    var attrs = Attrs()
    for entry in context.attrs where entry.name != "T" && entry.name != "Tshape" {
      attrs[entry.name] = entry.value
    }
    return attrs
  }

  static func forwardGradient(_ kind: Kind) -> Gradient {
    .rule(needs: .inputs) { context in
      let (x, w, dy) = (context.inputs[0], context.inputs[1], try context.gradient())
      let attrs = shared(context)
      return [
        try context.wants(0)
          ? kind.inputGradient([ShapeOps.shapeTensor(of: x), w, dy], attrs) : nil,
        try context.wants(1)
          ? kind.filterGradient([x, ShapeOps.shapeTensor(of: w), dy], attrs) : nil,
      ]
    }
  }

  static func inputGradientGradient(_ kind: Kind) -> Gradient {
    .rule(needs: .inputs(1, 2)) { context in
      let (w, dy, gradient) = (context.inputs[1], context.inputs[2], try context.gradient())
      let attrs = shared(context)
      return [
        nil,
        try kind.filterGradient([gradient, ShapeOps.shapeTensor(of: w), dy], attrs),
        try kind.forward([gradient, w], attrs),
      ]
    }
  }

  static func filterGradientGradient(_ kind: Kind) -> Gradient {
    .rule(needs: .inputs(0, 2)) { context in
      let (x, dy, gradient) = (context.inputs[0], context.inputs[2], try context.gradient())
      let attrs = shared(context)
      return [
        try kind.inputGradient([ShapeOps.shapeTensor(of: x), gradient, dy], attrs),
        nil,
        try kind.forward([x, gradient], attrs),
      ]
    }
  }
}
