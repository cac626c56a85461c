import CoreOps

/// A tensor array that is a list, a value like others: where conditionals and loops are made of
/// functions.
struct ListArray: TensorArrayForm {
  let traits: TensorArrayTraits
  let flow: Tensor
  var handle: Tensor? { nil }

  private init(_ traits: TensorArrayTraits, _ flow: Tensor) {
    self.traits = traits
    self.flow = flow
  }

  init(_ request: TensorArrayRequest) throws {
    let flow = try inScope(request.name, "TensorArrayV2") { scope in
      if let flow = request.flow {
        try require(
          request.size == nil,
          "Cannot provide both `flow` and `size` arguments at the same time.")
        try require(
          request.elementShape == nil,
          "Cannot provide both `flow` and `element_shape` arguments at the same time.")
        return flow
      }
      guard let size = request.size else {
        throw TFError.invalidArgument(
          "Argument `size` must be provided if argument `flow` is not provided.")
      }
      return try OpDef.registered("TensorListReserve")(
        [Self.shapeTensor(request.elementShape ?? .unknown), size],
        ["element_dtype": .type(request.dtype)], name: scope)
    }
    self.init(request.traits, flow)
  }

  func with(flow: Tensor) -> ListArray { ListArray(traits, flow) }

  /// An element's shape as list ops take it; that of a scalar is a node of its own.
  private static func shapeTensor(_ shape: PartialShape) throws -> Tensor {
    let tensor = try shape.listShapeTensor()
    guard shape.rank == 0 else { return tensor }
    return try Tensor([Int32](), dims: [0]).asConstant()
  }

  private var attrs: Attrs { ["element_dtype": .type(traits.dtype)] }

  func read(_ index: Tensor, name: String?) throws -> Tensor {
    try inScope(name, "TensorArrayV2Read") { _ in
      try OpDef.registered("TensorListGetItem")(
        [flow, index, Self.shapeTensor(traits.elementShape)], attrs, name: name)
    }
  }

  func write(_ index: Tensor, _ value: Tensor, name: String?) throws -> ListArray {
    try inScope(name, "TensorArrayV2Write") { _ in
      let value = try value.asConstant(named: "value")
      try traits.check(value)
      try traits.note(value.shape)
      return with(
        flow: try OpDef.registered("TensorListSetItem")(
          [flow, index, value],
          ["resize_if_index_out_of_bounds": .bool(traits.isDynamic)], name: name))
    }
  }

  func stack(name: String?) throws -> Tensor {
    try inScope(name, "TensorArrayV2Stack") { _ in
      try OpDef.registered("TensorListStack")(
        [flow, Self.shapeTensor(traits.elementShape)],
        attrs.with("num_elements", .int(traits.fixedSize?.knownInteger ?? -1)))
    }
  }

  func gather(_ indices: Tensor, name: String?) throws -> Tensor {
    try OpDef.registered("TensorListGather")(
      [flow, indices, Self.shapeTensor(traits.elementShape)], attrs, name: name)
  }

  func concat(name: String?) throws -> Tensor {
    // The length of each element is its own.
    let shape = traits.elementShape.dims == nil ? .unknown : traits.elementShape.rest.following(nil)
    let lengths = try Tensor([Int64](), dims: [0]).asConstant()
    return try CoreOps.apply(
      OpDef.registered("TensorListConcatV2"), [flow, Self.shapeTensor(shape), lengths], attrs,
      name: name)[0]
  }

  func unstack(_ value: Tensor, name: String?) throws -> ListArray {
    try inScope(name, "TensorArrayUnstack") { _ in
      let value = try value.asConstant(named: "value")
      try traits.check(value)
      try traits.note(value.shape.rest)
      return with(
        flow: try OpDef.registered("TensorListFromTensor")(
          [value, Self.shapeTensor(value.shape.rest)]))
    }
  }

  func scatter(_ indices: Tensor, _ value: Tensor, name: String?) throws -> ListArray {
    try inScope(name, "TensorArrayScatter") { _ in
      let value = try value.asConstant(named: "value")
      try traits.check(value)
      try traits.note(value.shape.rest)
      return with(
        flow: try OpDef.registered("TensorListScatterIntoExistingList")([flow, value, indices]))
    }
  }

  func split(_ value: Tensor, _ lengths: Tensor, name: String?) throws -> ListArray {
    try inScope(name, "TensorArraySplit") { _ in
      let value = try value.asConstant(named: "value")
      try traits.check(value)
      try noteParts(value, lengths)
      let lengths = try CastOps.cast(lengths, .int64)
      return with(
        flow: try OpDef.registered("TensorListSplit")(
          [value, Self.shapeTensor(traits.elementShape), lengths], name: name))
    }
  }

  func size(name: String?) throws -> Tensor {
    if let size = traits.fixedSize { return try size.asConstant() }
    return try OpDef.registered("TensorListLength")([flow], name: name)
  }

  func close(name: String?) throws -> Operation? {
    try GraphGroups.noOp(name: name)
  }
}
