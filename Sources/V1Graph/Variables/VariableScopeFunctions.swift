public import CoreOps
public import Variables

extension V1API {
  public typealias VariableScope = V1Graph.VariableScope
  public typealias Reuse = V1Graph.Reuse
  /// Follows `tf.compat.v1.AUTO_REUSE`.
  public static var autoReuse: Reuse { .autoReuse }

  /// Runs `body` with names of variables and nodes that begin with `name`. Follows
  /// `tf.compat.v1.variable_scope`.
  ///
  /// - Parameters:
  ///   - name: the scope's name; nil for `defaultName`, made unique.
  ///   - defaultName: the name where there is none.
  ///   - initializer: that of variables inside without one of their own.
  ///   - regularizer: likewise.
  ///   - cachingDevice: likewise.
  ///   - partitioner: likewise.
  ///   - customGetter: stands between `getVariable` and what makes variables.
  ///   - reuse: whether variables are taken from those that are there; scopes inside inherit it.
  ///   - dtype: that of variables inside, float32 by default.
  ///   - useResource: whether variables inside are resources; nil for what the switches say.
  ///   - constraint: that of variables inside.
  ///   - auxiliaryNameScope: whether a name scope is opened too.
  ///   - body: is given the scope.
  /// - Throws: `INVALID_ARGUMENT` where there is neither name nor default, and what `body` throws.
  public static func variableScope<R>(
    _ name: String?, defaultName: String? = nil, initializer: (any Initializer)? = nil,
    regularizer: Regularizer? = nil, cachingDevice: String? = nil,
    partitioner: Partitioner? = nil, customGetter: CustomGetter? = nil, reuse: Reuse? = nil,
    dtype: DType? = nil, useResource: Bool? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil, auxiliaryNameScope: Bool = true,
    _ body: (VariableScope) throws -> R
  ) throws -> R {
    let changes = VariableScopeChanges(
      initializer: initializer, regularizer: regularizer, cachingDevice: cachingDevice,
      partitioner: partitioner, customGetter: customGetter, reuse: reuse, dtype: dtype,
      useResource: useResource, constraint: constraint, auxiliaryNameScope: auxiliaryNameScope)
    if let name { return try changes.enter(name, body) }
    guard let defaultName else {
      throw TFError.invalidArgument("If default_name is None then name_or_scope is required")
    }
    if let reuse, reuse.isOn {
      throw TFError.invalidArgument("reuse=True cannot be used without a name_or_scope")
    }
    return try changes.enter(default: defaultName, body)
  }

  /// The same, where `body` has no need of the scope.
  public static func variableScope<R>(
    _ name: String?, defaultName: String? = nil, initializer: (any Initializer)? = nil,
    regularizer: Regularizer? = nil, cachingDevice: String? = nil,
    partitioner: Partitioner? = nil, customGetter: CustomGetter? = nil, reuse: Reuse? = nil,
    dtype: DType? = nil, useResource: Bool? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil, auxiliaryNameScope: Bool = true,
    _ body: () throws -> R
  ) throws -> R {
    try variableScope(
      name, defaultName: defaultName, initializer: initializer, regularizer: regularizer,
      cachingDevice: cachingDevice, partitioner: partitioner, customGetter: customGetter,
      reuse: reuse, dtype: dtype, useResource: useResource, constraint: constraint,
      auxiliaryNameScope: auxiliaryNameScope
    ) { _ in try body() }
  }

  /// Runs `body` in a scope that was open before: variables have its names, and nodes a new name
  /// scope.
  ///
  /// - Parameters: as above.
  public static func variableScope<R>(
    _ scope: VariableScope, initializer: (any Initializer)? = nil,
    regularizer: Regularizer? = nil, cachingDevice: String? = nil,
    partitioner: Partitioner? = nil, customGetter: CustomGetter? = nil, reuse: Reuse? = nil,
    dtype: DType? = nil, useResource: Bool? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil, auxiliaryNameScope: Bool = true,
    _ body: (VariableScope) throws -> R
  ) throws -> R {
    try VariableScopeChanges(
      initializer: initializer, regularizer: regularizer, cachingDevice: cachingDevice,
      partitioner: partitioner, customGetter: customGetter, reuse: reuse, dtype: dtype,
      useResource: useResource, constraint: constraint, auxiliaryNameScope: auxiliaryNameScope
    ).enter(scope, body)
  }

  /// The same, where `body` has no need of the scope.
  public static func variableScope<R>(
    _ scope: VariableScope, reuse: Reuse? = nil, auxiliaryNameScope: Bool = true,
    _ body: () throws -> R
  ) throws -> R {
    try variableScope(scope, reuse: reuse, auxiliaryNameScope: auxiliaryNameScope) { _ in
      try body()
    }
  }

  /// The variable scope of the call. Follows `tf.compat.v1.get_variable_scope`.
  public static func getVariableScope() -> VariableScope { VariableScope.current }
}

/// What a scope changes for the variables that are made inside.
struct VariableScopeChanges {
  var initializer: (any Initializer)?
  var regularizer: Regularizer?
  var cachingDevice: String?
  var partitioner: Partitioner?
  var customGetter: CustomGetter?
  var reuse: Reuse?
  var dtype: DType?
  var useResource: Bool?
  var constraint: (@Sendable (Tensor) throws -> Tensor)?
  var auxiliaryNameScope = true

  private func applied(to outer: VariableScope.Defaults) -> VariableScope.Defaults {
    var defaults = outer
    // A scope inside one that reuses does so too.
    defaults.reuse = reuse?.isOn == true ? reuse : outer.reuse
    if let initializer { defaults.initializer = .initializer(initializer) }
    if let regularizer { defaults.regularizer = regularizer }
    if let cachingDevice { defaults.cachingDevice = cachingDevice }
    if let partitioner { defaults.partitioner = partitioner }
    if let customGetter {
      if let outer = outer.customGetter {
        defaults.customGetter = { getter, request in
          try customGetter({ try outer(getter, $0) }, request)
        }
      } else {
        defaults.customGetter = customGetter
      }
    }
    if let dtype { defaults.dtype = dtype }
    if let useResource { defaults.useResource = useResource }
    defaults.constraint = constraint
    return defaults
  }

  /// The environment of the body, with a name scope of its own where one is wanted.
  private func environment(_ name: String) throws -> Environment {
    let environment = Environment.current
    return auxiliaryNameScope && !name.isEmpty ? try environment.scoped(name) : environment
  }

  func enter<R>(_ name: String, _ body: (VariableScope) throws -> R) throws -> R {
    try enter(name, in: try environment(name), body)
  }

  func enter<R>(default name: String, _ body: (VariableScope) throws -> R) throws -> R {
    let inner = try environment(name)
    let store = VariableStore.current
    return try enter(
      store.uniqueName(name, in: VariableScope.current(store).name), in: inner, body)
  }

  private func enter<R>(
    _ name: String, in environment: Environment, _ body: (VariableScope) throws -> R
  ) throws -> R {
    let store = VariableStore.current
    let outer = VariableScope.current(store)
    let full = outer.name.isEmpty ? name : "\(outer.name)/\(name)"
    let scope = VariableScope(
      name: full, originalNameScope: environment.nameScope, applied(to: outer.defaults))
    store.opened(full)
    defer { store.closeSubscopes(of: full) }
    return try environment.run { try scope.run(store) { try body(scope) } }
  }

  func enter<R>(_ given: VariableScope, _ body: (VariableScope) throws -> R) throws -> R {
    let inner = try environment(given.name.split(separator: "/").last.map(String.init) ?? "")
    let store = VariableStore.current
    let scope = VariableScope(
      name: given.name, originalNameScope: given.originalNameScope, applied(to: given.defaults))
    store.opened(given.name)
    let counts = store.counts
    defer { store.counts = counts }
    return try inner.run { try scope.run(store) { try body(scope) } }
  }
}
