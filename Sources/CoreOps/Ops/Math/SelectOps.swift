import CKernels

/// Choices between elements, and sums of many tensors.
package struct SelectOps: OpFamily {
  package static let family: Self = define(Self())

  /// Chooses by a condition that has the others' shape, is a scalar, or has one element per row.
  package let selectV1: OpDef = .init(
    "Select",
    """
    condition: bool, t: T, e: T -> output: T
    T: type
    """,
    shape: { context in
      let output: PartialShape
      do {
        output = try context.shapes[1].merged(with: context.shapes[2])
      } catch {
        throw TFError.invalidArgument(
          """
          'then' and 'else' must have the same size.  but received: \(context.shapes[1]) vs. \
          \(context.shapes[2])
          """
        )
      }
      _ = try SelectOps.conditionShape(context.shapes[0], output)
      return [output]
    },
    kernel: SelectOps.kernel { condition, output in
      try SelectOps.conditionShape(PartialShape(condition), PartialShape(output)).known ?? condition
    },
    gradient: .rule(needs: .inputs(0)) { context in
      let gradient = try context.gradient()
      let (condition, zeros) = (context.inputs[0], try MathAPI.zerosLike(gradient))
      let select = SelectOps.family.selectV1
      return [
        nil, try select([condition, gradient, zeros]), try select([condition, zeros, gradient]),
      ]
    })

  /// The condition's shape as one that broadcasts to `output`: a vector goes along the first axis.
  private static func conditionShape(
    _ condition: PartialShape, _ output: PartialShape
  ) throws -> PartialShape {
    guard let dims = condition.dims, let target = output.dims else { return condition }
    if dims.isEmpty || condition.isCompatible(with: output) { return condition }
    guard dims.count == 1 else {
      throw TFError.invalidArgument(
        "Shapes must be equal: 'cond' has shape \(condition), 'then' has shape \(output)")
    }
    guard target.count > 1, dims[0] == nil || target[0] == nil || dims[0] == target[0] else {
      throw TFError.invalidArgument(
        "Number of batches of 'then' must match size of 'cond', but saw: \(output) vs. \(condition)"
      )
    }
    return PartialShape(dims + [Dimension?](repeating: 1, count: target.count - 1))
  }

  /// Chooses where all three broadcast.
  package let selectV2: OpDef = .init(
    "SelectV2",
    """
    condition: bool, t: T, e: T -> output: T
    T: type
    """,
    shape: { context in
      do {
        return [
          try ShapeRules.broadcast(
            ShapeRules.broadcast(context.shapes[1], context.shapes[2]), context.shapes[0])
        ]
      } catch {
        throw TFError.invalidArgument(
          """
          condition \(context.shapes[0]), then \(context.shapes[1]), and else \(context.shapes[2]) \
          must be broadcastable
          """
        )
      }
    },
    kernel: SelectOps.kernel { condition, _ in condition },
    gradient: .rule(needs: .init(inputs: [0, 1, 2], outputs: [0])) { context in
      let gradient = try context.gradient()
      let (condition, zeros) = (context.inputs[0], try MathAPI.zerosLike(gradient))
      let output = context.outputs[0]
      return [
        nil,
        try reduceToShape(
          SelectOps.where(condition, gradient, zeros), of: context.inputs[1], other: output),
        try reduceToShape(
          SelectOps.where(condition, zeros, gradient), of: context.inputs[2], other: output),
      ]
    })

  /// - Parameter condition: the shape with which the condition broadcasts to the output's.
  private static func kernel(
    condition: @escaping @Sendable (_ condition: Shape, _ output: Shape) throws -> Shape
  ) -> Kernel {
    .raw(["T": .all], objects: .move()) { context in
      let type = try context.type("T")
      guard let loop = jk_select(Int32(type.byteSize)) else {
        throw TFError.internal("\(context.op.name) has no loop for \(type)")
      }
      let elementwise = ElementwiseLoop(loop, inputs: [.bool, type, type], output: type)
      return { shapes in
        let output = shapes.outputs[0]
        let first = try condition(shapes.inputs[0], output)
        return try elementwise.specialised(
          [first, shapes.inputs[1], shapes.inputs[2]], output: output)
      }
    }
  }

  /// `t` where `condition`, `e` elsewhere; all broadcast.
  package static func `where`(
    _ condition: Tensor, _ t: Tensor, _ e: Tensor, name: String? = nil
  ) throws -> Tensor {
    try family.selectV2([condition, t, e], name: name)
  }

  package let clipByValueOp: OpDef = .init(
    "ClipByValue",
    """
    t: T, clip_value_min: T, clip_value_max: T -> output: T
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    """,
    shape: { context in
      let shape = context.shapes[0]
      for bound in context.shapes.dropFirst() {
        guard bound.rank == nil || bound.rank == 0 || bound.isCompatible(with: shape) else {
          throw TFError.invalidArgument(
            """
            clip_value_min and clip_value_max must be either of the same shape as input, or a \
            scalar. input shape: \(shape)clip_value_min shape: \(context.shapes[1])clip_value_max \
            shape: \(context.shapes[2])
            """
          )
        }
      }
      return [shape]
    },
    kernel: .elementwise(.numbers, jk_clip),
    gradient: .rule(needs: .inputs(0, 1, 2)) { context in
      let gradient = try context.gradient()
      let (x, low, high) = (context.inputs[0], context.inputs[1], context.inputs[2])
      let zeros = try BasicOps.zerosLike(gradient)
      let below = try ComparisonOps.family.less(x, low)
      let above = try ComparisonOps.family.greater(x, high)
      let outside = try ComparisonOps.family.logicalOr(below, above)
      return [
        try SelectOps.where(outside, zeros, gradient),
        try reduceToShape(SelectOps.where(below, gradient, zeros), of: low, other: x),
        try reduceToShape(SelectOps.where(above, gradient, zeros), of: high, other: x),
      ]
    })

  package let addNOp = OpDef(
    "AddN",
    """
    inputs: N * T -> sum: T
    N: int >= 1
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64, variant}
    """,
    shape: { context in
      var shape = context.shapes[0]
      for (index, other) in context.shapes.enumerated().dropFirst() {
        guard shape.isCompatible(with: other) else {
          throw TFError.invalidArgument(
            """
            Inputs to operation AddN of type AddN must have the same size and shape.  Input 0: \
            \(context.shapes[0]) != input \(index): \(other)
            """
          )
        }
        shape = try shape.merged(with: other)
      }
      return [shape]
    },
    kernel: .choose(["T": [.numbers, DTypeSet(.variant)]]) { context in
      guard try context.type("T") == .variant else { return SelectOps.sum }
      return .run { run in
        [try run.inputs.dropFirst().reduce(run.inputs[0]) { try Stacking.sum($0, $1) }]
      }
    },
    gradient: .rule(needs: .nothing) { context in
      let gradient = try context.gradient()
      return context.inputs.map { _ in gradient }
    })

  package let accumulateNV2 = OpDef(
    "AccumulateNV2",
    """
    inputs: N * T -> sum: T
    N: int >= 1
    T: {float, double, int32, uint8, int16, int8, complex64, int64, qint8, quint8, qint32, \
      bfloat16, qint16, quint16, uint16, complex128, half, uint32, uint64}
    shape: shape
    """,
    shape: { context in
      var shape = try context.shape("shape")
      for other in context.shapes { shape = try shape.merged(with: other) }
      return [shape]
    },
    kernel: SelectOps.sum,
    gradient: .rule(needs: .nothing) { context in
      let gradient = try context.gradient()
      return context.inputs.map { _ in gradient }
    })

  private static let sum = Kernel.raw(["T": [.numbers]]) { context in
    let type = try context.type("T")
    let inputs = Int32(context.inputTypes.count)
    if inputs == 1 { return { _ in .alias(of: 0) } }
    return { shapes in
      let count = Int64(shapes.outputs[0].elementCount)
      return .run(overwrites: 0) { pointers in
        jk_add_n(Int32(type.rawValue), inputs, count, Int64(type.byteSize), pointers)
      }
    }
  }
}

extension SharedAPI {
  /// `x` where `condition`, `y` elsewhere; all three broadcast. Follows `tf.where` with three
  /// arguments.
  ///
  /// - Throws: `INVALID_ARGUMENT` for shapes that do not broadcast or dtypes that differ.
  public static func `where`(
    _ condition: some TensorConvertible, _ x: some TensorConvertible, _ y: some TensorConvertible,
    name: String? = nil
  ) throws -> Tensor {
    let dtype = x.definiteDType ?? y.definiteDType
    return try SelectOps.where(
      condition.asTensor(), x.asTensor(preferring: dtype), y.asTensor(preferring: dtype),
      name: name)
  }

  /// `t` held between two bounds, each a scalar or of `t`'s shape. Follows `tf.clip_by_value`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for shapes or dtypes that do not fit.
  public static func clipByValue(
    _ t: some TensorConvertible, _ clipValueMin: some TensorConvertible,
    _ clipValueMax: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    let t = try t.asTensor()
    return try inScope(name, "clip_by_value") { scope in
      try BinaryOps.family.maximum(
        BinaryOps.family.minimum(t, clipValueMax), clipValueMin, name: scope)
    }
  }

  /// The same with its arguments by label.
  public static func clipByValue(
    _ t: some TensorConvertible, clipValueMin: some TensorConvertible,
    clipValueMax: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try clipByValue(t, clipValueMin, clipValueMax, name: name)
  }

  /// The same with its arguments by label.
  public static func clipByValue(
    t: some TensorConvertible, clipValueMin: some TensorConvertible,
    clipValueMax: some TensorConvertible, name: String? = nil
  ) throws -> Tensor {
    try clipByValue(t, clipValueMin, clipValueMax, name: name)
  }

  /// The sum of tensors of one shape and dtype. Follows `tf.math.add_n`.
  ///
  /// - Throws: `INVALID_ARGUMENT` for an empty list, or shapes or dtypes that differ.
  public static func addN(_ inputs: [Tensor], name: String? = nil) throws -> Tensor {
    guard let first = inputs.first else {
      throw TFError.invalidArgument(
        "inputs must be a list of at least one Tensor with the same dtype and shape")
    }
    if inputs.count == 1, name == nil { return first }
    return try SelectOps.family.addNOp(inputs, name: name)
  }

  /// The sum of tensors of one shape and dtype. Follows `tf.math.accumulate_n`.
  public static func accumulateN(_ inputs: [Tensor], name: String? = nil) throws -> Tensor {
    try addN(inputs, name: name)
  }
}
