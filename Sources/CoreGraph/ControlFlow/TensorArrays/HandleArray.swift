import CoreOps

/// A tensor array that is a resource of the run, as TF-1 has them.
struct HandleArray: TensorArrayForm {
  let traits: TensorArrayTraits
  private let resource: Tensor
  let flow: Tensor
  var handle: Tensor? { resource }

  private init(_ traits: TensorArrayTraits, _ resource: Tensor, _ flow: Tensor) {
    self.traits = traits
    self.resource = resource
    self.flow = flow
  }

  init(_ request: TensorArrayRequest) throws {
    let traits = request.traits
    let made = try inScope(request.name, "TensorArray") { scope in
      if let handle = request.handle {
        try require(
          request.resourceName == nil,
          "Cannot provide both `handle` and `tensor_array_name` arguments at the same time.")
        try require(
          request.size == nil,
          "Cannot provide both a `handle` and `size` arguments at the same time.")
        try require(
          request.elementShape == nil,
          "Cannot provide both `handle` and `element_shape` arguments at the same time.")
        try require(
          request.dynamicSize == nil,
          "Cannot provide both `handle` and `dynamic_size` arguments at the same time.")
        try require(
          request.clearAfterRead == nil,
          "Cannot provide both `handle` and `clear_after_read` arguments at the same time.")
        guard let flow = request.flow else {
          throw TFError.invalidArgument("flow must not be None if handle is not None.")
        }
        return [handle, flow]
      }
      guard let size = request.size else {
        throw TFError.invalidArgument(
          "Argument `size` must be provided if handle is not provided.")
      }
      var environment = Environment.current
      if request.colocates {
        environment = try environment.onDevice(nil).colocated(with: nil, ignoringExisting: true)
      }
      return try environment.run {
        try CoreOps.apply(
          OpDef.registered("TensorArrayV3"), [size],
          [
            "dtype": .type(request.dtype),
            "element_shape": .shape(request.elementShape ?? .unknown),
            "identical_element_shapes": .bool(request.infersShape),
            "dynamic_size": .bool(request.dynamicSize ?? false),
            "clear_after_read": .bool(request.clearAfterRead ?? true),
            "tensor_array_name": .string(request.resourceName ?? ""),
          ], name: scope)
      }
    }
    self.init(traits, made[0], made[1])
  }

  func with(flow: Tensor) -> HandleArray { HandleArray(traits, resource, flow) }

  func grad(_ source: String, flow: Tensor?, name: String?) throws -> HandleArray {
    try inScope(name, "TensorArrayGrad") { _ in
      try Environment.current.colocated(with: resource).run {
        let made = try CoreOps.apply(
          OpDef.registered("TensorArrayGradV3"), [resource, flow ?? self.flow],
          ["source": .string(source)], name: name)
        let flow = try Environment.current.waiting(for: [made[0]]).run {
          try BasicOps.family.identity([flow ?? self.flow], name: "gradient_flow")
        }
        return HandleArray(
          TensorArrayTraits(
            dtype: traits.dtype, size: nil, isDynamic: false, infersShape: traits.infersShape,
            colocates: false, elementShape: traits.elementShape), made[0], flow)
      }
    }
  }

  func read(_ index: Tensor, name: String?) throws -> Tensor {
    let value = try OpDef.registered("TensorArrayReadV3")(
      [resource, index, flow], ["dtype": .type(traits.dtype)], name: name)
    _ = try value.refined(to: traits.elementShape)
    return value
  }

  func write(_ index: Tensor, _ value: Tensor, name: String?) throws -> HandleArray {
    try inScope(name, "TensorArrayWrite") { _ in
      let value = try value.asConstant(named: "value")
      try traits.check(value)
      try traits.note(value.shape)
      return try traits.placed(value) {
        with(
          flow: try OpDef.registered("TensorArrayWriteV3")(
            [resource, index, value, flow], name: name))
      }
    }
  }

  func stack(name: String?) throws -> Tensor {
    try Environment.current.colocated(with: resource).run {
      try inScope(name, "TensorArrayStack") { _ in
        let indices = try OpDef.registered("Range")(
          [Tensor(scalar: Int32(0)), size(name: nil), Tensor(scalar: Int32(1))], name: "range")
        let value = try gather(indices, name: name)
        if let size = traits.fixedSize {
          _ = try value.refined(to: traits.elementShape.following(size.knownInteger))
        }
        return value
      }
    }
  }

  func gather(_ indices: Tensor, name: String?) throws -> Tensor {
    let value = try OpDef.registered("TensorArrayGatherV3")(
      [resource, indices, flow],
      ["dtype": .type(traits.dtype), "element_shape": .shape(traits.elementShape)], name: name)
    _ = try value.refined(to: traits.elementShape.following(nil))
    return value
  }

  func concat(name: String?) throws -> Tensor {
    let value = try CoreOps.apply(
      OpDef.registered("TensorArrayConcatV3"), [resource, flow],
      [
        "dtype": .type(traits.dtype), "element_shape_except0": .shape(traits.elementShape.rest),
      ], name: name)[0]
    if let first = traits.elementShape.dims?.first {
      let count = traits.infersShape ? try size(name: nil).knownInteger : nil
      let total = count.flatMap { count in first.map { $0 * count } }
      let rest = traits.elementShape.dims?.dropFirst() ?? []
      _ = try value.refined(to: PartialShape([total] + rest))
    }
    return value
  }

  func unstack(_ value: Tensor, name: String?) throws -> HandleArray {
    try inScope(name, "TensorArrayUnstack") { _ in
      let count = try shape(of: value)[0]
      let indices = try OpDef.registered("Range")(
        [Tensor(scalar: Int32(0)), count, Tensor(scalar: Int32(1))], name: "range")
      return try scatter(indices, value, name: name)
    }
  }

  /// The shape as a node; a plain value is a constant beside it, as in `tf.shape`.
  private func shape(of value: Tensor) throws -> Tensor {
    guard !value.isSymbolic else { return try MathAPI.shape(value) }
    return try inScope(nil, "Shape") { scope in
      _ = try value.asConstant()
      return try ShapeOps.shapeTensor(of: value).asConstant(named: scope ?? "Shape")
    }
  }

  func scatter(_ indices: Tensor, _ value: Tensor, name: String?) throws -> HandleArray {
    try inScope(name, "TensorArrayScatter") { _ in
      let value = try value.asConstant(named: "value")
      try traits.check(value)
      try traits.note(value.shape.rest)
      return try traits.placed(value) {
        with(
          flow: try OpDef.registered("TensorArrayScatterV3")(
            [resource, indices, value, flow], name: name))
      }
    }
  }

  func split(_ value: Tensor, _ lengths: Tensor, name: String?) throws -> HandleArray {
    try inScope(name, "TensorArraySplit") { _ in
      let value = try value.asConstant(named: "value")
      return try traits.placed(value) {
        try noteParts(value, lengths)
        let lengths = try CastOps.cast(lengths, .int64)
        return with(
          flow: try OpDef.registered("TensorArraySplitV3")(
            [resource, value, lengths, flow], name: name))
      }
    }
  }

  func size(name: String?) throws -> Tensor {
    if let size = traits.fixedSize { return try size.asConstant() }
    return try OpDef.registered("TensorArraySizeV3")([resource, flow], name: name)
  }

  func close(name: String?) throws -> Operation? {
    try GraphGroups.operation(OpDef.registered("TensorArrayCloseV3"), [resource], name: name)
  }
}
