package import CoreOps

/// 32-bit results taken to 8 bits, each channel by a range of its own.
package struct RequantizationOps: OpFamily {
  package static let family: Self = define(Self())

  private static let noGradient: Gradient = .none("TensorFlow defines no gradient for it")

  package let rangePerChannel: OpDef = OpDef(
    "RequantizationRangePerChannel",
    """
    input: T, input_min: float, input_max: float -> output_min: float, output_max: float
    T: {qint8, quint8, qint32, qint16, quint16} = qint32
    clip_value_max: float
    """, shape: { _ in [.scalar, .scalar] },
    kernel: .dynamic(["T": DTypeSet(.qint32)]) { context in
      let clip = try context.float("clip_value_max")
      return { run in
        let input = run.inputs[0]
        let ranges = try channelRanges(run)
        let values = input.pointer.assumingMemoryBound(to: Int32.self)
        var most = [Int64](repeating: 0, count: ranges.count)
        var isNegative = false
        var pace = Pace()
        for index in 0..<input.dims.elementCount {
          try pace.step()
          isNegative = isNegative || values[index] < 0
          let channel = index % ranges.count
          most[channel] = max(most[channel], Int64(values[index].magnitude))
        }
        let widest = zip(ranges, most).map { $0 * Float($1) / 2_147_483_648 }.max() ?? 0
        let end = min(widest, clip)
        return [try Tensor(scalar: isNegative ? -end : 0), try Tensor(scalar: end)]
      }
    }, gradient: noGradient)

  package let perChannel: OpDef = OpDef(
    "RequantizePerChannel",
    """
    input: T, input_min: float, input_max: float, requested_output_min: float, \
      requested_output_max: float -> output: out_type, output_min: float, output_max: float
    T: {qint8, quint8, qint32, qint16, quint16} = qint32
    out_type: {qint8, quint8, qint32, qint16, quint16} = quint8
    """, shape: { [$0.shapes[0], .scalar, .scalar] },
    kernel: .dynamic([
      "T": DTypeSet(.qint32), "out_type": DTypeSet(.qint8, .quint8),
    ]) { context in
      let dtype = context.outputTypes[0]
      let (low, high) = dtype == .qint8 ? (-128.0, 127.0) : (0.0, 255.0)
      return { run in
        let input = run.inputs[0]
        for (index, name) in ["requested_output_min", "requested_output_max"].enumerated() {
          try require(
            run.inputs[3 + index].dims.elementCount == 1, "\(name) must be a scalar")
        }
        let ends = (3...4).map { run.inputs[$0].elements(Float.self)[0] }
        let requested = max(abs(ends[0]), abs(ends[1]))
        let scales = try channelRanges(run).map {
          Float(high) * ($0 / requested / 2_147_483_648)
        }
        let values = input.pointer.assumingMemoryBound(to: Int32.self)
        let output = try Tensor.uninitialized(dtype, input.dims)
        try output.fill(integers: { index in
          let scaled = Float(values[index]) * scales[index % scales.count]
          let rounded = Double(scaled.rounded(.toNearestOrEven))
          return rounded.isNaN ? 0 : Int(min(max(rounded, low), high))
        })
        return [output, try Tensor(scalar: ends[0]), try Tensor(scalar: ends[1])]
      }
    }, gradient: noGradient)

  /// The larger magnitude of each channel's bounds.
  private static func channelRanges(_ run: DynamicContext) throws -> [Float] {
    let (input, low, high) = (run.inputs[0], run.inputs[1], run.inputs[2])
    try require(input.dims.rank == 4, "Current RequantizePerChannel operates only on 4D tensors")
    let depth = input.dims[3]
    try require(depth > 0, "input must have channels, got shape \(input.dims)")
    for (name, bound) in [("input_min", low), ("input_max", high)] {
      try require(
        bound.dims.elementCount == depth,
        "\(name) has incorrect size, expected \(depth) was \(bound.dims.elementCount)")
    }
    return zip(low.elements(Float.self), high.elements(Float.self)).map { max(abs($0), abs($1)) }
  }
}
