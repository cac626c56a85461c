public import CoreOps

extension GraphRewrites {
  /// The part of a graph that outputs need, with its variables as constants.
  ///
  /// Functions that are handed variables are copied as ones that take their values. Follows
  /// `tf.compat.v1.graph_util.convert_variables_to_constants`.
  ///
  /// - Parameters:
  ///   - values: the value of each variable's node.
  ///   - outputNodeNames: nodes that are kept, with all that they need.
  /// - Throws: `INVALID_ARGUMENT` when an output is not in the graph; `FAILED_PRECONDITION` when a
  ///   variable has no value, or an output needs an op that changes one.
  public static func convertVariablesToConstants(
    _ graph: GraphDef, values: [String: Tensor], outputNodeNames: [String]
  ) throws -> GraphDef {
    let part = try extractSubGraph(graph, destNodes: outputNodeNames)
    var freezer = VariableFreezer(graph.library)
    var frozen = part
    frozen.nodes = try freezer.freeze(part.nodes, values: values)
    frozen.library = freezer.reachable(from: frozen.nodes)
    let names = Set(frozen.library.map(\.name))
    frozen.gradients = graph.gradients.filter {
      names.contains($0.function) && names.contains($0.gradient)
    }
    return frozen
  }
}

/// Replaces variables by their values in nodes, and in the functions that these call.
private struct VariableFreezer {
  private var functions: [String: FunctionDef] = [:]
  private var order: [String] = []
  /// Function and what its arguments are values of → the name of the copy.
  private var copies: [Key: String] = [:]

  private struct Key: Hashable {
    var function: String
    var arguments: [Int: DType]
  }

  init(_ library: [FunctionDef]) {
    for function in library {
      functions[function.name] = function
      order.append(function.name)
    }
  }

  /// Ops that hand on a variable, as it is or as a reference, with what does the same to a value.
  private static let passing = [
    "Identity": "Identity", "RefIdentity": "Identity", "Enter": "Enter", "RefEnter": "Enter",
    "Switch": "Switch", "RefSwitch": "Switch", "Merge": "Merge", "RefMerge": "Merge",
    "Exit": "Exit", "RefExit": "Exit", "NextIteration": "NextIteration",
    "RefNextIteration": "NextIteration",
  ]
  private static let variables: Set = ["Variable", "VariableV2", "VarHandleOp"]
  /// Ops that only look at a reference's value.
  private static let changing: Set = [
    "Assign", "AssignAdd", "AssignSub", "ScatterUpdate", "ScatterAdd", "ScatterSub", "ScatterMul",
    "ScatterDiv", "ScatterMin", "ScatterMax", "ScatterNdUpdate", "ScatterNdAdd", "ScatterNdSub",
    "CountUpTo", "IsVariableInitialized",
  ]

  mutating func freeze(_ nodes: [NodeDef], values: [String: Tensor]) throws -> [NodeDef] {
    var types: [String: DType] = [:]
    for node in nodes where Self.variables.contains(node.op) {
      guard let value = values[node.name] else {
        throw TFError.failedPrecondition("Attempting to use uninitialized value \(node.name)")
      }
      types[node.name] = value.dtype
    }
    return try convert(nodes, types, values, isFunction: false)
  }

  /// - Parameter types: the dtypes of the values that stand for variables, by node or argument.
  private mutating func convert(
    _ nodes: [NodeDef], _ types: [String: DType], _ values: [String: Tensor], isFunction: Bool
  ) throws -> [NodeDef] {
    let outputs = propagate(types, nodes)
    var converted: [NodeDef] = []
    for node in nodes {
      do { converted += try convert(node, outputs, values, isFunction: isFunction) } catch let error
        as TFError
      {
        throw error.at(node: node.name, op: node.op)
      }
    }
    return converted
  }

  /// The dtypes behind outputs that hand on variables: by node for all of its outputs, or by index.
  private struct Outputs {
    var whole: [String: DType]
    var single: [String: [Int: DType]] = [:]

    func type(_ input: String) -> DType? {
      let reference = InputReference(input)
      if reference.isControl { return nil }
      let node = String(reference.node)
      return whole[node] ?? single[node]?[reference.index]
    }
  }

  private func propagate(_ types: [String: DType], _ nodes: [NodeDef]) -> Outputs {
    var outputs = Outputs(whole: types)
    var isChanged = true
    while isChanged {
      isChanged = false
      for node in nodes {
        if Self.passing[node.op] != nil, outputs.whole[node.name] == nil,
          let type = node.inputs.lazy.compactMap({ outputs.type($0) }).first,
          node.attrs["T"] == .type(.resource) || node.op.hasPrefix("Ref")
        {
          outputs.whole[node.name] = type
          isChanged = true
        }
        guard ["While", "StatelessWhile"].contains(node.op) else { continue }
        for (index, input) in node.inputs.enumerated() {
          guard let type = outputs.type(input), node.type(at: index, of: "T") == .resource,
            outputs.single[node.name]?[index] == nil
          else { continue }
          outputs.single[node.name, default: [:]][index] = type
          isChanged = true
        }
      }
    }
    return outputs
  }

  private mutating func convert(
    _ node: NodeDef, _ outputs: Outputs, _ values: [String: Tensor], isFunction: Bool
  ) throws -> [NodeDef] {
    var node = node
    if Self.variables.contains(node.op), let value = values[node.name] {
      return [
        NodeDef(
          name: node.name, op: "Const", inputs: node.inputs.filter { $0.hasPrefix("^") },
          device: node.device,
          attrs: ["dtype": .type(value.dtype), "value": .tensor(value)])
      ]
    }
    let given = node.inputs.map { outputs.type($0) }
    guard let dtype = given.lazy.compactMap({ $0 }).first else { return [node] }
    if Self.changing.contains(node.op) {
      throw TFError.failedPrecondition("it changes a variable, so that it cannot be frozen")
    }
    switch node.op {
    case "ReadVariableOp":
      node.op = "Identity"
      node.attrs = ["T": .type(dtype)]
    case "VariableShape":
      node.op = "Shape"
      node.attrs = Attrs().with("T", .type(dtype))
        .with("out_type", node.attrs["out_type"] ?? .type(.int32))
    case "ResourceGather":
      // The axis comes after the dimensions of a batch.
      var batch = 0
      if case .int(let dims)? = node.attrs["batch_dims"] { batch = dims }
      let axis = NodeDef(
        name: node.name + "/frozen_axis", op: "Const",
        attrs: [
          "dtype": .type(.int32), "value": .tensor(try Tensor(scalar: Int32(clamping: batch))),
        ])
      node.op = "GatherV2"
      node.inputs.insert(isFunction ? axis.name + ":output:0" : axis.name, at: 2)
      node.attrs = Attrs().with("Tparams", .type(dtype))
        .with("Tindices", node.attrs["Tindices"] ?? .type(.int32)).with("Taxis", .type(.int32))
        .with("batch_dims", .int(batch))
      return [axis, node]
    case "ResourceGatherNd":
      node.op = "GatherNd"
      node.attrs = Attrs().with("Tparams", .type(dtype))
        .with("Tindices", node.attrs["Tindices"] ?? .type(.int32))
    case let op where Self.passing[op] != nil:
      node.op = Self.passing[op]!
      node.attrs["T"] = .type(dtype)
    default:
      guard try convertCall(&node, given) else {
        // A reference that is read is a value; a handle is of use to no other op.
        guard outputs.whole.isEmpty || !isHandle(node, given) else {
          throw TFError.failedPrecondition(
            "it takes a variable's handle, which cannot be frozen for it")
        }
        return [node]
      }
    }
    return [node]
  }

  /// Whether the op takes one of those inputs as a handle, by its registered signature.
  private func isHandle(_ node: NodeDef, _ given: [DType?]) -> Bool {
    guard let op = OpRegistry.standard[node.op],
      let types = try? op.signature.inputTypes(node.attrs)
    else { return false }
    return given.indices.contains {
      given[$0] != nil && types.indices.contains($0)
        && types[$0] == .resource
    }
  }

  /// Has a call take values; false where the node is none.
  private mutating func convertCall(_ node: inout NodeDef, _ given: [DType?]) throws -> Bool {
    /// The dtypes of the arguments from input `first` on.
    func arguments(_ first: Int) -> [Int: DType] {
      var arguments: [Int: DType] = [:]
      for (index, type) in given.enumerated() where index >= first {
        if let type { arguments[index - first] = type }
      }
      return arguments
    }
    func retype(_ list: String, _ types: [Int: DType], _ node: inout NodeDef) {
      guard case .list(var values)? = node.attrs[list] else { return }
      for (index, type) in types where values.indices.contains(index) {
        values[index] = .type(type)
      }
      node.attrs[list] = .list(values)
    }
    switch node.op {
    case "PartitionedCall", "StatefulPartitionedCall":
      try replace("f", arguments(0), &node)
      retype("Tin", arguments(0), &node)
    case "If", "StatelessIf":
      try replace("then_branch", arguments(1), &node)
      try replace("else_branch", arguments(1), &node)
      retype("Tin", arguments(1), &node)
    case "Case", "StatelessCase":
      if case .list(let branches)? = node.attrs["branches"] {
        node.attrs["branches"] = .list(
          try branches.map { branch in
            guard case .function(let name, let attrs) = branch else { return branch }
            return .function(try copy(name, arguments(1)), attrs)
          })
      }
      retype("Tin", arguments(1), &node)
    case "While", "StatelessWhile":
      try replace("cond", arguments(0), &node)
      try replace("body", arguments(0), &node)
      retype("T", arguments(0), &node)
    case let op where functions[op] != nil:
      node.op = try copy(op, arguments(0))
    default: return false
    }
    return true
  }

  private mutating func replace(_ attr: String, _ arguments: [Int: DType], _ node: inout NodeDef)
    throws
  {
    guard case .function(let name, let attrs)? = node.attrs[attr] else { return }
    node.attrs[attr] = .function(try copy(name, arguments), attrs)
  }

  /// The copy of a function that takes values for those arguments.
  private mutating func copy(_ name: String, _ arguments: [Int: DType]) throws -> String {
    let key = Key(function: name, arguments: arguments)
    if let known = copies[key] { return known }
    guard var function = functions[name] else {
      throw TFError.notFound("Function \(name) is not defined.")
    }
    var fresh = name + "_frozen"
    while functions[fresh] != nil { fresh += "_" }
    // A function that calls itself finds its copy.
    copies[key] = fresh
    functions[fresh] = function
    order.append(fresh)
    var types: [String: DType] = [:]
    for (index, dtype) in arguments where function.inputs.indices.contains(index) {
      function.inputs[index].type = dtype
      function.argAttrs[index] = nil
      types[function.inputs[index].name] = dtype
    }
    let outputs = propagate(types, function.nodes)
    for (index, output) in function.outputs.enumerated() {
      if let source = function.returns[output.name], let dtype = outputs.type(source) {
        function.outputs[index].type = dtype
      }
    }
    function.name = fresh
    // The output of a read has another name than that of an identity.
    let renamed = Set(
      function.nodes.lazy.filter { node in
        node.op == "ReadVariableOp" && node.inputs.contains { outputs.type($0) != nil }
      }.map(\.name))
    function.nodes = try convert(function.nodes, types, [:], isFunction: true).map { node in
      var node = node
      node.inputs = node.inputs.map { Self.rename($0, renamed) }
      return node
    }
    function.returns = function.returns.mapValues { Self.rename($0, renamed) }
    functions[fresh] = function
    return fresh
  }

  /// An input from a node that was a read and is an identity.
  private static func rename(_ input: String, _ renamed: Set<String>) -> String {
    let parts = input.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, renamed.contains(String(parts[0])) else { return input }
    return "\(parts[0]):output:\(parts[2])"
  }

  /// The functions that nodes may call, in the library's order.
  func reachable(from nodes: [NodeDef]) -> [FunctionDef] {
    var reached: Set<String> = []
    var waiting = nodes
    func called(_ value: AttrValue) -> [String] {
      switch value {
      case .function(let name, let attrs): [name] + attrs.flatMap { called($0.value) }
      case .list(let values): values.flatMap(called)
      default: []
      }
    }
    while let node = waiting.popLast() {
      for name in [node.op] + node.attrs.flatMap({ called($0.value) }) {
        guard let function = functions[name], reached.insert(name).inserted else { continue }
        waiting += function.nodes
      }
    }
    return order.filter(reached.contains).compactMap { functions[$0] }
  }
}

extension NodeDef {
  /// The dtype at a place of a list of types.
  fileprivate func type(at index: Int, of list: String) -> DType? {
    guard case .list(let values)? = attrs[list], values.indices.contains(index),
      case .type(let dtype) = values[index]
    else { return nil }
    return dtype
  }
}
