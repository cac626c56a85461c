import CoreOps
import TestSupport

let audioCases: [OpCase] = [
]
