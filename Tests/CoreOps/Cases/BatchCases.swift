import CoreOps
import TestSupport

private let sizes: Attrs = [
  "num_batch_threads": .int(1), "max_batch_size": .int(4), "batch_timeout_micros": .int(1000),
]

private func batch(_ inputs: [Tensor], allowed: [Int] = []) throws -> [Tensor] {
  try applyOp(
    "Batch", inputs,
    sizes.with("allowed_batch_sizes", .ints(allowed)).with("grad_timeout_micros", .int(1000)))
}

private func unbatch(_ batch: Tensor, _ index: Tensor, _ id: Tensor) throws -> [Tensor] {
  try applyOp(
    "Unbatch", [batch, index, id],
    ["timeout_micros": .int(1000), "shared_name": freshName("unbatch")])
}

/// Batches of requests; what `BatchFunction` calls needs a function library: see
/// `BatchFunctionTests`.
let batchCases: [OpCase] = [
  OpCase("Batch pads to an allowed size", [[1, 2, 3]], expect: [[1, 2, 3, 1]]) { inputs in
    [try batch(inputs, allowed: [2, 4])[0]]
  },
  OpCase("Batch of nothing", expect: [t(.int64, [Int]())]) { _ in
    [try batch([t(.float32, [Float]())])[1]]
  },
  OpCase("Batch of two lengths", error: .invalidArgument) { _ in
    try batch([t(.int32, [1, 2]), t(.int32, [1])])
  },
  OpCase("Batch of a number", error: .invalidArgument) { _ in try batch([t(.int32, 1)]) },
  OpCase("Batch of more than it may have", error: .invalidArgument) { _ in
    try batch([t(.int32, [1, 2, 3, 4, 5])])
  },
  OpCase("Batch of sizes out of order", error: .invalidArgument) { _ in
    try batch([t(.int32, [1])], allowed: [4, 2])
  },
  OpCase("Batch of another largest size", error: .invalidArgument) { _ in
    try batch([t(.int32, [1])], allowed: [2, 3])
  },
  OpCase("Unbatch", [[1, 2, 3]], expect: [[1, 2, 3]]) { inputs in
    let batched = try batch(inputs, allowed: [4])
    return try unbatch(batched[0], batched[1], batched[2])
  },
  OpCase("Unbatch of another request", error: .deadlineExceeded) { _ in
    try unbatch(t(.int32, [1, 2]), Tensor.zeros(.int64, [0, 3]), t(.int64, 7))
  },
  OpCase("Unbatch beyond the batch", error: .invalidArgument) { _ in
    try unbatch(t(.int32, [1, 2]), t(.int64, [[7, 0, 9]]), t(.int64, 7))
  },
  OpCase("Unbatch by an index of two columns", error: .invalidArgument) { _ in
    try unbatch(t(.int32, [1, 2]), t(.int64, [[7, 0]]), t(.int64, 7))
  },
  OpCase("UnbatchGrad", [[5, 6, 7]], expect: [[5, 6, 7]]) { inputs in
    try applyOp(
      "UnbatchGrad", [inputs[0], t(.int64, [[7, 0, 3]]), inputs[0], t(.int64, 7)],
      ["shared_name": freshName("unbatch")])
  },
  OpCase("BatchFunction without a library", error: .notFound) { _ in
    try applyOp(
      "BatchFunction", [t(.int32, [1, 2])],
      sizes.with("f", .function("f", [:]))
        .with("Tin", .types([.int32])).with("Tcaptured", .types([]))
        .with("Tout", .types([.int32])))
  },
]
