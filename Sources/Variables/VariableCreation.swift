import CoreGraph
public import CoreOps
import OpsState

extension Variable {
  /// What a variable begins with.
  public enum InitialValue: Sendable {
    case value(Tensor)
    /// A function of no arguments, whose nodes are placed beside the variable.
    case function(@Sendable () throws -> Tensor)
  }

  /// How a variable is made, beside its first value.
  package struct Options: Sendable {
    package var trainable = true
    package var collections: [String]?
    package var validateShape = true
    package var cachingDevice: String?
    package var name: String?
    package var dtype: DType?
    package var constraint: (@Sendable (Tensor) throws -> Tensor)?
    /// nil for what the switches say.
    package var useResource: Bool?
    package var shape: PartialShape?

    package init() {}
  }

  /// A variable that begins as a value.
  ///
  /// - Parameters:
  ///   - initialValue: a tensor, a number, a nested array.
  ///   - trainable: whether it joins the trainable variables.
  ///   - collections: the names of the graph's collections that it joins, those of all variables by
  ///     default.
  ///   - validateShape: whether its shape is fixed.
  ///   - cachingDevice: where a copy is read.
  ///   - name: of its node, `Variable` by default, made unique.
  ///   - dtype: what a plain value becomes.
  ///   - constraint: what a trained value is projected by.
  ///   - useResource: whether it is a resource; nil for what the switches say. Eager ones always
  ///     are.
  ///   - shape: of the variable where it is not that of the value, such as one that may change.
  /// - Throws: `INVALID_ARGUMENT` for a value of another dtype, or of a shape that is not known.
  public convenience init(
    _ initialValue: some TensorConvertible, trainable: Bool = true, collections: [String]? = nil,
    validateShape: Bool = true, cachingDevice: String? = nil, name: String? = nil,
    dtype: DType? = nil, constraint: (@Sendable (Tensor) throws -> Tensor)? = nil,
    useResource: Bool? = nil, shape: PartialShape? = nil
  ) throws {
    var options = Options()
    options.trainable = trainable
    options.collections = collections
    options.validateShape = validateShape
    options.cachingDevice = cachingDevice
    options.name = name
    options.dtype = dtype
    options.constraint = constraint
    options.useResource = useResource
    options.shape = shape
    let value = try initialValue.asTensor(preferring: dtype)
    if let dtype, value.dtype != dtype {
      throw TFError.invalidArgument(
        "Tensor conversion requested dtype \(dtype) for Tensor with dtype \(value.dtype)")
    }
    try self.init(.value(value), options)
  }

  /// A variable that begins as a literal: numbers are int32 or float32.
  public convenience init(
    _ initialValue: TensorLiteral, trainable: Bool = true, collections: [String]? = nil,
    validateShape: Bool = true, cachingDevice: String? = nil, name: String? = nil,
    dtype: DType? = nil, constraint: (@Sendable (Tensor) throws -> Tensor)? = nil,
    useResource: Bool? = nil, shape: PartialShape? = nil
  ) throws {
    try self.init(
      Tensor(initialValue, dtype: dtype), trainable: trainable, collections: collections,
      validateShape: validateShape, cachingDevice: cachingDevice, name: name, dtype: dtype,
      constraint: constraint, useResource: useResource, shape: shape)
  }

  /// A variable whose first value a function gives.
  ///
  /// - Parameters: as above.
  public convenience init(
    initialValue: @escaping @Sendable () throws -> Tensor, trainable: Bool = true,
    collections: [String]? = nil, validateShape: Bool = true, cachingDevice: String? = nil,
    name: String? = nil, dtype: DType? = nil,
    constraint: (@Sendable (Tensor) throws -> Tensor)? = nil, useResource: Bool? = nil,
    shape: PartialShape? = nil
  ) throws {
    var options = Options()
    options.trainable = trainable
    options.collections = collections
    options.validateShape = validateShape
    options.cachingDevice = cachingDevice
    options.name = name
    options.dtype = dtype
    options.constraint = constraint
    options.useResource = useResource
    options.shape = shape
    try self.init(.function(initialValue), options)
  }

  package convenience init(_ initialValue: InitialValue, _ options: Options) throws {
    let environment = Environment.current
    // A function that is traced has its variables outside.
    let outside = environment.isBuildingFunction ? try environment.outsideFunctions() : environment
    guard let graph = outside.graph else {
      try self.init(eager: initialValue, options, in: outside)
      return
    }
    let isResource = options.useResource ?? outside.behavior.resourceVariables
    // The first value waits for nothing.
    let maker = GraphVariableMaker(graph: graph, options: options, initialValue: initialValue)
    let parts = try outside.waiting(for: nil, nodes: []).run {
      try isResource ? maker.resource() : maker.reference()
    }
    self.init(
      kind: isResource ? .resource : .reference, dtype: parts.dtype, shape: parts.shape,
      name: try parts.handle.name, handle: parts.handle, graph: graph,
      initializer: parts.initializer, initialValue: parts.initialValue, snapshot: parts.snapshot,
      isCached: options.cachingDevice != nil, trainable: options.trainable,
      constraint: options.constraint)
    var collections = options.collections ?? [GraphKeys.globalVariables.name]
    let trainables = GraphKeys.trainableVariables.name
    if options.trainable, !collections.contains(trainables) { collections.append(trainables) }
    graph.add(self, to: collections)
  }

  private convenience init(
    eager initialValue: InitialValue, _ options: Options, in environment: Environment
  ) throws {
    let name = environment.nameScope + (options.name ?? "Variable")
    let value = try environment.run {
      switch initialValue {
      case .value(let value): value
      case .function(let make): try make()
      }
    }
    guard !value.isSymbolic else {
      throw TFError.invalidArgument(
        """
        The initial value of variable '\(name)' is a symbolic tensor: a variable that is made \
        while a function is traced lives outside of it, so give its value by a closure, or make it \
        before
        """)
    }
    if let dtype = options.dtype, value.dtype != dtype {
      throw TFError.invalidArgument(
        "Tensor conversion requested dtype \(dtype) for Tensor with dtype \(value.dtype)")
    }
    let shape = options.shape ?? (options.validateShape ? PartialShape(value.dims) : .unknown)
    guard shape.isCompatible(with: value.shape) else {
      throw TFError.invalidArgument(
        """
        In this `tf.Variable` creation, the initial value's shape (\(value.shape.tupleText)) is \
        not compatible with the explicitly supplied `shape` argument (\(shape.tupleText)).
        """)
    }
    let object = VariableObject(name: name, dtype: value.dtype, shape: shape)
    object.value = value
    self.init(
      kind: .resource, dtype: value.dtype, shape: shape, name: name + ":0",
      handle: Tensor(resource: object), graph: nil, initializer: nil, initialValue: nil,
      snapshot: nil, trainable: options.trainable, constraint: options.constraint)
  }
}

/// Makes the nodes of a variable, as TensorFlow makes and names them.
private struct GraphVariableMaker {
  struct Parts {
    var handle: Tensor
    var dtype: DType
    var shape: PartialShape
    var initialValue: Tensor
    var initializer: Operation?
    var snapshot: Tensor
  }

  let graph: Graph
  let options: Variable.Options
  let initialValue: Variable.InitialValue

  private func checked(_ value: Tensor) throws -> Tensor {
    if let dtype = options.dtype, value.dtype != dtype {
      throw TFError.invalidArgument(
        """
        Tensor conversion requested dtype \(dtype) for Tensor with dtype \(value.dtype): the \
        initial value of variable '\(options.name ?? "Variable")'
        """)
    }
    return try value.asConstant(named: "initial_value")
  }

  /// The value of a function, whose nodes are placed beside the variable.
  private func made(_ make: () throws -> Tensor, beside node: String) throws -> Tensor {
    try Environment.current.inGroup("loc:@\(node)").scoped("Initializer").onDevice(nil).run {
      try checked(make())
    }
  }

  private func shape(of value: Tensor) throws -> PartialShape {
    if let shape = options.shape { return shape }
    guard options.validateShape else { return .unknown }
    guard value.shape.isFullyDefined else {
      throw TFError.invalidArgument(
        """
        initial_value must have a shape specified: the initial value of variable \
        '\(options.name ?? "Variable")' has shape \(value.shape.tupleText)
        """)
    }
    return value.shape
  }

  func reference() throws -> Parts {
    try Environment.current.scoped(options.name ?? "Variable").run {
      let scope = Environment.current.nameScope
      let node = String(scope.dropLast())
      let value: Tensor
      var place = Environment.current
      switch initialValue {
      case .function(let make):
        value = try made(make, beside: node)
        place = place.inGroup("loc:@\(node)")
      case .value(let given): value = try checked(given)
      }
      let shape = try shape(of: value)
      let handle = try place.run {
        try ReferenceVariableOps.family.variableV2(
          [], ["dtype": .type(value.dtype), "shape": .shape(shape)], name: scope)
      }
      let assigned = try ReferenceVariableOps.family.assign(
        [handle, value], ["validate_shape": .bool(options.validateShape)])
      let snapshot: Tensor
      if let device = options.cachingDevice {
        snapshot = try Environment.current.colocated(with: nil, ignoringExisting: true)
          .onDevice(device).run { try BasicOps.family.identity([handle], name: "read") }
      } else {
        snapshot = try Environment.current.colocated(with: handle).run {
          try BasicOps.family.identity([handle], name: "read")
        }
      }
      return Parts(
        handle: handle, dtype: value.dtype, shape: shape, initialValue: value,
        initializer: try assigned.op, snapshot: snapshot)
    }
  }

  func resource() throws -> Parts {
    try Environment.current.scoped(options.name ?? "Variable").run {
      let scope = Environment.current.nameScope
      let node = String(scope.dropLast())
      let value =
        switch initialValue {
        case .function(let make): try made(make, beside: node)
        case .value(let given): try made({ given }, beside: node)
        }
      let shape = try shape(of: value)
      let handle = try Environment.current.inGroup("loc:@\(node)").run {
        try VariableOps.family.varHandle(
          [],
          [
            "dtype": .type(value.dtype), "shape": .shape(shape), "shared_name": .string(node),
            "debug_name": .string(scope),
          ], name: scope)
      }
      _ = try VariableOps.family.isInitialized([handle], name: "IsInitialized/VarIsInitializedOp")
      // As in TensorFlow, the first value is not placed beside what the variable is beside.
      let assigned = try Environment.current.colocated(with: nil, ignoringExisting: true).run {
        try GraphGroups.operation(
          VariableOps.family.assign, [handle, value], ["dtype": .type(value.dtype)],
          name: "Assign")
      }
      let read = {
        try VariableOps.family.read(
          [handle], ["dtype": .type(value.dtype)], name: "Read/ReadVariableOp")
      }
      var snapshot = try read()
      if let device = options.cachingDevice {
        snapshot = try Environment.current.colocated(with: nil, ignoringExisting: true)
          .onDevice(device).run { try BasicOps.family.identity([snapshot], name: "Read/Identity") }
      }
      return Parts(
        handle: handle, dtype: value.dtype, shape: shape, initialValue: value,
        initializer: assigned, snapshot: snapshot)
    }
  }
}

extension Variable {
  /// What stands in a program for a variable and shows another tensor, such as an average of it.
  package convenience init(showing tensor: Tensor, name: String) throws {
    self.init(
      kind: .reference, dtype: tensor.dtype, shape: tensor.shape, name: name + ":0",
      handle: tensor, graph: Environment.current.graph, initializer: nil, initialValue: nil,
      snapshot: tensor, isCached: true, trainable: false, constraint: nil)
  }

  /// A variable in parts, which lie beside each other along `axis`.
  package convenience init(partitions: [Variable], axis: Int, name: String, shape: PartialShape) {
    let first = partitions[0]
    self.init(
      kind: first.kind, dtype: first.dtype, shape: shape, name: name, handle: first.handle,
      graph: first.graph, initializer: nil, initialValue: nil, snapshot: nil,
      trainable: first.trainable, constraint: first.constraint, partitions: partitions,
      partitionAxis: axis)
  }
}
