public import CoreOps

/// The attributes of a window op.
func windowAttrs(
  strides: WindowSize, padding: WindowPadding, dataFormat: String, dilations: WindowSize? = nil,
  ksize: WindowSize? = nil, spatial: Int = 2
) throws -> Attrs {
  let first = dataFormat.hasPrefix("NC")
  let standard = spatial == 2 ? "NHWC" : "NDHWC"
  var attrs: Attrs = [
    "strides": .ints(try strides.full(spatial: spatial, channelsFirst: first, "strides"))
  ]
  if let ksize {
    attrs["ksize"] = .ints(try ksize.full(spatial: spatial, channelsFirst: first, "ksize"))
  }
  if let dilations {
    let values = try dilations.full(spatial: spatial, channelsFirst: first, "dilations")
    attrs = attrs.with("dilations", .ints(values), unless: values.allSatisfy { $0 == 1 })
  }
  return padding.adding(to: attrs).with(
    "data_format", .string(dataFormat), unless: dataFormat == standard)
}

extension SharedNN {
  /// The convolution of images with filters.
  ///
  /// Follows `tf.nn.conv2d`.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`, or `[batch, channels, height, width]` for
  ///     `NCHW`.
  ///   - filters: `[height, width, channels, outChannels]`; fewer channels than the input's mean
  ///     groups.
  ///   - strides, dilations: how far the window moves, and how far apart its taps are.
  ///   - padding: `"SAME"`, `"VALID"`, or a pair per dimension.
  ///   - dataFormat: `"NHWC"` or `"NCHW"`.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when shapes and attributes do not fit each other.
  public static func conv2d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dataFormat: String = "NHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try ConvolutionOps.family.conv2D(
      operands(input, filters),
      windowAttrs(strides: strides, padding: padding, dataFormat: dataFormat, dilations: dilations),
      name: name)
  }

  /// The transpose of `conv2d`: the gradient of its input, used to make images larger.
  ///
  /// Follows `tf.nn.conv2d_transpose`.
  ///
  /// - Parameters:
  ///   - input: as the output of the convolution whose transpose this is.
  ///   - filters: `[height, width, outChannels, inChannels]`.
  ///   - outputShape: the shape of the result.
  ///   - strides, padding, dataFormat, dilations, name: as for `conv2d`.
  /// - Throws: `INVALID_ARGUMENT` when the shapes do not fit each other.
  public static func conv2dTranspose(
    _ input: some TensorConvertible, _ filters: some TensorConvertible,
    outputShape: some TensorConvertible, strides: WindowSize, padding: WindowPadding = "SAME",
    dataFormat: String = "NHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    let both = try operands(input, filters)
    return try ConvolutionOps.family.conv2DBackpropInput(
      [outputShape.asTensor(preferring: .int32), both[1], both[0]],
      windowAttrs(strides: strides, padding: padding, dataFormat: dataFormat, dilations: dilations),
      name: name)
  }

  /// A convolution of each channel with filters of its own.
  ///
  /// Follows `tf.nn.depthwise_conv2d`.
  ///
  /// - Parameters:
  ///   - input: as for `conv2d`.
  ///   - filter: `[height, width, channels, multiplier]`; the result has `channels * multiplier`
  ///     channels.
  ///   - strides, padding, dataFormat, dilations, name: as for `conv2d`; both strides must be
  ///     equal.
  /// - Throws: `INVALID_ARGUMENT` when shapes and attributes do not fit each other.
  public static func depthwiseConv2d(
    _ input: some TensorConvertible, _ filter: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dataFormat: String = "NHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try ConvolutionOps.family.depthwise(
      operands(input, filter),
      windowAttrs(strides: strides, padding: padding, dataFormat: dataFormat, dilations: dilations),
      name: name)
  }

  /// A depthwise convolution followed by one of single pixels.
  ///
  /// Follows `tf.nn.separable_conv2d`.
  ///
  /// - Parameters:
  ///   - depthwiseFilter: `[height, width, channels, multiplier]`.
  ///   - pointwiseFilter: `[1, 1, channels * multiplier, outChannels]`.
  ///   - input, strides, padding, dataFormat, dilations, name: as for `depthwiseConv2d`.
  /// - Throws: `INVALID_ARGUMENT` when shapes and attributes do not fit each other.
  public static func separableConv2d(
    _ input: some TensorConvertible, _ depthwiseFilter: some TensorConvertible,
    _ pointwiseFilter: some TensorConvertible, strides: WindowSize, padding: WindowPadding,
    dataFormat: String = "NHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    let middle = try depthwiseConv2d(
      input, depthwiseFilter, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations)
    return try conv2d(
      middle, pointwiseFilter, strides: 1, padding: "VALID", dataFormat: dataFormat, name: name)
  }

  /// The convolution of volumes with filters.
  ///
  /// Follows `tf.nn.conv3d`.
  ///
  /// - Parameters:
  ///   - input: `[batch, depth, height, width, channels]`, or with the channels second for `NCDHW`.
  ///   - filters: `[depth, height, width, channels, outChannels]`.
  ///   - strides, padding, dataFormat, dilations, name: as for `conv2d`.
  /// - Throws: `INVALID_ARGUMENT` when shapes and attributes do not fit each other.
  public static func conv3d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dataFormat: String = "NDHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try ConvolutionOps.family.conv3D(
      operands(input, filters),
      windowAttrs(
        strides: strides, padding: padding, dataFormat: dataFormat, dilations: dilations, spatial: 3
      ),
      name: name)
  }

  /// The transpose of `conv3d`. Follows `tf.nn.conv3d_transpose`; the parameters are as for
  /// `conv2dTranspose`.
  public static func conv3dTranspose(
    _ input: some TensorConvertible, _ filters: some TensorConvertible,
    outputShape: some TensorConvertible, strides: WindowSize, padding: WindowPadding = "SAME",
    dataFormat: String = "NDHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    let both = try operands(input, filters)
    return try ConvolutionOps.family.conv3DBackpropInputV2(
      [outputShape.asTensor(preferring: .int32), both[1], both[0]],
      windowAttrs(
        strides: strides, padding: padding, dataFormat: dataFormat, dilations: dilations, spatial: 3
      ),
      name: name)
  }

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

  private static func operands(_ x: some TensorConvertible, _ y: some TensorConvertible) throws
    -> [Tensor]
  {
    let dtype = x.definiteDType ?? y.definiteDType
    return [try x.asTensor(preferring: dtype), try y.asTensor(preferring: dtype)]
  }
}
