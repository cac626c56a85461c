package import CoreOps

/// A sparse tensor as its three tensors: what is handed on one by one and put together to batches.
package struct SparsePart: Sendable {
  /// A matrix of int64.
  package let indices: Tensor
  package let values: Tensor
  /// A vector of int64.
  package let shape: Tensor

  package init(indices: Tensor, values: Tensor, shape: Tensor) {
    self.indices = indices
    self.values = values
    self.shape = shape
  }

  /// The sparse tensors that lie along the first dimension of another; they share its values.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it has less than two dimensions, or elements that are
  ///   outside or not in order.
  package static func rows(_ indices: Tensor, _ values: Tensor, _ shape: Tensor) throws
    -> [SparsePart]
  {
    let cells = try SparseCells(indices, values, shape)
    try require(
      cells.rank > 1, "Rank of input SparseTensor should be > 1, but saw rank: \(cells.rank)")
    try cells.requireShape()
    try cells.requireOrdered()
    let inner = try SparseRows.vector(Array(cells.dims.dropFirst()))
    // An empty part takes some memory too, so that their number is not bounded by the elements'.
    try MemoryLimit.room(for: (Dimension(cells.dims[0]) * 256).saturated)
    var next = 0
    var pace = Pace()
    return try (0..<cells.dims[0]).map { row in
      let start = next
      while next < cells.count, cells[next, 0] == row { next += 1 }
      try pace.step(next - start + 8)
      let own = try Tensor.uninitialized(.int64, [next - start, cells.rank - 1])
      let out = own.elements(Int.self)
      for element in start..<next {
        for axis in 1..<cells.rank {
          out[(element - start) &* (cells.rank - 1) &+ axis - 1] = cells[element, axis]
        }
      }
      return SparsePart(
        indices: own, values: values.rows(start, next, dims: [next - start]), shape: inner)
    }
  }

  /// Sparse tensors of one rank as one that has the dimensions `outer` before theirs. Its shape
  /// bounds all of theirs.
  ///
  /// - Parameter what: what is said to differ where ranks do.
  /// - Throws: `INVALID_ARGUMENT` when a part is no sparse tensor, has other values than of dtype
  ///   `dtype`, or another rank than the others.
  package static func stacked(
    _ parts: [SparsePart], outer: Shape, _ dtype: DType, what: String = "shape"
  ) throws -> SparsePart {
    var dims: [Int] = []
    var count = Dimension(0)
    for (index, part) in parts.enumerated() {
      try part.check(index, dtype)
      let own = try part.shape.integers()
      if index == 0 { dims = own }
      // The ranks of what is stacked are said, where it has a dimension more.
      let more = what == "rank" ? outer.rank : 0
      try require(
        own.count == dims.count,
        """
        Inconsistent \(what) across SparseTensors: rank prior to SparseTensor[\(index)] was: \
        \(dims.count + more) but rank of SparseTensor[\(index)] is: \(own.count + more)
        """
      )
      dims = zip(dims, own).map { Swift.max($0, $1) }
      count += Dimension(part.values.dims[0])
    }
    let rank = outer.rank + dims.count
    try require(!count.isOverflow, "The sparse tensors have too many values")
    let indices = try Tensor.uninitialized(.int64, [count.value, rank])
    let out = indices.elements(Int.self)
    let strides = outer.strides
    var next = 0
    var pace = Pace()
    for (index, part) in parts.enumerated() {
      let own = part.indices.elements(Int.self)
      let place = (0..<outer.rank).map { index / strides[$0] % outer[$0] }
      for element in 0..<part.values.dims[0] {
        try pace.step(rank)
        for axis in 0..<outer.rank {
          out[next] = place[axis]
          next += 1
        }
        for axis in 0..<dims.count {
          out[next] = own[element &* dims.count &+ axis]
          next += 1
        }
      }
    }
    return SparsePart(
      indices: indices,
      values: try Stacking.joined(parts.map(\.values), dtype, [count.value]),
      shape: try SparseRows.vector(outer.dims + dims))
  }

  /// - Throws: `INVALID_ARGUMENT` when the three are no sparse tensor of that dtype.
  package func check(_ index: Int, _ dtype: DType) throws {
    func requireInt64(_ tensor: Tensor, _ part: Int, _ what: String) throws {
      try require(
        tensor.dtype == .int64,
        """
        Expected serialized_sparse[\(index), \(part)] to be a \(what) of DT_INT64 but received \
        dtype \(tensor.dtype.signatureName)
        """
      )
    }
    try requireInt64(shape, 2, "vector")
    try require(
      shape.dims.rank == 1,
      """
      Expected serialized_sparse[\(index), 1] to be a shape vector but its shape is \(shape.dims)
      """
    )
    try requireInt64(indices, 0, "matrix")
    try require(
      indices.dims.rank == 2,
      """
      Expected serialized_sparse[\(index), 0] to represent an index matrix but received shape \
      \(indices.dims)
      """
    )
    try require(
      values.dims.rank == 1,
      """
      Expected serialized_sparse[\(index), 1] to represent a values vector but received shape \
      \(values.dims)
      """
    )
    try require(
      values.dtype == dtype,
      """
      Requested SparseTensor of type \(dtype.signatureName) but \
      SparseTensor[\(index)].values.dtype() == \(values.dtype.signatureName)
      """
    )
    try require(
      values.dims[0] == indices.dims[0],
      """
      Expected row counts of SparseTensor[\(index)].indices and SparseTensor[\(index)].values to \
      match but they do not: \(indices.dims[0]) vs. \(values.dims[0])
      """
    )
    try require(
      shape.dims[0] == indices.dims[1],
      """
      Expected column counts of SparseTensor[\(index)].indices to match size of \
      SparseTensor[\(index)].shape but they do not: \(indices.dims[1]) vs. \(shape.dims[0])
      """
    )
  }
}

/// A tensor as the element of a variant tensor.
package final class BoxedTensor: TensorObject {
  package let tensor: Tensor
  package init(_ tensor: Tensor) { self.tensor = tensor }
}
