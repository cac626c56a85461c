package import CoreOps

/// Ops that put sparse tensors together and take them apart.
package struct SparseJoinOps: OpFamily {
  package static let family: Self = define(Self())

  package let concat: OpDef = OpDef(
    "SparseConcat",
    """
    indices: N * int64, values: N * T, shapes: N * int64 -> output_indices: int64, \
      output_values: T, output_shape: int64
    concat_dim: int
    N: int >= 2
    T: type
    """,
    shape: { context in
      let count = try context.int("N")
      var rank: Dimension?
      for part in 0..<count {
        let indices = try context.shape(part, rank: 2, "indices")
        _ = try context.shape(count + part, rank: 1, "values")
        let shape = try context.shape(2 * count + part, rank: 1, "shapes")
        for known in [indices[1], shape[0]].compactMap({ $0 }) {
          try require(
            rank == nil || rank == known,
            """
            Ranks of all input tensors must match: expected \(rank ?? 0) but got \(known) at \
            position \(part)
            """
          )
          rank = known
        }
      }
      return [.of(nil, rank), [nil], .of(rank)]
    },
    kernel: .dynamic(["T": .all], objects: .move()) { context in
      let count = try context.int("N")
      let given = try context.int("concat_dim")
      return { run in
        let parts = try (0..<count).map {
          try SparseCells(run.inputs[$0], run.inputs[count + $0], run.inputs[2 * count + $0])
        }
        for part in parts {
          guard part.dims.allSatisfy({ $0 >= 0 }) else {
            throw TFError.internal("Encountered overflow from large input shape.")
          }
        }
        let rank = parts[0].rank
        try require(
          given >= -rank && given < rank,
          "Concat dimension must be in range [\(-rank), \(rank)), got \(given)")
        let axis = given < 0 ? given + rank : given
        var dims = parts[0].dims
        var at: [Int] = []
        var offset = 0
        for (position, part) in parts.enumerated() {
          try require(
            part.rank == rank,
            """
            Ranks of all input tensors must match: expected \(rank) but got \(part.rank) at \
            position \(position)
            """
          )
          for other in 0..<rank where other != axis && part.dims[other] != dims[other] {
            throw TFError.invalidArgument(
              """
              Input shapes must match: expected \(dims[other]) for dimension \(other) but got \
              \(part.dims[other]) at position \(position)
              """
            )
          }
          var moved = part.at
          for element in 0..<part.count { moved[element &* rank &+ axis] &+= offset }
          at += moved
          let (sum, overflow) = offset.addingReportingOverflow(part.dims[axis])
          try require(!overflow, "The concatenated dimension has too many elements")
          offset = sum
        }
        dims[axis] = offset
        let all = SparseCells(
          rank: rank, count: parts.reduce(0) { $0 + $1.count }, dims: dims, at: at)
        let order = all.order(Array(0..<rank))
        let values = try runKernel(
          JoinOps.family.concatV2, Array(run.inputs[count..<2 * count]) + [Tensor(scalar: Int32(0))]
        )[0]
        return [
          try all.indices(order), try SparseRows.take(order, of: values),
          try SparseRows.vector(dims),
        ]
      }
    }, gradient: SparseOps.noGradient)

  package let split: OpDef = OpDef(
    "SparseSplit",
    """
    split_dim: int64, indices: int64, values: T, shape: int64 \
      -> output_indices: num_split * int64, output_values: num_split * T, \
      output_shape: num_split * int64
    num_split: int >= 1
    T: type
    """,
    shape: { context in
      let rank = try SparseCells.rank(context, at: 1)
      let count = try context.int("num_split")
      return [PartialShape](repeating: .of(nil, rank), count: count)
        + [PartialShape](repeating: [nil], count: count)
        + [PartialShape](repeating: .of(rank), count: count)
    },
    kernel: .dynamic(["T": .all], objects: .move()) { context in
      let parts = try context.int("num_split")
      return { run in
        try require(
          run.inputs[0].dims.elementCount == 1 && run.inputs[0].dims.rank == 0,
          "Input axis should be a scalar but received shape \(run.inputs[0].dims)")
        let cells = try SparseCells(run.inputs[1], run.inputs[2], run.inputs[3])
        let given = try run.inputs[0].integers()[0]
        let rank = cells.rank
        try require(
          given >= -rank && given < rank,
          "Input axis should be in range [\(-rank), \(rank)), got \(given)")
        let axis = given < 0 ? given + rank : given
        let size = cells.dims[axis]
        try require(
          parts <= size,
          """
          Input num_split should be between 1 and the splitting dimension size (\(size)), got \
          \(parts)
          """
        )
        try cells.requireInside()
        // The first parts are one longer where the size does not divide.
        let (each, longer) = (size / parts, size % parts)
        var starts = (0...parts).map { $0 * each + min($0, longer) }
        starts[parts] = size
        var members = [[Int]](repeating: [], count: parts)
        for element in 0..<cells.count {
          let place = cells[element, axis]
          let border = longer * (each + 1)
          members[place < border ? place / (each + 1) : longer + (place - border) / each].append(
            element)
        }
        var (indices, values, shapes): ([Tensor], [Tensor], [Tensor]) = ([], [], [])
        for part in 0..<parts {
          let own = try cells.indices(members[part])
          let out = own.elements(Int.self)
          for row in members[part].indices { out[row &* rank &+ axis] &-= starts[part] }
          var dims = cells.dims
          dims[axis] = starts[part + 1] - starts[part]
          indices.append(own)
          values.append(try SparseRows.take(members[part], of: run.inputs[2]))
          shapes.append(try SparseRows.vector(dims))
        }
        return indices + values + shapes
      }
    }, gradient: SparseOps.noGradient)
}
