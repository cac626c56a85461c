import CKernels
public import CoreOps

/// Dilation and the cutting out of patches.
package struct MorphologyOps: OpFamily {
  package static let family: Self = define(Self())

  package let dilation2D: OpDef = OpDef(
    "Dilation2D",
    "input: T, filter: T -> output: T\n\(MorphologyRules.dilationAttributes)",
    shape: { [try MorphologyRules.output($0, MorphologyRules.attrs($0))] },
    kernel: MorphologyRules.kernel { jk_dilation($0, &$1, $2[0], $2[1], $2[2]) },
    gradient: .rule(needs: .inputs) { context in
      let inputs = [context.inputs[0], context.inputs[1], try context.gradient()]
      let attrs = PoolingRules.attrs(context, ["strides", "rates", "padding"])
      return [
        try family.dilation2DBackpropInput(inputs, attrs),
        try family.dilation2DBackpropFilter(inputs, attrs),
      ]
    })

  package let dilation2DBackpropInput: OpDef = OpDef(
    "Dilation2DBackpropInput",
    "input: T, filter: T, out_backprop: T -> in_backprop: T\n\(MorphologyRules.dilationAttributes)",
    shape: { [try MorphologyRules.gradient($0, of: 0)] },
    kernel: MorphologyRules.kernel(zeroes: 3) {
      jk_dilation_gradient($0, 0, &$1, $2[0], $2[1], $2[2], $2[3])
    },
    gradient: .none("TensorFlow has no gradient for Dilation2DBackpropInput"))

  package let dilation2DBackpropFilter: OpDef = OpDef(
    "Dilation2DBackpropFilter",
    """
    input: T, filter: T, out_backprop: T -> filter_backprop: T
    \(MorphologyRules.dilationAttributes)
    """,
    shape: { [try MorphologyRules.gradient($0, of: 1)] },
    kernel: MorphologyRules.kernel(zeroes: 3) {
      jk_dilation_gradient($0, 1, &$1, $2[0], $2[1], $2[2], $2[3])
    },
    gradient: .none("TensorFlow has no gradient for Dilation2DBackpropFilter"))

  package let extractImagePatches: OpDef = OpDef(
    "ExtractImagePatches",
    """
    images: T -> patches: T
    ksizes: list(int) >= 4
    strides: list(int) >= 4
    rates: list(int) >= 4
    T: {bfloat16, half, float, double, int8, int16, int32, int64, uint8, uint16, uint32, uint64, \
      complex64, complex128, bool}
    padding: {'SAME', 'VALID'}
    """,
    shape: MorphologyRules.patchesShape(spatial: 2),
    kernel: MorphologyRules.patches(spatial: 2, [.numbers, .bool]),
    gradient: .rule(needs: .nothing) { [try MorphologyRules.patchesGradient($0, spatial: 2)] })

  package let extractVolumePatches: OpDef = OpDef(
    "ExtractVolumePatches",
    """
    input: T -> patches: T
    ksizes: list(int) >= 5
    strides: list(int) >= 5
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    padding: {'SAME', 'VALID'}
    """,
    shape: MorphologyRules.patchesShape(spatial: 3),
    kernel: MorphologyRules.patches(spatial: 3, .reals),
    gradient: .rule(needs: .nothing) { [try MorphologyRules.patchesGradient($0, spatial: 3)] })
}

/// Shape rules and kernels of dilation and patches.
enum MorphologyRules {
  static let dilationAttributes = """
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    strides: list(int) >= 4
    rates: list(int) >= 4
    padding: {'SAME', 'VALID'}
    """

  static func attrs(_ context: some AttrAccess) throws -> WindowAttrs {
    func part(_ name: String, _ message: String) throws -> [Int] {
      let values = try context.ints(name)
      guard values.count == 4 else {
        throw TFError.invalidArgument("Sliding window \(name) field must specify 4 dimensions")
      }
      guard values[0] == 1, values[3] == 1 else { throw TFError.unimplemented(message) }
      return Array(values[1...2])
    }
    return try WindowAttrs(
      spatial: 2, channelsFirst: false,
      strides: part("strides", "Stride is only supported across spatial dimensions."),
      dilations: part("rates", "Rate is only supported across spatial dimensions."),
      padding: WindowAttrs.padding(context, rank: 4, channelAxis: 3))
  }

  static func output(_ context: ShapeContext, _ attrs: WindowAttrs) throws -> PartialShape {
    let x = try context.shape(0, rank: 4)
    let w = try context.shape(1, rank: 3, "filter")
    if let a = x[3], let b = w[2], a != b {
      throw TFError.invalidArgument("input and filter must have the same depth: \(a) vs \(b)")
    }
    for size in [w[0], w[1]] where size == 0 {
      throw TFError.invalidArgument("the filter \(w) must not be empty")
    }
    return attrs.shape(
      batch: x[0], spatial: try attrs.outputs(input: x, kernel: [w[0], w[1]]),
      channels: x[3] ?? w[2])
  }

  static func gradient(_ context: ShapeContext, of index: Int) throws -> PartialShape {
    let expected = try output(context, attrs(context))
    let dy = try context.shape(2, rank: 4, "out_backprop")
    guard expected.isCompatible(with: dy) else {
      throw TFError.invalidArgument(
        "out_backprop has incompatible size: \(dy), expected \(expected)")
    }
    return try context.shape(index, rank: index == 0 ? 4 : 3)
  }

  static func kernel(zeroes: Int? = nil, _ loop: @escaping PoolingRules.Loop) -> Kernel {
    .raw(["T": .reals]) { context in
      let attrs = try attrs(context)
      let dtype = try context.type("T")
      let type = Int32(dtype.rawValue)
      return { specialise in
        let filter = specialise.inputs[1]
        let window = try attrs.window(input: specialise.inputs[0], kernel: [filter[0], filter[1]])
        let bytes = specialise.outputs[0].elementCount * dtype.byteSize
        let isEmpty = specialise.inputs.contains { $0.elementCount == 0 }
        return .run { pointers in
          var window = window
          if let zeroes {
            pointers[zeroes].initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
          }
          if !isEmpty { loop(type, &window, pointers) }
        }
      }
    }
  }

  static func patchAttrs(_ context: some AttrAccess, spatial: Int) throws -> (
    attrs: WindowAttrs, kernel: [Int]
  ) {
    let rank = spatial + 2
    func part(_ name: String) throws -> [Int] {
      guard context.signature.attr(name) != nil else { return [Int](repeating: 1, count: spatial) }
      let values = try context.ints(name)
      guard values.count == rank else {
        throw TFError.invalidArgument("\(name) must have \(rank) elements, has \(values.count)")
      }
      guard values[0] == 1, values[rank - 1] == 1 else {
        throw TFError.unimplemented("Only support \(name) across space.")
      }
      guard values.allSatisfy({ $0 > 0 && $0 < 1 << 31 }) else {
        throw TFError.outOfRange("\(name) is out of range.")
      }
      return Array(values[1...spatial])
    }
    let kernel = try part("ksizes")
    let attrs = try WindowAttrs(
      spatial: spatial, channelsFirst: false, strides: part("strides"), dilations: part("rates"),
      padding: WindowAttrs.padding(context, rank: rank, channelAxis: rank - 1))
    return (attrs, kernel)
  }

  static func patchesShape(spatial: Int) -> ShapeRule {
    { context in
      let (attrs, kernel) = try patchAttrs(context, spatial: spatial)
      let x = try context.shape(0, rank: spatial + 2)
      var channels = x[spatial + 1]
      for size in kernel { channels = channels.map { $0 * size } }
      let sizes = kernel.map { Dimension($0) }
      return [
        attrs.shape(
          batch: x[0], spatial: try attrs.outputs(input: x, kernel: sizes), channels: channels)
      ]
    }
  }

  static func patches(spatial: Int, _ types: DTypeSet) -> Kernel {
    .raw(["T": types]) { context in
      let (given, kernel) = try patchAttrs(context, spatial: spatial)
      let attrs = spatial == 3 ? given.centred() : given
      let size = Int64(try context.type("T").byteSize)
      return { specialise in
        let window = try attrs.window(input: specialise.inputs[0], kernel: kernel)
        return .run { pointers in
          var window = window
          jk_patches(size, &window, pointers[0], pointers[1])
        }
      }
    }
  }

  /// The gradient of patches: what a convolution whose filter picks one tap per output channel
  /// hands back.
  static func patchesGradient(_ context: GradientContext, spatial: Int) throws -> Tensor {
    let (_, kernel) = try patchAttrs(context, spatial: spatial)
    let gradient = try context.gradient()
    if gradient.dtype.isComplex {
      // Patches pick values: of the two parts by themselves.
      let type: Attrs = ["Tout": .type(gradient.dtype.realDType)]
      let parts = try [ComplexOps.family.real, ComplexOps.family.imag].map { part in
        var own = context
        own.outputGradients[0] = try part([gradient], type)
        return try patchesGradient(own, spatial: spatial)
      }
      return try ComplexOps.complex(parts[0], parts[1])
    }
    guard let channels = context.inputs[0].shape[spatial + 1]?.value else {
      throw TFError.invalidArgument(
        "the gradient of \(context.op.name) needs to know the number of channels")
    }
    // Output channel (tap, channel) takes input channel `channel` at `tap`.
    let dims = PartialShape(
      kernel.map { Dimension($0) }
        + [Dimension(channels), kernel.reduce(Dimension(channels)) { $0 * $1 }])
    try dims.check()
    guard let shape = dims.known, shape.elementCount < 1 << 31 else {
      throw TFError.resourceExhausted("the gradient of patches takes a filter of shape \(dims)")
    }
    let taps = kernel.reduce(1, *)
    var filter = [Float](repeating: 0, count: taps * channels * taps * channels)
    for tap in 0..<taps {
      for channel in 0..<channels {
        filter[(tap * channels + channel) * taps * channels + tap * channels + channel] = 1
      }
    }
    let weights = try Tensor(filter, dims: shape).asTensor(gradient.dtype)
    var attrs: Attrs = [
      "strides": try context.attr("strides"), "padding": try context.attr("padding"),
    ]
    if spatial == 2 { attrs["dilations"] = try context.attr("rates") }
    let kind: ConvolutionRules.Kind = spatial == 2 ? .conv2D : .conv3D
    return try kind.inputGradient(
      [ShapeOps.shapeTensor(of: context.inputs[0]), weights, gradient], attrs)
  }
}

extension Tensor {
  /// The same numbers, which are float32, as another floating point dtype.
  fileprivate func asTensor(_ dtype: DType) throws -> Tensor {
    switch dtype {
    case .float32: return self
    case .float64: return try Tensor(elements(Float.self).map(Double.init), dims: dims)
    case .half: return try Tensor(elements(Float.self).map { Float16($0) }, dims: dims)
    case .bfloat16: return try Tensor(elements(Float.self).map { BFloat16($0) }, dims: dims)
    default: throw TFError.invalidArgument("no gradient for \(dtype)")
    }
  }
}

extension SharedNN {
  /// The greatest of x + filter over each window: grayscale dilation.
  ///
  /// Follows `tf.nn.dilation2d`.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`.
  ///   - filters: `[height, width, channels]`.
  ///   - strides, dilations, padding: as for `conv2d`.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit each other.
  public static func dilation2d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    var attrs = try windowAttrs(strides: strides, padding: padding, dataFormat: "NHWC")
    attrs["rates"] = .ints(try dilations.full(spatial: 2, channelsFirst: false, "dilations"))
    return try MorphologyOps.family.dilation2D(operands(input, filters), attrs, name: name)
  }

  /// The same with its arguments by position.
  public static func dilation2d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, _ strides: WindowSize,
    _ padding: WindowPadding, dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try dilation2d(
      input, filters, strides: strides, padding: padding, dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func dilation2d(
    _ input: some TensorConvertible, filters: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try dilation2d(
      input, filters, strides: strides, padding: padding, dilations: dilations, name: name)
  }
}
