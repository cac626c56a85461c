package import CoreOps

/// Stacks that TF-1 loops keep values on for their gradients, by handle or by a reference to their
/// name.
package struct StackOps: OpFamily {
  package static let family: Self = define(Self())

  package let create = OpDef(
    "StackV2",
    """
    max_size: int32 -> handle: resource
    elem_type: type
    stack_name: string = ''
    """, stateful: true, shape: { _ in [.unknown] },
    kernel: .dynamic { context in
      let make = try maker(context)
      return { run in
        try require(
          run.inputs[0].dims.rank == 0,
          "Stack size must be a scalar, but had shape: \(run.inputs[0].dims)")
        return [Tensor(resource: make(run, try run.inputs[0].integers()[0]))]
      }
    }, gradient: .none("a stack is not differentiable"))

  package let createV1 = OpDef(
    "Stack",
    """
    -> handle: Ref(string)
    elem_type: type
    stack_name: string = ''
    """, stateful: true, shape: { _ in [[2]] },
    kernel: .dynamic { context in
      let make = try maker(context)
      return { run in
        let stack = make(run, -1)
        return [try NamedThing.handle(stack, "_stacks", stack.name)]
      }
    }, gradient: .none("a stack is not differentiable"))

  package let push = StackOps.push("StackPushV2", .resource)
  package let pushV1 = StackOps.push("StackPush", .reference)
  package let pop = StackOps.pop("StackPopV2", .resource)
  package let popV1 = StackOps.pop("StackPop", .reference)
  package let close = StackOps.close("StackCloseV2", .resource)
  package let closeV1 = StackOps.close("StackClose", .reference)

  private static func maker(_ context: KernelContext) throws
    -> @Sendable (DynamicContext, Int) -> StackObject
  {
    let (dtype, name) = (try context.type("elem_type"), try context.string("stack_name"))
    return { run, limit in
      StackObject(name: name.isEmpty ? run.node : name, dtype: dtype, limit: limit)
    }
  }

  private static func push(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type), elem: T -> output: T
      T: type
      swap_memory: bool = false
      """, stateful: form.isStateful, shape: { [$0.shapes[1]] },
      kernel: .run { run in
        let stack = try stack(run)
        try require(
          stack.dtype == run.inputs[1].dtype,
          "Must have type \(stack.dtype) but got \(run.inputs[1].dtype)")
        try stack.push(run.inputs[1])
        return [run.inputs[1]]
      }, gradient: .none("a stack is not differentiable"))
  }

  private static func pop(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type) -> elem: elem_type
      elem_type: type
      """, stateful: form.isStateful, shape: ShapeRules.unknown,
      kernel: .dynamic { context in
        let dtype = try context.type("elem_type")
        return { run in
          let stack = try stack(run)
          try require(
            stack.dtype == dtype, "Stack[\(stack.name)] holds \(stack.dtype), not \(dtype)")
          return [try stack.pop()]
        }
      }, gradient: .none("a stack is not differentiable"))
  }

  private static func close(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type) ->
      """, stateful: form.isStateful, shape: { _ in [] },
      kernel: .run { run in
        try stack(run).close()
        return []
      }, gradient: .none("a stack is not differentiable"))
  }

  private static func stack(_ run: DynamicContext) throws -> StackObject {
    try NamedThing.find(run.inputs[0], kind: "N10tensorflow5StackE")
  }
}
