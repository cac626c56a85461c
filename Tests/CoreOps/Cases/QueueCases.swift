import CoreOps
import Synchronization
import TestSupport

private let numbers = Atomic(0)

/// A name that no other call of a row has: the modes run side by side and one after the other.
func freshName(_ name: String) -> AttrValue {
  .string("\(name)/\(numbers.add(1, ordering: .relaxed).newValue)")
}

/// A queue of its own.
private func queue(
  _ types: [DType] = [.float32], shapes: [PartialShape] = [], attrs: Attrs = [:],
  op: String = "FIFOQueueV2"
) throws -> Tensor {
  var attrs = attrs
  attrs["component_types"] = .types(types)
  attrs["shapes"] = .shapes(shapes)
  if attrs["shared_name"] == nil { attrs["shared_name"] = freshName("queue") }
  return try applyOp(op, [], attrs)[0]
}

private func put(_ queue: Tensor, _ components: Tensor..., suffix: String = "V2") throws {
  _ = try applyOp("QueueEnqueue" + suffix, [queue] + components)
}

private func putMany(_ queue: Tensor, _ components: Tensor..., suffix: String = "V2") throws {
  _ = try applyOp("QueueEnqueueMany" + suffix, [queue] + components)
}

private func take(_ queue: Tensor, _ types: [DType] = [.float32], suffix: String = "V2") throws
  -> [Tensor]
{
  try applyOp("QueueDequeue" + suffix, [queue], ["component_types": .types(types)])
}

private func takeMany(
  _ queue: Tensor, _ count: Int, _ types: [DType] = [.float32], suffix: String = "V2",
  upTo: Bool = false
) throws -> [Tensor] {
  try applyOp(
    upTo ? "QueueDequeueUpTo" + suffix : "QueueDequeueMany" + suffix,
    [queue, t(.int32, count)], ["component_types": .types(types)])
}

private func close(_ queue: Tensor, cancelling: Bool = false, suffix: String = "V2") throws {
  _ = try applyOp(
    "QueueClose" + suffix, [queue], ["cancel_pending_enqueues": .bool(cancelling)])
}

private func strings(_ values: String...) -> Tensor { try! values.asTensor() }

let queueCases: [OpCase] = [
  OpCase("FIFOQueueV2", [[1.0, 2.0], [3]], expect: [[1.0, 2.0], [3]]) { inputs in
    let queue = try queue([.float32, .int32])
    try put(queue, inputs[0], inputs[1])
    return try take(queue, [.float32, .int32])
  },
  OpCase("FIFOQueueV2 of other components", error: .invalidArgument) { _ in
    let name: Attrs = ["shared_name": freshName("same")]
    let first = try applyOp("QueueSizeV2", [queue(attrs: name)])
    return try first + applyOp("QueueSizeV2", [queue([.int32], attrs: name)])
  },
  OpCase("FIFOQueueV2 of another capacity", error: .invalidArgument) { _ in
    let name = freshName("same")
    let first = try applyOp("QueueSizeV2", [queue(attrs: ["shared_name": name])])
    return try first
      + applyOp("QueueSizeV2", [queue(attrs: ["shared_name": name, "capacity": .int(3)])])
  },
  OpCase("FIFOQueueV2 of another kind", error: .invalidArgument) { _ in
    let name: Attrs = ["shared_name": freshName("same")]
    let first = try applyOp("QueueSizeV2", [queue(shapes: [.scalar], attrs: name)])
    return try first
      + applyOp("QueueSizeV2", [queue(shapes: [.scalar], attrs: name, op: "PaddingFIFOQueueV2")])
  },
  OpCase("FIFOQueueV2 of unknown shapes", error: .invalidArgument) { _ in
    try applyOp("QueueSizeV2", [queue(shapes: [[nil]])])
  },
  OpCase("FIFOQueueV2 of more shapes than components", error: .invalidArgument) { _ in
    try applyOp("QueueSizeV2", [queue(shapes: [.scalar, .scalar])])
  },
  OpCase("FIFOQueueV2 of too large a capacity", error: .invalidArgument) { _ in
    try applyOp("QueueSizeV2", [queue(attrs: ["capacity": .int(1 << 40)])])
  },
  OpCase("FIFOQueue", [[1.0, 2.0]], expect: [[1.0, 2.0], 0]) { inputs in
    let queue = try queue(op: "FIFOQueue")
    try put(queue, inputs[0], suffix: "")
    return try take(queue, suffix: "") + applyOp("QueueSize", [queue])
  },
  OpCase("QueueEnqueueV2 of another dtype", error: .invalidArgument) { _ in
    try after(applyOp("QueueEnqueueV2", [queue(), t(.int32, 1)]))
  },
  OpCase("QueueEnqueueV2 of too few components", error: .invalidArgument) { _ in
    try after(applyOp("QueueEnqueueV2", [queue([.float32, .float32]), t(.float32, 1)]))
  },
  OpCase("QueueEnqueueV2 of another shape", error: .invalidArgument) { _ in
    try after(applyOp("QueueEnqueueV2", [queue(shapes: [.scalar]), t(.float32, [1])]))
  },
  OpCase("QueueEnqueueV2 with a time-out", error: .invalidArgument) { _ in
    try after(
      applyOp("QueueEnqueueV2", [queue(), t(.float32, 1)], ["timeout_ms": .int(5)]))
  },
  OpCase("QueueEnqueueV2 into a closed queue", error: .cancelled) { inputs in
    let queue = try queue()
    try close(queue)
    try put(queue, t(.float32, 1))
    return try take(queue)
  },
  OpCase("QueueEnqueue", [1.0], expect: [1.0, 0]) { inputs in
    let queue = try queue(op: "FIFOQueue")
    try put(queue, inputs[0], suffix: "")
    return try take(queue, suffix: "") + applyOp("QueueSize", [queue])
  },
  OpCase("QueueEnqueueManyV2", [[[1.0, 2.0], [3.0, 4.0]]], expect: [[1.0, 2.0], [3.0, 4.0]]) {
    let queue = try queue()
    try putMany(queue, $0[0])
    return try take(queue) + take(queue)
  },
  OpCase("QueueEnqueueManyV2 of nothing", expect: [0]) { _ in
    let queue = try queue(shapes: [.scalar])
    try putMany(queue, t(.float32, [Float]()))
    return try applyOp("QueueSizeV2", [queue])
  },
  OpCase("QueueEnqueueManyV2 of components of two lengths", error: .invalidArgument) { _ in
    let queue = try queue([.float32, .float32])
    try putMany(queue, t(.float32, [1, 2]), t(.float32, [1]))
    return try applyOp("QueueSizeV2", [queue])
  },
  OpCase("QueueEnqueueManyV2 of a number", error: .invalidArgument) { _ in
    let queue = try queue()
    try putMany(queue, t(.float32, 1))
    return try applyOp("QueueSizeV2", [queue])
  },
  OpCase("QueueEnqueueMany", [[1, 2]], expect: [2, 1]) { inputs in
    let queue = try queue([.int32], op: "FIFOQueue")
    try putMany(queue, inputs[0], suffix: "")
    let size = try applyOp("QueueSize", [queue])
    return try size + take(queue, [.int32], suffix: "")
  },
  OpCase("QueueDequeueV2", [[1.0], [2.0]], expect: [[1.0], [2.0]]) { inputs in
    let queue = try queue()
    for input in inputs { try put(queue, input) }
    return try take(queue) + take(queue)
  },
  OpCase("QueueDequeueV2 of other components", error: .invalidArgument) { _ in
    try take(queue(), [.int32])
  },
  OpCase("QueueDequeueV2 of a closed queue", error: .outOfRange) { _ in
    let queue = try queue()
    try close(queue)
    return try take(queue)
  },
  OpCase("QueueDequeue of no queue", error: .notFound) { _ in
    try take(strings("localhost", "no such queue"), suffix: "")
  },
  OpCase("QueueDequeueManyV2", [[1, 2, 3]], expect: [[1, 2], 1]) { inputs in
    let queue = try queue([.int32], shapes: [.scalar])
    try putMany(queue, inputs[0])
    return try takeMany(queue, 2, [.int32]) + applyOp("QueueSizeV2", [queue])
  },
  OpCase("QueueDequeueManyV2 of strings", [["a", "b"]], expect: [[["a"], ["b"]]]) { inputs in
    let queue = try queue([.string], shapes: [[1]])
    try putMany(queue, applyOp("Reshape", [inputs[0], t(.int32, [2, 1])])[0])
    return try takeMany(queue, 2, [.string])
  },
  OpCase("QueueDequeueManyV2 of none", expect: [t(.float32, [[Float]]())]) { _ in
    try takeMany(queue(shapes: [[2]]), 0).map { try applyOp("Reshape", [$0, t(.int32, [0])])[0] }
  },
  OpCase("QueueDequeueManyV2 without shapes", error: .invalidArgument) { _ in
    try takeMany(queue(), 1)
  },
  OpCase("QueueDequeueManyV2 of less than none", error: .invalidArgument) { _ in
    try takeMany(queue(shapes: [.scalar]), -1)
  },
  OpCase("QueueDequeueManyV2 of too many of a closed queue", error: .outOfRange) { _ in
    let queue = try queue([.int32], shapes: [.scalar])
    try putMany(queue, t(.int32, [1, 2]))
    try close(queue)
    return try takeMany(queue, 3, [.int32])
  },
  OpCase("QueueDequeueMany", [[1, 2, 3]], expect: [[1, 2, 3]]) { inputs in
    let queue = try queue([.int32], shapes: [.scalar], op: "FIFOQueue")
    try putMany(queue, inputs[0], suffix: "")
    return try takeMany(queue, 3, [.int32], suffix: "")
  },
  OpCase("QueueDequeueUpToV2 gives what a closed queue has", [[1, 2]], expect: [[1, 2]]) {
    let queue = try queue([.int32], shapes: [.scalar])
    try putMany(queue, $0[0])
    try close(queue)
    return try takeMany(queue, 3, [.int32], upTo: true)
  },
  OpCase("QueueDequeueUpToV2 of an empty closed queue", error: .outOfRange) { _ in
    let queue = try queue([.int32], shapes: [.scalar])
    try close(queue)
    return try takeMany(queue, 3, [.int32], upTo: true)
  },
  OpCase("QueueDequeueUpTo", [[1, 2]], expect: [[1, 2]]) { inputs in
    let queue = try queue([.int32], shapes: [.scalar], op: "FIFOQueue")
    try putMany(queue, inputs[0], suffix: "")
    return try takeMany(queue, 2, [.int32], suffix: "", upTo: true)
  },
  OpCase("QueueSizeV2", [[1.0]], expect: [0, 1]) { inputs in
    let queue = try queue()
    let before = try applyOp("QueueSizeV2", [queue])
    try put(queue, inputs[0])
    return try before + applyOp("QueueSizeV2", [queue])
  },
  OpCase("QueueSize of a handle of another length", error: .invalidArgument) { _ in
    try applyOp("QueueSize", [strings("a")])
  },
  OpCase("QueueSize of no queue", error: .notFound) { _ in
    try applyOp("QueueSize", [strings("localhost", "no such queue")])
  },
  OpCase("QueueIsClosedV2", expect: [false]) { _ in try applyOp("QueueIsClosedV2", [queue()]) },
  OpCase("QueueIsClosed", expect: [false, true]) { _ in
    let queue = try queue(op: "FIFOQueue")
    let before = try applyOp("QueueIsClosed", [queue])
    try close(queue, suffix: "")
    return try before + applyOp("QueueIsClosed", [queue])
  },
  OpCase("QueueCloseV2", expect: [true]) { _ in
    let queue = try queue()
    try close(queue, cancelling: true)
    return try applyOp("QueueIsClosedV2", [queue])
  },
  OpCase("QueueCloseV2 twice", error: .cancelled) { _ in
    let queue = try queue()
    try close(queue)
    try close(queue)
    return try applyOp("QueueIsClosedV2", [queue])
  },
  OpCase("QueueCloseV2 twice where it cancels", expect: [true]) { _ in
    let queue = try queue()
    try close(queue)
    try close(queue, cancelling: true)
    return try applyOp("QueueIsClosedV2", [queue])
  },
  OpCase("QueueClose twice", error: .cancelled) { _ in
    let queue = try queue(op: "FIFOQueue")
    try close(queue, suffix: "")
    try close(queue, suffix: "")
    return try applyOp("QueueIsClosed", [queue])
  },
  OpCase("FakeQueue", [[5]], expect: [[5]]) { inputs in
    let queue = try queue([.int32])
    let name = try applyOp("FakeQueue", [queue])[0]
    try put(name, inputs[0], suffix: "")
    return try take(name, [.int32], suffix: "")
  },

  // MARK: - Padding

  OpCase(
    "PaddingFIFOQueueV2",
    expect: [
      [[[1, 2], [0, 0]], [[0, 0], [0, 0]], [[5, 6], [7, 8]]],
      [["a", "b"], ["c", ""], ["", ""]],
    ]
  ) { _ in
    let queue = try queue([.int32, .string], shapes: [[nil, 2], [nil]], op: "PaddingFIFOQueueV2")
    try put(queue, t(.int32, [[1, 2]]), strings("a", "b"))
    try put(queue, Tensor.zeros(.int32, [0, 2]), strings("c"))
    try put(queue, t(.int32, [[5, 6], [7, 8]]), Tensor.zeros(.string, [0]))
    return try takeMany(queue, 3, [.int32, .string])
  },
  OpCase("PaddingFIFOQueueV2 of an element of another rank", error: .invalidArgument) { _ in
    let queue = try queue([.int32], shapes: [[nil, 2]], op: "PaddingFIFOQueueV2")
    try put(queue, t(.int32, [1, 2]))
    return try take(queue, [.int32])
  },
  OpCase("PaddingFIFOQueueV2 of another size", error: .invalidArgument) { _ in
    let queue = try queue([.int32], shapes: [[nil, 2]], op: "PaddingFIFOQueueV2")
    try putMany(queue, t(.int32, [[[1, 2, 3]]]))
    return try take(queue, [.int32])
  },
  OpCase("PaddingFIFOQueueV2 without shapes", error: .invalidArgument) { _ in
    try applyOp("QueueSizeV2", [queue(op: "PaddingFIFOQueueV2")])
  },
  OpCase("PaddingFIFOQueueV2 of unknown rank", error: .invalidArgument) { _ in
    try applyOp("QueueSizeV2", [queue(shapes: [.unknown], op: "PaddingFIFOQueueV2")])
  },
  OpCase("PaddingFIFOQueue", expect: [[[1, 0], [2, 3]]]) { _ in
    let queue = try queue([.int32], shapes: [[nil]], op: "PaddingFIFOQueue")
    try put(queue, t(.int32, [1]), suffix: "")
    try put(queue, t(.int32, [2, 3]), suffix: "")
    return try takeMany(queue, 2, [.int32], suffix: "")
  },

  // MARK: - Priorities and chance: values of TensorFlow

  OpCase(
    "PriorityQueueV2 gives equal priorities in TensorFlow's order",
    expect: [
      t(.int64, [1, 1, 1, 1]), [1, 6, 3, 7],
      t(.int64, [1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3]),
      [1, 6, 7, 3, 5, 5, 2, 9, 2, 9, 8, 4, 0, 0, 4, 8],
    ]
  ) { _ in
    let queue = try queue([.int32], shapes: [.scalar], op: "PriorityQueueV2")
    let (keys, values) = (
      t(.int64, [3, 1, 2, 1, 3, 2, 1, 1, 3, 2]), t(.int32, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    )
    try putMany(queue, keys, values)
    let first = try takeMany(queue, 4, [.int64, .int32])
    try putMany(queue, keys, values)
    return try first + takeMany(queue, 16, [.int64, .int32])
  },
  OpCase("PriorityQueueV2 of a vector as priority", error: .invalidArgument) { _ in
    let queue = try queue([.int32], shapes: [.scalar], op: "PriorityQueueV2")
    try put(queue, t(.int64, [1]), t(.int32, 1))
    return try take(queue, [.int64, .int32])
  },
  OpCase("PriorityQueueV2 without shapes", error: .invalidArgument) { _ in
    try applyOp("QueueSizeV2", [queue([.int32], op: "PriorityQueueV2")])
  },
  OpCase("PriorityQueueV2 of a part of a closed queue", error: .outOfRange) { _ in
    let queue = try queue([.int32], shapes: [.scalar], op: "PriorityQueueV2")
    try put(queue, t(.int64, 1), t(.int32, 1))
    try close(queue)
    return try takeMany(queue, 2, [.int64, .int32])
  },
  OpCase("PriorityQueue", expect: [t(.int64, 2), 7]) { _ in
    let queue = try queue([.int32], shapes: [.scalar], op: "PriorityQueue")
    try put(queue, t(.int64, 5), t(.int32, 6), suffix: "")
    try put(queue, t(.int64, 2), t(.int32, 7), suffix: "")
    return try take(queue, [.int64, .int32], suffix: "")
  },
  OpCase(
    "RandomShuffleQueueV2 gives TensorFlow's order for seeds",
    expect: [[3, 11, 6, 1, 4], 10, [9, 5, 2, 8, 7, 0]]
  ) { _ in
    let queue = try queue(
      [.int32], shapes: [.scalar], attrs: ["seed": .int(3), "seed2": .int(5)],
      op: "RandomShuffleQueueV2")
    try putMany(queue, t(.int32, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
    return try takeMany(queue, 5, [.int32]) + take(queue, [.int32])
      + takeMany(queue, 6, [.int32])
  },
  OpCase(
    "RandomShuffleQueueV2 keeps some elements until it is closed",
    expect: [[2, 1, 5], [0, 6, 1, 3, 8, 2, 7, 6, 9], [8, 4, 7, 9, 0, 4, 5, 3]]
  ) { _ in
    let queue = try queue(
      [.int32], shapes: [.scalar],
      attrs: ["seed": .int(87_654_321), "seed2": .int(42), "min_after_dequeue": .int(4)],
      op: "RandomShuffleQueueV2")
    let elements = t(.int32, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    try putMany(queue, elements)
    let first = try takeMany(queue, 3, [.int32])
    try putMany(queue, elements)
    let second = try takeMany(queue, 9, [.int32])
    try close(queue)
    return try first + second + takeMany(queue, 99, [.int32], upTo: true)
  },
  OpCase("RandomShuffleQueueV2 that keeps as many as it holds", error: .invalidArgument) { _ in
    try applyOp(
      "QueueSizeV2",
      [
        queue(
          shapes: [.scalar], attrs: ["capacity": .int(5), "min_after_dequeue": .int(7)],
          op: "RandomShuffleQueueV2")
      ])
  },
  OpCase("RandomShuffleQueueV2 that keeps less than none", error: .invalidArgument) { _ in
    try applyOp(
      "QueueSizeV2",
      [queue(shapes: [.scalar], attrs: ["min_after_dequeue": .int(-1)], op: "RandomShuffleQueueV2")]
    )
  },
  OpCase("RandomShuffleQueueV2 of other seeds", error: .invalidArgument) { _ in
    let name = freshName("same")
    func size(_ seed: Int) throws -> [Tensor] {
      try applyOp(
        "QueueSizeV2",
        [
          queue(
            shapes: [.scalar], attrs: ["seed": .int(seed), "seed2": .int(1), "shared_name": name],
            op: "RandomShuffleQueueV2")
        ])
    }
    return try size(1) + size(2)
  },
  OpCase("RandomShuffleQueue", expect: [[3, 11, 6, 1, 4]]) { _ in
    let queue = try queue(
      [.int32], shapes: [.scalar], attrs: ["seed": .int(3), "seed2": .int(5)],
      op: "RandomShuffleQueue")
    try putMany(queue, t(.int32, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), suffix: "")
    return try takeMany(queue, 5, [.int32], suffix: "")
  },
]
