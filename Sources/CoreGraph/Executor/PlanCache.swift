package import CoreOps

/// The plans of one graph, by what is fed, fetched and run.
package final class PlanCache: Sendable {
  private struct Key: Hashable {
    let feeds: [Endpoint]
    let fetches: [Endpoint]
    let targets: [Int]
  }

  private struct State {
    var plans: [Key: ExecutionPlan] = [:]
    /// How often the graph's nodes had been changed when the plans were made.
    var changes = 0
    /// The functions as they were, and how many there were.
    var functions: FunctionTable?
    var functionCount = 0
  }

  private let graph: Graph
  private let state = Lock(State())
  private static let limit = 256

  private let stepwise: Bool

  /// - Parameter stepwise: whether plans run node by node, without passes.
  package init(_ graph: Graph, stepwise: Bool = false) {
    self.graph = graph
    self.stepwise = stepwise
  }

  /// The plan, made now if it is new.
  ///
  /// - Parameters:
  ///   - cancellation: of the run for which it is made.
  ///   - observer: is told how long making it took.
  package func plan(
    feeds: [Endpoint], fetches: [Endpoint], targets: [Int], _ cancellation: Cancellation = .never,
    _ observer: (any RunObserver)? = nil
  ) throws -> ExecutionPlan {
    let key = Key(feeds: feeds, fetches: fetches, targets: targets)
    let changes = graph.changeCount
    let known = state.withLock { state in
      // Plans of the nodes as they were are of no use.
      if state.changes != changes {
        state.plans.removeAll()
        state.changes = changes
      }
      return state.plans[key]
    }
    if let known { return known }
    let plan = try observing(observer, .planning, "plan") {
      try cancellation.whileCurrent {
        let pruned = try Subgraph.pruned(
          graph, feeds: feeds, fetches: fetches, targets: targets, cancellation)
        return try functions.plan(of: pruned)
      }
    }
    state.withLock {
      if $0.plans.count >= Self.limit { $0.plans.removeAll() }
      if $0.changes == changes { $0.plans[key] = plan }
    }
    return plan
  }

  /// The graph's functions, ready to be called.
  package var functions: FunctionTable {
    let library = graph.library
    return state.withLock { state in
      if let functions = state.functions, state.functionCount == library.order.count {
        return functions
      }
      let functions = FunctionTable(library, stepwise: stepwise)
      state.functions = functions
      state.functionCount = library.order.count
      return functions
    }
  }
}
