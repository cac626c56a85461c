import CoreOps

/// The shapes of what goes into a queue, and the batches that come out.
extension QueueObject {
  /// - Throws: `INVALID_ARGUMENT` when a component does not have its shape.
  func check(_ tuple: Tuple) throws {
    for (index, shape) in shapes.enumerated() {
      try require(
        shape.isCompatible(with: PartialShape(tuple[index].dims)),
        Self.mismatch(index, shape, tuple[index].dims))
    }
    if order == .priority { try checkPriority(tuple[0].dims) }
  }

  /// - Returns: how many elements the batch has.
  func checkMany(_ batch: Tuple) throws -> Int {
    try require(
      batch[0].dims.rank > 0, "EnqueueMany needs components that have at least one dimension")
    let count = batch[0].dims[0]
    for (index, component) in batch.enumerated() {
      if !shapes.isEmpty {
        let shape = PartialShape([count]).concatenated(with: shapes[index])
        try require(
          shape.isCompatible(with: PartialShape(component.dims)),
          Self.mismatch(index, shape, component.dims))
      } else {
        try require(
          component.dims.rank > 0,
          "EnqueueMany needs components that have at least one dimension")
        try require(
          component.dims[0] == count,
          """
          All input tensors must have the same size in the 0th dimension. Component \(index) has \
          \(component.dims[0]), and should have \(count)
          """
        )
      }
    }
    if order == .priority, count > 0 { try checkPriority(Shape(batch[0].dims.dims.dropFirst())) }
    return count
  }

  private func checkPriority(_ dims: Shape) throws {
    try require(
      dims.rank == 0,
      "Expected the priority element to be a scalar, but received shape: \(dims)")
  }

  private static func mismatch(_ index: Int, _ shape: PartialShape, _ dims: Shape) -> String {
    "Shape mismatch in tuple component \(index). Expected \(shape), got \(dims)"
  }

  /// One tuple of batches of the tuples' components.
  func joined(_ tuples: [Tuple]) throws -> Tuple {
    try types.indices.map { component in
      let parts = tuples.map { $0[component] }
      var dims: [Int] = []
      for axis in 0..<shapes[component].dims!.count {
        dims.append(
          shapes[component][axis]?.value ?? parts.reduce(0) { max($0, $1.dims[axis]) })
      }
      let batch = Shape([tuples.count] + dims)
      let element = Shape(dims)
      if parts.allSatisfy({ $0.dims == element }) {
        return try Stacking.joined(parts, types[component], batch)
      }
      return try Padding.joined(parts, types[component], batch)
    }
  }
}

/// Tensors of one rank as a batch of the size of the largest, with zeros where they are smaller.
enum Padding {
  static func joined(_ parts: [Tensor], _ dtype: DType, _ batch: Shape) throws -> Tensor {
    guard dtype.isNumeric else { return try picked(parts, dtype, batch) }
    let result = try Tensor.zeros(dtype, batch)
    let size = dtype.byteSize
    let stride = batch.elementCount / max(batch[0], 1)
    var pace = Pace()
    for (index, part) in parts.enumerated() {
      try forEachRow(part.dims, in: batch) { row, place, count in
        try pace.step(count + 1)
        (result.pointer + (index * stride + place) * size)
          .copyMemory(from: part.pointer + row * size, byteCount: count * size)
      }
    }
    return result
  }

  /// Strings, resources and variants by their positions; one more part is the element of what no
  /// part has.
  private static func picked(_ parts: [Tensor], _ dtype: DType, _ batch: Shape) throws -> Tensor {
    let filler = try Tensor.zeros(dtype, [1])
    guard batch.checkedElementCount != nil else {
      throw Shape.refusal(batch.dims, batch.description)
    }
    try MemoryLimit.requireRoom(batch, .int64)
    var positions = [Int](repeating: 0, count: batch.elementCount)
    let stride = batch.elementCount / max(batch[0], 1)
    var start = 1
    var pace = Pace()
    for (index, part) in parts.enumerated() {
      try forEachRow(part.dims, in: batch) { row, place, count in
        try pace.step(count + 1)
        for offset in 0..<count {
          positions[index * stride + place + offset] = start + row + offset
        }
      }
      start += part.dims.elementCount
    }
    return try Stacking.picked(positions, of: [filler] + parts, dims: batch)
  }

  /// Calls `body` with each row of an element of shape `dims`: where it is in the element and in a
  /// slice of the batch, and its length.
  private static func forEachRow(
    _ dims: Shape, in batch: Shape, _ body: (_ row: Int, _ place: Int, _ count: Int) throws -> Void
  ) rethrows {
    let rank = dims.rank
    guard dims.elementCount > 0 else { return }
    guard rank > 0 else { return try body(0, 0, 1) }
    let count = dims[rank - 1]
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * batch[axis + 2]
    }
    var index = [Int](repeating: 0, count: rank - 1)
    for row in 0..<dims.elementCount / count {
      var place = 0
      for axis in index.indices { place += index[axis] * strides[axis] }
      try body(row * count, place, count)
      for axis in index.indices.reversed() {
        index[axis] += 1
        if index[axis] < dims[axis] { break }
        index[axis] = 0
      }
    }
  }
}
