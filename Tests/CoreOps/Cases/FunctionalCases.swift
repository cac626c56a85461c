import CoreOps
import Ops
import TestSupport

private let missing = AttrValue.function("no_such_function", [:])

let functionalCases: [OpCase] = [
  OpCase(
    "PartitionedCall of nothing", [1.0], ["f": missing, "Tout": .types([.float32])],
    error: .notFound),
  OpCase(
    "StatefulPartitionedCall of nothing", [1.0], ["f": missing, "Tout": .types([.float32])],
    error: .notFound),
  OpCase(
    "If", [true, 1.0],
    ["then_branch": missing, "else_branch": missing, "Tout": .types([.float32])],
    error: .notFound),
  OpCase(
    "StatelessIf", [true, 1.0],
    ["then_branch": missing, "else_branch": missing, "Tout": .types([.float32])],
    error: .notFound),
  OpCase(
    "Case", [0, 1.0], ["branches": .list([missing]), "Tout": .types([.float32])], error: .notFound),
  OpCase(
    "StatelessCase", [0, 1.0], ["branches": .list([missing]), "Tout": .types([.float32])],
    error: .notFound),
  OpCase("While", [1.0], ["cond": missing, "body": missing], error: .notFound),
  OpCase("StatelessWhile", [1.0], ["cond": missing, "body": missing], error: .notFound),
  OpCase("For", [0, 2, 1, 1.0], ["body": missing], error: .notFound),
  OpCase("OptionalFromValue", [[1.0, 2.0]], expect: [true, [1.0, 2.0]]) { inputs in
    let value = try applyOp("OptionalFromValue", inputs)
    return try applyOp("OptionalHasValue", value)
      + applyOp(
        "OptionalGetValue", value,
        ["output_types": .types([.float32]), "output_shapes": .shapes([[2]])])
  },
  OpCase("OptionalNone", expect: [false]) { _ in
    try applyOp("OptionalHasValue", applyOp("OptionalNone", []))
  },
  OpCase("OptionalHasValue of a list", error: .invalidArgument) { _ in
    try applyOp("OptionalHasValue", applyOp("EmptyTensorMap", []))
  },
  OpCase("OptionalGetValue of none", error: .invalidArgument) { _ in
    try applyOp(
      "OptionalGetValue", applyOp("OptionalNone", []),
      ["output_types": .types([.float32]), "output_shapes": .shapes([[2]])])
  },
  OpCase("ZerosLike of an Optional", [[1.0, 2.0]], expect: [[0.0, 0.0]]) { inputs in
    let zeros = try applyOp("ZerosLike", applyOp("OptionalFromValue", inputs))
    return try applyOp(
      "OptionalGetValue", zeros,
      ["output_types": .types([.float32]), "output_shapes": .shapes([[2]])])
  },
  OpCase("ZerosLike of an empty Optional", expect: [false]) { _ in
    try applyOp("OptionalHasValue", applyOp("ZerosLike", applyOp("OptionalNone", [])))
  },
  OpCase("AddN of Optionals", [[1.0, 2.0]], expect: [[2.0, 4.0]]) { inputs in
    let value = try applyOp("OptionalFromValue", inputs)
    return try applyOp(
      "OptionalGetValue", applyOp("AddN", value + value),
      ["output_types": .types([.float32]), "output_shapes": .shapes([[2]])])
  },
  OpCase("AddN of an Optional and an empty one", [[1.0]], error: .invalidArgument) { inputs in
    try applyOp("AddN", applyOp("OptionalFromValue", inputs) + applyOp("OptionalNone", []))
  },
]
