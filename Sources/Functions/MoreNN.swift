import CoreGraph
public import CoreOps
public import OpsNN
public import OpsSparse

extension SharedNN {
  /// The convolution of sequences with filters. Follows `tf.nn.conv1d`.
  ///
  /// - Parameters:
  ///   - input: `[batch, width, channels]`, or `[batch, channels, width]` for `NCW`.
  ///   - filters: `[width, channels, outChannels]`.
  ///   - stride: how far the window moves.
  ///   - padding: `.same` or `.valid`.
  ///   - dataFormat: `"NWC"` or `"NCW"`.
  ///   - dilations: how far apart the taps of the window are.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` when shapes and attributes do not fit each other.
  public static func conv1d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, stride: Int,
    padding: WindowPadding, dataFormat: String = "NWC", dilations: Int = 1, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "conv1d") { scope in
      let channelsFirst: Bool
      switch dataFormat {
      case "NHWC", "NWC": channelsFirst = false
      case "NCHW", "NCW": channelsFirst = true
      default:
        throw TFError.invalidArgument(
          "`data_format` must be 'NWC' or 'NCW'. Received: data_format=\(dataFormat)")
      }
      let axis = channelsFirst ? -2 : -3
      let dtype = input.definiteDType ?? filters.definiteDType
      let images = try MathAPI.expandDims(input.asTensor(preferring: dtype), axis)
      let taps = try MathAPI.expandDims(filters.asTensor(preferring: dtype), 0)
      func sizes(_ value: Int) -> WindowSize {
        WindowSize(channelsFirst ? [1, 1, 1, value] : [1, 1, value, 1])
      }
      let result = try conv2d(
        images, taps, strides: sizes(stride), padding: padding,
        dataFormat: channelsFirst ? "NCHW" : "NHWC", dilations: sizes(dilations), name: scope)
      return try MathAPI.squeeze(result, axis: [axis])
    }
  }

  /// The same with its arguments by position.
  public static func conv1d(
    _ input: some TensorConvertible, _ filters: some TensorConvertible, _ stride: Int,
    _ padding: WindowPadding, dataFormat: String = "NWC", dilations: Int = 1, name: String? = nil
  ) throws -> Tensor {
    try conv1d(
      input, filters, stride: stride, padding: padding, dataFormat: dataFormat,
      dilations: dilations, name: name)
  }

  /// The part of elements that are zero. Follows `tf.nn.zero_fraction`.
  ///
  /// - Returns: a float32 scalar.
  public static func zeroFraction(_ value: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try inScope(name, "zero_fraction") { _ in
      let value = try value.converted("value")
      let size = try MathAPI.size(value, outType: .int64)
      func count(_ dtype: DType) throws -> Tensor {
        try inScope(nil, "count_nonzero") { _ in
          let zero = try 0.converted("zeros", preferring: value.dtype)
          let isCounted = try ComparisonOps.family.notEqual(value, zero)
          return try MathAPI.reduceSum(CastOps.cast(isCounted, dtype), name: "nonzero_count")
        }
      }
      // What fits is counted in fewer bits.
      let isSmall = try ComparisonOps.family.lessEqual(size, Int(Int32.max))
      let nonzero = try MathAPI.cond(
        isSmall, { try CastOps.cast(count(.int32), .int64) }, { try count(.int64) })
      let fraction = try inScope(nil, "counts_to_fraction") { _ in
        let zeros = try CastOps.cast(size - nonzero, .float32)
        return try zeros / CastOps.cast(size, .float32)
      }
      return try BasicOps.family.identity([fraction], name: "fraction")
    }
  }
}

extension V1NN {
  /// The loss of sequences of labels that are not aligned with their inputs. Follows
  /// `tf.compat.v1.nn.ctc_loss`.
  ///
  /// - Parameters:
  ///   - labels: int32 labels per example; the last class is the blank one.
  ///   - inputs: logits `[time, batch, classes]`.
  ///   - sequenceLength: int32 `[batch]`, of the inputs.
  ///   - preprocessCollapseRepeated: whether labels that repeat are one.
  ///   - ctcMergeRepeated: whether outputs that repeat are one.
  ///   - ignoreLongerOutputsThanInputs: whether examples with more labels than inputs count 0.
  ///   - timeMajor: whether the first dimension is of time; otherwise of the batch.
  /// - Returns: a loss per example.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit, and labels out of range.
  public static func ctcLoss(
    _ labels: SparseTensor, _ inputs: some TensorConvertible,
    _ sequenceLength: some TensorConvertible, preprocessCollapseRepeated: Bool = false,
    ctcMergeRepeated: Bool = true, ignoreLongerOutputsThanInputs: Bool = false,
    timeMajor: Bool = true
  ) throws -> Tensor {
    var inputs = try inputs.converted("logits")
    let dtype = inputs.dtype
    if !timeMajor { inputs = try MathAPI.transpose(inputs, perm: [1, 0, 2]) }
    let isNarrow = dtype == .half || dtype == .bfloat16
    if isNarrow { inputs = try CastOps.cast(inputs, .float32) }
    let attrs = Attrs()
      .with(
        "preprocess_collapse_repeated", .bool(preprocessCollapseRepeated),
        unless: !preprocessCollapseRepeated
      )
      .with("ctc_merge_repeated", .bool(ctcMergeRepeated), unless: ctcMergeRepeated)
      .with(
        "ignore_longer_outputs_than_inputs", .bool(ignoreLongerOutputsThanInputs),
        unless: !ignoreLongerOutputsThanInputs)
    let loss = try apply(
      CTCOps.family.loss,
      [
        inputs, labels.indices, labels.values, sequenceLength.asTensor(preferring: .int32),
      ], attrs)[0]
    return try isNarrow ? CastOps.cast(loss, dtype) : loss
  }

  /// `tf.nn.conv2d_transpose` by its name before release 1.0. Follows `tf.nn.deconv2d`.
  public static func deconv2d(
    _ value: some TensorConvertible, _ filter: some TensorConvertible,
    _ outputShape: some TensorConvertible, _ strides: WindowSize, padding: WindowPadding = "SAME",
    name: String? = nil
  ) throws -> Tensor {
    try conv2dTranspose(
      value, filter, outputShape: outputShape, strides: strides, padding: padding, name: name)
  }
}

extension SharedAPI {
  /// A value as a tensor; in a graph a constant of its own. Follows `tf.convert_to_tensor`.
  ///
  /// - Parameters:
  ///   - value: a tensor, variable, number, nested array or shape.
  ///   - dtype: nil for the value's own.
  ///   - name: of the constant.
  /// - Throws: `INVALID_ARGUMENT` for a tensor of another dtype, and a value that does not fit it.
  public static func convertToTensor(
    _ value: some TensorConvertible, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    let tensor = try value.asTensor(preferring: dtype)
    if let dtype, tensor.dtype != dtype {
      throw TFError.invalidArgument(
        """
        Tensor conversion requested dtype \(dtype) for Tensor with dtype \(tensor.dtype): \(tensor)
        """
      )
    }
    return try tensor.asConstant(named: name ?? "Const")
  }

  /// The same with its arguments by position.
  public static func convertToTensor(
    _ value: some TensorConvertible, _ dtype: DType, name: String? = nil
  ) throws -> Tensor { try convertToTensor(value, dtype: dtype, name: name) }
}
