/// Ops on shapes, and those that give elements another shape.
package struct ShapeOps: OpFamily {
  package static let family: Self = define(Self())

  package let shape: OpDef = OpDef(
    "Shape",
    """
    input: T -> output: out_type
    T: type
    out_type: {int32, int64} = int32
    """,
    shape: { [PartialShape([$0.shapes[0].rank])] },
    kernel: .raw { context in
      let dtype = try context.type("out_type")
      return { .constant([try dimensions($0.inputs[0].dims, dtype)]) }
    }, gradient: .zero)

  package let shapeN: OpDef = OpDef(
    "ShapeN",
    """
    input: N * T -> output: N * out_type
    N: int >= 1
    T: type
    out_type: {int32, int64} = int32
    """,
    shape: { $0.shapes.map { PartialShape([$0.rank]) } },
    kernel: .raw { context in
      let dtype = try context.type("out_type")
      return { .constant(try $0.inputs.map { try dimensions($0.dims, dtype) }) }
    }, gradient: .zero)

  package let size: OpDef = OpDef(
    "Size",
    """
    input: T -> output: out_type
    T: type
    out_type: {int32, int64} = int32
    """,
    shape: ShapeRules.scalar,
    kernel: .raw { context in
      let dtype = try context.type("out_type")
      return { .constant([try dimensions([$0.inputs[0].elementCount], dtype).reshaped(Shape())]) }
    }, gradient: .zero)

  package let rank: OpDef = OpDef(
    "Rank",
    """
    input: T -> output: int32
    T: type
    """,
    shape: ShapeRules.scalar,
    kernel: .raw { _ in { .constant([try Tensor(scalar: Int32($0.inputs[0].rank))]) } },
    gradient: .zero)

  private static func dimensions(_ dims: [Int], _ dtype: DType) throws -> Tensor {
    if dtype == .int64 { return try Tensor(dims, dims: [dims.count]) }
    return try Tensor(
      dims.map {
        guard let dim = Int32(exactly: $0) else {
          throw TFError.invalidArgument(
            "Shape output type is 32-bit but dimension \($0) does not fit")
        }
        return dim
      }, dims: [dims.count])
  }

  package let reshape: OpDef = OpDef(
    "Reshape",
    """
    tensor: T, shape: Tshape -> output: T
    T: type
    Tshape: {int32, int64} = int32
    """,
    shape: { [try reshaped($0)] }, kernel: .raw { _ in { _ in .alias(of: 0) } },
    gradient: .rule(needs: .nothing) { [try likeInput(0, $0), nil] })

  private static func reshaped(_ context: ShapeContext) throws -> PartialShape {
    if let rank = context.shapes[1].rank, rank != 1 {
      throw TFError.invalidArgument("sizes input must be 1-D, not \(context.shapes[1])")
    }
    guard let sizes = try context.integers(1) else {
      // Before the run, one open dimension follows from the number of elements. When it runs, the
      // sizes may be others.
      guard let dims = context.values.partialShape(1)?.dims, let input = context.shapes[0].known,
        dims.count(where: { $0 == nil }) == 1, !dims.contains(0)
      else { return try context.shapeValue(1) }
      return try reshaped(input, to: dims.map { $0?.value ?? -1 })
    }
    return try reshaped(context.shapes[0].known, to: sizes)
  }

  /// The shape that `sizes` ask for, one of which may be -1 and stands for what is missing.
  ///
  /// Where sizes and input both have a dimension of 0, the missing one is what makes the others
  /// equal: `[0, -1]` for the shape `[0, 3, 4]` is `[0, 12]`.
  ///
  /// - Parameter input: the shape before, nil while it is not known.
  /// - Throws: `INVALID_ARGUMENT` where the elements do not fit.
  package static func reshaped(_ input: Shape?, to sizes: [Int]) throws -> PartialShape {
    var open: Int?
    var hasZero = false
    var product = 1
    for (axis, size) in sizes.enumerated() {
      if size == -1 {
        if let open {
          throw TFError.invalidArgument(
            "Only one input size may be -1, not both \(open) and \(axis)")
        }
        open = axis
      } else {
        try require(size >= 0, "Size \(axis) must be non-negative, not \(size)")
        if size == 0 {
          hasZero = true
          continue
        }
        let (next, overflow) = product.multipliedReportingOverflow(by: size)
        try require(!overflow, "Shape \(Shape(sizes)) has too many elements")
        product = next
      }
    }
    var dims = sizes.map { $0 == -1 ? nil : Optional($0) }
    guard let input else { return PartialShape(dims) }
    let count = input.elementCount
    var requested = hasZero ? 0 : product
    if let open {
      var divided = 1
      for size in input.dims where size > 0 || !hasZero {
        let (next, overflow) = divided.multipliedReportingOverflow(by: size)
        try require(!overflow, "Shape \(input) has too many elements")
        divided = next
      }
      let missing = divided / product
      try require(
        divided % product == 0 || (hasZero && count == 0),
        """
        Input to reshape is a tensor with \(count) values, but the requested shape requires a \
        multiple of \(product)
        """
      )
      dims[open] = missing
      requested *= missing
    }
    try require(
      requested == count,
      "Input to reshape is a tensor with \(count) values, but the requested shape has \(requested)")
    return PartialShape(dims)
  }

  package let squeeze: OpDef = OpDef(
    "Squeeze",
    """
    input: T -> output: T
    T: type
    squeeze_dims: list(int) >= 0 = []
    """,
    shape: { [try squeezed($0)] }, kernel: .raw { _ in { _ in .alias(of: 0) } },
    gradient: .rule(needs: .nothing) { [try likeInput(0, $0)] })

  private static func squeezed(_ context: ShapeContext) throws -> PartialShape {
    guard let dims = context.shapes[0].dims else { return .unknown }
    var chosen = Set<Int>()
    for axis in try context.ints("squeeze_dims") {
      guard axis >= -dims.count, axis < dims.count else {
        throw TFError.invalidArgument(
          "Tried to squeeze dim index \(axis) for tensor with \(dims.count) dimensions.")
      }
      chosen.insert(axis < 0 ? axis + dims.count : axis)
    }
    if chosen.isEmpty {
      if dims.contains(nil) { return .unknown }
      return PartialShape(dims.filter { $0 != 1 })
    }
    for axis in chosen.sorted() {
      if let dim = dims[axis], dim != 1 {
        throw TFError.invalidArgument(
          "Can not squeeze dim[\(axis)], expected a dimension of 1, got \(dim)")
      }
    }
    return PartialShape(dims.indices.filter { !chosen.contains($0) }.map { dims[$0] })
  }

  package let expandDims: OpDef = OpDef(
    "ExpandDims",
    """
    input: T, dim: Tdim -> output: T
    T: type
    Tdim: {int32, int64} = int32
    """,
    shape: { context in
      if let count = context.shapes[1].elementCount, count != 1 {
        throw TFError.invalidArgument("'dim' must be a tensor with a single value")
      }
      guard var dims = context.shapes[0].dims else { return [.unknown] }
      guard let axis = try context.integers(1)?.first else {
        return [.unknown(rank: dims.count + 1)]
      }
      guard axis >= -dims.count - 1, axis <= dims.count else {
        throw TFError.invalidArgument(
          "Tried to expand dim index \(axis) for tensor with \(dims.count) dimensions.")
      }
      dims.insert(1, at: axis < 0 ? axis + dims.count + 1 : axis)
      return [PartialShape(dims)]
    }, kernel: .raw { _ in { _ in .alias(of: 0) } },
    gradient: .rule(needs: .nothing) { [try likeInput(0, $0), nil] })

  /// The gradient of an op that only gives its input another shape.
  private static func likeInput(_ index: Int, _ context: GradientContext) throws -> Tensor {
    try family.reshape([
      context.gradient(), shapeTensor(of: context.inputs[index]).asConstant(named: "Shape"),
    ])
  }

  package let fill: OpDef = OpDef(
    "Fill",
    """
    dims: index_type, value: T -> output: T
    T: type
    index_type: {int32, int64} = int32
    """,
    shape: { context in
      if let rank = context.shapes[0].rank, rank != 1 {
        throw TFError.invalidArgument(
          "dims must represent a vector, got shape \(context.shapes[0])")
      }
      if let value = context.shapes[1].known, value.rank != 0 {
        throw TFError.invalidArgument("value must represent a scalar, got shape \(value)")
      }
      guard let dims = try context.integers(0) else { return [try context.shapeValue(0)] }
      for dim in dims { try require(dim >= 0, "Dimension \(dim) must be >= 0") }
      return [PartialShape(dims)]
    },
    kernel: .copies { specialise, _, copies in
      let count = specialise.outputs[0].elementCount
      try copies.add(1, Region(dims: [count], strides: [0]), to: 2, Region([count]))
    }, gradient: .rule(needs: .nothing) { [nil, try sumAll($0.gradient())] })

  package let broadcastTo: OpDef = OpDef(
    "BroadcastTo",
    """
    input: T, shape: Tidx -> output: T
    T: type
    Tidx: {int32, int64} = int32
    """,
    shape: { [try broadcasted($0)] },
    kernel: .copies { specialise, _, copies in
      let output = specialise.outputs[0]
      let given = specialise.inputs[0]
      var input = Region(given)
      while input.dims.count < output.rank { input = input.repeated(0, 1) }
      for axis in 0..<output.rank where input.dims[axis] == 1 {
        input.dims[axis] = output[axis]
        input.strides[axis] = 0
      }
      // Neighbouring dimensions that are both repeated, or both not, count as one.
      let repeats = (0..<output.rank).filter { output[$0] != 1 }.map { input.strides[$0] == 0 }
      let groups = zip(repeats, repeats.dropFirst()).reduce(1) { $0 + ($1.0 == $1.1 ? 0 : 1) }
      guard groups <= 5 else {
        throw TFError.unimplemented(
          "Broadcast between \(given) and \(output) is not supported yet.")
      }
      try copies.add(0, input, to: 2, Region(output))
    },
    gradient: .rule(needs: .nothing) { context in
      [
        try reduceToShape(context.gradient(), of: context.inputs[0], other: context.outputs[0]),
        nil,
      ]
    })

  private static func broadcasted(_ context: ShapeContext) throws -> PartialShape {
    if let rank = context.shapes[1].rank, rank != 1 {
      throw TFError.invalidArgument(
        "The shape of `shape` must be a vector, got \(context.shapes[1])")
    }
    guard let target = try context.integers(1) else { return try context.shapeValue(1) }
    for dim in target { try require(dim >= 0, "Dimension \(dim) must be >= 0") }
    guard let dims = context.shapes[0].dims else { return PartialShape(target) }
    try require(
      dims.count <= target.count,
      """
      Rank of input (\(dims.count)) must be no greater than rank of output shape (\(target.count)).
      """
    )
    for (dim, wanted) in zip(dims.reversed(), target.reversed()) {
      if let dim, dim != 1, dim != wanted {
        throw TFError.invalidArgument(
          "Incompatible shapes: \(context.shapes[0]) vs. \(Shape(target))")
      }
    }
    return PartialShape(target)
  }

  package let broadcastArgs: OpDef = OpDef(
    "BroadcastArgs",
    """
    s0: T, s1: T -> r0: T
    T: {int32, int64} = int32
    """,
    shape: { context in
      let (a, b) = (try context.shape(0, rank: 1, "s0"), try context.shape(1, rank: 1, "s1"))
      guard let m = a[0], let n = b[0] else { return [.unknown(rank: 1)] }
      return [.of(max(m, n))]
    },
    kernel: .run { context in
      for (index, input) in context.inputs.enumerated() where input.dims.rank != 1 {
        throw TFError.invalidArgument("In[\(index)] must be a vector, got shape \(input.dims)")
      }
      let (a, b) = (try context.inputs[0].integers(), try context.inputs[1].integers())
      let dtype = context.inputs[0].dtype
      return [try dimensions(try broadcastShape(a, b), dtype)]
    }, gradient: .none("BroadcastArgs has no gradient"))

  private static func broadcastShape(_ a: [Int], _ b: [Int]) throws -> [Int] {
    let rank = max(a.count, b.count)
    return try (0..<rank).map { axis in
      let i = axis - (rank - a.count)
      let j = axis - (rank - b.count)
      let p = i < 0 ? 1 : a[i]
      let q = j < 0 ? 1 : b[j]
      guard p == q || p == 1 || q == 1 else {
        throw TFError.invalidArgument("Incompatible shapes: \(Shape(a)) vs. \(Shape(b))")
      }
      return p == 1 ? q : p
    }
  }

  package let invertPermutation: OpDef = OpDef(
    "InvertPermutation",
    """
    x: T -> y: T
    T: {int32, int64} = int32
    """,
    shape: { [try $0.shape(0, rank: 1, "x")] },
    kernel: .run { context in
      try require(context.inputs[0].dims.rank == 1, "invert_permutation expects a 1D vector.")
      let permutation = try context.inputs[0].integers()
      var inverse = [Int](repeating: -1, count: permutation.count)
      for (position, target) in permutation.enumerated() {
        try require(
          permutation.indices.contains(target),
          "\(target) is not between 0 and \(permutation.count)")
        try require(inverse[target] == -1, "\(target) is duplicated in the input.")
        inverse[target] = position
      }
      return [try dimensions(inverse, context.inputs[0].dtype)]
    }, gradient: .zero)
}

/// The sum over `axes`, an integer vector.
package func sumOver(_ x: Tensor, _ axes: Tensor, keepDims: Bool = false) throws -> Tensor {
  if axes.shape.known == [0] { return x }
  return try ReductionOps.family.sum(
    [x, axes], Attrs().with("keep_dims", .bool(keepDims), unless: !keepDims))
}

/// The sum of all elements, a scalar.
package func sumAll(_ x: Tensor) throws -> Tensor {
  if let rank = x.rank { return try sumOver(x, ShapeOps.vector(Array(0..<rank))) }
  return try sumOver(
    x, SearchOps.family.range([ShapeOps.scalar(0), ShapeOps.rankTensor(of: x), ShapeOps.scalar(1)]))
}
