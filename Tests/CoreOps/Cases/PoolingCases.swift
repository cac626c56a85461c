import CoreOps
import TestSupport

let poolingCases: [OpCase] = [
]
