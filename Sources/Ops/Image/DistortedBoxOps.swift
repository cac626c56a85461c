import CKernels
package import CoreOps

/// Random parts of images that show enough of the objects in boxes.
package struct DistortedBoxOps: OpFamily {
  package static let family: Self = define(Self())

  package let sample: OpDef = OpDef(
    "SampleDistortedBoundingBox",
    """
    image_size: T, bounding_boxes: float -> begin: T, size: T, bboxes: float
    T: {uint8, int8, int16, int32, int64}
    seed: int = 0
    seed2: int = 0
    min_object_covered: float = 0.1
    \(DistortedBoxOps.attributes)
    """, stateful: true, shape: DistortedBoxOps.shape,
    kernel: .dynamic { context in
      let (rules, generator) = (try CropRules(context), try NodeGenerator(context))
      let covered = try context.float("min_object_covered")
      try CropRules.check(covered: covered)
      return { run in
        try rules.sample(run, covered, generator.reserve(run, steps: rules.steps))
      }
    }, gradient: .zero)

  package let sampleV2: OpDef = OpDef(
    "SampleDistortedBoundingBoxV2",
    """
    image_size: T, bounding_boxes: float, min_object_covered: float -> begin: T, size: T, bboxes: \
      float
    T: {uint8, int8, int16, int32, int64}
    seed: int = 0
    seed2: int = 0
    \(DistortedBoxOps.attributes)
    """, stateful: true, shape: DistortedBoxOps.shape,
    kernel: .dynamic { context in
      let (rules, generator) = (try CropRules(context), try NodeGenerator(context))
      return { run in
        let covered = try CropRules.covered(run.inputs[2])
        return try rules.sample(run, covered, generator.reserve(run, steps: rules.steps))
      }
    }, gradient: .zero)

  package let stateless: OpDef = OpDef(
    "StatelessSampleDistortedBoundingBox",
    """
    image_size: T, bounding_boxes: float, min_object_covered: float, seed: Tseed -> begin: T, \
      size: T, bboxes: float
    T: {uint8, int8, int16, int32, int64}
    Tseed: {int32, int64}
    \(DistortedBoxOps.attributes)
    """, shape: DistortedBoxOps.shape,
    kernel: .dynamic { context in
      let rules = try CropRules(context)
      return { run in
        let seed = run.inputs[3]
        try require(seed.dims == [2], "seed must have shape [2], not \(seed.dims)")
        let seeds = try seed.integers()
        let generator = jk_philox_scrambled(
          UInt64(bitPattern: Int64(seeds[0])), UInt64(bitPattern: Int64(seeds[1])))
        return try rules.sample(run, try CropRules.covered(run.inputs[2]), generator)
      }
    }, gradient: .zero)

  private static let attributes = """
    aspect_ratio_range: list(float) = [0.75, 1.33]
    area_range: list(float) = [0.05, 1]
    max_attempts: int = 100
    use_image_if_no_bounding_boxes: bool = false
    """

  private static let shape: ShapeRule = { context in
    let image = try context.shape(0, rank: 1, "image_size")
    if let count = image[0] { try require(count == 3, "Dimension must be 3 but is \(count)") }
    let boxes = try context.shape(1, rank: 3, "bounding_boxes")
    if let count = boxes[2] { try require(count == 4, "Dimension must be 4 but is \(count)") }
    for index in context.shapes.indices.dropFirst(2) {
      _ = try context.shape(index, rank: index == 2 ? 0 : 1)
    }
    return [[3], [3], [1, 1, 4]]
  }
}

/// Pixels x0..<x1 of the rows y0..<y1.
private struct PixelBox {
  var (x0, y0, x1, y1): (Int32, Int32, Int32, Int32)

  /// Wraps where TensorFlow's does.
  var area: Float { Float((x1 &- x0) &* (y1 &- y0)) }

  func intersection(_ other: PixelBox) -> PixelBox {
    let part = PixelBox(
      x0: max(x0, other.x0), y0: max(y0, other.y0), x1: min(x1, other.x1), y1: min(y1, other.y1))
    return part.x0 > part.x1 || part.y0 > part.y1 ? PixelBox(x0: 0, y0: 0, x1: 0, y1: 0) : part
  }
}

/// How parts are drawn, as the attributes say.
private struct CropRules: Sendable {
  private let aspects: [Float]
  private let areas: [Float]
  private let attempts: Int
  private let takesImage: Bool

  init(_ context: KernelContext) throws {
    takesImage = try context.bool("use_image_if_no_bounding_boxes")
    aspects = try context.floats("aspect_ratio_range")
    try require(aspects.count == 2, "Aspect ratio range field must specify 2 dimensions")
    try require(
      aspects.allSatisfy { $0 > 0 }, "Aspect ratio range must be non-negative: \(aspects)")
    areas = try context.floats("area_range")
    try require(areas.count == 2, "Area range field must specify 2 dimensions")
    try require(areas.allSatisfy { $0 > 0 }, "Area range must be non-negative: \(areas)")
    try require(
      areas.allSatisfy { $0 <= 1 }, "Area range must be less then or equal to 1.0: \(areas)")
    attempts = try context.int("max_attempts")
    try require(attempts > 0, "Max attempts must be non-negative: \(attempts)")
  }

  /// What a stateful op takes of its generator: four numbers for each attempt.
  var steps: Int { attempts }

  static func covered(_ input: Tensor) throws -> Float {
    try require(
      input.dims.rank == 0, "min_object_covered must be 0-D, got shape \(input.dims)")
    let covered = input.elements(Float.self)[0]
    try check(covered: covered)
    return covered
  }

  static func check(covered: Float) throws {
    try require(covered >= 0, "Min object covered must be non-negative: \(covered)")
  }

  func sample(_ run: DynamicContext, _ covered: Float, _ generator: jk_philox) throws -> [Tensor] {
    let imageSize = run.inputs[0]
    try require(imageSize.dims.rank == 1, "image_size must be 1-dimensional\(imageSize.dims)")
    try require(imageSize.dims[0] == 3, "image_size must contain 3 elements\(imageSize.dims)")
    let sizes = try imageSize.integers()
    try require(
      sizes[0] >= 0 && sizes[0] < Int(Int32.max), "image height cannot be >= int32 max")
    try require(sizes[1] >= 0 && sizes[1] < Int(Int32.max), "image width cannot be >= int32 max")
    let (height, width) = (Int32(sizes[0]), Int32(sizes[1]))
    let boxes = try objects(run.inputs[1], width, height)
    var stream = PhiloxStream(generator)
    var pace = Pace()
    var crop = PixelBox(x0: 0, y0: 0, x1: width, y1: height)
    for _ in 0..<attempts {
      try pace.step(64 + boxes.count)
      let aspect = stream.nextFloat() * (aspects[1] - aspects[0]) + aspects[0]
      guard let part = draw(width, height, aspect, &stream), part.area >= 1 else { continue }
      let shows = boxes.contains {
        let area = $0.area
        return area >= 1 && part.intersection($0).area / area >= covered
      }
      if shows {
        crop = part
        break
      }
    }
    let dtype = imageSize.dtype
    let (h, w) = (Float(height), Float(width))
    return [
      try Tensor.wrapping([Int(crop.y0), Int(crop.x0), 0], dtype, [3]),
      try Tensor.wrapping([Int(crop.y1 - crop.y0), Int(crop.x1 - crop.x0), -1], dtype, [3]),
      try Tensor(
        [Float(crop.y0) / h, Float(crop.x0) / w, Float(crop.y1) / h, Float(crop.x1) / w],
        dims: [1, 1, 4]),
    ]
  }

  /// The boxes in pixels; the whole image where there are none.
  private func objects(_ input: Tensor, _ width: Int32, _ height: Int32) throws -> [PixelBox] {
    try require(
      input.dims.rank == 3,
      "input boxes must be 3-dimensional [batch, num_boxes, coords]: \(input.dims)")
    try require(
      input.dims[2] == 4, "bounding boxes must have shape [4] or [*, 4], got \(input.dims)")
    let values = input.elements(Float.self)
    for value in values where !(value >= 0 && value <= 1) {
      throw TFError.invalidArgument("All bounding box coordinates must be in [0.0, 1.0]: \(value)")
    }
    guard values.isEmpty else {
      let (w, h) = (Float(width), Float(height))
      // A float just below 2³¹ may be rounded up to it.
      func pixel(_ value: Float) -> Int32 { Int32(clamping: Int(value)) }
      return stride(from: 0, to: values.count, by: 4).map {
        PixelBox(
          x0: pixel(values[$0 + 1] * w), y0: pixel(values[$0] * h), x1: pixel(values[$0 + 3] * w),
          y1: pixel(values[$0 + 2] * h))
      }
    }
    try require(
      takesImage,
      """
      No bounding boxes provided as input. One must enable use_image_if_no_bounding_boxes if you \
      wish to not provide any bounding boxes.
      """
    )
    return [PixelBox(x0: 0, y0: 0, x1: width, y1: height)]
  }

  /// A part of that ratio of width to height, of an area in the range; nil where none was found.
  private func draw(
    _ width: Int32, _ height: Int32, _ aspect: Float, _ stream: inout PhiloxStream
  ) -> PixelBox? {
    guard areas[1] > 0, aspect > 0, width > 0, height > 0, areas[0] <= areas[1] else { return nil }
    func rounded(_ value: Float) -> Int32 {
      Int32(clamping: Int(min(value.rounded(.toNearestOrEven), 9e18)))
    }
    let (least, most) = (
      areas[0] * Float(width) * Float(height), areas[1] * Float(width) * Float(height)
    )
    var ownHeight = rounded((least / aspect).squareRoot())
    var highest = rounded((most / aspect).squareRoot())
    if rounded(Float(highest) * aspect) > width {
      // The largest height whose width fits.
      let tiny: Float = 0.0000001
      highest = Int32(clamping: Int((Double(width) + 0.5 - Double(tiny)) / Double(aspect)))
      if rounded(Float(highest) * aspect) > width { highest -= 1 }
    }
    highest = min(highest, height)
    ownHeight = min(ownHeight, highest)
    if ownHeight < highest {
      ownHeight += Int32(stream.next(below: UInt32(highest - ownHeight + 1)))
    }
    func area(_ width: Int32) -> Float { Float(width &* ownHeight) }
    var ownWidth = rounded(Float(ownHeight) * aspect)
    // Rounding may have left the range of areas: a row more or less.
    if area(ownWidth) < least {
      ownHeight += 1
      ownWidth = rounded(Float(ownHeight) * aspect)
    }
    if area(ownWidth) > most {
      ownHeight -= 1
      ownWidth = rounded(Float(ownHeight) * aspect)
    }
    guard area(ownWidth) >= least, area(ownWidth) <= most, ownWidth <= width, ownHeight <= height,
      ownWidth > 0, ownHeight > 0
    else { return nil }
    let y = ownHeight < height ? Int32(stream.next(below: UInt32(height - ownHeight))) : 0
    let x = ownWidth < width ? Int32(stream.next(below: UInt32(width - ownWidth))) : 0
    return PixelBox(x0: x, y0: y, x1: x + ownWidth, y1: y + ownHeight)
  }
}
