public import CoreGraph
public import CoreOps

/// Runs parts of a graph, and owns the values of its variables, as `tf.compat.v1.Session`.
///
/// A session may be used from many threads at once.
public final class Session: Sendable {
  public let graph: Graph
  private let plans: PlanCache
  private let resources = ResourceContainer()

  /// - Parameter graph: may grow while the session lives.
  public init(graph: Graph) {
    self.graph = graph
    plans = PlanCache(graph)
  }

  /// - Parameter stepwise: whether the graph is run node by node as it is, without what plans make
  ///   of it: slower, and telling where a wrong result comes from.
  package init(graph: Graph, stepwise: Bool) {
    self.graph = graph
    plans = PlanCache(graph, stepwise: stepwise)
  }

  /// Runs what `fetches` and `targets` need, by TensorFlow's names.
  ///
  /// - Parameters:
  ///   - fetches: tensors, as `node:0` or `node`.
  ///   - feeds: values that stand in for tensors; any tensor can be fed.
  ///   - targets: operations that are run for their effects.
  ///   - timeout: seconds after which the run ends with an error, making its plan included; nil for
  ///     never.
  ///   - options: what of the run is recorded, and its time-out where `timeout` is nil.
  ///   - runMetadata: takes what is recorded.
  /// - Returns: the fetched values, in order.
  /// - Throws: `NOT_FOUND` for a name that is not in the graph, `INVALID_ARGUMENT` for a feed that
  ///   does not fit,
  ///   `DEADLINE_EXCEEDED`, and whatever an op refuses; the error names the node.
  public func run(
    fetches: [String], feeds: [String: Tensor] = [:], targets: [String] = [],
    timeout: Double? = nil,
    options: RunOptions? = nil, runMetadata: RunMetadata? = nil
  ) throws -> [Tensor] {
    try recorded(options, timeout, runMetadata) { cancellation, observer in
      try run(fetches: fetches, feeds: feeds, targets: targets, cancellation, observer)
    }
  }

  /// Runs under an observer.
  package func run(
    fetches: [String], feeds: [String: Tensor], targets: [String], _ cancellation: Cancellation,
    _ observer: (any RunObserver)?
  ) throws -> [Tensor] {
    let names = feeds.keys.sorted()
    let call = try callable(
      fetches: fetches, feeds: names, targets: targets, cancellation, observer)
    return try call.run(names.map { feeds[$0]! }, cancellation, observer)
  }

  /// Runs `body` with the time-out and the observer that options ask for.
  private func recorded<R>(
    _ options: RunOptions?, _ timeout: Double?, _ metadata: RunMetadata?,
    _ body: (Cancellation, (any RunObserver)?) throws -> R
  ) throws -> R {
    let cancellation =
      (timeout ?? options?.timeout).map { Cancellation(timeout: $0) } ?? Cancellation()
    guard let metadata, let options, options.traceLevel == .fullTrace else {
      return try body(cancellation, nil)
    }
    let trace = RunTrace()
    // A run that fails leaves what it did till then.
    defer { metadata.stepStats = StepStats(trace.events) }
    return try trace.timing(.run, "run") { try body(cancellation, trace) }
  }

  /// A run of this session with feeds, fetches and targets fixed ahead, as `Session.make_callable`.
  public struct Callable: Sendable {
    let plan: ExecutionPlan
    let execution: ExecutionContext
    let checks: [FeedCheck]

    /// - Parameters:
    ///   - feeds: in the order that the callable was made for.
    ///   - cancellation: by which another thread can end the run.
    public func callAsFunction(_ feeds: [Tensor], cancellation: Cancellation? = nil) throws
      -> [Tensor]
    {
      for index in 0..<min(feeds.count, checks.count) { try checks[index].check(feeds[index]) }
      guard let cancellation else { return try plan.run(feeds, execution) }
      return try plan.run(feeds, context(cancellation, nil))
    }

    /// Runs under an observer.
    package func run(
      _ feeds: [Tensor], _ cancellation: Cancellation, _ observer: (any RunObserver)?
    ) throws -> [Tensor] {
      for index in 0..<min(feeds.count, checks.count) { try checks[index].check(feeds[index]) }
      return try plan.run(feeds, context(cancellation, observer))
    }

    private func context(_ cancellation: Cancellation, _ observer: (any RunObserver)?)
      -> ExecutionContext
    {
      ExecutionContext(
        resources: execution.resources, functions: execution.functions, cancellation: cancellation,
        observer: observer)
    }
  }

  /// What a fed value must look like.
  struct FeedCheck: Sendable {
    let name: String
    let dtype: DType
    let shape: PartialShape

    func check(_ value: Tensor) throws {
      guard !value.isSymbolic else {
        throw TFError.invalidArgument(
          "The value of a feed cannot be a symbolic Tensor object (feed \(name)).")
      }
      guard value.dtype == dtype else {
        throw TFError.invalidArgument(
          "Tensor \(name) is \(dtype), but the fed value is \(value.dtype)")
      }
      guard fits(value.dims) else {
        let fed = tuple(value.dims.dims.map(String.init))
        let own = tuple((shape.dims ?? []).map { $0.map(\.description) ?? "?" })
        throw TFError.invalidArgument(
          "Cannot feed value of shape \(fed) for Tensor \(name), which has shape \(own)")
      }
    }

    /// As Python prints a tuple.
    private func tuple(_ sizes: [String]) -> String {
      "(" + sizes.joined(separator: ", ") + (sizes.count == 1 ? ",)" : ")")
    }

    private func fits(_ dims: Shape) -> Bool {
      guard let expected = shape.dims else { return true }
      guard expected.count == dims.rank else { return false }
      for axis in 0..<dims.rank {
        if let size = expected[axis], size != dims[axis] { return false }
      }
      return true
    }
  }

  /// - Parameters: as for `run`, with the names of the feeds in the order in which their values
  ///   will be given.
  public func callable(fetches: [String], feeds: [String], targets: [String] = []) throws
    -> Callable
  {
    try callable(fetches: fetches, feeds: feeds, targets: targets, .never, nil)
  }

  private func callable(
    fetches: [String], feeds: [String], targets: [String], _ cancellation: Cancellation,
    _ observer: (any RunObserver)?
  ) throws -> Callable {
    let feedEndpoints = try feeds.map { name in
      try naming({ "Cannot interpret feed_dict key as Tensor: \($0)" }) {
        try graph.endpoint(named: name)
      }
    }
    let fetchEndpoints = try fetches.map { name in
      try naming({ "Fetch argument '\(name)' cannot be interpreted as a Tensor. (\($0))" }) {
        try graph.endpoint(named: name)
      }
    }
    let plan = try plans.plan(
      feeds: feedEndpoints, fetches: fetchEndpoints,
      targets: try targets.map { try graph.operation(named: $0).id }, cancellation, observer)
    let checks = feedEndpoints.map { endpoint in
      let node = graph.node(endpoint.node)
      var shape =
        endpoint.index < node.outputShapes.count ? node.outputShapes[endpoint.index] : .unknown
      if node.opName == "Placeholder", case .shape(let declared)? = node.attrs["shape"] {
        // Graphs written before TensorFlow 1.3 have an empty shape where none was declared.
        shape = declared.rank == 0 && graph.versions.producer < 24 ? .unknown : declared
      }
      return FeedCheck(
        name: "\(node.name):\(endpoint.index)",
        dtype: endpoint.index < node.outputTypes.count
          ? node.outputTypes[endpoint.index] : .float32,
        shape: shape)
    }
    return Callable(
      plan: plan,
      execution: ExecutionContext(resources: resources, functions: plan.functionRunner),
      checks: checks)
  }

  /// Has the errors of `body` say what the name is for.
  private func naming<R>(_ text: (String) -> String, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TFError {
      throw TFError(error.code, text(error.message), node: error.node, op: error.op)
    }
  }

  /// Runs by symbolic tensors of the graph.
  ///
  /// - Parameters:
  ///   - fetches: symbolic tensors of the session's graph.
  ///   - feedDict: the value of each fed tensor.
  public func run(
    _ fetches: [Tensor], feedDict: [Tensor: Tensor] = [:], timeout: Double? = nil,
    options: RunOptions? = nil, runMetadata: RunMetadata? = nil
  ) throws -> [Tensor] {
    try recorded(options, timeout, runMetadata) { try run(fetches, feedDict, $0, $1) }
  }

  private func run(
    _ fetches: [Tensor], _ feedDict: [Tensor: Tensor], _ cancellation: Cancellation,
    _ observer: (any RunObserver)?
  ) throws -> [Tensor] {
    let feeds = feedDict.map { ($0.key, $0.value) }
    let endpoints = try feeds.map { try graph.endpoint(of: $0.0) }
    let order = endpoints.indices.sorted {
      (endpoints[$0].node, endpoints[$0].index) < (endpoints[$1].node, endpoints[$1].index)
    }
    let plan = try plans.plan(
      feeds: order.map { endpoints[$0] }, fetches: try fetches.map { try graph.endpoint(of: $0) },
      targets: [],
      cancellation, observer)
    let values = order.map { feeds[$0].1 }
    for index in order {
      let node = graph.node(endpoints[index].node)
      try FeedCheck(
        name: "\(node.name):\(endpoints[index].index)",
        dtype: node.outputTypes[endpoints[index].index],
        shape: node.outputShapes[endpoints[index].index]
      ).check(feeds[index].1)
    }
    return try plan.run(
      values,
      ExecutionContext(
        resources: resources, functions: plan.functionRunner, cancellation: cancellation,
        observer: observer))
  }

  /// Runs one tensor.
  public func run(_ fetch: Tensor, feedDict: [Tensor: Tensor] = [:]) throws -> Tensor {
    try run([fetch], feedDict: feedDict)[0]
  }
}
