package import CoreOps

/// Ops that read or write many elements of tensor lists at once.
package struct TensorListBulkOps: OpFamily {
  package static let family: Self = define(Self())

  package let gather: OpDef = OpDef(
    "TensorListGather",
    """
    input_handle: variant, indices: int32, element_shape: int32 -> values: element_dtype
    element_dtype: type
    """,
    shape: { context in
      let element = try context.values[2]?.listShape() ?? .unknown
      return [PartialShape([context.shapes[1][0]]).concatenated(with: element)]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      return { run in
        let list = try ListChanges.list(run.inputs[0], dtype)
        try require(
          run.inputs[1].dims.rank == 1,
          "Expected indices to be a vector, but received shape: \(run.inputs[1].dims)")
        let elements = try run.inputs[1].integers().map { index -> Tensor? in
          guard index >= 0, index < list.count else {
            throw TFError.invalidArgument(
              "Index \(index) out o range; list only has \(list.count) elements.")
          }
          return list.elements[index]
        }
        return [try ListChanges.stack(list, elements, run.inputs[2], gathers: true)]
      }
    },
    gradient: .rule(needs: .inputs(0, 1)) { context in
      let gradient = try context.gradient()
      let list = try TensorListOps.reserved(like: context.inputs[0], gradient.dtype)
      return [try family.scatterInto([list, gradient, context.inputs[1]]), nil, nil]
    })

  package let scatter: OpDef = OpDef(
    "TensorListScatter",
    """
    tensor: element_dtype, indices: int32, element_shape: shape_type -> output_handle: variant
    element_dtype: type
    shape_type: {int32, int64}
    """, shape: ShapeRules.scalar,
    kernel: .run { [try scattered($0.inputs[0], $0.inputs[1], $0.inputs[2], -1)] },
    gradient: .rule { [try gathered($0), nil, nil] })

  package let scatterV2: OpDef = OpDef(
    "TensorListScatterV2",
    """
    tensor: element_dtype, indices: int32, element_shape: shape_type, num_elements: int32 \
      -> output_handle: variant
    element_dtype: type
    shape_type: {int32, int64}
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      let count = try ListChanges.index(run.inputs[3])
      try require(count >= -1, "TensorListScatter expects num_elements >= -1, found: \(count)")
      return [try scattered(run.inputs[0], run.inputs[1], run.inputs[2], count)]
    },
    gradient: .rule { [try gathered($0), nil, nil, nil] })

  package let scatterInto: OpDef = OpDef(
    "TensorListScatterIntoExistingList",
    """
    input_handle: variant, tensor: element_dtype, indices: int32 -> output_handle: variant
    element_dtype: type
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      let (list, tensor) = (try run.inputs[0].tensorList(), run.inputs[1])
      try require(
        list.dtype == tensor.dtype,
        """
        Invalid data types; input tensor type: \(tensor.dtype.signatureName) list element_type: \
        \(list.dtype.signatureName)
        """
      )
      let rows = try ListChanges.rows(tensor, list.elementShape)
      return [try placed(list, rows, try indexVector(run.inputs[2], rows.count))]
    },
    gradient: .rule(needs: .inputs(1, 2)) { context in
      let (tensor, indices) = (context.inputs[1], context.inputs[2])
      let gradient = try context.gradient()
      let zeros = try BasicOps.zerosLike(tensor)
      let rows = try family.gather(
        [gradient, indices, TensorListOps.rowShape(tensor).listShapeTensor()],
        ["element_dtype": .type(tensor.dtype)])
      return [try family.scatterInto([gradient, zeros, indices]), rows, nil]
    })

  package let concat: OpDef = OpDef(
    "TensorListConcat",
    """
    input_handle: variant -> tensor: element_dtype, lengths: int64
    element_dtype: type
    element_shape: shape = {'unknown_rank'}
    """,
    shape: { context in
      [concatenatedShape(try context.shape("element_shape")), [nil]]
    },
    kernel: .dynamic { context in
      let (dtype, shape) = (try context.type("element_dtype"), try context.shape("element_shape"))
      return { run in
        let list = try ListChanges.list(run.inputs[0], dtype)
        return try concatenated(list, shape, leading: [])
      }
    },
    gradient: .rule { [try splitGradient($0)] })

  package let concatV2: OpDef = OpDef(
    "TensorListConcatV2",
    """
    input_handle: variant, element_shape: shape_type, leading_dims: int64 \
      -> tensor: element_dtype, lengths: int64
    element_dtype: type
    shape_type: {int32, int64}
    """,
    shape: { context in
      [concatenatedShape(try context.values[1]?.listShape() ?? .unknown), [nil]]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      return { run in
        let list = try ListChanges.list(run.inputs[0], dtype)
        return try concatenated(list, run.inputs[1].listShape(), leading: run.inputs[2].integers())
      }
    },
    gradient: .rule { [try splitGradient($0), nil, nil] })

  package let split: OpDef = OpDef(
    "TensorListSplit",
    """
    tensor: element_dtype, element_shape: shape_type, lengths: int64 -> output_handle: variant
    element_dtype: type
    shape_type: {int32, int64}
    """, shape: ShapeRules.scalar,
    kernel: .run { run in
      let (tensor, shape) = (run.inputs[0], try run.inputs[1].listShape())
      try require(
        tensor.dims.rank >= 1, "Tensor must be at least a vector, but saw shape: \(tensor.dims)")
      try require(
        run.inputs[2].dims.rank == 1,
        "Expected lengths to be a vector, received shape: \(run.inputs[2].dims)")
      var whole = shape
      if let dims = shape.dims, !dims.isEmpty { whole = PartialShape([nil] + dims.dropFirst()) }
      try require(
        whole.isCompatible(with: PartialShape(tensor.dims)),
        "tensor shape \(tensor.dims) is not compatible with element_shape \(whole)")
      let lengths = try run.inputs[2].integers()
      var used = 0
      for length in lengths {
        try require(length >= 0, "Invalid length \(length): lengths must be non-negative")
        try require(
          length <= tensor.dims[0] - used,
          """
          Attempting to slice [\(used), \(used &+ length)] from tensor with length \
          \(tensor.dims[0])
          """
        )
        used += length
      }
      try require(
        used == tensor.dims[0],
        "Unused values in tensor. Length of tensor: \(tensor.dims[0]) Values used: \(used)")
      return [
        Tensor(
          list: TensorList(
            dtype: tensor.dtype, elementShape: shape,
            elements: PersistentArray(Stacking.pieces(tensor, lengths))))
      ]
    },
    gradient: .rule(needs: .inputs(0, 2)) { context in
      let (tensor, lengths) = (context.inputs[0], context.inputs[2])
      let shape = PartialShape([nil]).concatenated(with: TensorListOps.rowShape(tensor))
      return [
        try apply(
          family.concatV2, [context.gradient(), shape.listShapeTensor(), lengths],
          ["element_dtype": .type(tensor.dtype)])[0], nil, nil,
      ]
    })

  package let concatLists: OpDef = OpDef(
    "TensorListConcatLists",
    """
    input_a: variant, input_b: variant -> output: variant
    element_dtype: type
    """, shape: { [try $0.shapes[0].merged(with: $0.shapes[1])] },
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      return { run in
        let (a, b) = (run.inputs[0], run.inputs[1])
        try require(
          a.dims == b.dims, "input_a and input_b must have the same shape: \(a.dims) vs. \(b.dims)")
        let objects = try zip(a.objects, b.objects).enumerated().map {
          index, pair -> (any TensorObject)? in
          let lists = try [pair.0, pair.1].enumerated().map { position, object -> TensorList in
            let name = position == 0 ? "input_a" : "input_b"
            guard let list = object as? TensorList else {
              throw TFError.invalidArgument("\(name) is not a TensorList at index \(index)")
            }
            try require(
              list.dtype == dtype,
              """
              \(name)[\(index)].dtype != element_dtype.  Saw: \(list.dtype.signatureName) vs. \
              \(dtype.signatureName)
              """
            )
            return list
          }
          try require(
            lists[0].elementShape == lists[1].elementShape,
            """
            input_a and input_b TensorList element shapes are not identical at index \(index).  \
            Saw \(lists[0].elementShape) vs. \(lists[1].elementShape)
            """
          )
          return lists[1].elements.elements.reduce(lists[0]) { $0.appending($1) }
        }
        return [Tensor(.variant, objects: objects, dims: a.dims)]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))

  package let pushBackBatch: OpDef = OpDef(
    "TensorListPushBackBatch",
    """
    input_handles: variant, tensor: element_dtype -> output_handles: variant
    element_dtype: type
    """, shape: ShapeRules.same,
    kernel: .run { run in
      let (handles, tensor) = (run.inputs[0], run.inputs[1])
      try require(
        handles.dims.rank == 1,
        "Expected input_handles to be a vector, but saw shape: \(handles.dims)")
      try require(
        tensor.dims.rank >= 1,
        "Expected tensor to be at least a vector, but saw shape: \(tensor.dims)")
      try require(
        tensor.dims[0] == handles.dims[0],
        """
        Expected tensor.shape[0] == input_handles.size, but saw \(tensor.dims[0]) vs. \
        \(handles.dims[0])
        """
      )
      let objects = try zip(handles.objects, Stacking.rows(tensor)).enumerated().map {
        index, pair in
        guard let list = pair.0 as? TensorList else {
          throw TFError.invalidArgument("Input handle at index \(index) is not a list.")
        }
        return try ListChanges.push(list, pair.1, at: " at index \(index)")
      }
      return [Tensor(.variant, objects: objects, dims: handles.dims)]
    }, gradient: .none("TensorFlow has no gradient for it"))

  private static func indexVector(_ indices: Tensor, _ rows: Int) throws -> [Int] {
    try require(
      indices.dims.rank == 1, "Expected indices to be a vector, but received shape: \(indices.dims)"
    )
    let values = try indices.integers()
    try require(
      values.count == rows,
      "Invalid number of rows in input tensor. Expected: \(values.count) Actual: \(rows)")
    for value in values {
      try require(value >= 0, "Indices in TensorListScatter must all be non-negative.")
    }
    return values
  }

  /// A list with the rows put at those places.
  private static func placed(_ list: TensorList, _ rows: [Tensor?], _ indices: [Int]) throws
    -> Tensor
  {
    var list = list
    if let last = indices.max(), last >= list.count { list = try list.resized(last + 1) }
    for (index, row) in zip(indices, rows) { list = list.setting(index, row) }
    return Tensor(list: list)
  }

  /// - Parameter count: the list's length; -1 for as long as the indices need.
  private static func scattered(
    _ tensor: Tensor, _ indices: Tensor, _ shape: Tensor, _ count: Int
  ) throws -> Tensor {
    let shape = try shape.listShape()
    let rows = try ListChanges.rows(tensor, shape)
    let places = try indexVector(indices, rows.count)
    if let last = places.max(), count >= 0, last >= count {
      throw TFError.invalidArgument(
        "TensorListScatter: Trying to scatter at index \(last) in list with size \(count)")
    }
    let list = TensorList(dtype: tensor.dtype, elementShape: shape, elements: PersistentArray())
    return try placed(list.resized(max(count, 0)), rows, places)
  }

  /// The gradient of the tensor that was scattered.
  private static func gathered(_ context: GradientContext) throws -> Tensor {
    let tensor = context.inputs[0]
    return try family.gather(
      [context.gradient(), context.inputs[1], TensorListOps.rowShape(tensor).listShapeTensor()],
      ["element_dtype": .type(tensor.dtype)])
  }

  private static func splitGradient(_ context: GradientContext) throws -> Tensor {
    try family.split([
      context.gradient(),
      TensorListOps.family.elementShape([context.inputs[0]], ["shape_type": .type(.int32)]),
      context.outputs[1],
    ])
  }

  private static func concatenatedShape(_ element: PartialShape) -> PartialShape {
    guard let dims = element.dims, !dims.isEmpty else { return .unknown }
    return PartialShape([nil] + dims.dropFirst())
  }

  /// The elements one after the other, and how long each is.
  ///
  /// - Parameter leading: the lengths of elements that were not put yet.
  private static func concatenated(
    _ list: TensorList, _ declared: PartialShape, leading: [Int]
  ) throws -> [Tensor] {
    let shape = try declared.merged(with: list.elementShape)
    if let rank = shape.rank {
      try require(
        rank >= 1, "Concat requires elements to be at least vectors, found scalars instead.")
    }
    let elements = list.elements.elements
    var rest = PartialShape(shape.dims.map { Array($0.dropFirst()) })
    for (index, element) in elements.enumerated() {
      guard let element else { continue }
      try require(
        element.dims.rank >= 1,
        "Concat saw a scalar shape at index \(index) but requires at least vectors.")
      rest = try rest.merged(with: PartialShape(Shape(element.dims.dims.dropFirst())))
    }
    guard let inner = rest.known else {
      throw TFError.invalidArgument(
        elements.isEmpty
          ? """
          All except the first dimension must be fully defined when concating an empty tensor \
          list. element_shape: \(shape)
          """
          : """
          Trying to concat list with only uninitialized tensors but \
          element_shape_except_first_dim is not fully defined: \(rest)
          """
      )
    }
    let lengths = try elements.enumerated().map { index, element in
      let length: Int
      if let element {
        length = element.dims[0]
        if let first = shape[0], first != length {
          throw TFError.invalidArgument(
            """
            First entry of element_shape input does not match the first dim of list element at \
            index: \(index) Expected: \(first) Actual: \(length)
            """
          )
        }
      } else if let first = shape[0]?.value {
        length = first
      } else if leading.indices.contains(index) {
        length = leading[index]
        try require(length >= 0, "leading_dims[\(index)] is \(length)")
      } else {
        throw TFError.invalidArgument(
          """
          List contains uninitialized tensor at index \(index) but leading_dims has only \
          \(leading.count) elements.
          """
        )
      }
      return length
    }
    let total = lengths.reduce(0) { $0 &+ $1 }
    let dims = Shape([total] + inner.dims)
    guard lengths.allSatisfy({ $0 < 1 << 40 }), dims.checkedElementCount != nil else {
      throw TFError.invalidArgument("the result of shape \(dims) has too many elements")
    }
    let whole = try zip(elements, lengths).map { element, length in
      try element ?? Tensor.zeros(list.dtype, Shape([length] + inner.dims))
    }
    return [
      try Stacking.joined(whole, list.dtype, dims), try Tensor(lengths, dims: [lengths.count]),
    ]
  }
}
