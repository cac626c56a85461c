import CoreOps
import Ops
import TestSupport

private let float: Attrs = ["element_dtype": .type(.float32)]

private func reserved(_ count: Int, _ shape: [Int] = [2]) throws -> Tensor {
  try applyOp("TensorListReserve", [shape.asTensor(), count.asTensor()], float)[0]
}

private func empty(_ shape: [Int] = [2], limit: Int = -1) throws -> Tensor {
  try applyOp("EmptyTensorList", [shape.asTensor(), limit.asTensor()], float)[0]
}

private func push(_ list: Tensor, _ value: some TensorConvertible) throws -> Tensor {
  try applyOp("TensorListPushBack", [list, OpCase.tensor(value)])[0]
}

private func stack(_ list: Tensor, _ shape: some TensorConvertible = -1) throws -> Tensor {
  try applyOp("TensorListStack", [list, shape.asTensor()], float)[0]
}

private func item(_ list: Tensor, _ index: Int) throws -> Tensor {
  try applyOp("TensorListGetItem", [list, index.asTensor(), (-1).asTensor()], float)[0]
}

private func set(
  _ list: Tensor, _ index: Int, _ value: some TensorConvertible, _ attrs: Attrs = [:]
) throws -> Tensor {
  try applyOp("TensorListSetItem", [list, index.asTensor(), OpCase.tensor(value)], attrs)[0]
}

private func length(_ list: Tensor) throws -> Tensor { try applyOp("TensorListLength", [list])[0] }

let tensorListCases: [OpCase] = [
  OpCase("EmptyTensorList", expect: [0]) { _ in [try length(empty())] },
  OpCase("TensorListReserve", expect: [3, [0.0, 0.0]]) { _ in
    let list = try reserved(3)
    return [try length(list), try item(list, 2)]
  },
  OpCase("TensorListReserve of a negative number", [[2], -1], float, error: .invalidArgument),
  OpCase("TensorListPushBack", expect: [[[1.0, 2.0], [3.0, 4.0]]]) { _ in
    [try stack(push(push(empty(), [1.0, 2.0]), [3.0, 4.0]))]
  },
  OpCase("TensorListPushBack of another shape", error: .invalidArgument) { _ in
    [try push(empty(), [1.0])]
  },
  OpCase("TensorListPushBack of another dtype", error: .invalidArgument) { _ in
    [try push(empty(), t(.int32, [1, 2]))]
  },
  OpCase("TensorListPushBack into a full list", error: .invalidArgument) { _ in
    [try push(empty(limit: 0), [1.0, 2.0])]
  },
  OpCase("TensorListPushBack leaves the list as it was", expect: [1, 2, 2]) { _ in
    let one = try push(empty(), [1.0, 2.0])
    let two = try push(one, [3.0, 4.0])
    return [try length(one), try length(two), try length(push(one, [5.0, 6.0]))]
  },
  OpCase("TensorListPopBack", expect: [0, [1.0, 2.0]]) { _ in
    let outputs = try applyOp(
      "TensorListPopBack", [push(empty(), [1.0, 2.0]), (-1).asTensor()], float)
    return [try length(outputs[0]), outputs[1]]
  },
  OpCase("TensorListPopBack of an empty list", error: .invalidArgument) { _ in
    try applyOp("TensorListPopBack", [empty(), (-1).asTensor()], float)
  },
  OpCase("TensorListSetItem", expect: [[[0.0, 0.0], [1.0, 2.0]]]) { _ in
    [try stack(set(reserved(2), 1, [1.0, 2.0]))]
  },
  OpCase("TensorListSetItem beyond the end", error: .invalidArgument) { _ in
    [try set(reserved(2), 2, [1.0, 2.0])]
  },
  OpCase("TensorListSetItem makes the list longer", expect: [40]) { _ in
    [try length(set(reserved(2), 39, [1.0, 2.0], ["resize_if_index_out_of_bounds": .bool(true)]))]
  },
  OpCase("TensorListGetItem", expect: [[3.0, 4.0]]) { _ in
    [try item(push(push(empty(), [1.0, 2.0]), [3.0, 4.0]), 1)]
  },
  OpCase("TensorListGetItem of an unknown shape", error: .invalidArgument) { _ in
    [try item(reserved(2, [-1]), 1)]
  },
  OpCase("TensorListGetItem beyond the end", error: .invalidArgument) { _ in
    [try item(reserved(2), 2)]
  },
  OpCase("TensorListStack of another length", error: .invalidArgument) { _ in
    try applyOp(
      "TensorListStack", [reserved(2), (-1).asTensor()],
      ["element_dtype": .type(.float32), "num_elements": .int(3)])
  },
  OpCase("TensorListFromTensor", [[[1.0, 2.0], [3.0, 4.0]]], expect: [2, [3.0, 4.0]]) { inputs in
    let list = try applyOp("TensorListFromTensor", [inputs[0], [2].asTensor()])[0]
    return [try length(list), try item(list, 1)]
  },
  OpCase("TensorListFromTensor of a scalar", [1.0, -1], error: .invalidArgument),
  OpCase("TensorListLength of a number that is no list", [[1.0]], error: .invalidArgument),
  OpCase("TensorListElementShape", expect: [t(.int64, [-1, 3])]) { _ in
    try applyOp("TensorListElementShape", [reserved(1, [-1, 3])], ["shape_type": .type(.int64)])
  },
  OpCase("TensorListGather", expect: [[[3.0, 4.0], [0.0, 0.0]]]) { _ in
    try applyOp(
      "TensorListGather", [set(reserved(2), 1, [3.0, 4.0]), [1, 0].asTensor(), (-1).asTensor()],
      float)
  },
  OpCase(
    "TensorListScatter", [[[1.0, 2.0], [3.0, 4.0]]],
    expect: [[[3.0, 4.0], [0.0, 0.0], [1.0, 2.0]]]
  ) {
    [try stack(applyOp("TensorListScatter", [$0[0], [2, 0].asTensor(), [2].asTensor()])[0])]
  },
  OpCase("TensorListScatterV2", [[[1.0, 2.0]]], expect: [[[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]]) {
    [
      try stack(
        applyOp("TensorListScatterV2", [$0[0], [1].asTensor(), [2].asTensor(), 3.asTensor()])[0])
    ]
  },
  OpCase(
    "TensorListScatterIntoExistingList", [[[1.0, 2.0]]], expect: [[[0.0, 0.0], [1.0, 2.0]]]
  ) {
    [
      try stack(
        applyOp("TensorListScatterIntoExistingList", [reserved(2), $0[0], [1].asTensor()])[0])
    ]
  },
  OpCase("TensorListConcat", expect: [[1.0, 2.0, 3.0], t(.int64, [2, 1])]) { _ in
    try applyOp("TensorListConcat", [push(push(empty([-1]), [1.0, 2.0]), [3.0])], float)
  },
  OpCase("TensorListConcatV2", expect: [[1.0, 2.0, 0.0], t(.int64, [2, 1])]) { _ in
    try applyOp(
      "TensorListConcatV2",
      [set(reserved(2, [-1]), 0, [1.0, 2.0]), [-1].asTensor(), t(.int64, [2, 1])], float)
  },
  OpCase("TensorListSplit", [[1.0, 2.0, 3.0]], expect: [[3.0]]) { inputs in
    [try item(applyOp("TensorListSplit", [inputs[0], [-1].asTensor(), t(.int64, [2, 1])])[0], 1)]
  },
  OpCase(
    "TensorListSplit into too much", [[1.0, 2.0, 3.0], [-1], t(.int64, [2, 2])],
    error: .invalidArgument),
  OpCase("TensorListResize", expect: [1, 20]) { _ in
    let list = try reserved(2)
    return try [1, 20].map { try length(applyOp("TensorListResize", [list, $0.asTensor()])[0]) }
  },
  OpCase("TensorListConcatLists", expect: [[[1.0, 2.0], [3.0, 4.0]]]) { _ in
    [
      try stack(
        applyOp(
          "TensorListConcatLists", [push(empty(), [1.0, 2.0]), push(empty(), [3.0, 4.0])], float)[0]
      )
    ]
  },
  OpCase("TensorListPushBackBatch of another length", error: .invalidArgument) { _ in
    try applyOp("TensorListPushBackBatch", [reserved(1), t(.float32, [[1.0, 2.0]])])
  },
  OpCase("ZerosLike of a list", expect: [[[0.0, 0.0]]]) { _ in
    [try stack(applyOp("ZerosLike", [push(empty(), [1.0, 2.0])])[0])]
  },
  OpCase("AddN of lists", expect: [[[2.0, 4.0]]]) { _ in
    let list = try push(empty(), [1.0, 2.0])
    return [try stack(applyOp("AddN", [list, list])[0])]
  },
  OpCase("EmptyTensorMap", expect: [0]) { _ in
    try applyOp("TensorMapSize", applyOp("EmptyTensorMap", []))
  },
  OpCase("TensorMapInsert", expect: [1, 2.0, [3], false]) { _ in
    let map = try applyOp(
      "TensorMapInsert", applyOp("EmptyTensorMap", []) + [3.asTensor(), 2.0.asTensor()])[0]
    return try applyOp("TensorMapSize", [map])
      + applyOp("TensorMapLookup", [map, 3.asTensor()], ["value_dtype": .type(.float32)])
      + applyOp("TensorMapStackKeys", [map], ["key_dtype": .type(.int32)])
      + applyOp("TensorMapHasKey", [map, 4.asTensor()])
  },
  OpCase("TensorMapSize of a list", error: .invalidArgument) { _ in
    try applyOp("TensorMapSize", [empty()])
  },
  OpCase("TensorMapHasKey", expect: [false]) { _ in
    try applyOp("TensorMapHasKey", applyOp("EmptyTensorMap", []) + [1.asTensor()])
  },
  OpCase("TensorMapLookup of nothing", error: .invalidArgument) { _ in
    try applyOp(
      "TensorMapLookup", applyOp("EmptyTensorMap", []) + [1.asTensor()],
      ["value_dtype": .type(.float32)])
  },
  OpCase("TensorMapErase of nothing", error: .invalidArgument) { _ in
    try applyOp(
      "TensorMapErase", applyOp("EmptyTensorMap", []) + [1.asTensor()],
      ["value_dtype": .type(.float32)])
  },
  OpCase("TensorMapStackKeys of nothing", error: .invalidArgument) { _ in
    try applyOp("TensorMapStackKeys", applyOp("EmptyTensorMap", []), ["key_dtype": .type(.float32)])
  },
]
