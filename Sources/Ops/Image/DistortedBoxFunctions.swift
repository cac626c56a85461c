public import CoreOps
import OpsLinalg

/// A part of an image.
public struct SampledBox: Sendable {
  /// Where the part begins, as `tf.slice` takes it: three numbers of the image size's dtype.
  public let begin: Tensor
  /// How large the part is, as `tf.slice` takes it.
  public let size: Tensor
  /// [1, 1, 4] float32: the part in shares of the image, as `tf.image.drawBoundingBoxes` takes it.
  public let bboxes: Tensor

  fileprivate init(_ outputs: [Tensor]) {
    begin = outputs[0]
    size = outputs[1]
    bboxes = outputs[2]
  }
}

extension ImageAPI {
  /// A random part of an image that shows enough of one of the objects in boxes; the whole image
  /// where none is found.
  ///
  /// Follows `tf.image.sample_distorted_bounding_box`.
  ///
  /// - Parameters:
  ///   - imageSize: height, width and channels.
  ///   - boundingBoxes: [batch, boxes, 4] float32, as shares of the image.
  ///   - seed: with the global seed it fixes the part; 0 for any.
  ///   - minObjectCovered: which share of an object the part must show.
  ///   - aspectRatioRange: the bounds of its width by its height.
  ///   - areaRange: the bounds of its share of the image.
  ///   - maxAttempts: how many parts are tried.
  ///   - useImageIfNoBoundingBoxes: whether the image is the object where there are no boxes.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for boxes outside of the image, or none.
  public static func sampleDistortedBoundingBox(
    _ imageSize: some TensorConvertible, boundingBoxes: some TensorConvertible, seed: Int = 0,
    minObjectCovered: some TensorConvertible = 0.1 as Float,
    aspectRatioRange: [Float] = [0.75, 1.33], areaRange: [Float] = [0.05, 1],
    maxAttempts: Int = 100, useImageIfNoBoundingBoxes: Bool = false, name: String? = nil
  ) throws -> SampledBox {
    try inScope(name, "sample_distorted_bounding_box") { _ in
      var attrs = seed == 0 ? Attrs() : RandomAPI.seeds(seed)
      for entry in rules(aspectRatioRange, areaRange, maxAttempts, useImageIfNoBoundingBoxes) {
        attrs[entry.name] = entry.value
      }
      return SampledBox(
        try apply(
          DistortedBoxOps.family.sampleV2,
          [
            imageSize.asTensor(), boundingBoxes.asTensor(preferring: .float32),
            minObjectCovered.asTensor(preferring: .float32),
          ], attrs))
    }
  }

  /// The same with its arguments by position.
  public static func sampleDistortedBoundingBox(
    _ imageSize: some TensorConvertible, _ boundingBoxes: some TensorConvertible, seed: Int = 0,
    minObjectCovered: some TensorConvertible = 0.1 as Float,
    aspectRatioRange: [Float] = [0.75, 1.33], areaRange: [Float] = [0.05, 1],
    maxAttempts: Int = 100, useImageIfNoBoundingBoxes: Bool = false, name: String? = nil
  ) throws -> SampledBox {
    try sampleDistortedBoundingBox(
      imageSize, boundingBoxes: boundingBoxes, seed: seed, minObjectCovered: minObjectCovered,
      aspectRatioRange: aspectRatioRange, areaRange: areaRange, maxAttempts: maxAttempts,
      useImageIfNoBoundingBoxes: useImageIfNoBoundingBoxes, name: name)
  }

  /// The same by a seed of two numbers alone, which always gives the same part.
  ///
  /// Follows `tf.image.stateless_sample_distorted_bounding_box`.
  ///
  /// - Parameters:
  ///   - imageSize: height, width and channels.
  ///   - boundingBoxes: [batch, boxes, 4] float32, as shares of the image.
  ///   - seed: two integers.
  ///   - minObjectCovered: which share of an object the part must show.
  ///   - aspectRatioRange: the bounds of its width by its height.
  ///   - areaRange: the bounds of its share of the image.
  ///   - maxAttempts: how many parts are tried.
  ///   - useImageIfNoBoundingBoxes: whether the image is the object where there are no boxes.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for boxes outside of the image, or none.
  public static func statelessSampleDistortedBoundingBox(
    _ imageSize: some TensorConvertible, boundingBoxes: some TensorConvertible,
    seed: some TensorConvertible, minObjectCovered: some TensorConvertible = 0.1 as Float,
    aspectRatioRange: [Float] = [0.75, 1.33], areaRange: [Float] = [0.05, 1],
    maxAttempts: Int = 100, useImageIfNoBoundingBoxes: Bool = false, name: String? = nil
  ) throws -> SampledBox {
    try inScope(name, "stateless_sample_distorted_bounding_box") { _ in
      SampledBox(
        try apply(
          DistortedBoxOps.family.stateless,
          [
            imageSize.asTensor(), boundingBoxes.asTensor(preferring: .float32),
            minObjectCovered.asTensor(preferring: .float32), seed.asTensor(),
          ], rules(aspectRatioRange, areaRange, maxAttempts, useImageIfNoBoundingBoxes)))
    }
  }

  /// The same with its arguments by position.
  public static func statelessSampleDistortedBoundingBox(
    _ imageSize: some TensorConvertible, _ boundingBoxes: some TensorConvertible,
    _ seed: some TensorConvertible, minObjectCovered: some TensorConvertible = 0.1 as Float,
    aspectRatioRange: [Float] = [0.75, 1.33], areaRange: [Float] = [0.05, 1],
    maxAttempts: Int = 100, useImageIfNoBoundingBoxes: Bool = false, name: String? = nil
  ) throws -> SampledBox {
    try statelessSampleDistortedBoundingBox(
      imageSize, boundingBoxes: boundingBoxes, seed: seed, minObjectCovered: minObjectCovered,
      aspectRatioRange: aspectRatioRange, areaRange: areaRange, maxAttempts: maxAttempts,
      useImageIfNoBoundingBoxes: useImageIfNoBoundingBoxes, name: name)
  }

  private static func rules(
    _ aspects: [Float], _ areas: [Float], _ attempts: Int, _ takesImage: Bool
  ) -> Attrs {
    Attrs()
      .with(
        "aspect_ratio_range", .list(aspects.map { .float($0) }), unless: aspects == [0.75, 1.33]
      )
      .with("area_range", .list(areas.map { .float($0) }), unless: areas == [0.05, 1])
      .with("max_attempts", .int(attempts), unless: attempts == 100)
      .with("use_image_if_no_bounding_boxes", .bool(true), unless: !takesImage)
  }
}
