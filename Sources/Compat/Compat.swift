@_exported public import CoreOps
@_exported public import V1Graph
@_exported public import V2Eager
