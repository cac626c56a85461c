package import CoreOps

/// Choosing boxes that do not overlap too much.
package struct BoxOps: OpFamily {
  package static let family: Self = define(Self())

  package let nonMaxSuppression: OpDef = OpDef(
    "NonMaxSuppression",
    """
    boxes: float, scores: float, max_output_size: int32 -> selected_indices: int32
    iou_threshold: float = 0.5
    """,
    shape: selectionShape,
    kernel: .dynamic { context in
      let threshold = try context.float("iou_threshold")
      try checkThreshold(threshold)
      return { run in
        try [
          select(
            run.inputs, Float.self, threshold: threshold, scoreThreshold: -.greatestFiniteMagnitude
          )
          .indices(padded: nil)
        ]
      }
    }, gradient: .zero)

  package let nonMaxSuppressionV2: OpDef = OpDef(
    "NonMaxSuppressionV2",
    """
    boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold \
      -> selected_indices: int32
    T: {half, float} = float
    T_threshold: {half, float} = float
    """,
    shape: selectionShape,
    kernel: .run { [try chosen($0.inputs, padded: nil).indices] }, gradient: .zero)

  package let nonMaxSuppressionV3: OpDef = OpDef(
    "NonMaxSuppressionV3",
    """
    boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, \
      score_threshold: T_threshold -> selected_indices: int32
    T: {half, float} = float
    T_threshold: {half, float} = float
    """,
    shape: selectionShape,
    kernel: .run { [try chosen($0.inputs, padded: nil).indices] }, gradient: .zero)

  package let nonMaxSuppressionV4: OpDef = OpDef(
    "NonMaxSuppressionV4",
    """
    boxes: T, scores: T, max_output_size: int32, iou_threshold: T_threshold, \
      score_threshold: T_threshold -> selected_indices: int32, valid_outputs: int32
    T: {half, float} = float
    T_threshold: {half, float} = float
    pad_to_max_output_size: bool = false
    """,
    shape: { context in
      [try selectionShape(context, pads: context.bool("pad_to_max_output_size")), .scalar]
    },
    kernel: .dynamic { context in
      let pads = try context.bool("pad_to_max_output_size")
      return { run in
        let (indices, count) = try chosen(
          run.inputs, padded: pads ? limit(run.inputs[2]) : nil)
        return [indices, count]
      }
    }, gradient: .zero)

  package let nonMaxSuppressionV5: OpDef = OpDef(
    "NonMaxSuppressionV5",
    """
    boxes: T, scores: T, max_output_size: int32, iou_threshold: T, score_threshold: T, \
      soft_nms_sigma: T -> selected_indices: int32, selected_scores: T, valid_outputs: int32
    T: {half, float} = float
    pad_to_max_output_size: bool = false
    """,
    shape: { context in
      let shape = try selectionShape(context, pads: context.bool("pad_to_max_output_size"))
      return [shape, shape, .scalar]
    },
    kernel: .dynamic { context in
      let pads = try context.bool("pad_to_max_output_size")
      return { run in
        func chosen<T: BoxScalar>(_: T.Type) throws -> [Tensor] {
          let sigma = try scalar(run.inputs[5], "soft_nms_sigma", T.self)
          try require(sigma >= 0, "soft_nms_sigma must be non-negative")
          let boxes = try select(
            run.inputs, T.self, threshold: threshold(run.inputs[3], "iou_threshold", T.self),
            scoreThreshold: scalar(run.inputs[4], "score_threshold", T.self), sigma: sigma)
          let length = pads ? try limit(run.inputs[2]) : nil
          return try [boxes.indices(padded: length), boxes.scores(padded: length), boxes.count]
        }
        return run.inputs[0].dtype == .half ? try chosen(Float16.self) : try chosen(Float.self)
      }
    }, gradient: .zero)

  package let nonMaxSuppressionWithOverlaps: OpDef = OpDef(
    "NonMaxSuppressionWithOverlaps",
    """
    overlaps: float, scores: float, max_output_size: int32, overlap_threshold: float, \
      score_threshold: float -> selected_indices: int32
    """,
    shape: { context in
      let overlaps = context.shapes[0]
      try require(overlaps.rank == nil || overlaps.rank == 2, "overlaps must be 2-D\(overlaps)")
      try require(
        overlaps[0] == nil || overlaps[1] == nil || overlaps[0] == overlaps[1],
        "overlaps must be square\(overlaps)")
      try checkScores(context.shapes[1], count: overlaps[0])
      try checkScalars(context, 2...)
      return [[nil]]
    },
    kernel: .run { run in
      let (overlaps, scores) = (run.inputs[0], run.inputs[1])
      let count = overlaps.dims.rank == 2 ? overlaps.dims[0] : 0
      try require(
        overlaps.dims.rank == 2 && overlaps.dims[1] == count,
        "overlaps must be square\(overlaps.dims)")
      try checkScores(scores.shape, count: Dimension(count))
      let table = overlaps.elements(Float.self)
      let chosen = try BoxSuppression.select(
        scores: UnsafeBufferPointer(scores.elements(Float.self)), limit: limit(run.inputs[2]),
        threshold: scalar(run.inputs[3], "overlap_threshold", Float.self),
        scoreThreshold: scalar(run.inputs[4], "score_threshold", Float.self)
      ) { table[$0 * count + $1] }
      return [try Chosen(boxes: chosen).indices(padded: nil)]
    }, gradient: .zero)

  package let combinedNonMaxSuppression: OpDef = OpDef(
    "CombinedNonMaxSuppression",
    """
    boxes: float, scores: float, max_output_size_per_class: int32, max_total_size: int32, \
      iou_threshold: float, score_threshold: float -> nmsed_boxes: float, nmsed_scores: float, \
      nmsed_classes: float, valid_detections: int32
    pad_per_class: bool = false
    clip_boxes: bool = true
    """,
    shape: { context in
      let (boxes, scores) = (context.shapes[0], context.shapes[1])
      try checkBatchedBoxes(boxes, scores)
      try checkScalars(context, 2...)
      var count: Dimension?
      if let total = try context.size(3) {
        try require(total > 0, "max_total_size must be > 0")
        count = total
        if try context.bool("pad_per_class") {
          count = nil
          if let perClass = try context.size(2), let classes = scores[2] {
            try require(perClass > 0, "max_size_per_class must be positive")
            count = min(total, perClass * classes)
          }
        }
      }
      let batch = boxes[0] ?? scores[0]
      return [.of(batch, count, 4), .of(batch, count), .of(batch, count), .of(batch)]
    },
    kernel: .dynamic { context in
      let (pads, clips) = (try context.bool("pad_per_class"), try context.bool("clip_boxes"))
      return { try combined($0.inputs, pads: pads, clips: clips) }
    }, gradient: .none("TensorFlow defines no gradient for CombinedNonMaxSuppression"))

  // What the ops have in common.

  /// The boxes that were chosen, best first.
  private struct Chosen<T: BoxScalar> {
    let boxes: [(index: Int, score: T)]

    func indices(padded length: Int?) throws -> Tensor {
      let tensor = try Tensor.zeros(.int32, [length ?? boxes.count])
      let elements = tensor.elements(Int32.self)
      for (position, box) in boxes.enumerated() {
        elements[position] = Int32(truncatingIfNeeded: box.index)
      }
      return tensor
    }

    func scores(padded length: Int?) throws -> Tensor {
      let tensor = try Tensor.zeros(T.dtype, [length ?? boxes.count])
      let elements = tensor.elements(T.self)
      for (position, box) in boxes.enumerated() { elements[position] = box.score }
      return tensor
    }

    var count: Tensor { get throws { try Tensor(scalar: Int32(truncatingIfNeeded: boxes.count)) } }
  }

  private static func select<T: BoxScalar>(
    _ inputs: [Tensor], _: T.Type, threshold: T, scoreThreshold: T, sigma: T = 0
  ) throws -> Chosen<T> {
    let (boxes, scores) = (inputs[0], inputs[1])
    try checkBoxes(boxes.shape, scores.shape)
    let limit = try limit(inputs[2])
    let corners = UnsafePointer(boxes.elements(T.self).baseAddress!)
    return Chosen(
      boxes: try BoxSuppression.select(
        scores: UnsafeBufferPointer(scores.elements(T.self)), limit: limit, threshold: threshold,
        scoreThreshold: scoreThreshold, sigma: sigma
      ) { BoxSuppression.overlap(corners, $0, $1) })
  }

  /// What versions 2 to 4 choose; without an input for it no score is too low.
  private static func chosen(_ inputs: [Tensor], padded length: Int?) throws
    -> (indices: Tensor, count: Tensor)
  {
    func chosen<T: BoxScalar>(_: T.Type) throws -> (indices: Tensor, count: Tensor) {
      let boxes = try select(
        inputs, T.self, threshold: threshold(inputs[3], "iou_threshold", T.self),
        scoreThreshold: inputs.count > 4
          ? scalar(inputs[4], "score_threshold", T.self) : -T.greatestFiniteMagnitude)
      return try (boxes.indices(padded: length), boxes.count)
    }
    return inputs[0].dtype == .half ? try chosen(Float16.self) : try chosen(Float.self)
  }

  private static func limit(_ tensor: Tensor) throws -> Int {
    try require(tensor.dims.rank == 0, "max_output_size must be 0-D, got shape \(tensor.dims)")
    let limit = try tensor.integers()[0]
    try require(limit >= 0, "output size must be non-negative")
    return limit
  }

  /// A threshold, which may be of the other floating dtype than the boxes.
  private static func scalar<T: BoxScalar>(_ tensor: Tensor, _ name: String, _: T.Type) throws -> T
  {
    try require(tensor.dims.rank == 0, "\(name) must be 0-D, got shape \(tensor.dims)")
    return tensor.dtype == .half
      ? T(tensor.elements(Float16.self)[0]) : T(tensor.elements(Float.self)[0])
  }

  private static func threshold<T: BoxScalar>(_ tensor: Tensor, _ name: String, _: T.Type) throws
    -> T
  {
    let value = try scalar(tensor, name, T.self)
    try checkThreshold(value)
    return value
  }

  private static func checkThreshold(_ value: some BoxScalar) throws {
    try require(value >= 0 && value <= 1, "iou_threshold must be in [0, 1]")
  }

  private static func checkBoxes(_ boxes: PartialShape, _ scores: PartialShape) throws {
    try require(boxes.rank == nil || boxes.rank == 2, "boxes must be 2-D\(boxes)")
    try require(boxes[1] == nil || boxes[1] == 4, "boxes must have 4 columns\(boxes)")
    try checkScores(scores, count: boxes[0])
  }

  private static func checkScores(_ scores: PartialShape, count: Dimension?) throws {
    try require(scores.rank == nil || scores.rank == 1, "scores must be 1-D\(scores)")
    try require(
      count == nil || scores[0] == nil || scores[0] == count, "scores has incompatible shape")
  }

  private static func checkScalars(_ context: ShapeContext, _ inputs: PartialRangeFrom<Int>) throws
  {
    for input in inputs.lowerBound..<context.inputCount {
      let shape = context.shapes[input]
      try require(
        shape.rank == nil || shape.rank == 0,
        "\(context.signature.inputs[input].name) must be 0-D, got shape \(shape)")
    }
  }

  private static let selectionShape: ShapeRule = { [try selectionShape($0, pads: false)] }

  private static func selectionShape(_ context: ShapeContext, pads: Bool) throws -> PartialShape {
    try checkBoxes(context.shapes[0], context.shapes[1])
    try checkScalars(context, 2...)
    guard pads, let limit = try context.integers(2)?.first else { return [nil] }
    try require(limit >= 0, "output size must be non-negative")
    return [limit]
  }

  private static func checkBatchedBoxes(_ boxes: PartialShape, _ scores: PartialShape) throws {
    try require(boxes.rank == nil || boxes.rank == 4, "boxes must be 4-D\(boxes)")
    try require(scores.rank == nil || scores.rank == 3, "scores must be 3-D\(scores)")
    try require(boxes[3] == nil || boxes[3] == 4, "box dims must be 4, got \(boxes)")
    for axis in [0, 1] {
      try require(
        boxes[axis] == nil || scores[axis] == nil || boxes[axis] == scores[axis],
        "boxes \(boxes) and scores \(scores) must agree on batch and number of boxes")
    }
    try require(
      boxes[2] == nil || boxes[2] == 1 || scores[2] == nil || boxes[2] == scores[2],
      "third dimension of boxes must be either 1 or num classes")
  }

  private static func combined(_ inputs: [Tensor], pads: Bool, clips: Bool) throws -> [Tensor] {
    let (boxes, scores) = (inputs[0], inputs[1])
    try checkBatchedBoxes(boxes.shape, scores.shape)
    try require(
      inputs[2].dims.rank == 0, "max_size_per_class must be 0-D, got shape \(inputs[2].dims)")
    try require(inputs[3].dims.rank == 0, "max_total_size must be 0-D, got shape \(inputs[3].dims)")
    let perClass = try inputs[2].integers()[0]
    try require(perClass > 0, "max_size_per_class must be positive")
    let total = try inputs[3].integers()[0]
    try require(total > 0, "max_total_size must be > 0")
    let threshold = try threshold(inputs[4], "iou_threshold", Float.self)
    let scoreThreshold = try scalar(inputs[5], "score_threshold", Float.self)
    let (batch, count, groups) = (boxes.dims[0], boxes.dims[1], boxes.dims[2])
    let classes = scores.dims[2]
    try require(count > 0, "boxes must not be empty\(boxes.dims)")
    let length =
      pads ? min(total, perClass.multipliedReportingOverflow(by: classes).partialValue) : total

    let outBoxes = try Tensor.zeros(.float32, [batch, length, 4])
    let outScores = try Tensor.zeros(.float32, [batch, length])
    let outClasses = try Tensor.zeros(.float32, [batch, length])
    let valid = try Tensor.zeros(.int32, [batch])
    let corners = boxes.elements(Float.self)
    let values = scores.elements(Float.self)
    var own = [Float](repeating: 0, count: count * 4)
    var ownScores = [Float](repeating: 0, count: count)
    for image in 0..<batch {
      var found: [(score: Float, kind: Int, box: Int)] = []
      for kind in 0..<classes {
        let group = groups > 1 ? kind : 0
        for box in 0..<count {
          ownScores[box] = values[(image * count + box) * classes + kind]
          for corner in 0..<4 {
            own[box * 4 + corner] = corners[((image * count + box) * groups + group) * 4 + corner]
          }
        }
        let chosen = try own.withUnsafeBufferPointer { own in
          try ownScores.withUnsafeBufferPointer { scores in
            try BoxSuppression.select(
              scores: scores, limit: perClass, threshold: threshold,
              scoreThreshold: scoreThreshold, zeroesUnordered: false
            ) { BoxSuppression.overlap(own.baseAddress!, $0, $1) }
          }
        }
        found += chosen.map { ($0.score, kind, (image * count + $0.index) * groups + group) }
      }
      let order = found.indices.sorted {
        found[$0].score > found[$1].score || (found[$0].score == found[$1].score && $0 < $1)
      }
      let kept = order.prefix(length)
      valid.elements(Int32.self)[image] = Int32(truncatingIfNeeded: kept.count)
      for (position, index) in kept.enumerated() {
        let place = image * length + position
        outScores.elements(Float.self)[place] = found[index].score
        outClasses.elements(Float.self)[place] = Float(found[index].kind)
        for corner in 0..<4 {
          let value = corners[found[index].box * 4 + corner]
          outBoxes.elements(Float.self)[place * 4 + corner] = clips ? max(min(value, 1), 0) : value
        }
      }
    }
    return [outBoxes, outScores, outClasses, valid]
  }
}
