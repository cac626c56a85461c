import CoreOps
import TestSupport

let elementwiseCases: [OpCase] = [
  OpCase("AddV2", [[1.0, 2.0], [3.0, 4.0]], expect: [[4.0, 6.0]]),
  OpCase("AddV2 broadcasts", [[[1.0], [2.0]], [3.0, 4.0]], expect: [[[4.0, 5.0], [5.0, 6.0]]]),
  OpCase("AddV2 wraps", [t(.int8, [127]), t(.int8, [1])], expect: [[-128]]),
  OpCase("AddV2 of shapes that differ", [[1.0, 2.0], [1.0, 2.0, 3.0]], error: .invalidArgument),
  OpCase("Exp", [[0.0, 1.0]], expect: [[1.0, 2.7182817]]),
  OpCase("Identity", [[1, 2]], expect: [[1, 2]]),
]
