import CKernels
import Glibc
package import CoreOps

/// Numbers in an order that looks random but is not: Sobol's sequence, shuffled indices, and
/// rounding that is right on average.
package struct SequenceOps: OpFamily {
  package static let family: Self = define(Self())

  package let sobol: OpDef = OpDef(
    "SobolSample",
    """
    dim: int32, num_results: int32, skip: int32 -> samples: dtype
    dtype: {float, double} = float
    """,
    shape: { context in
      for (index, name) in ["dim", "num_results", "skip"].enumerated() {
        try RandomRules.checkScalar(context.shapes[index], name)
      }
      let sizes = [try context.size(1), try context.size(0)]
      return [.of(sizes[0].flatMap { $0 >= 0 ? $0 : nil }, sizes[1].flatMap { $0 >= 0 ? $0 : nil })]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in
        for (input, name) in zip(run.inputs, ["dim", "num_results", "skip"]) {
          try require(input.dims.rank == 0, "\(name) must be 0-D, got shape \(input.dims)")
        }
        let sizes = run.inputs.map { Int($0.elements(Int32.self)[0]) }
        let (dims, count, skip) = (sizes[0], sizes[1], sizes[2])
        try require(dims >= 1, "dim must be at least one")
        try require(count >= 1, "num_results must be at least one")
        try require(skip >= 0, "skip must be non-negative")
        try require(
          count + skip < Int(Int32.max), "num_results+skip must be less than \(Int32.max)")
        let most = Int(JK_SOBOL_DIMENSIONS)
        try require(dims <= most, "dim must be at most \(most)")
        let output = try Tensor.uninitialized(dtype, [count, dims])
        let directions = try Tensor.uninitialized(.uint32, [33, dims])
        let numbers = directions.elements(UInt32.self).baseAddress!
        jk_sobol_directions(Int64(dims), numbers)
        _ = jk_sobol(
          dtype == .float64 ? 1 : 0, numbers, Int64(dims), Int64(skip + 1), Int64(count),
          numbers + 32 * dims, output.pointer)
        try Cancellation.checkKernel()
        return [output]
      }
    }, gradient: .zero)

  package let indexShuffle: OpDef = OpDef(
    "RandomIndexShuffle",
    """
    index: dtype, seed: Tseed, max_index: dtype -> output: dtype
    rounds: int = 4
    dtype: {int32, uint32, int64, uint64}
    Tseed: {int32, uint32, int64, uint64}
    """,
    shape: { context in
      let (index, seed, most) = (context.shapes[0], context.shapes[1], context.shapes[2])
      try require(index.rank ?? 0 <= 1, "Index bust be a scalar or vector.")
      try require(
        seed.rank.map { $0 == 1 || $0 == 2 } ?? true,
        "Seed must be a vector of size [3] or a matrix of size [n, 3] but got \(seed).")
      try require(
        most.rank ?? 0 <= 1,
        "Maxval must be a scalar or a vector of the same size as index but got \(most)")
      guard let a = index.rank, let b = seed.rank, let c = most.rank else { return [.unknown] }
      if a == 0, b == 1, c == 0 { return [.scalar] }
      let count = a == 1 ? index[0] : c == 1 ? most[0] : seed[0]
      return [.of(count)]
    },
    kernel: .dynamic { context in
      let rounds = try context.int("rounds")
      try require(
        rounds >= 4 && rounds % 2 == 0, "rounds must be even and at least 4, got \(rounds)")
      try MemoryLimit.room(for: rounds * 16)
      return { run in [try IndexShuffle.shuffled(run.inputs, rounds: rounds)] }
    }, gradient: .zero)

  package let stochasticCast: OpDef = OpDef(
    "StochasticCastToInt",
    """
    input: Tin, key: uint64, counter: uint64, alg: int32 -> output: Tout
    Tin: {half, bfloat16, float, double}
    Tout: {int8, int16, int32}
    """,
    shape: { context in
      try RandomRules.checkKeyAndCounter(context.shapes[1], context.shapes[2], context.shapes[3])
      return [context.shapes[0]]
    },
    kernel: .dynamic { context in
      let target = try context.type("Tout")
      return { run in
        let generator = try StochasticRounding.generator(run.inputs)
        return [try StochasticRounding.rounded(run.inputs[0], to: target, generator)]
      }
    }, gradient: .none("the results are whole numbers"))
}

/// A permutation of 0...n by a block cipher: Simon, with words of half as many bits as n takes.
/// What comes out too large goes in again.
private enum IndexShuffle {
  static func shuffled(_ inputs: [Tensor], rounds: Int) throws -> Tensor {
    let (index, seed, most) = (inputs[0], inputs[1], inputs[2])
    let count = max(
      index.dims.elementCount, most.dims.elementCount, seed.dims.elementCount / 3)
    try require(
      index.dims.rank == 0 || index.dims == [count], "Index bust be a scalar or vector.")
    try require(
      seed.dims == [3] || seed.dims == [count, 3],
      """
      Seed must be a vector of size [3] or a matrix of size [\(count), 3] but got \(seed.dims).
      """
    )
    try require(
      most.dims.rank == 0 || most.dims == [count],
      "Maxval must be a scalar or a vector of the same size as index but got \(most.dims)")
    let isScalar = index.dims.rank == 0 && seed.dims.rank == 1 && most.dims.rank == 0
    let isUnsigned = index.dtype == .uint32 || index.dtype == .uint64
    let (indices, limits, seeds) = (
      try index.wrappingIntegers(), try most.wrappingIntegers(), try seed.wrappingIntegers()
    )
    var pace = Pace()
    let values = try (0..<count).map { element -> Int in
      let value = indices[index.dims.rank == 0 ? 0 : element]
      let limit = limits[most.dims.rank == 0 ? 0 : element]
      try require(isUnsigned || value >= 0, "index must be >= 0 but was \(value)")
      try require(isUnsigned || limit >= 0, "max_index must be >= 0 but was \(limit)")
      let (from, end) = (UInt64(bitPattern: Int64(value)), UInt64(bitPattern: Int64(limit)))
      try require(from <= end, "max_index must be >= index, but \(end) < \(from)")
      let first = seed.dims.rank == 1 ? 0 : element * 3
      let key = (0..<3).map { UInt64(UInt32(truncatingIfNeeded: seeds[first + $0])) }
      return Int(bitPattern: UInt(try permuted(from, end, key, rounds, &pace)))
    }
    return try Tensor.wrapping(values, index.dtype, isScalar ? Shape() : [count])
  }

  private static func permuted(
    _ index: UInt64, _ most: UInt64, _ key: [UInt64], _ rounds: Int, _ pace: inout Pace
  ) throws -> UInt64 {
    if most == 0 { return 0 }
    // As TensorFlow counts the bits, by a logarithm of doubles.
    let bits = Int(Glibc.log2(Double(most)).rounded(.up))
    let width = UInt64(min(max(bits + bits % 2, 16), 64) / 2)
    let mask: UInt64 = (1 << width) - 1
    func left(_ x: UInt64, _ by: UInt64) -> UInt64 { (x << by | x >> (width - by)) & mask }
    func right(_ x: UInt64, _ by: UInt64) -> UInt64 { (x >> by | x << (width - by)) & mask }
    func mixed(_ x: UInt64) -> UInt64 { left(x, 1) & left(x, 8) ^ left(x, 2) }
    var keys = key.map { $0 & mask }
    var bitsOfKeys: UInt64 = 0x7369_f885_192c_0ef5 & mask
    for round in 3..<rounds {
      try pace.step()
      let last = keys[round - 1]
      keys.append(
        0xffff_fffc & mask ^ bitsOfKeys & 1 ^ keys[round - 3] ^ right(last, 3) ^ right(last, 4))
      bitsOfKeys >>= 1
    }
    var value = index
    repeat {
      try pace.step(rounds)
      var (high, low) = (value >> width & mask, value & mask)
      for round in stride(from: 0, to: rounds, by: 2) {
        high ^= mixed(low) ^ keys[round]
        low ^= mixed(high) ^ keys[round + 1]
      }
      value = high << width | low
    } while value > most
    return value
  }
}

/// Rounding up or down so that the mean is the value.
private enum StochasticRounding {
  /// - Throws: `INVALID_ARGUMENT` for inputs that are no key and counter, or another algorithm.
  static func generator(_ inputs: [Tensor]) throws -> jk_philox {
    let (key, counter, algorithm) = (inputs[1], inputs[2], inputs[3])
    try require(algorithm.dims.rank == 0, "alg must be of shape [], not \(algorithm.dims)")
    try RandomRules.checkAlgorithm(Int(algorithm.elements(Int32.self)[0]))
    try require(key.dims == [1], "key must have shape [1], not \(key.dims)")
    try require(
      counter.dims.rank == 1 && counter.dims[0] >= 2,
      "counter must be a vector with length at least 2; got shape \(counter.dims)")
    return jk_philox_from_seeds(
      counter.elements(UInt64.self)[0], key.elements(UInt64.self)[0])
  }

  /// How many elements TensorFlow rounds at a time by the numbers of one step of the generator: the
  /// size of its vectors.
  private static func vector(_ source: DType, _ target: DType) -> (elements: Int, block: Int) {
    switch (source, target) {
    case (.float32, .int32): (8, 8)
    case (.float64, .int32): (4, 8)
    default: (1, .max)
    }
  }

  static func rounded(_ input: Tensor, to target: DType, _ generator: jk_philox) throws -> Tensor {
    switch input.dtype {
    case .float64:
      try rounded(input, Double.self, target, generator, numbers: 2) {
        $0
      } narrow: {
        $0
      }
    case .float32:
      try rounded(input, Float.self, target, generator, numbers: 4) {
        $0
      } narrow: {
        $0
      }
    case .half:
      try rounded(input, Float16.self, target, generator, numbers: 4) {
        Float($0)
      } narrow: {
        Float(Float16($0))
      }
    default:
      try rounded(input, BFloat16.self, target, generator, numbers: 4) {
        $0.float
      } narrow: {
        BFloat16($0).float
      }
    }
  }

  /// - Parameters:
  ///   - numbers: how many uniform numbers a step of the generator gives.
  ///   - narrow: rounds to the input's dtype.
  private static func rounded<S: TensorScalar, W: BinaryFloatingPoint>(
    _ input: Tensor, _: S.Type, _ target: DType, _ generator: jk_philox, numbers: Int,
    _ wide: (S) -> W, narrow: (W) -> W
  ) throws -> Tensor {
    let count = input.dims.elementCount
    let values = input.elements(S.self)
    let bits = target.byteSize * 8
    let most = narrow(W((1 << (bits - 1)) - 1))
    let least = narrow(W(-(1 << (bits - 1))))
    // One step an element at most.
    let uniforms = try Tensor.uninitialized(input.dtype, [count, numbers])
    RandomRules.fill(
      .uniform, input.dtype, generator, uniforms.pointer, count * numbers)
    try Cancellation.checkKernel()
    let random = uniforms.elements(S.self)
    let (size, block) = vector(input.dtype, target)
    let inVectors = count / block * block
    var step = 0
    func result(_ value: W, _ random: W, _ one: W) -> W {
      value < 0
        ? narrow(value + random).rounded(.down)
        : narrow(one).rounded(.down)
    }
    let output = try Tensor.uninitialized(target, input.dims)
    try output.fill(integers: { index in
      let value = wide(values[index])
      let isInVector = index < inVectors
      if isInVector, index % size == 0 { step += 1 }
      if value.isNaN { return 0 }
      if value >= most { return Int(most) }
      if value <= least { return Int(least) }
      if value.rounded(.down) == value { return Int(value) }
      if isInVector {
        let uniform = wide(random[(step - 1) * numbers + index % size % numbers])
        return Int(result(value, uniform, value + (1 - uniform)))
      }
      step += 1
      let uniform = wide(random[(step - 1) * numbers])
      return Int(result(value, uniform, narrow(value + 1) - uniform))
    })
    return output
  }
}
