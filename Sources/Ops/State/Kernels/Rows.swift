import CKernels
import CoreOps

/// Checks row and slice indices, and turns them into row numbers.
enum RowIndices {
  /// - Throws: `INVALID_ARGUMENT` when an index is not in `0..<count`.
  static func checked(_ indices: Tensor, below count: Int) throws -> [Int64] {
    let values = try indices.integers()
    try Indices.check(values, of: indices.dims, below: count)
    return values.map(Int64.init)
  }

  /// The numbers of the slices that vectors of `depth` indices pick from a tensor of shape `dims`;
  /// -1 for those out of range if they are to be left out.
  static func slices(_ indices: Tensor, depth: Int, count: Int, in dims: Shape, ignoreBad: Bool)
    throws -> [Int64]
  {
    let values = try indices.integers()
    return try (0..<count).map { row in
      var number = 0
      for axis in 0..<depth {
        let index = values[row * depth + axis]
        guard index >= 0, index < dims[axis] else {
          if ignoreBad { return -1 }
          throw Indices.outside(
            Array(values[row * depth..<(row + 1) * depth]), row: row, of: indices.dims,
            "shape \(dims)")
        }
        number = number * dims[axis] + index
      }
      return Int64(number)
    }
  }
}

/// Reads rows of a variable's value.
enum RowPicker {
  package static func value(_ handle: Tensor, _ dtype: DType) throws -> Tensor {
    let variable: VariableObject = try handle.resource()
    try variable.check(dtype, "read")
    guard let value = variable.value else { throw VariableObject.notFound(variable) }
    return value
  }

  package static func gather(_ params: Tensor, _ indices: Tensor, batch given: Int) throws -> Tensor
  {
    guard params.dims.rank >= 1 else {
      throw TFError.invalidArgument("params must be at least 1 dimensional")
    }
    let batch = given < 0 ? given + indices.dims.rank : given
    let (p, i) = (params.dims.dims, indices.dims.dims)
    guard batch >= 0, batch <= i.count, batch < p.count else {
      throw TFError.invalidArgument(
        """
        batch_dims (\(given)) must be in the range of the indices' rank \(i.count) and less than \
        rank(params) (\(p.count)).
        """
      )
    }
    for axis in 0..<batch where p[axis] != i[axis] {
      throw TFError.invalidArgument(
        "params.shape[\(axis)]: \(p[axis]) should be equal to indices.shape[\(axis)]: \(i[axis])")
    }
    var rows = try RowIndices.checked(indices, below: p[batch])
    let batches = p[..<batch].reduce(1, *)
    let each = batches == 0 ? 0 : rows.count / batches
    if batch > 0 {
      for k in rows.indices { rows[k] += Int64(k / each * p[batch]) }
    }
    return try pick(
      params, rows, inner: p[(batch + 1)...].reduce(1, *), dims: Shape(i + p[(batch + 1)...]))
  }

  static func gatherNd(_ params: Tensor, _ indices: Tensor) throws -> Tensor {
    let (p, i) = (params.dims.dims, indices.dims.dims)
    guard !p.isEmpty else { throw TFError.invalidArgument("params must be at least a vector") }
    guard let depth = i.last else {
      throw TFError.invalidArgument("indices must be at least a vector")
    }
    guard depth <= p.count else {
      throw TFError.invalidArgument(
        "index innermost dimension length must be <= params rank; saw: \(depth) vs. \(p.count)")
    }
    let count = i.dropLast().reduce(1, *)
    guard count == 0 || params.dims.elementCount > 0 else {
      throw TFError.invalidArgument(
        "Requested more than 0 entries, but params is empty.  Params shape: \(params.dims)")
    }
    let dims = Shape(i.dropLast() + p[depth...])
    guard dims.checkedElementCount != nil else {
      throw TFError.invalidArgument("the result of shape \(dims) has too many elements")
    }
    let rows = try RowIndices.slices(
      indices, depth: depth, count: count, in: params.dims, ignoreBad: false)
    return try pick(params, rows, inner: p[depth...].reduce(1, *), dims: dims)
  }

  private static func pick(_ params: Tensor, _ rows: [Int64], inner: Int, dims: Shape) throws
    -> Tensor
  {
    guard params.dtype.isNumeric else {
      return try Stacking.picked(
        Stacking.positions(ofRows: rows, inner: inner), of: [params], dims: dims)
    }
    let result = try Tensor.uninitialized(params.dtype, dims)
    jk_gather_rows(
      result.pointer, params.pointer, rows, rows.count, inner * params.dtype.byteSize)
    return result
  }
}

/// Changes rows of a variable's value by an operation.
struct RowChange: Sendable {
  let dtype: DType
  /// nil to set the rows.
  let update: jk_update?

  init(_ dtype: DType, _ operation: Int32, _ op: String) throws {
    self.dtype = dtype
    update = operation == Int32(JK_SET) ? nil : try findUpdate(dtype, operation, op)
  }

  static func ignoresBadIndices(_ context: some AttrAccess) throws -> Bool {
    let policy = try context.string("bad_indices_policy")
    guard ["", "DEFAULT", "ERROR", "IGNORE"].contains(policy) else {
      throw TFError.invalidArgument("Unknown bad_indices_policy: \(policy)")
    }
    return policy == "IGNORE"
  }

  func scatter(
    _ variable: VariableObject, _ indices: Tensor, _ updates: Tensor,
    uninitialized: (VariableObject) -> TFError
  ) throws {
    try change(variable, updates, uninitialized) { dims in
      guard dims.rank >= 1 else {
        throw TFError.invalidArgument("params must be at least 1-D, got shape \(dims)")
      }
      let one = updates.dims.rank == 0
      guard one || updates.dims.dims == indices.dims.dims + dims.dims.dropFirst() else {
        throw TFError.invalidArgument(
          """
          Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], got \
          updates.shape \(updates.dims), indices.shape \(indices.dims), params.shape \(dims)
          """
        )
      }
      return (
        try RowIndices.checked(indices, below: dims[0]), dims.dims.dropFirst().reduce(1, *), one
      )
    }
  }

  func scatterNd(
    _ variable: VariableObject, _ indices: Tensor, _ updates: Tensor, _ ignoreBad: Bool,
    uninitialized: (VariableObject) -> TFError
  ) throws {
    try change(variable, updates, uninitialized) { dims in
      let (p, i) = (dims.dims, indices.dims.dims)
      guard !p.isEmpty else {
        throw TFError.invalidArgument("Output must be at least 1-D, got shape: \(dims)")
      }
      guard !i.isEmpty else {
        throw TFError.invalidArgument("Indices must be at least 1-D, got shape: \(indices.dims)")
      }
      let (written, named) = (updates.dims.elementCount, indices.dims.elementCount)
      guard written == 0 && named == 0 || written != 0 && named != 0 && dims.elementCount != 0
      else {
        throw TFError.invalidArgument(
          "Indices and updates specified for empty output.  indices shape: \(indices.dims)")
      }
      let depth = i.count > 1 ? i[i.count - 1] : 1
      let outer = i.count > 1 ? Array(i.dropLast()) : i
      guard depth <= p.count, updates.dims.dims == outer + p[depth...] else {
        throw TFError.invalidArgument(
          """
          Must have updates.shape = indices.shape[:batch_dim] + params_shape[slice_dim:], got \
          updates.shape: \(updates.dims), indices.shape: \(indices.dims), params_shape: \(dims), \
          slice_dim: \(depth), and batch_dim: \(outer.count)
          """
        )
      }
      let rows = try RowIndices.slices(
        indices, depth: depth, count: outer.reduce(1, *), in: dims, ignoreBad: ignoreBad)
      return (rows, p[depth...].reduce(1, *), false)
    }
  }

  /// - Parameter plan: checks the shapes against that of the value; gives row numbers, the elements
  ///   in a row, and whether one update is for all.
  private func change(
    _ variable: VariableObject, _ updates: Tensor, _ uninitialized: (VariableObject) -> TFError,
    _ plan: (Shape) throws -> (rows: [Int64], inner: Int, one: Bool)
  ) throws {
    try variable.check(dtype, "update")
    if dtype.isNumeric {
      try variable.modify(uninitialized: uninitialized) { value in
        let (rows, inner, one) = try plan(value.dims)
        let status = jk_scatter_rows(
          update, value.pointer, updates.pointer, rows, rows.count, inner, dtype.byteSize,
          one ? 1 : 0)
        if status != 0 { throw TFError.invalidArgument("Integer division by zero") }
      }
      return
    }
    try variable.update { value in
      guard let value else { throw uninitialized(variable) }
      let (rows, inner, one) = try plan(value.dims)
      let count = value.dims.elementCount
      var positions = Array(0..<count)
      for (k, row) in rows.enumerated() where row >= 0 {
        for j in 0..<inner { positions[Int(row) * inner + j] = count + (one ? 0 : k * inner + j) }
      }
      return try Stacking.picked(positions, of: [value, updates], dims: value.dims)
    }
  }
}
