import CoreOps
import TestSupport

let reductionCases: [OpCase] = [
]
