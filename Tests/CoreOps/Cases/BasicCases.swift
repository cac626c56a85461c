import CoreOps
import TestSupport

let basicCases: [OpCase] = [
  OpCase("Const", [], ["value": .tensor(t(.int32, [1, 2])), "dtype": .type(.int32)], expect: [[1, 2]]),
  OpCase(
    "Const of another dtype", [], ["value": .tensor(t(.int32, [1, 2])), "dtype": .type(.float32)],
    error: .invalidArgument),
  OpCase("Placeholder that is not fed", [], ["dtype": .type(.int32)], error: .invalidArgument),
]
