import CoreOps
import Ops
import TestSupport

private func array(_ size: Int, _ attrs: Attrs = [:]) throws -> (Tensor, Tensor) {
  var attrs = attrs
  attrs["dtype"] = .type(.float32)
  let outputs = try applyOp("TensorArrayV3", [size.asTensor()], attrs)
  return (outputs[0], outputs[1])
}

private func write(_ array: Tensor, _ index: Int, _ value: some TensorConvertible, _ flow: Tensor)
  throws -> Tensor
{
  try applyOp("TensorArrayWriteV3", [array, index.asTensor(), OpCase.tensor(value), flow])[0]
}

private func read(_ array: Tensor, _ index: Int, _ flow: Tensor) throws -> Tensor {
  try applyOp("TensorArrayReadV3", [array, index.asTensor(), flow], ["dtype": .type(.float32)])[0]
}

private func gather(_ array: Tensor, _ indices: [Int], _ flow: Tensor) throws -> Tensor {
  try applyOp(
    "TensorArrayGatherV3", [array, indices.asTensor(), flow], ["dtype": .type(.float32)])[0]
}

let tensorArrayCases: [OpCase] = [
  OpCase(
    "TensorArrayV3 of negative size", [-1], ["dtype": .type(.float32)], error: .invalidArgument),
  OpCase("TensorArrayReadV3", [[1.0, 2.0]], expect: [[1.0, 2.0]]) { inputs in
    let (array, flow) = try array(2)
    return [try read(array, 1, write(array, 1, inputs[0], flow))]
  },
  OpCase("TensorArrayReadV3 gives zeros where the shape is known", expect: [[0.0, 0.0]]) { _ in
    let (array, flow) = try array(2, ["element_shape": .shape([2])])
    return [try read(array, 1, flow)]
  },
  OpCase("TensorArrayReadV3 of what was not written", error: .invalidArgument) { _ in
    let (array, flow) = try array(2)
    return [try read(array, 1, flow)]
  },
  OpCase("TensorArrayReadV3 twice", error: .invalidArgument) { _ in
    let (array, flow) = try array(2)
    let written = try write(array, 1, 1.0, flow)
    return [try read(array, 1, written), try read(array, 1, written)]
  },
  OpCase("TensorArrayWriteV3 twice", error: .invalidArgument) { _ in
    let (array, flow) = try array(2)
    return [try write(array, 1, 1.0, write(array, 1, 1.0, flow))]
  },
  OpCase("TensorArrayWriteV3 beyond the end", error: .invalidArgument) { _ in
    let (array, flow) = try array(2)
    return [try write(array, 2, 1.0, flow)]
  },
  OpCase("TensorArrayWriteV3 grows a dynamic array", expect: [4]) { _ in
    let (array, flow) = try array(0, ["dynamic_size": .bool(true)])
    return try applyOp("TensorArraySizeV3", [array, write(array, 3, 1.0, flow)])
  },
  OpCase("TensorArrayWriteV3 of another dtype", error: .invalidArgument) { _ in
    let (array, flow) = try array(2)
    return [try write(array, 0, t(.int32, 1), flow)]
  },
  OpCase("TensorArrayWriteV3 of another shape", error: .invalidArgument) { _ in
    let (array, flow) = try array(2, ["identical_element_shapes": .bool(true)])
    return [try write(array, 1, [1.0], write(array, 0, 1.0, flow))]
  },
  OpCase("TensorArrayGatherV3", expect: [[[3.0], [1.0]]]) { _ in
    let (array, flow) = try array(2)
    return [try gather(array, [1, 0], write(array, 1, [3.0], write(array, 0, [1.0], flow)))]
  },
  OpCase("TensorArrayGatherV3 of nothing", error: .unimplemented) { _ in
    let (array, flow) = try array(2)
    return try applyOp(
      "TensorArrayGatherV3", [array, t(.int32, [Int]()), flow], ["dtype": .type(.float32)])
  },
  OpCase("TensorArrayScatterV3", [[[1.0], [2.0]]], expect: [[2.0]]) { inputs in
    let (array, flow) = try array(2)
    let written = try applyOp(
      "TensorArrayScatterV3", [array, [1, 0].asTensor(), inputs[0], flow])[0]
    return [try read(array, 0, written)]
  },
  OpCase("TensorArrayConcatV3", expect: [[1.0, 2.0, 3.0], t(.int64, [1, 2])]) { _ in
    let (array, flow) = try array(2)
    let written = try write(array, 1, [2.0, 3.0], write(array, 0, [1.0], flow))
    return try applyOp("TensorArrayConcatV3", [array, written], ["dtype": .type(.float32)])
  },
  OpCase("TensorArrayConcatV3 of scalars", error: .invalidArgument) { _ in
    let (array, flow) = try array(1)
    return try applyOp(
      "TensorArrayConcatV3", [array, write(array, 0, 1.0, flow)], ["dtype": .type(.float32)])
  },
  OpCase("TensorArraySplitV3", [[1.0, 2.0, 3.0], t(.int64, [1, 2])], expect: [[2.0, 3.0]]) {
    inputs in
    let (array, flow) = try array(2)
    return [
      try read(array, 1, applyOp("TensorArraySplitV3", [array, inputs[0], inputs[1], flow])[0])
    ]
  },
  OpCase(
    "TensorArraySplitV3 of another length", [[1.0, 2.0, 3.0], t(.int64, [1, 1])],
    error: .invalidArgument
  ) {
    let (array, flow) = try array(2)
    return try applyOp("TensorArraySplitV3", [array, $0[0], $0[1], flow])
  },
  OpCase("TensorArraySizeV3", expect: [3]) { _ in
    let (array, flow) = try array(3)
    return try applyOp("TensorArraySizeV3", [array, flow])
  },
  OpCase("TensorArrayCloseV3", error: .invalidArgument) { _ in
    let (array, flow) = try array(3)
    _ = try applyOp("TensorArrayCloseV3", [array])
    return try applyOp("TensorArraySizeV3", [array, flow])
  },
  OpCase("TensorArrayGradV3 adds up", expect: [[3.0, 4.0]]) { _ in
    let (array, flow) = try array(2)
    let gradient = try applyOp(
      "TensorArrayGradV3", [array, flow], ["source": .string("gradients")])
    let written = try write(
      gradient[0], 0, [2.0, 3.0], write(gradient[0], 0, [1.0, 1.0], gradient[1]))
    return [try read(gradient[0], 0, written)]
  },
  OpCase("TensorArrayGradWithShape", expect: [[[0.0], [0.0]]]) { _ in
    let (array, flow) = try array(2)
    let gradient = try applyOp(
      "TensorArrayGradWithShape", [array, write(array, 1, [1.0], flow), [2].asTensor()],
      ["source": .string("gradients")])
    return [try read(gradient[0], 1, gradient[1])]
  },
  OpCase("StackV2", expect: [2.0, 1.0]) { _ in
    let stack = try applyOp("StackV2", [(-1).asTensor()], ["elem_type": .type(.float32)])[0]
    _ = try applyOp("StackPushV2", [stack, 1.0.asTensor()])
    _ = try applyOp("StackPushV2", [stack, 2.0.asTensor()])
    return try (0..<2).map { _ in
      try applyOp("StackPopV2", [stack], ["elem_type": .type(.float32)])[0]
    }
  },
  OpCase("StackPushV2 into a full stack", error: .invalidArgument) { _ in
    let stack = try applyOp("StackV2", [0.asTensor()], ["elem_type": .type(.float32)])[0]
    return try applyOp("StackPushV2", [stack, 1.0.asTensor()])
  },
  OpCase("StackPopV2 of an empty stack", error: .invalidArgument) { _ in
    let stack = try applyOp("StackV2", [(-1).asTensor()], ["elem_type": .type(.float32)])[0]
    return try applyOp("StackPopV2", [stack], ["elem_type": .type(.float32)])
  },
  OpCase("StackCloseV2", error: .invalidArgument) { _ in
    let stack = try applyOp("StackV2", [(-1).asTensor()], ["elem_type": .type(.float32)])[0]
    _ = try applyOp("StackCloseV2", [stack])
    return try applyOp("StackPushV2", [stack, 1.0.asTensor()])
  },
]
