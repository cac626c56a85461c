import CoreOps
import TestSupport

let tensorArrayCases: [OpCase] = [
]
