public import CoreOps

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

  /// The same with its arguments by position.
  public static func conv2d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, _ strides: WindowSize,
    _ padding: WindowPadding, dataFormat: String = "NHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try conv2d(
      input, filters, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func conv2d(
    _ input: some TensorConvertible, filters: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dataFormat: String = "NHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try conv2d(
      input, filters, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func conv2d(
    input: some TensorConvertible, filters: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dataFormat: String = "NHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try conv2d(
      input, filters, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
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
      name: name ?? "conv2d_transpose")
  }

  /// The same with its arguments by position.
  public static func conv2dTranspose(
    _ input: some TensorConvertible, _ filters: some TensorConvertible,
    _ outputShape: some TensorConvertible, _ strides: WindowSize, padding: WindowPadding = "SAME",
    dataFormat: String = "NHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try conv2dTranspose(
      input, filters, outputShape: outputShape, strides: strides, padding: padding,
      dataFormat: dataFormat, dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func conv2dTranspose(
    _ input: some TensorConvertible, filters: some TensorConvertible,
    outputShape: some TensorConvertible, strides: WindowSize, padding: WindowPadding = "SAME",
    dataFormat: String = "NHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try conv2dTranspose(
      input, filters, outputShape: outputShape, strides: strides, padding: padding,
      dataFormat: dataFormat, dilations: dilations, name: name)
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

  /// The same with its arguments by position.
  public static func depthwiseConv2d(
    _ input: some TensorConvertible, _ filter: some TensorConvertible, _ strides: WindowSize,
    _ padding: WindowPadding, dataFormat: String = "NHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try depthwiseConv2d(
      input, filter, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func depthwiseConv2d(
    _ input: some TensorConvertible, filter: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dataFormat: String = "NHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try depthwiseConv2d(
      input, filter, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
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

  /// The same with its arguments by position.
  public static func separableConv2d(
    _ input: some TensorConvertible, _ depthwiseFilter: some TensorConvertible,
    _ pointwiseFilter: some TensorConvertible, _ strides: WindowSize, _ padding: WindowPadding,
    dataFormat: String = "NHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try separableConv2d(
      input, depthwiseFilter, pointwiseFilter, strides: strides, padding: padding,
      dataFormat: dataFormat, dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func separableConv2d(
    _ input: some TensorConvertible, depthwiseFilter: some TensorConvertible,
    pointwiseFilter: some TensorConvertible, strides: WindowSize, padding: WindowPadding,
    dataFormat: String = "NHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try separableConv2d(
      input, depthwiseFilter, pointwiseFilter, strides: strides, padding: padding,
      dataFormat: dataFormat, dilations: dilations, name: name)
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

  /// The same with its arguments by position.
  public static func conv3d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, _ strides: WindowSize,
    _ padding: WindowPadding, dataFormat: String = "NDHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try conv3d(
      input, filters, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func conv3d(
    _ input: some TensorConvertible, filters: some TensorConvertible, strides: WindowSize,
    padding: WindowPadding, dataFormat: String = "NDHWC", dilations: WindowSize = 1,
    name: String? = nil
  ) throws -> Tensor {
    try conv3d(
      input, filters, strides: strides, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
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

  /// The same with its arguments by position.
  public static func conv3dTranspose(
    _ input: some TensorConvertible, _ filters: some TensorConvertible,
    _ outputShape: some TensorConvertible, _ strides: WindowSize, padding: WindowPadding = "SAME",
    dataFormat: String = "NDHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try conv3dTranspose(
      input, filters, outputShape: outputShape, strides: strides, padding: padding,
      dataFormat: dataFormat, dilations: dilations, name: name)
  }

  /// The same with its arguments by label.
  public static func conv3dTranspose(
    _ input: some TensorConvertible, filters: some TensorConvertible,
    outputShape: some TensorConvertible, strides: WindowSize, padding: WindowPadding = "SAME",
    dataFormat: String = "NDHWC", dilations: WindowSize = 1, name: String? = nil
  ) throws -> Tensor {
    try conv3dTranspose(
      input, filters, outputShape: outputShape, strides: strides, padding: padding,
      dataFormat: dataFormat, dilations: dilations, name: name)
  }
}
