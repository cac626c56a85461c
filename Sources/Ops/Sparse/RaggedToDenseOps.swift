import CKernels
package import CoreOps

/// Ragged tensors made dense.
package struct RaggedToDenseOps: OpFamily {
  package static let family: Self = define(Self())

  private enum Partition: String {
    case firstDimSize = "FIRST_DIM_SIZE"
    case valueRowIds = "VALUE_ROWIDS"
    case rowLengths = "ROW_LENGTHS"
    case rowSplits = "ROW_SPLITS"
  }

  package let toTensor: OpDef = OpDef(
    "RaggedTensorToTensor",
    """
    shape: Tshape, values: T, default_value: T, \
      row_partition_tensors: num_row_partition_tensors * Tindex -> result: T
    T: type
    Tindex: {int64, int32}
    Tshape: {int64, int32}
    num_row_partition_tensors: int >= 1
    row_partition_types: list(string)
    """,
    shape: { context in
      let partitions = try partitions(context)
      let depth = depth(partitions)
      guard let values = context.shapes[1].dims else { return [.unknown] }
      try checkDefault(context.shapes[2], context.shapes[1])
      guard let target = try target(context) else {
        return [.unknown(rank: depth + values.count)]
      }
      return [try combined(target, depth, values)]
    },
    kernel: .dynamic(["T": [.plain, .string]], objects: .move()) { context in
      let partitions = try partitions(context)
      let depth = depth(partitions)
      return { run in
        let (values, filler) = (run.inputs[1], run.inputs[2])
        try checkDefault(PartialShape(filler.dims), PartialShape(values.dims))
        try require(values.dims.rank >= 1, "values must have at least 1 dimension")
        let known = KnownValues(run.inputs.map { $0 })
        let given = try combined(
          try target(run.inputs[0].dims, known[0]) ?? nil, depth,
          PartialShape(values.dims).dims ?? [])
        let tensors = try run.inputs.dropFirst(3).prefix(partitions.count).map { try $0.integers() }
        try require(
          tensors.count >= partitions.count,
          "row_partition_types names \(partitions.count) partitions, but there are \(tensors.count)"
        )
        var dims = given.dims ?? []
        let levels = Array(tensors.suffix(depth))
        let kinds = Array(partitions.suffix(depth))
        let rows = try firstDim(partitions, tensors)
        if dims[0] == nil { dims[0] = Dimension(rows) }
        for level in 0..<depth where dims[level + 1] == nil {
          dims[level + 1] = Dimension(try width(kinds[level], levels[level]))
        }
        let shape = Shape(dims.map { $0?.value ?? 0 })
        guard shape.checkedElementCount != nil else {
          throw TFError.invalidArgument("output shape \(shape) has too many elements")
        }
        let strides = Shape(Array(shape.dims[0...depth])).strides
        try checkLength(rows)
        var places = (0..<rows).map { $0 < shape[0] ? Int64($0 * strides[0]) : -1 }
        for level in 0..<depth {
          places = try inner(
            kinds[level], levels[level], places, shape[level + 1], strides[level + 1])
        }
        try require(
          places.count <= values.dims[0],
          "The row partitions have \(places.count) values, but there are \(values.dims[0])")
        let output = try runKernel(
          ShapeOps.family.broadcastTo, [filler, SparseRows.vector(shape.dims)])[0]
        let result = try Tensor.uninitialized(values.dtype, shape)
        result.bytes.copyMemory(from: UnsafeRawBufferPointer(output.bytes))
        withExtendedLifetime(output) {}
        let inner = values.dims.dims.dropFirst().reduce(1, *)
        _ = jk_scatter_rows(
          nil, result.pointer, values.pointer, places, places.count, inner, values.dtype.byteSize, 0
        )
        withExtendedLifetime(values) {}
        return [result]
      }
    },
    gradient: .rule { try gradient($0) })

  private static func partitions(_ context: some AttrAccess) throws -> [Partition] {
    let partitions = try context.strings("row_partition_types").map { name in
      guard let partition = Partition(rawValue: name) else {
        throw TFError.invalidArgument("Unknown string for partition info type: \(name)")
      }
      return partition
    }
    switch partitions.first {
    case nil: throw TFError.invalidArgument("Must have row_partition_types of at least 1 element")
    case .valueRowIds:
      throw TFError.invalidArgument("Cannot handle VALUE_ROWIDS in first dimension.")
    default: break
    }
    for partition in partitions.dropFirst(partitions[0] == .firstDimSize ? 1 : 0)
    where partition != .valueRowIds && partition != .rowSplits {
      throw TFError.invalidArgument("Cannot handle type \(partition.rawValue)")
    }
    return partitions
  }

  /// How often rows are nested in each other.
  private static func depth(_ partitions: [Partition]) -> Int {
    partitions[0] == .firstDimSize ? partitions.count - 1 : partitions.count
  }

  /// The wanted shape, `.some(nil)` for one that is open, nil when it is not known.
  private static func target(_ context: ShapeContext) throws -> [Dimension?]?? {
    guard let shape = context.shapes[0].known else { return nil }
    return try target(shape, context.values[0])
  }

  private static func target(_ shape: Shape, _ value: Tensor?) throws -> [Dimension?]?? {
    try require(shape.rank <= 1, "shape must be a scalar or a vector, got shape \(shape)")
    guard let value else { return nil }
    let dims = try value.integers()
    if shape.rank == 0 {
      try require(
        dims == [-1],
        "The only valid scalar shape tensor is the fully unknown shape specified as -1.")
      return .some(nil)
    }
    for dim in dims { try require(dim >= -1, "Dimension \(dim) must be >= -1") }
    return .some(dims.map { $0 < 0 ? nil : Dimension($0) })
  }

  private static func combined(_ target: [Dimension?]?, _ depth: Int, _ values: [Dimension?]) throws
    -> PartialShape
  {
    let inner = Array(values.dropFirst())
    let outer = [Dimension?](repeating: nil, count: depth + 1)
    guard let target else { return PartialShape(outer + inner) }
    let text = "rt_input.shape and shape=\(PartialShape(target)) are incompatible"
    try require(
      target.count == depth + 1 + inner.count,
      "\(text): rt_input.rank = \(depth + 1 + inner.count) but shape.rank = \(target.count)")
    return PartialShape(
      Array(target[0...depth])
        + (try zip(target[(depth + 1)...], inner).map { wanted, own in
          try require(
            wanted == nil || own == nil || wanted == own,
            "\(text): the inner dimensions are \(PartialShape(inner))")
          return wanted ?? own
        }))
  }

  private static func checkDefault(_ filler: PartialShape, _ values: PartialShape) throws {
    guard let own = filler.dims, let rows = values.dims else { return }
    let text =
      "default_value.shape=\(filler) and rt_input.flat_values.shape=\(values) are incompatible"
    try require(
      rows.isEmpty || own.count < rows.count,
      """
      \(text): default_value.rank = \(own.count)  must be less than rt_input.flat_values.rank = \
      \(rows.count)
      """
    )
    for (a, b) in zip(own.reversed(), rows.dropFirst().reversed()) {
      guard let a, let b, a != 1 else { continue }
      try require(a == b, "\(text): \(a) does not broadcast to \(b)")
    }
  }

  private static func firstDim(_ partitions: [Partition], _ tensors: [[Int]]) throws -> Int {
    guard let first = tensors[0].first else {
      throw TFError.invalidArgument(
        "Invalid first partition input. Tensor requires at least one element.")
    }
    let rows = partitions[0] == .firstDimSize ? first : tensors[0].count - 1
    try require(rows >= 0, "Dimension \(rows) must be >= 0")
    return rows
  }

  /// The longest row.
  private static func width(_ kind: Partition, _ values: [Int]) throws -> Int {
    if kind == .rowSplits {
      return zip(values, values.dropFirst()).map {
        $1.subtractingReportingOverflow($0).partialValue
      }.max().map { max($0, 0) } ?? 0
    }
    var (longest, length) = (0, 0)
    for (position, row) in values.enumerated() {
      length = position > 0 && values[position - 1] == row ? length + 1 : 1
      longest = max(longest, length)
    }
    return longest
  }

  /// - Throws: `RESOURCE_EXHAUSTED` when a list of that many rows would be too long.
  private static func checkLength(_ rows: Int) throws {
    guard rows <= 1 << 28 else {
      throw TFError.resourceExhausted("row partitions of \(rows) rows are too long")
    }
  }

  /// Where the rows of the next level go, -1 for those that are cut off.
  private static func inner(
    _ kind: Partition, _ values: [Int], _ parents: [Int64], _ size: Int, _ stride: Int
  ) throws -> [Int64] {
    var result: [Int64] = []
    var pace = Pace()
    func append(_ parent: Int64, _ position: Int) throws {
      try pace.step()
      result.append(parent >= 0 && position < size ? parent + Int64(position * stride) : -1)
    }
    if kind == .rowSplits {
      try require(
        values.isEmpty || values.count - 1 <= parents.count,
        "Row partition size is greater than output size: \(values.count - 1) > \(parents.count)")
      for (row, end) in values.dropFirst().enumerated() {
        let length = end.subtractingReportingOverflow(values[row])
        try require(
          !length.overflow && length.partialValue >= 0 && values[0] == 0, "Invalid row split size.")
        try checkLength(end)
        for position in 0..<length.partialValue { try append(parents[row], position) }
      }
      return result
    }
    var position = 0
    for (element, row) in values.enumerated() {
      if element > 0, values[element - 1] == row { position += 1 } else { position = 0 }
      guard row >= 0, row < parents.count else {
        throw TFError.invalidArgument(
          """
          Got \(element == 0 ? "current" : "next")_value_rowid=\(row) which is not less than \
          \(parents.count)
          """
        )
      }
      try append(parents[row], position)
    }
    return result
  }

  private static func gradient(_ context: GradientContext) throws -> [Tensor?] {
    let gradient = try context.gradient()
    let (values, filler) = (context.inputs[1], context.inputs[2])
    let partitions = context.inputs.dropFirst(3)
    let count = try ShapeOps.firstDimension(of: values)
    let depth = depth(try Self.partitions(context))
    // The places of the values: their numbers, counted from 1, in a tensor of the outer dimensions.
    let numbers = try SearchOps.family.range([1.asTensor(), count + 1, 1.asTensor()])
    let outer = try SliceOps.family.slice([
      ShapeOps.shapeTensor(of: context.outputs[0]), ShapeOps.vector([0]),
      ShapeOps.vector([depth + 1]),
    ])
    var attrs = context.attrs
    attrs["T"] = .type(.int32)
    attrs["Tshape"] = .type(.int32)
    let cells = try apply(context.op, [outer, numbers, 0.asTensor()] + partitions, attrs)[0]
    let flat = try ShapeOps.flat(cells)
    let rest = try SliceOps.family.slice([
      ShapeOps.shapeTensor(of: values), ShapeOps.vector([1]), ShapeOps.vector([-1]),
    ])
    let rowShape = try JoinOps.family.concatV2([
      ShapeOps.family.reshape([ShapeOps.sizeTensor(of: cells), ShapeOps.vector([1])]),
      rest, 0.asTensor(),
    ])
    let rows = try ShapeOps.family.reshape([gradient, rowShape])
    let valuesGradient = try SegmentOps.family.unsortedSum([rows, flat - 1, count])
    // Elements that no value covers have the default value; segment 0 sums their gradients.
    let covered = try BinaryOps.family.minimum(flat, 1.asTensor())
    let uncovered = try SegmentOps.family.unsortedSum([rows, covered, 2.asTensor()])
    let missing = try SegmentOps.gather(uncovered, 0.asTensor())
    let fillerGradient = try reduceToShape(missing, of: filler, other: missing)
    return [nil, valuesGradient, fillerGradient]
      + [Tensor?](repeating: nil, count: partitions.count)
  }
}
