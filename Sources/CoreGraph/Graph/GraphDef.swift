public import CoreOps

/// A graph as data, as TensorFlow's `GraphDef` protocol buffer: what files hold, before it is
/// checked and linked.
public struct GraphDef: Sendable, Hashable {
  public var nodes: [NodeDef] = []
  public var library: [FunctionDef] = []
  /// Function name → name of the function that is its gradient.
  public var gradients: [GradientDef] = []
  public var versions = VersionDef()
  /// Fields that Janus does not know, as they came.
  public var unknownFields: [UnknownField] = []

  public init() {}
}

public struct VersionDef: Sendable, Hashable {
  /// The version of the code that wrote the graph.
  public var producer = 0
  /// Any reader below this version must refuse the graph.
  public var minConsumer = 0
  /// Reader versions that must refuse the graph.
  public var badConsumers: [Int] = []

  public init() {}
}

public struct GradientDef: Sendable, Hashable {
  public var function: String
  public var gradient: String

  public init(function: String, gradient: String) {
    self.function = function
    self.gradient = gradient
  }
}

/// A node as data, as TensorFlow's `NodeDef`.
public struct NodeDef: Sendable, Hashable {
  public var name: String
  public var op: String
  /// `node:output`, `node` for output 0, `^node` for a control edge; in functions
  /// `node:argument:index`.
  public var inputs: [String]
  public var device: String
  public var attrs: Attrs
  /// Fields that Janus does not know (debug information, full types), as they came.
  public var unknownFields: [UnknownField] = []
  /// An attribute that has no value here, which then is one of the unknown fields.
  package var fault: NodeFault?

  public init(
    name: String, op: String, inputs: [String] = [], device: String = "", attrs: Attrs = [:]
  ) {
    self.name = name
    self.op = op
    self.inputs = inputs
    self.device = device
    self.attrs = attrs
  }
}

/// A function of a graph's library, as TensorFlow's `FunctionDef`.
public struct FunctionDef: Sendable, Hashable {
  /// An argument: its dtype is fixed, an attribute's value, or a list.
  public struct Argument: Sendable, Hashable {
    public var name: String
    public var type: DType?
    public var typeAttr: String = ""
    public var numberAttr: String = ""
    public var typeListAttr: String = ""
    public var isRef = false
    public var unknownFields: [UnknownField] = []

    public init(name: String, type: DType?) {
      self.name = name
      self.type = type
    }
  }

  public var name: String
  public var inputs: [Argument] = []
  public var outputs: [Argument] = []
  /// The attributes that the function takes, as their `OpDef.AttrDef` messages came.
  public var attrDefs: [[UInt8]] = []
  public var attrs: Attrs = [:]
  /// Argument index → attributes.
  public var argAttrs: [Int: Attrs] = [:]
  public var nodes: [NodeDef] = []
  /// Output name → `node:argument:index` or an input's name.
  public var returns: [String: String] = [:]
  public var controlReturns: [String: String] = [:]
  public var isStateful = false
  public var controlOutputs: [String] = []
  public var signatureUnknownFields: [UnknownField] = []
  public var unknownFields: [UnknownField] = []

  public init(name: String) { self.name = name }
}
