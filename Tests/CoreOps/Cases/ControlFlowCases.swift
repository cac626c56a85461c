import CoreOps
import TestSupport

let controlFlowCases: [OpCase] = [
]
