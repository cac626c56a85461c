import CoreOps
import TestSupport

private func mutex() throws -> Tensor {
  try applyOp("MutexV2", [], ["shared_name": freshName("mutex")])[0]
}

private func stack(_ name: String = "Stack") throws -> Tensor {
  try applyOp(
    name, name == "Stack" ? [] : [t(.int32, -1)],
    ["elem_type": .type(.float32), "stack_name": .string("s")])[0]
}

/// Mutexes, stacks by reference and tensors that a session keeps.
let sessionStateCases: [OpCase] = [
  OpCase("MutexV2", [1.0], expect: [1.0]) { inputs in
    _ = try mutex()
    return try applyOp("Identity", inputs)
  },
  OpCase("MutexLock again, once it was consumed", [1.0], expect: [1.0]) { inputs in
    let mutex = try mutex()
    for _ in 0..<2 {
      _ = try applyOp("ConsumeMutexLock", applyOp("MutexLock", [mutex]))
    }
    return try applyOp("Identity", inputs)
  },
  OpCase("MutexLock of no mutex", error: .invalidArgument) { _ in
    _ = try applyOp("ConsumeMutexLock", applyOp("MutexLock", [stack("StackV2")]))
    return try after([])
  },
  OpCase("ConsumeMutexLock of no lock", error: .invalidArgument) { _ in
    let list = try applyOp(
      "EmptyTensorList", [t(.int32, [Int]()), t(.int32, -1)], ["element_dtype": .type(.int32)])
    return try after(applyOp("ConsumeMutexLock", list))
  },
  OpCase("Stack", [[1.0], [2.0]], expect: [[2.0], [1.0]]) { inputs in
    let stack = try stack()
    for input in inputs { _ = try applyOp("StackPush", [stack, input]) }
    let last = try applyOp("StackPop", [stack], ["elem_type": .type(.float32)])
    return try last + applyOp("StackPop", [stack], ["elem_type": .type(.float32)])
  },
  OpCase("StackPush of another dtype", error: .invalidArgument) { _ in
    try applyOp("StackPush", [stack(), t(.int32, 1)])
  },
  OpCase("StackPop of an empty stack", error: .invalidArgument) { _ in
    try applyOp("StackPop", [stack()], ["elem_type": .type(.float32)])
  },
  OpCase("StackPop of no stack", error: .notFound) { _ in
    try applyOp(
      "StackPop", [["_stacks", "no such stack"].asTensor()], ["elem_type": .type(.float32)])
  },
  OpCase("StackClose", error: .invalidArgument) { _ in
    let stack = try stack()
    _ = try applyOp("StackClose", [stack])
    return try applyOp("StackPush", [stack, t(.float32, 1)])
  },
  OpCase("GetSessionHandle", [[1.0, 2.0]], expect: [[1.0, 2.0]]) { inputs in
    try applyOp(
      "GetSessionTensor", applyOp("GetSessionHandle", inputs), ["dtype": .type(.float32)])
  },
  OpCase("GetSessionHandleV2", [[1.0, 2.0]], expect: [[1.0, 2.0]]) { inputs in
    _ = try applyOp("GetSessionHandleV2", inputs)
    return try applyOp("Identity", inputs)
  },
  OpCase("GetSessionTensor of no handle", error: .invalidArgument) { _ in
    try applyOp("GetSessionTensor", ["nope".asTensor()], ["dtype": .type(.float32)])
  },
  OpCase("GetSessionTensor of another dtype", error: .internal) { _ in
    try applyOp(
      "GetSessionTensor", applyOp("GetSessionHandle", [t(.int32, 1)]),
      ["dtype": .type(.float32)])
  },
  OpCase("DeleteSessionTensor", error: .invalidArgument) { _ in
    let handle = try applyOp("GetSessionHandle", [t(.int32, 1)])
    _ = try applyOp("DeleteSessionTensor", handle)
    return try applyOp("GetSessionTensor", handle, ["dtype": .type(.int32)])
  },
  OpCase("DeleteSessionTensor of no handle", error: .invalidArgument) { _ in
    try after(applyOp("DeleteSessionTensor", ["nope".asTensor()]))
  },
]
