import CKernels
package import CoreOps

/// Arithmetic of sparse tensors with dense ones and with each other.
package struct SparseMathOps: OpFamily {
  package static let family: Self = define(Self())

  private static let numbers =
    """
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
    bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    """
  private static let reals =
    "T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}"

  package let tensorDenseMatMul: OpDef = OpDef(
    "SparseTensorDenseMatMul",
    """
    a_indices: Tindices, a_values: T, a_shape: int64, b: T -> product: T
    T: type
    Tindices: {int32, int64} = int64
    adjoint_a: bool = false
    adjoint_b: bool = false
    """,
    shape: { context in
      let indices = try context.shape(0, rank: 2, "a_indices")
      let values = try context.shape(1, rank: 1, "a_values")
      let shape = try context.shape(2, rank: 1, "a_shape")
      let b = try context.shape(3, rank: 2, "b")
      if let rank = indices[1] {
        try require(rank == 2, "Tensor 'a_indices' must have 2 columns, has \(rank)")
      }
      if let rank = shape[0] { try require(rank == 2, "Tensor 'a_shape' must have 2 elements") }
      if let count = indices[0], let given = values[0] {
        try require(
          count == given, "Number of rows of a_indices does not match number of entries in a_values"
        )
      }
      let (adjointA, adjointB) = (try context.bool("adjoint_a"), try context.bool("adjoint_b"))
      let dims = try context.sizes(2)
      if let dims {
        try require(
          dims.allSatisfy { $0 >= 0 }, "a_shape \(PartialShape(dims)) has a negative dimension")
        if let inner = b[adjointB ? 1 : 0] {
          try require(
            inner == dims[adjointA ? 0 : 1],
            """
            Cannot multiply A and B because inner dimension does not match: \
            \(dims[adjointA ? 0 : 1]) vs. \(inner).  Did you forget a transpose?  Dimensions of A: \
            \(PartialShape(dims)).  Dimensions of B: \(b)
            """
          )
        }
      }
      return [.of(dims?[adjointA ? 1 : 0], b[adjointB ? 0 : 1])]
    },
    kernel: .raw(["T": [.floats, .int32, .complexes]]) { context in
      let type = try context.type("T")
      let indexSize = try context.type("Tindices").byteSize
      let (adjointA, adjointB) = (try context.bool("adjoint_a"), try context.bool("adjoint_b"))
      return { shapes in
        let (b, output) = (shapes.inputs[3], shapes.outputs[0])
        let count = Int64(shapes.inputs[1].elementCount)
        let (inner, columns) = (Int64(b[adjointB ? 1 : 0]), Int64(output[1]))
        let rows = Int64(output[0])
        let scratch = output.elementCount * Int(jk_sparse_sum_size(Int32(type.rawValue)))
        return .run(scratch: scratch) { pointers in
          var job = jk_sparse_product()
          job.dtype = Int32(type.rawValue)
          job.adjoint_a = adjointA ? 1 : 0
          job.adjoint_b = adjointB ? 1 : 0
          job.index_size = Int32(indexSize)
          job.count = count
          job.rows = rows
          job.inner = inner
          job.columns = columns
          job.indices = UnsafeRawPointer(pointers[0])
          job.values = UnsafeRawPointer(pointers[1])
          job.b = UnsafeRawPointer(pointers[3])
          job.out = pointers[4]
          let bad = jk_sparse_first_bad(&job)
          if bad >= 0 {
            throw TFError.invalidArgument(
              "a_indices[\(bad)] is out of bounds of \(job.rows) rows and \(job.inner) columns")
          }
          jk_sparse_multiply(&job, scratch > 0 ? pointers[5] : nil)
        }
      }
    }, gradient: .rule { try SparseGradients.product($0) })

  package let tensorDenseAdd: OpDef = OpDef(
    "SparseTensorDenseAdd",
    """
    a_indices: Tindices, a_values: T, a_shape: Tindices, b: T -> output: T
    \(numbers)
    Tindices: {int32, int64}
    """,
    shape: { context in
      try SparseCells.rank(context, name: "Sparse")
      return [context.shapes[3]]
    },
    kernel: .dynamic(["T": .numbers]) { _ in
      { run in
        let (indices, values, shape, b) = (
          run.inputs[0], run.inputs[1], run.inputs[2], run.inputs[3]
        )
        try SparseCells.check(indices.dims, values.dims, shape.dims, "Sparse")
        let dims = try shape.integers()
        try require(
          dims.count == b.dims.rank,
          "Two operands have different ranks; received: \(dims.count) and \(b.dims.rank)")
        try require(
          dims == b.dims.dims,
          "Dimensions of the operands do not match: \(Shape(dims)) and \(b.dims)")
        try require(
          dims.count <= 5,
          """
          Only tensors with ranks between 1 and 5 are currently supported.  Tensor rank: \
          \(dims.count)
          """
        )
        let cells = try SparseCells(indices, values, shape)
        try cells.requireInside()
        let strides = b.dims.strides
        let places = (0..<cells.count).map { element in
          (0..<cells.rank).reduce(0) { $0 &+ cells[element, $1] &* strides[$1] }
        }
        let flat = try runKernel(
          ScatterOps.family.tensorScatterAdd,
          [
            b.reshaped([b.dims.elementCount]),
            try Tensor(places, dims: [places.count, 1]), values,
          ])[0]
        return [flat.reshaped(b.dims)]
      }
    },
    gradient: .rule(needs: .inputs(0)) { context in
      let gradient = try context.gradient()
      return [
        nil, try GatherOps.family.gatherNd([gradient, context.inputs[0]]), nil, gradient,
      ]
    })

  package let denseAdd: OpDef = withDense(
    "SparseDenseCwiseAdd", BinaryOps.family.addV1, SparseOps.noGradient)
  package let denseMul: OpDef = withDense(
    "SparseDenseCwiseMul", BinaryOps.family.multiply.opDef,
    .rule { try SparseGradients.cwise($0, divides: false) })
  package let denseDiv: OpDef = withDense(
    "SparseDenseCwiseDiv", BinaryOps.family.div.opDef,
    .rule { try SparseGradients.cwise($0, divides: true) })

  /// The elements of a sparse tensor with those of a dense one that is broadcast to its shape.
  private static func withDense(
    _ name: String, _ operation: @autoclosure @escaping @Sendable () -> OpDef,
    _ gradient: Gradient
  ) -> OpDef {
    OpDef(
      name,
      """
      sp_indices: int64, sp_values: T, sp_shape: int64, dense: T -> output: T
      \(numbers)
      """,
      shape: { context in
        let rank = try SparseCells.rank(context, name: "Sparse")
        if let rank, let dense = context.shapes[3].rank {
          try require(
            rank >= dense,
            """
            SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: \
            \(rank) and \(dense) dimensions
            """
          )
        }
        return [.of(context.shapes[1][0] ?? context.shapes[0][0])]
      },
      kernel: .dynamic(["T": [.reals, .complexes]]) { _ in
        { run in
          let (values, dense) = (run.inputs[1], run.inputs[3])
          let cells = try SparseCells(run.inputs[0], values, run.inputs[2], "Sparse")
          try cells.requireShape()
          let lead = cells.rank - dense.dims.rank
          let fits =
            lead >= 0
            && (0..<dense.dims.rank).allSatisfy {
              dense.dims[$0] == 1 || dense.dims[$0] == cells.dims[lead + $0]
            }
          try require(
            fits,
            """
            SparseDenseBinaryOpShared broadcasts dense to sparse only; got incompatible shapes: \
            \(Shape(cells.dims)) vs. \(dense.dims)
            """
          )
          try cells.requireInside()
          let strides = dense.dims.strides
          let places = (0..<cells.count).map { element in
            (0..<dense.dims.rank).reduce(0) {
              dense.dims[$1] == 1 ? $0 : $0 &+ cells[element, lead + $1] &* strides[$1]
            }
          }
          let operation = operation()
          if operation == BinaryOps.family.div.opDef {
            let nonzero = Int(
              jk_count_nonzero(
                Int32(dense.dtype.rawValue), dense.pointer, Int64(dense.dims.elementCount)))
            try require(
              nonzero == dense.dims.elementCount,
              "\(name) cannot divide by zero,but input dense tensor contains zero ")
          }
          let others = try SparseRows.take(places, of: dense.reshaped([dense.dims.elementCount]))
          return try runKernel(operation, [values, others])
        }
      }, gradient: gradient)
  }

  package let add: OpDef = OpDef(
    "SparseAdd",
    """
    a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64, \
      thresh: Treal -> sum_indices: int64, sum_values: T, sum_shape: int64
    \(numbers)
    Treal: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: { context in
      let a = try SparseCells.rank(context, name: "a")
      let b = try SparseCells.rank(context, at: 3, name: "b")
      return [.of(nil, a ?? b), [nil], .of(a ?? b)]
    },
    kernel: .dynamic(["T": [.floats, .signedInts, .complexes]]) { _ in
      { run in
        try require(
          run.inputs[6].dims.rank == 0,
          "The magnitude threshold must be a scalar: got shape \(run.inputs[6].dims)")
        let (a, b) = try pair(run.inputs)
        let places = a.merged(with: b)
        let sums = try runKernel(
          BinaryOps.family.addV1,
          [
            SparseRows.take(places.first, of: run.inputs[1]),
            SparseRows.take(places.second, of: run.inputs[4]),
          ])[0]
        let magnitudes = try runKernel(
          sums.dtype.isComplex
            ? ComplexOps.family.complexAbs : UnaryOps.family.magnitude.opDef,
          [sums], absAttrs(sums.dtype))[0]
        let threshold = try runKernel(
          CastOps.family.castOp, [run.inputs[6]], ["DstT": .type(magnitudes.dtype)])[0]
        let isKept = try runKernel(
          ComparisonOps.family.lessEqual.opDef, [threshold, magnitudes])[0].scalars(Bool.self)
        // As in TensorFlow, what only one operand has is kept however small it is.
        let kept = isKept.indices.filter {
          places.first[$0] < 0 || places.second[$0] < 0 || isKept[$0]
        }
        let indices = try a.indices(
          (kept.map { places.first[$0] }, kept.map { places.second[$0] }), b)
        return [indices, try SparseRows.take(kept, of: sums), run.inputs[2]]
      }
    },
    gradient: .rule(needs: .init(inputs: [0, 3], outputs: [0])) { context in
      guard let gradient = context.outputGradients[1] else {
        return [Tensor?](repeating: nil, count: 7)
      }
      let parts = try apply(
        family.addGrad, [gradient, context.inputs[0], context.inputs[3], context.outputs[0]])
      return [nil, parts[0], nil, nil, parts[1], nil, nil]
    })

  private static func absAttrs(_ dtype: DType) -> Attrs {
    dtype.isComplex ? ["Tout": .type(dtype.realDType)] : [:]
  }

  /// The two operands, which must have one shape.
  private static func pair(_ inputs: [Tensor]) throws -> (SparseCells, SparseCells) {
    let a = try SparseCells(inputs[0], inputs[1], inputs[2], "a")
    let b = try SparseCells(inputs[3], inputs[4], inputs[5], "b")
    try require(
      a.rank == b.rank, "Operands' shapes must have the same rank: got \(a.rank) and \(b.rank)")
    for axis in 0..<a.rank where a.dims[axis] != b.dims[axis] {
      throw TFError.invalidArgument(
        """
        Operands' shapes do not match: got \(a.dims[axis]) and \(b.dims[axis]) for dimension \
        \(axis)
        """
      )
    }
    return (a, b)
  }

  package let addGrad: OpDef = OpDef(
    "SparseAddGrad",
    """
    backprop_val_grad: T, a_indices: int64, b_indices: int64, sum_indices: int64 -> a_val_grad: T, \
      b_val_grad: T
    \(numbers)
    """,
    shape: { context in
      [
        .of(try context.shape(1, rank: 2, "a_indices")[0]),
        .of(try context.shape(2, rank: 2, "b_indices")[0]),
      ]
    },
    kernel: .dynamic(["T": .numbers]) { _ in
      { run in
        let gradient = run.inputs[0]
        for index in 1...3 {
          try require(
            run.inputs[index].dims.rank == 2,
            "Input indices should be matrices but received shape: \(run.inputs[index].dims)")
          try require(
            run.inputs[index].dims[1] == run.inputs[1].dims[1],
            """
            The densified operands should have the same ndims: \(run.inputs[1].dims) and \
            \(run.inputs[index].dims)
            """
          )
        }
        try require(
          gradient.dims.rank == 1 && gradient.dims[0] == run.inputs[3].dims[0],
          """
          # rows in sum_indices and elements in backprop_val_grad should match: \
          \(run.inputs[3].dims) and \(gradient.dims)
          """
        )
        let cells = try (1...3).map { index in
          let indices = run.inputs[index]
          return SparseCells(
            rank: indices.dims[1], count: indices.dims[0], dims: [], at: try indices.integers())
        }
        let axes = Array(0..<cells[0].rank)
        func positions(_ operand: SparseCells) -> [Int] {
          var next = 0
          return (0..<operand.count).map { element in
            while next < cells[2].count, cells[2].compare(next, operand, element, axes) < 0 {
              next += 1
            }
            let isThere =
              next < cells[2].count && cells[2].compare(next, operand, element, axes) == 0
            return isThere ? next : -1
          }
        }
        return [
          try SparseRows.take(positions(cells[0]), of: gradient),
          try SparseRows.take(positions(cells[1]), of: gradient),
        ]
      }
    }, gradient: SparseOps.noGradient)

  package let maximum: OpDef = ofTwo(
    "SparseSparseMaximum", BinaryOps.family.maximum.opDef, reals)
  package let minimum: OpDef = ofTwo(
    "SparseSparseMinimum", BinaryOps.family.minimum.opDef, numbers)

  /// Element by element, 0 standing for those that one operand does not have.
  private static func ofTwo(
    _ name: String, _ operation: @autoclosure @escaping @Sendable () -> OpDef, _ types: String
  ) -> OpDef {
    OpDef(
      name,
      """
      a_indices: int64, a_values: T, a_shape: int64, b_indices: int64, b_values: T, b_shape: int64 \
        -> output_indices: int64, output_values: T
      \(types)
      """,
      shape: { context in
        let a = try SparseCells.rank(context, name: "a")
        let b = try SparseCells.rank(context, at: 3, name: "b")
        return [.of(nil, a ?? b), [nil]]
      },
      kernel: .dynamic(["T": .reals]) { _ in
        { run in
          let (a, b) = try pair(run.inputs)
          try a.requireInside()
          try b.requireInside()
          let places = a.merged(with: b)
          let values = try runKernel(
            operation(),
            [
              SparseRows.take(places.first, of: run.inputs[1]),
              SparseRows.take(places.second, of: run.inputs[4]),
            ])
          return [try a.indices(places, b), values[0]]
        }
      }, gradient: SparseOps.noGradient)
  }
}
