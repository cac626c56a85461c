import CoreOps
import TestSupport

let comparisonCases: [OpCase] = [
]
