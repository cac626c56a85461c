import CImages
import CoreOps

/// The kinds of image files, told by their first bytes.
enum ImageFormat: String {
  case jpeg = "JPEG"
  case png = "PNG"
  case gif = "GIF"
  case bmp = "BMP"
  case webP = "WebP"

  /// nil for no image file.
  init?(_ bytes: UnsafeRawBufferPointer) {
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else if bytes.starts(with: "GIF8".utf8) {
      self = .gif
    } else if bytes.starts(with: "BM".utf8) {
      self = .bmp
    } else if bytes.count > 12, bytes.starts(with: "RIFF".utf8),
      bytes[8...].starts(with: "WEBP".utf8)
    {
      self = .webP
    } else {
      return nil
    }
  }
}

/// Decodes image files of all kinds, as an op with its attributes does.
struct ImageDecoder: Sendable {
  private let op: String
  private let channels: Int
  private let dtype: DType
  /// Whether all images of an animation are wanted, in a dimension of their own.
  private let expandsAnimations: Bool
  private let jpeg: jk_jpeg_options
  private let acceptableFraction: Float

  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  init(_ context: KernelContext) throws {
    op = context.op.name
    let isJpeg = op == "DecodeJpeg" || op == "DecodeAndCropJpeg"
    let ratio = isJpeg ? try context.int("ratio") : 1
    try require([1, 2, 4, 8].contains(ratio), "ratio must be 1, 2, 4, or 8, got \(ratio)")
    let method = isJpeg ? try context.string("dct_method") : ""
    try require(
      ["", "INTEGER_FAST", "INTEGER_ACCURATE"].contains(method),
      "dct_method must be one of {'', 'INTEGER_FAST', 'INTEGER_ACCURATE'}")
    let channels = op == "DecodeGif" ? 3 : try context.int("channels")
    try require(
      [0, 1, 3, 4].contains(channels), "`channels` must be 0, 1, 3 or 4 but got \(channels)")
    self.channels = channels
    dtype = context.outputTypes[0]
    expandsAnimations = op == "DecodeImage" ? try context.bool("expand_animations") : true
    acceptableFraction = isJpeg ? try context.float("acceptable_fraction") : 1
    jpeg = jk_jpeg_options(
      channels: Int32(channels), ratio: Int32(ratio),
      fancy_upscaling: isJpeg ? try context.bool("fancy_upscaling") : true,
      recovers_truncated: isJpeg ? try context.bool("try_recover_truncated") : false,
      accurate_dct: method == "INTEGER_ACCURATE", crops: false, crop_y: 0, crop_x: 0,
      crop_height: 0, crop_width: 0)
  }

  func decode(_ run: DynamicContext) throws -> Tensor {
    let contents = run.inputs[0]
    try require(
      contents.dims.rank == 0, "`contents` must be scalar but got shape\(contents.dims)")
    return try contents.strings[0].withBytes { bytes in
      try require(!bytes.isEmpty, "Input is empty.")
      try require(
        bytes.count <= Int(Int32.max), "Input contents are too large for int: \(bytes.count)")
      guard let format = ImageFormat(bytes) else {
        throw TFError.invalidArgument(
          """
          Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP required.
          """)
      }
      switch format {
      case .jpeg: return try decodeJPEG(bytes, run)
      case .png: return try decodePNG(bytes)
      case .gif: return try decodeGIF(bytes)
      case .bmp: return try decodeBMP(bytes)
      case .webP: return try decodeWebP(bytes)
      }
    }
  }

  /// - Throws: `INVALID_ARGUMENT` where the op reads only files of its own kind.
  private func check(_ format: ImageFormat) throws {
    let name = format.rawValue
    if op == "DecodeBmp" {
      throw TFError.invalidArgument(
        """
        Trying to decode \(name) format using DecodeBmp op. Use `decode_\(name.lowercased())` or \
        `decode_image` instead.
        """)
    }
    if op == "DecodeAndCropJpeg" {
      throw TFError.invalidArgument(
        "DecodeAndCropJpeg operation can run on JPEG only, but detected \(name).")
    }
  }

  /// The shape of one image by this op: `DecodeGif` has a dimension for images also where there is
  /// one.
  private func shape(_ height: Int, _ width: Int, _ channels: Int) -> Shape {
    op == "DecodeGif" ? [1, height, width, channels] : [height, width, channels]
  }

  private func decodeJPEG(_ bytes: UnsafeRawBufferPointer, _ run: DynamicContext) throws -> Tensor {
    try require([0, 1, 3].contains(channels), "JPEG does not support 4 channels")
    var options = jpeg
    if op == "DecodeAndCropJpeg" {
      let window = run.inputs[1]
      try require(
        window.dims.rank == 1, "crop_window must be 1-D, got shape \(window.dims)")
      try require(
        window.dims[0] == 4, "crop_size must have four elements \(window.dims)")
      let values = window.elements(Int32.self)
      options.crops = true
      (options.crop_y, options.crop_x) = (values[0], values[1])
      (options.crop_height, options.crop_width) = (values[2], values[3])
    } else if op == "DecodeBmp" {
      try check(.jpeg)
    }
    let broken = TFError.invalidArgument(
      "jpeg::Uncompress failed. Invalid JPEG data or crop window.")
    var size = jk_jpeg_size()
    let data = bytes.assumingMemoryBound(to: UInt8.self)
    guard let file = jk_jpeg_open(data.baseAddress!, data.count, &options, &size) else {
      throw broken
    }
    defer { jk_jpeg_close(file) }
    try MemoryLimit.room(for: size.memory)
    let pixels = try Tensor.uninitialized(
      .uint8, shape(Int(size.height), Int(size.width), Int(size.channels)))
    let rows = jk_jpeg_read(file, pixels.elements(UInt8.self).baseAddress!)
    try Cancellation.checkCurrent()
    guard rows >= 0, Float(rows) / Float(size.height) >= min(1, acceptableFraction) else {
      throw broken
    }
    return try converted(pixels)
  }

  private func decodePNG(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    var (channels, width, height) = (Int32(channels), UInt32(), UInt32())
    let data = bytes.assumingMemoryBound(to: UInt8.self)
    let bits: Int32 = dtype == .uint8 ? 8 : 16
    guard
      let file = jk_png_open(data.baseAddress!, data.count, &channels, bits, &width, &height)
    else { throw TFError.invalidArgument("Invalid PNG. Failed to initialize decoder.") }
    defer { jk_png_close(file) }
    let dims = shape(Int(height), Int(width), Int(channels))
    guard width < 1 << 27, height < 1 << 27, Int(width) * Int(height) < 1 << 29 else {
      throw TFError.invalidArgument("PNG size too large for int: \(width) by \(height)")
    }
    try check(unless: op != "DecodeBmp" && op != "DecodeAndCropJpeg", .png)
    let broken = TFError.invalidArgument("Invalid PNG data, size \(bytes.count)")
    if jk_png_is_short(file) { throw broken }
    let pixels = try Tensor.uninitialized(bits == 8 ? .uint8 : .uint16, dims)
    let isWhole = jk_png_read(file, pixels.bytes.baseAddress!)
    try Cancellation.checkCurrent()
    if !isWhole { throw broken }
    return try converted(pixels)
  }

  private func check(unless allowed: Bool, _ format: ImageFormat) throws {
    if !allowed { try check(format) }
  }

  private func decodeGIF(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    try require(
      channels == 0 || channels == 3, "channels must be 0 or 3 for GIF, got \(channels)")
    try check(unless: op != "DecodeBmp" && op != "DecodeAndCropJpeg", .gif)
    let file = try GIFFile(bytes)
    let isSingle = op == "DecodePng" || op == "DecodeJpeg"
    let count = expandsAnimations ? file.frames.count : 1
    try require(
      !isSingle || count == 1,
      """
      Got \(count) frames, but animated gifs can only be decoded by tf.io.decode_gif or \
      tf.io.decode_image
      """)
    let width = file.frames.reduce(0) { max($0, $1.width) }
    let height = file.frames.reduce(0) { max($0, $1.height) }
    let canvas = try Tensor.zeros(.uint8, [count, height, width, 3])
    try file.paint(count, width: width, height: height, canvas.elements(UInt8.self))
    let isFlat = isSingle || !expandsAnimations
    return try converted(isFlat ? canvas.reshaped([height, width, 3]) : canvas)
  }

  private func decodeBMP(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    try require(channels != 1, "`channels` must be 0, 3 or 4 for BMP, but got \(channels)")
    if op == "DecodeAndCropJpeg" { try check(.bmp) }
    guard op == "DecodeBmp" || op == "DecodeImage" else {
      throw TFError.invalidArgument(
        """
        Trying to decode BMP format using a wrong op. Use `decode_bmp` or `decode_image` instead. \
        Op used: \(op)
        """)
    }
    let file = try BMPFile(bytes)
    let wanted = channels == 0 ? file.channels : channels
    let pixels = try Tensor.uninitialized(.uint8, [file.height, file.width, wanted])
    try file.read(channels: wanted, pixels.elements(UInt8.self))
    return try converted(pixels)
  }

  private func decodeWebP(_ bytes: UnsafeRawBufferPointer) throws -> Tensor {
    try require(
      [0, 3, 4].contains(channels), "WebP only supports 3 or 4 channels")
    try require(dtype == .uint8, "WebP only supports uint8 for dtype")
    var size = jk_webp_size()
    let data = bytes.assumingMemoryBound(to: UInt8.self)
    guard jk_webp_open(data.baseAddress!, data.count, &size) else {
      throw TFError.invalidArgument("Failed to decode WebP header.")
    }
    try require(
      channels == 0 || channels == Int(size.channels),
      "Number of channels requested does not match input")
    let (height, width, depth) = (Int(size.height), Int(size.width), Int(size.channels))
    // The library decodes into canvases of its own.
    try MemoryLimit.room(for: 3 * 4 * height * width)
    let count = expandsAnimations ? size.frames : 1
    let pixels = try Tensor.uninitialized(
      .uint8,
      expandsAnimations ? [Int(count), height, width, depth] : [height, width, depth])
    let to = pixels.elements(UInt8.self).baseAddress!
    guard size.animated else {
      guard jk_webp_read(data.baseAddress!, data.count, &size, to) else {
        throw TFError.invalidArgument("Failed to decode WebP image.")
      }
      return pixels
    }
    let read = jk_webp_read_frames(data.baseAddress!, data.count, &size, count, to)
    try Cancellation.checkCurrent()
    try require(
      read == count, "Failed to decode WebP Animation: only read \(read) of \(count) frames")
    return pixels
  }

  /// Pixels in the op's dtype: as many parts of 2¹⁶, or of one, as of their own.
  private func converted(_ pixels: Tensor) throws -> Tensor {
    if pixels.dtype == dtype { return pixels }
    let output = try Tensor.uninitialized(dtype, pixels.dims)
    if dtype == .uint16 {
      try fill(output.elements(UInt16.self), pixels.elements(UInt8.self)) { UInt16($0) << 8 }
    } else if pixels.dtype == .uint8 {
      let scale = Float(1.0 / 255)
      try fill(output.elements(Float.self), pixels.elements(UInt8.self)) { Float($0) * scale }
    } else {
      let scale = Float(1.0 / 65535)
      try fill(output.elements(Float.self), pixels.elements(UInt16.self)) { Float($0) * scale }
    }
    return output
  }

  private func fill<To, From>(
    _ to: UnsafeMutableBufferPointer<To>, _ from: UnsafeMutableBufferPointer<From>,
    _ convert: (From) -> To
  ) throws {
    var pace = Pace()
    for start in stride(from: 0, to: to.count, by: 4096) {
      let end = min(start + 4096, to.count)
      try pace.step(end - start)
      for index in start..<end { to[index] = convert(from[index]) }
    }
  }
}

/// What the header of a JPEG file says of its size.
///
/// - Returns: height, width and channels; nil when the bytes are no JPEG file.
func jpegShape(_ bytes: UnsafeRawBufferPointer) -> [Int]? {
  guard let start = bytes.baseAddress else { return nil }
  var options = jk_jpeg_options(
    channels: 0, ratio: 1, fancy_upscaling: true, recovers_truncated: false, accurate_dct: true,
    crops: false, crop_y: 0, crop_x: 0, crop_height: 0, crop_width: 0)
  var size = jk_jpeg_size()
  let data = start.assumingMemoryBound(to: UInt8.self)
  guard let file = jk_jpeg_open(data, bytes.count, &options, &size) else { return nil }
  defer { jk_jpeg_close(file) }
  return [Int(size.height), Int(size.width), Int(size.channels)]
}
