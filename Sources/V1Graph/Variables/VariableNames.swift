public import CoreGraph
public import CoreOps
import OpsState
public import Variables

// Variables of the graph of the call, and what gives them their first values. Where calls run at
// once there are no collections, and variables have their values already.

extension V1API {
  public typealias GraphKeys = Variables.GraphKeys
  public typealias CollectionKey = Variables.CollectionKey

  /// Follows `tf.compat.v1.global_variables`.
  ///
  /// - Parameter scope: a regular expression that names must begin with; nil for all.
  /// - Throws: `INVALID_ARGUMENT` for what is no regular expression.
  public static func globalVariables(scope: String? = nil) throws -> [Variable] {
    try getCollection(GraphKeys.globalVariables, scope: scope)
  }
  /// Follows `tf.compat.v1.all_variables`.
  public static func allVariables() throws -> [Variable] { try globalVariables() }
  /// Follows `tf.compat.v1.trainable_variables`.
  ///
  /// - Parameters and errors: as for `globalVariables`.
  public static func trainableVariables(scope: String? = nil) throws -> [Variable] {
    try getCollection(GraphKeys.trainableVariables, scope: scope)
  }
  /// Follows `tf.compat.v1.local_variables`.
  public static func localVariables(scope: String? = nil) throws -> [Variable] {
    try getCollection(GraphKeys.localVariables, scope: scope)
  }
  /// Follows `tf.compat.v1.model_variables`.
  public static func modelVariables(scope: String? = nil) throws -> [Variable] {
    try getCollection(GraphKeys.modelVariables, scope: scope)
  }
  /// Follows `tf.compat.v1.moving_average_variables`.
  public static func movingAverageVariables(scope: String? = nil) throws -> [Variable] {
    try getCollection(GraphKeys.movingAverageVariables, scope: scope)
  }

  /// What a collection of the current graph holds. Follows `tf.compat.v1.get_collection`.
  ///
  /// - Parameters:
  ///   - key: such as `tf.GraphKeys.updateOps`.
  ///   - scope: a regular expression that names must begin with; nil for all.
  /// - Throws: `INVALID_ARGUMENT` for what is no regular expression.
  public static func getCollection<Element: CollectionElement>(
    _ key: CollectionKey<Element>, scope: String? = nil
  ) throws -> [Element] {
    try Environment.current.graph?.elements(key, scope: scope) ?? []
  }

  /// The tensors of a collection of the program's own.
  public static func getCollection(_ name: String, scope: String? = nil) throws -> [Tensor] {
    try getCollection(CollectionKey<Tensor>(name), scope: scope)
  }

  /// Adds to a collection of the current graph. Follows `tf.compat.v1.add_to_collection`.
  public static func addToCollection<Element: CollectionElement>(
    _ key: CollectionKey<Element>, _ value: Element?
  ) {
    if let value { Environment.current.graph?.addToCollection(key.name, value) }
  }

  /// Adds a tensor, an operation or a variable to a collection of any type.
  public static func addToCollection(_ name: String, _ value: some CollectionElement) {
    Environment.current.graph?.addToCollection(name, value)
  }

  /// Adds to several collections. Follows `tf.compat.v1.add_to_collections`.
  public static func addToCollections(_ names: [String], _ value: some CollectionElement) {
    for name in names { Environment.current.graph?.addToCollection(name, value) }
  }

  /// An operation that gives all variables of the collection their first values. Follows
  /// `tf.compat.v1.global_variables_initializer`.
  ///
  /// - Returns: nil where calls run at once.
  public static func globalVariablesInitializer() throws -> Operation? {
    try variablesInitializer(globalVariables())
  }
  /// Follows `tf.compat.v1.initialize_all_variables`.
  public static func initializeAllVariables() throws -> Operation? {
    try globalVariablesInitializer()
  }
  /// Follows `tf.compat.v1.local_variables_initializer`.
  public static func localVariablesInitializer() throws -> Operation? {
    try variablesInitializer(localVariables())
  }
  /// Follows `tf.compat.v1.variables_initializer`.
  ///
  /// - Parameters:
  ///   - variables: of the current graph.
  ///   - name: of the operation.
  public static func variablesInitializer(_ variables: [Variable], name: String = "init") throws
    -> Operation?
  {
    let all = variables.flatMap { $0.partitions.isEmpty ? [$0] : $0.partitions }
    let initializers = all.compactMap(\.initializer)
    if initializers.isEmpty { return try GraphGroups.noOp(name: name) }
    return try group(initializers, name: name)
  }
  /// An operation that fills all tables. Follows `tf.compat.v1.tables_initializer`.
  public static func tablesInitializer(name: String = "init_all_tables") throws -> Operation? {
    let initializers = try getCollection(GraphKeys.tableInitializers)
    return initializers.isEmpty
      ? try GraphGroups.noOp(name: name) : try group(initializers, name: name)
  }

  /// Whether a variable has a value. Follows `tf.compat.v1.is_variable_initialized`.
  public static func isVariableInitialized(_ variable: Variable) throws -> Tensor {
    try variable.isInitialized()
  }

  /// The names of variables without a value, a vector of strings. Follows
  /// `tf.compat.v1.report_uninitialized_variables`.
  ///
  /// - Parameters:
  ///   - varList: nil for global and local variables.
  ///   - name: of the scope.
  public static func reportUninitializedVariables(
    _ varList: [Variable]? = nil, name: String = "report_uninitialized_variables"
  ) throws -> Tensor {
    let variables = try varList ?? globalVariables() + localVariables()
    return try Environment.current.scoped(name).run {
      guard !variables.isEmpty else { return try constant([String]()) }
      let flags = try variables.map { try $0.isInitialized() }
      let missing = try logicalNot(stack(flags))
      let names = try constant(variables.map(\.nodeName))
      return try booleanMask(names, missing)
    }
  }

  /// Checks that variables have values when the graph runs. Follows
  /// `tf.compat.v1.assert_variables_initialized`.
  ///
  /// - Returns: what fails where one has none; nil where there are no variables.
  public static func assertVariablesInitialized(_ varList: [Variable]? = nil) throws -> Tensor? {
    let variables = try varList ?? globalVariables() + localVariables()
    guard !variables.isEmpty else { return nil }
    let ranks = try variables.map { variable in
      try Environment.current.colocated(withElement: variable).run {
        try BasicOps.family.identity([variable.asTensor()])
      }
    }
    return try stack(ranks.map { try size($0) })
  }

  /// The variable that counts steps; nil where there is none. Follows
  /// `tf.compat.v1.train.get_global_step`.
  package static func globalStep() throws -> Variable? {
    let steps = try getCollection(GraphKeys.globalStep)
    guard steps.count <= 1 else {
      throw TFError.invalidArgument(
        "There should be at most one global step in the graph, and there are \(steps.count)")
    }
    if let step = steps.first { return step }
    return try globalVariables().first { $0.name == "global_step:0" }
  }
}

extension V1API {
  /// Gives a variable a value. Follows `tf.compat.v1.assign`.
  ///
  /// - Parameters: as for `Variable.assign`.
  @discardableResult
  public static func assign(
    _ ref: Variable, _ value: some TensorConvertible, validateShape: Bool? = nil,
    useLocking: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try ref.assign(value, useLocking: useLocking, name: name, validateShape: validateShape)
  }

  /// Adds to a variable. Follows `tf.compat.v1.assign_add`.
  @discardableResult
  public static func assignAdd(
    _ ref: Variable, _ value: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try ref.assignAdd(value, useLocking: useLocking, name: name)
  }

  /// Subtracts from a variable. Follows `tf.compat.v1.assign_sub`.
  @discardableResult
  public static func assignSub(
    _ ref: Variable, _ value: some TensorConvertible, useLocking: Bool = false,
    name: String? = nil
  ) throws -> Tensor {
    try ref.assignSub(value, useLocking: useLocking, name: name)
  }

  /// Counts up to a limit. Follows `tf.compat.v1.count_up_to`.
  @discardableResult
  public static func countUpTo(_ ref: Variable, limit: Int, name: String? = nil) throws -> Tensor {
    try ref.countUpTo(limit, name: name)
  }

  /// Replaces rows of a variable. Follows `tf.compat.v1.scatter_update`.
  ///
  /// - Parameters: as for `Variable.scatterUpdate`.
  @discardableResult
  public static func scatterUpdate(
    _ ref: Variable, _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    useLocking: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try ref.scatterUpdate(indices, updates, useLocking: useLocking, name: name)
  }
  /// Adds to rows. Follows `tf.compat.v1.scatter_add`.
  @discardableResult
  public static func scatterAdd(
    _ ref: Variable, _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    useLocking: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try ref.scatterAdd(indices, updates, useLocking: useLocking, name: name)
  }
  /// Subtracts from rows. Follows `tf.compat.v1.scatter_sub`.
  @discardableResult
  public static func scatterSub(
    _ ref: Variable, _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    useLocking: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try ref.scatterSub(indices, updates, useLocking: useLocking, name: name)
  }
  /// Multiplies rows. Follows `tf.compat.v1.scatter_mul`.
  @discardableResult
  public static func scatterMul(
    _ ref: Variable, _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    useLocking: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try ref.scatterMul(indices, updates, useLocking: useLocking, name: name)
  }
  /// Divides rows. Follows `tf.compat.v1.scatter_div`.
  @discardableResult
  public static func scatterDiv(
    _ ref: Variable, _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    useLocking: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try ref.scatterDiv(indices, updates, useLocking: useLocking, name: name)
  }
  /// Follows `tf.compat.v1.scatter_nd_update`.
  @discardableResult
  public static func scatterNdUpdate(
    _ ref: Variable, _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    useLocking: Bool = true, name: String? = nil
  ) throws -> Tensor {
    try ref.scatterNdUpdate(indices, updates, useLocking: useLocking, name: name)
  }
  /// Follows `tf.compat.v1.scatter_nd_add`.
  @discardableResult
  public static func scatterNdAdd(
    _ ref: Variable, _ indices: some TensorConvertible, _ updates: some TensorConvertible,
    useLocking: Bool = false, name: String? = nil
  ) throws -> Tensor {
    try ref.scatterNdAdd(indices, updates, useLocking: useLocking, name: name)
  }
}
