import CKernels
package import CoreOps

/// Arithmetic on quantised values. Each operand comes with the range that its type's steps divide.
package struct QuantizedMathOps: OpFamily {
  package static let family: Self = define(Self())

  private static let types = QuantizedOps.types
  private static let eightBits = DTypeSet(.qint8, .quint8)

  package let quantizedMatMul: OpDef = OpDef(
    "QuantizedMatMul",
    """
    a: T1, b: T2, min_a: float, max_a: float, min_b: float, max_b: float -> out: Toutput, \
      min_out: float, max_out: float
    T1: \(types)
    T2: \(types)
    Toutput: \(types) = qint32
    transpose_a: bool = false
    transpose_b: bool = false
    Tactivation: \(types) = quint8
    """,
    shape: { context in
      let (a, b) = (context.shapes[0], context.shapes[1])
      try require(a.rank == nil || a.rank == 2, "In[0] is not a matrix")
      try require(b.rank == nil || b.rank == 2, "In[1] is not a matrix")
      try QuantizedOps.checkScalars(context, 2..<3)
      try QuantizedOps.checkScalars(context, 3..<6, loose: true)
      let (ta, tb) = (try context.bool("transpose_a"), try context.bool("transpose_b"))
      let (inner, other) = (a[ta ? 0 : 1], b[tb ? 1 : 0])
      try require(
        inner == nil || other == nil || inner == other,
        "Matrix size-compatible: In[0]: \(a), In[1]: \(b)")
      return [.of(a[ta ? 1 : 0], b[tb ? 0 : 1]), .scalar, .scalar]
    },
    kernel: .raw(["T1": eightBits, "T2": eightBits, "Toutput": DTypeSet(.qint32)]) { context in
      let (typeA, typeB) = (context.inputTypes[0], context.inputTypes[1])
      let (ta, tb) = (try context.bool("transpose_a"), try context.bool("transpose_b"))
      return { specialise in
        let (m, n) = (specialise.outputs[0][0], specialise.outputs[0][1])
        let k = specialise.inputs[0][ta ? 0 : 1]
        return .run { p in
          let ranges = Ranges(p, 2, typeA, typeB)
          try ranges.requireExtent()
          let status = jk_quantized_matmul(
            Int32(typeA.rawValue), Int32(typeB.rawValue), p[0], p[1],
            p[6].assumingMemoryBound(to: Int32.self), m, n,
            k, ta, tb, ranges.zeroX, ranges.zeroY)
          guard status == 0 else {
            throw TFError.resourceExhausted("no memory to lay out the factors")
          }
          ranges.writeProduct(p, 7)
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for QuantizedMatMul"))

  package let quantizedConv2D: OpDef = OpDef(
    "QuantizedConv2D",
    """
    input: Tinput, filter: Tfilter, min_input: float, max_input: float, min_filter: float, \
      max_filter: float -> output: out_type, min_output: float, max_output: float
    Tinput: \(types)
    Tfilter: \(types)
    out_type: \(types) = qint32
    strides: list(int)
    padding: {'SAME', 'VALID'}
    dilations: list(int) = [1, 1, 1, 1]
    """,
    shape: { context in
      let (input, filter) = (context.shapes[0], context.shapes[1])
      try require(
        input.rank == nil || input.rank == 4, "input must be rank 4 but is rank \(input.rank ?? 0)")
      try require(
        filter.rank == nil || filter.rank == 4,
        "filter must be rank 4 but is rank \(filter.rank ?? 0)")
      try QuantizedOps.checkScalars(context, 2..<6)
      try require(
        input[3] == nil || filter[2] == nil || input[3] == filter[2],
        "input and filter must have the same depth: \(input[3] ?? 0) vs \(filter[2] ?? 0)")
      let window = try Window(
        context, ksize: [1, filter[0], filter[1], 1], dilations: context.ints("dilations"))
      return [
        .of(input[0], try window.output(input[1], 1), try window.output(input[2], 2), filter[3]),
        .scalar, .scalar,
      ]
    },
    kernel: .raw(["Tinput": DTypeSet(.quint8), "Tfilter": eightBits, "out_type": DTypeSet(.qint32)])
    { context in
      let (typeX, typeY) = (context.inputTypes[0], context.inputTypes[1])
      return { specialise in
        let (input, filter, output) = (
          specialise.inputs[0], specialise.inputs[1], specialise.outputs[0]
        )
        let window = try Window(
          context, ksize: [1, Dimension(filter[0]), Dimension(filter[1]), 1],
          dilations: context.ints("dilations"))
        let shape = window.shape(input, output, depth: filter[3])
        return .run { p in
          let ranges = Ranges(p, 2, typeX, typeY)
          let status = withUnsafePointer(to: shape) {
            jk_quantized_conv(
              Int32(typeX.rawValue), Int32(typeY.rawValue), $0, p[0], p[1],
              p[6].assumingMemoryBound(to: Int32.self),
              ranges.zeroX, ranges.zeroY)
          }
          guard status == 0 else {
            throw TFError.resourceExhausted("no memory to lay out the filter")
          }
          ranges.writeProduct(p, 7)
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for QuantizedConv2D"))

  package let quantizedMaxPool: OpDef = pooling("QuantizedMaxPool", average: false)
  package let quantizedAvgPool: OpDef = pooling("QuantizedAvgPool", average: true)

  package let quantizedAdd: OpDef = binary("QuantizedAdd", loop: jk_quantized_add)
  package let quantizedMul: OpDef = binary("QuantizedMul", loop: jk_quantized_mul)

  package let quantizedBiasAdd: OpDef = OpDef(
    "QuantizedBiasAdd",
    """
    input: T1, bias: T2, min_input: float, max_input: float, min_bias: float, max_bias: float \
      -> output: out_type, min_out: float, max_out: float
    T1: \(types)
    T2: \(types)
    out_type: \(types)
    """,
    shape: { context in
      let (input, bias) = (context.shapes[0], context.shapes[1])
      try require(
        input.rank == nil || input.rank! >= 2, "Input tensor must be at least 2D: \(input)")
      try require(bias.rank == nil || bias.rank == 1, "Biases must be 1D: \(bias)")
      try QuantizedOps.checkScalars(context, 2..<6)
      if let rank = input.rank, let last = input[rank - 1], let count = bias[0] {
        try require(
          last == count,
          """
          Must provide as many biases as the last dimension of the input tensor: \(bias) vs. \
          \(input)
          """
        )
      }
      return [input, .scalar, .scalar]
    },
    kernel: .raw(["T1": eightBits, "T2": eightBits, "out_type": DTypeSet(.qint32)]) { context in
      let (typeX, typeY) = (context.inputTypes[0], context.inputTypes[1])
      return { specialise in
        let (count, channels) = (specialise.outputs[0].elementCount, specialise.inputs[1][0])
        return .run { p in
          let ranges = Ranges(p, 2, typeX, typeY, room: 131_072)
          let (tableX, tableY) = ranges.biasTables()
          let output = p[6].assumingMemoryBound(to: Int32.self)
          let (x, bias) = (
            p[0].assumingMemoryBound(to: UInt8.self), p[1].assumingMemoryBound(to: UInt8.self)
          )
          for index in 0..<count {
            output[index] = tableX[Int(x[index])] &+ tableY[Int(bias[index % channels])]
          }
          ranges.writeSum(p, 7)
        }
      }
    }, gradient: .none("TensorFlow defines no gradient for QuantizedBiasAdd"))

  package let quantizedRelu: OpDef = relu("QuantizedRelu", limit: nil)
  package let quantizedRelu6: OpDef = relu("QuantizedRelu6", limit: 6)

  package let quantizedReluX: OpDef = OpDef(
    "QuantizedReluX",
    """
    features: Tinput, max_value: float, min_features: float, max_features: float \
      -> activations: out_type, min_activations: float, max_activations: float
    Tinput: \(types)
    out_type: \(types) = quint8
    """,
    shape: { context in
      try QuantizedOps.checkScalars(context, 1..<4)
      return [context.shapes[0], .scalar, .scalar]
    },
    kernel: .run(["Tinput": DTypeSet(.quint8, .qint32), "out_type": DTypeSet(.quint8, .qint32)]) {
      run in
      let limit = try QuantizedOps.rangeEnd(run.inputs[1], "max_value")
      return try rectified(run.inputs[0], run.inputs[2], run.inputs[3], limit)
    }, gradient: .none("TensorFlow defines no gradient for QuantizedReluX"))

  private static func binary(
    _ name: String, loop: @escaping @Sendable @convention(c) () -> jk_loop?
  ) -> OpDef {
    let isSum = name == "QuantizedAdd"
    return OpDef(
      name,
      """
      x: T1, y: T2, min_x: float, max_x: float, min_y: float, max_y: float -> z: Toutput, \
        min_z: float, max_z: float
      T1: \(types)
      T2: \(types)
      Toutput: \(types) = qint32
      """,
      shape: { context in
        try QuantizedOps.checkScalars(context, 2..<6)
        return [try ShapeRules.broadcast(context.shapes[0], context.shapes[1]), .scalar, .scalar]
      },
      kernel: .raw(["T1": DTypeSet(.quint8), "T2": DTypeSet(.quint8), "Toutput": DTypeSet(.qint32)])
      { _ in
        { specialise in
          guard let loop = loop() else { throw TFError.internal("\(name) has no loop") }
          let layout = try BroadcastLayout(
            Array(specialise.inputs[0..<2]), specialise.outputs[0], sizes: [1, 1], outputSize: 4,
            grain: 32768)
          let isScalar = specialise.inputs[0..<2].map { $0.elementCount == 1 }
          return .run { p in
            let ranges = Ranges(p, 2, .quint8, .quint8, room: 16_384)
            try ranges.requireExtent()
            var params = jk_quantized_binary()
            (params.zero_x, params.zero_y) = (ranges.zeroX, ranges.zeroY)
            let (tableX, tableY) =
              isSum
              ? ranges.sumTables(xIsScalar: isScalar[0], yIsScalar: !isScalar[0] && isScalar[1])
              : ([], [])
            tableX.withUnsafeBufferPointer { x in
              tableY.withUnsafeBufferPointer { y in
                (params.table_x, params.table_y) = (x.baseAddress, y.baseAddress)
                withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: 3) {
                  own in
                  (own[0], own[1], own[2]) = (p[0], p[1], p[6])
                  _ = withUnsafePointer(to: layout.value) {
                    jk_elementwise(loop, $0, own.baseAddress!, &params)
                  }
                }
              }
            }
            if isSum { ranges.writeSum(p, 7) } else { ranges.writeProduct(p, 7) }
          }
        }
      }, gradient: .none("TensorFlow defines no gradient for \(name)"))
  }

  /// The ranges of two operands, read when an op runs.
  private struct Ranges {
    let typeX, typeY: DType
    let minX, maxX, minY, maxY: Float
    let room: Float

    /// - Parameters:
    ///   - first: the input that has the lower end of x; the other ends follow.
    ///   - room: how many times the range of a sum exceeds the operands'.
    init(_ p: Pointers, _ first: Int, _ typeX: DType, _ typeY: DType, room: Float = 1) {
      func end(_ index: Int) -> Float { p[first + index].assumingMemoryBound(to: Float.self)[0] }
      (self.typeX, self.typeY, self.room) = (typeX, typeY, room)
      (minX, maxX, minY, maxY) = (end(0), end(1), end(2), end(3))
    }

    func requireExtent() throws {
      try require(maxX > minX, "max_x must be larger than min_x.")
      try require(maxY > minY, "max_y must be larger than min_y.")
    }

    /// Where zero lies among the steps of a type.
    private static func zero(_ dtype: DType, _ min: Float, _ max: Float) -> Int32 {
      Int32(clamping: jk_float_to_quantized_unclamped(Int32(dtype.rawValue), 0, min, max))
    }
    var zeroX: Int32 { Self.zero(typeX, minX, maxX) }
    var zeroY: Int32 { Self.zero(typeY, minY, maxY) }

    /// The range of a product in 32 bits: a step is the product of the factors' steps.
    func writeProduct(_ p: Pointers, _ index: Int) {
      let step = (maxX - minX) / 255 * ((maxY - minY) / 255)
      p[index].assumingMemoryBound(to: Float.self)[0] = step * -2_147_483_648
      // 2³¹ - 1 as a float.
      p[index + 1].assumingMemoryBound(to: Float.self)[0] = step * 2_147_483_648
    }

    /// The upper end of the symmetric range of a sum, with room for adding many.
    private var sumEnd: Float { Swift.max(maxX, Swift.max(-minX, Swift.max(maxY, -minY))) * room }

    func writeSum(_ p: Pointers, _ index: Int) {
      p[index].assumingMemoryBound(to: Float.self)[0] = -sumEnd
      p[index + 1].assumingMemoryBound(to: Float.self)[0] = sumEnd
    }

    /// What each bit pattern of an operand of `QuantizedAdd` is in the range of the sum: a scalar
    /// is converted itself; other values are counted from 0 in steps of what 1 is more than 0.
    func sumTables(xIsScalar: Bool, yIsScalar: Bool) -> ([Int32], [Int32]) {
      let (end, sum) = (sumEnd, Int32(DType.qint32.rawValue))
      func table(_ dtype: DType, _ min: Float, _ max: Float, _ isScalar: Bool) -> [Int32] {
        func converted(_ value: Int64) -> Int64 {
          let x = jk_quantized_to_float(Int32(dtype.rawValue), value, min, max)
          return jk_float_to_quantized_unclamped(sum, x, -end, end)
        }
        let zero = converted(0)
        let step = Int64(Int32(truncatingIfNeeded: converted(1) &- zero))
        return (0..<256).map { value in
          Int32(clamping: isScalar ? converted(value) : zero &+ value &* step)
        }
      }
      return (table(typeX, minX, maxX, xIsScalar), table(typeY, minY, maxY, yIsScalar))
    }

    /// What each bit pattern of an operand of `QuantizedBiasAdd` is in the range of the sum, by
    /// TensorFlow's steps in single precision; zero of that range is added to the second operand.
    func biasTables() -> ([Int32], [Int32]) {
      let (end, sum) = (sumEnd, Int32(DType.qint32.rawValue))
      func table(_ dtype: DType, _ min: Float, _ max: Float) -> [Int32] {
        let scale = Float(Double(max - min) / 255)
        let start = min == max ? min : (min / scale).rounded(.toNearestOrAwayFromZero) * scale
        let base = start - (dtype == .qint8 ? -128 : 0) * scale
        let values: [Float] = (0..<256).map { bits in
          base + (dtype == .qint8 ? Float(Int8(truncatingIfNeeded: bits)) : Float(bits)) * scale
        }
        var table = [Int32](repeating: 0, count: 256)
        jk_quantize_single(values, &table, 256, -end, end)
        return table
      }
      let zero = Int32(clamping: jk_float_to_quantized(sum, 0, -end, end))
      return (
        table(typeX, minX, maxX), table(typeY, minY, maxY).map { $0 &+ zero }
      )
    }
  }

  // Activations.

  private static func relu(_ name: String, limit: Float?) -> OpDef {
    OpDef(
      name,
      """
      features: Tinput, min_features: float, max_features: float -> activations: out_type, \
        min_activations: float, max_activations: float
      Tinput: \(types)
      out_type: \(types) = quint8
      """,
      shape: { context in
        try QuantizedOps.checkScalars(context, 1..<3)
        return [context.shapes[0], .scalar, .scalar]
      },
      kernel: .dynamic([
        "Tinput": DTypeSet(.quint8, .qint32), "out_type": DTypeSet(.quint8, .qint32),
      ]) { context in
        let (from, to) = (context.inputTypes[0], context.outputTypes[0])
        try require(from == to, "\(name) keeps the type of its features: got \(from) and \(to)")
        return { try rectified($0.inputs[0], $0.inputs[1], $0.inputs[2], limit) }
      }, gradient: .none("TensorFlow defines no gradient for \(name)"))
  }

  private static func rectified(_ x: Tensor, _ min: Tensor, _ max: Tensor, _ limit: Float?) throws
    -> [Tensor]
  {
    let low = try QuantizedOps.rangeEnd(min, "min_features")
    let high = try QuantizedOps.rangeEnd(max, "max_features")
    let dtype = Int32(x.dtype.rawValue)
    let output = try Tensor.uninitialized(x.dtype, x.dims)
    let top =
      limit.map { jk_float_to_quantized(dtype, $0, low, high) }
      ?? (x.dtype == .quint8 ? 255 : Int64(Int32.max))
    jk_quantized_clamp(
      dtype, x.pointer, output.pointer, x.dims.elementCount,
      jk_float_to_quantized(dtype, 0, low, high), top)
    return try [output, Tensor(scalar: low), Tensor(scalar: high)]
  }

  // Windows.

  /// Strides and padding of a convolution or pooling in NHWC.
  private struct Window {
    let ksize: [Dimension?]
    let strides: [Int]
    let dilations: [Int]
    let same: Bool

    init(_ context: some AttrAccess, ksize: [Dimension?], dilations: [Int]) throws {
      strides = try context.ints("strides")
      try require(strides.count == 4, "Sliding window strides field must specify 4 dimensions")
      try require(
        strides[0] == 1 && strides[3] == 1,
        "Current implementation does not yet support strides in the batch and depth dimensions.")
      try require(strides[1] > 0 && strides[2] > 0, "strides must be positive, got \(strides)")
      try require(dilations.count == 4, "dilations must specify 4 dimensions")
      try require(
        dilations[0] == 1 && dilations[3] == 1 && dilations[1] > 0 && dilations[2] > 0,
        "dilations must be positive, and 1 for batch and depth, got \(dilations)")
      try require(ksize.count == 4, "Sliding window ksize field must specify 4 dimensions")
      for size in ksize {
        try require((size ?? 1) > 0, "window sizes must be positive, got \(ksize)")
      }
      self.ksize = ksize
      self.dilations = dilations
      same = try context.string("padding") == "SAME"
    }

    private func extent(_ axis: Int) -> Dimension? {
      ksize[axis].map { ($0 - 1) * dilations[axis] + 1 }
    }

    func output(_ input: Dimension?, _ axis: Int) throws -> Dimension? {
      guard let input else { return nil }
      if same { return input == 0 ? 0 : (input - 1) / strides[axis] + 1 }
      guard let extent = extent(axis) else { return nil }
      try require(
        !extent.isOverflow && extent <= input + strides[axis] && input >= extent - 1,
        """
        Computed output size would be negative: input \(input), window \(extent), stride \
        \(strides[axis])
        """
      )
      return input < extent ? 0 : (input - extent) / strides[axis] + 1
    }

    private func padding(_ input: Int, _ output: Int, _ axis: Int) -> Int {
      guard same, let extent = extent(axis) else { return 0 }
      let steps = Dimension(output - 1) * strides[axis]
      return (max(steps + extent - input, 0) / 2).value
    }

    package func shape(_ input: Shape, _ output: Shape, depth: Int) -> jk_quantized_window {
      jk_quantized_window(
        batch: Int64(input[0]), in_h: Int64(input[1]), in_w: Int64(input[2]), in_c: Int64(input[3]),
        out_h: Int64(output[1]), out_w: Int64(output[2]), out_c: Int64(depth),
        filter_h: Int64(ksize[1]?.value ?? 1),
        filter_w: Int64(ksize[2]?.value ?? 1), stride_h: Int64(strides[1]),
        stride_w: Int64(strides[2]),
        dilation_h: Int64(dilations[1]), dilation_w: Int64(dilations[2]),
        pad_top: Int64(padding(input[1], output[1], 1)),
        pad_left: Int64(padding(input[2], output[2], 2)))
    }
  }

  private static func pooling(_ name: String, average: Bool) -> OpDef {
    OpDef(
      name,
      """
      input: T, min_input: float, max_input: float -> output: T, min_output: float, \
        max_output: float
      T: \(types)
      ksize: list(int)
      strides: list(int)
      padding: {'SAME', 'VALID'}
      """,
      shape: { context in
        let input = context.shapes[0]
        try require(input.rank == nil || input.rank == 4, "tensor_in must be 4-dimensional\(input)")
        try QuantizedOps.checkScalars(context, 1..<3)
        let window = try poolWindow(context)
        return [
          .of(input[0], try window.output(input[1], 1), try window.output(input[2], 2), input[3]),
          .scalar, .scalar,
        ]
      },
      kernel: .raw(["T": eightBits]) { context in
        let dtype = Int32(context.inputTypes[0].rawValue)
        let window = try poolWindow(context)
        return { specialise in
          let shape = window.shape(
            specialise.inputs[0], specialise.outputs[0], depth: specialise.inputs[0][3])
          return .run { p in
            withUnsafePointer(to: shape) { jk_quantized_pool(dtype, $0, p[0], p[3], average) }
            p[4].assumingMemoryBound(to: Float.self)[0] =
              p[1].assumingMemoryBound(to: Float.self)[0]
            p[5].assumingMemoryBound(to: Float.self)[0] =
              p[2].assumingMemoryBound(to: Float.self)[0]
          }
        }
      }, gradient: .none("TensorFlow defines no gradient for \(name)"))
  }

  private static func poolWindow(_ context: some AttrAccess) throws -> Window {
    let ksize = try context.ints("ksize")
    try require(
      ksize.count == 4 && ksize[0] == 1 && ksize[3] == 1,
      "Pooling is not yet supported on the batch or depth dimension: ksize is \(ksize)")
    return try Window(
      context, ksize: ksize.map { Dimension($0) }, dilations: [1, 1, 1, 1])
  }
}
