import CKernels

/// Ops that distribute and collect slices, and other rearrangements.
package struct ArrayOps: OpFamily {
  package static let family: Self = define(Self())

  package let dynamicPartition: OpDef = OpDef(
    "DynamicPartition",
    """
    data: T, partitions: int32 -> outputs: num_partitions * T
    num_partitions: int >= 1
    T: type
    """,
    shape: { context in
      let count = try context.int("num_partitions")
      guard let dims = context.shapes[0].dims, let prefix = context.shapes[1].dims else {
        return [PartialShape](repeating: .unknown, count: count)
      }
      guard prefix.count <= dims.count,
        PartialShape(prefix).isCompatible(with: PartialShape(Array(dims.prefix(prefix.count))))
      else {
        throw TFError.invalidArgument(
          """
          data.shape must start with partitions.shape, got data.shape = \(context.shapes[0]), \
          partitions.shape = \(context.shapes[1])
          """
        )
      }
      return [PartialShape](
        repeating: PartialShape([nil] + dims.dropFirst(prefix.count)), count: count)
    },
    kernel: .dynamic(objects: .move()) { context in
      let count = try context.int("num_partitions")
      return { run in
        let (data, partitions) = (run.inputs[0], run.inputs[1])
        let prefix = partitions.dims.rank
        guard data.dims.rank >= prefix,
          Array(data.dims.dims.prefix(prefix)) == partitions.dims.dims
        else {
          throw TFError.invalidArgument(
            """
            data.shape must start with partitions.shape, got data.shape = \(data.dims), \
            partitions.shape = \(partitions.dims)
            """
          )
        }
        var rows = [[Int64]](repeating: [], count: count)
        for (row, part) in partitions.elements(Int32.self).enumerated() {
          guard part >= 0, part < count else {
            throw Indices.outside(
              Int(part), at: row, of: partitions.dims, below: count, "partitions")
          }
          rows[Int(part)].append(Int64(row))
        }
        let flat = data.reshaped(
          Shape([partitions.dims.elementCount] + data.dims.dims.dropFirst(prefix)))
        return try rows.map { try EqualRows.take($0, of: flat, axis: 0) }
      }
    },
    gradient: .rule(needs: .inputs(0, 1)) { context in
      let (data, partitions) = (context.inputs[0], context.inputs[1])
      let positions = try ShapeOps.family.reshape([
        SearchOps.family.range([
          ShapeOps.scalar(0), ShapeOps.family.size([partitions]), ShapeOps.scalar(1),
        ]), ShapeOps.shapeTensor(of: partitions),
      ])
      let count = try context.int("num_partitions")
      let parts = try apply(
        family.dynamicPartition, [positions, partitions], ["num_partitions": .int(count)])
      let gradients = try (0..<count).map { try context.gradient($0) }
      let stitched = try family.parallelDynamicStitch(parts + gradients)
      return [try ShapeOps.family.reshape([stitched, ShapeOps.shapeTensor(of: data)]), nil]
    })

  package let dynamicStitch: OpDef = stitch("DynamicStitch")
  package let parallelDynamicStitch: OpDef = stitch("ParallelDynamicStitch")

  private static func stitch(_ name: String) -> OpDef {
    OpDef(
      name,
      """
      indices: N * int32, data: N * T -> merged: T
      N: int >= 1
      T: type
      """,
      shape: { context in
        let count = context.shapes.count / 2
        var tail = PartialShape.unknown
        var largest: Dimension? = -1
        for position in 0..<count {
          let (indices, data) = (context.shapes[position], context.shapes[count + position])
          if let values = try context.sizes(position) {
            largest = largest.map { max($0, values.max() ?? -1) }
          } else {
            largest = nil
          }
          guard let prefix = indices.dims, let dims = data.dims else { continue }
          guard prefix.count <= dims.count,
            indices.isCompatible(with: PartialShape(Array(dims.prefix(prefix.count))))
          else {
            throw TFError.invalidArgument(
              """
              data[\(position)].shape = \(data) does not start with indices[\(position)].shape = \
              \(indices)
              """
            )
          }
          let rest = PartialShape(Array(dims.dropFirst(prefix.count)))
          guard tail.isCompatible(with: rest) else {
            throw TFError.invalidArgument(
              """
              Need data[0].shape[\(context.shapes[0].rank ?? 0):] = \
              data[\(position)].shape[\(prefix.count):], got data[0].shape = \
              \(context.shapes[count]), data[\(position)].shape = \(data), indices[0].shape = \
              \(context.shapes[0]), indices[\(position)].shape = \(indices)
              """
            )
          }
          tail = try tail.merged(with: rest)
        }
        guard let rest = tail.dims else { return [.unknown] }
        return [PartialShape([largest.map { $0 + 1 }] + rest)]
      },
      kernel: .raw(objects: .move()) { context in
        let size = try context.type("T").byteSize
        return { specialise in
          let count = specialise.inputs.count / 2
          let output = specialise.outputs[0]
          let row = output.dims.dropFirst().reduce(size, *)
          let rows = output[0]
          let counts = (0..<count).map { specialise.inputs[$0].elementCount }
          for position in 0..<count {
            for (at, index) in try specialise.integers(position).enumerated()
            where index < 0 || index >= rows {
              throw TFError.invalidArgument(
                "indices\(Indices.place(at, in: specialise.inputs[position])) is out of range")
            }
          }
          return .run { pointers in
            let target = pointers[2 * count]
            memsetZero(target, rows * row)
            for position in 0..<count {
              let indices = pointers[position].assumingMemoryBound(to: Int32.self)
              for at in 0..<counts[position] {
                (target + Int(indices[at]) * row)
                  .copyMemory(from: pointers[count + position] + at * row, byteCount: row)
              }
            }
          }
        }
      },
      gradient: .rule(needs: .inputs) { context in
        let count = context.inputs.count / 2
        let gradient = try context.gradient()
        let none = [Tensor?](repeating: nil, count: count)
        return none
          + (try (0..<count).map {
            try GatherOps.family.gatherV2([gradient, context.inputs[$0], ShapeOps.scalar(0)])
          })
      })
  }

  package let reverseSequence: OpDef = OpDef(
    "ReverseSequence",
    """
    input: T, seq_lengths: Tlen -> output: T
    seq_dim: int
    batch_dim: int = 0
    T: type
    Tlen: {int32, int64} = int64
    """,
    shape: { context in
      let lengths = try context.shape(1, rank: 1, "seq_lengths")
      let (seq, batch) = (try context.int("seq_dim"), try context.int("batch_dim"))
      guard let dims = context.shapes[0].dims else { return [.unknown] }
      try require(batch >= 0 && batch < dims.count, "batch_dim must be < input rank \(dims.count)")
      try require(seq >= 0 && seq < dims.count, "seq_dim must be < input rank \(dims.count)")
      try require(batch != seq, "batch_dim == seq_dim == \(seq)")
      try require(dims.count <= 5, "ReverseSequenceOp : Unhandled input dimensions: \(dims.count)")
      if let given = lengths[0], let expected = dims[batch] {
        try require(
          given == expected,
          "Length of seq_lens != input.dims(\(batch)), (\(given) vs. \(expected))")
      }
      return [context.shapes[0]]
    },
    kernel: .raw(objects: .move()) { context in
      let size = try context.type("T").byteSize
      let isWide = try context.type("Tlen") == .int64
      let (seq, batch) = (try context.int("seq_dim"), try context.int("batch_dim"))
      return { specialise in
        let dims = specialise.inputs[0].dims
        let (first, second) = (min(seq, batch), max(seq, batch))
        let outer: Int = dims[..<first].reduce(1, *)
        let middle: Int = dims[(first + 1)..<second].reduce(1, *)
        let inner: Int = dims[(second + 1)...].reduce(size, *)
        let parts: [Int] = [outer, dims[first], middle, dims[second], inner]
        let view = parts.map { Int64($0) }
        let (count, limit) = (dims[batch], dims[seq])
        return .run { pointers in
          for index in 0..<count {
            let length = Indices.value(pointers[1], index, isWide ? 8 : 4)
            try require(length >= 0, "seq_lens(\(index)) < 0")
            try require(length <= limit, "seq_lens(\(index)) > input.dims(\(seq))")
          }
          jk_reverse_sequence(
            view, seq < batch ? 1 : 0, isWide ? 1 : 0, pointers[1], pointers[0], pointers[2])
        }
      }
    },
    gradient: .rule(needs: .inputs(1)) { context in
      [
        try family.reverseSequence(
          [context.gradient(), context.inputs[1]],
          ["seq_dim": context.attr("seq_dim"), "batch_dim": context.attr("batch_dim")]), nil,
      ]
    })

  package let cross: OpDef = OpDef(
    "Cross",
    """
    a: T, b: T -> product: T
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64}
    """,
    shape: { context in
      let (a, b) = (context.shapes[0], context.shapes[1])
      guard a.isCompatible(with: b) else {
        throw TFError.invalidArgument("Both inputs must be of same shape: \(a) vs. \(b)")
      }
      let shape = try a.merged(with: b)
      if let dims = shape.dims {
        try require(!dims.isEmpty, "Input must be at least 1D")
        if let last = dims[dims.count - 1] {
          guard last == 3 else {
            throw TFError.failedPrecondition(
              "Cross-products are only defined for 3-element vectors.")
          }
        }
      }
      return [shape]
    },
    kernel: .raw { context in
      let type = Int32(try context.type("T").rawValue)
      return { specialise in
        let count = Int64(specialise.outputs[0].elementCount / 3)
        return .run { pointers in _ = jk_cross(type, count, pointers[0], pointers[1], pointers[2]) }
      }
    },
    gradient: .rule(needs: .inputs(0, 1)) { context in
      let gradient = try context.gradient()
      return [
        try family.cross([context.inputs[1], gradient]),
        try family.cross([gradient, context.inputs[0]]),
      ]
    })

  package let inplaceUpdate: OpDef = inplace("InplaceUpdate", JK_SCATTER_UPDATE)
  package let inplaceAdd: OpDef = inplace("InplaceAdd", JK_SCATTER_ADD)
  package let inplaceSub: OpDef = inplace("InplaceSub", JK_SCATTER_SUB)

  /// Tensors never change here, so the result is a new one.
  private static func inplace(_ name: String, _ op: Int) -> OpDef {
    OpDef(
      name,
      """
      x: T, i: int32, v: T -> y: T
      T: type
      """,
      shape: ShapeRules.same,
      kernel: .raw(
        op == JK_SCATTER_UPDATE ? [:] : ["T": .numbers],
        objects: op == JK_SCATTER_UPDATE ? .move() : nil
      ) { context in
        let dtype = try context.type("T")
        return { specialise in
          let (x, indices, v) = (specialise.inputs[0], specialise.inputs[1], specialise.inputs[2])
          try require(x.rank >= 1, "x must be at least 1-D")
          try require(indices.rank == 1, "i must be a vector. \(indices)")
          let rows = indices[0]
          let expected = Shape([rows] + x.dims.dropFirst())
          try require(
            v == expected, "i and x shape doesn't match: v must have shape \(expected), got \(v)")
          let layout = try NdLayout(
            indices: [rows, 1], dims: x.dims, elementSize: dtype.byteSize, indexSize: 4,
            skipsBad: false)
          let byteCount = x.elementCount * dtype.byteSize
          let limit = Int32(truncatingIfNeeded: x[0])
          return .run(scratch: rows * 4) { pointers in
            if pointers[3] != pointers[0] {
              pointers[3].copyMemory(from: pointers[0], byteCount: byteCount)
            }
            if limit == 0 { return }
            // Indices count modulo the number of rows.
            let (given, wrapped) = (
              pointers[1].assumingMemoryBound(to: Int32.self),
              pointers[4].assumingMemoryBound(to: Int32.self)
            )
            for row in 0..<rows { wrapped[row] = (given[row] % limit + limit) % limit }
            _ = withUnsafePointer(to: layout.value) {
              jk_scatter_nd($0, Int32(op), Int32(dtype.rawValue), wrapped, pointers[2], pointers[3])
            }
          }
        }
      }, gradient: .none("\(name) has no gradient"))
  }

  package let dataFormatDimMap: OpDef = OpDef(
    "DataFormatDimMap",
    """
    x: T -> y: T
    T: {int32, int64} = int32
    src_format: string = 'NHWC'
    dst_format: string = 'NCHW'
    """,
    shape: ShapeRules.same,
    kernel: .dynamic { context in
      let order = try formatOrder(context)
      return { run in
        let values = try run.inputs[0].integers().map { dim in
          // Dimensions count modulo their number.
          let position = (dim % order.count + order.count) % order.count
          return order.firstIndex(of: position) ?? position
        }
        return [try Tensor.wrapping(values, run.inputs[0].dtype, run.inputs[0].dims)]
      }
    }, gradient: .none("DataFormatDimMap has no gradient"))

  package let dataFormatVecPermute: OpDef = OpDef(
    "DataFormatVecPermute",
    """
    x: T -> y: T
    T: {int32, int64} = int32
    src_format: string = 'NHWC'
    dst_format: string = 'NCHW'
    """,
    shape: ShapeRules.same,
    kernel: .dynamic { context in
      let order = try formatOrder(context)
      let formats = (try context.string("src_format"), try context.string("dst_format"))
      return { run in
        let x = run.inputs[0]
        let width = x.dims.rank == 2 ? 2 : 1
        try require(
          x.dims.rank == 1 || x.dims.rank == 2,
          "input must be a vector or 2D tensor, but got shape \(x.dims)")
        if x.dims.rank == 2 {
          try require(
            x.dims[1] == 2,
            "Second dimension of 2D input must be of size 2, but got shape \(x.dims)")
        }
        var order = order
        if x.dims[0] == order.count - 2 {
          // Only the spatial dimensions, in the order in which each format names them.
          let source = formats.0.filter { "DHW".contains($0) }
          order = formats.1.filter { "DHW".contains($0) }.map { dim in
            source.distance(
              from: source.startIndex, to: source.firstIndex(of: dim) ?? source.startIndex)
          }
        }
        try require(
          x.dims[0] == order.count,
          "First dimension of input must be of size \(order.count), but got shape \(x.dims)")
        let values = try x.integers()
        let permuted = order.flatMap { row in (0..<width).map { values[row * width + $0] } }
        return [try Tensor.wrapping(permuted, x.dtype, x.dims)]
      }
    }, gradient: .none("DataFormatVecPermute has no gradient"))

  /// For each dimension of the second format, its place in the first.
  private static func formatOrder(_ context: KernelContext) throws -> [Int] {
    let (source, target) = (
      Array(try context.string("src_format")), Array(try context.string("dst_format"))
    )
    try require(
      source.count == 4 || source.count == 5,
      "Source format must be of length 4 or 5, received src_format = \(String(source))")
    try require(
      target.count == 4 || target.count == 5,
      "Destination format must be of length 4 or 5, received dst_format = \(String(target))")
    try require(
      Set(source).count == source.count && source.sorted() == target.sorted(),
      """
      src_format and dst_format must be permutations of each other: \(String(source)) and \
      \(String(target))
      """
    )
    return target.map { dim in source.firstIndex(of: dim) ?? 0 }
  }
}
