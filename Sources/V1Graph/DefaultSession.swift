import CoreGraph
public import CoreOps

extension Session: DefaultSession {
  /// Runs `body` with this as the session that `eval` uses. The default graph stays as it is.
  /// Follows `tf.compat.v1.Session.as_default`.
  public func asDefault<R>(_ body: () throws -> R) rethrows -> R {
    try Environment.current.with(session: self).run(body)
  }

  /// The session that `eval` uses, where one is set.
  package static var current: Session? {
    let environment = Environment.current
    return environment.session as? Session ?? environment.graph?.interactiveSession
  }
}

extension V1API {
  /// The session that `eval` uses; nil where none is set. Follows
  /// `tf.compat.v1.get_default_session`.
  public static func getDefaultSession() -> Session? { Session.current }
}

extension Tensor {
  /// The value that a run of `session` gives this output of a graph. Follows `tf.Tensor.eval`.
  ///
  /// - Parameters:
  ///   - feedDict: as for `Session.run`.
  ///   - session: nil for the default session.
  /// - Throws: `INVALID_ARGUMENT` where there is no session, or it runs another graph; whatever the
  ///   run refuses.
  public func eval(
    feedDict: FeedDict = [:], session: Session? = nil
  ) throws -> Tensor {
    if let session { return try session.run(self, feedDict: feedDict) }
    guard let standard = try Session.current ?? self.graph.interactiveSession else {
      throw TFError.invalidArgument(
        """
        Cannot evaluate tensor using `eval()`: No default session is registered. Use \
        `session.asDefault` or pass an explicit session to `eval(session:)`
        """)
    }
    guard standard.graph.owns(self) else {
      throw TFError.invalidArgument(
        """
        Cannot use the default session to evaluate tensor: the tensor's graph is different from \
        the session's graph. Pass an explicit session to `eval(session:)`.
        """)
    }
    return try standard.run(self, feedDict: feedDict)
  }
}
