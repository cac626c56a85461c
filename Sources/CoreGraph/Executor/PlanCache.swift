import Synchronization
import CoreOps

/// The plans of one graph, by what is fed, fetched and run.
package final class PlanCache: Sendable {
  private struct Key: Hashable {
    let feeds: [Endpoint]
    let fetches: [Endpoint]
    let targets: [Int]
  }

  private struct State {
    var plans: [Key: ExecutionPlan] = [:]
    /// The functions as they were, and how many there were.
    var functions: FunctionTable?
    var functionCount = 0
  }

  private let graph: Graph
  private let state = Mutex(State())
  private static let limit = 256

  package init(_ graph: Graph) { self.graph = graph }

  /// The plan, made now if it is new.
  package func plan(feeds: [Endpoint], fetches: [Endpoint], targets: [Int]) throws -> ExecutionPlan {
    let key = Key(feeds: feeds, fetches: fetches, targets: targets)
    if let plan = state.withLock({ $0.plans[key] }) { return plan }
    let subgraph = try Passes.standard(
      Subgraph.pruned(graph, feeds: feeds, fetches: fetches, targets: targets))
    let plan = try ExecutionPlan(subgraph, functions: functions.extended(by: subgraph.graph.library))
    state.withLock {
      if $0.plans.count >= Self.limit { $0.plans.removeAll() }
      $0.plans[key] = plan
    }
    return plan
  }

  /// The graph's functions, ready to be called.
  package var functions: FunctionTable {
    let library = graph.library
    return state.withLock { state in
      if let functions = state.functions, state.functionCount == library.order.count { return functions }
      let functions = FunctionTable(library)
      state.functions = functions
      state.functionCount = library.order.count
      return functions
    }
  }
}
