package import CoreOps

/// Lists of tensors as values: what TF-2 loops gather their results in.
package struct TensorListOps: OpFamily {
  package static let family: Self = define(Self())

  package let empty: OpDef = OpDef(
    "EmptyTensorList",
    """
    element_shape: shape_type, max_num_elements: int32 -> handle: variant
    element_dtype: type
    shape_type: {int32, int64}
    """, shape: created,
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      return { run in
        try require(
          run.inputs[1].dims.rank == 0,
          "max_num_elements expected to be a scalar, but got shape: \(run.inputs[1].dims)")
        return [
          Tensor(
            list: TensorList(
              dtype: dtype, elementShape: try run.inputs[0].listShape(),
              limit: try run.inputs[1].integers()[0], elements: PersistentArray()))
        ]
      }
    }, gradient: .zero)

  package let reserve: OpDef = OpDef(
    "TensorListReserve",
    """
    element_shape: shape_type, num_elements: int32 -> handle: variant
    element_dtype: type
    shape_type: {int32, int64}
    """, shape: created,
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      return { run in
        try require(
          run.inputs[1].dims.rank == 0,
          """
          The num_elements to reserve must be a tensor size 1, but got shape: \(run.inputs[1].dims)
          """
        )
        let count = try run.inputs[1].integers()[0]
        try require(
          count >= 0, "The num_elements to reserve must be a non negative number, but got \(count)")
        let list = TensorList(
          dtype: dtype, elementShape: try run.inputs[0].listShape(), elements: PersistentArray())
        return [Tensor(list: try list.resized(count))]
      }
    }, gradient: .zero,
    list: ListRole(.create, index: 1, shape: 0))

  package let length: OpDef = OpDef(
    "TensorListLength",
    """
    input_handle: variant -> length: int32
    """, shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(scalar: Int32(clamping: try $0.inputs[0].tensorList().count))] },
    gradient: .zero,
    list: ListRole(.length, list: 0))

  package let elementShape: OpDef = OpDef(
    "TensorListElementShape",
    """
    input_handle: variant -> element_shape: shape_type
    shape_type: {int32, int64}
    """, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let type = try context.type("shape_type")
      return { [try $0.inputs[0].tensorList().elementShape.listShapeTensor(type)] }
    }, gradient: .zero)

  package let pushBack: OpDef = OpDef(
    "TensorListPushBack",
    """
    input_handle: variant, tensor: element_dtype -> output_handle: variant
    element_dtype: type
    """, shape: { [try changed($0, item: 1)] },
    kernel: .run { [Tensor(list: try ListChanges.push($0.inputs[0].tensorList(), $0.inputs[1]))] },
    gradient: .rule(needs: .inputs(1)) { context in
      let item = context.inputs[1]
      return try apply(
        family.popBack, [context.gradient(), shapeTensor(of: item)],
        ["element_dtype": .type(item.dtype)]
      ).map { $0 }
    })

  package let popBack: OpDef = OpDef(
    "TensorListPopBack",
    """
    input_handle: variant, element_shape: int32 -> output_handle: variant, tensor: element_dtype
    element_dtype: type
    """,
    shape: { [try changed($0, item: nil), try itemShape($0, 1)] },
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      return { run in
        let list = try ListChanges.list(run.inputs[0], dtype)
        try require(list.count > 0, "Trying to pop from an empty list.")
        let item = try ListChanges.item(list, list.count - 1, run.inputs[1], looksAround: false)
        return [Tensor(list: try list.resized(list.count - 1)), item]
      }
    },
    gradient: .rule(needs: .outputs) { context in
      let item = context.outputs[1]
      let list =
        try context.outputGradients[0]
        ?? family.empty(
          [
            family.elementShape([context.outputs[0]], ["shape_type": .type(.int32)]),
            (-1).asTensor(),
          ],
          ["element_dtype": .type(item.dtype)])
      return [try family.pushBack([list, context.gradient(1)]), nil]
    })

  package let getItem: OpDef = OpDef(
    "TensorListGetItem",
    """
    input_handle: variant, index: int32, element_shape: Tshape -> item: element_dtype
    element_dtype: type
    Tshape: {int32, int64} = int32
    """,
    shape: { [try itemShape($0, 2)] },
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      return { run in
        let list = try ListChanges.list(run.inputs[0], dtype)
        let index = try ListChanges.index(run.inputs[1])
        guard index >= 0, index < list.count else {
          throw TensorList.unreadable(index, list.count)
        }
        return [try ListChanges.item(list, index, run.inputs[2], looksAround: true)]
      }
    },
    gradient: .rule(needs: .inputs(0, 1)) { context in
      let gradient = try context.gradient()
      return [
        try family.setItem([
          reserved(like: context.inputs[0], gradient.dtype), context.inputs[1], gradient,
        ]),
        nil, nil,
      ]
    },
    list: ListRole(.read, list: 0, index: 1, shape: 2))

  package let setItem: OpDef = OpDef(
    "TensorListSetItem",
    """
    input_handle: variant, index: int32, item: element_dtype -> output_handle: variant
    element_dtype: type
    resize_if_index_out_of_bounds: bool = false
    """, shape: { [try changed($0, item: 2)] },
    kernel: .dynamic { context in
      let dtype = try context.type("element_dtype")
      let resizes = try context.bool("resize_if_index_out_of_bounds")
      return { run in
        var list = try ListChanges.list(run.inputs[0], dtype)
        let index = try ListChanges.index(run.inputs[1])
        let item = run.inputs[2]
        if index >= list.count, resizes, index < TensorList.maximumCount {
          list = try list.resized(index + 1)
        }
        guard index >= 0, index < list.count else {
          throw TensorList.unwritable(index, list.count)
        }
        try require(
          list.elementShape.isCompatible(with: PartialShape(item.dims)),
          """
          Tried to set a tensor with incompatible shape at a list index. Item element shape: \
          \(item.dims) list shape: \(list.elementShape)
          """
        )
        return [Tensor(list: list.setting(index, item))]
      }
    },
    gradient: .rule(needs: .inputs(0, 1, 2)) { context in
      let (list, index, item) = (context.inputs[0], context.inputs[1], context.inputs[2])
      let gradient = try context.gradient()
      var listGradient = try family.setItem([gradient, index, BasicOps.zerosLike(item)])
      if try context.bool("resize_if_index_out_of_bounds") {
        listGradient = try family.resize([listGradient, family.length([list])])
      }
      let itemGradient = try family.getItem(
        [gradient, index, shapeTensor(of: item)], ["element_dtype": .type(item.dtype)])
      return [listGradient, nil, itemGradient]
    },
    list: ListRole(.write, list: 0, index: 1, value: 2))

  package let resize: OpDef = OpDef(
    "TensorListResize",
    """
    input_handle: variant, size: int32 -> output_handle: variant
    """, shape: { [try changed($0, item: nil)] },
    kernel: .run { run in
      let list = try run.inputs[0].tensorList()
      try require(run.inputs[1].dims.rank == 0, "size must be a scalar")
      let size = try run.inputs[1].integers()[0]
      try require(size >= 0, "TensorListSlice expects size to be non-negative. Got: \(size)")
      return [Tensor(list: try list.resized(size))]
    },
    gradient: .rule(needs: .inputs(0)) { context in
      [try family.resize([context.gradient(), family.length([context.inputs[0]])]), nil]
    })

  package let stack: OpDef = OpDef(
    "TensorListStack",
    """
    input_handle: variant, element_shape: int32 -> tensor: element_dtype
    element_dtype: type
    num_elements: int = -1
    """,
    shape: { context in
      let count = try context.int("num_elements")
      return [
        PartialShape([count < 0 ? nil : count]).concatenated(with: try itemShape(context, 1))
      ]
    },
    kernel: .dynamic { context in
      let (dtype, count) = (try context.type("element_dtype"), try context.int("num_elements"))
      return { run in
        let list = try ListChanges.list(run.inputs[0], dtype)
        if count >= 0, list.count != count {
          throw TFError.invalidArgument(
            """
            Operation expected a list with \(count) elements but got a list with \(list.count) \
            elements.
            """
          )
        }
        return [try ListChanges.stack(list, list.elements.elements, run.inputs[1])]
      }
    },
    gradient: .rule(needs: .inputs(1)) { context in
      let gradient = try context.gradient()
      let shape = rowShape(gradient)
      return [
        try family.fromTensor([
          gradient, shape.known == nil ? context.inputs[1] : shape.listShapeTensor(),
        ]),
        nil,
      ]
    },
    list: ListRole(.stack, list: 0, shape: 1))

  package let fromTensor: OpDef = OpDef(
    "TensorListFromTensor",
    """
    tensor: element_dtype, element_shape: shape_type -> output_handle: variant
    element_dtype: type
    shape_type: {int32, int64}
    """,
    shape: { context in
      if context.shapes[0].rank == 0 {
        throw TFError.invalidArgument("Shape must be at least rank 1 but is rank 0")
      }
      let row = context.shapes[0].dims.map { PartialShape(Array($0.dropFirst())) } ?? .unknown
      context.setHandle(
        0, HandleData(context.inputTypes[0], try declaredShape(context, 1).merged(with: row)))
      return [.scalar]
    },
    kernel: .run { run in
      let (tensor, shape) = (run.inputs[0], try run.inputs[1].listShape())
      let rows = try ListChanges.rows(tensor, shape)
      return [
        Tensor(
          list: TensorList(
            dtype: tensor.dtype, elementShape: shape, elements: PersistentArray(rows)))
      ]
    },
    gradient: .rule(needs: .inputs(0)) { context in
      let (tensor, count) = (context.inputs[0], context.inputs[0].shape[0])
      let shape = rowShape(tensor)
      return [
        try family.stack(
          [context.gradient(), shape.listShapeTensor()],
          ["element_dtype": .type(tensor.dtype), "num_elements": .int(count?.value ?? -1)]), nil,
      ]
    },
    list: ListRole(.fill, value: 0, shape: 1))

  /// The shape that the value of input `index` says an element has. A scalar stands for an unknown
  /// shape.
  private static func declaredShape(_ context: ShapeContext, _ index: Int) throws -> PartialShape {
    if let value = context.values[index] { return try value.listShape() }
    return context.shapes[index].rank == 1 ? try context.shapeValue(index) : .unknown
  }

  /// The same, with what is known of the list in input 0.
  private static func itemShape(_ context: ShapeContext, _ index: Int) throws -> PartialShape {
    let declared = try declaredShape(context, index)
    guard let element = context.handle(0)?.parts.first else { return declared }
    let dtype = try context.type("element_dtype")
    try require(
      element.dtype == dtype,
      """
      Expected list with element dtype \(dtype.signatureName) but got list with element dtype \
      \(element.dtype.signatureName)
      """
    )
    return try element.shape.merged(with: declared)
  }

  /// A new list, whose elements have the shape that input 0 says.
  private static let created: ShapeRule = { context in
    context.setHandle(
      0, HandleData(try context.type("element_dtype"), try declaredShape(context, 0)))
    return [.scalar]
  }

  /// The list of input 0 with another element in it, or with others gone.
  private static func changed(_ context: ShapeContext, item: Int?) throws -> PartialShape {
    if let element = context.handle(0)?.parts.first {
      if let item { _ = try element.shape.merged(with: context.shapes[item]) }
      context.passHandle()
    } else if let item {
      context.setHandle(0, HandleData(context.inputTypes[item], .unknown))
    }
    return .scalar
  }

  /// A tensor's shape, as a constant where it is known.
  static func shapeTensor(of tensor: Tensor) throws -> Tensor {
    if let known = tensor.shape.known { return try PartialShape(known).listShapeTensor() }
    return try ShapeOps.family.shape([tensor])
  }

  /// What is known of the shape of a tensor's slices along its first dimension.
  static func rowShape(_ tensor: Tensor) -> PartialShape {
    PartialShape(tensor.shape.dims.map { Array($0.dropFirst()) })
  }

  /// A list as long as `list`, with nothing in it yet.
  static func reserved(like list: Tensor, _ dtype: DType) throws -> Tensor {
    try family.reserve(
      [family.elementShape([list], ["shape_type": .type(.int32)]), family.length([list])],
      ["element_dtype": .type(dtype)])
  }
}

/// What the kernels of the list ops have in common.
enum ListChanges {
  /// - Throws: `INVALID_ARGUMENT` when the list's elements are of another dtype.
  static func list(_ handle: Tensor, _ dtype: DType) throws -> TensorList {
    let list = try handle.tensorList()
    guard list.dtype == dtype else {
      throw TFError.invalidArgument(
        """
        Invalid data types; op elements \(dtype.signatureName) but list elements \
        \(list.dtype.signatureName)
        """
      )
    }
    return list
  }

  static func index(_ tensor: Tensor) throws -> Int {
    try require(tensor.dims.rank == 0, "index must be a scalar, but has shape \(tensor.dims)")
    return try tensor.integers()[0]
  }

  static func push(_ list: TensorList, _ tensor: Tensor, at place: String = "") throws -> TensorList
  {
    guard list.dtype == tensor.dtype else {
      throw TFError.invalidArgument(
        """
        Invalid data types; op elements \(tensor.dtype.signatureName) but list elements \
        \(list.dtype.signatureName)
        """
      )
    }
    try require(
      list.elementShape.isCompatible(with: PartialShape(tensor.dims)),
      """
      Tried to append a tensor with incompatible shape to a list\(place). Op element shape: \
      \(tensor.dims) list shape: \(list.elementShape)
      """
    )
    try require(
      list.limit < 0 || list.count < list.limit,
      """
      Tried to push item into a full list\(place) list size: \(list.count) max_num_elements: \
      \(list.limit)
      """
    )
    return list.appending(tensor)
  }

  /// Element `index`; zeros where nothing was put yet.
  ///
  /// - Parameter looksAround: whether the shape of zeros may be that of another element.
  static func item(_ list: TensorList, _ index: Int, _ shape: Tensor, looksAround: Bool) throws
    -> Tensor
  {
    if let tensor = list.elements[index] {
      _ = try shape.listShape()
      return tensor
    }
    var known = try shape.listShape().merged(with: list.elementShape)
    if looksAround, known.known == nil {
      for case let other? in list.elements.elements {
        known = try known.merged(with: PartialShape(other.dims))
      }
    }
    guard let dims = known.known else { throw TensorList.unset(known) }
    return try Tensor.zeros(list.dtype, dims)
  }

  /// The slices of `tensor`, which must have a shape that fits.
  package static func rows(_ tensor: Tensor, _ shape: PartialShape) throws -> [Tensor?] {
    try require(
      tensor.dims.rank >= 1, "Tensor must be at least a vector, but saw shape: \(tensor.dims)")
    let row = Shape(tensor.dims.dims.dropFirst())
    try require(
      shape.isCompatible(with: PartialShape(row)),
      "Specified a list with shape \(shape) from a tensor with shape \(row)")
    return try Stacking.rows(tensor)
  }

  /// The elements as one tensor, zeros for those not put yet.
  static func stack(
    _ list: TensorList, _ elements: [Tensor?], _ shape: Tensor, gathers: Bool = false
  ) throws -> Tensor {
    var known = try shape.listShape().merged(with: list.elementShape)
    for case let element? in elements { known = try known.merged(with: PartialShape(element.dims)) }
    guard let dims = known.known else {
      throw TensorList.unstackable(known, isEmpty: elements.isEmpty, gathers: gathers)
    }
    let total = Shape([elements.count] + dims.dims)
    guard total.checkedElementCount != nil else {
      throw TFError.invalidArgument("the result of shape \(total) has too many elements")
    }
    let zeros = elements.contains { $0 == nil } ? try Tensor.zeros(list.dtype, dims) : nil
    return try Stacking.joined(elements.map { $0 ?? zeros! }, list.dtype, total)
  }

  // MARK: - Errors
}
