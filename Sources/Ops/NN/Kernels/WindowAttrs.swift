import CKernels
package import CoreOps

/// Strides, dilations, padding and layout of an op that moves a window over the spatial dimensions
/// of its input.
package struct WindowAttrs: Sendable {
  package enum Padding: Sendable, Equatable {
    case same
    case valid
    /// Before and after each spatial dimension.
    case explicit([Int])
  }

  /// The number of spatial dimensions.
  package let spatial: Int
  /// Whether the channels come right after the batch: `NCHW`.
  package let channelsFirst: Bool
  package let strides: [Int]
  package let dilations: [Int]
  package let padding: Padding
  /// Whether windows that reach less far than the input lie in its middle and not at its start.
  private var isCentred = false

  package init(
    spatial: Int, channelsFirst: Bool, strides: [Int], dilations: [Int], padding: Padding
  ) throws {
    self.spatial = spatial
    self.channelsFirst = channelsFirst
    self.strides = strides
    self.dilations = dilations
    self.padding = padding
    for (stride, dilation) in zip(strides, dilations) {
      guard stride > 0 else {
        throw TFError.invalidArgument("Stride must be > 0, but got \(stride)")
      }
      guard dilation > 0 else {
        throw TFError.invalidArgument("Dilation rate must be > 0, but got \(dilation)")
      }
      guard stride < Self.limit, dilation < Self.limit else {
        throw TFError.invalidArgument("strides and dilations must be less than 2^31")
      }
    }
  }

  private static let limit = 1 << 31

  /// The same for an op that TensorFlow has Eigen run over volumes: there the padding of `SAME` is
  /// negative where one window reaches less far than the input.
  func centred() -> WindowAttrs {
    var attrs = self
    attrs.isCentred = true
    return attrs
  }

  package var rank: Int { spatial + 2 }
  package var channelAxis: Int { channelsFirst ? 1 : spatial + 1 }
  package func axis(_ dimension: Int) -> Int { dimension + (channelsFirst ? 2 : 1) }

  /// The elements of `values`, one per dimension of the input, that belong to the spatial ones.
  package static func spatialPart(_ values: [Int], channelsFirst: Bool) -> [Int] {
    Array(channelsFirst ? values[2...] : values[1..<values.count - 1])
  }

  /// The attributes of a convolution.
  ///
  /// - Throws: `INVALID_ARGUMENT`, or `UNIMPLEMENTED` for strides over batch or channels, as
  ///   TensorFlow.
  package static func convolution(_ context: some AttrAccess, spatial: Int) throws -> WindowAttrs {
    let format =
      context.signature.attr("data_format") == nil ? "NHWC" : try context.string("data_format")
    let channelsFirst = format.hasPrefix("NC") || format == "CHANNELS_FIRST"
    let rank = spatial + 2
    let channelAxis = channelsFirst ? 1 : rank - 1
    func part(_ name: String) throws -> [Int] {
      guard context.signature.attr(name) != nil else { return [Int](repeating: 1, count: spatial) }
      let values = try context.ints(name)
      if values.isEmpty, context.signature.name == "Conv" {
        return [Int](repeating: 1, count: spatial)
      }
      guard values.count == rank else {
        throw TFError.invalidArgument(
          "Sliding window \(name) field must specify \(rank) dimensions")
      }
      guard values[0] == 1, values[channelAxis] == 1 else {
        let message =
          "Current implementation does not yet support \(name) in the batch and depth dimensions."
        throw context.signature.name == "Conv2D"
          ? TFError.unimplemented(message) : TFError.invalidArgument(message)
      }
      return spatialPart(values, channelsFirst: channelsFirst)
    }
    return try WindowAttrs(
      spatial: spatial, channelsFirst: channelsFirst, strides: part("strides"),
      dilations: part("dilations"),
      padding: padding(context, rank: rank, channelAxis: channelAxis))
  }

  /// The attributes `padding` and `explicit_paddings`.
  package static func padding(_ context: some AttrAccess, rank: Int, channelAxis: Int) throws
    -> Padding
  {
    let kind = try context.string("padding")
    let explicit =
      context.signature.attr("explicit_paddings") == nil
      ? [] : try context.ints("explicit_paddings")
    guard kind == "EXPLICIT" else {
      guard explicit.isEmpty else {
        throw TFError.invalidArgument(
          "explicit_paddings attribute must be empty if the padding attribute is not EXPLICIT")
      }
      return kind == "SAME" ? .same : .valid
    }
    guard explicit.count == 2 * rank else {
      throw TFError.invalidArgument(
        "explicit_paddings attribute must contain \(2 * rank) values, but got: \(explicit.count)")
    }
    guard explicit.allSatisfy({ $0 >= 0 && $0 < limit }) else {
      throw TFError.invalidArgument("All elements of explicit_paddings must be nonnegative")
    }
    for axis in [0, channelAxis] where explicit[2 * axis] != 0 || explicit[2 * axis + 1] != 0 {
      throw TFError.invalidArgument(
        "Nonzero explicit padding in the batch or depth dimensions is not supported")
    }
    let axes = (0..<rank).filter { $0 != 0 && $0 != channelAxis }
    return .explicit(axes.flatMap { [explicit[2 * $0], explicit[2 * $0 + 1]] })
  }

  /// How many windows lie along spatial dimension `dimension`, and the padding before and after it.
  package func span(_ dimension: Int, input: Dimension, kernel: Dimension) throws -> (
    output: Dimension, before: Dimension, after: Dimension
  ) {
    let (stride, dilation) = (Dimension(strides[dimension]), Dimension(dilations[dimension]))
    let reach = max(kernel - 1, 0) * dilation + 1
    guard kernel >= 0, !reach.isOverflow else {
      throw TFError.invalidArgument("the window is too large: \(kernel) with dilation \(dilation)")
    }
    switch padding {
    case .same:
      let output = (input + stride - 1) / stride
      let needed = (output - 1) * stride + reach - input
      if needed >= 0 { return (output, needed / 2, needed - needed / 2) }
      let spare = isCentred && !needed.isOverflow ? 0 - needed : 0
      return (output, 0 - spare / 2, spare / 2 - spare)
    case .valid:
      return (try count(input, reach, stride), 0, 0)
    case .explicit(let pads):
      let (before, after) = (Dimension(pads[2 * dimension]), Dimension(pads[2 * dimension + 1]))
      return (try count(input + before + after, reach, stride), before, after)
    }
  }

  private func count(_ input: Dimension, _ reach: Dimension, _ stride: Dimension) throws
    -> Dimension
  {
    // Rounded towards zero: a window that is larger by less than a stride lies nowhere.
    let output = (input - reach + stride) / stride
    guard output >= 0 else {
      throw TFError.invalidArgument(
        """
        Computed output size would be negative: \(output) [input_size: \(input), \
        effective_filter_size: \(reach), stride: \(stride)]
        """
      )
    }
    return output
  }

  /// The output's spatial dimensions, as far as the input's and the window's are known.
  package func outputs(input: PartialShape, kernel: [Dimension?]) throws -> [Dimension?] {
    try (0..<spatial).map { (dimension: Int) -> Dimension? in
      guard let size = input[axis(dimension)] else { return nil }
      if case .same = padding { return try span(dimension, input: size, kernel: 1).output }
      guard let window = kernel[dimension] else { return nil }
      return try span(dimension, input: size, kernel: window).output
    }
  }

  /// A shape of batch, spatial dimensions and channels in this layout.
  package func shape(batch: Dimension?, spatial: [Dimension?], channels: Dimension?) -> PartialShape
  {
    PartialShape(channelsFirst ? [batch, channels] + spatial : [batch] + spatial + [channels])
  }

  /// The windows over an input of that shape, for the C loops.
  func window(input: Shape, kernel: [Int]) throws -> jk_window {
    var window = jk_window()
    window.batch = Int64(input[0])
    window.in_channels = Int64(input[channelAxis])
    window.out_channels = window.in_channels
    window.groups = 1
    window.channels_first = channelsFirst ? 1 : 0
    var columns: [[Int64]] = [[Int64]](repeating: [1, 1, 1, 1, 1, 0], count: 3 - spatial)
    for dimension in 0..<spatial {
      let size = input[axis(dimension)]
      let span = try span(
        dimension, input: Dimension(size), kernel: Dimension(kernel[dimension]))
      columns.append(
        [
          size, span.output.value, kernel[dimension], strides[dimension], dilations[dimension],
          span.before.value,
        ]
        .map(Int64.init))
    }
    func triple(_ row: Int) -> (Int64, Int64, Int64) {
      (columns[0][row], columns[1][row], columns[2][row])
    }
    window.in = triple(0)
    window.out = triple(1)
    window.kernel = triple(2)
    window.stride = triple(3)
    window.dilation = triple(4)
    window.pad_before = triple(5)
    return window
  }
}
