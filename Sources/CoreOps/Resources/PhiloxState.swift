package import CKernels

/// The generator of one stateful random op, which goes on from run to run.
package final class PhiloxState: TensorObject {
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

  /// The generator of the node that runs, made when it first runs.
  ///
  /// - Parameter identity: what tells two ops apart that have no node: eager ones, of which those
  ///   alike share a generator.
  package static func of(_ context: DynamicContext, identity: String, seed: Int, seed2: Int) throws
    -> PhiloxState
  {
    try context.execution.resources.findOrCreate("_random/\(identity)/\(context.node)") {
      PhiloxState(seed: seed, seed2: seed2)
    }
  }
}
