import CoreOps
import Ops
import TestSupport

let basicCases: [OpCase] = [
  OpCase(
    "Const", [], ["value": .tensor(t(.int32, [1, 2])), "dtype": .type(.int32)], expect: [[1, 2]]),
  OpCase(
    "Const of another dtype", [], ["value": .tensor(t(.int32, [1, 2])), "dtype": .type(.float32)],
    error: .invalidArgument),
  OpCase("Placeholder that is not fed", [], ["dtype": .type(.int32)], error: .invalidArgument),
  OpCase("NoOp", [], expect: []),
  OpCase("Identity", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]]),
  OpCase("StopGradient", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]], gradient: false),
  OpCase("DebugGradientIdentity", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]]),
  OpCase("Snapshot", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]], gradient: false),
  OpCase("GuaranteeConst", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]], gradient: false),
  OpCase("DeepCopy", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]], gradient: false),
  OpCase("Copy", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]], gradient: false),
  OpCase("CopyHost", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]], gradient: false),
  OpCase("Identity of strings", [["a", "b"]], expect: [["a", "b"]]),
  OpCase("PreventGradient", [[0.5, -1.0, 2.0]], expect: [[0.5, -1.0, 2.0]], gradient: false),
  OpCase("IdentityN", [[0.5, -1.0, 2.0], [1, 2]], expect: [[0.5, -1.0, 2.0], [1, 2]]),
  OpCase(
    "ZerosLike", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    expect: [[[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]]),
  OpCase("ZerosLike of strings", [["a", "b"]], expect: [["", ""]]),
  OpCase(
    "OnesLike", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    expect: [[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]]),
  OpCase("OnesLike of bools", [[true, false]], expect: [[true, true]]),
  OpCase(
    "EnsureShape", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]], ["shape": .shape([2, nil])],
    expect: [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]),
  OpCase(
    "EnsureShape that does not fit", [[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]],
    ["shape": .shape([3, nil])],
    error: .invalidArgument),
  OpCase(
    "PlaceholderWithDefault", [[0.5, -1.0, 2.0]], ["shape": .shape([nil])],
    expect: [[0.5, -1.0, 2.0]]),
  OpCase(
    "Const", [], ["value": .tensor(t(.float32, [1.0, 2.0])), "dtype": .type(.float32)],
    expect: [[1.0, 2.0]]),
  OpCase("Empty", [[2, 3]], ["dtype": .type(.float32)], shapes: [(.float32, [2, 3])]),
  OpCase(
    "Empty with zeros", [[2]], ["dtype": .type(.float32), "init": .bool(true)],
    expect: [[0.0, 0.0]]),
  OpCase(
    "FakeParam", [], ["dtype": .type(.float32), "shape": .shape([2])], shapes: [(.float32, [2])]),
  OpCase(
    "PlaceholderV2 that is not fed", [], ["dtype": .type(.float32), "shape": .shape([2])],
    error: .invalidArgument),
]
