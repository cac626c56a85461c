import CoreOps
import Ops
import TestSupport

private func read(_ variable: Tensor, _ type: DType = .float32) throws -> Tensor {
  try applyOp("ReadVariableOp", [variable], ["dtype": .type(type)])[0]
}

private func handle(_ shape: PartialShape, _ type: DType = .float32) throws -> Tensor {
  try applyOp(
    "VarHandleOp", [],
    [
      "dtype": .type(type), "shape": .shape(shape),
      "shared_name": .string(VariableOps.anonymousName),
    ])[0]
}

private func reference(_ name: String, _ op: String = "VariableV2", _ type: DType = .float32) throws
  -> Tensor
{
  try applyOp(op, [], ["dtype": .type(type), "shape": .shape([2]), "shared_name": .string(name)])[0]
}

let variableCases: [OpCase] = [
  OpCase("VarHandleOp", [[1.0, 2.0]], expect: [[1.0, 2.0]]) { inputs in
    [try read(variable("", inputs[0], reference: false))]
  },
  OpCase("_VarHandlesOp", expect: [false]) { _ in
    let handle = try applyOp(
      "_VarHandlesOp", [],
      [
        "containers": .strings([""]), "shared_names": .strings(["handles/of/its/own"]),
        "N": .int(1),
        "dtypes": .types([.float32]), "shapes": .shapes([[2]]),
      ])
    return try applyOp("VarIsInitializedOp", handle)
  },
  OpCase("ReadVariableOp before the first assignment", error: .failedPrecondition) { _ in
    [try read(handle([2]))]
  },
  OpCase("ReadVariableOp of another dtype", error: .invalidArgument) { _ in
    [try read(variable("", [1.0], reference: false), .int32)]
  },
  OpCase("ReadVariableOp keeps what was read", [[1.0, 2.0]], expect: [[1.0, 2.0], [2.0, 3.0]]) {
    inputs in
    let variable = try variable("", inputs[0], reference: false)
    let before = try applyOp("Identity", [read(variable)])[0]
    _ = try applyOp("AssignAddVariableOp", [variable, t(.float32, [1.0, 1.0])])
    return [before, try read(variable)]
  },
  OpCase("_ReadVariablesOp", [[1.0, 2.0], [3]], expect: [[1.0, 2.0], [3]]) { inputs in
    let variables = try inputs.map { try variable("", $0, reference: false) }
    return try applyOp("_ReadVariablesOp", variables, ["dtypes": .types([.float32, .int32])])
  },
  OpCase("AssignVariableOp of another dtype", error: .invalidArgument) { _ in
    try after(applyOp("AssignVariableOp", [handle([2]), [1, 2].asTensor()]))
  },
  OpCase("AssignAddVariableOp before the first assignment", error: .notFound) { _ in
    try after(applyOp("AssignAddVariableOp", [handle([2]), t(.float32, [1.0, 2.0])]))
  },
  OpCase("AssignAddVariableOp of another shape", error: .invalidArgument) { _ in
    try after(
      applyOp("AssignAddVariableOp", [variable("", [1.0, 2.0], reference: false), 1.0.asTensor()]))
  },
  OpCase("VarIsInitializedOp", expect: [false, true]) { _ in
    try applyOp("VarIsInitializedOp", [handle([2])])
      + applyOp("VarIsInitializedOp", [variable("", [1.0], reference: false)])
  },
  OpCase("VariableShape", expect: [[2, 1]]) { _ in
    try applyOp("VariableShape", [variable("", [[1.0], [2.0]], reference: false)])
  },
  OpCase("DestroyResourceOp", expect: [false]) { _ in
    let variable = try variable("", [1.0], reference: false)
    _ = try applyOp("DestroyResourceOp", [variable])
    return try applyOp("VarIsInitializedOp", [variable])
  },
  OpCase("DestroyResourceOp of nothing", error: .notFound) { _ in
    try after(applyOp("DestroyResourceOp", [handle([2])], ["ignore_lookup_error": .bool(false)]))
  },
  OpCase(
    "ResourceGather", [[[1.0, 2.0], [3.0, 4.0]], [1, 0, 1]],
    expect: [[[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]]
  ) {
    try applyOp(
      "ResourceGather", [variable("", $0[0], reference: false), $0[1]], ["dtype": .type(.float32)])
  },
  OpCase(
    "ResourceGather in batches", [[[1.0, 2.0], [3.0, 4.0]], [[1], [0]]], expect: [[[2.0], [3.0]]]
  ) {
    try applyOp(
      "ResourceGather", [variable("", $0[0], reference: false), $0[1]],
      ["dtype": .type(.float32), "batch_dims": .int(1)])
  },
  OpCase("ResourceGather beyond the end", [[1.0, 2.0], [2]], error: .invalidArgument) {
    try applyOp(
      "ResourceGather", [variable("", $0[0], reference: false), $0[1]], ["dtype": .type(.float32)])
  },
  OpCase(
    "ResourceGatherNd", [[[1.0, 2.0], [3.0, 4.0]], [[1, 0], [0, 1]]], expect: [[3.0, 2.0]]
  ) {
    try applyOp(
      "ResourceGatherNd", [variable("", $0[0], reference: false), $0[1]], ["dtype": .type(.float32)]
    )
  },
  OpCase("ResourceCountUpTo", [2], expect: [2, 3]) { inputs in
    let variable = try variable("", inputs[0], reference: false)
    let before = try applyOp(
      "ResourceCountUpTo", [variable], ["limit": .int(3), "T": .type(.int32)])[0]
    return [before, try read(variable, .int32)]
  },
  OpCase("ResourceCountUpTo the limit", [3], error: .outOfRange) { inputs in
    let variable = try variable("", inputs[0], reference: false)
    return try applyOp("ResourceCountUpTo", [variable], ["limit": .int(3), "T": .type(.int32)])
  },
  OpCase("CountUpTo", [2], expect: [2, 3]) { inputs in
    let variable = try variable("count/up", inputs[0], reference: true)
    let before = try applyOp("CountUpTo", [variable], ["limit": .int(3)])[0]
    return [before, try applyOp("Identity", [variable])[0]]
  },
  OpCase("VariableV2 before the first assignment", error: .failedPrecondition) { _ in
    try applyOp("Identity", [reference("without/value")])
  },
  OpCase("VariableV2 without elements needs no first assignment", expect: [0]) { _ in
    let variable = try applyOp(
      "VariableV2", [],
      ["dtype": .type(.float32), "shape": .shape([2, 0]), "shared_name": .string("empty")])
    return try applyOp("Size", applyOp("Identity", variable))
  },
  OpCase("VariableV2 is found again by name", [[5.0, 6.0]], expect: [[5.0, 6.0]]) { inputs in
    _ = try applyOp("Assign", [reference("found/again"), inputs[0]])
    return try applyOp("Identity", [reference("found/again")])
  },
  OpCase("Variable", [[5.0, 6.0]], expect: [[5.0, 6.0]]) { inputs in
    try applyOp("Identity", applyOp("Assign", [reference("of/old", "Variable"), inputs[0]]))
  },
  OpCase("Assign of another shape", error: .invalidArgument) { _ in
    try applyOp("Assign", [reference("of/that/shape"), t(.float32, [1.0, 2.0, 3.0])])
  },
  OpCase("Assign gives a variable another shape", [[1.0, 2.0, 3.0]], expect: [[1.0, 2.0, 3.0]]) {
    inputs in
    let variable = try reference("of/any/shape")
    _ = try applyOp("Assign", [variable, inputs[0]], ["validate_shape": .bool(false)])
    return try applyOp("Identity", [variable])
  },
  OpCase("IsVariableInitialized", expect: [false, true]) { _ in
    try applyOp("IsVariableInitialized", [reference("not/yet")])
      + applyOp("IsVariableInitialized", [variable("already", [1.0], reference: true)])
  },
  OpCase("TemporaryVariable", [[1.0, 2.0]], expect: [[2.0, 4.0]]) { inputs in
    let variable = try applyOp(
      "TemporaryVariable", [],
      ["dtype": .type(.float32), "shape": .shape([2]), "var_name": .string("t")])
    let added = try applyOp(
      "AssignAdd", [applyOp("Assign", [variable[0], inputs[0]])[0], inputs[0]])
    return try applyOp("DestroyTemporaryVariable", added, ["var_name": .string("t")])
  },
  OpCase("DestroyTemporaryVariable of another name", [[1.0, 2.0]], error: .notFound) { inputs in
    let variable = try applyOp(
      "TemporaryVariable", [],
      ["dtype": .type(.float32), "shape": .shape([2]), "var_name": .string("t")])
    return try applyOp(
      "DestroyTemporaryVariable", applyOp("Assign", [variable[0], inputs[0]]),
      ["var_name": .string("u")])
  },
  OpCase("ScatterAdd before the beginning", [[1.0, 2.0], [-1], [1.0]], error: .invalidArgument) {
    try applyOp(
      "ScatterAdd", [variable("scatter/add/below", $0[0], reference: true), $0[1], $0[2]])
  },
  OpCase(
    "ResourceScatterNdAdd beyond the end", [[1.0, 2.0], [[2]], [1.0]], error: .invalidArgument
  ) {
    try after(
      applyOp("ResourceScatterNdAdd", [variable("", $0[0], reference: false), $0[1], $0[2]]))
  },
  OpCase(
    "ResourceScatterNdAdd leaves out bad indices", [[1.0, 2.0], [[2], [0]], [1.0, 5.0]],
    expect: [[6.0, 2.0]]
  ) {
    let variable = try variable("", $0[0], reference: false)
    _ = try applyOp(
      "ResourceScatterNdAdd", [variable, $0[1], $0[2]], ["bad_indices_policy": .string("IGNORE")])
    return [try read(variable)]
  },
  OpCase("ResourceScatterDiv by zero", [[1, 2], [0], [0]], error: .invalidArgument) {
    try after(applyOp("ResourceScatterDiv", [variable("", $0[0], reference: false), $0[1], $0[2]]))
  },
  OpCase("ResourceScatterUpdate of strings", [["a", "b"], [1], ["c"]], expect: [["a", "c"]]) {
    let variable = try variable("", $0[0], reference: false)
    _ = try applyOp("ResourceScatterUpdate", [variable, $0[1], $0[2]])
    return [try read(variable, .string)]
  },
  OpCase("RefIdentity", [[1.0, 2.0]], expect: [[2.0, 4.0]]) { inputs in
    let same = try applyOp("RefIdentity", [variable("identity/of", inputs[0], reference: true)])
    return try applyOp("Identity", applyOp("AssignAdd", same + inputs))
  },
  OpCase("RefSelect", [[1.0, 2.0], [3.0, 4.0]], expect: [[4.0, 6.0]]) { inputs in
    let variables = try inputs.enumerated().map {
      try variable("select/from/\($0)", $1, reference: true)
    }
    let chosen = try applyOp("RefSelect", [1.asTensor()] + variables)
    return try applyOp("Identity", applyOp("AssignAdd", chosen + [inputs[0]]))
  },
  OpCase("RefSelect beyond the end", [[1.0, 2.0]], error: .invalidArgument) { inputs in
    try applyOp("RefSelect", [1.asTensor(), variable("select/beyond", inputs[0], reference: true)])
  },
]
