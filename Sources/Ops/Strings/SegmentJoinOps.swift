package import CoreOps

/// Strings joined by segments, and tensors put into text.
package struct SegmentJoinOps: OpFamily {
  package static let family: Self = define(Self())

  package let unsortedSegmentJoin = OpDef(
    "UnsortedSegmentJoin",
    """
    inputs: string, segment_ids: Tindices, num_segments: Tnumsegments -> output: string
    separator: string = ''
    Tindices: {int32, int64}
    Tnumsegments: {int32, int64} = int32
    """,
    shape: { context in
      let (input, ids) = (context.shapes[0], context.shapes[1])
      guard let dims = input.dims, let idDims = ids.dims else { return [.unknown] }
      try require(!idDims.isEmpty, "Segment_id cannot have rank 0")
      try require(
        dims.count >= idDims.count
          && PartialShape(Array(dims[..<idDims.count])).isCompatible(with: ids),
        "The shape of segment_ids, \(ids), must be a prefix of that of inputs, \(input)")
      return [PartialShape([try context.size(2)] + dims[idDims.count...] as [Dimension?])]
    },
    kernel: .dynamic { context in
      let separator = try context.bytes("separator")
      return { run in
        [try join(run.inputs[0], run.inputs[1], run.inputs[2], separator)]
      }
    }, gradient: .zero)

  private static func join(
    _ input: Tensor, _ ids: Tensor, _ segments: Tensor, _ separator: [UInt8]
  ) throws -> Tensor {
    try require(segments.dims.rank == 0, "Number of segments must be a scalar")
    try require(ids.dims.rank > 0, "Segment_id cannot have rank 0")
    let count = try segments.integers()[0]
    try require(count >= 0, "Number of segments must be non-negative but got \(count)")
    try require(
      ids.dims.rank <= input.dims.rank, "Segment_id rank must be at most that of the input")
    for axis in 0..<ids.dims.rank where ids.dims[axis] != input.dims[axis] {
      throw TFError.invalidArgument(
        """
        Segment dimension is \(ids.dims[axis]) while input dimension is \(input.dims[axis]) in \
        rank \(axis)
        """)
    }
    let inner = input.dims.dims[ids.dims.rank...]
    let dims = Shape([count] + inner)
    guard let total = dims.checkedElementCount else {
      throw Shape.refusal(dims.dims, dims.description)
    }
    let (strings, columns) = (input.strings, inner.reduce(1, *))
    let rowIDs = try ids.integers()
    var pace = Pace()
    for id in rowIDs {
      try pace.step()
      try require(
        id >= 0 && id < count,
        "segment_ids are not allowed to exceed num_segments or to have negative values.")
    }
    // Without columns there may be any number of segments.
    if total == 0 { return Tensor(strings: try StringBuffer(emptyElements: 0), dims: dims) }
    try MemoryLimit.room(for: (count + rowIDs.count) * 16)
    // The rows by segment, and where each segment's begin.
    var starts = [Int](repeating: 0, count: count + 1)
    for id in rowIDs { starts[id + 1] += 1 }
    for id in 0..<count { starts[id + 1] += starts[id] }
    var rows = [Int](repeating: 0, count: rowIDs.count)
    var ends = starts
    for (row, id) in rowIDs.enumerated() {
      rows[ends[id]] = row
      ends[id] += 1
    }
    let builder = try StringBuilder(count: total, byteCount: strings.byteCount)
    for id in 0..<count {
      try pace.step()
      for column in 0..<columns {
        // What joins to nothing yet is not separated from what follows, as in TensorFlow.
        var isEmpty = true
        for position in starts[id]..<starts[id + 1] {
          if !isEmpty { try builder.write(separator) }
          let string = strings[rows[position] * columns + column]
          try pace.step(string.count + separator.count + 1)
          try builder.write(string)
          if string.count > 0 { isEmpty = false }
        }
        try builder.endElement()
      }
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  package let stringFormat = OpDef(
    "StringFormat",
    """
    inputs: T -> output: string
    T: list(type) >= 0
    template: string = '%s'
    placeholder: string = '%s'
    summarize: int = 3
    """, shape: ShapeRules.scalar,
    kernel: .dynamic { context in
      let template = try context.bytes("template")
      let parts = pieces(of: template, between: try context.bytes("placeholder"))
      let limit = try context.int("summarize")
      try require(
        parts.count - 1 == context.inputTypes.count,
        """
        num placeholders in template and num inputs must match: \(parts.count - 1) vs. \
        \(context.inputTypes.count)
        """)
      return { run in
        let builder = try StringBuilder(count: 1, byteCount: template.count)
        for (index, part) in parts.enumerated() {
          try builder.write(Array(part))
          if index < run.inputs.count {
            try builder.write(run.inputs[index].edgeSummary(edge: limit))
          }
        }
        try builder.endElement()
        return [Tensor(strings: try builder.finish(), dims: Shape())]
      }
    }, gradient: .zero)

  /// What stands between the placeholders of a template.
  private static func pieces(
    of template: [UInt8], between placeholder: [UInt8]
  ) -> [ArraySlice<UInt8>] {
    var rest = template[...]
    var pieces: [ArraySlice<UInt8>] = []
    while !placeholder.isEmpty, let range = rest.firstRange(of: placeholder) {
      pieces.append(rest[..<range.lowerBound])
      rest = rest[range.upperBound...]
    }
    return pieces + [rest]
  }
}
