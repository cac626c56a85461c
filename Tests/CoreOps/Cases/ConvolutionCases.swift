import CoreOps
import TestSupport

let convolutionCases: [OpCase] = [
]
