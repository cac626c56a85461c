/// The gradients of reductions, for shapes that may be known only when the graph runs.
package enum ReductionGradients {
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
    let count =
      try CastOps.cast(ShapeOps.sizeTensor(of: x, .int64), .float64)
      / CastOps.cast(ShapeOps.sizeTensor(of: y, .int64), .float64)
    return try gradient / CastOps.cast(count, x.dtype)
  }

  /// The extremes share the gradient evenly.
  static func extreme(_ context: GradientContext) throws -> Tensor {
    let (x, axes) = (context.inputs[0], context.inputs[1])
    let y = try keepingDims(context.outputs[0], context)
    let gradient = try keepingDims(context.gradient(), context)
    let chosen = try CastOps.cast(ComparisonOps.family.equal(y, x), x.dtype)
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
      let flat = try ShapeOps.flat(x)
      let others = try productOfOthers(flat, axis: 0.asTensor())
      return try gradient
        * conjugate(ShapeOps.family.reshape([others, ShapeOps.shapeTensor(of: x)]))
    }
    guard let count = axes.elementCount else {
      throw TFError.unimplemented(
        "the gradient of Prod needs to know how many axes \(axes.shape) there are")
    }
    // One axis after the other: the product of the other elements along it, multiplied by the
    // products of the other lines.
    var others: Tensor?
    var lines = x
    for index in 0..<count {
      let axis =
        axes.rank == 0
        ? axes
        : try ShapeOps.family.reshape([
          ShapeOps.part(axes, from: index, to: index + 1), ShapeOps.vector([]),
        ])
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
    if try context.outputs[0].rank == 0 || context.bool("keep_dims") { return tensor }
    let (x, axes) = (context.inputs[0], context.inputs[1])
    if !axes.isSymbolic, let dims = x.shape.dims {
      let marks = try ReductionOps.marks(axes.integers(), rank: dims.count)
      let kept = zip(dims, marks).map { $1 ? 1 : $0 }
      if kept.filter({ $0 == nil }).count <= 1, !kept.contains(0) {
        return try ShapeOps.family.reshape([
          tensor, kept.map { $0?.value ?? -1 }.asTensor(preferring: .int32),
        ])
      }
    }
    return try ShapeOps.family.reshape([tensor, keptShape(x, axes)])
  }

  /// The shape of `x` with ones at `axes`, computed in the graph.
  private static func keptShape(_ x: Tensor, _ axes: Tensor) throws -> Tensor {
    let type = axes.dtype
    let shape = try ShapeOps.shapeTensor(of: x, type)
    let rank = try ShapeOps.sizeTensor(of: shape, type)
    // Axes lie in -rank..<rank. Moved to 0..<2·rank they are counted in a table of two rows, whose
    // sum marks the reduced dimensions.
    let flat = try ShapeOps.flat(axes)
    let ones = try BasicOps.family.onesLike([flat])
    let table = try SegmentOps.family.unsortedSum([ones, flat + rank, rank + rank])
    let rows = try ShapeOps.family.reshape([table, [2, -1].asTensor(preferring: .int32)])
    let marks = try ReductionOps.family.sum([rows, 0.asTensor()])
    return try shape * (1 - marks) + marks
  }

  package static func broadcast(_ tensor: Tensor, like x: Tensor) throws -> Tensor {
    try ShapeOps.family.broadcastTo([tensor, ShapeOps.shapeTensor(of: x)])
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
