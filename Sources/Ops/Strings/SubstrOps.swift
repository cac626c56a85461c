package import CoreOps

/// Parts of strings.
package struct SubstrOps: OpFamily {
  package static let family: Self = define(Self())

  package let substr = OpDef(
    "Substr",
    """
    input: string, pos: T, len: T -> output: string
    T: {int32, int64}
    unit: {'BYTE', 'UTF8_CHAR'} = 'BYTE'
    """,
    shape: { context in
      let (position, length) = (context.shapes[1], context.shapes[2])
      if position.rank != nil, length.rank != nil {
        try require(
          position.isCompatible(with: length),
          "pos and len should have the same shape, got: \(position) vs. \(length)")
      }
      return [try ShapeRules.broadcast(context.shapes[0], position)]
    },
    kernel: .dynamic(["T": [.int32, .int64]]) { context in
      let inBytes = try context.string("unit") == "BYTE"
      return { run in try [cut(run.inputs[0], run.inputs[1], run.inputs[2], inBytes)] }
    }, gradient: .zero)

  private static func cut(
    _ input: Tensor, _ positions: Tensor, _ lengths: Tensor, _ inBytes: Bool
  ) throws -> Tensor {
    try require(
      positions.dims == lengths.dims,
      "pos and len should have the same shape, got: \(positions.dims) vs. \(lengths.dims)")
    guard let dims = try ShapeRules.broadcast(input.shape, positions.shape).known else {
      throw TFError.internal("shapes that are known do not broadcast to one that is")
    }
    guard let count = dims.checkedElementCount else {
      throw Shape.refusal(dims.dims, dims.description)
    }
    let (strings, starts, sizes) = (input.strings, try positions.integers(), try lengths.integers())
    let (ofString, ofPosition) = (
      try broadcastIndices(input.dims, to: dims), try broadcastIndices(positions.dims, to: dims)
    )
    let builder = try StringBuilder(count: count)
    var pace = Pace()
    for index in 0..<count {
      let place = ofPosition[index]
      let string = strings[ofString[index]]
      try pace.step(string.count + 1)
      try string.withBytes { text in
        guard let range = range(text, starts[place], sizes[place], inBytes) else {
          let shown = inBytes ? " b'\(string.text)'" : ""
          throw TFError.invalidArgument(
            "pos \(starts[place]) out of range for string\(shown) at index \(index)")
        }
        try builder.append(UnsafeRawBufferPointer(rebasing: text[range]))
      }
    }
    return Tensor(strings: try builder.finish(), dims: dims)
  }

  /// The bytes of `size` units from unit `start`, counted from the end when negative; nil when the
  /// string has no such unit. A negative size is any.
  private static func range(
    _ text: UnsafeRawBufferPointer, _ start: Int, _ size: Int, _ inBytes: Bool
  ) -> Range<Int>? {
    let count = inBytes ? text.count : UTF8Characters.count(text)
    guard start >= -count, start <= count else { return nil }
    let first = start < 0 ? start + count : start
    let length = size < 0 ? count - first : min(size, count - first)
    if inBytes { return first..<first + length }
    var from = 0
    for _ in 0..<first { from = UTF8Characters.next(text, from) }
    var to = from
    for _ in 0..<length { to = UTF8Characters.next(text, to) }
    return from..<to
  }
}
