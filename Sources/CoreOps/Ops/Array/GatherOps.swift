package import CKernels

/// Ops that pick slices by index.
package struct GatherOps: OpFamily {
  package static let family: Self = define(Self())

  package let gatherV2: OpDef = OpDef(
    "GatherV2",
    """
    params: Tparams, indices: Tindices, axis: Taxis -> output: Tparams
    batch_dims: int = 0
    Tparams: type
    Tindices: {int16, int32, int64}
    Taxis: {int32, int64}
    """,
    shape: { context in
      if let axis = context.shapes[2].known, axis.rank != 0 {
        throw TFError.invalidArgument("axis must be scalar")
      }
      return [
        try gathered(
          context, axis: context.integers(2)?.first, batchDims: context.int("batch_dims"))
      ]
    },
    kernel: .raw(objects: .move("Tparams")) { context in
      let batchDims = try context.int("batch_dims")
      return try gather(context) {
        try $0.integers(2)[0]
      } batchDims: {
        batchDims
      }
    },
    gradient: .slices(needs: .inputs(1, 2)) { context in
      [
        try GatherGradient(
          params: context.inputs[0], indices: context.inputs[1], axis: context.inputs[2],
          batchDims: context.int("batch_dims"), gradient: context.gradient()
        ).result(), nil, nil,
      ]
    })

  package let gather: OpDef = OpDef(
    "Gather",
    """
    params: Tparams, indices: Tindices -> output: Tparams
    validate_indices: bool = true
    Tparams: type
    Tindices: {int32, int64}
    """,
    shape: { [try gathered($0, axis: 0, batchDims: 0)] },
    kernel: .raw(objects: .move("Tparams")) {
      try gather($0) { _ in
        0
      } batchDims: {
        0
      }
    },
    gradient: .slices(needs: .inputs(1)) { context in
      [
        try GatherGradient(
          params: context.inputs[0], indices: context.inputs[1], axis: ShapeOps.scalar(0),
          batchDims: 0,
          gradient: context.gradient()
        ).result(), nil,
      ]
    })

  private static func gathered(_ context: ShapeContext, axis: Int?, batchDims: Int) throws
    -> PartialShape
  {
    let (params, indices) = (context.shapes[0], context.shapes[1])
    guard let indexDims = indices.dims else { return .unknown }
    guard batchDims >= -indexDims.count, batchDims <= indexDims.count else {
      throw TFError.invalidArgument(
        """
        Expected batch_dims in the range [\(-indexDims.count), \(indexDims.count)], but got \
        \(batchDims)
        """
      )
    }
    let batch = batchDims < 0 ? batchDims + indexDims.count : batchDims
    guard let dims = params.dims else { return .unknown }
    try require(!dims.isEmpty, "params must be at least 1 dimensional")
    try require(
      batch < dims.count, "batch_dims (\(batch)) must be less than rank(params) (\(dims.count)).")
    for axis in 0..<batch {
      if let a = dims[axis], let b = indexDims[axis], a != b {
        throw TFError.invalidArgument(
          "params.shape[\(axis)]: \(a) should be equal to indices.shape[\(axis)]: \(b)")
      }
    }
    guard let axis else { return .unknown(rank: dims.count - 1 + indexDims.count - batch) }
    guard axis >= -dims.count, axis < dims.count else {
      throw TFError.invalidArgument(
        axis < 0
          ? "Expected axis in the range [\(-dims.count), \(dims.count)), but got \(axis)"
          : "Shape must be at least rank \(axis &+ 1) but is rank \(dims.count)")
    }
    let position = axis < 0 ? axis + dims.count : axis
    try require(
      batch <= position, "batch_dims (\(batch)) must be less than or equal to axis (\(position)).")
    return PartialShape(Array(dims[..<position] + indexDims[batch...] + dims[(position + 1)...]))
  }

  private static func gather(
    _ context: KernelContext, axis: @escaping @Sendable (SpecialiseContext) throws -> Int,
    batchDims: @escaping @Sendable () -> Int
  ) throws -> Specialise {
    let elementSize = try context.type("Tparams").byteSize
    let indexSize = Int32(try context.type("Tindices").byteSize)
    return { specialise in
      let (params, indices) = (specialise.inputs[0].dims, specialise.inputs[1])
      let given = try axis(specialise)
      let axis = given < 0 ? given + params.count : given
      let batch = batchDims() < 0 ? batchDims() + indices.rank : batchDims()
      var shape = jk_gather_shape()
      shape.batch = Int64(params[..<batch].reduce(1, *))
      shape.outer = Int64(params[batch..<axis].reduce(1, *))
      shape.limit = Int64(params[axis])
      shape.count = Int64(indices.dims[batch...].reduce(1, *))
      shape.row = Int64(params[(axis + 1)...].reduce(elementSize, *))
      shape.index_size = indexSize
      let layout = shape
      let output = specialise.inputs.count
      let isEmpty = specialise.outputs[0].elementCount == 0
      let check: @Sendable (Int64, Pointers) throws -> Void = { bad, pointers in
        guard bad >= 0 else { return }
        throw Indices.outside(
          Indices.value(pointers[1], Int(bad), indexSize), at: Int(bad), of: indices,
          below: Int(layout.limit))
      }
      let rows = RowForm(
        count: Int(layout.count), shared: [0] + (2..<output), work: Int(layout.row) / 4
      ) { pointers, range in
        let bad = withUnsafePointer(to: layout) {
          jk_gather_range(
            $0, pointers[0], pointers[1], pointers[output], Int64(range.lowerBound),
            Int64(range.upperBound))
        }
        try check(bad, pointers)
      }
      return .run(
        RunSpec(
          run: { pointers in
            if isEmpty { return }
            try check(
              withUnsafePointer(to: layout) {
                jk_gather($0, pointers[0], pointers[1], pointers[output])
              }, pointers)
          }, rows: layout.batch == 1 && layout.outer == 1 && !isEmpty ? rows : nil))
    }
  }

  package let gatherNd: OpDef = OpDef(
    "GatherNd",
    """
    params: Tparams, indices: Tindices -> output: Tparams
    Tparams: type
    Tindices: {int16, int32, int64}
    bad_indices_policy: string = ''
    """,
    shape: { context in
      guard let indices = context.shapes[1].dims else { return [.unknown] }
      try require(!indices.isEmpty, "indices must be at least a vector")
      guard let params = context.shapes[0].dims, let depth = indices[indices.count - 1] else {
        return [.unknown]
      }
      try require(!params.isEmpty, "params must be at least a vector")
      try require(
        depth <= params.count,
        """
        indices.shape[-1] must be <= params.rank, but saw indices shape: \(context.shapes[1]) and \
        params shape: \(context.shapes[0])
        """
      )
      return [PartialShape(Array(indices.dropLast() + params[depth.value...]))]
    },
    kernel: .raw(objects: .move("Tparams")) { context in
      let elementSize = try context.type("Tparams").byteSize
      let indexSize = Int32(try context.type("Tindices").byteSize)
      let skipsBad = try NdLayout.skipsBad(context, byDefault: false)
      return { specialise in
        let indices = specialise.inputs[1]
        let layout = try NdLayout(
          indices: indices, dims: specialise.inputs[0].dims, elementSize: elementSize,
          indexSize: indexSize, skipsBad: skipsBad)
        let params = specialise.inputs[0]
        if params.elementCount == 0, specialise.outputs[0].elementCount > 0 {
          throw TFError.invalidArgument(
            "Requested more than 0 entries, but params is empty.  Params shape: \(params)")
        }
        return .run { pointers in
          let bad = withUnsafePointer(to: layout.value) {
            jk_gather_nd($0, pointers[0], pointers[1], pointers[2])
          }
          if bad >= 0 { throw layout.failure(Int(bad), pointers[1], "param shape \(params)") }
        }
      }
    },
    gradient: .rule(needs: .inputs(0, 1)) { context in
      let indices = context.inputs[1]
      let shape = try ShapeOps.shapeTensor(of: context.inputs[0])
      return [
        try ScatterOps.family.scatterNd([
          indices, context.gradient(), ShapeOps.integers(shape, indices.dtype),
        ]), nil,
      ]
    })

  package let oneHot: OpDef = OpDef(
    "OneHot",
    """
    indices: TI, depth: int32, on_value: T, off_value: T -> output: T
    axis: int = -1
    T: type
    TI: {uint8, int8, int32, int64} = int64
    """,
    shape: { context in
      for (index, name) in [(1, "depth"), (2, "on_value"), (3, "off_value")] {
        if let shape = context.shapes[index].known, shape.rank != 0 {
          throw TFError.invalidArgument("\(name) must be a scalar, but got: \(shape)")
        }
      }
      let depth = try context.size(1)
      if let depth { try require(depth >= 0, "depth must be non-negative, got: \(depth)") }
      guard var dims = context.shapes[0].dims else { return [.unknown] }
      let axis = try context.int("axis")
      try require(
        axis >= -1 && axis <= dims.count,
        "Expected axis to be -1 or between [0, \(dims.count + 1)).  But received: \(axis)")
      dims.insert(depth, at: axis == -1 ? dims.count : axis)
      return [PartialShape(dims)]
    },
    kernel: .raw(objects: .move()) { context in
      let size = Int32(try context.type("T").byteSize)
      let indexType = Int32(try context.type("TI").rawValue)
      let axis = try context.int("axis")
      return { specialise in
        let dims = specialise.inputs[0].dims
        let axis = axis == -1 ? dims.count : axis
        let depth = Int64(specialise.outputs[0][axis])
        let outer = Int64(dims[..<axis].reduce(1, *))
        let inner = Int64(dims[axis...].reduce(1, *))
        return .run { pointers in
          jk_one_hot(
            outer, depth, inner, size, indexType, pointers[0], pointers[2], pointers[3], pointers[4]
          )
        }
      }
    }, gradient: .zero)
}

/// How rows of indices select slices: what gathering and scattering by coordinates have in common.
package struct NdLayout: Sendable {
  package let value: jk_nd_shape
  let indices: Shape

  /// - Parameters:
  ///   - indices: the shape of the indices; its last dimension counts coordinates.
  ///   - dims: the shape that they index.
  package init(
    indices: Shape, dims: [Int], elementSize: Int, indexSize: Int32, skipsBad: Bool
  ) throws {
    let depth = indices.rank == 0 ? 1 : indices[indices.rank - 1]
    try require(
      depth <= 7,
      """
      Only indices.shape[-1] values between 1 and 7 are currently supported.  Requested rank: \
      \(depth)
      """
    )
    var shape = jk_nd_shape()
    shape.count = Int64(indices.dims.dropLast().reduce(1, *))
    shape.row = Int64(dims[depth...].reduce(elementSize, *))
    shape.depth = Int32(depth)
    shape.index_size = indexSize
    shape.skip_bad = skipsBad ? 1 : 0
    let strides = Shape(dims).strides
    withUnsafeMutableBytes(of: &shape.dims) { bytes in
      for axis in 0..<depth {
        bytes.storeBytes(of: Int64(dims[axis]), toByteOffset: axis * 8, as: Int64.self)
      }
    }
    withUnsafeMutableBytes(of: &shape.stride) { bytes in
      for axis in 0..<depth {
        bytes.storeBytes(
          of: Int64(strides[axis] * elementSize), toByteOffset: axis * 8, as: Int64.self)
      }
    }
    value = shape
    self.indices = indices
  }

  /// Whether the node passes over bad indices.
  package static func skipsBad(_ context: some AttrAccess, byDefault: Bool) throws -> Bool {
    switch try context.string("bad_indices_policy") {
    case "", "DEFAULT": return byDefault
    case "ERROR": return false
    case "IGNORE": return true
    case let policy:
      throw TFError.invalidArgument("Bad indices policy attribute is invalid: \(policy)")
    }
  }

  package func failure(_ row: Int, _ pointer: UnsafeRawPointer, _ what: String) -> TFError {
    let depth = Int(value.depth)
    let found = (0..<depth).map { Indices.value(pointer, row * depth + $0, value.index_size) }
    return Indices.outside(found, row: row, of: indices, what)
  }
}

/// The gradient of gathering: what was taken from a slice is added to it.
struct GatherGradient {
  let params: Tensor
  let indices: Tensor
  let axis: Tensor
  let batchDims: Int
  let gradient: Tensor

  /// Slices where whole rows are picked, a tensor otherwise.
  func result() throws -> GradientValue {
    let knownAxis = axis.isSymbolic ? nil : try axis.integers().first
    let shape = try ShapeOps.shapeTensor(of: params)
    if knownAxis == 0, batchDims == 0 {
      return .slices(try IndexedSlices(picked: indices, of: shape, gradient: gradient))
    }
    return .dense(try tensor(knownAxis, shape))
  }

  private func tensor(_ knownAxis: Int?, _ shape: Tensor) throws -> Tensor {
    guard let batch = batchDims < 0 ? indices.shape.rank.map({ $0 + batchDims }) : batchDims else {
      throw TFError.unimplemented(
        "the gradient of GatherV2 with negative batch_dims needs indices of known rank")
    }
    let rank = try ShapeOps.rankTensor(of: params)
    let axis = try JoinOps.floorMod(axis, rank)
    let axisVector = try ShapeOps.family.reshape([axis, ShapeOps.vector([1])])
    let next = try axis + 1
    // The gradient with the dimensions of the indices folded into one.
    let indexShape = try ShapeOps.shapeTensor(of: indices)
    let picked = try product(ShapeOps.part(indexShape, from: batch, to: nil))
    var values = try ShapeOps.family.reshape([
      gradient,
      join([
        SliceOps.family.slice([shape, ShapeOps.vector([0]), axisVector]), picked,
        SliceOps.family.slice([
          shape, ShapeOps.family.reshape([next, ShapeOps.vector([1])]), ShapeOps.vector([-1]),
        ]),
      ]),
    ])
    // That dimension is moved to the front, after the batch dimensions.
    let isFirst = knownAxis == batch
    let order = try join([
      range(0, ShapeOps.scalar(batch)), axisVector, range(ShapeOps.scalar(batch), axis),
      range(next, rank),
    ])
    if !isFirst { values = try RearrangeOps.family.transpose([values, order]) }
    let turnedShape =
      isFirst ? shape : try GatherOps.family.gatherV2([shape, order, ShapeOps.scalar(0)])
    let table =
      try batch == 0
      ? scatter(ShapeOps.flat(indices), values, turnedShape)
      : scatterBatches(values, batch, turnedShape, indexShape)
    if isFirst { return table }
    return try RearrangeOps.family.transpose([table, ShapeOps.family.invertPermutation([order])])
  }

  /// One table of all batches, in which each has its own rows.
  private func scatterBatches(
    _ values: Tensor, _ batch: Int, _ shape: Tensor, _ indexShape: Tensor
  ) throws -> Tensor {
    let scalar = try ShapeOps.vector([])
    let size = try ShapeOps.part(shape, from: batch, to: batch + 1)
    let count = try product(ShapeOps.part(shape, from: 0, to: batch))
    let picked = try product(ShapeOps.part(indexShape, from: batch, to: nil))
    let rest = try ShapeOps.part(shape, from: batch + 1, to: nil)
    let rows = try count * size
    let offsets = try SearchOps.family.range([
      ShapeOps.scalar(0), ShapeOps.family.reshape([rows, scalar]),
      ShapeOps.family.reshape([size, scalar]),
    ])
    let flat =
      try ShapeOps.family.reshape([indices, join([count, picked])])
      + ShapeOps.family.expandDims([ShapeOps.integers(offsets, indices.dtype), ShapeOps.scalar(1)])
    let updates = try ShapeOps.family.reshape([values, join([count * picked, rest])])
    let table = try scatter(
      ShapeOps.flat(flat), updates, join([rows, rest]))
    return try ShapeOps.family.reshape([table, shape])
  }

  private func scatter(_ indices: Tensor, _ updates: Tensor, _ shape: Tensor) throws -> Tensor {
    let columns = try ShapeOps.family.expandDims([indices, ShapeOps.scalar(-1)])
    return try ScatterOps.family.scatterNd([
      columns, updates, ShapeOps.integers(shape, indices.dtype),
    ])
  }

  private func join(_ vectors: [Tensor]) throws -> Tensor {
    try JoinOps.family.concatV2(vectors + [ShapeOps.scalar(0)])
  }

  private func range(_ start: some TensorConvertible, _ end: Tensor) throws -> Tensor {
    try SearchOps.family.range([start.asTensor(), end, ShapeOps.scalar(1)])
  }

  /// The product of a vector's elements, as a vector of one.
  private func product(_ x: Tensor) throws -> Tensor {
    try ReductionOps.family.prod([x, ShapeOps.vector([0])], ["keep_dims": .bool(true)])
  }
}

extension SharedAPI {
  /// Slices picked by index along one dimension. Follows `tf.gather`.
  ///
  /// - Parameters:
  ///   - params: of any dtype and of rank 1 or more.
  ///   - indices: integers in `0..<params.shape[axis]`, of any shape.
  ///   - axis: the dimension; by default the first after the batch dimensions.
  ///   - batchDims: how many leading dimensions `params` and `indices` have in common.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for an index or an axis out of range.
  public static func gather(
    _ params: some TensorConvertible, _ indices: some TensorConvertible, axis: Int? = nil,
    batchDims: Int = 0, name: String? = nil
  ) throws -> Tensor {
    try GatherOps.family.gatherV2(
      [params.asTensor(), indices.asTensor(), ShapeOps.scalar(axis ?? batchDims)],
      Attrs().with("batch_dims", .int(batchDims), unless: batchDims == 0), name: name)
  }

  /// The same with its arguments by label.
  public static func gather(
    _ params: some TensorConvertible, indices: some TensorConvertible, axis: Int? = nil,
    batchDims: Int = 0, name: String? = nil
  ) throws -> Tensor {
    try gather(params, indices, axis: axis, batchDims: batchDims, name: name)
  }

  /// The same with its arguments by label.
  public static func gather(
    params: some TensorConvertible, indices: some TensorConvertible, axis: Int? = nil,
    batchDims: Int = 0, name: String? = nil
  ) throws -> Tensor {
    try gather(params, indices, axis: axis, batchDims: batchDims, name: name)
  }

  /// Elements or slices picked by coordinates. Follows `tf.gather_nd`.
  ///
  /// - Parameters:
  ///   - params: of any dtype and of rank 1 or more.
  ///   - indices: integers; the last dimension holds coordinates in the leading dimensions of
  ///     `params`.
  ///   - batchDims: how many leading dimensions `params` and `indices` have in common.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for coordinates out of range.
  public static func gatherNd(
    _ params: some TensorConvertible, _ indices: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try GatherOps.family.gatherNd([params.asTensor(), indices.asTensor()], name: name)
  }

  /// The same with its arguments by label.
  public static func gatherNd(
    _ params: some TensorConvertible, indices: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try gatherNd(params, indices, name: name)
  }

  /// Rows with one value at the index and another elsewhere. Follows `tf.one_hot`.
  ///
  /// - Parameters:
  ///   - indices: integers of any shape; those outside `0..<depth` give no hot element.
  ///   - depth: the size of the new dimension.
  ///   - onValue, offValue: the two values; by default 1 and 0.
  ///   - axis: where the new dimension goes; -1 is last.
  ///   - dtype: the output's dtype; by default that of the values, else float32.
  ///   - name: the node's name in a graph.
  /// - Throws: `INVALID_ARGUMENT` for a negative depth or dtypes that differ.
  @_disfavoredOverload
  public static func oneHot(
    _ indices: some TensorConvertible, depth: some TensorConvertible,
    onValue: (any TensorConvertible)? = nil, offValue: (any TensorConvertible)? = nil,
    axis: Int = -1,
    dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    let on = try onValue?.asTensor(preferring: dtype)
    let off = try offValue?.asTensor(preferring: dtype ?? on?.dtype)
    let dtype = dtype ?? on?.dtype ?? off?.dtype ?? .float32
    return try inScope(name, "one_hot") { scope in
      // TensorFlow's function makes tensors of its own values before those of the others.
      let given = try on?.asConstant() ?? Tensor.one(dtype).asConstant(named: "on_value")
      let other =
        try off?.asConstant() ?? Tensor.zeros(dtype, Shape()).asConstant(named: "off_value")
      return try GatherOps.family.oneHot(
        [indices.asTensor(), depth.asTensor(preferring: .int32), given, other],
        Attrs().with("axis", .int(axis), unless: axis == -1), name: scope)
    }
  }

  /// The same with its arguments by position.
  @_disfavoredOverload
  public static func oneHot(
    _ indices: some TensorConvertible, _ depth: some TensorConvertible,
    onValue: (any TensorConvertible)? = nil, offValue: (any TensorConvertible)? = nil,
    axis: Int = -1, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    try oneHot(
      indices, depth: depth, onValue: onValue, offValue: offValue, axis: axis, dtype: dtype,
      name: name)
  }

  /// The same of a literal.
  public static func oneHot(
    _ indices: TensorLiteral, _ depth: some TensorConvertible,
    onValue: (any TensorConvertible)? = nil, offValue: (any TensorConvertible)? = nil,
    axis: Int = -1, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    try oneHot(
      indices.asTensor(), depth: depth, onValue: onValue, offValue: offValue, axis: axis,
      dtype: dtype,
      name: name)
  }

  /// The same with its arguments by label.
  @_disfavoredOverload
  public static func oneHot(
    indices: some TensorConvertible, depth: some TensorConvertible,
    onValue: (any TensorConvertible)? = nil, offValue: (any TensorConvertible)? = nil,
    axis: Int = -1, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    try oneHot(
      indices, depth: depth, onValue: onValue, offValue: offValue, axis: axis, dtype: dtype,
      name: name)
  }

  /// The same of a literal.
  public static func oneHot(
    indices: TensorLiteral, depth: some TensorConvertible,
    onValue: (any TensorConvertible)? = nil, offValue: (any TensorConvertible)? = nil,
    axis: Int = -1, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    try oneHot(
      indices.asTensor(), depth: depth, onValue: onValue, offValue: offValue, axis: axis,
      dtype: dtype,
      name: name)
  }

  /// The same of a literal.
  public static func oneHot(
    _ indices: TensorLiteral, depth: some TensorConvertible,
    onValue: (any TensorConvertible)? = nil, offValue: (any TensorConvertible)? = nil,
    axis: Int = -1, dtype: DType? = nil, name: String? = nil
  ) throws -> Tensor {
    try oneHot(
      indices.asTensor(), depth: depth, onValue: onValue, offValue: offValue, axis: axis,
      dtype: dtype, name: name)
  }
}
