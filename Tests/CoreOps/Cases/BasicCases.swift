import CoreOps
import TestSupport

let basicCases: [OpCase] = [
]
