extension SharedAPI {
  public typealias image = ImageAPI
  public typealias audio = AudioAPI
  public typealias quantization = QuantizationAPI
}

/// `tf.image`.
public enum ImageAPI {}

extension ImageAPI {
  private static func resize(
    _ op: OpDef, _ images: some TensorConvertible, _ size: some TensorConvertible,
    _ alignCorners: Bool,
    _ halfPixelCenters: Bool, _ name: String?
  ) throws -> Tensor {
    let attrs = Attrs()
      .with("align_corners", .bool(alignCorners), unless: !alignCorners)
      .with("half_pixel_centers", .bool(halfPixelCenters), unless: !halfPixelCenters)
    return try op([images.asTensor(), size.asTensor(preferring: .int32)], attrs, name: name)
  }

  /// Images of another size, as float32, by bilinear interpolation. Follows
  /// `tf.image.resize_bilinear`.
  ///
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]`.
  ///   - size: the new height and width.
  ///   - alignCorners: whether the centres of the corner pixels stay where they are.
  ///   - halfPixelCenters: whether pixel centres lie at halves.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes or sizes that do not fit.
  public static func resizeBilinear(
    _ images: some TensorConvertible, size: some TensorConvertible, alignCorners: Bool = false,
    halfPixelCenters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try resize(ResizeOps.family.resizeBilinear, images, size, alignCorners, halfPixelCenters, name)
  }

  /// Images of another size, as float32, by cubic interpolation. Follows `tf.image.resize_bicubic`.
  ///
  /// - Parameters: as in `resizeBilinear`.
  /// - Throws: `INVALID_ARGUMENT` for shapes or sizes that do not fit.
  public static func resizeBicubic(
    _ images: some TensorConvertible, size: some TensorConvertible, alignCorners: Bool = false,
    halfPixelCenters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try resize(ResizeOps.family.resizeBicubic, images, size, alignCorners, halfPixelCenters, name)
  }

  /// Images of another size that repeat or leave out pixels. Follows
  /// `tf.image.resize_nearest_neighbor`.
  ///
  /// - Parameters: as in `resizeBilinear`.
  /// - Throws: `INVALID_ARGUMENT` for shapes or sizes that do not fit.
  public static func resizeNearestNeighbor(
    _ images: some TensorConvertible, size: some TensorConvertible, alignCorners: Bool = false,
    halfPixelCenters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try resize(
      ResizeOps.family.resizeNearestNeighbor, images, size, alignCorners, halfPixelCenters, name)
  }

  /// Images of another size, as float32, by averages over areas. Follows `tf.image.resize_area`.
  ///
  /// - Parameters: as in `resizeBilinear`.
  /// - Throws: `INVALID_ARGUMENT` for shapes or sizes that do not fit.
  public static func resizeArea(
    _ images: some TensorConvertible, size: some TensorConvertible, alignCorners: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try resize(ResizeOps.family.resizeArea, images, size, alignCorners, false, name)
  }

  /// Crops of images, brought to one size. Follows `tf.image.crop_and_resize`.
  ///
  /// - Parameters:
  ///   - image: `[batch, height, width, channels]`.
  ///   - boxes: `[boxes, 4]`, rows of y₁, x₁, y₂, x₂ where 1 is the image's far edge.
  ///   - boxIndices: which image each box is of.
  ///   - cropSize: the height and width of the crops.
  ///   - method: `bilinear` or `nearest`.
  ///   - extrapolationValue: what lies outside the image.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit, `OUT_OF_RANGE` for an image that is
  ///   not there.
  public static func cropAndResize(
    _ image: some TensorConvertible, boxes: some TensorConvertible,
    boxIndices: some TensorConvertible,
    cropSize: some TensorConvertible, method: String = "bilinear", extrapolationValue: Float = 0,
    name: String? = nil
  ) throws -> Tensor {
    try CropOps.family.cropAndResize(
      [
        image.asTensor(), boxes.asTensor(preferring: .float32),
        boxIndices.asTensor(preferring: .int32),
        cropSize.asTensor(preferring: .int32),
      ],
      Attrs()
        .with("method", .string(method), unless: method == "bilinear")
        .with("extrapolation_value", .float(extrapolationValue), unless: extrapolationValue == 0),
      name: name)
  }

  /// The indices of boxes that do not overlap better ones too much. Follows
  /// `tf.image.non_max_suppression`.
  ///
  /// - Parameters:
  ///   - boxes: `[boxes, 4]`, two opposite corners each.
  ///   - scores: one per box.
  ///   - maxOutputSize: how many are chosen at most.
  ///   - iouThreshold: the overlap, in 0...1, above which a box is dropped.
  ///   - scoreThreshold: boxes at or below it are dropped.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes or thresholds that do not fit.
  public static func nonMaxSuppression(
    _ boxes: some TensorConvertible, scores: some TensorConvertible,
    maxOutputSize: some TensorConvertible,
    iouThreshold: some TensorConvertible = 0.5,
    scoreThreshold: some TensorConvertible = -Float.infinity,
    name: String? = nil
  ) throws -> Tensor {
    let boxes = try boxes.asTensor()
    return try BoxOps.family.nonMaxSuppressionV3(
      [
        boxes, scores.asTensor(preferring: boxes.dtype), maxOutputSize.asTensor(preferring: .int32),
        iouThreshold.asTensor(preferring: boxes.dtype),
        scoreThreshold.asTensor(preferring: boxes.dtype),
      ], name: name)
  }

  /// Boxes, scores and classes that remain when overlapping boxes of each class are dropped, and
  /// how many are valid. Follows `tf.image.combined_non_max_suppression`.
  ///
  /// - Parameters:
  ///   - boxes: `[batch, boxes, classes or 1, 4]`.
  ///   - scores: `[batch, boxes, classes]`.
  ///   - maxOutputSizePerClass, maxTotalSize: how many are chosen at most.
  ///   - iouThreshold, scoreThreshold: as in `nonMaxSuppression`.
  ///   - padPerClass: whether the outputs are no longer than the classes can fill.
  ///   - clipBoxes: whether corners are kept within 0...1.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes, sizes or thresholds that do not fit.
  public static func combinedNonMaxSuppression(
    _ boxes: some TensorConvertible, scores: some TensorConvertible,
    maxOutputSizePerClass: some TensorConvertible,
    maxTotalSize: some TensorConvertible, iouThreshold: some TensorConvertible = 0.5,
    scoreThreshold: some TensorConvertible = -Float.infinity, padPerClass: Bool = false,
    clipBoxes: Bool = true,
    name: String? = nil
  ) throws -> [Tensor] {
    try apply(
      BoxOps.family.combinedNonMaxSuppression,
      [
        boxes.asTensor(), scores.asTensor(), maxOutputSizePerClass.asTensor(preferring: .int32),
        maxTotalSize.asTensor(preferring: .int32), iouThreshold.asTensor(preferring: .float32),
        scoreThreshold.asTensor(preferring: .float32),
      ],
      Attrs().with("pad_per_class", .bool(padPerClass), unless: !padPerClass)
        .with("clip_boxes", .bool(clipBoxes), unless: clipBoxes), name: name)
  }

  private static func adjust(
    _ op: OpDef, _ images: some TensorConvertible, _ factor: some TensorConvertible, _ name: String?
  ) throws -> Tensor {
    try op([images.asTensor(), factor.asTensor(preferring: .float32)], name: name)
  }

  /// Moves each channel away from its mean. Follows `tf.image.adjust_contrast`.
  ///
  /// - Parameters:
  ///   - images: float32, `[…, height, width, channels]`.
  ///   - contrastFactor: a scalar.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func adjustContrast(
    _ images: some TensorConvertible, contrastFactor: some TensorConvertible, name: String? = nil
  ) throws -> Tensor { try adjust(ImageOps.family.adjustContrastV2, images, contrastFactor, name) }

  /// Turns the hue of RGB images. Follows `tf.image.adjust_hue`.
  ///
  /// - Parameters:
  ///   - image: float32, `[…, 3]`.
  ///   - delta: a scalar in -1...1, where 1 is the full circle.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func adjustHue(
    _ image: some TensorConvertible, delta: some TensorConvertible, name: String? = nil
  ) throws -> Tensor { try adjust(ImageOps.family.adjustHue, image, delta, name) }

  /// Multiplies the saturation of RGB images. Follows `tf.image.adjust_saturation`.
  ///
  /// - Parameters:
  ///   - image: float32, `[…, 3]`.
  ///   - saturationFactor: a scalar.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func adjustSaturation(
    _ image: some TensorConvertible, saturationFactor: some TensorConvertible, name: String? = nil
  ) throws -> Tensor { try adjust(ImageOps.family.adjustSaturation, image, saturationFactor, name) }

  /// Hue, saturation and value of RGB images. Follows `tf.image.rgb_to_hsv`.
  ///
  /// - Parameters:
  ///   - images: `[…, 3]` with values in 0...1.
  ///   - name: the node's name in a graph.
  /// - Throws: `FAILED_PRECONDITION` when there are not three channels.
  public static func rgbToHsv(_ images: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try ImageOps.family.rgbToHSV([images.asTensor()], name: name)
  }

  /// RGB images from hue, saturation and value. Follows `tf.image.hsv_to_rgb`.
  ///
  /// - Parameters:
  ///   - images: `[…, 3]` with values in 0...1.
  ///   - name: the node's name in a graph.
  /// - Throws: `FAILED_PRECONDITION` when there are not three channels.
  public static func hsvToRgb(_ images: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try ImageOps.family.hsvToRGB([images.asTensor()], name: name)
  }

  /// Images with the outlines of boxes. Follows `tf.image.draw_bounding_boxes`.
  ///
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]`.
  ///   - boxes: `[batch, boxes, 4]`, rows of y₁, x₁, y₂, x₂ where 1 is the image's far edge.
  ///   - colors: `[colours, channels]` taken in turn; nil for TensorFlow's ten.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func drawBoundingBoxes(
    _ images: some TensorConvertible, boxes: some TensorConvertible,
    colors: (any TensorConvertible)? = nil,
    name: String? = nil
  ) throws -> Tensor {
    let inputs = try [images.asTensor(), boxes.asTensor(preferring: .float32)]
    guard let colors else { return try ImageRegionOps.family.drawBoundingBoxes(inputs, name: name) }
    return try ImageRegionOps.family.drawBoundingBoxesV2(
      inputs + [colors.asTensor(preferring: .float32)], name: name)
  }
}

/// `tf.audio`.
public enum AudioAPI {
  /// The samples of a 16-bit WAV file as `[samples, channels]` in -1..<1, and the sample rate.
  /// Follows
  /// `tf.audio.decode_wav`.
  ///
  /// - Parameters:
  ///   - contents: the file's bytes, a string scalar.
  ///   - desiredChannels, desiredSamples: how many are wanted; -1 for those there are.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func decodeWav(
    _ contents: some TensorConvertible, desiredChannels: Int = -1, desiredSamples: Int = -1,
    name: String? = nil
  ) throws -> (audio: Tensor, sampleRate: Tensor) {
    let outputs = try apply(
      AudioOps.family.decodeWav, [contents.asTensor()],
      Attrs().with("desired_channels", .int(desiredChannels), unless: desiredChannels == -1)
        .with("desired_samples", .int(desiredSamples), unless: desiredSamples == -1), name: name)
    return (outputs[0], outputs[1])
  }

  /// A 16-bit WAV file. Follows `tf.audio.encode_wav`.
  ///
  /// - Parameters:
  ///   - audio: `[samples, channels]` in -1...1.
  ///   - sampleRate: in hertz, a scalar.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when a number does not fit the file's header.
  public static func encodeWav(
    _ audio: some TensorConvertible, sampleRate: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try AudioOps.family.encodeWav(
      [audio.asTensor(), sampleRate.asTensor(preferring: .int32)], name: name)
  }
}

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
}
