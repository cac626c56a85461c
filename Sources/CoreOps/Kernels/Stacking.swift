package import CKernels

/// Putting whole tensors together, of any dtype.
package enum Stacking {
  /// The tensors' elements one after the other, under `dims`.
  package static func joined(_ tensors: [Tensor], _ dtype: DType, _ dims: Shape) throws -> Tensor {
    guard dims.checkedElementCount != nil else {
      throw TFError.invalidArgument("the result of shape \(dims) has too many elements")
    }
    switch dtype {
    case .string: return try strings(tensors.map(\.strings), dims)
    case .resource, .variant: return Tensor(dtype, objects: tensors.flatMap(\.objects), dims: dims)
    default:
      let result = try Tensor.uninitialized(dtype, dims)
      var end = result.pointer
      var pace = Pace()
      for tensor in tensors {
        try pace.step(tensor.bytes.count / 8 + 1)
        let bytes = tensor.bytes
        end.copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        end += bytes.count
      }
      return result
    }
  }

  private static func strings(_ parts: [StringBuffer], _ dims: Shape) throws -> Tensor {
    let builder = try StringBuilder(
      count: dims.elementCount, byteCount: parts.reduce(0) { $0 &+ $1.byteCount })
    for part in parts {
      for element in part { try builder.append(element) }
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// The elements at `positions` of some string, resource or variant tensors' elements one after
  /// the other, under `dims`.
  package static func picked(_ positions: [Int], of tensors: [Tensor], dims: Shape) throws -> Tensor
  {
    guard tensors[0].dtype == .string else {
      let all = tensors.flatMap(\.objects)
      return Tensor(tensors[0].dtype, objects: positions.map { all[$0] }, dims: dims)
    }
    let all = tensors.flatMap { Array($0.strings) }
    let builder = try StringBuilder(
      count: positions.count, byteCount: positions.reduce(0) { $0 &+ all[$1].count })
    for position in positions { try builder.append(all[position]) }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// The positions of the elements of `rows` of `inner` elements each.
  package static func positions(ofRows rows: [Int64], inner: Int) -> [Int] {
    rows.flatMap { Int($0) * inner..<(Int($0) + 1) * inner }
  }

  /// The slices of a tensor along its first dimension, which share its memory.
  ///
  /// - Throws: `RESOURCE_EXHAUSTED` when they are too many for a list.
  package static func rows(_ tensor: Tensor) throws -> [Tensor] {
    let (dims, count) = (Shape(tensor.dims.dims.dropFirst()), tensor.dims[0])
    // Rows without elements take no memory in the tensor, so that there may be any number of them.
    try TensorList.checkCount(count)
    var pace = Pace()
    return try (0..<count).map {
      try pace.step(8)
      return tensor.rows($0, $0 + 1, dims: dims)
    }
  }

  /// Pieces of those lengths along the first dimension, which share the tensor's memory.
  package static func pieces(_ tensor: Tensor, _ lengths: [Int]) -> [Tensor] {
    var start = 0
    return lengths.map { length in
      defer { start += length }
      var dims = tensor.dims
      dims[0] = length
      return tensor.rows(start, start + length, dims: dims)
    }
  }

  /// The sum of two tensors of one dtype and shape, tensor lists among them.
  static func sum(_ a: Tensor, _ b: Tensor) throws -> Tensor {
    guard a.dtype == b.dtype, a.dims == b.dims else {
      throw TFError.invalidArgument(
        "tensors of \(a.dtype) \(a.dims) and \(b.dtype) \(b.dims) can't be added")
    }
    if a.dtype == .variant { return try Variants.sum(a, b) }
    let update = try findUpdate(a.dtype, Int32(JK_ADD), "addition")
    let result = try Tensor.uninitialized(a.dtype, a.dims)
    result.bytes.copyMemory(from: UnsafeRawBufferPointer(a.bytes))
    _ = jk_update_all(update, result.pointer, b.pointer, a.dims.elementCount, a.dtype.byteSize)
    return result
  }

  /// Zeros of that tensor's dtype and shape; of a tensor list, a list of zeros.
  static func zeros(like tensor: Tensor) throws -> Tensor {
    tensor.dtype == .variant
      ? try Variants.zeros(like: tensor) : try Tensor.zeros(tensor.dtype, tensor.dims)
  }
}

/// The loop of an arithmetic change of a variable.
package func findUpdate(_ dtype: DType, _ operation: Int32, _ op: String) throws -> jk_update {
  guard let update = jk_find_update(Int32(dtype.rawValue), operation) else {
    throw TFError.invalidArgument("\(op) has no kernel for \(dtype)")
  }
  return update
}
