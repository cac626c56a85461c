import CoreGraph
import CoreOps

/// The partial runs that a session was asked to set up, by their handles.
final class PartialRuns: Sendable {
  private let state = Lock((next: 0, runs: [String: PartialRun]()))

  func add(_ run: PartialRun) -> String {
    state.withLock { state in
      state.next += 1
      let handle = "partial_run_\(state.next)"
      state.runs[handle] = run
      return handle
    }
  }

  subscript(handle: String) -> PartialRun? { state.withLock { $0.runs[handle] } }

  func remove(_ handle: String) { state.withLock { $0.runs[handle] = nil } }
}

/// A run that goes on as its feeds come: each step does all that the values fed so far allow, and
/// what it did is not done again.
final class PartialRun: Sendable {
  private struct State {
    /// The nodes that have run.
    var done: Set<Int> = []
    /// What they gave, as far as others or the caller need it.
    var values: [Endpoint: Tensor] = [:]
    var fed: Set<Endpoint> = []
    var fetched: Set<Endpoint> = []
  }

  private let graph: Graph
  private let nodes: [Node]
  private let feeds: [Endpoint]
  private let fetches: Set<Endpoint>
  private let targets: Set<Int>
  /// The nodes that the run needs, in an order.
  private let needed: [Int]
  /// The feeds that each needed node waits for.
  private let waits: [Int: Set<Endpoint>]
  private let state = Lock(State())

  /// - Throws: `INVALID_ARGUMENT` where nothing is fetched or run.
  init(_ graph: Graph, _ list: FetchList, feeds: [Endpoint]) throws {
    try require(
      !list.endpoints.isEmpty || !list.targets.isEmpty,
      "Must specify at least one target to fetch or execute.")
    self.graph = graph
    self.feeds = feeds
    nodes = graph.nodes
    fetches = Set(list.endpoints)
    targets = Set(list.targets)
    (needed, waits) = Self.waits(nodes, feeds, list)
  }

  /// The nodes that are needed, and which feeds lie before each.
  private static func waits(_ nodes: [Node], _ feeds: [Endpoint], _ list: FetchList)
    -> ([Int], [Int: Set<Endpoint>])
  {
    let fed = Set(feeds)
    var order: [Int] = []
    var seen: Set<Int> = []
    var pending = list.endpoints.filter { !fed.contains($0) }.map(\.node) + list.targets
    while let id = pending.popLast() {
      guard seen.insert(id).inserted else { continue }
      order.append(id)
      pending += nodes[id].inputs.filter { !fed.contains($0) }.map(\.node)
      pending += nodes[id].controlInputs
    }
    order.sort()
    // Loops feed back, so that what is before a node grows until nothing changes.
    var waits: [Int: Set<Endpoint>] = [:]
    var changes = true
    while changes {
      changes = false
      for id in order {
        var own = waits[id] ?? []
        let before = own.count
        for input in nodes[id].inputs {
          if fed.contains(input) {
            own.insert(input)
          } else {
            own.formUnion(waits[input.node] ?? [])
          }
        }
        for control in nodes[id].controlInputs { own.formUnion(waits[control] ?? []) }
        if own.count != before || waits[id] == nil {
          changes = changes || own.count != before
          waits[id] = own
        }
      }
    }
    return (order, waits)
  }

  /// Goes on with more values.
  ///
  /// - Returns: the values of `list`, and whether everything that was set up has been fetched.
  /// - Throws: `INVALID_ARGUMENT` in TensorFlow's words.
  func step(
    _ session: Session, _ list: FetchList, _ given: [(endpoint: Endpoint, value: Tensor)]
  ) throws -> (values: [Tensor], isOver: Bool) {
    try state.withLock { state in
      for (endpoint, _) in given {
        try require(
          feeds.contains(endpoint),
          "The feed \(name(endpoint)) was not specified in partial_run_setup.")
        try require(
          !state.fed.contains(endpoint), "The feed \(name(endpoint)) has already been fed.")
      }
      for endpoint in list.endpoints {
        try require(
          fetches.contains(endpoint),
          "The fetch \(name(endpoint)) was not specified in partial_run_setup.")
        try require(
          !state.fetched.contains(endpoint),
          "The fetch \(name(endpoint)) has already been fetched.")
      }
      let fed = state.fed.union(given.map(\.endpoint))
      for endpoint in list.endpoints where !feeds.contains(endpoint) {
        if let missing = waits[endpoint.node]?.subtracting(fed).first {
          throw TFError.invalidArgument(
            "Fetch \(name(missing)) can't be computed from the feeds that have been fed so far.")
        }
      }
      for (endpoint, value) in given { state.values[endpoint] = value }
      state.fed = fed
      try run(session, &state)
      state.fetched.formUnion(list.endpoints)
      let values = try list.endpoints.map { endpoint in
        guard let value = state.values[endpoint] else {
          throw TFError.invalidArgument("\(name(endpoint)) has no value")
        }
        return value
      }
      return (values, state.fetched == fetches && state.done.isSuperset(of: targets))
    }
  }

  private func name(_ endpoint: Endpoint) -> String {
    "\(nodes[endpoint.node].name):\(endpoint.index)"
  }

  /// Whether a node only says where a variable or another resource is, so that each step may have
  /// it anew.
  private func isPlace(_ node: Node) -> Bool {
    node.inputs.isEmpty && node.isStateful
      && (["Variable", "VariableV2"].contains(node.opName)
        || node.outputTypes.contains(.resource))
  }

  /// Runs the nodes that can run now and have not run.
  private func run(_ session: Session, _ state: inout State) throws {
    let done = state.done
    let fed = state.fed
    let ready = needed.filter { id in
      !done.contains(id) && (waits[id] ?? []).isSubset(of: fed)
    }
    if ready.isEmpty { return }
    let step = Graph()
    step.library = graph.library
    step.versions = graph.versions
    var copies: [Int: Int] = [:]
    var feeds: [(endpoint: Endpoint, value: Tensor)] = []
    var replaced: [Endpoint: Endpoint] = [:]
    var backEdges: [(node: Int, input: Int, source: Endpoint)] = []
    let now = Set(ready)
    func copy(_ id: Int) throws {
      let node = nodes[id]
      var inputs: [Endpoint] = []
      for (index, input) in node.inputs.enumerated() {
        if let value = state.values[input], fed.contains(input) || done.contains(input.node),
          !isPlace(nodes[input.node])
        {
          if replaced[input] == nil {
            let fed = try step.append(
              name: step.freeName("\(nodes[input.node].name)/value_\(input.index)"),
              op: BasicOps.family.placeholder, inputs: [],
              attrs: ["dtype": .type(value.dtype), "shape": .shape(.unknown)])
            replaced[input] = Endpoint(fed)
            feeds.append((Endpoint(fed), value))
          }
          inputs.append(replaced[input]!)
        } else if let source = copies[input.node] {
          inputs.append(Endpoint(source, input.index))
        } else if isPlace(nodes[input.node]) {
          try copy(input.node)
          inputs.append(Endpoint(copies[input.node]!, input.index))
        } else {
          backEdges.append((id, index, input))
          inputs.append(Endpoint(-1))
        }
      }
      let controls = node.controlInputs.compactMap { copies[$0] }
      copies[id] = try step.append(
        copyOf: node, name: node.name, inputs: inputs, controlInputs: controls,
        device: node.device)
    }
    for id in ready where copies[id] == nil { try copy(id) }
    for edge in backEdges {
      guard let source = copies[edge.source.node] else {
        throw TFError.invalidArgument("\(name(edge.source)) has no value in this partial run")
      }
      step.update(copies[edge.node]!) {
        $0.inputs[edge.input] = Endpoint(source, edge.source.index)
      }
    }
    // What is fetched, and what later nodes take from these.
    var outputs: Set<Endpoint> = fetches.filter { now.contains($0.node) && !fed.contains($0) }
    for id in needed where !now.contains(id) && !done.contains(id) {
      outputs.formUnion(
        nodes[id].inputs.filter { now.contains($0.node) && !isPlace(nodes[$0.node]) })
    }
    let wanted = outputs.sorted { ($0.node, $0.index) < ($1.node, $1.index) }
    let plan = try PlanCache(step).plan(
      feeds: feeds.map(\.endpoint),
      fetches: wanted.map { Endpoint(copies[$0.node]!, $0.index) },
      targets: ready.map { copies[$0]! })
    let values = try plan.run(feeds.map(\.value), session.execution(plan))
    for (endpoint, value) in zip(wanted, values) { state.values[endpoint] = value }
    state.done.formUnion(ready.filter { !isPlace(nodes[$0]) })
  }
}

/// A partial run that was set up. Follows the handle of
/// `tf.compat.v1.Session.partial_run_setup`.
public struct PartialRunHandle: Sendable, Hashable {
  let name: String
}

extension Session {
  /// Sets up a run whose feeds come and whose fetches are taken in parts. Follows
  /// `tf.compat.v1.Session.partial_run_setup`.
  ///
  /// - Parameters:
  ///   - fetches: all that will be fetched.
  ///   - feeds: all that will be fed.
  /// - Throws: as `run`; `INVALID_ARGUMENT` where nothing is fetched.
  public func partialRunSetup<Fetch: Fetchable>(_ fetches: Fetch, feeds: [any FeedKey] = [])
    throws -> PartialRunHandle
  {
    var list = try fetchList()
    try fetches.add(to: &list)
    let endpoints = try feeds.map { try FeedDict.endpoint($0, graph) }
    return PartialRunHandle(name: partialRuns.add(try PartialRun(graph, list, feeds: endpoints)))
  }

  /// Goes on with a partial run. Follows `tf.compat.v1.Session.partial_run`.
  ///
  /// - Parameters:
  ///   - handle: of `partialRunSetup`.
  ///   - fetches: some of those that were set up and not fetched yet.
  ///   - feedDict: values for some of the feeds that were set up.
  /// - Throws: `INVALID_ARGUMENT` when the run is over, for what was not set up, for what was fed
  ///   or fetched before, and for a fetch whose feeds have not come.
  @discardableResult
  public func partialRun<Fetch: Fetchable>(
    _ handle: PartialRunHandle, _ fetches: Fetch, feedDict: FeedDict = [:]
  ) throws -> Fetch.Fetched {
    var list = try fetchList()
    try fetches.add(to: &list)
    let given = try feedDict.resolved(in: graph).map { feed in
      (
        endpoint: feed.endpoint,
        value: try FeedConversion(feed: FeedSpec(feed.endpoint, of: graph)).convert(feed.value)
      )
    }
    guard let run = partialRuns[handle.name] else {
      throw TFError.invalidArgument("Must run 'setup' before performing partial runs!")
    }
    let (values, isOver) = try run.step(self, list, given)
    if isOver { partialRuns.remove(handle.name) }
    var fetched = FetchedValues(values)
    return fetches.result(from: &fetched)
  }
}
