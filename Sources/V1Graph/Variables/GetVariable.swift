import CoreGraph
public import CoreOps
public import Variables

extension V1API {
  public typealias Variable = Variables.Variable

  /// The variable of that name in the scope of the call: a new one, or one that is there. Follows
  /// `tf.compat.v1.get_variable`.
  ///
  /// - Parameters:
  ///   - name: after the scope's.
  ///   - shape: of the variable; nil where the initializer has its own.
  ///   - dtype: nil for the scope's, float32 by default.
  ///   - initializer: nil for the scope's; without one a floating point variable begins as
  ///     `glorotUniform` says, and others as zeros.
  ///   - regularizer: gives a loss that joins the collection `regularizationLosses`.
  ///   - trainable: whether it joins the trainable variables.
  ///   - collections: the names of the graph's collections that it joins, those of all variables by
  ///     default.
  ///   - cachingDevice: where a copy is read.
  ///   - partitioner: says into how many parts it is cut.
  ///   - validateShape: whether its shape must be known.
  ///   - useResource: nil for what the scope and the switches say.
  ///   - customGetter: stands between this and what makes variables.
  ///   - constraint: what a trained value is projected by.
  /// - Throws: `INVALID_ARGUMENT` where the name is taken or free against what the scope says of
  ///   reuse, and for another shape or dtype.
  public static func getVariable(
    _ name: String, shape: PartialShape? = nil, dtype: DType? = nil,
    initializer: (any Initializer)? = nil, regularizer: Regularizer? = nil, trainable: Bool = true,
    collections: [String]? = nil, cachingDevice: String? = nil, partitioner: Partitioner? = nil,
    validateShape: Bool = true, useResource: Bool? = nil, customGetter: CustomGetter? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil
  ) throws -> Variable {
    try VariableScope.current.getVariable(
      VariableRequest(
        name: name, shape: shape, dtype: dtype, initializer: initializer.map { .initializer($0) },
        regularizer: regularizer, trainable: trainable, collections: collections,
        cachingDevice: cachingDevice, partitioner: partitioner, validateShape: validateShape,
        useResource: useResource, constraint: constraint),
      hasDType: dtype != nil, customGetter)
  }

  /// The same with its shape by position.
  public static func getVariable(
    _ name: String, _ shape: [Int], dtype: DType? = nil, initializer: (any Initializer)? = nil,
    regularizer: Regularizer? = nil, trainable: Bool = true, collections: [String]? = nil,
    cachingDevice: String? = nil, partitioner: Partitioner? = nil, validateShape: Bool = true,
    useResource: Bool? = nil, customGetter: CustomGetter? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil
  ) throws -> Variable {
    try getVariable(
      name, shape: PartialShape(shape), dtype: dtype, initializer: initializer,
      regularizer: regularizer, trainable: trainable, collections: collections,
      cachingDevice: cachingDevice, partitioner: partitioner, validateShape: validateShape,
      useResource: useResource, customGetter: customGetter, constraint: constraint)
  }

  /// The same with its shape by label.
  public static func getVariable(
    _ name: String, shape: [Int], dtype: DType? = nil, initializer: (any Initializer)? = nil,
    regularizer: Regularizer? = nil, trainable: Bool = true, collections: [String]? = nil,
    cachingDevice: String? = nil, partitioner: Partitioner? = nil, validateShape: Bool = true,
    useResource: Bool? = nil, customGetter: CustomGetter? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil
  ) throws -> Variable {
    try getVariable(
      name, shape: PartialShape(shape), dtype: dtype, initializer: initializer,
      regularizer: regularizer, trainable: trainable, collections: collections,
      cachingDevice: cachingDevice, partitioner: partitioner, validateShape: validateShape,
      useResource: useResource, customGetter: customGetter, constraint: constraint)
  }

  /// The same of a variable that begins as a literal: numbers are int32 or float32.
  public static func getVariable(
    _ name: String, dtype: DType? = nil, initializer: TensorLiteral,
    regularizer: Regularizer? = nil, trainable: Bool = true, collections: [String]? = nil,
    useResource: Bool? = nil, customGetter: CustomGetter? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil
  ) throws -> Variable {
    try getVariable(
      name, dtype: dtype, initializer: Tensor(initializer, dtype: dtype), regularizer: regularizer,
      trainable: trainable, collections: collections, useResource: useResource,
      customGetter: customGetter, constraint: constraint)
  }

  /// The same of a variable that begins as a value, which has its own shape.
  @_disfavoredOverload
  public static func getVariable(
    _ name: String, dtype: DType? = nil, initializer: some TensorConvertible,
    regularizer: Regularizer? = nil, trainable: Bool = true, collections: [String]? = nil,
    useResource: Bool? = nil, customGetter: CustomGetter? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil
  ) throws -> Variable {
    let value = try initializer.asTensor(preferring: dtype)
    if let dtype, value.dtype != dtype {
      throw TFError.invalidArgument(
        "Initializer type '\(value.dtype)' and explicit dtype '\(dtype)' don't match.")
    }
    return try VariableScope.current.getVariable(
      VariableRequest(
        name: name, dtype: dtype, initializer: .value(value), regularizer: regularizer,
        trainable: trainable, collections: collections, validateShape: true,
        useResource: useResource, constraint: constraint),
      hasDType: dtype != nil, customGetter)
  }

  /// The same of a variable that begins as what a function gives, which has its own shape.
  public static func getVariable(
    _ name: String, dtype: DType? = nil,
    initializer: @escaping @Sendable () throws -> Tensor,
    regularizer: Regularizer? = nil, trainable: Bool = true, collections: [String]? = nil,
    useResource: Bool? = nil, customGetter: CustomGetter? = nil
  ) throws -> Variable {
    try VariableScope.current.getVariable(
      VariableRequest(
        name: name, dtype: dtype, initializer: .function(initializer), regularizer: regularizer,
        trainable: trainable, collections: collections, validateShape: true,
        useResource: useResource),
      hasDType: dtype != nil, customGetter)
  }

  /// As `getVariable` of a variable of this process, which is neither trained nor saved. Follows
  /// `tf.compat.v1.get_local_variable`.
  public static func getLocalVariable(
    _ name: String, shape: [Int], dtype: DType? = nil, initializer: (any Initializer)? = nil
  ) throws -> Variable {
    try getVariable(
      name, shape: shape, dtype: dtype, initializer: initializer, trainable: false,
      collections: [GraphKeys.localVariables.name])
  }
}

extension VariableRequest {
  init(
    name: String, shape: PartialShape? = nil, dtype: DType?, initializer: VariableInitializer?,
    regularizer: Regularizer?, trainable: Bool, collections: [String]?,
    cachingDevice: String? = nil, partitioner: Partitioner? = nil, validateShape: Bool,
    useResource: Bool?, constraint: (@Sendable (Tensor) throws -> Tensor)? = nil
  ) {
    self.name = name
    self.shape = shape
    self.dtype = dtype ?? .float32
    self.initializer = initializer
    self.regularizer = regularizer
    reuse = nil
    self.trainable = trainable
    self.collections = collections
    self.cachingDevice = cachingDevice
    self.partitioner = partitioner
    self.validateShape = validateShape
    self.useResource = useResource
    self.constraint = constraint
  }
}

extension VariableScope {
  /// The variable of a request, whose name is in this scope.
  ///
  /// - Parameter hasDType: whether the request asks for a dtype, and not the scope for it.
  package func getVariable(
    _ request: VariableRequest, hasDType: Bool, _ customGetter: CustomGetter?
  ) throws -> Variable {
    let defaults = self.defaults
    let environment = Environment.current
    var request = request
    request.name = name.isEmpty ? request.name : "\(name)/\(request.name)"
    request.regularizer = request.regularizer ?? defaults.regularizer
    request.cachingDevice = request.cachingDevice ?? defaults.cachingDevice
    request.partitioner = request.partitioner ?? defaults.partitioner
    request.initializer = request.initializer ?? defaults.initializer
    request.constraint = request.constraint ?? defaults.constraint
    request.useResource = request.useResource ?? defaults.useResource
    if !hasDType { request.dtype = defaults.dtype }
    request.reuse =
      environment.isExecutingEagerly ? false : request.reuse ?? defaults.reuse ?? false
    let store = VariableStore.current
    // Names of variables depend on variable scopes alone.
    return try environment.scoped(nil).run {
      let make: VariableGetter = { try store.getVariable($0) }
      guard let getter = customGetter ?? defaults.customGetter else {
        return try store.getVariable(request)
      }
      let result = try getter(make, request)
      if let variable = result as? Variable { return variable }
      return try Variable(showing: result.asTensor(preferring: nil), name: request.name)
    }
  }
}

extension Graph {
  /// Whether values are kept under their names: not where calls run at once.
  static var keepsVariables: Bool {
    let environment = Environment.current
    return ((try? environment.outsideFunctions()) ?? environment).graph != nil
  }
}

extension VariableStore {
  /// The variable of a request whose name has all scopes.
  func getVariable(_ request: VariableRequest) throws -> Variable {
    let reuse = request.reuse ?? false
    let isScalar = request.shape?.dims?.isEmpty ?? false
    if request.partitioner != nil && !isScalar
      || reuse.isOn && !reuse.isAuto && partitioned(request.name) != nil
    {
      return try partitionedVariable(request)
    }
    if self["\(request.name)/part_0"] != nil {
      throw TFError.invalidArgument(
        """
        No partitioner was provided, but a partitioned version of the variable was found: \
        \(request.name)/part_0. Perhaps a variable of the same name was already created with \
        partitioning?
        """)
    }
    return try singleVariable(request, nil)
  }

  private func singleVariable(_ request: VariableRequest, _ partition: PartitionInfo?) throws
    -> Variable
  {
    let name = request.name
    let reuse = request.reuse ?? false
    if case .value = request.initializer, request.shape != nil {
      throw TFError.invalidArgument("If initializer is a constant, do not specify shape.")
    }
    if let found = self[name] {
      guard reuse.isOn else {
        throw TFError.invalidArgument(
          """
          Variable \(name) already exists, disallowed. Did you mean to set reuse=True or \
          reuse=tf.AUTO_REUSE in VarScope?
          """)
      }
      try check(found, request)
      return found
    }
    if reuse.isOn, !reuse.isAuto {
      throw TFError.invalidArgument(
        """
        Variable \(name) does not exist, or was not created with tf.get_variable(). Did you mean \
        to set reuse=tf.AUTO_REUSE in VarScope?
        """)
    }
    var options = Variable.Options()
    options.name = name
    options.trainable = request.trainable
    options.collections = request.collections
    options.cachingDevice = request.cachingDevice
    options.validateShape = request.validateShape
    options.constraint = request.constraint
    options.useResource = request.useResource
    let variable = try Variable(try initialValue(request, partition, &options), options)
    if Graph.keepsVariables { self[name] = variable }
    try regularize(variable, name, request.regularizer)
    return variable
  }

  private func check(_ found: Variable, _ request: VariableRequest) throws {
    if let shape = request.shape, !shape.isCompatible(with: found.shape) {
      throw TFError.invalidArgument(
        """
        Trying to share variable \(request.name), but specified shape \(shape.tupleText) and found \
        shape \(found.shape.tupleText).
        """)
    }
    guard request.dtype == found.dtype else {
      let foundType = found.isResource ? "\(found.dtype)" : "\(found.dtype)_ref"
      throw TFError.invalidArgument(
        """
        Trying to share variable \(request.name), but specified dtype \(request.dtype) and found \
        dtype \(foundType).
        """)
    }
  }

  /// What a new variable begins with.
  private func initialValue(
    _ request: VariableRequest, _ partition: PartitionInfo?, _ options: inout Variable.Options
  ) throws -> Variable.InitialValue {
    let initializer: any Initializer
    switch request.initializer {
    case .value(let value): return .value(value)
    case .function(let make): return .function(make)
    case .initializer(let given): initializer = given
    case nil:
      guard request.shape != nil else {
        throw TFError.invalidArgument(
          """
          Variable \(request.name) did not get an initializer, so its `shape` argument must be \
          specified.
          """)
      }
      initializer = try Self.standardInitializer(request)
    }
    guard let shape = request.shape?.known else {
      throw TFError.invalidArgument(
        """
        The initializer passed is not valid. It should be a callable with no arguments and the \
        shape should not be provided or an instance of `tf.keras.initializers.*' and `shape` \
        should be fully defined.
        """)
    }
    let dtype = request.dtype
    options.dtype = dtype
    return .function { try initializer(shape.dims, dtype: dtype, partition: partition) }
  }

  private static func standardInitializer(_ request: VariableRequest) throws -> any Initializer {
    let dtype = request.dtype
    if dtype.isFloating { return VarianceScaling.glorotUniform() }
    if dtype.isInteger || dtype == .bool || dtype == .string { return Zeros() }
    throw TFError.invalidArgument(
      "An initializer for variable \(request.name) of \(dtype) is required")
  }

  /// Puts a loss among those that a program adds to its own: its nodes are made when it is used.
  private func regularize(_ variable: Variable, _ name: String, _ regularizer: Regularizer?) throws
  {
    guard let regularizer, let graph = variable.graph,
      let first = try regularizer(variable.asTensor(preferring: nil))
    else { return }
    let make: @Sendable () throws -> Tensor = {
      try Environment.current.colocated(withElement: variable).scoped(name + "/Regularizer/").run {
        guard let loss = try regularizer(variable.asTensor(preferring: nil)) else {
          throw TFError.invalidArgument("the regularizer of \(name) gives a loss only at times")
        }
        return loss
      }
    }
    // TensorFlow makes the nodes by which it names the loss at once, and those of a use at the use.
    _ = try make()
    let loss = DeferredTensor(first.dtype, first.shape, make)
    graph.addToCollection(GraphKeys.regularizationLosses.name, loss.tensor)
  }

  /// A variable in parts.
  private func partitionedVariable(_ request: VariableRequest) throws -> Variable {
    let name = request.name
    let reuse = request.reuse ?? false
    if self[name] != nil {
      throw TFError.invalidArgument(
        """
        A partitioner was provided, but an unpartitioned version of the variable was found: \
        \(name).  Perhaps a variable of the same name was already created without partitioning?
        """)
    }
    var shape = request.shape
    if case .value(let value)? = request.initializer { shape = value.shape }
    guard let dims = shape?.known?.dims else {
      throw TFError.invalidArgument(
        """
        Shape of a new partitioned variable (\(name)) must be fully defined, but instead was \
        \(shape?.tupleText ?? "<unknown>").
        """)
    }
    if let found = partitioned(name) {
      guard reuse.isOn else {
        throw TFError.invalidArgument(
          """
          Partitioned variable with name \(name) already exists. Did you mean to set reuse=True or \
          reuse=tf.AUTO_REUSE in VarScope?
          """)
      }
      try checkPartitioned(found, request, PartialShape(dims))
      return found
    }
    if reuse.isOn, !reuse.isAuto {
      throw TFError.invalidArgument(
        """
        PartitionedVariable \(name) does not exist, or was not created with tf.get_variable(). Did \
        you mean to set reuse=False or reuse=tf.AUTO_REUSE in VarScope?
        """)
    }
    guard let partitioner = request.partitioner else {
      throw TFError.invalidArgument("No partitioner was specified")
    }
    let (axis, counts) = try Self.cut(partitioner(dims, request.dtype), dims)
    var offset = 0
    var parts: [Variable] = []
    for (index, count) in counts.enumerated() {
      var (start, size) = ([Int](repeating: 0, count: dims.count), dims)
      (start[axis], size[axis]) = (offset, count)
      offset += count
      parts.append(try part(index, of: request, dims, start, size))
    }
    let whole = Variable(partitions: parts, axis: axis, name: name, shape: PartialShape(dims))
    if Graph.keepsVariables { keep(partitioned: whole, name) }
    return whole
  }

  private func checkPartitioned(
    _ found: Variable, _ request: VariableRequest, _ shape: PartialShape
  ) throws {
    guard shape.isCompatible(with: found.shape) else {
      throw TFError.invalidArgument(
        """
        Trying to reuse partitioned variable \(request.name), but specified shape \
        \(shape.tupleText) and found shape \(found.shape.tupleText).
        """)
    }
    guard request.dtype == found.dtype else {
      throw TFError.invalidArgument(
        """
        Trying to reuse partitioned variable \(request.name), but specified dtype \(request.dtype) \
        and found dtype \(found.dtype).
        """)
    }
  }

  private func part(
    _ index: Int, of request: VariableRequest, _ dims: [Int], _ start: [Int], _ size: [Int]
  ) throws -> Variable {
    var request = request
    let whole = request.name
    request.name = "\(whole)/part_\(index)"
    request.shape = PartialShape(size)
    if case .value(let value)? = request.initializer {
      request.shape = nil
      let name = request.name
      request.initializer = .value(
        try Environment.current.scoped(name + "/PartitionedInitializer").run {
          try API.slice(value, start, size)
        })
    }
    let variable = try singleVariable(
      request, PartitionInfo(fullShape: dims, varOffset: start))
    variable.saveSliceInfo = SaveSliceInfo(
      fullName: whole, fullShape: dims, varOffset: start, varShape: size)
    return variable
  }

  /// The dimension that is cut, and the sizes of the parts.
  private static func cut(_ partitions: [Int], _ dims: [Int]) throws -> (axis: Int, sizes: [Int]) {
    guard partitions.count == dims.count else {
      throw TFError.invalidArgument(
        """
        Partitioner returned a partition list that does not match the Variable's rank: \
        \(partitions) vs. \(PartialShape(dims).tupleText)
        """)
    }
    guard partitions.allSatisfy({ $0 >= 1 }) else {
      throw TFError.invalidArgument(
        "Partitioner returned zero partitions for some axes: \(partitions)")
    }
    let cuts = partitions.indices.filter { partitions[$0] > 1 }
    guard cuts.count <= 1 else {
      throw TFError.invalidArgument(
        "Can only slice a variable along one dimension: shape: \(dims), partitions: \(partitions)")
    }
    let axis = cuts.first ?? 0
    let (count, size) = (partitions[axis], dims[axis])
    guard count <= max(size, 1) else {
      throw TFError.invalidArgument(
        "Cannot partition a dimension of size \(size) into \(count) parts")
    }
    return (axis, (0..<count).map { size / count + ($0 < size % count ? 1 : 0) })
  }
}
