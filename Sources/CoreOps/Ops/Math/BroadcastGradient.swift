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
      let reduction = try BroadcastReduction(x, y)
      return [
        try context.wants(0) ? dx.map { try reduction.first($0) } : nil,
        try context.wants(1) ? dy.map { try reduction.second($0) } : nil,
      ]
    }
  }
}

/// Runs `body`; in a graph, what it adds waits for `gradient`, so that it is not computed long
/// before it is used, as TensorFlow's rules have it.
package func after(_ gradient: Tensor, _ body: () throws -> Tensor) throws -> Tensor {
  gradient.isSymbolic ? try Environment.current.waiting(for: [gradient]).run(body) : try body()
}

/// Sums a gradient over the dimensions along which `x` was broadcast against `other`.
package func reduceToShape(_ gradient: Tensor, of x: Tensor, other: Tensor) throws -> Tensor {
  try BroadcastReduction(x, other).first(gradient)
}

/// How gradients of two tensors that were broadcast against each other become gradients of each:
/// the sums over axes of size 1 that were repeated. Follows TensorFlow's
/// `SmartBroadcastGradientArgs`.
package struct BroadcastReduction {
  private struct Side {
    let shape: Tensor
    /// The axes as a constant, or as what the run finds.
    let axes: Tensor
  }
  /// nil where nothing was repeated.
  private var x: Side?
  private var y: Side?

  package init(_ x: Tensor, _ y: Tensor) throws {
    if let own = x.knownShape, own == y.knownShape { return }
    let shapes = try Self.shapes(x, y)
    guard let axes = Self.axes(x.shape, y.shape) else {
      let found = try apply(BinaryOps.family.broadcastGradientArgs, [shapes.0, shapes.1])
      self.x = Side(shape: shapes.0, axes: found[0])
      self.y = Side(shape: shapes.1, axes: found[1])
      return
    }
    let (a, b) = (x.rank ?? 0, y.rank ?? 0)
    if !axes.x.isEmpty || a < b {
      self.x = Side(shape: shapes.0, axes: try ShapeOps.vector(axes.x))
    }
    if !axes.y.isEmpty || b < a {
      self.y = Side(shape: shapes.1, axes: try ShapeOps.vector(axes.y))
    }
  }

  private static func shapes(_ x: Tensor, _ y: Tensor) throws -> (Tensor, Tensor) {
    (
      try ShapeOps.shapeTensor(of: x).asConstant(named: "Shape"),
      try ShapeOps.shapeTensor(of: y).asConstant(named: "Shape")
    )
  }

  /// The axes that were repeated; nil where only a run knows.
  private static func axes(_ x: PartialShape, _ y: PartialShape) -> (x: [Int], y: [Int])? {
    guard let a = x.dims, let b = y.dims else { return nil }
    let rank = max(a.count, b.count)
    var axes: (x: [Int], y: [Int]) = ([], [])
    for axis in 0..<rank {
      let (i, j) = (axis - (rank - a.count), axis - (rank - b.count))
      let (p, q) = (i < 0 ? 1 : size(a[i]), j < 0 ? 1 : size(b[j]))
      if p == 1, q != 1 {
        axes.x.append(axis)
      } else if q == 1, p != 1 {
        axes.y.append(axis)
      } else if p == nil || q == nil {
        return nil
      }
    }
    return axes
  }

  private static func size(_ dimension: Dimension?) -> Int? {
    dimension?.value
  }

  package func first(_ gradient: Tensor) throws -> Tensor { try Self.reduced(gradient, x) }
  package func second(_ gradient: Tensor) throws -> Tensor { try Self.reduced(gradient, y) }

  private static func reduced(_ gradient: Tensor, _ side: Side?) throws -> Tensor {
    guard let side else { return gradient }
    let sum = try ReductionOps.family.sum([gradient, side.axes], ["keep_dims": .bool(true)])
    return try ShapeOps.family.reshape([sum, side.shape])
  }
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
