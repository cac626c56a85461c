package import CoreOps

/// Ragged tensors as elements of variant tensors, so that datasets and lists can hold them.
package struct RaggedVariantOps: OpFamily {
  package static let family: Self = define(Self())

  private static let dtypes: DTypeSet = [.plain, .string]

  package let toVariant: OpDef = OpDef(
    "RaggedTensorToVariant",
    """
    rt_nested_splits: RAGGED_RANK * Tsplits, rt_dense_values: Tvalues -> encoded_ragged: variant
    RAGGED_RANK: int >= 0
    Tvalues: type
    Tsplits: {int32, int64} = int64
    batched_input: bool
    """,
    shape: { context in
      let depth = try context.int("RAGGED_RANK")
      for index in 0..<depth { _ = try context.shape(index, rank: 1, "rt_nested_splits") }
      let values = context.shapes[depth]
      if depth > 0 {
        try require(
          values.rank ?? 1 >= 1,
          """
          Requires flat_values to have rank>=1 when nested_row_splits is not empty, but is \
          \(values.rank ?? 0).
          """
        )
      }
      guard try context.bool("batched_input") else { return [.scalar] }
      if depth > 0 { return [.of(context.shapes[0][0].map { $0 - 1 })] }
      try require(values.rank ?? 1 >= 1, "Can't unbatch rank-0 tensor.")
      return [.of(values[0])]
    },
    kernel: .dynamic(["Tvalues": dtypes]) { context in
      let depth = try context.int("RAGGED_RANK")
      let isBatched = try context.bool("batched_input")
      return { run in
        let (nested, values) = (Array(run.inputs[..<depth]), run.inputs[depth])
        let splits = try RaggedSplits.checked(nested, of: values)
        guard isBatched else {
          let value = RaggedValue(splits: nested, values: values)
          return [Tensor(.variant, objects: [value], dims: Shape())]
        }
        let rows = try rows(splits, nested.first?.dtype ?? .int64, values)
        return [Tensor(.variant, objects: rows, dims: [rows.count])]
      }
    },
    gradient: .rule(needs: .inputs) { context in
      let depth = context.inputs.count - 1
      let shape = try ShapeOps.shapeTensor(of: context.inputs[depth])
      let values = try family.toVariantGradient(
        [try context.gradient(), depth == 0 ? 0.asTensor() : context.inputs[0], shape],
        ["Tvalues": .type(context.inputs[depth].dtype)])
      return [Tensor?](repeating: nil, count: depth) + [values]
    })

  /// The rows of a ragged tensor as ragged tensors of one nesting less; those of a dense one as
  /// dense ones. They share its values.
  private static func rows(
    _ nested: [[Int]], _ dtype: DType, _ values: Tensor
  ) throws -> [RaggedValue] {
    let inner = Array(values.dims.dims.dropFirst())
    guard let top = nested.first else {
      try require(values.dims.rank >= 1, "Can't unbatch rank-0 tensor.")
      return try Stacking.rows(values).map { RaggedValue(splits: [], values: $0) }
    }
    var pace = Pace()
    return try (0..<top.count - 1).map { row in
      var (start, end) = (top[row], top[row + 1])
      let splits = try nested.dropFirst().map { ends -> Tensor in
        try pace.step(end - start + 1)
        let first = ends[start]
        let own = ends[start...end].map { $0 - first }
        (start, end) = (ends[start], ends[end])
        return try SparseRows.vector(own, dtype)
      }
      let part = values.rows(start, end, dims: Shape([end - start] + inner))
      return RaggedValue(splits: splits, values: part)
    }
  }

  package let fromVariant: OpDef = OpDef(
    "RaggedTensorFromVariant",
    """
    encoded_ragged: variant -> output_nested_splits: output_ragged_rank * Tsplits, \
      output_dense_values: Tvalues
    input_ragged_rank: int >= -1
    output_ragged_rank: int >= 0
    Tvalues: type
    Tsplits: {int32, int64} = int64
    """,
    shape: { context in
      let depth = try context.int("output_ragged_rank")
      return [PartialShape](repeating: [nil], count: depth) + [.unknown]
    },
    kernel: .dynamic(["Tvalues": dtypes]) { context in
      let outer = try context.int("output_ragged_rank")
      let attribute = try context.int("input_ragged_rank")
      let (dtype, splitsType) = (try context.type("Tvalues"), try context.type("Tsplits"))
      return { run in
        let encoded = run.inputs[0]
        let inner = try innerRank(attribute, outer: outer, rank: encoded.dims.rank)
        let parts = try components(encoded, inner, dtype, splitsType)
        if encoded.dims.rank == 0 { return parts[0].splits + [parts[0].values] }
        if outer == 0 { return [try joined(parts, dtype, isStacked: true)] }
        return try nestedSplits(parts, encoded.dims, inner).map {
          try SparseRows.vector($0, splitsType)
        } + [try joined(parts, dtype, isStacked: false)]
      }
    },
    gradient: .rule(needs: .init(inputs: [], outputs: Array(0..<63))) { context in
      let depth = try context.int("output_ragged_rank")
      let rank = context.inputs[0].shape.rank
      try require(
        rank ?? 1 <= 1,
        """
        Unable to compute gradient: RaggedTensorToVariant can currently only generate 0D or 1D \
        output.
        """
      )
      let isBatched = rank.map { $0 == 1 } ?? (depth > 0)
      let inputs = context.outputs[..<depth] + [try context.gradient(depth)]
      let attrs: Attrs = [
        "RAGGED_RANK": .int(depth), "Tsplits": .type(try context.type("Tsplits")),
        "batched_input": .bool(isBatched),
      ]
      return [try family.toVariant(Array(inputs), attrs)]
    })

  /// How deep the elements are nested, where the attribute may leave that to the shape.
  private static func innerRank(_ attribute: Int, outer: Int, rank: Int) throws -> Int {
    var inner = attribute
    if inner == -1 {
      inner = outer - rank
      if outer == 0, inner < 0 { inner = 0 }
      try require(
        inner >= 0,
        """
        Inferred input_ragged_rank (output_ragged_rank - encoded_variant.dims()) must be >= 0, \
        found output_ragged_rank: \(outer), encoded_variant.dims(): \(rank), inferred \
        input_ragged_rank: \(inner)
        """
      )
    }
    try require(
      outer == 0 && inner == 0 || outer == rank + inner,
      """
      output_ragged_rank must be equal to input_ragged_rank + encoded_ragged.dims(); \
      output_ragged_rank: \(outer), input_ragged_rank: \(inner), encoded_variant.dims(): \(rank).
      """
    )
    return inner
  }

  /// The elements of a variant tensor, which all must be ragged tensors of that nesting and those
  /// dtypes.
  private static func components(
    _ encoded: Tensor, _ depth: Int, _ dtype: DType, _ splitsType: DType
  ) throws -> [RaggedValue] {
    try encoded.objects.enumerated().map { index, object in
      guard let value = object as? RaggedValue else {
        throw TFError.invalidArgument(
          "Input Variant element at index \(index) doesn't hold a RaggedTensorVariant")
      }
      try require(
        value.splits.count == depth,
        """
        Encoded input RaggedTensorVariant has ragged_rank=\(value.splits.count).  Expected \
        ragged_rank=\(depth).
        """
      )
      try require(
        value.values.dtype == dtype,
        """
        Expected values Tensor dtype: \(dtype.signatureName), found: \
        \(value.values.dtype.signatureName)
        """
      )
      for splits in value.splits {
        try require(
          splits.dtype == splitsType,
          """
          Expected row_splits Tensor dtype: \(splitsType.signatureName), found: \
          \(splits.dtype.signatureName)
          """
        )
      }
      return value
    }
  }

  /// The splits of a tensor of ragged tensors: those of its dimensions, then those of the elements,
  /// one after the other.
  private static func nestedSplits(
    _ parts: [RaggedValue], _ dims: Shape, _ depth: Int
  ) throws -> [[Int]] {
    // A tensor without elements may have dimensions of any size.
    var nested = try (0..<dims.rank - 1).map { axis in
      let count = dims.dims[...axis].reduce(Dimension(1)) { $0 * Dimension($1) }
      try MemoryLimit.room(for: (count * 8).saturated)
      try require(
        !(count * Dimension(dims[axis + 1])).isOverflow,
        "a ragged tensor of shape \(dims) has too many rows")
      return (0...count.value).map { $0 * dims[axis + 1] }
    }
    func splits(_ sizes: [Int]) -> [Int] {
      var ends = [0]
      for size in sizes { ends.append(ends[ends.count - 1] + size) }
      return ends
    }
    nested.append(
      splits(
        try parts.map { part in
          if let first = part.splits.first { return first.dims[0] - 1 }
          try require(
            part.values.dims.rank >= 1,
            "Ragged values must have rank >= 1; an encoded scalar has a scalar as its values")
          return part.values.dims[0]
        }))
    var pace = Pace()
    for level in 0..<depth {
      var ends = [0]
      for part in parts {
        let last = ends[ends.count - 1]
        let own = try part.splits[level].integers()
        try pace.step(own.count)
        ends += own.dropFirst().map { $0 + last }
      }
      nested.append(ends)
    }
    return nested
  }

  /// The values of the parts one after the other; as rows of a tensor where they are stacked.
  private static func joined(
    _ parts: [RaggedValue], _ dtype: DType, isStacked: Bool
  ) throws -> Tensor {
    guard let first = parts.first?.values.dims else { return try Tensor.zeros(dtype, [0]) }
    let dropped = isStacked ? 0 : 1
    var rows = Dimension(0)
    for (index, part) in parts.enumerated() {
      let dims = part.values.dims
      try require(
        dims.rank == first.rank,
        """
        Rank of values must match for all components; values shape at index 0: \(first), values \
        shape at index \(index): \(dims)
        """
      )
      try require(
        dims.dims.dropFirst(dropped) == first.dims.dropFirst(dropped),
        """
        All flat_values must have compatible shapes.  Shape at index 0: \
        \(Shape(Array(first.dims.dropFirst(dropped)))).  Shape at index \(index): \
        \(Shape(Array(dims.dims.dropFirst(dropped)))).  If you are using tf.map_fn, then you may \
        need to specify an explicit fn_output_signature with appropriate ragged_rank, and/or \
        convert output tensors to RaggedTensors.
        """
      )
      rows += Dimension(isStacked ? 1 : dims[0])
    }
    try require(!rows.isOverflow, "The ragged tensors have too many values")
    return try Stacking.joined(
      parts.map(\.values), dtype, Shape([rows.value] + first.dims.dropFirst(dropped)))
  }

  package let toVariantGradient: OpDef = OpDef(
    "RaggedTensorToVariantGradient",
    """
    encoded_ragged_grad: variant, row_splits: Tsplits, dense_values_shape: int32 -> \
      dense_values_grad: Tvalues
    Tvalues: type
    Tsplits: {int32, int64} = int64
    """,
    shape: { context in [try context.shapeValue(2)] },
    kernel: .dynamic(["Tvalues": dtypes]) { context in
      let dtype = try context.type("Tvalues")
      return { run in
        let dims = try run.inputs[2].integers()
        let shape = Shape(dims)
        guard run.inputs[2].dims.rank == 1, shape.checkedElementCount != nil else {
          throw TFError.invalidArgument("dense_values_shape \(shape) is not a shape")
        }
        let splits = try run.inputs[1].integers()
        let parts = try run.inputs[0].objects.enumerated().map { index, object -> Tensor in
          if let value = object as? RaggedValue {
            try require(
              value.values.dtype == dtype,
              """
              Expected values Tensor dtype: \(dtype.signatureName), found: \
              \(value.values.dtype.signatureName)
              """
            )
            return value.values
          }
          // Nothing depends on this row: its gradient is zero.
          try require(
            index + 1 < splits.count && splits[index] <= splits[index + 1] && !dims.isEmpty,
            "row_splits have no row \(index)")
          let size = Dimension(splits[index + 1]) - Dimension(splits[index])
          return try Tensor.zeros(dtype, Shape([size.value] + dims.dropFirst()))
        }
        if parts.count == 1 { return parts }
        let count = parts.reduce(Dimension(0)) { $0 + Dimension($1.dims.elementCount) }
        try require(
          count == Dimension(shape.elementCount),
          "The gradients have \(count) values, expected \(shape.elementCount)")
        return [try Stacking.joined(parts, dtype, shape)]
      }
    }, gradient: .none("TensorFlow has no gradient for it"))
}
