import CoreOps
import TestSupport

let trainingCases: [OpCase] = [
]
