import CKernels

/// Ops that put dimensions in another order or take them apart.
package struct RearrangeOps: OpFamily {
  package static let family: Self = define(Self())

  package let transpose: OpDef = OpDef(
    "Transpose",
    """
    x: T, perm: Tperm -> y: T
    T: type
    Tperm: {int32, int64} = int32
    """,
    shape: { [try permuted($0).shape] },
    kernel: .copies { specialise, _, copies in
      let order = try order(specialise.integers(1), rank: specialise.inputs[0].rank)
      try copies.add(
        0, Region(specialise.inputs[0]).permuted(order), to: 2, Region(specialise.outputs[0]))
    },
    gradient: .rule(needs: .inputs(1)) { context in
      let inverse = try ShapeOps.family.invertPermutation([context.inputs[1]])
      return [try family.transpose([context.gradient(), inverse], name: "transpose"), nil]
    })

  package let conjugateTranspose: OpDef = OpDef(
    "ConjugateTranspose",
    """
    x: T, perm: Tperm -> y: T
    T: type
    Tperm: {int32, int64} = int32
    """,
    shape: { [try permuted($0).shape] },
    kernel: .raw(objects: .move()) { context in
      let dtype = try context.type("T")
      return { specialise in
        let order = try order(specialise.integers(1), rank: specialise.inputs[0].rank)
        var copies = Copies(dtype)
        try copies.add(
          0, Region(specialise.inputs[0]).permuted(order), to: 2, Region(specialise.outputs[0]))
        guard dtype.isComplex else { return copies.specialised(specialise) }
        let turn = copies
        let count = specialise.outputs[0].elementCount
        return .run { pointers in
          turn.run(pointers)
          jk_conjugate_in_place(Int32(dtype.rawValue), pointers[2], count)
        }
      }
    },
    gradient: .rule(needs: .inputs(1)) { context in
      let inverse = try ShapeOps.family.invertPermutation([context.inputs[1]])
      return [try family.conjugateTranspose([context.gradient(), inverse]), nil]
    })

  private static func permuted(_ context: ShapeContext) throws -> (
    shape: PartialShape, order: [Int]?
  ) {
    let permShape = try context.shape(1, rank: 1, "perm")
    guard let rank = try context.shapes[0].rank ?? permShape[0]?.asRank() else {
      return (.unknown, nil)
    }
    if let count = permShape[0], count != rank {
      throw TFError.invalidArgument(
        "transpose expects a vector of size \(rank). But input(1) is a vector of size \(count)")
    }
    guard let perm = try context.integers(1) else { return (.unknown(rank: rank), nil) }
    let order = try order(perm, rank: rank)
    guard let dims = context.shapes[0].dims else { return (.unknown(rank: rank), order) }
    return (PartialShape(order.map { dims[$0] }), order)
  }

  private static func order(_ perm: [Int], rank: Int) throws -> [Int] {
    var seen = [Bool](repeating: false, count: rank)
    let order = try perm.map { axis in
      try require(
        axis >= -rank && axis < rank, "perm dim \(axis) is out of range of input rank \(rank)")
      return axis < 0 ? axis + rank : axis
    }
    for axis in order { seen[axis] = true }
    if let missing = seen.firstIndex(of: false) {
      throw TFError.invalidArgument(
        "\(missing) is missing from {\(perm.map { String($0) }.joined(separator: ","))}.")
    }
    return order
  }

  package let spaceToDepth: OpDef = OpDef(
    "SpaceToDepth",
    """
    input: T -> output: T
    T: type
    block_size: int >= 2
    data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'
    """,
    shape: { context in
      let block = try context.int("block_size")
      var (shape, height, width, depth) = try imageAxes(context)
      for axis in [height, width] {
        guard let dim = shape[axis] else { continue }
        guard dim % block == 0 else {
          throw TFError.invalidArgument(
            """
            Image \(axis == height ? "height" : "width") \(dim) should be divisible by block_size: \
            \(block)
            """
          )
        }
        shape[axis] = dim / block
      }
      shape[depth] = shape[depth].map { $0 * block * block }
      return [PartialShape(shape)]
    },
    kernel: .copies { specialise, context, copies in
      try requireNHWC(context)
      let block = try context.int("block_size")
      // [n, h, b, w, c, d] is read as [n, h, w, b, c, d].
      let input = Region(specialise.inputs[0]).split(2, inner: block).split(1, inner: block)
      let output = Region(specialise.outputs[0]).split(3, inner: specialise.inputs[0][3] * block)
        .split(4, inner: specialise.inputs[0][3])
      if specialise.outputs[0].elementCount == 0 { return }
      try copies.add(0, input.permuted([0, 1, 3, 2, 4, 5]), to: 1, output)
    },
    gradient: .rule(needs: .nothing) { [try family.depthToSpace([$0.gradient()], blockAttrs($0))] })

  package let depthToSpace: OpDef = OpDef(
    "DepthToSpace",
    """
    input: T -> output: T
    T: type
    block_size: int >= 2
    data_format: {'NHWC', 'NCHW', 'NCHW_VECT_C'} = 'NHWC'
    """,
    shape: { context in
      let block = try context.int("block_size")
      var (shape, height, width, depth) = try imageAxes(context)
      if let dim = shape[depth] {
        let square = Dimension(block) * block
        guard dim % square == 0 else {
          throw TFError.invalidArgument(
            "Input depth dimension \(dim) should be divisible by: \(square)")
        }
        shape[depth] = dim / square
      }
      for axis in [height, width] {
        shape[axis] = shape[axis].map { $0 * block }
      }
      return [PartialShape(shape)]
    },
    kernel: .copies { specialise, context, copies in
      try requireNHWC(context)
      let block = try context.int("block_size")
      let depth = specialise.outputs[0][3]
      if specialise.outputs[0].elementCount == 0 { return }
      // [n, h, w, b, c, d] is read as [n, h, b, w, c, d].
      let input = Region(specialise.inputs[0]).split(3, inner: depth * block).split(4, inner: depth)
      let output = Region(specialise.outputs[0]).split(2, inner: block).split(1, inner: block)
      try copies.add(0, input.permuted([0, 1, 3, 2, 4, 5]), to: 1, output)
    },
    gradient: .rule(needs: .nothing) { [try family.spaceToDepth([$0.gradient()], blockAttrs($0))] })

  private static func blockAttrs(_ context: GradientContext) throws -> Attrs {
    ["block_size": try context.attr("block_size"), "data_format": try context.attr("data_format")]
  }

  private static func requireNHWC(_ context: KernelContext) throws {
    let format = try context.string("data_format")
    try require(format == "NHWC", "Only NHWC data_format supported on CPU. Got \(format)")
  }

  private static func imageAxes(_ context: ShapeContext) throws -> (
    dims: [Dimension?], height: Int, width: Int, depth: Int
  ) {
    let format = try context.string("data_format")
    try require(format != "NCHW_VECT_C", "Only NHWC data_format supported on CPU. Got \(format)")
    let shape = try context.shape(0, rank: 4)
    let dims = shape.dims ?? [nil, nil, nil, nil]
    return format == "NHWC" ? (dims, 1, 2, 3) : (dims, 2, 3, 1)
  }

  package let spaceToBatchND: OpDef = batchND(
    "SpaceToBatchND", "paddings", toBatch: true, by: family.batchToSpaceND)
  package let batchToSpaceND: OpDef = batchND(
    "BatchToSpaceND", "crops", toBatch: false, by: family.spaceToBatchND)

  /// - Parameters:
  ///   - pads: what its third input is called.
  ///   - inverse: the op that undoes it, and so is its gradient.
  private static func batchND(
    _ name: String, _ pads: String, toBatch: Bool,
    by inverse: @autoclosure @escaping @Sendable () -> OpDef
  ) -> OpDef {
    OpDef(
      name,
      """
      input: T, block_shape: Tblock_shape, \(pads): T\(pads) -> output: T
      T: type
      Tblock_shape: {int32, int64} = int32
      T\(pads): {int32, int64} = int32
      """,
      shape: { context in
        try BatchLayout.outputShape(
          context, block: context.sizes(1), pads: context.sizes(2), toBatch: toBatch)
      },
      kernel: .copies { specialise, _, copies in
        try BatchLayout(
          specialise, block: specialise.integers(1), pads: specialise.integers(2), toBatch: toBatch
        )
        .add(to: &copies)
      },
      gradient: .rule(needs: .inputs(1, 2)) { context in
        [
          try inverse()([context.gradient(), context.inputs[1], context.inputs[2]]), nil, nil,
        ]
      })
  }

  package let spaceToBatch: OpDef = OpDef(
    "SpaceToBatch",
    """
    input: T, paddings: Tpaddings -> output: T
    T: type
    Tpaddings: {int32, int64} = int32
    block_size: int >= 2
    """,
    shape: { context in
      _ = try context.shape(0, rank: 4)
      let block = try context.int("block_size")
      return try BatchLayout.outputShape(
        context, block: [Dimension(block), Dimension(block)], pads: context.sizes(1), toBatch: true)
    },
    kernel: .copies { specialise, context, copies in
      let block = try context.int("block_size")
      try BatchLayout(
        specialise, block: [block, block], pads: specialise.integers(1), toBatch: true
      )
      .add(to: &copies)
    },
    gradient: .rule(needs: .inputs(1)) { context in
      [
        try family.batchToSpace(
          [context.gradient(), context.inputs[1]], ["block_size": context.attr("block_size")]), nil,
      ]
    })

  package let batchToSpace: OpDef = OpDef(
    "BatchToSpace",
    """
    input: T, crops: Tidx -> output: T
    T: type
    block_size: int >= 2
    Tidx: {int32, int64} = int32
    """,
    shape: { context in
      _ = try context.shape(0, rank: 4)
      let block = try context.int("block_size")
      return try BatchLayout.outputShape(
        context, block: [Dimension(block), Dimension(block)], pads: context.sizes(1), toBatch: false
      )
    },
    kernel: .copies { specialise, context, copies in
      let block = try context.int("block_size")
      try BatchLayout(
        specialise, block: [block, block], pads: specialise.integers(1), toBatch: false
      )
      .add(to: &copies)
    },
    gradient: .rule(needs: .inputs(1)) { context in
      [
        try family.spaceToBatch(
          [context.gradient(), context.inputs[1]], ["block_size": context.attr("block_size")]), nil,
      ]
    })
}

extension SharedAPI {
  /// The dimensions in another order. Follows `tf.transpose`.
  ///
  /// - Parameters:
  ///   - a: of any dtype.
  ///   - perm: for each dimension of the output, that of the input; by default the reverse order.
  ///   - conjugate: whether complex elements are conjugated too.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` when `perm` is no permutation.
  @_disfavoredOverload
  public static func transpose(
    _ a: some TensorConvertible, perm: (any TensorConvertible)? = nil, conjugate: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    let a = try a.asTensor()
    let op =
      conjugate && a.dtype.isComplex
      ? RearrangeOps.family.conjugateTranspose : RearrangeOps.family.transpose
    if let perm {
      return try op([a, perm.asTensor(preferring: .int32)], name: name ?? "transpose")
    }
    if let rank = a.rank {
      return try op([a, ShapeOps.vector((0..<rank).reversed())], name: name ?? "transpose")
    }
    return try inScope(name, "transpose") { scope in
      let last = try ShapeOps.rankTensor(of: a) - 1
      let order = try SearchOps.family.range([last, ShapeOps.scalar(-1), ShapeOps.scalar(-1)])
      return try op([a, order], name: scope)
    }
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func transpose(
    _ a: some TensorConvertible, _ perm: any TensorConvertible, conjugate: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try transpose(a, perm: perm, conjugate: conjugate, name: name)
  }

  /// The same of a literal.
  public static func transpose(
    _ a: TensorLiteral, _ perm: any TensorConvertible, conjugate: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try transpose(a.asTensor(), perm: perm, conjugate: conjugate, name: name)
  }

  /// The same of a literal.
  public static func transpose(
    _ a: TensorLiteral, perm: (any TensorConvertible)? = nil, conjugate: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try transpose(a.asTensor(), perm: perm, conjugate: conjugate, name: name)
  }

  /// Blocks of pixels as channels. Follows `tf.nn.space_to_depth`.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`.
  ///   - blockSize: the side of a block, which divides height and width.
  ///   - name: the node's name in a graph.
  public static func spaceToDepth(
    _ input: some TensorConvertible, _ blockSize: Int, name: String? = nil
  ) throws -> Tensor {
    try RearrangeOps.family.spaceToDepth(
      [input.asTensor()], ["block_size": .int(blockSize)], name: name)
  }

  /// The same with its arguments by label.
  public static func spaceToDepth(
    _ input: some TensorConvertible, blockSize: Int, name: String? = nil
  ) throws -> Tensor {
    try spaceToDepth(input, blockSize, name: name)
  }

  /// Channels as blocks of pixels. Follows `tf.nn.depth_to_space`.
  ///
  /// - Parameters:
  ///   - input: `[batch, height, width, channels]`.
  ///   - blockSize: the side of a block, whose square divides the channels.
  ///   - name: the node's name in a graph.
  public static func depthToSpace(
    _ input: some TensorConvertible, _ blockSize: Int, name: String? = nil
  ) throws -> Tensor {
    try RearrangeOps.family.depthToSpace(
      [input.asTensor()], ["block_size": .int(blockSize)], name: name)
  }

  /// The same with its arguments by label.
  public static func depthToSpace(
    _ input: some TensorConvertible, blockSize: Int, name: String? = nil
  ) throws -> Tensor {
    try depthToSpace(input, blockSize, name: name)
  }

  /// Blocks of the padded spatial dimensions as batch entries. Follows `tf.space_to_batch_nd`.
  ///
  /// - Parameters:
  ///   - input: `[batch, spatial…, rest…]`.
  ///   - blockShape: the block's size along each spatial dimension.
  ///   - paddings: `[spatial, 2]`, how much each is padded with zeros before and behind.
  ///   - name: the node's name in a graph.
  public static func spaceToBatchNd(
    _ input: some TensorConvertible, _ blockShape: some TensorConvertible,
    _ paddings: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try RearrangeOps.family.spaceToBatchND(
      [input.asTensor(), blockShape.asTensor(), paddings.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func spaceToBatchNd(
    _ input: some TensorConvertible, blockShape: some TensorConvertible,
    paddings: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try spaceToBatchNd(input, blockShape, paddings, name: name)
  }

  /// Batch entries as blocks of the spatial dimensions. Follows `tf.batch_to_space`.
  ///
  /// - Parameters:
  ///   - input: `[batch, spatial…, rest…]`.
  ///   - blockShape: the block's size along each spatial dimension.
  ///   - crops: `[spatial, 2]`, how much of each is cut off before and behind.
  ///   - name: the node's name in a graph.
  public static func batchToSpace(
    _ input: some TensorConvertible, _ blockShape: some TensorConvertible,
    _ crops: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try RearrangeOps.family.batchToSpaceND(
      [input.asTensor(), blockShape.asTensor(), crops.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func batchToSpace(
    _ input: some TensorConvertible, blockShape: some TensorConvertible,
    crops: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try batchToSpace(input, blockShape, crops, name: name)
  }
}
