import CoreOps
