import CoreOps
import TestSupport

let functionalCases: [OpCase] = [
]
