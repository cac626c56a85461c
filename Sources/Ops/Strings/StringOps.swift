package import CoreOps

/// Strings made of strings and numbers.
package struct StringOps: OpFamily {
  package static let family: Self = define(Self())

  package let join = OpDef(
    "StringJoin",
    """
    inputs: N * string -> output: string
    N: int >= 0
    separator: string = ''
    """,
    shape: { context in
      var shape = PartialShape.scalar
      for input in context.shapes where input.rank != 0 {
        guard shape.rank != 0 else {
          shape = input
          continue
        }
        guard shape.isCompatible(with: input) else {
          throw TFError.invalidArgument("Input shapes do not match: \(shape) vs. \(input)")
        }
        shape = try shape.merged(with: input)
      }
      return [shape]
    },
    kernel: .dynamic { context in
      let separator = try context.bytes("separator")
      return { run in
        let dims = run.inputs.first { $0.dims.rank > 0 }?.dims ?? Shape()
        let parts = run.inputs.map { (strings: $0.strings, isScalar: $0.dims.rank == 0) }
        let builder = try StringBuilder(count: dims.elementCount)
        var pace = Pace()
        for index in 0..<dims.elementCount {
          for (number, part) in parts.enumerated() {
            if number > 0 { try separator.withUnsafeBytes { try builder.write($0) } }
            try builder.write(part.strings[part.isScalar ? 0 : index])
          }
          try builder.endElement()
          try pace.step(8 * parts.count)
        }
        return [Tensor(strings: try builder.finish(), dims: dims)]
      }
    }, gradient: .zero)

  package let reduceJoin = OpDef(
    "ReduceJoin",
    """
    inputs: string, reduction_indices: int32 -> output: string
    keep_dims: bool = false
    separator: string = ''
    """,
    shape: { context in
      let keepsDims = try context.bool("keep_dims")
      guard let dims = context.shapes[0].dims, let axes = try context.integers(1) else {
        guard keepsDims, let rank = context.shapes[0].rank else { return [.unknown] }
        return [.unknown(rank: rank)]
      }
      let reduced = try StringOps.axes(axes, rank: dims.count)
      return [
        PartialShape(
          dims.enumerated().compactMap { axis, size -> Dimension?? in
            reduced.contains(axis) ? (keepsDims ? .some(1) : nil) : .some(size)
          })
      ]
    },
    kernel: .dynamic { context in
      let keepsDims = try context.bool("keep_dims")
      let separator = try context.bytes("separator")
      return { run in
        let input = run.inputs[0]
        let axes = try StringOps.axes(run.inputs[1].integers(), rank: input.dims.rank)
        return [try StringOps.reduce(input, axes, separator, keepsDims: keepsDims)]
      }
    }, gradient: .zero)

  package let asString = OpDef(
    "AsString",
    """
    input: T -> output: string
    T: {float, double, int32, uint8, int16, int8, int64, bfloat16, uint16, half, uint32, uint64, \
    complex64, complex128, bool, variant, string}
    precision: int = -1
    scientific: bool = false
    shortest: bool = false
    width: int = -1
    fill: string = ''
    """, shape: ShapeRules.same,
    kernel: .dynamic(["T": [.numbers, .bool, .string]]) { context in
      let format = try NumberFormat(context)
      return { run in
        [try format.format(run.inputs[0])]
      }
    }, gradient: .zero)

  /// The axes as positions, in the order given.
  fileprivate static func axes(_ axes: [Int], rank: Int) throws -> [Int] {
    var positions: [Int] = []
    for axis in axes {
      guard axis >= -rank, axis < rank else {
        throw TFError.outOfRange(
          "Invalid reduction dimension \(axis) for input with \(rank) dimension(s)")
      }
      let position = axis < 0 ? axis + rank : axis
      guard !positions.contains(position) else {
        throw TFError.invalidArgument("Duplicate reduction dimension \(axis)")
      }
      positions.append(position)
    }
    return positions
  }

  /// Joins along axes, the first of which goes fastest.
  private static func reduce(
    _ input: Tensor, _ axes: [Int], _ separator: [UInt8], keepsDims: Bool
  ) throws -> Tensor {
    let dims = input.dims
    let outputDims = Shape(
      (0..<dims.rank).compactMap { axis in
        axes.contains(axis) ? (keepsDims ? 1 : nil) : dims[axis]
      })
    guard let count = outputDims.checkedElementCount else {
      throw Shape.refusal(outputDims.dims, outputDims.description)
    }
    let (strings, strides) = (input.strings, dims.strides)
    var pace = Pace()
    /// The offsets of all positions over some axes, the last of which goes fastest.
    func offsets(_ axes: [Int]) throws -> [Int] {
      try MemoryLimit.room(for: axes.reduce(16) { $0 * dims[$1] })
      return try axes.reduce([0]) { known, axis in
        var all: [Int] = []
        all.reserveCapacity(known.count * dims[axis])
        for start in known {
          try pace.step(dims[axis] + 1)
          for position in 0..<dims[axis] { all.append(start + position * strides[axis]) }
        }
        return all
      }
    }
    // Without strings there is nothing to join, however long the axes are.
    if strings.isEmpty {
      return Tensor(strings: try StringBuffer(emptyElements: count), dims: outputDims)
    }
    let inner = try offsets(axes.reversed())
    let builder = try StringBuilder(count: count, byteCount: strings.byteCount)
    for start in try offsets((0..<dims.rank).filter { !axes.contains($0) }) {
      for (number, offset) in inner.enumerated() {
        let string = strings[start + offset]
        try pace.step(string.count + separator.count + 1)
        if number > 0 { try separator.withUnsafeBytes { try builder.write($0) } }
        try builder.write(string)
      }
      try builder.endElement()
    }
    return Tensor(strings: try builder.finish(), dims: outputDims)
  }
}
