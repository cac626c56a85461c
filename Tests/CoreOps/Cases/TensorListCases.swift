import CoreOps
import TestSupport

let tensorListCases: [OpCase] = [
]
