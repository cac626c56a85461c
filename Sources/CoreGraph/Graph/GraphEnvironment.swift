public import CoreOps

extension Graph: ProgramGraph {
  /// Runs `body` with op calls adding nodes to this graph: under the name scope, device and nodes
  /// to wait for that are in force for it already, if it is open. Follows `tf.Graph.as_default`.
  @discardableResult
  public func asDefault<R>(_ body: () throws -> R) rethrows -> R {
    try Environment.current.opening(self).run(body)
  }
}

/// The graph of calls that are made where eager execution is off and no graph was opened.
package final class CurrentGraph: DefaultGraph {
  private let state = Lock<(graph: Graph, builder: GraphBuilder)?>(nil)

  package init() {}

  private var made: (graph: Graph, builder: GraphBuilder) {
    state.withLock { state in
      if let state { return state }
      let graph = Graph()
      let made = (graph, GraphBuilder(graph))
      state = made
      return made
    }
  }

  package var graph: Graph { made.graph }
  package var interpreter: any Interpreter { made.builder }
  /// Whether anyone has asked for the graph.
  package var isInUse: Bool { state.withLock { $0 != nil } }

  /// Has the next call begin a new graph.
  package func reset() { state.withLock { $0 = nil } }
}

extension EnvironmentState {
  /// Sets the switches, with a default graph for when eager execution is off.
  package convenience init(behavior: Behavior) {
    self.init(behavior, defaultGraph: CurrentGraph())
  }

  package var currentGraph: CurrentGraph {
    guard let graph = defaultGraph({ CurrentGraph() }) as? CurrentGraph else {
      preconditionFailure("the default graph is of another kind")
    }
    return graph
  }

  /// Changes the switches for later calls.
  package func change(_ change: (inout Behavior) -> Void) {
    var behavior = self.behavior
    change(&behavior)
    _ = currentGraph
    setBehavior(behavior)
  }
}

extension Environment {
  /// The graph that calls add to; nil where they run at once.
  package var graph: Graph? { programGraph as? Graph }

  /// The graph that calls add to, or would if they did not run at once. Follows
  /// `tf.compat.v1.get_default_graph`.
  package var defaultGraph: Graph { graph ?? state.currentGraph.graph }

  /// The same inside `graph`, as `Graph.asDefault`.
  package func opening(_ graph: Graph) -> Environment { opening(graph) { GraphBuilder(graph) } }
}
