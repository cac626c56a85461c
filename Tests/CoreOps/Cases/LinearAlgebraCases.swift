import CoreOps
import TestSupport

let linearAlgebraCases: [OpCase] = [
]
