package import CoreOps

/// Ops that compare sequences or points, and the fit of a falling sequence.
package struct MatchingOps: OpFamily {
  package static let family: Self = define(Self())

  package let approxTopK: OpDef = OpDef(
    "ApproxTopK",
    """
    input: T -> values: T, indices: int32
    k: int >= 0
    reduction_dimension: int = -1
    recall_target: float = 0.95
    is_max_k: bool = true
    reduction_input_size_override: int = -1
    aggregate_to_topk: bool = true
    T: {half, bfloat16, float}
    """,
    shape: { context in
      let (input, k) = (context.shapes[0], try context.int("k"))
      guard var dims = input.dims else { return [.unknown, .unknown] }
      let axis = try ShapeRules.axis(try context.int("reduction_dimension"), rank: dims.count)
      if let size = dims[axis] {
        try require(
          size >= k, "input must have last dimension >= k = \(k) but was \(size)")
      }
      dims[axis] = Dimension(k)
      return [PartialShape(dims), PartialShape(dims)]
    },
    kernel: .dynamic { context in
      let (k, axis) = (try context.int("k"), try context.int("reduction_dimension"))
      // TensorFlow's kernel for CPUs is exact, and takes the largest along the last axis alone.
      guard try axis == -1 && context.bool("is_max_k") else {
        throw TFError.invalidArgument(
          """
          No OpKernel was registered to support Op 'ApproxTopK' with reduction_dimension=\(axis), \
          is_max_k=\(try context.bool("is_max_k")); registered: reduction_dimension=-1, \
          is_max_k=true
          """
        )
      }
      let top = try PreparedKernel(
        op: ScanOps.family.topKV2, node: "", attrs: Attrs(),
        inputTypes: [context.inputTypes[0], .int32])
      let count = try Tensor(scalar: Int32(clamping: k))
      return { run in try top.run([run.inputs[0], count], run.execution) }
    },
    gradient: .rule { context in
      // That of TopKV2, whose outputs are the same.
      guard case .rule(_, let rule) = ScanOps.family.topKV2.gradient else {
        throw TFError.internal("TopKV2 has no gradient")
      }
      return [try rule(context)[0]]
    })

  /// How many insertions, deletions and replacements lead from one sequence to another.
  package let editDistance: OpDef = OpDef(
    "EditDistance",
    """
    hypothesis_indices: int64, hypothesis_values: T, hypothesis_shape: int64, \
      truth_indices: int64, truth_values: T, truth_shape: int64 -> output: float
    normalize: bool = true
    T: type
    """,
    shape: { context in
      let first = try SparseCells.rank(context, name: "hypothesis")
      let second = try SparseCells.rank(context, at: 3, name: "truth")
      if let first, let second {
        try require(
          first == second,
          "Expected hypothesis and truth to have the same rank, got \(first) and \(second)")
      }
      guard let rank = first ?? second else { return [.unknown] }
      try require(
        rank >= 2, "Input SparseTensors must have rank at least 2, but the rank is: \(rank)")
      guard let a = try context.integers(2), let b = try context.integers(5) else {
        return [try .unknown(rank: rank - 1)]
      }
      return [PartialShape(zip(a, b).dropLast().map { max($0, $1) })]
    },
    kernel: .dynamic(["T": [.numbers, .bool, .string]], objects: .compare()) { context in
      let normalizes = try context.bool("normalize")
      return { run in
        let hypotheses = try Sequences(run.inputs, 0, "hypothesis")
        let truths = try Sequences(run.inputs, 3, "truth")
        let rank = hypotheses.cells.rank
        try require(
          rank == truths.cells.rank, "Expected hypothesis and truth to have the same rank")
        try require(
          rank >= 2,
          "Input SparseTensors must have rank at least 2, but truth_shape rank is: \(rank)")
        let dims = Shape(
          zip(hypotheses.cells.dims, truths.cells.dims).dropLast().map { max($0, $1) })
        let output = try Tensor.zeros(.float32, dims)
        let a = try hypotheses.byGroup(dims)
        let b = try truths.byGroup(dims)
        let out = output.elements(Float.self)
        var pace = Pace()
        for group in Set(a.keys).union(b.keys) {
          let (hypothesis, truth) = (a[group] ?? [], b[group] ?? [])
          let distance = Float(try distance(hypothesis, truth, &pace))
          out[group] =
            !normalizes
            ? distance
            : truth.isEmpty ? (hypothesis.isEmpty ? 0 : .infinity) : distance / Float(truth.count)
        }
        return [output]
      }
    }, gradient: .zero)

  /// The keys of the elements of a sparse tensor: equal ones where elements are equal.
  private struct Sequences {
    let cells: SparseCells
    private let keys: [UInt64]
    private let never: [UInt8]

    init(_ inputs: [Tensor], _ first: Int, _ name: String) throws {
      cells = try SparseCells(inputs[first], inputs[first + 1], inputs[first + 2], name)
      try cells.requireShape()
      (keys, never) = EqualRows.keys(inputs[first + 1], axis: 0)
    }

    /// The elements, by the flat place of their sequence.
    func byGroup(_ dims: Shape) throws -> [Int: [UInt64?]] {
      let strides = dims.strides
      let width = cells.count == 0 ? 0 : keys.count / cells.count
      var groups: [Int: [UInt64?]] = [:]
      for element in 0..<cells.count {
        var group = 0
        for axis in 0..<dims.rank {
          guard cells[element, axis] >= 0, cells[element, axis] < dims[axis] else {
            throw TFError.internal(
              """
              Got an inner product \(cells[element, axis]) which would require writing to outside \
              of the buffer for the output tensor
              """
            )
          }
          group += cells[element, axis] * strides[axis]
        }
        // Elements of two words, such as complex numbers, are compared by both words.
        let words = keys[element * width..<(element + 1) * width]
        let key = words.reduce(UInt64(0)) { ($0 &* 0x9e37_79b9_7f4a_7c15) ^ $1 }
        groups[group, default: []].append(never[element] == 0 ? key : nil)
      }
      return groups
    }
  }

  private static func distance(_ a: [UInt64?], _ b: [UInt64?], _ pace: inout Pace) throws -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      try pace.step(b.count)
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let isEqual = x != nil && x == y
        let best = min(diagonal + (isEqual ? 0 : 1), row[j] + 1, row[j + 1] + 1)
        diagonal = row[j + 1]
        row[j + 1] = best
      }
    }
    return row[b.count]
  }

  package let nearestNeighbors: OpDef = OpDef(
    "NearestNeighbors",
    """
    points: float, centers: float, k: int64 -> nearest_center_indices: int64, \
      nearest_center_distances: float
    """,
    shape: { context in
      let points = try context.shape(0, rank: 2, "points")
      let centers = try context.shape(1, rank: 2, "centers")
      try require(
        context.shapes[2].rank ?? 0 == 0, "k must be a scalar, got shape \(context.shapes[2])")
      if let a = points[1], let b = centers[1] {
        try require(a == b, "Expected point_dimensions == center_dimensions: \(a) vs \(b).")
      }
      let k = try context.size(2)
      if let k { try require(k >= 0, "k must be non-negative, got \(k)") }
      let count = k.flatMap { k in centers[0].map { min(k, $0) } }
      return [.of(points[0], count), .of(points[0], count)]
    },
    kernel: .raw { _ in
      { shapes in
        let (rows, count) = (shapes.outputs[0][0], shapes.outputs[0][1])
        let (centers, width) = (shapes.inputs[1][0], shapes.inputs[1][1])
        return .run { pointers in
          let x = pointers[0].assumingMemoryBound(to: Float.self)
          let c = pointers[1].assumingMemoryBound(to: Float.self)
          var pace = Pace()
          for row in 0..<rows {
            let distances = try (0..<centers).map { center in
              try pace.step(width)
              return (0..<width).reduce(Float(0)) {
                let difference = x[row &* width &+ $1] - c[center &* width &+ $1]
                return $0 + difference * difference
              }
            }
            let order = (0..<centers).sorted { (distances[$0], $0) < (distances[$1], $1) }
            for place in 0..<count {
              pointers[3].assumingMemoryBound(to: Int.self)[row &* count &+ place] = order[place]
              pointers[4].assumingMemoryBound(to: Float.self)[row &* count &+ place] =
                distances[order[place]]
            }
          }
        }
      }
    }, gradient: SparseOps.noGradient)

  /// Which of the sampled classes are true ones by accident.
  package let accidentalHits: OpDef = OpDef(
    "ComputeAccidentalHits",
    """
    true_classes: int64, sampled_candidates: int64 -> indices: int32, ids: int64, weights: float
    num_true: int
    seed: int = 0
    seed2: int = 0
    """,
    shape: { context in
      let classes = try context.shape(0, rank: 2, "true_classes")
      let count = try context.int("num_true")
      if let given = classes[1] {
        try require(given == count, "true_candidates must be a batch_size * num_true matrix")
      }
      _ = try context.shape(1, rank: 1, "sampled_candidates")
      return [[nil], [nil], [nil]]
    },
    kernel: .dynamic { context in
      let count = try context.int("num_true")
      return { run in
        let (classes, samples) = (run.inputs[0], run.inputs[1])
        try require(
          classes.dims.rank == 2 && classes.dims[1] == count,
          "true_candidates must be a batch_size * num_true matrix")
        try require(
          samples.dims.rank == 1,
          "sampled_candidates must be a vector, which is typically the output from CandidateSampler"
        )
        var places: [Int: Int] = [:]
        for (place, sample) in try samples.integers().enumerated() { places[sample] = place }
        var (rows, ids): ([Int32], [Int]) = ([], [])
        for (position, value) in try classes.integers().enumerated() {
          guard let place = places[value] else { continue }
          rows.append(Int32(truncatingIfNeeded: position / count))
          ids.append(place)
        }
        let weights = [Float](repeating: -.greatestFiniteMagnitude, count: ids.count)
        return [
          try Tensor(rows, dims: [rows.count]), try SparseRows.vector(ids),
          try Tensor(weights, dims: [ids.count]),
        ]
      }
    }, gradient: SparseOps.noGradient)

  /// The nearest falling sequence: neighbours that rise are replaced by their mean.
  package let isotonicRegression: OpDef = OpDef(
    "IsotonicRegression",
    """
    input: T -> output: output_dtype, segments: int32
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    output_dtype: {half, bfloat16, float, double} = float
    """,
    shape: { context in
      try require(context.shapes[0].rank ?? 1 >= 1, "input must have at least 1 dimension")
      return [context.shapes[0], context.shapes[0]]
    },
    kernel: .dynamic(["T": [.floats, .signedInts]]) { context in
      let dtype = try context.type("output_dtype")
      return { run in
        let input = run.inputs[0]
        try require(input.dims.rank >= 1, "input must have at least 1 dimension")
        let width = input.dims[input.dims.rank - 1]
        let x = try input.doubles()
        var means = [Double](repeating: 0, count: x.count)
        var segments = [Int32](repeating: 0, count: x.count)
        var pace = Pace()
        for row in 0..<(width == 0 ? 0 : x.count / width) {
          try pace.step(width)
          var blocks: [(sum: Double, count: Int)] = []
          for value in x[row * width..<(row + 1) * width] {
            blocks.append((value, 1))
            while blocks.count > 1 {
              let (last, before) = (blocks[blocks.count - 1], blocks[blocks.count - 2])
              guard last.sum / Double(last.count) >= before.sum / Double(before.count) else {
                break
              }
              blocks.removeLast()
              blocks[blocks.count - 1] = (last.sum + before.sum, last.count + before.count)
            }
          }
          var place = row * width
          for (number, block) in blocks.enumerated() {
            for _ in 0..<block.count {
              means[place] = block.sum / Double(block.count)
              segments[place] = Int32(number)
              place += 1
            }
          }
        }
        let output = try Tensor.uninitialized(dtype, input.dims)
        let values = means
        try output.fill(floats: { Float(values[$0]) }, doubles: { values[$0] })
        return [output, try Tensor(segments, dims: input.dims)]
      }
    },
    gradient: .rule(needs: .init(inputs: [0], outputs: [1])) { context in
      let gradient = try context.gradient(0)
      let width = try ShapeOps.lastDimension(of: context.inputs[0])
      let flat = try ShapeOps.flat(gradient)
      let count = try ShapeOps.sizeTensor(of: gradient)
      // The segments of row r are numbered from r times the width on: a row has at most as many
      // segments as elements.
      let rows = try BinaryOps.family.floordiv(
        SearchOps.family.range([0.asTensor(), count, 1.asTensor()]), width)
      let ids =
        try ShapeOps.flat(context.outputs[1]) + rows * width
      let ones = try BasicOps.family.onesLike([flat])
      let sums = try SegmentOps.family.unsortedSum([flat, ids, count])
      let sizes = try SegmentOps.family.unsortedSum([ones, ids, count])
      let means = try SegmentOps.gather(sums, ids) / SegmentOps.gather(sizes, ids)
      let result = try ShapeOps.family.reshape([means, ShapeOps.shapeTensor(of: gradient)])
      let dtype = context.inputs[0].dtype
      return [try CastOps.cast(result, dtype)]
    })
}
