import CKernels
package import CoreOps

/// Ops that join and resize quantised values, each operand with the range that its type's steps
/// divide.
package struct QuantizedArrayOps: OpFamily {
  package static let family: Self = define(Self())

  package let quantizedConcat: OpDef = OpDef(
    "QuantizedConcat",
    """
    concat_dim: int32, values: N * T, input_mins: N * float, input_maxes: N * float -> output: T, \
      output_min: float, output_max: float
    N: int >= 2
    T: type
    """,
    shape: { context in
      let values = try context.range("values")
      let axis = try context.integers(0)?.first
      return [try concatenatedShape(values.map { context.shapes[$0] }, axis), .scalar, .scalar]
    },
    kernel: .dynamic(["T": DTypeSet(.quint8, .qint32)]) { context in
      let (values, mins, maxes) = (
        try context.inputRange("values"), try context.inputRange("input_mins"),
        try context.inputRange("input_maxes")
      )
      return { run in
        try require(
          run.inputs[0].dims.elementCount == 1,
          "Concat dim tensor should be a scalar integer, but got shape \(run.inputs[0].dims)")
        return try concatenated(
          Array(run.inputs[values]), axis: run.inputs[0].integers()[0],
          mins: run.inputs[mins].map { try QuantizedOps.rangeEnd($0, "input_mins", loose: true) },
          maxes: run.inputs[maxes].map { try QuantizedOps.rangeEnd($0, "input_maxes", loose: true) }
        )
      }
    }, gradient: .none("TensorFlow defines no gradient for QuantizedConcat"))

  package let quantizedResizeBilinear: OpDef = OpDef(
    "QuantizedResizeBilinear",
    """
    images: T, size: int32, min: float, max: float -> resized_images: T, out_min: float, \
      out_max: float
    T: {quint8, qint32, float}
    align_corners: bool = false
    half_pixel_centers: bool = false
    """,
    shape: { context in
      try QuantizedOps.checkScalars(context, 2..<4)
      return [try ResizeOps.resizedShape(context), .scalar, .scalar]
    },
    kernel: .dynamic { context in
      let dtype = context.inputTypes[0]
      let align = try context.bool("align_corners")
      let half = try context.bool("half_pixel_centers")
      return { run in
        let images = run.inputs[0]
        let sides = try run.inputs[1].integers()
        _ = try ResizeOps.resizedShape(images.shape, run.inputs[1].shape, sides)
        let (min, max) = (
          try QuantizedOps.rangeEnd(run.inputs[2], "min"),
          try QuantizedOps.rangeEnd(run.inputs[3], "max")
        )
        let dims = images.dims
        let count = dims.elementCount
        let outDims = Shape([dims[0], sides[0], sides[1], dims[3]])
        var floats = images
        if dtype != .float32 {
          floats = try Tensor.uninitialized(.float32, dims)
          jk_dequantize_min_first(
            Int32(dtype.rawValue), images.pointer,
            floats.pointer.assumingMemoryBound(to: Float.self), count, min, max)
        }
        let result = try Tensor.uninitialized(.float32, outDims)
        let axes = try [1, 2].map {
          try ResizeAxis(from: dims[$0], to: outDims[$0], alignCorners: align, halfPixel: half)
            .bilinear()
        }
        let shape = jk_resize(
          batch: Int64(dims[0]), in_h: Int64(dims[1]), in_w: Int64(dims[2]), out_h: Int64(sides[0]),
          out_w: Int64(sides[1]), channels: Int64(dims[3]))
        let status = withUnsafePointer(to: shape) { shape in
          axes[0].withPointer { rows in
            axes[1].withPointer {
              jk_resample(
                shape, rows, $0, floats.pointer.assumingMemoryBound(to: Float.self),
                result.pointer.assumingMemoryBound(to: Float.self))
            }
          }
        }
        guard status == 0 else {
          throw TFError.resourceExhausted("no memory for a row of an image")
        }
        let ends = try [Tensor(scalar: min), Tensor(scalar: max)]
        if dtype == .float32 { return [result] + ends }
        let output = try Tensor.uninitialized(dtype, outDims)
        jk_quantize_min_first(
          Int32(dtype.rawValue), result.pointer.assumingMemoryBound(to: Float.self), output.pointer,
          outDims.elementCount, min, max)
        return [output] + ends
      }
    }, gradient: .none("TensorFlow defines no gradient for QuantizedResizeBilinear"))

  private static func concatenatedShape(_ shapes: [PartialShape], _ axis: Int?) throws
    -> PartialShape
  {
    guard let rank = shapes.compactMap(\.rank).first else { return .unknown }
    try require(
      shapes.allSatisfy { $0.rank == nil || $0.rank == rank },
      "Ranks of all inputs should match: \(shapes)")
    guard let axis else { return .unknown(rank: rank) }
    try require(
      rank > 0 && axis >= -rank && axis < rank,
      "concat_dim \(axis) is not in the range [-\(rank), \(rank))")
    let along = axis < 0 ? axis + rank : axis
    var dims = [Dimension?](repeating: nil, count: rank)
    for position in 0..<rank {
      if position == along {
        let sizes = shapes.map { $0[position] }
        dims[position] = sizes.contains(nil) ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) }
      } else {
        for size in shapes.compactMap({ $0[position] }) {
          try require(
            dims[position] == nil || dims[position] == size,
            "Dimensions of inputs should match: shapes \(shapes)")
          dims[position] = size
        }
      }
    }
    return PartialShape(dims)
  }

  private static func concatenated(
    _ values: [Tensor], axis: Int, mins: [Float], maxes: [Float]
  ) throws -> [Tensor] {
    let dtype = values[0].dtype
    guard let dims = try concatenatedShape(values.map(\.shape), axis).known else {
      throw TFError.internal("the shape of values is not known")
    }
    var (low, high) = (mins[0], maxes[0])
    for (min, max) in zip(mins, maxes) {
      low = Swift.min(low, min)
      high = Swift.max(high, max)
    }
    if dtype == .quint8 {
      low = Swift.min(low, 0)
    } else {
      high = Swift.max(abs(low), abs(high))
      low = -high
    }
    let along = axis < 0 ? axis + dims.rank : axis
    let size = dtype.byteSize
    let outer = dims.dims[..<along].reduce(1, *)
    let inner = dims.dims[(along + 1)...].reduce(1, *) * size
    let output = try Tensor.uninitialized(dtype, dims)
    var offset = 0
    for (index, value) in values.enumerated() {
      var own = value
      if mins[index] != low || maxes[index] != high {
        own = try Tensor.uninitialized(dtype, value.dims)
        let floats = try Tensor.uninitialized(.float32, value.dims)
        let (between, count) = (
          floats.pointer.assumingMemoryBound(to: Float.self), value.dims.elementCount
        )
        jk_dequantize_min_first(
          Int32(dtype.rawValue), value.pointer, between, count, mins[index], maxes[index])
        if dtype == .qint32 {
          jk_quantize_single(
            between, own.pointer.assumingMemoryBound(to: Int32.self), count, low, high)
        } else {
          jk_quantize_min_first(Int32(dtype.rawValue), between, own.pointer, count, low, high)
        }
      }
      let length = value.dims[along] * inner
      if length > 0 {
        for block in 0..<outer {
          (output.pointer + block * dims[along] * inner + offset)
            .copyMemory(from: own.pointer + block * length, byteCount: length)
        }
      }
      offset += length
    }
    return try [output, Tensor(scalar: low), Tensor(scalar: high)]
  }
}
