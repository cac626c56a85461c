import CKernels
package import CoreOps

/// Reductions of sparse tensors, and their softmax.
package struct SparseReductionOps: OpFamily {
  package static let family: Self = define(Self())

  package let sum: OpDef = dense(
    "SparseReduceSum", SegmentOps.family.unsortedSum, .rule { try SparseGradients.sum($0) })
  package let max: OpDef = dense(
    "SparseReduceMax", SegmentOps.family.unsortedMax, SparseOps.noGradient)
  package let sumSparse: OpDef = sparse("SparseReduceSumSparse", SegmentOps.family.unsortedSum)
  package let maxSparse: OpDef = sparse("SparseReduceMaxSparse", SegmentOps.family.unsortedMax)

  private static func signature(_ name: String, _ outputs: String) -> String {
    let ordered = name.contains("Max")
    return """
      input_indices: int64, input_values: T, input_shape: int64, reduction_axes: int32 -> \(outputs)
      keep_dims: bool = false
      T: {float, double, int32, uint8, int16, int8, \(ordered ? "" : "complex64, ")int64, \
        \(ordered ? "" : "qint8, quint8, qint32, ")bfloat16, \
        \(ordered ? "" : "qint16, quint16, ")uint16, \
        \(ordered ? "" : "complex128, ")half, uint32, uint64}
      """
  }

  private static func types(_ name: String) -> [String: DTypeSet] {
    ["T": name.contains("Max") ? .reals : .numbers]
  }

  /// What is left of a shape.
  private struct Reduction {
    let cells: SparseCells
    /// The axes that are kept, and the shape of the result.
    let kept: [Int]
    let dims: [Int]

    init(_ inputs: [Tensor], keepDims: Bool) throws {
      cells = try SparseCells(inputs[0], inputs[1], inputs[2])
      try cells.requireShape()
      try require(
        inputs[3].dims.rank <= 1,
        "reduction_axes must be a scalar or a vector, got shape \(inputs[3].dims)")
      let rank = cells.rank
      var isReduced = [Bool](repeating: false, count: rank)
      for axis in try inputs[3].integers() {
        try require(
          axis >= -rank && axis < rank,
          "Invalid reduction dimension \(axis), for input with \(rank) dimensions.")
        isReduced[axis < 0 ? axis + rank : axis] = true
      }
      let given = cells.dims
      kept = (0..<rank).filter { !isReduced[$0] }
      dims = (0..<rank).compactMap { isReduced[$0] ? (keepDims ? 1 : nil) : given[$0] }
    }

    /// What is made of each group of elements that have the same coordinates along the kept axes.
    func values(_ operation: OpDef, _ values: Tensor) throws -> (firsts: [Int], values: Tensor) {
      let (ids, firsts) = cells.groups(kept)
      let results = try runKernel(
        operation, [values, SparseRows.vector(ids), Tensor(scalar: firsts.count)])
      return (firsts, results[0])
    }
  }

  private static func dense(
    _ name: String, _ operation: @autoclosure @escaping @Sendable () -> OpDef,
    _ gradient: Gradient
  ) -> OpDef {
    OpDef(
      name, signature(name, "output: T"),
      shape: { context in
        let rank = try SparseCells.rank(context)?.asRank()
        let keeps = try context.bool("keep_dims")
        guard let rank else { return [.unknown] }
        guard let axes = try context.integers(3) else {
          return [keeps ? .unknown(rank: rank) : .unknown]
        }
        for axis in axes {
          try require(
            axis >= -rank && axis < rank,
            "Invalid reduction dimension \(axis), for input with \(rank) dimensions.")
        }
        let reduced = Set(axes.map { $0 < 0 ? $0 + rank : $0 })
        let dims = try context.sizes(2)
        return [
          PartialShape(
            (0..<rank).compactMap {
              reduced.contains($0) ? (keeps ? .some(1) : nil) : .some(dims?[$0])
            })
        ]
      },
      kernel: .dynamic(types(name)) { context in
        let keeps = try context.bool("keep_dims")
        return { run in
          let reduction = try Reduction(run.inputs, keepDims: keeps)
          let shape = Shape(reduction.dims)
          let output = try Tensor.zeros(run.inputs[1].dtype, shape)
          let count = shape.elementCount
          let (firsts, values) = try reduction.values(operation(), run.inputs[1])
          let strides = Shape(reduction.kept.map { reduction.cells.dims[$0] }).strides
          let rows = try firsts.map { element -> Int64 in
            var place = 0
            for (position, axis) in reduction.kept.enumerated() {
              place &+= reduction.cells[element, axis] &* strides[position]
            }
            guard place >= 0, place < count else {
              throw TFError.internal(
                "Obtained a write index of \(place) which is outside of bounds of [0, \(count))")
            }
            return Int64(place)
          }
          _ = jk_scatter_rows(
            nil, output.pointer, values.pointer, rows, rows.count, 1, output.dtype.byteSize, 0)
          withExtendedLifetime(values) {}
          return [output]
        }
      }, gradient: gradient)
  }

  private static func sparse(
    _ name: String, _ operation: @autoclosure @escaping @Sendable () -> OpDef
  ) -> OpDef {
    OpDef(
      name, signature(name, "output_indices: int64, output_values: T, output_shape: int64"),
      shape: { context in
        try SparseCells.rank(context)
        return [.unknown(rank: 2), .unknown(rank: 1), .unknown(rank: 1)]
      },
      kernel: .dynamic(types(name)) { context in
        let keeps = try context.bool("keep_dims")
        return { run in
          let reduction = try Reduction(run.inputs, keepDims: keeps)
          let (firsts, values) = try reduction.values(operation(), run.inputs[1])
          let rank = reduction.dims.count
          let indices = try Tensor.zeros(.int64, [firsts.count, rank])
          let out = indices.elements(Int.self)
          for (row, element) in firsts.enumerated() {
            for (position, axis) in reduction.kept.enumerated() {
              out[row &* rank &+ (keeps ? axis : position)] = reduction.cells[element, axis]
            }
          }
          return [indices, values, try SparseRows.vector(reduction.dims)]
        }
      }, gradient: SparseOps.noGradient)
  }

  /// exp(x) divided by the sum over the elements that differ only in the last coordinate.
  package let softmax: OpDef = OpDef(
    "SparseSoftmax",
    """
    sp_indices: int64, sp_values: T, sp_shape: int64 -> output: T
    T: {half, float, double}
    """,
    shape: { context in
      if let rank = try SparseCells.rank(context) {
        try require(rank >= 2, "Input should have rank >= 2, but received rank: \(rank)")
      }
      return [context.shapes[1]]
    },
    kernel: .dynamic { _ in
      { run in
        let values = run.inputs[1]
        let cells = try SparseCells(run.inputs[0], values, run.inputs[2])
        try require(
          cells.rank >= 2, "Input should have rank >= 2, but received shape: \(Shape(cells.dims))")
        try cells.requireShape()
        let (ids, firsts) = cells.groups(Array(0..<cells.rank - 1))
        let x = try values.doubles()
        var largest = [Double](repeating: -.infinity, count: firsts.count)
        for (id, x) in zip(ids, x) where x > largest[id] || x.isNaN { largest[id] = x }
        let powers = try runKernel(
          UnaryOps.family.exp.opDef,
          [try Tensor(zip(ids, x).map { $1 - largest[$0] }, dims: [x.count])])[0]
        let exps = try powers.scalars(Double.self)
        var sums = [Double](repeating: 0, count: firsts.count)
        for (id, value) in zip(ids, exps) { sums[id] += value }
        let output = try Tensor.uninitialized(values.dtype, values.dims)
        try output.fill(
          floats: { Float(exps[$0] / sums[ids[$0]]) }, doubles: { exps[$0] / sums[ids[$0]] })
        return [output]
      }
    }, gradient: .rule { try SparseGradients.softmax($0) })
}
