package import CoreOps
package import Serialization

/// The variables of a graph by the names under which checkpoints hold them.
package struct GraphVariables: Sendable {
  /// A variable in a graph.
  package struct Variable: Sendable {
    /// The node that stands for it.
    package var node: String
    /// The name in a checkpoint.
    package var checkpointName: String
    package var dtype: DType
    package var shape: PartialShape
    package var isReference: Bool
    var container: String
    var sharedName: String
    /// The part of the tensor in a checkpoint that this is.
    var part: (shape: Shape, slice: TensorSlice)?

    /// Itself among a session's resources, if it is there.
    func find(in resources: ResourceContainer) -> VariableObject? {
      resources.findVariable(container, sharedName, node, isReference: isReference)
    }
  }

  package let variables: [Variable]

  /// - Throws: `DATA_LOSS` when the collection of variables is damaged.
  package init(_ meta: MetaGraph) throws {
    let parts = try Self.parts(meta)
    variables = meta.graph.nodes.compactMap { node in
      guard ["Variable", "VariableV2", "VarHandleOp"].contains(node.op) else { return nil }
      func text(_ attr: String) -> String {
        guard case .bytes(let bytes)? = node.attrs[attr] else { return "" }
        return String(decoding: bytes, as: UTF8.self)
      }
      guard case .type(let dtype)? = node.attrs["dtype"] else { return nil }
      var shape = PartialShape.unknown
      if case .shape(let known)? = node.attrs["shape"] { shape = known }
      let part = parts[node.name]
      let sharedName = text("shared_name")
      let isReference = node.op != "VarHandleOp"
      return Variable(
        node: node.name,
        checkpointName: part?.name ?? (isReference || sharedName.isEmpty ? node.name : sharedName),
        dtype: dtype, shape: shape, isReference: isReference, container: text("container"),
        sharedName: sharedName, part: part.map { ($0.shape, $0.slice) })
    }
  }

  /// The variables that are parts of partitioned ones, by node, from the messages in collections.
  private static func parts(_ meta: MetaGraph) throws -> [String: (
    name: String, shape: Shape, slice: TensorSlice
  )] {
    var parts: [String: (name: String, shape: Shape, slice: TensorSlice)] = [:]
    for collection in ["variables", "trainable_variables", "local_variables", "model_variables"] {
      guard case .bytes(let messages)? = meta.collections[collection] else { continue }
      for message in messages {
        guard let variable = try VariableMessage(message), let part = variable.part else {
          continue
        }
        parts[variable.node] = part
      }
    }
    return parts
  }

  /// Gives each variable its value from a checkpoint.
  ///
  /// - Throws: `NOT_FOUND` for a variable that is not in it, `INVALID_ARGUMENT` for another dtype
  ///   or shape.
  package func restore(from reader: CheckpointReader, into resources: ResourceContainer) throws {
    for variable in variables {
      guard let entry = try reader.entry(variable.checkpointName) else {
        _ = try reader.tensor(variable.checkpointName)
        continue
      }
      let dims = try variable.part?.slice.dims(of: variable.part!.shape) ?? entry.shape
      try require(
        entry.dtype == variable.dtype && variable.shape.isCompatible(with: PartialShape(dims)),
        """
        variable \(variable.node) is \(variable.dtype) \(variable.shape), but the checkpoint \
        \(reader.path) has \(entry.dtypeName) \(dims) for it
        """
      )
    }
    let values = try reader.tensors(variables.map { ($0.checkpointName, $0.part?.slice) })
    for (variable, value) in zip(variables, values) {
      let object = try resources.variable(
        variable.container, variable.sharedName, variable.node, variable.dtype, variable.shape,
        isReference: variable.isReference)
      try object.update { _ in value }
    }
  }

  /// Saves each variable's value.
  ///
  /// - Throws: `FAILED_PRECONDITION` for a variable without a value; as the system says.
  package func save(to path: String, from resources: ResourceContainer) throws {
    let writer = try CheckpointWriter(path)
    for variable in variables.sorted(by: { $0.checkpointName < $1.checkpointName }) {
      guard let value = variable.find(in: resources)?.value else {
        throw TFError.failedPrecondition("Attempting to use uninitialized value \(variable.node)")
      }
      if let part = variable.part {
        try writer.add(variable.checkpointName, value, part.slice, of: part.shape)
      } else {
        try writer.add(variable.checkpointName, value)
      }
    }
    try writer.finish()
  }

  /// The variables' values.
  package func values(from resources: ResourceContainer) -> [String: Tensor] {
    var values: [String: Tensor] = [:]
    for variable in variables {
      values[variable.node] = variable.find(in: resources)?.value
    }
    return values
  }
}

/// What a collection says of a variable, as TensorFlow's `VariableDef`.
private struct VariableMessage {
  var node = ""
  var part: (name: String, shape: Shape, slice: TensorSlice)?

  /// Nil where it names no variable.
  init?(_ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { bytes in
      var reader = WireReader(bytes)
      while let tag = try reader.tag() {
        switch (tag.number, tag.wireType) {
        case (1, 2): node = String(decoding: try reader.block(), as: UTF8.self)
        case (4, 2): part = try Self.part(reader.block())
        default: try reader.skip(tag.wireType)
        }
      }
    }
    if node.isEmpty { return nil }
    node = String(node.prefix { $0 != ":" })
    if part?.name.isEmpty == true { part = nil }
  }

  private static func part(_ bytes: UnsafeRawBufferPointer) throws -> (
    name: String, shape: Shape, slice: TensorSlice
  ) {
    var name = ""
    var lists: [Int: [Int]] = [:]
    var reader = WireReader(bytes)
    while let tag = try reader.tag() {
      switch (tag.number, tag.wireType) {
      case (1, 2): name = String(decoding: try reader.block(), as: UTF8.self)
      case (2...4, 2):
        let block = try reader.block()
        var numbers = WireReader(block)
        while numbers.position < block.count {
          lists[tag.number, default: []].append(Int(truncatingIfNeeded: try numbers.varint()))
        }
      case (2...4, 0):
        lists[tag.number, default: []].append(Int(truncatingIfNeeded: try reader.varint()))
      default: try reader.skip(tag.wireType)
      }
    }
    let (shape, offset, size) = (lists[2] ?? [], lists[3] ?? [], lists[4] ?? [])
    guard shape.count == offset.count, shape.count == size.count else {
      throw TFError(.dataLoss, "the part of variable \(name) has lists of different lengths")
    }
    // TensorFlow's own saver names such parts by numbers also where they have all of a dimension.
    let slice = TensorSlice(
      zip(offset, size).map { TensorSlice.Extent(start: $0, length: $1) })
    _ = try slice.ranges(in: Shape(shape))
    return (name, Shape(shape), slice)
  }
}
