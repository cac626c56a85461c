import CKernels
package import CoreOps

/// Changing the size of images of shape `[batch, height, width, channels]`.
package struct ResizeOps: OpFamily {
  package static let family: Self = define(Self())

  private static let imageTypes: DTypeSet = [
    .floats, DTypeSet(.int8, .uint8, .int16, .uint16, .int32, .int64),
  ]
  private static let alignment = "align_corners: bool = false\nhalf_pixel_centers: bool = false"

  package let resizeBilinear: OpDef = resampling(
    "ResizeBilinear",
    """
    images: T, size: int32 -> resized_images: float
    T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, double, bfloat16}
    \(alignment)
    """, taps: { try $0.bilinear() },
    gradient: .rule { context in
      let gradient = try ResizeOps.family.resizeBilinearGrad(
        [context.gradient(), context.inputs[0]],
        context.attrs.only("align_corners", "half_pixel_centers"))
      return [gradient, nil]
    })

  package let resizeBilinearGrad: OpDef = resamplingGradient(
    "ResizeBilinearGrad",
    """
    grads: float, original_image: T -> output: T
    T: {float, bfloat16, half, double}
    \(alignment)
    """, types: .floats, taps: { try $0.bilinear() },
    gradient: .rule { context in
      let size = try imageSize(of: context.inputs[0])
      let gradient = try ResizeOps.family.resizeBilinear(
        [context.gradient(), size], context.attrs.only("align_corners", "half_pixel_centers"))
      return [gradient, nil]
    })

  package let resizeBicubic: OpDef = resampling(
    "ResizeBicubic",
    """
    images: T, size: int32 -> resized_images: float
    T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}
    \(alignment)
    """, taps: { try $0.bicubic() },
    gradient: .rule { context in
      guard [.float32, .float64].contains(context.inputs[0].dtype) else { return [nil, nil] }
      let gradient = try ResizeOps.family.resizeBicubicGrad(
        [context.gradient(), context.inputs[0]],
        context.attrs.only("align_corners", "half_pixel_centers"))
      return [gradient, nil]
    })

  package let resizeBicubicGrad: OpDef = resamplingGradient(
    "ResizeBicubicGrad",
    """
    grads: float, original_image: T -> output: T
    T: {float, double}
    \(alignment)
    """, types: DTypeSet(.float32, .float64), taps: { try $0.bicubic() },
    gradient: .none("TensorFlow defines no gradient for ResizeBicubicGrad"))

  package let resizeArea: OpDef = resampling(
    "ResizeArea",
    """
    images: T, size: int32 -> resized_images: float
    T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}
    align_corners: bool = false
    """, taps: { try $0.area() }, gradient: .none("TensorFlow defines no gradient for ResizeArea"))

  package let resizeNearestNeighbor: OpDef = OpDef(
    "ResizeNearestNeighbor",
    """
    images: T, size: int32 -> resized_images: T
    T: {int8, uint8, int16, uint16, int32, int64, half, float, double, bfloat16}
    \(alignment)
    """,
    shape: { [try resizedShape($0)] },
    kernel: .raw(["T": imageTypes]) { context in
      let size = context.inputTypes[0].byteSize
      let (align, half) = try alignment(context)
      return { specialise in
        let (input, output) = (specialise.inputs[0], specialise.outputs[0])
        let shape = resizeShape(input, output)
        let rows = try ResizeAxis(
          from: input[1], to: output[1], alignCorners: align, halfPixel: half
        ).nearest()
          .map { Int32($0) }
        let columns = try ResizeAxis(
          from: input[2], to: output[2], alignCorners: align, halfPixel: half
        ).nearest()
          .map { Int32($0) }
        return .run { p in
          withUnsafePointer(to: shape) {
            jk_pick_pixels($0, rows, columns, size * Int(shape.channels), p[0], p[2])
          }
        }
      }
    },
    gradient: .rule { context in
      let size = try imageSize(of: context.inputs[0])
      let gradient = try ResizeOps.family.resizeNearestNeighborGrad(
        [context.gradient(), size], context.attrs.only("align_corners", "half_pixel_centers"))
      return [gradient, nil]
    })

  package let resizeNearestNeighborGrad: OpDef = OpDef(
    "ResizeNearestNeighborGrad",
    """
    grads: T, size: int32 -> output: T
    T: {uint8, int8, int32, half, float, double, bfloat16}
    \(alignment)
    """,
    shape: { [try resizedShape($0)] },
    kernel: .raw { context in
      let dtype = context.inputTypes[0]
      // The gradient op takes both attributes together, as TensorFlow's does.
      let align = try context.bool("align_corners")
      let half = try context.bool("half_pixel_centers")
      return { specialise in
        let (input, output) = (specialise.inputs[0], specialise.outputs[0])
        let shape = resizeShape(input, output)
        func taps(_ axis: Int) throws -> Taps {
          var taps = Taps()
          for index in try ResizeAxis(
            from: output[axis], to: input[axis], alignCorners: align, halfPixel: half
          ).nearest() {
            try taps.append(CollectionOfOne((index: index, weight: Float(1))))
          }
          return try taps.transposed(output[axis])
        }
        let (rows, columns) = (try taps(1), try taps(2))
        return .run { p in
          withUnsafePointer(to: shape) { shape in
            rows.withPointer { rows in
              columns.withPointer {
                jk_sum_pixels(Int32(dtype.rawValue), shape, rows, $0, p[0], p[2])
              }
            }
          }
        }
      }
    },
    gradient: .rule { context in
      let size = try imageSize(of: context.inputs[0])
      let gradient = try ResizeOps.family.resizeNearestNeighbor(
        [context.gradient(), size], context.attrs.only("align_corners", "half_pixel_centers"))
      return [gradient, nil]
    })

  package let scaleAndTranslate: OpDef = OpDef(
    "ScaleAndTranslate",
    """
    images: T, size: int32, scale: float, translation: float -> resized_images: float
    T: {int8, uint8, int16, uint16, int32, int64, bfloat16, half, float, double}
    kernel_type: string = 'lanczos3'
    antialias: bool = true
    """,
    shape: { context in
      try checkPair(context.shapes[2], "scale")
      try checkPair(context.shapes[3], "translation")
      return [try resizedShape(context)]
    },
    kernel: .raw(["T": imageTypes]) { context in
      let dtype = context.inputTypes[0]
      let sampling = try samplingKernel(context)
      let antialias = try context.bool("antialias")
      return { specialise in
        let (input, output) = (specialise.inputs[0], specialise.outputs[0])
        let (scale, translation) = try scaleAndTranslation(specialise, 2)
        let taps = try [1, 2].map { axis in
          try sampling.taps(
            from: input[axis], to: checkedSide(output[axis]), scale: scale[axis - 1],
            translation: translation[axis - 1], antialias: antialias)
        }
        return resample(
          resizeShape(input, output), taps[0], taps[1], from: (0, dtype), to: (4, .float32))
      }
    },
    gradient: .rule { context in
      let gradient = try ResizeOps.family.scaleAndTranslateGrad(
        [context.gradient(), context.inputs[0], context.inputs[2], context.inputs[3]],
        context.attrs.only("kernel_type", "antialias"))
      return [gradient, nil, nil, nil]
    })

  package let scaleAndTranslateGrad: OpDef = OpDef(
    "ScaleAndTranslateGrad",
    """
    grads: T, original_image: T, scale: float, translation: float -> output: T
    T: {float}
    kernel_type: string = 'lanczos3'
    antialias: bool = true
    """,
    shape: { context in
      try checkPair(context.shapes[2], "scale")
      try checkPair(context.shapes[3], "translation")
      return [try originalShape(context)]
    },
    kernel: .raw { context in
      let sampling = try samplingKernel(context)
      let antialias = try context.bool("antialias")
      return { specialise in
        let (input, output) = (specialise.inputs[0], specialise.outputs[0])
        let (scale, translation) = try scaleAndTranslation(specialise, 2)
        let taps = try [1, 2].map { axis in
          try sampling.taps(
            from: output[axis], to: input[axis], scale: scale[axis - 1],
            translation: translation[axis - 1], antialias: antialias
          ).transposed(output[axis])
        }
        return resample(
          resizeShape(input, output), taps[0], taps[1], from: (0, .float32), to: (4, .float32))
      }
    }, gradient: .none("TensorFlow defines no gradient for ScaleAndTranslateGrad"))

  private static func samplingKernel(_ context: KernelContext) throws -> SamplingKernel {
    let name = try context.string("kernel_type")
    guard let kernel = SamplingKernel(rawValue: name) else {
      throw TFError.invalidArgument("Unrecognized kernel type: \(name)")
    }
    return kernel
  }

  private static func checkPair(_ shape: PartialShape, _ name: String) throws {
    try require(
      shape.isCompatible(with: [2]), "\(name) must be a vector of 2 elements, got shape \(shape)")
  }

  private static func scaleAndTranslation(_ context: SpecialiseContext, _ first: Int) throws -> (
    [Float], [Float]
  ) {
    let scale = try context.value(first).scalars(Float.self)
    let translation = try context.value(first + 1).scalars(Float.self)
    try require(scale.allSatisfy { $0 > 0 && $0.isFinite }, "scale must be positive, got \(scale)")
    try require(
      translation.allSatisfy(\.isFinite), "translation must be finite, got \(translation)")
    return (scale, translation)
  }

  // What the ops have in common.

  private static func alignment(_ context: some AttrAccess) throws -> (align: Bool, half: Bool) {
    let align = try context.bool("align_corners")
    let half =
      context.signature.attr("half_pixel_centers") == nil
      ? false : try context.bool("half_pixel_centers")
    try require(!(align && half), "If half_pixel_centers is True, align_corners must be False.")
    return (align, half)
  }

  /// An op that resamples both axes into floats.
  private static func resampling(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String,
    taps: @escaping @Sendable (ResizeAxis) throws -> Taps, gradient: Gradient
  ) -> OpDef {
    OpDef(
      name, signature(),
      shape: { [try resizedShape($0)] },
      kernel: .raw(["T": imageTypes]) { context in
        let dtype = context.inputTypes[0]
        let taps = try alignedTaps(context, taps)
        return { specialise in
          let (input, output) = (specialise.inputs[0], specialise.outputs[0])
          return try resample(
            resizeShape(input, output), taps(input[1], output[1]), taps(input[2], output[2]),
            from: (0, dtype), to: (2, .float32))
        }
      }, gradient: gradient)
  }

  /// The gradient op of one that resamples: the same taps the other way round.
  private static func resamplingGradient(
    _ name: String, _ signature: @autoclosure @escaping @Sendable () -> String, types: DTypeSet,
    taps: @escaping @Sendable (ResizeAxis) throws -> Taps, gradient: Gradient
  ) -> OpDef {
    OpDef(
      name, signature(),
      shape: { [try originalShape($0)] },
      kernel: .raw(["T": types]) { context in
        let dtype = context.outputTypes[0]
        let taps = try alignedTaps(context, taps)
        return { specialise in
          let (input, output) = (specialise.inputs[0], specialise.outputs[0])
          let axes = try [1, 2].map { try taps(output[$0], input[$0]).transposed(output[$0]) }
          return resample(
            resizeShape(input, output), axes[0], axes[1], from: (0, .float32), to: (2, dtype))
        }
      }, gradient: gradient)
  }

  /// The taps of an axis by its sizes, under the alignment that the attributes ask for.
  private static func alignedTaps(
    _ context: some AttrAccess, _ taps: @escaping @Sendable (ResizeAxis) throws -> Taps
  ) throws -> @Sendable (_ from: Int, _ to: Int) throws -> Taps {
    let (align, half) = try alignment(context)
    return { from, to in
      try taps(ResizeAxis(from: from, to: to, alignCorners: align, halfPixel: half))
    }
  }

  private static func resample(
    _ shape: jk_resize, _ rows: Taps, _ columns: Taps, from: (index: Int, dtype: DType),
    to: (index: Int, dtype: DType)
  ) -> Specialised {
    let inputCount = Int(shape.batch * shape.in_h * shape.in_w * shape.channels)
    let outputCount = Int(shape.batch * shape.out_h * shape.out_w * shape.channels)
    let inputBytes = from.dtype == .float32 ? 0 : (inputCount * 4 + 63) & ~63
    let outputBytes = to.dtype == .float32 ? 0 : outputCount * 4
    let (source, target) = (from.index, to.index)
    let (sourceType, targetType) = (Int32(from.dtype.rawValue), Int32(to.dtype.rawValue))
    let scratch = max(source, target) + 1
    return .run(scratch: inputBytes + outputBytes) { p in
      var input = UnsafePointer(p[source].assumingMemoryBound(to: Float.self))
      var output = p[target].assumingMemoryBound(to: Float.self)
      if inputBytes > 0 {
        let floats = p[scratch].assumingMemoryBound(to: Float.self)
        jk_to_float(sourceType, p[source], floats, inputCount)
        input = UnsafePointer(floats)
      }
      if outputBytes > 0 { output = (p[scratch] + inputBytes).assumingMemoryBound(to: Float.self) }
      let status = withUnsafePointer(to: shape) { shape in
        rows.withPointer { rows in
          columns.withPointer { jk_resample(shape, rows, $0, input, output) }
        }
      }
      guard status == 0 else { throw TFError.resourceExhausted("no memory for a row of an image") }
      if outputBytes > 0 { jk_from_float(targetType, output, p[target], outputCount) }
    }
  }

  private static func resizeShape(_ input: Shape, _ output: Shape) -> jk_resize {
    jk_resize(
      batch: Int64(output[0]), in_h: Int64(input[1]), in_w: Int64(input[2]),
      out_h: Int64(output[1]),
      out_w: Int64(output[2]), channels: Int64(output[3]))
  }

  /// Tables as long as a side are made before the output is, so a side has a limit of its own.
  private static func checkedSide(_ side: Int) throws -> Int {
    guard side <= 1 << 26 else {
      throw TFError.resourceExhausted("an image side of \(side) pixels is too long")
    }
    return side
  }

  /// Images in input 0, the height and width wanted in input 1.
  package static func resizedShape(_ context: ShapeContext) throws -> PartialShape {
    try resizedShape(context.shapes[0], context.shapes[1], context.integers(1))
  }

  package static func resizedShape(
    _ image: PartialShape, _ size: PartialShape, _ sides: [Int]?
  ) throws -> PartialShape {
    try require(image.rank == nil || image.rank == 4, "input must be 4-dimensional\(image)")
    for axis in [1, 2] {
      try require(image[axis] != 0, "input image must be of non-zero size")
    }
    try require(image[3] != 0, "image must have at least one channel")
    try require(size.rank == nil || size.rank == 1, "shape_t must be 1-dimensional\(size)")
    try require(size[0] == nil || size[0] == 2, "shape_t must have two elements\(size)")
    guard let sides else { return .of(image[0], nil, nil, image[3]) }
    for side in sides {
      try require(side > 0, "output dimensions must be positive")
      _ = try checkedSide(side)
    }
    return .of(image[0], Dimension(sides[0]), Dimension(sides[1]), image[3])
  }

  /// The shape of the image in input 1, of which input 0 has the gradients.
  private static func originalShape(_ context: ShapeContext) throws -> PartialShape {
    let (grads, image) = (context.shapes[0], context.shapes[1])
    try require(grads.rank == nil || grads.rank == 4, "input_grad must be 4-dimensional\(grads)")
    try require(
      image.rank == nil || image.rank == 4, "original_image must be 4-dimensional\(image)")
    for axis in [1, 2] {
      try require(
        grads[axis] != 0 && image[axis] != 0, "images and gradients must be of non-zero size")
    }
    for side in [grads[1], grads[2], image[1], image[2]] {
      _ = try side.map { try checkedSide($0.saturated) }
    }
    return .of(grads[0], image[1], image[2], grads[3])
  }

  /// The height and width of images as an int32 tensor.
  private static func imageSize(of images: Tensor) throws -> Tensor {
    try ShapeOps.dimensions(of: images, 1..<3)
  }
}

extension Attrs {
  /// The attributes of those names, as far as they are given.
  package func only(_ names: String...) -> Attrs {
    var result = Attrs()
    for name in names { result[name] = self[name] }
    return result
  }
}
