package import CoreOps
import Glibc

/// Normalisation of 8-bit tensors.
package struct QuantizedNormOps: OpFamily {
  package static let family: Self = define(Self())

  private static let noGradient: Gradient = .none("TensorFlow defines no gradient for it")

  package let instanceNorm: OpDef = OpDef(
    "QuantizedInstanceNorm",
    """
    x: T, x_min: float, x_max: float -> y: T, y_min: float, y_max: float
    T: {qint8, quint8, qint32, qint16, quint16}
    output_range_given: bool = false
    given_y_min: float = 0
    given_y_max: float = 0
    variance_epsilon: float = 0.00001
    min_separation: float = 0.001
    """,
    shape: { context in
      [try context.shape(0, rank: 4, "x"), .scalar, .scalar]
    },
    kernel: .dynamic(["T": DTypeSet(.quint8)]) { context in
      let given =
        try context.bool("output_range_given")
        ? (try context.float("given_y_min"), try context.float("given_y_max")) : nil
      if let given {
        try require(
          given.0 < given.1, "given_y_min must be less than given_y_max : \(given.0) >= \(given.1)")
      }
      let (epsilon, separation) = (
        try context.float("variance_epsilon"), try context.float("min_separation")
      )
      return { run in
        let (x, range) = (run.inputs[0], run.inputs[1...2].map { $0 })
        try require(x.dims.rank == 4, "input must be 4-dimensional, got shape \(x.dims)")
        let ends = try range.enumerated().map { index, end in
          try QuantizedOps.rangeEnd(end, index == 0 ? "x_min" : "x_max")
        }
        try require(ends[0] < ends[1], "x_min must be less than x_max: \(ends[0]) >= \(ends[1])")
        let values = try normalized(x, ends[0], ends[1], epsilon)
        var low = given?.0 ?? values.reduce(.infinity, min)
        var high = given?.1 ?? values.reduce(-.infinity, max)
        if values.isEmpty, given == nil { (low, high) = (0, 0) }
        if given == nil, high - low < separation { high = low + separation }
        let scale = 255 / (high - low)
        let start = (low * scale).rounded()
        let output = try Tensor.uninitialized(.quint8, x.dims)
        try output.fill(integers: { index in
          Int(min(max((values[index] * scale).rounded() - start, 0), 255))
        })
        return [output, try Tensor(scalar: low), try Tensor(scalar: high)]
      }
    }, gradient: noGradient)

  /// The numbers that a tensor of images stands for, less the mean of each channel of each image
  /// and by its deviation.
  private static func normalized(
    _ x: Tensor, _ low: Float, _ high: Float, _ epsilon: Float
  ) throws -> [Float] {
    if x.dims.elementCount == 0 { return [] }
    let (images, pixels, channels) = (x.dims[0], x.dims[1] * x.dims[2], x.dims[3])
    let source = x.pointer.assumingMemoryBound(to: UInt8.self)
    let step = (high - low) / 255
    try MemoryLimit.room(for: x.dims.elementCount * 4)
    var values = (0..<x.dims.elementCount).map { Float(source[$0]) * step + low }
    var pace = Pace()
    for image in 0..<images {
      for channel in 0..<channels {
        try pace.step(pixels * 3)
        let places = stride(
          from: image * pixels * channels + channel, to: (image + 1) * pixels * channels,
          by: channels)
        let mean = places.reduce(Float(0)) { $0 + values[$1] } / Float(pixels)
        let variance =
          places.reduce(Float(0)) { $0 + (values[$1] - mean) * (values[$1] - mean) }
          / Float(pixels)
        let deviation = (variance + epsilon).squareRoot()
        for place in places { values[place] = (values[place] - mean) / deviation }
      }
    }
    return values
  }

  package let batchNorm: OpDef = OpDef(
    "QuantizedBatchNormWithGlobalNormalization",
    """
    t: Tinput, t_min: float, t_max: float, m: Tinput, m_min: float, m_max: float, v: Tinput, \
      v_min: float, v_max: float, beta: Tinput, beta_min: float, beta_max: float, gamma: Tinput, \
      gamma_min: float, gamma_max: float -> result: out_type, result_min: float, result_max: float
    Tinput: {qint8, quint8, qint32, qint16, quint16}
    out_type: {qint8, quint8, qint32, qint16, quint16}
    variance_epsilon: float
    scale_after_normalization: bool
    """,
    shape: { context in
      let input = try context.shape(0, rank: 4, "t")
      for (index, name) in ["m", "v", "beta", "gamma"].enumerated() {
        let shape = try context.shape((index + 1) * 3, rank: 1, name)
        if let count = shape[0], let depth = input[3] {
          try require(count == depth, "\(name) must have \(depth) elements, got \(count)")
        }
      }
      return [input, .scalar, .scalar]
    },
    kernel: .dynamic([
      "Tinput": DTypeSet(.quint8), "out_type": DTypeSet(.qint32),
    ]) { context in
      let epsilon = try context.float("variance_epsilon")
      let scales = try context.bool("scale_after_normalization")
      return { run in
        let input = try QuantizedBytes(run, at: 0, "t")
        let (mean, variance, beta, gamma) = (
          try QuantizedBytes(run, at: 3, "m"), try QuantizedBytes(run, at: 6, "v"),
          try QuantizedBytes(run, at: 9, "beta"), try QuantizedBytes(run, at: 12, "gamma")
        )
        let x = run.inputs[0]
        try require(x.dims.rank == 4, "input must be 4-dimensional, got shape \(x.dims)")
        let depth = x.dims[3]
        var (factors, offsets): ([Int32], [Int32]) = ([], [])
        for channel in 0..<depth {
          var factor = 1 / (variance[channel] + epsilon).squareRoot()
          if scales { factor *= gamma[channel] }
          factors.append(BatchRange.quantized(factor))
          offsets.append(BatchRange.quantized(beta[channel] - mean[channel] * factor))
        }
        let one = BatchRange.quantized(1)
        let table = (0..<256).map { BatchRange.quantized(input.value(UInt8($0))) }
        let source = x.pointer.assumingMemoryBound(to: UInt8.self)
        let output = try Tensor.uninitialized(.qint32, x.dims)
        try output.fill(integers: { index in
          let channel = index % depth
          let product = table[Int(source[index])] &* factors[channel]
          return Int(product / one &+ offsets[channel])
        })
        return [
          output, try Tensor(scalar: -BatchRange.end), try Tensor(scalar: BatchRange.end),
        ]
      }
    }, gradient: noGradient)
}

/// What a tensor of bytes with its range stands for.
private struct QuantizedBytes {
  private let bytes: Tensor
  private let start: Float
  private let step: Double

  init(_ run: DynamicContext, at position: Int, _ name: String) throws {
    bytes = run.inputs[position]
    let low = try QuantizedOps.rangeEnd(run.inputs[position + 1], "\(name)_min")
    let high = try QuantizedOps.rangeEnd(run.inputs[position + 2], "\(name)_max")
    try require(low <= high, "\(name)_min must not be above \(name)_max: \(low) > \(high)")
    step = Double(high - low) * (256.0 / 255) / 256
    // The low end is moved to a whole number of steps.
    start = step == 0 ? low : (low / Float(step)).rounded() * Float(step)
  }

  func value(_ byte: UInt8) -> Float { Float(Double(start) + Double(byte) * step) }

  subscript(index: Int) -> Float {
    value(bytes.pointer.assumingMemoryBound(to: UInt8.self)[index])
  }
}

/// The range of 32-bit results of batch normalisation.
private enum BatchRange {
  static let end: Float = 1_048_576

  static func quantized(_ value: Float) -> Int32 {
    let scale = 4_294_967_295.0 / (2 * Double(end))
    let steps =
      (Double(value) * scale).rounded() - (-Double(end) * scale).rounded() + Double(Int32.min)
    return steps.isNaN ? 0 : Int32(min(max(steps, Double(Int32.min)), Double(Int32.max)))
  }
}
