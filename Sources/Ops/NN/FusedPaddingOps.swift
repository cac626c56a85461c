import CKernels
package import CoreOps

/// Convolutions of images that are resized and mirrored outwards first.
package struct FusedPaddingOps: OpFamily {
  package static let family: Self = define(Self())

  package let fusedPadConv2D: OpDef = OpDef(
    "FusedPadConv2D",
    """
    input: T, paddings: int32, filter: T -> output: T
    T: {half, bfloat16, float, double}
    mode: {'REFLECT', 'SYMMETRIC'}
    strides: list(int)
    padding: {'SAME', 'VALID'}
    """,
    shape: { [try FusedPadding.output($0, size: nil, paddings: 1)] },
    kernel: FusedPadding.kernel(.floats, size: nil, paddings: 1),
    gradient: .none("made by optimisation only"))

  package let fusedResizeAndPadConv2D: OpDef = OpDef(
    "FusedResizeAndPadConv2D",
    """
    input: T, size: int32, paddings: int32, filter: T -> output: T
    T: {half, float, double}
    resize_align_corners: bool = false
    mode: {'REFLECT', 'SYMMETRIC'}
    strides: list(int)
    padding: {'SAME', 'VALID'}
    """,
    shape: { [try FusedPadding.output($0, size: 1, paddings: 2)] },
    kernel: FusedPadding.kernel(DTypeSet(.half, .float32, .float64), size: 1, paddings: 2),
    gradient: .none("made by optimisation only"))
}

private enum FusedPadding {
  static func attrs(_ context: some AttrAccess) throws -> WindowAttrs {
    let strides = try context.ints("strides")
    try require(strides.count == 4, "Sliding window strides field must specify 4 dimensions")
    try require(
      strides[0] == 1 && strides[3] == 1,
      "Current implementation does not yet support strides in the batch and depth dimensions.")
    return try WindowAttrs(
      spatial: 2, channelsFirst: false, strides: Array(strides[1...2]), dilations: [1, 1],
      padding: WindowAttrs.padding(context, rank: 4, channelAxis: 3))
  }

  /// The image's shape after resizing, checked.
  static func resized(_ input: PartialShape, _ size: [Int]?, takesSize: Bool) throws -> PartialShape
  {
    guard takesSize else { return input }
    guard let size else { return .of(input[0], nil, nil, input[3]) }
    guard size.count == 2, size.allSatisfy({ $0 > 0 && $0 < 1 << 24 }) else {
      throw TFError.invalidArgument("output dimensions must be positive, got \(size)")
    }
    return .of(input[0], Dimension(size[0]), Dimension(size[1]), input[3])
  }

  /// The shape after mirroring, checked.
  static func padded(_ shape: PartialShape, _ pads: [Int], symmetric: Bool) throws -> PartialShape {
    PartialShape(
      try (0..<4).map { (axis: Int) -> Dimension? in
        let (before, after) = (Dimension(pads[2 * axis]), Dimension(pads[2 * axis + 1]))
        guard before >= 0, after >= 0 else {
          throw TFError.invalidArgument("paddings must be non-negative: \(before) \(after)")
        }
        guard let size = shape[axis] else { return nil }
        let most = symmetric ? size : size - 1
        guard before <= max(most, 0), after <= max(most, 0) else {
          throw TFError.invalidArgument(
            """
            paddings must be \(symmetric ? "no greater" : "less") than the dimension size: \
            \(before), \(after) against \(size)
            """
          )
        }
        return size + before + after
      })
  }

  static func output(_ context: ShapeContext, size: Int?, paddings: Int) throws -> PartialShape {
    let attrs = try attrs(context)
    let input = try context.shape(0, rank: 4)
    let filter = try context.shape(paddings + 1, rank: 4, "filter")
    if let size { _ = try context.shape(size, rank: 1, "size").merged(with: [2]) }
    let matrix = try context.shape(paddings, rank: 2, "paddings")
    try require(
      matrix.isCompatible(with: [4, 2]),
      "paddings must be a matrix of 4 rows and 2 columns: \(matrix)")
    let image = try resized(
      input, try size.flatMap { try context.integers($0) }, takesSize: size != nil)
    let symmetric = try context.string("mode") == "SYMMETRIC"
    let shape =
      try context.integers(paddings).map { try padded(image, $0, symmetric: symmetric) }
      ?? .unknown(rank: 4)
    if let depth = shape[3], let expected = filter[2], depth != expected {
      throw TFError.invalidArgument(
        "input and filter must have the same depth: \(depth) vs \(expected)")
    }
    return try ConvolutionRules.output(attrs, shape, filter, .conv2D)
  }

  static func kernel(_ types: DTypeSet, size: Int?, paddings: Int) -> Kernel {
    .raw(["T": types]) { context in
      let attrs = try attrs(context)
      let dtype = try context.type("T")
      let symmetric = try context.string("mode") == "SYMMETRIC"
      let alignCorners = try size != nil && context.bool("resize_align_corners")
      return { specialise in
        let input = specialise.inputs[0]
        let image = try resized(
          PartialShape(input), try size.map { try specialise.integers($0) }, takesSize: size != nil)
        let pads = try specialise.integers(paddings)
        let shape = try padded(image, pads, symmetric: symmetric)
        guard let known = shape.known, let height = image[1]?.value, let width = image[2]?.value
        else {
          throw TFError.internal("the image's shape is not known")
        }
        let kernel = try ConvolutionKernel(
          attrs, dtype, input: known, filter: specialise.inputs[paddings + 1],
          output: specialise.outputs[0], depthwise: false)
        guard let count = known.checkedElementCount else {
          throw TFError.invalidArgument("the padded image \(known) is too large")
        }
        func scale(_ from: Int, _ to: Int) -> Float {
          alignCorners && to > 1 ? Float(from - 1) / Float(to - 1) : Float(from) / Float(max(to, 1))
        }
        var resize = jk_resize_pad()
        resize.batch = Int64(input[0])
        resize.in_height = Int64(input[1])
        resize.in_width = Int64(input[2])
        resize.channels = Int64(input[3])
        resize.height = Int64(height)
        resize.width = Int64(width)
        resize.scale_y = scale(input[1], height)
        resize.scale_x = scale(input[2], width)
        let p = pads.map(Int64.init)
        resize.pad = ((p[0], p[1]), (p[2], p[3]), (p[4], p[5]), (p[6], p[7]))
        resize.symmetric = symmetric ? 1 : 0
        let ready = resize
        let isEmpty = input.elementCount == 0
        let bytes = (count * dtype.byteSize + 63) & ~63
        // The convolution's own order of pointers: image, filter, output, scratch.
        let convolve = kernel.forward()
        let convolveScratch = convolve.scratchBytes
        let output = paddings + 2
        return .run(scratch: bytes + convolveScratch) { pointers in
          var resize = ready
          let padded = pointers[output + 1]
          if !isEmpty {
            jk_run_resize_pad(Int32(dtype.rawValue), &resize, pointers[0], padded)
          }
          try withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: 4) {
            inner in
            inner.initializeElement(at: 0, to: padded)
            inner.initializeElement(at: 1, to: pointers[paddings + 1])
            inner.initializeElement(at: 2, to: pointers[output])
            inner.initializeElement(at: 3, to: padded + bytes)
            if let base = inner.baseAddress { try convolve.run(base) }
          }
        }
      }
    }
  }
}
