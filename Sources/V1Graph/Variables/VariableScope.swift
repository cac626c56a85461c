import CoreGraph
public import CoreOps
public import Variables

/// Whether variables of a scope are made, or taken from those that are there.
///
/// `false` and nil make them, where no scope around says otherwise; `true` takes those that are
/// there; `.autoReuse` takes what is there and makes what is not.
public struct Reuse: Sendable, Hashable, ExpressibleByBooleanLiteral {
  package let isOn: Bool
  package let isAuto: Bool

  public init(_ isOn: Bool) {
    self.isOn = isOn
    isAuto = false
  }
  public init(booleanLiteral isOn: Bool) { self.init(isOn) }
  private init(auto: Void) {
    isOn = true
    isAuto = true
  }

  /// Follows `tf.compat.v1.AUTO_REUSE`.
  public static let autoReuse = Reuse(auto: ())
}

/// What a call of `getVariable` asks for; a custom getter may change it.
public struct VariableRequest: Sendable {
  /// With the names of all scopes.
  public var name: String
  public var shape: PartialShape?
  public var dtype: DType
  public var initializer: VariableInitializer?
  public var regularizer: Regularizer?
  public var reuse: Reuse?
  public var trainable: Bool
  public var collections: [String]?
  public var cachingDevice: String?
  public var partitioner: Partitioner?
  public var validateShape: Bool
  public var useResource: Bool?
  public var constraint: (@Sendable (Tensor) throws -> Tensor)?
}

/// What gives a variable its first value.
public enum VariableInitializer: Sendable {
  case initializer(any Initializer)
  /// A value, which has its own shape.
  case value(Tensor)
  /// A function of no arguments, which gives a value of its own shape.
  case function(@Sendable () throws -> Tensor)
}

/// Computes a loss of a variable; nil for none.
public typealias Regularizer = @Sendable (Tensor) throws -> Tensor?
/// Says into how many parts each dimension of a variable is cut.
public typealias Partitioner = @Sendable (_ shape: [Int], _ dtype: DType) throws -> [Int]
/// Makes or finds a variable.
public typealias VariableGetter = @Sendable (VariableRequest) throws -> any TensorOperand
/// Stands between `getVariable` and what makes variables; calls `getter` for the variable.
public typealias CustomGetter =
  @Sendable (_ getter: @escaping VariableGetter, VariableRequest)
  throws -> any TensorOperand

/// A part of the names of variables, with defaults for those made inside. Follows
/// `tf.compat.v1.VariableScope`.
public final class VariableScope: Sendable {
  struct Defaults: Sendable {
    var reuse: Reuse?
    var initializer: VariableInitializer?
    var regularizer: Regularizer?
    var cachingDevice: String?
    var partitioner: Partitioner?
    var customGetter: CustomGetter?
    var dtype = DType.float32
    var useResource: Bool?
    var constraint: (@Sendable (Tensor) throws -> Tensor)?
  }

  /// `a/b`; empty at the top.
  public let name: String
  /// The name scope that was opened with it, `a/b/`; empty at the top.
  public let originalNameScope: String
  private let state: Lock<Defaults>

  init(name: String, originalNameScope: String, _ defaults: Defaults) {
    self.name = name
    self.originalNameScope = originalNameScope
    state = Lock(defaults)
  }

  var defaults: Defaults { state.withLock { $0 } }

  /// Whether variables are taken from those that are there.
  public var reuse: Reuse? { defaults.reuse }
  public var initializer: VariableInitializer? { defaults.initializer }
  public var regularizer: Regularizer? { defaults.regularizer }
  public var cachingDevice: String? { defaults.cachingDevice }
  public var partitioner: Partitioner? { defaults.partitioner }
  public var customGetter: CustomGetter? { defaults.customGetter }
  public var dtype: DType { defaults.dtype }
  public var useResource: Bool? { defaults.useResource }
  public var constraint: (@Sendable (Tensor) throws -> Tensor)? { defaults.constraint }

  /// Has later calls take variables that are there. Follows
  /// `tf.compat.v1.VariableScope.reuse_variables`.
  public func reuseVariables() { state.withLock { $0.reuse = true } }
  public func setInitializer(_ initializer: any Initializer) {
    state.withLock { $0.initializer = .initializer(initializer) }
  }
  public func setRegularizer(_ regularizer: @escaping Regularizer) {
    state.withLock { $0.regularizer = regularizer }
  }
  public func setDtype(_ dtype: DType) { state.withLock { $0.dtype = dtype } }
  public func setUseResource(_ useResource: Bool) {
    state.withLock { $0.useResource = useResource }
  }
  public func setCachingDevice(_ device: String?) { state.withLock { $0.cachingDevice = device } }
  public func setPartitioner(_ partitioner: @escaping Partitioner) {
    state.withLock { $0.partitioner = partitioner }
  }
  public func setCustomGetter(_ getter: @escaping CustomGetter) {
    state.withLock { $0.customGetter = getter }
  }

  /// The variables of a collection whose names begin with the scope's. Follows
  /// `tf.compat.v1.VariableScope.get_collection`.
  public func getCollection<Element: CollectionElement>(_ key: CollectionKey<Element>) -> [Element]
  {
    let prefix = name.isEmpty ? "" : name + "/"
    let graph = Environment.current.graph
    return graph.map { (try? $0.elements(key, scope: prefix)) ?? [] } ?? []
  }
  /// Follows `tf.compat.v1.VariableScope.global_variables`.
  public func globalVariables() -> [Variable] { getCollection(GraphKeys.globalVariables) }
  /// Follows `tf.compat.v1.VariableScope.trainable_variables`.
  public func trainableVariables() -> [Variable] { getCollection(GraphKeys.trainableVariables) }
  /// Follows `tf.compat.v1.VariableScope.local_variables`.
  public func localVariables() -> [Variable] { getCollection(GraphKeys.localVariables) }
}

extension VariableScope {
  /// The scopes that are open, by the stores of their graphs.
  @TaskLocal private static var open: [ObjectIdentifier: VariableScope] = [:]

  static func current(_ store: VariableStore) -> VariableScope {
    open[ObjectIdentifier(store)] ?? store.top
  }

  /// That of this call.
  package static var current: VariableScope { current(.current) }

  func run<R>(_ store: VariableStore, _ body: () throws -> R) rethrows -> R {
    var scopes = Self.open
    scopes[ObjectIdentifier(store)] = self
    return try Self.$open.withValue(scopes, operation: body)
  }
}

/// The variables of a graph by name, and the scopes that were opened in it.
final class VariableStore: Sendable {
  private struct State: Sendable {
    var variables: [String: Variable] = [:]
    var partitioned: [String: Variable] = [:]
    /// How often scopes were opened.
    var counts: [String: Int] = [:]
  }

  private let state = Lock(State())
  let top = VariableScope(name: "", originalNameScope: "", .init())

  private static let key = "variables"
  /// Of calls that run at once, where nothing is kept under its name.
  private static let eager = VariableStore()

  /// That of this call's graph.
  static var current: VariableStore {
    let environment = Environment.current
    let outside = (try? environment.outsideFunctions()) ?? environment
    guard let graph = outside.graph else { return eager }
    return graph.attachment(key) { VariableStore() }
  }

  subscript(name: String) -> Variable? {
    get { state.withLock { $0.variables[name] } }
    set { state.withLock { $0.variables[name] = newValue } }
  }

  func partitioned(_ name: String) -> Variable? { state.withLock { $0.partitioned[name] } }
  func keep(partitioned variable: Variable, _ name: String) {
    state.withLock { $0.partitioned[name] = variable }
  }

  var counts: [String: Int] {
    get { state.withLock { $0.counts } }
    set { state.withLock { $0.counts = newValue } }
  }
  func opened(_ name: String) { state.withLock { $0.counts[name, default: 0] += 1 } }
  /// Has scopes inside `name` be named anew.
  func closeSubscopes(of name: String) {
    state.withLock { state in
      for key in state.counts.keys where key.hasPrefix(name + "/") { state.counts[key] = 0 }
    }
  }
  /// A name for a scope inside `scope` that none has had.
  func uniqueName(_ prefix: String, in scope: String) -> String {
    let full = scope.isEmpty ? prefix : "\(scope)/\(prefix)"
    return state.withLock { state in
      if state.counts[full, default: 0] == 0 { return prefix }
      var number = 1
      while state.counts["\(full)_\(number)", default: 0] > 0 { number += 1 }
      return "\(prefix)_\(number)"
    }
  }
}
