package import CKernels

/// The generator of one stateful random op, which goes on from run to run.
package final class PhiloxState: Sendable {
  private let generator: Lock<jk_philox>

  /// - Parameters:
  ///   - seed, seed2: as the op's attributes; both 0 ask for random seeds.
  package init(seed: Int, seed2: Int) {
    var seeds = (UInt64(bitPattern: Int64(seed)), UInt64(bitPattern: Int64(seed2)))
    if seeds == (0, 0) { seeds = (.random(in: 0...UInt64.max), .random(in: 0...UInt64.max)) }
    generator = Lock(jk_philox_from_seeds(seeds.0, seeds.1))
  }

  /// The generator as it is now; the state moves on by `steps` steps of four numbers.
  package func reserve(steps: Int) -> jk_philox {
    generator.withLock {
      let current = $0
      jk_philox_skip(&$0, UInt64(max(steps, 0)))
      return current
    }
  }
}

/// The generators of stateful random ops, each made when its op first runs.
package final class RandomGenerators: Sendable {
  private struct State {
    var made: [String: PhiloxState] = [:]
    /// In the order in which they were made.
    var order: [String] = []
    var settings = 0
  }
  private let state = Lock(State())
  private let seeds: EagerSeeds?
  private let limit: Int

  /// - Parameters:
  ///   - seeds: those whose setting starts all anew; nil for none.
  ///   - limit: how many are kept; of more, those made first are dropped, and start anew. Nodes are
  ///     as many as a graph has; eager calls with seeds of their own are not bounded.
  package init(seeds: EagerSeeds? = nil, limit: Int = .max) {
    self.seeds = seeds
    self.limit = limit
  }

  package var count: Int { state.withLock { $0.made.count } }

  /// The generator of the node that runs.
  ///
  /// - Parameter identity: what tells two ops apart that have no node: eager ones, of which those
  ///   alike share a generator.
  package func generator(node: String, identity: String, seed: Int, seed2: Int) -> PhiloxState {
    let name = "\(identity)/\(node)"
    let settings = seeds?.settings ?? 0
    return state.withLock { state in
      if state.settings != settings { state = State(settings: settings) }
      if let known = state.made[name] { return known }
      if state.made.count >= limit {
        for old in state.order.prefix(limit / 2) { state.made[old] = nil }
        state.order.removeFirst(limit / 2)
      }
      let generator = PhiloxState(seed: seed, seed2: seed2)
      state.made[name] = generator
      if limit < .max { state.order.append(name) }
      return generator
    }
  }
}
