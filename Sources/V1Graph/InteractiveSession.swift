public import CoreGraph
import CoreOps

/// The session that stays the default one of a graph until it is closed.
private final class Interaction: Sendable {
  let session = Lock<Session?>(nil)
}

extension Graph {
  private var interaction: Interaction { attachment("InteractiveSession") { Interaction() } }

  /// The interactive session of the graph, if there is one.
  var interactiveSession: Session? { interaction.session.withLock { $0 } }

  fileprivate func setInteractive(_ session: Session) {
    interaction.session.withLock { $0 = session }
  }

  fileprivate func endInteraction(_ session: Session) {
    interaction.session.withLock { if $0 === session { $0 = nil } }
  }
}

extension Session {
  /// Is no default session any more.
  func leaveInteraction() { graph.endInteraction(self) }
}

extension V1API {
  /// A session that `eval` and `run` use for its graph until it is closed, without any closure.
  /// Follows `tf.compat.v1.InteractiveSession`.
  ///
  /// - Parameters:
  ///   - graph: nil for the default graph.
  ///   - config: as for `Session`.
  public static func InteractiveSession(graph: Graph? = nil, config: ConfigProto? = nil) -> Session
  {
    let session = Session(graph: graph, config: config)
    session.graph.setInteractive(session)
    return session
  }

  /// Runs `body` with a session that is the default one, its graph the default graph, and closes
  /// it. Follows `with tf.compat.v1.Session() as session`.
  ///
  /// - Parameters:
  ///   - graph: nil for the default graph.
  ///   - config: as for `Session`.
  public static func withSession<R>(
    graph: Graph? = nil, config: ConfigProto? = nil, _ body: (Session) throws -> R
  ) rethrows -> R {
    let session = Session(graph: graph, config: config)
    defer { session.close() }
    return try session.use(body)
  }
}

extension Session {
  /// Runs `body` with this as the default session and its graph as the default graph, and leaves it
  /// open.
  package func use<R>(_ body: (Session) throws -> R) rethrows -> R {
    try Environment.current.opening(graph).with(session: self).run { try body(self) }
  }
}
