import CoreOps
import Ops
import TestSupport

/// A row about an op that changes variables: the state is what the variables hold afterwards.
///
/// - Parameter inputs: the op's inputs; where it takes a variable, that variable's first value.
func updateCase(
  _ title: String, _ inputs: [any TensorConvertible], _ attrs: Attrs = [:],
  expect: [any TensorConvertible]
) -> OpCase {
  OpCase(title, inputs, expect: expect) { inputs in
    let definition = try OpCase.definition(String(title.prefix { $0 != " " }))
    var (inputs, variables): ([Tensor], [Tensor]) = (inputs, [])
    var types: [DType] = []
    for (index, argument) in definition.signature.inputs.enumerated() {
      guard argument.isRef || argument.kind == .fixed(.resource) else { continue }
      types.append(inputs[index].dtype)
      inputs[index] = try variable("\(title)/\(index)", inputs[index], reference: argument.isRef)
      variables.append(inputs[index])
    }
    _ = try apply(definition, inputs, attrs)
    return try zip(variables, types).map { variable, type in
      variable.dtype == .resource
        ? try applyOp("ReadVariableOp", [variable], ["dtype": .type(type)])[0]
        : try applyOp("Identity", [variable])[0]
    }
  }
}

/// A variable that holds `value`.
func variable(_ name: String, _ value: some TensorConvertible, reference: Bool) throws -> Tensor {
  let value = OpCase.tensor(value)
  let attrs: Attrs = [
    "dtype": .type(value.dtype), "shape": .shape(value.shape),
    "shared_name": .string(reference ? name : VariableOps.anonymousName),
  ]
  let variable = try applyOp(reference ? "VariableV2" : "VarHandleOp", [], attrs)[0]
  _ = try applyOp(reference ? "Assign" : "AssignVariableOp", [variable, value])
  return variable
}

/// What can be fetched after `effect`, an op without outputs: a graph then runs it.
func after(_ effect: [Tensor]) throws -> [Tensor] {
  try applyOp("VarIsInitializedOp", [variable("", [1.0], reference: false)])
}

let variableScatterCases: [OpCase] = [
  updateCase(
    "ScatterUpdate",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, 8.0], [3.0, 4.0], [10.0, 2.0]]]),
  updateCase(
    "ScatterAdd",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[1.5, 10.0], [3.0, 4.0], [15.0, 8.0]]]),
  updateCase(
    "ScatterSub",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, -6.0], [3.0, 4.0], [-5.0, 4.0]]]),
  updateCase(
    "ScatterMul",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, 16.0], [3.0, 4.0], [50.0, 12.0]]]),
  updateCase(
    "ScatterDiv",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[2.0, 0.25], [3.0, 4.0], [0.5, 3.0]]]),
  updateCase(
    "ScatterMin",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, 2.0], [3.0, 4.0], [5.0, 2.0]]]),
  updateCase(
    "ScatterMax",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[1.0, 8.0], [3.0, 4.0], [10.0, 6.0]]]),
  updateCase(
    "ScatterNdUpdate",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 0.5], [3.0, 4.0], [10.0, 6.0]]]),
  updateCase(
    "ScatterNdAdd", [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 2.5], [3.0, 4.0], [15.0, 6.0]]]),
  updateCase(
    "ScatterNdSub", [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 1.5], [3.0, 4.0], [-5.0, 6.0]]]),
  updateCase(
    "ScatterNdMin", [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 0.5], [3.0, 4.0], [5.0, 6.0]]]),
  updateCase(
    "ScatterNdMax", [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 2.0], [3.0, 4.0], [10.0, 6.0]]]),
  updateCase(
    "ScatterAdd adds one number, twice to one row",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], t(.int64, [1, 1]), 2.0],
    expect: [[[1.0, 2.0], [7.0, 8.0], [5.0, 6.0]]]),
  updateCase(
    "ResourceScatterUpdate",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, 8.0], [3.0, 4.0], [10.0, 2.0]]]),
  updateCase(
    "ResourceScatterAdd",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[1.5, 10.0], [3.0, 4.0], [15.0, 8.0]]]),
  updateCase(
    "ResourceScatterSub",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, -6.0], [3.0, 4.0], [-5.0, 4.0]]]),
  updateCase(
    "ResourceScatterMul",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, 16.0], [3.0, 4.0], [50.0, 12.0]]]),
  updateCase(
    "ResourceScatterDiv",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[2.0, 0.25], [3.0, 4.0], [0.5, 3.0]]]),
  updateCase(
    "ResourceScatterMin",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[0.5, 2.0], [3.0, 4.0], [5.0, 2.0]]]),
  updateCase(
    "ResourceScatterMax",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [2, 0], [[10.0, 2.0], [0.5, 8.0]]],
    expect: [[[1.0, 8.0], [3.0, 4.0], [10.0, 6.0]]]),
  updateCase(
    "ResourceScatterNdUpdate",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 0.5], [3.0, 4.0], [10.0, 6.0]]]),
  updateCase(
    "ResourceScatterNdAdd",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 2.5], [3.0, 4.0], [15.0, 6.0]]]),
  updateCase(
    "ResourceScatterNdSub",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 1.5], [3.0, 4.0], [-5.0, 6.0]]]),
  updateCase(
    "ResourceScatterNdMin",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 0.5], [3.0, 4.0], [5.0, 6.0]]]),
  updateCase(
    "ResourceScatterNdMax",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [[2, 0], [0, 1]], [10.0, 0.5]],
    expect: [[[1.0, 2.0], [3.0, 4.0], [10.0, 6.0]]]),
  updateCase(
    "ResourceScatterAdd adds one number, twice to one row",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], t(.int64, [1, 1]), 2.0],
    expect: [[[1.0, 2.0], [7.0, 8.0], [5.0, 6.0]]]),
  updateCase(
    "ScatterDiv of integers rounds towards zero", [[7, -7], [0, 1], [2, 2]],
    expect: [[3, -3]]),
  updateCase("Assign", [[1.0, 2.0], [0.5, 5.0]], expect: [[0.5, 5.0]]),
  updateCase("AssignAdd", [[1.0, 2.0], [0.5, 5.0]], expect: [[1.5, 7.0]]),
  updateCase("AssignSub", [[1.0, 2.0], [0.5, 5.0]], expect: [[0.5, -3.0]]),
  updateCase("AssignVariableOp", [[1.0, 2.0], [0.5, 5.0]], expect: [[0.5, 5.0]]),
  updateCase("AssignAddVariableOp", [[1.0, 2.0], [0.5, 5.0]], expect: [[1.5, 7.0]]),
  updateCase("AssignSubVariableOp", [[1.0, 2.0], [0.5, 5.0]], expect: [[0.5, -3.0]]),
  updateCase(
    "StridedSliceAssign",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 1], [3, 2], [2, 1], [[7.0], [8.0]]],
    expect: [[[1.0, 7.0], [3.0, 4.0], [5.0, 8.0]]]),
  updateCase(
    "ResourceStridedSliceAssign",
    [[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0, 1], [3, 2], [2, 1], [[7.0], [8.0]]],
    expect: [[[1.0, 7.0], [3.0, 4.0], [5.0, 8.0]]]),
  updateCase(
    "StridedSliceAssign broadcasts a row",
    [[[1.0, 2.0], [3.0, 4.0]], [0, 0], [2, 2], [1, 1], [9.0, 8.0]],
    expect: [[[9.0, 8.0], [9.0, 8.0]]]),
]
