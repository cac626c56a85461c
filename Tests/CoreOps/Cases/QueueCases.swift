import CoreOps
import TestSupport

/// A queue of that name, which a row leaves empty: the modes share it.
private func queue(_ name: String, _ types: [DType] = [.float32]) throws -> Tensor {
  let name = AttrValue.string("queues/" + name)
  return try applyOp(
    "FIFOQueueV2", [], ["component_types": .types(types), "shared_name": name])[0]
}

private func dequeue(_ queue: Tensor, _ types: [DType] = [.float32]) throws -> [Tensor] {
  try applyOp("QueueDequeueV2", [queue], ["component_types": .types(types)])
}

let queueCases: [OpCase] = [
  OpCase("FIFOQueueV2", [[1.0, 2.0], [3]], expect: [[1.0, 2.0], [3]]) { inputs in
    let queue = try queue("pairs", [.float32, .int32])
    _ = try applyOp("QueueEnqueueV2", [queue] + inputs)
    return try dequeue(queue, [.float32, .int32])
  },
  OpCase("FIFOQueueV2 of other components", error: .invalidArgument) { _ in
    let first = try queue("floats")
    return try applyOp("QueueSizeV2", [first]) + applyOp("QueueSizeV2", [queue("floats", [.int32])])
  },
  OpCase("QueueEnqueueV2 of another dtype", error: .invalidArgument) { _ in
    try after(applyOp("QueueEnqueueV2", [queue("entered"), [1].asTensor()]))
  },
  OpCase("QueueDequeueV2", [[1.0], [2.0]], expect: [[1.0], [2.0]]) { inputs in
    let queue = try queue("in order")
    for input in inputs { _ = try applyOp("QueueEnqueueV2", [queue, input]) }
    return try dequeue(queue) + dequeue(queue)
  },
  OpCase("QueueSizeV2", [[1.0]], expect: [0, 1]) { inputs in
    let queue = try queue("counted")
    let before = try applyOp("QueueSizeV2", [queue])
    _ = try applyOp("QueueEnqueueV2", [queue, inputs[0]])
    let after = try applyOp("QueueSizeV2", [queue])
    _ = try dequeue(queue)
    return before + after
  },
  OpCase("QueueIsClosedV2", expect: [false]) { _ in
    try applyOp("QueueIsClosedV2", [queue("open")])
  },
  OpCase("QueueCloseV2", expect: [true]) { _ in
    let queue = try queue("closed")
    _ = try applyOp("QueueCloseV2", [queue], ["cancel_pending_enqueues": .bool(true)])
    return try applyOp("QueueIsClosedV2", [queue])
  },
]
