public import CoreGraph
public import CoreOps
public import Variables

extension Variable: Fetchable {
  public func add(to fetches: inout FetchList) throws {
    try fetches.add(partitions.isEmpty ? graphElement : asTensor())
  }
  public func result(from values: inout FetchedValues) -> Tensor { values.next() }
}

extension Variable: FeedKey {
  public var feedTarget: FeedTarget { .tensor(graphElement) }
}

extension Variable {
  /// Its value in a session. Follows `tf.Variable.eval`.
  ///
  /// - Parameter session: nil for the default session.
  /// - Throws: `FAILED_PRECONDITION` where it has none yet; `INVALID_ARGUMENT` where there is no
  ///   session.
  public func eval(session: Session? = nil) throws -> Tensor {
    try (partitions.isEmpty ? graphElement : asTensor()).eval(session: session)
  }

  /// Gives it a value in a session, and adds nothing to the graph. Follows `tf.Variable.load`.
  ///
  /// - Parameters:
  ///   - value: of its dtype and shape.
  ///   - session: nil for the default session.
  /// - Throws: as `eval`.
  public func load(_ value: some TensorConvertible, session: Session? = nil) throws {
    guard let initializer, let initialValue else {
      throw TFError.failedPrecondition("Variable '\(name)' is in no graph: use assign")
    }
    try initializer.run(
      feedDict: [initialValue: value.asTensor(preferring: dtype)], session: session)
  }
}

extension Operation {
  /// Runs this operation. Follows `tf.Operation.run`.
  ///
  /// - Parameters:
  ///   - feedDict: as for `Session.run`.
  ///   - session: nil for the default session.
  /// - Throws: `INVALID_ARGUMENT` where there is no session, or it runs another graph; whatever the
  ///   run refuses.
  public func run(feedDict: FeedDict = [:], session: Session? = nil) throws {
    if let session { return try session.run(self, feedDict: feedDict) }
    guard let standard = Session.current ?? graph.interactiveSession else {
      throw TFError.invalidArgument(
        """
        Cannot execute operation using `run()`: No default session is registered. Use \
        `session.asDefault` or pass an explicit session to `run(session:)`
        """)
    }
    guard standard.graph === graph else {
      throw TFError.invalidArgument(
        """
        Cannot use the default session to execute operation: the operation's graph is different \
        from the session's graph. Pass an explicit session to `run(session:)`.
        """)
    }
    try standard.run(self, feedDict: feedDict)
  }
}
