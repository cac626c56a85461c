package import CProtos
public import CoreOps

/// The objects whose values a checkpoint of TF-2's `tf.train.Checkpoint` holds: what refers to what
/// by which name, and under which keys the values are. Follows `TrackableObjectGraph`.
public struct ObjectGraph: Sendable, Hashable {
  /// A reference from one object to another.
  public struct Reference: Sendable, Hashable {
    public var node: Int
    public var name: String

    public init(node: Int, name: String) {
      self.node = node
      self.name = name
    }
  }

  /// A value of an object.
  public struct Attribute: Sendable, Hashable {
    /// The name within the object, as `VARIABLE_VALUE`.
    public var name: String
    /// The variable's name in a graph, as name-based checkpoints have it.
    public var fullName: String
    /// The key in this checkpoint.
    public var checkpointKey: String
    public var unknownFields: [UnknownField] = []

    public init(name: String, fullName: String, checkpointKey: String) {
      self.name = name
      self.fullName = fullName
      self.checkpointKey = checkpointKey
    }
  }

  /// A variable that an optimizer keeps for another one.
  public struct SlotVariable: Sendable, Hashable {
    public var original: Int
    public var name: String
    public var variable: Int

    public init(original: Int, name: String, variable: Int) {
      self.original = original
      self.name = name
      self.variable = variable
    }
  }

  public struct Node: Sendable, Hashable {
    public var children: [Reference] = []
    public var attributes: [Attribute] = []
    public var slotVariables: [SlotVariable] = []
    public var unknownFields: [UnknownField] = []

    public init() {}
  }

  /// The key under which a checkpoint holds its object graph.
  public static let key = "_CHECKPOINTABLE_OBJECT_GRAPH"

  /// The objects; the first is the one that was saved.
  public var nodes: [Node] = []
  public var unknownFields: [UnknownField] = []

  public init() {}

  /// Reads a serialized `TrackableObjectGraph`.
  ///
  /// - Throws: `DATA_LOSS`.
  public init(serialized bytes: [UInt8]) throws {
    let arena = try ProtoArena()
    let schema = jk_schema_trackable_object_graph()!
    try bytes.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__TrackableObjectGraph> = try arena.unpack(
        schema, bytes)
      nodes = try messages(message.pointee.n_nodes, message.pointee.nodes).map(Self.node)
      message.pointee.n_nodes = 0
      unknownFields = try remainder(message)
    }
    for (index, node) in nodes.enumerated() {
      let named =
        node.children.map(\.node) + node.slotVariables.flatMap { [$0.original, $0.variable] }
      for target in named where !nodes.indices.contains(target) {
        throw TFError(
          .dataLoss, "object \(index) refers to object \(target) of \(nodes.count) objects")
      }
    }
  }

  private static func node(_ message: UnsafeMutablePointer<Tensorflow__TrackableObject>) throws
    -> Node
  {
    var node = Node()
    node.children = try references(message.pointee.n_children, message.pointee.children)
    node.attributes = try messages(message.pointee.n_attributes, message.pointee.attributes).map {
      var attribute = Attribute(
        name: try $0.pointee.name.text("name"),
        fullName: try $0.pointee.full_name.text("full_name"),
        checkpointKey: try $0.pointee.checkpoint_key.text("checkpoint_key"))
      $0.pointee.name.len = 0
      $0.pointee.full_name.len = 0
      $0.pointee.checkpoint_key.len = 0
      attribute.unknownFields = try remainder($0)
      return attribute
    }
    node.slotVariables = try slots(
      message.pointee.n_slot_variables, message.pointee.slot_variables)
    message.pointee.n_children = 0
    message.pointee.n_attributes = 0
    message.pointee.n_slot_variables = 0
    node.unknownFields = try remainder(message)
    return node
  }

  package static func references(
    _ count: Int, _ list: UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__ObjectReference>?>?
  ) throws -> [Reference] {
    try messages(count, list).map {
      Reference(node: Int($0.pointee.node_id), name: try $0.pointee.local_name.text("local_name"))
    }
  }

  package static func slots(
    _ count: Int,
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__SlotVariableReference>?>?
  ) throws -> [SlotVariable] {
    try messages(count, list).map {
      SlotVariable(
        original: Int($0.pointee.original_variable_node_id),
        name: try $0.pointee.slot_name.text("slot_name"),
        variable: Int($0.pointee.slot_variable_node_id))
    }
  }

  /// The graph as a `TrackableObjectGraph` protocol buffer.
  ///
  /// - Throws: `INVALID_ARGUMENT` when it would pass 2 GiB.
  public func serialized() throws -> [UInt8] {
    let arena = try ProtoArena()
    return try withExtendedLifetime(arena) {
      let message = try arena.make(
        Tensorflow__TrackableObjectGraph.self, jk_schema_trackable_object_graph())
      (message.pointee.n_nodes, message.pointee.nodes) = try arena.messages(nodes) {
        try $0.message(arena)
      }
      try arena.attach(unknownFields, to: message)
      return try packed(message)
    }
  }
}

extension ObjectGraph.Node {
  fileprivate func message(_ arena: ProtoArena) throws
    -> UnsafeMutablePointer<Tensorflow__TrackableObject>
  {
    let message = try arena.make(
      Tensorflow__TrackableObject.self, jk_schema_trackable_object())
    (message.pointee.n_children, message.pointee.children) = try arena.messages(children) {
      let child = try arena.make(Tensorflow__ObjectReference.self, jk_schema_object_reference())
      child.pointee.node_id = Int32(truncatingIfNeeded: $0.node)
      child.pointee.local_name = try arena.bytes($0.name)
      return child
    }
    (message.pointee.n_attributes, message.pointee.attributes) = try arena.messages(attributes) {
      let attribute = try arena.make(
        Tensorflow__TrackableObject__SerializedTensor.self,
        jk_schema_trackable_object__serialized_tensor())
      attribute.pointee.name = try arena.bytes($0.name)
      attribute.pointee.full_name = try arena.bytes($0.fullName)
      attribute.pointee.checkpoint_key = try arena.bytes($0.checkpointKey)
      try arena.attach($0.unknownFields, to: attribute)
      return attribute
    }
    (message.pointee.n_slot_variables, message.pointee.slot_variables) = try arena.messages(
      slotVariables
    ) {
      let slot = try arena.make(
        Tensorflow__SlotVariableReference.self, jk_schema_slot_variable_reference())
      slot.pointee.original_variable_node_id = Int32(truncatingIfNeeded: $0.original)
      slot.pointee.slot_name = try arena.bytes($0.name)
      slot.pointee.slot_variable_node_id = Int32(truncatingIfNeeded: $0.variable)
      return slot
    }
    try arena.attach(unknownFields, to: message)
    return message
  }
}

extension CheckpointReader {
  /// The objects that the checkpoint's values belong to; nil where it is one by names only.
  ///
  /// - Throws: `DATA_LOSS` when it is damaged.
  public func objectGraph() throws -> ObjectGraph? {
    guard try contains(ObjectGraph.key) else { return nil }
    let tensor = try tensor(ObjectGraph.key)
    guard tensor.dtype == .string, tensor.dims.elementCount == 1 else {
      throw TFError(.dataLoss, "\(path): \(ObjectGraph.key) is not one string")
    }
    do { return try ObjectGraph(serialized: Array(tensor.strings[0])) } catch let error as TFError {
      throw TFError(error.code, "\(path): \(ObjectGraph.key): \(error.message)")
    }
  }
}
