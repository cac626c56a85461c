import CoreGraph
public import CoreOps
public import OpsImage

extension ImageAPI {
  /// A part of images. Follows `tf.image.crop_to_bounding_box`.
  ///
  /// - Parameters:
  ///   - image: `[batch, height, width, channels]`, or one image without the batch.
  ///   - offsetHeight, offsetWidth: where it begins.
  ///   - targetHeight, targetWidth: how large it is.
  /// - Throws: `INVALID_ARGUMENT` for a part that is not inside.
  public static func cropToBoundingBox(
    _ image: some TensorConvertible, _ offsetHeight: Int, _ offsetWidth: Int, _ targetHeight: Int,
    _ targetWidth: Int
  ) throws -> Tensor {
    try ImageBoxes.crop(
      image.asTensor(), (.known(offsetHeight), .known(offsetWidth)),
      (.known(targetHeight), .known(targetWidth)))
  }

  /// The same with its arguments by label.
  public static func cropToBoundingBox(
    _ image: some TensorConvertible, offsetHeight: Int, offsetWidth: Int, targetHeight: Int,
    targetWidth: Int
  ) throws -> Tensor {
    try cropToBoundingBox(image, offsetHeight, offsetWidth, targetHeight, targetWidth)
  }

  /// Images with zeros around them. Follows `tf.image.pad_to_bounding_box`.
  ///
  /// - Parameters:
  ///   - image: `[batch, height, width, channels]`, or one image without the batch.
  ///   - offsetHeight, offsetWidth: how many rows and columns of zeros are before.
  ///   - targetHeight, targetWidth: how large the result is.
  /// - Throws: `INVALID_ARGUMENT` for a result that is too small.
  public static func padToBoundingBox(
    _ image: some TensorConvertible, _ offsetHeight: Int, _ offsetWidth: Int, _ targetHeight: Int,
    _ targetWidth: Int
  ) throws -> Tensor {
    try ImageBoxes.pad(
      image.asTensor(), (.known(offsetHeight), .known(offsetWidth)),
      (.known(targetHeight), .known(targetWidth)))
  }

  /// The same with its arguments by label.
  public static func padToBoundingBox(
    _ image: some TensorConvertible, offsetHeight: Int, offsetWidth: Int, targetHeight: Int,
    targetWidth: Int
  ) throws -> Tensor {
    try padToBoundingBox(image, offsetHeight, offsetWidth, targetHeight, targetWidth)
  }

  /// Images of another size by cropping or padding on all sides evenly. Follows
  /// `tf.compat.v1.image.resize_image_with_crop_or_pad`.
  ///
  /// - Parameters:
  ///   - image: `[batch, height, width, channels]`, or one image without the batch.
  ///   - targetHeight, targetWidth: how large the result is.
  /// - Throws: `INVALID_ARGUMENT` for a size that is not above 0.
  public static func resizeImageWithCropOrPad(
    _ image: some TensorConvertible, _ targetHeight: Int, _ targetWidth: Int
  ) throws -> Tensor {
    try inScope(nil, "resize_image_with_crop_or_pad") { _ in
      let given = try image.converted("image")
      var (image, isSingle) = try ImageChecks.batch(given)
      let checks = try ImageChecks.checks(image)
      try require(targetWidth > 0, "target_width must be > 0.")
      try require(targetHeight > 0, "target_height must be > 0.")
      image = try ImageChecks.after(checks, image)
      let sizes = try ImageSizes(image, rank: 4).sizes
      func offsets(_ target: Int, _ size: ImageSizes.Size) throws -> (
        crop: ImageSizes.Size, pad: ImageSizes.Size
      ) {
        let difference = try ImageSizes.Size.known(target) - size
        guard case .tensor(let tensor) = difference else {
          let value = difference.value ?? 0
          return (.known(max(-value >> 1, 0)), .known(max(value >> 1, 0)))
        }
        let crop = try BinaryOps.family.maximum(BinaryOps.family.floordiv(-tensor, 2), 0)
        let pad = try BinaryOps.family.maximum(BinaryOps.family.floordiv(tensor, 2), 0)
        return (.tensor(crop), .tensor(pad))
      }
      let width = try offsets(targetWidth, sizes[2])
      let height = try offsets(targetHeight, sizes[1])
      let part = try (
        ImageSizes.Size.known(targetHeight).with(sizes[1], min) {
          try BinaryOps.family.minimum($0, $1)
        },
        ImageSizes.Size.known(targetWidth).with(sizes[2], min) {
          try BinaryOps.family.minimum($0, $1)
        }
      )
      let cropped = try ImageBoxes.crop(image, (height.crop, width.crop), part)
      var resized = try ImageBoxes.pad(
        cropped, (height.pad, width.pad), (.known(targetHeight), .known(targetWidth)))
      resized = try ImageChecks.after([], resized)
      return try isSingle ? MathAPI.squeeze(resized, axis: [0]) : resized
    }
  }

  /// The same by TF-2's name. Follows `tf.image.resize_with_crop_or_pad`.
  public static func resizeWithCropOrPad(
    _ image: some TensorConvertible, _ targetHeight: Int, _ targetWidth: Int
  ) throws -> Tensor { try resizeImageWithCropOrPad(image, targetHeight, targetWidth) }
}

/// Parts of images, and images as parts.
private enum ImageBoxes {
  typealias Size = ImageSizes.Size

  static func crop(_ given: Tensor, _ offset: (Size, Size), _ target: (Size, Size)) throws -> Tensor
  {
    try inScope(nil, "crop_to_bounding_box") { _ in
      var (image, isSingle) = try ImageChecks.batch(given.asConstant(named: "image"))
      var checks = try ImageChecks.checks(image)
      let sizes = try ImageSizes(image, rank: 4).sizes
      try check(offset.1, isAtLeast: 0, "offset_width must be >= 0.", &checks)
      try check(offset.0, isAtLeast: 0, "offset_height must be >= 0.", &checks)
      try check(target.1, isAbove: 0, "target_width must be > 0.", &checks)
      try check(target.0, isAbove: 0, "target_height must be > 0.", &checks)
      try check(
        sizes[2], holds: target.1, offset.1, "width must be >= target + offset.", &checks)
      try check(
        sizes[1], holds: target.0, offset.0, "height must be >= target + offset.", &checks)
      image = try ImageChecks.after(checks, image)
      let begin = try MathAPI.stack([0, offset.0.operand, offset.1.operand, 0])
      let size = try MathAPI.stack([
        MathAPI.shape(image)[0], target.0.operand, target.1.operand, MathAPI.shape(image)[3],
      ])
      let cropped = try MathAPI.slice(image, begin, size).withShape(
        PartialShape([sizes[0].value, target.0.value, target.1.value, sizes[3].value]))
      return try isSingle ? MathAPI.squeeze(cropped, axis: [0]) : cropped
    }
  }

  static func pad(_ given: Tensor, _ offset: (Size, Size), _ target: (Size, Size)) throws -> Tensor
  {
    try inScope(nil, "pad_to_bounding_box") { _ in
      var (image, isSingle) = try ImageChecks.batch(given.asConstant(named: "image"))
      let sizes = try ImageSizes(image, rank: 4).sizes
      let afterWidth = try target.1 - offset.1 - sizes[2]
      let afterHeight = try target.0 - offset.0 - sizes[1]
      var checks = try ImageChecks.checks(image)
      try check(offset.0, isAtLeast: 0, "offset_height must be >= 0", &checks)
      try check(offset.1, isAtLeast: 0, "offset_width must be >= 0", &checks)
      try check(afterWidth, isAtLeast: 0, "width must be <= target - offset", &checks)
      try check(afterHeight, isAtLeast: 0, "height must be <= target - offset", &checks)
      image = try ImageChecks.after(checks, image)
      let paddings = try MathAPI.reshape(
        MathAPI.stack([
          0, 0, offset.0.operand, afterHeight.operand, offset.1.operand, afterWidth.operand, 0, 0,
        ]), [4, 2])
      let padded = try MathAPI.pad(image, paddings).withShape(
        PartialShape([sizes[0].value, target.0.value, target.1.value, sizes[3].value]))
      return try isSingle ? MathAPI.squeeze(padded, axis: [0]) : padded
    }
  }

  private static func check(
    _ size: Size, isAtLeast least: Int, _ message: String, _ checks: inout [Operation]
  ) throws {
    switch size {
    case .known(let value): try require(value >= least, message)
    case .tensor(let tensor):
      try add(ComparisonOps.family.greaterEqual(tensor, least), message, &checks)
    }
  }

  private static func check(
    _ size: Size, isAbove bound: Int, _ message: String, _ checks: inout [Operation]
  ) throws {
    switch size {
    case .known(let value): try require(value > bound, message)
    case .tensor(let tensor):
      try add(ComparisonOps.family.greater(tensor, bound), message, &checks)
    }
  }

  private static func check(
    _ size: Size, holds part: Size, _ offset: Size, _ message: String,
    _ checks: inout [Operation]
  ) throws {
    let end = try part + offset
    if let size = size.value, let end = end.value { return try require(size >= end, message) }
    let size = try size.operand.asTensor(preferring: .int32)
    try add(
      ComparisonOps.family.greaterEqual(size, end.operand.asTensor(preferring: .int32)), message,
      &checks)
  }

  private static func add(_ condition: Tensor, _ message: String, _ checks: inout [Operation])
    throws
  {
    if let check = try Assertion.add(condition, [message.asTensor()], summarize: nil) {
      checks.append(check)
    }
  }
}
