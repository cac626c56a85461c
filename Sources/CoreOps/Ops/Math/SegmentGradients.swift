/// The gradients of reductions over segments.
enum SegmentGradients {
  static func onesLike(_ x: Tensor) throws -> Tensor {
    try BasicOps.family.onesLike([x])
  }

  /// The rows that `ids` name; zeros for negative ids.
  static func gatherOrZero(_ rows: Tensor, _ ids: Tensor) throws -> Tensor {
    // Negative ids pick a row of zeros that is added after the last.
    let zero = try ReductionOps.family.sum(
      [BasicOps.zerosLike(rows), [0].asTensor()], ["keep_dims": .bool(true)])
    let wide = try JoinOps.family.concatV2([rows, zero, 0.asTensor()])
    let last = try CastOps.cast(ShapeOps.firstDimension(of: rows), .int64)
    let ids = try CastOps.cast(ids, .int64)
    let negative = try ComparisonOps.family.less(ids, BasicOps.zerosLike(ids))
    return try SegmentOps.gather(wide, SelectOps.where(negative, last, ids))
  }

  /// The elements that equal their segment's extreme share its gradient.
  static func extreme(
    _ context: GradientContext, sum: (Tensor) throws -> Tensor,
    gather: (Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    let (data, ids) = (context.inputs[0], context.inputs[1])
    let chosen = try CastOps.cast(
      ComparisonOps.family.equal(data, gather(context.outputs[0], ids)), data.dtype)
    // The count of an empty segment is 0; it is raised to 1 so that nothing is divided by 0.
    let count = try sum(chosen)
    let divisor = try BinaryOps.family.maximum(count, onesLike(count))
    return try chosen * gather(context.gradient() / divisor, ids)
  }

  /// The product of a segment's other elements, which is right where one of them is 0.
  static func product(
    _ context: GradientContext, sum: (Tensor) throws -> Tensor,
    product: (Tensor) throws -> Tensor, gather: (Tensor, Tensor) throws -> Tensor
  ) throws -> Tensor {
    let (data, ids) = (context.inputs[0], context.inputs[1])
    let zeros = try ComparisonOps.family.equal(data, BasicOps.zerosLike(data))
    let zerosInSegment = try sum(CastOps.cast(zeros, data.dtype))
    let ones = try onesLike(data)
    let nonZero = try SelectOps.where(zeros, ones, data)
    let products = try product(nonZero)
    // Without zeros, the product of the others is the product over the element. At the only zero it
    // is the product of the elements that are not zero.
    let zerosHere = try gather(zerosInSegment, ids)
    let none = try CastOps.cast(
      ComparisonOps.family.equal(zerosHere, BasicOps.zerosLike(data)), data.dtype)
    let one = try CastOps.cast(
      ComparisonOps.family.equal(zerosHere, ones), data.dtype)
    let isZero = try CastOps.cast(zeros, data.dtype)
    let others = try gather(products, ids) / nonZero * (none + one * isZero)
    return try gather(context.gradient(), ids) * conjugate(others)
  }
}
