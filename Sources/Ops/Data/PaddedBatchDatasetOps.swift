import CKernels
package import CoreOps

/// Datasets of batches of elements that are padded to one shape.
package struct PaddedBatchDatasetOps: OpFamily {
  package static let family: Self = define(Self())

  package let paddedBatch = PaddedBatchDatasetOps.op(
    "PaddedBatchDataset", drops: false,
    """
    input_dataset: variant, batch_size: int64, padded_shapes: N * int64, \
      padding_values: Toutput_types -> handle: variant
    Toutput_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    N: int >= 1
    metadata: string = ''
    """)

  package let paddedBatchV2 = PaddedBatchDatasetOps.op(
    "PaddedBatchDatasetV2", drops: true,
    """
    input_dataset: variant, batch_size: int64, padded_shapes: N * int64, \
      padding_values: Toutput_types, drop_remainder: bool -> handle: variant
    parallel_copy: bool = false
    Toutput_types: list(type) >= 1
    output_shapes: list(shape) >= 1
    N: int >= 1
    metadata: string = ''
    """)

  private static func op(
    _ name: String, drops: Bool, _ signature: @autoclosure @escaping @Sendable () -> String
  ) -> OpDef {
    DatasetDefinition.op(name, signature(), vectors: ["padded_shapes"]) { context in
      let shapeRange = try context.inputRange("padded_shapes")
      let valueRange = try context.inputRange("padding_values")
      return { run in
        let input = try run.dataset()
        let size = try run.int(1)
        try require(size > 0, "Batch size must be greater than zero.")
        let dropsRemainder = drops ? run.bool(valueRange.upperBound) : false
        let (shapes, values) = (run.inputs[shapeRange], run.inputs[valueRange])
        let count = input.components.count
        try require(
          shapes.count == count,
          """
          Number of padded shapes (\(shapes.count)) must match the number of components in the \
          input dataset's elements (\(count))
          """)
        try require(
          values.count == count,
          """
          Number of padding values (\(values.count)) must match the number of components in the \
          input dataset's elements (\(count))
          """)
        let paddings = try zip(shapes, values).enumerated().map {
          try Padding(
            $0, shape: $1.0, value: $1.1, component: input.components[$0])
        }
        return try DatasetObject(
          "PaddedBatch",
          ElementBatch.components(
            paddings.map(\.component), size: dropsRemainder ? size : nil),
          cardinality: Cardinality.groups(
            input.cardinality, of: size, droppingRemainder: dropsRemainder), from: [input]
        ) { context in
          let source = try input.makeIterator(context)
          var isOver = false
          return DatasetIterator { run in
            if isOver { return nil }
            let elements = try ElementBatch.take(size, from: source, run)
            isOver = elements.count < size
            if elements.isEmpty || (dropsRemainder && isOver) { return nil }
            return try paddings.indices.map { index in
              try paddings[index].batch(elements.map { $0[index] })
            }
          }
        }
      }
    }
  }
}

/// How the values of one component are padded.
private struct Padding: Sendable {
  private let number: Int
  /// The sizes to pad to; nil for the largest of a batch.
  private let sizes: [Int?]
  private let value: Tensor
  let component: DatasetObject.Component

  init(
    _ number: Int, shape: Tensor, value: Tensor, component: DatasetObject.Component
  ) throws {
    self.number = number
    self.value = value
    try require(
      value.dtype == component.dtype,
      """
      Mismatched type between padding value \(number) and input dataset's component \(number): \
      \(value.dtype.signatureName) vs. \(component.dtype.signatureName)
      """)
    try require(
      value.dims.rank == 0,
      "All padding values must be scalars; but at least one has shape "
        + "\(value.dims)")
    try require(shape.dims.rank == 1, "All padded shapes must be vectors")
    let sizes = try shape.integers().map { size -> Int? in
      try require(size >= -1, "padded_shapes must be at least -1, got \(size)")
      return size < 0 ? nil : size
    }
    self.sizes = sizes
    self.component = .init(component.dtype, PartialShape(sizes))
  }

  /// The batch of the values, padded.
  func batch(_ parts: [Tensor]) throws -> Tensor {
    var dims = sizes.map { $0 ?? 0 }
    for part in parts {
      try require(
        part.dims.rank == sizes.count,
        """
        All elements in a batch must have the same rank as the padded shape for component \
        \(number): expected rank \(sizes.count) but got element with rank \(part.dims.rank)
        """)
      for axis in sizes.indices {
        if let size = sizes[axis] {
          guard part.dims[axis] <= size else {
            throw TFError(
              .dataLoss,
              """
              Attempted to pad to a smaller size than the input element: dimension \(axis) is \
              \(part.dims[axis]), padded to \(size)
              """
            )
          }
        } else {
          dims[axis] = max(dims[axis], part.dims[axis])
        }
      }
    }
    let element = Shape(dims)
    if parts.allSatisfy({ $0.dims == element }) {
      return try Stacking.joined(parts, component.dtype, Shape([parts.count] + dims))
    }
    guard Shape.elementCount([parts.count] + dims) != nil else {
      throw Shape.refusal([parts.count] + dims, "\(Shape([parts.count] + dims))")
    }
    let result = Shape([parts.count] + dims)
    return component.dtype.isNumeric
      ? try padded(parts, result) : try paddedObjects(parts, result)
  }

  private func padded(_ parts: [Tensor], _ dims: Shape) throws -> Tensor {
    let result = try Tensor.uninitialized(component.dtype, dims)
    let size = component.dtype.byteSize
    fill(result, size)
    let each = dims.elementCount / max(dims[0], 1) * size
    var pace = Pace()
    for (index, part) in parts.enumerated() {
      try pace.step(part.bytes.count / 8 + 1)
      copy(
        part, to: result.pointer + index * each, Shape(dims.dims.dropFirst()), size)
    }
    return result
  }

  private func fill(_ result: Tensor, _ size: Int) {
    let bytes = result.bytes
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    if value.bytes.allSatisfy({ $0 == 0 }) {
      start.initializeMemory(as: UInt8.self, repeating: 0, count: bytes.count)
      return
    }
    // Each copy doubles what is filled.
    start.copyMemory(from: value.pointer, byteCount: size)
    var filled = size
    while filled < bytes.count {
      let count = min(filled, bytes.count - filled)
      (start + filled).copyMemory(from: start, byteCount: count)
      filled += count
    }
  }

  /// Copies a value into the corner of a larger shape.
  private func copy(
    _ part: Tensor, to target: UnsafeMutableRawPointer, _ dims: Shape, _ size: Int
  ) {
    guard part.dims.elementCount > 0 else { return }
    let rank = part.dims.rank
    guard rank > 0 else {
      target.copyMemory(from: part.pointer, byteCount: size)
      return
    }
    let strides = dims.strides
    let run = part.dims[rank - 1] * size
    var index = [Int](repeating: 0, count: rank - 1)
    var source = part.pointer
    while true {
      var offset = 0
      for axis in index.indices { offset += index[axis] * strides[axis] }
      (target + offset * size).copyMemory(from: source, byteCount: run)
      source += run
      var axis = rank - 2
      while axis >= 0 {
        index[axis] += 1
        if index[axis] < part.dims[axis] { break }
        index[axis] = 0
        axis -= 1
      }
      if axis < 0 { return }
    }
  }

  /// The same for strings and other objects, by their positions: 0 is the padding's.
  private func paddedObjects(_ parts: [Tensor], _ dims: Shape) throws -> Tensor {
    try MemoryLimit.room(for: dims.elementCount &* 8)
    var positions = [Int](repeating: 0, count: dims.elementCount)
    let inner = Shape(dims.dims.dropFirst())
    let (strides, each) = (inner.strides, inner.elementCount)
    var next = 1
    for (number, part) in parts.enumerated() {
      let own = part.dims.strides
      for element in 0..<part.dims.elementCount {
        var (rest, offset) = (element, 0)
        for axis in own.indices {
          offset += rest / own[axis] * strides[axis]
          rest %= own[axis]
        }
        positions[number * each + offset] = next
        next += 1
      }
    }
    return try Stacking.picked(positions, of: [value] + parts, dims: dims)
  }
}
