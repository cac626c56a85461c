import CoreOps
import TestSupport

/// An accumulator of its own.
private func accumulator(
  _ op: String = "ConditionalAccumulator", _ dtype: DType = .float32,
  _ shape: PartialShape = [2], _ attrs: Attrs = [:]
) throws -> Tensor {
  var attrs = attrs
  attrs["dtype"] = .type(dtype)
  attrs["shape"] = .shape(shape)
  attrs["shared_name"] = freshName("accumulator")
  return try applyOp(op, [], attrs)[0]
}

private func add(_ accumulator: Tensor, _ gradient: Tensor, step: Int = 0, prefix: String = "")
  throws
{
  _ = try applyOp(
    prefix + "AccumulatorApplyGradient", [accumulator, t(.int64, step), gradient])
}

private func take(
  _ accumulator: Tensor, _ count: Int, _ dtype: DType = .float32, prefix: String = ""
) throws -> [Tensor] {
  try applyOp(
    prefix + "AccumulatorTakeGradient", [accumulator, t(.int32, count)], ["dtype": .type(dtype)])
}

private func count(_ accumulator: Tensor, prefix: String = "") throws -> [Tensor] {
  try applyOp(prefix + "AccumulatorNumAccumulated", [accumulator])
}

private func slices(_ shape: PartialShape = [4, nil], _ attrs: Attrs = [:]) throws -> Tensor {
  try accumulator("SparseConditionalAccumulator", .float32, shape, attrs)
}

private func add(
  _ accumulator: Tensor, _ indices: [Int], _ values: Tensor, shape: [Int]? = nil
) throws {
  _ = try applyOp(
    "SparseAccumulatorApplyGradient",
    [accumulator, t(.int64, 0), t(.int64, indices), values, t(.int64, shape ?? [])],
    ["has_known_shape": .bool(shape != nil)])
}

private func takeSlices(_ accumulator: Tensor, _ count: Int) throws -> [Tensor] {
  try applyOp(
    "SparseAccumulatorTakeGradient", [accumulator, t(.int32, count)], ["dtype": .type(.float32)])
}

/// A row of a gradient of slices that does not fit.
private func refused(
  _ title: String, _ indices: [Int], _ values: Tensor, shape: [Int]? = nil,
  after first: ([Int], Tensor)? = nil
) -> OpCase {
  OpCase("SparseAccumulatorApplyGradient \(title)", error: .invalidArgument) { _ in
    let accumulator = try slices()
    if let first { try add(accumulator, first.0, first.1) }
    try add(accumulator, indices, values, shape: shape)
    return try count(accumulator)
  }
}

let accumulatorCases: [OpCase] = [
  OpCase("ConditionalAccumulator", expect: [0]) { _ in try count(accumulator()) },
  OpCase("ConditionalAccumulator of integers", error: .invalidArgument) { _ in
    try count(accumulator("ConditionalAccumulator", .int32))
  },
  OpCase("AccumulatorApplyGradient", [[1.0, 2.0], [3.0, 4.0]], expect: [2, [2.0, 3.0], 0]) {
    let accumulator = try accumulator()
    for gradient in $0 { try add(accumulator, gradient) }
    let counted = try count(accumulator)
    return try counted + take(accumulator, 2) + count(accumulator)
  },
  OpCase("AccumulatorApplyGradient of another shape", error: .invalidArgument) { _ in
    let accumulator = try accumulator()
    try add(accumulator, t(.float32, [1, 2, 3]))
    return try count(accumulator)
  },
  OpCase("AccumulatorApplyGradient of another shape than before", error: .invalidArgument) { _ in
    let accumulator = try accumulator("ConditionalAccumulator", .float32, .unknown)
    try add(accumulator, t(.float32, [1, 2, 3]))
    try add(accumulator, t(.float32, [1, 2]))
    return try count(accumulator)
  },
  OpCase("AccumulatorApplyGradient of another dtype", error: .invalidArgument) { _ in
    let accumulator = try accumulator()
    try add(accumulator, t(.float64, [1, 2]))
    return try count(accumulator)
  },
  OpCase("AccumulatorApplyGradient of an earlier step", expect: [1]) { _ in
    let accumulator = try accumulator()
    _ = try applyOp("AccumulatorSetGlobalStep", [accumulator, t(.int64, 5)])
    try add(accumulator, t(.float32, [1, 1]), step: 4)
    try add(accumulator, t(.float32, [1, 1]), step: 5)
    return try count(accumulator)
  },
  OpCase("AccumulatorTakeGradient", [[1.0, 2.0]], expect: [[1.0, 2.0], 0]) { inputs in
    let accumulator = try accumulator()
    try add(accumulator, inputs[0])
    let taken = try take(accumulator, 1)
    // What is taken out is a step: the gradient is of an earlier one.
    try add(accumulator, inputs[0])
    return try taken + count(accumulator)
  },
  OpCase("AccumulatorTakeGradient of a sum", [[1.0, 2.0]], expect: [[2.0, 4.0]]) { inputs in
    let accumulator = try accumulator(
      "ConditionalAccumulator", .float32, [2], ["reduction_type": .string("SUM")])
    for _ in 0..<2 { try add(accumulator, inputs[0]) }
    return try take(accumulator, 2)
  },
  OpCase("AccumulatorTakeGradient of none", error: .invalidArgument) { _ in
    try take(accumulator(), 0)
  },
  OpCase("AccumulatorTakeGradient of another dtype", error: .invalidArgument) { _ in
    try take(accumulator(), 1, .float64)
  },
  OpCase("AccumulatorSetGlobalStep of two steps", error: .invalidArgument) { _ in
    let accumulator = try accumulator()
    _ = try applyOp("AccumulatorSetGlobalStep", [accumulator, t(.int64, [1, 2])])
    return try count(accumulator)
  },
  OpCase("AccumulatorNumAccumulated of no accumulator", error: .notFound) { _ in
    try count(["localhost", "no such accumulator"].asTensor())
  },
  OpCase("ResourceConditionalAccumulator", expect: [0]) { _ in
    try count(accumulator("ResourceConditionalAccumulator"), prefix: "Resource")
  },
  OpCase("ResourceAccumulatorApplyGradient", expect: [1]) { _ in
    let accumulator = try accumulator("ResourceConditionalAccumulator", .float64)
    try add(accumulator, t(.float64, [1, 2]), prefix: "Resource")
    return try count(accumulator, prefix: "Resource")
  },
  OpCase("ResourceAccumulatorTakeGradient", expect: [t(.half, [1.5, 2.5])]) { _ in
    let accumulator = try accumulator("ResourceConditionalAccumulator", .half, .unknown)
    try add(accumulator, t(.half, [1, 2]), prefix: "Resource")
    try add(accumulator, t(.half, [2, 3]), prefix: "Resource")
    return try take(accumulator, 2, .half, prefix: "Resource")
  },
  OpCase("ResourceAccumulatorSetGlobalStep", expect: [0]) { _ in
    let accumulator = try accumulator("ResourceConditionalAccumulator")
    _ = try applyOp("ResourceAccumulatorSetGlobalStep", [accumulator, t(.int64, 5)])
    try add(accumulator, t(.float32, [1, 2]), prefix: "Resource")
    return try count(accumulator, prefix: "Resource")
  },
  OpCase("ResourceAccumulatorNumAccumulated", expect: [0]) { _ in
    try count(accumulator("ResourceConditionalAccumulator"), prefix: "Resource")
  },
  OpCase("SparseConditionalAccumulator", expect: [0]) { _ in try count(slices()) },
  // TensorFlow's values: each slice by how often it came.
  OpCase(
    "SparseAccumulatorTakeGradient",
    expect: [
      t(.int64, [0, 1, 3]), [[10.0, 20.0], [12.0, 15.666_667], [3.0, 4.0]], t(.int64, [4, 2]),
    ]
  ) { _ in
    let accumulator = try slices()
    try add(accumulator, [1, 3], t(.float32, [[1, 2], [3, 4]]))
    try add(accumulator, [0, 1], t(.float32, [[10, 20], [30, 40]]))
    try add(accumulator, [1], t(.float32, [[5, 5]]), shape: [4, 2])
    return try takeSlices(accumulator, 3)
  },
  OpCase(
    "SparseAccumulatorTakeGradient of a sum of any shape",
    expect: [t(.int64, [1, 3]), [[2.0, 4.0], [6.0, 8.0]], t(.int64, [-1, 2])]
  ) { _ in
    let accumulator = try slices(.unknown, ["reduction_type": .string("SUM")])
    for _ in 0..<2 { try add(accumulator, [1, 3], t(.float32, [[1, 2], [3, 4]])) }
    return try takeSlices(accumulator, 2)
  },
  OpCase("SparseAccumulatorTakeGradient of whole gradients", error: .invalidArgument) { _ in
    try takeSlices(accumulator(), 1)
  },
  refused(
    "of other columns than before", [1], t(.float32, [[1, 1, 1]]),
    after: ([1], t(.float32, [[1, 1]]))),
  refused(
    "of another rank than before", [1], t(.float32, [[[1, 1]]]),
    after: ([1], t(.float32, [[1, 1]]))),
  refused("beyond the shape", [4], t(.float32, [[1, 1]])),
  refused("of fewer values than indices", [1, 2], t(.float32, [[1, 1]])),
  refused("of a number", [1], t(.float32, 1)),
  refused("of another whole shape", [1], t(.float32, [[1, 1]]), shape: [5, 2]),
  refused("of a whole shape of too low a rank", [1], t(.float32, [[1, 1]]), shape: [4]),
  refused("of too low a rank", [1], t(.float32, [1])),
]
