import CoreOps
import TestSupport

let arrayCases: [OpCase] = [
]
