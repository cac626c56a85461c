import CKernels
import CoreOps

extension RandomRules {
  /// A part of an image, from a random place.
  ///
  /// - Parameters:
  ///   - image: `[height, width, channels]`.
  ///   - size: the part's height and width.
  static func crop(_ image: Tensor, _ size: Tensor, _ reserve: RandomOps.Reserve) throws -> Tensor {
    try require(image.dims.rank == 3, "input must be 3-dimensional\(image.dims)")
    try require(size.dims.rank == 1, "shape_t must be 1-dimensional\(size.dims)")
    try require(size.dims.elementCount == 2, "shape_t must have two elements\(size.dims)")
    let (height, width) = (image.dims[0], image.dims[1])
    let wanted = try size.integers()
    let (rows, columns) = (wanted[0], wanted[1])
    try require(
      rows >= 0 && columns >= 0, "size must not be negative, got [\(rows),\(columns)]")
    guard width >= columns else {
      throw TFError.failedPrecondition(
        "width must be >= target_width: width = \(width), target_width = \(columns)")
    }
    guard height >= rows else {
      throw TFError.failedPrecondition(
        "height must be >= target_height: height = \(height), target_height = \(rows)")
    }
    var generator = try reserve(1)
    var numbers = [UInt32](repeating: 0, count: 4)
    jk_philox_next(&generator, &numbers)
    // Where nothing is left over, no number is drawn.
    var drawn = 0
    func offset(_ room: Int) -> Int {
      guard room > 0 else { return 0 }
      defer { drawn += 1 }
      return Int(numbers[drawn]) % (room + 1)
    }
    let left = offset(width - columns)
    let top = offset(height - rows)
    let pixel = image.dims[2] * image.dtype.byteSize
    let output = try Tensor.uninitialized(image.dtype, [rows, columns, image.dims[2]])
    var pace = Pace()
    for row in 0..<rows {
      try pace.step(columns * pixel / 8 + 1)
      let from = image.bytes[(((top + row) * width + left) * pixel)...].prefix(columns * pixel)
      UnsafeMutableRawBufferPointer(rebasing: output.bytes[(row * columns * pixel)...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: from))
    }
    return output
  }
}
