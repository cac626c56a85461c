import CKernels

/// Counts of values: bins and histograms.
package struct CountOps: OpFamily {
  package static let family: Self = define(Self())

  package let bincount: OpDef = OpDef(
    "Bincount",
    """
    arr: int32, size: int32, weights: T -> bins: T
    T: {int32, int64, float, double}
    """,
    shape: { [.of(try size($0, 1))] },
    kernel: .raw { context in
      let dtype = Int32(try context.type("T").rawValue)
      return { shapes in
        let count = shapes.inputs[0].elementCount
        let weighted = shapes.inputs[2].elementCount > 0
        try require(
          !weighted || shapes.inputs[2].elementCount == count,
          "Input indices and weights must have the same size.")
        let bins = Bins(dtype: dtype, is64: false, count: count, weighted: weighted)
        let size = shapes.outputs[0][0]
        return .run { pointers in
          try bins.requireNonNegative(pointers[0], "Input arr must be non-negative!")
          bins.add(
            pointers[0], pointers[2], pointers[3], outputs: size, bins: size, perRow: max(count, 1))
        }
      }
    }, gradient: .zero)

  package let denseBincount: OpDef = OpDef(
    "DenseBincount",
    """
    input: Tidx, size: Tidx, weights: T -> output: T
    Tidx: {int32, int64}
    T: {int32, int64, float, double}
    binary_output: bool = false
    """,
    shape: { context in
      let size = try size(context, 1)
      guard let rank = context.shapes[0].rank else { return [.unknown] }
      try require(rank <= 2, "Shape must be at most rank 2 but is rank \(rank)")
      return [rank == 2 ? .of(context.shapes[0][0], size) : .of(size)]
    },
    kernel: .raw { context in
      let dtype = Int32(try context.type("T").rawValue)
      let is64 = try context.type("Tidx") == .int64
      let binary = try context.bool("binary_output")
      return { shapes in
        let input = shapes.inputs[0]
        let weights = shapes.inputs[2]
        let weighted = weights.elementCount > 0
        try require(
          weights == input || (weights.rank == 1 && !weighted),
          """
          `weights` must be the same shape as `arr` or a length-0 `Tensor`, in which case it acts \
          as all weights equal to 1. Received \(weights)
          """
        )
        let bins = Bins(
          dtype: dtype, is64: is64, count: input.elementCount, weighted: weighted, binary: binary)
        let output = shapes.outputs[0]
        let size = output[output.rank - 1]
        let perRow = input.rank == 2 ? input[1] : input.elementCount
        return .run { pointers in
          try bins.requireNonNegative(pointers[0], "Input arr must be non-negative!")
          bins.add(
            pointers[0], pointers[2], pointers[3], outputs: output.elementCount, bins: size,
            perRow: max(perRow, 1))
        }
      }
    }, gradient: .zero)

  package let sparseBincount: OpDef = OpDef(
    "SparseBincount",
    """
    indices: int64, values: Tidx, dense_shape: int64, size: Tidx, weights: T -> output: T
    Tidx: {int32, int64}
    T: {int32, int64, float, double}
    binary_output: bool = false
    """,
    shape: { context in
      let size = try size(context, 3)
      guard let rank = try context.shape(2, rank: 1, "dense_shape")[0] else { return [.unknown] }
      try require(rank > 0, "dense_shape must have elements")
      if rank == 1 { return [.of(size)] }
      let rows = try context.size(2)
      if let rows { try require(rows >= 0, "dense_shape[0] must be >= 0, got \(rows)") }
      return [.of(rows, size)]
    },
    kernel: .raw { context in
      let dtype = Int32(try context.type("T").rawValue)
      let is64 = try context.type("Tidx") == .int64
      let binary = try context.bool("binary_output")
      return { shapes in
        let (indices, values, weights) = (shapes.inputs[0], shapes.inputs[1], shapes.inputs[4])
        let count = values.elementCount
        let rank = shapes.inputs[2].elementCount
        try require(values.rank == 1, "values must be a vector, got shape \(values)")
        try require(indices.rank == 2, "indices must be a matrix, got shape \(indices)")
        try require(
          indices[0] == count,
          "Number of elements in indices (\(indices[0])) and values (\(count)) do not match")
        try require(
          indices[1] == rank,
          "indices has \(indices[1]) columns, dense_shape \(rank) elements: they must be as many")
        let weighted = weights.elementCount > 0
        try require(
          !weighted || weights == values,
          "Weights and values must have the same shape, or weights none: \(weights), \(values)")
        let bins = Bins(
          dtype: dtype, is64: is64, count: count, weighted: weighted, binary: binary)
        let output = shapes.outputs[0]
        return .run(scratch: count * 8) { pointers in
          let index = pointers[0].assumingMemoryBound(to: Int.self)
          let limits = pointers[2].assumingMemoryBound(to: Int.self)
          let rows = pointers[6].assumingMemoryBound(to: Int64.self)
          for element in 0..<count {
            for axis in 0..<rank {
              let place = index[element &* rank &+ axis]
              guard place >= 0, place < limits[axis] else {
                let tuple = (0..<rank).map { String(index[element * rank + $0]) }
                throw TFError.invalidArgument(
                  """
                  Sparse index tuple indices[\(element), :] = [\(tuple.joined(separator: ", "))] \
                  is out of bounds
                  """
                )
              }
            }
            rows[element] = rank == 1 ? 0 : Int64(index[element &* rank])
          }
          bins.add(
            pointers[1], pointers[4], pointers[5], outputs: output.elementCount,
            bins: output[output.rank - 1], rows: rows)
        }
      }
    }, gradient: .zero)

  package let raggedBincount: OpDef = OpDef(
    "RaggedBincount",
    """
    splits: int64, values: Tidx, size: Tidx, weights: T -> output: T
    Tidx: {int32, int64}
    T: {int32, int64, float, double}
    binary_output: bool = false
    """,
    shape: { context in
      let splits = try context.shape(0, rank: 1, "splits")
      if let count = splits[0] { try require(count > 0, "Splits must be non-empty") }
      return [.of(splits[0].map { $0 - 1 }, try size(context, 2))]
    },
    kernel: .raw { context in
      let dtype = Int32(try context.type("T").rawValue)
      let is64 = try context.type("Tidx") == .int64
      let binary = try context.bool("binary_output")
      return { shapes in
        let count = shapes.inputs[1].elementCount
        let weights = shapes.inputs[3]
        let weighted = weights.elementCount > 0
        try require(
          !weighted || weights == shapes.inputs[1],
          """
          Weights and values must have the same shape, or weights none: \(weights), \
          \(shapes.inputs[1])
          """
        )
        let bins = Bins(
          dtype: dtype, is64: is64, count: count, weighted: weighted, binary: binary)
        let output = shapes.outputs[0]
        return .run(scratch: count * 8) { pointers in
          let splits = pointers[0].assumingMemoryBound(to: Int.self)
          let last = output[0]
          try require(splits[0] == 0, "Splits must start with 0, not with \(splits[0])")
          try require(
            splits[last] == count,
            "Splits must end with the number of values, got \(splits[last]) instead of \(count)")
          try bins.requireNonNegative(pointers[1], "Input must be non-negative")
          let rows = pointers[5].assumingMemoryBound(to: Int64.self)
          // The last split is beyond every element, so a row is always found.
          var row = 0
          for element in 0..<count {
            while splits[row &+ 1] <= element { row &+= 1 }
            rows[element] = Int64(row)
          }
          bins.add(
            pointers[1], pointers[3], pointers[4], outputs: output.elementCount, bins: output[1],
            rows: rows)
        }
      }
    }, gradient: .zero)

  package let histogram: OpDef = OpDef(
    "HistogramFixedWidth",
    """
    values: T, value_range: T, nbins: int32 -> out: dtype
    T: {int32, int64, float, double}
    dtype: {int32, int64} = int32
    """,
    shape: { context in
      if let rank = context.shapes[1].rank {
        try require(
          rank == 1 && (context.shapes[1][0] ?? 2) == 2,
          "value_range should be a vector of 2 elements.")
      }
      try require(context.shapes[2].rank ?? 0 == 0, "nbins should be a scalar.")
      let bins = try context.integers(2)?.first
      if let bins { try require(bins > 0, "nbins should be a positive number, but got '\(bins)'") }
      return [[bins]]
    },
    kernel: .raw { context in
      let type = try context.type("T")
      let dtype = Int32(type.rawValue)
      let is64 = try context.type("dtype") == .int64
      return { shapes in
        let count = shapes.inputs[0].elementCount
        let bins = shapes.outputs[0][0]
        return .run { pointers in
          func limit(_ index: Int) -> Double {
            switch type {
            case .int32: Double(pointers[1].load(fromByteOffset: index * 4, as: Int32.self))
            case .int64: Double(pointers[1].load(fromByteOffset: index * 8, as: Int.self))
            case .float32: Double(pointers[1].load(fromByteOffset: index * 4, as: Float.self))
            default: pointers[1].load(fromByteOffset: index * 8, as: Double.self)
            }
          }
          try require(
            limit(0) < limit(1),
            """
            value_range should satisfy value_range[0] < value_range[1], but got '[\(limit(0)), \
            \(limit(1))]'
            """
          )
          pointers[3].initializeMemory(as: UInt8.self, repeating: 0, count: bins &* (is64 ? 8 : 4))
          guard jk_histogram(dtype, pointers[0], count, pointers[1], Int64(bins), is64, pointers[3])
          else { throw TFError.invalidArgument("Histogram values must not contain NaN") }
        }
      }
    }, gradient: .zero)

  /// The number of bins, from input `index`.
  private static func size(_ context: ShapeContext, _ index: Int) throws -> Dimension? {
    if let rank = context.shapes[index].rank, rank != 0 {
      throw TFError.invalidArgument("Shape must be rank 0 but is rank \(rank)")
    }
    guard let size = try context.size(index) else { return nil }
    try require(size >= 0, "size (\(size)) must be non-negative")
    return size
  }

  /// What the counting ops have in common.
  private struct Bins: Sendable {
    let dtype: Int32
    let is64: Bool
    let count: Int
    let weighted: Bool
    var binary = false

    func requireNonNegative(_ values: UnsafeMutableRawPointer, _ message: String) throws {
      let bad = jk_first_outside(jk_ids(values: values, size: is64 ? 8 : 4), count, 0, .max)
      try require(
        bad < 0 || SegmentIds.value(jk_ids(values: values, size: is64 ? 8 : 4), Int(bad)) == .max,
        message)
    }

    func add(
      _ values: UnsafeMutableRawPointer, _ weights: UnsafeMutableRawPointer,
      _ out: UnsafeMutableRawPointer, outputs: Int, bins: Int, perRow: Int = 1,
      rows: UnsafePointer<Int64>? = nil
    ) {
      let size = dtype == JK_F32 || dtype == JK_I32 ? 4 : 8
      out.initializeMemory(as: UInt8.self, repeating: 0, count: outputs &* size)
      jk_bincount(
        dtype, is64, values, count, weighted ? UnsafeRawPointer(weights) : nil, rows, perRow,
        Int64(bins), binary, out)
    }
  }
}

extension SharedAPI {
  /// Counts of values in bins of equal width. Follows `tf.histogram_fixed_width`.
  ///
  /// - Parameters:
  ///   - valueRange: the low end of the first bin and the high end of the last; values outside
  ///     count in those.
  ///   - nbins: at least 1.
  ///   - dtype: int32 or int64.
  /// - Throws: `INVALID_ARGUMENT` when the range is not ascending or a value is NaN.
  public static func histogramFixedWidth(
    _ values: some TensorConvertible, valueRange: some TensorConvertible,
    nbins: any TensorConvertible = 100, dtype: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    let values = try values.asTensor()
    return try inScope(name, "histogram_fixed_width") { scope in
      let range = try valueRange.asTensor(preferring: values.dtype).asConstant(named: "value_range")
      return try CountOps.family.histogram(
        [values, range, nbins.asTensor().asConstant(named: "nbins")],
        Attrs().with("dtype", .type(dtype), unless: dtype == .int32), name: scope)
    }
  }

  /// The same with its arguments by position.
  public static func histogramFixedWidth(
    _ values: some TensorConvertible, _ valueRange: some TensorConvertible,
    nbins: any TensorConvertible = 100, dtype: DType = .int32, name: String? = nil
  ) throws -> Tensor {
    try histogramFixedWidth(values, valueRange: valueRange, nbins: nbins, dtype: dtype, name: name)
  }
}
