package import CoreOps

/// Ops that see to it that every row has an element, and their gradients.
package struct SparseRowOps: OpFamily {
  package static let family: Self = define(Self())

  package let fillEmptyRows: OpDef = OpDef(
    "SparseFillEmptyRows",
    """
    indices: int64, values: T, dense_shape: int64, default_value: T -> output_indices: int64, \
      output_values: T, empty_row_indicator: bool, reverse_index_map: int64
    T: type
    """,
    shape: { context in
      let rank = try SparseCells.rank(context)
      try require(
        context.shapes[3].rank ?? 0 == 0,
        "default_value must be a scalar, saw: \(context.shapes[3])")
      let rows = try context.integers(2)?.first
      if let rows { try require(rows >= 0, "dense_shape[0] must not be negative, got \(rows)") }
      return [.of(nil, rank), [nil], [rows], .of(context.shapes[0][0] ?? context.shapes[1][0])]
    },
    kernel: .dynamic(["T": .all], objects: .move()) { _ in
      { run in
        let cells = try SparseCells(run.inputs[0], run.inputs[1], run.inputs[2])
        try require(
          run.inputs[3].dims.rank == 0, "default_value must be a scalar, saw: \(run.inputs[3].dims)"
        )
        try require(cells.rank > 0, "Dense shape cannot be empty.")
        let rows = cells.dims[0]
        let filled = try FilledRows(rows: rows, of: (0..<cells.count).map { cells[$0, 0] })
        let indices = try Tensor.zeros(.int64, [filled.from.count, cells.rank])
        let out = indices.elements(Int.self)
        for (row, element) in filled.from.enumerated() {
          if element < 0 {
            out[row &* cells.rank] = filled.row[row]
          } else {
            for axis in 0..<cells.rank { out[row &* cells.rank &+ axis] = cells[element, axis] }
          }
        }
        let values = try filled.values(run.inputs[1], run.inputs[3])
        return [indices, values, filled.isEmpty, try SparseRows.vector(filled.places)]
      }
    },
    gradient: .rule(needs: .outputs) { context in
      guard let gradient = context.outputGradients[1] else { return [nil, nil, nil, nil] }
      let parts = try apply(family.fillEmptyRowsGrad, [context.outputs[3], gradient])
      return [nil, parts[0], nil, parts[1]]
    })

  package let raggedFillEmptyRows: OpDef = OpDef(
    "RaggedFillEmptyRows",
    """
    value_rowids: int64, values: T, nrows: int64, default_value: T -> output_value_rowids: int64, \
      output_values: T, empty_row_indicator: bool, reverse_index_map: int64
    T: type
    """,
    shape: { context in
      let ids = try context.shape(0, rank: 1, "value_rowids")
      _ = try context.shape(1, rank: 1, "values")
      try require(
        context.shapes[2].rank ?? 0 == 0, "nrows must be a scalar, saw: \(context.shapes[2])")
      try require(
        context.shapes[3].rank ?? 0 == 0,
        "default_value must be a scalar, saw: \(context.shapes[3])")
      let rows = try context.integers(2)?.first
      if let rows { try require(rows >= 0, "nrows must not be negative, got \(rows)") }
      return [[nil], [nil], [rows], ids]
    },
    kernel: .dynamic(["T": .all], objects: .move()) { _ in
      { run in
        let (ids, values) = (run.inputs[0], run.inputs[1])
        try require(ids.dims.rank == 1, "value_rowids must be a vector, saw: \(ids.dims)")
        try require(values.dims.rank == 1, "values must be a vector, saw: \(values.dims)")
        try require(
          ids.dims == values.dims,
          "value_rowids and values must have the same length: \(ids.dims), \(values.dims)")
        try require(
          run.inputs[2].dims.rank == 0, "nrows must be a scalar, saw: \(run.inputs[2].dims)")
        try require(
          run.inputs[3].dims.rank == 0, "default_value must be a scalar, saw: \(run.inputs[3].dims)"
        )
        let filled = try FilledRows(rows: run.inputs[2].integers()[0], of: ids.integers())
        return [
          try SparseRows.vector(filled.row), try filled.values(values, run.inputs[3]),
          filled.isEmpty,
          try SparseRows.vector(filled.places),
        ]
      }
    },
    gradient: .rule(needs: .outputs) { context in
      guard let gradient = context.outputGradients[1] else { return [nil, nil, nil, nil] }
      let parts = try apply(family.raggedFillEmptyRowsGrad, [context.outputs[3], gradient])
      return [nil, parts[0], nil, parts[1]]
    })

  package let fillEmptyRowsGrad: OpDef = fillGradient("SparseFillEmptyRowsGrad")
  package let raggedFillEmptyRowsGrad: OpDef = fillGradient("RaggedFillEmptyRowsGrad")

  private static func fillGradient(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      reverse_index_map: int64, grad_values: T -> d_values: T, d_default_value: T
      T: type
      """,
      shape: { context in
        let map = try context.shape(0, rank: 1, "reverse_index_map")
        _ = try context.shape(1, rank: 1, "grad_values")
        return [map, []]
      },
      kernel: .dynamic(["T": .numbers]) { _ in
        { run in
          let (map, gradient) = (run.inputs[0], run.inputs[1])
          try require(map.dims.rank == 1, "reverse_index_map must be a vector, saw: \(map.dims)")
          try require(
            gradient.dims.rank == 1, "grad_values must be a vector, saw: \(gradient.dims)")
          let count = gradient.dims[0]
          var isInput = [Bool](repeating: false, count: count)
          let places = try map.integers()
          for place in places {
            try require(
              place >= 0 && place < count,
              "Elements in reverse index must be in [0, \(count)) but got \(place)")
            isInput[place] = true
          }
          let others = try SparseRows.take((0..<count).filter { !isInput[$0] }, of: gradient)
          let total = try runKernel(ReductionOps.family.sum, [others, Tensor(scalar: Int32(0))])
          return [try SparseRows.take(places, of: gradient), total[0]]
        }
      }, gradient: SparseOps.noGradient)
  }
}

/// Elements by row, with one more in each row that has none.
private struct FilledRows {
  /// For each element of the result where it is from, -1 for one that was missing, and its row.
  private(set) var from: [Int] = []
  private(set) var row: [Int] = []
  /// Where each given element went.
  private(set) var places: [Int]
  /// For each row whether it had no element.
  let isEmpty: Tensor

  init(rows: Int, of given: [Int]) throws {
    try require(rows >= 0, "Expected shape dimensions to be non-negative, got \(rows)")
    try require(
      rows > 0 || given.isEmpty,
      "Received SparseTensor with dense_shape[0] = 0 but indices.shape[0] = \(given.count)")
    for (element, row) in given.enumerated() where row < 0 || row >= rows {
      throw TFError.invalidArgument("indices(\(element), 0) is invalid: \(row) >= \(rows)")
    }
    isEmpty = try Tensor.uninitialized(.bool, [rows])
    // A tensor counts against the memory limit; arrays of its size are made only after it.
    _ = try Tensor.uninitialized(.int64, [rows + given.count + 1])
    var next = [Int](repeating: 0, count: rows + 1)
    for row in given { next[row + 1] += 1 }
    let empty = isEmpty.elements(Bool.self)
    for row in 0..<rows {
      empty[row] = next[row + 1] == 0
      next[row + 1] = next[row] + max(next[row + 1], 1)
    }
    let total = next[rows]
    from = [Int](repeating: -1, count: total)
    row = [Int](repeating: 0, count: total)
    places = [Int](repeating: 0, count: given.count)
    for row in 0..<rows where empty[row] { self.row[next[row]] = row }
    for (element, row) in given.enumerated() {
      let place = next[row]
      next[row] += 1
      from[place] = element
      self.row[place] = row
      places[element] = place
    }
  }

  func values(_ given: Tensor, _ filler: Tensor) throws -> Tensor {
    let count = given.dims[0]
    let all = try runKernel(
      JoinOps.family.concatV2, [given, filler.reshaped([1]), Tensor(scalar: Int32(0))])[0]
    return try SparseRows.take(from.map { $0 < 0 ? count : $0 }, of: all)
  }
}
