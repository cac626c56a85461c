package import CKernels

/// The numbers of a generator one by one, as TensorFlow's `SimplePhilox` gives them.
package struct PhiloxStream {
  private var generator: jk_philox
  private var four: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var used = 4

  package init(_ generator: jk_philox) { self.generator = generator }

  /// 32 random bits.
  package mutating func next32() -> UInt32 {
    if used == 4 {
      withUnsafeMutableBytes(of: &four) {
        jk_philox_next(&generator, $0.baseAddress!.assumingMemoryBound(to: UInt32.self))
      }
      used = 0
    }
    defer { used += 1 }
    switch used {
    case 0: return four.0
    case 1: return four.1
    case 2: return four.2
    default: return four.3
    }
  }

  /// 64 random bits.
  package mutating func next64() -> UInt64 {
    let low = UInt64(next32())
    return low | UInt64(next32()) << 32
  }

  /// A number in [0, 1) of 23 random bits.
  package mutating func nextFloat() -> Float {
    Float(bitPattern: next32() & 0x7f_ffff | 0x3f80_0000) - 1
  }

  /// A number in [0, 1) of 52 random bits.
  package mutating func nextDouble() -> Double {
    let high = UInt64(next32() & 0xf_ffff) << 32
    return Double(bitPattern: high | UInt64(next32()) | 0x3ff0_0000_0000_0000) - 1
  }

  /// A number in 0..<count, all alike; a number is drawn also where `count` is 0.
  package mutating func next(below count: UInt32) -> UInt32 {
    if count == 0 {
      _ = next32()
      return 0
    }
    if count & (count - 1) == 0 { return next32() & (count - 1) }
    // The first numbers would come more often than the others.
    let rest = UInt32.max % count + 1
    while true {
      let number = next32()
      if number >= rest { return number % count }
    }
  }

  /// A number in 0..<count, all alike; a number is drawn also where `count` is 0.
  package mutating func next(below count: UInt64) -> UInt64 {
    if count == 0 {
      _ = next64()
      return 0
    }
    if count & (count - 1) == 0 { return next64() & (count - 1) }
    let rest = UInt64.max % count + 1
    while true {
      let number = next64()
      if number >= rest { return number % count }
    }
  }
}

/// The generator that a stateful random op has by its attributes `seed` and `seed2`, and that goes
/// on from run to run.
package struct NodeGenerator: Sendable {
  private let seeds: (Int, Int)
  private let identity: String
  /// Whether no later call goes on from this one.
  private let isUsedOnce: Bool

  package init(_ context: KernelContext) throws {
    seeds = (try context.int("seed"), try context.int("seed2"))
    // Eager calls that differ in any attribute have generators of their own.
    let attrs = context.attrs.map { "\($0)" }.sorted().joined(separator: ",")
    identity = "\(context.op.name)/\(context.outputTypes)/\(attrs)"
    isUsedOnce = context.attrs[RandomSeeds.drawnAttr] == .bool(true)
  }

  /// The generator as it is now; it moves on by `steps` steps of four numbers.
  package func reserve(_ run: DynamicContext, steps: Int) -> jk_philox {
    let generator =
      isUsedOnce
      ? PhiloxState(seed: seeds.0, seed2: seeds.1)
      : run.execution.generators.generator(
        node: run.node, identity: identity, seed: seeds.0, seed2: seeds.1)
    return generator.reserve(steps: steps)
  }
}

/// Draws positions by their weights, by Walker's table: each place has a position of its own and
/// another, and how often its own is drawn.
package struct WeightedSampler: Sendable {
  private var shares: [Float]
  private var others: [Int32]

  package var count: Int { shares.count }

  /// - Parameter weights: not negative, and not all 0.
  package init(weights: [Float]) {
    let count = weights.count
    let sum = weights.reduce(0.0) { $0 + Double($1) }
    others = [Int32](repeating: -1, count: count)
    var parts = weights.map { Double($0 * Float(count)) / sum }
    var (high, low): ([Int], [Int]) = ([], [])
    for (index, part) in parts.enumerated() {
      if part < 1 { low.append(index) } else { high.append(index) }
    }
    while let small = low.last, let large = high.last {
      low.removeLast()
      high.removeLast()
      others[small] = Int32(large)
      parts[large] -= 1 - parts[small]
      if parts[large] < 1 { low.append(large) } else { high.append(large) }
    }
    shares = parts.map { Float($0) }
    // What is left is 1 but for rounding.
    for index in high + low {
      shares[index] = 1
      others[index] = Int32(index)
    }
  }

  package func sample(_ stream: inout PhiloxStream) -> Int {
    let share = stream.nextFloat()
    let place = Int(stream.next(below: UInt32(shares.count)))
    return share < shares[place] ? place : Int(others[place])
  }
}
