public import CoreOps

/// A queue of tuples of tensors. Follows `tf.queue.QueueBase`.
///
/// In a graph each call adds a node, which a session runs by its name where it has no result:
/// `fifo_queue_enqueue`. An operation that has to wait does so until another step or run goes on,
/// the queue is closed, or its run ends.
public protocol TensorQueue: Sendable {
  /// The handle, and what is known of the queue.
  var reference: QueueReference { get }
}

/// The handle of a queue with the dtypes and shapes of its components.
public struct QueueReference: Sendable {
  /// The handle: of dtype resource.
  public let handle: Tensor
  /// The dtypes of a tuple's components.
  public let dtypes: [DType]
  /// The shapes of the components; all unknown where they may have any.
  public let shapes: [PartialShape]
  /// What the names of the queue's nodes begin with.
  public let name: String

  fileprivate init(
    _ op: OpDef, _ dtypes: [DType], _ shapes: [PartialShape]?, _ attrs: Attrs, capacity: Int,
    sharedName: String?, name: String, standard: String, hiddenTypes: Int = 0
  ) throws {
    let own =
      sharedName ?? (Environment.current.isExecutingEagerly ? VariableOps.anonymousName : "")
    handle = try apply(
      op, [],
      attrs.with("component_types", .types(Array(dtypes.dropFirst(hiddenTypes))))
        .with("shapes", .shapes(shapes ?? [])).with("capacity", .int(capacity))
        .with("shared_name", .string(own)), name: name)[0]
    self.dtypes = dtypes
    self.shapes =
      [PartialShape](repeating: .scalar, count: hiddenTypes)
      + (shapes ?? [PartialShape](repeating: .unknown, count: dtypes.count - hiddenTypes))
    self.name = handle.nodeName ?? standard
  }
}

extension Tensor {
  /// The last part of the name of its node.
  var nodeName: String? {
    guard case .symbolic(let reference) = payload else { return nil }
    let node = reference.name.prefix { $0 != ":" }
    return String(node.split(separator: "/").last ?? node)
  }
}

extension TensorQueue {
  /// The dtypes of a tuple's components.
  public var dtypes: [DType] { reference.dtypes }
  /// The shapes of the components.
  public var shapes: [PartialShape] { reference.shapes }
  /// What the names of the queue's nodes begin with.
  public var name: String { reference.name }

  /// Puts in one tuple, or the tuples of the slices of batches.
  ///
  /// - Returns: the node that was added; nil where it ran at once.
  package func put(_ vals: [any TensorConvertible], many: Bool, name: String?) throws -> Int? {
    let family = QueueAccessOps.family
    return try put(
      vals, many ? family.enqueueMany : family.enqueue, many ? "EnqueueMany" : "enqueue", name,
      rank: many ? 1 : 0)
  }

  private func put(
    _ vals: [any TensorConvertible], _ op: OpDef, _ what: String, _ name: String?, rank: Int
  ) throws -> Int? {
    try require(
      vals.count == dtypes.count,
      "queue \(self.name) has \(dtypes.count) components, but vals has \(vals.count)")
    return try inScope(name, "\(self.name)_\(what)") { scope in
      let tensors = try zip(vals, dtypes).enumerated().map { index, pair in
        try pair.0.asTensor(preferring: pair.1).asConstant(named: "component_\(index)")
      }
      for (index, tensor) in tensors.enumerated() {
        try require(
          tensor.dtype == dtypes[index],
          "component \(index) of queue \(self.name) is \(dtypes[index]), not \(tensor.dtype)")
        let shape = PartialShape.unknown(rank: rank).concatenated(with: shapes[index])
        try require(
          shape.isCompatible(with: tensor.shape),
          """
          component \(index) of queue \(self.name) has shape \(shape), not \(tensor.shape)
          """
        )
      }
      return try Environment.current.perform(op, [reference.handle] + tensors, [:], name: scope)
    }
  }

  /// Takes the next tuple out. Follows `tf.queue.QueueBase.dequeue`.
  ///
  /// - Parameter name: the node's name in a graph.
  /// - Returns: one tensor per component.
  /// - Throws: `OUT_OF_RANGE` when the queue is closed and empty.
  public func dequeue(name: String? = nil) throws -> [Tensor] {
    try apply(
      QueueAccessOps.family.dequeue, [reference.handle], ["component_types": .types(dtypes)],
      name: name ?? "\(self.name)_Dequeue")
  }

  /// Takes `n` tuples out, as batches. Follows `tf.queue.QueueBase.dequeue_many`.
  ///
  /// - Parameters:
  ///   - n: how many.
  ///   - name: the node's name in a graph.
  /// - Returns: one batch per component.
  /// - Throws: `OUT_OF_RANGE` when the queue is closed and has fewer.
  public func dequeueMany(_ n: some TensorConvertible, name: String? = nil) throws -> [Tensor] {
    try takeMany(QueueAccessOps.family.dequeueMany, n, name ?? "\(self.name)_DequeueMany")
  }

  /// Takes `n` tuples out, or what a closed queue has. Follows `tf.queue.QueueBase.dequeue_up_to`.
  ///
  /// - Parameters:
  ///   - n: how many.
  ///   - name: the node's name in a graph.
  /// - Returns: one batch per component.
  /// - Throws: `OUT_OF_RANGE` when the queue is closed and empty.
  public func dequeueUpTo(_ n: some TensorConvertible, name: String? = nil) throws -> [Tensor] {
    try takeMany(QueueAccessOps.family.dequeueUpTo, n, name ?? "\(self.name)_DequeueUpTo")
  }

  private func takeMany(_ op: OpDef, _ n: some TensorConvertible, _ name: String) throws -> [Tensor]
  {
    try apply(
      op, [reference.handle, n.asTensor(preferring: .int32)],
      ["component_types": .types(dtypes)], name: name)
  }

  /// Refuses what comes from now on.
  ///
  /// - Returns: the node that was added; nil where it ran at once.
  package func refuse(cancelPendingEnqueues: Bool, name: String?) throws -> Int? {
    try Environment.current.perform(
      QueueAccessOps.family.close, [reference.handle],
      Attrs().with(
        "cancel_pending_enqueues", .bool(cancelPendingEnqueues), unless: !cancelPendingEnqueues),
      name: name ?? "\(self.name)_Close")
  }

  /// How many tuples there are: an int32. Follows `tf.queue.QueueBase.size`.
  public func size(name: String? = nil) throws -> Tensor {
    try QueueAccessOps.family.size([reference.handle], name: name ?? "\(self.name)_Size")
  }

  /// Whether the queue is closed. Follows `tf.queue.QueueBase.is_closed`.
  public func isClosed(name: String? = nil) throws -> Tensor {
    try QueueAccessOps.family.isClosed(
      [reference.handle], name: name ?? "\(self.name)_Is_Closed")
  }
}

extension SharedAPI {
  public typealias queue = QueueAPI
}

/// `tf.queue`.
public enum QueueAPI {
  /// A queue that gives its elements in the order in which they came. Follows `tf.queue.FIFOQueue`.
  public struct FIFOQueue: TensorQueue {
    public let reference: QueueReference

    /// - Parameters:
    ///   - capacity: how many tuples it holds; negative for any number.
    ///   - dtypes: of the components.
    ///   - shapes: of the components, all known; nil where they may have any, and only single
    ///     tuples are taken out.
    ///   - sharedName: by which runs of a session find it.
    ///   - name: the node's name in a graph.
    public init(
      _ capacity: Int, _ dtypes: [DType], shapes: [PartialShape]? = nil,
      sharedName: String? = nil, name: String = "fifo_queue"
    ) throws {
      reference = try QueueReference(
        QueueOps.family.fifo, dtypes, shapes, [:], capacity: capacity, sharedName: sharedName,
        name: name, standard: "fifo_queue")
    }

    /// The same with its arguments by label.
    public init(
      capacity: Int, dtypes: [DType], shapes: [PartialShape]? = nil, sharedName: String? = nil,
      name: String = "fifo_queue"
    ) throws {
      try self.init(capacity, dtypes, shapes: shapes, sharedName: sharedName, name: name)
    }
  }

  /// A queue whose elements may have different sizes; batches are padded with zeros. Follows
  /// `tf.queue.PaddingFIFOQueue`.
  public struct PaddingFIFOQueue: TensorQueue {
    public let reference: QueueReference

    /// - Parameters:
    ///   - capacity: how many tuples it holds; negative for any number.
    ///   - dtypes: of the components.
    ///   - shapes: of the components, with known ranks.
    ///   - sharedName: by which runs of a session find it.
    ///   - name: the node's name in a graph.
    public init(
      _ capacity: Int, _ dtypes: [DType], _ shapes: [PartialShape], sharedName: String? = nil,
      name: String = "padding_fifo_queue"
    ) throws {
      reference = try QueueReference(
        QueueOps.family.padding, dtypes, shapes, [:], capacity: capacity, sharedName: sharedName,
        name: name, standard: "padding_fifo_queue")
    }

    /// The same with its arguments by label.
    public init(
      capacity: Int, dtypes: [DType], shapes: [PartialShape], sharedName: String? = nil,
      name: String = "padding_fifo_queue"
    ) throws {
      try self.init(capacity, dtypes, shapes, sharedName: sharedName, name: name)
    }
  }

  /// A queue that gives its elements in random order, the same for the same seeds as TensorFlow.
  /// Follows `tf.queue.RandomShuffleQueue`.
  public struct RandomShuffleQueue: TensorQueue {
    public let reference: QueueReference

    /// - Parameters:
    ///   - capacity: how many tuples it holds; negative for any number.
    ///   - minAfterDequeue: how many stay in it while it is open, to choose from.
    ///   - dtypes: of the components.
    ///   - shapes: of the components, all known; nil where they may have any, and only single
    ///     tuples are taken out.
    ///   - seed: with the graph's seed says the order.
    ///   - sharedName: by which runs of a session find it.
    ///   - name: the node's name in a graph.
    public init(
      _ capacity: Int, _ minAfterDequeue: Int, _ dtypes: [DType], shapes: [PartialShape]? = nil,
      seed: Int? = nil, sharedName: String? = nil, name: String = "random_shuffle_queue"
    ) throws {
      let seeds = Environment.current.seeds(seed)
      reference = try QueueReference(
        QueueOps.family.shuffle, dtypes, shapes,
        [
          "min_after_dequeue": .int(minAfterDequeue), "seed": .int(seeds.first),
          "seed2": .int(seeds.second),
        ], capacity: capacity, sharedName: sharedName, name: name,
        standard: "random_shuffle_queue")
    }

    /// The same with its arguments by label.
    public init(
      capacity: Int, minAfterDequeue: Int, dtypes: [DType], shapes: [PartialShape]? = nil,
      seed: Int? = nil, sharedName: String? = nil, name: String = "random_shuffle_queue"
    ) throws {
      try self.init(
        capacity, minAfterDequeue, dtypes, shapes: shapes, seed: seed, sharedName: sharedName,
        name: name)
    }
  }

  /// A queue that gives the element with the smallest number first, which is an int64 before its
  /// components. Follows `tf.queue.PriorityQueue`.
  public struct PriorityQueue: TensorQueue {
    public let reference: QueueReference

    /// - Parameters:
    ///   - capacity: how many tuples it holds; negative for any number.
    ///   - types: the dtypes of the components behind the number.
    ///   - shapes: of those components, all known.
    ///   - sharedName: by which runs of a session find it.
    ///   - name: the node's name in a graph.
    public init(
      _ capacity: Int, _ types: [DType], _ shapes: [PartialShape], sharedName: String? = nil,
      name: String = "priority_queue"
    ) throws {
      reference = try QueueReference(
        QueueOps.family.priority, [.int64] + types, shapes, [:], capacity: capacity,
        sharedName: sharedName, name: name, standard: "priority_queue", hiddenTypes: 1)
    }

    /// The same with its arguments by label.
    public init(
      capacity: Int, types: [DType], shapes: [PartialShape], sharedName: String? = nil,
      name: String = "priority_queue"
    ) throws {
      try self.init(capacity, types, shapes, sharedName: sharedName, name: name)
    }
  }
}

extension SharedAPI {
  public typealias FIFOQueue = QueueAPI.FIFOQueue
  public typealias PaddingFIFOQueue = QueueAPI.PaddingFIFOQueue
  public typealias RandomShuffleQueue = QueueAPI.RandomShuffleQueue
  public typealias PriorityQueue = QueueAPI.PriorityQueue
}
