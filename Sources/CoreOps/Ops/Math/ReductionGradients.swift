/// The gradients of reductions, for shapes that may be known only when the graph runs.
enum ReductionGradients {
  static func sum(_ context: GradientContext) throws -> Tensor {
    try broadcast(try keepingDims(context.gradient(), context), like: context.inputs[0])
  }

  static func mean(_ context: GradientContext) throws -> Tensor {
    let (x, y) = (context.inputs[0], context.outputs[0])
    let gradient = try sum(context)
    if let inputs = x.elementCount, let outputs = y.elementCount {
      let count = Double(inputs) / Double(Swift.max(outputs, 1))
      return try gradient / count
    }
    let count = try cast(size(x), .float64) / cast(size(y), .float64)
    return try gradient / cast(count, x.dtype)
  }

  /// The extremes share the gradient evenly.
  static func extreme(_ context: GradientContext) throws -> Tensor {
    let (x, axes) = (context.inputs[0], context.inputs[1])
    let y = try keepingDims(context.outputs[0], context)
    let gradient = try keepingDims(context.gradient(), context)
    let chosen = try cast(call("Equal", [y, x]), x.dtype)
    let count = try ReductionOps.family.sum([chosen, axes], ["keep_dims": .bool(true)])
    return try chosen / count * gradient
  }

  static func norm(_ context: GradientContext) throws -> Tensor {
    let y = try keepingDims(context.outputs[0], context)
    return try context.inputs[0] / (y / keepingDims(context.gradient(), context))
  }

  /// Each element's is the product of the others, which is right for zeros too.
  static func product(_ context: GradientContext) throws -> Tensor {
    let (x, axes) = (context.inputs[0], context.inputs[1])
    let gradient = try keepingDims(context.gradient(), context)
    if context.outputs[0].shape.rank == 0 {
      let flat = try reshape(x, [-1].asTensor())
      let others = try productOfOthers(flat, axis: 0.asTensor())
      return try gradient * conjugate(reshape(others, shape(x)))
    }
    guard let count = axes.elementCount else {
      throw TFError.unimplemented(
        "the gradient of Prod needs to know how many axes \(axes.shape) there are")
    }
    // Axis by axis: the product of the others along it, times the products of the other lines.
    var others: Tensor?
    var lines = x
    for index in 0..<count {
      let axis =
        axes.rank == 0 ? axes : try reshape(element(index, of: axes), Tensor([Int32](), shape: [0]))
      let along = try productOfOthers(lines, axis: axis)
      others = try others.map { try $0 * along } ?? along
      if index + 1 < count {
        lines = try ReductionOps.family.prod([lines, axis], ["keep_dims": .bool(true)])
      }
    }
    return try gradient * conjugate(others ?? broadcast(1.0.asTensor(preferring: x.dtype), like: x))
  }

  private static func productOfOthers(_ x: Tensor, axis: Tensor) throws -> Tensor {
    let before = try ScanOps.family.cumprod([x, axis], ["exclusive": .bool(true)])
    let after = try ScanOps.family.cumprod(
      [x, axis], ["exclusive": .bool(true), "reverse": .bool(true)])
    return try before * after
  }

  /// A tensor of the reduction's output shape with the reduced dimensions as ones.
  static func keepingDims(_ tensor: Tensor, _ context: GradientContext) throws -> Tensor {
    if try context.bool("keep_dims") || context.outputs[0].shape.rank == 0 { return tensor }
    let (x, axes) = (context.inputs[0], context.inputs[1])
    if !axes.isSymbolic, let dims = x.shape.dims {
      let marks = try ReductionOps.marks(axes.integers(), rank: dims.count)
      let kept = zip(dims, marks).map { $1 ? 1 : $0 }
      if kept.filter({ $0 == nil }).count <= 1, !kept.contains(0) {
        return try reshape(tensor, kept.map { $0 ?? -1 }.asTensor(preferring: .int32))
      }
    }
    return try reshape(tensor, keptShape(x, axes))
  }

  /// The shape of `x` with ones at `axes`, computed in the graph.
  private static func keptShape(_ x: Tensor, _ axes: Tensor) throws -> Tensor {
    let type = axes.dtype
    let shape = try call("Shape", [x], ["out_type": .type(type)])
    let rank = try call("Size", [shape], ["out_type": .type(type)])
    // Axes are -rank..<rank: moved to 0..<2·rank they count in a table of two rows, whose sum marks
    // the reduced ones.
    let flat = try reshape(axes, [-1].asTensor())
    let ones = try call("OnesLike", [flat])
    let table = try SegmentOps.family.unsortedSum([ones, flat + rank, rank + rank])
    let rows = try reshape(table, [2, -1].asTensor(preferring: .int32))
    let marks = try ReductionOps.family.sum([rows, 0.asTensor()])
    return try shape * (1 - marks) + marks
  }

  static func broadcast(_ tensor: Tensor, like x: Tensor) throws -> Tensor {
    try call("BroadcastTo", [tensor, shape(x)])
  }

  /// The shape as an int32 vector.
  static func shape(_ x: Tensor) throws -> Tensor {
    if let dims = x.shape.known {
      return try Tensor(dims.dims.map { Int32(clamping: $0) }, shape: [dims.rank])
    }
    return try call("Shape", [x])
  }

  /// The shape as an int64 vector.
  static func shape64(_ x: Tensor) throws -> Tensor {
    if let dims = x.shape.known { return try Tensor(dims.dims, shape: [dims.rank]) }
    return try call("Shape", [x], ["out_type": .type(.int64)])
  }

  /// The size of the first dimension, as an int32 scalar.
  static func firstDim(_ x: Tensor) throws -> Tensor {
    if let rank = x.rank, rank > 0, let first = x.shape[0] { return try first.asTensor() }
    let first = try call("Slice", [call("Shape", [x]), [0].asTensor(), [1].asTensor()])
    return try reshape(first, Tensor([Int32](), shape: [0]))
  }

  /// The position of the last element of a vector, as a vector of one int32.
  static func lastPosition(_ vector: Tensor) throws -> Tensor {
    try reshape(call("Size", [vector]) - 1, [1].asTensor())
  }

  /// The size of the last dimension, as a vector of one int32.
  static func lastDim(_ x: Tensor) throws -> Tensor {
    if let rank = x.rank, let last = x.shape[rank - 1] { return try [last].asTensor() }
    let shape = try call("Shape", [x])
    return try call("Slice", [shape, lastPosition(shape), [1].asTensor()])
  }

  private static func size(_ x: Tensor) throws -> Tensor {
    try call("Size", [x], ["out_type": .type(.int64)])
  }

  static func cast(_ x: Tensor, _ dtype: DType) throws -> Tensor {
    x.dtype == dtype ? x : try call("Cast", [x], ["DstT": .type(dtype)])
  }

  static func reshape(_ x: Tensor, _ shape: Tensor) throws -> Tensor {
    try call("Reshape", [x, shape])
  }

  private static func element(_ index: Int, of vector: Tensor) throws -> Tensor {
    try call("Slice", [vector, [index].asTensor(), [1].asTensor()])
  }

  /// The registered op of that name.
  static func definition(_ name: String) throws -> OpDef {
    guard let op = OpRegistry.standard[name] else {
      throw TFError.notFound("Op type not registered '\(name)'")
    }
    return op
  }

  /// The first output of the op of that name.
  static func call(_ name: String, _ inputs: [Tensor], _ attrs: Attrs = [:]) throws -> Tensor {
    try applyOp(name, inputs, attrs)[0]
  }
}

extension Tensor {
  /// The lowest finite number of a floating dtype.
  static func lowest(_ dtype: DType) throws -> Tensor {
    switch dtype {
    case .half: try Tensor(scalar: -Float16.greatestFiniteMagnitude)
    case .bfloat16: try Tensor(scalar: BFloat16(bitPattern: 0xff7f))
    case .float64: try Tensor(scalar: -Double.greatestFiniteMagnitude)
    default: try Tensor(scalar: -Float.greatestFiniteMagnitude)
    }
  }
}
