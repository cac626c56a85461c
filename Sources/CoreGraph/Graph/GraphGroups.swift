package import CoreOps

/// Operations that stand for several.
package enum GraphGroups {
  /// An operation that does nothing; nil where calls run at once.
  @discardableResult
  package static func noOp(name: String?) throws -> Operation? {
    try operation(BasicOps.family.noOp, [], name: name)
  }

  /// Applies an op without outputs.
  ///
  /// - Returns: its operation; nil where it ran at once.
  package static func operation(
    _ op: OpDef, _ inputs: [Tensor], _ attrs: Attrs = [:], name: String?
  ) throws -> Operation? {
    let environment = Environment.current
    let id = try environment.perform(op, inputs, attrs, name: name)
    guard let id, let graph = environment.graph else { return nil }
    return Operation(graph, id)
  }

  /// An operation that waits for all of `inputs`; those on other devices by one for each device.
  package static func group(_ inputs: [any GraphElement], name: String?) throws -> Operation? {
    let environment = Environment.current
    guard let graph = environment.graph else { return nil }
    var scope = name ?? "group_deps"
    return try environment.scoped(scope).run {
      scope = Environment.current.nameScope
      var devices: [(device: String, operations: [Operation])] = []
      for input in inputs {
        guard let operation = try input.asGraphElement().operation else { continue }
        guard operation.graph === graph else {
          throw TFError.invalidArgument("\(operation) is not an element of this graph.")
        }
        let device = operation.device
        if let place = devices.firstIndex(where: { $0.device == device }) {
          devices[place].operations.append(operation)
        } else {
          devices.append((device, [operation]))
        }
      }
      if devices.count == 1 { return try noOp(devices[0].device, devices[0].operations, scope) }
      let all = try devices.sorted { $0.device < $1.device }.map { device, operations in
        try noOp(device, operations, nil)
      }
      return try Environment.current.waiting(for: all.compactMap { $0 }).run {
        try noOp(name: scope)
      }
    }
  }

  private static func noOp(_ device: String, _ operations: [Operation], _ name: String?) throws
    -> Operation?
  {
    var environment = try Environment.current.waiting(for: operations)
    if !device.isEmpty { environment = try environment.onDevice(device) }
    return try environment.run { try noOp(name: name) }
  }

  package static func tuple(
    _ tensors: [Tensor?], name: String?, _ controlInputs: [any GraphElement]
  ) throws -> [Tensor?] {
    guard Environment.current.graph != nil else { return tensors }
    return try Environment.current.scoped(name ?? "tuple").run {
      let given = tensors.compactMap { $0 }
      guard !given.isEmpty else {
        throw TFError.invalidArgument(
          "Must have at least one Tensor: \(tensors.count) elements are nil")
      }
      let gate = try group(given as [any GraphElement] + controlInputs, name: nil)
      return try tensors.map { tensor in
        guard let tensor else { return nil }
        return try Environment.current.waiting(for: [gate].compactMap { $0 })
          .colocated(with: tensor, ignoringExisting: false).run {
            try BasicOps.family.identity(
              [tensor], name: "control_dependency")
          }
      }
    }
  }
}
