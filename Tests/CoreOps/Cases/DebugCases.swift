import CoreOps
import TestSupport

let debugCases: [OpCase] = [
]
