public import CoreOps
public import OpsImage
import OpsLinalg

extension SharedAPI {
  /// `value` in another dtype, with what does not fit at the dtype's limits. Follows
  /// `tf.saturate_cast`.
  ///
  /// - Parameters:
  ///   - dtype: floating point or integers.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for another dtype.
  public static func saturateCast(
    _ value: some TensorConvertible, _ dtype: DType, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "saturate_cast") { scope in
      let value = try value.converted("value")
      if value.dtype == dtype { return value }
      guard let from = NumberRange(value.dtype), let to = NumberRange(dtype) else {
        throw TFError.invalidArgument("saturate_cast takes numbers, not \(value.dtype) to \(dtype)")
      }
      guard !to.contains(from) else { return try CastOps.cast(value, dtype, name: scope) }
      let (low, high) = from.limits(within: to)
      let clamped = try SelectOps.family.clipByValueOp(
        [
          value, low.asTensor(preferring: value.dtype).asConstant(),
          high.asTensor(preferring: value.dtype).asConstant(),
        ], name: "clamp")
      return try CastOps.cast(clamped, dtype, name: scope)
    }
  }
}

/// What numbers a dtype has.
struct NumberRange {
  let dtype: DType
  /// Bits of an integer's magnitude; of a floating point number's significand.
  let bits: Int
  let isSigned: Bool
  /// The greatest value.
  let most: Double

  init?(_ dtype: DType) {
    self.dtype = dtype
    switch dtype {
    case .half: (bits, isSigned, most) = (11, true, 65504)
    case .bfloat16: (bits, isSigned, most) = (8, true, 3.3895313892515355e38)
    case .float32: (bits, isSigned, most) = (24, true, Double(Float.greatestFiniteMagnitude))
    case .float64: (bits, isSigned, most) = (53, true, .greatestFiniteMagnitude)
    case .int8: (bits, isSigned, most) = (7, true, 127)
    case .uint8: (bits, isSigned, most) = (8, false, 255)
    case .int16: (bits, isSigned, most) = (15, true, 32767)
    case .uint16: (bits, isSigned, most) = (16, false, 65535)
    case .int32: (bits, isSigned, most) = (31, true, 2_147_483_647)
    case .uint32: (bits, isSigned, most) = (32, false, 4_294_967_295)
    case .int64: (bits, isSigned, most) = (63, true, Double(Int64.max))
    case .uint64: (bits, isSigned, most) = (64, false, Double(UInt64.max))
    default: return nil
    }
  }

  var least: Double { isSigned ? (dtype.isFloating ? -most : -most - 1) : 0 }

  func contains(_ other: NumberRange) -> Bool {
    if dtype.isInteger, other.dtype.isInteger {
      return bits >= other.bits && (isSigned || !other.isSigned)
    }
    return most >= other.most && least <= other.least
  }

  /// The least and greatest number that both have, of this dtype.
  func limits(within other: NumberRange) -> (any TensorConvertible, any TensorConvertible) {
    if dtype.isInteger, other.dtype.isInteger {
      let low = isSigned && other.isSigned ? -(1 << (other.bits - 1)) * 2 : 0
      let bits = min(bits, other.bits)
      return (low, bits >= 63 ? Int.max : (1 << bits) - 1)
    }
    var (low, high) = (max(least, other.least), min(most, other.most))
    if other.dtype.isInteger {
      // What rounds to a number above the limit is taken down to the next that does not.
      let spare = max(0, other.bits - bits)
      high = spare == 0 ? high : Double.pow2(other.bits) - Double.pow2(spare)
      low = other.isSigned ? -Double.pow2(other.bits) : 0
    }
    return (low, high)
  }
}

extension Double {
  fileprivate static func pow2(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}

extension ImageAPI {
  /// Images in another dtype: integers stand for 0…1 of floating point. Follows
  /// `tf.image.convert_image_dtype`.
  ///
  /// - Parameters:
  ///   - dtype: floating point or integers.
  ///   - saturate: whether values that do not fit are put at the limits.
  ///   - name: of the scope.
  /// - Throws: `INVALID_ARGUMENT` for another dtype.
  public static func convertImageDtype(
    _ image: some TensorConvertible, _ dtype: DType, saturate: Bool = false, name: String? = nil
  ) throws -> Tensor {
    let image = try image.converted("image")
    guard let to = NumberRange(dtype) else {
      throw TFError.invalidArgument("dtype must be either floating point or integer")
    }
    guard let from = NumberRange(image.dtype) else {
      throw TFError.invalidArgument("image dtype must be either floating point or integer")
    }
    if dtype == image.dtype { return try MathAPI.identity(image, name: name) }
    func cast(_ x: Tensor, _ name: String?) throws -> Tensor {
      try saturate ? MathAPI.saturateCast(x, dtype, name: name) : CastOps.cast(x, dtype, name: name)
    }
    return try inScope(name, "convert_image") { scope in
      switch (image.dtype.isInteger, dtype.isInteger) {
      case (true, true) where from.bits > to.bits:
        let scale = 1 << (from.bits - to.bits)
        return try cast(BinaryOps.family.floordiv(image, scale), scope)
      case (true, true):
        let scale = 1 << (to.bits - from.bits)
        return try BinaryOps.family.multiply(cast(image, nil), scale, name: scope)
      case (false, false): return try CastOps.cast(image, dtype, name: scope)
      case (true, false):
        return try BinaryOps.family.multiply(
          CastOps.cast(image, dtype), 1 / from.most, name: scope)
      case (false, true):
        // The half keeps the cast from rounding down what is nearly the next.
        return try cast(BinaryOps.family.multiply(image, to.most + 0.5, name: "Mul"), scope)
      }
    }
  }

  /// The same with its arguments by label.
  public static func convertImageDtype(
    _ image: some TensorConvertible, dtype: DType, saturate: Bool = false, name: String? = nil
  ) throws -> Tensor { try convertImageDtype(image, dtype, saturate: saturate, name: name) }

  /// Grey images of coloured ones, with one channel. Follows `tf.image.rgb_to_grayscale`.
  ///
  /// - Parameter images: three channels along the last dimension.
  public static func rgbToGrayscale(_ images: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try inScope(name, "rgb_to_grayscale") { scope in
      let images = try images.converted("images")
      let float = try convertImageDtype(images, .float32)
      let weights = try [0.2989, 0.5870, 0.1140].asTensor(preferring: .float32)
      let grey = try EinsumOps.tensordot(float, weights, [-1], [-1], name: nil)
      return try convertImageDtype(MathAPI.expandDims(grey, -1), images.dtype, name: scope)
    }
  }

  /// Images of three equal channels of grey ones. Follows `tf.image.grayscale_to_rgb`.
  ///
  /// - Parameter images: one channel along the last dimension.
  /// - Throws: `INVALID_ARGUMENT` for another number of channels.
  public static func grayscaleToRgb(_ images: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try inScope(name, "grayscale_to_rgb") { scope in
      let images = try ImageChecks.grey(images.asTensor())
      let rank = try MathAPI.expandDims(MathAPI.rank(images) - 1, 0)
      let multiples = try MathAPI.concat(
        [MathAPI.ones(rank, dtype: .int32), MathAPI.expandDims(3, 0)], axis: 0)
      let rgb = try MathAPI.tile(images, multiples, name: scope)
      return try images.shape.dims.map { try rgb.withShape(PartialShape($0.dropLast() + [3])) }
        ?? rgb
    }
  }

  /// The total variation: the sum of differences between neighbouring pixels. Follows
  /// `tf.image.total_variation`.
  ///
  /// - Parameter images: `[batch, height, width, channels]`, or one image without the batch.
  /// - Returns: a number per image.
  /// - Throws: `INVALID_ARGUMENT` for another rank.
  public static func totalVariation(_ images: some TensorConvertible, name: String? = nil) throws
    -> Tensor
  {
    try inScope(name, "total_variation") { _ in
      let images = try images.asTensor()
      let differences: (Tensor, Tensor)
      var axes: [Int]?
      switch images.rank {
      case 3:
        differences = try (
          images[1..., .all, .all] - images[..<(-1), .all, .all],
          images[.all, 1..., .all] - images[.all, ..<(-1), .all]
        )
      case 4:
        differences = try (
          images[.all, 1..., .all, .all] - images[.all, ..<(-1), .all, .all],
          images[.all, .all, 1..., .all] - images[.all, .all, ..<(-1), .all]
        )
        axes = [1, 2, 3]
      default:
        throw TFError.invalidArgument("'images' must be either 3 or 4-dimensional.")
      }
      return try MathAPI.reduceSum(MathAPI.abs(differences.0), axis: axes)
        + MathAPI.reduceSum(MathAPI.abs(differences.1), axis: axes)
    }
  }

  /// Each image less its mean, over its deviation, or over 1/√pixels where that is more. Follows
  /// `tf.image.per_image_standardization`.
  ///
  /// - Parameter image: at least three dimensions, the last three of an image.
  /// - Returns: float32.
  /// - Throws: `INVALID_ARGUMENT` for fewer dimensions.
  public static func perImageStandardization(_ image: some TensorConvertible) throws -> Tensor {
    try inScope(nil, "per_image_standardization") { scope in
      let checked = try ImageChecks.atLeast3D(image.converted("image"))
      let image = try CastOps.cast(checked, .float32)
      let pixels = try MathAPI.reduceProd(MathAPI.shape(image)[(-3)...])
      let mean = try MathAPI.reduceMean(image, axis: [-1, -2, -3], keepdims: true)
      let deviation = try MathAPI.reduceStd(image, axis: [-1, -2, -3], keepdims: true)
      let least = try MathAPI.rsqrt(CastOps.cast(pixels, .float32))
      let divisor = try BinaryOps.family.maximum(deviation, least)
      return try MathAPI.divide(image - mean, divisor, name: scope)
    }
  }
}
