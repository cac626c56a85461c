package import CoreOps

/// How often values occur, as sparse tensors.
package struct SparseCountOps: OpFamily {
  package static let family: Self = define(Self())

  private static let attributes = """
    T: {int32, int64}
    minlength: int >= -1 = -1
    maxlength: int >= -1 = -1
    binary_output: bool
    output_type: {int32, int64, float, double}
    """
  private static let outputs =
    "output_indices: int64, output_values: output_type, output_dense_shape: int64"

  package let dense: OpDef = OpDef(
    "DenseCountSparseOutput",
    """
    values: T, weights: output_type -> \(outputs)
    \(attributes)
    """,
    shape: { context in
      let rank = context.shapes[0].rank
      if let rank { try requireRank(rank, context.shapes[0]) }
      return [[nil, rank], [nil], [rank]]
    },
    kernel: .dynamic { context in
      let counter = try Counter(context)
      return { run in
        let values = run.inputs[0]
        let rank = values.dims.rank
        try requireRank(rank, PartialShape(values.dims))
        let width = values.dims[rank - 1]
        let rows = rank == 2 ? values.dims[0] : 1
        let row = { (element: Int) in rank == 2 ? element / width : 0 }
        return try counter.results(values, run.inputs[1], rows: rank == 2 ? rows : nil, row: row)
      }
    }, gradient: .zero)

  private static func requireRank(_ rank: Int, _ shape: PartialShape) throws {
    try require(rank == 1 || rank == 2, "Input must be a 1 or 2-dimensional tensor. Got: \(shape)")
  }

  package let sparse: OpDef = OpDef(
    "SparseCountSparseOutput",
    """
    indices: int64, values: T, dense_shape: int64, weights: output_type -> \(outputs)
    \(attributes)
    """,
    shape: { context in
      let rank = try SparseCells.rank(context)
      if let rank { try require(rank >= 1, "dense_shape must have at least one element") }
      let own = rank.map { min($0, 2) }
      return [.of(nil, own), [nil], .of(own)]
    },
    kernel: .dynamic { context in
      let counter = try Counter(context)
      return { run in
        let cells = try SparseCells(run.inputs[0], run.inputs[1], run.inputs[2])
        try require(cells.rank >= 1, "dense_shape must have at least one element")
        try require(
          cells.dims.allSatisfy { $0 >= 0 } && Shape(cells.dims).checkedElementCount != nil,
          "dense_shape \(Shape(cells.dims)) has a negative dimension or too many elements")
        for element in 0..<cells.count {
          for axis in 0..<cells.rank
          where cells[element, axis] < 0 || cells[element, axis] >= cells.dims[axis] {
            throw TFError.invalidArgument(
              """
              Invalid index value at \(element): dimension \(axis) has value \
              \(cells[element, axis]) which is not in [0, \(cells.dims[axis])) (as given by dense \
              shape \(Shape(cells.dims)))
              """
            )
          }
        }
        return try counter.results(
          run.inputs[1], run.inputs[3], rows: cells.rank == 1 ? nil : cells.dims[0],
          row: { cells.rank == 1 ? 0 : cells[$0, 0] })
      }
    }, gradient: .zero)

  package let ragged: OpDef = OpDef(
    "RaggedCountSparseOutput",
    """
    splits: int64, values: T, weights: output_type -> \(outputs)
    \(attributes)
    """,
    shape: { context in
      let splits = try context.shape(0, rank: 1, "splits")
      if let count = splits[0] {
        try require(count >= 2, "Must provide at least 2 elements for the splits argument")
      }
      return [[nil, 2], [nil], [2]]
    },
    kernel: .dynamic { context in
      let counter = try Counter(context)
      return { run in
        let (splits, values) = (run.inputs[0], run.inputs[1])
        try require(splits.dims.rank == 1, "splits must be a vector, got shape \(splits.dims)")
        let ends = try splits.integers()
        try require(ends.count >= 2, "Must provide at least 2 elements for the splits argument")
        try require(ends[0] == 0, "Splits must start with 0, not with \(ends[0])")
        let count = values.dims.elementCount
        try require(
          ends[ends.count - 1] == count,
          """
          Splits must end with the number of values, got \(ends[ends.count - 1]) instead of \
          \(count)
          """
        )
        // An element is in the last row that begins before it.
        var rowOf = [Int](repeating: 0, count: count)
        var row = 0
        for element in 0..<count {
          while row + 2 < ends.count, ends[row + 1] <= element { row += 1 }
          rowOf[element] = row
        }
        let rows = rowOf
        return try counter.results(values, run.inputs[2], rows: ends.count - 1, row: { rows[$0] })
      }
    }, gradient: .zero)

  private struct Counter: Sendable {
    let minLength: Int
    let maxLength: Int
    let isBinary: Bool

    init(_ context: KernelContext) throws {
      minLength = try context.int("minlength")
      maxLength = try context.int("maxlength")
      isBinary = try context.bool("binary_output")
    }

    /// - Parameter rows: how many rows the result has; nil when it is a vector.
    func results(_ values: Tensor, _ weights: Tensor, rows: Int?, row: (Int) -> Int) throws
      -> [Tensor]
    {
      let isWeighted = weights.dims.elementCount > 0
      try require(
        !isWeighted || weights.dims == values.dims,
        """
        Weights and data must have the same shape. Weight shape: \(weights.dims); data shape: \
        \(values.dims)
        """
      )
      let given = try values.integers()
      var largest = 0
      var members: [(row: Int, value: Int, element: Int)] = []
      for (element, value) in given.enumerated() {
        try require(value >= 0, "Input values must all be non-negative")
        largest = max(largest, value)
        if maxLength < 0 || value < maxLength { members.append((row(element), value, element)) }
      }
      members.sort { ($0.row, $0.value, $0.element) < ($1.row, $1.value, $1.element) }
      var (indices, ids): ([Int], [Int]) = ([], [])
      var count = 0
      for (position, member) in members.enumerated() {
        if position == 0 || members[position - 1].row != member.row
          || members[position - 1].value != member.value
        {
          count += 1
          indices += rows == nil ? [member.value] : [member.row, member.value]
        }
        ids.append(count - 1)
      }
      let bins: Tensor
      if isWeighted && !isBinary {
        let taken = try SparseRows.take(
          members.map(\.element), of: weights.reshaped([weights.dims.elementCount]))
        bins = try runKernel(
          SegmentOps.family.unsortedSum, [taken, SparseRows.vector(ids), Tensor(scalar: count)])[0]
      } else {
        var counts = [Double](repeating: isBinary ? 1 : 0, count: count)
        if !isBinary { for id in ids { counts[id] += 1 } }
        bins = try counts.asTensor(preferring: .float64)
      }
      let result =
        bins.dtype == weights.dtype
        ? bins : try runKernel(CastOps.family.castOp, [bins], ["DstT": .type(weights.dtype)])[0]
      let width = maxLength >= 0 ? maxLength : max(largest &+ 1, minLength)
      return [
        try Tensor(indices, dims: [count, rows == nil ? 1 : 2]), result,
        try SparseRows.vector((rows.map { [$0] } ?? []) + [width]),
      ]
    }
  }
}
