package import CoreOps

/// Tensor arrays of TF-1 loops. The flow, a number that says nothing, orders the ops on one array.
package struct TensorArrayOps: OpFamily {
  package static let family: Self = define(Self())

  package let create: OpDef = OpDef(
    "TensorArrayV3",
    """
    size: int32 -> handle: resource, flow: float
    dtype: type
    element_shape: shape = {'unknown_rank'}
    dynamic_size: bool = false
    clear_after_read: bool = true
    identical_element_shapes: bool = false
    tensor_array_name: string = ''
    """, stateful: true,
    shape: { context in
      _ = try context.shape(0, rank: 0, "size")
      let element = try context.shape("element_shape")
      if try element.isFullyDefined || context.bool("identical_element_shapes") {
        context.setHandle(0, HandleData(try context.type("dtype"), element))
      }
      return [handleShape, .scalar]
    },
    kernel: .dynamic { context in
      let (dtype, shape) = (try context.type("dtype"), try context.shape("element_shape"))
      let (dynamic, clear) = (
        try context.bool("dynamic_size"), try context.bool("clear_after_read")
      )
      let identical = try context.bool("identical_element_shapes")
      let name = try context.string("tensor_array_name")
      return { run in
        let array = try TensorArrayObject(
          name: name.isEmpty ? run.node : name, dtype: dtype, size: scalar(run.inputs[0], "size"),
          elementShape: shape, isResizable: dynamic, clearAfterRead: clear,
          identicalShapes: identical)
        return [Tensor(resource: array), try Tensor(scalar: Float(0))]
      }
    }, gradient: .zero,
    list: ListRole(.create, index: 0, isArray: true))

  package let read: OpDef = OpDef(
    "TensorArrayReadV3",
    """
    handle: resource, index: int32, flow_in: float -> value: dtype
    dtype: type
    """, stateful: true, shape: { [$0.handle(0)?.parts.first?.shape ?? .unknown] },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in
        let array = try array(run.inputs[0], dtype, "read")
        return [try array.read([scalar(run.inputs[1], "index")])[0]]
      }
    },
    gradient: .rule { context in
      let gradient = try context.gradient()
      let (array, flow) = try gradientArray(context, 2, source: gradient)
      return [nil, nil, try family.write([array, context.inputs[1], gradient, flow])]
    },
    list: ListRole(.read, list: 2, handle: 0, index: 1, isArray: true))

  package let write: OpDef = OpDef(
    "TensorArrayWriteV3",
    """
    handle: resource, index: int32, value: T, flow_in: float -> flow_out: float
    T: type
    """, stateful: true,
    shape: { context in
      _ = try context.shape(1, rank: 0, "index")
      if let element = context.handle(0)?.parts.first {
        _ = try element.shape.merged(with: context.shapes[2])
      }
      return [.scalar]
    },
    kernel: .run { run in
      let array: TensorArrayObject = try run.inputs[0].resource()
      try array.write(scalar(run.inputs[1], "index"), run.inputs[2])
      return [run.inputs[3]]
    },
    gradient: .rule { context in
      let flowGradient = try context.gradient()
      let (array, flow) = try gradientArray(context, nil, source: flowGradient)
      let value = try family.read(
        [array, context.inputs[1], flow], ["dtype": .type(context.inputs[2].dtype)])
      return [nil, nil, value, flowGradient]
    },
    list: ListRole(.write, list: 3, handle: 0, index: 1, value: 2, isArray: true))

  package let gather: OpDef = OpDef(
    "TensorArrayGatherV3",
    """
    handle: resource, indices: int32, flow_in: float -> value: dtype
    dtype: type
    element_shape: shape = {'unknown_rank'}
    """, stateful: true,
    shape: { context in
      let indices = try context.shape(1, rank: 1, "indices")
      let element = try context.handle(0)?.parts.first?.shape ?? context.shape("element_shape")
      return [indices.concatenated(with: element)]
    },
    kernel: .dynamic { context in
      let (dtype, declared) = (try context.type("dtype"), try context.shape("element_shape"))
      return { run in
        let array = try array(run.inputs[0], dtype, "read")
        try require(
          run.inputs[1].dims.rank == 1,
          "Expected indices to be a vector, but received shape: \(run.inputs[1].dims)")
        let values = try array.read(run.inputs[1].integers())
        guard let first = values.first else {
          guard let dims = declared.known else {
            throw TFError.unimplemented(
              """
              TensorArray has size zero, but element shape \(declared) is not fully defined. \
              Currently only static shapes are supported when packing zero-size TensorArrays.
              """
            )
          }
          return [try Tensor.zeros(dtype, Shape([0] + dims.dims))]
        }
        try require(
          declared.isCompatible(with: PartialShape(first.dims)),
          """
          TensorArray was passed element_shape \(declared) which does not match the Tensor at \
          index 0: \(first.dims)
          """
        )
        for (index, value) in values.enumerated() where value.dims != first.dims {
          throw TFError.invalidArgument(
            """
            TensorArray has inconsistent shapes.  Index 0 has shape: \(first.dims) but index \
            \(index) has shape: \(value.dims)
            """
          )
        }
        return [try Stacking.joined(values, dtype, Shape([values.count] + first.dims.dims))]
      }
    },
    gradient: .rule { context in
      let gradient = try context.gradient()
      let (array, flow) = try gradientArray(context, 2, source: gradient)
      return [nil, nil, try family.scatter([array, context.inputs[1], gradient, flow])]
    },
    list: ListRole(.stack, list: 2, handle: 0, index: 1, isArray: true))

  package let scatter: OpDef = OpDef(
    "TensorArrayScatterV3",
    """
    handle: resource, indices: int32, value: T, flow_in: float -> flow_out: float
    T: type
    """, stateful: true,
    shape: { context in
      let indices = try context.shape(1, rank: 1, "indices")
      if let count = indices[0], let rows = context.shapes[2][0], count != rows {
        throw TFError.invalidArgument("Dimensions must be equal, but are \(rows) and \(count)")
      }
      return [.scalar]
    },
    kernel: .run { run in
      let array: TensorArrayObject = try run.inputs[0].resource()
      let (indices, value) = (run.inputs[1], run.inputs[2])
      try require(
        indices.dims.rank == 1,
        "Expected indices to be a vector, but received shape: \(indices.dims)")
      try require(
        value.dims.rank >= 1,
        "Input value for unpack must be at least a vector but received shape: \(value.dims)")
      try require(
        indices.dims[0] == value.dims[0],
        "Expected len(indices) == values.shape[0], but saw: \(indices.dims[0]) vs. \(value.dims[0])"
      )
      try array.write(indices.integers(), Stacking.rows(value))
      return [run.inputs[3]]
    },
    gradient: .rule { context in
      let flowGradient = try context.gradient()
      let (array, flow) = try gradientArray(context, nil, source: flowGradient)
      let value = try family.gather(
        [array, context.inputs[1], flow], ["dtype": .type(context.inputs[2].dtype)])
      return [nil, nil, value, flowGradient]
    },
    list: ListRole(.fill, list: 3, handle: 0, index: 1, value: 2, isArray: true))

  package let concat: OpDef = OpDef(
    "TensorArrayConcatV3",
    """
    handle: resource, flow_in: float -> value: dtype, lengths: int64
    dtype: type
    element_shape_except0: shape = {'unknown_rank'}
    """, stateful: true,
    shape: { _ in [.unknown, [nil]] },
    kernel: .dynamic { context in
      let (dtype, declared) = (
        try context.type("dtype"), try context.shape("element_shape_except0")
      )
      return { run in
        let values = try array(run.inputs[0], dtype, "read").readAll()
        guard let first = values.first else {
          guard let dims = declared.known else {
            throw TFError.unimplemented(
              """
              TensorArray has size zero, but element_shape_except0 \(declared) is not fully \
              defined. Currently only static shapes are supported when concatenating zero-size \
              TensorArrays.
              """
            )
          }
          return [try Tensor.zeros(dtype, Shape([0] + dims.dims)), try Tensor.zeros(.int64, [0])]
        }
        for (index, value) in values.enumerated() {
          try require(
            value.dims.rank >= 1,
            """
            Concat saw a scalar shape at index \(index) but requires at least vectors.  Did you \
            mean to call pack?
            """
          )
        }
        let rest = first.dims.dims.dropFirst()
        for (index, value) in values.enumerated() where value.dims.dims.dropFirst() != rest {
          throw TFError.invalidArgument(
            """
            TensorArray has inconsistent shapes.  Index 0 has (excepting dimension 0) shape: \
            \(Shape(rest)) but index \(index) has (excepting dimension 0) shape: \
            \(Shape(value.dims.dims.dropFirst()))
            """
          )
        }
        try require(
          declared.isCompatible(with: PartialShape(Shape(rest))),
          """
          TensorArray was passed element_shape_except0 \(declared) but index 0 has (excepting \
          dimension 0) shape: \(Shape(rest)) which does not match.
          """
        )
        let lengths = values.map { $0.dims[0] }
        return [
          try Stacking.joined(values, dtype, Shape([lengths.reduce(0, +)] + rest)),
          try Tensor(lengths, dims: [lengths.count]),
        ]
      }
    },
    gradient: .rule { context in
      let gradient = try context.gradient()
      let (array, flow) = try gradientArray(context, 1, source: gradient)
      return [nil, try family.split([array, gradient, context.outputs[1], flow])]
    })

  package let split: OpDef = OpDef(
    "TensorArraySplitV3",
    """
    handle: resource, value: T, lengths: int64, flow_in: float -> flow_out: float
    T: type
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      let array: TensorArrayObject = try run.inputs[0].resource()
      let value = run.inputs[1]
      try require(
        run.inputs[2].dims.rank == 1,
        "Expected lengths to be a vector, received shape: \(run.inputs[2].dims)")
      try require(
        value.dims.rank >= 1,
        "Expected value to be at least a vector, but received shape: \(value.dims)")
      let lengths = try run.inputs[2].integers()
      var total = 0
      for length in lengths {
        try require(length >= 0, "Invalid value in lengths: \(length)")
        total = total.addingReportingOverflow(length).overflow ? .max : total + length
      }
      try require(
        total == value.dims[0],
        """
        Expected sum of lengths to be equal to values.shape[0], but sum of lengths is \(total) and \
        value's shape is: \(value.dims)
        """
      )
      try array.split(Stacking.pieces(value, lengths))
      return [run.inputs[3]]
    },
    gradient: .rule { context in
      let flowGradient = try context.gradient()
      let (array, flow) = try gradientArray(context, nil, source: flowGradient)
      let value = try apply(
        family.concat, [array, flow], ["dtype": .type(context.inputs[1].dtype)])[0]
      return [nil, value, nil, flowGradient]
    })

  package let size: OpDef = OpDef(
    "TensorArraySizeV3",
    """
    handle: resource, flow_in: float -> size: int32
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      [try Tensor(scalar: Int32(try run.inputs[0].resource(TensorArrayObject.self).size()))]
    }, gradient: .zero,
    list: ListRole(.length, list: 1, handle: 0, isArray: true))

  package let close: OpDef = OpDef(
    "TensorArrayCloseV3",
    """
    handle: resource ->
    """, stateful: true, shape: { _ in [] },
    kernel: .run { run in
      try run.inputs[0].resource(TensorArrayObject.self).close()
      return []
    }, gradient: .zero)

  package let grad: OpDef = OpDef(
    "TensorArrayGradV3",
    """
    handle: resource, flow_in: float -> grad_handle: resource, flow_out: float
    source: string
    """, stateful: true,
    shape: { context in
      context.passHandle()
      return [handleShape, .scalar]
    },
    kernel: .dynamic { context in
      let source = try context.string("source")
      return { run in
        let array: TensorArrayObject = try run.inputs[0].resource()
        return [Tensor(resource: try array.gradient(source, prepending: [])), run.inputs[1]]
      }
    }, gradient: .zero)

  package let gradWithShape: OpDef = OpDef(
    "TensorArrayGradWithShape",
    """
    handle: resource, flow_in: float, shape_to_prepend: int32 -> grad_handle: resource, \
      flow_out: float
    source: string
    """, stateful: true,
    shape: { context in
      context.passHandle()
      return [handleShape, .scalar]
    },
    kernel: .dynamic { context in
      let source = try context.string("source")
      return { run in
        let array: TensorArrayObject = try run.inputs[0].resource()
        let prepended = try run.inputs[2].integers()
        try require(
          run.inputs[2].dims.rank == 1 && Shape(prepended).checkedElementCount != nil,
          "shape_to_prepend must be a vector of sizes")
        return [Tensor(resource: try array.gradient(source, prepending: prepended)), run.inputs[1]]
      }
    }, gradient: .zero)

  /// TensorFlow's handles have this shape for inference; the value is one handle.
  private static let handleShape: PartialShape = [2]

  private static func scalar(_ tensor: Tensor, _ name: String) throws -> Int {
    try require(
      tensor.dims.rank == 0, "TensorArray \(name) must be scalar, but had shape: \(tensor.dims)")
    return try tensor.integers()[0]
  }

  private static func array(_ handle: Tensor, _ dtype: DType, _ verb: String) throws
    -> TensorArrayObject
  {
    let array: TensorArrayObject = try handle.resource()
    try require(
      array.dtype == dtype,
      """
      TensorArray dtype is \(array.dtype.signatureName) but Op requested dtype \
      \(dtype.signatureName).
      """
    )
    return array
  }

  /// The array that gathers the gradients, and a flow that follows its making.
  ///
  /// - Parameters:
  ///   - flow: the input that is the flow; nil where the flow's gradient continues it.
  ///   - source: the gradient whose name says which call for gradients this belongs to.
  private static func gradientArray(
    _ context: GradientContext, _ flow: Int?, source: Tensor
  ) throws -> (Tensor, Tensor) {
    let outputs = try apply(
      family.grad, [context.inputs[0], flow.map { context.inputs[$0] } ?? source],
      ["source": .string(gradientSource(source))])
    return (outputs[0], outputs[1])
  }

  /// The scope of the call for gradients: up to its last part that begins with `gradients`, in the
  /// scope of the calls, or in the gradient's name.
  private static func gradientSource(_ gradient: Tensor) -> String {
    var names = [Environment.current.nameScope]
    if case .symbolic(let reference) = gradient.payload {
      names.append(String(reference.name.prefix { $0 != ":" }))
    }
    for name in names {
      let parts = name.split(separator: "/")
      if let last = parts.lastIndex(where: { $0.hasPrefix("gradients") }) {
        return parts[...last].joined(separator: "/")
      }
    }
    return "gradients"
  }
}
