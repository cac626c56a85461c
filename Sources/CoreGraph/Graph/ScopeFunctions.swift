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

  /// Runs `body`; what it adds to a graph runs after `elements`. Follows
  /// `tf.control_dependencies`.
  ///
  /// - Parameter elements: operations, tensors and variables; nil for nothing at all, also not what
  ///   is waited for around the call.
  /// - Throws: `INVALID_ARGUMENT` for an element of another graph, and what `body` throws.
  public static func controlDependencies<R>(
    _ elements: [any GraphElement]?, _ body: () throws -> R
  ) throws -> R {
    try Environment.current.waiting(for: elements).run(body)
  }

  /// An operation that does nothing. Follows `tf.no_op`.
  ///
  /// - Returns: nil where calls run at once.
  @discardableResult
  public static func noOp(name: String? = nil) throws -> Operation? {
    try GraphGroups.noOp(name: name)
  }

  /// An operation that runs when all of `inputs` have. Follows `tf.group`.
  ///
  /// - Parameters:
  ///   - inputs: operations, tensors and variables.
  ///   - name: of the operation.
  /// - Returns: nil where calls run at once, and so have run.
  /// - Throws: `INVALID_ARGUMENT` for an element of another graph.
  @discardableResult
  public static func group(_ inputs: (any GraphElement)?..., name: String? = nil) throws
    -> Operation?
  {
    try GraphGroups.group(inputs.compactMap { $0 }, name: name)
  }

  /// The same of an array.
  @discardableResult
  public static func group(_ inputs: [any GraphElement], name: String? = nil) throws -> Operation? {
    try GraphGroups.group(inputs, name: name)
  }

  /// The tensors, each of which waits for all. Follows `tf.tuple`.
  ///
  /// - Parameters:
  ///   - tensors: what is waited for and handed on; nil stays nil.
  ///   - name: of the scope.
  ///   - controlInputs: what is waited for besides.
  /// - Throws: `INVALID_ARGUMENT` for no tensor, or one of another graph.
  public static func tuple(
    _ tensors: [Tensor?], name: String? = nil, controlInputs: [any GraphElement] = []
  ) throws -> [Tensor?] {
    try GraphGroups.tuple(tensors, name: name, controlInputs)
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
