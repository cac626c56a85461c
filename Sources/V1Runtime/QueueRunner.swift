public import CoreGraph
public import CoreOps
public import OpsState
public import V1Graph
public import Variables

/// Fills a queue from threads of its own. Follows `tf.compat.v1.train.QueueRunner`.
public final class QueueRunner: Sendable, CollectionElement, NamedElement {
  public let queue: any TensorQueue
  public let enqueueOps: [Operation]
  public let closeOp: Operation
  public let cancelOp: Operation
  /// Codes of errors that say that the queue, or one that feeds it, is closed.
  public let queueClosedExceptionTypes: Set<TFError.Code>
  /// The queue's name.
  public let name: String

  private struct State {
    /// How many threads fill the queue in a session.
    var running: [ObjectIdentifier: Int] = [:]
    var failures: [any Error] = []
  }
  private let state = Lock(State())

  /// - Parameters:
  ///   - queue: what is filled.
  ///   - enqueueOps: one per thread.
  ///   - closeOp: runs when all of them are done; nil for one that is added.
  ///   - cancelOp: runs when the threads are to end; nil for one that is added.
  ///   - queueClosedExceptionTypes: codes of errors that end a thread without being reported.
  /// - Throws: `INVALID_ARGUMENT` for no operation, `FAILED_PRECONDITION` where calls run at once.
  public init(
    _ queue: any TensorQueue, enqueueOps: [Operation?], closeOp: Operation? = nil,
    cancelOp: Operation? = nil, queueClosedExceptionTypes: Set<TFError.Code> = [.outOfRange]
  ) throws {
    try checkQueuesCanBeUsed("QueueRunners")
    let operations = enqueueOps.compactMap { $0 }
    try require(!operations.isEmpty, "Must provide queue and enqueue_ops.")
    self.queue = queue
    self.enqueueOps = operations
    let nodes = try (
      closeOp ?? queue.close(), cancelOp ?? queue.close(cancelPendingEnqueues: true)
    )
    guard let close = nodes.0, let cancel = nodes.1 else {
      throw TFError.failedPrecondition("QueueRunners work in graphs only")
    }
    (self.closeOp, self.cancelOp) = (close, cancel)
    self.queueClosedExceptionTypes = queueClosedExceptionTypes
    name = try queue.reference.handle.op.name
  }

  /// The same with the operations by position.
  public convenience init(_ queue: any TensorQueue, _ enqueueOps: [Operation?]) throws {
    try self.init(queue, enqueueOps: enqueueOps)
  }

  /// What threads without a coordinator failed with. Follows `QueueRunner.exceptions_raised`.
  public var exceptionsRaised: [any Error] { state.withLock { $0.failures } }

  /// Makes the threads that fill the queue in a session. Follows `QueueRunner.create_threads`.
  ///
  /// - Parameters:
  ///   - sess: where the operations run.
  ///   - coord: is told of errors and ends the threads; nil for none.
  ///   - daemon: kept; threads never keep a program from ending.
  ///   - start: whether they begin at once.
  /// - Returns: none where the session has threads of this runner that work.
  public func createThreads(
    _ sess: Session, coord: Coordinator? = nil, daemon _: Bool = false, start: Bool = false
  ) throws -> [ProgramThread] {
    let session = ObjectIdentifier(sess)
    let isNew = state.withLock { state in
      guard state.running[session] ?? 0 == 0 else { return false }
      state.running[session] = enqueueOps.count
      return true
    }
    guard isNew else { return [] }
    var threads = enqueueOps.map { operation in
      ProgramThread(name: "QueueRunnerThread-\(name)-\(operation.name)") { [self] in
        fill(sess, operation, coord)
      }
    }
    if let coord {
      threads.append(
        ProgramThread(name: "QueueRunnerThread-\(name)-close_on_stop") { [self] in
          coord.waitForStop()
          do { try sess.run(cancelOp) } catch {
            V1Logging.info("Ignored exception: \(error)")
          }
        })
    }
    for thread in threads {
      coord?.registerThread(thread)
      if start { try thread.start() }
    }
    return threads
  }

  private func fill(_ session: Session, _ operation: Operation, _ coord: Coordinator?) {
    do {
      let enqueue = try session.makeCallable(operation)
      while coord?.shouldStop() != true {
        do { try enqueue([]) } catch let error as TFError
          where queueClosedExceptionTypes.contains(error.code)
        {
          guard leave(session) == 0 else { return }
          // All are done, so that nothing more comes.
          do { try session.run(closeOp) } catch {
            V1Logging.info("Ignored exception: \(error)")
          }
          return
        }
      }
    } catch {
      if let coord {
        coord.requestStop(error)
      } else {
        V1Logging.error("Exception in QueueRunner: \(error)")
        state.withLock { $0.failures.append(error) }
      }
    }
    _ = leave(session)
  }

  /// - Returns: how many threads still fill the queue.
  private func leave(_ session: Session) -> Int {
    state.withLock { state in
      let left = (state.running[ObjectIdentifier(session)] ?? 1) - 1
      state.running[ObjectIdentifier(session)] = left > 0 ? left : nil
      return left
    }
  }
}

/// - Throws: `FAILED_PRECONDITION` where calls run at once.
func checkQueuesCanBeUsed(_ what: String) throws {
  guard Environment.current.isExecutingEagerly else { return }
  throw TFError.failedPrecondition(
    what == "QueueRunners"
      ? """
      QueueRunners are not supported when eager execution is enabled. Instead, please use tf.data \
      to get data into your model.
      """
      : """
      Input pipelines based on Queues are not supported when eager execution is enabled. Please \
      use tf.data to ingest data into your model instead.
      """)
}

extension GraphKeys {
  /// What fills the queues of a graph.
  public static let queueRunners = CollectionKey<QueueRunner>("queue_runners")
}

/// `tf.train.queue_runner`.
public enum V1QueueRunners {
  public typealias QueueRunner = V1Runtime.QueueRunner

  /// Adds to a collection of the default graph. Follows
  /// `tf.compat.v1.train.add_queue_runner`.
  public static func addQueueRunner(_ qr: QueueRunner, collection: String = "queue_runners") {
    Environment.current.defaultGraph.addToCollection(collection, qr)
  }

  /// Starts the threads of all queue runners of a graph. Follows
  /// `tf.compat.v1.train.start_queue_runners`.
  ///
  /// - Parameters:
  ///   - sess: nil for the default session.
  ///   - coord: is told of errors and ends the threads.
  ///   - daemon: kept; threads never keep a program from ending.
  ///   - start: whether they begin at once.
  ///   - collection: where the runners are.
  /// - Throws: `INVALID_ARGUMENT` where there is no session.
  @discardableResult
  public static func startQueueRunners(
    sess: Session? = nil, coord: Coordinator? = nil, daemon: Bool = true, start: Bool = true,
    collection: String = "queue_runners"
  ) throws -> [ProgramThread] {
    try checkQueuesCanBeUsed("QueueRunners")
    guard let session = sess ?? Session.current else {
      throw TFError.invalidArgument(
        """
        Cannot start queue runners: No default session is registered. Use `with sess.as_default()` \
        or pass an explicit session to tf.start_queue_runners(sess=sess)
        """)
    }
    let runners = session.graph.elements(CollectionKey<QueueRunner>(collection))
    if runners.isEmpty {
      V1Logging.warning(
        "`tf.train.start_queue_runners()` was called when no queue runners were defined.")
    }
    return try runners.flatMap {
      try $0.createThreads(session, coord: coord, daemon: daemon, start: start)
    }
  }
}

extension V1Train {
  public typealias QueueRunner = V1Runtime.QueueRunner
  public typealias queueRunner = V1QueueRunners

  /// Adds to a collection of the default graph. Follows
  /// `tf.compat.v1.train.add_queue_runner`.
  public static func addQueueRunner(_ qr: QueueRunner, collection: String = "queue_runners") {
    V1QueueRunners.addQueueRunner(qr, collection: collection)
  }

  /// Starts the threads of all queue runners of a graph. Follows
  /// `tf.compat.v1.train.start_queue_runners`.
  ///
  /// - Parameters and errors: as for `V1QueueRunners.startQueueRunners`.
  @discardableResult
  public static func startQueueRunners(
    sess: Session? = nil, coord: Coordinator? = nil, daemon: Bool = true, start: Bool = true,
    collection: String = "queue_runners"
  ) throws -> [ProgramThread] {
    try V1QueueRunners.startQueueRunners(
      sess: sess, coord: coord, daemon: daemon, start: start, collection: collection)
  }
}
