import CoreOps
import TestSupport

let lossCases: [OpCase] = [
]
