import CProtos
import CoreGraph
import CoreOps
import Serialization

/// protobuf-c's messages → CoreGraph's values. Fields that are read are cleared, and what is then
/// left of a message is kept as unknown fields.
struct GraphDefDecoder {
  /// What a node takes while it is data, roughly.
  private static let nodeBytes = 768
  var tensors = TensorProtoDecoder()

  mutating func graph(_ message: UnsafeMutablePointer<Tensorflow__GraphDef>) throws -> GraphDef {
    var graph = GraphDef()
    graph.nodes.reserveCapacity(message.pointee.n_node)
    var pace = Pace()
    for node in messages(message.pointee.n_node, message.pointee.node) {
      try pace.step(64)
      if graph.nodes.count % 1024 == 0 {
        try MemoryLimit.room(for: graph.nodes.count * Self.nodeBytes)
      }
      graph.nodes.append(try self.node(node))
    }
    message.pointee.n_node = 0
    if let library = message.pointee.library {
      try self.library(library, into: &graph)
      if try packed(library).isEmpty { message.pointee.library = nil }
    }
    if let versions = message.pointee.versions {
      graph.versions.producer = Int(versions.pointee.producer)
      graph.versions.minConsumer = Int(versions.pointee.min_consumer)
      graph.versions.badConsumers = UnsafeBufferPointer(
        start: versions.pointee.bad_consumers, count: versions.pointee.n_bad_consumers
      ).map(Int.init)
      versions.pointee.producer = 0
      versions.pointee.min_consumer = 0
      versions.pointee.n_bad_consumers = 0
      if try packed(versions).isEmpty { message.pointee.versions = nil }
    }
    graph.unknownFields = try remainder(message)
    return graph
  }

  private mutating func library(
    _ message: UnsafeMutablePointer<Tensorflow__FunctionDefLibrary>, into graph: inout GraphDef
  ) throws {
    for function in messages(message.pointee.n_function, message.pointee.function) {
      graph.library.append(try self.function(function))
    }
    for gradient in messages(message.pointee.n_gradient, message.pointee.gradient) {
      graph.gradients.append(
        GradientDef(
          function: try gradient.pointee.function_name.text("function_name"),
          gradient: try gradient.pointee.gradient_func.text("gradient_func")))
    }
    message.pointee.n_function = 0
    message.pointee.n_gradient = 0
  }

  mutating func node(_ message: UnsafeMutablePointer<Tensorflow__NodeDef>) throws -> NodeDef {
    var node = NodeDef(
      name: try message.pointee.name.text("name"), op: try message.pointee.op.text("op"),
      inputs: try texts(message.pointee.n_input, message.pointee.input, "input"),
      device: try message.pointee.device.text("device"))
    do {
      let read = try attrs(message.pointee.n_attr, message.pointee.attr, fault: &node.fault)
      node.attrs = read.attrs
      message.pointee.name.len = 0
      message.pointee.op.len = 0
      message.pointee.n_input = 0
      message.pointee.device.len = 0
      message.pointee.n_attr = 0
      node.unknownFields = try read.unknown + remainder(message)
    } catch let error as TFError {
      throw error.at(node: node.name, op: node.op)
    }
    return node
  }

  /// The attributes that Janus can represent, and the others' entries as unknown fields of the
  /// message that has them.
  ///
  /// - Parameter fault: takes what is wrong with a value, which then is an unknown field too.
  private mutating func attrs(
    _ count: Int, _ list: UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__AttrEntry>?>?,
    fault: inout NodeFault?, field: Int = 5
  ) throws -> (attrs: Attrs, unknown: [UnknownField]) {
    var attrs = Attrs()
    var unknown: [UnknownField] = []
    for entry in messages(count, list) {
      var value: AttrValue?
      do {
        value = try entry.pointee.value.flatMap { try self.value($0) }
      } catch let error as TFError where NodeFault.isLocal(error) {
        fault = fault ?? NodeFault(error)
      }
      if let value {
        attrs[try entry.pointee.key.text("key")] = value
      } else {
        var writer = WireWriter()
        writer.block(try packed(entry))
        unknown.append(UnknownField(number: field, wireType: 2, bytes: writer.bytes))
      }
    }
    return (attrs, unknown)
  }

  /// The same where no value may be wrong.
  private mutating func wholeAttrs(
    _ count: Int, _ list: UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__AttrEntry>?>?
  ) throws -> (attrs: Attrs, unknown: [UnknownField]) {
    var fault: NodeFault?
    let read = try attrs(count, list, fault: &fault)
    if let fault { throw fault.error }
    return read
  }

  /// The value, or nil when it is of a kind or dtype that Janus does not know.
  private mutating func value(
    _ message: UnsafeMutablePointer<Tensorflow__AttrValue>
  ) throws -> AttrValue? {
    switch message.pointee.value_case {
    case TENSORFLOW__ATTR_VALUE__VALUE_S: return .bytes(message.pointee.s.array)
    case TENSORFLOW__ATTR_VALUE__VALUE_I: return .int(Int(message.pointee.i))
    case TENSORFLOW__ATTR_VALUE__VALUE_F: return .float(message.pointee.f)
    case TENSORFLOW__ATTR_VALUE__VALUE_B: return .bool(message.pointee.b != 0)
    case TENSORFLOW__ATTR_VALUE__VALUE_TYPE: return type(message.pointee.type)
    case TENSORFLOW__ATTR_VALUE__VALUE_SHAPE:
      return try message.pointee.shape.map { .shape(try TensorProtoDecoder.shape($0)) }
    case TENSORFLOW__ATTR_VALUE__VALUE_TENSOR:
      return try message.pointee.tensor.flatMap { try tensors.tensor($0) }.map { .tensor($0) }
    case TENSORFLOW__ATTR_VALUE__VALUE_FUNC:
      return try message.pointee.func.flatMap { try function($0) }
    case TENSORFLOW__ATTR_VALUE__VALUE_PLACEHOLDER:
      return .placeholder(try message.pointee.placeholder.text("placeholder"))
    case TENSORFLOW__ATTR_VALUE__VALUE_LIST:
      return try message.pointee.list.flatMap { try list($0) }
    default: return nil
    }
  }

  private func type(_ type: Tensorflow__DataType) -> AttrValue? {
    let number = type.rawValue
    if number > 100 { return UInt8(exactly: number - 100).flatMap(DType.init).map { .refType($0) } }
    return UInt8(exactly: number).flatMap(DType.init).map { .type($0) }
  }

  private mutating func function(
    _ message: UnsafeMutablePointer<Tensorflow__NameAttrList>
  ) throws -> AttrValue? {
    let read = try wholeAttrs(message.pointee.n_attr, message.pointee.attr)
    guard read.unknown.isEmpty else { return nil }
    return .function(try message.pointee.name.text("name"), read.attrs)
  }

  private mutating func list(
    _ message: UnsafeMutablePointer<Tensorflow__AttrValue__ListValue>
  ) throws -> AttrValue? {
    let m = message.pointee
    var values: [AttrValue] = []
    values += UnsafeBufferPointer(start: m.s, count: m.n_s).map { .bytes($0.array) }
    values += UnsafeBufferPointer(start: m.i, count: m.n_i).map { .int(Int($0)) }
    values += UnsafeBufferPointer(start: m.f, count: m.n_f).map { .float($0) }
    values += UnsafeBufferPointer(start: m.b, count: m.n_b).map { .bool($0 != 0) }
    for type in UnsafeBufferPointer(start: m.type, count: m.n_type) {
      guard let value = self.type(type) else { return nil }
      values.append(value)
    }
    for shape in messages(m.n_shape, m.shape) {
      values.append(.shape(try TensorProtoDecoder.shape(shape)))
    }
    for tensor in messages(m.n_tensor, m.tensor) {
      guard let value = try tensors.tensor(tensor) else { return nil }
      values.append(.tensor(value))
    }
    for function in messages(m.n_func, m.func) {
      guard let value = try self.function(function) else { return nil }
      values.append(value)
    }
    return .list(values)
  }
}

// Functions of the library.
extension GraphDefDecoder {
  mutating func function(
    _ message: UnsafeMutablePointer<Tensorflow__FunctionDef>
  ) throws -> FunctionDef {
    var function = FunctionDef(name: "")
    if let signature = message.pointee.signature {
      try self.signature(signature, into: &function)
      message.pointee.signature = nil
    }
    do {
      let read = try wholeAttrs(message.pointee.n_attr, message.pointee.attr)
      function.attrs = read.attrs
      for entry in messages(message.pointee.n_arg_attr, message.pointee.arg_attr) {
        guard let value = entry.pointee.value else { continue }
        function.argAttrs[Int(entry.pointee.key)] = try wholeAttrs(
          value.pointee.n_attr, value.pointee.attr
        ).attrs
      }
      function.nodes.reserveCapacity(message.pointee.n_node_def)
      for node in messages(message.pointee.n_node_def, message.pointee.node_def) {
        function.nodes.append(try self.node(node))
      }
      function.returns = try pairs(message.pointee.n_ret, message.pointee.ret)
      function.controlReturns = try pairs(
        message.pointee.n_control_ret, message.pointee.control_ret)
      message.pointee.n_attr = 0
      message.pointee.n_arg_attr = 0
      message.pointee.n_node_def = 0
      message.pointee.n_ret = 0
      message.pointee.n_control_ret = 0
      function.unknownFields = try read.unknown + remainder(message)
    } catch let error as TFError {
      throw TFError(
        error.code, "in function \(function.name): \(error.message)", node: error.node, op: error.op
      )
    }
    return function
  }

  private func pairs(
    _ count: Int,
    _ list: UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__FunctionDef__StringEntry>?>?
  ) throws -> [String: String] {
    var pairs: [String: String] = [:]
    for entry in messages(count, list) {
      pairs[try entry.pointee.key.text("key")] = try entry.pointee.value.text("value")
    }
    return pairs
  }

  private func signature(
    _ message: UnsafeMutablePointer<Tensorflow__OpDef>, into function: inout FunctionDef
  ) throws {
    function.name = try message.pointee.name.text("name")
    function.inputs = try messages(message.pointee.n_input_arg, message.pointee.input_arg)
      .map { try argument($0, of: function.name) }
    function.outputs = try messages(message.pointee.n_output_arg, message.pointee.output_arg)
      .map { try argument($0, of: function.name) }
    function.attrDefs = try messages(message.pointee.n_attr, message.pointee.attr)
      .map { try packed($0) }
    function.isStateful = message.pointee.is_stateful != 0
    function.controlOutputs = try texts(
      message.pointee.n_control_output, message.pointee.control_output, "control_output")
    message.pointee.name.len = 0
    message.pointee.n_input_arg = 0
    message.pointee.n_output_arg = 0
    message.pointee.n_attr = 0
    message.pointee.is_stateful = 0
    message.pointee.n_control_output = 0
    function.signatureUnknownFields = try remainder(message)
  }

  private func argument(
    _ message: UnsafeMutablePointer<Tensorflow__OpDef__ArgDef>, of function: String
  ) throws -> FunctionDef.Argument {
    var argument = FunctionDef.Argument(name: try message.pointee.name.text("name"), type: nil)
    switch type(message.pointee.type) {
    case .type(let dtype): argument.type = dtype
    case .refType(let dtype):
      argument.type = dtype
      argument.isRef = true
    default:
      guard message.pointee.type.rawValue == 0 else {
        throw TFError.unimplemented(
          """
          argument \(argument.name) of function \(function) has the unknown dtype number \
          \(message.pointee.type.rawValue)
          """
        )
      }
    }
    argument.typeAttr = try message.pointee.type_attr.text("type_attr")
    argument.numberAttr = try message.pointee.number_attr.text("number_attr")
    argument.typeListAttr = try message.pointee.type_list_attr.text("type_list_attr")
    if message.pointee.is_ref != 0 { argument.isRef = true }
    message.pointee.name.len = 0
    message.pointee.type = TENSORFLOW__DATA_TYPE__DT_INVALID
    message.pointee.type_attr.len = 0
    message.pointee.number_attr.len = 0
    message.pointee.type_list_attr.len = 0
    message.pointee.is_ref = 0
    argument.unknownFields = try remainder(message)
    return argument
  }
}
