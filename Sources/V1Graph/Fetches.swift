public import CoreGraph
public import CoreOps

/// What `Session.run` can fetch: a tensor, the name of one, an operation, and arrays and
/// dictionaries of these. Tuples are fetched part by part.
public protocol Fetchable {
  /// What comes out: a value for a tensor, nothing for an operation.
  associatedtype Fetched

  /// Adds what it needs to a run.
  ///
  /// - Throws: `INVALID_ARGUMENT` or `NOT_FOUND` for what is not in the graph.
  func add(to fetches: inout FetchList) throws

  /// What it was fetched as; takes its values in the order in which it added them.
  func result(from values: inout FetchedValues) -> Fetched
}

/// What a run fetches, in order.
public struct FetchList {
  private let graph: Graph
  package private(set) var endpoints: [Endpoint] = []
  package private(set) var targets: [Int] = []

  init(_ graph: Graph) { self.graph = graph }

  /// Fetches a tensor of the graph.
  public mutating func add(_ tensor: Tensor) throws {
    do {
      let endpoint = try graph.endpoint(of: tensor)
      try graph.checkFetchable(endpoint.node)
      endpoints.append(endpoint)
    } catch let error as TFError where error.message.hasSuffix(Self.foreign) {
      throw TFError(
        error.code,
        """
        Argument `fetch` = \((try? tensor.name) ?? "a tensor") cannot be interpreted as a Tensor. \
        (\(error.message))
        """)
    }
  }

  private static let foreign = "is not an element of this graph."

  /// Fetches the tensor of that name.
  public mutating func add(name: String) throws {
    do { endpoints.append(try graph.endpoint(named: name)) } catch let error as TFError {
      throw TFError(
        error.code,
        "Argument `fetch` = \(name) cannot be interpreted as a Tensor. (\(error.message))",
        node: error.node, op: error.op)
    }
    try graph.checkFetchable(endpoints[endpoints.count - 1].node)
  }

  /// Runs an operation.
  public mutating func add(_ operation: Operation) throws {
    guard operation.graph === graph else {
      throw TFError.invalidArgument(
        """
        Argument `fetch` = \(operation) cannot be interpreted as a Tensor. (Operation \
        \(operation.name) is not an element of this graph.)
        """
      )
    }
    try graph.checkFetchable(operation.id)
    targets.append(operation.id)
  }
}

/// The values of a run, of which each part takes its own.
public struct FetchedValues {
  private let values: [Tensor]
  private var position = 0

  package init(_ values: [Tensor]) { self.values = values }

  /// The next value.
  public mutating func next() -> Tensor {
    defer { position += 1 }
    return values[position]
  }
}

extension Tensor: Fetchable {
  public func add(to fetches: inout FetchList) throws { try fetches.add(self) }
  public func result(from values: inout FetchedValues) -> Tensor { values.next() }
}

extension String: Fetchable {
  public func add(to fetches: inout FetchList) throws { try fetches.add(name: self) }
  public func result(from values: inout FetchedValues) -> Tensor { values.next() }
}

extension Operation: Fetchable {
  public func add(to fetches: inout FetchList) throws { try fetches.add(self) }
  public func result(from _: inout FetchedValues) {}
}

extension Array: Fetchable where Element: Fetchable {
  public func add(to fetches: inout FetchList) throws {
    for element in self { try element.add(to: &fetches) }
  }
  public func result(from values: inout FetchedValues) -> [Element.Fetched] {
    map { $0.result(from: &values) }
  }
}

extension Dictionary: Fetchable where Value: Fetchable {
  public func add(to fetches: inout FetchList) throws {
    for element in values { try element.add(to: &fetches) }
  }
  public func result(from values: inout FetchedValues) -> [Key: Value.Fetched] {
    mapValues { $0.result(from: &values) }
  }
}

extension Optional: Fetchable where Wrapped: Fetchable {
  /// - Throws: `INVALID_ARGUMENT` for nil, as what a function such as `tf.summary.mergeAll` gives
  ///   where there is nothing.
  public func add(to fetches: inout FetchList) throws {
    guard let self else {
      throw TFError.invalidArgument(
        "Argument `fetch` = None has invalid type \"NoneType\". Cannot be None")
    }
    try self.add(to: &fetches)
  }
  public func result(from values: inout FetchedValues) -> Wrapped.Fetched? {
    map { $0.result(from: &values) }
  }
}

extension Session {
  /// Runs what `fetches` needs. Follows `tf.compat.v1.Session.run`.
  ///
  ///     let loss = try session.run(loss, feedDict: [x: batch, "keep_prob:0": 1.0])
  ///     let (_, value) = try session.run((train, loss), feedDict: [x: batch])
  ///
  /// - Parameters:
  ///   - fetches: a tensor, a name, an operation, or an array or dictionary of them.
  ///   - feedDict: values that stand in for tensors, converted to their dtypes as NumPy converts
  ///     arrays; any tensor can be fed.
  ///   - options: what of the run is recorded, and its time-out where `timeout` is nil.
  ///   - runMetadata: takes what is recorded.
  ///   - timeout: seconds after which the run ends with an error, making its plan included; nil for
  ///     never.
  /// - Returns: the values in the structure of `fetches`.
  /// - Throws: `NOT_FOUND` for a name that is not in the graph, `INVALID_ARGUMENT` for a feed that
  ///   does not fit, `DEADLINE_EXCEEDED`, and whatever an op refuses; the error names the node.
  @discardableResult
  public func run<Fetch: Fetchable>(
    _ fetches: Fetch, feedDict: FeedDict = [:], options: RunOptions? = nil,
    runMetadata: RunMetadata? = nil, timeout: Double? = nil
  ) throws -> Fetch.Fetched {
    var list = try fetchList()
    try fetches.add(to: &list)
    var values = FetchedValues(try run(list, feedDict, options, runMetadata, timeout))
    return fetches.result(from: &values)
  }

  /// Runs what all parts of a tuple need, in one run.
  ///
  /// - Parameters and errors: as for one fetch.
  @discardableResult
  public func run<each Fetch: Fetchable>(
    _ fetches: (repeat each Fetch), feedDict: FeedDict = [:], options: RunOptions? = nil,
    runMetadata: RunMetadata? = nil, timeout: Double? = nil
  ) throws -> (repeat (each Fetch).Fetched) {
    var list = try fetchList()
    for fetch in repeat each fetches { try fetch.add(to: &list) }
    var values = FetchedValues(try run(list, feedDict, options, runMetadata, timeout))
    return (repeat (each fetches).result(from: &values))
  }

  /// Runs what the elements of a mixed array need, in one run.
  ///
  /// - Parameters and errors: as for one fetch.
  /// - Returns: what each element was fetched as; nil for an operation.
  @_disfavoredOverload
  @discardableResult
  public func run(
    _ fetches: [any Fetchable], feedDict: FeedDict = [:], options: RunOptions? = nil,
    runMetadata: RunMetadata? = nil, timeout: Double? = nil
  ) throws -> [Tensor?] {
    var list = try fetchList()
    let counts = try fetches.map { fetch in
      let before = list.endpoints.count
      try fetch.add(to: &list)
      return list.endpoints.count - before
    }
    if let position = counts.firstIndex(where: { $0 > 1 }) {
      throw TFError.invalidArgument(
        "Fetch argument \(position) of a mixed array is a structure: fetch a tuple instead")
    }
    var values = FetchedValues(try run(list, feedDict, options, runMetadata, timeout))
    return counts.map { $0 == 0 ? nil : values.next() }
  }
}
