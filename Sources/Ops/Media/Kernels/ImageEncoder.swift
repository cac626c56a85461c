import CImages
import CoreOps

/// How a JPEG file is written.
struct JPEGOptions: Sendable {
  /// 0 to 100.
  var quality = 95
  var isProgressive = false
  var optimizesSize = false
  var downsamplesChroma = true
  /// Whether densities are pixels a centimetre, and not an inch.
  var isMetric = false
  var xDensity: Int32 = 300
  var yDensity: Int32 = 300
  /// What is said of the image, as Adobe's XMP.
  var xmp: [UInt8] = []
}

/// Writes images as files.
enum ImageEncoder {
  /// Adds the bytes of a PNG file to a string tensor.
  ///
  /// - Parameters:
  ///   - pixels: rows of `width` pixels of 1 to 4 channels.
  ///   - compression: zlib's level; -1 for its default.
  /// - Returns: false when the image is empty.
  /// - Throws: `RESOURCE_EXHAUSTED`; when the run is to end.
  static func writePNG(
    _ pixels: UnsafeRawPointer, width: Int, height: Int, channels: Int, bits: Int = 8,
    compression: Int = -1, _ use: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    guard width > 0, height > 0 else { return false }
    // Pixels that cannot be compressed take some more in the file.
    try MemoryLimit.room(for: width * height * channels * bits / 8 + height + 4096)
    var size = 0
    let file = jk_png_write(
      pixels, UInt32(width), UInt32(height), Int32(channels), Int32(bits), Int32(compression), &size
    )
    defer { jk_image_free(file) }
    try Cancellation.checkCurrent()
    guard let file else { return false }
    try use(UnsafeRawBufferPointer(start: file, count: size))
    return true
  }

  /// The same of a JPEG file; images have 1 or 3 channels.
  static func writeJPEG(
    _ pixels: UnsafePointer<UInt8>, width: Int, height: Int, channels: Int,
    _ options: JPEGOptions, _ use: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> Bool {
    guard width > 0, height > 0, width * height < 1 << 29 else { return false }
    try MemoryLimit.room(for: width * height * channels)
    var size = 0
    let file = options.xmp.withUnsafeBufferPointer { xmp in
      var writing = jk_jpeg_writing(
        quality: Int32(options.quality), progressive: options.isProgressive,
        optimizes_size: options.optimizesSize, downsamples_chroma: options.downsamplesChroma,
        density_unit: options.isMetric ? 2 : 1, x_density: options.xDensity,
        y_density: options.yDensity, xmp: xmp.baseAddress, xmp_size: xmp.count)
      return jk_jpeg_write(
        pixels, UInt32(width), UInt32(height), Int32(channels), &writing, &size)
    }
    defer { jk_image_free(file) }
    try Cancellation.checkCurrent()
    guard let file else { return false }
    try use(UnsafeRawBufferPointer(start: file, count: size))
    return true
  }
}
