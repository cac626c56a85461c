import CoreGraph
public import CoreOps
public import OpsImage
import OpsLinalg

extension ImageAPI {
  /// Images with left and right exchanged. Follows `tf.image.flip_left_right`.
  ///
  /// - Parameter image: `[batch, height, width, channels]`, or one image without the batch.
  /// - Throws: `INVALID_ARGUMENT` for another rank.
  public static func flipLeftRight(_ image: some TensorConvertible) throws -> Tensor {
    try ImageFlips.flip(image, 1, "flip_left_right")
  }

  /// Images with top and bottom exchanged. Follows `tf.image.flip_up_down`.
  ///
  /// - Parameter image: `[batch, height, width, channels]`, or one image without the batch.
  /// - Throws: `INVALID_ARGUMENT` for another rank.
  public static func flipUpDown(_ image: some TensorConvertible) throws -> Tensor {
    try ImageFlips.flip(image, 0, "flip_up_down")
  }

  /// Images of which each has left and right exchanged, or not, by chance. Follows
  /// `tf.image.random_flip_left_right`.
  public static func randomFlipLeftRight(_ image: some TensorConvertible, seed: Int? = nil) throws
    -> Tensor
  { try ImageFlips.random(image, 1, seed, "random_flip_left_right") }

  /// Images of which each has top and bottom exchanged, or not, by chance. Follows
  /// `tf.image.random_flip_up_down`.
  public static func randomFlipUpDown(_ image: some TensorConvertible, seed: Int? = nil) throws
    -> Tensor
  { try ImageFlips.random(image, 0, seed, "random_flip_up_down") }

  /// Images with their rows and columns exchanged. Follows `tf.compat.v1.image.transpose_image`.
  public static func transposeImage(_ image: some TensorConvertible) throws -> Tensor {
    try inScope(nil, "transpose") { _ in
      let image = try ImageChecks.atLeast3D(image.converted("image"))
      switch image.rank {
      case 3: return try MathAPI.transpose(image, perm: [1, 0, 2])
      case 4: return try MathAPI.transpose(image, perm: [0, 2, 1, 3])
      default:
        throw TFError.invalidArgument(
          "'image' (shape \(image.shape.tupleText)) must have either 3 or 4 dimensions.")
      }
    }
  }

  /// Images with `delta` added, as floating point of 0…1. Follows `tf.image.adjust_brightness`.
  public static func adjustBrightness(
    _ image: some TensorConvertible, _ delta: some TensorConvertible
  ) throws -> Tensor {
    try inScope(nil, "adjust_brightness") { scope in
      let image = try image.converted("image")
      let isFloat = image.dtype == .half || image.dtype == .float32
      let float = try isFloat ? image : convertImageDtype(image, .float32)
      let delta = try Casts.cast(delta, from: float.dtype, to: float.dtype)
      let adjusted = try BinaryOps.family.add(float, delta, name: scope)
      return try convertImageDtype(adjusted, image.dtype, saturate: true)
    }
  }

  /// Applies an op of floating point images to images of any numbers.
  private static func adjusted(
    _ images: some TensorConvertible, _ factor: some TensorConvertible, _ name: String?,
    _ standard: String, saturate: Bool = false, _ op: (Tensor, Tensor, String?) throws -> Tensor
  ) throws -> Tensor {
    try inScope(name, standard) { scope in
      let images = try images.converted("images")
      let isFloat = images.dtype == .half || images.dtype == .float32
      let float = try isFloat ? images : convertImageDtype(images, .float32)
      let adjusted = try op(float, factor.asTensor(preferring: .float32), scope)
      return try convertImageDtype(adjusted, images.dtype, saturate: saturate)
    }
  }

  /// Moves each channel away from its mean. Follows `tf.image.adjust_contrast`.
  ///
  /// - Parameters:
  ///   - images: `[…, height, width, channels]`.
  ///   - contrastFactor: a scalar.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func adjustContrast(
    _ images: some TensorConvertible, contrastFactor: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try adjusted(images, contrastFactor, name, "adjust_contrast", saturate: true) {
      try ImageOps.family.adjustContrastV2([$0, $1], name: $2)
    }
  }

  /// The same with its arguments by position.
  public static func adjustContrast(
    _ images: some TensorConvertible, _ contrastFactor: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try adjustContrast(images, contrastFactor: contrastFactor, name: name)
  }

  /// Turns the hue of RGB images. Follows `tf.image.adjust_hue`.
  ///
  /// - Parameters:
  ///   - image: `[…, 3]`.
  ///   - delta: a scalar in -1...1, where 1 is the full circle.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func adjustHue(
    _ image: some TensorConvertible, delta: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try adjusted(image, delta, name, "adjust_hue") { images, delta, _ in
      try ImageOps.family.adjustHue([images, delta])
    }
  }

  /// The same with its arguments by position.
  public static func adjustHue(
    _ image: some TensorConvertible, _ delta: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try adjustHue(image, delta: delta, name: name)
  }

  /// Multiplies the saturation of RGB images. Follows `tf.image.adjust_saturation`.
  ///
  /// - Parameters:
  ///   - image: `[…, 3]`.
  ///   - saturationFactor: a scalar.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not fit.
  public static func adjustSaturation(
    _ image: some TensorConvertible, saturationFactor: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try adjusted(image, saturationFactor, name, "adjust_saturation") { images, factor, _ in
      try ImageOps.family.adjustSaturation([images, factor])
    }
  }

  /// The same with its arguments by position.
  public static func adjustSaturation(
    _ image: some TensorConvertible, _ saturationFactor: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try adjustSaturation(image, saturationFactor: saturationFactor, name: name)
  }

  /// Images with a random number up to `maxDelta` added or taken away. Follows
  /// `tf.image.random_brightness`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a negative `maxDelta`.
  public static func randomBrightness(
    _ image: some TensorConvertible, _ maxDelta: Double, seed: Int? = nil
  ) throws -> Tensor {
    try require(maxDelta >= 0, "max_delta must be non-negative.")
    let delta = try RandomAPI.uniform([Int](), minval: -maxDelta, maxval: maxDelta, seed: seed)
    return try adjustBrightness(image, delta)
  }

  /// The same with its arguments by label.
  public static func randomBrightness(
    _ image: some TensorConvertible, maxDelta: Double, seed: Int? = nil
  ) throws -> Tensor { try randomBrightness(image, maxDelta, seed: seed) }

  /// Images with a random contrast. Follows `tf.image.random_contrast`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for bounds that are not 0 ≤ lower < upper.
  public static func randomContrast(
    _ image: some TensorConvertible, lower: Double, upper: Double, seed: Int? = nil
  ) throws -> Tensor {
    try check(lower, upper)
    let factor = try RandomAPI.uniform([Int](), minval: lower, maxval: upper, seed: seed)
    return try adjustContrast(image, factor)
  }

  /// The same with its arguments by position.
  public static func randomContrast(
    _ image: some TensorConvertible, _ lower: Double, _ upper: Double, seed: Int? = nil
  ) throws -> Tensor { try randomContrast(image, lower: lower, upper: upper, seed: seed) }

  /// Images with a random saturation. Follows `tf.image.random_saturation`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for bounds that are not 0 ≤ lower < upper.
  public static func randomSaturation(
    _ image: some TensorConvertible, lower: Double, upper: Double, seed: Int? = nil
  ) throws -> Tensor {
    try check(lower, upper)
    let factor = try RandomAPI.uniform([Int](), minval: lower, maxval: upper, seed: seed)
    return try adjustSaturation(image, factor)
  }

  /// The same with its arguments by position.
  public static func randomSaturation(
    _ image: some TensorConvertible, _ lower: Double, _ upper: Double, seed: Int? = nil
  ) throws -> Tensor { try randomSaturation(image, lower: lower, upper: upper, seed: seed) }

  /// Images with a random hue. Follows `tf.image.random_hue`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for a `maxDelta` outside 0…0.5.
  public static func randomHue(
    _ image: some TensorConvertible, _ maxDelta: Double, seed: Int? = nil
  ) throws -> Tensor {
    try require(maxDelta <= 0.5, "max_delta must be <= 0.5.")
    try require(maxDelta >= 0, "max_delta must be non-negative.")
    let delta = try RandomAPI.uniform([Int](), minval: -maxDelta, maxval: maxDelta, seed: seed)
    return try adjustHue(image, delta)
  }

  /// The same with its arguments by label.
  public static func randomHue(
    _ image: some TensorConvertible, maxDelta: Double, seed: Int? = nil
  ) throws -> Tensor { try randomHue(image, maxDelta, seed: seed) }

  private static func check(_ lower: Double, _ upper: Double) throws {
    try require(upper > lower, "upper must be > lower.")
    try require(lower >= 0, "lower must be non-negative.")
  }
}

private enum ImageFlips {
  static func flip(_ image: some TensorConvertible, _ axis: Int, _ scope: String) throws -> Tensor {
    try inScope(nil, scope) { _ in
      let image = try ImageChecks.atLeast3D(image.converted("image"))
      switch image.shape.rank {
      case 3: return try MathAPI.reverse(image, axis: [axis]).withShape(image.shape)
      case 4: return try MathAPI.reverse(image, axis: [axis + 1])
      case nil:
        return try MathAPI.cond(
          ComparisonOps.family.equal(MathAPI.rank(image), 3),
          { try MathAPI.reverse(image, axis: [axis]) },
          { try MathAPI.reverse(image, axis: [axis + 1]) })
      default: throw wrongRank(image)
      }
    }
  }

  static func random(
    _ image: some TensorConvertible, _ axis: Int, _ seed: Int?, _ scopeName: String
  ) throws -> Tensor {
    try inScope(nil, scopeName) { scope in
      let image = try ImageChecks.atLeast3D(image.converted("image"))
      func single() throws -> Tensor {
        let drawn = try RandomAPI.uniform([Int](), maxval: 1.0, seed: seed)
        let isFlipped = try ComparisonOps.family.less(drawn, 0.5)
        return try MathAPI.cond(
          isFlipped, { try MathAPI.reverse(image, axis: [axis]) }, { image }, name: scope
        ).withShape(image.shape)
      }
      func batch() throws -> Tensor {
        let count = try MathAPI.shape(image)[0]
        let drawn = try RandomAPI.uniform(
          MathAPI.stack([count], name: "random_uniform/shape"), maxval: 1.0, seed: seed)
        let round = try MathAPI.round(
          MathAPI.reshape(drawn, MathAPI.stack([count, 1, 1, 1], name: "Reshape/shape")))
        let flips = try CastOps.cast(round, image.dtype)
        let flipped = try MathAPI.reverse(image, axis: [axis + 1])
        return try flips * flipped + (1 - flips) * image
      }
      switch image.shape.rank {
      case 3: return try single()
      case 4: return try batch()
      case nil:
        return try MathAPI.cond(
          ComparisonOps.family.equal(MathAPI.rank(image), 3), { try single() }, { try batch() })
      default: throw wrongRank(image)
      }
    }
  }

  private static func wrongRank(_ image: Tensor) -> TFError {
    .invalidArgument("'image' (shape \(image.shape.tupleText)) must have either 3 or 4 dimensions.")
  }
}
