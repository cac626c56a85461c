import CoreOps
import TestSupport

private let missing = AttrValue.function("no_such_function", [:])

let functionalCases: [OpCase] = [
  OpCase("PartitionedCall of nothing", [1.0], ["f": missing, "Tout": .types([.float32])], error: .notFound),
  OpCase("StatefulPartitionedCall of nothing", [1.0], ["f": missing, "Tout": .types([.float32])], error: .notFound),
  OpCase(
    "If", [true, 1.0], ["then_branch": missing, "else_branch": missing, "Tout": .types([.float32])],
    error: .notFound),
  OpCase(
    "StatelessIf", [true, 1.0], ["then_branch": missing, "else_branch": missing, "Tout": .types([.float32])],
    error: .notFound),
  OpCase("Case", [0, 1.0], ["branches": .list([missing]), "Tout": .types([.float32])], error: .notFound),
  OpCase("StatelessCase", [0, 1.0], ["branches": .list([missing]), "Tout": .types([.float32])], error: .notFound),
  OpCase("While", [1.0], ["cond": missing, "body": missing], error: .notFound),
  OpCase("StatelessWhile", [1.0], ["cond": missing, "body": missing], error: .notFound),
]
