import CKernels
package import CoreOps

/// Reductions over segments of rows that indices pick, and their gradients.
package struct SparseSegmentOps: OpFamily {
  package static let family: Self = define(Self())

  /// What becomes of a segment's sum.
  enum Mode: Sendable {
    case sum, mean, sqrtN

    var name: String {
      switch self {
      case .sum: "Sum"
      case .mean: "Mean"
      case .sqrtN: "SqrtN"
      }
    }
  }

  package let sum: OpDef = segments(.sum)
  package let mean: OpDef = segments(.mean)
  package let sqrtN: OpDef = segments(.sqrtN)
  package let sumOfCount: OpDef = segments(.sum, counted: true)
  package let meanOfCount: OpDef = segments(.mean, counted: true)
  package let sqrtNOfCount: OpDef = segments(.sqrtN, counted: true)
  package let sumGrad: OpDef = gradient(.sum)
  package let meanGrad: OpDef = gradient(.mean)
  package let sqrtNGrad: OpDef = gradient(.sqrtN)
  package let sumGradV2: OpDef = sparseGradient(.sum)
  package let meanGradV2: OpDef = sparseGradient(.mean)
  package let sqrtNGradV2: OpDef = sparseGradient(.sqrtN)

  private static func gradientOp(_ mode: Mode) -> OpDef {
    switch mode {
    case .sum: family.sumGrad
    case .mean: family.meanGrad
    case .sqrtN: family.sqrtNGrad
    }
  }

  private static func segments(_ mode: Mode, counted: Bool = false) -> OpDef {
    let types =
      mode == .sum
      ? "float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64"
      : "bfloat16, half, float, double"
    return OpDef(
      "SparseSegment\(mode.name)\(counted ? "WithNumSegments" : "")",
      """
      data: T, indices: Tidx, segment_ids: Tsegmentids\
        \(counted ? ", num_segments: Tnumsegments" : "") -> output: T
      T: {\(types)}
      Tidx: {int32, int64} = int32\(counted ? "\nTnumsegments: {int32, int64} = int32" : "")
      Tsegmentids: {int32, int64} = int32
      sparse_gradient: bool = false
      """,
      shape: { context in
        try checkIds(context)
        guard let dims = context.shapes[0].dims else { return [.unknown] }
        try require(!dims.isEmpty, "Shape must be at least rank 1")
        let rows: Dimension?
        if counted {
          try require(
            context.shapes[3].rank ?? 0 == 0,
            "num_segments should be a scalar, not shape \(context.shapes[3])")
          rows = try context.size(3)
          if let rows { try require(rows >= 0, "segment ids must be >= 0") }
        } else {
          rows = try SegmentIds.count(context.values[2]).map { Dimension($0) }
        }
        return [PartialShape([rows] + dims.dropFirst())]
      },
      kernel: .raw(["T": mode == .sum ? [.reals] : [.floats]]) { context in
        let type = try context.type("T")
        let sizes = (try context.type("Tidx").byteSize, try context.type("Tsegmentids").byteSize)
        let inputs = counted ? 4 : 3
        return { shapes in
          let count = shapes.inputs[2].elementCount
          let rows = shapes.inputs[0][0]
          let segments = shapes.outputs[0][0]
          let inner = shapes.outputs[0].dims.dropFirst().reduce(1, *)
          let layout = SegmentScratch(
            type, outputs: segments * inner, divisors: mode == .sum ? 0 : segments)
          return .run(scratch: layout.bytes) { pointers in
            let from = jk_ids(values: pointers[1], size: sizes.0)
            let ids = jk_ids(values: pointers[2], size: sizes.1)
            if counted, count > 0 {
              try require(
                SegmentIds.value(ids, count - 1) < segments, "segment ids must be < num_segments")
            }
            try SegmentIds.checkSorted(ids, count, segments)
            let bad = jk_first_outside(from, count, 0, Int64(rows))
            if bad >= 0 {
              throw TFError.invalidArgument(
                """
                Bad: indices[\(bad)] == \(SegmentIds.value(from, Int(bad))) out of range [0, \
                \(rows))
                """
              )
            }
            var job = jk_segments()
            job.operation = Int32(JK_SEGMENT_SUM)
            job.dtype = Int32(type.rawValue)
            job.in = UnsafeRawPointer(pointers[0])
            job.from = from
            job.to = ids
            job.count = count
            job.inner = inner
            job.out = pointers[inputs]
            job.out_rows = segments
            if layout.bytes > 0 { job.work = pointers[inputs + 1] }
            if mode != .sum {
              let divisors = layout.divisors(pointers[inputs + 1])
              jk_count_ids(ids, count, divisors, segments, mode == .sqrtN)
              job.out_divisors = UnsafePointer(divisors)
            }
            jk_fold_segments(&job)
          }
        }
      },
      gradient: .slices(needs: .inputs(1, 2)) { context in
        let data = context.inputs[0]
        let arguments = [
          try context.gradient(), context.inputs[1], context.inputs[2],
          try ShapeOps.firstDimension(of: data),
        ]
        let rest = [GradientValue?](repeating: nil, count: counted ? 3 : 2)
        guard try context.bool("sparse_gradient") else {
          return [.dense(try gradientOp(mode)(arguments))] + rest
        }
        let rows = try apply(sparseGradientOp(mode), arguments)
        return [
          .slices(
            IndexedSlices(
              values: rows[0], indices: rows[1], denseShape: try ShapeOps.shapeTensor(of: data)))
        ] + rest
      })
  }

  private static func sparseGradientOp(_ mode: Mode) -> OpDef {
    switch mode {
    case .sum: family.sumGradV2
    case .mean: family.meanGradV2
    case .sqrtN: family.sqrtNGradV2
    }
  }

  private static func checkIds(_ context: ShapeContext) throws {
    let (indices, ids) = (context.shapes[1], context.shapes[2])
    try require(indices.rank ?? 1 == 1, "indices should be a vector.")
    try require(ids.rank ?? 1 == 1, "segment_ids should be a vector.")
    if let count = indices[0], let other = ids[0], count != other {
      throw TFError.invalidArgument("segment_ids and indices should have same size.")
    }
  }

  private static func gradient(_ mode: Mode) -> OpDef {
    OpDef(
      "SparseSegment\(mode.name)Grad",
      """
      grad: T, indices: Tidx, segment_ids: Tsegmentids, output_dim0: int32 -> output: T
      T: {bfloat16, half, float, double}
      Tidx: {int32, int64} = int32
      Tsegmentids: {int32, int64} = int32
      """,
      shape: { context in
        try checkIds(context)
        try require(
          context.shapes[3].rank ?? 0 == 0,
          "output_dim0 should be a scalar, not shape \(context.shapes[3])")
        let rows = try context.size(3)
        if let rows { try require(rows >= 0, "Cannot specify a negative value for output_dim0") }
        guard let dims = context.shapes[0].dims else { return [.unknown] }
        try require(!dims.isEmpty, "Shape must be at least rank 1")
        return [PartialShape([rows] + dims.dropFirst())]
      },
      kernel: .raw(["T": .floats]) { context in
        let type = try context.type("T")
        let sizes = (try context.type("Tidx").byteSize, try context.type("Tsegmentids").byteSize)
        return { shapes in
          let count = shapes.inputs[1].elementCount
          let segments = shapes.inputs[0][0]
          let rows = shapes.outputs[0][0]
          let inner = shapes.outputs[0].dims.dropFirst().reduce(1, *)
          let layout = SegmentScratch(
            type, outputs: rows * inner, divisors: mode == .sum ? 0 : segments)
          return .run(scratch: layout.bytes) { pointers in
            let to = jk_ids(values: pointers[1], size: sizes.0)
            let ids = jk_ids(values: pointers[2], size: sizes.1)
            try checkGradient(to, ids, count, segments: segments, rows: rows)
            scatter(
              mode, type, pointers[0], to, ids, count, inner, segments, pointers[4], rows,
              layout.bytes > 0 ? pointers[5] : nil, layout)
          }
        }
      }, gradient: .none("TensorFlow has no gradient for it"))
  }

  private static func checkGradient(
    _ indices: jk_ids, _ ids: jk_ids, _ count: Int, segments: Int, rows: Int
  ) throws {
    let bad = jk_first_outside(indices, count, 0, Int64(rows))
    if bad >= 0 {
      throw TFError.invalidArgument(
        "Index \(SegmentIds.value(indices, Int(bad))) out of range [0, \(rows)).")
    }
    if count > 0, SegmentIds.value(ids, count - 1) >= segments {
      throw TFError.invalidArgument("Invalid number of segments")
    }
    let wrong = jk_first_outside(ids, count, 0, Int64(segments))
    if wrong >= 0 {
      throw TFError.invalidArgument(
        "Segment id \(SegmentIds.value(ids, Int(wrong))) out of range [0, \(segments)).")
    }
  }

  private static func scatter(
    _ mode: Mode, _ type: DType, _ gradient: UnsafeMutableRawPointer, _ to: jk_ids, _ ids: jk_ids,
    _ count: Int, _ inner: Int, _ segments: Int, _ out: UnsafeMutableRawPointer, _ rows: Int,
    _ work: UnsafeMutableRawPointer?, _ layout: SegmentScratch
  ) {
    var job = jk_segments()
    job.operation = Int32(JK_SEGMENT_SUM)
    job.dtype = Int32(type.rawValue)
    job.in = UnsafeRawPointer(gradient)
    job.from = ids
    job.to = to
    job.count = count
    job.inner = inner
    job.out = out
    job.out_rows = rows
    job.work = work
    if mode != .sum, let work {
      let divisors = layout.divisors(work)
      jk_count_ids(ids, count, divisors, segments, mode == .sqrtN)
      job.in_divisors = UnsafePointer(divisors)
    }
    jk_fold_segments(&job)
  }

  /// The gradient as rows for the indices that occur, and those indices.
  private static func sparseGradient(_ mode: Mode) -> OpDef {
    OpDef(
      "SparseSegment\(mode.name)GradV2",
      """
      grad: T, indices: Tidx, segment_ids: Tsegmentids, dense_output_dim0: int32 -> output: T, \
        sorted_unique_indices: Tidx
      T: {bfloat16, half, float, double}
      Tidx: {int32, int64} = int32
      Tsegmentids: {int32, int64} = int32
      """,
      shape: { context in
        try checkIds(context)
        try require(
          context.shapes[3].rank ?? 0 == 0,
          "dense_output_dim0 should be a scalar, not shape \(context.shapes[3])")
        guard let dims = context.shapes[0].dims else { return [.unknown, .unknown(rank: 1)] }
        try require(!dims.isEmpty, "Shape must be at least rank 1")
        return [PartialShape([nil] + dims.dropFirst()), .unknown(rank: 1)]
      },
      kernel: .dynamic(["T": .floats]) { context in
        let type = try context.type("T")
        let idType = try context.type("Tidx")
        let idSize = try context.type("Tsegmentids").byteSize
        return { run in
          let (gradient, indices, segmentIds) = (run.inputs[0], run.inputs[1], run.inputs[2])
          try require(gradient.dims.rank > 0, "Shape must be at least rank 1")
          try require(indices.dims.rank == 1, "indices should be a vector.")
          try require(segmentIds.dims.rank == 1, "segment_ids should be a vector.")
          try require(run.inputs[3].dims.rank == 0, "dense_output_dim0 should be a scalar.")
          let count = indices.dims.elementCount
          try require(
            segmentIds.dims.elementCount == count, "segment_ids and indices should have same size.")
          let rows = try run.inputs[3].integers()[0]
          try require(rows >= 0, "Cannot specify a negative value for dense_output_dim0")
          let segments = gradient.dims[0]
          let ids = jk_ids(values: segmentIds.pointer, size: idSize)
          try checkGradient(
            jk_ids(values: indices.pointer, size: idType.byteSize), ids, count, segments: segments,
            rows: rows)
          // Each index's place among the different ones.
          let given = try indices.integers()
          var places: [Int: Int] = [:]
          let unique = Array(Set(given)).sorted()
          for (place, index) in unique.enumerated() { places[index] = place }
          let to = given.map { places[$0] ?? 0 }
          let tail = Array(gradient.dims.dims.dropFirst())
          let output = try Tensor.uninitialized(type, Shape([unique.count] + tail))
          let inner = tail.reduce(1, *)
          let layout = SegmentScratch(
            type, outputs: unique.count * inner, divisors: mode == .sum ? 0 : segments)
          let work = layout.bytes > 0 ? try Buffer(byteCount: layout.bytes) : nil
          to.withUnsafeBytes { to in
            scatter(
              mode, type, gradient.pointer, jk_ids(values: to.baseAddress, size: 8), ids, count,
              inner, segments, output.pointer, unique.count, work?.pointer, layout)
          }
          withExtendedLifetime((gradient, segmentIds, work)) {}
          return [output, try unique.asTensor(preferring: idType)]
        }
      }, gradient: .none("TensorFlow has no gradient for it"))
  }
}
