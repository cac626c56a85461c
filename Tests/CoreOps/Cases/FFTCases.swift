import CoreOps
import TestSupport

let fftCases: [OpCase] = [
]
