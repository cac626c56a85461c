import CoreOps
import TestSupport

let variableCases: [OpCase] = [
]
