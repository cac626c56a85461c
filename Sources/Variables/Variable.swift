public import CoreGraph
public import CoreOps
import OpsState

/// A value that a program changes, of a fixed dtype: in a graph or eager, by reference or as a
/// resource. Follows `tf.Variable` and `tf.compat.v1.Variable`.
///
///     let w = try tf.Variable([1.0, 2.0], name: "w")
///     try w.assignAdd([1.0, 1.0])
///
/// It may stand wherever a tensor may: its value is read then. A variable of a graph has its value
/// in each session; an eager one has it itself.
public final class Variable: Sendable {
  /// How a graph knows the variable.
  package enum Kind: Sendable {
    /// By reference, as TF-1 has it: what was read may show later changes.
    case reference
    /// As a resource: what was read stays as it was.
    case resource
  }

  package let kind: Kind
  /// Of its value.
  public let dtype: DType
  /// What is known of the value's shape.
  public let shape: PartialShape
  /// `scope/v:0`.
  public let name: String
  /// The variable itself, as ops that change it take it.
  public let handle: Tensor
  /// The graph that it belongs to; nil for an eager one.
  public let graph: Graph?
  /// The operation that gives it its first value; nil for an eager one.
  public let initializer: Operation?
  /// The tensor that is its first value; nil for an eager one.
  public let initialValue: Tensor?
  /// The node that reads it where nobody asks for a read of his own; nil for an eager one.
  package let snapshot: Tensor?
  /// Whether `snapshot` lies on another device, and is read in place of the variable.
  package let isCached: Bool
  /// Whether optimizers and tapes take it for something to train.
  public let trainable: Bool
  /// What a trained value is projected by after each step of an optimizer.
  public let constraint: (@Sendable (Tensor) throws -> Tensor)?
  /// The variables that its parts are, of one that is partitioned. Follows
  /// `tf.compat.v1.PartitionedVariable`.
  public let partitions: [Variable]
  /// Along which dimension the parts lie beside each other.
  package let partitionAxis: Int
  package let slice = Lock<SaveSliceInfo?>(nil)

  package init(
    kind: Kind, dtype: DType, shape: PartialShape, name: String, handle: Tensor, graph: Graph?,
    initializer: Operation?, initialValue: Tensor?, snapshot: Tensor?, isCached: Bool = false,
    trainable: Bool, constraint: (@Sendable (Tensor) throws -> Tensor)?,
    partitions: [Variable] = [], partitionAxis: Int = 0
  ) {
    self.partitions = partitions
    self.partitionAxis = partitionAxis
    self.kind = kind
    self.dtype = dtype
    self.shape = shape
    self.name = name
    self.handle = handle
    self.graph = graph
    self.initializer = initializer
    self.initialValue = initialValue
    self.snapshot = snapshot
    self.isCached = isCached
    self.trainable = trainable
    self.constraint = constraint
  }
}

extension Variable {
  /// The operation that it is in its graph. Follows `tf.Variable.op`.
  public var op: Operation? { try? handle.op }
  /// The device that was asked for; empty for none.
  public var device: String { op?.device ?? "" }
  public var isResource: Bool { kind == .resource }
  /// The name of its operation: its name without the output's number.
  package var nodeName: String { String(name.prefix { $0 != ":" }) }
  /// Follows `tf.Variable.get_shape`.
  public func getShape() -> PartialShape { shape }

  /// The part of a tensor in checkpoints that it is; nil for a whole one.
  public var saveSliceInfo: SaveSliceInfo? {
    get { slice.withLock { $0 } }
    set { slice.withLock { $0 = newValue } }
  }

  /// What is fed in its place, and what a session fetches for it.
  package var graphElement: Tensor { kind == .reference ? handle : snapshot ?? handle }

  /// What `tf.gradients` and tapes know it by.
  package var gradientSource: Tensor { handle }
}

// MARK: - Reading

extension Variable: TensorOperand {
  public var definiteDType: DType? { dtype }

  /// Its value. Follows `tf.convert_to_tensor`.
  ///
  /// - Throws: `FAILED_PRECONDITION` for an eager one without a value.
  public func asTensor(preferring _: DType?) throws -> Tensor {
    if !partitions.isEmpty { return try joined() }
    if let snapshot, kind == .reference || isCached { return snapshot }
    return try resourceValue(at: Environment.current)
  }

  /// The value of an operand, of which the node belongs to no other.
  public func operatorOperand() throws -> Tensor { try value() }

  /// Its value, of a variable by reference by the one node that reads it. Follows
  /// `tf.Variable.value`.
  public func value() throws -> Tensor {
    let tensor = try asTensor(preferring: nil)
    if case .symbolic(let reference) = tensor.payload, let read = reference as? DeferredTensor {
      return try read.made()
    }
    return tensor
  }

  /// Its value, read by a node of its own. Follows `tf.Variable.read_value`.
  public func readValue() throws -> Tensor {
    let environment = Environment.current
    guard kind == .resource else {
      return try BasicOps.family.identity([handle], name: "read")
    }
    if environment.isExecutingEagerly { return try resourceValue(at: environment) }
    return try inScope(nil, "Read") { _ in
      try BasicOps.family.identity([try readNow()], name: "/Identity")
    }
  }

  /// The parts as one tensor.
  private func joined() throws -> Tensor {
    let values = try partitions.map { try $0.asTensor(preferring: nil) }
    var whole = values[0]
    if values.count > 1 {
      whole = try Environment.current.scoped(nodeName + "/ConcatPartitions/").run {
        try API.concat(values, axis: partitionAxis)
      }
    }
    return try Environment.current.scoped(nil).run {
      try BasicOps.family.identity([whole], name: nodeName)
    }
  }

  private func readNow() throws -> Tensor {
    let environment = Environment.current
    if environment.isExecutingEagerly {
      return try VariableOps.family.read([handle], ["dtype": .type(dtype)])
    }
    // A read is placed where its variable is, wherever the operation is placed that it is for.
    return try environment.colocated(with: nil, ignoringExisting: true).run {
      try VariableOps.family.read([handle], ["dtype": .type(dtype)])
    }
  }

  private func resourceValue(at environment: Environment) throws -> Tensor {
    if !environment.recorders.isEmpty, trainable {
      for recorder in environment.recorders { recorder.noteRead(of: handle) }
    }
    guard environment.isExecutingEagerly else {
      return DeferredTensor(dtype, shape) { [self] in try readNow() }.tensor
    }
    // Nobody has to know how the value was come by.
    if environment.recorders.isEmpty, let object = try? handle.resource(VariableObject.self) {
      guard let value = object.value else { throw VariableObject.unreadable(object) }
      return value
    }
    return try readNow()
  }

  /// Rows of its value. Follows `tf.Variable.sparse_read`.
  ///
  /// - Parameters:
  ///   - indices: integers; each picks a row.
  ///   - name: of the node.
  public func sparseRead(_ indices: some TensorConvertible, name: String? = nil) throws -> Tensor {
    let indices = try indices.asTensor(preferring: nil)
    guard kind == .resource else { return try API.gather(self, indices, name: name) }
    let environment = Environment.current
    if trainable { for recorder in environment.recorders { recorder.noteRead(of: handle) } }
    return try inScope(name, "Gather") { scope in
      try VariableScatterOps.family.gather(
        [handle, indices], ["dtype": .type(dtype)], name: scope)
    }
  }

  /// Whether it has a value. Follows `tf.Variable.is_initialized`.
  public func isInitialized(name: String? = nil) throws -> Tensor {
    kind == .resource
      ? try VariableOps.family.isInitialized([handle], name: name)
      : try ReferenceVariableOps.family.isInitialized([handle], name: name)
  }
}

extension Variable: GraphElement {
  public func asGraphElement() throws -> GraphElementValue {
    if let op { return .operation(op) }
    return .tensor(try asTensor(preferring: nil))
  }
}

extension Variable: Hashable {
  public static func == (a: Variable, b: Variable) -> Bool { a === b }
  public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension Variable: CustomStringConvertible {
  /// As Python prints it: `<tf.Variable 'v:0' shape=(2,) dtype=float32>`, with the value of an
  /// eager one.
  public var description: String {
    let type = kind == .reference ? "\(dtype)_ref" : "\(dtype)"
    let head = "<tf.Variable '\(name)' shape=\(shape.tupleText) dtype=\(type)"
    guard graph == nil, let value = try? asTensor(preferring: nil), !value.isSymbolic else {
      return head + ">"
    }
    return head + ", numpy=\(value.valuesText)>"
  }
}
