/// Ops that put tensors together and take them apart.
package struct JoinOps: OpFamily {
  package static let family: Self = define(Self())

  package let pack: OpDef = OpDef(
    "Pack",
    """
    values: N * T -> output: T
    N: int >= 1
    T: type
    axis: int = 0
    """,
    shape: { context in
      let shape = try merged(context.shapes[...])
      guard var dims = shape.dims else { return [.unknown] }
      let axis = try context.int("axis")
      guard axis >= -dims.count - 1, axis <= dims.count else {
        throw TFError.invalidArgument(
          "axis = \(axis) not in [\(-dims.count - 1), \(dims.count + 1))")
      }
      dims.insert(Dimension(context.shapes.count), at: axis < 0 ? axis + dims.count + 1 : axis)
      return [PartialShape(dims)]
    },
    kernel: .copies { specialise, context, copies in
      let count = specialise.inputs.count
      let output = Region(specialise.outputs[0])
      let axis = try ShapeRules.axis(context.int("axis"), rank: output.dims.count)
      for index in 0..<count {
        var input = Region(specialise.inputs[index])
        input = input.repeated(axis, 1)
        try copies.add(index, input, to: count, output.window(axis, index, 1))
      }
    },
    gradient: .rule(needs: .nothing) { context in
      try apply(
        family.unpack, [context.gradient()],
        ["num": .int(context.inputs.count), "axis": context.attr("axis")]
      ).map { $0 }
    })

  private static func merged(_ shapes: ArraySlice<PartialShape>) throws -> PartialShape {
    var result = PartialShape.unknown
    for shape in shapes {
      guard result.isCompatible(with: shape) else {
        throw TFError.invalidArgument(
          """
          Shapes of all inputs must match: values[0].shape = \(shapes.first!) != \
          values[\(shapes.firstIndex(of: shape)! - shapes.startIndex)].shape = \(shape)
          """
        )
      }
      result = try result.merged(with: shape)
    }
    return result
  }

  package let unpack: OpDef = OpDef(
    "Unpack",
    """
    value: T -> output: num * T
    num: int >= 0
    T: type
    axis: int = 0
    """,
    shape: { context in
      let count = try context.int("num")
      guard var dims = context.shapes[0].dims else {
        return [PartialShape](repeating: .unknown, count: count)
      }
      let axis = try context.int("axis")
      guard axis >= -dims.count, axis < dims.count else {
        throw TFError.invalidArgument("axis = \(axis) not in [\(-dims.count), \(dims.count))")
      }
      let position = axis < 0 ? axis + dims.count : axis
      if let dim = dims[position], dim != count {
        throw TFError.invalidArgument(
          "Input shape axis \(position) must equal \(count), got shape \(context.shapes[0])")
      }
      dims.remove(at: position)
      return [PartialShape](repeating: PartialShape(dims), count: count)
    },
    kernel: .copies { specialise, context, copies in
      let input = Region(specialise.inputs[0])
      let axis = try ShapeRules.axis(context.int("axis"), rank: input.dims.count)
      for index in specialise.outputs.indices {
        let output = Region(specialise.outputs[index]).repeated(axis, 1)
        try copies.add(0, input.window(axis, index, 1), to: index + 1, output)
      }
    },
    gradient: .rule(needs: .nothing) { context in
      [
        try family.pack(
          context.outputs.indices.map { try context.gradient($0) }, ["axis": context.attr("axis")])
      ]
    })

  package let concatV2: OpDef = OpDef(
    "ConcatV2",
    """
    values: N * T, axis: Tidx -> output: T
    N: int >= 2
    T: type
    Tidx: {int32, int64} = int32
    """,
    shape: { context in
      let last = context.shapes.count - 1
      try requireScalar(context.shapes[last], "axis")
      return [try joined(context.shapes[..<last], axis: context.integers(last)?.first)]
    },
    kernel: .copies { specialise, _, copies in
      let count = specialise.inputs.count - 1
      try join(specialise, 0..<count, axis: specialise.integers(count)[0], &copies)
    },
    gradient: .rule(needs: .last) { context in
      let count = context.inputs.count - 1
      return try split(
        context.gradient(), like: context.inputs[..<count], axis: context.inputs[count]) + [nil]
    })

  package let concat: OpDef = OpDef(
    "Concat",
    """
    concat_dim: int32, values: N * T -> output: T
    N: int >= 2
    T: type
    """,
    shape: { context in
      try requireScalar(context.shapes[0], "concat_dim")
      return [try joined(context.shapes[1...], axis: context.integers(0)?.first)]
    },
    kernel: .copies { specialise, _, copies in
      try join(specialise, 1..<specialise.inputs.count, axis: specialise.integers(0)[0], &copies)
    },
    gradient: .rule(needs: .inputs(0)) { context in
      try [nil] + split(context.gradient(), like: context.inputs[1...], axis: context.inputs[0])
    })

  private static func requireScalar(_ shape: PartialShape, _ name: String) throws {
    if let count = shape.elementCount, count != 1 {
      throw TFError.invalidArgument(
        "\(name) tensor should be a scalar integer, but got shape \(shape)")
    }
  }

  private static func joined(_ shapes: ArraySlice<PartialShape>, axis: Int?) throws -> PartialShape
  {
    guard let first = shapes.first(where: { $0.dims != nil }), let rank = first.rank else {
      return .unknown
    }
    for (index, shape) in shapes.enumerated() {
      if let other = shape.rank, other != rank {
        throw TFError.invalidArgument(
          """
          ConcatOp : Ranks of all input tensors should match: shape[0] = \(first) vs. \
          shape[\(index)] = \(shape)
          """
        )
      }
    }
    try require(rank > 0, "ConcatOp : Can't concatenate scalars (use tf.stack instead)")
    guard let axis else { return .unknown(rank: rank) }
    guard axis >= -rank, axis < rank else {
      throw TFError.invalidArgument(
        """
        ConcatOp : Expected concatenating dimensions in the range [\(-rank), \(rank)), but got \
        \(axis)
        """
      )
    }
    let position = axis < 0 ? axis + rank : axis
    var dims = [Dimension?](repeating: nil, count: rank)
    var total: Dimension? = 0
    for (index, shape) in shapes.enumerated() {
      total = shape[position].flatMap { dim in total.map { $0 + dim } }
      guard let own = shape.dims else { continue }
      for d in 0..<rank where d != position {
        if let a = dims[d], let b = own[d], a != b {
          throw TFError.invalidArgument(
            """
            ConcatOp : Dimension \(d) in both shapes must be equal: shape[0] = \(first) vs. \
            shape[\(index)] = \(shape)
            """
          )
        }
        dims[d] = dims[d] ?? own[d]
      }
    }
    dims[position] = total
    return PartialShape(dims)
  }

  private static func join(
    _ specialise: SpecialiseContext, _ range: Range<Int>, axis: Int, _ copies: inout Copies
  ) throws {
    let output = Region(specialise.outputs[0])
    let axis = axis < 0 ? axis + output.dims.count : axis
    var start = 0
    for index in range {
      let input = Region(specialise.inputs[index])
      try copies.add(
        index, input, to: specialise.inputs.count, output.window(axis, start, input.dims[axis]))
      start += input.dims[axis]
    }
  }

  /// Cuts a gradient into pieces of the shapes of `inputs`.
  private static func split(
    _ gradient: Tensor, like inputs: ArraySlice<Tensor>, axis: Tensor
  ) throws -> [Tensor?] {
    if !axis.isSymbolic, let position = try axis.integers().first,
      let rank = gradient.rank ?? inputs.first?.shape.rank
    {
      let axis = position < 0 ? position + rank : position
      let sizes = inputs.compactMap { $0.shape[axis] }
      if sizes.count == inputs.count {
        return try apply(
          family.splitV, [gradient, ShapeOps.vector(sizes.map(\.value)), ShapeOps.scalar(axis)],
          ["num_split": .int(sizes.count)])
      }
    }
    let shapes = try apply(ShapeOps.family.shapeN, Array(inputs))
    let rank = try ShapeOps.rankTensor(of: gradient)
    let positive = try floorMod(axis, rank)
    let offsets = try apply(family.concatOffset, [positive] + shapes)
    return try zip(offsets, shapes).map { try SliceOps.family.slice([gradient, $0, $1]) }
  }

  /// x modulo y for int32 or int64 scalars, as int32.
  package static func floorMod(_ x: Tensor, _ y: Tensor) throws -> Tensor {
    let x = try CastOps.cast(x, .int32)
    if !x.isSymbolic, !y.isSymbolic {
      let (a, b) = (try x.integers()[0], try y.integers()[0])
      return try ShapeOps.scalar(a < 0 ? a + b : a)
    }
    return try BinaryOps.family.floormod(x, y)
  }

  package let concatOffset: OpDef = OpDef(
    "ConcatOffset",
    """
    concat_dim: int32, shape: N * shape_type -> offset: N * shape_type
    N: int >= 2
    shape_type: {int32, int64} = int32
    """,
    shape: { Array($0.shapes.dropFirst()) },
    kernel: .run { context in
      try require(
        context.inputs[0].dims.rank == 0,
        "Concat dim tensor should be a scalar integer, but got shape \(context.inputs[0].dims)")
      let shapes = try context.inputs.dropFirst().map { input in
        try require(input.dims.rank == 1, "input 0 should be a vector, but got shape \(input.dims)")
        return try input.integers()
      }
      let rank = shapes[0].count
      let dim = try context.inputs[0].integers()[0]
      let axis = dim < 0 ? dim + rank : dim
      try require(
        axis >= 0 && axis < rank, "Concat dim is out of range: \(dim) vs. \(rank)")
      var offset = 0
      return try shapes.enumerated().map { index, shape in
        try require(
          shape.count == rank,
          "input \(index) should contain \(rank) elements, but got \(shape.count)")
        for d in 0..<rank where d != axis && shape[d] != shapes[0][d] {
          throw TFError.invalidArgument(
            """
            All dimensions except \(axis) must match. Input \(index) has shape [\(text(shape))] \
            and doesn't match input 0 with shape [\(text(shapes[0]))].
            """
          )
        }
        var start = [Int](repeating: 0, count: rank)
        start[axis] = offset
        offset &+= shape[axis]
        let dtype = context.inputs[1].dtype
        return dtype == .int64
          ? try Tensor(start, dims: [rank])
          : try Tensor(start.map { Int32(truncatingIfNeeded: $0) }, dims: [rank])
      }
    }, gradient: .zero)

  private static func text(_ values: [Int]) -> String {
    values.map { String($0) }.joined(separator: " ")
  }

  package let split: OpDef = OpDef(
    "Split",
    """
    split_dim: int32, value: T -> output: num_split * T
    num_split: int >= 1
    T: type
    """,
    shape: { context in
      let count = try context.int("num_split")
      if let rank = context.shapes[0].rank {
        try require(rank == 0, "split_dim must be a scalar but has rank \(rank)")
      }
      guard var dims = context.shapes[1].dims else {
        return [PartialShape](repeating: .unknown, count: count)
      }
      guard let axis = try context.integers(0)?.first else {
        return [PartialShape](repeating: .unknown(rank: dims.count), count: count)
      }
      let position = try splitAxis(axis, dims.count)
      if let dim = dims[position] {
        guard dim % count == 0 else {
          throw TFError.invalidArgument(
            """
            Number of ways to split should evenly divide the split dimension, but got split_dim \
            \(position) (size = \(dim)) and num_split \(count)
            """
          )
        }
        dims[position] = dim / count
      }
      return [PartialShape](repeating: PartialShape(dims), count: count)
    },
    kernel: .copies { specialise, _, copies in
      try cut(specialise, value: 1, axis: specialise.integers(0)[0], &copies)
    },
    gradient: .rule { context in
      let gradients = try context.outputs.indices.map { try context.gradient($0) }
      if gradients.count == 1 { return [nil, gradients[0]] }
      return [nil, try family.concatV2(gradients + [context.inputs[0]])]
    })

  package let splitV: OpDef = OpDef(
    "SplitV",
    """
    value: T, size_splits: Tlen, split_dim: int32 -> output: num_split * T
    num_split: int >= 1
    T: type
    Tlen: {int8, int32, int64} = int64
    """,
    shape: { context in
      let count = try context.int("num_split")
      try requireScalar(context.shapes[2], "split_dim")
      let sizesShape = try context.shape(1, rank: 1, "size_splits")
      if let given = sizesShape[0], given != count {
        throw TFError.invalidArgument(
          "size_splits must have \(count) elements, one for each output, got \(given)")
      }
      guard var dims = context.shapes[0].dims else {
        return [PartialShape](repeating: .unknown, count: count)
      }
      guard let axis = try context.integers(2)?.first else {
        return [PartialShape](repeating: .unknown(rank: dims.count), count: count)
      }
      let position = try splitAxis(axis, dims.count)
      guard var sizes = try context.sizes(1) else {
        dims[position] = nil
        return [PartialShape](repeating: PartialShape(dims), count: count)
      }
      let open = sizes.indices.filter { sizes[$0] == -1 }
      try require(open.count <= 1, "There can only be one -1 in size_splits")
      var total: Dimension = 0
      for size in sizes where size != -1 {
        try require(size >= 0, "Split size at index must be >= 0. Got: \(size)")
        total += size
      }
      try require(!total.isOverflow, "size_splits add up to too much")
      guard let dim = dims[position] else {
        return sizes.map {
          dims[position] = $0 == -1 ? nil : $0
          return PartialShape(dims)
        }
      }
      guard open.isEmpty ? total == dim : total <= dim else {
        throw TFError.invalidArgument(
          """
          Determined shape must either match input shape along split_dim exactly if fully \
          specified, or be less than the size of the input along split_dim if not fully specified. \
           Got: \(total)
          """
        )
      }
      if count == 1 {
        try require(
          sizes[0] == dim,
          """
          If there is only one output, it must have the same size as the input. Input size: \(dim) \
          output size: \(sizes[0])
          """
        )
      }
      if let open = open.first { sizes[open] = dim - total }
      return sizes.map {
        dims[position] = $0
        return PartialShape(dims)
      }
    },
    kernel: .copies { specialise, _, copies in
      try cut(specialise, value: 0, axis: specialise.integers(2)[0], &copies)
    },
    gradient: .rule { context in
      let gradients = try context.outputs.indices.map { try context.gradient($0) }
      if gradients.count == 1 { return [gradients[0], nil, nil] }
      return [try family.concatV2(gradients + [context.inputs[2]]), nil, nil]
    })

  private static func splitAxis(_ axis: Int, _ rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw TFError.invalidArgument(
        "-input rank(-\(rank)) <= split_dim < input rank (\(rank)), but got \(axis)")
    }
    return axis < 0 ? axis + rank : axis
  }

  private static func cut(
    _ specialise: SpecialiseContext, value: Int, axis: Int, _ copies: inout Copies
  ) throws {
    let input = Region(specialise.inputs[value])
    let axis = axis < 0 ? axis + input.dims.count : axis
    var start = 0
    for (index, shape) in specialise.outputs.enumerated() {
      try copies.add(
        value, input.window(axis, start, shape[axis]), to: specialise.inputs.count + index,
        Region(shape))
      start += shape[axis]
    }
  }

  package let parallelConcat: OpDef = OpDef(
    "ParallelConcat",
    """
    values: N * T -> output: T
    N: int >= 1
    T: type
    shape: shape
    """,
    shape: { context in
      let shape = try context.shape("shape")
      guard let dims = shape.known?.dims, let rows = dims.first else {
        throw TFError.invalidArgument("shape attribute must be fully defined, got \(shape)")
      }
      for input in context.shapes {
        let expected = PartialShape([1] + dims.dropFirst().map { $0 })
        guard input.isCompatible(with: expected) else {
          throw TFError.invalidArgument("Input shape \(input) does not match \(expected)")
        }
      }
      try require(
        rows == context.shapes.count,
        "Wrong number of input shapes: \(context.shapes.count) for \(shape)")
      return [shape]
    },
    kernel: .copies { specialise, _, copies in
      try join(specialise, 0..<specialise.inputs.count, axis: 0, &copies)
    }, gradient: .none("ParallelConcat has no gradient"))
}

extension JoinOps {
  /// Operands that share a dtype: plain Swift values take that of the first tensor among them.
  ///
  /// - Parameter function: the public function that takes them.
  static func operands(_ values: [any TensorConvertible], _ function: String) throws -> [Tensor] {
    let dtype = values.lazy.compactMap(\.definiteDType).first
    try require(!values.isEmpty, "\(function) takes at least one tensor, got an empty array")
    return try values.map { try $0.asTensor(preferring: dtype) }
  }
}
