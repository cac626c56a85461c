public import CoreOps

extension SharedNN {
  /// The greatest element of each window over images.
  ///
  /// Follows `tf.nn.max_pool2d`.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`, or `[batch, channels, height, width]` for
  ///     `NCHW`.
  ///   - ksize, strides: the window's sizes, and how far it moves.
  ///   - padding: `"SAME"`, `"VALID"`, or a pair per dimension.
  ///   - dataFormat: `"NHWC"` or `"NCHW"`.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the window does not fit the input.
  public static func maxPool2d(
    _ input: some TensorConvertible, ksize: WindowSize, strides: WindowSize, padding: WindowPadding,
    dataFormat: String = "NHWC", name: String? = nil
  ) throws -> Tensor {
    try pool(
      PoolingOps.family.maxPool, input.asTensor(), ksize, strides, padding, dataFormat,
      name ?? "MaxPool2d")
  }

  /// The mean of each window over images; padding does not count.
  ///
  /// Follows `tf.nn.avg_pool2d`; the parameters are as for `maxPool2d`.
  public static func avgPool2d(
    _ input: some TensorConvertible, ksize: WindowSize, strides: WindowSize, padding: WindowPadding,
    dataFormat: String = "NHWC", name: String? = nil
  ) throws -> Tensor {
    try pool(
      PoolingOps.family.avgPool, input.asTensor(), ksize, strides, padding, dataFormat,
      name ?? "AvgPool2D")
  }

  /// The greatest element of each window over volumes.
  ///
  /// Follows `tf.nn.max_pool3d`; the parameters are as for `maxPool2d`, with a depth.
  public static func maxPool3d(
    _ input: some TensorConvertible, ksize: WindowSize, strides: WindowSize, padding: WindowPadding,
    dataFormat: String = "NDHWC", name: String? = nil
  ) throws -> Tensor {
    try pool(
      PoolingOps.family.maxPool3D, input.asTensor(), ksize, strides, padding, dataFormat, name,
      spatial: 3)
  }

  /// The mean of each window over volumes.
  ///
  /// Follows `tf.nn.avg_pool3d`; the parameters are as for `maxPool2d`, with a depth.
  public static func avgPool3d(
    _ input: some TensorConvertible, ksize: WindowSize, strides: WindowSize, padding: WindowPadding,
    dataFormat: String = "NDHWC", name: String? = nil
  ) throws -> Tensor {
    try pool(
      PoolingOps.family.avgPool3D, input.asTensor(), ksize, strides, padding, dataFormat, name,
      spatial: 3)
  }

  /// The greatest element of each window, over images or, at rank 5, volumes.
  ///
  /// Follows `tf.nn.max_pool`; the parameters are as for `maxPool2d`.
  public static func maxPool(
    _ input: some TensorConvertible, ksize: WindowSize, strides: WindowSize, padding: WindowPadding,
    dataFormat: String? = nil, name: String? = nil
  ) throws -> Tensor {
    let (images, volumes) = (PoolingOps.family.maxPool, PoolingOps.family.maxPool3D)
    return try pool(images, volumes, input.asTensor(), ksize, strides, padding, dataFormat, name)
  }

  /// The mean of each window, over images or, at rank 5, volumes.
  ///
  /// Follows `tf.nn.avg_pool`; the parameters are as for `maxPool2d`.
  public static func avgPool(
    _ input: some TensorConvertible, ksize: WindowSize, strides: WindowSize, padding: WindowPadding,
    dataFormat: String? = nil, name: String? = nil
  ) throws -> Tensor {
    let (images, volumes) = (PoolingOps.family.avgPool, PoolingOps.family.avgPool3D)
    return try pool(images, volumes, input.asTensor(), ksize, strides, padding, dataFormat, name)
  }

  /// The greatest element of each window, and where it is.
  ///
  /// Follows `tf.nn.max_pool_with_argmax`.
  ///
  /// - Parameters:
  ///   - input, ksize, strides, padding, name: as for `maxPool2d`.
  ///   - outputDtype: int64 or int32, the dtype of the positions.
  ///   - includeBatchInIndex: whether positions count through the whole batch, or through each
  ///     image.
  /// - Returns: the maxima and their flat positions, of one shape.
  /// - Throws: `INVALID_ARGUMENT` when the window does not fit the input.
  public static func maxPoolWithArgmax(
    _ input: some TensorConvertible, ksize: WindowSize, strides: WindowSize, padding: WindowPadding,
    outputDtype: DType = .int64, includeBatchInIndex: Bool = false, name: String? = nil
  ) throws -> (output: Tensor, argmax: Tensor) {
    let attrs = try windowAttrs(
      strides: strides, padding: padding, dataFormat: "NHWC", ksize: ksize
    )
    .with("Targmax", .type(outputDtype), unless: outputDtype == .int64)
    .with("include_batch_in_index", .bool(true), unless: !includeBatchInIndex)
    let outputs = try apply(
      PoolingOps.family.maxPoolWithArgmax, [input.asTensor()], attrs, name: name)
    return (outputs[0], outputs[1])
  }

  private static func pool(
    _ op: OpDef, _ input: Tensor, _ ksize: WindowSize, _ strides: WindowSize,
    _ padding: WindowPadding, _ dataFormat: String, _ name: String?, spatial: Int = 2
  ) throws -> Tensor {
    let attrs = try windowAttrs(
      strides: strides, padding: padding, dataFormat: dataFormat, ksize: ksize, spatial: spatial)
    return try op([input], attrs, name: name)
  }

  /// Pools images, or volumes where the rank is 5.
  private static func pool(
    _ images: OpDef, _ volumes: OpDef, _ input: Tensor, _ ksize: WindowSize,
    _ strides: WindowSize, _ padding: WindowPadding, _ dataFormat: String?, _ name: String?
  ) throws -> Tensor {
    let isVolume = input.rank == 5
    return try pool(
      isVolume ? volumes : images, input, ksize, strides, padding,
      dataFormat ?? (isVolume ? "NDHWC" : "NHWC"), name, spatial: isVolume ? 3 : 2)
  }
}
