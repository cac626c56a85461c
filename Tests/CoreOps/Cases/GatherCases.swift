import CoreOps
import TestSupport

let gatherCases: [OpCase] = [
]
