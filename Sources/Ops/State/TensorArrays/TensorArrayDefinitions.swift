import CoreOps

/// The ops of each version; what they do is the same.
extension ArrayForm {
  private var arrayAttributes: String {
    switch self {
    case .v1:
      """
      dtype: type
      dynamic_size: bool = false
      clear_after_read: bool = true
      tensor_array_name: string = ''
      element_shape: shape = {'unknown_rank'}
      """
    case .v2:
      """
      dtype: type
      element_shape: shape = {'unknown_rank'}
      dynamic_size: bool = false
      clear_after_read: bool = true
      tensor_array_name: string = ''
      """
    case .v3:
      """
      dtype: type
      element_shape: shape = {'unknown_rank'}
      dynamic_size: bool = false
      clear_after_read: bool = true
      identical_element_shapes: bool = false
      tensor_array_name: string = ''
      """
    }
  }

  func create() -> OpDef {
    OpDef(
      "TensorArray\(suffix)",
      """
      size: int32 -> handle: \(type)\(self == .v3 ? ", flow: float" : "")
      \(arrayAttributes)
      """, stateful: true,
      shape: { context in
        _ = try context.shape(0, rank: 0, "size")
        let element = try context.shape("element_shape")
        if self == .v3,
          try element.isFullyDefined || context.bool("identical_element_shapes")
        {
          context.setHandle(0, HandleData(try context.type("dtype"), element))
        }
        return self == .v3 ? [handleShape, .scalar] : [handleShape]
      },
      kernel: .dynamic { context in
        let (dtype, shape) = (try context.type("dtype"), try context.shape("element_shape"))
        let (dynamic, clear) = (
          try context.bool("dynamic_size"), try context.bool("clear_after_read")
        )
        let identical = try self == .v3 && context.bool("identical_element_shapes")
        let name = try context.string("tensor_array_name")
        return { run in
          let array = try TensorArrayObject(
            name: name.isEmpty ? run.node : name, dtype: dtype,
            size: Self.scalar(run.inputs[0], "size"),
            elementShape: shape, isResizable: dynamic, clearAfterRead: clear,
            identicalShapes: identical)
          let handle = try handle(array)
          return self == .v3 ? [handle, try Tensor(scalar: Float(0))] : [handle]
        }
      }, gradient: .zero,
      list: self == .v3 ? ListRole(.create, index: 0, isArray: true) : nil)
  }

  func read() -> OpDef {
    OpDef(
      "TensorArrayRead\(suffix)",
      """
      handle: \(type), index: int32, flow_in: float -> value: dtype
      dtype: type
      """, stateful: isStateful, shape: { [$0.handle(0)?.parts.first?.shape ?? .unknown] },
      kernel: .dynamic { context in
        let dtype = try context.type("dtype")
        return { run in
          let array = try Self.array(run.inputs[0], dtype)
          return [try array.read([Self.scalar(run.inputs[1], "index")])[0]]
        }
      },
      gradient: .rule { context in
        let gradient = try context.gradient()
        let (array, flow) = try gradientArray(context, 2, source: gradient)
        return [nil, nil, try ops.write([array, context.inputs[1], gradient, flow])]
      },
      list: self == .v3 ? ListRole(.read, list: 2, handle: 0, index: 1, isArray: true) : nil)
  }

  func write() -> OpDef {
    OpDef(
      "TensorArrayWrite\(suffix)",
      """
      handle: \(type), index: int32, value: T, flow_in: float -> flow_out: float
      T: type
      """, stateful: isStateful,
      shape: { context in
        _ = try context.shape(1, rank: 0, "index")
        if let element = context.handle(0)?.parts.first {
          _ = try element.shape.merged(with: context.shapes[2])
        }
        return [.scalar]
      },
      kernel: .run { run in
        let array = try Self.array(run.inputs[0])
        try array.write(Self.scalar(run.inputs[1], "index"), run.inputs[2])
        return [run.inputs[3]]
      },
      gradient: .rule { context in
        let flowGradient = try context.gradient()
        let (array, flow) = try gradientArray(context, nil, source: flowGradient)
        let value = try ops.read(
          [array, context.inputs[1], flow], ["dtype": .type(context.inputs[2].dtype)])
        return [nil, nil, value, flowGradient]
      },
      list: self == .v3
        ? ListRole(.write, list: 3, handle: 0, index: 1, value: 2, isArray: true) : nil)
  }

  func gather() -> OpDef {
    OpDef(
      "TensorArrayGather\(suffix)",
      """
      handle: \(type), indices: int32, flow_in: float -> value: dtype
      dtype: type
      element_shape: shape = {'unknown_rank'}
      """, stateful: isStateful,
      shape: { context in
        let indices = try context.shape(1, rank: 1, "indices")
        let element = try context.handle(0)?.parts.first?.shape ?? context.shape("element_shape")
        return [indices.concatenated(with: element)]
      },
      kernel: .dynamic { context in
        let (dtype, declared) = (try context.type("dtype"), try context.shape("element_shape"))
        return { run in
          let array = try Self.array(run.inputs[0], dtype)
          try require(
            run.inputs[1].dims.rank == 1,
            "Expected indices to be a vector, but received shape: \(run.inputs[1].dims)")
          let values = try array.read(run.inputs[1].integers())
          return [try ArrayForm.stacked(values, dtype, declared)]
        }
      },
      gradient: .rule { context in
        let gradient = try context.gradient()
        let (array, flow) = try gradientArray(context, 2, source: gradient)
        return [nil, nil, try ops.scatter([array, context.inputs[1], gradient, flow])]
      },
      list: self == .v3 ? ListRole(.stack, list: 2, handle: 0, index: 1, isArray: true) : nil)
  }

  func scatter() -> OpDef {
    OpDef(
      "TensorArrayScatter\(suffix)",
      """
      handle: \(type), indices: int32, value: T, flow_in: float -> flow_out: float
      T: type
      """, stateful: isStateful,
      shape: { context in
        let indices = try context.shape(1, rank: 1, "indices")
        if let count = indices[0], let rows = context.shapes[2][0], count != rows {
          throw TFError.invalidArgument("Dimensions must be equal, but are \(rows) and \(count)")
        }
        return [.scalar]
      },
      kernel: .run { run in
        let array = try Self.array(run.inputs[0])
        let (indices, value) = (run.inputs[1], run.inputs[2])
        try require(
          indices.dims.rank == 1,
          "Expected indices to be a vector, but received shape: \(indices.dims)")
        try require(
          value.dims.rank >= 1,
          "Input value for unpack must be at least a vector but received shape: \(value.dims)")
        try require(
          indices.dims[0] == value.dims[0],
          """
          Expected len(indices) == values.shape[0], but saw: \(indices.dims[0]) vs. \
          \(value.dims[0])
          """
        )
        try array.write(indices.integers(), Stacking.rows(value))
        return [run.inputs[3]]
      },
      gradient: .rule { context in
        let flowGradient = try context.gradient()
        let (array, flow) = try gradientArray(context, nil, source: flowGradient)
        let value = try ops.gather(
          [array, context.inputs[1], flow], ["dtype": .type(context.inputs[2].dtype)])
        return [nil, nil, value, flowGradient]
      },
      list: self == .v3
        ? ListRole(.fill, list: 3, handle: 0, index: 1, value: 2, isArray: true) : nil)
  }

  func concat() -> OpDef {
    OpDef(
      "TensorArrayConcat\(suffix)",
      """
      handle: \(type), flow_in: float -> value: dtype, lengths: int64
      dtype: type
      element_shape_except0: shape = {'unknown_rank'}
      """, stateful: isStateful,
      shape: { _ in [.unknown, [nil]] },
      kernel: .dynamic { context in
        let (dtype, declared) = (
          try context.type("dtype"), try context.shape("element_shape_except0")
        )
        return { run in
          let values = try Self.array(run.inputs[0], dtype).readAll()
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
        return [nil, try ops.split([array, gradient, context.outputs[1], flow])]
      })
  }

  func split() -> OpDef {
    OpDef(
      "TensorArraySplit\(suffix)",
      """
      handle: \(type), value: T, lengths: int64, flow_in: float -> flow_out: float
      T: type
      """, stateful: isStateful, shape: ShapeRules.scalar,
      kernel: .run { run in
        let array = try Self.array(run.inputs[0])
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
          Expected sum of lengths to be equal to values.shape[0], but sum of lengths is \(total) \
          and value's shape is: \(value.dims)
          """
        )
        try array.split(Stacking.pieces(value, lengths))
        return [run.inputs[3]]
      },
      gradient: .rule { context in
        let flowGradient = try context.gradient()
        let (array, flow) = try gradientArray(context, nil, source: flowGradient)
        let value = try apply(
          ops.concat, [array, flow], ["dtype": .type(context.inputs[1].dtype)])[0]
        return [nil, value, nil, flowGradient]
      })
  }

  func size() -> OpDef {
    OpDef(
      "TensorArraySize\(suffix)",
      """
      handle: \(type), flow_in: float -> size: int32
      """, stateful: isStateful, shape: ShapeRules.scalar,
      kernel: .run { run in
        [try Tensor(scalar: Int32(try Self.array(run.inputs[0]).size()))]
      }, gradient: .zero,
      list: self == .v3 ? ListRole(.length, list: 1, handle: 0, isArray: true) : nil)
  }

  func close() -> OpDef {
    OpDef(
      "TensorArrayClose\(suffix)",
      """
      handle: \(type) ->
      """, stateful: isStateful, shape: { _ in [] },
      kernel: .run { run in
        try Self.array(run.inputs[0]).close()
        return []
      }, gradient: .zero)
  }

  func grad() -> OpDef {
    OpDef(
      "TensorArrayGrad\(suffix)",
      """
      handle: \(self == .v1 ? "string" : type), flow_in: float -> grad_handle: \(type)\
      \(self == .v3 ? ", flow_out: float" : "")
      source: string
      """, stateful: true,
      shape: { context in
        guard self == .v3 else { return [handleShape] }
        context.passHandle()
        return [handleShape, .scalar]
      },
      kernel: .dynamic { context in
        let source = try context.string("source")
        return { run in
          let array = try Self.array(run.inputs[0])
          let gradient = try array.gradient(source, prepending: [])
          let handle = try handle(gradient)
          return self == .v3 ? [handle, run.inputs[1]] : [handle]
        }
      }, gradient: .zero)
  }
}
