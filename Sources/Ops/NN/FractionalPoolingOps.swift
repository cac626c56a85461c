import CKernels
public import CoreOps

/// Pooling over cells of uneven sizes.
package struct FractionalPoolingOps: OpFamily {
  package static let family: Self = define(Self())

  package let fractionalMaxPool: OpDef = OpDef(
    "FractionalMaxPool", FractionalPooling.signature,
    shape: FractionalPooling.shape, kernel: FractionalPooling.forward(average: false),
    gradient: .rule { context in
      [
        try family.fractionalMaxPoolGrad(
          [
            context.inputs[0], context.outputs[0], context.gradient(0), context.outputs[1],
            context.outputs[2],
          ], PoolingRules.attrs(context, ["overlapping"]))
      ]
    })

  package let fractionalAvgPool: OpDef = OpDef(
    "FractionalAvgPool", FractionalPooling.signature,
    shape: FractionalPooling.shape, kernel: FractionalPooling.forward(average: true),
    gradient: .rule(needs: .init(inputs: [], outputs: [1, 2])) { context in
      [
        try family.fractionalAvgPoolGrad(
          [
            ShapeOps.shapeTensor(of: context.inputs[0], .int64), context.gradient(0),
            context.outputs[1],
            context.outputs[2],
          ], PoolingRules.attrs(context, ["overlapping"]))
      ]
    })

  package let fractionalMaxPoolGrad: OpDef = OpDef(
    "FractionalMaxPoolGrad",
    """
    orig_input: T, orig_output: T, out_backprop: T, row_pooling_sequence: int64, \
      col_pooling_sequence: int64 -> output: T
    overlapping: bool = false
    T: {float, double, int32, int64}
    """,
    shape: { context in
      let input = try context.shape(0, rank: 4)
      let output = try context.shape(1, rank: 4, "orig_output")
      let gradient = try context.shape(2, rank: 4, "out_backprop")
      try FractionalPooling.check(
        input, output, rows: context.shape(3, rank: 1), columns: context.shape(4, rank: 1))
      try require(
        gradient.isCompatible(with: output),
        "out_backprop must have the shape of orig_output, \(output), has \(gradient)")
      return [input]
    },
    kernel: FractionalPooling.gradient(average: false, input: 0, gradient: 2),
    gradient: .none("TensorFlow has no gradient for FractionalMaxPoolGrad"))

  package let fractionalAvgPoolGrad: OpDef = OpDef(
    "FractionalAvgPoolGrad",
    """
    orig_input_tensor_shape: int64, out_backprop: T, row_pooling_sequence: int64, \
      col_pooling_sequence: int64 -> output: T
    overlapping: bool = false
    T: {float, double, int32, int64}
    """,
    shape: { context in
      let input = try ConvolutionRules.sizes(context, 0, rank: 4, "orig_input_tensor_shape")
      let gradient = try context.shape(1, rank: 4, "out_backprop")
      try FractionalPooling.check(
        input, gradient, rows: context.shape(2, rank: 1), columns: context.shape(3, rank: 1))
      return [input]
    },
    kernel: FractionalPooling.gradient(average: true, input: nil, gradient: 1),
    gradient: .none("TensorFlow has no gradient for FractionalAvgPoolGrad"))
}

/// How an image is cut into cells, and what the fractional pooling ops share.
enum FractionalPooling {
  static let types = DTypeSet(.float32, .float64, .int32, .int64)

  static let signature = """
    value: T -> output: T, row_pooling_sequence: int64, col_pooling_sequence: int64
    pooling_ratio: list(float) >= 4
    pseudo_random: bool = false
    overlapping: bool = false
    deterministic: bool = false
    seed: int = 0
    seed2: int = 0
    T: {float, double, int32, int64}
    """

  package static let shape: ShapeRule = { context in
    let ratios = try context.floats("pooling_ratio")
    try require(ratios.count == 4, "pooling_ratio field must specify 4 dimensions")
    for ratio in ratios where !(ratio >= 1) {
      throw TFError.invalidArgument("pooling_ratio cannot be smaller than 1, got: \(ratio)")
    }
    guard ratios[0] == 1, ratios[3] == 1 else {
      throw TFError.unimplemented(
        "Fractional pooling is not yet supported on the batch nor channel dimension.")
    }
    let input = try context.shape(0, rank: 4)
    func size(_ axis: Int) throws -> Dimension? {
      guard let size = input[axis] else { return nil }
      let output = (Float(size.value) / ratios[axis]).rounded(.down)
      try require(
        output >= 1,
        """
        Pooling ratio is higher than input dimension size for dimension \(axis). Input dim size: \
        \(size) pooling ratio: \(ratios[axis])
        """
      )
      return Int(exactly: output).map { Dimension($0) } ?? .overflow
    }
    _ = try (size(0), size(3))
    let (height, width) = (try size(1), try size(2))
    return [
      .of(input[0], height, width, input[3]), .of(height.map { $0 + 1 }), .of(width.map { $0 + 1 }),
    ]
  }

  package static func check(
    _ input: PartialShape, _ output: PartialShape, rows: PartialShape, columns: PartialShape
  ) throws {
    for (axis, sequence, name) in [(1, rows, "row"), (2, columns, "col")] {
      if let size = output[axis], let count = sequence[0], count != size + 1 {
        throw TFError.invalidArgument(
          "\(name)_pooling_sequence must have \(size + 1) elements, has \(count)")
      }
    }
    for axis in [0, 3] {
      if let a = input[axis], let b = output[axis], a != b {
        throw TFError.invalidArgument("shapes \(input) and \(output) differ in batch or channels")
      }
    }
  }

  /// Where the cells of `input` elements begin, and the end of the last.
  ///
  /// - Parameter generator: a shuffle of the sizes takes one number per cell, a pseudo-random
  ///   sequence two.
  static func sequence(
    _ input: Int, _ output: Int, _ generator: inout jk_philox, pseudoRandom: Bool
  ) -> [Int64] {
    let whole = input / output
    var sizes = [Int](repeating: whole, count: output)
    var numbers = NumberSource(generator)
    if pseudoRandom {
      jk_philox_skip(&generator, 1)
      let alpha = Double(input) / Double(output)
      let limit = min(
        Double(whole + 2) / alpha - 1, Double(input + 1 - whole) / alpha - Double(output - 1))
      let (low, high) = (UInt64(numbers.next()), UInt64(numbers.next()))
      let unit = Double(bitPattern: 0x3ff << 52 | (low & 0xfffff) << 32 | high) - 1
      let starts = (1..<max(output, 1)).map {
        Int((alpha * (Double($0) + unit * limit)).rounded(.up))
      }
      let bounds = [1] + starts + [input + 1]
      sizes = (0..<output).map { bounds[$0 + 1] - bounds[$0] }
    } else {
      jk_philox_skip(&generator, UInt64((output + 3) / 4))
      for index in 0..<input % output { sizes[index] += 1 }
      for index in 0..<output - 1 {
        sizes.swapAt(index, index + Int(numbers.next() % UInt32(output - index)))
      }
    }
    var at: Int64 = 0
    return [0]
      + sizes.map { size in
        at += Int64(size)
        return at
      }
  }

  private struct NumberSource {
    private var generator: jk_philox
    private var four: [UInt32] = [0, 0, 0, 0]
    private var used = 4
    init(_ generator: jk_philox) { self.generator = generator }
    mutating func next() -> UInt32 {
      if used == 4 {
        jk_philox_next(&generator, &four)
        used = 0
      }
      used += 1
      return four[used - 1]
    }
  }

  static func cells(_ input: Shape, _ output: Shape, overlapping: Bool) -> jk_fractional {
    jk_fractional(
      batch: Int64(input[0]), height: Int64(input[1]), width: Int64(input[2]),
      channels: Int64(input[3]),
      out_height: Int64(output[1]), out_width: Int64(output[2]), overlapping: overlapping ? 1 : 0)
  }

  static func forward(average: Bool) -> Kernel {
    .raw(["T": types]) { context in
      let type = Int32(try context.type("T").rawValue)
      let overlapping = try context.bool("overlapping")
      let pseudoRandom = try context.bool("pseudo_random")
      let deterministic = try context.bool("deterministic")
      var seeds = (
        UInt64(bitPattern: Int64(try context.int("seed"))),
        UInt64(bitPattern: Int64(try context.int("seed2")))
      )
      if deterministic {
        if seeds == (0, 0) { seeds = (.random(in: 1 ... .max), .random(in: 1 ... .max)) }
      } else {
        try require(seeds == (0, 0), "Both seed and seed2 should be 0 if deterministic is false.")
      }
      let fixed = seeds
      return { specialise in
        let (input, output) = (specialise.inputs[0], specialise.outputs[0])
        let cells = cells(input, output, overlapping: overlapping)
        return .run { pointers in
          var cells = cells
          var generator =
            deterministic
            ? jk_philox_from_seeds(fixed.0, fixed.1)
            : jk_philox_from_seeds(.random(in: 1 ... .max), .random(in: 1 ... .max))
          let rows = sequence(input[1], output[1], &generator, pseudoRandom: pseudoRandom)
          let columns = sequence(input[2], output[2], &generator, pseudoRandom: pseudoRandom)
          let (rowsOut, columnsOut) = (
            pointers[2].assumingMemoryBound(to: Int64.self),
            pointers[3].assumingMemoryBound(to: Int64.self)
          )
          rowsOut.update(from: rows, count: rows.count)
          columnsOut.update(from: columns, count: columns.count)
          jk_fractional_pool(
            type, average ? 1 : 0, &cells, rowsOut, columnsOut, pointers[0], pointers[1])
        }
      }
    }
  }

  /// - Parameters:
  ///   - input: the position of the original input, where the op takes it.
  ///   - gradient: the position of the output's gradient; the sequences are the two last inputs.
  static func gradient(average: Bool, input: Int?, gradient: Int) -> Kernel {
    .raw(["T": types]) { context in
      let dtype = try context.type("T")
      let type = Int32(dtype.rawValue)
      let overlapping = try context.bool("overlapping")
      let count = context.inputTypes.count
      return { specialise in
        let (shape, output) = (specialise.outputs[0], specialise.inputs[gradient])
        let cells = cells(shape, output, overlapping: overlapping)
        let bytes = shape.elementCount * dtype.byteSize
        return .run { pointers in
          var cells = cells
          let rows = pointers[count - 2].assumingMemoryBound(to: Int64.self)
          let columns = pointers[count - 1].assumingMemoryBound(to: Int64.self)
          for (sequence, steps, size, name) in [
            (rows, output[1], shape[1], "row"), (columns, output[2], shape[2], "col"),
          ] {
            for index in 0...steps {
              let (value, next) = (
                sequence[index], index < steps ? sequence[index + 1] : Int64(size)
              )
              guard value >= 0, value <= next, next <= Int64(size) else {
                throw TFError.invalidArgument(
                  "\(name)_pooling_sequence must rise from 0 to at most \(size), has \(value)")
              }
            }
          }
          pointers[count].initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
          jk_fractional_pool_gradient(
            type, average ? 1 : 0, &cells, rows, columns,
            input.map { UnsafeRawPointer(pointers[$0]) },
            pointers[gradient], pointers[count])
        }
      }
    }
  }
}

extension SharedNN {
  /// The greatest element of each of the uneven cells that the input is cut into.
  ///
  /// Follows `tf.compat.v1.nn.fractional_max_pool`.
  ///
  /// - Parameters:
  ///   - value: `[batch, height, width, channels]`.
  ///   - poolingRatio: one number per dimension, 1 for batch and channels: input size over output
  ///     size.
  ///   - pseudoRandom: whether the cells are spread evenly.
  ///   - overlapping: whether neighbouring cells share their edges.
  ///   - deterministic: whether each call cuts alike, from `seed` and `seed2`.
  ///   - name: the node's name in a graph.
  /// - Returns: the pooled tensor, and where the rows and the columns of cells begin.
  /// - Throws: `INVALID_ARGUMENT` for a ratio below 1.
  public static func fractionalMaxPool(
    _ value: some TensorConvertible, poolingRatio: [Float], pseudoRandom: Bool = false,
    overlapping: Bool = false, deterministic: Bool = false, seed: Int = 0, seed2: Int = 0,
    name: String? = nil
  ) throws -> (output: Tensor, rows: Tensor, columns: Tensor) {
    try fractional(
      FractionalPoolingOps.family.fractionalMaxPool, value.asTensor(), poolingRatio, pseudoRandom,
      overlapping, deterministic, seed, seed2, name)
  }

  /// The same with its arguments by position.
  public static func fractionalMaxPool(
    _ value: some TensorConvertible, _ poolingRatio: [Float], pseudoRandom: Bool = false,
    overlapping: Bool = false, deterministic: Bool = false, seed: Int = 0, seed2: Int = 0,
    name: String? = nil
  ) throws -> (output: Tensor, rows: Tensor, columns: Tensor) {
    try fractionalMaxPool(
      value, poolingRatio: poolingRatio, pseudoRandom: pseudoRandom, overlapping: overlapping,
      deterministic: deterministic, seed: seed, seed2: seed2, name: name)
  }

  /// The mean of each of the uneven cells that the input is cut into.
  ///
  /// Follows `tf.compat.v1.nn.fractional_avg_pool`; the parameters are as for `fractionalMaxPool`.
  public static func fractionalAvgPool(
    _ value: some TensorConvertible, poolingRatio: [Float], pseudoRandom: Bool = false,
    overlapping: Bool = false, deterministic: Bool = false, seed: Int = 0, seed2: Int = 0,
    name: String? = nil
  ) throws -> (output: Tensor, rows: Tensor, columns: Tensor) {
    try fractional(
      FractionalPoolingOps.family.fractionalAvgPool, value.asTensor(), poolingRatio, pseudoRandom,
      overlapping, deterministic, seed, seed2, name)
  }

  /// The same with its arguments by position.
  public static func fractionalAvgPool(
    _ value: some TensorConvertible, _ poolingRatio: [Float], pseudoRandom: Bool = false,
    overlapping: Bool = false, deterministic: Bool = false, seed: Int = 0, seed2: Int = 0,
    name: String? = nil
  ) throws -> (output: Tensor, rows: Tensor, columns: Tensor) {
    try fractionalAvgPool(
      value, poolingRatio: poolingRatio, pseudoRandom: pseudoRandom, overlapping: overlapping,
      deterministic: deterministic, seed: seed, seed2: seed2, name: name)
  }

  private static func fractional(
    _ op: OpDef, _ value: Tensor, _ ratio: [Float], _ pseudoRandom: Bool, _ overlapping: Bool,
    _ deterministic: Bool, _ seed: Int, _ seed2: Int, _ name: String?
  ) throws -> (Tensor, Tensor, Tensor) {
    let attrs: Attrs = [
      "pooling_ratio": .list(ratio.map { .float($0) }), "pseudo_random": .bool(pseudoRandom),
      "overlapping": .bool(overlapping), "deterministic": .bool(deterministic), "seed": .int(seed),
      "seed2": .int(seed2),
    ]
    let outputs = try apply(op, [value], attrs, name: name)
    return (outputs[0], outputs[1], outputs[2])
  }
}
