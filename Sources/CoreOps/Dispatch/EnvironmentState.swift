import Synchronization

/// What the calls in an environment change, and the switches that hold for them.
package final class EnvironmentState: Sendable {
  private let bits: Atomic<UInt8>
  /// Seeds of eager random ops.
  package let seeds: EagerSeeds
  /// Resources of eager calls.
  package let execution: ExecutionContext
  private let graph: Lock<(any DefaultGraph)?>

  /// - Parameter defaultGraph: where calls go if eager execution is off and no graph was opened;
  ///   may be made later where eager execution is on.
  package init(_ behavior: Behavior, defaultGraph: (any DefaultGraph)? = nil) {
    precondition(behavior.eagerExecution || defaultGraph != nil)
    bits = Atomic(behavior.bits)
    seeds = EagerSeeds()
    execution = ExecutionContext(
      resources: ResourceContainer(),
      generators: RandomGenerators(seeds: seeds, limit: Self.mostGenerators))
    graph = Lock(defaultGraph)
  }

  /// Some megabytes of generators.
  private static let mostGenerators = 1 << 14

  package var behavior: Behavior { Behavior(bits: bits.load(ordering: .relaxed)) }

  var isExecutingEagerly: Bool { bits.load(ordering: .relaxed) & Behavior.eagerBit != 0 }

  /// Sets the switches for later calls. Needs a default graph where eager execution is off.
  package func setBehavior(_ behavior: Behavior) {
    precondition(behavior.eagerExecution || graph.withLock { $0 != nil })
    bits.store(behavior.bits, ordering: .releasing)
  }

  /// The default graph, made now if there is none.
  package func defaultGraph(_ make: () -> any DefaultGraph) -> any DefaultGraph {
    graph.withLock {
      if let made = $0 { return made }
      let made = make()
      $0 = made
      return made
    }
  }

  /// The interpreter of calls for which nothing was opened.
  var interpreter: any Interpreter {
    if isExecutingEagerly { return EagerInterpreter.top }
    guard let graph = graph.withLock({ $0 }) else {
      preconditionFailure("eager execution is off and there is no default graph")
    }
    return graph.interpreter
  }
}
