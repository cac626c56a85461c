import CoreOps

/// A bitmap file of Windows, without compression.
struct BMPFile {
  private let bytes: UnsafeRawBufferPointer
  private let start: Int
  let width: Int
  let height: Int
  /// One, three or four bytes a pixel.
  let channels: Int
  private let isTopDown: Bool
  /// The bytes of a row, which fill up a multiple of four.
  private let stride: Int

  /// - Parameter bytes: outlive the value.
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  init(_ bytes: UnsafeRawBufferPointer) throws {
    self.bytes = bytes
    try require(
      bytes.count >= 32,
      """
      Incomplete bmp content, requires at least 32 bytes to find the header size, width, height, \
      and bpp, got \(bytes.count) bytes
      """)
    func number(_ offset: Int) -> Int {
      Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
    }
    (start, width) = (number(10), number(18))
    let signedHeight = number(22)
    let bits = Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: 28, as: Int16.self))
    channels = Int(bits) / 8
    try require(
      channels == 1 || channels == 3 || channels == 4,
      "Number of channels inherent in the image must be 1, 3 or 4, was \(channels)")
    try require(width > 0, "Width must be positive")
    try require(signedHeight != 0, "Height must be nonzero")
    try require(start >= 0, "header size must be nonnegative")
    height = abs(signedHeight)
    isTopDown = signedHeight < 0
    try require(
      width * height < Int(Int32.max) / 8, "Total possible pixel bytes must be less than 2^30")
    stride = (channels * width + 3) / 4 * 4
    let difference = bytes.count - start - stride * height
    try require(
      difference == 0,
      """
      Input size should match (header_size + row_size * abs_height) but they differ by \(difference)
      """)
  }

  /// The pixels, of three or four channels or as many as the file has.
  ///
  /// - Throws: when the run is to end.
  func read(channels wanted: Int, _ pixels: UnsafeMutableBufferPointer<UInt8>) throws {
    var pace = Pace()
    var to = 0
    for y in 0..<height {
      try pace.step(4 * width)
      var from = start + (isTopDown ? y : height - 1 - y) * stride
      for _ in 0..<width {
        if channels == 1 {
          for part in 0..<min(wanted, 3) { pixels[to + part] = bytes[from] }
        } else {
          // Blue comes first in the file.
          for part in 0..<3 { pixels[to + part] = bytes[from + 2 - part] }
        }
        if wanted == 4 { pixels[to + 3] = channels == 4 ? bytes[from + 3] : 255 }
        to += wanted
        from += channels
      }
    }
  }
}
