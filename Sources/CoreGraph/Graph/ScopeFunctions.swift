public import CoreOps

// What both styles have for the shape of a graph. Each holds for the calls of a closure.

extension SharedAPI {
  /// Runs `body` with names that begin with `name`, which is made unique. Follows `tf.name_scope`.
  ///
  /// - Parameters:
  ///   - name: one that ends in `/` is a scope that was entered before, and is taken as it is;
  ///     empty leaves all scopes.
  ///   - body: is given the scope's full name, which ends in `/`.
  /// - Throws: `INVALID_ARGUMENT` for what cannot be part of a name, and what `body` throws.
  public static func nameScope<R>(_ name: String, _ body: (_ scope: String) throws -> R) throws
    -> R
  {
    let inner = try Environment.current.scoped(name)
    return try inner.run { try body(inner.nameScope) }
  }

  /// Runs `body` with names that begin with `name`, which is made unique. Follows `tf.name_scope`.
  public static func nameScope<R>(_ name: String, _ body: () throws -> R) throws -> R {
    try Environment.current.scoped(name).run(body)
  }

  /// The name scope of the call, without the last `/`. Follows `tf.get_current_name_scope`.
  public static func getCurrentNameScope() -> String {
    let scope = Environment.current.nameScope
    return scope.hasSuffix("/") ? String(scope.dropLast()) : scope
  }

  /// Runs `body`; what it adds to a graph runs after the nodes of `tensors`. Follows
  /// `tf.control_dependencies`.
  ///
  /// - Parameter tensors: nil for nothing at all, also not what is waited for around the call.
  /// - Throws: `INVALID_ARGUMENT` for a tensor of another graph, and what `body` throws.
  public static func controlDependencies<R>(_ tensors: [Tensor]?, _ body: () throws -> R) throws
    -> R
  {
    try Environment.current.waiting(for: tensors).run(body)
  }

  /// Runs `body`; what it adds to a graph says that it is to run on `device`. Follows `tf.device`.
  ///
  /// - Parameter device: such as `/cpu:0` or `/job:worker/task:1`; what it does not say, a device
  ///   around it does. nil for no device at all.
  /// - Throws: `INVALID_ARGUMENT` for what is no device's name, and what `body` throws.
  public static func device<R>(_ device: String?, _ body: () throws -> R) throws -> R {
    try Environment.current.onDevice(device).run(body)
  }

  /// Runs `body` outside of the functions that are traced, with nothing to wait for and no tape
  /// recording; the name scope stays. Follows `tf.init_scope`.
  public static func initScope<R>(_ body: () throws -> R) throws -> R {
    try Environment.current.outsideFunctions().run(body)
  }

  /// Whether calls run at once. Follows `tf.executing_eagerly`.
  public static func executingEagerly() -> Bool { Environment.current.isExecutingEagerly }
}
