package import CoreOps

/// Queues of tensors, by which steps of one or several runs hand values on.
package struct QueueOps: OpFamily {
  package static let family: Self = define(Self())

  package let fifo = OpDef(
    "FIFOQueueV2",
    """
    -> handle: resource
    component_types: list(type) >= 1
    shapes: list(shape) >= 0 = []
    capacity: int = -1
    container: string = ''
    shared_name: string = ''
    """, stateful: true,
    shape: { context in
      let types = try context.types("component_types")
      let shapes = try shapes(context, types.count)
      context.setHandle(
        0,
        HandleData(
          types.enumerated().map { HandleData.Part($1, shapes.isEmpty ? .unknown : shapes[$0]) }))
      return [.scalar]
    },
    kernel: .dynamic { context in
      let types = try context.types("component_types")
      let shapes = try shapes(context, types.count)
      for shape in shapes {
        try require(
          shape.isFullyDefined,
          "All shapes of a FIFOQueue must be fully defined, got \(shape)")
      }
      let (capacity, container, sharedName) = (
        try context.int("capacity"), try context.string("container"),
        try context.string("shared_name")
      )
      return { run in
        let resources = run.execution.resources
        let name = sharedName.isEmpty ? run.node : sharedName
        let queue = try resources.findOrCreate(container, name) {
          QueueObject(
            name: name, types: types, shapes: shapes, capacity: capacity,
            activity: resources.activity)
        }
        guard queue.types == types else {
          throw TFError.invalidArgument(
            """
            Shared queue '\(name)' has component types \(list(queue.types)) but requested \
            component types were \(list(types))
            """
          )
        }
        return [Tensor(resource: queue)]
      }
    }, gradient: .none("a queue's handle has no inputs"))

  package let enqueue = OpDef(
    "QueueEnqueueV2",
    """
    handle: resource, components: Tcomponents ->
    Tcomponents: list(type) >= 1
    timeout_ms: int = -1
    """, stateful: true, mayWait: true, shape: { _ in [] },
    kernel: .dynamic { context in
      try requireNoTimeout(context)
      return { run in
        let queue = try queue(run.inputs[0], run.inputs.dropFirst().map(\.dtype))
        try queue.put(Array(run.inputs.dropFirst()), run.ticket)
        return []
      }
    }, gradient: .none("what is put into a queue is not followed"))

  package let dequeue = OpDef(
    "QueueDequeueV2",
    """
    handle: resource -> components: component_types
    component_types: list(type) >= 1
    timeout_ms: int = -1
    """, stateful: true, mayWait: true,
    shape: { context in
      let count = try context.outputCount
      guard let parts = context.handle(0)?.parts, parts.count == count else {
        return [PartialShape](repeating: .unknown, count: count)
      }
      return parts.map(\.shape)
    },
    kernel: .dynamic { context in
      try requireNoTimeout(context)
      let types = context.outputTypes
      return { try queue($0.inputs[0], types).take($0.ticket) }
    }, gradient: .none("what is taken out of a queue is not followed"))

  package let close = OpDef(
    "QueueCloseV2",
    """
    handle: resource ->
    cancel_pending_enqueues: bool = false
    """, stateful: true, shape: { _ in [] },
    kernel: .dynamic { context in
      let cancels = try context.bool("cancel_pending_enqueues")
      return { run in
        try run.inputs[0].resource(QueueObject.self).close(cancellingEnqueues: cancels)
        return []
      }
    }, gradient: .zero)

  package let size = OpDef(
    "QueueSizeV2",
    """
    handle: resource -> size: int32
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run {
      [try Tensor(scalar: Int32(clamping: try $0.inputs[0].resource(QueueObject.self).count))]
    }, gradient: .zero)

  package let isClosed = OpDef(
    "QueueIsClosedV2",
    """
    handle: resource -> is_closed: bool
    """, stateful: true, shape: ShapeRules.scalar,
    kernel: .run { [try Tensor(scalar: try $0.inputs[0].resource(QueueObject.self).isClosed)] },
    gradient: .zero)

  private static func requireNoTimeout(_ context: KernelContext) throws {
    guard try context.int("timeout_ms") == -1 else {
      throw TFError.invalidArgument("Timeout not supported yet.")
    }
  }

  private static func shapes(_ context: some AttrAccess, _ count: Int) throws -> [PartialShape] {
    let shapes = try context.shapes("shapes")
    try require(
      shapes.isEmpty || shapes.count == count,
      "Expected \(count) shapes, one per component, got \(shapes.count)")
    return shapes
  }

  private static func queue(_ handle: Tensor, _ types: [DType]) throws -> QueueObject {
    let queue: QueueObject = try handle.resource()
    guard queue.types == types else {
      throw TFError.invalidArgument(
        "Expected component types \(list(queue.types)), got \(list(types))")
    }
    return queue
  }

  private static func list(_ types: [DType]) -> String {
    "[" + types.map(\.signatureName).joined(separator: ", ") + "]"
  }
}
