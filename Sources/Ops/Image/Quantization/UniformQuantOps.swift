import Glibc
package import CoreOps

/// Quantisation by a scale and a zero point.
package struct UniformQuantOps: OpFamily {
  package static let family: Self = define(Self())

  private static let options = """
    quantization_axis: int = -1
    quantization_min_val: int
    quantization_max_val: int
    """

  package let uniformQuantize: OpDef = OpDef(
    "UniformQuantize",
    """
    input: Tin, scales: float, zero_points: int32 -> output: Tout
    Tin: {float}
    Tout: {qint8, quint8, qint32}
    \(options)
    """,
    shape: { [try checked($0.shapes, axis: $0.int("quantization_axis"))] },
    kernel: .dynamic { context in
      let dtype = context.outputTypes[0]
      let axis = try context.int("quantization_axis")
      let (low, high) = (
        try context.int("quantization_min_val"), try context.int("quantization_max_val")
      )
      return { run in
        _ = try checked(run.inputs.map(\.shape), axis: axis)
        let (input, scales, zeros) = (run.inputs[0], run.inputs[1], run.inputs[2])
        try checkScales(scales)
        let output = try Tensor.uninitialized(dtype, input.dims)
        let slice = slicing(input.dims, axis)
        let x = input.elements(Float.self)
        func fill<T: TensorScalar & FixedWidthInteger>(_: T.Type) {
          let result = output.pointer.assumingMemoryBound(to: T.self)
          for index in x.indices {
            let own = slice(index)
            let inverse = 1 / scales.elements(Float.self)[own]
            let value = floorf(x[index] * inverse + Float(zeros.elements(Int32.self)[own]) + 0.5)
            let bounded = value.isNaN ? 0 : min(max(Double(value), Double(low)), Double(high))
            result[index] = T(clamping: Int64(bounded))
          }
        }
        switch dtype {
        case .qint8: fill(Int8.self)
        case .quint8: fill(UInt8.self)
        default: fill(Int32.self)
        }
        return [output]
      }
    }, gradient: .none("TensorFlow defines no gradient for UniformQuantize"))

  package let uniformDequantize: OpDef = OpDef(
    "UniformDequantize",
    """
    input: Tin, scales: float, zero_points: int32 -> output: Tout
    Tin: {qint8, quint8, qint32}
    Tout: {float}
    \(options)
    """,
    shape: { [try checked($0.shapes, axis: $0.int("quantization_axis"))] },
    kernel: .dynamic { context in
      let dtype = context.inputTypes[0]
      let axis = try context.int("quantization_axis")
      return { run in
        _ = try checked(run.inputs.map(\.shape), axis: axis)
        let (input, scales, zeros) = (run.inputs[0], run.inputs[1], run.inputs[2])
        try checkScales(scales)
        let output = try Tensor.uninitialized(.float32, input.dims)
        let slice = slicing(input.dims, axis)
        let result = output.elements(Float.self)
        func fill<T: TensorScalar & FixedWidthInteger>(_: T.Type) {
          let x = input.pointer.assumingMemoryBound(to: T.self)
          for index in result.indices {
            let own = slice(index)
            let steps = Int64(x[index]) - Int64(zeros.elements(Int32.self)[own])
            result[index] = Float(steps) * scales.elements(Float.self)[own]
          }
        }
        switch dtype {
        case .qint8: fill(Int8.self)
        case .quint8: fill(UInt8.self)
        default: fill(Int32.self)
        }
        return [output]
      }
    }, gradient: .none("TensorFlow defines no gradient for UniformDequantize"))

  /// The input's shape, once scales and zero points fit it.
  private static func checked(_ shapes: [PartialShape], axis: Int) throws -> PartialShape {
    let (input, scales, zeros) = (shapes[0], shapes[1], shapes[2])
    try require(axis >= -1, "quantization_axis must be >= -1, given: \(axis)")
    try require(
      input.rank == nil || axis < input.rank!,
      "quantization_axis \(axis) must be less than the rank of shape \(input)")
    try require(
      scales.isCompatible(with: zeros),
      "scales \(scales) and zero_points \(zeros) must have the same shape")
    let expected: PartialShape = axis < 0 ? .scalar : .of(input[axis])
    try require(
      scales.isCompatible(with: expected) && zeros.isCompatible(with: expected),
      "scales and zero_points have shape \(scales), expected \(expected)")
    return input
  }

  private static func checkScales(_ scales: Tensor) throws {
    try require(
      scales.elements(Float.self).allSatisfy { $0 > 0 && $0.isFinite },
      "all scales must be positive and finite")
  }

  /// Which scale an element has.
  private static func slicing(_ dims: Shape, _ axis: Int) -> (Int) -> Int {
    if axis < 0 { return { _ in 0 } }
    let inner = max(dims.dims[(axis + 1)...].reduce(1, *), 1)
    let count = max(dims[axis], 1)
    return { $0 / inner % count }
  }
}
