public import CoreOps

extension SharedAPI {
  public typealias image = ImageAPI
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

  /// The same with its arguments by position.
  public static func resizeBilinear(
    _ images: some TensorConvertible, _ size: some TensorConvertible, alignCorners: Bool = false,
    halfPixelCenters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try resizeBilinear(
      images, size: size, alignCorners: alignCorners, halfPixelCenters: halfPixelCenters, name: name
    )
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

  /// The same with its arguments by position.
  public static func resizeBicubic(
    _ images: some TensorConvertible, _ size: some TensorConvertible, alignCorners: Bool = false,
    halfPixelCenters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try resizeBicubic(
      images, size: size, alignCorners: alignCorners, halfPixelCenters: halfPixelCenters, name: name
    )
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

  /// The same with its arguments by position.
  public static func resizeNearestNeighbor(
    _ images: some TensorConvertible, _ size: some TensorConvertible, alignCorners: Bool = false,
    halfPixelCenters: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try resizeNearestNeighbor(
      images, size: size, alignCorners: alignCorners, halfPixelCenters: halfPixelCenters, name: name
    )
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

  /// The same with its arguments by position.
  public static func resizeArea(
    _ images: some TensorConvertible, _ size: some TensorConvertible, alignCorners: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try resizeArea(images, size: size, alignCorners: alignCorners, name: name)
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

  /// The same with its arguments by position.
  public static func cropAndResize(
    _ image: some TensorConvertible, _ boxes: some TensorConvertible,
    _ boxIndices: some TensorConvertible, _ cropSize: some TensorConvertible,
    method: String = "bilinear", extrapolationValue: Float = 0, name: String? = nil
  ) throws -> Tensor {
    try cropAndResize(
      image, boxes: boxes, boxIndices: boxIndices, cropSize: cropSize, method: method,
      extrapolationValue: extrapolationValue, name: name)
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

  /// The same with its arguments by position.
  public static func nonMaxSuppression(
    _ boxes: some TensorConvertible, _ scores: some TensorConvertible,
    _ maxOutputSize: some TensorConvertible, iouThreshold: some TensorConvertible = 0.5,
    scoreThreshold: some TensorConvertible = -Float.infinity, name: String? = nil
  ) throws -> Tensor {
    try nonMaxSuppression(
      boxes, scores: scores, maxOutputSize: maxOutputSize, iouThreshold: iouThreshold,
      scoreThreshold: scoreThreshold, name: name)
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

  /// The same with its arguments by position.
  public static func combinedNonMaxSuppression(
    _ boxes: some TensorConvertible, _ scores: some TensorConvertible,
    _ maxOutputSizePerClass: some TensorConvertible, _ maxTotalSize: some TensorConvertible,
    iouThreshold: some TensorConvertible = 0.5,
    scoreThreshold: some TensorConvertible = -Float.infinity, padPerClass: Bool = false,
    clipBoxes: Bool = true, name: String? = nil
  ) throws -> [Tensor] {
    try combinedNonMaxSuppression(
      boxes, scores: scores, maxOutputSizePerClass: maxOutputSizePerClass,
      maxTotalSize: maxTotalSize, iouThreshold: iouThreshold, scoreThreshold: scoreThreshold,
      padPerClass: padPerClass, clipBoxes: clipBoxes, name: name)
  }

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

  /// The same with its arguments by position.
  public static func drawBoundingBoxes(
    _ images: some TensorConvertible, _ boxes: some TensorConvertible,
    colors: (any TensorConvertible)? = nil, name: String? = nil
  ) throws -> Tensor {
    try drawBoundingBoxes(images, boxes: boxes, colors: colors, name: name)
  }
}
