public import CoreGraph
public import CoreOps
public import OpsState

extension TensorQueue {
  private func operation(_ node: Int?) -> Operation? {
    guard let node, let graph = Environment.current.graph else { return nil }
    return Operation(graph, node)
  }

  /// Puts a tuple in. Follows `tf.queue.QueueBase.enqueue`.
  ///
  /// - Parameters:
  ///   - vals: one value per component, as in Python also where there is one: a list is the tuple.
  ///   - name: the node's name in a graph.
  /// - Returns: the operation that was added; nil where it ran at once.
  /// - Throws: `INVALID_ARGUMENT` when the values do not fit the components; `CANCELLED` when the
  ///   queue is closed.
  @discardableResult
  public func enqueue(_ vals: [any TensorConvertible], name: String? = nil) throws -> Operation? {
    operation(try put(vals, many: false, name: name))
  }

  /// Puts a tuple of one component in.
  @discardableResult
  public func enqueue(_ vals: some TensorConvertible, name: String? = nil) throws -> Operation? {
    try enqueue([vals] as [any TensorConvertible], name: name)
  }

  /// Puts in the tuples of the slices of batches along their first dimension. Follows
  /// `tf.queue.QueueBase.enqueue_many`.
  ///
  /// - Parameters:
  ///   - vals: one batch per component, all of one length.
  ///   - name: the node's name in a graph.
  /// - Returns: the operation that was added; nil where it ran at once.
  /// - Throws: as `enqueue`.
  @discardableResult
  public func enqueueMany(_ vals: [any TensorConvertible], name: String? = nil) throws
    -> Operation?
  { operation(try put(vals, many: true, name: name)) }

  /// Puts in the slices of the batch of the only component.
  @discardableResult
  public func enqueueMany(_ vals: some TensorConvertible, name: String? = nil) throws
    -> Operation?
  { try enqueueMany([vals] as [any TensorConvertible], name: name) }

  /// Refuses what comes from now on. Follows `tf.queue.QueueBase.close`.
  ///
  /// - Parameters:
  ///   - cancelPendingEnqueues: ends what still waits to be put in.
  ///   - name: the node's name in a graph.
  /// - Returns: the operation that was added; nil where it ran at once.
  /// - Throws: `CANCELLED` when the queue is closed already.
  @discardableResult
  public func close(cancelPendingEnqueues: Bool = false, name: String? = nil) throws
    -> Operation?
  { operation(try refuse(cancelPendingEnqueues: cancelPendingEnqueues, name: name)) }
}
