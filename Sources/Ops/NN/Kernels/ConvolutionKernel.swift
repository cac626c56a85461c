import CKernels
import COneDNN
package import CoreOps
package import OpsLinalg

/// A convolution of fixed shapes, in any of its three directions.
package struct ConvolutionKernel: Sendable {
  package enum Direction: Sendable { case forward, inputGradient, filterGradient }

  let window: jk_window
  package let spatial: Int
  package let dtype: DType
  private let afters: [Int]
  private let isEmpty: Bool
  private let outputCount: Int

  /// - Parameters:
  ///   - input, filter, output: the shapes of the convolution, whichever way it is run; a depthwise
  ///     filter is
  ///     `[kernel..., channels, multiplier]`.
  /// - Throws: `INVALID_ARGUMENT` when they do not fit each other.
  package init(
    _ attrs: WindowAttrs, _ dtype: DType, input: Shape, filter: Shape, output: Shape,
    depthwise: Bool
  ) throws {
    let rank = attrs.rank
    guard input.rank == rank, filter.rank == rank, output.rank == rank else {
      throw TFError.invalidArgument(
        "a convolution over \(attrs.spatial) dimensions got shapes \(input), \(filter), \(output)")
    }
    let kernel = (0..<attrs.spatial).map { filter[$0] }
    var window = try attrs.window(input: input, kernel: kernel)
    let inChannels = input[attrs.channelAxis]
    let filterIn = filter[rank - 2]
    window.out_channels = Int64(
      depthwise
        ? (Dimension(filterIn) * filter[rank - 1]).saturated : filter[rank - 1])
    window.groups = Int64(depthwise ? max(inChannels, 1) : max(inChannels / max(filterIn, 1), 1))
    let expected = try attrs.outputs(
      input: PartialShape(input), kernel: kernel.map { Dimension($0) })
    let fits = attrs.shape(
      batch: Dimension(input[0]), spatial: expected,
      channels: Dimension(Int(window.out_channels)))
    guard fits == PartialShape(output) else {
      throw TFError.invalidArgument(
        """
        Size of out_backprop doesn't match computed: actual = \(output), computed = \(fits); \
        input: \(input), filter: \(filter)
        """
      )
    }
    guard depthwise ? inChannels == filterIn : filterIn > 0 && inChannels % filterIn == 0 else {
      throw TFError.invalidArgument(
        "input depth must be evenly divisible by filter depth: \(inChannels) vs \(filterIn)")
    }
    guard window.out_channels % window.groups == 0 else {
      throw TFError.invalidArgument(
        "Depth must be divisible by number of groups: \(window.out_channels) vs \(window.groups)")
    }
    self.window = window
    self.dtype = dtype
    spatial = attrs.spatial
    afters = try (0..<attrs.spatial).map {
      try attrs.span(
        $0, input: Dimension(input[attrs.axis($0)]), kernel: Dimension(kernel[$0])
      ).after.value
    }
    isEmpty = input.elementCount == 0 || filter.elementCount == 0 || output.elementCount == 0
    outputCount = output.elementCount
  }

  /// Multiplications and additions of one run.
  package var work: Int {
    let taps = Dimension(Int(window.kernel.0)) * Int(window.kernel.1) * Int(window.kernel.2)
    return (taps * Int(window.in_channels / window.groups) * outputCount).saturated
  }

  /// Whether each size is one that oneDNN takes: its own arithmetic is in 32 bits.
  private var fitsLibrary: Bool {
    let sizes = [
      window.batch, window.in_channels, window.out_channels, window.groups, window.in.0,
      window.in.1, window.in.2, window.out.0, window.out.1, window.out.2, window.kernel.0,
      window.kernel.1, window.kernel.2, window.stride.0, window.stride.1, window.stride.2,
      window.dilation.0, window.dilation.1, window.dilation.2,
    ]
    let pads = [window.pad_before.0, window.pad_before.1, window.pad_before.2]
    return sizes.allSatisfy { $0 > 0 && $0 < 1 << 31 }
      && (pads + afters.map(Int64.init)).allSatisfy { $0 >= 0 && $0 < 1 << 31 }
  }

  /// Below this much work a call of oneDNN costs more than plain loops.
  private static let smallWork = 1500

  private func shim(_ direction: Direction) -> jk_dnnl_conv {
    var conv = jk_dnnl_conv()
    switch direction {
    case .forward: conv.kind = Int32(JK_CONV_FORWARD)
    case .inputGradient: conv.kind = Int32(JK_CONV_INPUT_GRADIENT)
    case .filterGradient: conv.kind = Int32(JK_CONV_FILTER_GRADIENT)
    }
    conv.spatial = Int32(spatial)
    conv.channels_first = window.channels_first
    conv.batch = window.batch
    conv.in_channels = window.in_channels
    conv.out_channels = window.out_channels
    conv.groups = window.groups
    // The shim counts spatial dimensions from the first one that there is.
    func shifted(_ values: (Int64, Int64, Int64)) -> (Int64, Int64, Int64) {
      switch spatial {
      case 1: (values.2, 1, 1)
      case 2: (values.1, values.2, 1)
      default: values
      }
    }
    conv.in = shifted(window.in)
    conv.out = shifted(window.out)
    conv.kernel = shifted(window.kernel)
    conv.stride = shifted(window.stride)
    conv.dilation = shifted(window.dilation)
    conv.pad_before = shifted(window.pad_before)
    let after = afters.map(Int64.init) + [0, 0]
    conv.pad_after = (after[0], after[1], after[2])
    return conv
  }

  private func plan(_ direction: Direction, _ epilogue: jk_dnnl_epilogue, filter: Tensor?)
    -> DNNLPlan?
  {
    guard dtype == .float32, work >= Self.smallWork, fitsLibrary else { return nil }
    var conv = shim(direction)
    var after = epilogue
    return DNNLPlan(
      jk_dnnl_conv_create(&conv, &after, filter?.pointer.assumingMemoryBound(to: Float.self)))
  }

  /// Where an operand of a run comes from.
  package enum Operand: Sendable {
    /// The input of that position.
    case input(Int)
    /// A value that is the same at every run.
    case constant(Tensor)

    func pointer(_ pointers: Pointers) -> UnsafeMutableRawPointer {
      switch self {
      case .input(let index): pointers[index]
      case .constant(let tensor): tensor.pointer
      }
    }
  }

  /// A run from input 0 to the output at position `output`.
  ///
  /// - Parameters:
  ///   - filter: a constant one is laid out once.
  ///   - bias: a vector with one value per output channel that is added.
  ///   - residual: the position of an input of the output's shape that is added; its memory may
  ///     become the output's.
  ///   - layouts: where a filter's layout is kept for other shapes, if few runs are expected with
  ///     these.
  package func forward(
    filter: Operand = .input(1), bias: Operand? = nil, residual: Int? = nil,
    activation: FusedActivation = .none, output: Int = 2, briefly layouts: PackedMatrix? = nil
  ) -> RunSpec {
    let epilogue = Epilogue(bias: bias != nil, residual: residual != nil, activation: activation)
    let overwrites = residual.map { [$0] } ?? []
    var constantFilter: Tensor?
    if case .constant(let tensor) = filter { constantFilter = tensor }
    if let layouts, let constantFilter, residual == nil, dtype == .float32, !isEmpty,
      work >= Self.smallWork,
      let product = ConvolutionProduct(
        window, filter: constantFilter, layouts, activation: activation)
    {
      return RunSpec(run: { pointers in
        try product.run(pointers[0], bias: bias?.pointer(pointers), pointers[output])
      })
    }
    let (inLibrary, rest) = epilogue.forLibrary
    if !isEmpty, let plan = plan(.forward, inLibrary, filter: constantFilter) {
      let hasScratch = plan.scratchBytes > 0
      let count = Int64(outputCount)
      return RunSpec(
        run: { pointers in
          try plan.run(
            pointers[0], filter.pointer(pointers), bias: bias?.pointer(pointers), pointers[output],
            residual: residual.map { pointers[$0] },
            scratch: hasScratch ? pointers[output + 1] : nil)
          if rest != .none {
            jk_epilogue(
              Int32(JK_F32), count, 1, 1, pointers[output], nil, nil, rest.number, rest.alpha)
          }
        }, scratchBytes: plan.scratchBytes, overwrites: overwrites)
    }
    let (window, count, isEmpty) = (window, outputCount, isEmpty)
    let type = Int32(dtype.rawValue)
    let size = dtype.byteSize
    let inner = window.channels_first != 0 ? window.out.0 * window.out.1 * window.out.2 : 1
    // A residual that the output is laid over is needed after the output was written.
    let kept = residual == nil ? 0 : count * size
    return RunSpec(
      run: { pointers in
        let target = pointers[output]
        if count == 0 { return }
        if let residual {
          pointers[output + 1].copyMemory(from: pointers[residual], byteCount: kept)
        }
        if isEmpty {
          target.initializeMemory(as: UInt8.self, repeating: 0, count: count * size)
        } else {
          var window = window
          jk_conv_forward(type, &window, pointers[0], filter.pointer(pointers), target)
        }
        if bias != nil || residual != nil || activation != .none {
          jk_epilogue(
            type, Int64(count), window.out_channels, inner, target, bias?.pointer(pointers),
            residual == nil ? nil : pointers[output + 1], activation.number, activation.alpha)
        }
      }, scratchBytes: kept, overwrites: overwrites)
  }

  /// A run to the gradient of the input; `filter` and `gradient` are the positions of the filter
  /// and of the output's gradient among three inputs.
  package func inputGradient(filter: Int, gradient: Int, constantFilter: Tensor? = nil) -> RunSpec {
    if !isEmpty, let plan = plan(.inputGradient, jk_dnnl_epilogue(), filter: constantFilter) {
      let hasScratch = plan.scratchBytes > 0
      return RunSpec(
        run: { pointers in
          try plan.run(
            pointers[3], pointers[filter], pointers[gradient],
            scratch: hasScratch ? pointers[4] : nil)
        }, scratchBytes: plan.scratchBytes)
    }
    let (window, isEmpty) = (window, isEmpty)
    let type = Int32(dtype.rawValue)
    let bytes =
      Int(window.batch * window.in_channels * window.in.0 * window.in.1 * window.in.2)
      * dtype.byteSize
    return RunSpec(run: { pointers in
      if isEmpty {
        pointers[3].initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      } else {
        var window = window
        jk_conv_input_gradient(type, &window, pointers[3], pointers[filter], pointers[gradient])
      }
    })
  }

  /// A run to the gradient of the filter, from the positions of the input and of the output's
  /// gradient among three inputs.
  package func filterGradient(input: Int, gradient: Int) -> RunSpec {
    if !isEmpty, let plan = plan(.filterGradient, jk_dnnl_epilogue(), filter: nil) {
      let hasScratch = plan.scratchBytes > 0
      return RunSpec(
        run: { pointers in
          try plan.run(
            pointers[input], pointers[3], pointers[gradient],
            scratch: hasScratch ? pointers[4] : nil)
        }, scratchBytes: plan.scratchBytes)
    }
    let (window, isEmpty) = (window, isEmpty)
    let type = Int32(dtype.rawValue)
    let taps = window.kernel.0 * window.kernel.1 * window.kernel.2
    let bytes =
      Int(taps * (window.in_channels / window.groups) * window.out_channels) * dtype.byteSize
    return RunSpec(run: { pointers in
      if isEmpty {
        pointers[3].initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
      } else {
        var window = window
        jk_conv_filter_gradient(type, &window, pointers[input], pointers[3], pointers[gradient])
      }
    })
  }
}
