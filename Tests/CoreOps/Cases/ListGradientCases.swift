import CoreOps
import Ops
import TestSupport

/// Gradients through lists, tensor arrays and optional values.
let listGradientCases: [OpCase] = [
  OpCase(
    gradientOf: ["TensorListPushBack", "TensorListPopBack", "TensorListStack"], [[1.0, 2.0]]
  ) { inputs in
    let x = inputs[0]
    let list = try push(push(push(empty(x), x), x * x), x * x * x)
    let popped = try applyOp("TensorListPopBack", [list, t(.int32, -1)], element(x))
    return try [popped[1], stack(popped[0], x)]
  },
  OpCase(
    gradientOf: ["TensorListSetItem", "TensorListGetItem", "TensorListResize"], [[1.0, 2.0]]
  ) { inputs in
    let x = inputs[0]
    var list = try reserved(x, 2)
    list = try applyOp("TensorListSetItem", [list, t(.int32, 0), x])[0]
    list = try applyOp("TensorListSetItem", [list, t(.int32, 1), x * x])[0]
    list = try applyOp("TensorListSetItem", [list, t(.int32, 0), x * x * x])[0]
    let larger = try applyOp("TensorListResize", [list, t(.int32, 3)])[0]
    return try [item(list, 1, x), item(list, 0, x), item(larger, 1, x)]
  },
  OpCase(gradientOf: ["TensorListFromTensor", "TensorListGather"], [[[1.0, 2.0], [3, 4]]]) {
    inputs in
    let x = inputs[0]
    let list = try applyOp("TensorListFromTensor", [x, t(.int32, [2])])[0]
    return try applyOp(
      "TensorListGather", [list, t(.int32, [1, 0]), t(.int32, [2])], element(x))
  },
  OpCase(gradientOf: ["TensorListScatter", "TensorListScatterV2"], [[[1.0, 2.0], [3, 4]]]) {
    inputs in
    let x = inputs[0]
    let first = try applyOp("TensorListScatter", [x, t(.int32, [2, 0]), t(.int32, [2])])[0]
    let second = try applyOp(
      "TensorListScatterV2", [x, t(.int32, [2, 0]), t(.int32, [2]), t(.int32, 4)])[0]
    return try [item(first, 2, x), item(second, 0, x)]
  },
  OpCase(
    gradientOf: ["TensorListScatterIntoExistingList"], [[[1.0, 2.0], [3, 4]], [[5.0, 6.0]]]
  ) { inputs in
    let x = inputs[0]
    let list = try applyOp("TensorListFromTensor", [x, t(.int32, [2])])[0]
    return [
      try stack(
        applyOp("TensorListScatterIntoExistingList", [list, inputs[1], t(.int32, [1])])[0], x)
    ]
  },
  OpCase(
    gradientOf: ["TensorListSplit", "TensorListConcat", "TensorListConcatV2"], [[1.0, 2.0, 3.0]]
  ) { inputs in
    let x = inputs[0]
    let list = try applyOp("TensorListSplit", [x * x, t(.int32, [-1]), t(.int64, [2, 1])])[0]
    return [
      try applyOp("TensorListConcat", [list], element(x))[0],
      try applyOp(
        "TensorListConcatV2", [list, t(.int32, [-1]), t(.int64, [2, 1])], element(x))[0],
    ]
  },
  OpCase(
    gradientOf: ["TensorArrayWriteV3", "TensorArrayReadV3", "TensorArrayGatherV3"], [[1.0, 2.0]]
  ) { inputs in
    let x = inputs[0]
    let (list, start) = try array(x, 3)
    var flow = start
    for (index, value) in try [x, x * x, x * x * x].enumerated() {
      flow = try applyOp("TensorArrayWriteV3", [list, t(.int32, index), value, flow])[0]
    }
    return try applyOp("TensorArrayReadV3", [list, t(.int32, 2), flow], ["dtype": .type(x.dtype)])
      + applyOp(
        "TensorArrayGatherV3", [list, t(.int32, [1, 0]), flow], ["dtype": .type(x.dtype)])
  },
  OpCase(gradientOf: ["TensorArrayScatterV3"], [[[1.0, 2.0], [3, 4]]]) { inputs in
    let x = inputs[0]
    let (list, flow) = try array(x, 2)
    let filled = try applyOp("TensorArrayScatterV3", [list, t(.int32, [1, 0]), x * x, flow])[0]
    return try applyOp(
      "TensorArrayReadV3", [list, t(.int32, 1), filled], ["dtype": .type(x.dtype)])
  },
  OpCase(gradientOf: ["TensorArraySplitV3", "TensorArrayConcatV3"], [[1.0, 2.0, 3.0]]) { inputs in
    let x = inputs[0]
    let (list, flow) = try array(x, 2)
    let filled = try applyOp("TensorArraySplitV3", [list, x * x, t(.int64, [1, 2]), flow])[0]
    return [
      try applyOp("TensorArrayConcatV3", [list, filled], ["dtype": .type(x.dtype)])[0]
    ]
  },
  OpCase(gradientOf: ["OptionalFromValue", "OptionalGetValue"], [[1.0, 2.0]]) { inputs in
    let x = inputs[0]
    let value = try applyOp("OptionalFromValue", [x * x], ["Toutput_types": .types([x.dtype])])
    return try applyOp(
      "OptionalGetValue", value,
      ["output_types": .types([x.dtype]), "output_shapes": .shapes([[2]])])
  },
]

private func element(_ x: Tensor) -> Attrs { ["element_dtype": .type(x.dtype)] }

private func empty(_ x: Tensor) throws -> Tensor {
  try applyOp("EmptyTensorList", [t(.int32, [2]), t(.int32, -1)], element(x))[0]
}

private func reserved(_ x: Tensor, _ count: Int) throws -> Tensor {
  try applyOp("TensorListReserve", [t(.int32, [2]), t(.int32, count)], element(x))[0]
}

private func push(_ list: Tensor, _ value: Tensor) throws -> Tensor {
  try applyOp("TensorListPushBack", [list, value])[0]
}

private func stack(_ list: Tensor, _ x: Tensor) throws -> Tensor {
  try applyOp("TensorListStack", [list, t(.int32, [2])], element(x))[0]
}

private func item(_ list: Tensor, _ index: Int, _ x: Tensor) throws -> Tensor {
  try applyOp("TensorListGetItem", [list, t(.int32, index), t(.int32, [2])], element(x))[0]
}

private func array(_ x: Tensor, _ count: Int) throws -> (array: Tensor, flow: Tensor) {
  let made = try applyOp(
    "TensorArrayV3", [t(.int32, count)],
    ["dtype": .type(x.dtype), "clear_after_read": .bool(false)])
  return (made[0], made[1])
}
