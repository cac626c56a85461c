import CoreOps
import TestSupport

let quantizedCases: [OpCase] = [
]
