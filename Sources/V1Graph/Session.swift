public import CoreGraph
public import CoreOps

/// Runs parts of a graph, and owns the values of its variables, as `tf.compat.v1.Session`.
///
/// A session may be used from many threads at once.
public final class Session: Sendable {
  public let graph: Graph
  private let plans: PlanCache
  let resources = ResourceContainer()
  private let generators = RandomGenerators()
  /// Seconds that a run may take which says nothing itself; nil for as long as it needs.
  private let standardTimeout: Double?
  /// The partial runs that were set up.
  let partialRuns = PartialRuns()

  /// - Parameters:
  ///   - graph: may grow while the session lives; nil for the default graph.
  ///   - config: how many threads work, and how long a run may take.
  public init(graph: Graph? = nil, config: ConfigProto? = nil) {
    self.graph = graph ?? Environment.current.defaultGraph
    plans = PlanCache(self.graph)
    standardTimeout = config?.timeout
    config?.apply()
  }

  /// A session of this process, which is the only kind there is.
  ///
  /// - Parameter target: empty or `local`.
  /// - Throws: `NOT_FOUND` for a target that names another process.
  public convenience init(_ target: String, graph: Graph? = nil, config: ConfigProto? = nil) throws
  {
    guard target.isEmpty || target == "local" else {
      throw TFError.notFound(
        """
        No session factory registered for the given session options: {target: "\(target)"} \
        Registered factories are {DIRECT_SESSION}.
        """)
    }
    self.init(graph: graph, config: config)
  }

  /// - Parameter stepwise: whether the graph is run node by node as it is, without what plans make
  ///   of it: slower, and telling where a wrong result comes from.
  package init(graph: Graph, stepwise: Bool) {
    self.graph = graph
    plans = PlanCache(graph, stepwise: stepwise)
    standardTimeout = nil
  }

  /// Ends what waits in runs of this session, and lets go of its variables and queues. Runs after
  /// it are errors. Follows `tf.compat.v1.Session.close`.
  public func close() {
    resources.close()
    leaveInteraction()
  }

  /// What fetches are collected in.
  ///
  /// - Throws: `FAILED_PRECONDITION` when the session is closed or its graph is empty.
  package func fetchList() throws -> FetchList {
    guard !resources.isClosed else {
      throw TFError.failedPrecondition("Attempted to use a closed Session.")
    }
    guard graph.nodeCount > 0 else {
      throw TFError.failedPrecondition(
        "The Session graph is empty. Add operations to the graph before calling run().")
    }
    return FetchList(graph)
  }

  /// Runs what `fetches` and `targets` need, by TensorFlow's names.
  ///
  /// - Parameters:
  ///   - fetches: tensors, as `node:0` or `node`.
  ///   - feeds: values that stand in for tensors, converted to their dtypes as NumPy converts
  ///     arrays; any tensor can be fed.
  ///   - targets: operations that are run for their effects.
  ///   - timeout: seconds after which the run ends with an error, making its plan included; nil for
  ///     never.
  ///   - options: what of the run is recorded, and its time-out where `timeout` is nil.
  ///   - runMetadata: takes what is recorded.
  /// - Returns: the fetched values, in order.
  /// - Throws: `NOT_FOUND` for a name that is not in the graph, `INVALID_ARGUMENT` for a feed that
  ///   does not fit,
  ///   `DEADLINE_EXCEEDED`, and whatever an op refuses; the error names the node.
  package func run(
    fetches: [String], feeds: [String: any TensorConvertible] = [:], targets: [String] = [],
    timeout: Double? = nil,
    options: RunOptions? = nil, runMetadata: RunMetadata? = nil
  ) throws -> [Tensor] {
    try recorded(options, timeout, runMetadata) { cancellation, observer in
      try run(fetches: fetches, feeds: feeds, targets: targets, cancellation, observer)
    }
  }

  /// Runs under an observer.
  package func run(
    fetches: [String], feeds: [String: any TensorConvertible], targets: [String],
    _ cancellation: Cancellation, _ observer: (any RunObserver)?
  ) throws -> [Tensor] {
    let names = feeds.keys.sorted()
    let call = try callable(
      fetches: fetches, feeds: names, targets: targets, cancellation, observer)
    return try call.run(
      call.converted(names.map { feeds[$0]! }), cancellation, observer)
  }

  /// Runs `body` with the time-out and the observer that options ask for.
  private func recorded<R>(
    _ options: RunOptions?, _ timeout: Double?, _ metadata: RunMetadata?,
    _ body: (Cancellation, (any RunObserver)?) throws -> R
  ) throws -> R {
    let cancellation =
      (timeout ?? options?.timeout ?? standardTimeout).map { Cancellation(timeout: $0) }
      ?? Cancellation()
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
    let conversions: [FeedConversion]
    /// What the plan was made for.
    let graph: Graph
    let request: PlanRequest

    /// - Parameters:
    ///   - feeds: in the order that the callable was made for.
    ///   - cancellation: by which another thread can end the run.
    public func callAsFunction(_ feeds: [Tensor], cancellation: Cancellation? = nil) throws
      -> [Tensor]
    {
      try run(feeds, cancellation.map { context($0, nil) } ?? execution)
    }

    /// The tensors that are fed for values of other dtypes, or plain Swift values.
    package func converted(_ values: [any TensorConvertible]) throws -> [Tensor] {
      try zip(values, conversions).map { try $1.convert($0) }
    }

    /// Runs under an observer.
    package func run(
      _ feeds: [Tensor], _ cancellation: Cancellation, _ observer: (any RunObserver)?
    ) throws -> [Tensor] {
      try run(feeds, context(cancellation, observer))
    }

    private func run(_ feeds: [Tensor], _ execution: ExecutionContext) throws -> [Tensor] {
      guard !execution.resources.isClosed else {
        throw TFError(.cancelled, "Session has been closed.")
      }
      var feeds = feeds
      for index in 0..<min(feeds.count, conversions.count) {
        if let converted = try conversions[index].converted(feeds[index]) {
          feeds[index] = converted
        }
      }
      do {
        return try plan.run(feeds, execution)
      } catch let error as TFError where error.isUnfedPlaceholder {
        throw (try? request.namingUnfed(error, in: graph)) ?? error
      }
    }

    private func context(_ cancellation: Cancellation, _ observer: (any RunObserver)?)
      -> ExecutionContext
    {
      execution.with(cancellation: cancellation, observer: observer)
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
      try naming({ "Argument `fetch` = \(name) cannot be interpreted as a Tensor. (\($0))" }) {
        try graph.endpoint(named: name)
      }
    }
    return try callable(
      PlanRequest(
        feeds: feedEndpoints, fetches: fetchEndpoints,
        targets: try targets.map { try graph.operation(named: $0).id }), cancellation, observer)
  }

  func callable(
    _ request: PlanRequest, _ cancellation: Cancellation, _ observer: (any RunObserver)?
  ) throws -> Callable {
    let plan = try plans.plan(
      feeds: request.feeds, fetches: request.fetches, targets: request.targets, cancellation,
      observer)
    return Callable(
      plan: plan,
      execution: execution(plan),
      conversions: request.feeds.map { FeedConversion(feed: FeedSpec($0, of: graph)) },
      graph: graph,
      request: request)
  }

  /// Has the errors of `body` say what the name is for.
  private func naming<R>(_ text: (String) -> String, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TFError {
      throw TFError(error.code, text(error.message), node: error.node, op: error.op)
    }
  }

  /// What the resources and random generators of this session give a run of another graph, which
  /// is made of this one.
  func execution(_ plan: ExecutionPlan) -> ExecutionContext {
    ExecutionContext(
      resources: resources, generators: generators, functions: plan.functionRunner,
      graphVersion: graph.versions.producer)
  }

  /// Runs what was collected from the fetches.
  package func run(
    _ fetches: FetchList, _ feedDict: FeedDict, _ options: RunOptions?, _ metadata: RunMetadata?,
    _ timeout: Double?
  ) throws -> [Tensor] {
    try recorded(options, timeout, metadata) { cancellation, observer in
      let feeds = try feedDict.resolved(in: graph)
      let request = PlanRequest(
        feeds: feeds.map(\.endpoint), fetches: fetches.endpoints, targets: fetches.targets)
      let call = try callable(request, cancellation, observer)
      return try call.run(call.converted(feeds.map(\.value)), cancellation, observer)
    }
  }
}
