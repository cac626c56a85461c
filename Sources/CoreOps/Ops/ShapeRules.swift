/// Shape rules that many ops share.
package enum ShapeRules {
  /// The output has the first input's shape.
  package static let same: ShapeRule = { [$0.shapes[0]] }

  /// The output is the first input: it has its shape, and the same is behind it.
  package static let passing: ShapeRule = { context in
    context.passHandle()
    return [context.shapes[0]]
  }

  /// The output is a scalar.
  package static let scalar: ShapeRule = { _ in [.scalar] }

  /// Nothing is known before the op runs.
  package static let unknown: ShapeRule = { context in
    [PartialShape](repeating: .unknown, count: try context.outputCount)
  }

  /// Two inputs broadcast against each other, as in NumPy.
  package static let broadcast: ShapeRule = { context in
    [try broadcast(context.shapes[0], context.shapes[1])]
  }

  package static func broadcast(_ x: PartialShape, _ y: PartialShape) throws -> PartialShape {
    guard let a = x.dims, let b = y.dims else { return .unknown }
    let rank = max(a.count, b.count)
    var dims: [Dimension?] = []
    for axis in 0..<rank {
      let i = axis - (rank - a.count)
      let j = axis - (rank - b.count)
      let p = i < 0 ? 1 : a[i]
      let q = j < 0 ? 1 : b[j]
      switch (p, q) {
      case (1, let other), (let other, 1): dims.append(other)
      case (nil, let other), (let other, nil): dims.append(other)
      case (let p, let q):
        guard p == q else {
          throw TFError.invalidArgument("Incompatible shapes: \(x) vs. \(y)")
        }
        dims.append(p)
      }
    }
    return PartialShape(dims)
  }

  /// The inputs and the output have one shape.
  package static let alike: ShapeRule = { context in
    let (x, y) = (context.shapes[0], context.shapes[1])
    guard x.isCompatible(with: y) else {
      throw TFError.invalidArgument(
        """
        Inputs to operation \(context.op.name) of type \(context.op.name) must have the same size \
        and shape.  Input 0: \(x) != input 1: \(y)
        """
      )
    }
    return [try x.merged(with: y)]
  }

  /// The axis, counted from the end when negative.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it is not in `-rank..<rank`.
  package static func axis(_ axis: Int, rank: Int) throws -> Int {
    guard axis >= -rank, axis < rank else {
      throw TFError.invalidArgument(
        rank == 0
          ? "axis \(axis) is out of range: the tensor is a scalar, which has no dimensions"
          : "axis \(axis) is not in the range [-\(rank), \(rank))")
    }
    return axis < 0 ? axis + rank : axis
  }
}
