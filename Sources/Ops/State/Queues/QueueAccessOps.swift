package import CoreOps

/// What steps do with queues, by handle or by reference.
package struct QueueAccessOps: OpFamily {
  package static let family: Self = define(Self())

  package let enqueue = QueueAccessOps.enqueue("QueueEnqueueV2", .resource, many: false)
  package let enqueueV1 = QueueAccessOps.enqueue("QueueEnqueue", .reference, many: false)
  package let enqueueMany = QueueAccessOps.enqueue("QueueEnqueueManyV2", .resource, many: true)
  package let enqueueManyV1 = QueueAccessOps.enqueue("QueueEnqueueMany", .reference, many: true)

  package let dequeue = QueueAccessOps.dequeue("QueueDequeueV2", .resource)
  package let dequeueV1 = QueueAccessOps.dequeue("QueueDequeue", .reference)
  package let dequeueMany = QueueAccessOps.dequeueMany("QueueDequeueManyV2", .resource)
  package let dequeueManyV1 = QueueAccessOps.dequeueMany("QueueDequeueMany", .reference)
  package let dequeueUpTo = QueueAccessOps.dequeueMany("QueueDequeueUpToV2", .resource, upTo: true)
  package let dequeueUpToV1 = QueueAccessOps.dequeueMany(
    "QueueDequeueUpTo", .reference, upTo: true)

  package let close = QueueAccessOps.close("QueueCloseV2", .resource)
  package let closeV1 = QueueAccessOps.close("QueueClose", .reference)

  package let size = QueueAccessOps.query("QueueSizeV2", .resource, "size: int32") {
    try Tensor(scalar: Int32(clamping: $0.count))
  }
  package let sizeV1 = QueueAccessOps.query("QueueSize", .reference, "size: int32") {
    try Tensor(scalar: Int32(clamping: $0.count))
  }
  package let isClosed = QueueAccessOps.query("QueueIsClosedV2", .resource, "is_closed: bool") {
    try Tensor(scalar: $0.isClosed)
  }
  package let isClosedV1 = QueueAccessOps.query("QueueIsClosed", .reference, "is_closed: bool") {
    try Tensor(scalar: $0.isClosed)
  }

  private static func enqueue(_ name: String, _ form: HandleForm, many: Bool) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type), components: Tcomponents ->
      Tcomponents: list(type) >= 1
      timeout_ms: int = -1
      """, stateful: form.isStateful, mayWait: true, shape: { _ in [] },
      kernel: .dynamic { context in
        try requireNoTimeout(context)
        return { run in
          let tuple = Array(run.inputs.dropFirst())
          let queue = try queue(run)
          try queue.requireTypes(form, tuple.map(\.dtype), isInput: true)
          if many { try queue.putMany(tuple, run.ticket) } else { try queue.put(tuple, run.ticket) }
          return []
        }
      }, gradient: .none("what is put into a queue is not followed"))
  }

  private static func dequeue(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type) -> components: component_types
      component_types: list(type) >= 1
      timeout_ms: int = -1
      """, stateful: form.isStateful, mayWait: true,
      shape: { try components($0) ?? ShapeRules.unknown($0) },
      kernel: .dynamic { context in
        try requireNoTimeout(context)
        let types = context.outputTypes
        return { run in
          let queue = try queue(run)
          try queue.requireTypes(form, types, isInput: false)
          return try queue.take(run.ticket)
        }
      }, gradient: .none("what is taken out of a queue is not followed"))
  }

  private static func dequeueMany(_ name: String, _ form: HandleForm, upTo: Bool = false) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type), n: int32 -> components: component_types
      component_types: list(type) >= 1
      timeout_ms: int = -1
      """, stateful: form.isStateful, mayWait: true,
      shape: { context in
        guard form == .resource else { return try ShapeRules.unknown(context) }
        let count = try upTo ? nil : context.size(1)
        try require((count ?? 0) >= 0, "Input 'n' must be >= 0, but is \(count ?? 0)")
        return try components(context)?.map { PartialShape.of(count).concatenated(with: $0) }
          ?? ShapeRules.unknown(context)
      },
      kernel: .dynamic { context in
        try requireNoTimeout(context)
        let types = context.outputTypes
        return { run in
          try require(
            run.inputs[1].dims.elementCount > 0, "\(name) needs a number of elements, got none")
          let count = try run.inputs[1].integers()[0]
          try require(
            count >= 0,
            "\(upTo ? "DequeueUpToOp" : "DequeueManyOp") requested \(count) < 0 elements")
          let queue = try queue(run)
          try queue.requireTypes(form, types, isInput: false, more: ", int32")
          return try queue.takeMany(count, allowsFewer: upTo, run.ticket)
        }
      }, gradient: .none("what is taken out of a queue is not followed"))
  }

  private static func close(_ name: String, _ form: HandleForm) -> OpDef {
    OpDef(
      name,
      """
      handle: \(form.type) ->
      cancel_pending_enqueues: bool = false
      """, stateful: form.isStateful, mayWait: true, shape: { _ in [] },
      kernel: .dynamic { context in
        let cancels = try context.bool("cancel_pending_enqueues")
        return { run in
          try queue(run).close(cancelling: cancels, run.ticket)
          return []
        }
      }, gradient: .zero)
  }

  private static func query(
    _ name: String, _ form: HandleForm, _ output: String,
    _ value: @escaping @Sendable (QueueObject) throws -> Tensor
  ) -> OpDef {
    OpDef(
      name, "handle: \(form.type) -> \(output)", stateful: form.isStateful,
      shape: ShapeRules.scalar, kernel: .run { [try value(queue($0))] }, gradient: .zero)
  }

  /// What is known of the components behind a handle.
  private static func components(_ context: ShapeContext) throws -> [PartialShape]? {
    guard let parts = context.handle(0)?.parts, parts.count == (try context.outputCount) else {
      return nil
    }
    return parts.map(\.shape)
  }

  private static func requireNoTimeout(_ context: KernelContext) throws {
    try require(context.int("timeout_ms") == -1, "Timeout not supported yet.")
  }

  private static func queue(_ run: DynamicContext) throws -> QueueObject {
    try run.resource(kind: "N10tensorflow14QueueInterfaceE")
  }
}

extension QueueObject {
  /// - Throws: `INVALID_ARGUMENT` when an op has other components.
  fileprivate func requireTypes(
    _ form: HandleForm, _ its: [DType], isInput: Bool, more: String = ""
  ) throws {
    if its == types { return }
    func signature(_ types: [DType]) -> String {
      let text = list(types, brackets: false)
      return isInput ? "\(form.name), \(text)->" : "\(form.name)\(more)->\(text)"
    }
    throw TFError.invalidArgument(
      "Signature mismatch, have: \(signature(its)) expected: \(signature(types))")
  }
}
