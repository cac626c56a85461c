import CoreOps
import TestSupport

let segmentCases: [OpCase] = [
]
