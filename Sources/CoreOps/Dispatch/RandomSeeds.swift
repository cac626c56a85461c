/// The seeds that random ops are given, by TensorFlow's rules: a global seed and one of the op.
package enum RandomSeeds {
  private struct State {
    var global: Int?
    var sequence = MersenneTwister(seed: 0)
  }
  private static let state = Lock(State())

  /// The global seed of eager execution; setting it starts the sequence of ops' seeds anew.
  package static var global: Int? {
    get { state.withLock { $0.global } }
    set {
      state.withLock {
        $0.global = newValue
        $0.sequence = MersenneTwister(seed: UInt64((newValue ?? 0).magnitude))
      }
    }
  }

  /// The seeds of an eager op: without a global seed and one of its own it gets (0, 0), which asks
  /// for random ones.
  package static func eager(_ seed: Int?) -> (Int, Int) {
    guard let global = self.global else { return pair(nil, seed) }
    return pair(global, seed ?? state.withLock { $0.sequence.below31Bits() })
  }

  /// The seeds of a node: one without a seed of its own takes the number of nodes before it.
  package static func inGraph(_ seed: Int?, global: Int?, nodes: Int) -> (Int, Int) {
    pair(global, seed ?? (global == nil ? nil : nodes))
  }

  private static func pair(_ global: Int?, _ seed: Int?) -> (Int, Int) {
    // What TensorFlow takes for the graph's seed when only the op has one.
    let graphDefault = 87_654_321
    let largest = 2_147_483_647
    guard global != nil || seed != nil else { return (0, 0) }
    func cut(_ x: Int) -> Int {
      let rest = x % largest
      return rest < 0 ? rest + largest : rest
    }
    let seeds = (cut(global ?? graphDefault), cut(seed ?? 0))
    // (0, 0) would mean random seeds.
    return seeds == (0, 0) ? (0, largest) : seeds
  }
}

/// The generator of Python's `random`, from which TensorFlow draws the seeds of eager ops.
struct MersenneTwister {
  private var words = [UInt32](repeating: 0, count: 624)
  private var next = 624

  init(seed: UInt64) {
    words[0] = 19_650_218
    for i in 1..<624 {
      words[i] = 1_812_433_253 &* (words[i - 1] ^ (words[i - 1] >> 30)) &+ UInt32(i)
    }
    let high = UInt32(seed >> 32)
    let key =
      high == 0 ? [UInt32(truncatingIfNeeded: seed)] : [UInt32(truncatingIfNeeded: seed), high]
    var (i, j) = (1, 0)
    for _ in 0..<624 {
      words[i] =
        (words[i] ^ ((words[i - 1] ^ (words[i - 1] >> 30)) &* 1_664_525)) &+ key[j] &+ UInt32(j)
      i += 1
      j = (j + 1) % key.count
      if i == 624 {
        words[0] = words[623]
        i = 1
      }
    }
    for _ in 0..<623 {
      words[i] = (words[i] ^ ((words[i - 1] ^ (words[i - 1] >> 30)) &* 1_566_083_941)) &- UInt32(i)
      i += 1
      if i == 624 {
        words[0] = words[623]
        i = 1
      }
    }
    words[0] = 0x8000_0000
  }

  private mutating func word() -> UInt32 {
    if next == 624 {
      for i in 0..<624 {
        let y = (words[i] & 0x8000_0000) | (words[(i + 1) % 624] & 0x7fff_ffff)
        words[i] = words[(i + 397) % 624] ^ (y >> 1) ^ (y & 1 == 0 ? 0 : 0x9908_b0df)
      }
      next = 0
    }
    var y = words[next]
    next += 1
    y ^= y >> 11
    y ^= (y << 7) & 0x9d2c_5680
    y ^= (y << 15) & 0xefc6_0000
    return y ^ (y >> 18)
  }

  /// As Python's `randint(0, 2**31 - 1)`: 32 bits are drawn until they are less than 2³¹.
  mutating func below31Bits() -> Int {
    while true {
      let x = word()
      if x < 0x8000_0000 { return Int(x) }
    }
  }
}
