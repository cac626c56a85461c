import CKernels
import CoreOps

/// What the random ops share.
enum RandomRules {
  static let floats: DTypeSet = .floats
  static let indices = DTypeSet(.int32, .int64)

  /// What a generator's numbers are made into.
  enum Distribution: Int32 {
    case uniform = 0
    case normal
    case truncatedNormal
    case fullInt
    case range
  }

  /// An output shape that input `index` holds.
  package static func shape(_ context: ShapeContext, _ index: Int) throws -> PartialShape {
    let given = context.shapes[index]
    if let rank = given.rank, rank != 1 {
      throw TFError.invalidArgument("shape must be a vector of {int32,int64}, got shape \(given)")
    }
    guard let values = try context.integers(index) else { return try context.shapeValue(index) }
    return PartialShape(try checked(values))
  }

  static func checked(_ dims: [Int]) throws -> Shape {
    let shape = Shape(dims)
    guard dims.count <= 254, shape.checkedElementCount != nil else {
      throw TFError.invalidArgument(
        "Dimensions \(dims) must all be >= 0 and their product must not overflow")
    }
    return shape
  }

  package static func shape(_ tensor: Tensor) throws -> Shape {
    guard tensor.dims.rank == 1 else {
      throw TFError.invalidArgument(
        "shape must be a vector of {int32,int64}, got shape \(tensor.dims)")
    }
    return try checked(try tensor.integers())
  }

  package static func fill(
    _ distribution: Distribution, _ dtype: DType, _ generator: jk_philox,
    _ output: UnsafeMutableRawPointer, _ count: Int, low: Int64 = 0, width: UInt64 = 1
  ) {
    withUnsafePointer(to: generator) {
      jk_random_fill(
        distribution.rawValue, Int32(dtype.rawValue), $0, low, width, output, Int64(count))
    }
  }

  /// The bounds of a range of integers.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it is empty.
  static func range(_ dtype: DType, _ low: UnsafeRawPointer, _ high: UnsafeRawPointer) throws -> (
    Int64, UInt64
  ) {
    func read<T: FixedWidthInteger>(_: T.Type) throws -> (Int64, UInt64) {
      let (a, b) = (low.load(as: T.self), high.load(as: T.self))
      guard a < b else { throw TFError.invalidArgument("Need minval < maxval, got \(a) >= \(b)") }
      return (
        Int64(truncatingIfNeeded: a),
        T.bitWidth == 32
          ? UInt64(UInt32(truncatingIfNeeded: b &- a)) : UInt64(truncatingIfNeeded: b &- a)
      )
    }
    switch dtype {
    case .int32: return try read(Int32.self)
    case .uint32: return try read(UInt32.self)
    case .uint64: return try read(UInt64.self)
    default: return try read(Int64.self)
    }
  }

  static func integer(_ dtype: DType, _ pointer: UnsafeRawPointer, _ index: Int = 0) -> UInt64 {
    switch dtype {
    case .int32: UInt64(bitPattern: Int64(pointer.load(fromByteOffset: index * 4, as: Int32.self)))
    case .uint32: UInt64(pointer.load(fromByteOffset: index * 4, as: UInt32.self))
    default: pointer.load(fromByteOffset: index * 8, as: UInt64.self)
    }
  }

  /// The generator that a stateless op's `seed` stands for.
  static func generator(seed: UnsafeRawPointer, _ dtype: DType) -> jk_philox {
    jk_philox_scrambled(integer(dtype, seed, 0), integer(dtype, seed, 1))
  }

  static func checkSeed(_ shape: Shape) throws {
    try require(shape == Shape([2]), "seed must have shape [2], not \(shape)")
  }

  static func checkSeed(_ shape: PartialShape) throws {
    try require(shape.isCompatible(with: [2]), "seed must have shape [2], not \(shape)")
  }

  static func checkScalar(_ shape: PartialShape, _ name: String) throws {
    try require(shape.rank ?? 0 == 0, "\(name) must be 0-D, got shape \(shape)")
  }

  /// Philox is the only algorithm of TensorFlow's CPU kernels; 3 lets it choose.
  static func checkAlgorithm(_ algorithm: Int) throws {
    switch algorithm {
    case 1, 3: return
    default: throw TFError.invalidArgument("Unsupported algorithm id: \(algorithm)")
    }
  }

  static func checkKeyAndCounter(
    _ key: PartialShape, _ counter: PartialShape, _ algorithm: PartialShape
  ) throws {
    try require(key.isCompatible(with: [1]), "key must have shape [1], not \(key)")
    if let rank = counter.rank {
      try require(
        rank == 1 && counter[0] ?? 2 >= 2,
        "counter must be a vector with length at least 2; got shape \(counter)")
    }
    try checkScalar(algorithm, "alg")
  }

  /// The generator that inputs `key`, `counter` and `alg` describe.
  static func generator(
    key: UnsafeRawPointer, counter: UnsafeRawPointer, algorithm: UnsafeRawPointer
  ) throws -> jk_philox {
    try checkAlgorithm(Int(algorithm.load(as: Int32.self)))
    return jk_philox_from_key(
      key.load(as: UInt64.self), counter.load(as: UInt64.self),
      counter.load(fromByteOffset: 8, as: UInt64.self))
  }

  /// The numbers of `tensor` as doubles.
  static func doubles(_ dtype: DType, _ pointer: UnsafeRawPointer, _ count: Int) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, filled in
      if count > 0 {
        jk_convert_numbers(
          Int32(dtype.rawValue), Int32(DType.float64.rawValue), pointer, buffer.baseAddress!,
          Int64(count))
      }
      filled = count
    }
  }

  static func doubles(_ tensor: Tensor) -> [Double] {
    doubles(tensor.dtype, tensor.pointer, tensor.dims.elementCount)
  }

  /// `values` of shape `shape` repeated to `output`.
  package static func broadcast(
    _ values: [Double], _ shape: Shape, to output: Shape
  ) throws -> [Double] {
    if shape == output { return values }
    try MemoryLimit.room(for: output.elementCount * 8)
    if values.count == 1 { return [Double](repeating: values[0], count: output.elementCount) }
    return try broadcastIndices(shape, to: output).map { values[$0] }
  }

  /// A permutation of the rows of `value`.
  static func shuffled(_ value: Tensor, _ generator: jk_philox) throws -> Tensor {
    let rows = value.dims[0]
    let order = [Int64](unsafeUninitializedCapacity: rows) { buffer, filled in
      withUnsafePointer(to: generator) {
        jk_random_permutation($0, Int64(rows), buffer.baseAddress!)
      }
      filled = rows
    }
    let row = value.dims.elementCount / rows
    guard value.dtype.isNumeric else {
      return try Stacking.picked(
        Stacking.positions(ofRows: order, inner: row), of: [value], dims: value.dims)
    }
    let output = try Tensor.uninitialized(value.dtype, value.dims)
    let size = row * value.dtype.byteSize
    for (position, source) in order.enumerated() {
      (output.pointer + position * size).copyMemory(
        from: value.pointer + Int(source) * size, byteCount: size)
    }
    return output
  }

  /// Classes drawn by the logits of each row.
  ///
  /// - Throws: `INVALID_ARGUMENT` for other than a matrix of logits with at least one class, or a
  ///   negative number.
  static func multinomial(
    _ logits: Tensor, _ number: Tensor, _ output: DType,
    _ reserve: (_ steps: Int) throws -> jk_philox
  ) throws -> Tensor {
    try require(logits.dims.rank == 2, "logits should be a matrix, got shape \(logits.dims)")
    try require(number.dims.rank == 0, "num_samples should be a scalar, got shape \(number.dims)")
    let samples = try number.integers()[0]
    try require(samples >= 0, "num_samples should be nonnegative, got \(samples)")
    let (rows, classes) = (logits.dims[0], logits.dims[1])
    try require(classes > 0, "num_classes should be positive, got \(classes)")
    let dims = try checked([rows, samples])
    let drawn = try Tensor.uninitialized(.int64, dims)
    if dims.elementCount > 0 {
      let generator = try reserve(rows * ((samples + 3) / 4 * 4) * 2 * 256)
      let values = doubles(logits)
      withUnsafeTemporaryAllocation(of: Double.self, capacity: classes) { sums in
        withUnsafePointer(to: generator) {
          jk_random_multinomial(
            $0, values, Int64(rows), Int64(classes), Int64(samples), sums.baseAddress!,
            drawn.elements(Int64.self).baseAddress!)
        }
      }
    }
    if output == .int64 { return drawn }
    return try Tensor(drawn.elements(Int64.self).map { Int32(truncatingIfNeeded: $0) }, dims: dims)
  }

  static let multinomialShape: ShapeRule = { context in
    let logits = try context.shape(0, rank: 2, "logits")
    try checkScalar(context.shapes[1], "num_samples")
    let samples = try context.size(1)
    return [.of(logits[0], samples.flatMap { $0 >= 0 ? $0 : nil })]
  }

  /// Fills `output` with truncated normal numbers, by four parameters per set.
  ///
  /// - Parameter samplesLast: whether the samples of a set lie next to each other.
  static func truncated(
    _ output: Tensor, _ generator: jk_philox, _ parameters: [[Double]], sets: Int, samplesLast: Bool
  ) throws -> Tensor {
    withUnsafePointer(to: generator) {
      jk_random_truncated(
        Int32(output.dtype.rawValue), $0, parameters[0], parameters[1], parameters[2],
        parameters[3],
        Int64(sets), Int64(output.dims.elementCount / sets), samplesLast ? 1 : 0, output.pointer)
    }
    return output
  }

  /// The gradient of gamma samples for their shape parameter, summed over the samples of each.
  static func gammaGradient(_ context: GradientContext, _ alpha: Tensor) throws -> Tensor {
    let sample = context.outputs[0]
    let partial = try RandomOps.family.gammaGrad([alpha, sample])
    let gradient = try context.gradient() * partial
    guard let rank = sample.shape.rank, let own = alpha.shape.rank else {
      throw TFError.unimplemented("the gradient of gamma samples of unknown rank")
    }
    if rank == own { return gradient }
    return try ReductionOps.family.sum([gradient, ShapeOps.vector(Array(0..<rank - own))])
  }
}
