import CoreOps
import TestSupport

let matMulCases: [OpCase] = [
]
