import CoreOps
import TestSupport

let randomCases: [OpCase] = [
]
