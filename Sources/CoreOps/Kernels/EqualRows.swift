import CKernels

/// Which slices of a tensor along an axis are equal.
package struct EqualRows {
  let x: Tensor
  let axis: Int
  /// For each slice, the number of the different one that it is, in order of appearance.
  let ids: [Int64]
  /// For each different slice, the first place where it is.
  let firsts: [Int64]

  init(_ x: Tensor, axis: Int) {
    self.x = x
    self.axis = axis
    let rows = x.dims[axis]
    let (keys, never) = Self.keys(x, axis: axis)
    var tableSize = 16
    while tableSize < 2 * rows { tableSize *= 2 }
    var ids = [Int64](repeating: 0, count: rows)
    var firsts = [Int64](repeating: 0, count: rows)
    var table = [Int64](repeating: 0, count: tableSize)
    let width = rows == 0 ? 0 : keys.count / rows
    let count = jk_unique(
      Int64(rows), Int64(width), keys, never, &ids, &firsts, &table, Int64(tableSize))
    self.ids = ids
    self.firsts = Array(firsts.prefix(Int(count)))
  }

  package static func keys(_ x: Tensor, axis: Int) -> (keys: [UInt64], never: [UInt8]) {
    var keys = [UInt64](repeating: 0, count: x.dims.elementCount)
    var never = [UInt8](repeating: 0, count: x.dims[axis])
    let dims = x.dims.dims
    jk_unique_keys(
      Int32(x.dtype.rawValue), Int64(dims[..<axis].reduce(1, *)), Int64(dims[axis]),
      Int64(dims[(axis + 1)...].reduce(1, *)), x.pointer, &keys, &never)
    return (keys, never)
  }

  /// The different slices.
  package func rows() throws -> Tensor { try Self.take(firsts, of: x, axis: axis) }

  static func take(_ indices: [Int64], of x: Tensor, axis: Int) throws -> Tensor {
    var dims = x.dims
    dims[axis] = indices.count
    let output = try Tensor.uninitialized(x.dtype, dims)
    if dims.elementCount == 0 { return output }
    let all = x.dims.dims
    var shape = jk_gather_shape()
    shape.batch = 1
    shape.outer = Int64(all[..<axis].reduce(1, *))
    shape.limit = Int64(all[axis])
    shape.count = Int64(indices.count)
    shape.row = Int64(all[(axis + 1)...].reduce(x.dtype.byteSize, *))
    shape.index_size = 8
    _ = jk_gather(&shape, x.pointer, indices, output.pointer)
    return output
  }
}
