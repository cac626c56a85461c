import CKernels

/// Ops that put updates where coordinates say.
package struct ScatterOps: OpFamily {
  package static let family: Self = define(Self())

  private static let scattered: DTypeSet = [.numbers, .bool, .string]

  package let scatterNd: OpDef = OpDef(
    "ScatterNd",
    """
    indices: Tindices, updates: T, shape: Tindices -> output: T
    T: type
    Tindices: {int16, int32, int64}
    bad_indices_policy: string = ''
    """,
    shape: { context in
      let shape = try context.shape(2, rank: 1, "shape")
      guard let dims = try context.integers(2) else {
        return [try .unknown(rank: shape[0])]
      }
      for dim in dims { try require(dim >= 0, "Dimension \(dim) must be >= 0") }
      try check(indices: context.shapes[0], updates: context.shapes[1], output: PartialShape(dims))
      return [PartialShape(dims)]
    },
    kernel: Kernel(
      form: .raw { try scatter($0, indices: 0, updates: 1, start: nil, JK_SCATTER_ADD) },
      types: ["T": [.numbers, .bool], "Tindices": [.int32, .int64]]),
    gradient: .rule(needs: .inputs(0)) { context in
      [nil, try GatherOps.family.gatherNd([context.gradient(), context.inputs[0]]), nil]
    })

  /// The rule that all share: updates = indices.shape[:-1] + output.shape[indices.shape[-1]:].
  private static func check(indices: PartialShape, updates: PartialShape, output: PartialShape)
    throws
  {
    guard let indexDims = indices.dims, let dims = output.dims else { return }
    try require(!indexDims.isEmpty, "Indices shape must have rank at least one. Found: \(indices)")
    if let rank = updates.rank {
      try require(
        rank >= 1 || indexDims.count == 1,
        "Updates shape must have rank at least one. Found: \(updates)")
    }
    try require(!dims.isEmpty, "Output must be at least 1-D, got shape: \(output)")
    guard let depth = indexDims[indexDims.count - 1] else { return }
    try require(
      depth > 0,
      "Only indices.shape[-1] values between 1 and 7 are currently supported.  Requested rank: 0")
    guard depth <= dims.count else {
      throw TFError.invalidArgument(
        """
        The inner \(depth) dimensions of output.shape=\(output) must match the inner dimensions of \
        updates.shape=\(updates): the indices have more coordinates than the output has dimensions
        """
      )
    }
    if indices.elementCount == 0, let count = updates.elementCount, count > 0 {
      throw TFError.invalidArgument("Indices and updates specified for empty output shape")
    }
    if let count = output.elementCount, count == 0, let entries = indices.elementCount, entries > 0,
      updates.elementCount ?? 1 > 0
    {
      throw TFError.invalidArgument("Indices and updates specified for empty output tensor")
    }
    let expected = PartialShape(Array(indexDims.dropLast() + dims[depth.value...]))
    guard updates.isCompatible(with: expected) else {
      throw TFError.invalidArgument(
        """
        Dimensions [\(indexDims.count - 1),\(expected.rank ?? 0)) of updates\(updates) must match \
        indices\(indices) and output\(output): expected updates of shape \(expected)
        """
      )
    }
  }

  private static func scatter(
    _ context: KernelContext, indices: Int, updates: Int, start: Int?, _ op: Int
  ) throws -> Specialise {
    let dtype = try context.type("T")
    let indexType = try context.type("Tindices")
    let indexSize: Int32 = indexType == .uint16 ? -2 : Int32(indexType.byteSize)
    let skipsBad = try NdLayout.skipsBad(context, byDefault: false)
    let operation = Int32(op)
    return { specialise in
      let output = specialise.outputs[0]
      let layout = try NdLayout(
        indices: specialise.inputs[indices], dims: output.dims, elementSize: dtype.byteSize,
        indexSize: indexSize, skipsBad: skipsBad)
      let byteCount = output.elementCount * dtype.byteSize
      let position = specialise.inputs.count
      let isEmpty = specialise.inputs[updates].elementCount == 0
      return .run(overwrites: start) { pointers in
        if let start {
          if pointers[position] != pointers[start] {
            pointers[position].copyMemory(from: pointers[start], byteCount: byteCount)
          }
        } else {
          memsetZero(pointers[position], byteCount)
        }
        if isEmpty { return }
        let bad = withUnsafePointer(to: layout.value) {
          jk_scatter_nd(
            $0, operation, Int32(dtype.rawValue), pointers[indices], pointers[updates],
            pointers[position])
        }
        if bad == -2 { throw TFError.internal("no loop for \(dtype)") }
        if bad >= 0 { throw layout.failure(Int(bad), pointers[indices], "shape \(output)") }
      }
    }
  }

  private static func update(
    _ name: String, _ input: String, _ inputTypes: String, _ indexTypes: String, kernel: DTypeSet,
    _ op: Int, gradient: @escaping @Sendable (GradientContext) throws -> [Tensor?]
  ) -> OpDef {
    let operation = op
    return OpDef(
      name,
      """
      \(input): T, indices: Tindices, updates: T -> output: T
      T: \(inputTypes)
      Tindices: \(indexTypes)
      bad_indices_policy: string = ''
      """,
      shape: { context in
        try check(indices: context.shapes[1], updates: context.shapes[2], output: context.shapes[0])
        return [context.shapes[0]]
      },
      kernel: Kernel(
        form: .raw { try scatter($0, indices: 1, updates: 2, start: 0, operation) },
        types: ["T": kernel],
        objects: operation == JK_SCATTER_UPDATE ? .move() : nil),
      gradient: .rule(gradient))
  }

  package let tensorScatterUpdate: OpDef = update(
    "TensorScatterUpdate", "tensor", "type", "{int16, int32, int64, uint16}", kernel: scattered,
    JK_SCATTER_UPDATE
  ) { context in
    let gradient = try context.gradient()
    let zeros = try BasicOps.zerosLike(context.inputs[2])
    return [
      try family.tensorScatterUpdate([gradient, context.inputs[1], zeros]), nil,
      try GatherOps.family.gatherNd([gradient, context.inputs[1]]),
    ]
  }

  package let tensorScatterAdd: OpDef = update(
    "TensorScatterAdd", "tensor", "type", "{int32, int64}", kernel: .numbers, JK_SCATTER_ADD
  ) { context in
    let gradient = try context.gradient()
    return [gradient, nil, try GatherOps.family.gatherNd([gradient, context.inputs[1]])]
  }

  package let tensorScatterSub: OpDef = update(
    "TensorScatterSub", "tensor", "type", "{int32, int64}", kernel: .numbers, JK_SCATTER_SUB
  ) { context in
    let gradient = try context.gradient()
    return [gradient, nil, try -GatherOps.family.gatherNd([gradient, context.inputs[1]])]
  }

  package let tensorScatterMax: OpDef = update(
    "TensorScatterMax", "tensor", "type", "{int32, int64}", kernel: .reals, JK_SCATTER_MAX,
    gradient: extremeGradient)
  package let tensorScatterMin: OpDef = update(
    "TensorScatterMin", "tensor", "type", "{int32, int64}", kernel: .reals, JK_SCATTER_MIN,
    gradient: extremeGradient)

  /// The gradient is shared evenly among all that equal the result.
  private static let extremeGradient: @Sendable (GradientContext) throws -> [Tensor?] = { context in
    let gradient = try context.gradient()
    let (x, indices, updates) = (context.inputs[0], context.inputs[1], context.inputs[2])
    let result = context.outputs[0]
    func indicator(_ a: Tensor, _ b: Tensor) throws -> Tensor {
      try CastOps.cast(ComparisonOps.family.equal(a, b), gradient.dtype)
    }
    let own = try indicator(x, result)
    let updated = try indicator(updates, GatherOps.family.gatherNd([result, indices]))
    let shape = try ShapeOps.shapeTensor(of: x, indices.dtype)
    let share = try gradient / (own + family.scatterNd([indices, updated, shape]))
    return [
      try share * own, nil, try GatherOps.family.gatherNd([share, indices]) * updated,
    ]
  }

  package let scatterNdNonAliasingAdd: OpDef = update(
    "ScatterNdNonAliasingAdd", "input",
    """
    {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, bfloat16, \
    qint16, quint16, uint16, complex128, half, uint32, uint64, bool}
    """,
    "{int32, int64}", kernel: [.numbers, .bool], JK_SCATTER_ADD
  ) { context in
    let gradient = try context.gradient()
    return [gradient, nil, try GatherOps.family.gatherNd([gradient, context.inputs[1]])]
  }
}

extension SharedAPI {
  /// Zeros, to which updates are added where coordinates say. Follows `tf.scatter_nd`.
  ///
  /// - Parameters:
  ///   - indices: integers; the last dimension holds coordinates in the leading dimensions of the
  ///     output.
  ///   - updates: an element or slice for each row of coordinates.
  ///   - shape: the output's shape, of the dtype of `indices`.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for coordinates out of range or shapes that do not fit.
  public static func scatterNd(
    _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    _ shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let indices = try indices.asTensor()
    return try ScatterOps.family.scatterNd(
      [indices, updates.asTensor(), shape.asTensor(preferring: indices.dtype)], name: name)
  }

  /// The same with its arguments by label.
  public static func scatterNd(
    _ indices: some TensorConvertible, updates: some TensorConvertible,
    shape: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try scatterNd(indices, updates, shape, name: name)
  }

  /// The tensor with updates in place of what coordinates select. Follows
  /// `tf.tensor_scatter_nd_update`.
  ///
  /// - Parameters:
  ///   - tensor: of any dtype.
  ///   - indices: integers; the last dimension holds coordinates.
  ///   - updates: an element or slice for each row of coordinates.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for coordinates out of range or shapes that do not fit.
  public static func tensorScatterNdUpdate(
    _ tensor: some TensorConvertible, _ indices: some TensorConvertible,
    _ updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try scatter(ScatterOps.family.tensorScatterUpdate, tensor, indices, updates, name)
  }

  /// The same with its arguments by label.
  public static func tensorScatterNdUpdate(
    _ tensor: some TensorConvertible, indices: some TensorConvertible,
    updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tensorScatterNdUpdate(tensor, indices, updates, name: name)
  }

  /// The tensor with updates added where coordinates say. Follows `tf.tensor_scatter_nd_add`.
  public static func tensorScatterNdAdd(
    _ tensor: some TensorConvertible, _ indices: some TensorConvertible,
    _ updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try scatter(ScatterOps.family.tensorScatterAdd, tensor, indices, updates, name)
  }

  /// The same with its arguments by label.
  public static func tensorScatterNdAdd(
    _ tensor: some TensorConvertible, indices: some TensorConvertible,
    updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tensorScatterNdAdd(tensor, indices, updates, name: name)
  }

  /// The tensor with updates subtracted where coordinates say. Follows `tf.tensor_scatter_nd_sub`.
  public static func tensorScatterNdSub(
    _ tensor: some TensorConvertible, _ indices: some TensorConvertible,
    _ updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try scatter(ScatterOps.family.tensorScatterSub, tensor, indices, updates, name)
  }

  /// The same with its arguments by label.
  public static func tensorScatterNdSub(
    _ tensor: some TensorConvertible, indices: some TensorConvertible,
    updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tensorScatterNdSub(tensor, indices, updates, name: name)
  }

  /// The larger of tensor and update where coordinates say. Follows `tf.tensor_scatter_nd_max`.
  public static func tensorScatterNdMax(
    _ tensor: some TensorConvertible, _ indices: some TensorConvertible,
    _ updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try scatter(ScatterOps.family.tensorScatterMax, tensor, indices, updates, name)
  }

  /// The same with its arguments by label.
  public static func tensorScatterNdMax(
    _ tensor: some TensorConvertible, indices: some TensorConvertible,
    updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tensorScatterNdMax(tensor, indices, updates, name: name)
  }

  /// The smaller of tensor and update where coordinates say. Follows `tf.tensor_scatter_nd_min`.
  public static func tensorScatterNdMin(
    _ tensor: some TensorConvertible, _ indices: some TensorConvertible,
    _ updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try scatter(ScatterOps.family.tensorScatterMin, tensor, indices, updates, name)
  }

  /// The same with its arguments by label.
  public static func tensorScatterNdMin(
    _ tensor: some TensorConvertible, indices: some TensorConvertible,
    updates: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try tensorScatterNdMin(tensor, indices, updates, name: name)
  }

  private static func scatter(
    _ op: OpDef, _ tensor: some TensorConvertible, _ indices: some TensorConvertible,
    _ updates: some TensorConvertible, _ name: String?
  ) throws -> Tensor {
    let tensor = try tensor.asTensor()
    return try op(
      [tensor, indices.asTensor(), updates.asTensor(preferring: tensor.dtype)], name: name)
  }
}
