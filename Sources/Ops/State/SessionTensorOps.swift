package import CoreOps

/// Tensors that a session keeps from run to run.
package struct SessionTensorOps: OpFamily {
  package static let family: Self = define(Self())

  package let handle = OpDef(
    "GetSessionHandle",
    """
    value: T -> handle: string
    T: type
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { run in
      let kept = try store(run).add(run.inputs[0].settled(), node: run.node)
      return [try Tensor(strings: [kept], dims: Shape())]
    }, gradient: .none("a handle is not differentiable"))

  package let handleV2 = OpDef(
    "GetSessionHandleV2",
    """
    value: T -> handle: resource
    T: type
    """, stateful: true,
    shape: { context in
      context.setHandle(0, HandleData(context.inputTypes[0], context.shapes[0]))
      return [.scalar]
    },
    kernel: .run { run in
      let kept = try store(run).add(run.inputs[0].settled(), node: run.node)
      return [Tensor(resource: SessionTensorName(kept))]
    }, gradient: .none("a handle is not differentiable"))

  package let tensor = OpDef(
    "GetSessionTensor",
    """
    handle: string -> value: dtype
    dtype: type
    """, stateful: true,
    shape: { context in
      _ = try context.shape(0, rank: 0, "handle")
      return [.unknown]
    },
    kernel: .dynamic { context in
      let dtype = try context.type("dtype")
      return { run in
        let value = try store(run).find(name(run))
        if value.dtype != dtype {
          throw TFError.internal(
            """
            Output 0 of type \(value.dtype.signatureName) does not match declared output type \
            \(dtype.signatureName)
            """
          )
        }
        return [value]
      }
    }, gradient: .none("a kept tensor is not followed"))

  package let delete = OpDef(
    "DeleteSessionTensor",
    """
    handle: string ->
    """, stateful: true,
    shape: { context in
      _ = try context.shape(0, rank: 0, "handle")
      return []
    },
    kernel: .run { run in
      try store(run).remove(name(run))
      return []
    }, gradient: .none("a kept tensor is not followed"))

  private static func store(_ run: DynamicContext) throws -> SessionTensors {
    try run.execution.resources.findOrCreate("", "", form: "session") { SessionTensors() }
  }

  private static func name(_ run: DynamicContext) throws -> String {
    try require(
      run.inputs[0].dims.rank == 0, "handle must be a scalar, got shape \(run.inputs[0].dims)")
    return run.inputs[0].strings[0].text
  }
}

/// The name of a kept tensor as a resource.
final class SessionTensorName: TensorObject {
  let name: String
  init(_ name: String) { self.name = name }
}

/// The kept tensors of a session.
final class SessionTensors: TensorObject {
  private let tensors = Lock<(next: Int, kept: [String: Tensor])>((0, [:]))

  /// - Returns: the handle, in TensorFlow's form: node, number and device.
  func add(_ tensor: Tensor, node: String) -> String {
    tensors.withLock { tensors in
      let name = "\(node);\(tensors.next);/job:localhost/replica:0/task:0/device:CPU:0"
      tensors.next += 1
      tensors.kept[name] = tensor
      return name
    }
  }

  func find(_ name: String) throws -> Tensor {
    guard let tensor = tensors.withLock({ $0.kept[name] }) else {
      throw TFError.invalidArgument(
        "The tensor with handle '\(name)' is not in the session store.")
    }
    return tensor
  }

  func remove(_ name: String) throws {
    guard tensors.withLock({ $0.kept.removeValue(forKey: name) }) != nil else {
      throw TFError.invalidArgument(
        "Failed to delete a tensor with handle '\(name)' in the session store.")
    }
  }
}
