import CoreOps
import TestSupport

let shapeCases: [OpCase] = [
]
