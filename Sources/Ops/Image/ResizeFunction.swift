public import CoreOps

/// How `tf.image.resize` makes new pixels. Follows `tf.image.ResizeMethod`.
public struct ResizeMethod: Sendable, Hashable, ExpressibleByStringLiteral {
  let name: String
  public init(stringLiteral value: String) { name = value.lowercased() }

  public static let bilinear: ResizeMethod = "bilinear"
  public static let nearestNeighbor: ResizeMethod = "nearest"
  public static let bicubic: ResizeMethod = "bicubic"
  public static let area: ResizeMethod = "area"
  public static let lanczos3: ResizeMethod = "lanczos3"
  public static let lanczos5: ResizeMethod = "lanczos5"
  public static let gaussian: ResizeMethod = "gaussian"
  public static let mitchellcubic: ResizeMethod = "mitchellcubic"
}

extension ImageAPI {
  public typealias ResizeMethod = OpsImage.ResizeMethod

  /// Images of another size, with pixel centres at halves, as TensorFlow 2 has it. Follows
  /// `tf.image.resize`.
  ///
  /// - Parameters:
  ///   - images: `[batch, height, width, channels]`, or one image without the batch.
  ///   - size: the new height and width.
  ///   - method: how new pixels are made; also as a text, `"nearest"`.
  ///   - preserveAspectRatio: whether the image is as large as fits into `size` with its own ratio
  ///     of height to width, which must be known then.
  ///   - antialias: whether a smaller image is made of all pixels.
  ///   - name: the node's name in a graph.
  /// - Returns: float32, or the dtype of `images` for `.nearestNeighbor` and where the size is the
  ///   same already.
  /// - Throws: `INVALID_ARGUMENT` for another rank, a size that is not two numbers, or an unknown
  ///   method.
  public static func resize(
    _ images: some TensorConvertible, _ size: some TensorConvertible,
    method: ResizeMethod = .bilinear, preserveAspectRatio: Bool = false, antialias: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let given = try images.asTensor()
    guard given.rank == nil || given.rank == 3 || given.rank == 4 else {
      throw TFError.invalidArgument(
        "'images' must have either 3 or 4 dimensions, the shape is \(given.shape)")
    }
    let isSingle = given.rank == 3
    var newSize = try size.asTensor(preferring: .int32)
    guard newSize.shape.isCompatible(with: [2]) else {
      throw TFError.invalidArgument(
        "'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    }
    let top = isSingle ? 0 : 1
    let old = [given.shape[top]?.value, given.shape[top + 1]?.value]
    if preserveAspectRatio { newSize = try fitting(newSize, old) }
    if !newSize.isSymbolic, try newSize.integers().map(Optional.some) == old { return given }
    return try inScope(name, "resize") { _ in
      let batch =
        try isSingle
        ? ShapeOps.family.expandDims([
          given, ShapeOps.scalar(0).asConstant(named: "ExpandDims/dim"),
        ])
        : given
      let resized = try resampled(
        batch, newSize.asConstant(named: "size"), old, method, antialias, nil)
      return try isSingle
        ? ShapeOps.family.squeeze([resized], ["squeeze_dims": .ints([0])]) : resized
    }
  }

  /// The same by label.
  public static func resize(
    _ images: some TensorConvertible, size: some TensorConvertible,
    method: ResizeMethod = .bilinear, preserveAspectRatio: Bool = false, antialias: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try resize(
      images, size, method: method, preserveAspectRatio: preserveAspectRatio, antialias: antialias,
      name: name)
  }

  /// The largest size within `size` that has the ratio of `old`.
  private static func fitting(_ size: Tensor, _ old: [Int?]) throws -> Tensor {
    guard !size.isSymbolic, let height = old[0], let width = old[1] else {
      throw TFError.invalidArgument("preserveAspectRatio needs sizes that are known")
    }
    let most = try size.integers().map { Float($0) }
    let scale = min(most[0] / Float(height), most[1] / Float(width))
    return try ShapeOps.vector(
      [height, width].map { Int((scale * Float($0)).rounded(.toNearestOrEven)) })
  }

  private static func resampled(
    _ images: Tensor, _ size: Tensor, _ old: [Int?], _ method: ResizeMethod, _ antialias: Bool,
    _ name: String?
  ) throws -> Tensor {
    let centred: Attrs = ["half_pixel_centers": .bool(true)]
    switch method.name {
    case "nearest":
      return try ResizeOps.family.resizeNearestNeighbor([images, size], centred, name: name)
    case "area": return try ResizeOps.family.resizeArea([images, size], name: name)
    case "bilinear" where !antialias:
      return try ResizeOps.family.resizeBilinear([images, size], centred, name: name)
    case "bicubic" where !antialias:
      return try ResizeOps.family.resizeBicubic([images, size], centred, name: name)
    default: break
    }
    let kernels = [
      "bilinear": "triangle", "bicubic": "keyscubic", "lanczos3": "lanczos3",
      "lanczos5": "lanczos5", "gaussian": "gaussian", "mitchellcubic": "mitchellcubic",
    ]
    guard let kernel = kernels[method.name] else {
      throw TFError.invalidArgument(
        """
        Resize method '\(method.name)' is not implemented: the methods are area, nearest, \
        \(kernels.keys.sorted().joined(separator: ", "))
        """
      )
    }
    let sides = try CastOps.cast(
      ImageSides.sides(of: images, old), .float32)
    let scale = try BinaryOps.family.realdiv(CastOps.cast(size, .float32), sides)
    return try ResizeOps.family.scaleAndTranslate(
      [images, size, scale, BasicOps.zerosLike(scale)],
      ["kernel_type": .string(kernel), "antialias": .bool(antialias)], name: name)
  }
}

private enum ImageSides {
  /// The height and width of a batch, as int32.
  static func sides(of images: Tensor, _ known: [Int?]) throws -> Tensor {
    let sides = known.compactMap { $0 }
    if sides.count == 2 { return try ShapeOps.vector(sides) }
    return try ShapeOps.part(ShapeOps.shapeTensor(of: images), from: 1, to: 3)
  }
}
