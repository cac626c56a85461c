package import CKernels

/// Reductions over segments.
package struct SegmentOps: OpFamily {
  package static let family: Self = define(Self())

  package let sum: OpDef = sorted("SegmentSum", JK_SEGMENT_SUM) { context in
    try gather(context.gradient(), context.inputs[1])
  }
  package let mean: OpDef = sorted("SegmentMean", JK_SEGMENT_SUM, mean: true) { context in
    let ids = context.inputs[1]
    let counts = try family.sum([SegmentGradients.onesLike(context.inputs[0]), ids])
    return try gather(context.gradient() / counts, ids)
  }
  package let prod: OpDef = sorted("SegmentProd", JK_SEGMENT_PROD) { context in
    try SegmentGradients.product(
      context, sum: { try family.sum([$0, context.inputs[1]]) },
      product: { try family.prod([$0, context.inputs[1]]) }, gather: gather)
  }
  package let max: OpDef = sorted("SegmentMax", JK_SEGMENT_MAX, ordered: true) { context in
    try SegmentGradients.extreme(
      context, sum: { try family.sum([$0, context.inputs[1]]) }, gather: gather)
  }
  package let min: OpDef = sorted("SegmentMin", JK_SEGMENT_MIN, ordered: true) { context in
    try SegmentGradients.extreme(
      context, sum: { try family.sum([$0, context.inputs[1]]) }, gather: gather)
  }

  package let unsortedSum: OpDef = unsorted(
    "UnsortedSegmentSum", JK_SEGMENT_SUM, ids: "int16, int32, int64"
  ) {
    try SegmentGradients.gatherOrZero($0.gradient(), $0.inputs[1])
  }
  package let unsortedProd: OpDef = unsorted("UnsortedSegmentProd", JK_SEGMENT_PROD) { context in
    try SegmentGradients.product(
      context, sum: { try family.unsortedSum([$0, context.inputs[1], context.inputs[2]]) },
      product: { try family.unsortedProd([$0, context.inputs[1], context.inputs[2]]) },
      gather: SegmentGradients.gatherOrZero)
  }
  package let unsortedMax: OpDef = unsorted("UnsortedSegmentMax", JK_SEGMENT_MAX, ordered: true) {
    context in
    try SegmentGradients.extreme(
      context, sum: { try family.unsortedSum([$0, context.inputs[1], context.inputs[2]]) },
      gather: SegmentGradients.gatherOrZero)
  }
  package let unsortedMin: OpDef = unsorted("UnsortedSegmentMin", JK_SEGMENT_MIN, ordered: true) {
    context in
    try SegmentGradients.extreme(
      context, sum: { try family.unsortedSum([$0, context.inputs[1], context.inputs[2]]) },
      gather: SegmentGradients.gatherOrZero)
  }

  // These ops take num_segments and compute what the ops on unsorted ids do.
  package let sumV2: OpDef = unsorted("SegmentSumV2", JK_SEGMENT_SUM, gradient: nil)
  package let prodV2: OpDef = unsorted("SegmentProdV2", JK_SEGMENT_PROD, gradient: nil)
  package let maxV2: OpDef = unsorted("SegmentMaxV2", JK_SEGMENT_MAX, ordered: true, gradient: nil)
  package let minV2: OpDef = unsorted("SegmentMinV2", JK_SEGMENT_MIN, ordered: true, gradient: nil)

  package static func gather(_ rows: Tensor, _ ids: Tensor) throws -> Tensor {
    try GatherOps.family.gatherV2([rows, ids, 0.asTensor()])
  }

  private static func dataTypes(_ ordered: Bool) -> String {
    ordered
      ? "float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64"
      : """
      float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64
      """
  }

  private static func sorted(
    _ name: String, _ operation: some BinaryInteger, mean: Bool = false, ordered: Bool = false,
    gradient: @escaping @Sendable (GradientContext) throws -> Tensor
  ) -> OpDef {
    let operation = Int32(operation)
    return OpDef(
      name,
      """
      data: T, segment_ids: Tindices -> output: T
      T: {\(dataTypes(ordered))}
      Tindices: {int32, int64}
      """,
      shape: { context in
        let (data, ids) = (context.shapes[0], context.shapes[1])
        if let rank = ids.rank, rank != 1 {
          throw TFError.invalidArgument("segment_ids should be a vector.")
        }
        guard let dims = data.dims else { return [.unknown] }
        try require(!dims.isEmpty, "input must be at least rank 1")
        if let rows = dims[0], let count = ids[0], rows != count {
          throw TFError.invalidArgument(
            "segment_ids should be the same size as dimension 0 of input.")
        }
        return [
          PartialShape(
            [try SegmentIds.count(context.values[1]).map { Dimension($0) }] + dims.dropFirst())
        ]
      },
      kernel: .raw(["T": ordered ? [.reals] : [.numbers]]) { context in
        let type = try context.type("T")
        let idType = try context.type("Tindices")
        return { shapes in
          let count = shapes.inputs[1].elementCount
          let segments = shapes.outputs[0][0]
          let inner = shapes.outputs[0].dims.dropFirst().reduce(1, *)
          let layout = SegmentScratch(
            type, outputs: segments * inner, divisors: mean ? segments : 0)
          return .run(scratch: layout.bytes) { pointers in
            let ids = jk_ids(values: pointers[1], size: idType.byteSize)
            try SegmentIds.checkSorted(ids, count, segments)
            var job = jk_segments()
            job.operation = operation
            job.dtype = Int32(type.rawValue)
            job.in = UnsafeRawPointer(pointers[0])
            job.to = ids
            job.count = count
            job.inner = inner
            job.out = pointers[2]
            job.out_rows = segments
            job.gaps_are_zero = operation == JK_SEGMENT_MAX || operation == JK_SEGMENT_MIN
            if layout.bytes > 0 { job.work = pointers[3] }
            if mean {
              let divisors = layout.divisors(pointers[3])
              jk_count_ids(ids, count, divisors, segments, false)
              job.out_divisors = UnsafePointer(divisors)
            }
            jk_fold_segments(&job)
          }
        }
      }, gradient: .rule { [try gradient($0), nil] })
  }

  private static func unsorted(
    _ name: String, _ operation: some BinaryInteger, ids: String = "int32, int64",
    ordered: Bool = false, gradient: (@Sendable (GradientContext) throws -> Tensor)?
  ) -> OpDef {
    let operation = Int32(operation)
    let types = dataTypes(ordered)
    return OpDef(
      name,
      """
      data: T, segment_ids: Tindices, num_segments: Tnumsegments -> output: T
      T: {\(types)}
      Tindices: {\(ids)}
      Tnumsegments: {int32, int64} = int32
      """,
      shape: { context in
        let (data, ids) = (context.shapes[0], context.shapes[1])
        try require(
          context.shapes[2].rank ?? 0 == 0,
          "num_segments should be a scalar, not shape \(context.shapes[2])")
        let segments = try context.size(2)
        if let segments {
          try require(segments >= 0, "Input num_segments == \(segments) must not be negative.")
        }
        guard let dims = data.dims, let prefix = ids.dims else { return [.unknown] }
        let fits =
          prefix.count <= dims.count
          && zip(dims, prefix).allSatisfy { $0 == nil || $1 == nil || $0 == $1 }
        try require(
          fits, "data.shape = \(data) does not start with segment_ids.shape = \(ids)")
        return [PartialShape([segments] + dims.dropFirst(prefix.count))]
      },
      kernel: .raw(["T": ordered ? [.reals] : [.numbers]]) { context in
        let type = try context.type("T")
        let idType = try context.type("Tindices")
        return { shapes in
          let idShape = shapes.inputs[1]
          let count = idShape.elementCount
          let segments = shapes.outputs[0][0]
          let inner = shapes.outputs[0].dims.dropFirst().reduce(1, *)
          let layout = SegmentScratch(type, outputs: segments * inner, divisors: 0)
          return .run(scratch: layout.bytes) { pointers in
            let ids = jk_ids(values: pointers[1], size: idType.byteSize)
            let bad = jk_first_outside(ids, count, .min, Int64(segments))
            if bad >= 0 {
              let place = Indices.place(Int(bad), in: idShape)
              throw TFError.invalidArgument(
                """
                segment_ids\(place) = \(SegmentIds.value(ids, Int(bad))) is out of range [0, \
                \(segments))
                """
              )
            }
            var job = jk_segments()
            job.operation = operation
            job.dtype = Int32(type.rawValue)
            job.in = UnsafeRawPointer(pointers[0])
            job.to = ids
            job.count = count
            job.inner = inner
            job.out = pointers[3]
            job.out_rows = segments
            if layout.bytes > 0 { job.work = pointers[4] }
            jk_fold_segments(&job)
          }
        }
      },
      gradient: gradient.map { rule in .rule { [try rule($0), nil, nil] } }
        ?? .none("\(name) has no gradient in TensorFlow"))
  }
}

/// What a segment reduction needs besides its output: sums in floats for half and bfloat16, then
/// divisors.
package struct SegmentScratch: Sendable {
  package let bytes: Int
  private let sums: Int

  package init(_ type: DType, outputs: Int, divisors: Int) {
    sums = type == .half || type == .bfloat16 ? (outputs * 4 + 7) & ~7 : 0
    bytes = sums + divisors * 8
  }

  package func divisors(_ scratch: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Double> {
    (scratch + sums).assumingMemoryBound(to: Double.self)
  }
}

/// What is asked of ids before rows go where they say.
package enum SegmentIds {
  package static func value(_ ids: jk_ids, _ position: Int) -> Int {
    Indices.value(ids.values, position, Int32(ids.size))
  }

  /// How many segments sorted ids name: one more than the last, when that is known.
  package static func count(_ ids: Tensor?) throws -> Int? {
    guard let ids else { return nil }
    let size = ids.dims.elementCount
    if size == 0 { return 0 }
    let last = value(jk_ids(values: ids.pointer, size: ids.dtype.byteSize), size - 1)
    try require(last >= 0, "segment ids must be >= 0")
    try require(last < Int(Int32.max) << 16, "segment id \(last) is too large")
    return last + 1
  }

  /// - Throws: `INVALID_ARGUMENT` when ids get smaller, or one is not in `0..<segments`.
  package static func checkSorted(_ ids: jk_ids, _ count: Int, _ segments: Int) throws {
    if jk_first_descent(ids, count) >= 0 {
      throw TFError.invalidArgument("segment ids are not increasing")
    }
    let bad = jk_first_outside(ids, count, 0, Int64(segments))
    if bad >= 0 {
      throw TFError.invalidArgument(
        """
        Segment id \(value(ids, Int(bad))) out of range [0, \(segments)), possibly because \
        'segment_ids' input is not sorted.
        """
      )
    }
  }
}

extension SharedAPI {
  /// Sums of the rows of `data` that share an id. Follows `tf.math.segment_sum`.
  ///
  /// - Parameter segmentIds: one id per row, sorted.
  /// - Throws: `INVALID_ARGUMENT` when ids are negative or get smaller.
  public static func segmentSum(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.sum([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func segmentSum(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try segmentSum(data, segmentIds, name: name)
  }

  /// Means of the rows of `data` that share an id. Follows `tf.math.segment_mean`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentMean(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.mean([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func segmentMean(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try segmentMean(data, segmentIds, name: name)
  }

  /// Products of the rows of `data` that share an id. Follows `tf.math.segment_prod`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentProd(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.prod([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func segmentProd(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try segmentProd(data, segmentIds, name: name)
  }

  /// The greatest of the rows of `data` that share an id. Follows `tf.math.segment_max`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentMax(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.max([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func segmentMax(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try segmentMax(data, segmentIds, name: name)
  }

  /// The least of the rows of `data` that share an id. Follows `tf.math.segment_min`.
  ///
  /// - Parameters and errors: as `segmentSum`.
  public static func segmentMin(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.min([data.asTensor(), segmentIds.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func segmentMin(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try segmentMin(data, segmentIds, name: name)
  }

  /// Sums of the elements of `data` that share an id, in any order. Follows
  /// `tf.math.unsorted_segment_sum`.
  ///
  /// - Parameters:
  ///   - segmentIds: their shape is a prefix of that of `data`; what has a negative id is left out.
  ///   - numSegments: the number of rows of the result.
  /// - Throws: `INVALID_ARGUMENT` when an id is not below `numSegments`.
  public static func unsortedSegmentSum(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.unsortedSum(
      [data.asTensor(), segmentIds.asTensor(), numSegments.asTensor()], name: name)
  }

  /// The same with its arguments by position.
  public static func unsortedSegmentSum(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    _ numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try unsortedSegmentSum(data, segmentIds, numSegments: numSegments, name: name)
  }

  /// The same with its arguments by label.
  public static func unsortedSegmentSum(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try unsortedSegmentSum(data, segmentIds, numSegments: numSegments, name: name)
  }

  /// The greatest of the elements of `data` that share an id. Follows
  /// `tf.math.unsorted_segment_max`.
  ///
  /// - Parameters and errors: as `unsortedSegmentSum`.
  public static func unsortedSegmentMax(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.unsortedMax(
      [data.asTensor(), segmentIds.asTensor(), numSegments.asTensor()], name: name)
  }

  /// The same with its arguments by position.
  public static func unsortedSegmentMax(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    _ numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try unsortedSegmentMax(data, segmentIds, numSegments: numSegments, name: name)
  }

  /// The same with its arguments by label.
  public static func unsortedSegmentMax(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try unsortedSegmentMax(data, segmentIds, numSegments: numSegments, name: name)
  }

  /// The least of the elements of `data` that share an id. Follows `tf.math.unsorted_segment_min`.
  ///
  /// - Parameters and errors: as `unsortedSegmentSum`.
  public static func unsortedSegmentMin(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SegmentOps.family.unsortedMin(
      [data.asTensor(), segmentIds.asTensor(), numSegments.asTensor()], name: name)
  }

  /// The same with its arguments by position.
  public static func unsortedSegmentMin(
    _ data: some TensorConvertible, _ segmentIds: some TensorConvertible,
    _ numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try unsortedSegmentMin(data, segmentIds, numSegments: numSegments, name: name)
  }

  /// The same with its arguments by label.
  public static func unsortedSegmentMin(
    _ data: some TensorConvertible, segmentIds: some TensorConvertible,
    numSegments: any TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try unsortedSegmentMin(data, segmentIds, numSegments: numSegments, name: name)
  }
}
