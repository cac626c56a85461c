package import CoreOps

/// Ops on ragged tensors: values, and for each nesting the places where rows begin.
package struct RaggedOps: OpFamily {
  package static let family: Self = define(Self())

  package let range: OpDef = OpDef(
    "RaggedRange",
    """
    starts: T, limits: T, deltas: T -> rt_nested_splits: Tsplits, rt_dense_values: T
    T: {bfloat16, float, double, int32, int64} = int32
    Tsplits: {int32, int64} = int64
    """,
    shape: { context in
      var rows: Dimension?
      var areScalars = true
      for (index, name) in ["starts", "limits", "deltas"].enumerated() {
        let shape = context.shapes[index]
        try require(shape.rank ?? 0 <= 1, "\(name) must be a scalar or vector, got shape \(shape)")
        if shape.rank != 0 { areScalars = false }
        guard let count = shape[0] else { continue }
        try require(
          rows == nil || rows == count, "starts, limits, and deltas must have the same shape")
        rows = count
      }
      return [.of(areScalars ? 2 : rows.map { $0 + 1 }), [nil]]
    },
    kernel: .dynamic(["T": DTypeSet(.float32, .float64, .int32, .int64)]) { context in
      let splits = try context.type("Tsplits")
      return { run in
        var rows: Int?
        for (input, name) in zip(run.inputs, ["starts", "limits", "deltas"]) {
          try require(input.dims.rank <= 1, "\(name) must be a scalar or vector")
          guard input.dims.rank == 1 else { continue }
          try require(
            rows == nil || rows == input.dims[0],
            "starts, limits, and deltas must have the same shape")
          rows = input.dims[0]
        }
        switch run.inputs[0].dtype {
        case .float32: return try floats(Float.self, run.inputs, rows ?? 1, splits)
        case .float64: return try floats(Double.self, run.inputs, rows ?? 1, splits)
        default: return try integers(run.inputs, rows ?? 1, splits)
        }
      }
    }, gradient: .zero)

  /// The places where rows of `sizes` begin.
  ///
  /// - Throws: `INVALID_ARGUMENT` when there are more values than `dtype` counts.
  private static func splits(_ sizes: [Int], _ dtype: DType) throws -> Tensor {
    var ends = [0]
    for size in sizes {
      let (end, overflow) = (ends.last ?? 0).addingReportingOverflow(size)
      try require(
        !overflow && (dtype == .int64 || end <= Int(Int32.max)),
        "Row splits do not fit \(dtype): the total is too large")
      ends.append(end)
    }
    return try SparseRows.vector(ends, dtype)
  }

  private static func floats<T: BinaryFloatingPoint & TensorScalar>(
    _: T.Type, _ inputs: [Tensor], _ rows: Int, _ dtype: DType
  ) throws -> [Tensor] {
    let parts = inputs.map { $0.elements(T.self) }
    func at(_ input: Int, _ row: Int) -> T { parts[input][inputs[input].dims.rank == 0 ? 0 : row] }
    let sizes = try (0..<rows).map { row -> Int in
      let (start, limit, delta) = (at(0, row), at(1, row), at(2, row))
      try require(delta != 0, "Requires delta != 0")
      if (delta > 0 && limit < start) || (delta < 0 && limit > start) { return 0 }
      let size = ((limit - start) / delta).magnitude.rounded(.up)
      try require(
        size.isFinite && size < 9e18,
        "Requires ((limit - start) / delta) <= \(dtype == .int64 ? Int.max : Int(Int32.max))")
      return Int(size)
    }
    let splits = try splits(sizes, dtype)
    let values = try Tensor.uninitialized(T.dtype, [sizes.reduce(0, +)])
    let out = values.elements(T.self)
    var next = 0
    var pace = Pace()
    for (row, size) in sizes.enumerated() {
      var value = at(0, row)
      for _ in 0..<size {
        try pace.step()
        out[next] = value
        value += at(2, row)
        next += 1
      }
    }
    return [splits, values]
  }

  private static func integers(_ inputs: [Tensor], _ rows: Int, _ dtype: DType) throws -> [Tensor] {
    let parts = try inputs.map { try $0.integers() }
    func at(_ input: Int, _ row: Int) -> Int {
      parts[input][inputs[input].dims.rank == 0 ? 0 : row]
    }
    let sizes = try (0..<rows).map { row -> Int in
      let (start, limit, delta) = (at(0, row), at(1, row), at(2, row))
      try require(delta != 0, "Requires delta != 0")
      if (delta > 0 && limit < start) || (delta < 0 && limit > start) { return 0 }
      let span = delta > 0 ? UInt(bitPattern: limit &- start) : UInt(bitPattern: start &- limit)
      let size = span / delta.magnitude + (span % delta.magnitude == 0 ? 0 : 1)
      try require(
        size <= UInt(dtype == .int64 ? Int.max : Int(Int32.max)),
        "Requires ((limit - start) / delta) <= \(dtype == .int64 ? Int.max : Int(Int32.max))")
      return Int(size)
    }
    let splits = try splits(sizes, dtype)
    let values = try Tensor.uninitialized(inputs[0].dtype, [sizes.reduce(0, +)])
    let wide = values.dtype == .int64
    var next = 0
    var pace = Pace()
    for (row, size) in sizes.enumerated() {
      var value = at(0, row)
      for _ in 0..<size {
        try pace.step()
        if wide {
          values.elements(Int.self)[next] = value
        } else {
          values.elements(Int32.self)[next] = Int32(truncatingIfNeeded: value)
        }
        value &+= at(2, row)
        next += 1
      }
    }
    return [splits, values]
  }

  package let gather: OpDef = OpDef(
    "RaggedGather",
    """
    params_nested_splits: PARAMS_RAGGED_RANK * Tsplits, params_dense_values: Tvalues, \
      indices: Tindices -> output_nested_splits: OUTPUT_RAGGED_RANK * Tsplits, \
      output_dense_values: Tvalues
    Tvalues: type
    Tindices: {int32, int64}
    Tsplits: {int32, int64} = int64
    PARAMS_RAGGED_RANK: int >= 1
    OUTPUT_RAGGED_RANK: int >= 0
    """,
    shape: { context in
      let depth = try context.int("PARAMS_RAGGED_RANK")
      let outputs = try context.int("OUTPUT_RAGGED_RANK")
      for index in 0..<depth { _ = try context.shape(index, rank: 1, "params_nested_splits") }
      if let rank = context.shapes[depth + 1].rank {
        try require(
          outputs == rank + depth - 1,
          "Wrong OUTPUT_RAGGED_RANK: \(outputs), expected \(rank + depth - 1)")
      }
      let values = context.shapes[depth]
      try require(values.rank ?? 1 >= 1, "params_dense_values must have at least 1 dimension")
      return [PartialShape](repeating: [nil], count: outputs)
        + [values.dims.map { PartialShape([nil] + $0.dropFirst()) } ?? .unknown]
    },
    kernel: .dynamic(["Tvalues": [.plain, .string]], objects: .move("Tvalues")) { context in
      let depth = try context.int("PARAMS_RAGGED_RANK")
      let outputs = try context.int("OUTPUT_RAGGED_RANK")
      let dtype = try context.type("Tsplits")
      return { run in
        let (values, indices) = (run.inputs[depth], run.inputs[depth + 1])
        try require(values.dims.rank >= 1, "params_dense_values must have at least 1 dimension")
        try require(
          outputs == indices.dims.rank + depth - 1,
          "Wrong OUTPUT_RAGGED_RANK: \(outputs), expected \(indices.dims.rank + depth - 1)")
        var nested: [[Int]] = []
        for (level, splits) in run.inputs[..<depth].enumerated() {
          try require(
            splits.dims.rank == 1, "params_nested_splits must be vectors, got shape \(splits.dims)")
          let ends = try splits.integers()
          let rows =
            level + 1 < depth ? run.inputs[level + 1].dims.elementCount - 1 : values.dims[0]
          try require(!ends.isEmpty, "Ragged splits may not be empty")
          try require(ends.allSatisfy { $0 >= 0 }, "Ragged splits must be non-negative")
          try require(
            zip(ends, ends.dropFirst()).allSatisfy { $0 <= $1 }, "Ragged splits must be sorted")
          try require((ends.last ?? 0) <= rows, "Ragged splits must not point past values")
          nested.append(ends)
        }
        let rows = nested[0].count - 1
        let places = try indices.integers()
        try Indices.check(places, of: indices.dims, below: rows)
        var splits = [[Int]](repeating: [0], count: outputs)
        for axis in 0..<max(indices.dims.rank - 1, 0) {
          let count = indices.dims.dims[...axis].reduce(1, *)
          let stride = indices.dims[axis + 1]
          splits[axis] += (0..<count).map { ($0 + 1) * stride }
        }
        var taken: [Int] = []
        var pace = Pace()
        for place in places {
          var (start, limit) = (place, place + 1)
          for (level, ends) in nested.enumerated() {
            try pace.step(limit - start)
            let out = level + indices.dims.rank - 1
            if out >= 0 {
              let delta = (splits[out].last ?? 0) - ends[start]
              splits[out] += (start..<limit).map { ends[$0 + 1] + delta }
            }
            (start, limit) = (ends[start], ends[limit])
          }
          try pace.step(limit - start)
          // Rows may be named again and again, so that these are not bounded by the inputs.
          try MemoryLimit.room(for: (taken.count + limit - start) * 8)
          taken += start..<limit
        }
        return try splits.map { try SparseRows.vector($0, dtype) } + [
          SparseRows.take(taken, of: values)
        ]
      }
    },
    gradient: .rule(needs: .inputs) { context in
      let depth = try context.int("PARAMS_RAGGED_RANK")
      let values = context.inputs[depth]
      let none = [Tensor?](repeating: nil, count: depth)
      guard let gradient = context.outputGradients.last ?? nil else { return none + [nil, nil] }
      // The op applied to the numbers of the values tells where each value came from.
      let count = try ShapeOps.firstDimension(of: values)
      let places = try SearchOps.family.range([0.asTensor(), count, 1.asTensor()])
      var attrs = context.attrs
      attrs["Tvalues"] = .type(.int32)
      var inputs = context.inputs
      inputs[depth] = places
      let from = try apply(context.op, inputs, attrs).last ?? places
      return none + [try SegmentOps.family.unsortedSum([gradient, from, count]), nil]
    })

  package let toSparse: OpDef = OpDef(
    "RaggedTensorToSparse",
    """
    rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: T -> sparse_indices: int64, \
      sparse_values: T, sparse_dense_shape: int64
    RAGGED_RANK: int >= 1
    T: type
    Tsplits: {int32, int64} = int64
    """,
    shape: { context in
      let depth = try context.int("RAGGED_RANK")
      for index in 0..<depth { _ = try context.shape(index, rank: 1, "rt_nested_splits") }
      let values = context.shapes[depth]
      try require(values.rank ?? 1 >= 1, "rt_dense_values must have at least 1 dimension")
      let rank = values.rank.map { $0 + depth }
      return [[values.elementCount, rank], [values.elementCount], [rank]]
    },
    kernel: .dynamic(["T": .all], objects: .move()) { context in
      let depth = try context.int("RAGGED_RANK")
      return { run in
        let values = run.inputs[depth]
        try require(values.dims.rank >= 1, "rt_dense_values must have at least 1 dimension")
        var nested: [[Int]] = []
        for (level, splits) in run.inputs[..<depth].enumerated() {
          try require(
            splits.dims.rank == 1, "rt_nested_splits must be vectors, got shape \(splits.dims)")
          let ends = try splits.integers()
          try require(!ends.isEmpty, "Ragged splits may not be empty.")
          try require(ends[0] == 0, "First value of ragged splits must be 0.")
          for (a, b) in zip(ends, ends.dropFirst()) {
            try require(
              a <= b, "Ragged splits should be non decreasing, but we got \(a) followed by \(b)")
          }
          let rows =
            level + 1 < depth ? run.inputs[level + 1].dims.elementCount - 1 : values.dims[0]
          try require(
            ends[ends.count - 1] == rows,
            "Final value of ragged splits must match the length the corresponding ragged array.")
          nested.append(ends)
        }
        let inner = Array(values.dims.dims.dropFirst())
        let width = inner.reduce(1, *)
        // The coordinates of the rows of each level, from those of the level above.
        var prefixes = Array(0..<nested[0].count - 1)
        var depthOfPrefix = 1
        var pace = Pace()
        for ends in nested {
          var next: [Int] = []
          next.reserveCapacity((ends.last ?? 0) * (depthOfPrefix + 1))
          for row in 0..<ends.count - 1 {
            for position in 0..<ends[row + 1] - ends[row] {
              try pace.step(depthOfPrefix)
              next += prefixes[row * depthOfPrefix..<(row + 1) * depthOfPrefix]
              next.append(position)
            }
          }
          prefixes = next
          depthOfPrefix += 1
        }
        let rank = depthOfPrefix + inner.count
        let indices = try Tensor.uninitialized(.int64, [values.dims.elementCount, rank])
        let out = indices.elements(Int.self)
        let strides = Shape(inner).strides
        for element in 0..<values.dims.elementCount {
          try pace.step(rank)
          let row = element / width
          for level in 0..<depthOfPrefix {
            out[element &* rank &+ level] = prefixes[row &* depthOfPrefix &+ level]
          }
          for axis in inner.indices {
            out[element &* rank &+ depthOfPrefix &+ axis] =
              element % width / strides[axis] % inner[axis]
          }
        }
        let longest = nested.map { ends in zip(ends, ends.dropFirst()).map { $1 - $0 }.max() ?? 0 }
        return [
          indices, values.reshaped([values.dims.elementCount]),
          try SparseRows.vector([nested[0].count - 1] + longest + inner),
        ]
      }
    },
    gradient: .rule(needs: .inputs) { context in
      let depth = try context.int("RAGGED_RANK")
      let none = [Tensor?](repeating: nil, count: depth)
      guard let gradient = context.outputGradients[1] else { return none + [nil] }
      return none + [
        try ShapeOps.family.reshape([gradient, ShapeOps.shapeTensor(of: context.inputs[depth])])
      ]
    })
}
