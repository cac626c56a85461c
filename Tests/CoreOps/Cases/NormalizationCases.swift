import CoreOps
import TestSupport

let normalizationCases: [OpCase] = [
]
