import Glibc
package import CoreOps

/// Arithmetic on integers that stand for numbers by scales and zero points.
package struct UniformArithmeticOps: OpFamily {
  package static let family: Self = define(Self())

  private static let noGradient: Gradient = .none("TensorFlow defines no gradient for it")

  package let requantize: OpDef = OpDef(
    "UniformRequantize",
    """
    input: Tin, input_scales: float, input_zero_points: int32, output_scales: float, \
      output_zero_points: int32 -> output: Tout
    Tin: {qint8, qint32}
    Tout: {qint8, qint32}
    \(options("input", "output"))
    """,
    shape: { context in
      for name in ["input", "output"] {
        _ = try UniformScale.check(context, context.shapes[0], name, context.shapes)
      }
      return [context.shapes[0]]
    },
    kernel: .dynamic(["Tout": DTypeSet(.qint8)]) { context in
      let (from, to) = (try UniformScale(context, "input"), try UniformScale(context, "output"))
      let dtype = context.outputTypes[0]
      return { run in
        let input = run.inputs[0]
        let (source, target) = (
          try from.bound(run.inputs, input.dims), try to.bound(run.inputs, input.dims)
        )
        let change = try Requantizer(source, target)
        let values = try quantizedIntegers(input)
        let output = try Tensor.uninitialized(dtype, input.dims)
        try output.fill(integers: { change(values[$0], source.slice($0), target.slice($0)) })
        return [output]
      }
    }, gradient: noGradient)

  package let add: OpDef = OpDef(
    "UniformQuantizedAdd",
    """
    lhs: T, rhs: T, lhs_scales: float, lhs_zero_points: int32, rhs_scales: float, \
      rhs_zero_points: int32, output_scales: float, output_zero_points: int32 -> output: T
    \(options("lhs", "rhs", "output"))
    T: {qint32}
    """,
    shape: { context in
      let shape = try ShapeRules.broadcast(context.shapes[0], context.shapes[1])
      _ = try UniformScale.check(context, context.shapes[0], "lhs", context.shapes)
      _ = try UniformScale.check(context, context.shapes[1], "rhs", context.shapes)
      _ = try UniformScale.check(context, shape, "output", context.shapes)
      return [shape]
    },
    kernel: .dynamic { context in
      let parts = try ["lhs", "rhs", "output"].map { try UniformScale(context, $0) }
      return { run in
        let (a, b) = (run.inputs[0], run.inputs[1])
        guard
          let dims = try ShapeRules.broadcast(PartialShape(a.dims), PartialShape(b.dims)).known
        else {
          throw TFError.internal("the shapes are known")
        }
        let (left, right) = (
          try parts[0].bound(run.inputs, a.dims), try parts[1].bound(run.inputs, b.dims)
        )
        let target = try parts[2].bound(run.inputs, dims)
        let changes = (try Requantizer(left, target), try Requantizer(right, target))
        let (x, y) = (try quantizedIntegers(a), try quantizedIntegers(b))
        let output = try Tensor.uninitialized(.qint32, dims)
        let places = (BroadcastPlaces(a.dims, dims), BroadcastPlaces(b.dims, dims))
        try output.fill(integers: { index in
          let (i, j, own) = (places.0[index], places.1[index], target.slice(index))
          let sum =
            changes.0(x[i], left.slice(i), own) + changes.1(y[j], right.slice(j), own)
            - target.zero(own)
          return min(max(sum, target.low), target.high)
        })
        return [output]
      }
    }, gradient: noGradient)

  package let clip: OpDef = OpDef(
    "UniformQuantizedClipByValue",
    """
    operand: T, min: T, max: T, scales: float, zero_points: int32 -> output: T
    T: {qint32}
    quantization_axis: int = -1
    quantization_min_val: int
    quantization_max_val: int
    """,
    shape: { context in
      let shapes = context.shapes
      for index in [1, 2, 4] {
        try require(
          shapes[index].isCompatible(with: shapes[3]),
          "min, max, scales and zero_points must have one shape, got \(shapes[index])")
      }
      let scale = UniformScale(axis: try context.int("quantization_axis"), low: 0, high: 0, at: 3)
      try scale.check(shapes[0], shapes)
      return [shapes[0]]
    },
    kernel: .dynamic { context in
      let scale = UniformScale(
        axis: try context.int("quantization_axis"), low: try context.int("quantization_min_val"),
        high: try context.int("quantization_max_val"), at: 3)
      return { run in
        let input = run.inputs[0]
        let bound = try scale.bound(run.inputs, input.dims)
        let values = try quantizedIntegers(input)
        let (low, high) = (
          try quantizedIntegers(run.inputs[1]), try quantizedIntegers(run.inputs[2])
        )
        let output = try Tensor.uninitialized(.qint32, input.dims)
        try output.fill(integers: { index in
          let own = bound.slice(index)
          return max(min(values[index], high[own]), low[own])
        })
        return [output]
      }
    }, gradient: noGradient)

  package let dot: OpDef = OpDef(
    "UniformQuantizedDot",
    """
    lhs: Tin, rhs: Tin, lhs_scales: float, lhs_zero_points: int32, rhs_scales: float, \
      rhs_zero_points: int32, output_scales: float, output_zero_points: int32 -> output: Tout
    Tin: {qint8}
    Tout: {qint32}
    \(options("lhs", "rhs", "output"))
    """,
    shape: { context in
      let shape = try dotShape(context)
      for (name, own) in [
        ("lhs", context.shapes[0]), ("rhs", context.shapes[1]), ("output", shape),
      ] {
        let axis = try UniformScale.check(context, own, name, context.shapes)
        try require(
          axis == -1 || axis == 1 && name != "lhs",
          "\(name)_quantization_axis Attr must be 1 (per-channel) or -1 (per-tensor).")
      }
      return [shape]
    },
    kernel: .dynamic { context in
      let parts = try ["lhs", "rhs", "output"].map { try UniformScale(context, $0) }
      try require(
        parts[2].axis == -1 || parts[1].axis == 1,
        """
        If output_quantization_axis is 1 (per-channel), rhs_quantization_axis must be 1 \
        (per-channel) too.
        """
      )
      return { run in
        let (a, b) = (run.inputs[0], run.inputs[1])
        let dims: Shape = [a.dims[0], b.dims[1]]
        let (left, right) = (
          try parts[0].bound(run.inputs, a.dims), try parts[1].bound(run.inputs, b.dims)
        )
        let target = try parts[2].bound(run.inputs, dims)
        let multipliers = try (0..<right.count).map { channel in
          try FixedMultiplier(
            Double(left.scale(0)) * Double(right.scale(channel))
              / Double(target.scale(target.count == 1 ? 0 : channel)))
        }
        let sums = try integerProduct(a, b) { row, _ in
          left.zero(0)
        } right: {
          right.zero(right.count == 1 ? 0 : $0)
        }
        let output = try Tensor.uninitialized(.qint32, dims)
        try output.fill(integers: { index in
          let channel = index % max(dims[1], 1)
          let value = multipliers[right.count == 1 ? 0 : channel](sums[index])
          return min(
            max(value + target.zero(target.count == 1 ? 0 : channel), target.low), target.high)
        })
        return [output]
      }
    }, gradient: noGradient)

  package let dotHybrid: OpDef = OpDef(
    "UniformQuantizedDotHybrid",
    """
    lhs: Tlhs, rhs: Trhs, rhs_scales: float, rhs_zero_points: int32 -> output: Tout
    Tlhs: {float}
    Trhs: {qint8}
    Tout: {float}
    \(options("rhs"))
    """,
    shape: { context in
      let shape = try dotShape(context)
      let scale = UniformScale(
        axis: try context.int("rhs_quantization_axis"), low: 0, high: 0, at: 2)
      try scale.check(context.shapes[1], context.shapes)
      return [shape]
    },
    kernel: .dynamic { context in
      let scale = UniformScale(
        axis: try context.int("rhs_quantization_axis"),
        low: try context.int("rhs_quantization_min_val"),
        high: try context.int("rhs_quantization_max_val"), at: 2)
      try require(
        scale.axis == -1 || scale.axis == 1,
        "rhs_quantization_axis Attr must be 1 (per-channel) or -1 (per-tensor).")
      return { run in
        let (a, b) = (run.inputs[0], run.inputs[1])
        let right = try scale.bound(run.inputs, b.dims)
        let rows = a.dims[0]
        try MemoryLimit.room(for: (Dimension(rows) * 16).saturated)
        let quantized = try Tensor.uninitialized(.qint8, a.dims)
        let scales = try (0..<rows).map { try RowScale(a, row: $0, into: quantized) }
        let sums = try integerProduct(quantized, b) { row, _ in
          scales[row].zero
        } right: {
          right.zero(right.count == 1 ? 0 : $0)
        }
        let output = try Tensor.uninitialized(.float32, [rows, b.dims[1]])
        let result = output.elements(Float.self)
        let columns = max(b.dims[1], 1)
        for index in result.indices {
          let channel = index % columns
          result[index] =
            Float(sums[index]) * scales[index / columns].scale
            * right.scale(right.count == 1 ? 0 : channel)
        }
        return [output]
      }
    }, gradient: noGradient)

  /// The attributes of operands of those names.
  private static func options(_ names: String...) -> String {
    names.map { name in
      """
      \(name)_quantization_axis: int = -1
      \(name)_quantization_min_val: int
      \(name)_quantization_max_val: int
      """
    }.joined(separator: "\n")
  }

  private static func dotShape(_ context: ShapeContext) throws -> PartialShape {
    let (a, b) = (context.shapes[0], context.shapes[1])
    try require(a.rank ?? 2 == 2, "lhs rank must be 2, but given lhs shape \(a)")
    try require(b.rank ?? 2 == 2, "rhs rank must be 2, but given rhs shape \(b)")
    if let inner = a[1], let rows = b[0], inner != rows {
      throw TFError.invalidArgument(
        """
        lhs.dim_size(1) and rhs.dim_size(0) must be equal, but given lhs shape \(a) and rhs shape \
        \(b)
        """
      )
    }
    return .of(a[0], b[1])
  }

  /// The product of two matrices of qint8 less their zero points, in 32 bits that wrap.
  private static func integerProduct(
    _ a: Tensor, _ b: Tensor, left: (Int, Int) -> Int, right: (Int) -> Int
  ) throws -> [Int] {
    let (rows, inner, columns) = (a.dims[0], a.dims[1], b.dims[1])
    let x = a.pointer.assumingMemoryBound(to: Int8.self)
    let y = b.pointer.assumingMemoryBound(to: Int8.self)
    try MemoryLimit.room(for: (Dimension(rows) * Dimension(columns) * 8).saturated)
    var sums = [Int](repeating: 0, count: rows * columns)
    let zeros = (0..<columns).map { Int32(truncatingIfNeeded: right($0)) }
    var row32 = [Int32](repeating: 0, count: columns)
    var pace = Pace()
    for row in 0..<rows {
      for column in 0..<columns { row32[column] = 0 }
      let zero = Int32(truncatingIfNeeded: left(row, 0))
      for k in 0..<inner {
        try pace.step(columns)
        let value = Int32(x[row &* inner &+ k]) &- zero
        for column in 0..<columns {
          row32[column] =
            row32[column] &+ value &* (Int32(y[k &* columns &+ column]) &- zeros[column])
        }
      }
      for column in 0..<columns { sums[row &* columns &+ column] = Int(row32[column]) }
    }
    return sums
  }
}
