import CoreOps
import Ops
import TestSupport

let debugCases: [OpCase] = [
  OpCase(
    "CheckNumerics", [[1.0, 2.0]], ["message": .string("m")],
    expect: [[1.0, 2.0]]),
  OpCase(
    "CheckNumericsV2", [[1.0, 2.0]], ["message": .string("m")],
    expect: [[1.0, 2.0]]),
  OpCase("Assert", [true, [1, 2]], expect: []),
  OpCase("Assert that fails", [false, [1.0, 2.0]], error: .invalidArgument) { inputs in
    _ = try CoreOps.apply(OpCase.definition("Assert"), inputs)
    // A stateful op comes after those before it, so fetching it runs the assertion.
    return try CoreOps.apply(
      OpCase.definition("CheckNumerics"), [inputs[1]], ["message": .string("m")])
  },
  OpCase(
    "Print", [[1.0, 2.0], [3, 4]], ["message": .string("")], expect: [[1.0, 2.0]], gradient: false),
  OpCase("PrintV2", [""], ["end": .string("")], expect: []),
  OpCase(
    "CheckNumerics of infinity", [[1.0, .infinity]], ["message": .string("m")],
    error: .invalidArgument),
  OpCase(
    "CheckNumericsV2 of NaN", [[1.0, .nan]], ["message": .string("m")], error: .invalidArgument),
]
