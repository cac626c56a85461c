/// The two seeds that a random op is given, by TensorFlow's rules: a global one, and one of its
/// own. Two zeros ask for seeds that nobody knows.
package struct RandomSeeds: Sendable, Equatable {
  package let first: Int
  package let second: Int
  /// Whether the second is the next of a sequence, so that no later call has the same.
  package let isDrawn: Bool

  /// The attribute of an eager op whose seed was drawn: nothing has to be kept for a call that no
  /// other goes on from.
  package static let drawnAttr = "_seed_is_drawn"

  /// - Parameters:
  ///   - global: that of the graph, or of eager execution.
  ///   - own: that which the op asks for.
  ///   - next: gives one to an op that asks for none where there is a global one.
  package init(global: Int?, own: Int?, next: () -> Int) {
    // What TensorFlow takes for the graph's seed when only the op has one.
    let graphDefault = 87_654_321
    let largest = 2_147_483_647
    func cut(_ x: Int) -> Int {
      let rest = x % largest
      return rest < 0 ? rest + largest : rest
    }
    isDrawn = global != nil && own == nil
    guard global != nil || own != nil else {
      (first, second) = (0, 0)
      return
    }
    let seeds = (cut(global ?? graphDefault), cut(own ?? next()))
    // (0, 0) would mean random seeds.
    (first, second) = seeds == (0, 0) ? (0, largest) : seeds
  }
}

/// The global seed of eager execution, and the seeds of ops that follow from it.
package final class EagerSeeds: Sendable {
  private struct State {
    var global: Int?
    /// Made when first needed.
    var sequence: MersenneTwister?
    /// How often the global seed was set.
    var settings = 0
  }
  private let state = Lock(State())

  package init() {}

  /// Setting it starts the sequence of ops' seeds anew, and all generators of eager ops and of
  /// functions.
  package var global: Int? {
    get { state.withLock { $0.global } }
    set { state.withLock { $0 = State(global: newValue, settings: $0.settings + 1) } }
  }

  /// How often the global seed was set.
  package var settings: Int { state.withLock { $0.settings } }

  package func next(_ own: Int?) -> RandomSeeds {
    state.withLock { state in
      let global = state.global
      return RandomSeeds(global: global, own: own) {
        var sequence =
          state.sequence ?? MersenneTwister(seed: UInt64((global ?? 0).magnitude))
        state.sequence = nil
        defer { state.sequence = sequence }
        return sequence.below31Bits()
      }
    }
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
