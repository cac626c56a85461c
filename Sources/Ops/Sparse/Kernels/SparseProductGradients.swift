import CoreOps

/// The gradients of products with sparse matrices. With A' and B' for the operands as the product
/// takes them, that of A' is G B'ᴴ where A' has elements, and that of B' is A'ᴴ G.
enum SparseProductGradients {
  static func dense(_ context: GradientContext) throws -> [Tensor?] {
    let (a, b) = (context.inputs[0], context.inputs[1])
    let (aTurn, bTurn) = (try MatrixTurn(context, "a"), try MatrixTurn(context, "b"))
    guard let rank = b.shape.rank else {
      throw TFError.unimplemented("the gradient of a product with a matrix of unknown rank")
    }
    var gradient = try context.gradient()
    if try context.bool("conjugate_output") { gradient = try conjugated(gradient) }
    if try context.bool("transpose_output") { gradient = try transposed(gradient, rank) }
    return [
      context.wants(0) ? try ofSparse(a, aTurn, b, bTurn, gradient, rank) : nil,
      context.wants(1) ? try ofDense(a, aTurn, bTurn, gradient, rank) : nil,
    ]
  }

  private static func ofDense(
    _ a: Tensor, _ aTurn: MatrixTurn, _ bTurn: MatrixTurn, _ gradient: Tensor, _ rank: Int
  ) throws -> Tensor {
    let product = SparseMatrixProductOps.family.matMul
    var result: Tensor
    switch (aTurn.isTransposed, aTurn.isConjugated) {
    case (false, _): result = try product([a, gradient], ["adjoint_a": .bool(true)])
    case (true, true): result = try product([a, gradient])
    case (true, false):
      // (Aᵀ)ᴴ is A conjugated.
      result = try product(
        [a, conjugated(gradient)], ["conjugate_output": .bool(true)])
    }
    if bTurn.isTransposed { result = try transposed(result, rank) }
    return bTurn.isConjugated ? try conjugated(result) : result
  }

  /// At the elements of A alone: products of rows of the gradient and of B'.
  private static func ofSparse(
    _ a: Tensor, _ aTurn: MatrixTurn, _ b: Tensor, _ bTurn: MatrixTurn, _ gradient: Tensor,
    _ rank: Int
  ) throws -> Tensor {
    let matrices = SparseMatrixOps.family
    let parts = try apply(matrices.toSparse, [a], ["type": .type(b.dtype)])
    let indices = parts[0]
    // Rows of B' are columns of its product.
    let right = bTurn.isTransposed ? try transposed(b, rank) : b
    func rows(_ matrix: Tensor, _ axis: Int) throws -> Tensor {
      let axes = rank == 3 ? [0, axis] : [axis]
      let at = try GatherOps.family.gatherV2([
        indices, axes.asTensor(), 1.asTensor(),
      ])
      return try GatherOps.family.gatherNd([matrix, at])
    }
    // The element (i, j) of A is that of A' with its coordinates as they are, or turned.
    let columns = aTurn.isTransposed ? [rank - 1, rank - 2] : [rank - 2, rank - 1]
    let left = try rows(gradient, columns[0])
    var other = try rows(right, columns[1])
    if !bTurn.isConjugated { other = try conjugated(other) }
    var values = try ReductionOps.family.sum([left * other, 1.asTensor()])
    if aTurn.isConjugated { values = try conjugated(values) }
    return try matrices.fromSparse([indices, values, parts[2]])
  }

  static func sparse(_ context: GradientContext) throws -> [Tensor?] {
    let (a, b) = (context.inputs[0], context.inputs[1])
    let (aTurn, bTurn) = (try MatrixTurn(context, "a"), try MatrixTurn(context, "b"))
    let gradient = try context.gradient()
    let type = AttrValue.type(try context.type("type"))
    let ops = SparseMatrixProductOps.family
    func turned(_ matrix: Tensor, _ turn: MatrixTurn) throws -> Tensor {
      guard turn.isTransposed else { return matrix }
      return try ops.transpose([matrix], ["conjugate": .bool(turn.isConjugated), "type": type])
    }
    func product(_ x: Tensor, _ y: Tensor, _ adjoint: String) throws -> Tensor {
      try ops.sparseMatMul([x, y], [adjoint: .bool(true), "type": type])
    }
    let ofA = try turned(product(gradient, turned(b, bTurn), "adjoint_b"), aTurn)
    let ofB = try turned(product(turned(a, aTurn), gradient, "adjoint_a"), bTurn)
    return [try pruned(ofA, like: a, type), try pruned(ofB, like: b, type)]
  }

  /// The elements of a matrix that another has too.
  private static func pruned(
    _ matrix: Tensor, like pattern: Tensor, _ type: AttrValue
  ) throws -> Tensor {
    let matrices = SparseMatrixOps.family
    let parts = try apply(matrices.toSparse, [pattern], ["type": type])
    let dense = try matrices.toDense([matrix], ["type": type])
    return try matrices.fromSparse([
      parts[0], GatherOps.family.gatherNd([dense, parts[0]]), parts[2],
    ])
  }

  private static func conjugated(_ x: Tensor) throws -> Tensor {
    x.dtype.isComplex ? try ComplexOps.family.conj([x]) : x
  }

  private static func transposed(_ x: Tensor, _ rank: Int) throws -> Tensor {
    let order = rank == 2 ? [1, 0] : [0, 2, 1]
    return try RearrangeOps.family.transpose([x, order.asTensor()])
  }
}
