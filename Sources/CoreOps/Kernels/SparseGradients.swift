/// The gradients of arithmetic with sparse tensors.
enum SparseGradients {
  private static func call(_ name: String, _ inputs: [Tensor], _ attrs: Attrs = [:]) throws
    -> Tensor
  {
    try ReductionGradients.call(name, inputs, attrs)
  }

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
    let columns = try call("Unpack", [indices], ["num": .int(2), "axis": .int(1)], 2)
    let (rows, inner) = adjointA ? (columns[1], columns[0]) : (columns[0], columns[1])
    let left = try SegmentOps.gather(gradient, rows)
    let right = try SegmentOps.gather(
      adjointB ? call("Transpose", [b, ShapeOps.vector([1, 0])]) : b, inner)
    let isComplex = gradient.dtype.isComplex
    let other = isComplex && !adjointB ? try call("Conj", [right]) : right
    var valuesGradient = try ReductionOps.family.sum([left * other, 1.asTensor()])
    if isComplex && adjointA { valuesGradient = try call("Conj", [valuesGradient]) }
    return [nil, valuesGradient, nil, denseGradient]
  }

  private static func call(_ name: String, _ inputs: [Tensor], _ attrs: Attrs, _ count: Int) throws
    -> [Tensor]
  {
    try applyOp(name, inputs, attrs)
  }

  private static func adjoint(_ x: Tensor) throws -> Tensor {
    try call(x.dtype.isComplex ? "ConjugateTranspose" : "Transpose", [x, ShapeOps.vector([1, 0])])
  }

  /// Of a product or quotient with a dense tensor that is broadcast.
  static func cwise(_ context: GradientContext, divides: Bool) throws -> [Tensor?] {
    let (indices, values, shape, dense) = (
      context.inputs[0], context.inputs[1], context.inputs[2], context.inputs[3]
    )
    let gradient = try context.gradient()
    // The coordinates in the dense tensor: those of its own axes, 0 along those of size 1.
    let sparseShape = shape
    let denseShape = try ReductionGradients.shape64(dense)
    let ones = try call(
      "Fill",
      [
        call("Sub", [call("Size", [sparseShape]), call("Size", [denseShape])]).expandedOnce(),
        Tensor(scalar: 1),
      ])
    let augmented = try call("ConcatV2", [ones, denseShape, 0.asTensor()])
    let scaling = try call("FloorDiv", [sparseShape, augmented])
    let scaled = try call("FloorDiv", [indices, scaling])
    let lead = try call("Size", [ones]).expandedOnce()
    let begin = try call("ConcatV2", [ShapeOps.vector([0]), lead, 0.asTensor()])
    let own = try call("Slice", [scaled, begin, ShapeOps.vector([-1, -1])])
    let others = try call("GatherNd", [dense, own])
    if !divides {
      let toDense = try call("ScatterNd", [own, gradient * conjugate(values), denseShape])
      return [nil, try gradient * conjugate(others), nil, toDense]
    }
    let slope = try call("Div", [call("Neg", [values]), call("Square", [others])])
    let toDense = try call("ScatterNd", [own, gradient * conjugate(slope), denseShape])
    return [nil, try call("Div", [gradient, conjugate(others)]), nil, toDense]
  }

  private static func conjugate(_ x: Tensor) throws -> Tensor {
    x.dtype.isComplex ? try call("Conj", [x]) : x
  }

  /// Of a sum over axes: each element gets the gradient of where it went.
  static func sum(_ context: GradientContext) throws -> [Tensor?] {
    let (indices, shape, axes) = (context.inputs[0], context.inputs[2], context.inputs[3])
    let count = try call("Size", [shape])
    let flat = try ReductionGradients.reshape(axes, ShapeOps.vector([-1]))
    let wrapped = try call("FloorMod", [call("Add", [flat, count]), count])
    let ones = try call(
      "Fill", [call("Shape", [flat], ["out_type": .type(.int64)]), Tensor(scalar: 1)])
    let kept = try call("TensorScatterUpdate", [shape, wrapped.expandedLast(), ones])
    let gradient = try ReductionGradients.reshape(context.gradient(), kept)
    let scaled = try call("FloorDiv", [indices, call("FloorDiv", [shape, kept])])
    return [nil, try call("GatherNd", [gradient, scaled]), nil, nil]
  }

  static func softmax(_ context: GradientContext) throws -> [Tensor?] {
    let (indices, shape) = (context.inputs[0], context.inputs[2])
    let y = context.outputs[0]
    let gradient = try context.gradient()
    let sums = try SparseReductionOps.family.sum(
      [indices, gradient * y, shape, ShapeOps.vector([-1])], ["keep_dims": .bool(true)])
    let rest = try SparseMathOps.family.denseAdd([indices, gradient, shape, call("Neg", [sums])])
    return [nil, try rest * y, nil]
  }
}

extension Tensor {
  /// A scalar as a vector of one element.
  fileprivate func expandedOnce() throws -> Tensor {
    try ReductionGradients.reshape(self, ShapeOps.vector([1]))
  }
  /// A vector as a column.
  fileprivate func expandedLast() throws -> Tensor {
    try ReductionGradients.reshape(self, ShapeOps.vector([-1, 1]))
  }
}
