/// How blocks of the spatial dimensions and batch entries correspond.
///
/// Entry `(offsets, n)` of the larger batch holds the points of entry `n` whose padded positions
/// are `block · i + offset`.
struct BatchLayout {
  let toBatch: Bool
  let block: [Int]
  /// The padding or cropping before each spatial dimension.
  let before: [Int]
  let input: [Int]
  let output: [Int]

  init(_ specialise: SpecialiseContext, block: [Int], pads: [Int], toBatch: Bool) throws {
    self.toBatch = toBatch
    self.block = block
    before = block.indices.map { pads[2 * $0] }
    input = specialise.inputs[0].dims
    output = specialise.outputs[0].dims
    inputCount = specialise.inputs.count
  }

  private let inputCount: Int

  static func outputShape(
    _ context: ShapeContext, block: [Dimension]?, pads: [Dimension]?, toBatch: Bool
  ) throws -> [PartialShape] {
    let what = toBatch ? "paddings" : "crops"
    if context.shapes.count == 3, let rank = context.shapes[1].rank, rank != 1 {
      throw TFError.invalidArgument("block_shape rank should be 1 instead of \(rank)")
    }
    let padShape = context.shapes[context.shapes.count - 1]
    if let dims = padShape.dims {
      var count = block.map { Dimension($0.count) }
      if count == nil, context.shapes.count == 3 { count = context.shapes[1][0] }
      guard dims.count == 2, dims[1] ?? 2 == 2, count == nil || dims[0] == nil || dims[0] == count
      else {
        throw TFError.invalidArgument(
          "\(what) should have shape [\(count?.description ?? "?"), 2] instead of \(padShape)"
        )
      }
    }
    guard var dims = context.shapes[0].dims else { return [.unknown] }
    if let block {
      try require(
        dims.count >= block.count + 1,
        "input rank should be >= \(block.count + 1) instead of \(dims.count)")
    }
    guard let block else { return [.unknown(rank: dims.count)] }
    var product: Dimension = 1
    for size in block {
      try require(size >= 1, "All values in block_shape must be positive, got value, \(size)")
      product *= size
    }
    try require(!product.isOverflow, "Product of block sizes must be positive and not overflow")
    if let batch = dims[0] {
      if toBatch {
        dims[0] = batch * product
      } else {
        try require(
          batch % product == 0,
          "Input batch dimension (\(batch)) is not divisible by product of block sizes (\(product))"
        )
        dims[0] = batch / product
      }
    }
    for (index, size) in block.enumerated() {
      guard let pads, let dim = dims[index + 1] else {
        dims[index + 1] = nil
        continue
      }
      let (start, end) = (pads[2 * index], pads[2 * index + 1])
      try require(
        start >= 0 && end >= 0,
        "\(toBatch ? "Paddings" : "Crops") must be non-negative")
      if toBatch {
        let padded = dim + start + end
        try require(
          padded % size == 0,
          "padded_shape[\(index)]=\(padded) is not divisible by block_shape[\(index)]=\(size)")
        dims[index + 1] = padded / size
      } else {
        let left = dim * size - start - end
        try require(
          left >= 0,
          "cropped_shape[\(index)]=\(left) must be non-negative")
        dims[index + 1] = left
      }
    }
    return [PartialShape(dims)]
  }

  /// The points of one batch entry along one spatial dimension.
  private struct Phase {
    let offset: Int
    /// The first point, where it is in space, and how many there are.
    let first: Int
    let start: Int
    let size: Int
  }

  /// The offsets within a block along dimension `axis` that meet points of the space at all.
  private func phases(_ axis: Int, _ space: Int, _ batched: Int) -> [Phase] {
    let (block, before) = (block[axis], before[axis])
    // Padded positions `before ..< before + space` have at most that many different offsets.
    let candidates =
      space >= block ? Array(0..<block) : (0..<space).map { (before + $0) % block }.sorted()
    return candidates.compactMap { offset in
      let shift = offset - before
      let first = shift >= 0 ? 0 : (-shift + block - 1) / block
      let limit = space - shift
      let end = limit <= 0 ? 0 : min(batched, (limit + block - 1) / block)
      return end > first
        ? Phase(offset: offset, first: first, start: first * block + shift, size: end - first) : nil
    }
  }

  /// The most entries of the batch that one is spread over: each is a copy of its own.
  private static let largestBlock = 1 << 24

  func add(to copies: inout Copies) throws {
    let spatial = block.count
    let (space, batched) = toBatch ? (input, output) : (output, input)
    if output.contains(0) { return }
    if toBatch,
      (0..<spatial).contains(where: {
        before[$0] != 0 || output[$0 + 1] * block[$0] != input[$0 + 1]
      })
    {
      try copies.zero(inputCount, Region([output.reduce(1, *)]))
      copies.wait()
    }
    // Each combination of phases is one batch entry.
    var entries = [(position: 0, space: Region(space), batch: Region(batched))]
    for axis in 0..<spatial {
      guard entries.count * min(space[axis + 1], block[axis]) <= Self.largestBlock else {
        throw TFError.resourceExhausted(
          "a block of \(block) has more than \(Self.largestBlock) entries")
      }
      let phases = phases(axis, space[axis + 1], batched[axis + 1])
      entries = entries.flatMap { position, inSpace, inBatch in
        phases.map { phase in
          var region = inSpace
          region.offset += phase.start * region.strides[axis + 1]
          region.dims[axis + 1] = phase.size
          region.strides[axis + 1] *= block[axis]
          return (
            position * block[axis] + phase.offset, region,
            inBatch.window(axis + 1, phase.first, phase.size)
          )
        }
      }
    }
    for entry in entries {
      let inBatch = entry.batch.window(0, entry.position * space[0], space[0])
      if toBatch {
        try copies.add(0, entry.space, to: inputCount, inBatch)
      } else {
        try copies.add(0, inBatch, to: inputCount, entry.space)
      }
    }
  }
}
