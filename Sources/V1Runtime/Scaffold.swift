public import CoreGraph
public import CoreOps
import OpsMedia
public import V1Graph
import Variables

/// The operations that a session needs to begin: those that are given, or those of the graph's
/// collections, or those that are made. Follows `tf.compat.v1.train.Scaffold`.
public final class Scaffold: Sendable {
  /// What is done when the variables have their first values.
  public typealias InitFunction = @Sendable (Scaffold, Session) throws -> Void

  private struct State {
    var initOp: Operation?
    var initFeedDict: FeedDict?
    var readyOp: Tensor?
    var readyForLocalInitOp: Tensor?
    var localInitOp: Operation?
    var summaryOp: Tensor?
    var saver: (any SessionSaver)?
    var isFinalized = false
  }
  private let state: Lock<State>
  private let function: InitFunction?
  private let usesSaver: Bool

  /// - Parameters:
  ///   - initOp: gives variables their first values.
  ///   - initFeedDict: what it is fed.
  ///   - initFn: is called after it.
  ///   - readyOp: the names of variables without values; empty when the model is ready.
  ///   - readyForLocalInitOp: the same for `localInitOp`.
  ///   - localInitOp: runs when the model is ready for it, also where variables were restored.
  ///   - summaryOp: gives the summaries of a step.
  ///   - saver: saves the variables; nil for one that saves all by their names.
  public init(
    initOp: Operation? = nil, initFeedDict: sending FeedDict? = nil, initFn: InitFunction? = nil,
    readyOp: Tensor? = nil, readyForLocalInitOp: Tensor? = nil, localInitOp: Operation? = nil,
    summaryOp: Tensor? = nil, saver: (any SessionSaver)? = nil
  ) {
    function = initFn
    usesSaver = true
    state = Lock(
      State(
        initOp: initOp, initFeedDict: initFeedDict, readyOp: readyOp,
        readyForLocalInitOp: readyForLocalInitOp, localInitOp: localInitOp, summaryOp: summaryOp,
        saver: saver))
  }

  public var initOp: Operation? { state.withLock { $0.initOp } }
  public var readyOp: Tensor? { state.withLock { $0.readyOp } }
  public var readyForLocalInitOp: Tensor? { state.withLock { $0.readyForLocalInitOp } }
  public var localInitOp: Operation? { state.withLock { $0.localInitOp } }
  public var summaryOp: Tensor? { state.withLock { $0.summaryOp } }
  public var saver: (any SessionSaver)? { state.withLock { $0.saver } }
  var initFn: InitFunction? { function }

  /// Runs the operation that gives variables their first values, and the function after it.
  func initialize(_ session: Session) throws {
    let (operation, feeds) = state.withLock { state in
      nonisolated(unsafe) let feeds = state.initFeedDict
      return (state.initOp, feeds)
    }
    if let operation { try session.run(operation, feedDict: feeds ?? [:]) }
    try function?(self, session)
  }

  /// Makes what was not given. Follows `Scaffold.finalize`.
  ///
  /// - Throws: `FAILED_PRECONDITION` where a collection holds several of what there is one of, and
  ///   as making the operations.
  @discardableResult
  public func finalize() throws -> Scaffold {
    guard let graph = Environment.current.graph else {
      throw TFError.failedPrecondition("a Scaffold belongs to a graph, and none is open")
    }
    guard !state.withLock({ $0.isFinalized }) else { return self }
    let initOp = try one(initOp, GraphKeys.initOp, graph) {
      try API.group(
        API.globalVariablesInitializer(), API.noOp(name: "init"))
    }
    let readyOp = try one(readyOp, GraphKeys.readyOp, graph) {
      try API.concat(
        [API.reportUninitializedVariables(), noResources()], axis: 0)
    }
    let readyForLocal = try one(readyForLocalInitOp, GraphKeys.readyForLocalInitOp, graph) {
      try API.concat(
        [API.reportUninitializedVariables(API.globalVariables()), noResources()], axis: 0)
    }
    let localInitOp = try one(localInitOp, GraphKeys.localInitOp, graph) {
      try API.group(
        API.localVariablesInitializer(), API.tablesInitializer(), API.noOp(name: "init"))
    }
    let summaries = graph.elements(GraphKeys.summaryOp)
    let summary = try summaryOp ?? summaries.first ?? V1Summary.mergeAll()
    if let summary, summaries.isEmpty { graph.addToCollection(GraphKeys.summaryOp.name, summary) }
    var saver = self.saver ?? graph.collection(GraphKeys.savers).first as? any SessionSaver
    if saver == nil, try !API.globalVariables().isEmpty { saver = try VariableSaver() }
    let found = saver
    state.withLock { state in
      state.initOp = initOp
      state.readyOp = readyOp
      state.readyForLocalInitOp = readyForLocal
      state.localInitOp = localInitOp
      state.summaryOp = summary
      state.saver = found
      state.isFinalized = true
    }
    return self
  }

  /// The resources without values, of which there are none beside variables.
  private func noResources() throws -> Tensor {
    try inScope(nil, "report_uninitialized_resources") { _ in
      try Tensor(strings: [] as [[UInt8]], dims: [0]).asConstant()
    }
  }

  private func one<Element: CollectionElement>(
    _ given: Element?, _ key: CollectionKey<Element>, _ graph: Graph,
    _ make: () throws -> Element?
  ) throws -> Element? {
    if let given { return given }
    let known = graph.elements(key)
    guard known.count <= 1 else {
      throw TFError.failedPrecondition(
        "More than one item in the collection \"\(key.name)\". Please indicate which one to use by "
          + "passing it to the tf.Scaffold constructor as: tf.Scaffold(\(key.name)=item to use)")
    }
    if let only = known.first { return only }
    let made = try make()
    if let made { graph.addToCollection(key.name, made) }
    return made
  }
}

extension V1Train { public typealias Scaffold = V1Runtime.Scaffold }
