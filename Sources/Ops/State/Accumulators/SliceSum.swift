import CKernels
import CoreOps

/// Sums of gradients that are slices, ordered by their indices.
extension AccumulatorObject {
  /// Checks a gradient as TensorFlow does, and adds it.
  ///
  /// - Parameters:
  ///   - gradient: indices and values.
  ///   - dense: the gradient's whole shape, where it is known.
  func addSlices(_ gradient: (indices: Tensor, values: Tensor), dense: Tensor?, to sum: Sum?) throws
    -> Sum
  {
    let (indices, values) = gradient
    try require(
      indices.dims.rank == 1,
      "Input indices should be vector but received shape: \(indices.dims)")
    try require(values.dims.rank > 0, "Values cannot be 0-dimensional.")
    let count = indices.dims[0]
    try require(
      values.dims[0] == count,
      "Expected \(count) non-empty input values, got \(values.dims[0])")
    let positions = try indices.integers()
    try check(positions, values.dims, dense)
    guard case .slices(let ownIndices, let ownValues, let counts)? = sum else {
      return .slices(
        indices: positions, values: try values.settled(),
        counts: [Int](repeating: 1, count: count))
    }
    try require(
      ownValues.dims.rank == values.dims.rank,
      "Shape mismatch: expected values rank \(ownValues.dims.rank), got \(values.dims.rank)")
    for axis in 1..<max(values.dims.rank, 1) {
      try require(
        ownValues.dims[axis] == values.dims[axis],
        """
        Shape mismatch: expected values dim \(axis) to be \(ownValues.dims[axis]), got \
        \(values.dims[axis])
        """
      )
    }
    return try merged((ownIndices, ownValues, counts), (positions, values))
  }

  private func check(_ positions: [Int], _ dims: Shape, _ dense: Tensor?) throws {
    let rank = shape.rank ?? 0
    if let dense {
      let sizes = try dense.integers()
      try require(
        rank <= sizes.count,
        "Shape mismatch: expected shape rank at least \(rank), got \(sizes.count)")
      for axis in 0..<rank {
        guard let size = shape[axis]?.value, size != sizes[axis] else { continue }
        throw TFError.invalidArgument(
          "Shape mismatch: expected shape dim \(axis) to be \(size), got \(sizes[axis])")
      }
    }
    if let limit = shape[0]?.value, let slice = positions.firstIndex(where: { $0 >= limit }) {
      throw TFError.invalidArgument(
        """
        Shape mismatch: index of slice \(slice) exceeded limits of shape; index is \
        \(positions[slice]) exceeded \(limit)
        """
      )
    }
    try require(
      rank <= dims.rank,
      "Shape mismatch: expected values rank at least \(rank), got \(dims.rank)")
    for axis in 1..<max(rank, 1) {
      guard let size = shape[axis]?.value, size != dims[axis] else { continue }
      throw TFError.invalidArgument(
        "Shape mismatch: expected values dim \(axis) to be \(size), got \(dims[axis])")
    }
  }

  /// The slices of both, those of one index as their sum. Both are taken to be in order.
  private func merged(
    _ own: (indices: [Int], values: Tensor, counts: [Int]), _ new: (indices: [Int], values: Tensor)
  ) throws -> Sum {
    var (indices, counts): ([Int], [Int]) = ([], [])
    // Where each slice comes from: a place in either, or in both.
    var sources: [(own: Int?, new: Int?)] = []
    var (i, j) = (0, 0)
    while i < own.indices.count || j < new.indices.count {
      let takesOwn =
        i < own.indices.count
        && (j >= new.indices.count || own.indices[i] <= new.indices[j])
      let takesNew =
        j < new.indices.count
        && (i >= own.indices.count || new.indices[j] <= own.indices[i])
      indices.append(takesOwn ? own.indices[i] : new.indices[j])
      counts.append((takesOwn ? own.counts[i] : 0) + (takesNew ? 1 : 0))
      sources.append((takesOwn ? i : nil, takesNew ? j : nil))
      if takesOwn { i += 1 }
      if takesNew { j += 1 }
    }
    var dims = new.values.dims
    dims[0] = indices.count
    let values = try Tensor.uninitialized(dtype, dims)
    let width = dims.dims.dropFirst().reduce(1, *)
    let size = width * dtype.byteSize
    let update = try findUpdate(dtype, Int32(JK_ADD), "SparseAccumulatorApplyGradient")
    for (slice, source) in sources.enumerated() {
      let target = values.pointer + slice * size
      if let place = source.new {
        target.copyMemory(from: new.values.pointer + place * size, byteCount: size)
      }
      guard let place = source.own else { continue }
      if source.new == nil {
        target.copyMemory(from: own.values.pointer + place * size, byteCount: size)
      } else {
        _ = jk_update_all(
          update, target, own.values.pointer + place * size, width, dtype.byteSize)
      }
    }
    return .slices(indices: indices, values: values, counts: counts)
  }
}
