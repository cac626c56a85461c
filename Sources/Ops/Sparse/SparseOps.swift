import CKernels
package import CoreOps

/// Ops that only move the elements of sparse tensors: (indices, values, shape) triples.
package struct SparseOps: OpFamily {
  package static let family: Self = define(Self())

  static let noGradient: Gradient = .none("TensorFlow has no gradient for it")

  package let toDense: OpDef = OpDef(
    "SparseToDense",
    """
    sparse_indices: Tindices, output_shape: Tindices, sparse_values: T, default_value: T -> dense: T
    validate_indices: bool = true
    T: type
    Tindices: {int32, int64}
    """,
    shape: { context in
      let (indices, values) = (context.shapes[0], context.shapes[2])
      try require(
        indices.rank ?? 0 <= 2,
        "sparse_indices should be a scalar, vector, or matrix, got shape \(indices)")
      let shape = try context.shape(1, rank: 1, "output_shape")
      try require(
        values.rank ?? 0 <= 1, "sparse_values should be a scalar or a vector, got shape \(values)")
      try require(
        context.shapes[3].rank ?? 0 == 0,
        "default_value should be a scalar, got shape \(context.shapes[3])")
      let depth = indices.rank == 2 ? indices[1] : indices.rank == nil ? nil : 1
      if let rank = shape[0], let depth {
        try require(
          rank == depth,
          "output_shape has incorrect number of elements: \(rank) should be: \(depth)")
      }
      if let count = indices.rank == 0 ? 1 : indices[0], let given = values[0] {
        try require(
          count == given,
          "sparse_values has incorrect shape \(values), should be [] or [\(count)]")
      }
      guard let dims = try context.integers(1) else {
        return [try .unknown(rank: shape[0])]
      }
      try require(
        dims.allSatisfy { $0 >= 0 }, "output_shape \(Shape(dims)) has a negative dimension")
      return [PartialShape(dims)]
    },
    kernel: .raw(["T": [.plain, .string]], objects: .move()) { context in
      let type = try context.type("T")
      let wide = try context.type("Tindices") == .int64
      let validates = try context.bool("validate_indices")
      return { shapes in
        let indices = shapes.inputs[0]
        let dims = shapes.outputs[0].dims
        let count = indices.rank == 0 ? 1 : indices[0]
        let elements = shapes.outputs[0].elementCount
        let one = shapes.inputs[2].rank == 0
        var filling = Copies(type)
        try filling.add(3, Region(dims: [elements], strides: [0]), to: 4, Region([elements]))
        let fill = filling
        return .run(scratch: count * 8) { pointers in
          let rows = pointers[5].assumingMemoryBound(to: Int64.self)
          try fillRows(pointers[0], wide, count, dims, validates, rows)
          fill.run(pointers)
          _ = jk_scatter_rows(
            nil, pointers[4], pointers[2], rows, count, 1, type.byteSize, one ? 1 : 0)
        }
      }
    },
    gradient: .rule(needs: .inputs(0, 2)) { context in
      let gradient = try context.gradient()
      var values = try GatherOps.family.gatherNd([gradient, matrix(context.inputs[0])])
      let total = try sum(values)
      if context.inputs[2].shape.rank == 0 { values = total }
      return [nil, nil, values, try sum(gradient) - total]
    })

  /// Indices of rank 0 and 1 are those of vectors.
  private static func matrix(_ indices: Tensor) throws -> Tensor {
    indices.shape.rank == 2
      ? indices : try ShapeOps.family.reshape([indices, ShapeOps.vector([-1, 1])])
  }

  static func sum(_ x: Tensor) throws -> Tensor {
    try ReductionOps.family.sum([
      ShapeOps.flat(x), 0.asTensor(),
    ])
  }

  /// The flat places of elements in a dense tensor.
  private static func fillRows(
    _ indices: UnsafeMutableRawPointer, _ wide: Bool, _ count: Int, _ dims: [Int],
    _ validates: Bool,
    _ rows: UnsafeMutablePointer<Int64>
  ) throws {
    let rank = dims.count
    let (long, short) = (
      indices.assumingMemoryBound(to: Int.self), indices.assumingMemoryBound(to: Int32.self)
    )
    func coordinate(_ at: Int) -> Int { wide ? long[at] : Int(short[at]) }
    func coordinates(_ element: Int) -> [Int] {
      (0..<rank).map { coordinate(element * rank + $0) }
    }
    for element in 0..<count {
      var row = 0
      for axis in 0..<rank {
        let place = coordinate(element &* rank &+ axis)
        guard place >= 0, place < dims[axis] else {
          throw validates
            ? Indices.cellOutside(element, coordinates(element), of: dims)
            : .invalidArgument("Indices are not valid (out of bounds).  Shape: \(Shape(dims))")
        }
        row = row &* dims[axis] &+ place
      }
      rows[element] = Int64(row)
      guard validates, element > 0, rows[element - 1] >= row else { continue }
      throw Indices.cellOutOfOrder(
        element, coordinates(element), isRepeated: rows[element - 1] == row)
    }
  }

  package let reorder: OpDef = OpDef(
    "SparseReorder",
    """
    input_indices: int64, input_values: T, input_shape: int64 -> output_indices: int64, \
      output_values: T
    T: type
    """,
    shape: { context in
      let rank = try SparseCells.rank(context)
      let count = context.shapes[0][0] ?? context.shapes[1][0]
      return [.of(count, rank), .of(count)]
    },
    kernel: .dynamic(["T": .all], objects: .move()) { _ in
      { run in
        let cells = try SparseCells(run.inputs[0], run.inputs[1], run.inputs[2])
        let order = cells.order(Array(0..<cells.rank))
        return [try cells.indices(order), try SparseRows.take(order, of: run.inputs[1])]
      }
    },
    gradient: .rule(needs: .inputs(0, 1, 2)) { context in
      guard let gradient = context.outputGradients[1] else { return [nil, nil, nil] }
      // The permutation that was applied, and its inverse.
      let zero = try Tensor(scalar: 0)
      let count = try ShapeOps.sizeTensor(of: context.inputs[1], .int64)
      let places = try SearchOps.family.range([zero, count, Tensor(scalar: 1)])
      let sources = try apply(context.op, [context.inputs[0], places, context.inputs[2]])[1]
      let back = try ShapeOps.family.invertPermutation([sources])
      return [nil, try SegmentOps.gather(gradient, back), nil]
    })

  package let reshape: OpDef = OpDef(
    "SparseReshape",
    """
    input_indices: int64, input_shape: int64, new_shape: int64 -> output_indices: int64, \
      output_shape: int64
    """,
    shape: { context in
      let indices = try context.shape(0, rank: 2, "input_indices")
      let shape = try context.shape(1, rank: 1, "input_shape")
      let target = try context.shape(2, rank: 1, "new_shape")
      if let rank = indices[1], let given = shape[0] {
        try require(
          rank == given, "Input tensor rank must match input shape length. Got \(rank) and \(given)"
        )
      }
      return [.of(indices[0], target[0]), .of(target[0])]
    },
    kernel: .raw { _ in
      { shapes in
        let count = shapes.inputs[0][0]
        let (rank, newRank) = (shapes.inputs[1][0], shapes.inputs[2][0])
        return .run { pointers in
          func integers(_ k: Int) -> UnsafeMutablePointer<Int> {
            pointers[k].assumingMemoryBound(to: Int.self)
          }
          let dims = (0..<rank).map { integers(1)[$0] }
          let newDims = try reshaped(dims, (0..<newRank).map { integers(2)[$0] })
          for axis in 0..<newRank { integers(4)[axis] = newDims[axis] }
          if dims == newDims {
            integers(3).update(from: integers(0), count: count &* rank)
            return
          }
          try require(
            count == 0 || !(dims.contains(0) || newDims.contains(0)),
            """
            Input tensor has \(count) non zero elements but input shape (\(Shape(dims))) or output \
            shape (\(Shape(newDims))) is empty
            """
          )
          let (from, to) = (Shape(dims).strides, Shape(newDims).strides)
          for element in 0..<count {
            var place = 0
            for axis in 0..<rank { place &+= integers(0)[element &* rank &+ axis] &* from[axis] }
            for axis in 0..<newRank {
              integers(3)[element &* newRank &+ axis] = place / to[axis]
              place %= to[axis]
            }
          }
        }
      }
    }, gradient: noGradient)

  /// The new shape, its unknown dimension found out.
  private static func reshaped(_ dims: [Int], _ given: [Int]) throws -> [Int] {
    for dim in dims { try require(dim >= 0, "Input shape \(Shape(dims)) has a negative dimension") }
    let size = try SparseRows.product(dims)
    var result = given
    var known = 1
    var open: Int?
    for (axis, dim) in given.enumerated() {
      if dim == -1 {
        try require(
          open == nil, "only one output dimension may be -1, not both \(open ?? 0) and \(axis)")
        open = axis
      } else {
        try require(dim >= 0, "size \(axis) must be non-negative, not \(dim)")
        known = try SparseRows.product([known, dim])
      }
    }
    if let open {
      try require(
        known > 0,
        """
        reshape cannot infer the missing input size for an empty tensor unless all specified input \
        sizes are non-zero
        """
      )
      try require(
        size % known == 0,
        """
        Input to SparseReshape is a SparseTensor with \(size) dense values, but the requested \
        shape requires a multiple of \(known). input_shape=\(Shape(dims)) \
        output_shape=\(Shape(given))
        """
      )
      result[open] = size / known
    } else {
      try require(
        size == known,
        """
        Input to SparseReshape is a tensor with \(size) dense values, but the requested shape has \
        \(known). input_shape=\(Shape(dims)) output_shape=\(Shape(given))
        """
      )
    }
    return result
  }

  package let slice: OpDef = OpDef(
    "SparseSlice",
    """
    indices: int64, values: T, shape: int64, start: int64, size: int64 -> output_indices: int64, \
      output_values: T, output_shape: int64
    T: type
    """,
    shape: { context in
      let rank = try SparseCells.rank(context)
      for (index, name) in [(3, "start"), (4, "size")] {
        let shape = try context.shape(index, rank: 1, name)
        if let count = shape[0], let rank {
          try require(
            count == rank,
            "Expected \(name) to be a vector of length \(rank) but got length \(count)")
        }
      }
      return [.of(nil, rank), [nil], .of(rank)]
    },
    kernel: .dynamic(["T": .all], objects: .move()) { _ in
      { run in
        let cells = try SparseCells(run.inputs[0], run.inputs[1], run.inputs[2])
        for (index, name) in [(3, "start"), (4, "size")] {
          let shape = run.inputs[index].dims
          try require(
            shape == [cells.rank],
            "Expected \(name) to be a vector of length \(cells.rank) but got shape \(shape)")
        }
        try cells.requireShape()
        let (start, size) = (try run.inputs[3].integers(), try run.inputs[4].integers())
        for size in size { try require(size >= 0, "Expected a non-negative size, got \(size)") }
        let kept = (0..<cells.count).filter { element in
          (0..<cells.rank).allSatisfy { axis in
            let offset = cells[element, axis].subtractingReportingOverflow(start[axis])
            return !offset.overflow && offset.partialValue >= 0 && offset.partialValue < size[axis]
          }
        }
        let indices = try Tensor.uninitialized(.int64, [kept.count, cells.rank])
        let out = indices.elements(Int.self)
        for (row, element) in kept.enumerated() {
          for axis in 0..<cells.rank {
            out[row &* cells.rank &+ axis] = cells[element, axis] &- start[axis]
          }
        }
        let dims = (0..<cells.rank).map { axis in
          start[axis] < cells.dims[axis] ? min(size[axis], cells.dims[axis] &- start[axis]) : 0
        }
        return [indices, try SparseRows.take(kept, of: run.inputs[1]), try SparseRows.vector(dims)]
      }
    },
    gradient: .rule(needs: .init(inputs: [0, 3], outputs: [0])) { context in
      guard let gradient = context.outputGradients[1] else { return [nil, nil, nil, nil, nil] }
      let values = try family.sliceGrad([
        gradient, context.inputs[0], context.inputs[3], context.outputs[0],
      ])
      return [nil, values, nil, nil, nil]
    })

  package let sliceGrad: OpDef = OpDef(
    "SparseSliceGrad",
    """
    backprop_val_grad: T, input_indices: int64, input_start: int64, output_indices: int64 \
      -> val_grad: T
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    """,
    shape: { context in
      let indices = try context.shape(1, rank: 2, "input_indices")
      _ = try context.shape(3, rank: 2, "output_indices")
      return [.of(indices[0])]
    },
    kernel: .dynamic(["T": .numbers]) { _ in
      { run in
        let (gradient, indices, start, output) = (
          run.inputs[0], run.inputs[1], run.inputs[2], run.inputs[3]
        )
        try require(
          indices.dims.rank == 2 && output.dims.rank == 2,
          """
          Input and output indices should be matrices but received shapes: \(indices.dims) and \
          \(output.dims)
          """
        )
        try require(
          gradient.dims.rank == 1,
          "Input backprop_val_grad should be a vector but received shape: \(gradient.dims)")
        let rank = indices.dims[1]
        try require(
          rank == output.dims[1],
          "The input and output should have the same ndims: got: \(rank) and \(output.dims[1])")
        try require(
          start.dims == [rank],
          "Input start should be a vector of \(rank) elements but received shape: \(start.dims)")
        try require(
          gradient.dims[0] == output.dims[0],
          """
          # rows in output_indices and backprop_val_grad should match: got \(output.dims[0]) and \
          \(gradient.dims[0])
          """
        )
        let (given, wanted, offset) = (
          try indices.integers(), try output.integers(), try start.integers()
        )
        var next = 0
        let from = (0..<indices.dims[0]).map { element -> Int in
          guard next < output.dims[0] else { return -1 }
          for axis in 0..<rank
          where given[element &* rank &+ axis] != wanted[next &* rank &+ axis] &+ offset[axis] {
            return -1
          }
          next += 1
          return next - 1
        }
        guard next == output.dims[0] else {
          throw TFError.internal(
            """
            Elements of backprop_val_grad aren't all propagated. Num elements:\(output.dims[0]), \
            used: \(next)
            """
          )
        }
        return [try SparseRows.take(from, of: gradient)]
      }
    }, gradient: noGradient)
}
