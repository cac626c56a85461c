import CoreOps
import TestSupport

let sliceCases: [OpCase] = [
]
