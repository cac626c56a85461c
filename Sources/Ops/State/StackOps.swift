package import CoreOps

/// Stacks that TF-1 loops keep values on for their gradients.
package struct StackOps: OpFamily {
  package static let family: Self = define(Self())

  package let create: OpDef = OpDef(
    "StackV2",
    """
    max_size: int32 -> handle: resource
    elem_type: type
    stack_name: string = ''
    """, stateful: true, shape: { _ in [.unknown] },
    kernel: .dynamic { context in
      let (dtype, name) = (try context.type("elem_type"), try context.string("stack_name"))
      return { run in
        try require(
          run.inputs[0].dims.rank == 0,
          "Stack size must be a scalar, but had shape: \(run.inputs[0].dims)")
        return [
          Tensor(
            resource: StackObject(
              name: name.isEmpty ? run.node : name, dtype: dtype,
              limit: try run.inputs[0].integers()[0]))
        ]
      }
    }, gradient: .none("a stack is not differentiable"))

  package let push: OpDef = OpDef(
    "StackPushV2",
    """
    handle: resource, elem: T -> output: T
    T: type
    swap_memory: bool = false
    """, stateful: true, shape: { [$0.shapes[1]] },
    kernel: .run { run in
      let stack: StackObject = try run.inputs[0].resource()
      try require(
        stack.dtype == run.inputs[1].dtype,
        "Must have type \(stack.dtype) but got \(run.inputs[1].dtype)")
      try stack.push(run.inputs[1])
      return [run.inputs[1]]
    }, gradient: .none("a stack is not differentiable"))

  package let pop: OpDef = OpDef(
    "StackPopV2",
    """
    handle: resource -> elem: elem_type
    elem_type: type
    """, stateful: true, shape: ShapeRules.unknown,
    kernel: .dynamic { context in
      let dtype = try context.type("elem_type")
      return { run in
        let stack: StackObject = try run.inputs[0].resource()
        try require(stack.dtype == dtype, "Stack[\(stack.name)] holds \(stack.dtype), not \(dtype)")
        return [try stack.pop()]
      }
    }, gradient: .none("a stack is not differentiable"))

  package let close: OpDef = OpDef(
    "StackCloseV2",
    """
    handle: resource ->
    """, stateful: true, shape: { _ in [] },
    kernel: .run { run in
      try run.inputs[0].resource(StackObject.self).close()
      return []
    }, gradient: .none("a stack is not differentiable"))
}
