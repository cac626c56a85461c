public import CoreOps

extension SharedAPI { public typealias quantization = QuantizationAPI }

/// `tf.quantization`.
public enum QuantizationAPI {
  /// Values in a quantised type, with the range that its steps divide. Follows
  /// `tf.quantization.quantize`.
  ///
  /// - Parameters:
  ///   - input: float32.
  ///   - minRange, maxRange: scalars, or vectors along `axis`.
  ///   - dtype: `qint8`, `quint8`, `qint16`, `quint16` or `qint32`.
  ///   - mode: `MIN_COMBINED`, `MIN_FIRST` or `SCALED`.
  ///   - roundMode: `HALF_AWAY_FROM_ZERO`, or in scaled mode `HALF_TO_EVEN`.
  ///   - narrowRange: whether scaled mode leaves out the lowest value.
  ///   - axis: the axis along which there are ranges; -1 for one range.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a range or mode that does not fit.
  public static func quantize(
    _ input: some TensorConvertible, minRange: some TensorConvertible,
    maxRange: some TensorConvertible, _ dtype: DType,
    mode: String = "MIN_COMBINED", roundMode: String = "HALF_AWAY_FROM_ZERO",
    narrowRange: Bool = false,
    axis: Int = -1, name: String? = nil
  ) throws -> (output: Tensor, outputMin: Tensor, outputMax: Tensor) {
    let outputs = try apply(
      QuantizedOps.family.quantizeV2,
      [
        input.asTensor(), minRange.asTensor(preferring: .float32),
        maxRange.asTensor(preferring: .float32),
      ],
      [
        "T": .type(dtype), "mode": .string(mode), "round_mode": .string(roundMode),
        "narrow_range": .bool(narrowRange), "axis": .int(axis),
      ], name: name)
    return (outputs[0], outputs[1], outputs[2])
  }

  /// The same with its arguments by position.
  public static func quantize(
    _ input: some TensorConvertible, _ minRange: some TensorConvertible,
    _ maxRange: some TensorConvertible, _ dtype: DType, mode: String = "MIN_COMBINED",
    roundMode: String = "HALF_AWAY_FROM_ZERO", narrowRange: Bool = false, axis: Int = -1,
    name: String? = nil
  ) throws -> (output: Tensor, outputMin: Tensor, outputMax: Tensor) {
    try quantize(
      input, minRange: minRange, maxRange: maxRange, dtype, mode: mode, roundMode: roundMode,
      narrowRange: narrowRange, axis: axis, name: name)
  }

  /// The same with its arguments by label.
  public static func quantize(
    _ input: some TensorConvertible, minRange: some TensorConvertible,
    maxRange: some TensorConvertible, T dtype: DType, mode: String = "MIN_COMBINED",
    roundMode: String = "HALF_AWAY_FROM_ZERO", narrowRange: Bool = false, axis: Int = -1,
    name: String? = nil
  ) throws -> (output: Tensor, outputMin: Tensor, outputMax: Tensor) {
    try quantize(
      input, minRange: minRange, maxRange: maxRange, dtype, mode: mode, roundMode: roundMode,
      narrowRange: narrowRange, axis: axis, name: name)
  }

  /// Floats from quantised values. Follows `tf.quantization.dequantize`.
  ///
  /// - Parameters:
  ///   - input: of a quantised type.
  ///   - minRange, maxRange, mode, narrowRange, axis: as in `quantize`.
  ///   - dtype: float32 or bfloat16.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a range or mode that does not fit.
  public static func dequantize(
    _ input: some TensorConvertible, minRange: some TensorConvertible,
    maxRange: some TensorConvertible,
    mode: String = "MIN_COMBINED", axis: Int = -1, narrowRange: Bool = false,
    dtype: DType = .float32,
    name: String? = nil
  ) throws -> Tensor {
    try QuantizedOps.family.dequantize(
      [
        input.asTensor(), minRange.asTensor(preferring: .float32),
        maxRange.asTensor(preferring: .float32),
      ],
      [
        "mode": .string(mode), "narrow_range": .bool(narrowRange), "axis": .int(axis),
        "dtype": .type(dtype),
      ], name: name)
  }

  /// The same with its arguments by position.
  public static func dequantize(
    _ input: some TensorConvertible, _ minRange: some TensorConvertible,
    _ maxRange: some TensorConvertible, mode: String = "MIN_COMBINED", axis: Int = -1,
    narrowRange: Bool = false, dtype: DType = .float32, name: String? = nil
  ) throws -> Tensor {
    try dequantize(
      input, minRange: minRange, maxRange: maxRange, mode: mode, axis: axis,
      narrowRange: narrowRange, dtype: dtype, name: name)
  }

  /// Floats rounded to the steps of a constant range. Follows
  /// `tf.quantization.fake_quant_with_min_max_args`.
  ///
  /// - Parameters:
  ///   - inputs: float32.
  ///   - min, max: the range, which is moved so that zero is a step.
  ///   - numBits: 2...16.
  ///   - narrowRange: whether the lowest step is left out.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a range or number of bits that does not fit.
  public static func fakeQuantWithMinMaxArgs(
    _ inputs: some TensorConvertible, min: Float = -6, max: Float = 6, numBits: Int = 8,
    narrowRange: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try FakeQuantOps.family.fakeQuantWithMinMaxArgs(
      [inputs.asTensor()],
      [
        "min": .float(min), "max": .float(max), "num_bits": .int(numBits),
        "narrow_range": .bool(narrowRange),
      ],
      name: name)
  }

  /// Floats rounded to the steps of a range that is learned. Follows
  /// `tf.quantization.fake_quant_with_min_max_vars`.
  ///
  /// - Parameters:
  ///   - inputs: float32.
  ///   - min, max: scalars.
  ///   - numBits, narrowRange, name: as in `fakeQuantWithMinMaxArgs`.
  /// - Throws: `INVALID_ARGUMENT` for shapes or a number of bits that do not fit.
  public static func fakeQuantWithMinMaxVars(
    _ inputs: some TensorConvertible, min: some TensorConvertible, max: some TensorConvertible,
    numBits: Int = 8,
    narrowRange: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try FakeQuantOps.family.fakeQuantWithMinMaxVars(
      [inputs.asTensor(), min.asTensor(preferring: .float32), max.asTensor(preferring: .float32)],
      ["num_bits": .int(numBits), "narrow_range": .bool(narrowRange)], name: name)
  }

  /// The same with its arguments by position.
  public static func fakeQuantWithMinMaxVars(
    _ inputs: some TensorConvertible, _ min: some TensorConvertible, _ max: some TensorConvertible,
    numBits: Int = 8, narrowRange: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try fakeQuantWithMinMaxVars(
      inputs, min: min, max: max, numBits: numBits, narrowRange: narrowRange, name: name)
  }

  /// As `fakeQuantWithMinMaxVars` with a range for each channel, the last axis. Follows
  /// `tf.quantization.fake_quant_with_min_max_vars_per_channel`.
  ///
  /// - Parameters:
  ///   - inputs: float32, `[…, channels]`.
  ///   - min, max: `[channels]`.
  ///   - numBits, narrowRange, name: as in `fakeQuantWithMinMaxArgs`.
  /// - Throws: `INVALID_ARGUMENT` for shapes or a number of bits that do not fit.
  public static func fakeQuantWithMinMaxVarsPerChannel(
    _ inputs: some TensorConvertible, min: some TensorConvertible, max: some TensorConvertible,
    numBits: Int = 8,
    narrowRange: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try FakeQuantOps.family.fakeQuantWithMinMaxVarsPerChannel(
      [inputs.asTensor(), min.asTensor(preferring: .float32), max.asTensor(preferring: .float32)],
      ["num_bits": .int(numBits), "narrow_range": .bool(narrowRange)], name: name)
  }

  /// The same with its arguments by position.
  public static func fakeQuantWithMinMaxVarsPerChannel(
    _ inputs: some TensorConvertible, _ min: some TensorConvertible, _ max: some TensorConvertible,
    numBits: Int = 8, narrowRange: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try fakeQuantWithMinMaxVarsPerChannel(
      inputs, min: min, max: max, numBits: numBits, narrowRange: narrowRange, name: name)
  }

  /// Floats rounded to the steps of a range, with a gradient that passes within it. Follows
  /// `tf.quantization.quantize_and_dequantize_v2`.
  ///
  /// - Parameters:
  ///   - input: float32 or float64.
  ///   - inputMin, inputMax: the range where `rangeGiven`; the data's own otherwise.
  ///   - signedInput: whether steps lie on both sides of zero.
  ///   - numBits: how many steps there are.
  ///   - rangeGiven, roundMode, narrowRange, axis: as in TensorFlow.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a range or number of bits that does not fit.
  public static func quantizeAndDequantizeV2(
    _ input: some TensorConvertible, inputMin: some TensorConvertible,
    inputMax: some TensorConvertible,
    signedInput: Bool = true, numBits: Int = 8, rangeGiven: Bool = false,
    roundMode: String = "HALF_TO_EVEN",
    narrowRange: Bool = false, axis: Int = -1, name: String? = nil
  ) throws -> Tensor {
    let input = try input.asTensor()
    return try FakeQuantOps.family.quantizeAndDequantizeV4(
      [
        input, inputMin.asTensor(preferring: input.dtype),
        inputMax.asTensor(preferring: input.dtype),
      ],
      [
        "signed_input": .bool(signedInput), "num_bits": .int(numBits),
        "range_given": .bool(rangeGiven),
        "round_mode": .string(roundMode), "narrow_range": .bool(narrowRange), "axis": .int(axis),
      ], name: name)
  }

  /// The same with its arguments by position.
  public static func quantizeAndDequantizeV2(
    _ input: some TensorConvertible, _ inputMin: some TensorConvertible,
    _ inputMax: some TensorConvertible, signedInput: Bool = true, numBits: Int = 8,
    rangeGiven: Bool = false, roundMode: String = "HALF_TO_EVEN", narrowRange: Bool = false,
    axis: Int = -1, name: String? = nil
  ) throws -> Tensor {
    try quantizeAndDequantizeV2(
      input, inputMin: inputMin, inputMax: inputMax, signedInput: signedInput, numBits: numBits,
      rangeGiven: rangeGiven, roundMode: roundMode, narrowRange: narrowRange, axis: axis, name: name
    )
  }
}
