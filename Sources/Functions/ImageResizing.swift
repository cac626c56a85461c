import CoreGraph
public import CoreOps
public import OpsImage

extension ImageAPI {
  /// Images of another size as TensorFlow 1 has it, without half-pixel centres. Follows
  /// `tf.compat.v1.image.resize_images`.
  ///
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]`, or one image without the batch.
  ///   - size: the new height and width.
  ///   - method: `.bilinear`, `.nearestNeighbor`, `.bicubic` or `.area`.
  ///   - alignCorners: whether the centres of the corner pixels stay where they are.
  ///   - preserveAspectRatio: whether the image is as large as fits into `size` with its own ratio
  ///     of height to width.
  ///   - name: of the scope.
  /// - Returns: float32, or the dtype of `images` for `.nearestNeighbor` and where the size is the
  ///   same already.
  /// - Throws: `INVALID_ARGUMENT` for another rank, a size that is not two numbers, or another
  ///   method.
  public static func resizeImages(
    _ images: some TensorConvertible, _ size: some TensorConvertible,
    method: ResizeMethod = .bilinear, alignCorners: Bool = false,
    preserveAspectRatio: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "resize") { _ in
      let given = try images.converted("images")
      guard let rank = given.shape.rank else {
        throw TFError.invalidArgument("'images' contains no shape.")
      }
      guard rank == 3 || rank == 4 else {
        throw TFError.invalidArgument("'images' must have either 3 or 4 dimensions.")
      }
      let images = try rank == 3 ? MathAPI.expandDims(given, 0) : given
      var size = try size.asTensor(preferring: .int32)
      guard size.shape.isCompatible(with: [2]) else {
        throw TFError.invalidArgument(
          "'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
      }
      let old = [images.shape[1]?.value, images.shape[2]?.value]
      var new = size.isSymbolic ? [nil, nil] : try size.integers().map(Optional.some)
      size = try size.asConstant(named: "size")
      if preserveAspectRatio {
        size = try fitting(size, images)
        new = size.isSymbolic ? [nil, nil] : try size.integers().map(Optional.some)
      }
      func single(_ images: Tensor) throws -> Tensor {
        try rank == 3 ? MathAPI.squeeze(images, axis: [0]) : images
      }
      if !new.contains(nil), new == old { return try single(images) }
      let resized =
        switch method {
        case .bilinear: try resizeBilinear(images, size, alignCorners: alignCorners)
        case .nearestNeighbor: try resizeNearestNeighbor(images, size, alignCorners: alignCorners)
        case .bicubic: try resizeBicubic(images, size, alignCorners: alignCorners)
        case .area: try resizeArea(images, size, alignCorners: alignCorners)
        default: throw TFError.invalidArgument("Resize method is not implemented.")
        }
      return try single(resized.withShape(PartialShape([nil, new[0], new[1], nil])))
    }
  }

  /// The same with its arguments by label.
  public static func resizeImages(
    _ images: some TensorConvertible, size: some TensorConvertible,
    method: ResizeMethod = .bilinear, alignCorners: Bool = false,
    preserveAspectRatio: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try resizeImages(
      images, size, method: method, alignCorners: alignCorners,
      preserveAspectRatio: preserveAspectRatio, name: name)
  }

  /// The largest size within `size` that has the images' ratio.
  private static func fitting(_ size: Tensor, _ images: Tensor) throws -> Tensor {
    let sizes = try ImageSizes(images, rank: 4).sizes
    func side(_ index: Int) throws -> Tensor {
      try Casts.cast(sizes[index + 1].operand, from: .int32, to: .float32)
    }
    let ratios = try (0..<2).map { try CastOps.cast(size[$0], .float32) / side($0) }
    let scale = try BinaryOps.family.minimum(ratios[0], ratios[1])
    return try MathAPI.stack(
      (0..<2).map { try CastOps.cast(MathAPI.round(scale * side($0)), .int32) }, name: "size")
  }

  /// Images without their edges. Follows `tf.image.central_crop`.
  ///
  /// - Parameters:
  ///   - image: `[batch, height, width, channels]`, or one image without the batch.
  ///   - centralFraction: which part of height and width stays, above 0 and at most 1.
  /// - Throws: `INVALID_ARGUMENT` for another fraction or rank.
  public static func centralCrop(_ image: some TensorConvertible, _ centralFraction: Double) throws
    -> Tensor
  {
    try inScope(nil, "central_crop") { _ in
      let image = try image.converted("image")
      try require(
        centralFraction > 0 && centralFraction <= 1, "central_fraction must be within (0, 1]")
      if centralFraction == 1 { return image }
      _ = try ImageChecks.atLeast3D(image)
      guard let rank = image.shape.rank, rank == 3 || rank == 4 else {
        throw TFError.invalidArgument(
          """
          `image` should either be a Tensor with rank = 3 or rank = 4. Had rank = \
          \(image.shape.rank.map(String.init) ?? "None").
          """)
      }
      let dims = image.shape.dims ?? []
      let sides = try [rank - 3, rank - 2].map { axis -> ImageSizes.Size in
        try dims[axis].map { .known($0.value) } ?? .tensor(MathAPI.shape(image)[axis])
      }
      let starts = try sides.map { side -> ImageSizes.Size in
        guard case .tensor(let tensor) = side else {
          let size = Double(side.value ?? 0)
          return .known(Int((size - size * centralFraction) / 2))
        }
        let size = try CastOps.cast(tensor, .float64)
        let part = try size * Casts.cast(centralFraction, from: .float32, to: .float64)
        return .tensor(try CastOps.cast((size - part) / 2, .int32))
      }
      let sizes = try zip(sides, starts).map { side, start in
        try side.with(start, { $0 - 2 * $1 }) { try $0 - $1 * 2 }
      }
      let outer: [any TensorConvertible] = rank == 4 ? [0] : []
      let rest: [any TensorConvertible] = rank == 4 ? [-1] : []
      let cropped = try MathAPI.slice(
        image, MathAPI.stack(outer + starts.map(\.operand) + [0]),
        MathAPI.stack(rest + sizes.map(\.operand) + [-1]))
      var known = dims.map { $0?.value }
      (known[rank - 3], known[rank - 2]) = (sizes[0].value, sizes[1].value)
      return try cropped.withShape(PartialShape(known))
    }
  }

  /// The ratio of the greatest value to the noise between two images, in decibels. Follows
  /// `tf.image.psnr`.
  ///
  /// - Parameters:
  ///   - a, b: `[…, height, width, channels]`, of one shape.
  ///   - maxVal: the greatest value minus the least.
  ///   - name: of the scope.
  /// - Returns: a float32 per image.
  /// - Throws: `INVALID_ARGUMENT` for shapes that differ.
  public static func psnr(
    _ a: some TensorConvertible, _ b: some TensorConvertible, _ maxVal: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    try inScope(name, "PSNR") { _ in
      let dtype = a.definiteDType ?? b.definiteDType
      let (x, y) = try (a.asTensor(preferring: dtype), b.asTensor(preferring: dtype))
      guard x.shape.isCompatible(with: y.shape) else {
        throw TFError.invalidArgument(
          "Shapes \(x.shape.tupleText) and \(y.shape.tupleText) are incompatible")
      }
      let most = try convertImageDtype(
        CastOps.cast(maxVal.asTensor(preferring: x.dtype), x.dtype), .float32)
      let (p, q) = try (convertImageDtype(x, .float32), convertImageDtype(y, .float32))
      let error = try MathAPI.reduceMean(
        BinaryOps.family.squaredDifference(p, q), axis: [-3, -2, -1])
      let peak = try 20 * MathAPI.log(most) / MathAPI.log(10.0)
      let decibels = try BinaryOps.family.subtract(
        peak, Float(10 / 2.302585092994046) * MathAPI.log(error), name: "psnr")
      return try MathAPI.identity(decibels)
    }
  }
}
