import CoreOps
import Ops
import TestSupport

// Executors give these ops their meaning, and their tests test it; refusals are the same
// everywhere.
let controlFlowCases: [OpCase] = [
  OpCase("Switch on a number", [[1.0], 1.0], error: .invalidArgument),
  OpCase("RefSwitch on a number", [[1.0], 1.0], error: .invalidArgument),
  OpCase("Merge of two dtypes", [[1.0], [1]], error: .invalidArgument),
  OpCase("RefMerge of two dtypes", [[1.0], [1]], error: .invalidArgument),
  OpCase("Enter no frame", [[1.0]], error: .invalidArgument),
  OpCase("RefEnter no frame", [[1.0]], error: .invalidArgument),
  OpCase("Exit with two values", [[1.0], [1.0]], error: .invalidArgument),
  OpCase("RefExit with two values", [[1.0], [1.0]], error: .invalidArgument),
  OpCase("NextIteration with two values", [[1.0], [1.0]], error: .invalidArgument),
  OpCase("RefNextIteration with two values", [[1.0], [1.0]], error: .invalidArgument),
  OpCase("LoopCond on a number", [1.0], error: .invalidArgument),
  OpCase("ControlTrigger with a value", [1.0], error: .invalidArgument),
]
