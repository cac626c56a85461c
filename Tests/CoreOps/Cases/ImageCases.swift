import CoreOps
import TestSupport

let imageCases: [OpCase] = [
]
