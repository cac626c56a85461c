package import CoreGraph
public import CoreOps
public import OpsSparse

/// What can be fed: a tensor, the name of one.
public protocol FeedKey {
  /// Where the value goes.
  var feedTarget: FeedTarget { get throws }
}

/// What a feed stands in for: a tensor of the session's graph, by itself or by its name.
public enum FeedTarget: Sendable {
  case tensor(Tensor)
  case name(String)
}

extension Tensor: FeedKey {
  public var feedTarget: FeedTarget { .tensor(self) }
}
extension String: FeedKey {
  public var feedTarget: FeedTarget { .name(self) }
}

/// What a run is fed: `[x: [[1, 2]], "keep_prob:0": 1.0]`. Keys are tensors or names, and values
/// are whatever converts to a tensor. Follows the `feed_dict` of `tf.compat.v1.Session.run`.
///
/// Of two values for one tensor the later counts.
public struct FeedDict: ExpressibleByDictionaryLiteral {
  private var entries: [(key: any FeedKey, value: any TensorConvertible)]

  public init(dictionaryLiteral elements: (any FeedKey, any TensorConvertible)...) {
    entries = elements.map { (key: $0.0, value: $0.1) }
  }

  /// The feeds of a dictionary, such as that of the arrays in an `.npz` archive.
  public init<Key: FeedKey, Value: TensorConvertible>(_ feeds: [Key: Value]) {
    entries = feeds.map { (key: $0.key, value: $0.value) }
  }

  /// A feed for each pair, in order.
  public init<Key: FeedKey, Value: TensorConvertible>(_ feeds: some Sequence<(Key, Value)>) {
    entries = feeds.map { (key: $0.0, value: $0.1) }
  }

  /// Feeds `value` for `key`.
  public mutating func feed(_ key: some FeedKey, _ value: some TensorConvertible) {
    entries.append((key: key, value: value))
  }

  /// Feeds what another dictionary does too, which then counts.
  package mutating func merge(_ other: FeedDict) { entries += other.entries }

  /// The tensors of `graph` that are fed.
  package func keys(in graph: Graph) throws -> Set<Endpoint> {
    Set(try entries.map { try Self.endpoint($0.key, graph) })
  }

  /// Feeds the three tensors that a sparse tensor is made of.
  public mutating func feed(_ key: SparseTensor, _ value: SparseTensorValue) {
    feed(key.indices, value.indices)
    feed(key.values, value.values)
    feed(key.denseShape, value.denseShape)
  }

  /// The values by the outputs of `graph` that they stand in for, in a fixed order.
  ///
  /// - Throws: `INVALID_ARGUMENT` or `NOT_FOUND` when a key is not in the graph.
  func resolved(in graph: Graph) throws -> [(endpoint: Endpoint, value: any TensorConvertible)] {
    var feeds: [(endpoint: Endpoint, value: any TensorConvertible)] = []
    feeds.reserveCapacity(entries.count)
    for entry in entries {
      let endpoint = try Self.endpoint(entry.key, graph)
      try graph.checkFeedable(endpoint)
      if let fed = entry.value as? Tensor, fed.isSymbolic {
        throw TFError.invalidArgument(
          """
          The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python \
          scalars, strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor \
          object was \(fed) which was passed to the argument `feed_dict` with key \
          \(graph.tensor(endpoint)).
          """)
      }
      if let position = feeds.firstIndex(where: { $0.endpoint == endpoint }) {
        feeds[position].value = entry.value
      } else {
        feeds.append((endpoint, entry.value))
      }
    }
    if feeds.count > 1 {
      feeds.sort { ($0.endpoint.node, $0.endpoint.index) < ($1.endpoint.node, $1.endpoint.index) }
    }
    return feeds
  }

  static func endpoint(_ key: any FeedKey, _ graph: Graph) throws -> Endpoint {
    do {
      switch try key.feedTarget {
      case .tensor(let tensor): return try graph.endpoint(of: tensor)
      case .name(let name): return try graph.endpoint(named: name)
      }
    } catch let error as TFError {
      throw TFError(
        error.code, "Cannot interpret feed_dict key as Tensor: \(error.message)", node: error.node,
        op: error.op)
    }
  }
}
