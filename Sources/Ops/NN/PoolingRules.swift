import CKernels
import CoreOps

/// Shape rules, kernels and gradients that the pooling ops share.
enum PoolingRules {
  static let ordered: DTypeSet = [.floats, .ints]

  /// The window of a pooling op: its attributes and its sizes over the spatial dimensions.
  struct Pool: Sendable {
    var attrs: WindowAttrs
    var kernel: [Int]
    /// Over how many channels a maximum is taken; 1 for pooling in space.
    var depth = 1

    /// The windows for the loops, which have the channels last: channels that come first are as
    /// many images.
    func window(_ input: Shape) throws -> jk_window {
      if depth > 1 {
        var window = jk_window()
        let channels = input[attrs.channelAxis]
        window.batch = Int64(channels == 0 ? 0 : input.elementCount / channels)
        window.in_channels = 1
        window.in = (1, 1, Int64(channels))
        window.out = (1, 1, Int64(channels / depth))
        window.kernel = (1, 1, Int64(depth))
        window.stride = (1, 1, Int64(depth))
        window.dilation = (1, 1, 1)
        return window
      }
      var window = try attrs.window(input: input, kernel: kernel)
      if attrs.channelsFirst {
        window.batch *= window.in_channels
        window.in_channels = 1
      }
      window.channels_first = 0
      return window
    }

    func output(_ input: PartialShape) throws -> PartialShape {
      if depth > 1 {
        guard let channels = input[attrs.channelAxis] else { return input }
        guard channels % depth == 0 else {
          throw TFError.unimplemented(
            "Depthwise max pooling requires the depth window to evenly divide the input depth")
        }
        return attrs.shape(
          batch: input[0], spatial: (0..<attrs.spatial).map { input[attrs.axis($0)] },
          channels: channels / depth)
      }
      return attrs.shape(
        batch: input[0],
        spatial: try attrs.outputs(input: input, kernel: kernel.map { Dimension($0) }),
        channels: input[attrs.channelAxis])
    }
  }

  /// - Parameters:
  ///   - ksize, strides: one per dimension of the input.
  ///   - depth: whether pooling over channels is known.
  static func pool(
    _ context: some AttrAccess, ksize: [Int], strides: [Int], spatial: Int, depth: Bool,
    isOfGradient: Bool = false
  ) throws -> Pool {
    let rank = spatial + 2
    let format =
      context.signature.attr("data_format") == nil ? "" : try context.string("data_format")
    guard format != "NCHW_VECT_C" else {
      throw TFError.invalidArgument(
        "Default pooling does not support the format NCHW_VECT_C on CPU")
    }
    let channelsFirst = format.hasPrefix("NC")
    let channelAxis = channelsFirst ? 1 : rank - 1
    guard ksize.count == rank else {
      throw TFError.invalidArgument("Sliding window ksize field must specify \(rank) dimensions")
    }
    guard strides.count == rank else {
      throw TFError.invalidArgument("Sliding window strides field must specify \(rank) dimensions")
    }
    if isOfGradient {
      // The gradient whose sizes are inputs refuses dimensions before it checks the sizes.
      guard ksize[0] == 1, strides[0] == 1 else {
        throw TFError.unimplemented("Pooling is not yet supported on the batch dimension.")
      }
      guard ksize[channelAxis] == 1, strides[channelAxis] == 1 else {
        throw TFError.unimplemented("MaxPoolingGrad is not yet supported on the depth dimension.")
      }
    }
    guard ksize.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
      throw TFError.invalidArgument(
        """
        Sliding window ksize must be positive. The specified or inferred ksize is: \
        \(ksize.map(String.init).joined(separator: ","))
        """
      )
    }
    guard ksize[0] == 1, strides[0] == 1 else {
      throw TFError.unimplemented("Pooling is not yet supported on the batch dimension.")
    }
    guard strides.allSatisfy({ $0 > 0 }) else {
      throw TFError.invalidArgument("Stride must be > 0, but got \(strides.min() ?? 0)")
    }
    let attrs = try WindowAttrs(
      spatial: spatial, channelsFirst: channelsFirst,
      strides: WindowAttrs.spatialPart(strides, channelsFirst: channelsFirst),
      dilations: [Int](repeating: 1, count: spatial),
      padding: WindowAttrs.padding(context, rank: rank, channelAxis: channelAxis))
    let kernel = WindowAttrs.spatialPart(ksize, channelsFirst: channelsFirst)
    if case .explicit(let pads) = attrs.padding {
      for axis in 0..<spatial
      where pads[2 * axis] >= kernel[axis] || pads[2 * axis + 1] >= kernel[axis] {
        throw TFError.invalidArgument(
          """
          Padding \(pads[2 * axis]), \(pads[2 * axis + 1]) needs to be smaller than the window \
          size \(kernel[axis])
          """
        )
      }
    }
    if ksize[channelAxis] == 1, strides[channelAxis] == 1 {
      return Pool(attrs: attrs, kernel: kernel)
    }
    guard depth else {
      throw TFError.unimplemented("Non-spatial pooling is not yet supported. Volunteers? :)")
    }
    guard kernel.allSatisfy({ $0 == 1 }) else {
      throw TFError.unimplemented(
        "MaxPooling supports exactly one of pooling across depth or pooling across width/height.")
    }
    guard ksize[channelAxis] == strides[channelAxis], !channelsFirst else {
      throw TFError.unimplemented(
        "Depthwise max pooling requires the depth window to equal the depth stride.")
    }
    return Pool(attrs: attrs, kernel: kernel, depth: ksize[channelAxis])
  }

  static func pool(_ context: some AttrAccess, spatial: Int, depth: Bool = false) throws -> Pool {
    try pool(
      context, ksize: try context.ints("ksize"), strides: try context.ints("strides"),
      spatial: spatial, depth: depth)
  }

  static func outputShape(spatial: Int, depth: Bool = false) -> ShapeRule {
    { context in
      let pool = try pool(context, spatial: spatial, depth: depth)
      return [try pool.output(try context.shape(0, rank: spatial + 2))]
    }
  }

  typealias Loop = @Sendable (Int32, inout jk_window, Pointers) -> Void

  static let max: Loop = { jk_max_pool($0, &$1, $2[0], $2[1]) }
  static let average: Loop = { jk_avg_pool($0, &$1, $2[0], $2[1]) }

  /// A kernel whose window lies over the tensor of shape `window(specialise)`.
  ///
  /// - Parameter centred: whether Eigen does it in TensorFlow: see `WindowAttrs.centred()`.
  static func kernel(
    _ types: DTypeSet, spatial: Int, depth: Bool = false, centred: Bool = false,
    attribute: String = "T",
    over input: @escaping @Sendable (SpecialiseContext) -> Shape = { $0.inputs[0] },
    zeroes: Int? = nil, _ loop: @escaping Loop
  ) -> Kernel {
    .raw([attribute: types]) { context in
      var pool = try pool(context, spatial: spatial, depth: depth)
      if centred { pool.attrs = pool.attrs.centred() }
      let dtype = try context.type(attribute)
      let windows = pool
      return { try run(windows, dtype, input($0), $0, zeroes: zeroes, loop) }
    }
  }

  /// - Parameter zeroes: the position of the output where the loop adds to it.
  package static func run(
    _ pool: Pool, _ dtype: DType, _ input: Shape, _ specialise: SpecialiseContext, zeroes: Int?,
    _ loop: @escaping Loop
  ) throws -> Specialised {
    let window = try pool.window(input)
    let type = Int32(dtype.rawValue)
    let bytes = specialise.outputs[0].elementCount * dtype.byteSize
    return .run { pointers in
      var window = window
      if let zeroes {
        pointers[zeroes].initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      }
      loop(type, &window, pointers)
    }
  }

  /// Checks that `shape` is what the window makes of `input`.
  package static func check(
    _ pool: Pool, _ input: PartialShape, output: PartialShape, _ name: String
  )
    throws
  {
    let expected = try pool.output(input)
    guard expected.isCompatible(with: output) else {
      throw TFError.invalidArgument("Expected \(name) shape to be \(expected), but got \(output)")
    }
  }

  /// For ops of the original input, the original output and a gradient of one of their shapes.
  static func gradientShape(spatial: Int, toInput: Bool, sizesAt: Int? = nil) -> ShapeRule {
    { context in
      let rank = spatial + 2
      let input = try context.shape(0, rank: rank, "orig_input")
      let output = try context.shape(1, rank: rank, "orig_output")
      let gradient = try context.shape(2, rank: rank, "grad")
      guard
        let pool = try windowOf(context, spatial: spatial, sizesAt: sizesAt, depth: spatial == 2)
      else {
        return [toInput ? input : output]
      }
      try check(pool, input, output: output, "orig_output")
      if toInput {
        try check(pool, input, output: gradient, "grad")
        return [input]
      }
      guard gradient.isCompatible(with: input) else {
        throw TFError.invalidArgument("Expected grad shape to be \(input), but got \(gradient)")
      }
      return [try pool.output(input)]
    }
  }

  /// The window from attributes, or from the values of the inputs at `sizesAt` and after it, nil
  /// while those are unknown.
  static func windowOf(_ context: ShapeContext, spatial: Int, sizesAt: Int?, depth: Bool) throws
    -> Pool?
  {
    guard let sizesAt else { return try pool(context, spatial: spatial, depth: depth) }
    let names = ["ksize", "strides"]
    for (offset, name) in names.enumerated() {
      let vector = try context.shape(sizesAt + offset, rank: 1, name)
      if let count = vector[0], count != spatial + 2 {
        throw TFError.invalidArgument(
          "Sliding window \(name) field must specify \(spatial + 2) dimensions")
      }
    }
    guard let ksize = try context.integers(sizesAt), let strides = try context.integers(sizesAt + 1)
    else {
      return nil
    }
    return try pool(
      context, ksize: ksize, strides: strides, spatial: spatial, depth: depth,
      isOfGradient: sizesAt > 1)
  }

  /// As `kernel`, with the window in the inputs at `sizesAt` and after it.
  static func dynamicWindowKernel(
    _ types: DTypeSet, sizesAt: Int, zeroes: Int? = nil, _ loop: @escaping Loop
  ) -> Kernel {
    .raw(["T": types]) { context in
      let dtype = try context.type("T")
      return { specialise in
        let pool = try pool(
          context, ksize: try specialise.integers(sizesAt),
          strides: try specialise.integers(sizesAt + 1),
          spatial: 2, depth: true, isOfGradient: sizesAt > 1)
        return try run(pool, dtype, specialise.inputs[0], specialise, zeroes: zeroes, loop)
      }
    }
  }

  /// For ops of the input's shape as integers and a gradient.
  static func averageGradientShape(spatial: Int) -> ShapeRule {
    { context in
      let pool = try pool(context, spatial: spatial)
      let input = try ConvolutionRules.sizes(context, 0, rank: spatial + 2, "orig_input_shape")
      try check(pool, input, output: try context.shape(1, rank: spatial + 2, "grad"), "grad")
      return [input]
    }
  }

  static func attrs(_ context: GradientContext, _ names: [String]) -> Attrs {
    var attrs = Attrs()
    for name in names { if let value = context.attrs[name] { attrs[name] = value } }
    return attrs
  }

  static let windowNames = ["ksize", "strides", "padding", "explicit_paddings", "data_format"]

  /// The gradient of a maximum by the op `op` of the input, the output and the output's gradient.
  static func maxGradient(
    by op: @autoclosure @escaping @Sendable () -> OpDef, sizes: Bool = false
  ) -> Gradient {
    .rule { context in
      var inputs = [context.inputs[0], context.outputs[0], try context.gradient()]
      if sizes { inputs += context.inputs[1...] }
      return [try op()(inputs, attrs(context, windowNames))] + (sizes ? [nil, nil] : [])
    }
  }

  /// The gradient of ops whose last of three inputs goes through linearly.
  static func linearGradient(
    by op: @autoclosure @escaping @Sendable () -> OpDef, sizes: Bool = false
  ) -> Gradient {
    .rule { context in
      var inputs = [context.inputs[0], context.inputs[1], try context.gradient()]
      if sizes { inputs += context.inputs[3...] }
      let result = try op()(inputs, attrs(context, windowNames))
      return [nil, nil, result] + (sizes ? [nil, nil] : [])
    }
  }
}
