import CoreOps
import Glibc

/// Draws integers of 0..<range.
protocol RangeSampler: Sendable {
  var range: Int { get }
  func sample(_ stream: inout PhiloxStream) -> Int
  /// How likely a number in the range is.
  func probability(_ value: Int) -> Float
}

/// All numbers alike.
struct UniformSampler: RangeSampler {
  let range: Int

  func sample(_ stream: inout PhiloxStream) -> Int {
    Int(stream.next(below: UInt64(range)))
  }
  func probability(_ value: Int) -> Float { Float(1 / Double(range)) }
}

/// About Zipf's law: what words have that are numbered by how often they come.
struct LogUniformSampler: RangeSampler {
  let range: Int
  private let logarithm: Double

  init(range: Int) {
    self.range = range
    logarithm = log1p(Double(range))
  }

  func sample(_ stream: inout PhiloxStream) -> Int {
    let value = exp(stream.nextDouble() * logarithm)
    // Rounding may pass the range.
    return (value < 9.2e18 ? Int(value) - 1 : 0) % range
  }

  func probability(_ value: Int) -> Float {
    Float(log((Double(value) + 2) / (Double(value) + 1)) / logarithm)
  }
}

/// By given weights.
struct FixedUnigramSampler: RangeSampler {
  private let weights: [Float]
  private let total: Float
  private let sampler: WeightedSampler

  var range: Int { weights.count }

  /// - Parameter total: the sum of the weights.
  init(weights: [Float], total: Float) {
    self.weights = weights
    self.total = total
    sampler = WeightedSampler(weights: weights)
  }

  func sample(_ stream: inout PhiloxStream) -> Int { sampler.sample(&stream) }
  func probability(_ value: Int) -> Float { weights[value] / total }
}

/// By how often numbers came as true classes so far, all of them once at first. The weights are the
/// leaves of a tree whose nodes are the sums of their children.
struct UnigramSampler: RangeSampler {
  let range: Int
  /// From the root, which is alone, to the leaves.
  private var levels: [[Int32]]

  /// - Throws: `INVALID_ARGUMENT` when the weights would pass 32 bits; `RESOURCE_EXHAUSTED`.
  init(range: Int) throws {
    try require(
      range < Int(Int32.max), "Expected range <= \(Int32.max). Got range: \(range)")
    self.range = range
    var count = 1
    while count < range { count *= 2 }
    try MemoryLimit.room(for: count * 8)
    var level = [Int32](repeating: 0, count: count)
    for index in 0..<range { level[index] = 1 }
    levels = [level]
    while level.count > 1 {
      level = (0..<level.count / 2).map { level[2 * $0] + level[2 * $0 + 1] }
      levels.append(level)
    }
    levels.reverse()
  }

  private var total: Int32 { levels[0][0] }

  func sample(_ stream: inout PhiloxStream) -> Int {
    var position = Int32(stream.next(below: UInt32(total)))
    var index = 0
    for level in levels.dropFirst() {
      index *= 2
      if position >= level[index] {
        position -= level[index]
        index += 1
      }
    }
    return index
  }

  func probability(_ value: Int) -> Float {
    Float(levels[levels.count - 1][value]) / Float(total)
  }

  /// Counts numbers, as far as their sum has room.
  mutating func update(_ values: [Int]) {
    for value in values.prefix(Int(Int32.max - total)) {
      var index = value
      for level in levels.indices.reversed() {
        levels[level][index] += 1
        index >>= 1
      }
    }
  }
}

extension RangeSampler {
  /// Draws numbers.
  ///
  /// - Parameter unique: whether each is drawn once: one that came is drawn again.
  /// - Returns: the numbers, and how often was drawn.
  /// - Throws: when the run is to end.
  func draw(
    _ count: Int, unique: Bool, _ stream: inout PhiloxStream
  ) throws -> (values: [Int], tries: Int) {
    var pace = Pace()
    guard unique else {
      return (
        try (0..<count).map { _ in
          try pace.step(8)
          return sample(&stream)
        }, count
      )
    }
    var (seen, values, tries): (Set<Int>, [Int], Int) = ([], [], 0)
    while values.count < count {
      try pace.step(8)
      tries += 1
      try require(
        tries < Int(Int32.max), "fewer than \(count) numbers have a weight that is not 0")
      let value = sample(&stream)
      if seen.insert(value).inserted { values.append(value) }
    }
    return (values, tries)
  }

  /// How often a number is expected among `count` that took `tries` draws.
  func expectedCount(_ value: Int, _ count: Int, _ tries: Int) -> Float {
    let p = probability(value)
    return tries == count ? p * Float(count) : -expm1f(Float(tries) * log1pf(-p))
  }
}
