import CoreOps
import TestSupport

/// A barrier of its own, of a number and a pair.
private func barrier(_ attrs: Attrs = [:]) throws -> Tensor {
  var attrs = attrs
  attrs["component_types"] = attrs["component_types"] ?? .types([.float32, .int32])
  attrs["shapes"] = attrs["shapes"] ?? .shapes([.scalar, [2]])
  attrs["shared_name"] = attrs["shared_name"] ?? freshName("barrier")
  return try applyOp("Barrier", [], attrs)[0]
}

private func insert(_ barrier: Tensor, _ keys: [String], _ component: Int, _ values: Tensor) throws
{
  _ = try applyOp(
    "BarrierInsertMany", [barrier, keys.asTensor(), values], ["component_index": .int(component)])
}

private func take(
  _ barrier: Tensor, _ count: Int, allowsFewer: Bool = false,
  _ types: [DType] = [.float32, .int32]
) throws -> [Tensor] {
  try applyOp(
    "BarrierTakeMany", [barrier, t(.int32, count)],
    ["component_types": .types(types), "allow_small_batch": .bool(allowsFewer)])
}

private func close(_ barrier: Tensor, cancelling: Bool = false) throws {
  _ = try applyOp("BarrierClose", [barrier], ["cancel_pending_enqueues": .bool(cancelling)])
}

private func sizes(_ barrier: Tensor) throws -> [Tensor] {
  try applyOp("BarrierReadySize", [barrier]) + applyOp("BarrierIncompleteSize", [barrier])
}

let barrierCases: [OpCase] = [
  OpCase("Barrier", expect: [0, 0]) { _ in try sizes(barrier()) },
  OpCase("Barrier without shapes", error: .invalidArgument) { _ in
    try sizes(barrier(["shapes": .shapes([])]))
  },
  OpCase("Barrier with a capacity", error: .invalidArgument) { _ in
    try sizes(barrier(["capacity": .int(3)]))
  },
  OpCase("Barrier of other shapes", error: .invalidArgument) { _ in
    let name = freshName("same")
    return try sizes(barrier(["shared_name": name]))
      + sizes(barrier(["shared_name": name, "shapes": .shapes([.scalar, [3]])]))
  },
  OpCase("Barrier of other components", error: .invalidArgument) { _ in
    let name = freshName("same")
    return try sizes(barrier(["shared_name": name]))
      + sizes(
        barrier(["shared_name": name, "component_types": .types([.float32, .int64])]))
  },
  // TensorFlow's values: keys of one call have one place.
  OpCase(
    "BarrierTakeMany",
    expect: [
      Tensor.filled([Int.min, Int.min, Int.min + 1]), ["b", "a", "c"], [2.0, 1.0, 3.0],
      [[1, 2], [3, 4], [5, 6]],
    ]
  ) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a", "b"], 0, t(.float32, [1, 2]))
    try insert(barrier, ["b", "a"], 1, t(.int32, [[1, 2], [3, 4]]))
    try insert(barrier, ["c"], 0, t(.float32, [3]))
    try insert(barrier, ["c"], 1, t(.int32, [[5, 6]]))
    return try take(barrier, 3)
  },
  OpCase("BarrierTakeMany of less than none", error: .invalidArgument) { _ in
    try take(barrier(), -1)
  },
  OpCase("BarrierTakeMany of other components", error: .invalidArgument) { _ in
    try take(barrier(), 1, [.float32])
  },
  OpCase("BarrierTakeMany with a time-out", error: .invalidArgument) { _ in
    try applyOp(
      "BarrierTakeMany", [barrier(), t(.int32, 1)],
      ["component_types": .types([.float32, .int32]), "timeout_ms": .int(1)])
  },
  OpCase("BarrierTakeMany of too many of a closed barrier", error: .outOfRange) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.float32, [1]))
    try close(barrier)
    return try take(barrier, 3)
  },
  OpCase("BarrierTakeMany of an empty closed barrier", error: .outOfRange) { _ in
    let barrier = try barrier()
    try close(barrier)
    return try take(barrier, 1, allowsFewer: true)
  },
  OpCase("BarrierTakeMany of what a closed barrier has", expect: [[1.0]]) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.float32, [1]))
    try close(barrier)
    // What has begun may become whole.
    try insert(barrier, ["a"], 1, t(.int32, [[5, 6]]))
    return [try take(barrier, 3, allowsFewer: true)[2]]
  },
  OpCase("BarrierInsertMany", expect: [0, 2]) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a", "b"], 0, t(.float32, [1, 2]))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany of no keys", expect: [0, 0]) { _ in
    let barrier = try barrier()
    try insert(barrier, [], 0, t(.float32, [Float]()))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany of a key again", error: .invalidArgument) { _ in
    let barrier = try barrier()
    for _ in 0..<2 { try insert(barrier, ["a"], 0, t(.float32, [1])) }
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany of another dtype", error: .invalidArgument) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.int32, [1]))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany beyond the components", error: .invalidArgument) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 2, t(.int32, [1]))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany before the components", error: .invalidArgument) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], -1, t(.int32, [1]))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany of another shape", error: .invalidArgument) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.float32, [1]))
    try insert(barrier, ["a"], 1, t(.int32, [[1, 2, 3]]))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany of values without elements", error: .invalidArgument) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 1, Tensor.zeros(.int32, [1, 0]))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany of fewer values than keys", error: .invalidArgument) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a", "b"], 0, t(.float32, [1]))
    return try sizes(barrier)
  },
  OpCase("BarrierInsertMany of a new key into a closed barrier", error: .cancelled) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.float32, [1]))
    try close(barrier)
    try insert(barrier, ["new"], 0, t(.float32, [1]))
    return try sizes(barrier)
  },
  OpCase("BarrierClose", expect: [0, 1]) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.float32, [1]))
    try close(barrier)
    return try sizes(barrier)
  },
  OpCase("BarrierClose that cancels what has begun", expect: [0, 0]) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.float32, [1]))
    try close(barrier)
    try close(barrier, cancelling: true)
    return try sizes(barrier)
  },
  OpCase("BarrierClose twice", error: .cancelled) { _ in
    let barrier = try barrier()
    for _ in 0..<2 { try close(barrier) }
    return try sizes(barrier)
  },
  OpCase("BarrierReadySize of no barrier", error: .notFound) { _ in
    try applyOp("BarrierReadySize", [["localhost", "no such barrier"].asTensor()])
  },
  OpCase("BarrierIncompleteSize", expect: [1]) { _ in
    let barrier = try barrier()
    try insert(barrier, ["a"], 0, t(.float32, [1]))
    return try applyOp("BarrierIncompleteSize", [barrier])
  },
]

extension Tensor {
  /// A vector of int64.
  fileprivate static func filled(_ values: [Int]) -> Tensor {
    try! Tensor(values.map { Int64($0) }, shape: [values.count])
  }
}
