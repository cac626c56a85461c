import CKernels
package import CoreOps

/// Colours of images.
package struct ImageOps: OpFamily {
  package static let family: Self = define(Self())

  package let adjustContrast: OpDef = OpDef(
    "AdjustContrast",
    """
    images: T, contrast_factor: float, min_value: float, max_value: float -> output: float
    T: {uint8, int8, int16, int32, int64, float, double}
    """,
    shape: { context in
      try checkImages(context.shapes[0])
      try checkScalar(context.shapes[1], "contrast_factor")
      try checkScalar(context.shapes[2], "min_value")
      try checkScalar(context.shapes[3], "max_value")
      return [context.shapes[0]]
    },
    kernel: .raw(["T": DTypeSet(.uint8, .int8, .int16, .int32, .float32, .float64)]) { context in
      let dtype = Int32(context.inputTypes[0].rawValue)
      return { specialise in
        let (images, pixels, channels) = planes(specialise.inputs[0])
        let count = specialise.inputs[0].elementCount
        return .run(scratch: count * 4) { p in
          let input = p[5].assumingMemoryBound(to: Float.self)
          jk_to_float(dtype, p[0], input, count)
          func scalar(_ index: Int) -> Float { p[index].assumingMemoryBound(to: Float.self)[0] }
          jk_adjust_contrast(
            input, p[4].assumingMemoryBound(to: Float.self), images, pixels, channels, scalar(1),
            scalar(2), scalar(3))
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for AdjustContrast"))

  package let adjustContrastV2: OpDef = OpDef(
    "AdjustContrastv2",
    """
    images: T, contrast_factor: float -> output: T
    T: {half, float} = float
    """,
    shape: { context in
      try checkImages(context.shapes[0])
      try checkScalar(context.shapes[1], "contrast_factor")
      return [context.shapes[0]]
    },
    kernel: .raw(["T": .float32]) { _ in
      { specialise in
        let (images, pixels, channels) = planes(specialise.inputs[0])
        return .run { p in
          jk_adjust_contrast(
            p[0].assumingMemoryBound(to: Float.self), p[2].assumingMemoryBound(to: Float.self),
            images, pixels,
            channels, p[1].assumingMemoryBound(to: Float.self)[0], -.infinity, .infinity)
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for AdjustContrastv2"))

  package let adjustHue: OpDef = adjusting("AdjustHue", "delta", jk_adjust_hue)
  package let adjustSaturation: OpDef = adjusting("AdjustSaturation", "scale", jk_adjust_saturation)

  package let rgbToHSV: OpDef = space(
    "RGBToHSV", jk_rgb_to_hsv,
    gradient: .rule(needs: .inputs(0)) { [try rgbToHSVGradient($0.gradient(), $0.inputs[0])] })

  package let hsvToRGB: OpDef = space("HSVToRGB", jk_hsv_to_rgb, gradient: .zero)

  private static func adjusting(
    _ name: String, _ factor: String,
    _ kernel:
      @escaping @convention(c) (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int, Float) ->
      Void
  ) -> OpDef {
    OpDef(
      name,
      """
      images: T, \(factor): float -> output: T
      T: {half, float} = float
      """,
      shape: { context in
        let images = context.shapes[0]
        try checkImages(images)
        try checkScalar(context.shapes[1], factor)
        if let rank = images.rank, let channels = images[rank - 1] {
          try require(
            channels == 3, "input must have 3 channels but instead has \(channels) channels.")
        }
        return [images]
      },
      kernel: .raw(["T": .float32]) { _ in
        { specialise in
          let pixels = specialise.inputs[0].elementCount / 3
          return .run { p in
            kernel(
              p[0].assumingMemoryBound(to: Float.self), p[2].assumingMemoryBound(to: Float.self),
              pixels,
              p[1].assumingMemoryBound(to: Float.self)[0])
          }
        }
      }, gradient: .none("TensorFlow defines no gradient for \(name)"))
  }

  private static func space(
    _ name: String,
    _ kernel:
      @escaping @convention(c) (Int32, UnsafeRawPointer?, UnsafeMutableRawPointer?, Int) -> Void,
    gradient: Gradient
  ) -> OpDef {
    OpDef(
      name,
      """
      images: T -> output: T
      T: {half, bfloat16, float, double} = float
      """,
      shape: { context in
        let images = context.shapes[0]
        if let rank = images.rank {
          try require(rank >= 1, "input must be at least 1D\(images)")
          if let channels = images[rank - 1], channels != 3 {
            throw TFError.failedPrecondition(
              "input must have 3 channels but input only has \(channels) channels.")
          }
        }
        return [images]
      },
      kernel: .raw { context in
        let dtype = Int32(context.inputTypes[0].rawValue)
        return { specialise in
          let pixels = specialise.inputs[0].elementCount / 3
          return .run { p in kernel(dtype, p[0], p[1], pixels) }
        }
      }, gradient: gradient)
  }

  private static func checkImages(_ images: PartialShape) throws {
    try require(
      images.rank == nil || images.rank! >= 3, "input must be at least 3-D, got shape\(images)")
  }

  package static func checkScalar(_ shape: PartialShape, _ name: String) throws {
    try require(shape.rank == nil || shape.rank == 0, "\(name) must be scalar: \(shape)")
  }

  /// The number of images, pixels in one, and channels.
  private static func planes(_ shape: Shape) -> (Int, Int, Int) {
    let pixels = shape[shape.rank - 3] * shape[shape.rank - 2]
    let channels = shape[shape.rank - 1]
    return (shape.dims.dropLast(3).reduce(1, *), pixels, channels)
  }
}
