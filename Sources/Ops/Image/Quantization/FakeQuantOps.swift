import CKernels
import Glibc
package import CoreOps

/// Floats that behave as if they were quantised, for training.
package struct FakeQuantOps: OpFamily {
  package static let family: Self = define(Self())

  private static let bits = "num_bits: int = 8\nnarrow_range: bool = false"

  package let fakeQuantWithMinMaxArgs: OpDef = OpDef(
    "FakeQuantWithMinMaxArgs",
    """
    inputs: float -> outputs: float
    min: float = -6.0
    max: float = 6.0
    \(bits)
    """,
    shape: ShapeRules.same,
    kernel: .raw { context in
      let range = try argsRange(context)
      return { specialise in
        let count = specialise.inputs[0].elementCount
        return .run { p in
          jk_fake_quant_apply(
            p[0].assumingMemoryBound(to: Float.self), p[1].assumingMemoryBound(to: Float.self), 1,
            1, count, [range])
        }
      }
    },
    gradient: .rule(needs: .inputs(0)) { context in
      [
        try FakeQuantOps.family.fakeQuantWithMinMaxArgsGradient(
          [context.gradient(), context.inputs[0]],
          context.attrs.only("min", "max", "num_bits", "narrow_range"))
      ]
    })

  package let fakeQuantWithMinMaxArgsGradient: OpDef = OpDef(
    "FakeQuantWithMinMaxArgsGradient",
    """
    gradients: float, inputs: float -> backprops: float
    min: float = -6.0
    max: float = 6.0
    \(bits)
    """,
    shape: { [try sameShape($0)] },
    kernel: .raw { context in
      let range = try argsRange(context)
      return { specialise in
        let count = specialise.inputs[0].elementCount
        return .run { p in
          jk_fake_quant_grad(
            p[0].assumingMemoryBound(to: Float.self), p[1].assumingMemoryBound(to: Float.self),
            p[2].assumingMemoryBound(to: Float.self), nil, nil, 1, 1, count, [range])
        }
      }
    }, gradient: .zero)

  package let fakeQuantWithMinMaxVars: OpDef = vars("FakeQuantWithMinMaxVars", perChannel: false) {
    FakeQuantOps.family.fakeQuantWithMinMaxVarsGradient
  }
  package let fakeQuantWithMinMaxVarsGradient: OpDef = varsGradient(
    "FakeQuantWithMinMaxVarsGradient", perChannel: false)
  package let fakeQuantWithMinMaxVarsPerChannel: OpDef = vars(
    "FakeQuantWithMinMaxVarsPerChannel", perChannel: true
  ) { FakeQuantOps.family.fakeQuantWithMinMaxVarsPerChannelGradient }
  package let fakeQuantWithMinMaxVarsPerChannelGradient: OpDef = varsGradient(
    "FakeQuantWithMinMaxVarsPerChannelGradient", perChannel: true)

  private static func vars(
    _ name: String, perChannel: Bool, gradient: @escaping @Sendable () -> OpDef
  ) -> OpDef {
    OpDef(
      name,
      """
      inputs: float, min: float, max: float -> outputs: float
      \(bits)
      """,
      shape: { context in
        try checkEnds(context.shapes[0], context.shapes[1], context.shapes[2], perChannel)
        return [context.shapes[0]]
      },
      kernel: .raw { context in
        let steps = try Steps(context)
        return { specialise in
          let layout = Layout(specialise.inputs[0], perChannel)
          return .run { p in
            let ranges = try steps.ranges(p[1], p[2], layout.channels)
            jk_fake_quant_apply(
              p[0].assumingMemoryBound(to: Float.self), p[3].assumingMemoryBound(to: Float.self),
              layout.outer,
              layout.channels, layout.inner, ranges)
          }
        }
      },
      gradient: .rule(needs: .inputs) { context in
        try apply(
          gradient(), [context.gradient()] + context.inputs,
          context.attrs.only("num_bits", "narrow_range"))
      })
  }

  private static func varsGradient(_ name: String, perChannel: Bool) -> OpDef {
    OpDef(
      name,
      """
      gradients: float, inputs: float, min: float, max: float -> backprops_wrt_input: float, \
        backprop_wrt_min: float, backprop_wrt_max: float
      \(bits)
      """,
      shape: { context in
        let shape = try sameShape(context)
        try checkEnds(shape, context.shapes[2], context.shapes[3], perChannel)
        let ends: PartialShape =
          perChannel ? .of(shape.rank.flatMap { shape[$0 - 1] } ?? context.shapes[2][0]) : .scalar
        return [shape, ends, ends]
      },
      kernel: .raw { context in
        let steps = try Steps(context)
        return { specialise in
          let layout = Layout(specialise.inputs[1], perChannel)
          return .run { p in
            let ranges = try steps.ranges(p[2], p[3], layout.channels)
            jk_fake_quant_grad(
              p[0].assumingMemoryBound(to: Float.self), p[1].assumingMemoryBound(to: Float.self),
              p[4].assumingMemoryBound(to: Float.self), p[5].assumingMemoryBound(to: Float.self),
              p[6].assumingMemoryBound(to: Float.self), layout.outer, layout.channels, layout.inner,
              ranges)
          }
        }
      }, gradient: .zero)
  }

  private struct Layout {
    let outer, channels, inner: Int
    init(_ shape: Shape, _ perChannel: Bool) {
      channels = perChannel ? shape[shape.rank - 1] : 1
      outer = perChannel && channels > 0 ? shape.elementCount / channels : 1
      inner = perChannel ? 1 : shape.elementCount
    }
  }

  /// How many steps a range is divided into.
  private struct Steps: Sendable {
    let lowest, highest: Float

    init(_ context: KernelContext) throws {
      let bits = try context.int("num_bits")
      try require(bits >= 2 && bits <= 16, "num_bits must be between 2 and 16, inclusive")
      lowest = try context.bool("narrow_range") ? 1 : 0
      highest = Float((1 << bits) - 1)
    }

    /// The range moved so that zero falls on a step.
    func range(_ min: Float, _ max: Float) -> jk_fake_quant {
      if min == 0, max == 0 { return jk_fake_quant(min: 0, max: 0, scale: 1, empty: true) }
      let scale = (max - min) / (highest - lowest)
      let start = lowest - min / scale
      let zero =
        start < lowest
        ? lowest : start > highest ? highest : start.rounded(.toNearestOrAwayFromZero)
      return jk_fake_quant(
        min: (lowest - zero) * scale, max: (highest - zero) * scale, scale: scale, empty: false)
    }

    func ranges(_ min: UnsafeRawPointer, _ max: UnsafeRawPointer, _ count: Int) throws
      -> [jk_fake_quant]
    {
      let (low, high) = (
        min.assumingMemoryBound(to: Float.self), max.assumingMemoryBound(to: Float.self)
      )
      return (0..<count).map { range(low[$0], high[$0]) }
    }
  }

  private static func argsRange(_ context: KernelContext) throws -> jk_fake_quant {
    let (min, max) = (try context.float("min"), try context.float("max"))
    try require(min < max, "min has to be smaller than max, was: \(min) >= \(max)")
    return try Steps(context).range(min, max)
  }

  /// The shape that gradients and inputs have in common.
  private static func sameShape(_ context: ShapeContext) throws -> PartialShape {
    let (gradients, inputs) = (context.shapes[0], context.shapes[1])
    try require(gradients.isCompatible(with: inputs), "gradient and input must be the same size")
    return try gradients.merged(with: inputs)
  }

  private static func checkEnds(
    _ inputs: PartialShape, _ min: PartialShape, _ max: PartialShape, _ perChannel: Bool
  ) throws {
    for (shape, name) in [(min, "min"), (max, "max")] {
      let rank = perChannel ? 1 : 0
      try require(
        shape.rank == nil || shape.rank == rank,
        "`\(name)` must be rank \(rank) but is rank \(shape.rank ?? 0)")
    }
    guard perChannel, let inputRank = inputs.rank else { return }
    try require(inputRank >= 1, "Shape must be at least rank 1 but is rank 0")
    if let depth = inputs[inputRank - 1] {
      for (shape, name) in [(min, "min"), (max, "max")] {
        try require(
          shape[0] == nil || shape[0] == depth,
          "\(name) has incorrect size, expected \(depth) was \(shape[0] ?? 0)")
      }
    }
  }

  // Quantising and dequantising at once.

  package let quantizeAndDequantize: OpDef = OpDef(
    "QuantizeAndDequantize",
    """
    input: T -> output: T
    signed_input: bool = true
    num_bits: int = 8
    range_given: bool = false
    input_min: float = 0.0
    input_max: float = 0.0
    T: {bfloat16, half, float, double}
    """,
    shape: ShapeRules.same,
    kernel: .dynamic(["T": DTypeSet(.float32, .float64)]) { context in
      let grid = try Grid(context)
      let bits = try grid.checked(context.int("num_bits"))
      let (low, high) = (
        Double(try context.float("input_min")), Double(try context.float("input_max"))
      )
      return { [try grid.snapped($0.inputs[0], bits, { _ in (low, high) })] }
    }, gradient: .rule(needs: .nothing) { [try $0.gradient()] })

  package let quantizeAndDequantizeV2: OpDef = snapped(
    "QuantizeAndDequantizeV2",
    gradient: .rule(needs: .nothing) { [try $0.gradient(), nil, nil] })

  private static func snapped(_ name: String, gradient: Gradient) -> OpDef {
    OpDef(
      name,
      """
      input: T, input_min: T, input_max: T -> output: T
      signed_input: bool = true
      num_bits: int = 8
      range_given: bool = false
      T: {bfloat16, half, float, double}
      round_mode: {'HALF_TO_EVEN', 'HALF_UP'} = 'HALF_TO_EVEN'
      narrow_range: bool = false
      axis: int = -1
      """,
      shape: { try snappedShape($0, loose: false) }, kernel: snapping, gradient: gradient)
  }

  package let quantizeAndDequantizeV3: OpDef = OpDef(
    "QuantizeAndDequantizeV3",
    """
    input: T, input_min: T, input_max: T, num_bits: int32 -> output: T
    signed_input: bool = true
    range_given: bool = true
    T: {bfloat16, half, float, double}
    narrow_range: bool = false
    axis: int = -1
    """,
    shape: { try snappedShape($0, loose: true) },
    kernel: .dynamic(["T": DTypeSet(.float32, .float64)]) { context in
      let grid = try Grid(context)
      return { run in
        try require(run.inputs[0].dims.rank >= 1, "Shape must be at least rank 1 but is rank 0")
        try require(
          run.inputs[3].dims.elementCount == 1,
          "num_bits must be a scalar, got shape \(run.inputs[3].dims)")
        let bits = try grid.checked(run.inputs[3].integers()[0])
        return [try grid.snapped(run.inputs[0], bits, run.inputs[1], run.inputs[2], loose: true)]
      }
    }, gradient: .rule(needs: .nothing) { [try $0.gradient(), nil, nil, nil] })

  package let quantizeAndDequantizeV4: OpDef = snapped(
    "QuantizeAndDequantizeV4",
    gradient: .rule(needs: .inputs) { context in
      try apply(
        FakeQuantOps.family.quantizeAndDequantizeV4Grad, [context.gradient()] + context.inputs,
        context.attrs.only("axis"))
    })

  package let quantizeAndDequantizeV4Grad: OpDef = OpDef(
    "QuantizeAndDequantizeV4Grad",
    """
    gradients: T, input: T, input_min: T, input_max: T -> input_backprop: T, \
      input_min_backprop: T, input_max_backprop: T
    T: {bfloat16, half, float, double}
    axis: int = -1
    """,
    shape: { context in
      let shape = try sameShape(context)
      let axis = try context.int("axis")
      try checkAxis(axis, shape, [context.shapes[2], context.shapes[3]], loose: false)
      let ends: PartialShape =
        axis < 0 ? context.shapes[2] : .of(shape[axis] ?? context.shapes[2][0])
      return [shape, ends, ends]
    },
    kernel: .raw(["T": DTypeSet(.float32, .float64)]) { context in
      let dtype = Int32(context.inputTypes[0].rawValue)
      let axis = try context.int("axis")
      return { specialise in
        let slices = sliceLayout(specialise.inputs[1], axis)
        let bytes = specialise.outputs[1].elementCount * context.inputTypes[0].byteSize
        return .run { p in
          withUnsafePointer(to: slices) { jk_snap_grad(dtype, p[0], p[1], p[4], $0, p[2], p[3]) }
          // TensorFlow gives the ends of the range no gradient.
          for end in [5, 6] { p[end].initializeMemory(as: UInt8.self, repeating: 0, count: bytes) }
        }
      }
    }, gradient: .zero)

  private static let snapping: Kernel = .dynamic(["T": DTypeSet(.float32, .float64)]) { context in
    let grid = try Grid(context)
    let bits = try grid.checked(context.int("num_bits"))
    return { [try grid.snapped($0.inputs[0], bits, $0.inputs[1], $0.inputs[2])] }
  }

  private static func snappedShape(_ context: ShapeContext, loose: Bool) throws -> [PartialShape] {
    try checkAxis(
      context.int("axis"), context.shapes[0],
      context.bool("range_given") ? [context.shapes[1], context.shapes[2]] : [], loose: loose)
    return [context.shapes[0]]
  }

  /// - Parameters:
  ///   - ends: the shapes of the range's ends; none where they are not looked at.
  ///   - loose: whether an end for all may be any tensor of one element.
  private static func checkAxis(
    _ axis: Int, _ input: PartialShape, _ ends: [PartialShape], loose: Bool
  ) throws {
    try require(axis >= -1, "axis should be at least -1, got \(axis)")
    try require(
      input.rank == nil || axis < input.rank!,
      "Shape must be at least rank \(axis &+ 1) but is rank \(input.rank ?? 0)")
    for (shape, name) in zip(ends, ["input_min", "input_max"]) {
      if axis < 0 {
        try require(
          shape.rank == nil || shape.rank == 0 || (loose && shape.elementCount == 1),
          "\(name) must be a scalar, got shape \(shape)")
      } else {
        try require(
          shape.isCompatible(with: .of(input[axis])),
          "\(name) has shape \(shape), expected [\(input[axis] ?? -1)]")
      }
    }
  }

  private static func sliceLayout(_ dims: Shape, _ axis: Int) -> jk_slices {
    if axis < 0 { return jk_slices(outer: 1, slices: 1, inner: Int64(dims.elementCount)) }
    return jk_slices(
      outer: Int64(dims.dims[..<axis].reduce(1, *)), slices: Int64(dims[axis]),
      inner: Int64(dims.dims[(axis + 1)...].reduce(1, *)))
  }

  /// The steps that values are rounded to.
  private struct Grid: Sendable {
    let signed, given, narrow, roundsUp: Bool
    let axis: Int

    init(_ context: KernelContext) throws {
      func has(_ name: String) -> Bool { context.signature.attr(name) != nil }
      signed = try context.bool("signed_input")
      given = try context.bool("range_given")
      narrow = has("narrow_range") ? try context.bool("narrow_range") : false
      roundsUp = has("round_mode") ? try context.string("round_mode") == "HALF_UP" : false
      axis = has("axis") ? try context.int("axis") : -1
      try require(axis >= -1, "Axis must be at least -1. Found \(axis)")
    }

    func checked(_ bits: Int) throws -> Int {
      try require(
        bits > 0 && bits < (signed ? 62 : 63),
        "num_bits is out of range: \(bits) with signed_input_ \(signed)")
      return bits
    }

    func snapped(_ input: Tensor, _ bits: Int, _ min: Tensor, _ max: Tensor, loose: Bool = false)
      throws -> Tensor
    {
      try checkAxis(axis, input.shape, given ? [min.shape, max.shape] : [], loose: loose)
      func end(_ tensor: Tensor, _ slice: Int) -> Double {
        tensor.dtype == .float32
          ? Double(tensor.elements(Float.self)[slice]) : tensor.elements(Double.self)[slice]
      }
      return try snapped(input, bits) { (end(min, $0), end(max, $0)) }
    }

    func snapped(_ input: Tensor, _ bits: Int, _ range: (Int) -> (Double, Double)) throws -> Tensor
    {
      let slices = sliceLayout(input.dims, axis)
      let count = Int(slices.slices)
      let dtype = Int32(input.dtype.rawValue)
      var lows = [Double](repeating: 0, count: count)
      var highs = lows
      if given {
        for slice in 0..<count { (lows[slice], highs[slice]) = range(slice) }
        for slice in 0..<count {
          try require(
            lows[slice] <= highs[slice],
            "Invalid range: input_min \(lows[slice]) > input_max \(highs[slice])")
        }
      } else if input.dims.elementCount > 0 {
        withUnsafePointer(to: slices) { jk_slice_ranges(dtype, input.pointer, $0, &lows, &highs) }
      }
      let single = input.dtype == .float32
      let grids = zip(lows, highs).map { low, high in
        single ? step(Float(low), Float(high), bits) : step(low, high, bits)
      }
      let output = try Tensor.uninitialized(input.dtype, input.dims)
      withUnsafePointer(to: slices) {
        jk_snap_to_grid(dtype, input.pointer, output.pointer, $0, grids, roundsUp ? 2 : 1)
      }
      return output
    }

    /// The range moved so that both ends are steps. A range that was found in the data bounds
    /// nothing.
    private func step<T: BinaryFloatingPoint>(_ min: T, _ max: T, _ bits: Int) -> jk_grid {
      let half = T(Int64(1) << Int64(bits - 1))
      let lowest: T = signed ? (narrow ? 1 - half : -half) : 0
      let highest: T = signed ? half - 1 : T(UInt64(1) << UInt64(bits)) - 1
      let fromMin = lowest * min > 0 ? lowest / min : .greatestFiniteMagnitude
      let fromMax = highest * max > 0 ? highest / max : .greatestFiniteMagnitude
      var (low, high, scale, inverse) = (min, max, fromMax, max / highest)
      if fromMin < fromMax {
        (scale, inverse) = (fromMin, min / lowest)
        high = highest * inverse
      } else {
        low = lowest * inverse
      }
      return jk_grid(
        low: given ? Double(low) : -.infinity, high: given ? Double(high) : .infinity,
        scale: Double(scale),
        inverse: Double(inverse))
    }
  }
}
