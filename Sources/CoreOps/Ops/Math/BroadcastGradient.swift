/// The gradients for two inputs before they are summed to the inputs' shapes.
package typealias BroadcastGradient =
  @Sendable (_ gradient: Tensor, _ x: Tensor, _ y: Tensor, _ z: Tensor) throws -> (Tensor?, Tensor?)

extension Gradient {
  /// The rule of an op whose two inputs broadcast.
  package static func broadcast(
    needs: GradientNeeds = .all, _ gradient: @escaping BroadcastGradient
  ) -> Gradient {
    .rule(needs: needs) { context in
      let (x, y) = (context.inputs[0], context.inputs[1])
      let (dx, dy) = try gradient(context.gradient(), x, y, context.outputs[0])
      return [
        try context.wants(0) ? dx.map { try reduceToShape($0, of: x, other: y) } : nil,
        try context.wants(1) ? dy.map { try reduceToShape($0, of: y, other: x) } : nil,
      ]
    }
  }
}

/// Sums a gradient over the dimensions along which `x` was broadcast against `other`.
package func reduceToShape(_ gradient: Tensor, of x: Tensor, other: Tensor) throws -> Tensor {
  if let from = x.knownShape, let against = other.knownShape {
    if from == against { return gradient }
    let output = try ShapeRules.broadcast(PartialShape(from), PartialShape(against)).known ?? from
    if output == from { return gradient }
    let axes = BroadcastAxes(from, against).first
    let sum = try ReductionOps.family.sum([gradient, ShapeOps.vector(axes)])
    return from.rank == output.rank - axes.count
      ? sum : try ShapeOps.family.reshape([sum, ShapeOps.vector(from.dims)])
  }
  let shape = try ShapeOps.shapeTensor(of: x)
  let axes = try apply(
    BinaryOps.family.broadcastGradientArgs, [shape, ShapeOps.shapeTensor(of: other)])
  return try ShapeOps.family.reshape([ReductionOps.family.sum([gradient, axes[0]]), shape])
}

/// The axes of the common shape along which each of two shapes is repeated, or is as large as the
/// other but of size 1.
package struct BroadcastAxes {
  package var first: [Int] = []
  package var second: [Int] = []

  /// The shapes must broadcast.
  package init(_ x: Shape, _ y: Shape) {
    if x == y { return }
    let rank = max(x.rank, y.rank)
    for axis in 0..<rank {
      let i = axis - (rank - x.rank)
      let j = axis - (rank - y.rank)
      let p = i < 0 ? 1 : x[i]
      let q = j < 0 ? 1 : y[j]
      // Summing along an axis of size 1 changes nothing but is what TensorFlow lists.
      if p == 1 { first.append(axis) }
      if q == 1 { second.append(axis) }
    }
  }
}

/// For each element of `output`, in row-major order, the element of a tensor of shape `shape` that
/// is repeated there.
///
/// - Throws: `RESOURCE_EXHAUSTED`; what ends the run.
package func broadcastIndices(_ shape: Shape, to output: Shape) throws -> [Int] {
  let count = output.elementCount
  if count == 0 { return [] }
  // What the last axis but one gave is there beside the result.
  try MemoryLimit.room(for: count * 2 * MemoryLayout<Int>.stride)
  let offset = output.rank - shape.rank
  let strides = shape.strides
  var indices = [0]
  var pace = Pace()
  for axis in 0..<output.rank {
    let (own, size) = (axis - offset, output[axis])
    let step = own < 0 || shape[own] == 1 ? 0 : strides[own]
    var next: [Int] = []
    next.reserveCapacity(indices.count * size)
    for base in indices {
      try pace.step(size)
      for place in 0..<size { next.append(base &+ place &* step) }
    }
    indices = next
  }
  return indices
}
