/// Ops on a rectangular or strided part of a tensor.
package struct SliceOps: OpFamily {
  package static let family: Self = define(Self())

  package let slice: OpDef = OpDef(
    "Slice",
    """
    input: T, begin: Index, size: Index -> output: T
    T: type
    Index: {int32, int64}
    """,
    shape: { [try sliced($0)] },
    kernel: .copies { specialise, _, copies in
      let begin = try specialise.integers(1)
      var input = Region(specialise.inputs[0])
      for axis in begin.indices {
        input = input.window(axis, begin[axis], specialise.outputs[0][axis])
      }
      try copies.add(0, input, to: 3, Region(specialise.outputs[0]))
    },
    gradient: .rule(needs: .inputs(1)) { context in
      // The gradient is padded with zeros: as many as `begin` before it, and behind it what the
      // slice leaves of the input.
      let begin = context.inputs[1]
      let size = try ShapeOps.shapeTensor(of: context.outputs[0], begin.dtype)
      let all = try ShapeOps.shapeTensor(of: context.inputs[0], begin.dtype)
      let behind = try all - size - begin
      let paddings = try JoinOps.family.pack([begin, behind], ["axis": .int(1)])
      return [try PadOps.family.pad([context.gradient(), paddings]), nil, nil]
    })

  private static func sliced(_ context: ShapeContext) throws -> PartialShape {
    let (beginShape, sizeShape) = (
      try context.shape(1, rank: 1, "begin"), try context.shape(2, rank: 1, "size")
    )
    let rank = try context.shapes[0].rank ?? (beginShape[0] ?? sizeShape[0])?.asRank()
    guard let rank else { return .unknown }
    for shape in [beginShape, sizeShape] {
      if let count = shape[0], count != rank {
        throw TFError.invalidArgument(
          """
          Expected begin and size arguments to be 1-D tensors of size \(rank), but got shapes \
          \(beginShape) and \(sizeShape) instead.
          """
        )
      }
    }
    let begin = try context.sizes(1)
    guard let size = try context.sizes(2) else { return .unknown(rank: rank) }
    var dims: [Dimension?] = []
    for axis in 0..<rank {
      let dim = context.shapes[0][axis]
      guard let begin else {
        dims.append(size[axis] == -1 ? nil : size[axis])
        continue
      }
      let start = begin[axis]
      try require(
        start >= 0 && (dim.map { start <= $0 } ?? true),
        "Expected begin[\(axis)] in [0, \(dim ?? 0)], but got \(start)")
      if size[axis] == -1 {
        dims.append(dim.map { $0 - start })
      } else {
        try require(
          size[axis] >= 0 && (dim.map { size[axis] <= $0 - start } ?? true),
          "Expected size[\(axis)] in [0, \((dim ?? start) - start)], but got \(size[axis])")
        dims.append(size[axis])
      }
    }
    return PartialShape(dims)
  }

  /// The attributes of a strided slice.
  package static let masks = """
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    """

  package static let maskNames = [
    "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask",
  ]

  package let stridedSlice: OpDef = OpDef(
    "StridedSlice",
    """
    input: T, begin: Index, end: Index, strides: Index -> output: T
    T: type
    Index: {int16, int32, int64}
    \(masks)
    """,
    shape: { context in
      guard let dims = context.shapes[0].dims else { return [.unknown] }
      guard let spec = try partialSpec(context, 1, dims) else { return [.unknown] }
      return [PartialShape(spec.output)]
    },
    kernel: .copies { specialise, context, copies in
      let dims = specialise.inputs[0].dims
      let spec = try fullSpec(specialise, context, 1, dims)
      try copies.add(0, spec.region(dims), to: 4, spec.dense)
    },
    gradient: .rule(needs: .inputs(1, 2, 3)) { context in
      let begin = context.inputs[1]
      let gradient = try family.stridedSliceGrad(
        [ShapeOps.shapeTensor(of: context.inputs[0], begin.dtype)]
          + context.inputs[1...3] + [context.gradient()], maskAttrs(context))
      return [gradient, nil, nil, nil]
    })

  private static func maskAttrs(_ context: GradientContext) throws -> Attrs {
    var attrs = Attrs()
    for name in maskNames { attrs[name] = try context.attr(name) }
    return attrs
  }

  /// - Parameter first: the number of input `begin`, which `end` and `strides` follow.
  private static func partialSpec(_ context: ShapeContext, _ first: Int, _ dims: [Dimension?])
    throws
    -> StridedSpec?
  {
    var count: Dimension?
    for index in first...first + 2 {
      guard let own = try context.shape(index, rank: 1, "begin, end and strides")[0] else {
        continue
      }
      if let count, count != own {
        throw TFError.invalidArgument(
          """
          Expected begin, end, and strides to be 1D equal size tensors, but got shapes \
          \(context.shapes[first]), \(context.shapes[first + 1]), and \(context.shapes[first + 2]) \
          instead.
          """
        )
      }
      count = own
    }
    guard let count else { return nil }
    return try StridedSpec(
      context, count: count.asRank(), begin: context.integers(first),
      end: context.integers(first + 1),
      strides: context.integers(first + 2), dims: dims)
  }

  private static func fullSpec(
    _ specialise: SpecialiseContext, _ context: KernelContext, _ first: Int, _ dims: [Int]
  ) throws -> StridedSpec {
    try StridedSpec(
      context, begin: specialise.integers(first), end: specialise.integers(first + 1),
      strides: specialise.integers(first + 2), dims: dims)
  }

  package let stridedSliceGrad: OpDef = OpDef(
    "StridedSliceGrad",
    """
    shape: Index, begin: Index, end: Index, strides: Index, dy: T -> output: T
    T: type
    Index: {int32, int64}
    \(masks)
    """,
    shape: { context in
      let shape = try context.shape(0, rank: 1, "shape")
      guard let dims = try context.integers(0) else {
        return [try .unknown(rank: shape[0])]
      }
      for dim in dims { try require(dim >= 0, "Dimension \(dim) must be >= 0") }
      if let spec = try partialSpec(context, 1, dims.map { Dimension($0) }) {
        try requireFit("dy", context.shapes[4], spec)
      }
      return [PartialShape(dims)]
    },
    kernel: .copies { specialise, context, copies in
      let dims = specialise.outputs[0].dims
      let spec = try fullSpec(specialise, context, 1, dims)
      let region = spec.region(dims)
      if region.dims != dims { try copies.zero(5, Region([specialise.outputs[0].elementCount])) }
      copies.wait()
      try copies.add(4, spec.dense, to: 5, region)
    },
    gradient: .rule { context in
      [
        nil, nil, nil, nil,
        try family.stridedSlice([context.gradient()] + context.inputs[1...3], maskAttrs(context)),
      ]
    })

  private static func requireFit(_ name: String, _ shape: PartialShape, _ spec: StridedSpec) throws
  {
    guard shape.isCompatible(with: PartialShape(spec.output)) else {
      throw TFError.invalidArgument(
        "shape of \(name) was \(shape) instead of \(PartialShape(spec.output))")
    }
  }

  package let tensorStridedSliceUpdate: OpDef = OpDef(
    "TensorStridedSliceUpdate",
    """
    input: T, begin: Index, end: Index, strides: Index, value: T -> output: T
    T: type
    Index: {int32, int64}
    \(masks)
    """,
    shape: { context in
      if let dims = context.shapes[0].dims, let spec = try partialSpec(context, 1, dims) {
        _ = try ShapeRules.broadcast(context.shapes[4], PartialShape(spec.output))
        if let rank = context.shapes[4].rank, rank > spec.output.count {
          try requireFit("value", context.shapes[4], spec)
        }
      }
      return [context.shapes[0]]
    },
    kernel: .copies { specialise, context, copies in
      let dims = specialise.outputs[0].dims
      let spec = try fullSpec(specialise, context, 1, dims)
      // The value broadcasts to the slice as it looks after new and removed dimensions.
      let shape = spec.output.map { $0?.value ?? 0 }
      var value = Region(specialise.inputs[4])
      while value.dims.count < shape.count { value = value.repeated(0, 1) }
      for axis in shape.indices where value.dims[axis] == 1 {
        value.dims[axis] = shape[axis]
        value.strides[axis] = 0
      }
      try requireFit("value", PartialShape(value.dims), spec)
      try copies.add(0, Region(dims), to: 5, Region(dims))
      copies.wait()
      try copies.add(4, value, to: 5, spec.outputRegion(dims))
    },
    gradient: .rule { context in
      let gradient = try context.gradient()
      let slice = Array(context.inputs[1...3])
      let attrs = try maskAttrs(context)
      let value = context.inputs[4]
      let part = try family.stridedSlice([gradient] + slice, attrs)
      let zeros = try BasicOps.zerosLike(part)
      return [
        try family.tensorStridedSliceUpdate([gradient] + slice + [zeros], attrs), nil, nil, nil,
        try reduceToShape(part, of: value, other: part),
      ]
    })
}

extension SharedAPI {
  /// A rectangular part. Follows `tf.slice`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - begin: the first index along each dimension.
  ///   - size: the sizes; -1 is all that is left.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the part is not inside the input.
  public static func slice(
    _ input: some TensorConvertible, _ begin: some TensorConvertible,
    _ size: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try SliceOps.family.slice([input.asTensor(), begin.asTensor(), size.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func slice(
    _ input: some TensorConvertible, begin: some TensorConvertible, size: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    try slice(input, begin, size, name: name)
  }

  /// A part with steps, as Python's `input[begin:end:stride]`. Follows `tf.strided_slice`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - begin, end, strides: one entry per dimension; negative indices count from the end.
  ///   - beginMask, endMask: bits of the entries whose `begin` or `end` does not count.
  ///   - ellipsisMask: the bit of the entry that stands for all dimensions not named.
  ///   - newAxisMask: bits of the entries that add a dimension of size 1.
  ///   - shrinkAxisMask: bits of the entries that pick one index and remove the dimension.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a step of 0 or an index out of range.
  public static func stridedSlice(
    _ input: some TensorConvertible, _ begin: some TensorConvertible, _ end: some TensorConvertible,
    strides: (any TensorConvertible)? = nil, beginMask: Int = 0, endMask: Int = 0,
    ellipsisMask: Int = 0, newAxisMask: Int = 0, shrinkAxisMask: Int = 0, name: String? = nil
  ) throws -> Tensor {
    let begin = try begin.asTensor()
    return try SliceOps.family.stridedSlice(
      [
        input.asTensor(), begin, end.asTensor(preferring: begin.dtype),
        strides?.asTensor(preferring: begin.dtype) ?? onesLike(begin),
      ],
      Attrs()
        .with("begin_mask", .int(beginMask), unless: beginMask == 0)
        .with("end_mask", .int(endMask), unless: endMask == 0)
        .with("ellipsis_mask", .int(ellipsisMask), unless: ellipsisMask == 0)
        .with("new_axis_mask", .int(newAxisMask), unless: newAxisMask == 0)
        .with("shrink_axis_mask", .int(shrinkAxisMask), unless: shrinkAxisMask == 0),
      name: name)
  }

  /// The same with its arguments by label.
  public static func stridedSlice(
    _ input: some TensorConvertible, begin: some TensorConvertible, end: some TensorConvertible,
    strides: (any TensorConvertible)? = nil, beginMask: Int = 0, endMask: Int = 0,
    ellipsisMask: Int = 0, newAxisMask: Int = 0, shrinkAxisMask: Int = 0, name: String? = nil
  ) throws -> Tensor {
    try stridedSlice(
      input, begin, end, strides: strides, beginMask: beginMask, endMask: endMask,
      ellipsisMask: ellipsisMask, newAxisMask: newAxisMask, shrinkAxisMask: shrinkAxisMask,
      name: name)
  }

  /// The input with a strided part replaced. Follows `tf.tensor_strided_slice_update`.
  ///
  /// - Parameters:
  ///   - input: of any dtype.
  ///   - begin, end, strides: as for `stridedSlice`.
  ///   - value: what takes the part's place; it broadcasts to its shape.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when the value does not fit.
  public static func tensorStridedSliceUpdate(
    _ input: some TensorConvertible, _ begin: some TensorConvertible, _ end: some TensorConvertible,
    strides: some TensorConvertible, value: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let (input, begin) = (try input.asTensor(), try begin.asTensor())
    return try SliceOps.family.tensorStridedSliceUpdate(
      [
        input, begin, end.asTensor(preferring: begin.dtype),
        strides.asTensor(preferring: begin.dtype),
        value.asTensor(preferring: input.dtype),
      ], name: name)
  }

  /// The same with its arguments by position.
  public static func tensorStridedSliceUpdate(
    _ input: some TensorConvertible, _ begin: some TensorConvertible, _ end: some TensorConvertible,
    _ strides: some TensorConvertible, _ value: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tensorStridedSliceUpdate(input, begin, end, strides: strides, value: value, name: name)
  }

  /// The same with its arguments by label.
  public static func tensorStridedSliceUpdate(
    _ input: some TensorConvertible, begin: some TensorConvertible, end: some TensorConvertible,
    strides: some TensorConvertible, value: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tensorStridedSliceUpdate(input, begin, end, strides: strides, value: value, name: name)
  }
}
