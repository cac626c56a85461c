import CProtos
import CoreGraph
import CoreOps
import Serialization

/// CoreGraph's values → protobuf-c's messages, which refer to the tensors' memory.
struct GraphDefEncoder {
  let arena: ProtoArena
  private var tensors: TensorProtoEncoder { TensorProtoEncoder(arena: arena) }

  /// Fields of `GraphDef` that are messages: what is unknown inside them is kept under their
  /// numbers.
  private static let libraryField = 2, versionsField = 4

  func graph(_ graph: GraphDef) throws -> UnsafeMutablePointer<Tensorflow__GraphDef> {
    let message = try arena.make(Tensorflow__GraphDef.self, jk_schema_graph_def())
    (message.pointee.n_node, message.pointee.node) = try list(graph.nodes, node)
    let more = Dictionary(grouping: graph.unknownFields, by: \.number)
    let libraryFields = try more[Self.libraryField].map(inner) ?? []
    if !graph.library.isEmpty || !graph.gradients.isEmpty || !libraryFields.isEmpty {
      let library = try arena.make(
        Tensorflow__FunctionDefLibrary.self, jk_schema_function_def_library())
      (library.pointee.n_function, library.pointee.function) = try list(graph.library, function)
      (library.pointee.n_gradient, library.pointee.gradient) = try list(graph.gradients) {
        let message = try arena.make(Tensorflow__GradientDef.self, jk_schema_gradient_def())
        message.pointee.function_name = try arena.bytes($0.function)
        message.pointee.gradient_func = try arena.bytes($0.gradient)
        return message
      }
      try arena.attach(libraryFields, to: library)
      message.pointee.library = library
    }
    let versionFields = try more[Self.versionsField].map(inner) ?? []
    if graph.versions != VersionDef() || !versionFields.isEmpty {
      let versions = try arena.make(Tensorflow__VersionDef.self, jk_schema_version_def())
      versions.pointee.producer = Int32(truncatingIfNeeded: graph.versions.producer)
      versions.pointee.min_consumer = Int32(truncatingIfNeeded: graph.versions.minConsumer)
      versions.pointee.n_bad_consumers = graph.versions.badConsumers.count
      versions.pointee.bad_consumers = try arena.list(
        graph.versions.badConsumers.map { Int32(truncatingIfNeeded: $0) })
      try arena.attach(versionFields, to: versions)
      message.pointee.versions = versions
    }
    try arena.attach(
      graph.unknownFields.filter {
        $0.number != Self.libraryField && $0.number != Self.versionsField
      }, to: message)
    return message
  }

  /// The fields inside of length-prefixed messages.
  private func inner(_ fields: [UnknownField]) throws -> [UnknownField] {
    try fields.flatMap { field in
      try field.bytes.withUnsafeBytes {
        var reader = WireReader($0)
        return try splitFields(Array(reader.block()))
      }
    }
  }

  private func list<T, M>(
    _ values: [T], _ make: (T) throws -> UnsafeMutablePointer<M>
  ) throws -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<M>?>?) {
    try arena.messages(values, make)
  }

  private func texts(_ values: [String]) throws -> (Int, UnsafeMutablePointer<ProtobufCBinaryData>?)
  {
    try arena.texts(values)
  }

  func node(_ node: NodeDef) throws -> UnsafeMutablePointer<Tensorflow__NodeDef> {
    let message = try arena.make(Tensorflow__NodeDef.self, jk_schema_node_def())
    message.pointee.name = try arena.bytes(node.name)
    message.pointee.op = try arena.bytes(node.op)
    (message.pointee.n_input, message.pointee.input) = try texts(node.inputs)
    message.pointee.device = try arena.bytes(node.device)
    do {
      (message.pointee.n_attr, message.pointee.attr) = try attrs(node.attrs)
    } catch let error as TFError {
      throw error.at(node: node.name, op: node.op)
    }
    try arena.attach(node.unknownFields, to: message)
    return message
  }

  private func attrs(
    _ attrs: Attrs, depth: Int = 0
  ) throws -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__AttrEntry>?>?) {
    try list(Array(attrs)) { entry in
      let message = try arena.make(Tensorflow__AttrEntry.self, jk_schema_attr_entry())
      message.pointee.key = try arena.bytes(entry.name)
      message.pointee.value = try value(entry.value, entry.name, depth: depth)
      return message
    }
  }

  private func value(
    _ value: AttrValue, _ name: String, depth: Int
  ) throws -> UnsafeMutablePointer<Tensorflow__AttrValue> {
    let message = try arena.make(Tensorflow__AttrValue.self, jk_schema_attr_value())
    switch value {
    case .bytes(let bytes):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_S
      message.pointee.s = try arena.bytes(bytes)
    case .int(let int):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_I
      message.pointee.i = Int64(int)
    case .float(let float):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_F
      message.pointee.f = float
    case .bool(let bool):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_B
      message.pointee.b = bool ? 1 : 0
    case .type, .refType:
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_TYPE
      message.pointee.type = type(value)
    case .shape(let shape):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_SHAPE
      message.pointee.shape = try tensors.shape(shape)
    case .tensor(let tensor):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_TENSOR
      message.pointee.tensor = try tensors.tensor(tensor)
    case .function(let function, let attrs):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_FUNC
      message.pointee.func = try self.function(function, attrs, name, depth: depth)
    case .placeholder(let placeholder):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_PLACEHOLDER
      message.pointee.placeholder = try arena.bytes(placeholder)
    case .list(let values):
      message.pointee.value_case = TENSORFLOW__ATTR_VALUE__VALUE_LIST
      message.pointee.list = try list(values, name, depth: depth)
    }
    return message
  }

  private func type(_ value: AttrValue) -> Tensorflow__DataType {
    switch value {
    case .type(let dtype): Tensorflow__DataType(rawValue: UInt32(dtype.rawValue))
    case .refType(let dtype): Tensorflow__DataType(rawValue: UInt32(dtype.rawValue) + 100)
    default: TENSORFLOW__DATA_TYPE__DT_INVALID
    }
  }

  private func function(
    _ function: String, _ attrs: Attrs, _ name: String, depth: Int
  ) throws -> UnsafeMutablePointer<Tensorflow__NameAttrList> {
    guard depth < 24 else {
      throw TFError.invalidArgument("attr '\(name)' nests functions more than 24 levels deep")
    }
    let message = try arena.make(Tensorflow__NameAttrList.self, jk_schema_name_attr_list())
    message.pointee.name = try arena.bytes(function)
    (message.pointee.n_attr, message.pointee.attr) = try self.attrs(attrs, depth: depth + 1)
    return message
  }

  private func list(
    _ values: [AttrValue], _ name: String, depth: Int
  ) throws -> UnsafeMutablePointer<Tensorflow__AttrValue__ListValue> {
    typealias List = Tensorflow__AttrValue__ListValue
    let message = try arena.make(List.self, jk_schema_attr_value__list_value())
    func mixed() -> TFError {
      .invalidArgument("attr '\(name)' is a list of values of several kinds")
    }
    guard let first = values.first else { return message }
    /// One kind's values, with the function that picks them.
    func all<T>(_ pick: (AttrValue) throws -> T?) throws -> [T] {
      try values.map { value in
        guard let picked = try pick(value) else { throw mixed() }
        return picked
      }
    }
    switch first {
    case .bytes:
      let bytes = try all { if case .bytes(let v) = $0 { try arena.bytes(v) } else { nil } }
      (message.pointee.n_s, message.pointee.s) = (values.count, try arena.list(bytes))
    case .int:
      let ints = try all { if case .int(let v) = $0 { Int64(v) } else { nil } }
      (message.pointee.n_i, message.pointee.i) = (values.count, try arena.list(ints))
    case .float:
      let floats = try all { if case .float(let v) = $0 { v } else { nil } }
      (message.pointee.n_f, message.pointee.f) = (values.count, try arena.list(floats))
    case .bool:
      let bools = try all {
        if case .bool(let v) = $0 { protobuf_c_boolean(v ? 1 : 0) } else { nil }
      }
      (message.pointee.n_b, message.pointee.b) = (values.count, try arena.list(bools))
    case .type, .refType:
      let types = try all { value -> Tensorflow__DataType? in
        let type = type(value)
        return type == TENSORFLOW__DATA_TYPE__DT_INVALID ? nil : type
      }
      (message.pointee.n_type, message.pointee.type) = (values.count, try arena.list(types))
    case .shape:
      let shapes = try all { if case .shape(let v) = $0 { v } else { nil } }
      (message.pointee.n_shape, message.pointee.shape) = try list(shapes, tensors.shape)
    case .tensor:
      let values = try all { if case .tensor(let v) = $0 { v } else { nil } }
      (message.pointee.n_tensor, message.pointee.tensor) = try list(values, tensors.tensor)
    case .function:
      let functions = try all { if case .function(let f, let a) = $0 { (f, a) } else { nil } }
      (message.pointee.n_func, message.pointee.func) = try list(functions) {
        try function($0.0, $0.1, name, depth: depth)
      }
    case .list, .placeholder: throw mixed()
    }
    return message
  }
}

// Functions of the library.
extension GraphDefEncoder {
  func function(_ function: FunctionDef) throws -> UnsafeMutablePointer<Tensorflow__FunctionDef> {
    let message = try arena.make(Tensorflow__FunctionDef.self, jk_schema_function_def())
    message.pointee.signature = try signature(function)
    (message.pointee.n_node_def, message.pointee.node_def) = try list(function.nodes, node)
    (message.pointee.n_ret, message.pointee.ret) = try pairs(function.returns)
    (message.pointee.n_control_ret, message.pointee.control_ret) = try pairs(
      function.controlReturns)
    (message.pointee.n_attr, message.pointee.attr) = try attrs(function.attrs)
    (message.pointee.n_arg_attr, message.pointee.arg_attr) = try list(
      function.argAttrs.sorted { $0.key < $1.key }
    ) { index, attrs in
      let entry = try arena.make(
        Tensorflow__FunctionDef__ArgAttrEntry.self, jk_schema_function_def__arg_attr_entry())
      let value = try arena.make(
        Tensorflow__FunctionDef__ArgAttrs.self, jk_schema_function_def__arg_attrs())
      (value.pointee.n_attr, value.pointee.attr) = try self.attrs(attrs)
      entry.pointee.key = UInt32(truncatingIfNeeded: index)
      entry.pointee.value = value
      return entry
    }
    try arena.attach(function.unknownFields, to: message)
    return message
  }

  private func pairs(
    _ pairs: [String: String]
  ) throws -> (
    Int, UnsafeMutablePointer<UnsafeMutablePointer<Tensorflow__FunctionDef__StringEntry>?>?
  ) {
    try list(pairs.sorted { $0.key < $1.key }) { key, value in
      let entry = try arena.make(
        Tensorflow__FunctionDef__StringEntry.self, jk_schema_function_def__string_entry())
      entry.pointee.key = try arena.bytes(key)
      entry.pointee.value = try arena.bytes(value)
      return entry
    }
  }

  private func signature(_ function: FunctionDef) throws -> UnsafeMutablePointer<Tensorflow__OpDef>
  {
    let message = try arena.make(Tensorflow__OpDef.self, jk_schema_op_def())
    message.pointee.name = try arena.bytes(function.name)
    (message.pointee.n_input_arg, message.pointee.input_arg) = try list(function.inputs, argument)
    (message.pointee.n_output_arg, message.pointee.output_arg) = try list(
      function.outputs, argument)
    (message.pointee.n_attr, message.pointee.attr) = try list(function.attrDefs) { bytes in
      try bytes.withUnsafeBytes {
        try arena.unpack(jk_schema_op_def__attr_def(), $0)
          as UnsafeMutablePointer<Tensorflow__OpDef__AttrDef>
      }
    }
    message.pointee.is_stateful = function.isStateful ? 1 : 0
    (message.pointee.n_control_output, message.pointee.control_output) = try texts(
      function.controlOutputs)
    try arena.attach(function.signatureUnknownFields, to: message)
    return message
  }

  private func argument(
    _ argument: FunctionDef.Argument
  ) throws -> UnsafeMutablePointer<Tensorflow__OpDef__ArgDef> {
    let message = try arena.make(Tensorflow__OpDef__ArgDef.self, jk_schema_op_def__arg_def())
    message.pointee.name = try arena.bytes(argument.name)
    if let dtype = argument.type { message.pointee.type = type(.type(dtype)) }
    message.pointee.type_attr = try arena.bytes(argument.typeAttr)
    message.pointee.number_attr = try arena.bytes(argument.numberAttr)
    message.pointee.type_list_attr = try arena.bytes(argument.typeListAttr)
    message.pointee.is_ref = argument.isRef ? 1 : 0
    try arena.attach(argument.unknownFields, to: message)
    return message
  }
}
