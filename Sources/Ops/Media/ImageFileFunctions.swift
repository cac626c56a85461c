public import CoreOps
public import OpsImage
import OpsStrings

/// Files of images: the same functions as `tf.io` has.
extension ImageAPI {
  private static func decode(
    _ op: OpDef, _ contents: some TensorConvertible, _ channels: Int, _ dtype: DType,
    _ name: String?, _ attrs: Attrs = [:]
  ) throws -> Tensor {
    try op(
      [contents.asTensor(preferring: .string)],
      attrs.with("channels", .int(channels), unless: channels == 0)
        .with("dtype", .type(dtype), unless: dtype == .uint8), name: name)
  }

  /// The pixels of a PNG file, `[height, width, channels]`. Follows `tf.image.decode_png`.
  ///
  /// - Parameters:
  ///   - contents: the file's bytes, a string scalar.
  ///   - channels: 1 for grey, 3 for colours, 4 for colours and opacity; 0 for the file's.
  ///   - dtype: uint8 or uint16.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func decodePng(
    _ contents: some TensorConvertible, channels: Int = 0, dtype: DType = .uint8,
    name: String? = nil
  ) throws -> Tensor {
    try decode(ImageDecodingOps.family.png, contents, channels, dtype, name)
  }

  private static func jpegAttrs(
    _ channels: Int, _ ratio: Int, _ fancyUpscaling: Bool, _ tryRecoverTruncated: Bool,
    _ acceptableFraction: Float, _ dctMethod: String
  ) -> Attrs {
    Attrs().with("channels", .int(channels), unless: channels == 0)
      .with("ratio", .int(ratio), unless: ratio == 1)
      .with("fancy_upscaling", .bool(fancyUpscaling), unless: fancyUpscaling)
      .with("try_recover_truncated", .bool(tryRecoverTruncated), unless: !tryRecoverTruncated)
      .with("acceptable_fraction", .float(acceptableFraction), unless: acceptableFraction == 1)
      .with("dct_method", .string(dctMethod), unless: dctMethod.isEmpty)
  }

  /// The pixels of a JPEG file, `[height, width, channels]`. Follows `tf.image.decode_jpeg`.
  ///
  /// - Parameters:
  ///   - contents: the file's bytes, a string scalar.
  ///   - channels: 1 for grey, 3 for colours; 0 for the file's.
  ///   - ratio: by how much the image is made smaller: 1, 2, 4 or 8.
  ///   - fancyUpscaling: whether colours are interpolated, where the file has fewer of them.
  ///   - tryRecoverTruncated: whether a file that ends early is decoded as far as it goes.
  ///   - acceptableFraction: how much of the lines it must have at least.
  ///   - dctMethod: `INTEGER_FAST`, the default, or `INTEGER_ACCURATE`.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func decodeJpeg(
    _ contents: some TensorConvertible, channels: Int = 0, ratio: Int = 1,
    fancyUpscaling: Bool = true, tryRecoverTruncated: Bool = false, acceptableFraction: Float = 1,
    dctMethod: String = "", name: String? = nil
  ) throws -> Tensor {
    try ImageDecodingOps.family.jpeg(
      [contents.asTensor(preferring: .string)],
      jpegAttrs(
        channels, ratio, fancyUpscaling, tryRecoverTruncated, acceptableFraction, dctMethod),
      name: name)
  }

  /// Pixels of a window of a JPEG file. Follows `tf.image.decode_and_crop_jpeg`.
  ///
  /// - Parameters:
  ///   - cropWindow: the first row and column, and how many of each.
  ///   - contents, channels, ratio, fancyUpscaling, tryRecoverTruncated, acceptableFraction,
  ///     dctMethod, name: as for `decodeJpeg`.
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file, or the window leaves it.
  public static func decodeAndCropJpeg(
    _ contents: some TensorConvertible, cropWindow: some TensorConvertible, channels: Int = 0,
    ratio: Int = 1, fancyUpscaling: Bool = true, tryRecoverTruncated: Bool = false,
    acceptableFraction: Float = 1, dctMethod: String = "", name: String? = nil
  ) throws -> Tensor {
    try ImageDecodingOps.family.cropJpeg(
      [contents.asTensor(preferring: .string), cropWindow.asTensor(preferring: .int32)],
      jpegAttrs(
        channels, ratio, fancyUpscaling, tryRecoverTruncated, acceptableFraction, dctMethod),
      name: name)
  }

  /// The same with its arguments by position.
  public static func decodeAndCropJpeg(
    _ contents: some TensorConvertible, _ cropWindow: some TensorConvertible, channels: Int = 0,
    ratio: Int = 1, fancyUpscaling: Bool = true, tryRecoverTruncated: Bool = false,
    acceptableFraction: Float = 1, dctMethod: String = "", name: String? = nil
  ) throws -> Tensor {
    try decodeAndCropJpeg(
      contents, cropWindow: cropWindow, channels: channels, ratio: ratio,
      fancyUpscaling: fancyUpscaling, tryRecoverTruncated: tryRecoverTruncated,
      acceptableFraction: acceptableFraction, dctMethod: dctMethod, name: name)
  }

  /// The images of a GIF file, `[frames, height, width, 3]`. Follows `tf.image.decode_gif`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func decodeGif(_ contents: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try ImageDecodingOps.family.gif([contents.asTensor(preferring: .string)], name: name)
  }

  /// The pixels of a bitmap file, `[height, width, channels]`. Follows `tf.image.decode_bmp`.
  ///
  /// - Parameter channels: 3 or 4; 0 for the file's.
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func decodeBmp(
    _ contents: some TensorConvertible, channels: Int = 0, name: String? = nil
  ) throws -> Tensor { try decode(ImageDecodingOps.family.bmp, contents, channels, .uint8, name) }

  /// The pixels of a file of any of these kinds, or of a WebP file. Follows
  /// `tf.image.decode_image`.
  ///
  /// - Parameters:
  ///   - channels: as for the function of the file's kind.
  ///   - dtype: uint8; uint16 or float32 have as many parts of 2¹⁶ or of 1.
  ///   - expandAnimations: whether all images of an animation are wanted, in a dimension of their
  ///     own, or the first.
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func decodeImage(
    _ contents: some TensorConvertible, channels: Int? = nil, dtype: DType = .uint8,
    name: String? = nil, expandAnimations: Bool = true
  ) throws -> Tensor {
    try inScope(name, "decode_image") { _ in
      try decode(
        ImageDecodingOps.family.image, contents, channels ?? 0, dtype, nil,
        Attrs().with("expand_animations", .bool(expandAnimations), unless: expandAnimations))
    }
  }

  /// Height, width and channels of a JPEG file. Follows `tf.image.extract_jpeg_shape`.
  ///
  /// - Throws: `INVALID_ARGUMENT` when the bytes are no such file.
  public static func extractJpegShape(
    _ contents: some TensorConvertible, outputType: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    try ImageDecodingOps.family.jpegShape(
      [contents.asTensor(preferring: .string)],
      Attrs().with("output_type", .type(outputType), unless: outputType == .int32), name: name)
  }

  /// The bytes of a PNG file. Follows `tf.image.encode_png`.
  ///
  /// - Parameters:
  ///   - image: uint8 or uint16, `[…, height, width, channels]` with 1 to 4 channels.
  ///   - compression: from 0 to 9; -1 for the usual.
  /// - Throws: `INVALID_ARGUMENT` for other shapes; `INTERNAL` for an image without pixels.
  public static func encodePng(
    _ image: some TensorConvertible, compression: Int = -1, name: String? = nil
  ) throws -> Tensor {
    try ImageEncodingOps.family.png(
      [image.asTensor(preferring: .uint8)],
      Attrs().with("compression", .int(compression), unless: compression == -1), name: name)
  }

  /// The bytes of a JPEG file. Follows `tf.image.encode_jpeg`.
  ///
  /// - Parameters:
  ///   - image: uint8, `[height, width, channels]` with 1 or 3 channels.
  ///   - format: `grayscale` or `rgb`, where the channels are to be checked.
  ///   - quality: from 0 to 100.
  ///   - progressive: whether the image comes line by line or, coarse at first, as a whole.
  ///   - optimizeSize: whether codes are made for this image.
  ///   - chromaDownsampling: whether there are fewer colours than pixels.
  ///   - densityUnit: `in` or `cm`.
  ///   - xDensity, yDensity: pixels for each.
  ///   - xmpMetadata: what is said of the image, as Adobe's XMP.
  /// - Throws: `INVALID_ARGUMENT` for other shapes; `INTERNAL` for an image without pixels.
  public static func encodeJpeg(
    _ image: some TensorConvertible, format: String = "", quality: Int = 95,
    progressive: Bool = false, optimizeSize: Bool = false, chromaDownsampling: Bool = true,
    densityUnit: String = "in", xDensity: Int = 300, yDensity: Int = 300, xmpMetadata: String = "",
    name: String? = nil
  ) throws -> Tensor {
    try ImageEncodingOps.family.jpeg(
      [image.asTensor(preferring: .uint8)],
      Attrs().with("format", .string(format), unless: format.isEmpty)
        .with("quality", .int(quality), unless: quality == 95)
        .with("progressive", .bool(progressive), unless: !progressive)
        .with("optimize_size", .bool(optimizeSize), unless: !optimizeSize)
        .with("chroma_downsampling", .bool(chromaDownsampling), unless: chromaDownsampling)
        .with("density_unit", .string(densityUnit), unless: densityUnit == "in")
        .with("x_density", .int(xDensity), unless: xDensity == 300)
        .with("y_density", .int(yDensity), unless: yDensity == 300)
        .with("xmp_metadata", .string(xmpMetadata), unless: xmpMetadata.isEmpty), name: name)
  }

  /// Whether bytes begin as a JPEG file does. Follows `tf.image.is_jpeg`.
  public static func isJpeg(_ contents: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    let contents = try contents.asTensor(preferring: .string)
    let start = try Tensor(strings: [[0xff, 0xd8, 0xff]], dims: [])
    return try inScope(name, "is_jpeg") { _ in
      let first = try StringsAPI.substr(contents, Int32(0), Int32(3))
      return try ComparisonOps.family.equal(first, start)
    }
  }
}
