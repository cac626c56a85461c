import CKernels
package import CoreOps

/// Values brought into quantised types, back, and from one range to another.
package struct QuantizedOps: OpFamily {
  package static let family: Self = define(Self())

  package static let types = "{qint8, quint8, qint32, qint16, quint16}"

  package let quantizeV2: OpDef = OpDef(
    "QuantizeV2",
    """
    input: float, min_range: float, max_range: float -> output: T, output_min: float, \
      output_max: float
    T: {qint8, quint8, qint32, qint16, quint16}
    mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = 'MIN_COMBINED'
    round_mode: {'HALF_AWAY_FROM_ZERO', 'HALF_TO_EVEN'} = 'HALF_AWAY_FROM_ZERO'
    narrow_range: bool = false
    axis: int = -1
    ensure_minimum_range: float = 0.009999999776482582
    """,
    shape: { context in
      let axis = try context.int("axis")
      let range = try sliceShape(context, axis)
      // One slice has a scalar range, as has a whole tensor.
      let output: PartialShape =
        range.rank == 1 ? (range[0] == nil ? .unknown : range[0] == 1 ? .scalar : range) : range
      return [context.shapes[0], output, output]
    },
    kernel: .dynamic { context in
      let scheme = try QuantizationScheme(context, dtype: context.outputTypes[0])
      let evenly = try context.string("round_mode") == "HALF_TO_EVEN"
      try require(
        !evenly || scheme.mode == .scaled,
        """
        Round mode 'HALF_TO_EVEN' only supported for mode 'SCALED', but mode is \
        '\(scheme.mode.rawValue)'.
        """
      )
      let minimumRange = try context.float("ensure_minimum_range")
      return { run in
        let input = run.inputs[0]
        let slices = try scheme.slices(input.dims, run.inputs[1], run.inputs[2])
        if scheme.axis >= 0, scheme.mode == .minFirst {
          throw TFError.unimplemented(
            "MIN_FIRST mode is not implemented for Quantize with axis != -1.")
        }
        if scheme.axis >= 0 {
          for (index, name) in [(1, "min_range"), (2, "max_range")] {
            try require(
              run.inputs[index].dims.rank == 1,
              """
              If axis is specified, \(name) must be a 1-D tensor whose size matches the axis \
              dimension of the input and output tensors, but \(name) has shape \
              \(run.inputs[index].dims)
              """
            )
          }
        }
        let shape: Shape = scheme.axis < 0 || slices.slices == 1 ? [] : [Int(slices.slices)]
        let (low, high) = (
          try Tensor.uninitialized(.float32, shape), try Tensor.uninitialized(.float32, shape)
        )
        let output = try Tensor.uninitialized(scheme.dtype, input.dims)
        var steps: [jk_quantize_step] = []
        for slice in 0..<Int(slices.slices) {
          let given = (
            run.inputs[1].elements(Float.self)[slice], run.inputs[2].elements(Float.self)[slice]
          )
          try require(
            !(given.1 < given.0), "input_max_range must be larger than input_min_range.")
          // The range always holds zero and has some extent.
          var min = Swift.min(0, given.0)
          let extent = Swift.max(1, Swift.max(abs(given.0), abs(given.1))) * minimumRange
          var max = Swift.max(0, Swift.max(given.1, min + extent))
          steps.append(scheme.quantizeStep(&min, &max))
          low.elements(Float.self)[slice] = min
          high.elements(Float.self)[slice] = max
        }
        let dtype = Int32(scheme.dtype.rawValue)
        let values = UnsafePointer(input.pointer.assumingMemoryBound(to: Float.self))
        if scheme.mode == .minFirst {
          let (min, max) = (low.elements(Float.self)[0], high.elements(Float.self)[0])
          let count = input.dims.elementCount
          if scheme.dtype == .qint32 {
            jk_quantize_single(
              values, output.pointer.assumingMemoryBound(to: Int32.self), count, min, max)
          } else {
            jk_quantize_min_first(dtype, values, output.pointer, count, min, max)
          }
        } else {
          withUnsafePointer(to: slices) {
            jk_quantize(dtype, values, output.pointer, $0, steps, Int32(evenly ? 1 : 0))
          }
        }
        return [output, low, high]
      }
    }, gradient: .none("TensorFlow defines no gradient for QuantizeV2"))

  package let dequantize: OpDef = OpDef(
    "Dequantize",
    """
    input: T, min_range: float, max_range: float -> output: dtype
    T: {qint8, quint8, qint32, qint16, quint16}
    mode: {'MIN_COMBINED', 'MIN_FIRST', 'SCALED'} = 'MIN_COMBINED'
    narrow_range: bool = false
    axis: int = -1
    dtype: {bfloat16, float} = float
    """,
    shape: { context in
      _ = try sliceShape(context, context.int("axis"))
      return [context.shapes[0]]
    },
    kernel: .dynamic { context in
      let scheme = try QuantizationScheme(context, dtype: context.inputTypes[0])
      let target = try context.type("dtype")
      try require(
        target == .float32 || scheme.mode == .minCombined || scheme.mode == .scaled,
        """
        When output type is bfloat16, Mode string must be 'MIN_COMBINED', is \
        '\(scheme.mode.rawValue)'
        """
      )
      return { run in
        let input = run.inputs[0]
        let slices = try scheme.slices(input.dims, run.inputs[1], run.inputs[2])
        if scheme.axis >= 0, scheme.mode == .minFirst {
          throw TFError.unimplemented(
            "MIN_FIRST mode is not implemented for Dequantize with axis != -1.")
        }
        let floats = try Tensor.uninitialized(.float32, input.dims)
        let result = floats.pointer.assumingMemoryBound(to: Float.self)
        let dtype = Int32(scheme.dtype.rawValue)
        let (low, high) = (run.inputs[1].elements(Float.self), run.inputs[2].elements(Float.self))
        if scheme.mode == .minFirst {
          jk_dequantize_min_first(
            dtype, input.pointer, result, input.dims.elementCount, low[0], high[0])
        } else {
          let steps = (0..<Int(slices.slices)).map { scheme.dequantizeStep(low[$0], high[$0]) }
          withUnsafePointer(to: slices) { jk_dequantize(dtype, input.pointer, result, $0, steps) }
        }
        if target == .float32 { return [floats] }
        let output = try Tensor.uninitialized(target, input.dims)
        jk_from_float(Int32(target.rawValue), result, output.pointer, input.dims.elementCount)
        return [output]
      }
    }, gradient: .none("TensorFlow defines no gradient for Dequantize"))

  package let quantizeDownAndShrinkRange: OpDef = OpDef(
    "QuantizeDownAndShrinkRange",
    """
    input: Tinput, input_min: float, input_max: float -> output: out_type, output_min: float, \
      output_max: float
    Tinput: \(types)
    out_type: \(types)
    """,
    shape: { context in
      try checkScalars(context, 1..<3)
      return [context.shapes[0], .scalar, .scalar]
    },
    kernel: .run(["Tinput": DTypeSet(.qint32), "out_type": DTypeSet(.quint8)]) { run in
      let input = run.inputs[0]
      let (min, max) = (
        try rangeEnd(run.inputs[1], "input_min"), try rangeEnd(run.inputs[2], "input_max")
      )
      let (low, high) = usedRange(input, min, max)
      return try [
        requantized(input, .quint8, from: (min, max), to: (Swift.min(low, 0), high)),
        Tensor(scalar: Swift.min(low, 0)), Tensor(scalar: high),
      ]
    }, gradient: .none("TensorFlow defines no gradient for QuantizeDownAndShrinkRange"))

  package let requantizationRange: OpDef = OpDef(
    "RequantizationRange",
    """
    input: Tinput, input_min: float, input_max: float -> output_min: float, output_max: float
    Tinput: \(types)
    """,
    shape: { context in
      [.scalar, .scalar]
    },
    kernel: .run(["Tinput": DTypeSet(.qint32)]) { run in
      // TensorFlow takes the first element of whatever it is given.
      for end in run.inputs[1...2] {
        try require(end.dims.elementCount > 0, "the range must not be empty, got shape \(end.dims)")
      }
      let (min, max) = (
        run.inputs[1].elements(Float.self)[0], run.inputs[2].elements(Float.self)[0]
      )
      let (low, high) = usedRange(run.inputs[0], min, max)
      return try [Tensor(scalar: Swift.min(low, 0)), Tensor(scalar: high)]
    }, gradient: .none("TensorFlow defines no gradient for RequantizationRange"))

  package let requantize: OpDef = OpDef(
    "Requantize",
    """
    input: Tinput, input_min: float, input_max: float, requested_output_min: float, \
      requested_output_max: float -> output: out_type, output_min: float, output_max: float
    Tinput: \(types)
    out_type: \(types)
    """,
    shape: { context in
      try checkScalars(context, 1..<5)
      return [context.shapes[0], .scalar, .scalar]
    },
    kernel: .dynamic(["Tinput": DTypeSet(.qint32), "out_type": DTypeSet(.qint8, .quint8)]) {
      context in
      let dtype = context.outputTypes[0]
      return { run in
        let names = ["input_min", "input_max", "requested_output_min", "requested_output_max"]
        let ends = try (0..<4).map { try rangeEnd(run.inputs[$0 + 1], names[$0]) }
        try require(ends[2] <= 0, "requested_output_min must be <= 0, but got \(ends[2])")
        try require(
          ends[3] >= ends[2],
          "requested_output_max must be >= requested_output_min, but got \(ends[3]) and \(ends[2])")
        return try [
          requantized(run.inputs[0], dtype, from: (ends[0], ends[1]), to: (ends[2], ends[3])),
          Tensor(scalar: ends[2]), Tensor(scalar: ends[3]),
        ]
      }
    }, gradient: .none("TensorFlow defines no gradient for Requantize"))

  package let quantizedReshape: OpDef = OpDef(
    "QuantizedReshape",
    """
    tensor: T, shape: Tshape, input_min: float, input_max: float -> output: T, output_min: float, \
      output_max: float
    T: type
    Tshape: {int32, int64} = int32
    """,
    shape: { context in
      try checkScalars(context, 2..<4, loose: true)
      let shape = context.shapes[1]
      try require(shape.rank == nil || shape.rank == 1, "sizes input must be 1-D, not \(shape)")
      guard let sizes = try context.integers(1) else {
        return [try .unknown(rank: shape[0]), .scalar, .scalar]
      }
      return [try ShapeOps.reshaped(context.shapes[0].known, to: sizes), .scalar, .scalar]
    },
    kernel: .run { run in
      _ = try rangeEnd(run.inputs[2], "input_min", loose: true)
      _ = try rangeEnd(run.inputs[3], "input_max", loose: true)
      try require(
        run.inputs[1].dims.rank == 1, "sizes input must be 1-D, not \(run.inputs[1].dims)")
      let shape = try ShapeOps.reshaped(run.inputs[0].dims, to: run.inputs[1].integers())
      guard let dims = shape.known else { throw TFError.internal("a reshaped shape is unknown") }
      return [run.inputs[0].reshaped(dims), run.inputs[2], run.inputs[3]]
    }, gradient: .none("TensorFlow defines no gradient for QuantizedReshape"))

  // What the ops have in common.

  /// The shape of a range: a scalar, or a vector with an end for each slice along `axis`.
  private static func sliceShape(_ context: ShapeContext, _ axis: Int) throws -> PartialShape {
    try require(axis >= -1, "axis should be at least -1, got \(axis)")
    let input = context.shapes[0]
    try require(
      input.rank == nil || axis < input.rank!,
      "Shape must be at least rank \(axis &+ 1) but is rank \(input.rank ?? 0)")
    for (index, name) in [(1, "min_range"), (2, "max_range")] {
      guard let count = context.shapes[index].elementCount, let slices = axis < 0 ? 1 : input[axis]
      else { continue }
      try require(
        slices == count,
        "\(name) has shape \(context.shapes[index]), expected \(slices) elements for axis \(axis)")
    }
    return axis < 0 ? .scalar : .of(input[axis])
  }

  /// - Parameter loose: whether any tensor of one element will do, as some of TensorFlow's kernels
  ///   have it.
  package static func checkScalars(
    _ context: ShapeContext, _ inputs: Range<Int>, loose: Bool = false
  ) throws {
    for input in inputs {
      let shape = context.shapes[input]
      try require(
        shape.rank == nil || shape.rank == 0 || (loose && shape.elementCount == 1),
        "`\(context.signature.inputs[input].name)` must be rank 0 but is rank \(shape.rank ?? 0)")
    }
  }

  /// An end of a range; `loose` is as in `checkScalars`.
  package static func rangeEnd(_ tensor: Tensor, _ name: String, loose: Bool = false) throws
    -> Float
  {
    try require(
      tensor.dims.rank == 0 || (loose && tensor.dims.elementCount == 1),
      "`\(name)` must be rank 0 but is rank \(tensor.dims.rank)")
    return tensor.elements(Float.self)[0]
  }

  private static func usedRange(_ input: Tensor, _ min: Float, _ max: Float) -> (Float, Float) {
    var (low, high) = (Int32.max, Int32.min)
    jk_min_max_i32(
      input.pointer.assumingMemoryBound(to: Int32.self), input.dims.elementCount, &low, &high)
    let dtype = Int32(DType.qint32.rawValue)
    return (
      jk_quantized_to_float(dtype, Int64(low), min, max),
      jk_quantized_to_float(dtype, Int64(high), min, max)
    )
  }

  private static func requantized(
    _ input: Tensor, _ dtype: DType, from: (Float, Float), to: (Float, Float)
  ) throws -> Tensor {
    let output = try Tensor.uninitialized(dtype, input.dims)
    jk_requantize(
      Int32(input.dtype.rawValue), Int32(dtype.rawValue), input.pointer, output.pointer,
      input.dims.elementCount,
      from.0, from.1, to.0, to.1)
    return output
  }
}

/// How `QuantizeV2` and `Dequantize` map a range onto a quantised type.
private struct QuantizationScheme: Sendable {
  enum Mode: String {
    case minCombined = "MIN_COMBINED"
    case minFirst = "MIN_FIRST"
    case scaled = "SCALED"
  }
  let dtype: DType
  let mode: Mode
  let narrow: Bool
  let axis: Int

  init(_ context: KernelContext, dtype: DType) throws {
    self.dtype = dtype
    let name = try context.string("mode")
    guard let mode = Mode(rawValue: name) else {
      throw TFError.invalidArgument("Invalid mode \(name)")
    }
    self.mode = mode
    narrow = try context.bool("narrow_range")
    axis = try context.int("axis")
    try require(axis >= -1, "axis should be at least -1, got \(axis)")
  }

  private var lowest: Float {
    switch dtype {
    case .qint8: -128
    case .qint16: -32768
    case .qint32: -2_147_483_648
    default: 0
    }
  }

  private var highest: Float {
    switch dtype {
    case .qint8: 127
    case .quint8: 255
    case .qint16: 32767
    case .quint16: 65535
    default: 2_147_483_648
    }
  }

  private var isSigned: Bool { lowest < 0 }

  func slices(_ dims: Shape, _ min: Tensor, _ max: Tensor) throws -> jk_slices {
    if axis < 0 {
      for (tensor, name) in [(min, "min_range"), (max, "max_range")] {
        try require(
          tensor.dims.elementCount == 1,
          "\(name) must have 1 element for axis -1, got shape \(tensor.dims)")
      }
      return jk_slices(outer: 1, slices: 1, inner: Int64(dims.elementCount))
    }
    try require(axis < dims.rank, "axis \(axis) is not a dimension of shape \(dims)")
    for (tensor, name) in [(min, "min_range"), (max, "max_range")] {
      try require(
        tensor.dims.elementCount == dims[axis],
        """
        \(name) must have as many elements as input on axis \(axis), got \
        \(tensor.dims.elementCount), expected \(dims[axis])
        """
      )
    }
    return jk_slices(
      outer: Int64(dims.dims[..<axis].reduce(1, *)), slices: Int64(dims[axis]),
      inner: Int64(dims.dims[(axis + 1)...].reduce(1, *)))
  }

  /// The step for a range, which scaled mode first makes symmetric around zero.
  func quantizeStep(_ min: inout Float, _ max: inout Float) -> jk_quantize_step {
    switch mode {
    case .minFirst: return jk_quantize_step()
    case .minCombined:
      let half = isSigned ? ((highest - lowest) + 1) / 2 : 0
      return jk_quantize_step(
        low: min, high: max, shift: min, scale: (highest - lowest) / (max - min), offset: -half)
    case .scaled:
      let low = lowest + (narrow && isSigned ? 1 : 0)
      let fromMin = low * min > 0 ? low / min : .greatestFiniteMagnitude
      let fromMax = highest * max > 0 ? highest / max : .greatestFiniteMagnitude
      let scale = Swift.min(fromMin, fromMax)
      min = low / scale
      max = highest / scale
      return jk_quantize_step(low: min, high: max, shift: 0, scale: scale, offset: 0)
    }
  }

  func dequantizeStep(_ min: Float, _ max: Float) -> jk_dequantize_step {
    switch mode {
    case .minFirst: return jk_dequantize_step()
    case .minCombined:
      let half = isSigned ? ((highest - lowest) + 1) / 2 : 0
      return jk_dequantize_step(offset: half, scale: (max - min) / (highest - lowest), base: min)
    case .scaled:
      let low = lowest + (narrow && isSigned ? 1 : 0)
      let scale = isSigned ? Swift.max(min / low, max / highest) : max / highest
      return jk_dequantize_step(offset: 0, scale: scale, base: 0)
    }
  }
}
