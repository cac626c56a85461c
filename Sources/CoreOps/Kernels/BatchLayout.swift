/// How blocks of the spatial dimensions and batch entries correspond.
///
/// Entry `(offsets, n)` of the larger batch holds the points of entry `n` whose padded positions are `block · i + offset`.
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
    _ context: ShapeContext, block: [Int]?, pads: [Int]?, toBatch: Bool
  ) throws -> [PartialShape] {
    let what = toBatch ? "paddings" : "crops"
    if context.shapes.count == 3, let rank = context.shapes[1].rank, rank != 1 {
      throw TFError.invalidArgument("block_shape rank should be 1 instead of \(rank)")
    }
    let padShape = context.shapes[context.shapes.count - 1]
    if let dims = padShape.dims {
      let count = block?.count ?? (context.shapes.count == 3 ? context.shapes[1][0] : nil)
      guard dims.count == 2, dims[1] ?? 2 == 2, count == nil || dims[0] == nil || dims[0] == count else {
        throw TFError.invalidArgument(
          "\(what) should have shape [\(count.map { String($0) } ?? "?"), 2] instead of \(padShape)")
      }
    }
    guard var dims = context.shapes[0].dims else { return [.unknown] }
    if let block {
      try require(
        dims.count >= block.count + 1,
        "input rank should be >= \(block.count + 1) instead of \(dims.count)")
    }
    guard let block else { return [.unknown(rank: dims.count)] }
    var product = 1
    for size in block {
      try require(size >= 1, "All values in block_shape must be positive, got value, \(size)")
      let (next, overflow) = product.multipliedReportingOverflow(by: size)
      try require(!overflow, "Product of block sizes must be positive and not overflow")
      product = next
    }
    if let batch = dims[0] {
      if toBatch {
        let (total, overflow) = batch.multipliedReportingOverflow(by: product)
        try require(!overflow, "The batch has too many entries")
        dims[0] = total
      } else {
        try require(
          batch % product == 0,
          "Input batch dimension (\(batch)) is not divisible by product of block sizes (\(product))")
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
        start >= 0 && end >= 0 && start < 1 << 48 && end < 1 << 48,
        "\(toBatch ? "Paddings" : "Crops") must be non-negative")
      if toBatch {
        let padded = dim + start + end
        try require(
          padded % size == 0,
          "padded_shape[\(index)]=\(padded) is not divisible by block_shape[\(index)]=\(size)")
        dims[index + 1] = padded / size
      } else {
        let (whole, overflow) = dim.multipliedReportingOverflow(by: size)
        let left = whole - start - end
        try require(
          !overflow && left >= 0,
          "cropped_shape[\(index)]=\(left) must be non-negative")
        dims[index + 1] = left
      }
    }
    return [PartialShape(dims)]
  }

  func add(to copies: inout Copies) throws {
    let spatial = block.count
    let (space, batched) = toBatch ? (input, output) : (output, input)
    if output.contains(0) { return }
    let all = block.reduce(1, *)
    if toBatch, (0..<spatial).contains(where: { before[$0] != 0 || output[$0 + 1] * block[$0] != input[$0 + 1] }) {
      try copies.zero(inputCount, Region([output.reduce(1, *)]))
      copies.wait()
    }
    var offsets = [Int](repeating: 0, count: spatial)
    let count = space[0]
    for position in 0..<all {
      var inSpace = Region(space)
      var inBatch = Region(batched).window(0, position * count, count)
      for axis in 0..<spatial {
        // Positions block · i + offset - before of those in 0..<size.
        let shift = offsets[axis] - before[axis]
        let first = shift >= 0 ? 0 : (-shift + block[axis] - 1) / block[axis]
        let limit = space[axis + 1] - shift
        let last = limit <= 0 ? 0 : min(batched[axis + 1], (limit + block[axis] - 1) / block[axis])
        let size = max(last - first, 0)
        inBatch = inBatch.window(axis + 1, first, size)
        inSpace.offset += (first * block[axis] + shift) * inSpace.strides[axis + 1]
        inSpace.dims[axis + 1] = size
        inSpace.strides[axis + 1] *= block[axis]
      }
      if toBatch {
        try copies.add(0, inSpace, to: inputCount, inBatch)
      } else {
        try copies.add(0, inBatch, to: inputCount, inSpace)
      }
      var axis = spatial - 1
      while axis >= 0 {
        offsets[axis] += 1
        if offsets[axis] < block[axis] { break }
        offsets[axis] = 0
        axis -= 1
      }
    }
  }
}
