public import CoreGraph
public import CoreOps

/// A device that a session runs on. Follows the elements of
/// `tf.compat.v1.Session.list_devices`.
public struct DeviceAttributes: Sendable, Hashable {
  public let name: String
  public let deviceType: String
  public let memoryLimitBytes: Int
}

extension Session {
  /// The graph as data. Follows `tf.compat.v1.Session.graph_def`.
  public var graphDef: GraphDef { graph.graphDef }

  /// The devices that it runs on: the processor. Follows `tf.compat.v1.Session.list_devices`.
  public func listDevices() -> [DeviceAttributes] {
    [
      DeviceAttributes(
        name: "/job:localhost/replica:0/task:0/device:CPU:0", deviceType: "CPU",
        memoryLimitBytes: 1 << 28)
    ]
  }

  /// A run with its fetches and feeds fixed ahead, which therefore takes less time. Follows
  /// `tf.compat.v1.Session.make_callable`.
  ///
  ///     let step = try session.makeCallable((train, loss), feedList: [x, y])
  ///     let (_, value) = try step([images, labels])
  ///
  /// - Parameters:
  ///   - fetches: as for `run`.
  ///   - feedList: tensors or names, in the order in which their values will be given.
  /// - Returns: takes the values. Any thread may call it.
  /// - Throws: as `run`.
  public func makeCallable<Fetch: Fetchable & Sendable>(
    _ fetches: Fetch, feedList: [any FeedKey] = []
  ) throws -> @Sendable ([any TensorConvertible]) throws -> Fetch.Fetched {
    var list = try fetchList()
    try fetches.add(to: &list)
    let call = try prepared(list, feedList)
    return { feeds in
      var values = FetchedValues(try call(feeds))
      return fetches.result(from: &values)
    }
  }

  /// The same of the parts of a tuple.
  public func makeCallable<each Fetch: Fetchable & Sendable>(
    _ fetches: (repeat each Fetch), feedList: [any FeedKey] = []
  ) throws -> @Sendable ([any TensorConvertible]) throws -> (repeat (each Fetch).Fetched) {
    var list = try fetchList()
    for fetch in repeat each fetches { try fetch.add(to: &list) }
    let call = try prepared(list, feedList)
    return { (feeds: [any TensorConvertible]) in
      var values = FetchedValues(try call(feeds))
      return (repeat (each fetches).result(from: &values))
    }
  }

  private func prepared(_ list: FetchList, _ feedList: [any FeedKey]) throws
    -> @Sendable ([any TensorConvertible]) throws -> [Tensor]
  {
    let feeds = try feedList.map { try FeedDict.endpoint($0, graph) }
    let call = try callable(
      PlanRequest(feeds: feeds, fetches: list.endpoints, targets: list.targets), .never, nil)
    return { values in
      guard values.count == feeds.count else {
        throw TFError.invalidArgument(
          "this call takes \(feeds.count) values, one per element of feedList, not \(values.count)")
      }
      return try call.run(call.converted(values), Cancellation(), nil)
    }
  }
}
