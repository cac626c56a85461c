import CoreOps

/// The gradients of arithmetic with sparse tensors.
enum SparseGradients {
  /// Of the product of a sparse and a dense matrix.
  static func product(_ context: GradientContext) throws -> [Tensor?] {
    let (indices, values, shape, b) = (
      context.inputs[0], context.inputs[1], context.inputs[2], context.inputs[3]
    )
    let (adjointA, adjointB) = (try context.bool("adjoint_a"), try context.bool("adjoint_b"))
    let gradient = try context.gradient()
    var denseGradient = try apply(
      context.op, [indices, values, shape, gradient], ["adjoint_a": .bool(!adjointA)])[0]
    if adjointB { denseGradient = try adjoint(denseGradient) }
    // Element (i, j) gets the dot product of row i of the gradient and row j of the dense operand.
    let columns = try apply(JoinOps.family.unpack, [indices], ["num": .int(2), "axis": .int(1)])
    let (rows, inner) = adjointA ? (columns[1], columns[0]) : (columns[0], columns[1])
    let left = try SegmentOps.gather(gradient, rows)
    let right = try SegmentOps.gather(
      adjointB ? RearrangeOps.family.transpose([b, ShapeOps.vector([1, 0])]) : b, inner)
    let isComplex = gradient.dtype.isComplex
    let other = isComplex && !adjointB ? try ComplexOps.family.conj([right]) : right
    var valuesGradient = try ReductionOps.family.sum([left * other, 1.asTensor()])
    if isComplex && adjointA { valuesGradient = try ComplexOps.family.conj([valuesGradient]) }
    return [nil, valuesGradient, nil, denseGradient]
  }

  private static func adjoint(_ x: Tensor) throws -> Tensor {
    let ops = RearrangeOps.family
    return try (x.dtype.isComplex ? ops.conjugateTranspose : ops.transpose)(
      [x, ShapeOps.vector([1, 0])])
  }

  /// Of a product or quotient with a dense tensor that is broadcast.
  static func cwise(_ context: GradientContext, divides: Bool) throws -> [Tensor?] {
    let (indices, values, shape, dense) = (
      context.inputs[0], context.inputs[1], context.inputs[2], context.inputs[3]
    )
    let gradient = try context.gradient()
    // The coordinates in the dense tensor: those of its own axes, 0 along those of size 1.
    let sparseShape = shape
    let denseShape = try ShapeOps.shapeTensor(of: dense, .int64)
    let ones = try ShapeOps.family.fill([
      BinaryOps.family.subtract(
        ShapeOps.sizeTensor(of: sparseShape), ShapeOps.sizeTensor(of: denseShape)
      ).expandedOnce(),
      Tensor(scalar: 1),
    ])
    let augmented = try JoinOps.family.concatV2([ones, denseShape, 0.asTensor()])
    let scaling = try BinaryOps.family.floordiv(sparseShape, augmented)
    let scaled = try BinaryOps.family.floordiv(indices, scaling)
    let lead = try ShapeOps.sizeTensor(of: ones).expandedOnce()
    let begin = try JoinOps.family.concatV2([ShapeOps.vector([0]), lead, 0.asTensor()])
    let own = try SliceOps.family.slice([scaled, begin, ShapeOps.vector([-1, -1])])
    let others = try GatherOps.family.gatherNd([dense, own])
    if !divides {
      let toDense = try ScatterOps.family.scatterNd([own, gradient * conjugate(values), denseShape])
      return [nil, try gradient * conjugate(others), nil, toDense]
    }
    let slope = try BinaryOps.family.div(
      UnaryOps.family.negative(values), UnaryOps.family.square(others))
    let toDense = try ScatterOps.family.scatterNd([own, gradient * conjugate(slope), denseShape])
    return [nil, try BinaryOps.family.div(gradient, conjugate(others)), nil, toDense]
  }

  private static func conjugate(_ x: Tensor) throws -> Tensor {
    x.dtype.isComplex ? try ComplexOps.family.conj([x]) : x
  }

  /// Of a sum over axes: each element gets the gradient of where it went.
  static func sum(_ context: GradientContext) throws -> [Tensor?] {
    let (indices, shape, axes) = (context.inputs[0], context.inputs[2], context.inputs[3])
    let count = try ShapeOps.sizeTensor(of: shape)
    let flat = try ShapeOps.flat(axes)
    let wrapped = try BinaryOps.family.floormod(BinaryOps.family.add(flat, count), count)
    let ones = try ShapeOps.family.fill([ShapeOps.shapeTensor(of: flat, .int64), Tensor(scalar: 1)])
    let kept = try ScatterOps.family.tensorScatterUpdate([shape, wrapped.expandedLast(), ones])
    let gradient = try ShapeOps.family.reshape([context.gradient(), kept])
    let scaled = try BinaryOps.family.floordiv(indices, BinaryOps.family.floordiv(shape, kept))
    return [nil, try GatherOps.family.gatherNd([gradient, scaled]), nil, nil]
  }

  static func softmax(_ context: GradientContext) throws -> [Tensor?] {
    let (indices, shape) = (context.inputs[0], context.inputs[2])
    let y = context.outputs[0]
    let gradient = try context.gradient()
    let sums = try SparseReductionOps.family.sum(
      [indices, gradient * y, shape, ShapeOps.vector([-1])], ["keep_dims": .bool(true)])
    let rest = try SparseMathOps.family.denseAdd([
      indices, gradient, shape, UnaryOps.family.negative(sums),
    ])
    return [nil, try rest * y, nil]
  }
}

extension Tensor {
  /// A scalar as a vector of one element.
  fileprivate func expandedOnce() throws -> Tensor {
    try ShapeOps.family.reshape([self, ShapeOps.vector([1])])
  }
  /// A vector as a column.
  fileprivate func expandedLast() throws -> Tensor {
    try ShapeOps.family.reshape([self, ShapeOps.vector([-1, 1])])
  }
}
