import CProtos
import CoreGraph
public import CoreOps
public import Serialization

/// The objects of a SavedModel of the second generation: variables, functions with what they
/// capture, tables, assets, and by which names they are attributes of each other.
///
/// Follows TensorFlow's `SavedObjectGraph`. A MetaGraph keeps the message as it came; this is what
/// of it a loader needs.
public struct SavedObjectGraph: Sendable, Hashable {
  public struct Variable: Sendable, Hashable {
    public var name: String
    /// Nil for a dtype that Janus does not have.
    public var dtype: DType?
    public var shape: PartialShape
    public var isTrainable: Bool
  }

  public enum Kind: Sendable, Hashable {
    case none
    /// An object of the program, by the identifier of its class.
    case userObject(identifier: String, metadata: String)
    /// A file, by its place among the MetaGraph's assets.
    case asset(index: Int)
    /// A polymorphic function, by the names of its concrete ones.
    case function([String])
    case variable(Variable)
    /// A concrete function, with the names of its arguments.
    case bareFunction(name: String, argumentKeywords: [String])
    /// A constant, by the node that holds it.
    case constant(operation: String)
    /// A table or the like, which a function of the object makes.
    case resource
    case capturedTensor(name: String, function: String)
  }

  public struct Node: Sendable, Hashable {
    public var kind = Kind.none
    public var children: [ObjectGraph.Reference] = []
    public var slotVariables: [ObjectGraph.SlotVariable] = []
  }

  /// The objects; the first is the one that was saved.
  public var nodes: [Node] = []
  /// Concrete function → the objects that it takes after its own arguments.
  public var boundInputs: [String: [Int]] = [:]

  /// Reads a serialized `SavedObjectGraph`.
  ///
  /// - Throws: `DATA_LOSS` when it is damaged, or refers to objects that are not there.
  public init(serialized bytes: [UInt8]) throws {
    let arena = try ProtoArena()
    try bytes.withUnsafeBytes { bytes in
      let message: UnsafeMutablePointer<Tensorflow__SavedObjectGraph> = try arena.unpack(
        jk_schema_saved_object_graph(), bytes)
      nodes = try messages(message.pointee.n_nodes, message.pointee.nodes).map(Self.node)
      for entry in messages(
        message.pointee.n_concrete_functions, message.pointee.concrete_functions)
      {
        guard let function = entry.pointee.value else { continue }
        boundInputs[try entry.pointee.key.text("key")] = UnsafeBufferPointer(
          start: function.pointee.bound_inputs, count: function.pointee.n_bound_inputs
        ).map { Int($0) }
      }
    }
    let named =
      nodes.flatMap { node in
        node.children.map(\.node) + node.slotVariables.flatMap { [$0.original, $0.variable] }
      } + boundInputs.values.flatMap { $0 }
    for target in named where !nodes.indices.contains(target) {
      throw TFError(.dataLoss, "the object graph names object \(target) of \(nodes.count) objects")
    }
  }

  private static func node(_ message: UnsafeMutablePointer<Tensorflow__SavedObject>) throws -> Node
  {
    var node = Node()
    node.children = try ObjectGraph.references(
      message.pointee.n_children, message.pointee.children)
    node.slotVariables = try ObjectGraph.slots(
      message.pointee.n_slot_variables, message.pointee.slot_variables)
    node.kind = try kind(message.pointee)
    return node
  }

  private static func kind(_ object: Tensorflow__SavedObject) throws -> Kind {
    switch object.kind_case {
    case TENSORFLOW__SAVED_OBJECT__KIND_USER_OBJECT:
      guard let user = object.user_object?.pointee else { return .none }
      return .userObject(
        identifier: try user.identifier.text("identifier"),
        metadata: String(decoding: user.metadata.array, as: UTF8.self))
    case TENSORFLOW__SAVED_OBJECT__KIND_ASSET:
      guard let asset = object.asset?.pointee else { return .none }
      return .asset(index: Int(asset.asset_file_def_index))
    case TENSORFLOW__SAVED_OBJECT__KIND_FUNCTION:
      guard let function = object.function?.pointee else { return .none }
      return .function(
        try texts(
          function.n_concrete_functions, function.concrete_functions, "concrete_functions"))
    case TENSORFLOW__SAVED_OBJECT__KIND_VARIABLE:
      guard let variable = object.variable?.pointee else { return .none }
      return .variable(
        Variable(
          name: try variable.name.text("name"),
          dtype: UInt8(exactly: variable.dtype.rawValue).flatMap(DType.init),
          shape: try variable.shape.map { try TensorProtoDecoder.shape($0) } ?? .unknown,
          isTrainable: variable.trainable != 0))
    case TENSORFLOW__SAVED_OBJECT__KIND_BARE_CONCRETE_FUNCTION:
      guard let function = object.bare_concrete_function?.pointee else { return .none }
      return .bareFunction(
        name: try function.concrete_function_name.text("concrete_function_name"),
        argumentKeywords: try texts(
          function.n_argument_keywords, function.argument_keywords, "argument_keywords"))
    case TENSORFLOW__SAVED_OBJECT__KIND_CONSTANT:
      guard let constant = object.constant?.pointee else { return .none }
      return .constant(operation: try constant.operation.text("operation"))
    case TENSORFLOW__SAVED_OBJECT__KIND_RESOURCE: return .resource
    case TENSORFLOW__SAVED_OBJECT__KIND_CAPTURED_TENSOR:
      guard let captured = object.captured_tensor?.pointee else { return .none }
      return .capturedTensor(
        name: try captured.name.text("name"),
        function: try captured.concrete_function.text("concrete_function"))
    default: return .none
    }
  }
}

extension MetaGraph {
  /// The objects of a SavedModel of the second generation; nil for other models.
  ///
  /// - Throws: `DATA_LOSS` when they are damaged.
  public func objects() throws -> SavedObjectGraph? {
    try objectGraph.map { try SavedObjectGraph(serialized: $0) }
  }
}
